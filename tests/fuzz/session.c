/* SPDX-License-Identifier: BSD-2-Clause */
/* A host with a few sessions. The fuzzed octets choose what it does, what it reads and what its callbacks
 * return. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <slogout/slogout.h>

#define SESSIONS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct conn {
    struct slogout_session *session; /* NULL: freed */
    char tag[SLOGOUT_TAG_SIZE];      /* of the LOGOUT that was taken, or empty */
    int byes, closes, over;          /* over: closed, abandoned or freed */
};

struct host {
    const uint8_t *script;
    size_t left;
    struct slogout *slogout;
    struct conn conns[SESSIONS];
    uint64_t now;
    uint64_t exchanges; /* that ended, in any way */
    size_t memory;      /* blocks */
    int inside;         /* a callback */
};

static struct host host;

static void must(int condition)
{
    if (!condition)
        abort();
}

/* ---- the script ---- */

static unsigned octet(void)
{
    if (host.left == 0)
        return 0;
    host.left--;
    return *host.script++;
}

static struct conn *some_conn(void)
{
    return &host.conns[octet() % SESSIONS];
}

/* Returns a step in time: none, up to the greatest, or mostly about as long as a timer. */
static uint64_t some_time(void)
{
    const unsigned shift = octet() % 64;

    host.now += (uint64_t)octet() << shift;
    return octet() % 16 ? host.now : (uint64_t)octet() << shift;
}

/* ---- what the host does, inside callbacks or not ---- */

static void give_up(struct conn *conn)
{
    const enum slogout_state state = slogout_session_state(conn->session);

    if (state != SLOGOUT_STATE_ENDED && state != SLOGOUT_STATE_OPEN)
        host.exchanges++;
    conn->over = 1;
}

static void remove_session(struct conn *conn)
{
    struct slogout_session *session = conn->session;

    if (!session)
        return;
    give_up(conn);
    conn->session = NULL;
    slogout_session_free(session);
}

static void abandon(struct conn *conn)
{
    const enum slogout_outcome why = (enum slogout_outcome)(octet() % (SLOGOUT_OUTCOME_COUNT + 1));
    const int is_reason = why >= SLOGOUT_OUTCOME_CLIENT_LOGOUT && why <= SLOGOUT_OUTCOME_HOST_CLOSED;

    if (conn->session && is_reason)
        give_up(conn);
    must(slogout_session_abandon(conn->session, why) ==
         (conn->session && is_reason ? 0 : SLOGOUT_ERR_ARGUMENT));
}

static void enable(struct conn *conn)
{
    slogout_session_set_enabled(conn->session, octet() % 2);
}

static void cancel(struct conn *conn)
{
    slogout_session_cancel(conn->session);
}

static void try_to_reenter(struct conn *conn)
{
    must(slogout_tick(host.slogout, host.now) == SLOGOUT_ERR_REENTRANT);
    must(slogout_free(host.slogout) == SLOGOUT_ERR_REENTRANT);
    if (conn->session)
        must(slogout_session_force(conn->session, host.now) == SLOGOUT_ERR_REENTRANT);
}

static void inside_callback(void)
{
    static void (*const actions[])(struct conn *) = {remove_session, abandon, enable, cancel, try_to_reenter};
    const unsigned action = octet() % 8;

    must(!host.inside);
    host.inside = 1;
    if (action < sizeof actions / sizeof *actions)
        actions[action](some_conn());
    host.inside = 0;
}

/* ---- callbacks ---- */

static void *allocate(size_t size, void *user_data)
{
    void *memory = octet() % 16 == 15 ? NULL : malloc(size);

    (void)user_data;
    host.memory += memory != NULL;
    return memory;
}

static void release(void *memory, void *user_data)
{
    (void)user_data;
    must(!host.inside);
    host.memory--;
    free(memory);
}

static void took(struct conn *conn, const char *line, size_t len)
{
    if (memcmp(line, "* BYE ", 6) == 0) {
        conn->byes++;
        return;
    }
    must(!*conn->tag && len > 9 && memcmp(line + len - 9, " LOGOUT\r\n", 9) == 0);
    memcpy(conn->tag, line, len - 9);
}

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *connection)
{
    struct conn *conn = connection;
    const int result = (int)(octet() % 4) - 1;

    must(conn->session == session && !conn->over && !conn->byes);
    must(len >= 2 && memchr(line, '\n', len) == line + len - 1 && memchr(line, '\r', len) == line + len - 2);
    must(when == SLOGOUT_AT_REST || when == SLOGOUT_BETWEEN_LINES);
    if (result == 0)
        took(conn, line, len);
    inside_callback();
    return result;
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result,
                             void *connection)
{
    struct conn *conn = connection;

    must(conn->session == session && !conn->over && conn->closes++ == 0);
    must(slogout_session_state(session) == SLOGOUT_STATE_ENDED);
    must(result->bye_sent == conn->byes && !*result->tag == !*conn->tag);
    must(result->outcome != SLOGOUT_OUTCOME_ANSWERED || *conn->tag);
    conn->over = 1;
    host.exchanges++;
    inside_callback();
}

static void set_timer(struct slogout *slogout, uint64_t deadline, void *user_data)
{
    (void)user_data;
    must(deadline != SLOGOUT_NEVER && deadline == slogout_deadline(slogout));
}

/* ---- steps ---- */

static void create(struct conn *conn)
{
    static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};

    if (conn->session)
        return;
    memset(conn, 0, sizeof *conn);
    slogout_session_new(&conn->session, host.slogout, &callbacks, conn);
}

static void request(struct conn *conn)
{
    static const char *const texts[] = {NULL, "[UNAVAILABLE] x", "x", "[", "x\r\ny", ""};
    const char *text = texts[octet() % 6];

    slogout_session_request(conn->session, text, some_time());
}

static void be_ready(struct conn *conn)
{
    slogout_session_resume(conn->session, some_time());
}

static void force(struct conn *conn)
{
    slogout_session_force(conn->session, some_time());
}

static void leave(struct conn *conn)
{
    const struct slogout_departure departure = {.size = sizeof departure,
                                                .spread_ms = (uint32_t)octet() * 500,
                                                .seed = octet(),
                                                .deadline_ms = (uint64_t)octet() * 1000,
                                                .bye_text = octet() % 2 ? "Moved" : NULL};

    slogout_session_leave(conn->session, &departure, some_time());
}

static void get_result(struct conn *conn)
{
    struct slogout_result result = {.size = sizeof result};
    const int error = slogout_session_get_result(conn->session, &result);

    if (error == 0)
        must(conn->over && result.bye_sent == conn->byes && !*result.tag == !*conn->tag);
    else
        must(error == (conn->session ? SLOGOUT_ERR_STATE : SLOGOUT_ERR_ARGUMENT));
}

/* A copy of exactly this length, so that sanitizers report each read past the end. */
static void answer(struct conn *conn, const char *start, size_t start_len)
{
    const size_t wanted = octet() % 64;
    const size_t len = wanted < host.left ? wanted : host.left;
    char *line = malloc(start_len + len + 1);

    memcpy(line + 1, start, start_len);
    memcpy(line + 1 + start_len, host.script, len);
    host.script += len;
    host.left -= len;
    (void)!slogout_session_feed_line(conn->session, line + 1, start_len + len, some_time());
    free(line);
}

static void hear_anything(struct conn *conn)
{
    answer(conn, "", 0);
}

static void hear_own_tag(struct conn *conn)
{
    answer(conn, conn->tag, strlen(conn->tag));
}

static void hear_word(struct conn *conn)
{
    static const char *const words[] = {"OK", "NO", "BAD", "BYE", "OKAY"};
    char line[SLOGOUT_TAG_SIZE + 8];
    const int len = snprintf(line, sizeof line, "%s %s", conn->tag, words[octet() % 5]);

    (void)!slogout_session_feed_line(conn->session, line, (size_t)len, some_time());
}

static void tick(struct conn *conn)
{
    (void)conn;
    slogout_tick(host.slogout, some_time());
}

static void tick_at_deadline(struct conn *conn)
{
    const uint64_t deadline = slogout_deadline(host.slogout);

    (void)conn;
    if (deadline != SLOGOUT_NEVER && deadline > host.now)
        host.now = deadline;
    slogout_tick(host.slogout, host.now);
}

static void check(void)
{
    const struct slogout_counts *counts = slogout_get_counts(host.slogout);
    const uint64_t timers = counts->state[SLOGOUT_STATE_WAITING] + counts->state[SLOGOUT_STATE_PENDING] +
                            counts->state[SLOGOUT_STATE_ASKED] + counts->state[SLOGOUT_STATE_LEAVING];
    uint64_t outcomes = 0;
    int i;

    for (i = 0; i < SLOGOUT_OUTCOME_COUNT; i++)
        outcomes += counts->outcome[i];
    must(outcomes == host.exchanges);
    must((slogout_deadline(host.slogout) != SLOGOUT_NEVER) == (timers > 0));
    for (i = 0; i < SESSIONS; i++)
        if (host.conns[i].session)
            must((slogout_session_state(host.conns[i].session) == SLOGOUT_STATE_ENDED) == host.conns[i].over);
}

static void play(void)
{
    static void (*const steps[])(struct conn *) = {
        create,        remove_session, abandon,   enable, cancel,           request, be_ready,  force,
        hear_anything, hear_own_tag,   hear_word, tick,   tick_at_deadline, leave,   get_result};

    while (host.left > 0) {
        const unsigned step = octet() % (sizeof steps / sizeof *steps);
        steps[step](some_conn());
        check();
    }
}

static void end(void)
{
    int i;

    for (i = 0; i < SESSIONS; i++)
        remove_session(&host.conns[i]);
    check();
    must(host.memory == 1 && slogout_free(host.slogout) == 0 && host.memory == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slogout_settings settings = {.size = sizeof settings, .allocate = allocate, .release = release};

    memset(&host, 0, sizeof host);
    host.script = data;
    host.left = size;
    settings.ask = octet() % 2 ? SLOGOUT_ASK_ALL : SLOGOUT_ASK_ENABLED;
    settings.on_refusal = octet() % 2 ? SLOGOUT_REFUSAL_WAIT : SLOGOUT_REFUSAL_BYE;
    settings.set_timer = octet() % 2 ? set_timer : NULL;
    if (slogout_new(&host.slogout, &settings) != 0)
        return 0;
    play();
    end();
    return 0;
}
