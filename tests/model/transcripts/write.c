/* Writes the transcripts of one state to standard output: every event that can happen to a session in that state, and
 * what must come of it. They are made from the independent model of tests/model; the library is not linked.
 *
 *   write STATE
 *
 * README in this folder describes the format. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "model/fail.h"
#include "model/model.h"

/* What the host says to each line that it is offered; it takes those that follow. */
enum { TAKES = 0, BUSY = SLOGOUT_BUSY, BROKEN = -1 };
#define REPLIES_MAX 4

struct event {
    const char *words; /* as the transcript has them after the time */
    enum step_kind kind;
    int variant;
    unsigned after_ms; /* since the event before it; UNTIL_DEADLINE: when the session's timer expires */
    int reply;         /* to the first line that the event causes */
};

#define UNTIL_DEADLINE ((unsigned)-1)
#define JUST_BEFORE_IT ((unsigned)-2)

static const struct event enable = {"enable", ENABLE, 1, 0, TAKES}, join = {"join", JOIN, 0, 0, TAKES},
                          request = {"request", REQUEST, 0, 0, TAKES},
                          request_busy = {"request", REQUEST, 0, 0, BUSY},
                          force_busy = {"force", FORCE, 0, 10, BUSY},
                          refusal = {"C: SLO.1 BAD unknown", INPUT, BAD_PARSED, 10, TAKES},
                          answer = {"C: SLO.1 OK done", INPUT, OK_LINE, 10, TAKES};

/* How a session comes to a state. */
struct path {
    const char *state;
    const char *title;
    enum slogout_ask ask;
    enum slogout_on_refusal on_refusal;
    const struct event *events[5]; /* up to NULL */
};

static const struct path paths[] = {
    {"OPEN", "OPEN", SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_BYE, {NULL}},
    {"OPEN", "OPEN, enabled", SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_BYE, {&enable, NULL}},
    {"OPEN", "OPEN, everybody is asked", SLOGOUT_ASK_ALL, SLOGOUT_REFUSAL_BYE, {NULL}},
    {"WAITING", "WAITING", SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_BYE, {&enable, &join, NULL}},
    {"PENDING", "PENDING", SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_BYE, {&request_busy, NULL}},
    {"PENDING", "PENDING, enabled", SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_BYE, {&enable, &request_busy, NULL}},
    {"ASKED", "ASKED", SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_BYE, {&enable, &request, NULL}},
    {"ASKED",
     "ASKED, a refusal is waited out",
     SLOGOUT_ASK_ENABLED,
     SLOGOUT_REFUSAL_WAIT,
     {&enable, &request, NULL}},
    {"ASKED",
     "ASKED, and refused",
     SLOGOUT_ASK_ENABLED,
     SLOGOUT_REFUSAL_WAIT,
     {&enable, &request, &refusal, NULL}},
    {"LEAVING", "LEAVING", SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_BYE, {&enable, &request, &force_busy, NULL}},
    {"ENDED", "ENDED", SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_BYE, {&enable, &request, &answer, NULL}},
};

static const struct event events[] = {
    {"join", JOIN, 0, 0, TAKES},
    {"request", REQUEST, 0, 10, TAKES},
    {"request", REQUEST, 0, 10, BUSY},
    {"request", REQUEST, 0, 10, BROKEN},
    {"request " OWN_TEXT, REQUEST, 1, 10, TAKES},
    {"resume", READY, 0, 10, TAKES},
    {"resume", READY, 0, 10, BUSY},
    {"resume", READY, 0, 10, BROKEN},
    {"cancel", CANCEL, 0, 0, TAKES},
    {"tick", TICK, 0, JUST_BEFORE_IT, TAKES},
    {"tick", TICK, 0, UNTIL_DEADLINE, TAKES},
    {"tick", TICK, 0, UNTIL_DEADLINE, BUSY},
    {"tick", TICK, 0, UNTIL_DEADLINE, BROKEN},
    {"C: * BYE logging out", INPUT, BYE_LINE, 10, TAKES},
    {"C: SLO.1 OK done", INPUT, OK_LINE, 10, TAKES},
    {"C: SLO.1 NO not now", INPUT, NO_LINE, 10, TAKES},
    {"C: SLO.1 NO not now", INPUT, NO_LINE, 10, BUSY},
    {"C: SLO.1 BAD unknown", INPUT, BAD_PARSED, 10, TAKES},
    {"C: SLO.1 BYE logging out", INPUT, TAGGED_BYE_PARSED, 10, TAKES},
    {"C: SLO.2 OK done", INPUT, FOREIGN_OK_LINE, 10, TAKES},
    {"C: a1 NOOP", INPUT, COMMAND_LINE, 10, TAKES},
    {"force", FORCE, 0, 10, TAKES},
    {"force", FORCE, 0, 10, BUSY},
    {"force", FORCE, 0, 10, BROKEN},
    {"abandon CLIENT_LOGOUT", ABANDON, SLOGOUT_OUTCOME_CLIENT_LOGOUT, 0, TAKES},
    {"abandon PEER_CLOSED", ABANDON, SLOGOUT_OUTCOME_PEER_CLOSED, 0, TAKES},
    {"abandon HOST_CLOSED", ABANDON, SLOGOUT_OUTCOME_HOST_CLOSED, 0, TAKES},
};

static struct model model;
static const char *answer_text; /* of the last tagged answer */

/* ---- what the model says, in the words of a transcript ---- */

static const char *const outcomes[SLOGOUT_OUTCOME_COUNT] = {
    "ANSWERED", "REFUSED",     "EXPIRED",       "BYE_ONLY",    "NEVER_READY",
    "FORCED",   "SEND_FAILED", "CLIENT_LOGOUT", "PEER_CLOSED", "HOST_CLOSED",
};

static void write_line(const struct call *call)
{
    printf("S: %.*s (%s)%s\n", (int)strcspn(call->line, "\r"), call->line,
           call->when == SLOGOUT_AT_REST ? "at rest" : "between lines",
           call->result == BUSY     ? " BUSY"
           : call->result == BROKEN ? " BROKEN"
                                    : "");
}

static void write_close(const struct call *call)
{
    static const char *const statuses[] = {"OK", "NO", "BAD"};

    printf("close %s", outcomes[call->closed.outcome]);
    if (call->closed.tag)
        printf(" %s@%llu", call->tag, (unsigned long long)call->closed.asked_ms);
    printf("%s%s", call->closed.bye_sent ? " bye-sent" : "", call->closed.bye_seen ? " bye-seen" : "");
    if (call->answer)
        printf(" answer=%s:%s", statuses[call->answer - 1], answer_text);
    printf("\n");
}

static void write_result(int result)
{
    if (result == SLOGOUT_CONSUMED)
        printf("= CONSUMED\n");
    else if (result == SLOGOUT_ERR_STATE)
        printf("= ERR_STATE\n");
    else if (result == 0)
        printf("= 0\n");
    else
        fail("a result that no transcript can have: %d", result);
}

/* ---- one transcript ---- */

static uint64_t time_of(const struct event *event)
{
    if (event->after_ms == UNTIL_DEADLINE)
        return model_deadline(&model);
    if (event->after_ms == JUST_BEFORE_IT)
        return model_deadline(&model) - 1;
    return model.now + event->after_ms;
}

static void write_event(const struct event *event)
{
    static const char tag[] = "C: SLO.1 ";
    const struct step step = {event->kind, A, event->variant, time_of(event)};
    struct trace trace;
    int result;
    int i;

    if (strncmp(event->words, tag, sizeof tag - 1) == 0 && event->variant != TAGGED_BYE_PARSED)
        answer_text = strchr(event->words + sizeof tag - 1, ' ') + 1;
    result = model_predict(&model, &step, event->reply, &trace);
    printf("%llu %s\n", (unsigned long long)step.now, event->words);
    for (i = 0; i < trace.length; i++)
        if (trace.call[i].kind == SEND_LINE)
            write_line(&trace.call[i]);
        else
            write_close(&trace.call[i]);
    write_result(result);
}

static void begin(const struct path *path)
{
    const struct model_settings settings = {
        .ask = path->ask, .on_refusal = path->on_refusal, .drain_asks = 1, .polled = 1};
    const struct step birth = {NEW, A, 0, 0};
    struct trace trace;
    size_t i;

    model_start(&model, &settings);
    model_predict(&model, &birth, TAKES, &trace);
    printf("settings ask=%s on_refusal=%s answer_timeout=%d ready_timeout=%d leave_timeout=%d\n",
           path->ask == SLOGOUT_ASK_ALL ? "all" : "enabled",
           path->on_refusal == SLOGOUT_REFUSAL_WAIT ? "wait" : "bye", ANSWER_TIMEOUT, READY_TIMEOUT,
           LEAVE_TIMEOUT);
    for (i = 0; path->events[i]; i++)
        write_event(path->events[i]);
}

/* The event, and then all timers until the session is over, while the host takes each line. */
static void write_transcript(const struct path *path, const struct event *event)
{
    static const struct event last_ticks = {"tick", TICK, 0, UNTIL_DEADLINE, TAKES};

    printf("\n# %s: %s%s\n", path->title, event->words,
           event->after_ms == JUST_BEFORE_IT   ? ", just before the deadline"
           : event->after_ms == UNTIL_DEADLINE ? ", at the deadline"
                                               : "");
    if (event->reply != TAKES)
        printf("# the host's first reply is %s\n", event->reply == BUSY ? "BUSY" : "BROKEN");
    begin(path);
    write_event(event);
    while (model_deadline(&model) != SLOGOUT_NEVER)
        write_event(&last_ticks);
}

/* Returns 1 if the state has a timer for an event that needs one, and a line for the host to reply to. */
static int makes_sense(const struct path *path, const struct event *event)
{
    const int needs_deadline = event->after_ms == UNTIL_DEADLINE || event->after_ms == JUST_BEFORE_IT;
    const struct step step = {event->kind, A, event->variant, SLOGOUT_NEVER - 1};
    struct trace trace;
    const struct step birth = {NEW, A, 0, 0};
    const struct model_settings settings = {
        .ask = path->ask, .on_refusal = path->on_refusal, .drain_asks = 1, .polled = 1};
    size_t i;

    model_start(&model, &settings);
    model_predict(&model, &birth, TAKES, &trace);
    for (i = 0; path->events[i]; i++) {
        const struct step on_the_way = {path->events[i]->kind, A, path->events[i]->variant, 1};
        model_predict(&model, &on_the_way, path->events[i]->reply, &trace);
    }
    if (needs_deadline && model_deadline(&model) == SLOGOUT_NEVER)
        return 0;
    if (event->reply == TAKES)
        return 1;
    model_predict(&model, &step, event->reply, &trace);
    return trace.length > 0 && trace.call[0].kind == SEND_LINE;
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
    const struct path *path;
    const struct event *event;

    if (argc != 2)
        return 2;
    printf("# What can happen to a session that is %s, written by the model. The README here explains the "
           "lines.\n",
           argv[1]);
    for (path = paths; path < paths + sizeof paths / sizeof *paths; path++)
        for (event = events; event < events + sizeof events / sizeof *events; event++)
            if (strcmp(path->state, argv[1]) == 0 && makes_sense(path, event))
                write_transcript(path, event);
    return 0;
}
