/* Writes the transcripts of one state to standard output: every event that can happen to a session in that state, and
 * what must come of it. They are made from the independent model of tests/exhaustive; the library is not linked.
 *
 *   write STATE
 *
 * README in this folder describes the format. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "exhaustive/fail.h"
#include "exhaustive/model.h"

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

static const struct event
    enable = {"enable", ENABLE, 1, 0, TAKES},
    join = {"join", JOIN, 0, 0, TAKES},
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
    {"ASKED", "ASKED, a refusal is waited out", SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_WAIT, {&enable, &request, NULL}},
    {"ASKED", "ASKED, and refused", SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_WAIT, {&enable, &request, &refusal, NULL}},
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

/* ---- what the model says, in the words of a transcript ---- */

static const char *const outcomes[SLOGOUT_OUTCOME_COUNT] = {
    "ANSWERED", "REFUSED",     "EXPIRED",       "BYE_ONLY",    "NEVER_READY",
    "FORCED",   "SEND_FAILED", "CLIENT_LOGOUT", "PEER_CLOSED", "HOST_CLOSED",
};

static void write_call(const struct call *call, const struct event *event)
{
    if (call->kind == SEND_LINE) {
        printf("S: %.*s (%s)%s\n", (int)strcspn(call->line, "\r"), call->line,
               call->when == SLOGOUT_AT_REST ? "at rest" : "between lines",
               call->result == BUSY     ? " BUSY"
               : call->result == BROKEN ? " BROKEN"
                                        : "");
        return;
    }
    printf("close %s", outcomes[call->closed.outcome]);
    if (call->closed.asked_ms != SLOGOUT_NEVER)
        printf(" %s@%llu", call->tag, (unsigned long long)call->closed.asked_ms);
    printf("%s%s", call->closed.bye_sent ? " bye-sent" : "", call->closed.bye_seen ? " bye-seen" : "");
    if (event->kind == INPUT && call->closed.answer)
        printf(" answer");
    printf("\n");
}

static void write_result(int result)
{
    if (result == SLOGOUT_CONSUMED)
        printf("= consumed\n");
    else if (result == SLOGOUT_ERR_STATE)
        printf("= ERR_STATE\n");
    else if (result == 0)
        printf("= 0\n");
    else
        fail("a result that no transcript can have: %d", result);
}

/* Returns 1 if a line was offered to the host. */
static int write_event(const struct event *event, uint64_t now)
{
    const struct step step = {event->kind, A, event->variant, now};
    struct trace trace;
    int result;
    int offered = 0;
    int i;

    model_predict(&model, &step, event->reply, &trace, &result);
    printf("%llu %s\n", (unsigned long long)now, event->words);
    for (i = 0; i < trace.length; i++) {
        offered |= trace.call[i].kind == SEND_LINE;
        write_call(&trace.call[i], event);
    }
    write_result(result);
    return offered;
}
