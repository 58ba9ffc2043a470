/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/crowd.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct manner crowd_prompt = {1, 0, 50, "OK", 0};
const struct manner crowd_silent = {1, 0, CROWD_NEVER, "OK", 0};
const struct manner crowd_not_enabled = {0, 0, CROWD_NEVER, "OK", 0};
const struct manner crowd_never_at_rest = {1, CROWD_NEVER, CROWD_NEVER, "OK", 0};

/* WIRE: the client answers or comes to rest; RELEASE: the host frees the session. */
enum event { WIRE, RELEASE };

static void *reserve(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (memory)
        return memory;
    fputs("crowd: out of memory\n", stderr);
    exit(1);
}

/* ---- events to come ---- */

static void schedule(struct client *client, enum event event, uint32_t after)
{
    struct crowd *crowd = client->crowd;
    uint32_t *due;

    if (after == CROWD_NEVER || crowd->now + after > crowd->horizon)
        return;
    due = &crowd->due[crowd->now + after];
    client->next[event] = *due;
    *due = (uint32_t)(client - crowd->clients) * 2 + event + 1;
}

/* ---- callbacks ---- */

static void note_in_flight(struct crowd *crowd)
{
    const struct slogout_counts *counts = crowd_counts(crowd);

    if (counts &&
        counts->state[SLOGOUT_STATE_PENDING] + counts->state[SLOGOUT_STATE_ASKED] > crowd->most_in_flight)
        crowd->most_in_flight = counts->state[SLOGOUT_STATE_PENDING] + counts->state[SLOGOUT_STATE_ASKED];
}

static int not_yet(struct client *client)
{
    if (!client->waits_for_rest)
        schedule(client, WIRE, client->manner->rests_after_ms);
    client->waits_for_rest = 1;
    return SLOGOUT_BUSY;
}

static void take(struct client *client, const char *line, size_t len)
{
    struct moment *moment = &client->crowd->moments[client->crowd->now];

    if (len > 6 && memcmp(line, "* BYE ", 6) == 0) {
        moment->byes += client->told ? 0 : 1;
        client->bye_sent = 1;
    } else {
        moment->logouts++;
        client->tag_number = (uint32_t)strtoul(line + strlen("SLO."), NULL, 10);
        schedule(client, WIRE, client->manner->answers_after_ms);
    }
    client->told = 1;
}

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    struct client *client = conn;

    (void)session;
    (void)when;
    note_in_flight(client->crowd);
    if (client->crowd->in_send_line)
        client->crowd->in_send_line(client->crowd, client);
    if (!client->at_rest)
        return not_yet(client);
    take(client, line, len);
    return 0;
}

static void release(struct client *client)
{
    struct slogout_session *session = client->session;

    client->session = NULL;
    slogout_session_free(session);
}

static void note_outcome(struct client *client, enum slogout_outcome outcome)
{
    struct crowd *crowd = client->crowd;

    client->outcome = (uint8_t)outcome;
    client->outcomes++;
    client->closed_ms = (uint32_t)crowd->now;
    crowd->outcomes++;
    crowd->last_outcome_ms = crowd->now;
    crowd->moments[crowd->now].closes++;
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    struct client *client = conn;

    (void)session;
    note_outcome(client, result->outcome);
    client->without_bye = result->outcome != SLOGOUT_OUTCOME_ANSWERED && !result->bye_sent;
    if (client->crowd->in_close)
        client->crowd->in_close(client->crowd, client);
    if (!client->manner->freed_after_ms)
        release(client);
    else
        schedule(client, RELEASE, client->manner->freed_after_ms);
}

static void set_timer(struct slogout *slogout, uint64_t deadline_ms, void *user_data)
{
    struct crowd *crowd = user_data;

    (void)slogout;
    crowd->timer = deadline_ms;
    crowd->timer_sets++;
}

static void done(struct slogout_drain *drain, void *user_data)
{
    struct crowd *crowd = user_data;

    if (drain == crowd->drain)
        crowd->done_ms = crowd->now;
    crowd->dones++;
    if (crowd->in_done)
        crowd->in_done(crowd);
}

/* ---- life ---- */

static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};

static void connect_client(struct crowd *crowd, struct client *client, const struct manner *manner)
{
    client->crowd = crowd;
    client->manner = manner;
    client->at_rest = manner->rests_after_ms == 0;
    if (slogout_session_new(&client->session, crowd->slogout, &callbacks, client))
        exit(1);
    slogout_session_set_enabled(client->session, manner->enabled);
}

struct crowd *crowd_new(const struct slogout_settings *settings, uint32_t count, const struct manner *manners,
                        uint32_t kinds, uint64_t horizon)
{
    struct crowd *crowd = reserve(1, sizeof *crowd);
    struct slogout_settings own = {.size = sizeof own};
    uint32_t i;

    if (settings)
        own = *settings;
    own.size = sizeof own;
    own.set_timer = set_timer;
    own.user_data = crowd;
    if (slogout_new(&crowd->slogout, &own))
        exit(1);
    crowd->count = count;
    crowd->horizon = horizon;
    crowd->clients = reserve(count + 1, sizeof *crowd->clients);
    crowd->moments = reserve(horizon + 1, sizeof *crowd->moments);
    crowd->due = reserve(horizon + 1, sizeof *crowd->due);
    crowd->timer = crowd->last_outcome_ms = crowd->done_ms = SLOGOUT_NEVER;
    for (i = 0; i < count; i++)
        connect_client(crowd, &crowd->clients[i], &manners[i % kinds]);
    crowd->drain = crowd_drain(crowd);
    return crowd;
}

struct crowd *crowd_of(uint32_t count, uint32_t members, const struct manner *manner)
{
    struct crowd *crowd = crowd_new(NULL, count, manner, 1, 400000);

    crowd_add(crowd, 0, members, 0);
    return crowd;
}

void crowd_free(struct crowd *crowd)
{
    uint32_t i;

    slogout_drain_free(crowd->drain);
    for (i = 0; i < crowd->count; i++)
        slogout_session_free(crowd->clients[i].session);
    if (slogout_free(crowd->slogout)) {
        fputs("crowd: a session or drain of the slogout was not freed\n", stderr);
        exit(1);
    }
    free(crowd->clients);
    free(crowd->moments);
    free(crowd->due);
    free(crowd);
}

struct slogout_drain *crowd_drain(struct crowd *crowd)
{
    struct slogout_drain *drain;

    if (slogout_drain_new(&drain, crowd->slogout, done, crowd))
        exit(1);
    return drain;
}

void crowd_add(struct crowd *crowd, uint32_t from, uint32_t to, uint32_t group_size)
{
    crowd->members = to > crowd->members ? to : crowd->members;
    for (; from < to; from++)
        slogout_drain_add(crowd->drain, crowd->clients[from].session,
                          group_size ? (from / group_size + UINT64_C(1)) << 32 : 0);
}

void crowd_hang_up(struct crowd *crowd, struct client *client)
{
    if (slogout_session_state(client->session) != SLOGOUT_STATE_OPEN)
        note_outcome(client, SLOGOUT_OUTCOME_PEER_CLOSED);
    (void)crowd;
    slogout_session_abandon(client->session, SLOGOUT_OUTCOME_PEER_CLOSED);
    release(client);
}

/* ---- figures ---- */

const struct slogout_counts *crowd_counts(const struct crowd *crowd)
{
    return slogout_drain_get_counts(crowd->drain);
}

uint32_t crowd_begun(const struct crowd *crowd, uint64_t from, uint64_t to)
{
    uint32_t count = 0;

    for (; from < to; from++)
        count += crowd->moments[from].logouts + crowd->moments[from].byes;
    return count;
}

uint32_t crowd_most_begun(const struct crowd *crowd, uint32_t ms)
{
    uint32_t count = 0, most = 0;
    uint64_t i;

    for (i = 0; i <= crowd->now && i <= crowd->horizon; i++) {
        count += crowd_begun(crowd, i, i + 1);
        if (i >= ms)
            count -= crowd_begun(crowd, i - ms, i - ms + 1);
        most = count > most ? count : most;
    }
    return most;
}

/* ---- time ---- */

static void answer(struct client *client)
{
    char line[64];
    const int len = snprintf(line, sizeof line, "SLO.%lu %s done\r\n", (unsigned long)client->tag_number,
                             client->manner->answer);

    (void)!slogout_session_feed_line(client->session, line, (size_t)len, client->crowd->now);
}

static void come_to_rest(struct client *client)
{
    client->at_rest = 1;
    slogout_session_resume(client->session, client->crowd->now);
}

static void happen(struct client *client, enum event event)
{
    if (!client->session)
        return;
    if (event == RELEASE)
        release(client);
    else if (client->at_rest)
        answer(client);
    else
        come_to_rest(client);
}

static void feed(struct crowd *crowd)
{
    while (crowd->due[crowd->now]) {
        const uint32_t id = crowd->due[crowd->now] - 1;
        struct client *client = &crowd->clients[id / 2];

        crowd->due[crowd->now] = client->next[id % 2];
        happen(client, (enum event)(id % 2));
    }
}

void crowd_tick(struct crowd *crowd)
{
    while (crowd->timer <= crowd->now) {
        crowd->timer = SLOGOUT_NEVER;
        crowd->ticks++;
        slogout_tick(crowd->slogout, crowd->now);
    }
}

void crowd_run(struct crowd *crowd, uint64_t until)
{
    for (; crowd->now <= until && crowd->now <= crowd->horizon; crowd->now++) {
        feed(crowd);
        if (!crowd->deaf)
            crowd_tick(crowd);
        if (crowd->done_ms != SLOGOUT_NEVER)
            return;
    }
}

/* ---- scripts ---- */

static void act(struct crowd *crowd, const struct slogout_plan *plan, char what)
{
    int error = 0;

    switch (what) {
    case 's':
        error = slogout_drain_start(crowd->drain, plan, crowd->now);
        break;
    case 'p':
        error = slogout_drain_pause(crowd->drain);
        break;
    case 'r':
        error = slogout_drain_resume(crowd->drain, crowd->now);
        break;
    case 'c':
        error = slogout_drain_cancel(crowd->drain);
        break;
    case 'f':
        error = slogout_drain_force(crowd->drain, crowd->now);
        break;
    case 'j':
        crowd_add(crowd, crowd->members, crowd->count, 0);
        break;
    case 'h':
        crowd_hang_up(crowd, &crowd->clients[crowd->count - 1]);
        break;
    default:
        crowd->deaf = what == 'd';
    }
    if (error) {
        fprintf(stderr, "crowd: %c fails: %s\n", what, slogout_strerror(error));
        exit(1);
    }
}

void crowd_play(struct crowd *crowd, const struct slogout_plan *plan, const char *script)
{
    while (*script) {
        char *what;
        const uint64_t time = strtoull(script, &what, 10);

        if (time > crowd->now)
            crowd_run(crowd, time - 1);
        act(crowd, plan, *what);
        script = what[1] ? what + 2 : what + 1;
    }
}
