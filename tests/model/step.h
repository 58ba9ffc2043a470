/* What can happen to a slogout with two sessions, and what the library did. */
#ifndef STEP_H
#define STEP_H

#include <slogout/slogout.h>

/* Time is on a grid: multiples of the unit, and one millisecond before each. So each timer that is started on
 * the grid expires on the grid, and a session sees its deadline one millisecond early, exactly, and late. */
#define UNIT           16001
#define READY_TIMEOUT  (3 * UNIT)
#define ANSWER_TIMEOUT (2 * UNIT)
#define LEAVE_TIMEOUT  (1 * UNIT)

#define DEFAULT_TEXT "Server is closing the connection"
#define OWN_TEXT     "[UNAVAILABLE] Moved"

enum who { A, B, SESSIONS };

enum step_kind {
    NEW,
    FREE,
    JOIN,
    QUIT,
    ENABLE,
    REQUEST,
    READY,
    CANCEL,
    FORCE,
    ABANDON,
    INPUT,
    TICK,
    STEP_KINDS
};

/* The variants of INPUT: a line, or a response that has been parsed. */
enum input {
    BYE_LINE,
    BYE_PARSED,
    OK_LINE,
    OK_PARSED,
    NO_LINE,
    BAD_PARSED,
    COMMAND_LINE,
    FOREIGN_OK_LINE,
    TAGGED_BYE_PARSED,
    INPUTS
};

struct step {
    enum step_kind kind;
    enum who who;
    int variant;  /* ENABLE: on; REQUEST: with a text; ABANDON: enum slogout_outcome; INPUT: enum input */
    uint64_t now; /* for steps that take a time */
};

/* What the host does inside a callback. */
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
    struct slogout_result closed; /* its pointers may only be compared with NULL */
    char tag[SLOGOUT_TAG_SIZE];   /* of that result */
    int answer;                   /* of that result: 1 and the status, or 0 if there is none */
    uint64_t deadline;
};

#define CALLS_MAX 12

struct trace {
    struct call call[CALLS_MAX];
    int length;
};

#endif
