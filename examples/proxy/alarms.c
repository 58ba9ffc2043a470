/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include "alarms.h"

int alarms_reserve(struct alarms *alarms, size_t count)
{
    const size_t room = count > 2 * alarms->room ? count : 2 * alarms->room;
    struct alarm **heap;

    if (count <= alarms->room)
        return 0;
    heap = realloc(alarms->heap, (room + 1) * sizeof(struct alarm *));
    if (!heap)
        return -1;
    alarms->heap = heap;
    alarms->room = room;
    return 0;
}

void alarms_free(struct alarms *alarms)
{
    static const struct alarms empty;

    free(alarms->heap);
    *alarms = empty;
}

static void put(struct alarms *alarms, size_t place, struct alarm *alarm)
{
    alarms->heap[place] = alarm;
    alarm->place = place;
}

/* Puts an alarm into the heap, starting at a free place, first toward the root and then toward the leaves. */
static void settle(struct alarms *alarms, size_t place, struct alarm *alarm)
{
    size_t child;

    while (place > 1 && alarms->heap[place / 2]->at > alarm->at) {
        put(alarms, place, alarms->heap[place / 2]);
        place /= 2;
    }
    while ((child = 2 * place) <= alarms->count) {
        if (child < alarms->count && alarms->heap[child + 1]->at < alarms->heap[child]->at)
            child++;
        if (alarms->heap[child]->at >= alarm->at)
            break;
        put(alarms, place, alarms->heap[child]);
        place = child;
    }
    put(alarms, place, alarm);
}

static void take_out(struct alarms *alarms, struct alarm *alarm)
{
    struct alarm *last = alarms->heap[alarms->count--];

    if (last != alarm)
        settle(alarms, alarm->place, last);
    alarm->place = 0;
}

void alarms_set(struct alarms *alarms, struct alarm *alarm, uint64_t at)
{
    if (alarm->place && alarm->at == at)
        return;
    alarm->at = at;
    if (at == ALARM_NEVER && alarm->place)
        take_out(alarms, alarm);
    else if (at != ALARM_NEVER)
        settle(alarms, alarm->place ? alarm->place : ++alarms->count, alarm);
}

uint64_t alarms_next(const struct alarms *alarms)
{
    return alarms->count ? alarms->heap[1]->at : ALARM_NEVER;
}

struct alarm *alarms_take_due(struct alarms *alarms, uint64_t now)
{
    struct alarm *first = alarms->count ? alarms->heap[1] : NULL;

    if (!first || first->at > now)
        return NULL;
    take_out(alarms, first);
    return first;
}
