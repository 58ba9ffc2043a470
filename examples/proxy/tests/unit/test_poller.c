/* SPDX-License-Identifier: BSD-2-Clause */
/* The poller on pairs of sockets. This file is built once for each mechanism of the system. */
#include <sys/socket.h>
#include <unistd.h>
#include "support/test.h"
#include "proxy/poller.h"

#define PAIRS 300 /* more than one wait takes from the system */

struct pair {
    struct poller_watch ours; /* first */
    int theirs;
};

static struct pair open_pair(void)
{
    struct pair pair = {{0, 0, 0, 0}, 0};
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    pair.ours.fd = fds[0];
    pair.theirs = fds[1];
    return pair;
}

static void close_pair(struct poller *poller, struct pair *pair)
{
    poller_set(poller, &pair->ours, 0);
    close(pair->ours.fd);
    close(pair->theirs);
}

/* Returns the events of this watch; no other watch may have an event. */
static unsigned ready(struct poller *poller, const struct poller_watch *watch)
{
    struct poller_event events[4];
    const int count = poller_wait(poller, events, 4, 0);
    unsigned all = 0;
    int i;

    assert_true(count >= 0);
    for (i = 0; i < count; i++) {
        assert_ptr_equal(events[i].watch, watch);
        all |= events[i].ready;
    }
    return all;
}

static void test_only_wanted_events_are_reported_as_long_as_they_last(void **state)
{
    struct poller *poller = poller_new();
    struct pair pair = open_pair();
    char octet;

    (void)state;
    assert_int_equal(ready(poller, &pair.ours), 0);
    assert_int_equal(poller_set(poller, &pair.ours, POLLER_IN), 0);
    assert_int_equal(ready(poller, &pair.ours), 0);
    assert_int_equal(write(pair.theirs, "x", 1), 1);
    assert_int_equal(ready(poller, &pair.ours), POLLER_IN);
    assert_int_equal(ready(poller, &pair.ours), POLLER_IN);
    assert_int_equal(poller_set(poller, &pair.ours, POLLER_OUT), 0);
    assert_int_equal(ready(poller, &pair.ours), POLLER_OUT);
    assert_int_equal(poller_set(poller, &pair.ours, POLLER_IN | POLLER_OUT), 0);
    assert_int_equal(ready(poller, &pair.ours), POLLER_IN | POLLER_OUT);
    assert_int_equal(read(pair.ours.fd, &octet, 1), 1);
    assert_int_equal(ready(poller, &pair.ours), POLLER_OUT);
    assert_int_equal(poller_set(poller, &pair.ours, 0), 0);
    assert_int_equal(ready(poller, &pair.ours), 0);
    close_pair(poller, &pair);
    poller_free(poller);
}

static void test_an_end_of_file_is_input_and_is_reported_only_if_watched(void **state)
{
    struct poller *poller = poller_new();
    struct pair pair = open_pair();

    (void)state;
    assert_int_equal(poller_set(poller, &pair.ours, POLLER_IN), 0);
    close(pair.theirs);
    pair.theirs = dup(pair.ours.fd);
    assert_true(ready(poller, &pair.ours) & POLLER_IN);
    assert_int_equal(poller_set(poller, &pair.ours, POLLER_OUT), 0);
    assert_true(ready(poller, &pair.ours) & POLLER_FAILED);
    assert_int_equal(poller_set(poller, &pair.ours, 0), 0);
    assert_int_equal(ready(poller, &pair.ours), 0);
    close_pair(poller, &pair);
    poller_free(poller);
}

static void test_all_descriptors_have_their_turn_however_many_are_ready(void **state)
{
    static struct pair pairs[PAIRS];
    static int seen[PAIRS];
    struct poller *poller = poller_new();
    struct poller_event events[16];
    int i, turn, count, left = PAIRS;

    (void)state;
    for (i = 0; i < PAIRS; i++) {
        pairs[i] = open_pair();
        assert_int_equal(poller_set(poller, &pairs[i].ours, POLLER_OUT), 0);
    }
    for (turn = 0; turn < PAIRS && left > 0; turn++) {
        count = poller_wait(poller, events, LENGTH(events), -1);
        assert_in_range(count, 1, LENGTH(events));
        for (i = 0; i < count; i++) {
            const size_t place = (size_t)((struct pair *)events[i].watch - pairs);
            left -= !seen[place];
            seen[place] = 1;
        }
    }
    assert_int_equal(left, 0);
    for (i = 0; i < PAIRS; i++) {
        close_pair(poller, &pairs[i]);
        assert_int_equal(pairs[i].ours.wanted, 0);
    }
    assert_int_equal(poller_wait(poller, events, LENGTH(events), 0), 0);
    poller_free(poller);
}

static void test_an_invalid_descriptor_is_an_error(void **state)
{
    struct poller *poller = poller_new();
    struct poller_watch watch = {-1, 0, 0, 0};
    struct poller_event event;

    (void)state;
    if (poller_set(poller, &watch, POLLER_IN) == 0) /* poll() omits this */
        assert_int_equal(poller_wait(poller, &event, 1, 0), 0);
    poller_set(poller, &watch, 0);
    poller_free(poller);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_wanted_events_are_reported_as_long_as_they_last),
        cmocka_unit_test(test_an_end_of_file_is_input_and_is_reported_only_if_watched),
        cmocka_unit_test(test_all_descriptors_have_their_turn_however_many_are_ready),
        cmocka_unit_test(test_an_invalid_descriptor_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
