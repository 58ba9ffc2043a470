/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs random dialogues of a client and a server through the filter, and compares it with the reference in
 * fuzz/filter/. Both sides mostly keep to the protocol, and sometimes send surplus, unknown and misplaced lines.
 *
 *     dialogues NUMBER SEED [FIRST]
 *
 * A dialogue depends only on the seed and on its own number. If a dialogue fails, the program prints its number and its
 * text. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <slogout/filter.h>
#include "fuzz/filter/check.h"

/* ---- random numbers ---- */

static uint64_t chance;

/* SplitMix64. */
static uint64_t next_number(void)
{
    uint64_t z = (chance += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static unsigned below(unsigned n)
{
    return (unsigned)(next_number() % n);
}

static int once_in(unsigned n)
{
    return below(n) == 0;
}

/* ---- the text of the dialogue ---- */

static char text[CHECK_MAX];
static size_t len;

#define ROOM 400 /* the most octets in one line */

static void add(const char *octets)
{
    memcpy(text + len, octets, strlen(octets));
    len += strlen(octets);
}

static void begin_step(enum step step)
{
    text[len++] = (char)step;
}

/* ---- what both sides know about each other ---- */

#define IN_FLIGHT 40

enum kind { PLAIN, IDLE, LITERAL, AUTH };

static struct command {
    char tag[8];
    enum kind kind;
} commands[IN_FLIGHT]; /* without their tagged responses */
static unsigned count, number;
static int is_idling;       /* the last command is an IDLE without DONE */
static unsigned pluses;     /* `+` that the client has received and not used */
static unsigned burst;      /* the most lines in one turn */
static unsigned literal;    /* octets of the literal that the client may send after a `+` */

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const char *one_of(const char *const *texts, size_t n)
{
    return texts[below((unsigned)n)];
}

#define ONE_OF(texts) one_of(texts, LENGTH(texts))

/* ---- the client ---- */

static const char *const plain[] = {
    " NOOP\r\n", " UID FETCH 1:* (FLAGS)\r\n", "  NOOP\r\n", " LOGIN {1+}\r\nu {2+}\r\npw\r\n", " NOOP\n",
    " APPEND x {5+}\r\na\r\n\n)\r\n", " XYZ {12+}\r\nfoo NOOP ab\r\n", " ENABLE X-SERVER-LOGOUT\r\n",
    " ENABLE X-SERVER-LOGOUT\r\n", " ENABLE CONDSTORE x-server-logout\r\n", " ENABLE CONDSTORE\r\n",
    " UNAUTHENTICATE\r\n", " SELECT \"{3}\"\r\n", " X {0+}\r\n\r\n", " CAPABILITY\r\n",
};

static const char *const rare[] = {
    " STARTTLS\r\n", " COMPRESS DEFLATE\r\n", " LOGOUT\r\n", " \"NOOP\"\r\n", " \tSTARTTLS\r\n", " NOOP]\r\n",
    " \r\n", " \rSTARTTLS\r\n",
    " IDLE {1+}\r\nx\r\n", " ENABLE X-SERVER-LOGOUT {1+}\r\nx\r\n",
};

static const char *const waiting[] = {
    " APPEND x {5}\r\n", " APPEND x ~{5}\r\n", " LOGIN u {5}\r\n", "  X {5}\r\n", " \"X\" {5}\r\n",
    " ENABLE X-SERVER-LOGOUT {5}\r\n", " COMPRESS {5}\r\n", " APPEND x {99999999999999999999}\r\n",
};

static const char *const authenticate[] = {
    " AUTHENTICATE PLAIN\r\n", " AUTHENTICATE PLAIN AGEAYg==\r\n", " AUTHENTICATE SCRAM-SHA-256\r\n",
    " authenticate login\r\n", " AUTHENTICATE GSSAPI\r\n",
};

static const char *const odd[] = {
    "\r\n", "\n", "DONE\r\n", "hello\r\n", "* x\r\n", "* BYE {3}\r\n", " a NOOP\r\n", "a\tNOOP\r\n", "(a NOOP\r\n", "+ x\r\n",
    "\r\r\n", "*\r\n", "*  BYE x\r\n", "SLP.1\r\n", "SLP.1OK\r\n", "AGEAYg==\r\n",
};

static const char *const doubtful[] = {
    "(a X {3}\r\n", "* x {3+}\r\n", "a{3}\r\n", "q X{3+}\r\n", "SLP.1 OK {3}\r\n", "q {8+}\r\n", "q X {9223372036854775808+}\r\n",
};

static const char *const answers[] = {
    "SLP.1 OK\r\n", "SLP.1 OK done\r\n", "* BYE x\r\nSLP.1 OK y\r\n", "SLP.1  ok x\n", "* BYE\r\n", "SLP.1 NO x\r\n",
    "SLP.1 BAD x\r\n", "SLP.1    OK\r\n", "SLP.1 OKAY\r\n", "*  BYE x\r\n", "SLP.1 OK {3}x\r\n", "SLP.10 OK\r\n",
};

static void send_command(const char *rest, enum kind kind)
{
    struct command *command = &commands[count];

    if (count == IN_FLIGHT)
        return;
    snprintf(command->tag, sizeof command->tag, "%c%u", once_in(2) ? 'a' : 'B', ++number % 10000);
    command->kind = kind;
    count++;
    is_idling = kind == IDLE;
    literal = kind == LITERAL ? 5 : 0;
    add(command->tag);
    add(rest);
}

static void use_plus(void)
{
    static const char *const exchange[] = {"AGEAYg==\r\n", "*\r\n", "\r\n", "b NOOP\r\n", "x {3+}\r\n", "SLP.1 OK\r\n"};

    pluses--;
    if (literal > 0) {
        literal = 0;
        add(once_in(2) ? "a{1}\n" : "\r\n* B");
        add(once_in(8) ? " {5}\r\n" : "\r\n");
    } else {
        add(ONE_OF(exchange));
    }
}

static void end_idle(void)
{
    is_idling = 0;
    add("DONE\r\n");
}

/* A client that waits for the `+` of a literal seldom sends anything. */
static void client_line(void)
{
    if (pluses > 0 && (literal > 0 || !once_in(5)))
        use_plus();
    else if (literal > 0 && !once_in(40))
        return;
    else if (is_idling && !once_in(4))
        add(once_in(6) ? ONE_OF(odd) : ONE_OF(answers));
    else if (is_idling && !once_in(4))
        end_idle();
    else
        switch (below(20)) {
        case 0:
            add(ONE_OF(odd));
            break;
        case 1:
        case 2:
            add(ONE_OF(answers));
            break;
        case 3:
            if (once_in(2))
                send_command(ONE_OF(rare), PLAIN);
            break;
        case 4:
        case 5:
            send_command(ONE_OF(waiting), LITERAL);
            break;
        case 6:
            send_command(ONE_OF(authenticate), AUTH);
            break;
        case 7:
        case 8:
            send_command(" IDLE\r\n", IDLE);
            break;
        case 9:
        case 10:
            send_command(" IDLE\r\nDONE\r\n", IDLE);
            is_idling = 0;
            break;
        case 11:
            if (once_in(10))
                add(ONE_OF(doubtful));
            break;
        default:
            send_command(ONE_OF(plain), PLAIN);
        }
}

/* ---- the server ---- */

static const char *const untagged[] = {
    "* 5 EXISTS\r\n", "* 1 FETCH (BODY[] {9}\r\na1 OK x\r\n)\r\n", "* OK text {3}\r\n", "* BAD x\r\n", "* LIST () \"/\" {3}\r\nfoo\r\n",
    "* CAPABILITY IMAP4rev1 COMPRESS=DEFLATE ENABLE\r\n", "* CAPABILITY ENABLE X-SERVER-LOGOUT\r\n", "* 1 FETCH (X {0}\r\n)\n",
    "* OK [CAPABILITY IMAP4rev2 COMPRESS=X] x\r\n", "* ENABLED X-SERVER-LOGOUT\r\n", "* ENABLED CONDSTORE\r\n",
};

static const char *const misplaced[] = {
    "\r\n", "\n", "hello\r\n", "5 EXISTS\r\n", "a BYE x\r\n", "*x\r\n", "*  OK\r\n", "a  OK x\r\n", "DONE BAD x\r\n", "foo NO x\r\n",
    "zzz NO x\r\n", "(a NO x\r\n", "*a NO x\r\n", "{3} NO x\r\n", "*a LOGOUT\r\n", "a + idling\r\n", "a NOOP\r\n", "x LOGOUT now\r\n", "* \r\n",
};

static const char *const rare_of_server[] = {
    "* BYE x\r\n", "SLO.1 LOGOUT\r\n", "* 1 X {3+}\r\n", "hello {3}\r\n", "* NO [BADCHARSET ({3}\r\n", "+ x\r\n",
    "foo OK x\r\n", "a+1 OK x\r\n", "*a OK x\r\n", "a{1 OK x\r\n",
};

static const char *const texts[] = {
    " x\r\n", "\r\n", "\n", " [CAPABILITY IMAP4rev1 ENABLE COMPRESS=DEFLATE] x\r\n", " {3}\r\n", " [X {3}\r\n",
};

/* Most servers answer the oldest command first, and answer OK. */
static void respond(void)
{
    const unsigned index = once_in(4) ? below(count) : 0;
    struct command command = commands[index];

    count--;
    memmove(&commands[index], &commands[index + 1], (count - index) * sizeof *commands);
    if (index == count) {
        is_idling = 0;
        literal = 0;
    }
    add(command.tag);
    add(" ");
    add(once_in(3) ? once_in(2) ? "NO" : "BAD" : "OK");
    add(once_in(2) ? " done\r\n" : ONE_OF(texts));
    if (once_in(burst > 4 ? 10 : 60)) {
        add(command.tag);
        add(" BAD again\r\n");
    }
}

/* Sends a `+` to the oldest command that may wait for it. */
static void go_on(void)
{
    unsigned i = 0;

    while (i < count && commands[i].kind == PLAIN)
        i++;
    if (i == count || (commands[i].kind == AUTH && i < count - 1 && !once_in(20)))
        return;
    if (commands[i].kind != IDLE)
        pluses++;
    if (commands[i].kind != AUTH)
        commands[i].kind = PLAIN;
    add("+ go\r\n");
}

static void server_line(void)
{
    switch (below(16)) {
    case 0:
    case 1:
    case 2:
        add(ONE_OF(untagged));
        break;
    case 3:
        add(ONE_OF(misplaced));
        break;
    case 4:
        if (once_in(12))
            add(ONE_OF(rare_of_server));
        break;
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
        go_on();
        break;
    default:
        if (count > 0)
            respond();
    }
}

/* ---- a dialogue ---- */

static void host_step(void)
{
    static const enum step steps[] = {STEP_REQUEST, STEP_REQUEST, STEP_REQUEST, STEP_REQUEST,
                                      STEP_FORCE,   STEP_WAIT,    STEP_ABANDON};

    begin_step(steps[below(LENGTH(steps))]);
}

static void begin_dialogue(void)
{
    static const char *const greetings[] = {
        "* OK [CAPABILITY IMAP4rev1 ENABLE] hello\r\n", "* OK hello\r\n", "* PREAUTH hello\r\n", "hello\r\n* OK hello\r\n",
    };

    len = 0;
    count = number = pluses = literal = 0;
    is_idling = 0;
    if (once_in(2))
        begin_step(STEP_ASK_ALL);
    begin_step(STEP_SERVER);
    add(once_in(2) ? greetings[0] : ONE_OF(greetings));
}

static void make_dialogue(void)
{
    const unsigned turns = 2 + below(20);
    unsigned turn, lines;

    burst = once_in(20) ? 25 : 4;
    begin_dialogue();
    for (turn = 0; turn < turns; turn++) {
        const int is_client = once_in(2);
        if (once_in(5))
            host_step();
        begin_step(is_client ? STEP_CLIENT : STEP_SERVER);
        for (lines = 1 + below(burst); lines > 0 && len + ROOM < sizeof text; lines--) {
            if (is_client)
                client_line();
            else
                server_line();
        }
    }
}

/* ---- all dialogues ---- */

static unsigned long current;

static void report(int signal)
{
    size_t i;

    (void)signal;
    fprintf(stderr, "dialogue %lu fails:\n", current);
    for (i = 0; i < len; i++)
        if ((unsigned char)text[i] < 8)
            fprintf(stderr, "\n-- %s\n", (const char *const[]){"abandon", "server", "client", "request", "force", "ask all",
                                                               "NUL", "5 s pass"}[(int)text[i]]);
        else
            fputc(text[i], stderr);
}

int main(int argc, char **argv)
{
    const unsigned long times = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    const unsigned long seed = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    const unsigned long first = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
    unsigned long referred = 0, asked = 0, closed = 0, blind[SLOGOUT_BLINDNESS_COUNT] = {0}, i;

    signal(SIGABRT, report);
    for (current = first; current < first + times; current++) {
        struct check check;
        chance = seed * 0x2545f4914f6cdd1du + current;
        next_number();
        make_dialogue();
        check = check_dialogue((const uint8_t *)text, len, 1 + (size_t)below(20));
        referred += (unsigned long)check.was_referred;
        asked += (unsigned long)check.was_asked;
        closed += (unsigned long)check.is_closed;
        blind[check.blind]++;
    }
    printf("dialogues: %lu of seed %lu agree with the reference (%lu to the end), %lu asked, %lu closed, blind:", times, seed,
           referred, asked, closed);
    for (i = SLOGOUT_BLINDNESS_LAYER; i < SLOGOUT_BLINDNESS_COUNT; i++)
        printf(" %s %lu", slogout_filter_blindness_name((enum slogout_blindness)i), blind[i]);
    printf("\n");
    return 0;
}
