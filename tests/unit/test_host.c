/* The inline functions of slogout/host.h, which is for POSIX alone. */
#ifdef _WIN32
int main(void)
{
    return 0;
}
#else
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include <slogout/host.h>

static void test_the_clock_never_runs_backwards_and_counts_milliseconds(void **state)
{
    const struct timespec pause = {0, 20000000};
    const uint64_t before = slogout_now_ms();
    uint64_t after;

    (void)state;
    nanosleep(&pause, NULL);
    after = slogout_now_ms();
    assert_true(after >= before + 19); /* the first was rounded down, too */
    assert_true(after < before + 600000);
}

static void test_a_timeout_is_what_poll_takes(void **state)
{
    (void)state;
    assert_int_equal(slogout_timeout(SLOGOUT_NEVER, 0), -1);
    assert_int_equal(slogout_timeout(SLOGOUT_NEVER, SLOGOUT_NEVER - 1), -1);
    assert_int_equal(slogout_timeout(1000, 999), 1);
    assert_int_equal(slogout_timeout(1000, 1000), 0);
    assert_int_equal(slogout_timeout(1000, 1001), 0);
    assert_int_equal(slogout_timeout((uint64_t)INT_MAX + 7, 8), INT_MAX - 1);
    assert_int_equal(slogout_timeout((uint64_t)INT_MAX + 8, 8), INT_MAX);
    assert_int_equal(slogout_timeout((uint64_t)INT_MAX + 9, 8), INT_MAX);
    assert_int_equal(slogout_timeout(SLOGOUT_NEVER - 1, 0), INT_MAX);
}

static void test_a_timeval_is_the_same(void **state)
{
    struct timeval timeout = slogout_timeval(12345, 1000);

    (void)state;
    assert_int_equal(timeout.tv_sec, 11);
    assert_int_equal(timeout.tv_usec, 345000);
    timeout = slogout_timeval(1000, 12345);
    assert_int_equal(timeout.tv_sec, 0);
    assert_int_equal(timeout.tv_usec, 0);
}

/* ---- the lingering close, between the two ends of a pair: ours is [0] ---- */

#define BEGIN   1000
#define TIMEOUT 5000
#define NOW     (BEGIN + 10)

static int ends[2];

static int make_pair(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}

static int close_pair(void **state)
{
    (void)state;
    close(ends[0]);
    if (ends[1] >= 0)
        close(ends[1]);
    return 0;
}

static struct slogout_linger begun(void)
{
    struct slogout_linger linger = {0, 0, 0};

    slogout_linger_begin(&linger, BEGIN, TIMEOUT);
    return linger;
}

/* Returns 1 if it sees our end of file now. */
static int peer_sees_the_end(void)
{
    char octet;

    return recv(ends[1], &octet, 1, MSG_DONTWAIT) == 0;
}

static void test_it_begins_once(void **state)
{
    struct slogout_linger linger = begun();

    (void)state;
    assert_int_equal(linger.deadline_ms, BEGIN + TIMEOUT);
    slogout_linger_begin(&linger, BEGIN + 1, TIMEOUT);
    assert_int_equal(linger.deadline_ms, BEGIN + TIMEOUT);
}

static void test_it_has_begun_at_any_time(void **state)
{
    struct slogout_linger linger = {0, 0, 0};

    (void)state;
    slogout_linger_begin(&linger, 0, 0);
    assert_true(linger.deadline_ms > 0);
}

static void test_our_direction_stays_open_while_something_is_queued(void **state)
{
    struct slogout_linger linger = begun();

    (void)state;
    assert_int_equal(slogout_linger_step(&linger, ends[0], 0, NOW), 0);
    assert_false(linger.is_shut);
    assert_false(peer_sees_the_end());
    assert_int_equal(slogout_linger_step(&linger, ends[0], 1, NOW), 0);
    assert_true(linger.is_shut);
    assert_true(peer_sees_the_end());
}

static void test_it_is_over_when_the_peer_has_ended_its_direction_too(void **state)
{
    struct slogout_linger linger = begun();

    (void)state;
    assert_int_equal(slogout_linger_step(&linger, ends[0], 1, NOW), 0);
    assert_int_equal(slogout_linger_step(&linger, ends[0], 1, NOW), 0);
    shutdown(ends[1], SHUT_WR);
    assert_int_equal(slogout_linger_step(&linger, ends[0], 1, NOW), 1);
}

static void test_an_end_of_file_that_came_first_waits_for_the_queue(void **state)
{
    struct slogout_linger linger = begun();

    (void)state;
    shutdown(ends[1], SHUT_WR);
    assert_int_equal(slogout_linger_step(&linger, ends[0], 0, NOW), 0);
    assert_true(linger.input_ended);
    assert_int_equal(slogout_linger_step(&linger, ends[0], 0, NOW), 0);
    assert_int_equal(slogout_linger_step(&linger, ends[0], 1, NOW), 1);
    assert_true(peer_sees_the_end());
}

/* The host has read the end of file itself: the descriptor is not read again. */
static void test_an_end_of_file_that_the_host_has_read_counts(void **state)
{
    struct slogout_linger linger = begun();
    char octet;

    (void)state;
    linger.input_ended = 1;
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(slogout_linger_step(&linger, ends[0], 1, NOW), 1);
    assert_int_equal(recv(ends[0], &octet, 1, MSG_DONTWAIT), 1);
}

static void test_what_the_peer_still_sends_is_dropped(void **state)
{
    struct slogout_linger linger = begun();
    char octets[10000] = {0};
    char octet;
    int steps = 0;

    (void)state;
    assert_int_equal(write(ends[1], octets, sizeof octets), sizeof octets);
    shutdown(ends[1], SHUT_WR);
    while (!slogout_linger_step(&linger, ends[0], 1, NOW))
        assert_true(++steps < 100);
    assert_true(steps >= 2); /* at most so much in one */
    assert_int_equal(recv(ends[0], &octet, 1, MSG_DONTWAIT), 0);
}

static void test_the_deadline_ends_it_whatever_is_left(void **state)
{
    struct slogout_linger linger = begun();

    (void)state;
    assert_int_equal(slogout_linger_step(&linger, ends[0], 0, BEGIN + TIMEOUT - 1), 0);
    assert_int_equal(slogout_linger_step(&linger, ends[0], 0, BEGIN + TIMEOUT), 1);
    assert_false(peer_sees_the_end());
}

static void test_a_peer_that_is_gone_ends_it(void **state)
{
    struct slogout_linger linger = begun();

    (void)state;
    assert_int_equal(write(ends[0], "x", 1), 1);
    close(ends[1]); /* with input unread: a reset */
    ends[1] = -1;
    assert_int_equal(slogout_linger_step(&linger, ends[0], 0, NOW), 1);
}

static void test_a_socket_that_cannot_be_shut_ends_it(void **state)
{
    struct slogout_linger linger = begun();
    int pipe_ends[2];

    (void)state;
    assert_int_equal(pipe(pipe_ends), 0);
    assert_int_equal(slogout_linger_step(&linger, pipe_ends[1], 1, NOW), 1);
    assert_false(linger.is_shut);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

#define LINGERS(test) cmocka_unit_test_setup_teardown(test, make_pair, close_pair)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_clock_never_runs_backwards_and_counts_milliseconds),
        cmocka_unit_test(test_a_timeout_is_what_poll_takes),
        cmocka_unit_test(test_a_timeval_is_the_same),
        cmocka_unit_test(test_it_begins_once),
        cmocka_unit_test(test_it_has_begun_at_any_time),
        LINGERS(test_our_direction_stays_open_while_something_is_queued),
        LINGERS(test_it_is_over_when_the_peer_has_ended_its_direction_too),
        LINGERS(test_an_end_of_file_that_came_first_waits_for_the_queue),
        LINGERS(test_an_end_of_file_that_the_host_has_read_counts),
        LINGERS(test_what_the_peer_still_sends_is_dropped),
        LINGERS(test_the_deadline_ends_it_whatever_is_left),
        LINGERS(test_a_peer_that_is_gone_ends_it),
        LINGERS(test_a_socket_that_cannot_be_shut_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
