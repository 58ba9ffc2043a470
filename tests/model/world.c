/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include "choose.h"
#include "fail.h"
#include "properties.h"
#include "world.h"

struct world world;
int world_verbose;

static struct trace trace; /* of the current step */
static int in_callback;
static int sessions;    /* 1 if there is only A */
static int no_step;     /* a choice was not possible */
static int always_busy; /* send_line returns BUSY, and the host chooses nothing */
static unsigned char conn[SESSIONS];

static const char *const step_names[STEP_KINDS] = {"new",     "free",    "join",  "quit",   "set_enabled",
                                                   "leave",   "request", "ready", "cancel", "force",
                                                   "abandon", "input",   "tick"};

/* ---- memory ---- */

static void *allocate(size_t size, void *user_data)
{
    int i;

    (void)user_data;
    if (size == sizeof world.memory && !world.slogout)
        return &world.memory;
    for (i = 0; i < BLOCKS; i++) {
        if (!world.block[i].used && size == sizeof world.block[i].memory) {
            world.block[i].used = 1;
            return &world.block[i].memory;
        }
    }
    fail("no block for %zu octets", size);
}

/* Overwrites released memory, so that a later read is noticed. */
static void release(void *memory, void *user_data)
{
    struct block *block = slo_container_of(memory, struct block, memory);

    (void)user_data;
    if (in_callback)
        fail("memory was released inside a callback");
    if (!block->used)
        fail("memory was released twice");
    memset(&block->memory, 0xdd, sizeof block->memory);
    block->used = 0;
}

/* ---- callbacks ---- */

static struct call *record(enum call_kind kind, enum who who)
{
    struct call *call = &trace.call[trace.length];

    if (trace.length == CALLS_MAX)
        fail("more than %d calls in one step", CALLS_MAX);
    memset(call, 0, sizeof *call);
    call->kind = kind;
    call->who = who;
    trace.length++;
    return call;
}

static enum who who_calls(const struct slogout_session *session, const void *connection)
{
    const enum who who = connection == &conn[A] ? A : B;

    if (world.session[who] != session)
        fail("callback for a freed session");
    if (in_callback)
        fail("a callback inside a callback");
    return who;
}

static void call_all_that_call_back(struct slogout_session *session)
{
    static const struct slogout_departure departure = {.size = sizeof departure};
    const enum slogout_state state = slogout_session_state(session);
    const int ready_looks = state == SLOGOUT_STATE_PENDING || state == SLOGOUT_STATE_LEAVING;
    const int expected = SLOGOUT_ERR_REENTRANT;

    if (slogout_tick(world.slogout, world.now) != expected ||
        slogout_session_request(session, NULL, world.now) != expected ||
        slogout_session_force(session, world.now) != expected || slogout_free(world.slogout) != expected ||
        slogout_session_resume(session, world.now) != (ready_looks ? expected : 0) ||
        slogout_session_leave(session, &departure, world.now) != expected ||
        slogout_session_feed_line(session, "* BYE", 5, world.now) != 0)
        fail("a function that calls back was not refused inside a callback");
}

static const struct slogout_callbacks callbacks;

static void create(enum who who)
{
    memset(&world.witness[who], 0, sizeof world.witness[who]);
    if (slogout_session_new(&world.session[who], world.slogout, &callbacks, &conn[who]) != 0)
        fail("no session");
}

static void remove_session(enum who who)
{
    struct slogout_session *session = world.session[who];

    witness_given_up(who);
    world.session[who] = NULL;
    slogout_session_free(session);
}

static int abandon(enum who who, enum slogout_outcome why)
{
    witness_given_up(who);
    return slogout_session_abandon(world.session[who], why);
}

static int cancel(enum who who)
{
    const int result = slogout_session_cancel(world.session[who]);

    if (result == 0)
        witness_cancel(who);
    return result;
}

static int do_action(enum action_kind kind, enum who target)
{
    switch (kind) {
    case NO_ACTION:
        return 0;
    case FREE_IT:
        remove_session(target);
        return 0;
    case ABANDON_IT:
        return abandon(target, SLOGOUT_OUTCOME_PEER_CLOSED);
    case CANCEL_IT:
        return cancel(target);
    case ENABLE_IT:
        slogout_session_set_enabled(world.session[target], !world.session[target]->enabled);
        return 0;
    case NEW_IT:
        create(target);
        return 0;
    case REENTER:
        call_all_that_call_back(world.session[target]);
        return 0;
    }
    return 0;
}

struct action {
    enum action_kind kind;
    int other; /* the action applies to the other session */
};

/* The actions of the host inside a callback of A. The last four require B. */
static const struct action actions[] = {{NO_ACTION, 0},  {FREE_IT, 0},  {ABANDON_IT, 0}, {CANCEL_IT, 0},
                                        {ENABLE_IT, 0},  {REENTER, 0},  {FREE_IT, 1},    {NEW_IT, 1},
                                        {ABANDON_IT, 1}, {CANCEL_IT, 1}};
#define ACTIONS       (int)(sizeof actions / sizeof *actions)
#define ACTIONS_ALONE 6

/* B shows the effects of one session on another, so it has fewer events of its own. */
static const struct action actions_of_b[] = {{NO_ACTION, 0}, {FREE_IT, 0}, {FREE_IT, 1}};

static const struct action *choose_action(enum who who)
{
    if (always_busy)
        return &actions[0];
    if (who == B)
        return &actions_of_b[choose(3)];
    return &actions[choose(sessions == 1 ? ACTIONS_ALONE : ACTIONS)];
}

static void act(struct call *call)
{
    const struct action *action = choose_action(call->who);

    call->action = action->kind;
    call->target = action->other ? (call->who == A ? B : A) : call->who;
    if (call->action != NO_ACTION && !world.session[call->target] != (call->action == NEW_IT)) {
        no_step = 1;
        call->action = NO_ACTION;
        return;
    }
    in_callback = 1;
    call->action_result = do_action(call->action, call->target);
    in_callback = 0;
}

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *connection)
{
    struct call *call = record(SEND_LINE, who_calls(session, connection));

    call->when = when;
    memcpy(call->line, line, len < sizeof call->line ? len : sizeof call->line - 1);
    call->result = always_busy ? SLOGOUT_BUSY : choose(3) - 1;
    witness_line(call);
    if (world_verbose)
        printf("    send_line %c: %.*s returns %d", "AB"[call->who], (int)len - 2, line, call->result);
    act(call);
    if (world_verbose)
        printf(", action %d on %c\n", (int)call->action, "AB"[call->target]);
    return call->result;
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result,
                             void *connection)
{
    struct call *call = record(CLOSE_CONNECTION, who_calls(session, connection));

    call->closed = *result;
    call->answer = result->answer ? result->answer->status : SLOGOUT_STATUS_NONE;
    witness_close(call);
    act(call);
    if (world_verbose)
        printf("    close_connection %c: %s, action %d on %c\n", "AB"[call->who],
               slogout_outcome_name(result->outcome), (int)call -> action, "AB"[call->target]);
}

static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};

static void set_timer(struct slogout *slogout, uint64_t deadline, void *user_data)
{
    struct call *call = record(SET_TIMER, A);

    (void)slogout;
    (void)user_data;
    if (in_callback)
        fail("set_timer was called inside a callback");
    call->deadline = deadline;
    world.told = deadline;
}

static void on_change(struct slo_session_set *set)
{
    (void)set;
}

void world_start(const struct model_settings *settings, int session_count)
{
    struct slogout_settings real = {.size = sizeof real,
                                    .answer_timeout_ms = ANSWER_TIMEOUT,
                                    .ready_timeout_ms = READY_TIMEOUT,
                                    .leave_timeout_ms = LEAVE_TIMEOUT,
                                    .ask = settings->ask,
                                    .on_refusal = settings->on_refusal,
                                    .set_timer = settings->polled ? NULL : set_timer,
                                    .allocate = allocate,
                                    .release = release};
    int i;

    memset(&world, 0, sizeof world);
    in_callback = 0;
    sessions = session_count;
    world.told = SLOGOUT_NEVER;
    for (i = 0; i <= SLOGOUT_STATE_ENDED; i++)
        slo_link_init(&world.set.members[i]);
    world.set.ask_before = settings->drain_asks ? SLOGOUT_NEVER : 0;
    world.set.changed = on_change;
    model_start(&world.model, settings);
    if (slogout_new(&world.slogout, &real) != 0)
        fail("no slogout");
}

/* ---- steps ---- */

static const int abandon_reasons[] = {SLOGOUT_OUTCOME_CLIENT_LOGOUT, SLOGOUT_OUTCOME_PEER_CLOSED,
                                      SLOGOUT_OUTCOME_HOST_CLOSED};

/* The text after the tag, or the whole line if there is no tag. */
static const char *const lines[INPUTS] = {
    [BYE_LINE] = "* bye {3}\r\n", [COMMAND_LINE] = "a NOOP",      [OK_LINE] = " Ok done\r\n",
    [NO_LINE] = " NO\n",          [FOREIGN_OK_LINE] = "0 OK\r\n", [BAD_LINE] = " BAD [X y]\r",
    [TAGGED_BYE_LINE] = " BYE",
};

static int feed(const struct step *step)
{
    const char *tag = *world.witness[step->who].tag ? world.witness[step->who].tag : "x1";
    char line[SLOGOUT_TAG_SIZE + 16];

    if (step->variant == BYE_LINE || step->variant == COMMAND_LINE)
        tag = "";
    snprintf(line, sizeof line, "%.*s%s", SLOGOUT_TAG_SIZE, tag, lines[step->variant]);
    return slogout_session_feed_line(world.session[step->who], line, strlen(line), step->now);
}

static int depart(const struct step *step)
{
    const struct departure_times *times = &departures[step->variant];
    const struct slogout_departure departure = {.size = sizeof departure,
                                                .spread_ms = times->spread,
                                                .seed = times->seed,
                                                .deadline_ms = times->deadline};

    return slogout_session_leave(world.session[step->who], &departure, step->now);
}

static int quit(struct slogout_session *session)
{
    slo_session_quit(session);
    return 0;
}

static int enable(struct slogout_session *session, int enabled)
{
    slogout_session_set_enabled(session, enabled);
    return 0;
}

static int make(const struct step *step)
{
    struct slogout_session *session = world.session[step->who];

    switch (step->kind) {
    case NEW:
        create(step->who);
        return 0;
    case FREE:
        remove_session(step->who);
        return 0;
    case JOIN:
        return slo_session_join(session, &world.set, 0);
    case QUIT:
        return quit(session);
    case ENABLE:
        return enable(session, step->variant);
    case DEPART:
        return depart(step);
    case REQUEST:
        return slogout_session_request(session, step->variant ? OWN_TEXT : NULL, step->now);
    case READY:
        return slogout_session_resume(session, step->now);
    case CANCEL:
        return cancel(step->who);
    case FORCE:
        return slogout_session_force(session, step->now);
    case ABANDON:
        return abandon(step->who, (enum slogout_outcome)step->variant);
    case INPUT:
        return feed(step);
    case TICK:
    case STEP_KINDS:
        break;
    }
    return slogout_tick(world.slogout, step->now);
}

static int is_timed(enum step_kind kind)
{
    return kind == DEPART || kind == REQUEST || kind == READY || kind == FORCE || kind == INPUT ||
           kind == TICK;
}

/* Chooses among the times of the grid that matter: the current time, the next time, and a time at which all timers have
 * expired. A session that is alone also gets two special times: SLOGOUT_NEVER, and a time before the current time. */
static uint64_t choose_time(const struct step *step)
{
    if (!is_timed(step->kind))
        return world.now;
    switch (choose(sessions == 1 ? 5 : 3)) {
    case 0:
        return world.now;
    case 1:
        return world.now % UNIT == UNIT - 1 ? world.now + 1 : world.now + UNIT - 1;
    case 2:
        return world.now + (uint64_t)4 * UNIT;
    case 3:
        return SLOGOUT_NEVER;
    default:
        return world.now / 2;
    }
}

/* If there are two sessions, variants that do not affect the other session are omitted. */
static int choose_variant(const struct step *step)
{
    static const enum input inputs[] = {BYE_LINE, OK_LINE, NO_LINE, COMMAND_LINE};
    const int alone = sessions == 1;

    switch (step->kind) {
    case ABANDON:
        return abandon_reasons[alone ? choose(3) : 1];
    case INPUT:
        if (step->who == B)
            return OK_LINE;
        return alone ? choose(INPUTS) : (int)inputs[choose(sizeof inputs / sizeof *inputs)];
    case DEPART:
        return alone ? choose(DEPARTURES) : SPREAD_OUT;
    case ENABLE:
        return choose(2);
    case REQUEST:
        return step->who == A ? choose(2) : 0;
    case NEW:
    case FREE:
    case JOIN:
    case QUIT:
    case READY:
    case CANCEL:
    case FORCE:
    case TICK:
    case STEP_KINDS:
        break;
    }
    return 0;
}

/* B is never enabled, because SLOGOUT_ASK_ALL asks it anyway. */
static int is_possible(const struct step *step)
{
    if (step->kind == TICK)
        return 1;
    if ((step->kind == ENABLE || step->kind == DEPART) && step->who == B)
        return 0;
    return !world.session[step->who] == (step->kind == NEW);
}

/* Returns 0 if the step is not possible. slo_session_quit() must not be called for a WAITING session. */
static int choose_step(struct step *step)
{
    step->kind = (enum step_kind)choose(STEP_KINDS);
    step->who = step->kind == TICK ? A : (enum who)choose(sessions);
    if (!is_possible(step))
        return 0;
    if (step->kind == QUIT && world.session[step->who]->state == SLOGOUT_STATE_WAITING)
        return 0;
    step->variant = choose_variant(step);
    step->now = choose_time(step);
    return 1;
}

static void tell(const struct step *step)
{
    printf("  %s %c, variant %d, at %llu\n", step_names[step->kind], "AB"[step->who], step -> variant,
           (unsigned long long)step -> now);
}

int world_step(void)
{
    struct step step;
    int result;

    trace.length = 0;
    no_step = 0;
    if (!choose_step(&step))
        return 0;
    if (world_verbose)
        tell(&step);
    witness_step(&step);
    result = make(&step);
    if (no_step)
        return 0;
    if (world_verbose)
        printf("    returned %d\n", result);
    model_step(&world.model, &step, &trace, result);
    world.now = world.model.now;
    check_agreement();
    check_properties();
    return 1;
}

/* If send_line always returns BUSY, each timer still moves a session to the next state: from WAITING without a drain to
 * PENDING, from PENDING or ASKED to LEAVING, and then to ENDED. */
void world_check_end(void)
{
    struct step step = {TICK, A, 0, world.now};
    int i;

    always_busy = 1;
    for (i = 0; i < 4 * SESSIONS; i++) {
        trace.length = 0;
        step.now += (uint64_t)4 * UNIT;
        witness_step(&step);
        make(&step);
    }
    always_busy = 0;
    for (i = 0; i < SESSIONS; i++) {
        const enum slogout_state state = slogout_session_state(world.session[i]);
        if (state != SLOGOUT_STATE_ENDED && state != SLOGOUT_STATE_OPEN &&
            !(state == SLOGOUT_STATE_WAITING && world.session[i]->set))
            fail("session %c outlives its deadlines", "AB"[i]);
    }
}

/* ---- the key ---- */

static unsigned remaining(uint64_t deadline)
{
    if (deadline == SLOGOUT_NEVER)
        return 0xffff;
    return deadline > world.now ? (unsigned)(deadline - world.now) : 0;
}

static void put16(unsigned char *bytes, unsigned number)
{
    bytes[0] = (unsigned char)(number & 0xff);
    bytes[1] = (unsigned char)(number >> 8);
}

static void describe(unsigned char bytes[11], const struct slogout_session *session,
                     const struct witness *witness)
{
    const int asked =
        session && session->state >= SLOGOUT_STATE_ASKED && session->state < SLOGOUT_STATE_ENDED;

    bytes[0] = session ? session->state : 0xff;
    if (!session)
        return;
    bytes[1] = session->state == SLOGOUT_STATE_LEAVING ? session->outcome : 0;
    bytes[2] = (unsigned char)(session->state < SLOGOUT_STATE_ASKED ? session->enabled : 0);
    bytes[3] = (unsigned char)(asked ? session->bye_seen | session->answer << 1 : 0);
    bytes[4] = (unsigned char)((session->state < SLOGOUT_STATE_ENDED && session->bye_text) |
                               (asked && session->tag_number) << 1 | (session->set != NULL) << 2);
    if (session->state == SLOGOUT_STATE_LEAVING)
        bytes[4] |= (unsigned char)(session->last_half << 3);
    bytes[5] = (unsigned char)(witness->busy | (witness->byes > 0) << 1 | (witness->logouts > 0) << 2);
    put16(bytes + 6,
          remaining(slo_link_is_linked(&session->timer.link) ? session->timer.deadline : SLOGOUT_NEVER));
    if (session->state >= SLOGOUT_STATE_ENDED || session->close_by == SLOGOUT_NEVER)
        bytes[10] = 1;
    else
        put16(bytes + 8, remaining(session->close_by));
}

/* Returns the order of two timers whose deadlines have passed. If the deadlines are equal, the order is that of the
 * queue. */
static unsigned char order(const struct slogout_session *a, const struct slogout_session *b)
{
    if (!a || !b || !slo_link_is_linked(&a->timer.link) || !slo_link_is_linked(&b->timer.link))
        return 0;
    if (a->timer.deadline == b->timer.deadline)
        return a->state == b->state && a->timer.link.next == &b->timer.link ? 1 : 2;
    if (a->timer.deadline > world.now || b->timer.deadline > world.now)
        return 3;
    return a->timer.deadline < b->timer.deadline ? 4 : 5;
}

struct key world_key(void)
{
    struct key key;

    memset(&key, 0, sizeof key);
    describe(key.bytes, world.session[A], &world.witness[A]);
    describe(key.bytes + 11, world.session[B], &world.witness[B]);
    key.bytes[22] = order(world.session[A], world.session[B]);
    put16(key.bytes + 23, remaining(world.told));
    key.bytes[25] = world.now % UNIT == 0;
    return key;
}
