/* SPDX-License-Identifier: BSD-2-Clause */
/* Dialogues through the filter: the octets that pass, are removed or are added, the moments for a request, the causes
 * of blindness, and the end of a session. Then callbacks, failures and arguments.
 *
 * In a script, each part begins with one of these at the beginning of a line, and ends in LF:
 *   C:  octets of the client      R:  the host requests that the client leave
 *   S:  octets of the server      F:  the host forces the session
 *   c:  the client's end of file  A:  the host abandons the session
 *   s:  the server's end of file  T:  this number of milliseconds passes
 * In a trace, `C: ` and `S: ` begin the octets of that side that have passed, where the direction changes. The trace of
 * a dialogue that passes unchanged is therefore its script. A line `close ...` is the outcome, as in
 * support/trace.h. */
#include "support/test.h"
#include <stdlib.h>
#include "support/exact.h"
#include "support/filter_host.h"

#define GREETING "* OK [CAPABILITY IMAP4rev1 ENABLE X-SERVER-LOGOUT] hello\r\n"
#define LOGOUT   "SLP.1 LOGOUT\r\n"
#define BYE      "* BYE Server is closing the connection\r\n"
#define ANSWERED "close ANSWERED SLP.1@1000"
#define REFUSED  "close REFUSED SLP.1@1000 bye-sent"

/* A tag of 95 octets. */
#define LONG_TAG(c) X32(c) X32(c) X16(c) X15(c)
#define X32(c)      X16(c) X16(c)
#define X16(c)      X15(c) c
#define X15(c)      c c c c c c c c c c c c c c c

/* ---- scripts ---- */

enum beginning {
    NEW,        /* nothing has been fed */
    GREETED,    /* A request is answered with `* BYE`. */
    ENABLED,    /* A request is answered with LOGOUT. */
    ASKED,      /* LOGOUT was sent. */
    ASKED_WAITS /* LOGOUT was sent, and the timer continues after a refusal. */
};

static struct slogout_session *session_of(struct filter_host *host)
{
    return slogout_filter_session(host->filter);
}

static void client(struct filter_host *host, const char *text)
{
    filter_host_feed(host, 'C', text, strlen(text));
}

static void server(struct filter_host *host, const char *text)
{
    filter_host_feed(host, 'S', text, strlen(text));
}

#define HALF "\x01" /* ends a part inside a line */

static int is_part(const char *text)
{
    return *text && strchr("CSRFATcsBL", *text) && text[1] == ':' && text[2] == ' ';
}

static void do_part(struct filter_host *host, char what, const char *text, size_t len)
{
    switch (what) {
    case 'R':
        slogout_session_request(session_of(host), NULL, host->now);
        break;
    case 'F':
        slogout_session_force(session_of(host), host->now);
        break;
    case 'A':
        slogout_session_abandon(session_of(host), SLOGOUT_OUTCOME_HOST_CLOSED);
        break;
    case 'T':
        host->now += strtoull(text, NULL, 10);
        slogout_tick(host->slogout, host->now);
        break;
    case 'B':
        host->broken = *text;
        break;
    case 'L':
        if (slogout_filter_between_lines(host->filter) != (*text == '1'))
            fail_msg("between lines is not %c after: %s", *text, host->trace.text);
        break;
    case 'c':
        assert_int_equal(slogout_filter_feed_client(host->filter, NULL, 0, host->now), 0);
        break;
    case 's':
        assert_int_equal(slogout_filter_feed_server(host->filter, NULL, 0, host->now), 0);
        break;
    default:
        filter_host_feed(host, what, text, len);
    }
}

static void play(struct filter_host *host, const char *script)
{
    while (*script) {
        const char *begin = script + 3, *end = begin;
        assert_true(is_part(script));
        while (*end && *end != *HALF && (end[-1] != '\n' || !is_part(end)))
            end++;
        do_part(host, *script, begin, (size_t)(end - begin));
        script = *end == *HALF ? end + 1 : end;
    }
}

static void forget_trace(struct filter_host *host)
{
    host->trace.len = 0;
    host->last = 0;
    host->trace.text[0] = '\0';
}

static void expect(struct filter_host *host, const char *trace)
{
    assert_string_equal(host->trace.text, trace);
    forget_trace(host);
}

static void start_at(struct filter_host *host, enum beginning beginning)
{
    filter_host_start(host, SLOGOUT_ASK_ENABLED, beginning == ASKED_WAITS ? SLOGOUT_REFUSAL_WAIT : SLOGOUT_REFUSAL_BYE);
    if (beginning >= GREETED)
        server(host, GREETING);
    if (beginning >= ENABLED)
        play(host, "C: e ENABLE X-SERVER-LOGOUT\r\nS: e OK done\r\n");
    if (beginning >= ASKED)
        slogout_session_request(session_of(host), NULL, host->now);
    forget_trace(host);
}

static enum slogout_blindness blindness(const struct filter_host *host)
{
    const enum slogout_blindness why = slogout_filter_blindness(host->filter);

    assert_int_equal(slogout_get_counts(host->slogout)->blind, why == SLOGOUT_BLINDNESS_NONE ? 0 : 1);
    return why;
}

/* ---- dialogues: whole, octet by octet, and in all two-way splits ---- */

struct dialogue {
    enum beginning beginning;
    const char *script;
    const char *trace;
    enum slogout_blindness why; /* the reason why the filter is blind at the end */
};

#define ENABLE(tag)   tag " ENABLE X-SERVER-LOGOUT\r\n"
#define OUT_OF_STEP   SLOGOUT_BLINDNESS_OUT_OF_STEP
#define UNREADABLE    SLOGOUT_BLINDNESS_NOT_UNDERSTOOD
#define LIMIT         SLOGOUT_BLINDNESS_LIMIT
#define LAYER         SLOGOUT_BLINDNESS_LAYER
#define MECHANISM     SLOGOUT_BLINDNESS_MECHANISM
#define BYE_ONLY      "close BYE_ONLY bye-sent\n"
#define FORCED        "close FORCED bye-sent\n"
#define FORCED_ASKED  "close FORCED SLP.1@1000 bye-sent"
#define OUR_ENABLED   "* ENABLED X-SERVER-LOGOUT\r\n"
#define X64(x)        X32(x) X32(x)
#define X256(x)       X64(x) X64(x) X64(x) X64(x)
#define EIGHT(x)      x x x x x x x x
#define TEN(x)        x x EIGHT(x)

static const struct dialogue dialogues[] = {
    /* ---- the answer ---- */
    {ASKED, "C: * BYE bye\r\nSLP.1 OK done\r\n", ANSWERED " bye-seen answer=OK:done\n", 0},
    {ASKED, "C: SLP.1 OK done\r\n", ANSWERED " answer=OK:done\n", 0},
    {ASKED, "C: slp.1 OK\r\nS: slp.1 BAD x\r\nC: SLP.1 ok\n",
     "C: slp.1 OK\r\nS: slp.1 BAD x\r\n" ANSWERED " answer=OK\n", 0},
    {ASKED, "C: SLP.1 OK done {3+}\r\nabc", ANSWERED " answer=OK:done {3+}\n", 0},
    {ASKED, "C: SLP.1 NO x\r\n", "S: " BYE REFUSED " answer=NO:x\n", 0},
    {ASKED, "C: SLP.1 BAD x\r\nA1 NOOP\r\n", "S: " BYE REFUSED " answer=BAD:x\n", 0},
    {ASKED, "C: S1 NOOP\r\nS: S1 OK x\r\nC: SLP.1 OK x\r\n",
     "C: S1 NOOP\r\nS: S1 OK x\r\n" ANSWERED " answer=OK:x\n", 0},
    {ASKED, "C: * BYEBYE\r\nSLP.1\r\nSLP.1 OK x\n", "C: * BYEBYE\r\nSLP.1\r\n" ANSWERED " answer=OK:x\n", 0},
    {ASKED, "C: SLP.2 OK\r\nSLP.1 OKAY\r\nS: SLP.1 BAD x\r\nSLP.2 BAD x\r\nC: SLP.1 OK x\n",
     "C: SLP.2 OK\r\nSLP.1 OKAY\r\nS: SLP.1 BAD x\r\nSLP.2 BAD x\r\n" ANSWERED " answer=OK:x\n", 0},
    /* more than one SP */
    {ASKED, "C: *  BYE\r\nSLP.1   OK  x\r\n", ANSWERED " bye-seen answer=OK: x\n", 0},
    {ASKED, "C: SLP.1  OKAY\r\n", "C: SLP.1  OKAY\r\n", 0},
    {ASKED, "C: SLP.1         OK\r\n", "C: SLP.1         OK\r\n", 0},
    /* inside literals, and directly after them */
    {ASKED, "C: A1 APPEND x {12}\r\nS: + go\r\nC: SLP.1 OK x\r\n\r\nS: A1 OK\r\nC: SLP.1 OK y\r\n",
     "C: A1 APPEND x {12}\r\nS: + go\r\nC: SLP.1 OK x\r\n\r\nS: A1 OK\r\n" ANSWERED " answer=OK:y\n", 0},
    {ASKED, "C: A1 APPEND x ~{12+}\r\nSLP.1 OK x\r\n\r\nS: A1 OK\r\nC: SLP.1 OK y\r\n",
     "C: A1 APPEND x ~{12+}\r\nSLP.1 OK x\r\n\r\nS: A1 OK\r\n" ANSWERED " answer=OK:y\n", 0},
    {ASKED, "C: A1 X {0+}\r\nSLP.1 OK x\r\nS: A1 OK\r\nC: SLP.1 OK y\r\n",
     "C: A1 X {0+}\r\nSLP.1 OK x\r\nS: A1 OK\r\n" ANSWERED " answer=OK:y\n", 0},
    /* after a literal of any size that was refused */
    {ASKED, "C: A1 APPEND x {12}\r\nS: A1 NO no\r\nC: SLP.1 OK y\r\n",
     "C: A1 APPEND x {12}\r\nS: A1 NO no\r\n" ANSWERED " answer=OK:y\n", 0},
    {ASKED, "C: A1 APPEND x {12+}\r\nS: A1 NO no\r\nC: SLP.1 OK x\r\n\r\nSLP.1 OK y\r\n",
     "C: A1 APPEND x {12+}\r\nS: A1 NO no\r\nC: SLP.1 OK x\r\n\r\n" ANSWERED " answer=OK:y\n", 0},
    {ENABLED, "C: b APPEND x {99999999999999999999}\r\nR: \nS: b BAD too big\r\nC: * BYE x\r\nSLP.1 OK y\r\n",
     "C: b APPEND x {99999999999999999999}\r\nS: b BAD too big\r\n" LOGOUT ANSWERED " bye-seen answer=OK:y\n", 0},
    /* in IDLE, with or without DONE; in AUTHENTICATE, the line is data */
    {ASKED, "C: A1 IDLE\r\nS: + idling\r\nC: SLP.1 OK y\r\n",
     "C: A1 IDLE\r\nS: + idling\r\n" ANSWERED " answer=OK:y\n", 0},
    {ASKED, "C: A1 IDLE\r\nS: + idling\r\nC: DONE\r\nS: A1 OK\r\nC: SLP.1 OK y\r\n",
     "C: A1 IDLE\r\nS: + idling\r\nC: DONE\r\nS: A1 OK\r\n" ANSWERED " answer=OK:y\n", 0},
    {ASKED, "C: A1 AUTHENTICATE PLAIN\r\nS: +\r\nC: SLP.1 OK y\r\nS: A1 NO x\r\nC: SLP.1 OK z\r\n",
     "C: A1 AUTHENTICATE PLAIN\r\nS: +\r\nC: SLP.1 OK y\r\nS: A1 NO x\r\n" ANSWERED " answer=OK:z\n", 0},
    /* an unfinished answer is held back; at the client's end of file, octets that are not yet an answer pass */
    {ASKED, "C: SLP.1 O", "", 0},
    {ASKED, "C: * BYE x", "", 0},
    {ASKED, "C: SLP.1 OK\nc: \n", ANSWERED " answer=OK\n", 0},
    {ASKED, "C: * NO\nC: SLP.1 O", "C: * NO\n", 0},
    /* octets of one side that are held back do not delay the other side */
    {ASKED, "C: * NO\nS: * 1 EXISTS\r\nC: a  x\r\n", "C: * NO\nS: * 1 EXISTS\r\nC: a  x\r\n", 0},
    {ASKED, "S: * 1 " X256("x") "\r\nC: a " X256("x") "\r\n", "S: * 1 " X256("x") "\r\nC: a " X256("x") "\r\n", 0},
    /* before we ask, the line is like any other, and `* BYE` announces no literal */
    {ENABLED, "C: * BYE {3}\r\nSLP.1 OK x\r\nS: SLP.1 BAD x\r\nR: \nC: SLP.1 OK y\r\n",
     "C: * BYE {3}\r\nSLP.1 OK x\r\nS: SLP.1 BAD x\r\n" LOGOUT ANSWERED " answer=OK:y\n", 0},
    /* a refusal that does not end the wait */
    {ASKED_WAITS, "C: SLP.1 BAD x\r\nA1 NOOP\r\nS: A1 OK x\r\nC: SLP.1 OK x\r\n",
     "C: A1 NOOP\r\nS: A1 OK x\r\n" ANSWERED " answer=OK:x\n", 0},
    {ASKED_WAITS, "C: SLP.1 NO [X] not now\r\nS: * 1 EXISTS\r\nT: 35000\n",
     "S: * 1 EXISTS\r\n" BYE REFUSED " answered=NO\n", 0},
    /* a client that never stops answering */
    {ASKED, "C: " EIGHT("* BYE\r\n") "SLP.1 OK\r\n", ANSWERED " bye-seen answer=OK\n", 0},
    {ASKED, "C: " EIGHT("* BYE\r\n") "* BYE\r\n", "S: " BYE FORCED_ASKED " bye-seen\n", 0},
    {ASKED_WAITS, "C: " TEN("* BYE\r\n"), "S: " BYE FORCED_ASKED " bye-seen\n", 0},

    /* ---- our LOGOUT is valid until the connection ends ---- */
    {ASKED, "S: * BYE Idle for too long\r\nC: * BYE x\r\nSLP.1 OK y\r\na NOOP\r\n",
     "S: * BYE Idle for too long\r\n", 0},
    {ASKED, "A: \nC: a NOOP\r\nSLP.1 OK y\r\nb NOOP\r\nS: a OK\r\n", "C: a NOOP\r\nS: a OK\r\n", 0},
    {ASKED, "A: \nC: SLP.1 BAD y\r\na NOOP\r\nSLP.1 NO\r\n", "C: a NOOP\r\n", 0},
    {ASKED, "S: * BYE x\r\nC: " TEN("* BYE\r\n") "a NOOP\r\n", "S: * BYE x\r\nC: a NOOP\r\n", 0},
    {ASKED, "C: A1 LOGOUT\r\nS: * BYE x\r\nA1 OK x\r\nC: SLP.1 OK y\r\nB2 NOOP\r\n",
     "C: A1 LOGOUT\r\nS: * BYE x\r\nA1 OK x\r\n", 0},
    {ASKED, "S: SLO.1 LOGOUT\r\n* 1 EXISTS\r\nA: \nS: SLO.2 LOGOUT\r\nC: SLP.1 OK y\r\nx\r\n", "S: * 1 EXISTS\r\n", 0},
    /* an answer that has begun is removed to its end, and a blind filter removes no other answer */
    {ASKED, "C: c COMPRESS X\r\nS: c OK x\r\nC: SLP.1 BAD x\r\n", "C: c COMPRESS X\r\nS: c OK x\r\nC: SLP.1 BAD x\r\n",
     LAYER},

    /* ---- nothing passes after octets were dropped ---- */
    {ENABLED, "C: s STARTTLS\r\nF: \nC: b APPEND x {30+}\r\nA: \nC: c DELETE INBOX\r\nS: s NO\r\n",
     "C: s STARTTLS\r\nS: s NO\r\n", 0},
    {ENABLED, "C: s STARTTLS\r\nF: \nC: b APPEND x {30+}\r\nS: * BYE x\r\nC: c DELETE INBOX\r\n",
     "C: s STARTTLS\r\nS: * BYE x\r\n", 0},
    {ENABLED, "C: s STARTTLS\r\nF: \nC: b APPEND x {30+}\r\nS: s OK\r\nC: c DELETE INBOX\r\n",
     "C: s STARTTLS\r\nS: s OK\r\n", LAYER},
    {ENABLED, "C: s STARTTLS\r\nF: \nC: b APPEND x {30+}\r\nS: * 1 X {3+}\r\nC: c DELETE INBOX\r\n",
     "C: s STARTTLS\r\nS: * 1 X {3+}\r\n", UNREADABLE},
    {ENABLED, "C: s STARTTLS\r\nF: \nC: b APPEND x {30+}\r\ns: \nC: c DELETE INBOX\r\nc: \n", "C: s STARTTLS\r\n", 0},
    {ASKED, "S: * 1 FETCH {9}\r\nF: \nC: SLP.1 \nc: \n", "S: * 1 FETCH {9}\r\n", 0},
    {ASKED, "A: \nC: SLP.1 OK\r\nb APPEND x {30+}\r\nS: * 1 X {3+}\r\nC: c DELETE INBOX\r\n", "S: * 1 X {3+}\r\n",
     UNREADABLE},
    /* a command that has begun passes to its end */
    {ENABLED,
     "C: a FETCH 1 BODY[]\r\nb APPEND x {5+}\r\nab" HALF "S: * 1 FETCH (BODY[] {5}\r\nab" HALF
     "F: \nC: cde\r\nc EXPUNGE\r\nd EXPUNGE\r\nS: cde)\r\na OK x\r\nb OK x\r\nC: e NOOP\r\nS: * 1 EXISTS\r\n",
     "C: a FETCH 1 BODY[]\r\nb APPEND x {5+}\r\nabS: * 1 FETCH (BODY[] {5}\r\nabC: cde\r\nS: cde)\r\na OK x\r\nb OK x\r\n" BYE
     FORCED, 0},
    {ENABLED, "C: a AUTHENTICATE PLAIN\r\nF: \nC: AGEAYg==\r\nS: + \r\na NO\r\n",
     "C: a AUTHENTICATE PLAIN\r\nAGEAYg==\r\nS: + \r\na NO\r\n" BYE FORCED, 0},
    {ASKED, "C: a AUTHENTICATE PLAIN\r\nF: \nC: SLP.1 BAD x\r\nb NOOP\r\nc NOOP\r\nS: a BAD\r\nb OK\r\n",
     "C: a AUTHENTICATE PLAIN\r\nb NOOP\r\nS: a BAD\r\nb OK\r\n" BYE FORCED_ASKED "\n", 0},
    {ENABLED, "C: a NOOP\r\nF: \nS: * 1 EXISTS\r\nT: 5000\nS: a OK\r\n", "C: a NOOP\r\nS: * 1 EXISTS\r\n" BYE FORCED, 0},

    /* ---- the clients that are asked ---- */
    {GREETED, "R: \n", "S: " BYE BYE_ONLY, 0},
    {NEW, "R: \nS: * OK hello\r\n", "S: * OK hello\r\n" BYE BYE_ONLY, 0},
    {GREETED, "C: " ENABLE("e") "S: e OK x\r\nR: \n", "C: " ENABLE("e") "S: " OUR_ENABLED "e OK x\r\n" LOGOUT, 0},
    {GREETED, "C: " ENABLE("e") "S: * ENABLED X-SERVER-LOGOUT\r\ne OK x\r\nR: \n",
     "C: " ENABLE("e") "S: * ENABLED X-SERVER-LOGOUT\r\ne OK x\r\n" LOGOUT, 0},
    {GREETED, "C: e ENABLE CONDSTORE\r\nS: e OK x\r\nR: \n",
     "C: e ENABLE CONDSTORE\r\nS: e OK x\r\n" BYE BYE_ONLY, 0},
    {GREETED, "C: " ENABLE("e") "S: e NO x\r\nR: \n", "C: " ENABLE("e") "S: e NO x\r\n" BYE BYE_ONLY, 0},
    {ENABLED, "C: u UNAUTHENTICATE\r\nS: u OK x\r\nR: \n",
     "C: u UNAUTHENTICATE\r\nS: u OK x\r\n" BYE BYE_ONLY, 0},
    {ENABLED, "C: u UNAUTHENTICATE\r\nS: u NO x\r\nR: \n", "C: u UNAUTHENTICATE\r\nS: u NO x\r\n" LOGOUT, 0},
    /* several commands in flight, answered in any order; each OK gets its own ENABLED */
    {GREETED, "C: " ENABLE("e") ENABLE("f") "S: f NO x\r\ne OK x\r\nR: \n",
     "C: " ENABLE("e") ENABLE("f") "S: f NO x\r\n" OUR_ENABLED "e OK x\r\n" LOGOUT, 0},
    {GREETED, "C: " ENABLE("e") "u UNAUTHENTICATE\r\nS: u OK x\r\ne OK x\r\nR: \n",
     "C: " ENABLE("e") "u UNAUTHENTICATE\r\nS: u OK x\r\n" OUR_ENABLED "e OK x\r\n" LOGOUT, 0},
    {GREETED, "C: u UNAUTHENTICATE\r\n" ENABLE("u") "S: u NO\r\nu OK\r\nR: \n",
     "C: u UNAUTHENTICATE\r\n" ENABLE("u") "S: u NO\r\n" OUR_ENABLED "u OK\r\n" LOGOUT, 0},
    {GREETED, "C: " ENABLE("e") ENABLE("f") "u UNAUTHENTICATE\r\nS: " OUR_ENABLED "u OK x\r\ne OK x\r\nf OK x\r\n",
     "C: " ENABLE("e") ENABLE("f") "u UNAUTHENTICATE\r\nS: " OUR_ENABLED "u OK x\r\ne OK x\r\n" OUR_ENABLED
     "f OK x\r\n", 0},
    /* the longest tag, and a longer tag, whose OK gets no ENABLED */
    {GREETED, "C: " ENABLE(LONG_TAG("e")) "S: " LONG_TAG("e") " OK x\r\nR: \n",
     "C: " ENABLE(LONG_TAG("e")) "S: " OUR_ENABLED LONG_TAG("e") " OK x\r\n" LOGOUT, 0},
    {GREETED, "C: " ENABLE(LONG_TAG("e") "e") "R: \nS: " LONG_TAG("e") "e OK x\r\n",
     "C: " ENABLE(LONG_TAG("e") "e") "S: " LONG_TAG("e") "e OK x\r\n" BYE BYE_ONLY, 0},

    /* ---- commands in flight ---- */
    {GREETED,
     "C: b SELECT x (QRESYNC (1 1))\r\nc APPEND y {5+}\r\nhello\r\nR: \n"
     "S: b BAD no\r\nQRESYNC BAD no\r\n* BAD no\r\nc OK [APPENDUID 1 2] x\r\n",
     "C: b SELECT x (QRESYNC (1 1))\r\nc APPEND y {5+}\r\nhello\r\n"
     "S: b BAD no\r\nQRESYNC BAD no\r\n* BAD no\r\nc OK [APPENDUID 1 2] x\r\n" BYE BYE_ONLY, 0},
    {GREETED,
     "C: b XYZ {12+}\r\nfoo NOOP ab\r\nc APPEND y {5+}\r\nhello\r\nR: \nS: b BAD x\r\nfoo NO x\r\nc OK x\r\n",
     "C: b XYZ {12+}\r\nfoo NOOP ab\r\nc APPEND y {5+}\r\nhello\r\nS: b BAD x\r\nfoo NO x\r\nc OK x\r\n" BYE BYE_ONLY,
     0},
    {ENABLED, "C: a LOGOUT {3}\r\nR: \nS: a OK\r\n", "C: a LOGOUT {3}\r\nS: a OK\r\n" LOGOUT, 0},
    {ENABLED, "C: a LOGOUT\r\nb APPEND x {5+}\r\nhello\r\nR: \nS: a OK\r\nb OK\r\n",
     "C: a LOGOUT\r\nb APPEND x {5+}\r\nhello\r\nS: a OK\r\nb OK\r\n" LOGOUT, 0},
    {ENABLED, "C: a NOOP\r\nb NOOP\r\nR: \nS: a OK\r\na NO\r\nz BAD\r\nb OK\r\n",
     "C: a NOOP\r\nb NOOP\r\nS: a OK\r\na NO\r\nz BAD\r\nb OK\r\n" LOGOUT, 0},
    {ENABLED, "C: " TEN("a NOOP\r\n") TEN("b NOOP\r\n") "i IDLE\r\nDONE\r\nR: \nS: + x\r\ni OK\r\n" TEN("b OK\r\n") TEN("a OK\r\n"),
     "C: " TEN("a NOOP\r\n") TEN("b NOOP\r\n") "i IDLE\r\nDONE\r\nS: + x\r\ni OK\r\n" TEN("b OK\r\n") TEN("a OK\r\n") LOGOUT,
     0},
    /* with more than 16 commands, a surplus response is noticed when the number is wrong */
    {ENABLED, "C: " TEN("a NOOP\r\n") TEN("b NOOP\r\n") "R: \nS: c OK\r\n" TEN("b OK\r\n") TEN("a OK\r\n"),
     "C: " TEN("a NOOP\r\n") TEN("b NOOP\r\n") "S: c OK\r\n" TEN("b OK\r\n") TEN("a OK\r\n"), OUT_OF_STEP},
    /* RFC 3501 section 7.1.3: the BAD may have another reason, and the response may still come */
    {ENABLED, "C: a NOOP\r\nS: * BAD x\r\nC: b NOOP\r\nS: b OK\r\nR: \nS: * 1 EXISTS\r\na OK\r\n",
     "C: a NOOP\r\nS: * BAD x\r\nC: b NOOP\r\nS: b OK\r\n* 1 EXISTS\r\na OK\r\n" LOGOUT, 0},

    /* ---- commands for which more than the tag is stored ---- */
    {ENABLED,
     "C: A1 IDLE\r\nDONE\r\nA2 NOOP\r\nA3 IDLE\r\nR: \nS: + idling\r\nA1 OK\r\nA2 OK\r\n+ idling\r\n"
     "C: * BYE x\r\nSLP.1 OK y\r\n",
     "C: A1 IDLE\r\nDONE\r\nA2 NOOP\r\nA3 IDLE\r\nS: + idling\r\nA1 OK\r\nA2 OK\r\n+ idling\r\n" LOGOUT ANSWERED
     " bye-seen answer=OK:y\n", 0},
    {ENABLED,
     "C: A1 IDLE\r\nDONE\r\nA2 IDLE\r\nDONE\r\nA3 APPEND x {5}\r\nS: + x\r\nA1 OK\r\n+ x\r\nA2 OK\r\nF: \nL: 0\n"
     "S: + go\r\nC: hello\r\nS: A3 OK\r\n",
     "C: A1 IDLE\r\nDONE\r\nA2 IDLE\r\nDONE\r\nA3 APPEND x {5}\r\nS: + x\r\nA1 OK\r\n+ x\r\nA2 OK\r\n+ go\r\n"
     "C: hello\r\nS: A3 OK\r\n" BYE FORCED, 0},
    {ENABLED, "C: a IDLE\r\nDONE\r\nb APPEND x {5}\r\nS: a BAD x\r\n+ go\r\nC: hello\r\nS: b OK\r\nR: \n",
     "C: a IDLE\r\nDONE\r\nb APPEND x {5}\r\nS: a BAD x\r\n+ go\r\nC: hello\r\nS: b OK\r\n" LOGOUT, 0},
    {ENABLED, "C: i IDLE\r\nS: + x\r\ni OK\r\nC: DONE\r\nS: DONE BAD x\r\nR: \nC: * BYE x\r\nSLP.1 OK y\r\n",
     "C: i IDLE\r\nS: + x\r\ni OK\r\nC: DONE\r\nS: DONE BAD x\r\n" LOGOUT ANSWERED " bye-seen answer=OK:y\n", 0},
    {ENABLED, "C: i IDLE\r\nS: i NO x\r\nC: DONE\r\nS: * BAD x\r\nR: \n",
     "C: i IDLE\r\nS: i NO x\r\nC: DONE\r\nS: * BAD x\r\n" LOGOUT, 0},
    {ENABLED, "C: i IDLE\r\nS: + x\r\nC: DONE\r\nDONE\r\nS: i OK\r\nDONE BAD x\r\nR: \n",
     "C: i IDLE\r\nS: + x\r\nC: DONE\r\nDONE\r\nS: i OK\r\nDONE BAD x\r\n" LOGOUT, 0},
    {ENABLED, "C: i IDLE\r\nS: + x\r\nC: DO" HALF "S: i OK\r\nC: NE\r\nS: DONE BAD x\r\nR: \n",
     "C: i IDLE\r\nS: + x\r\nC: DOS: i OK\r\nC: NE\r\nS: DONE BAD x\r\n" LOGOUT, 0},
    /* an empty line ends IDLE, or the server ignores it */
    {ENABLED, "C: i IDLE\r\nS: + x\r\nC: \r\nb NOOP\r\nR: \nS: i BAD x\r\nb OK\r\n",
     "C: i IDLE\r\nS: + x\r\nC: \r\nb NOOP\r\nS: i BAD x\r\nb OK\r\n" LOGOUT, 0},
    {ENABLED, "C: i IDLE\r\n\r\nS: + x\r\nR: \nC: DONE\r\nS: i OK\r\n",
     "C: i IDLE\r\n\r\nS: + x\r\nC: DONE\r\nS: i OK\r\n" LOGOUT, 0},
    {ENABLED, "C: i IDLE\r\n\r\nS: i NO x\r\nR: \n", "C: i IDLE\r\n\r\nS: i NO x\r\n" LOGOUT, 0},
    {ENABLED, "R: \nS: i + idling\r\n", "S: " LOGOUT "i + idling\r\n", 0},
    {ENABLED, "C: i IDLE\r\nS: i + idling\r\nC: DONE\r\nS: i OK\r\nR: \n",
     "C: i IDLE\r\nS: i + idling\r\nC: DONE\r\nS: i OK\r\n" LOGOUT, 0},
    /* a response without a status, which announces no literal */
    {ENABLED, "S: a XXXXXXXXXXXXXXXX5}\r\nR: \n", "S: a XXXXXXXXXXXXXXXX5}\r\n" LOGOUT, 0},
    /* the `+` before the end of the line */
    {ENABLED, "C: a SELECT {5}" HALF "S: + OK\r\nR: \nL: 1\nC: \r\nINBOX\r\nS: a OK\r\n",
     "C: a SELECT {5}S: + OK\r\nC: \r\nINBOX\r\nS: a OK\r\n" LOGOUT, 0},
    {ENABLED, "C: a NOOP\r" HALF "S: a OK\r\nR: \nL: 1\nC: \n", "C: a NOOP\rS: a OK\r\nC: \nS: " LOGOUT, 0},
    {ENABLED, "C: a LOGOUT {3}\r" HALF "S: a OK\r\n* 1 X\r\n", "C: a LOGOUT {3}\rS: a OK\r\n* 1 X\r\n", 0},
    {ENABLED, "C: i IDLE\r" HALF "S: + x\r\nR: \nC: \nSLP.1 OK y\r\n", "C: i IDLE\rS: + x\r\nC: \nS: " LOGOUT ANSWERED " answer=OK:y\n", 0},
    /* after AUTHENTICATE, a line is a command unless it must belong to the exchange */
    {GREETED, "C: a AUTHENTICATE PLAIN AGEAYg==\r\n" ENABLE("e") "S: a OK x\r\ne OK x\r\nR: \n",
     "C: a AUTHENTICATE PLAIN AGEAYg==\r\n" ENABLE("e") "S: a OK x\r\n" OUR_ENABLED "e OK x\r\n" LOGOUT, 0},
    {GREETED, "C: a AUTHENTICATE PLAIN x\r\nb APPEND x {5}\r\nS: a OK\r\nR: \nL: 0\nS: + go\r\nC: hello\r\nS: b OK\r\n",
     "C: a AUTHENTICATE PLAIN x\r\nb APPEND x {5}\r\nS: a OK\r\n+ go\r\nC: hello\r\nS: b OK\r\n" BYE BYE_ONLY, 0},
    {ENABLED, "C: a AUTHENTICATE PLAIN\r\nAGEAYg==\r\nb NOOP\r\nS: + \r\na OK\r\nb OK\r\nR: \n",
     "C: a AUTHENTICATE PLAIN\r\nAGEAYg==\r\nb NOOP\r\nS: + \r\na OK\r\nb OK\r\n" LOGOUT, 0},
    {ENABLED, "C: a AUTHENTICATE PLAIN\r\nS: + \r\nC: b NOOP\r\nS: + \r\nC: *\r\nS: a BAD\r\nR: \n",
     "C: a AUTHENTICATE PLAIN\r\nS: + \r\nC: b NOOP\r\nS: + \r\nC: *\r\nS: a BAD\r\n" LOGOUT, 0},
    {ENABLED, "C: a AUTHENTICATE PLAIN\r\nAGEAYg==\r\nS: a NO\r\nAGEAYg== BAD\r\nR: \n",
     "C: a AUTHENTICATE PLAIN\r\nAGEAYg==\r\nS: a NO\r\nAGEAYg== BAD\r\n" LOGOUT, 0},
    {ASKED, "C: a AUTHENTICATE PLAIN x\r\nSLP.1 OK y\r\nS: a OK\r\n",
     "C: a AUTHENTICATE PLAIN x\r\nS: a OK\r\n" ANSWERED " answer=OK:y\n", 0},
    /* no line is added where the client would misunderstand it */
    {ENABLED, "C: c COMPRESS DEFLATE\r\nF: \nL: 0\nS: * 1 EXISTS\r\nc NO x\r\n",
     "C: c COMPRESS DEFLATE\r\nS: * 1 EXISTS\r\nc NO x\r\n" BYE FORCED, 0},
    {ENABLED, "C: a AUTHENTICATE PLAIN\r\nF: \nL: 0\nS: + \r\nL: 0\nC: x\r\nS: a NO\r\n",
     "C: a AUTHENTICATE PLAIN\r\nS: + \r\nC: x\r\nS: a NO\r\n" BYE FORCED, 0},

    /* ---- lines that are not understood ---- */
    {ENABLED, "C: b LIST \"\" *\r\nR: \nS: * LIST () \"/\" {3}\r\nfoo\r\n\r\nb OK\r\n",
     "C: b LIST \"\" *\r\nS: * LIST () \"/\" {3}\r\nfoo\r\n\r\nb OK\r\n" LOGOUT, 0},
    {ENABLED, "S: \r\n\n5 EXISTS\r\nhello\r\nx y z\r\na BYE x\r\n*x\r\n* \r\n*  OK\r\na  OK x\r\n(a NO x\r\nR: \n",
     "S: \r\n\n5 EXISTS\r\nhello\r\nx y z\r\na BYE x\r\n*x\r\n* \r\n*  OK\r\na  OK x\r\n(a NO x\r\n" LOGOUT, 0},
    {ENABLED, "C: \r\n\n\r\r\nhello\r\na\r\n* x\r\n*\r\n a NOOP\r\n(a NOOP\r\n\ta NOOP\r\na\tNOOP\r\n+ x\r\nDONE\r\nR: \n",
     "C: \r\n\n\r\r\nhello\r\na\r\n* x\r\n*\r\n a NOOP\r\n(a NOOP\r\n\ta NOOP\r\na\tNOOP\r\n+ x\r\nDONE\r\nS: " LOGOUT, 0},
    {ENABLED, "C: a  NOOP\r\nb \r\nc   IDLE\r\nS: a OK\r\nb BAD\r\n+ x\r\nR: \n",
     "C: a  NOOP\r\nb \r\nc   IDLE\r\nS: a OK\r\nb BAD\r\n+ x\r\n" LOGOUT, 0},
    {ENABLED, "C: a \"NOOP\"\r\nb \tSTARTTLS\r\nc " LONG_TAG("N") "N\r\nS: a BAD\r\nb BAD\r\nR: \nS: c BAD\r\n",
     "C: a \"NOOP\"\r\nb \tSTARTTLS\r\nc " LONG_TAG("N") "N\r\nS: a BAD\r\nb BAD\r\nc BAD\r\n" LOGOUT, 0},
    {NEW, "S: hello\r\nx y\r\nR: \nL: 0\nS: * OK x\r\n", "S: hello\r\nx y\r\n* OK x\r\n" BYE BYE_ONLY, 0},

    /* ---- the server's own BYE and LOGOUT ---- */
    {ENABLED, "S: * BYE x\r\nR: \nF: \nL: 0\n", "S: * BYE x\r\n", 0},
    {ASKED, "S: SLO.1 LOGOUT\r\n* 1 EXISTS\r\nC: * BYE\r\nSLO.1 OK x\r\nS: SLO.1 BAD\r\nC: SLP.1 OK y\r\n",
     "S: * 1 EXISTS\r\nC: SLO.1 OK x\r\nS: SLO.1 BAD\r\n" ANSWERED " bye-seen answer=OK:y\n", 0},
    {ENABLED, "S: SLO.1 LOGOUT\n* 1 EXISTS\r\nR: \nL: 0\nC: * BYE\r\nSLO.1 OK x\r\n",
     "S: SLO.1 LOGOUT\n* 1 EXISTS\r\nC: * BYE\r\nSLO.1 OK x\r\n", 0},
    {ENABLED, "S: S" HALF "R: \nS: LO.1 LOGOUT\r\nC: SLO.1 OK x\r\n", "S: SLO.1 LOGOUT\r\nC: SLO.1 OK x\r\n", 0},
    {ENABLED, "S: S" HALF "F: \nS: LO.1 LOGOUT\r\n", "S: " BYE FORCED, 0},
    {ASKED, "S: " LONG_TAG("t") " LOGOUT\r\n* 1 X\r\n", "S: * 1 X\r\n", 0},
    {ASKED, "S: " LONG_TAG("t") "t LOGOUT\r\nx LOGOUT now\r\nx LOGOUT\r\r\nx LOGOUTS\r\n",
     "S: " LONG_TAG("t") "t LOGOUT\r\nx LOGOUT now\r\nx LOGOUT\r\r\nx LOGOUTS\r\n", 0},

    /* ---- lists of capabilities: a word of more than 95 octets is ignored ---- */
    {ENABLED, "S: * CAPABILITY ENABLE \r\n", "S: * CAPABILITY ENABLE X-SERVER-LOGOUT \r\n", 0},
    {ENABLED, "S: * CAPABILITY COMPRES COMPRESS=DEFLATE COMPRESS\r\n", "S: * CAPABILITY COMPRES COMPRESS\r\n", 0},
    {ENABLED, "S: * CAPABILITY COMPRESS=" LONG_TAG("x") " ENABLE\r\n",
     "S: * CAPABILITY COMPRESS=" LONG_TAG("x") " ENABLE X-SERVER-LOGOUT\r\n", 0},
    {ENABLED, "S: * CAPABILITY COMPRESS=" X64("x") X15("x") "xxxxxxx ENABLE\r\n",
     "S: * CAPABILITY ENABLE X-SERVER-LOGOUT\r\n", 0},

    /* ---- responses that pass before the close ---- */
    {ASKED, "C: a APPEND x {5+}\r\nhello\r\nSLP.1 OK y\r\nb EXPUNGE\r\nS: * 1 EXISTS\r\na OK x\r\n* 2 EXISTS\r\n",
     "C: a APPEND x {5+}\r\nhello\r\nS: * 1 EXISTS\r\na OK x\r\n" ANSWERED " answer=OK:y\n", 0},
    {ENABLED, "T: 4294967296\nR: \nC: a NOOP\r\nSLP.1 OK y\r\nT: 9999\nS: * 1 EXISTS\r\nT: 1\nS: a OK\r\nT: 10000\n",
     "S: " LOGOUT "C: a NOOP\r\nS: * 1 EXISTS\r\nclose ANSWERED SLP.1@4294968296 answer=OK:y\n", 0},
    {ASKED, "C: a NOOP\r\nSLP.1 OK y\r\nS: a O" HALF "s: \n", "C: a NOOP\r\nS: a O" ANSWERED " answer=OK:y\n", 0},
    {ASKED, "C: a NOOP\r\nSLP.1 OK y\r\nB: S\nS: a OK x\r\n", "C: a NOOP\r\n" ANSWERED " answer=OK:y\n", 0},
    {ASKED, "C: a NOOP\r\nSLP.1 OK y\r\nc: \nA: \nF: \nS: a OK x\r\n",
     "C: a NOOP\r\nS: a OK x\r\n" ANSWERED " answer=OK:y\n", 0},
    {ASKED, "C: a NOOP\r\nSLP.1 OK y\r\nS: * BYE x\r\na OK x\r\nT: 10000\n",
     "C: a NOOP\r\nS: * BYE x\r\na OK x\r\n" ANSWERED " answer=OK:y\n", 0},
    {ASKED, "C: a IDLE\r\nSLP.1 OK y\r\nS: + x\r\n", "C: a IDLE\r\nS: + x\r\n" ANSWERED " answer=OK:y\n", 0},
    {ASKED, "S: * 1 EX" HALF "C: SLP.1 OK y\r\nS: ISTS\r\n", "S: * 1 EXISTS\r\n" ANSWERED " answer=OK:y\n", 0},
    {ASKED, "C: c COMPRESS X\r\nSLP.1 OK y\r\nS: c OK\r\n* 1 X\r\nT: 10000\n",
     "C: c COMPRESS X\r\nS: c OK\r\n* 1 X\r\n" ANSWERED " answer=OK:y\n", LAYER},
    /* the close does not wait after other outcomes */
    {ASKED, "C: a NOOP\r\nSLP.1 NO y\r\nS: * 1 X\r\nT: 5000\n",
     "C: a NOOP\r\nS: * 1 X\r\n" BYE REFUSED " answered=NO\n", 0},

    /* ---- ends of file and failures ---- */
    {ASKED, "C: SLP.1 OK" HALF "S: * CAPABILITY COMPR" HALF "c: \nS: E" HALF "s: \n",
     "S: * CAPABILITYC: SLP.1 OKS:  COMPRE", 0},
    {ASKED, "C: SLP.1 OK half" HALF "c: \n", "", 0},
    {ASKED, "C: SLP.1 O" HALF "S: * 1 FETCH {9}\r\nF: \nc: \n", "S: * 1 FETCH {9}\r\n", 0},
    {ASKED, "C: SLP.1 O" HALF "F: \nc: \n", "S: " BYE FORCED_ASKED "\n", 0},
    {ASKED, "C: * BY" HALF "S: * 1 X {3+}\r\nc: \n", "S: * 1 X {3+}\r\nC: * BY", UNREADABLE},
    {GREETED, "C: " ENABLE(LONG_TAG("e")) "S: " LONG_TAG("e") " O" HALF "B: S\nS: K " X64("x") "\r\n",
     "C: " ENABLE(LONG_TAG("e")), 0},
    {ENABLED, "s: \nL: 1\n", "", 0},
    {GREETED, "S: * " X64("x") X64("x") X64("x") X32("x") X16("x") EIGHT("x") "xx\r\na O",
     "S: * " X64("x") X64("x") X64("x") X32("x") X16("x") EIGHT("x") "xx\r\n", 0},
    {ENABLED, "S: * 1 FETCH (BODY[] {5}\r\nab\r\n" HALF "s: \nL: 0\n", "S: * 1 FETCH (BODY[] {5}\r\nab\r\n", 0},
    {NEW, "L: 0\nS: a OK" HALF "F: \nT: 20000\nS: x\r\nC: x\r\n", "close FORCED\n", 0},
    {ASKED, "B: S\nS: * 1 EXISTS\r\nB: -\nS: * 1 EXISTS\r\nC: a NOOP\r\n", "", 0},
    {ENABLED, "B: C\nC: a NOOP\r\nR: \nB: -\nS: * 1 EXISTS\r\n", "", 0},
    {ASKED, "C: * B" HALF "B: C\nC: X y\r\nB: -\nC: a NOOP\r\n", "", 0},
    {ENABLED, "B: S\nR: \n", "close SEND_FAILED\n", 0},
    {ASKED, "L: 1\nF: \nL: 0\n", "S: " BYE FORCED_ASKED "\n", 0},
};

static void check_dialogue(const void *row, size_t first, size_t step)
{
    const struct dialogue *dialogue = row;
    struct filter_host host;

    start_at(&host, dialogue->beginning);
    host.step = step;
    host.cut = first;
    play(&host, dialogue->script);
    if (strcmp(host.trace.text, dialogue->trace) != 0)
        fail_msg("%s\nfirst %u, step %u\nexpected:\n%s\nwas:\n%s", dialogue->script, (unsigned)first, (unsigned)step,
                 dialogue->trace, host.trace.text);
    if (blindness(&host) != dialogue->why)
        fail_msg("%s: %s", slogout_filter_blindness_name(blindness(&host)), dialogue->script);
    filter_host_stop(&host);
}

static void test_dialogues_in_all_two_way_splits(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(dialogues); i++)
        exact_splits(&dialogues[i], strlen(dialogues[i].script), check_dialogue);
}

/* ---- the causes of blindness ---- */

struct doubt {
    enum slogout_blindness why;
    const char *script; /* up to the octet at which the filter becomes blind */
};

static const struct doubt doubts[] = {
    {LAYER, "C: a STARTTLS\r\nS: a OK "},
    {LAYER, "C: " ENABLE("e") "a COMPRESS DEFLATE\r\nS: a OK "},
    {LAYER, "C: a  STARTTLS\r\nS: a OK\r"},
    {LAYER, "C: a STARTTLS {5+}\r\nS: a OK "},
    {LAYER, "C: a STARTTLS\r" HALF "S: a OK "},
    {LAYER, "C: a STARTTLS {5+}\r" HALF "S: a OK "},
    {LAYER, "C: a COMPRESS {7}\r\nS: a OK\r"},
    {MECHANISM, "C: a AUTHENTICATE GSSAPI\r\nS: a OK "},
    {MECHANISM, "C: a AUTHENTICATE DIGEST-MD5\r\nS: + x\r\nC: y\r\nS: a OK\r"},
    /* a `+` for which no command waits */
    {OUT_OF_STEP, "S: +"},
    {OUT_OF_STEP, "C: a APPEND x {3+}\r\nS: +"},
    {OUT_OF_STEP, "C: i IDLE\r\nS: + x\r\n+"},
    {OUT_OF_STEP, "C: i IDLE\r\nDONE\r\nS: i NO\r\n+"},
    {OUT_OF_STEP, "C: a X {3}" HALF "S: +" HALF "C: x\r\n"},
    /* an OK to a line that is not a command, or has not ended */
    {OUT_OF_STEP, "C: a X {3+}\r" HALF "S: a OK "},
    {OUT_OF_STEP, "C: a N" HALF "S: a OK "},
    {OUT_OF_STEP, "C: a ENABLE X-SERVER-LOGOUT {5}" HALF "C: \r" HALF "S: a OK "},
    {OUT_OF_STEP, "S: z OK "},
    {OUT_OF_STEP, "C: a NOOP\r\nS: a OK\r\na OK\r"},
    {OUT_OF_STEP, "C:  a STARTTLS\r\nS: a OK "},
    {OUT_OF_STEP, "C: a+1 STARTTLS\r\nS: a+1 OK "},
    {OUT_OF_STEP, "C: *a STARTTLS\r\nS: *a OK "},
    {OUT_OF_STEP, "C: a{b STARTTLS\r\nS: a{b OK "},
    {OUT_OF_STEP, "C: a XYZ {8+}\r\nq NOOP\r\n\r\nS: a NO x\r\nq OK "},
    /* commands that the server read as something else */
    {OUT_OF_STEP, "C: a AUTHENTICATE PLAIN x\r\nb NOOP\r\nS: +"},
    {OUT_OF_STEP, "C: a AUTHENTICATE PLAIN\r\nx\r\nb NOOP\r\nS: +\r\n+"},
    {OUT_OF_STEP, "C: a AUTHENTICATE PLAIN\r\nb N" HALF "S: +"},
    {OUT_OF_STEP, "C: " TEN("a X\r\n") TEN("b X\r\n") "c X\r\nS: d OK\r\n" TEN("a OK\r\n") "b OK\r\nb OK\r\nb OK\r\nb OK\r\nb OK\r\nb OK\r\nb OK\r\nb OK\r\nb OK\r\nb OK "},
    {LIMIT, "C: " ENABLE("e") ENABLE("f") ENABLE("g") ENABLE("h") ENABLE("i") ENABLE("j") ENABLE("k") "i IDLE\r\nDONE\r\n"
            "u UNAUTHENTICATE\r\n"},
    /* of the server */
    {UNREADABLE, "S: * 1 FETCH {3+}\r\n"},
    {UNREADABLE, "S: * 1 FETCH {9223372036854775808}\r\n"},
    {UNREADABLE, "S: hello {3}\r\n"},
    {UNREADABLE, "S: x {3}\r\n"},
    {UNREADABLE, "S: *{3}\n"},
    {UNREADABLE, "C: a SEARCH x\r\nS: a NO [BADCHARSET ({5}\r\n"},
    /* of the client */
    {UNREADABLE, "C: a APPEND x {3}\r\na"},
    {UNREADABLE, "C: a X {9223372036854775808+}\r\n"},
    {UNREADABLE, "C: a X {9223372036854775808}\r\nS: +\r\nC: x"},
    {UNREADABLE, "C: (a x {3}\r\n"},
    {UNREADABLE, "C: * x {3+}\r\n"},
    {UNREADABLE, "C: a{3}\n"},
    {UNREADABLE, "C: a SELECT x{5+}\r\n"},
    {UNREADABLE, "C: a SELECT {5} \r\n"},
    {UNREADABLE, "C: a {8+}\r\n"},
    {UNREADABLE, "C: a \"X\" {8+}\r\n"},
    {UNREADABLE, "C: a \"X\"\r\nS: a OK "},
    {UNREADABLE, "C: a \rSTARTTLS\r\nS: a OK "},
    {UNREADABLE, "C: i IDLE\r\nS: + x\r\nC: x" HALF "S: i OK\r\nC: {3+}\r\n"},
    {UNREADABLE, "C: i IDLE\r\nb NOOP\r\n"},
    {UNREADABLE, "C: i IDLE\r\nS: + x\r\nC: DONE \r\n"},
};

static void check_doubt(const void *row, size_t first, size_t step)
{
    const struct doubt *doubt = row;
    const size_t len = strlen(doubt->script);
    char script[1000];
    struct filter_host host;
    int is_blind;

    for (is_blind = 0; is_blind <= 1; is_blind++) {
        snprintf(script, is_blind ? len + 1 : len, "%s", doubt->script);
        start_at(&host, GREETED);
        host.step = step;
        host.cut = first;
        play(&host, script);
        if (blindness(&host) != (is_blind ? doubt->why : SLOGOUT_BLINDNESS_NONE))
            fail_msg("%s after %s", slogout_filter_blindness_name(blindness(&host)), script);
        filter_host_stop(&host);
    }
}

static void test_the_filter_becomes_blind_at_the_octet_that_causes_it(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(doubts); i++)
        exact_splits(&doubts[i], strlen(doubts[i].script), check_doubt);
}

static void test_a_blind_filter_passes_all_and_adds_nothing(void **state)
{
    static const char script[] = "S: * CAPABILITY ENABLE COMPRESS=X\r\nSLO.1 LOGOUT\r\n* BYE\r\n"
                                 "C: SLP.1 OK x\r\n* BYE\r\nx {3}\r\nS: x OK\r\n+\r\n* 1 X {3+}\r\n";
    struct filter_host host;
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(doubts); i++) {
        start_at(&host, GREETED);
        play(&host, doubts[i].script);
        forget_trace(&host);
        play(&host, "L: 0\nR: \n");
        play(&host, script);
        expect(&host, script);
        assert_int_equal(blindness(&host), doubts[i].why);
        play(&host, "F: \nS: * 1 EXISTS\r\nT: 20000\n");
        expect(&host, "S: * 1 EXISTS\r\nclose FORCED\n");
        filter_host_stop(&host);
    }
}

/* Held octets are released when the filter becomes blind. An answer that has begun is removed to its end. */
static void test_an_answer_that_has_begun_is_removed_by_a_blind_filter(void **state)
{
    struct filter_host host;

    (void)state;
    start_at(&host, ASKED);
    play(&host, "C: * BY" HALF "S: * 1 X {3+}\r\nC: E\r\n");
    expect(&host, "S: * 1 X {3+}\r\nC: * BYE\r\n");
    filter_host_stop(&host);
    start_at(&host, ASKED);
    play(&host, "C: SLP.1 OK x" HALF "S: * 1 X {3+}\r\nC: y\r\na\r\nT: 10000\n");
    expect(&host, "S: * 1 X {3+}\r\n" ANSWERED " answer=OK:xy\n");
    filter_host_stop(&host);
}

static void test_every_reason_has_its_name(void **state)
{
    static const char *const names[] = {"NONE",        "LAYER", "MECHANISM",
                                        "OUT_OF_STEP", "LIMIT", "NOT_UNDERSTOOD"};
    size_t i;

    (void)state;
    assert_int_equal(LENGTH(names), SLOGOUT_BLINDNESS_COUNT);
    for (i = 0; i < LENGTH(names); i++)
        assert_string_equal(slogout_filter_blindness_name((enum slogout_blindness)i), names[i]);
    assert_string_equal(slogout_filter_blindness_name(SLOGOUT_BLINDNESS_COUNT), "UNKNOWN");
    assert_string_equal(slogout_filter_blindness_name((enum slogout_blindness)256), "UNKNOWN");
}

/* ---- octets that are held back ---- */

static void test_octets_that_arrive_together_pass_together(void **state)
{
    char *literal = exact_fill('x', 700);
    struct filter_host host;

    (void)state;
    start_at(&host, GREETED);
    client(&host, "a NOOP\r\nl LOGOUT\r\nb ENABLE X-SERVER-LOGOUT\r\nc APPEND x {1+}\r\ny\r\nd IDLE\r\nDO");
    client(&host, "NE\r\ne APPEND x {700+}\r\n");
    filter_host_feed(&host, 'C', literal, 700);
    assert_int_equal(host.calls, 4); /* including the call for the greeting */
    exact_free(literal);
    filter_host_stop(&host);
}

static void test_no_octet_of_another_word_is_held(void **state)
{
    struct filter_host host;

    (void)state;
    start_at(&host, GREETED);
    server(&host, "a LOGOUTS");
    expect(&host, "S: a LOGOUTS");
    server(&host, "\r\n* CAPABILITY COMPARE");
    expect(&host, "S: \r\n* CAPABILITY COMPARE");
    server(&host, " COMPRESS");
    expect(&host, "");
    filter_host_stop(&host);
}

/* Nothing passes after the octet beyond the limit, not even the end of the line. */
static void test_an_answer_of_more_than_65536_octets_is_not_an_answer(void **state)
{
    /* the session has ended, or is LEAVING while a command is in flight */
    static const char *const scripts[] = {"A: \nC: SLP.1 OK ", "C: a NOOP\r\nSLP.1 OK " HALF "F: \n"};
    char *text = exact_fill('x', 65536 - 9);
    enum beginning beginning;
    struct filter_host host;
    size_t i;

    (void)state;
    for (beginning = ASKED; beginning <= ASKED_WAITS; beginning++) {
        start_at(&host, beginning);
        client(&host, "SLP.1 OK ");
        host.step = 1000;
        filter_host_feed(&host, 'C', text, 65536 - 9);
        expect(&host, "");
        client(&host, "x");
        expect(&host, "S: " BYE FORCED_ASKED "\n");
        filter_host_stop(&host);
    }
    for (i = 0; i < LENGTH(scripts); i++) {
        start_at(&host, ASKED);
        play(&host, scripts[i]);
        filter_host_feed(&host, 'C', text, 65536 - 9);
        client(&host, "xx");
        client(&host, "x\r\na NOOP\r\n");
        expect(&host, "C: a NOOP\r\n");
        filter_host_stop(&host);
    }
    exact_free(text);
}

static void test_the_text_of_a_long_answer_is_cut(void **state)
{
    char *text = exact_fill('x', 3000);
    struct filter_host host;

    (void)state;
    start_at(&host, ASKED);
    client(&host, "SLP.1 OK ");
    filter_host_feed(&host, 'C', text, 3000);
    client(&host, "\r\n");
    assert_true(host.trace.len > 128 && host.trace.len < 236);
    assert_memory_equal(host.trace.text, ANSWERED " answer=OK:xxxx", sizeof ANSWERED " answer=OK:xxxx" - 1);
    filter_host_stop(&host);
    exact_free(text);
}

static void test_the_outcome_names_the_side_that_left(void **state)
{
    static const struct {
        enum beginning beginning;
        const char *script;
        enum slogout_outcome outcome;
    } rows[] = {
        {ASKED, "C: A1 LOGOUT\r\nS: * BYE x\r\n", SLOGOUT_OUTCOME_CLIENT_LOGOUT},
        {ASKED, "C: A1 LOGOUT\r" HALF "S: * BYE x\r\n", SLOGOUT_OUTCOME_CLIENT_LOGOUT},
        {ASKED, "C: A1 LOGOUT\r\nA2 NOOP\r\nS: * BYE x\r\n", SLOGOUT_OUTCOME_CLIENT_LOGOUT},
        {ASKED, "C: A1 IDLE\r\nS: * BYE x\r\n", SLOGOUT_OUTCOME_HOST_CLOSED},
        {ASKED, "c: \n", SLOGOUT_OUTCOME_PEER_CLOSED},
        {ASKED, "s: \n", SLOGOUT_OUTCOME_PEER_CLOSED},
        {ASKED, "B: S\nS: * 1 EXISTS\r\n", SLOGOUT_OUTCOME_PEER_CLOSED},
        {ASKED, "B: C\nC: a NOOP\r\n", SLOGOUT_OUTCOME_PEER_CLOSED},
        {ASKED, "C: a NOOP\r\nSLP.1 OK\r\n", SLOGOUT_OUTCOME_ANSWERED},
        {ENABLED, "S: S" HALF "R: \nS: LO.1 LOGOUT\r\n", SLOGOUT_OUTCOME_HOST_CLOSED},
    };
    struct filter_host host;
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        start_at(&host, rows[i].beginning);
        play(&host, rows[i].script);
        assert_int_equal(slogout_session_state(session_of(&host)), SLOGOUT_STATE_ENDED);
        assert_int_equal(slogout_get_counts(host.slogout)->outcome[rows[i].outcome], 1);
        filter_host_stop(&host);
    }
}

/* ---- the host's calls inside a callback, and arguments ---- */

static void free_filter(struct filter_host *host)
{
    slogout_filter_free(host->filter);
    host->filter = NULL;
}

static void call_back(struct filter_host *host)
{
    assert_int_equal(slogout_session_request(session_of(host), NULL, host->now), SLOGOUT_ERR_REENTRANT);
    assert_int_equal(slogout_filter_feed_client(host->filter, "x", 1, host->now), SLOGOUT_ERR_REENTRANT);
    assert_int_equal(slogout_filter_feed_server(host->filter, "x", 1, host->now), SLOGOUT_ERR_REENTRANT);
}

static void test_a_filter_freed_in_a_callback_calls_back_no_more(void **state)
{
    static const char *const texts[] = {"* OK [CAPABILITY ENABLE] x\r\na OK",
                                        "* OK x\r\n* CAPABILITY COMPRESS=X ENABLE\r\n"};
    struct filter_host host;
    size_t i, step;

    (void)state;
    for (i = 0; i < LENGTH(texts); i++)
        for (step = 1; step < strlen(texts[i]); step++) {
            start_at(&host, NEW);
            filter_host_feed(&host, 'S', texts[i], step - 1);
            host.inside = free_filter;
            assert_int_equal(slogout_filter_feed_server(host.filter, texts[i] + step - 1,
                                                        strlen(texts[i]) - step + 1, 1000),
                             0);
            assert_int_equal(host.filter == NULL, host.inside == NULL); /* unless all octets were held back */
            assert_int_equal(host.memory, host.filter ? 2 : 1);
            filter_host_stop(&host);
        }
}

/* The filter is freed while our LOGOUT is sent, or while the close waits for a response, or while that response
 * passes. */
static void test_a_filter_freed_later_calls_back_no_more(void **state)
{
    static const struct {
        enum beginning beginning;
        const char *script, *last, *trace;
    } rows[] = {{ENABLED, "S: * 1 EXISTS" HALF "R: \n", "\r\n* 1 EXISTS\r\n", "S: * 1 EXISTS\r\n"},
                {ASKED, "C: a NOOP\r\nSLP.1 OK y\r\n", "a OK\r\n", "C: a NOOP\r\nS: a OK\r\n"},
                {ASKED, "C: a NOOP\r\nSLP.1 OK y\r\n", NULL, "C: a NOOP\r\n"}};
    struct filter_host host;
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        start_at(&host, rows[i].beginning);
        play(&host, rows[i].script);
        host.inside = free_filter;
        if (rows[i].last)
            assert_int_equal(slogout_filter_feed_server(host.filter, rows[i].last, strlen(rows[i].last), host.now), 0);
        else
            free_filter(&host);
        assert_true(slogout_deadline(host.slogout) == SLOGOUT_NEVER);
        expect(&host, rows[i].trace);
        filter_host_stop(&host);
    }
}

static void abandon(struct filter_host *host)
{
    slogout_session_abandon(session_of(host), SLOGOUT_OUTCOME_HOST_CLOSED);
}

static void test_nothing_passes_after_our_line_has_failed(void **state)
{
    struct filter_host host;

    (void)state;
    start_at(&host, ENABLED);
    host.inside = abandon;
    play(&host, "B: S\nR: \nB: -\nS: * 1 EXISTS\r\n");
    expect(&host, "");
    filter_host_stop(&host);
}

static void test_callbacks_are_not_reentered(void **state)
{
    struct filter_host host;

    (void)state;
    start_at(&host, NEW);
    host.inside = call_back;
    server(&host, GREETING);
    assert_null(host.inside);
    filter_host_stop(&host);
}

static void test_nothing_is_allocated_after_the_beginning(void **state)
{
    struct filter_host host;

    (void)state;
    start_at(&host, ASKED);
    client(&host, "a NOOP\r\n* BYE\r\nSLP.1 OK x\r\n");
    assert_int_equal(host.allocations, 2);
    filter_host_stop(&host);
}

static void test_octets_of_the_client_set_the_clock(void **state)
{
    struct filter_host host;

    (void)state;
    start_at(&host, ASKED);
    client(&host, "a NOOP\r\n");
    host.now = UINT64_C(1) << 40;
    client(&host, "SLP.1 OK x\r\n");
    assert_true(slogout_deadline(host.slogout) == host.now + 10000);
    filter_host_stop(&host);
}

/* Like a layer that begins after STARTTLS. */
static void test_the_greeting_may_be_skipped(void **state)
{
    struct filter_host host;

    (void)state;
    start_at(&host, NEW);
    slogout_filter_skip_greeting(host.filter);
    play(&host, "L: 1\nR: \n");
    expect(&host, "S: " BYE BYE_ONLY);
    filter_host_stop(&host);
}

/* The struct need not be valid after the call. */
static void test_callbacks_are_copied(void **state)
{
    struct slogout_filter_callbacks temporary = filter_host_callbacks;
    struct filter_host host;

    (void)state;
    start_at(&host, NEW);
    slogout_filter_free(host.filter);
    assert_int_equal(slogout_filter_new(&host.filter, host.slogout, &temporary, &host), 0);
    memset(&temporary, 0, sizeof temporary);
    server(&host, GREETING);
    expect(&host, "S: " GREETING);
    filter_host_stop(&host);
}

static void test_invalid_arguments_are_errors_or_harmless(void **state)
{
    struct slogout_filter_callbacks wrong[4] = {filter_host_callbacks, filter_host_callbacks, filter_host_callbacks,
                                               filter_host_callbacks};
    struct slogout_filter *filter = NULL;
    struct filter_host host;
    size_t i;

    (void)state;
    wrong[0].to_client = NULL;
    wrong[1].to_server = NULL;
    wrong[2].close_connection = NULL;
    wrong[3].size = 0;
    start_at(&host, NEW);
    assert_int_equal(slogout_filter_new(NULL, host.slogout, &filter_host_callbacks, &host), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_new(&filter, NULL, &filter_host_callbacks, &host), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_new(&filter, host.slogout, NULL, &host), SLOGOUT_ERR_ARGUMENT);
    for (i = 0; i < LENGTH(wrong); i++)
        assert_int_equal(slogout_filter_new(&filter, host.slogout, &wrong[i], &host),
                         i == 3 ? SLOGOUT_ERR_SIZE : SLOGOUT_ERR_ARGUMENT);
    host.no_memory = 1;
    assert_int_equal(slogout_filter_new(&filter, host.slogout, &filter_host_callbacks, &host), SLOGOUT_ERR_NOMEM);
    assert_null(filter);
    assert_int_equal(slogout_filter_feed_client(NULL, "x", 1, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_feed_server(NULL, "x", 1, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_feed_client(host.filter, NULL, 256, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_feed_client(host.filter, NULL, 1, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_feed_server(host.filter, "x", 1, SLOGOUT_NEVER), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_filter_between_lines(NULL), 0);
    assert_int_equal(slogout_filter_blindness(NULL), SLOGOUT_BLINDNESS_NONE);
    assert_null(slogout_filter_session(NULL));
    slogout_filter_skip_greeting(NULL);
    filter_host_stop(&host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dialogues_in_all_two_way_splits),
        cmocka_unit_test(test_the_filter_becomes_blind_at_the_octet_that_causes_it),
        cmocka_unit_test(test_a_blind_filter_passes_all_and_adds_nothing),
        cmocka_unit_test(test_an_answer_that_has_begun_is_removed_by_a_blind_filter),
        cmocka_unit_test(test_every_reason_has_its_name),
        cmocka_unit_test(test_octets_that_arrive_together_pass_together),
        cmocka_unit_test(test_no_octet_of_another_word_is_held),
        cmocka_unit_test(test_an_answer_of_more_than_65536_octets_is_not_an_answer),
        cmocka_unit_test(test_the_text_of_a_long_answer_is_cut),
        cmocka_unit_test(test_the_outcome_names_the_side_that_left),
        cmocka_unit_test(test_a_filter_freed_in_a_callback_calls_back_no_more),
        cmocka_unit_test(test_a_filter_freed_later_calls_back_no_more),
        cmocka_unit_test(test_nothing_passes_after_our_line_has_failed),
        cmocka_unit_test(test_callbacks_are_not_reentered),
        cmocka_unit_test(test_nothing_is_allocated_after_the_beginning),
        cmocka_unit_test(test_octets_of_the_client_set_the_clock),
        cmocka_unit_test(test_the_greeting_may_be_skipped),
        cmocka_unit_test(test_callbacks_are_copied),
        cmocka_unit_test(test_invalid_arguments_are_errors_or_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
