/* SPDX-License-Identifier: BSD-2-Clause */
/* The server's side of the exchange, as slogout(7) describes it: the states of a session, its timer, and its lines.
 *
 * The host is the process that includes this file. It defines
 *   AT_REST, BETWEEN_LINES   true if the connection is at that moment
 *   QUEUE(line)              queues a line for the client
 * and makes the calls request(), resume(), and so on, each in an atomic sequence. Each call prints itself, its effects
 * and the new state for replay.py. FAULTY(name) is true if that fault is planted. The lines that define FAULT_... are
 * the list of all faults. */

#ifdef FAULT_AT_RUN_TIME /* one verifier for all faults; an environment variable chooses the fault */
byte planted;
#define FAULTY(fault) (planted == fault)
#define PLANT         c_code { now.planted = (unsigned char)atoi(getenv("PLANTED")); }
#else
#define FAULTY(fault) false
#define PLANT         skip
#endif

/* Time is counted in steps. Half of the leave timeout is one step. */
#define READY_TIMEOUT  1
#define ANSWER_TIMEOUT 2
#define LEAVE_TIMEOUT  2

#define FAULT_ASK_BEFORE_REST        1
#define FAULT_ASK_INSIDE_RESPONSE    2
#define FAULT_ASK_NOT_ENABLED        3
#define FAULT_ASK_TWICE              4
#define FAULT_NO_READY_TIMER         5
#define FAULT_NO_ANSWER_TIMER        6
#define FAULT_NO_LEAVE_TIMER         7
#define FAULT_BYE_EXTENDS_TIMER      8
#define FAULT_BYE_BEFORE_REST        9
#define FAULT_NO_LAST_BYE            10
#define FAULT_ANSWER_IS_RUN          11
#define FAULT_LINE_AFTER_OUTCOME_RUN 12
#define FAULT_CANCEL_WHEN_ASKED      13
#define FAULT_ABANDON_LATE           14
#define FAULT_SECOND_BYE             15

mtype = { OPEN, PENDING, ASKED, LEAVING, ENDED };
mtype = { NONE, ANSWERED, REFUSED, EXPIRED, BYE_ONLY, NEVER_READY, FORCED, SEND_FAILED, CLIENT_LOGOUT, PEER_CLOSED,
          HOST_CLOSED };
mtype = { REST, LINES, BUSY, BROKEN };

/* Messages of both sides. The number is that of a command or, for LOGOUT and BYE, the number of commands that the
 * server had taken. */
mtype = { COMMAND, FETCH, APPEND, APPEND_NOW, LITERAL, IDLE, DONE, CLIENT_SAYS_LOGOUT, ANSWER_OK, ANSWER_NO, ANSWER_BYE,
          OK, PLUS, DATA, DATA_END, LOGOUT, BYE, BAD, END_OF_FILE };

bool is_enabled, waits_after_refusal;
bool broken;           /* send_line() fails */
mtype state = OPEN, outcome = NONE;
byte timer;            /* steps until the timer expires; 0 if it does not run */
byte age;              /* steps in this state */
bool second_half;      /* of the leave timeout */
bool refused;
bool closed;           /* close_connection() was called */
bool may_cut;          /* a `* BYE` may have cut off a command, because it was sent in the second half */
bool without_bye;      /* the session ended without the `* BYE` that it owed */
bool is_consumed;      /* the result of feed_line() */

inline say_host()
{
    printf("host %e\n", (broken -> BROKEN : (AT_REST -> REST : (BETWEEN_LINES -> LINES : BUSY))))
}

inline say_state()
{
    printf("= %e %d\n", state, timer)
}

inline enter(new_state, steps, fault)
{
    state = new_state;
    age = 0;
    timer = (FAULTY(fault) -> 0 : steps)
}

inline end_session(why)
{
    outcome = why;
    state = ENDED;
    timer = 0;
    closed = true;
    printf("close %e\n", outcome)
}

/* Offers the line of a PENDING session. */
inline offer_first()
{
    printf("S: %e AT_REST\n", (is_enabled || FAULTY(FAULT_ASK_NOT_ENABLED) -> LOGOUT : BYE));
    if
    :: broken ->
        without_bye = true;
        end_session(SEND_FAILED)
    :: !broken && (AT_REST || (FAULTY(FAULT_ASK_BEFORE_REST) && BETWEEN_LINES) || FAULTY(FAULT_ASK_INSIDE_RESPONSE)) ->
        if
        :: is_enabled || FAULTY(FAULT_ASK_NOT_ENABLED) ->
            QUEUE(LOGOUT);
            enter(ASKED, ANSWER_TIMEOUT, FAULT_NO_ANSWER_TIMER)
        :: else ->
            QUEUE(BYE);
            end_session(BYE_ONLY)
        fi
    :: else
    fi
}

/* Offers the last `* BYE` of a LEAVING session. */
inline offer_last()
{
    if
    :: second_half -> printf("S: BYE BETWEEN_LINES\n")
    :: else -> printf("S: BYE AT_REST\n")
    fi;
    if
    :: FAULTY(FAULT_NO_LAST_BYE) ->
        end_session(outcome)
    :: !FAULTY(FAULT_NO_LAST_BYE) && broken ->
        without_bye = true;
        end_session(outcome)
    :: !FAULTY(FAULT_NO_LAST_BYE) && !broken &&
       (AT_REST || ((second_half || FAULTY(FAULT_BYE_BEFORE_REST)) && BETWEEN_LINES)) ->
        may_cut = second_half;
        QUEUE(BYE);
        if
        :: FAULTY(FAULT_SECOND_BYE) -> QUEUE(BYE)
        :: else
        fi;
        end_session(outcome)
    :: else
    fi
}

inline settle(why)
{
    outcome = why;
    second_half = false;
    enter(LEAVING, LEAVE_TIMEOUT / 2, FAULT_NO_LEAVE_TIMER);
    offer_last()
}

inline insist()
{
    second_half = true;
    timer = LEAVE_TIMEOUT - LEAVE_TIMEOUT / 2;
    offer_last()
}

/* ---- the calls of the host ---- */

inline request()
{
    say_host();
    printf("request\n");
    enter(PENDING, READY_TIMEOUT, FAULT_NO_READY_TIMER);
    offer_first();
    say_state()
}

inline resume()
{
    say_host();
    printf("resume\n");
    if
    :: state == PENDING -> offer_first()
    :: state == ASKED && FAULTY(FAULT_ASK_TWICE) && AT_REST -> QUEUE(LOGOUT)
    :: state == LEAVING -> offer_last()
    :: else
    fi;
    say_state()
}

inline cancel()
{
    printf("cancel\n");
    state = OPEN;
    timer = 0;
    say_state()
}

inline force()
{
    say_host();
    printf("force\n");
    if
    :: state == LEAVING ->
        if
        :: !second_half -> insist()
        :: else
        fi;
        if
        :: state == LEAVING ->
            without_bye = true;
            end_session(outcome)
        :: else
        fi
    :: state == OPEN || state == PENDING || state == ASKED ->
        settle(FORCED)
    fi;
    say_state()
}

inline abandon(why)
{
    printf("abandon %e\n", why);
    if
    :: state == PENDING || state == ASKED -> outcome = why
    :: else
    fi;
    state = ENDED;
    timer = 0;
    say_state()
}

/* Sets is_consumed. */
inline feed_line(line)
{
    say_host();
    printf("C: %e\n", line);
    if
    :: state == LEAVING || state == ENDED -> is_consumed = !FAULTY(FAULT_LINE_AFTER_OUTCOME_RUN)
    :: state == ASKED && line == ANSWER_BYE ->
        is_consumed = true;
        timer = (FAULTY(FAULT_BYE_EXTENDS_TIMER) -> ANSWER_TIMEOUT : timer)
    :: state == ASKED && line == ANSWER_OK ->
        is_consumed = !FAULTY(FAULT_ANSWER_IS_RUN);
        end_session(ANSWERED)
    :: state == ASKED && line == ANSWER_NO ->
        is_consumed = true;
        refused = true;
        if
        :: waits_after_refusal
        :: else -> settle(REFUSED)
        fi
    :: else -> is_consumed = false
    fi;
    say_state()
}

/* Lets one step of time pass. No state lasts longer than its timeout, so an exchange ends within the sum of the three
 * timeouts. */
inline tick()
{
    say_host();
    printf("tick\n");
    age++;
    assert(age <= (state == PENDING -> READY_TIMEOUT : (state == ASKED -> ANSWER_TIMEOUT : LEAVE_TIMEOUT)));
    timer--;
    if
    :: timer == 0 && state == PENDING ->
        assert(!AT_REST); /* if the moment has come, no client waits for it */
        settle(NEVER_READY)
    :: timer == 0 && state == ASKED ->
        if
        :: refused -> settle(REFUSED)
        :: else -> settle(EXPIRED)
        fi
    :: timer == 0 && state == LEAVING ->
        if
        :: !second_half -> insist()
        :: else ->
            without_bye = true;
            end_session(outcome)
        fi
    :: else
    fi;
    say_state()
}

inline forget_session()
{
    state = OPEN;
    outcome = NONE;
    timer = 0;
    age = 0;
    broken = false;
    second_half = false;
    refused = false;
    waits_after_refusal = false;
    closed = false;
    may_cut = false;
    without_bye = false;
    is_consumed = false
}
