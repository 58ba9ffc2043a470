/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs every path through code that asks choose() what happens next.
 *
 *     do ... choose(2) ... choose(3) ... while (choose_next());
 *
 * runs the body once for each sequence of answers. */
#ifndef CHOOSE_H
#define CHOOSE_H

#define CHOICES_MAX 24 /* in one run */

struct choices {
    unsigned char answer[CHOICES_MAX];
    unsigned char length;
};

/* Returns a number from 0 to count - 1. */
int choose(int count);
/* Returns the answers given in this run. */
struct choices choices_taken(void);
/* Makes the next run give these answers. */
void choices_replay(const struct choices *choices);
/* Continues with the next run. Returns 0 if there is none; then the first run comes again. */
int choose_next(void);

#endif
