/* SPDX-License-Identifier: BSD-2-Clause */
/* A client of any kind, with up to COMMANDS commands of any kind in flight. It writes to to_server and reads from
 * to_client. It asserts what slogout(7) promises to a client. */

#ifndef COMMANDS
#define COMMANDS 2
#endif

/* FIFOs that never become full: their sizes are the most that the client sends, and the most that it is sent. */
chan to_server = [2 * COMMANDS + 6] of { mtype, byte };
chan to_client = [3 * COMMANDS + 6] of { mtype, byte };

/* How the client treats LOGOUT. A client that is UNAWARE has not enabled it. */
mtype = { ANSWERS, HURRIES, REFUSES, IGNORES, UNAWARE };

/* What else may happen at any moment: the client becomes silent; the connection is lost; or the host cancels a request
 * and repeats it, forces the session, or closes the connection itself. */
mtype = { NOTHING, SILENCE, LOSS, CANCEL, FORCE, CLOSE };

mtype kind, circumstance;
bool is_lost;
byte sent, answered;   /* numbers of commands; an IDLE that has not ended is sent and not answered */
byte executed;              /* the number of commands that the server has run */
bool client_idles;     /* an IDLE of the client has not ended */
bool logged_out;       /* the client has sent its own LOGOUT */

proctype Client()
{
    mtype what;
    byte number;
    bool owes_literal, waits_for_plus, idle_began;
    bool in_literal, was_asked, has_answered, saw_bye;
    bool is_silent, has_said_bye;

#ifdef FIFOS_ARE_EXCLUSIVE /* SPIN then skips orders of events that make no difference */
    xs to_server;
    xr to_client;
#endif
    do
    /* The client sends a command, perhaps before the last command is answered. */
    :: atomic {
        !is_silent && sent < COMMANDS && (!has_answered || kind == HURRIES) && !logged_out && !owes_literal && !waits_for_plus && !client_idles && !saw_bye ->
        sent++;
        if
        :: to_server!COMMAND(sent)
        :: to_server!FETCH(sent)
        :: to_server!APPEND(sent); waits_for_plus = true
        :: to_server!APPEND_NOW(sent); owes_literal = true
        :: to_server!IDLE(sent); client_idles = true
        :: to_server!CLIENT_SAYS_LOGOUT(sent); logged_out = true
        fi
       }
    :: atomic { owes_literal && !is_silent -> to_server!LITERAL(sent); owes_literal = false }
    :: atomic { idle_began && !is_silent && !has_answered -> to_server!DONE(sent); idle_began = false }

    /* The client answers at most once. Only a client that HURRIES may answer while it waits for responses. */
    :: atomic {
        was_asked && !is_silent && !has_said_bye && !has_answered && !owes_literal && !waits_for_plus && kind != UNAWARE ->
        to_server!ANSWER_BYE(0); has_said_bye = true
       }
    :: atomic {
        was_asked && !is_silent && kind == ANSWERS && !has_answered && !logged_out && (answered == sent || (idle_began && answered + 1 == sent)) ->
        to_server!ANSWER_OK(0); has_answered = true
       }
    :: atomic {
        was_asked && !is_silent && (kind == HURRIES || kind == REFUSES) && !has_answered && !owes_literal && !waits_for_plus ->
        if
        :: kind == HURRIES -> to_server!ANSWER_OK(0)
        :: else -> to_server!ANSWER_NO(0)
        fi;
        has_answered = true
       }

    /* The client reads. */
    :: atomic {
        to_client?what(number) ->
        assert(!in_literal || what == DATA_END || what == END_OF_FILE);
        assert(!saw_bye || what == OK || what == END_OF_FILE);
        if
        :: what == OK ->
            assert(number == answered + 1);
            answered++;
            client_idles = (answered == sent -> false : client_idles);
            waits_for_plus = (answered == sent -> false : waits_for_plus)
        :: what == PLUS && waits_for_plus -> waits_for_plus = false; owes_literal = true
        :: what == PLUS && !waits_for_plus -> assert(client_idles); idle_began = true
        :: what == DATA -> in_literal = true
        :: what == DATA_END -> in_literal = false
        :: what == LOGOUT ->
            assert(kind != UNAWARE && !was_asked);
            assert(answered >= number);
            was_asked = true
        :: what == BYE ->
            assert(answered >= number || may_cut || logged_out);
            saw_bye = true
        :: what == BAD -> assert(false)
        :: what == END_OF_FILE -> break
        fi;
        what = 0;
        number = 0
       }
    :: atomic { circumstance == SILENCE && !is_silent -> is_silent = true }
    :: atomic { circumstance == LOSS -> is_lost = true; to_server!END_OF_FILE(0); goto over }
    od;

    /* The connection has ended. The client was told why, and knows which commands were run. */
    assert(!in_literal || without_bye);
    assert(saw_bye || outcome == ANSWERED || without_bye || outcome == PEER_CLOSED);
    assert(executed <= answered || may_cut || without_bye);
    assert(outcome != ANSWERED || has_answered);
    assert(!(kind == ANSWERS && outcome == ANSWERED) || answered == sent || (client_idles && answered + 1 == sent));
    to_server!END_OF_FILE(0);
over:
    skip
}

/* Chooses the kind of the client, and what may happen to the connection. */
inline choose()
{
    PLANT;
    if
    :: kind = ANSWERS
    :: kind = HURRIES
    :: kind = REFUSES
    :: kind = IGNORES
    :: kind = UNAWARE
    fi;
    is_enabled = (kind != UNAWARE);
    if
    :: kind == REFUSES -> waits_after_refusal = true
    :: true
    fi;
    if
    :: circumstance = NOTHING
    :: circumstance = SILENCE
    :: circumstance = LOSS
    :: circumstance = CANCEL
    :: circumstance = FORCE
    :: circumstance = CLOSE
    fi
}

inline forget_client()
{
    is_lost = false;
    sent = 0;
    answered = 0;
    executed = 0;
    client_idles = false;
    logged_out = false;
    do
    :: to_server?_, _
    :: to_client?_, _
    :: empty(to_server) && empty(to_client) -> break
    od
}
