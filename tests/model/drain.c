/* SPDX-License-Identifier: BSD-2-Clause */
/* Every sequence of a number of steps with one drain and two sessions: what the host calls, what the clients
 * do, what time it is, and what the host does inside a callback. Each sequence starts from nothing, and at
 * its end the drain is forced.
 *
 * After each step an observer who knows only include/slogout/drain.h checks errors, counters, deadlines and
 * outcomes.
 *
 *     drain [STEPS]       default: 5 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <slogout/drain.h>
#include "fail.h"

#define MOST_STEPS 8
#define SESSIONS   2

enum step {
    ADD_A,
    ADD_B,
    START,       /* a plan with a deadline that fits */
    START_SHORT, /* too short to ask anybody */
    START_RATE,  /* begins one session a second */
    RESUME,
    PAUSE,
    CANCEL,
    FORCE,
    TICK,
    TICK_AT_DEADLINE,
    TICK_MUCH_LATER,
    REQUEST_A,
    ANSWER_A,
    HANG_UP_A,
    HANG_UP_B,
    CANCEL_A,
    FORCE_B,
    REST_B, /* B is never at rest before */
    FREE_DRAIN,
    IN_SEND_LINE_FREE_DRAIN, /* what is done once in the next callback of that kind */
    IN_SEND_LINE_CANCEL_DRAIN,
    IN_CLOSE_HANG_UP_BOTH,
    IN_DONE_FREE_DRAIN,
    STEPS
};

static const char *const step_names[STEPS] = {"add A",
                                              "add B",
                                              "start",
                                              "start short",
                                              "start with a rate",
                                              "resume",
                                              "pause",
                                              "cancel",
                                              "force",
                                              "tick",
                                              "tick at the deadline",
                                              "tick much later",
                                              "request A",
                                              "A answers",
                                              "A hangs up",
                                              "B hangs up",
                                              "cancel A",
                                              "force B",
                                              "B is at rest",
                                              "free drain",
                                              "in send_line: free drain",
                                              "in send_line: cancel drain",
                                              "in close: both hang up",
                                              "in done: free drain"};

/* The states of a drain, by drain.h. */
enum life { COLLECTING, RUNNING, PAUSED, CANCELED, DONE };

struct client {
    struct slogout_session *session; /* NULL: freed */
    int at_rest, is_member, outcomes, closes, byes;
    char tag[SLOGOUT_TAG_SIZE];
    uint64_t asked_ms;
};

static struct {
    struct slogout *slogout;
    struct slogout_drain *drain; /* NULL: freed */
    struct client client[SESSIONS];
    uint64_t now;
    enum life life;
    uint64_t last_ask;  /* no LOGOUT is sent after this, by the plan */
    uint64_t rate_from; /* since when there is a rate; UINT64_MAX: there is none */
    uint64_t begun;     /* sessions since then */
    uint64_t members_ended;
    int dones, in_send_line, in_close, in_done;
} world;

static unsigned char sequence[MOST_STEPS];
static int length;
static unsigned long sequences;

void fail(const char *format, ...)
{
    va_list arguments;
    int i;

    printf("FAILED: ");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\nafter:");
    for (i = 0; i < length; i++)
        printf(" %s;", step_names[sequence[i]]);
    printf("\n");
    fflush(stdout);
    exit(1);
}

static void expect(int is_so, const char *what)
{
    if (!is_so)
        fail("%s", what);
}

/* ---- the host ---- */

static void note_outcome(struct client *client)
{
    client->outcomes++;
    expect(client->outcomes == 1, "one outcome each");
    world.members_ended += client->is_member ? 1 : 0;
}

static void release(struct client *client)
{
    struct slogout_session *session = client->session;

    client->session = NULL;
    client->is_member = 0;
    slogout_session_free(session);
}

static void hang_up(struct client *client)
{
    const enum slogout_state state = slogout_session_state(client->session);

    if (!client->session)
        return;
    if (state != SLOGOUT_STATE_OPEN && state != SLOGOUT_STATE_ENDED)
        note_outcome(client);
    slogout_session_abandon(client->session, SLOGOUT_OUTCOME_PEER_CLOSED);
    release(client);
}

/* Those that were not begun are free again, the others go on. */
static void leave_drain(void)
{
    int i;

    for (i = 0; i < SESSIONS; i++)
        world.client[i].is_member = 0;
}

static void free_drain(void)
{
    struct slogout_drain *drain = world.drain;

    world.drain = NULL;
    leave_drain();
    slogout_drain_free(drain);
}

static void forget_those_who_are_open(void)
{
    int i;

    for (i = 0; i < SESSIONS; i++)
        if (slogout_session_state(world.client[i].session) == SLOGOUT_STATE_OPEN)
            world.client[i].is_member = 0;
}

static int cancel_drain(void)
{
    const int error = slogout_drain_cancel(world.drain);

    if (!error) {
        world.life = CANCELED;
        world.last_ask = UINT64_MAX;
        forget_those_who_are_open();
        expect(slogout_drain_get_counts(world.drain)->state[SLOGOUT_STATE_WAITING] == 0,
               "after cancel nobody waits");
        expect(slogout_drain_get_counts(world.drain)->state[SLOGOUT_STATE_PENDING] == 0,
               "after cancel nobody is PENDING");
    }
    return error;
}

static void act_in_send_line(void)
{
    const int what = world.in_send_line;

    world.in_send_line = 0;
    if (what == IN_SEND_LINE_FREE_DRAIN && world.drain)
        free_drain();
    if (what == IN_SEND_LINE_CANCEL_DRAIN && world.drain)
        cancel_drain();
}

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    struct client *client = conn;
    const int by_drain = client->is_member;

    (void)when;
    expect(session == client->session && !client->closes && !client->byes, "no line after the last");
    act_in_send_line();
    if (!client->at_rest)
        return SLOGOUT_BUSY;
    if (memcmp(line, "* BYE ", 6) == 0) {
        client->byes = 1;
        return 0;
    }
    expect(!client->tag[0], "one LOGOUT");
    expect(!by_drain || world.now <= world.last_ask, "no LOGOUT when its timer does not fit");
    memcpy(client->tag, line, len - strlen(" LOGOUT\r\n"));
    client->asked_ms = world.now;
    return 0;
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    struct client *client = conn;
    const int what = world.in_close;
    int i;

    expect(session == client->session && !client->closes, "one close");
    client->closes = 1;
    note_outcome(client);
    if (result->outcome == SLOGOUT_OUTCOME_EXPIRED)
        expect(world.now >= client->asked_ms + 35000, "no answer timer is cut short");
    world.in_close = 0;
    if (what == IN_CLOSE_HANG_UP_BOTH)
        for (i = 0; i < SESSIONS; i++)
            hang_up(&world.client[i]);
    else
        release(client);
}

static void done(struct slogout_drain *drain, void *user_data)
{
    int i;

    (void)user_data;
    expect(drain == world.drain, "done of a drain that is not freed");
    world.dones++;
    expect(world.dones == 1, "done comes once");
    expect(world.life != COLLECTING, "done comes after the start");
    for (i = 0; i < SESSIONS; i++)
        expect(!world.client[i].is_member, "done comes when nobody is left");
    world.life = DONE;
    if (world.in_done)
        free_drain();
}

/* ---- steps ---- */

static const struct slogout_plan fitting = {
    .size = sizeof fitting, .spread_ms = 20000, .tail_ms = 5000, .deadline_ms = 70000};
static const struct slogout_plan too_short = {
    .size = sizeof too_short, .spread_ms = 20000, .deadline_ms = 30000};
static const struct slogout_plan with_rate = {.size = sizeof with_rate, .deadline_ms = 100000, .rate = 1};

static void add(struct client *client)
{
    const enum slogout_state state = slogout_session_state(client->session);
    const int can_join =
        state == SLOGOUT_STATE_OPEN || state == SLOGOUT_STATE_PENDING || state == SLOGOUT_STATE_ASKED;
    const int takes = world.life != CANCELED && world.life != DONE;
    const int error = slogout_drain_add(world.drain, client->session, 0);

    if (!client->session)
        expect(error == SLOGOUT_ERR_ARGUMENT, "NULL cannot be added");
    else
        expect(error == (can_join && takes && !client->is_member ? 0 : SLOGOUT_ERR_STATE), "add");
    if (!error)
        client->is_member = 1;
}

static void start(const struct slogout_plan *plan)
{
    const int error = slogout_drain_start(world.drain, plan, world.now);

    expect(error == (world.life < CANCELED ? 0 : SLOGOUT_ERR_STATE), "start");
    if (error)
        return;
    world.life = RUNNING;
    world.last_ask = plan == &too_short ? 0 : world.now + plan->deadline_ms - plan->tail_ms - 10000 - 35000;
    world.rate_from = plan == &with_rate ? world.now : UINT64_MAX;
    world.begun = 0;
}

static void resume(void)
{
    const int can = world.life == RUNNING || world.life == PAUSED;

    expect(slogout_drain_resume(world.drain, world.now) == (can ? 0 : SLOGOUT_ERR_STATE), "resume");
    if (can)
        world.life = RUNNING;
}

static void force(void)
{
    const uint64_t over_by = slogout_drain_deadline(world.drain);
    const int can = world.life != DONE;

    expect(slogout_drain_force(world.drain, world.now) == (can ? 0 : SLOGOUT_ERR_STATE), "force");
    if (!can)
        return;
    expect(slogout_drain_deadline(world.drain) <= over_by, "force does not put off the end");
    if (world.life != PAUSED)
        world.life = RUNNING;
    world.last_ask = 0;
    world.rate_from = UINT64_MAX;
}

static uint64_t waiting(void)
{
    return world.drain ? slogout_drain_get_counts(world.drain)->state[SLOGOUT_STATE_WAITING] : 0;
}

static void tick(uint64_t now)
{
    const uint64_t before = waiting();

    world.now = now > world.now ? now : world.now;
    expect(slogout_tick(world.slogout, now) == 0, "tick");
    if (world.life != RUNNING || world.rate_from > world.now || !world.drain)
        return;
    world.begun += before - waiting();
    expect(world.begun <= 1 + (world.now - world.rate_from) / 1000, "the rate");
}

static void answer(struct client *client)
{
    char line[SLOGOUT_TAG_SIZE + 16];

    if (!client->session)
        return;
    snprintf(line, sizeof line, "%s OK\r\n", client->tag[0] ? client->tag : "SLO.1");
    (void)!slogout_session_feed_line(client->session, line, strlen(line), world.now);
}

static void step_with_drain(enum step step)
{
    const int is_started = world.life == RUNNING || world.life == PAUSED;

    switch ((int)step) {
    case ADD_A:
    case ADD_B:
        add(&world.client[step - ADD_A]);
        return;
    case START:
        start(&fitting);
        return;
    case START_SHORT:
        start(&too_short);
        return;
    case START_RATE:
        start(&with_rate);
        return;
    case RESUME:
        resume();
        return;
    case PAUSE:
        expect(slogout_drain_pause(world.drain) == (is_started ? 0 : SLOGOUT_ERR_STATE), "pause");
        world.life = is_started ? PAUSED : world.life;
        return;
    case CANCEL:
        expect(cancel_drain() == (is_started ? 0 : SLOGOUT_ERR_STATE), "cancel");
        return;
    case FORCE:
        force();
        return;
    default:
        free_drain();
    }
}

static void tick_step(enum step step)
{
    const uint64_t deadline = slogout_deadline(world.slogout);

    if (step == TICK)
        tick(world.now + 1);
    else if (step == TICK_MUCH_LATER)
        tick(world.now + 600000);
    else if (deadline != SLOGOUT_NEVER)
        tick(deadline);
}

static void client_step(enum step step)
{
    struct client *a = &world.client[0], *b = &world.client[1];

    if (step == REQUEST_A)
        slogout_session_request(a->session, NULL, world.now);
    else if (step == ANSWER_A)
        answer(a);
    else if (step == HANG_UP_A || step == HANG_UP_B)
        hang_up(step == HANG_UP_A ? a : b);
    else if (step == CANCEL_A && slogout_session_cancel(a->session) == 0)
        a->is_member = 0;
    else if (step == FORCE_B)
        slogout_session_force(b->session, world.now);
    else if (step == REST_B) {
        b->at_rest = 1;
        slogout_session_resume(b->session, world.now);
    }
}

/* 0: there is no such step now. */
static int make(enum step step)
{
    if ((step <= FORCE || step == FREE_DRAIN) && !world.drain)
        return 0;
    if (step <= FORCE || step == FREE_DRAIN)
        step_with_drain(step);
    else if (step <= TICK_MUCH_LATER)
        tick_step(step);
    else if (step <= REST_B)
        client_step(step);
    else if (step <= IN_SEND_LINE_CANCEL_DRAIN)
        world.in_send_line = (int)step;
    else if (step == IN_CLOSE_HANG_UP_BOTH)
        world.in_close = (int)step;
    else
        world.in_done = (int)step;
    return 1;
}

/* ---- what holds after each step ---- */

static void check_counts(void)
{
    const struct slogout_counts *counts = slogout_drain_get_counts(world.drain);
    uint64_t states[SLOGOUT_STATE_ENDED + 1] = {0}, outcomes = 0;
    int i;

    for (i = 0; i < SESSIONS; i++)
        if (world.client[i].is_member)
            states[slogout_session_state(world.client[i].session)]++;
    for (i = 0; i < SLOGOUT_OUTCOME_COUNT; i++)
        outcomes += counts->outcome[i];
    expect(states[SLOGOUT_STATE_OPEN] == 0, "no member is OPEN");
    expect(counts->state[SLOGOUT_STATE_WAITING] == states[SLOGOUT_STATE_WAITING] &&
               counts->state[SLOGOUT_STATE_PENDING] == states[SLOGOUT_STATE_PENDING] &&
               counts->state[SLOGOUT_STATE_ASKED] == states[SLOGOUT_STATE_ASKED] &&
               counts->state[SLOGOUT_STATE_LEAVING] == states[SLOGOUT_STATE_LEAVING] &&
               counts->state[SLOGOUT_STATE_ENDED] == states[SLOGOUT_STATE_ENDED],
           "the counters are those of the members");
    expect(outcomes == world.members_ended, "the outcomes are those of the members");
    expect(counts->over_limit == 0, "there is no limit");
}

static int is_unsettled(void)
{
    const struct slogout_counts *counts = slogout_drain_get_counts(world.drain);
    return counts->state[SLOGOUT_STATE_WAITING] + counts->state[SLOGOUT_STATE_PENDING] +
               counts->state[SLOGOUT_STATE_ASKED] + counts->state[SLOGOUT_STATE_LEAVING] >
           0;
}

/* The host is woken in time for the promise. */
static void check_deadline(void)
{
    const uint64_t over_by = slogout_drain_deadline(world.drain);

    if (world.life != RUNNING && world.life != PAUSED) {
        expect(over_by == SLOGOUT_NEVER, "there is no promise");
        return;
    }
    expect(over_by != SLOGOUT_NEVER, "there is a promise");
    if (is_unsettled())
        expect(slogout_deadline(world.slogout) <= over_by, "the host is woken in time");
}

static void check(enum step step)
{
    int i;

    for (i = 0; i < SESSIONS; i++)
        if (slogout_session_state(world.client[i].session) != SLOGOUT_STATE_WAITING || !world.drain)
            continue;
        else
            expect(world.client[i].is_member, "who waits is in the drain");
    if (!world.drain)
        return;
    check_counts();
    check_deadline();
    if (step >= TICK && step <= TICK_MUCH_LATER && world.now >= slogout_drain_deadline(world.drain))
        expect(!is_unsettled(), "at the deadline nobody is left");
}

/* ---- life ---- */

static void begin(void)
{
    static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};
    int i;

    memset(&world, 0, sizeof world);
    world.last_ask = world.rate_from = UINT64_MAX;
    if (slogout_new(&world.slogout, NULL) || slogout_drain_new(&world.drain, world.slogout, done, NULL))
        fail("no memory");
    for (i = 0; i < SESSIONS; i++) {
        struct client *client = &world.client[i];
        if (slogout_session_new(&client->session, world.slogout, &callbacks, client))
            fail("no memory");
        slogout_session_set_enabled(client->session, 1);
        client->at_rest = i == 0;
    }
}

/* Whatever has happened, force ends it by the leave timeout, and then all can be freed. */
static void end(void)
{
    int i;

    if (world.drain && world.life != DONE) {
        force();
        for (i = 0;
             i < 20 && world.drain && world.life != DONE && slogout_deadline(world.slogout) != SLOGOUT_NEVER;
             i++)
            tick(slogout_deadline(world.slogout));
        expect(!world.drain || world.life == DONE, "force leads to done");
    }
    if (world.drain)
        free_drain();
    for (i = 0; i < SESSIONS; i++)
        hang_up(&world.client[i]);
    expect(slogout_free(world.slogout) == 0, "all is freed");
}

/* Returns how many steps were possible. */
static int play(int steps)
{
    begin();
    for (length = 0; length < steps;) {
        const enum step step = (enum step)sequence[length++];
        if (!make(step)) {
            end();
            return length;
        }
        forget_those_who_are_open();
        check(step);
    }
    end();
    sequences++;
    return steps;
}

/* The next sequence that differs in the first `used` steps. */
static int next(int steps, int used)
{
    int i;

    for (i = used; i < steps; i++)
        sequence[i] = 0;
    for (i = used; i-- > 0; sequence[i] = 0)
        if (++sequence[i] < STEPS)
            return 1;
    return 0;
}

int main(int argc, char **argv)
{
    const int steps = argc > 1 ? atoi(argv[1]) : 5;

    if (steps < 1 || steps > MOST_STEPS)
        return 2;
    while (next(steps, play(steps)))
        ;
    printf("exhaustive: drain: %lu sequences of %d steps of %d\n", sequences, steps, STEPS);
    return 0;
}
