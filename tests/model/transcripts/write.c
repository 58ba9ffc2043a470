/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes transcripts to standard output: the events that can happen to sessions, and the effects that they must have.
 * The effects come from the independent model in tests/model. This program does not link the library.
 *
 *   write STATE    writes every event that can happen to a session in that state
 *   write RANDOM   writes dialogues with two sessions, most of them of random events
 *
 * README in this folder describes the format. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "model/fail.h"
#include "model/model.h"

/* The host's reply to the first line that an event offers; it takes the lines that follow. */
enum { TAKES = 0, BUSY = SLOGOUT_BUSY, BROKEN = -1 };

/* The values that the host reads; these are not steps of the model. */
enum { COUNTS = STEP_KINDS, RESULT, BAD_TEXT, WHAT_COUNT };

static const struct what {
    const char *words; /* in a line of a client, TAG stands for the tag of the session's LOGOUT */
    int kind;          /* enum step_kind, or one of the values above */
    int variant;
    const char *answer; /* the code and text of the answer in the result */
} whats[] = {
    {"join", JOIN, 0, NULL},
    {"enable", ENABLE, 1, NULL},
    {"disable", ENABLE, 0, NULL},
    {"leave", DEPART, AT_ONCE, NULL},
    {"leave", DEPART, SPREAD_OUT, NULL},
    {"leave", DEPART, SPREAD_TO_ASK, NULL},
    {"leave", DEPART, SPREAD_TO_TELL, NULL},
    {"leave", DEPART, TOO_LATE, NULL},
    {"request", REQUEST, 0, NULL},
    {"request " OWN_TEXT, REQUEST, 1, NULL},
    {"request [X]y", BAD_TEXT, 0, NULL},
    {"resume", READY, 0, NULL},
    {"cancel", CANCEL, 0, NULL},
    {"tick", TICK, 0, NULL},
    {"force", FORCE, 0, NULL},
    {"abandon CLIENT_LOGOUT", ABANDON, SLOGOUT_OUTCOME_CLIENT_LOGOUT, NULL},
    {"abandon PEER_CLOSED", ABANDON, SLOGOUT_OUTCOME_PEER_CLOSED, NULL},
    {"abandon HOST_CLOSED", ABANDON, SLOGOUT_OUTCOME_HOST_CLOSED, NULL},
    {"C: * BYE logging out", INPUT, BYE_LINE, NULL},
    {"C: * bYe", INPUT, BYE_LINE, NULL},
    {"C: * BYE ", INPUT, BYE_LINE, NULL},
    {"C: * BYE [CODE] {3}", INPUT, BYE_LINE, NULL},
    {"C: TAG OK done", INPUT, OK_LINE, ":done"},
    {"C: TAG ok", INPUT, OK_LINE, ""},
    {"C: TAG OK ", INPUT, OK_LINE, ""},
    {"C: TAG Ok [X y] z", INPUT, OK_LINE, "[X y]:z"},
    {"C: TAG OK [X]", INPUT, OK_LINE, "[X]"},
    {"C: TAG OK [X]y", INPUT, OK_LINE, ":[X]y"},
    {"C: TAG OK []", INPUT, OK_LINE, ":[]"},
    {"C: TAG OK {3+}", INPUT, OK_LINE, ":{3+}"},
    {"C: TAG NO not now", INPUT, NO_LINE, ":not now"},
    {"C: TAG nO [CANNOT] never", INPUT, NO_LINE, "[CANNOT]:never"},
    {"C: TAG BAD unknown", INPUT, BAD_LINE, ":unknown"},
    {"C: TAG bad", INPUT, BAD_LINE, ""},
    {"C: TAG BYE logging out", INPUT, TAGGED_BYE_LINE, NULL},
    {"C: TAG0 OK done", INPUT, FOREIGN_OK_LINE, NULL},
    {"C: xTAG OK done", INPUT, FOREIGN_OK_LINE, NULL},
    {"C: a1 OK", INPUT, COMMAND_LINE, NULL},
    {"C: a1 NOOP", INPUT, COMMAND_LINE, NULL},
    {"C: a1 LOGOUT", INPUT, COMMAND_LINE, NULL},
    {"C: TAG", INPUT, COMMAND_LINE, NULL},
    {"C: TAG  OK", INPUT, COMMAND_LINE, NULL},
    {"C:  TAG OK", INPUT, COMMAND_LINE, NULL},
    {"C: TAG OKAY", INPUT, COMMAND_LINE, NULL},
    {"C: TAG O", INPUT, COMMAND_LINE, NULL},
    {"C: TAG-OK", INPUT, COMMAND_LINE, NULL},
    {"C: * BYEBYE", INPUT, COMMAND_LINE, NULL},
    {"C: *  BYE", INPUT, COMMAND_LINE, NULL},
    {"C: *BYE", INPUT, COMMAND_LINE, NULL},
    {"C: * OK", INPUT, COMMAND_LINE, NULL},
    {"C: + OK", INPUT, COMMAND_LINE, NULL},
    {"C: DONE", INPUT, COMMAND_LINE, NULL},
    {"C: ", INPUT, COMMAND_LINE, NULL},
    {"counts", COUNTS, 0, NULL},
    {"result", RESULT, 0, NULL},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct model model;
static struct model_settings settings;

/* ---- the effects, as a transcript writes them ---- */

static const char *const states[] = {"OPEN", "WAITING", "PENDING", "ASKED", "LEAVING", "ENDED"};

static const char *const outcomes[SLOGOUT_OUTCOME_COUNT] = {
    "ANSWERED", "REFUSED",     "EXPIRED",       "BYE_ONLY",    "NEVER_READY",
    "FORCED",   "SEND_FAILED", "CLIENT_LOGOUT", "PEER_CLOSED", "HOST_CLOSED",
};

static const char *const statuses[] = {"NONE", "OK", "NO", "BAD", "BYE"};

static const char *number(enum who who)
{
    return who == A ? "" : "#2 ";
}

static void write_line(const struct call *call)
{
    printf("%sS: %.*s (%s)%s\n", number(call->who), (int)strcspn(call->line, "\r"), call->line,
           call->when == SLOGOUT_AT_REST ? "at rest" : "between lines",
           call->result == BUSY     ? " BUSY"
           : call->result == BROKEN ? " BROKEN"
                                    : "");
}

/* answer is the code and text of the answer as the transcript writes them, or NULL. */
static void write_close(const struct call *call, const char *answer)
{
    const struct slogout_result *result = &call->closed;

    printf("%sclose %s", number(call->who), outcomes[result->outcome]);
    if (*result->tag)
        printf(" %s@%llu", result->tag, (unsigned long long)result->asked_ms);
    printf("%s%s", result->bye_sent ? " bye-sent" : "", result->bye_seen ? " bye-seen" : "");
    if (call->answer)
        printf(" answer=%s%s", statuses[call->answer], answer);
    else if (result->answer_status)
        printf(" answered=%s", statuses[result->answer_status]);
    printf("\n");
}

static void write_counts(void)
{
    size_t i;

    printf("counts");
    for (i = 0; i < COUNT(states); i++) {
        const int a = model.session[A].alive && model.session[A].state == i;
        const int b = model.session[B].alive && model.session[B].state == i;
        if (a + b)
            printf(" %s=%d", states[i], a + b);
    }
    for (i = 0; i < COUNT(outcomes); i++)
        if (model.counts.outcome[i])
            printf(" %s=%llu", outcomes[i], (unsigned long long)model.counts.outcome[i]);
    if (model.counts.without_bye)
        printf(" without_bye=%llu", (unsigned long long)model.counts.without_bye);
    printf("\n");
}

static int write_later_result(enum who who)
{
    struct call call;

    if (!model_result(&model, who, &call))
        return SLOGOUT_ERR_STATE;
    write_close(&call, NULL);
    return 0;
}

static const char *result_name(int result)
{
    switch (result) {
    case 0:
        return "0";
    case SLOGOUT_CONSUMED:
        return "CONSUMED";
    case SLOGOUT_ERR_STATE:
        return "ERR_STATE";
    case SLOGOUT_ERR_TEXT:
        return "ERR_TEXT";
    }
    fail("a transcript cannot contain the result %d", result);
    return NULL;
}

static void write_outcome(int result, enum who who)
{
    const uint64_t deadline = model_deadline(&model);

    printf("= %s %s ", result_name(result), states[model.session[who].state]);
    if (deadline == SLOGOUT_NEVER)
        printf("never\n");
    else
        printf("%llu\n", (unsigned long long)deadline);
}

/* ---- one event ---- */

static void write_words(const struct what *what, enum who who)
{
    const char *tag = strstr(what->words, "TAG");

    if (what->kind == DEPART) {
        const struct departure_times *times = &departures[what->variant];
        printf("%s%s spread=%u seed=%u deadline=%u\n", number(who), what->words, times->spread, times->seed,
               times->deadline);
        return;
    }
    if (!tag || what->kind != INPUT) {
        printf("%s%s\n", number(who), what->words);
        return;
    }
    printf("%s%.*s", number(who), (int)(tag - what->words), what->words);
    printf("%s%u%s\n", settings.prefix, model.session[who].tag ? model.session[who].tag : 9, tag + 3);
}

static int write_step(const struct what *what, enum who who, uint64_t now, int reply)
{
    const struct step step = {(enum step_kind)what->kind, who, what->variant, now};
    struct trace trace;
    const int result = model_predict(&model, &step, reply, &trace);
    int i;

    for (i = 0; i < trace.length; i++)
        if (trace.call[i].kind == SEND_LINE)
            write_line(&trace.call[i]);
        else
            write_close(&trace.call[i], what->answer);
    return result;
}

static int write_calls(const struct what *what, enum who who, uint64_t now, int reply)
{
    switch (what->kind) {
    case COUNTS:
        write_counts();
        return 0;
    case RESULT:
        return write_later_result(who);
    case BAD_TEXT:
        return SLOGOUT_ERR_TEXT;
    default:
        return write_step(what, who, now, reply);
    }
}

static void write_event(const struct what *what, enum who who, uint64_t now, int reply)
{
    printf("%llu ", (unsigned long long)now);
    write_words(what, who);
    write_outcome(write_calls(what, who, now, reply), who);
}

static const struct what *what_is(const char *words)
{
    const struct what *what = whats;

    while (what < whats + COUNT(whats) && strcmp(what->words, words) != 0)
        what++;
    if (what == whats + COUNT(whats))
        fail("unknown event: %s", words);
    return what;
}

/* Lets all timers expire until the sessions are over. The host takes each line. */
static void write_end(int sessions)
{
    while (model_deadline(&model) != SLOGOUT_NEVER)
        write_event(what_is("tick"), A,
                    model_deadline(&model) > model.now ? model_deadline(&model) : model.now, TAKES);
    write_event(what_is("counts"), A, model.now, TAKES);
    write_event(what_is("result"), A, model.now, TAKES);
    if (sessions > 1)
        write_event(what_is("result"), B, model.now, TAKES);
}

static void begin(const char *title, int sessions)
{
    struct step birth = {NEW, A, 0, 0};
    struct trace trace;

    settings.drain_asks = settings.polled = 1;
    model_start(&model, &settings);
    model_predict(&model, &birth, TAKES, &trace);
    birth.who = B;
    if (sessions > 1)
        model_predict(&model, &birth, TAKES, &trace);
    printf("\n# %s\n", title);
    printf("settings sessions=%d ask=%s on_refusal=%s prefix=%s answer_timeout=%d ready_timeout=%d "
           "leave_timeout=%d\n",
           sessions, settings.ask == SLOGOUT_ASK_ALL ? "all" : "enabled",
           settings.on_refusal == SLOGOUT_REFUSAL_WAIT ? "wait" : "bye", settings.prefix, ANSWER_TIMEOUT,
           READY_TIMEOUT, LEAVE_TIMEOUT);
}

/* ---- every event in a state ---- */

/* The events that bring a session to a state. The host takes each line, except as the `!` says. */
static const struct path {
    const char *state;
    const char *title;
    enum slogout_ask ask;
    enum slogout_on_refusal on_refusal;
    const char *events[5]; /* up to NULL; after a `!`, the host replies BUSY */
} paths[] = {
    {"OPEN", "OPEN", SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_BYE, {NULL}},
    {"OPEN", "OPEN, enabled", SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_BYE, {"enable", NULL}},
    {"OPEN", "OPEN, all clients are asked", SLOGOUT_ASK_ALL, SLOGOUT_REFUSAL_BYE, {NULL}},
    {"WAITING", "WAITING", SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_BYE, {"enable", "join", NULL}},
    {"PENDING", "PENDING", SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_BYE, {"!request", NULL}},
    {"PENDING", "PENDING, enabled", SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_BYE, {"enable", "!request", NULL}},
    {"ASKED", "ASKED", SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_BYE, {"enable", "request", NULL}},
    {"ASKED",
     "ASKED, a refusal does not end the wait",
     SLOGOUT_ASK_ENABLED,
     SLOGOUT_REFUSAL_WAIT,
     {"enable", "request", NULL}},
    {"ASKED",
     "ASKED, and refused",
     SLOGOUT_ASK_ENABLED,
     SLOGOUT_REFUSAL_WAIT,
     {"enable", "request", "C: TAG BAD unknown", NULL}},
    {"LEAVING", "LEAVING", SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_BYE, {"enable", "request", "!force", NULL}},
    {"LEAVING",
     "LEAVING, second half",
     SLOGOUT_ASK_ENABLED,
     SLOGOUT_REFUSAL_BYE,
     {"enable", "request", "!force", "!tick", NULL}},
    {"ENDED",
     "ENDED",
     SLOGOUT_ASK_ENABLED,
     SLOGOUT_REFUSAL_BYE,
     {"enable", "request", "C: TAG OK done", NULL}},
};

static void write_path(const struct path *path)
{
    size_t i;

    for (i = 0; path->events[i]; i++) {
        const int reply = *path->events[i] == '!' ? BUSY : TAKES;
        const struct what *what = what_is(path->events[i] + (reply == BUSY));
        write_event(what, A, what->kind == TICK ? model_deadline(&model) : model.now, reply);
    }
}

/* Returns the time of the event in a state. A tick comes when the session's timer expires. */
static uint64_t time_of(const struct what *what, int just_before)
{
    if (what->kind != TICK || model_deadline(&model) == SLOGOUT_NEVER)
        return model.now + 10;
    return model_deadline(&model) - (uint64_t)just_before;
}

/* Returns 1 if the event offers a line to the host. */
static int offers_a_line(const struct what *what)
{
    const struct step step = {(enum step_kind)what->kind, A, what->variant, time_of(what, 0)};
    struct model copy = model;
    struct trace trace;

    if (what->kind >= (int)STEP_KINDS)
        return 0;
    model_predict(&copy, &step, TAKES, &trace);
    return trace.length > 0 && trace.call[0].kind == SEND_LINE;
}

static int write_one(const struct path *path, const struct what *what, int reply, int just_before)
{
    int has_line;

    settings.ask = path->ask;
    settings.on_refusal = path->on_refusal;
    settings.prefix = "SLO.";
    begin(path->title, 1);
    write_path(path);
    has_line = offers_a_line(what);
    write_event(what, A, time_of(what, just_before), reply);
    write_end(1);
    return has_line;
}

static void write_state(const char *state)
{
    const struct path *path;
    const struct what *what;

    for (path = paths; path < paths + COUNT(paths); path++)
        for (what = whats; what < whats + COUNT(whats); what++) {
            if (strcmp(path->state, state) != 0)
                continue;
            if (write_one(path, what, TAKES, 0)) {
                write_one(path, what, BUSY, 0);
                write_one(path, what, BROKEN, 0);
            }
            if (what->kind == TICK)
                write_one(path, what, TAKES, 1);
        }
}

/* ---- random dialogues ---- */

#define DIALOGUES 300
#define EVENTS    24

/* The "minimal standard" generator (Park and Miller, 1988). */
static unsigned draw(unsigned count)
{
    static uint64_t state = 1;

    state = state * 48271 % 2147483647;
    return (unsigned)(state >> 8) % count;
}

/* Returns the time of the next event. It is often the time of the last event, sometimes that of a deadline, and seldom
 * an earlier time. */
static uint64_t draw_time(uint64_t now)
{
    const uint64_t deadline = model_deadline(&model);

    switch (draw(8)) {
    case 0:
        return now + draw(20000);
    case 1:
        return deadline == SLOGOUT_NEVER || deadline < now ? now : deadline;
    case 2:
        return deadline == SLOGOUT_NEVER || deadline <= now ? now : deadline - 1;
    case 3:
        return now - draw(now > 1000 ? 1000 : 1);
    default:
        return now;
    }
}

/* Draws an event. Lines of a client and ticks are more frequent than in the table. */
static const struct what *draw_what(void)
{
    static const char *const frequent[] = {"tick",   "resume",         "request",
                                           "enable", "C: TAG OK done", "C: TAG NO not now"};

    const struct what *what = &whats[draw(COUNT(whats))];
    const int ends_all = what->kind == FORCE || what->kind == ABANDON || what->kind == DEPART;

    return draw(3) && !(ends_all && draw(4)) ? what : what_is(frequent[draw(COUNT(frequent))]);
}

/* One tick may expire two timers in any order, so a port may differ here. */
static int is_ambiguous(const struct what *what, uint64_t now)
{
    return what->kind == TICK && model.session[A].deadline == model.session[B].deadline &&
           model.session[A].deadline <= (now > model.now ? now : model.now);
}

/* The timer of the second session was started later, and is due earlier. */
static void write_late_tick(void)
{
    settings.ask = SLOGOUT_ASK_ENABLED;
    settings.on_refusal = SLOGOUT_REFUSAL_BYE;
    settings.prefix = "SLO.";
    begin("a tick after the deadlines of two timers", 2);
    write_event(what_is("request"), A, 0, BUSY);
    write_event(what_is("enable"), B, 0, TAKES);
    write_event(what_is("request"), B, 0, TAKES);
    write_event(what_is("tick"), A, 100000, TAKES);
    write_event(what_is("counts"), A, 100000, TAKES);
}

static void write_random(void)
{
    static const char *const prefixes[] = {"SLO.", "x", "ABCDEFGHIJKLMNOP"};
    int i, j;

    for (i = 0; i < DIALOGUES; i++) {
        char title[40];
        settings.ask = draw(2) ? SLOGOUT_ASK_ENABLED : SLOGOUT_ASK_ALL;
        settings.on_refusal = draw(2) ? SLOGOUT_REFUSAL_BYE : SLOGOUT_REFUSAL_WAIT;
        settings.prefix = prefixes[draw(COUNT(prefixes))];
        snprintf(title, sizeof title, "dialogue %d", i + 1);
        begin(title, 2);
        for (j = 0; j < EVENTS; j++) {
            const struct what *what = draw_what();
            const enum who who = draw(3) ? A : B;
            const uint64_t now = draw_time(model.now);
            const int reply = draw(3) ? TAKES : draw(4) ? BUSY : BROKEN;
            if (!is_ambiguous(what, now))
                write_event(what, what->kind == TICK || what->kind == COUNTS ? A : who, now, reply);
        }
        while (model_deadline(&model) != SLOGOUT_NEVER &&
               model.session[A].deadline != model.session[B].deadline)
            write_event(what_is("tick"), A,
                        model_deadline(&model) > model.now ? model_deadline(&model) : model.now, TAKES);
        write_event(what_is("counts"), A, model.now, TAKES);
    }
}

void fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
    exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    if (strcmp(argv[1], "RANDOM") == 0) {
        printf("# Two sessions, written by the model. The README here explains the lines.\n");
        write_late_tick();
        write_random();
    } else {
        printf(
            "# What can happen to a session that is %s, written by the model. The README here explains the "
            "lines.\n",
            argv[1]);
        write_state(argv[1]);
    }
    return 0;
}
