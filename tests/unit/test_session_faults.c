/* SPDX-License-Identifier: BSD-2-Clause */
/* What fails, fails at every place where it can; the host counts everything again after each step. */
#include "support/host.h"

/* ---- memory ---- */

static void test_session_new_without_memory_changes_nothing(void **state)
{
    static const struct slogout_callbacks callbacks = {.size = 0};
    struct host *host = *state;
    struct slogout_session *out = NULL;

    host_start(host, NULL);
    assert_int_equal(slogout_session_new(&out, host->slogout, &host_callbacks, NULL), 0);
    slogout_session_free(out);
    out = NULL;
    host->fail_allocation = 1;
    assert_int_equal(slogout_session_new(&out, host->slogout, &host_callbacks, NULL), SLOGOUT_ERR_NOMEM);
    assert_null(out);
    host_check(host);
    host->fail_allocation = 1; /* what is refused earlier takes no memory */
    assert_int_equal(slogout_session_new(&out, host->slogout, &callbacks, NULL), SLOGOUT_ERR_SIZE);
    assert_int_equal(host->fail_allocation, 1);
    host->fail_allocation = 0;
}

static void test_a_slogout_is_freed_although_a_session_got_no_memory(void **state)
{
    struct host *host = *state;
    struct slogout_session *session, *out = NULL;

    host_start(host, NULL);
    session = host_connect(host);
    host->fail_allocation = 1;
    assert_int_equal(slogout_session_new(&out, host->slogout, &host_callbacks, NULL), SLOGOUT_ERR_NOMEM);
    host_free(host, session);
    assert_int_equal(host->memory, 1);
    assert_int_equal(slogout_free(host->slogout), 0);
    host->slogout = NULL;
}

/* ---- send_line: a scenario of which each line meets each answer of the host ---- */

/* Ends with all sessions ENDED, each with an outcome. */
static void scenario(struct host *host)
{
    struct slogout_session *sessions[10];
    size_t i;

    host_start(host, NULL);
    for (i = 0; i < LENGTH(sessions); i++)
        sessions[i] = i == 3 || i == 4 ? host_connect(host) : host_connect_enabled(host);
    for (i = 2; i < LENGTH(sessions); i++)
        host_join(host, sessions[i]);
    for (i = 0; i < 8; i++) {
        host->now += 10;
        host_request(host, sessions[i], i % 2 ? "Moved" : NULL);
    }
    for (i = 0; i < 8; i++)
        host_resume(host, sessions[i]);
    for (i = 0; i < 3; i++)
        host_feed_line(host, sessions[i], "* BYE");
    host_feed_line(host, sessions[0], "SLO.1 OK");
    host_feed_line(host, sessions[1], "SLO.2 NO");
    host_feed_line(host, sessions[2], "SLO.3 BAD");
    host_force(host, sessions[8]);
    host_force(host, sessions[5]);
    for (i = 0; i < 9; i++)
        host_resume(host, sessions[i]);
    host_tick_at(host, 40000);
    host_resume(host, sessions[6]);
    host_tick_at(host, 1000000);
    host_abandon(host, sessions[9], SLOGOUT_OUTCOME_CLIENT_LOGOUT);
    host_tick_at(host, 2000000);
}

static uint64_t outcomes(const struct host *host)
{
    const struct slogout_counts *counts = slogout_get_counts(host->slogout);
    uint64_t sum = 0;
    unsigned i;

    for (i = 0; i < SLOGOUT_OUTCOME_COUNT; i++)
        sum += counts->outcome[i];
    return sum;
}

/* Whatever send_line returned, each session has one outcome, and all except the abandoned one were closed. */
static void run_scenario(const char *says)
{
    void *state = NULL;
    struct host *host;
    unsigned i;

    assert_int_equal(host_setup(&state), 0);
    host = state;
    host->send_says = says;
    scenario(host);
    assert_int_equal(outcomes(host), host->connected);
    for (i = 0; i < host->connected; i++) {
        assert_int_equal(slogout_session_state(host->sessions[i]), SLOGOUT_STATE_ENDED);
        assert_int_equal(host->conns[i].closed, i != 9);
    }
    assert_true(slogout_deadline(host->slogout) == SLOGOUT_NEVER);
    host_forget(host);
    host_teardown(&state);
}

#define LINES 24 /* more than the scenario has */

/* Alone, and with all after it. */
static void test_each_line_is_broken_or_busy(void **state)
{
    char says[4 * LINES + 1] = "";
    size_t i, kind;

    (void)state;
    for (i = 0; i < LINES; i++)
        for (kind = 0; kind < 2; kind++) {
            memset(says, 't', sizeof says - 1);
            says[i] = "B-"[kind];
            run_scenario(says);
            memset(says + i, "B-"[kind], sizeof says - 1 - i);
            run_scenario(says);
        }
}

/* Each of the first eight lines is taken, BUSY or broken, in all combinations. */
static void test_all_combinations_of_the_first_eight_lines(void **state)
{
    unsigned number;

    (void)state;
    for (number = 0; number < 6561; number++) { /* 3^8 */
        char says[9] = "";
        unsigned rest = number;
        size_t i;
        for (i = 0; i < 8; i++, rest /= 3)
            says[i] = "tB-"[rest % 3];
        run_scenario(says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        host_test(test_session_new_without_memory_changes_nothing),
        host_test(test_a_slogout_is_freed_although_a_session_got_no_memory),
        cmocka_unit_test(test_each_line_is_broken_or_busy),
        cmocka_unit_test(test_all_combinations_of_the_first_eight_lines),
    };
    return cmocka_run_group_tests_name("session: faults", tests, NULL, NULL);
}
