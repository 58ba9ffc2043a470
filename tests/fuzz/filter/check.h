/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FUZZ_FILTER_CHECK_H
#define FUZZ_FILTER_CHECK_H

#include <stddef.h>
#include <stdint.h>
#include <slogout/filter.h>

/* These octets begin the steps of a dialogue. The octets up to the next of them are the text of the step. */
enum step {
    STEP_ABANDON,
    STEP_SERVER, /* the text is fed as the server's */
    STEP_CLIENT, /* the text is fed as the client's */
    STEP_REQUEST,
    STEP_FORCE,
    STEP_ASK_ALL, /* only as the first step: clients that have not enabled the extension are asked, too */
    STEP_NUL,     /* not a step, but a NUL in a text */
    STEP_WAIT     /* five seconds pass */
};

#define CHECK_MAX 4000 /* octets in a dialogue */

/* The result of a dialogue. */
struct check {
    int was_referred; /* the reference followed the dialogue to its end */
    int was_asked;
    int is_closed;
    enum slogout_blindness blind;
};

/* Runs a dialogue through a filter in whole steps, through another filter in pieces of `piece` octets, and through the
 * reference as far as it can follow. Aborts if they differ. */
struct check check_dialogue(const uint8_t *data, size_t size, size_t piece);

#endif
