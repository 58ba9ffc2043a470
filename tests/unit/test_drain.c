/* The life of a drain: its functions in each of its states, its members, its callbacks. */
#include "support/test.h"
#include <stdlib.h>
#include "support/crowd.h"

static const struct manner prompt = {1, 0, 50, "OK", 0};
static const struct manner refusing = {1, 0, 50, "NO", 0};
static const struct manner silent = {1, 0, CROWD_NEVER, "OK", 0};
static const struct manner not_enabled = {0, 0, CROWD_NEVER, "OK", 0};
static const struct manner never_at_rest = {1, CROWD_NEVER, CROWD_NEVER, "OK", 0};
static const struct manner lingering = {1, 0, 50, "OK", 500};

/* A spread of 20 s and no deadline. */
static const struct slogout_plan relaxed = {.size = sizeof relaxed, .spread_ms = 20000, .seed = 1};
/* The shortest deadline for a spread of 20 s and a tail of 5 s. */
static const struct slogout_plan tight = {
    .size = sizeof tight, .spread_ms = 20000, .tail_ms = 5000, .deadline_ms = 70100, .seed = 1};

static const struct slogout_counts *counts(const struct crowd *crowd)
{
    return slogout_drain_get_counts(crowd->drain);
}

static uint64_t unsettled(const struct crowd *crowd)
{
    const struct slogout_counts *of = counts(crowd);
    return of->state[SLOGOUT_STATE_WAITING] + of->state[SLOGOUT_STATE_PENDING] +
           of->state[SLOGOUT_STATE_ASKED] + of->state[SLOGOUT_STATE_LEAVING];
}

static struct crowd *crowd_of(uint32_t count, const struct manner *manner)
{
    struct crowd *crowd = crowd_new(NULL, count, manner, 1, 700000);

    crowd_add(crowd, 0, count, 0);
    return crowd;
}

static void start(struct crowd *crowd, const struct slogout_plan *plan)
{
    assert_int_equal(slogout_drain_start(crowd->drain, plan, crowd->now), 0);
}

/* Each client has exactly one outcome, and the outcomes add up to these. */
static void expect_outcomes(const struct crowd *crowd, enum slogout_outcome outcome, uint64_t number)
{
    uint64_t all = 0;
    uint32_t i;

    for (i = 0; i < SLOGOUT_OUTCOME_COUNT; i++)
        all += counts(crowd)->outcome[i];
    assert_int_equal(counts(crowd)->outcome[outcome], number);
    assert_int_equal(all, crowd->count);
    for (i = 0; i < crowd->count; i++)
        assert_int_equal(crowd->clients[i].outcomes, 1);
    assert_int_equal(crowd->dones, 1);
}

/* ---- making and freeing ---- */

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

static void test_new_refuses(void **state)
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

static void test_a_slogout_with_a_drain_cannot_be_freed(void **state)
{
    struct crowd *crowd = crowd_of(0, &prompt);

    (void)state;
    assert_int_equal(slogout_free(crowd->slogout), SLOGOUT_ERR_STATE);
    crowd_free(crowd);
}

static void test_nothing_is_done_to_null(void **state)
{
    struct crowd *crowd = crowd_of(1, &prompt);
    struct slogout_session *session = crowd->clients[0].session;

    (void)state;
    slogout_drain_free(NULL);
    assert_int_equal(slogout_drain_add(NULL, session, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_add(crowd->drain, NULL, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_start(NULL, &relaxed, 0), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_pause(NULL), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_cancel(NULL), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_force(NULL, 0), SLOGOUT_ERR_ARGUMENT);
    assert_null(slogout_drain_get_counts(NULL));
    assert_true(slogout_drain_deadline(NULL) == SLOGOUT_NEVER);
    crowd_free(crowd);
}

static void test_never_is_no_time(void **state)
{
    struct crowd *crowd = crowd_of(1, &prompt);

    (void)state;
    assert_int_equal(slogout_drain_start(crowd->drain, &relaxed, SLOGOUT_NEVER), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_drain_force(crowd->drain, SLOGOUT_NEVER), SLOGOUT_ERR_ARGUMENT);
    crowd_free(crowd);
}

static void test_a_session_of_another_slogout_is_refused(void **state)
{
    struct crowd *crowd = crowd_of(1, &prompt), *other = crowd_new(NULL, 1, &prompt, 1, 10);

    (void)state;
    assert_int_equal(slogout_drain_add(crowd->drain, other->clients[0].session, 0), SLOGOUT_ERR_ARGUMENT);
    crowd_free(other);
    crowd_free(crowd);
}

/* ---- every function in every state ---- */

enum life { COLLECTING, RUNNING, PAUSED, FORCED, CANCELED, DONE };

static struct crowd *crowd_in(enum life life)
{
    struct crowd *crowd = crowd_new(NULL, 3, &silent, 1, 700000);

    crowd_add(crowd, 0, 2, 0);
    if (life != COLLECTING)
        start(crowd, &tight);
    if (life == PAUSED)
        assert_int_equal(slogout_drain_pause(crowd->drain), 0);
    if (life == CANCELED) {
        crowd_run(crowd, 19999);
        assert_int_equal(slogout_drain_cancel(crowd->drain), 0);
    }
    if (life == FORCED)
        assert_int_equal(slogout_drain_force(crowd->drain, crowd->now), 0);
    if (life == DONE)
        crowd_run(crowd, 100000);
    return crowd;
}

static void test_each_function_in_each_state(void **state)
{
    static const struct {
        int add, start, resume, pause, cancel, force;
        uint64_t over_by;
    } table[] = {
        [COLLECTING] = {0, 0, -2, -2, -2, 0, SLOGOUT_NEVER},
        [RUNNING] = {0, 0, 0, 0, 0, 0, 70100},
        [PAUSED] = {0, 0, 0, 0, 0, 0, 70100},
        [FORCED] = {0, 0, 0, 0, 0, 0, 15000},
        [CANCELED] = {-2, -2, -2, -2, -2, 0, SLOGOUT_NEVER},
        [DONE] = {-2, -2, -2, -2, -2, -2, SLOGOUT_NEVER},
    };
    unsigned life, function;

    (void)state;
    for (life = COLLECTING; life <= DONE; life++)
        for (function = 0; function < 6; function++) {
            struct crowd *crowd = crowd_in((enum life)life);
            struct slogout_drain *drain = crowd->drain;
            const int expected = (&table[life].add)[function];
            const int got = function == 0   ? slogout_drain_add(drain, crowd->clients[2].session, 0)
                            : function == 1 ? slogout_drain_start(drain, &tight, crowd->now)
                            : function == 2 ? slogout_drain_resume(drain, crowd->now)
                            : function == 3 ? slogout_drain_pause(drain)
                            : function == 4 ? slogout_drain_cancel(drain)
                                            : slogout_drain_force(drain, crowd->now);
            if (got != expected)
                fail_msg("state %u, function %u: %d", life, function, got);
            crowd_free(crowd);
        }
    for (life = COLLECTING; life <= DONE; life++) {
        struct crowd *crowd = crowd_in((enum life)life);
        assert_true(slogout_drain_deadline(crowd->drain) == table[life].over_by);
        crowd_free(crowd);
    }
}

static void test_a_session_joins_from_open_pending_and_asked_alone(void **state)
{
    struct crowd *crowd = crowd_new(NULL, 1, &silent, 1, 100000);
    struct slogout_session *session = crowd->clients[0].session;
    struct slogout_drain *other = crowd_drain(crowd);

    (void)state;
    assert_int_equal(slogout_session_request(session, NULL, 0), 0);
    assert_int_equal(slogout_drain_add(crowd->drain, session, 1), 0);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ASKED);
    assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_ASKED], 1);
    assert_int_equal(slogout_drain_add(crowd->drain, session, 1), SLOGOUT_ERR_STATE);
    assert_int_equal(slogout_drain_add(other, session, 1), SLOGOUT_ERR_STATE);
    slogout_drain_free(other);
    start(crowd, &relaxed);
    crowd_run(crowd, 100000);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_EXPIRED, 1);
    assert_int_equal(crowd->last_outcome_ms, 35000);
    crowd_free(crowd);
}

static void test_a_session_that_leaves_or_has_ended_cannot_join(void **state)
{
    struct crowd *crowd = crowd_new(NULL, 1, &never_at_rest, 1, 100000);
    struct slogout_session *session = crowd->clients[0].session;

    (void)state;
    slogout_session_force(session, 0);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_LEAVING);
    assert_int_equal(slogout_drain_add(crowd->drain, session, 0), SLOGOUT_ERR_STATE);
    slogout_session_abandon(session, SLOGOUT_OUTCOME_PEER_CLOSED);
    assert_int_equal(slogout_drain_add(crowd->drain, session, 0), SLOGOUT_ERR_STATE);
    crowd_free(crowd);
}

/* Functions that take no time do not change it. */
static void test_cancel_free_and_abandon_leave_the_time_as_it_is(void **state)
{
    struct crowd *crowd = crowd_of(1, &silent);

    (void)state;
    start(crowd, &relaxed);
    assert_int_equal(slogout_drain_cancel(crowd->drain), 0);
    assert_int_equal(slogout_session_request(crowd->clients[0].session, NULL, 0), 0);
    assert_int_equal(slogout_deadline(crowd->slogout), 0); /* done is due */
    assert_int_equal(slogout_tick(crowd->slogout, 0), 0);
    assert_int_equal(slogout_deadline(crowd->slogout), 35000);
    crowd_free(crowd);

    crowd = crowd_of(2, &silent);
    slogout_drain_free(crowd->drain);
    crowd->drain = NULL;
    assert_int_equal(slogout_session_abandon(crowd->clients[1].session, SLOGOUT_OUTCOME_PEER_CLOSED), 0);
    assert_int_equal(slogout_session_request(crowd->clients[0].session, NULL, 0), 0);
    assert_int_equal(slogout_deadline(crowd->slogout), 35000);
    crowd_free(crowd);
}

static void test_a_plan_that_cannot_be_kept_whole_keeps_its_deadline(void **state)
{
    struct slogout_plan shorter = tight;
    struct crowd *crowd = crowd_of(10, &silent);

    (void)state;
    shorter.deadline_ms--;
    assert_int_equal(slogout_plan_check(crowd->slogout, &shorter, 10, NULL), SLOGOUT_ERR_PLAN);
    start(crowd, &shorter);
    assert_int_equal(slogout_drain_deadline(crowd->drain), 70099);
    start(crowd, &tight);
    assert_int_equal(slogout_drain_deadline(crowd->drain), 70100);
    start(crowd, &shorter);
    assert_int_equal(slogout_drain_deadline(crowd->drain), 70099);
    crowd_free(crowd);
}

static void test_a_plan_without_size_is_refused(void **state)
{
    struct slogout_plan plan = tight;
    struct crowd *crowd = crowd_of(1, &silent);
    struct slogout_advice advice;

    (void)state;
    plan.size = 0;
    assert_int_equal(slogout_drain_start(crowd->drain, &plan, 0), SLOGOUT_ERR_SIZE);
    assert_int_equal(slogout_plan_check(crowd->slogout, &plan, 1, &advice), SLOGOUT_ERR_SIZE);
    assert_int_equal(slogout_plan_check(NULL, &tight, 1, &advice), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_plan_check(crowd->slogout, NULL, 1, &advice), SLOGOUT_ERR_ARGUMENT);
    crowd_free(crowd);
}

static void test_the_plan_is_measured_by_the_settings(void **state)
{
    const struct slogout_settings settings = {.answer_timeout_ms = 40000, .leave_timeout_ms = 3000};
    struct slogout_plan plan = tight;
    struct crowd *crowd = crowd_new(&settings, 0, &silent, 1, 10);
    struct slogout_advice advice;

    (void)state;
    plan.deadline_ms = 68099;
    assert_int_equal(slogout_plan_check(crowd->slogout, &plan, 1, NULL), SLOGOUT_ERR_PLAN);
    assert_int_equal(slogout_plan_check(crowd->slogout, &plan, 1, &advice), SLOGOUT_ERR_PLAN);
    assert_int_equal(advice.shortest_deadline_ms, 68100);
    assert_int_equal(advice.longest_spread_ms, 19999);
    plan.deadline_ms = 68100;
    assert_int_equal(slogout_plan_check(crowd->slogout, &plan, 1, &advice), 0);
    assert_int_equal(advice.longest_spread_ms, 20000);
    crowd_free(crowd);
}

/* ---- done ---- */

static void test_nothing_happens_until_the_start(void **state)
{
    struct crowd *crowd = crowd_of(10, &prompt);

    (void)state;
    assert_true(slogout_deadline(crowd->slogout) == SLOGOUT_NEVER);
    slogout_tick(crowd->slogout, 100000);
    assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_WAITING], 10);
    assert_int_equal(crowd->dones, 0);
    crowd_free(crowd);
}

static void test_a_drain_of_nobody_is_done_at_the_next_tick(void **state)
{
    struct crowd *crowd = crowd_of(0, &prompt);

    (void)state;
    start(crowd, &tight);
    assert_int_equal(crowd->dones, 0);
    crowd_run(crowd, 0);
    assert_int_equal(crowd->dones, 1);
    slogout_tick(crowd->slogout, 100000);
    assert_int_equal(crowd->dones, 1);
    crowd_free(crowd);
}

static void test_done_waits_until_all_are_freed(void **state)
{
    struct crowd *crowd = crowd_of(10, &lingering);

    (void)state;
    start(crowd, &tight);
    crowd_run(crowd, 100000);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_ANSWERED, 10);
    assert_int_equal(crowd->done_ms, crowd->last_outcome_ms + 500);
    crowd_free(crowd);
}

/* Each session has its outcome, but connections are still being closed. Nothing of the drain is due then. */
static void test_outcome_is_not_departure(void **state)
{
    struct crowd *crowd = crowd_of(10, &lingering);

    (void)state;
    start(crowd, &tight);
    while (unsettled(crowd))
        crowd_run(crowd, crowd->now);
    assert_in_range(counts(crowd)->state[SLOGOUT_STATE_ENDED], 1, 10);
    assert_true(slogout_deadline(crowd->slogout) == SLOGOUT_NEVER);
    assert_int_equal(crowd->dones, 0);
    crowd_free(crowd);
}

static void test_ended_counts_until_the_free_even_after_the_deadline(void **state)
{
    static const struct manner kept = {1, 0, 50, "OK", CROWD_NEVER};
    struct crowd *crowd = crowd_of(10, &kept);

    (void)state;
    start(crowd, &tight);
    crowd_run(crowd, 200000);
    assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_ENDED], 10);
    assert_int_equal(crowd->dones, 0);
    crowd_free(crowd);
}

/* The session that joined last is gone before the slot could be cut again for it. */
static void test_at_the_deadline_those_who_leave_are_forced(void **state)
{
    static const struct manner manners[] = {{1, 0, 50, "OK", CROWD_NEVER},
                                            {1, CROWD_NEVER, CROWD_NEVER, "OK", 0},
                                            {1, CROWD_NEVER, CROWD_NEVER, "OK", 0}};
    struct crowd *crowd = crowd_new(NULL, 3, manners, 3, 100000);

    (void)state;
    crowd_add(crowd, 0, 1, 0);
    start(crowd, &tight);
    crowd_run(crowd, 69900);
    crowd_add(crowd, 1, 3, 0);
    assert_int_equal(slogout_session_force(crowd->clients[1].session, crowd->now), 0);
    assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_LEAVING], 1);
    crowd_hang_up(crowd, &crowd->clients[2]);
    crowd->now = 70100;
    crowd_tick(crowd);
    assert_int_equal(crowd->clients[1].outcome, SLOGOUT_OUTCOME_FORCED);
    crowd_free(crowd);
}

/* ---- members that do something else ---- */

static void test_requests_and_force_take_effect_at_once_on_a_waiting_member(void **state)
{
    struct crowd *crowd = crowd_of(10, &silent);

    (void)state;
    start(crowd, &tight);
    assert_int_equal(slogout_session_request(crowd->clients[9].session, NULL, 0), 0);
    assert_int_equal(slogout_session_force(crowd->clients[8].session, 0), 0);
    assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_ASKED], 1);
    assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_WAITING], 8);
    assert_int_equal(crowd->clients[8].outcome, SLOGOUT_OUTCOME_FORCED);
    crowd_run(crowd, 100000);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_EXPIRED, 9);
    assert_int_equal(counts(crowd)->outcome[SLOGOUT_OUTCOME_FORCED], 1);
    assert_int_equal(crowd->clients[9].closed_ms, 35000);
    crowd_free(crowd);
}

static void test_a_member_that_is_cancelled_is_out_of_the_drain(void **state)
{
    struct crowd *crowd = crowd_of(2, &prompt);

    (void)state;
    start(crowd, &tight);
    assert_int_equal(slogout_session_cancel(crowd->clients[1].session), 0);
    assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_WAITING], 1);
    crowd_run(crowd, 100000);
    assert_int_equal(slogout_session_state(crowd->clients[1].session), SLOGOUT_STATE_OPEN);
    assert_int_equal(crowd->dones, 1);
    crowd_free(crowd);
}

static void test_members_that_leave_by_themselves_are_counted(void **state)
{
    struct crowd *crowd = crowd_of(100, &prompt);
    uint32_t i;

    (void)state;
    start(crowd, &tight);
    crowd_run(crowd, 9999);
    for (i = 0; i < 100; i++)
        if (crowd->clients[i].session && i % 2)
            crowd_hang_up(crowd, &crowd->clients[i]);
    crowd_run(crowd, 100000);
    assert_in_range(counts(crowd)->outcome[SLOGOUT_OUTCOME_PEER_CLOSED], 24, 27);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_ANSWERED,
                    100 - counts(crowd)->outcome[SLOGOUT_OUTCOME_PEER_CLOSED]);
    assert_in_range(crowd->last_outcome_ms, 19000, 20050);
    crowd_free(crowd);
}

static void test_all_members_leave_by_themselves_before_the_start(void **state)
{
    struct crowd *crowd = crowd_of(3, &prompt);
    uint32_t i;

    (void)state;
    for (i = 0; i < 3; i++)
        crowd_hang_up(crowd, &crowd->clients[i]);
    assert_int_equal(crowd->dones, 0);
    start(crowd, &tight);
    crowd_run(crowd, 0);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_PEER_CLOSED, 3);
    crowd_free(crowd);
}

static void test_a_drain_that_was_not_started_keeps_nobody_from_being_asked(void **state)
{
    struct crowd *crowd = crowd_of(1, &silent);

    (void)state;
    assert_int_equal(slogout_session_request(crowd->clients[0].session, NULL, 0), 0);
    assert_int_equal(slogout_session_state(crowd->clients[0].session), SLOGOUT_STATE_ASKED);
    crowd_free(crowd);
}

/* ---- inside callbacks ---- */

static void free_all(struct crowd *crowd, struct client *client)
{
    uint32_t i;

    crowd->in_send_line = crowd->in_close = NULL;
    for (i = 0; i < crowd->count; i++)
        if (&crowd->clients[i] != client && crowd->clients[i].session)
            crowd_hang_up(crowd, &crowd->clients[i]);
}

static void free_itself(struct crowd *crowd, struct client *client)
{
    crowd_hang_up(crowd, client);
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

static void test_the_others_are_freed_in_send_line(void **state)
{
    struct crowd *crowd = crowd_of(10, &prompt);

    (void)state;
    crowd->in_send_line = free_all;
    start(crowd, &tight);
    crowd_run(crowd, 100000);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_PEER_CLOSED, 9);
    crowd_free(crowd);
}

static void test_the_others_are_freed_in_close(void **state)
{
    struct crowd *crowd = crowd_of(10, &not_enabled);

    (void)state;
    crowd->in_close = free_all;
    start(crowd, &tight);
    crowd_run(crowd, 100000);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_PEER_CLOSED, 9);
    crowd_free(crowd);
}

static void test_each_is_freed_in_send_line(void **state)
{
    struct crowd *crowd = crowd_of(10, &prompt);

    (void)state;
    crowd->in_send_line = free_itself;
    start(crowd, &tight);
    crowd_run(crowd, 100000);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_PEER_CLOSED, 10);
    crowd_free(crowd);
}

static void test_the_drain_is_freed_in_send_line(void **state)
{
    struct crowd *crowd = crowd_of(10, &prompt);
    uint32_t i, open = 0;

    (void)state;
    crowd->in_send_line = free_drain;
    start(crowd, &tight);
    crowd_run(crowd, 100000);
    for (i = 0; i < 10; i++)
        open += slogout_session_state(crowd->clients[i].session) == SLOGOUT_STATE_OPEN;
    assert_int_equal(open, 9);
    assert_int_equal(crowd->outcomes, 1);
    assert_int_equal(crowd->dones, 0);
    crowd_free(crowd);
}

static void test_the_drain_is_freed_in_close(void **state)
{
    struct crowd *crowd = crowd_of(10, &not_enabled);

    (void)state;
    crowd->in_close = free_drain;
    start(crowd, &tight);
    crowd_run(crowd, 100000);
    assert_int_equal(crowd->outcomes, 1);
    crowd_free(crowd);
}

static void test_the_drain_is_cancelled_in_send_line(void **state)
{
    struct crowd *crowd = crowd_of(10, &prompt);

    (void)state;
    crowd->in_send_line = cancel_drain;
    start(crowd, &tight);
    crowd_run(crowd, 100000);
    assert_int_equal(crowd->dones, 1);
    assert_int_equal(slogout_get_counts(crowd->slogout)->state[SLOGOUT_STATE_ASKED], 1);
    assert_int_equal(slogout_get_counts(crowd->slogout)->state[SLOGOUT_STATE_WAITING], 0);
    assert_int_equal(crowd->outcomes, 0);
    crowd_free(crowd);
}

static void test_the_drain_is_forced_in_send_line(void **state)
{
    struct crowd *crowd = crowd_of(10, &silent);

    (void)state;
    crowd->in_send_line = force_drain;
    start(crowd, &tight);
    crowd_run(crowd, 100000);
    expect_outcomes(crowd, SLOGOUT_OUTCOME_FORCED, 10);
    crowd_free(crowd);
}

static void free_own_drain(struct crowd *crowd)
{
    slogout_drain_free(crowd->drain);
    crowd->drain = NULL;
}

static void test_the_drain_is_freed_in_its_done(void **state)
{
    struct crowd *crowd = crowd_of(10, &prompt);

    (void)state;
    crowd->in_done = free_own_drain;
    start(crowd, &tight);
    crowd_run(crowd, 100000);
    assert_int_equal(crowd->outcomes, 10);
    assert_int_equal(crowd->dones, 1);
    crowd_free(crowd);
}

static struct slogout_drain *another;

static void free_another(struct crowd *crowd)
{
    (void)crowd;
    slogout_drain_free(another);
    another = NULL;
}

/* Both drains are due in the same tick, and the done of the first frees the second, which has a member. */
static void test_a_drain_is_freed_in_the_done_of_another(void **state)
{
    struct crowd *crowd = crowd_new(NULL, 1, &prompt, 1, 100);

    (void)state;
    another = crowd_drain(crowd);
    slogout_drain_add(another, crowd->clients[0].session, 0);
    crowd->in_done = free_another;
    start(crowd, &tight);
    assert_int_equal(slogout_drain_start(another, &tight, 0), 0);
    crowd_run(crowd, 0);
    assert_int_equal(crowd->dones, 1);
    assert_null(another);
    assert_int_equal(slogout_session_state(crowd->clients[0].session), SLOGOUT_STATE_OPEN);
    crowd_free(crowd);
}

static void try_reentrant(struct crowd *crowd)
{
    assert_int_equal(slogout_tick(crowd->slogout, crowd->now), SLOGOUT_ERR_REENTRANT);
    assert_int_equal(slogout_free(crowd->slogout), SLOGOUT_ERR_REENTRANT);
    assert_int_equal(slogout_session_request(crowd->clients[0].session, NULL, 0), SLOGOUT_ERR_REENTRANT);
}

static void test_done_is_a_callback(void **state)
{
    struct crowd *crowd = crowd_new(NULL, 1, &prompt, 1, 100);

    (void)state;
    crowd->in_done = try_reentrant;
    start(crowd, &tight);
    crowd_run(crowd, 0);
    assert_int_equal(crowd->dones, 1);
    crowd_free(crowd);
}

/* ---- freeing ---- */

static void test_members_of_a_freed_drain_are_open_or_go_on(void **state)
{
    static const struct manner mixed[] = {
        {1, 0, CROWD_NEVER, "OK", 0}, /* will be ASKED */
        {1, CROWD_NEVER, 0, "OK", 0}, /* PENDING, or LEAVING */
        {1, 0, 0, "OK", 1000},        /* ENDED */
    };
    struct crowd *crowd = crowd_new(NULL, 5, mixed, 3, 400000);

    (void)state;
    slogout_session_force(crowd->clients[1].session, 0); /* was LEAVING, so it is not a member */
    crowd_add(crowd, 0, 1, 0);
    crowd_add(crowd, 2, 4, 0);
    start(crowd, &tight);
    slogout_session_request(crowd->clients[0].session, NULL, 0);
    slogout_session_request(crowd->clients[2].session, NULL, 0);
    crowd_run(crowd, 0);
    slogout_session_request(crowd->clients[4].session, NULL, 0);
    crowd_add(crowd, 4, 5, 0);
    assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_ASKED], 1);
    assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_WAITING], 1);
    assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_PENDING], 1);
    assert_int_equal(
        counts(crowd)->state[SLOGOUT_STATE_ENDED] + counts(crowd)->outcome[SLOGOUT_OUTCOME_ANSWERED], 2);
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

/* ---- outcomes ---- */

static void test_each_answer_has_its_outcome(void **state)
{
    static const struct {
        const struct manner *manner;
        enum slogout_outcome outcome;
    } table[] = {
        {&prompt, SLOGOUT_OUTCOME_ANSWERED},      {&refusing, SLOGOUT_OUTCOME_REFUSED},
        {&silent, SLOGOUT_OUTCOME_EXPIRED},       {&not_enabled, SLOGOUT_OUTCOME_BYE_ONLY},
        {&never_at_rest, SLOGOUT_OUTCOME_FORCED},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(table); i++) {
        struct crowd *crowd = crowd_of(100, table[i].manner);
        start(crowd, &tight);
        crowd_run(crowd, 100000);
        expect_outcomes(crowd, table[i].outcome, 100);
        assert_in_range(crowd->last_outcome_ms, 1, 70100);
        crowd_free(crowd);
    }
}

static void test_the_counters_are_those_of_the_members(void **state)
{
    struct crowd *crowd = crowd_new(NULL, 2, &silent, 1, 100000);

    (void)state;
    crowd_add(crowd, 0, 1, 0);
    slogout_session_request(crowd->clients[1].session, NULL, 0);
    assert_int_equal(counts(crowd)->state[SLOGOUT_STATE_ASKED], 0);
    assert_int_equal(slogout_get_counts(crowd->slogout)->state[SLOGOUT_STATE_ASKED], 1);
    start(crowd, &relaxed);
    crowd_run(crowd, 100000);
    assert_int_equal(counts(crowd)->outcome[SLOGOUT_OUTCOME_EXPIRED], 1);
    assert_int_equal(slogout_get_counts(crowd->slogout)->outcome[SLOGOUT_OUTCOME_EXPIRED], 2);
    crowd_free(crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_refuses),
        cmocka_unit_test(test_a_slogout_with_a_drain_cannot_be_freed),
        cmocka_unit_test(test_nothing_is_done_to_null),
        cmocka_unit_test(test_never_is_no_time),
        cmocka_unit_test(test_a_session_of_another_slogout_is_refused),
        cmocka_unit_test(test_each_function_in_each_state),
        cmocka_unit_test(test_a_session_joins_from_open_pending_and_asked_alone),
        cmocka_unit_test(test_a_session_that_leaves_or_has_ended_cannot_join),
        cmocka_unit_test(test_cancel_free_and_abandon_leave_the_time_as_it_is),
        cmocka_unit_test(test_a_plan_that_cannot_be_kept_whole_keeps_its_deadline),
        cmocka_unit_test(test_a_plan_without_size_is_refused),
        cmocka_unit_test(test_the_plan_is_measured_by_the_settings),
        cmocka_unit_test(test_nothing_happens_until_the_start),
        cmocka_unit_test(test_a_drain_of_nobody_is_done_at_the_next_tick),
        cmocka_unit_test(test_done_waits_until_all_are_freed),
        cmocka_unit_test(test_outcome_is_not_departure),
        cmocka_unit_test(test_ended_counts_until_the_free_even_after_the_deadline),
        cmocka_unit_test(test_at_the_deadline_those_who_leave_are_forced),
        cmocka_unit_test(test_requests_and_force_take_effect_at_once_on_a_waiting_member),
        cmocka_unit_test(test_a_member_that_is_cancelled_is_out_of_the_drain),
        cmocka_unit_test(test_members_that_leave_by_themselves_are_counted),
        cmocka_unit_test(test_all_members_leave_by_themselves_before_the_start),
        cmocka_unit_test(test_a_drain_that_was_not_started_keeps_nobody_from_being_asked),
        cmocka_unit_test(test_the_others_are_freed_in_send_line),
        cmocka_unit_test(test_the_others_are_freed_in_close),
        cmocka_unit_test(test_each_is_freed_in_send_line),
        cmocka_unit_test(test_the_drain_is_freed_in_send_line),
        cmocka_unit_test(test_the_drain_is_freed_in_close),
        cmocka_unit_test(test_the_drain_is_cancelled_in_send_line),
        cmocka_unit_test(test_the_drain_is_forced_in_send_line),
        cmocka_unit_test(test_the_drain_is_freed_in_its_done),
        cmocka_unit_test(test_a_drain_is_freed_in_the_done_of_another),
        cmocka_unit_test(test_done_is_a_callback),
        cmocka_unit_test(test_members_of_a_freed_drain_are_open_or_go_on),
        cmocka_unit_test(test_each_answer_has_its_outcome),
        cmocka_unit_test(test_the_counters_are_those_of_the_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
