/* Many deadlines, of which one moves at a time: a binary heap. Setting one costs the logarithm of their number,
 * and asking for the earliest costs nothing. */
#ifndef ALARMS_H
#define ALARMS_H

#include <stddef.h>
#include <stdint.h>

#define ALARM_NEVER UINT64_MAX

/* All zero, but for at, is one that is not set. It stays where it is in memory while it is set. */
struct alarm {
    uint64_t at;  /* milliseconds of the user's clock */
    size_t place; /* in the heap, from 1; 0: not set */
};

/* All zero is an empty one. */
struct alarms {
    struct alarm **heap; /* from 1 */
    size_t count, room;
};

/* Takes memory for this many alarms, so that alarms_set() cannot fail. Returns 0, or -1 if there is none. */
int alarms_reserve(struct alarms *alarms, size_t count);

void alarms_free(struct alarms *alarms);

/* Sets it, moves it, or with ALARM_NEVER takes it out. */
void alarms_set(struct alarms *alarms, struct alarm *alarm, uint64_t at);

/* Returns the earliest time of all, or ALARM_NEVER. */
uint64_t alarms_next(const struct alarms *alarms);

/* Takes out one whose time has come. Returns it, or NULL if there is none. */
struct alarm *alarms_take_due(struct alarms *alarms, uint64_t now);

#endif
