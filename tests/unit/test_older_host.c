/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that was compiled with the headers of 0.2.0: its structs are smaller, or will be. Each is alone in memory of
 * its size, which is freed when the call that receives it has returned. */
#include "support/test.h"
#include <slogout/drain.h>
#include "support/exact.h"

/* As they were. */
struct old_settings {
    size_t size;
    uint32_t answer_timeout_ms, ready_timeout_ms, leave_timeout_ms;
    enum slogout_ask ask;
    enum slogout_on_refusal on_refusal;
    const char *tag_prefix, *bye_text;
    void (*set_timer)(struct slogout *slogout, uint64_t deadline_ms, void *user_data);
    void *(*allocate)(size_t size, void *user_data);
    void (*release)(void *memory, void *user_data);
    void *user_data;
};

struct old_callbacks {
    size_t size;
    int (*send_line)(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn);
    void (*close_connection)(struct slogout_session *session, const struct slogout_result *result,
                             void *conn);
};

struct old_plan {
    size_t size;
    uint32_t spread_ms, tail_ms;
    uint64_t deadline_ms;
    uint32_t max_in_flight, seed;
};

/* Returns a copy that ends where its memory ends. */
static void *alone(const void *from, size_t size)
{
    return exact_copy(from, size);
}

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    (void)session;
    (void)line;
    (void)len;
    (void)when;
    ++*(int *)conn;
    return 0;
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    (void)session;
    (void)result;
    *(int *)conn += 100;
}

static void done(struct slogout_drain *drain, void *user_data)
{
    (void)drain;
    ++*(int *)user_data;
}

static struct slogout *new_slogout(void)
{
    static const struct old_settings settings = {.size = sizeof settings, .answer_timeout_ms = 40000};
    void *copy = alone(&settings, sizeof settings);
    struct slogout *slogout;

    assert_int_equal(slogout_new(&slogout, copy), 0);
    exact_free(copy);
    return slogout;
}

static void test_a_session_of_older_structs(void **state)
{
    static const struct old_callbacks callbacks = {sizeof callbacks, send_line, close_connection};
    struct slogout *slogout = new_slogout();
    void *copy = alone(&callbacks, sizeof callbacks);
    struct slogout_session *session;
    int calls = 0;

    (void)state;
    assert_int_equal(slogout_session_new(&session, slogout, copy, &calls), 0);
    exact_free(copy);
    slogout_session_set_enabled(session, 1);
    assert_int_equal(slogout_session_request(session, NULL, 0), 0);
    assert_int_equal(slogout_deadline(slogout), 40000);
    assert_int_equal(slogout_session_feed_line(session, "SLO.1 OK", 8, 1), SLOGOUT_CONSUMED);
    assert_int_equal(calls, 101);
    slogout_session_free(session);
    assert_int_equal(slogout_free(slogout), 0);
}

static void test_a_drain_of_an_older_plan(void **state)
{
    static const struct old_plan plan = {.size = sizeof plan, .spread_ms = 1000, .deadline_ms = 100000};
    static const struct old_callbacks callbacks = {sizeof callbacks, send_line, close_connection};
    struct slogout *slogout = new_slogout();
    void *copy = alone(&callbacks, sizeof callbacks);
    struct slogout_session *session;
    struct slogout_drain *drain;
    int calls = 0, dones = 0;

    (void)state;
    assert_int_equal(slogout_session_new(&session, slogout, copy, &calls), 0);
    exact_free(copy);
    copy = alone(&plan, sizeof plan);
    assert_int_equal(slogout_plan_check(slogout, copy, 1, NULL), 0);
    assert_int_equal(slogout_drain_new(&drain, slogout, done, &dones), 0);
    assert_int_equal(slogout_drain_add(drain, session, 0), 0);
    assert_int_equal(slogout_drain_start(drain, copy, 0), 0);
    exact_free(copy);
    assert_int_equal(slogout_tick(slogout, 1000), 0);
    assert_int_equal(calls, 101);
    slogout_session_free(session);
    assert_int_equal(slogout_tick(slogout, 1000), 0);
    assert_int_equal(dones, 1);
    slogout_drain_free(drain);
    assert_int_equal(slogout_free(slogout), 0);
}

/* Both structs can be cut after any member; what is missing counts as 0. */
static void test_structs_with_fewer_members(void **state)
{
    static const struct slogout_departure departure = {
        .size = sizeof departure, .spread_ms = 1000, .seed = 5};
    static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};
    static const size_t sizes[] = {offsetof(struct slogout_departure, spread_ms),
                                   offsetof(struct slogout_departure, seed),
                                   offsetof(struct slogout_departure, deadline_ms),
                                   offsetof(struct slogout_departure, bye_text), sizeof departure};
    struct slogout *slogout = new_slogout();
    size_t i, size;

    (void)state;
    for (i = 0; i < LENGTH(sizes); i++) {
        struct slogout_session *session;
        struct slogout_departure *copy = alone(&departure, sizes[i]);
        int calls = 0;
        memcpy(copy, &sizes[i], sizeof sizes[i]);
        assert_int_equal(slogout_session_new(&session, slogout, &callbacks, &calls), 0);
        assert_int_equal(slogout_session_leave(session, copy, 0), 0);
        exact_free((char *)copy);
        assert_int_equal(slogout_session_state(session), i ? SLOGOUT_STATE_WAITING : SLOGOUT_STATE_ENDED);
        slogout_session_free(session);
    }
    for (size = sizeof(size_t); size <= sizeof(struct slogout_result); size++) {
        struct slogout_session *session;
        char *out = exact_fill('\x11', size);
        int calls = 0;
        size_t given;
        memcpy(out, &size, sizeof size);
        assert_int_equal(slogout_session_new(&session, slogout, &callbacks, &calls), 0);
        assert_int_equal(slogout_session_force(session, 0), 0);
        assert_int_equal(slogout_session_get_result(session, (struct slogout_result *)(void *)out), 0);
        memcpy(&given, out, sizeof given);
        assert_int_equal(given, size);
        slogout_session_free(session);
        exact_free(out);
    }
    assert_int_equal(slogout_free(slogout), 0);
}

/* A newer program, whose struct has a member that this library does not know. */
static void test_a_larger_result_ends_in_zeros(void **state)
{
    static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};
    struct {
        struct slogout_result known;
        uint64_t more[2];
    } result = {{.size = sizeof result}, {1, 2}};
    struct slogout *slogout = new_slogout();
    struct slogout_session *session;
    int calls = 0;

    (void)state;
    assert_int_equal(slogout_session_new(&session, slogout, &callbacks, &calls), 0);
    assert_int_equal(slogout_session_force(session, 0), 0);
    assert_int_equal(slogout_session_get_result(session, &result.known), 0);
    assert_int_equal(result.known.size, sizeof result);
    assert_int_equal(result.known.outcome, SLOGOUT_OUTCOME_FORCED);
    assert_int_equal(result.more[0] | result.more[1], 0);
    slogout_session_free(session);
    assert_int_equal(slogout_free(slogout), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_session_of_older_structs),
        cmocka_unit_test(test_a_drain_of_an_older_plan),
        cmocka_unit_test(test_structs_with_fewer_members),
        cmocka_unit_test(test_a_larger_result_ends_in_zeros),
    };
    return cmocka_run_group_tests_name("older host", tests, NULL, NULL);
}
