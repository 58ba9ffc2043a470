/* SPDX-License-Identifier: BSD-2-Clause */
/* A client, a server that links slogout, and a FIFO in each direction. The server runs one command after the other, and
 * reads the answer of a client while a command runs. */

#define AT_REST       (between_lines && (running == 0 || idles) && !literal_due)
#define BETWEEN_LINES (between_lines)
#define QUEUE(line)   to_client!line(taken - idles)

/* In a random run, events of the host are less frequent than events of the client. */
#define OTHERS_FIRST true :: true :: true :: true :: true :: true :: true :: true

/* The next line of the client is an answer. */
#define ANSWER_ARRIVED (to_server?[ANSWER_OK, 0] || to_server?[ANSWER_NO, 0] || to_server?[ANSWER_BYE, 0])

#define FAULT_COMMAND_AFTER_OK   20
#define FAULT_RESPONSE_DROPPED   21
#define FAULT_NO_RESUME          22
#define FAULT_LITERAL_IS_FED     23
#define FAULT_QUEUE_DROPPED      24
#define FAULT_NOT_FED_IN_IDLE    25

bool between_lines = true;
byte taken, running;   /* the number of commands that the server has begun; the number of the command that runs, or 0 */
bool idles, literal_due;

#include "session.pml"
#include "client.pml"

/* Called after each call that may have ended the session, and after each response. */
inline resume_at_rest()
{
    if
    :: FAULTY(FAULT_NO_RESUME)
    :: else -> resume()
    fi
}

inline complete()
{
    to_client!OK(running);
    running = 0;
    idles = false;
    resume_at_rest()
}

inline run_command()
{
    executed++;
    assert(executed == running)
}

inline take(what, number)
{
    taken++;
    running = number;
    assert(taken == number);
    if
    :: what == APPEND -> literal_due = true; between_lines = false /* the server still has to write the `+` */
    :: what == APPEND_NOW -> literal_due = true
    :: what == COMMAND || what == FETCH -> run_command()
    :: what == IDLE ->
        to_client!PLUS(0);
        idles = true;
        resume_at_rest()
    fi
}

inline log_out()
{
    taken++;
    executed++;
    if
    :: FAULTY(FAULT_ABANDON_LATE)
    :: else -> abandon(CLIENT_LOGOUT)
    fi;
    to_client!BYE(taken - 1);
    to_client!OK(taken);
    if
    :: FAULTY(FAULT_ABANDON_LATE) && timer > 0 -> tick()
    :: else
    fi;
    goto closing
}

proctype Server()
{
    mtype what, command;
    byte number, requests = (circumstance == CANCEL -> 2 : 1);

    do
    :: closed -> goto closing
    :: atomic { !closed ->
        what = 0;
        number = 0;
        is_consumed = false;
        if
        /* The host acts. A host that cancels may make another request. */
        :: state == OPEN && requests > 0 ->
            if
            :: requests--; request()
            :: OTHERS_FIRST
            fi
        :: (state == PENDING || (state == ASKED && FAULTY(FAULT_CANCEL_WHEN_ASKED))) && requests > 0 -> cancel()
        :: circumstance == FORCE && state != ENDED ->
            if
            :: force()
            :: OTHERS_FIRST
            fi
        :: circumstance == CLOSE && AT_REST && state != ENDED ->
            abandon(HOST_CLOSED);
            to_client!BYE(taken - idles);
            goto closing
        :: timer > 0 ->
            if
            :: tick()
            :: OTHERS_FIRST
            fi
        :: is_lost && !broken && state != ENDED -> broken = true

        /* The server reads what the client has sent. */
        :: state != ENDED && between_lines && nempty(to_server) && (running == 0 || idles || literal_due || ANSWER_ARRIVED) ->
            to_server?what(number);
            if
            :: what == END_OF_FILE || literal_due || (idles && FAULTY(FAULT_NOT_FED_IN_IDLE))
            :: else -> feed_line(what)
            fi;
            if
            :: what == END_OF_FILE -> abandon(PEER_CLOSED); goto closing
            :: what == LITERAL && literal_due ->
                /* The literal may contain the octets of an answer. */
                if
                :: FAULTY(FAULT_LITERAL_IS_FED) -> feed_line(ANSWER_OK)
                :: else
                fi;
                literal_due = false;
                if
                :: !is_consumed -> run_command()
                :: else -> running = 0
                fi
            :: is_consumed
            :: !is_consumed && what == DONE -> run_command(); complete()
            :: !is_consumed && what == CLIENT_SAYS_LOGOUT -> log_out()
            :: !is_consumed && (what == ANSWER_OK || what == ANSWER_NO || what == ANSWER_BYE) -> to_client!BAD(0)
            :: else -> command = what; take(what, number)
            fi

        /* The server writes a response in as many pieces as the command needs. */
        :: literal_due && !between_lines -> to_client!PLUS(0); between_lines = true; resume_at_rest()
        :: running > 0 && !literal_due && !idles && command == FETCH && between_lines ->
            to_client!DATA(running); between_lines = false
        :: running > 0 && command == FETCH && !between_lines -> to_client!DATA_END(running); between_lines = true;
            command = COMMAND
        :: running > 0 && !literal_due && !idles && command != FETCH && between_lines -> complete()
        fi
       }
    od;

closing:
    /* The server ends a response that has begun. Commands that run may finish if the client has answered OK. */
    atomic {
        if
        :: FAULTY(FAULT_QUEUE_DROPPED) ->
            do
            :: to_client?what(number)
            :: empty(to_client) -> break
            od
        :: FAULTY(FAULT_RESPONSE_DROPPED)
        :: FAULTY(FAULT_COMMAND_AFTER_OK) && to_server?[COMMAND, number] -> executed++
        :: else ->
            if
            :: !between_lines && !literal_due -> to_client!DATA_END(running)
            :: else
            fi;
            if
            :: running > 0 && !literal_due && !idles && outcome == ANSWERED -> to_client!OK(running)
            :: else
            fi
        fi;
        to_client!END_OF_FILE(0)
    }
}

/* Prepares the next run of a simulation. */
inline forget()
{
    between_lines = true;
    taken = 0;
    running = 0;
    idles = false;
    literal_due = false;
    forget_session();
    forget_client()
}

/* A simulation makes RUNS runs. A verification follows every run, so it makes one. */
#ifndef RUNS
#define RUNS 1
#endif

init
{
    byte runs = RUNS;

    do
    :: runs > 0 ->
        atomic {
            forget();
            choose();
            printf("settings %d %d\n", is_enabled, waits_after_refusal);
            run Client();
            run Server()
        }
        _nr_pr == 1;
        runs--
    :: else -> break
    od
}
