/* SPDX-License-Identifier: BSD-2-Clause */
/* The events that can happen to a slogout with two sessions, and the calls that the library made. */
#ifndef STEP_H
#define STEP_H

#include <slogout/slogout.h>

/* Time is on a grid: multiples of the unit, and one millisecond before each. So each timer that is started on
 * the grid expires on the grid, and a session sees its deadline one millisecond early, exactly, and late. */
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
    uint32_t instant; /* the one that the seed selects of the spread that fits; 0: there is no spread */
};
extern const struct departure_times departures[DEPARTURES];

struct step {
    enum step_kind kind;
    enum who who;
    int variant; /* ENABLE: on; REQUEST: with a text; ABANDON: enum slogout_outcome; INPUT: enum input; DEPART: enum
                     departure */
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
    struct slogout_result closed; /* its answer may only be compared with NULL */
    enum slogout_status answer;   /* of that answer */
    uint64_t deadline;
};

#define CALLS_MAX 12

struct trace {
    struct call call[CALLS_MAX];
    int length;
};

#endif
