/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/host.h"
#include "support/crowd.h"
#include <limits.h>
#include <stdlib.h>
#include "call.h"

#define LAST (SLOGOUT_NEVER - 1) /* the greatest valid time */

/* ---- settings ---- */

static void *plain_allocate(size_t size, void *user_data)
{
    (void)user_data;
    return malloc(size);
}

static void plain_release(void *memory, void *user_data)
{
    (void)user_data;
    free(memory);
}

static int try_settings(const struct slogout_settings *settings)
{
    struct slogout *slogout = NULL;
    const int error = slogout_new(&slogout, settings);

    if (error)
        assert_null(slogout); /* it was not changed */
    else
        assert_int_equal(slogout_free(slogout), 0);
    return error;
}

#define SETTINGS(...)                                                                                        \
    {                                                                                                        \
        .size = sizeof(struct slogout_settings), __VA_ARGS__                                                 \
    }
#define TEXT_50  "Server is closing, please come back some other day"
#define TEXT_200 TEXT_50 TEXT_50 TEXT_50 TEXT_50

static const struct {
    const char *what;
    int error;
    struct slogout_settings settings;
} settings_rows[] = {
    {"all defaults", 0, {.size = sizeof(struct slogout_settings)}},
    {"no size", SLOGOUT_ERR_SIZE, {.size = 0}},
    {"the size of a pointer", SLOGOUT_ERR_SIZE, {.size = sizeof(size_t) - 1}},
    {"answer timeout of 1 ms", SLOGOUT_ERR_TIMEOUT, SETTINGS(.answer_timeout_ms = 1)},
    {"answer timeout of 32,000 ms", SLOGOUT_ERR_TIMEOUT, SETTINGS(.answer_timeout_ms = 32000)},
    {"answer timeout of 32,001 ms", 0, SETTINGS(.answer_timeout_ms = 32001)},
    {"greatest answer timeout", 0, SETTINGS(.answer_timeout_ms = UINT32_MAX)},
    {"shortest of the other timeouts", 0, SETTINGS(.ready_timeout_ms = 1, .leave_timeout_ms = 1)},
    {"longest of the other timeouts", 0, SETTINGS(.ready_timeout_ms = UINT32_MAX, .leave_timeout_ms = UINT32_MAX)},
    {"empty prefix", SLOGOUT_ERR_PREFIX, SETTINGS(.tag_prefix = "")},
    {"prefix with +", SLOGOUT_ERR_PREFIX, SETTINGS(.tag_prefix = "A+")},
    {"prefix *", SLOGOUT_ERR_PREFIX, SETTINGS(.tag_prefix = "*")},
    {"prefix with SP", SLOGOUT_ERR_PREFIX, SETTINGS(.tag_prefix = "A ")},
    {"prefix of 16 octets", 0, SETTINGS(.tag_prefix = "1234567890123456")},
    {"prefix of 17 octets", SLOGOUT_ERR_PREFIX, SETTINGS(.tag_prefix = "12345678901234567")},
    {"empty text", SLOGOUT_ERR_TEXT, SETTINGS(.bye_text = "")},
    {"text with CRLF", SLOGOUT_ERR_TEXT, SETTINGS(.bye_text = "x\r\nA1 OK")},
    {"text with CR", SLOGOUT_ERR_TEXT, SETTINGS(.bye_text = "x\r")},
    {"text with LF", SLOGOUT_ERR_TEXT, SETTINGS(.bye_text = "\nx")},
    {"text with 8-bit", SLOGOUT_ERR_TEXT, SETTINGS(.bye_text = "\xc3\xa4")},
    {"text of 200 octets", 0, SETTINGS(.bye_text = TEXT_200)},
    {"text of 201 octets", SLOGOUT_ERR_TEXT, SETTINGS(.bye_text = TEXT_200 "x")},
    {"text with a code", 0, SETTINGS(.bye_text = "[UNAVAILABLE] Moved")},
    {"text with an incomplete code", SLOGOUT_ERR_TEXT, SETTINGS(.bye_text = "[UNAVAILABLE Moved")},
    {"ask all", 0, SETTINGS(.ask = SLOGOUT_ASK_ALL)},
    {"ask without an enumerator", SLOGOUT_ERR_ARGUMENT, SETTINGS(.ask = (enum slogout_ask)256)},
    {"ask of -1", SLOGOUT_ERR_ARGUMENT, SETTINGS(.ask = (enum slogout_ask) - 1)},
    {"on_refusal wait", 0, SETTINGS(.on_refusal = SLOGOUT_REFUSAL_WAIT)},
    {"on_refusal without an enumerator", SLOGOUT_ERR_ARGUMENT, SETTINGS(.on_refusal = (enum slogout_on_refusal)256)},
    {"on_refusal of -1", SLOGOUT_ERR_ARGUMENT, SETTINGS(.on_refusal = (enum slogout_on_refusal) - 1)},
    {"allocate and release", 0, SETTINGS(.allocate = plain_allocate, .release = plain_release)},
    {"allocate without release", SLOGOUT_ERR_ARGUMENT, SETTINGS(.allocate = plain_allocate)},
    {"release without allocate", SLOGOUT_ERR_ARGUMENT, SETTINGS(.release = plain_release)},
};

static void test_settings_are_checked_when_the_slogout_is_made(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(settings_rows); i++) {
        const int error = try_settings(&settings_rows[i].settings);
        if (error != settings_rows[i].error)
            fail_msg("%s: %d instead of %d", settings_rows[i].what, error, settings_rows[i].error);
    }
}

static void test_no_settings_are_the_defaults(void **state)
{
    struct slogout *slogout;

    (void)state;
    assert_int_equal(slogout_new(&slogout, NULL), 0);
    assert_int_equal(slogout->settings.answer_timeout_ms, 35000);
    assert_int_equal(slogout->settings.ready_timeout_ms, 300000);
    assert_int_equal(slogout->settings.leave_timeout_ms, 10000);
    assert_int_equal(slogout->settings.ask, SLOGOUT_ASK_ENABLED);
    assert_int_equal(slogout->settings.on_refusal, SLOGOUT_REFUSAL_BYE);
    assert_string_equal(slogout->settings.tag_prefix, "SLO.");
    assert_string_equal(slogout->settings.bye_text, "Server is closing the connection");
    assert_int_equal(slogout_free(slogout), 0);
}

/* A program that knows fewer members gets the defaults for the others, whatever follows the struct in memory. */
static void test_members_beyond_a_smaller_size_are_not_read(void **state)
{
    const struct slogout_settings settings = {
        .size = offsetof(struct slogout_settings, ready_timeout_ms),
        .answer_timeout_ms = 40000,
        .ready_timeout_ms = 1,
        .tag_prefix = "*",
        .allocate = plain_allocate,
    };
    struct slogout *slogout;

    (void)state;
    assert_int_equal(slogout_new(&slogout, &settings), 0);
    assert_int_equal(slogout->settings.answer_timeout_ms, 40000);
    assert_int_equal(slogout->settings.ready_timeout_ms, 300000);
    assert_int_equal(slogout_free(slogout), 0);
}

static void test_settings_and_their_strings_are_copied(void **state)
{
    struct host *host = *state;
    char prefix[] = "MINE", text[] = "Moved";
    struct slogout_settings settings = SETTINGS(.tag_prefix = prefix, .bye_text = text);
    struct slogout_session *session;

    host_start(host, &settings);
    memset(prefix, '*', sizeof prefix);
    memset(text, '\n', sizeof text);
    memset(&settings, 0xaa, sizeof settings);
    assert_string_equal(host->slogout->settings.tag_prefix, "MINE");
    assert_string_equal(host->slogout->settings.bye_text, "Moved");
    session = host_connect_enabled(host);
    host_request(host, session, NULL);
    host_force(host, session);
    host_expect(host, "S: MINE1 LOGOUT (at rest)\n"
                      "S: * BYE Moved (at rest)\n"
                      "close FORCED MINE1@0 bye-sent\n");
}

/* ---- memory ---- */

static void *no_memory(size_t size, void *user_data)
{
    (void)size;
    ++*(int *)user_data;
    return NULL;
}

/* Settings are checked before memory is allocated. */
static void test_new_fails_with_its_allocation(void **state)
{
    static const struct {
        uint32_t answer_timeout_ms;
        int error, calls;
    } rows[] = {{0, SLOGOUT_ERR_NOMEM, 1}, {1, SLOGOUT_ERR_TIMEOUT, 0}};
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        int calls = 0;
        const struct slogout_settings settings =
            SETTINGS(.answer_timeout_ms = rows[i].answer_timeout_ms, .allocate = no_memory, .release = plain_release,
                     .user_data = &calls);
        assert_int_equal(try_settings(&settings), rows[i].error);
        assert_int_equal(calls, rows[i].calls);
    }
}

static void test_free_with_sessions_left_is_an_error(void **state)
{
    struct host *host = *state;
    struct slogout_session *session;

    host_start(host, NULL);
    session = host_connect(host);
    assert_int_equal(slogout_free(host->slogout), SLOGOUT_ERR_STATE);
    host_force(host, session);
    host_expect(host, S_LAST_BYE "\nclose FORCED bye-sent\n");
    assert_int_equal(slogout_free(host->slogout), SLOGOUT_ERR_STATE); /* the session is ENDED, but not freed */
}

static void test_two_slogouts_share_nothing(void **state)
{
    struct host *host = *state;
    struct slogout *other;
    struct slogout_session *session;

    host_start(host, NULL);
    assert_int_equal(slogout_new(&other, NULL), 0);
    session = host_connect_enabled(host);
    host_request(host, session, NULL);
    host_expect(host, S_LOGOUT "\n");
    assert_true(slogout_deadline(other) == SLOGOUT_NEVER);
    assert_int_equal(slogout_get_counts(other)->state[SLOGOUT_STATE_ASKED], 0);
    assert_int_equal(slogout_tick(other, LAST), 0);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ASKED);
    assert_int_equal(slogout_free(other), 0);
}

static void test_null_is_an_error_or_harmless(void **state)
{
    (void)state;
    assert_int_equal(slogout_new(NULL, NULL), SLOGOUT_ERR_ARGUMENT);
    assert_int_equal(slogout_free(NULL), 0);
    assert_int_equal(slogout_tick(NULL, 0), SLOGOUT_ERR_ARGUMENT);
    assert_true(slogout_deadline(NULL) == SLOGOUT_NEVER);
    assert_null(slogout_get_counts(NULL));
}

/* ---- polling ---- */

static void test_poll_timeout_is_the_time_to_the_deadline(void **state)
{
    static const struct {
        uint64_t deadline, now;
        int timeout;
    } rows[] = {
        {SLOGOUT_NEVER, 0, -1},
        {SLOGOUT_NEVER, SLOGOUT_NEVER - 1, -1},
        {1000, 999, 1},
        {1000, 1000, 0},
        {1000, 1001, 0},
        {(uint64_t)INT_MAX + 7, 8, INT_MAX - 1},
        {(uint64_t)INT_MAX + 8, 8, INT_MAX},
        {(uint64_t)INT_MAX + 9, 8, INT_MAX},
        {SLOGOUT_NEVER - 1, 0, INT_MAX},
        {SLOGOUT_NEVER - 1, SLOGOUT_NEVER - 6, 5},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++)
        assert_int_equal(slogout_poll_timeout(rows[i].deadline, rows[i].now), rows[i].timeout);
}

/* ---- set_timer ---- */

static const struct slogout_settings with_set_timer = SETTINGS(.set_timer = host_set_timer);

/* Steps of up to four sessions: a time, and then `1` to `4` and a letter (r request, R request while send_line is BUSY,
 * c cancel, f force, o the answer OK), or `t` for a tick and `T` for a tick while send_line is BUSY. Each step is
 * followed by its trace. */
static void test_set_timer_reports_an_earlier_deadline(void **state)
{
    static const struct {
        uint64_t now;
        const char *step, *trace;
    } rows[] = {
        {0, "t", ""}, /* no deadline */
        {0, "1R", S_LOGOUT " BUSY\ntimer 300000\n"},
        {1, "2r", "#2 " S_LOGOUT "\ntimer 35001\n"},
        {2, "3r", "#3 S: SLO.2 LOGOUT (at rest)\n"}, /* not an earlier deadline */
        {2, "2o", "#2 close ANSWERED SLO.1@1 answer=OK\n"},
        {10, "t", "timer 35002\n"}, /* early; each tick uses up the one-shot timer */
        {10, "t", "timer 35002\n"},
        {9, "t", "timer 35002\n"}, /* the time decreases */
        {35002, "T", "#3 " S_LAST_BYE " BUSY\ntimer 40002\n"}, /* for the timer that this tick has started */
        {40002, "T", "#3 " S_FINAL_BYE " BUSY\ntimer 45002\n"},
        {45002, "t", "#3 close EXPIRED SLO.2@2\ntimer 300000\n"},
        {45002, "1c", ""}, /* the host's timer may fire in vain */
        {45003, "1R", "S: SLO.3 LOGOUT (at rest) BUSY\n"},
        {300000, "t", "timer 345003\n"},
        /* A timer that begins and ends in one call is not reported. */
        {300000, "1f", S_LAST_BYE "\nclose FORCED bye-sent\n"},
        {345003, "t", ""},
        {UINT64_C(1) << 40, "4R", "#4 S: SLO.3 LOGOUT (at rest) BUSY\ntimer 1099511927776\n"},
    };
    struct host *host = *state;
    struct slogout_session *sessions[4];
    size_t i;

    host_start(host, &with_set_timer);
    for (i = 0; i < LENGTH(sessions); i++)
        sessions[i] = host_connect_enabled(host);
    for (i = 0; i < LENGTH(rows); i++) {
        const char *what = rows[i].step;
        struct slogout_session *const session = *what < 'T' ? sessions[*what++ - '1'] : NULL;

        host->now = rows[i].now;
        host->send_says = *what == 'R' || *what == 'T' ? "B" : "";
        if (*what == 'r' || *what == 'R')
            host_request(host, session, NULL);
        else if (*what == 'c')
            host_cancel(host, session);
        else if (*what == 'f')
            host_force(host, session);
        else if (*what == 'o')
            host_feed_line(host, session, "SLO.1 OK");
        else
            host_tick(host);
        host_expect(host, rows[i].trace);
    }
}

/* ---- ticks ---- */

/* The remaining actions are due at once, even if the host's clock goes back, and set_timer reports this. */
static void test_a_tick_takes_at_most_1000_actions(void **state)
{
    static const struct manner silent = {1, 0, CROWD_NEVER, NULL, 0};
    static const struct {
        uint64_t now, left;
    } ticks[] = {{34999, 2500}, {35000, 1500}, {34000, 500}, {35000, 0}};
    struct crowd *crowd = crowd_new(NULL, 2500, &silent, 1, 40000);
    const struct slogout_counts *counts = slogout_get_counts(crowd->slogout);
    size_t i;

    (void)state;
    for (i = 0; i < crowd->count; i++)
        assert_int_equal(slogout_session_request(crowd->clients[i].session, NULL, 0), 0);
    for (i = 0; i < LENGTH(ticks); i++) {
        assert_int_equal(crowd->timer, 35000);
        crowd->timer = SLOGOUT_NEVER;
        assert_int_equal(slogout_tick(crowd->slogout, ticks[i].now), 0);
        assert_int_equal(counts->state[SLOGOUT_STATE_ASKED], ticks[i].left);
        assert_int_equal(counts->outcome[SLOGOUT_OUTCOME_EXPIRED], 2500 - ticks[i].left);
        if (i > 0 && ticks[i].left)
            assert_true(slogout_deadline(crowd->slogout) <= 35000);
    }
    assert_true(crowd->timer == SLOGOUT_NEVER);
    assert_true(slogout_deadline(crowd->slogout) == SLOGOUT_NEVER);
    crowd_free(crowd);
}

static void test_a_late_tick_runs_all_that_is_due_in_the_order_of_deadlines(void **state)
{
    struct host *host = *state;
    static const struct slogout_settings settings =
        SETTINGS(.answer_timeout_ms = 40000, .ready_timeout_ms = 30000, .leave_timeout_ms = 20000);
    struct slogout_session *pending, *asked, *leaving;

    host_start(host, &settings);
    asked = host_connect_enabled(host);
    pending = host_connect_enabled(host);
    leaving = host_connect_enabled(host);
    host_request(host, asked, NULL); /* until 40,000 */
    host->now = 5000;
    host->send_says = "BBB";
    host_request(host, pending, NULL); /* until 35,000 */
    host->now = 10000;
    host_force(host, leaving); /* until 20,000 and 30,000 */
    host_expect(host, S_LOGOUT "\n#2 S: SLO.2 LOGOUT (at rest) BUSY\n#3 " S_LAST_BYE " BUSY\n");
    host_tick_at(host, 1000000);
    host_expect(host, "#3 " S_FINAL_BYE " BUSY\n#3 close FORCED\n"
                      "#2 " S_LAST_BYE "\n#2 close NEVER_READY bye-sent\n" S_LAST_BYE "\n"
                      "close EXPIRED SLO.1@0 bye-sent\n");
}

static char
    offers[16]; /* the number of each client that was offered a line, and c for each client that was closed */

static void note_line(struct crowd *crowd, struct client *client)
{
    offers[strlen(offers)] = (char)('0' + (client - crowd->clients));
}

static void note_close(struct crowd *crowd, struct client *client)
{
    (void)crowd;
    (void)client;
    offers[strlen(offers)] = 'c';
}

static void test_timers_run_before_drains_with_the_same_deadline(void **state)
{
    static const struct manner manners[] = {{1, CROWD_NEVER, 0, NULL, 0}, {1, 0, CROWD_NEVER, NULL, 0}};
    static const struct slogout_settings settings =
        SETTINGS(.answer_timeout_ms = 40000, .ready_timeout_ms = 40000, .leave_timeout_ms = 80000);
    const struct slogout_plan plan = {.size = sizeof plan, .deadline_ms = 120000}; /* forcing begins at 40,000 */
    struct crowd *crowd = crowd_new(&settings, 4, manners, 2, 50000);
    struct client *clients = crowd->clients;

    (void)state;
    crowd_add(crowd, 3, 4, 0);
    assert_int_equal(slogout_drain_start(crowd->drain, &plan, 0), 0);
    assert_int_equal(slogout_drain_pause(crowd->drain), 0);
    assert_int_equal(slogout_session_force(clients[2].session, 0), 0);
    assert_int_equal(slogout_session_request(clients[1].session, NULL, 0), 0);
    assert_int_equal(slogout_session_request(clients[0].session, NULL, 0), 0);
    memset(offers, 0, sizeof offers);
    crowd->in_send_line = note_line;
    crowd->in_close = note_close;
    assert_int_equal(slogout_deadline(crowd->slogout), 40000);
    assert_int_equal(slogout_tick(crowd->slogout, 40000), 0);
    /* PENDING; ASKED, which is closed, too; LEAVING; the member of the drain */
    assert_string_equal(offers, "01c23c");
    crowd_free(crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings_are_checked_when_the_slogout_is_made),
        cmocka_unit_test(test_no_settings_are_the_defaults),
        cmocka_unit_test(test_members_beyond_a_smaller_size_are_not_read),
        host_test(test_settings_and_their_strings_are_copied),
        cmocka_unit_test(test_new_fails_with_its_allocation),
        host_test(test_free_with_sessions_left_is_an_error),
        host_test(test_two_slogouts_share_nothing),
        cmocka_unit_test(test_null_is_an_error_or_harmless),
        cmocka_unit_test(test_poll_timeout_is_the_time_to_the_deadline),
        host_test(test_set_timer_reports_an_earlier_deadline),
        cmocka_unit_test(test_a_tick_takes_at_most_1000_actions),
        host_test(test_a_late_tick_runs_all_that_is_due_in_the_order_of_deadlines),
        cmocka_unit_test(test_timers_run_before_drains_with_the_same_deadline),
    };
    return cmocka_run_group_tests_name("slogout", tests, NULL, NULL);
}
