/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs the example of the README: four sessions, each of which ends in another way, and two drains. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "server.h"

static uint64_t clock_ms;
static int is_drained;

static void check(const char *what, int is_so)
{
    if (is_so)
        return;
    fprintf(stderr, "README: failed: %s\n", what);
    exit(1);
}

/* ---- the functions that server.h declares ---- */

uint64_t now_ms(void)
{
    return clock_ms;
}

int at_rest(const struct conn *conn)
{
    return between_lines(conn) && !conn->in_command;
}

int between_lines(const struct conn *conn)
{
    return !conn->in_line;
}

int queue(struct conn *conn, const char *octets, size_t len)
{
    const size_t used = strlen(conn->output);

    if (len >= sizeof conn->output - used)
        return -1;
    memcpy(conn->output + used, octets, len);
    conn->output[used + len] = '\0';
    return 0;
}

void finish(struct conn *conn)
{
    conn->is_finished = 1;
}

void on_drained(struct slogout_drain *drain, void *user_data)
{
    (void)user_data;
    slogout_drain_free(drain);
    is_drained = 1;
}

/* ---- the tests ---- */

static void start(struct conn *conn)
{
    memset(conn, 0, sizeof *conn);
    check("a session is made", on_accept(conn) == 0);
}

static void receive(struct conn *conn, const char *line)
{
    if (on_line(conn, line, strlen(line)) == 0) {
        queue(conn, "(runs ", 6);
        queue(conn, line, strlen(line));
        queue(conn, ")", 1);
    }
}

/* Runs one turn of the loop, in which only time passes. */
static void turn(void)
{
    const int timeout_ms = on_wait();

    check("a timer is set", timeout_ms >= 0);
    clock_ms += (uint64_t)timeout_ms;
    on_turn();
}

static void check_end(const char *what, struct conn *conn, const char *output)
{
    check(what, conn->is_finished && strcmp(conn->output, output) == 0);
    on_free(conn);
}

static void test_asks_when_the_command_is_over_and_closes_on_the_answer(void)
{
    struct conn conn;

    start(&conn);
    on_enable(&conn);
    conn.in_command = 1;
    check("a request is taken", on_move(&conn) == 0);
    check("nothing is sent inside a command", conn.output[0] == '\0');
    conn.in_command = 0;
    on_reply_queued(&conn);
    receive(&conn, "a NOOP");
    check("the connection is not closed before the answer", !conn.is_finished);
    receive(&conn, "SLO.1 OK");
    check_end("the client is asked, served, and closed", &conn, "SLO.1 LOGOUT\r\n(runs a NOOP)");
}

static void test_says_bye_to_a_client_that_has_not_enabled(void)
{
    struct conn conn;

    start(&conn);
    check("a request is taken", on_move(&conn) == 0);
    check_end("the client receives BYE", &conn, "* BYE Mailbox has moved\r\n");
}

static void test_says_bye_between_lines_when_the_time_is_up(void)
{
    struct conn conn;

    start(&conn);
    on_enable(&conn);
    check("a request is taken", on_move(&conn) == 0);
    conn.in_line = 1;
    turn();
    check("no BYE is sent inside a line", strcmp(conn.output, "SLO.2 LOGOUT\r\n") == 0);
    conn.in_line = 0;
    on_reply_queued(&conn);
    check_end("the session expires", &conn, "SLO.2 LOGOUT\r\n* BYE Mailbox has moved\r\n");
    check("the session expires after the default of 35 s", clock_ms == 35000);
}

static void test_says_nothing_after_the_own_logout_of_a_client(void)
{
    struct conn conn;

    start(&conn);
    on_end(&conn, SLOGOUT_OUTCOME_CLIENT_LOGOUT);
    check("a request comes too late", on_move(&conn) == SLOGOUT_ERR_STATE);
    check("nothing is sent", conn.output[0] == '\0' && !conn.is_finished);
    on_free(&conn);
}

static void test_drains_all_clients_and_then_exits(void)
{
    struct conn conns[2];
    const uint64_t begun_ms = clock_ms;
    int i;

    check("a drain is made", on_ready() == 0);
    for (i = 0; i < 2; i++) {
        start(&conns[i]);
        check("a session joins the drain", on_join(&conns[i]) == 0);
    }
    check("the drain starts", on_sigterm() == 0);
    while (!conns[0].is_finished || !conns[1].is_finished)
        turn();
    check("the plan is kept", clock_ms - begun_ms <= 240000);
    for (i = 0; i < 2; i++)
        check_end("a client receives BYE", &conns[i], "* BYE Server is closing the connection\r\n");
    on_turn();
    check("the server exits", is_drained);
}

static void test_forces_all_clients_at_the_second_signal(void)
{
    struct conn conn;

    is_drained = 0;
    check("a drain is made", on_ready() == 0);
    start(&conn);
    on_enable(&conn);
    check("a session joins the drain", on_join(&conn) == 0);
    check("the drain starts", on_sigterm() == 0);
    check("the drain is forced", on_second_sigterm() == 0);
    on_turn();
    check_end("the client receives BYE", &conn, "* BYE Server is closing the connection\r\n");
    on_turn();
    check("the server exits", is_drained);
}

int main(void)
{
    check("a slogout is made", on_start() == 0);
    test_asks_when_the_command_is_over_and_closes_on_the_answer();
    test_says_bye_to_a_client_that_has_not_enabled();
    test_says_bye_between_lines_when_the_time_is_up();
    test_says_nothing_after_the_own_logout_of_a_client();
    test_drains_all_clients_and_then_exits();
    test_forces_all_clients_at_the_second_signal();
    return 0;
}
