/* SPDX-License-Identifier: BSD-2-Clause */
/* Models of the ways in which other systems disconnect the clients of one server. The models are small, and
 * follow the documents that each comment names; the defaults and facts are those of 2026. All models have the
 * same clients: idle IMAP connections with occasional traffic. A system that accepts a time limit gets ten
 * minutes. Any other system has its documented rate. */
#include <math.h>
#include "sim/strategy.h"

/* The average interval between traffic on a connection. The traffic is new mail, or a new IDLE, which RFC
 * 2177 recommends at least every 29 minutes. Only the model of Envoy depends on it. */
#define ACTIVE_EVERY_MS 600000.0

uint64_t strategy_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* Returns a number from 0 up to 1, without 1. */
static double uniform(uint64_t *state)
{
    return (double)(strategy_random(state) >> 11) / 9007199254740992.0;
}

static void cut(struct departures *departures, uint32_t client, double at_ms, int told)
{
    departures->cut_ms[client] = (uint32_t)at_ms;
    departures->told[client] = (uint8_t)told;
}

/* A server that writes `* BYE` to all clients and closes, as Dovecot and imap4d do on SIGTERM. The model
 * omits the effect on connections that are in the middle of a response. */
static void all_at_once(struct departures *departures)
{
    uint32_t i;

    for (i = 0; i < departures->count; i++)
        cut(departures, i, 0, 1);
}

/* nginx mail proxy, worker_shutdown_timeout (nginx.org, core module). The old worker keeps its connections
 * until the timeout, and then closes all of them. The mail module writes nothing to the client. The model
 * omits clients that leave by themselves before the timeout. */
static void nginx(struct departures *departures)
{
    uint32_t i;

    for (i = 0; i < departures->count; i++)
        cut(departures, i, DEADLINE_MS, 0);
}

/* HAProxy 2.5 and later, close-spread-time with hard-stop-after (configuration manual, section 3.1). On a
 * soft stop, each idle connection is closed at a random moment of the window. The model flatters HAProxy,
 * which does this only for HTTP connections. Connections in TCP mode, such as IMAP, stay until
 * hard-stop-after and are then cut all at once, as by nginx. The model omits active connections, which are
 * closed with a growing probability. */
static void haproxy(struct departures *departures)
{
    const double close_spread_time = 540000;
    uint64_t random = 1;
    uint32_t i;

    for (i = 0; i < departures->count; i++)
        cut(departures, i, uniform(&random) * close_spread_time, 0);
}

/* Envoy, --drain-strategy gradual (operations: draining; command line options). A connection that is used
 * during the drain is closed with the probability elapsed / drain-time-s. The remaining connections are cut
 * when the old process ends, after parent-shutdown-time-s. The model flatters Envoy, which leaves plain TCP,
 * such as IMAP, to the end. */
static void envoy(struct departures *departures)
{
    const double drain_time = 540000;
    uint64_t random = 2;
    uint32_t i;

    for (i = 0; i < departures->count; i++) {
        double at = 0;
        do
            at += -ACTIVE_EVERY_MS * log(1 - uniform(&random));
        while (at < DEADLINE_MS && uniform(&random) >= at / drain_time);
        cut(departures, i, at < DEADLINE_MS ? at : DEADLINE_MS, 0);
    }
}

/* NATS server, lame duck mode (docs: running a server, lame duck mode; server/server.go). All clients are
 * told at once. After lame_duck_grace_period, they are closed one by one. The sleep between two of them is at
 * most (duration - grace period) / clients: a random part of it, but at least half. The model omits clients
 * that leave when they are told. */
static void nats(struct departures *departures)
{
    const double grace_period = 10000;
    const double step = (DEADLINE_MS - grace_period) / departures->count;
    uint64_t random = 3;
    double at = grace_period;
    uint32_t i;

    for (i = 0; i < departures->count; i++) {
        const double sleep = uniform(&random) * step;
        cut(departures, i, at, 1);
        at += sleep > step / 2 ? sleep : step / 2;
    }
}

/* EMQX node evacuation (docs: cluster load rebalancing), conn-evict-rate 500. Every 1000 ms, 500 clients are
 * disconnected in one burst. MQTT 5 clients are told at the same instant. There is no deadline. */
static void emqx(struct departures *departures)
{
    uint32_t i;

    for (i = 0; i < departures->count; i++)
        cut(departures, i, i / 500 * 1000.0, 1);
}

/* Phoenix.Socket drainer (hexdocs: Phoenix.Endpoint, socket/3, :drainer), batch_size 10,000 every
 * batch_interval of 2,000 ms. The clients are told at the same instant. The remaining connections are killed
 * at `shutdown`. */
static void phoenix(struct departures *departures)
{
    uint32_t i;

    for (i = 0; i < departures->count; i++) {
        const double at = i / 10000 * 2000.0;
        cut(departures, i, at < DEADLINE_MS ? at : DEADLINE_MS, at < DEADLINE_MS);
    }
}

const struct strategy strategies[] = {
    {"all-at-once", "all at once", all_at_once},
    {"nginx", "nginx worker_shutdown_timeout", nginx},
    {"haproxy", "HAProxy close-spread-time", haproxy},
    {"envoy", "Envoy gradual", envoy},
    {"nats", "NATS lame duck", nats},
    {"emqx", "EMQX evacuation, 500/s", emqx},
    {"phoenix", "Phoenix, 10,000 per 2 s", phoenix},
};
const unsigned strategy_count = sizeof strategies / sizeof *strategies;
