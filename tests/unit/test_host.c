/* SPDX-License-Identifier: BSD-2-Clause */
/* The inline functions of slogout/host.h, which requires POSIX. */
#ifdef _WIN32
int main(void)
{
    return 0;
}
#else
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/epoll.h>
#endif

static int poll_errno; /* poll() fails with this error, unless it is 0 */

/* Under valgrind, no limit on descriptors makes poll() fail, because valgrind enforces that limit itself. */
static int poll_or_refuse(struct pollfd *polls, nfds_t count, int timeout_ms)
{
    if (!poll_errno)
        return poll(polls, count, timeout_ms);
    errno = poll_errno;
    return -1;
}

#define poll(polls, count, timeout_ms) poll_or_refuse(polls, count, timeout_ms)
#include <slogout/host.h>

static void test_the_clock_never_runs_backwards_and_counts_milliseconds(void **state)
{
    const struct timespec pause = {0, 20000000};
    const uint64_t before = slogout_now_ms();
    uint64_t after;

    (void)state;
    nanosleep(&pause, NULL);
    after = slogout_now_ms();
    assert_true(after >= before + 19); /* `before` was rounded down, too */
    assert_true(after < before + 600000);
}

/* ---- the lingering close, between the two ends of a pair; ours is [0] ---- */

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

static void test_a_close_begins_once_at_any_time(void **state)
{
    struct slogout_linger linger = begun(), at_0 = {0, 0, 0};

    (void)state;
    slogout_linger_begin(&linger, BEGIN + 1, TIMEOUT);
    assert_int_equal(linger.deadline_ms, BEGIN + TIMEOUT);
    slogout_linger_begin(&at_0, 0, 0);
    assert_true(at_0.deadline_ms > 0);
}

static char octets[10000];

/* Letters are the actions of the peer and of the host. The peer sends one octet (x) or many (X), ends its direction
 * (e), reads our end of file (s) or finds none (n), or closes with unread input (g). The host has read the end of file
 * itself (i), or reads an octet (o). Steps: while octets are queued (q), while none are (w), at the deadline (d), and
 * just before it (D). A step that ends the close is followed by an exclamation mark. */
static void play(struct slogout_linger *linger, char what, int result)
{
    char octet;

    switch (what) {
    case 'x':
    case 'X':
        assert_true(write(ends[1], octets, what == 'x' ? 1 : sizeof octets) > 0);
        break;
    case 'e':
        shutdown(ends[1], SHUT_WR);
        break;
    case 's':
    case 'n':
        assert_int_equal(recv(ends[1], &octet, 1, MSG_DONTWAIT) == 0, what == 's');
        assert_int_equal(linger->is_shut, what == 's');
        break;
    case 'g':
        assert_int_equal(write(ends[0], "x", 1), 1);
        close(ends[1]);
        ends[1] = -1;
        break;
    case 'i':
        linger->input_ended = 1;
        break;
    case 'o':
        assert_int_equal(recv(ends[0], &octet, 1, MSG_DONTWAIT), 1);
        break;
    case 'd':
    case 'D':
        assert_int_equal(slogout_linger_step(linger, ends[0], 0, BEGIN + TIMEOUT - (what == 'D')), result);
        break;
    default:
        assert_int_equal(slogout_linger_step(linger, ends[0], what == 'w', NOW), result);
    }
}

static void test_a_lingering_close_ends_when_both_directions_have_ended(void **state)
{
    static const char *const scripts[] = {
        "qnws",  /* our direction stays open while octets are queued */
        "wwew!", /* the close ends when the peer has ended its direction, too */
        "eqqw!s", /* an earlier end of file waits until the queue is sent */
        "ixw!o", /* if the host has read the end of file, nothing more is read */
        "Xew!",  /* further octets of the peer are dropped in one step */
        "Dd!n",  /* the deadline ends the close in any case */
        "gq!",   /* a reset ends the close */
    };
    size_t i;

    for (i = 0; i < LENGTH(scripts); i++) {
        struct slogout_linger linger = begun();
        const char *what;

        make_pair(state);
        for (what = scripts[i]; *what; what += what[1] == '!' ? 2 : 1)
            play(&linger, *what, what[1] == '!');
        close_pair(state);
    }
}

/* With edge-triggered epoll, the end of file may arrive in the same event as the preceding octets, and no other event
 * follows. */
static void test_a_step_reads_all_input_as_edge_triggered_epoll_requires(void **state)
{
#ifdef __linux__
    struct slogout_linger linger = begun();
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    const int epoll = epoll_create1(0);

    assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event), 0);
    assert_int_equal(write(ends[1], octets, sizeof octets), sizeof octets);
    assert_int_equal(epoll_wait(epoll, &event, 1, 0), 1);
    assert_int_equal(slogout_linger_step(&linger, ends[0], 1, NOW), 0);
    assert_int_equal(write(ends[1], octets, sizeof octets), sizeof octets);
    shutdown(ends[1], SHUT_WR);
    assert_int_equal(epoll_wait(epoll, &event, 1, 0), 1);
    assert_int_equal(slogout_linger_step(&linger, ends[0], 1, NOW), 1);
    close(epoll);
#endif
    (void)state;
}

static void test_a_socket_that_cannot_be_shut_down_ends_the_close(void **state)
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

static void test_a_close_that_waits_ends_with_the_peer_or_at_its_deadline(void **state)
{
    struct slogout_linger linger = {0, 0, 0};

    (void)state;
    slogout_linger_begin(&linger, slogout_now_ms(), 20);
    slogout_linger_wait(&linger, ends[0]);
    assert_true(slogout_now_ms() >= linger.deadline_ms);
    linger.deadline_ms = SLOGOUT_NEVER;
    assert_int_equal(write(ends[1], "x", 1), 1);
    shutdown(ends[1], SHUT_WR);
    slogout_linger_wait(&linger, ends[0]);
}

/* ---- the wait for ends[0] and for a pipe into which a signal handler writes ---- */

static struct slogout *slogout;
static struct slogout_session *session;
static int handler[2]; /* the pipe */
static int is_closed;

static int is_never_ready(struct slogout_session *of, const char *line, size_t len, enum slogout_when when, void *conn)
{
    (void)of;
    (void)line;
    (void)len;
    (void)when;
    (void)conn;
    return SLOGOUT_BUSY;
}

static void note_close(struct slogout_session *of, const struct slogout_result *result, void *conn)
{
    (void)of;
    (void)result;
    (void)conn;
    is_closed = 1;
}

/* The timers of a session that is asked expire after 20 and 40 ms. */
static int make_wait(void **state)
{
    static const struct slogout_settings settings = {
        .size = sizeof settings, .ready_timeout_ms = 20, .leave_timeout_ms = 20};
    static const struct slogout_callbacks callbacks = {sizeof callbacks, is_never_ready, note_close};

    is_closed = 0;
    return make_pair(state) < 0 || pipe(handler) < 0 || slogout_new(&slogout, &settings) != 0 ||
                   slogout_session_new(&session, slogout, &callbacks, NULL) != 0
               ? -1
               : 0;
}

static int free_wait(void **state)
{
    slogout_session_free(session);
    close(handler[0]);
    close(handler[1]);
    return slogout_free(slogout) != 0 || close_pair(state) != 0;
}

static enum slogout_wake wait_for(short events, uint64_t limit_ms)
{
    return slogout_wait(slogout, ends[0], events, limit_ms, handler[0]);
}

static void test_a_wait_ends_for_the_first_reason(void **state)
{
    (void)state;
    assert_int_equal(wait_for(POLLIN, 0), SLOGOUT_WAKE_LIMIT);
    assert_int_equal(wait_for(POLLIN, slogout_now_ms() + 20), SLOGOUT_WAKE_LIMIT);
    assert_int_equal(wait_for(POLLIN | POLLOUT, SLOGOUT_NEVER), SLOGOUT_WAKE_READY);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(wait_for(POLLIN, SLOGOUT_NEVER), SLOGOUT_WAKE_READY);
    assert_int_equal(wait_for(POLLIN, 0), SLOGOUT_WAKE_READY);
    assert_int_equal(write(handler[1], "x", 1), 1);
    assert_int_equal(wait_for(POLLIN, 0), SLOGOUT_WAKE_SIGNAL);
    assert_int_equal(slogout_wait(slogout, -1, 0, SLOGOUT_NEVER, handler[0]), SLOGOUT_WAKE_SIGNAL);
    assert_int_equal(slogout_wait(slogout, -1, 0, 0, -1), SLOGOUT_WAKE_LIMIT);
}

static void test_a_wait_ends_when_the_peer_is_gone(void **state)
{
    (void)state;
    close(ends[1]);
    ends[1] = -1;
    assert_int_equal(wait_for(0, SLOGOUT_NEVER), SLOGOUT_WAKE_READY);
}

/* This holds even if there is always input. */
static void test_a_wait_ticks_until_the_session_is_closed(void **state)
{
    (void)state;
    assert_int_equal(slogout_session_request(session, NULL, slogout_now_ms()), 0);
    assert_int_equal(wait_for(POLLIN, SLOGOUT_NEVER), SLOGOUT_WAKE_TICK);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_LEAVING);
    assert_int_equal(write(ends[1], "x", 1), 1);
    while (!is_closed)
        wait_for(POLLIN, SLOGOUT_NEVER);
    assert_int_equal(slogout_session_state(session), SLOGOUT_STATE_ENDED);
}

static volatile sig_atomic_t signals;

static void note_signal(int number)
{
    (void)number;
    signals = signals + 1;
}

static void test_a_signal_without_an_octet_in_the_pipe_ends_no_wait(void **state)
{
    const struct sigaction action = {.sa_handler = note_signal};
    const uint64_t limit = slogout_now_ms() + 1200;

    (void)state;
    sigaction(SIGALRM, &action, NULL);
    alarm(1);
    assert_int_equal(wait_for(POLLIN, limit), SLOGOUT_WAKE_LIMIT);
    assert_int_equal(signals, 1);
    assert_true(slogout_now_ms() >= limit);
}

static void test_a_wait_that_poll_refuses_is_an_error(void **state)
{
    (void)state;
    poll_errno = ENOMEM;
    assert_int_equal(wait_for(POLLIN, 0), SLOGOUT_WAKE_ERROR);
    assert_int_equal(errno, ENOMEM);
    poll_errno = 0;
}

#define LINGERS(test) cmocka_unit_test_setup_teardown(test, make_pair, close_pair)
#define WAITS(test)   cmocka_unit_test_setup_teardown(test, make_wait, free_wait)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_clock_never_runs_backwards_and_counts_milliseconds),
        cmocka_unit_test(test_a_close_begins_once_at_any_time),
        cmocka_unit_test(test_a_lingering_close_ends_when_both_directions_have_ended),
        LINGERS(test_a_step_reads_all_input_as_edge_triggered_epoll_requires),
        LINGERS(test_a_close_that_waits_ends_with_the_peer_or_at_its_deadline),
        LINGERS(test_a_socket_that_cannot_be_shut_down_ends_the_close),
        WAITS(test_a_wait_ends_for_the_first_reason),
        WAITS(test_a_wait_ends_when_the_peer_is_gone),
        WAITS(test_a_wait_ticks_until_the_session_is_closed),
        WAITS(test_a_signal_without_an_octet_in_the_pipe_ends_no_wait),
        WAITS(test_a_wait_that_poll_refuses_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
