/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a drain: its functions in each of its states, its members, and its callbacks. */
#include "support/test.h"
#include <stdlib.h>
#include "support/crowd.h"

static const struct manner lingering = {1, 0, 50, "OK", 100000}; /* the deadline is earlier */

/* The shortest deadline for a spread of 20 s and a tail of 5 s. */
static const struct slogout_plan tight = {
    .size = sizeof tight, .spread_ms = 20000, .tail_ms = 5000, .deadline_ms = 70100, .seed = 1};

static void start(struct crowd *crowd)
{
    crowd_play(crowd, &tight, "0s");
}

static struct crowd *draining(uint32_t count, const struct manner *manner)
{
    struct crowd *crowd = crowd_of(count, count, manner);

    start(crowd);
    return crowd;
}

static uint64_t in_state(const struct crowd *crowd, enum slogout_state state)
{
    return crowd_counts(crowd)->state[state];
}

/* ---- errors ---- */

static void ignore(struct slogout_drain *drain, void *user_data)
{
    (void)drain;
    (void)user_data;
}

static void *no_memory(size_t size, void *user_data)
{
    (void)size;
    return *(int *)user_data ? NULL : malloc(size);
}

static void give_back(void *memory, void *user_data)
{
    (void)user_data;
    free(memory);
}

static void test_new_refuses_invalid_arguments(void **state)
{
    int empty = 0;
    const struct slogout_settings settings = {
        .size = sizeof settings, .allocate = no_memory, .release = give_back, .user_data = &empty};
    struct slogout_drain *const untouched = (struct slogout_drain *)state, *drain = untouched;
    struct slogout *slogout;

    assert_int_equal(slogout_new(&slogout, &settings), 0);
    empty = 1;
    assert_int_equal(slogout_drain_new(NULL, slogout, ignore, NULL), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_new(&drain, NULL, ignore, NULL), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_new(&drain, slogout, NULL, NULL), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_new(&drain, slogout, ignore, NULL), SLOGOUT_ERR_NOMEM);
    assert_ptr_equal(drain, untouched);
    assert_int_equal(slogout_free(slogout), 0);
}

static void test_invalid_arguments_are_refused(void **state)
{
    struct crowd *crowd = crowd_of(1, 1, &crowd_prompt), *other = crowd_new(NULL, 255, &crowd_prompt, 1, 10);
    struct slogout_drain *drain = crowd->drain;
    struct slogout_plan none = tight;
    struct slogout_advice advice;

    (void)state;
    none.size = 0;
    slogout_drain_free(NULL);
    assert_int_equal(slogout_drain_add(NULL, crowd->clients[0].session, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_add(drain, NULL, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_add(drain, other->clients[0].session, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_start(NULL, &tight, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_start(drain, NULL, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_start(drain, &tight, SLOGOUT_NEVER), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_start(drain, &none, 0), SLOGOUT_ERR_SIZE);
    assert_int_equal(slogout_drain_resume(NULL, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_resume(drain, SLOGOUT_NEVER), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_pause(NULL), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_cancel(NULL), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_force(NULL, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_force(drain, SLOGOUT_NEVER), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_plan_check(NULL, &tight, 1, &advice), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_plan_check(crowd->slogout, NULL, 1, &advice), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_plan_check(crowd->slogout, &none, 1, &advice), SLOGOUT_ERR_SIZE);
    assert_null(slogout_drain_get_counts(NULL));
    assert_true(slogout_drain_deadline(NULL) == SLOGOUT_NEVER);
    assert_int_equal(slogout_free(crowd->slogout), SLOGOUT_ERR_STATE); /* because there is a drain */
    /* An octet could not count a drain and 255 sessions. */
    assert_int_equal(slogout_free(other->slogout), SLOGOUT_ERR_STATE);
    crowd_free(other);
    crowd_free(crowd);
}

/* ---- every function in every state ---- */

enum life { COLLECTING, RUNNING, PAUSED, FORCED, CANCELED, DONE };

static const char *const lives[] = {
    [COLLECTING] = "", [RUNNING] = "0s", [PAUSED] = "0s 0p", [FORCED] = "0s 0f", [CANCELED] = "0s 20000c", [DONE] = "0s 100000t",
};

static struct crowd *crowd_in(enum life life)
{
    struct crowd *crowd = crowd_of(3, 2, &crowd_silent);

    crowd_play(crowd, &tight, lives[life]);
    return crowd;
}

/* By name: add, start, resume, pause, cancel, force. */
static int call(struct crowd *crowd, char function)
{
    switch (function) {
    case 'a':
        return slogout_drain_add(crowd->drain, crowd->clients[2].session, 0);
    case 's':
        return slogout_drain_start(crowd->drain, &tight, crowd->now);
    case 'r':
        return slogout_drain_resume(crowd->drain, crowd->now);
    case 'p':
        return slogout_drain_pause(crowd->drain);
    case 'c':
        return slogout_drain_cancel(crowd->drain);
    default:
        return slogout_drain_force(crowd->drain, crowd->now);
    }
}

static void test_each_function_works_or_fails_in_each_state(void **state)
{
    static const struct {
        const char *works;
        uint64_t over_by;
    } table[] = {
        [COLLECTING] = {"asf", SLOGOUT_NEVER}, [RUNNING] = {"asrpcf", 70100},
        [PAUSED] = {"asrpcf", 70100},          [FORCED] = {"asrpcf", 15000},
        [CANCELED] = {"f", SLOGOUT_NEVER},     [DONE] = {"", SLOGOUT_NEVER},
    };
    unsigned life;

    (void)state;
    for (life = COLLECTING; life <= DONE; life++) {
        const char *function;
        for (function = "asrpcf"; *function; function++) {
            struct crowd *crowd = crowd_in((enum life)life);
            assert_true(slogout_drain_deadline(crowd->drain) == table[life].over_by);
            if (call(crowd, *function) != (strchr(table[life].works, *function) ? 0 : SLOGOUT_ERR_STATE))
                fail_msg("state %u, function %c", life, *function);
            crowd_free(crowd);
        }
    }
}

static void test_a_session_joins_only_in_open_pending_and_asked(void **state)
{
    struct crowd *crowd = crowd_new(NULL, 1, &crowd_silent, 1, 100000);
    struct slogout_session *session = crowd->clients[0].session;
    struct slogout_drain *other = crowd_drain(crowd);

    (void)state;
    assert_int_equal(slogout_session_request(session, NULL, 0), 0);
    assert_int_equal(slogout_drain_add(crowd->drain, session, 1), 0);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ASKED);
    assert_int_equal(in_state(crowd, SLOGOUT_STATE_ASKED), 1);
    assert_int_equal(slogout_drain_add(crowd->drain, session, 1), SLOGOUT_ERR_STATE);
    assert_int_equal(slogout_drain_add(other, session, 1), SLOGOUT_ERR_STATE);
    slogout_drain_free(other);
    start(crowd);
    crowd_run(crowd, 100000);
    assert_int_equal(crowd_counts(crowd)->outcome[SLOGOUT_OUTCOME_EXPIRED], 1);
    assert_int_equal(crowd->dones, 1);
    crowd_free(crowd);

    crowd = crowd_new(NULL, 1, &crowd_never_at_rest, 1, 100000);
    session = crowd->clients[0].session;
    slogout_session_force(session, 0);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_LEAVING);
    assert_int_equal(slogout_drain_add(crowd->drain, session, 0), SLOGOUT_ERR_STATE);
    slogout_session_abandon(session, SLOGOUT_OUTCOME_PEER_CLOSED);
    assert_int_equal(slogout_drain_add(crowd->drain, session, 0), SLOGOUT_ERR_STATE);
    crowd_free(crowd);
}

/* Functions without a time do not change the clock. */
static void test_cancel_free_and_abandon_do_not_change_the_time(void **state)
{
    struct crowd *crowd = draining(1, &crowd_silent);

    (void)state;
    assert_int_equal(slogout_drain_cancel(crowd->drain), 0);
    assert_int_equal(slogout_session_request(crowd->clients[0].session, NULL, 0), 0);
    assert_int_equal(slogout_deadline(crowd->slogout), 0); /* done is due */
    assert_int_equal(slogout_tick(crowd->slogout, 0), 0);
    assert_int_equal(slogout_deadline(crowd->slogout), 35000);
    crowd_free(crowd);

    crowd = crowd_of(2, 2, &crowd_silent);
    slogout_drain_free(crowd->drain);
    crowd->drain = NULL;
    assert_int_equal(slogout_session_abandon(crowd->clients[1].session, SLOGOUT_OUTCOME_PEER_CLOSED), 0);
    assert_int_equal(slogout_session_request(crowd->clients[0].session, NULL, 0), 0);
    assert_int_equal(slogout_deadline(crowd->slogout), 35000);
    crowd_free(crowd);
}

static void test_the_plan_is_checked_with_the_timeouts_of_the_settings(void **state)
{
    const struct slogout_settings settings = {.answer_timeout_ms = 70000, .leave_timeout_ms = 3000};
    struct slogout_plan plan = tight;
    struct crowd *crowd = crowd_new(&settings, 0, &crowd_silent, 1, 10);
    struct slogout_advice advice;

    (void)state;
    plan.deadline_ms = 98099;
    assert_int_equal(slogout_plan_check(crowd->slogout, &plan, 1, NULL), SLOGOUT_ERR_PLAN);
    assert_int_equal(slogout_plan_check(crowd->slogout, &plan, 1, &advice), SLOGOUT_ERR_PLAN);
    assert_int_equal(advice.shortest_deadline_ms, 98100);
    assert_int_equal(advice.longest_spread_ms, 19999);
    plan.deadline_ms = 98100;
    assert_int_equal(slogout_plan_check(crowd->slogout, &plan, 1, &advice), 0);
    assert_int_equal(advice.longest_spread_ms, 20000);
    plan.rate = 1000000;
    assert_int_equal(slogout_plan_check(crowd->slogout, &plan, UINT64_C(1) << 32, NULL), SLOGOUT_ERR_PLAN);
    crowd_free(crowd);
}

/* ---- done ---- */

static void test_nothing_happens_until_the_start(void **state)
{
    struct crowd *crowd = crowd_of(10, 10, &crowd_silent);

    (void)state;
    assert_true(slogout_deadline(crowd->slogout) == SLOGOUT_NEVER);
    slogout_tick(crowd->slogout, 100000);
    assert_int_equal(in_state(crowd, SLOGOUT_STATE_WAITING), 10);
    assert_int_equal(slogout_session_request(crowd->clients[0].session, NULL, 0),
                     0); /* so LOGOUT can still be sent */
    assert_int_equal(in_state(crowd, SLOGOUT_STATE_ASKED), 1);
    assert_int_equal(crowd->dones, 0);
    crowd_free(crowd);
}

/* Each session has its outcome, but connections are still being closed. Nothing in the drain is due then. */
static void test_done_waits_until_all_are_freed(void **state)
{
    struct crowd *crowd = draining(10, &lingering);
    uint64_t last;

    (void)state;
    while (crowd->outcomes < 10)
        crowd_run(crowd, crowd->now);
    last = crowd->last_outcome_ms;
    assert_int_equal(in_state(crowd, SLOGOUT_STATE_ENDED), 10);
    assert_true(slogout_deadline(crowd->slogout) == SLOGOUT_NEVER);
    crowd_run(crowd, last + 99999);
    assert_int_equal(crowd->dones, 0);
    crowd_run(crowd, last + 100000);
    assert_int_equal(crowd->done_ms, last + 100000);
    assert_int_equal(crowd->dones, 1);
    crowd_free(crowd);
}

/* ---- members that act by themselves ---- */

static void test_request_force_and_cancel_take_effect_at_once_on_a_waiting_member(void **state)
{
    struct crowd *crowd = draining(10, &crowd_silent);

    (void)state;
    assert_int_equal(slogout_session_request(crowd->clients[9].session, NULL, 0), 0);
    assert_int_equal(slogout_session_force(crowd->clients[8].session, 0), 0);
    assert_int_equal(slogout_session_cancel(crowd->clients[7].session), 0);
    assert_int_equal(in_state(crowd, SLOGOUT_STATE_ASKED), 1);
    assert_int_equal(in_state(crowd, SLOGOUT_STATE_WAITING), 7);
    assert_int_equal(crowd->clients[8].outcome, SLOGOUT_OUTCOME_FORCED);
    crowd_run(crowd, 100000);
    assert_int_equal(crowd->clients[9].closed_ms, 35000);
    assert_int_equal(slogout_session_state(crowd->clients[7].session), SLOGOUT_STATE_OPEN);
    assert_int_equal(crowd_counts(crowd)->outcome[SLOGOUT_OUTCOME_EXPIRED], 8);
    assert_int_equal(crowd_counts(crowd)->outcome[SLOGOUT_OUTCOME_FORCED], 1);
    assert_int_equal(crowd->dones, 1);
    crowd_free(crowd);
}

/* ---- inside callbacks ---- */

static void free_others(struct crowd *crowd, struct client *client)
{
    uint32_t i;

    crowd->in_send_line = crowd->in_close = NULL;
    for (i = 0; i < crowd->count; i++)
        if (&crowd->clients[i] != client && crowd->clients[i].session)
            crowd_hang_up(crowd, &crowd->clients[i]);
}

static void free_drain(struct crowd *crowd, struct client *client)
{
    (void)client;
    slogout_drain_free(crowd->drain);
    crowd->drain = NULL;
    crowd->in_send_line = crowd->in_close = NULL;
}

static void cancel_drain(struct crowd *crowd, struct client *client)
{
    (void)client;
    assert_int_equal(slogout_drain_cancel(crowd->drain), 0);
    crowd->in_send_line = crowd->in_close = NULL;
}

static void force_drain(struct crowd *crowd, struct client *client)
{
    (void)client;
    assert_int_equal(slogout_drain_force(crowd->drain, crowd->now), 0);
    crowd->in_send_line = crowd->in_close = NULL;
}

static void test_sessions_and_drains_may_be_changed_in_a_callback(void **state)
{
    typedef void action(struct crowd * crowd, struct client * client);
    static const struct {
        action *in_send_line, *in_close;
        const struct manner *manner;
        uint32_t outcomes, open, dones;
    } rows[] = {
        {free_others, NULL, &crowd_prompt, 10, 0, 1},      {NULL, free_others, &crowd_not_enabled, 10, 0, 1},
        {crowd_hang_up, NULL, &crowd_prompt, 10, 0, 1},    {free_drain, NULL, &crowd_prompt, 1, 9, 0},
        {NULL, free_drain, &crowd_not_enabled, 1, 9, 0},   {cancel_drain, NULL, &crowd_prompt, 0, 9, 1},
        {NULL, cancel_drain, &crowd_not_enabled, 1, 9, 1}, {force_drain, NULL, &crowd_silent, 10, 0, 1},
        {NULL, force_drain, &crowd_not_enabled, 10, 0, 1},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        struct crowd *crowd = draining(10, rows[i].manner);
        uint32_t client, open = 0;

        crowd->in_send_line = rows[i].in_send_line;
        crowd->in_close = rows[i].in_close;
        crowd_run(crowd, 100000);
        for (client = 0; client < 10; client++)
            open += crowd->clients[client].session &&
                    slogout_session_state(crowd->clients[client].session) == SLOGOUT_STATE_OPEN;
        if (crowd->outcomes != rows[i].outcomes || open != rows[i].open || crowd->dones != rows[i].dones)
            fail_msg("row %u: %u outcomes, %u open, %u calls of done", (unsigned)i, (unsigned)crowd->outcomes, open,
                     crowd->dones);
        crowd_free(crowd);
    }
}

static struct slogout_drain *another;

static void free_another(struct crowd *crowd)
{
    (void)crowd;
    slogout_drain_free(another);
    another = NULL;
}

/* Both drains are due in the same tick. The done callback of the first drain frees the second, which has a session. */
static void test_a_drain_is_freed_in_the_done_of_another(void **state)
{
    struct crowd *crowd = crowd_new(NULL, 1, &crowd_prompt, 1, 100);

    (void)state;
    another = crowd_drain(crowd);
    slogout_drain_add(another, crowd->clients[0].session, 0);
    crowd->in_done = free_another;
    start(crowd);
    assert_int_equal(slogout_drain_start(another, &tight, 0), 0);
    crowd_run(crowd, 0);
    assert_int_equal(crowd->dones, 1);
    assert_null(another);
    assert_int_equal(slogout_session_state(crowd->clients[0].session), SLOGOUT_STATE_OPEN);
    crowd_free(crowd);
}

static void try_reentrant_and_free(struct crowd *crowd)
{
    assert_int_equal(slogout_tick(crowd->slogout, crowd->now), SLOGOUT_ERR_REENTRANT);
    assert_int_equal(slogout_free(crowd->slogout), SLOGOUT_ERR_REENTRANT);
    slogout_drain_free(crowd->drain);
    crowd->drain = NULL;
}

static void test_done_is_a_callback_and_may_free_its_drain(void **state)
{
    struct crowd *crowd = draining(1, &crowd_prompt);

    (void)state;
    crowd->in_done = try_reentrant_and_free;
    crowd_run(crowd, 100000);
    assert_int_equal(crowd->dones, 1);
    crowd_free(crowd);
}

/* ---- freeing, outcomes ---- */

static void test_members_of_a_freed_drain_reopen_or_continue(void **state)
{
    static const struct manner mixed[] = {
        {1, 0, CROWD_NEVER, "OK", 0}, /* will be ASKED */
        {1, CROWD_NEVER, 0, "OK", 0}, /* PENDING, or LEAVING */
        {1, 0, 0, "OK", 1000},        /* ENDED */
    };
    struct crowd *crowd = crowd_new(NULL, 5, mixed, 3, 400000);

    (void)state;
    slogout_session_force(crowd->clients[1].session, 0); /* it was LEAVING, so it is not a member */
    crowd_add(crowd, 0, 1, 0);
    crowd_add(crowd, 2, 4, 0);
    start(crowd);
    slogout_session_request(crowd->clients[0].session, NULL, 0);
    slogout_session_request(crowd->clients[2].session, NULL, 0);
    crowd_run(crowd, 0);
    slogout_session_request(crowd->clients[4].session, NULL, 0);
    crowd_add(crowd, 4, 5, 0);
    assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_ASKED], 1);
    assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_WAITING], 1);
    assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_PENDING], 1);
    assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_ENDED] +
                         crowd_counts(crowd)->outcome[SLOGOUT_OUTCOME_ANSWERED],
                     2);
    slogout_drain_free(crowd->drain);
    crowd->drain = NULL;
    assert_int_equal(slogout_session_state(crowd->clients[0].session), SLOGOUT_STATE_ASKED);
    assert_int_equal(slogout_session_state(crowd->clients[3].session), SLOGOUT_STATE_OPEN);
    assert_int_equal(slogout_session_state(crowd->clients[4].session), SLOGOUT_STATE_PENDING);
    crowd_run(crowd, 400000);
    assert_int_equal(crowd->clients[0].outcome, SLOGOUT_OUTCOME_EXPIRED);
    assert_int_equal(crowd->clients[4].outcome, SLOGOUT_OUTCOME_NEVER_READY);
    assert_int_equal(crowd->clients[3].outcomes, 0);
    assert_int_equal(crowd->dones, 0);
    crowd_free(crowd);
}

static void test_the_counters_count_the_members(void **state)
{
    struct crowd *crowd = crowd_new(NULL, 2, &crowd_silent, 1, 100000);

    (void)state;
    crowd_add(crowd, 0, 1, 0);
    slogout_session_request(crowd->clients[1].session, NULL, 0);
    assert_int_equal(crowd_counts(crowd)->state[SLOGOUT_STATE_ASKED], 0);
    assert_int_equal(slogout_get_counts(crowd->slogout)->state[SLOGOUT_STATE_ASKED], 1);
    start(crowd);
    crowd_run(crowd, 100000);
    assert_int_equal(crowd_counts(crowd)->outcome[SLOGOUT_OUTCOME_EXPIRED], 1);
    assert_int_equal(slogout_get_counts(crowd->slogout)->outcome[SLOGOUT_OUTCOME_EXPIRED], 2);
    crowd_free(crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_refuses_invalid_arguments),
        cmocka_unit_test(test_invalid_arguments_are_refused),
        cmocka_unit_test(test_each_function_works_or_fails_in_each_state),
        cmocka_unit_test(test_a_session_joins_only_in_open_pending_and_asked),
        cmocka_unit_test(test_cancel_free_and_abandon_do_not_change_the_time),
        cmocka_unit_test(test_the_plan_is_checked_with_the_timeouts_of_the_settings),
        cmocka_unit_test(test_nothing_happens_until_the_start),
        cmocka_unit_test(test_done_waits_until_all_are_freed),
        cmocka_unit_test(test_request_force_and_cancel_take_effect_at_once_on_a_waiting_member),
        cmocka_unit_test(test_sessions_and_drains_may_be_changed_in_a_callback),
        cmocka_unit_test(test_a_drain_is_freed_in_the_done_of_another),
        cmocka_unit_test(test_done_is_a_callback_and_may_free_its_drain),
        cmocka_unit_test(test_members_of_a_freed_drain_reopen_or_continue),
        cmocka_unit_test(test_the_counters_count_the_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
