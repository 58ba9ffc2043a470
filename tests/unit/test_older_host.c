/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that was compiled with the headers of 0.2.0, or of a later version with smaller structs. Each struct is
 * alone in memory of exactly its size, which is freed after the call that receives it. */
#include "support/test.h"
#include <slogout/drain.h>
#include "support/exact.h"

/* The structs of 0.2.0. */
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

static const struct old_callbacks callbacks = {sizeof callbacks, send_line, close_connection};

static void done(struct slogout_drain *drain, void *user_data)
{
    (void)drain;
    ++*(int *)user_data;
}

static struct slogout *new_slogout(void)
{
    static const struct old_settings settings = {.size = sizeof settings, .answer_timeout_ms = 40000};
    void *copy = exact_copy((const char *)&settings, sizeof settings);
    struct slogout *slogout;

    assert_int_equal(slogout_new(&slogout, copy), 0);
    exact_free(copy);
    return slogout;
}

static struct slogout_session *new_session(struct slogout *slogout, int *calls)
{
    void *copy = exact_copy((const char *)&callbacks, sizeof callbacks);
    struct slogout_session *session;

    *calls = 0;
    assert_int_equal(slogout_session_new(&session, slogout, copy, calls), 0);
    exact_free(copy);
    return session;
}

static void test_a_session_accepts_older_structs(void **state)
{
    struct slogout *slogout = new_slogout();
    int calls;
    struct slogout_session *session = new_session(slogout, &calls);

    (void)state;
    slogout_session_set_enabled(session, 1);
    assert_int_equal(slogout_session_request(session, NULL, 0), 0);
    assert_int_equal(slogout_deadline(slogout), 40000);
    assert_int_equal(slogout_session_feed_line(session, "SLO.1 OK", 8, 1), SLOGOUT_CONSUMED);
    assert_int_equal(calls, 101);
    slogout_session_free(session);
    assert_int_equal(slogout_free(slogout), 0);
}

static void test_a_drain_accepts_an_older_plan(void **state)
{
    static const struct old_plan plan = {.size = sizeof plan, .spread_ms = 1000, .deadline_ms = 100000};
    struct slogout *slogout = new_slogout();
    int calls, dones = 0;
    struct slogout_session *session = new_session(slogout, &calls);
    void *copy = exact_copy((const char *)&plan, sizeof plan);
    struct slogout_drain *drain;

    (void)state;
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

/* A departure may end after any member; the missing members count as 0. */
static void test_a_departure_may_have_fewer_members(void **state)
{
    static const struct slogout_departure departure = {.size = sizeof departure, .spread_ms = 1000, .seed = 5};
    static const size_t sizes[] = {offsetof(struct slogout_departure, spread_ms),
                                   offsetof(struct slogout_departure, seed),
                                   offsetof(struct slogout_departure, deadline_ms),
                                   offsetof(struct slogout_departure, bye_text), sizeof departure};
    struct slogout *slogout = new_slogout();
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(sizes); i++) {
        int calls;
        struct slogout_session *session = new_session(slogout, &calls);
        char *copy = exact_copy((const char *)&departure, sizes[i]);

        memcpy(copy, &sizes[i], sizeof sizes[i]);
        assert_int_equal(slogout_session_leave(session, (void *)copy, 0), 0);
        exact_free(copy);
        assert_int_equal(slogout_session_state(session), i ? SLOGOUT_STATE_WAITING : SLOGOUT_STATE_ENDED);
        slogout_session_free(session);
    }
    assert_int_equal(slogout_free(slogout), 0);
}

/* If a result is larger than this library knows, its last octets are zeros. */
static void test_results_of_each_size_are_filled(void **state)
{
    const size_t known = sizeof(struct slogout_result);
    struct slogout *slogout = new_slogout();
    int calls;
    struct slogout_session *session = new_session(slogout, &calls);
    size_t size;

    (void)state;
    assert_int_equal(slogout_session_force(session, 0), 0);
    for (size = sizeof(size_t); size <= known + 16; size++) {
        struct slogout_result result = {.size = 0};
        char *out = exact_fill('\x11', size);

        memcpy(out, &size, sizeof size);
        assert_int_equal(slogout_session_get_result(session, (void *)out), 0);
        memcpy(&result, out, size < known ? size : known);
        assert_int_equal(result.size, size);
        assert_true(size < known || result.outcome == SLOGOUT_OUTCOME_FORCED);
        assert_true(size <= known || (out[known] == 0 && out[size - 1] == 0));
        exact_free(out);
    }
    slogout_session_free(session);
    assert_int_equal(slogout_free(slogout), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_session_accepts_older_structs),
        cmocka_unit_test(test_a_drain_accepts_an_older_plan),
        cmocka_unit_test(test_a_departure_may_have_fewer_members),
        cmocka_unit_test(test_results_of_each_size_are_filled),
    };
    return cmocka_run_group_tests_name("older host", tests, NULL, NULL);
}
