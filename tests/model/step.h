/* SPDX-License-Identifier: BSD-2-Clause */
/* The events that a slogout with two sessions can see, and the calls that the library makes. */
#ifndef STEP_H
#define STEP_H

#include <slogout/slogout.h>

/* Time is on a grid of multiples of the unit, and of the millisecond before each multiple. A timer that is started on
 * the grid therefore expires on the grid, and a session sees its deadline one millisecond early, in time, and late. */
#define UNIT           16001
#define READY_TIMEOUT  (3 * UNIT)
#define ANSWER_TIMEOUT (2 * UNIT)
#define LEAVE_TIMEOUT  (2 * UNIT)
#define LEAVE_HALF     (1 * UNIT)

#define DEFAULT_TEXT "Server is closing the connection"
#define OWN_TEXT     "[UNAVAILABLE] Moved"

enum who { A, B, SESSIONS };

enum step_kind {
    NEW,
    FREE,
    JOIN,
    QUIT,
    ENABLE,
    DEPART,
    REQUEST,
    READY,
    CANCEL,
    FORCE,
    ABANDON,
    INPUT,
    TICK,
    STEP_KINDS
};

/* The variants of INPUT. */
enum input { BYE_LINE, OK_LINE, NO_LINE, BAD_LINE, COMMAND_LINE, FOREIGN_OK_LINE, TAGGED_BYE_LINE, INPUTS };

/* The variants of DEPART: the spread and the deadline. */
enum departure { AT_ONCE, SPREAD_OUT, SPREAD_TO_ASK, SPREAD_TO_TELL, TOO_LATE, DEPARTURES };

struct departure_times {
    uint32_t spread, seed, deadline;
    uint32_t instant; /* which the seed selects in the spread that fits; 0 if there is no spread */
};
extern const struct departure_times departures[DEPARTURES];

struct step {
    enum step_kind kind;
    enum who who;
    /* ENABLE: 1 or 0; REQUEST: 1 with a text; ABANDON: enum slogout_outcome; INPUT: enum input; DEPART: enum
     * departure */
    int variant;
    uint64_t now; /* for steps that take a time */
};

/* The actions of the host inside a callback. */
enum action_kind { NO_ACTION, FREE_IT, ABANDON_IT, CANCEL_IT, ENABLE_IT, NEW_IT, REENTER };

enum call_kind { SEND_LINE, CLOSE_CONNECTION, SET_TIMER };

struct call {
    enum call_kind kind;
    enum who who;
    char line[64];
    enum slogout_when when;
    int result; /* of send_line */
    enum action_kind action;
    enum who target;
    int action_result;
    struct slogout_result closed; /* its member answer may only be compared with NULL */
    enum slogout_status answer;   /* the status of that answer */
    uint64_t deadline;
};

#define CALLS_MAX 12

struct trace {
    struct call call[CALLS_MAX];
    int length;
};

#endif
