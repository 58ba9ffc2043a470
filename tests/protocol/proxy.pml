/* SPDX-License-Identifier: BSD-2-Clause */
/* A client, a proxy with a filter, and a server that knows nothing of slogout. There is a FIFO in each direction
 * between the client and the proxy, and between the proxy and the server. The proxy follows both streams, as
 * slogout_filter_new(3) describes. */

#define AT_REST       (BETWEEN_LINES && in_flight == idles && !literal_follows)
#define BETWEEN_LINES (!in_response && !owes_plus && !bye_passed)
#define QUEUE(line)   to_client!line(passed - idles); asked = (line == LOGOUT || asked)

#define FIFOS_ARE_EXCLUSIVE

#define FAULT_ANSWER_PASSES      40
#define FAULT_PASSES_AFTER_DROP  41
#define FAULT_ONE_IN_FLIGHT      42
#define FAULT_PASSES_TWICE       43
#define FAULT_CLOSES_IN_FLIGHT   44
#define FAULT_BYE_NOT_NOTICED    45
#define FAULT_LITERAL_IS_READ    46
#define FAULT_IDLE_NOT_NOTICED   47

byte passed, in_flight; /* commands that were passed to the server; those whose tagged response has not passed */
bool idles, literal_follows, in_response, owes_plus, bye_passed, asked;
bool dropped;           /* something that the client sent did not reach the server */

#include "session.pml"
#include "client.pml"

chan forth = [2 * COMMANDS + 3] of { mtype, byte };
chan back = [3 * COMMANDS + 3] of { mtype, byte };

/* Passes something of the client to the server. */
inline pass(what, number)
{
    assert(!dropped);
    forth!what(number);
    if
    :: what == LITERAL -> literal_follows = false
    :: what == DONE -> idles = false
    :: else ->
        passed++;
        in_flight++;
        owes_plus = (what == APPEND -> true : owes_plus);
        literal_follows = (what == APPEND_NOW)
    fi
}

inline read_client(what, number)
{
    if
    :: literal_follows && !FAULTY(FAULT_LITERAL_IS_READ) -> pass(what, number)
    :: literal_follows && FAULTY(FAULT_LITERAL_IS_READ) -> feed_line(ANSWER_OK)
    :: !literal_follows && (what == ANSWER_OK || what == ANSWER_NO || what == ANSWER_BYE) ->
        feed_line(what);
        if
        :: FAULTY(FAULT_ANSWER_PASSES) -> forth!what(number)
        :: else -> assert(asked)
        fi
    :: else ->
        feed_line(what);
        if
        :: closed || state == LEAVING -> dropped = true
        :: dropped && !FAULTY(FAULT_PASSES_AFTER_DROP)
        :: else ->
            pass(what, number);
            if
            :: FAULTY(FAULT_PASSES_TWICE) && what == COMMAND -> forth!what(number)
            :: else
            fi
        fi
    fi
}

inline read_server(what, number)
{
    to_client!what(number);
    if
    :: what == OK ->
        idles = false;
        in_flight = (FAULTY(FAULT_ONE_IN_FLIGHT) -> 0 : in_flight - 1)
    :: what == PLUS && owes_plus -> owes_plus = false; literal_follows = true
    :: what == PLUS && !owes_plus -> idles = !FAULTY(FAULT_IDLE_NOT_NOTICED)
    :: what == DATA -> in_response = true
    :: what == DATA_END -> in_response = false
    :: what == BYE && !FAULTY(FAULT_BYE_NOT_NOTICED) ->
        bye_passed = true;
        if
        :: state == ENDED
        :: else -> abandon(HOST_CLOSED)
        fi
    :: what == BYE && FAULTY(FAULT_BYE_NOT_NOTICED)
    fi;
    resume()
}

proctype Proxy()
{
    mtype what;
    byte number, requests = (circumstance == CANCEL -> 2 : 1);

    xr to_server;
    xs to_client;
    xs forth;
    xr back;
    do
    :: closed && (outcome != ANSWERED || in_flight == idles || FAULTY(FAULT_CLOSES_IN_FLIGHT)) -> break
    :: atomic { !closed || (outcome == ANSWERED && in_flight > idles) ->
        what = 0;
        number = 0;
        is_consumed = false;
        if
        :: state == OPEN && requests > 0 -> requests--; request()
        :: state == PENDING && requests > 0 -> cancel()
        :: circumstance == FORCE && state != ENDED -> force()
        :: timer > 0 -> tick()
        :: nempty(to_server) ->
            to_server?what(number);
            if
            :: what == END_OF_FILE ->
                if
                :: state == ENDED
                :: else -> abandon(PEER_CLOSED)
                fi;
                break
            :: else -> read_client(what, number)
            fi
        :: nempty(back) ->
            back?what(number);
            if
            :: what == END_OF_FILE ->
                if
                :: state == ENDED
                :: else -> abandon(PEER_CLOSED)
                fi;
                break
            :: else -> read_server(what, number)
            fi
        fi
       }
    od;
    to_client!END_OF_FILE(0);
    forth!END_OF_FILE(0)
}

/* The server runs one command after the other. It may stop when no command is running. */
proctype Server()
{
    mtype what, command;
    byte number, taken, running;
    bool awaits_literal, awaits_done, is_writing, may_send_plus;

    xr forth;
    xs back;
    do
    :: atomic {
        nempty(forth) && (running == 0 || awaits_literal || awaits_done) && !may_send_plus ->
        forth?what(number);
        if
        :: what == END_OF_FILE -> break
        :: what == LITERAL -> assert(awaits_literal); awaits_literal = false; executed++; assert(executed == running)
        :: what == DONE -> assert(awaits_done); awaits_done = false; executed++; assert(executed == running)
        :: what == CLIENT_SAYS_LOGOUT && !awaits_literal && !awaits_done ->
            executed++;
            back!BYE(taken);
            back!OK(number);
            break
        :: what != CLIENT_SAYS_LOGOUT && what != END_OF_FILE && what != LITERAL && what != DONE ->
            /* No answer to LOGOUT reaches the server. Each command reaches it once, and in order. */
            assert(what == COMMAND || what == FETCH || what == APPEND || what == APPEND_NOW || what == IDLE);
            assert(!awaits_literal && !awaits_done);
            taken++;
            assert(number == taken);
            running = number;
            command = what;
            awaits_literal = (what == APPEND || what == APPEND_NOW);
            awaits_done = (what == IDLE);
            may_send_plus = (what == APPEND || what == IDLE);
            if
            :: awaits_literal || awaits_done
            :: else -> executed++
            fi
        fi;
        what = 0;
        number = 0
       }
    :: atomic { may_send_plus -> back!PLUS(0); may_send_plus = false }
    :: atomic { running > 0 && !awaits_literal && !awaits_done && command == FETCH && !is_writing ->
        back!DATA(running); is_writing = true }
    :: atomic { is_writing -> back!DATA_END(running); is_writing = false; command = COMMAND }
    :: atomic { running > 0 && !awaits_literal && !awaits_done && command != FETCH && !is_writing -> back!OK(running); running = 0 }
    :: atomic { circumstance == CLOSE && running == 0 -> back!BYE(taken); break }
    od;
    back!END_OF_FILE(0)
}

init
{
    atomic {
        choose();
        run Client();
        run Proxy();
        run Server()
    }
}
