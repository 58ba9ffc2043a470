/* SPDX-License-Identifier: BSD-2-Clause */
/* A host for the unit tests. It takes the actions that the test requests, and records the calls of the library.
 *
 * Each test has one host, which host_setup() makes and host_teardown() frees; host_test() names both. Each function
 * below calls the public function of its name with host->now, and then host_check(), which counts everything and
 * compares the library's counters, deadline and lists with those of the host. host_check() also runs at the beginning
 * of each callback.
 *
 * The trace has one line for each callback:
 *   S: SLO.1 LOGOUT (at rest)                send_line took the line
 *   S: * BYE text (between lines) BUSY       send_line returned BUSY; or BROKEN if it returned a negative number
 *   close EXPIRED SLO.1@5 bye-sent bye-seen answer=OK:text
 *                    close_connection: the outcome, the tag and the time of the LOGOUT, and the other parts that apply
 *   timer 35000                              set_timer, if the settings of the test contain host_set_timer
 * The lines of the second and later sessions begin with `#2 ` and so on. */
#ifndef TESTS_SUPPORT_HOST_H
#define TESTS_SUPPORT_HOST_H

#include "support/test.h"
#include "session.h"

#define HOST_SESSIONS 16
#define HOST_GROUP    (UINT64_C(77) << 32 | 1) /* the group of all sessions that join the set */

/* The callbacks inside which a test can take an action. */
enum host_place { IN_SEND_LINE, IN_CLOSE_CONNECTION, IN_SET_TIMER, HOST_PLACES };

/* The line ends of host_feed_line(). */
enum host_form { WITH_CRLF, WITH_LF, WITH_CR, WITHOUT_LINE_END, HOST_FORMS };

/* The callbacks of all sessions of host_connect(). Their conn is a struct host_conn. */
extern const struct slogout_callbacks host_callbacks;

struct host;
/* session is the argument of the callback, or NULL in set_timer */
typedef void host_action(struct host *host, struct slogout_session *session);

struct host_conn {
    struct host *host;
    unsigned number; /* from 1 */
    int logout_sent, bye_sent, closed;
};

struct host {
    /* set by the test */
    uint64_t now;
    enum host_form form;
    /* One character for each coming call of send_line: 't' takes the line, 'B' is BUSY, '-' is broken. After them,
     * send_line takes each line. */
    const char *send_says;
    host_action *inside[HOST_PLACES]; /* called once, in the next callback of that kind */
    unsigned fail_allocation;         /* this allocation, counted from now, returns NULL; 0 for none */

    /* the objects of the library */
    struct slogout *slogout;
    struct slogout_session *sessions[HOST_SESSIONS]; /* NULL if it was freed or has not been made */
    struct host_conn conns[HOST_SESSIONS];
    unsigned connected;         /* the number of sessions made */
    struct slo_session_set set; /* replaces a drain */

    /* the calls of the library */
    char trace[4000];
    size_t trace_len;
    unsigned allocations, memory; /* memory: blocks that are allocated and not released */
    uint64_t outcome[SLOGOUT_OUTCOME_COUNT], without_bye, set_outcomes, set_without_bye;
};

#define host_test(function) cmocka_unit_test_setup_teardown(function, host_setup, host_teardown)
int host_setup(void **state);
/* Frees everything. Fails if the test has not checked all of the trace, or if memory is not released. */
int host_teardown(void **state);
/* Does the same for a test that needs several hosts. */
struct host *host_new(void);
void host_end(struct host *host);

/* Creates the slogout, with the defaults if settings is NULL. allocate, release and user_data are always those of the
 * host. */
void host_start(struct host *host, const struct slogout_settings *settings);
void host_set_timer(struct slogout *slogout, uint64_t deadline_ms, void *user_data);
/* Creates an enabled session. */
struct slogout_session *host_connect(struct host *host);
struct slogout_session *host_connect_enabled(struct host *host);

int host_request(struct host *host, struct slogout_session *session, const char *bye_text);
int host_resume(struct host *host, struct slogout_session *session);
int host_feed_line(struct host *host, struct slogout_session *session, const char *line);
int host_cancel(struct host *host, struct slogout_session *session);
/* Sets the size of the departure. */
int host_leave(struct host *host, struct slogout_session *session, const struct slogout_departure *departure);
int host_force(struct host *host, struct slogout_session *session);
int host_abandon(struct host *host, struct slogout_session *session, enum slogout_outcome why);
int host_join(struct host *host, struct slogout_session *session);
void host_free(struct host *host, struct slogout_session *session);
void host_tick(struct host *host);
void host_tick_at(struct host *host, uint64_t now);

/* Adds a line of the test itself to the trace. */
void host_trace(struct host *host, const char *format, ...) CMOCKA_PRINTF_ATTRIBUTE(2, 3);
void host_check(const struct host *host);
/* Expects exactly this trace since the last check. */
void host_expect(struct host *host, const char *trace);
/* Drops the trace since the last check. */
void host_forget(struct host *host);

/* The lines of most traces. */
#define DEFAULT_BYE "* BYE Server is closing the connection"
#define S_LOGOUT    "S: SLO.1 LOGOUT (at rest)"
#define S_BYE       "S: " DEFAULT_BYE " (at rest)"
#define S_LAST_BYE  "S: " DEFAULT_BYE " (at rest)"       /* in the first half of LEAVING */
#define S_FINAL_BYE "S: " DEFAULT_BYE " (between lines)" /* in the second half */

#endif
