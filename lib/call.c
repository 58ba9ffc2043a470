/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include "call.h"

/* No version of any struct will be larger than this value. A larger size means that the member was not
 * initialized. */
#define SIZE_LIMIT 4096

void *slo_allocate(struct slogout *slogout, size_t size)
{
    void *memory = slogout->settings.allocate(size, slogout->settings.user_data);

    if (!memory)
        return NULL;
    slogout->objects++;
    return memset(memory, 0, size);
}

void slo_release_later(struct slogout *slogout, struct slo_link *memory)
{
    slo_link_append(&slogout->freed, memory);
}

int slo_may_call_back(const struct slogout *slogout, uint64_t now)
{
    if (slogout->depth > 0)
        return SLOGOUT_ERR_REENTRANT;
    return now == SLOGOUT_NEVER ? SLOGOUT_ERR_ARGUMENT : 0;
}

void slo_enter(struct slogout *slogout)
{
    slogout->depth++;
}

void slo_enter_at(struct slogout *slogout, uint64_t now)
{
    slo_clock_advance(&slogout->clock, now);
    slo_enter(slogout);
}

static void release_freed(struct slogout *slogout)
{
    while (!slo_list_is_empty(&slogout->freed)) {
        struct slo_link *memory = slogout->freed.next;
        slo_link_remove(memory);
        slogout->settings.release(memory, slogout->settings.user_data);
        slogout->objects--;
    }
}

/* Sets the host's timer if the earliest deadline is earlier than the time for which the timer is set. */
static void announce_deadline(struct slogout *slogout)
{
    const uint64_t deadline = slo_clock_deadline(&slogout->clock);

    if (!slogout->settings.set_timer || deadline >= slogout->clock.announced)
        return;
    slogout->clock.announced = deadline;
    slogout->settings.set_timer(slogout, deadline, slogout->settings.user_data);
}

void slo_leave(struct slogout *slogout)
{
    if (slogout->depth == 1) {
        announce_deadline(slogout);
        release_freed(slogout);
    }
    slogout->depth--;
}

/* Returns the size with which the caller's struct begins, or 0 if that size is not valid. */
static size_t size_of_struct(const void *from)
{
    size_t size;

    memcpy(&size, from, sizeof size);
    return size < sizeof size || size > SIZE_LIMIT ? 0 : size;
}

int slo_copy_sized(void *to, size_t known, const void *from)
{
    const char *bytes = from;
    const size_t size = size_of_struct(from);
    size_t i;

    if (!size)
        return SLOGOUT_ERR_SIZE;
    for (i = known; i < size; i++)
        if (bytes[i])
            return SLOGOUT_ERR_SIZE;
    memset(to, 0, known);
    memcpy(to, from, size < known ? size : known);
    return 0;
}

int slo_give_sized(void *to, const void *from, size_t known)
{
    const size_t size = size_of_struct(to);

    if (!size)
        return SLOGOUT_ERR_SIZE;
    memset(to, 0, size);
    memcpy(to, from, size < known ? size : known);
    memcpy(to, &size, sizeof size);
    return 0;
}
