/* SPDX-License-Identifier: BSD-2-Clause */
/* A binary heap of deadlines. Setting a deadline takes logarithmic time, and finding the earliest deadline takes
 * constant time. */
#ifndef ALARMS_H
#define ALARMS_H

#include <stddef.h>
#include <stdint.h>

#define ALARM_NEVER UINT64_MAX

/* An alarm with place 0 is not set. While it is set it must not move in memory. */
struct alarm {
    uint64_t at;  /* milliseconds of the user's clock */
    size_t place; /* in the heap, from 1; 0: not set */
};

/* A struct of zeros is empty. */
struct alarms {
    struct alarm **heap; /* from 1 */
    size_t count, room;
};

/* Allocates room for `count` alarms, so that alarms_set() cannot fail. Returns 0, or -1 if there is no
 * memory. */
int alarms_reserve(struct alarms *alarms, size_t count);

void alarms_free(struct alarms *alarms);

/* Sets an alarm, moves it, or removes it if `at` is ALARM_NEVER. */
void alarms_set(struct alarms *alarms, struct alarm *alarm, uint64_t at);

/* Returns the earliest time, or ALARM_NEVER. */
uint64_t alarms_next(const struct alarms *alarms);

/* Removes and returns an alarm whose time has come. Returns NULL if there is none. */
struct alarm *alarms_take_due(struct alarms *alarms, uint64_t now);

#endif
