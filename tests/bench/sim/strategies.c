/* SPDX-License-Identifier: BSD-2-Clause */
/* Models of the ways in which other systems take off the clients of one server. Small models, written from
 * the documents named at each; the defaults and facts are those of 2026. All see the same clients: idle IMAP
 * connections that see traffic now and then. A system that can be given a time limit is given ten minutes;
 * any other system has its documented rate. */
#include <math.h>
#include "sim/strategy.h"

/* The average interval between traffic on a connection: new mail, or IDLE issued again, which RFC 2177 wants
 * at least every 29 minutes. Only Envoy looks at that. */
#define ACTIVE_EVERY_MS 600000.0

uint64_t strategy_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* In 0..1, without 1. */
static double uniform(uint64_t *state)
{
    return (double)(strategy_random(state) >> 11) / 9007199254740992.0;
}

static void cut(struct departures *departures, uint32_t client, double at_ms, int told)
{
    departures->cut_ms[client] = (uint32_t)at_ms;
    departures->told[client] = (uint8_t)told;
}

/* A server that writes `* BYE` to everybody and closes, as Dovecot and imap4d do on SIGTERM. Leaves out
 * what they do to connections that are in the middle of a response. */
static void all_at_once(struct departures *departures)
{
    uint32_t i;

    for (i = 0; i < departures->count; i++)
        cut(departures, i, 0, 1);
}

/* nginx mail proxy, worker_shutdown_timeout (nginx.org, core module): the old worker keeps its connections
 * until the timeout, then closes all of them; the mail module writes nothing to the client. Leaves out
 * clients that go by themselves before. */
static void nginx(struct departures *departures)
{
    uint32_t i;

    for (i = 0; i < departures->count; i++)
        cut(departures, i, DEADLINE_MS, 0);
}

/* HAProxy 2.5 and later, close-spread-time with hard-stop-after (configuration manual, section 3.1): on
 * soft stop each idle connection is closed at a random moment of the window. Flatters it: implemented for
 * HTTP connections; those of TCP mode, as IMAP is, stay until hard-stop-after and are cut all at once, as
 * under nginx. Leaves out active connections, closed with a probability that grows. */
static void haproxy(struct departures *departures)
{
    const double close_spread_time = 540000;
    uint64_t random = 1;
    uint32_t i;

    for (i = 0; i < departures->count; i++)
        cut(departures, i, uniform(&random) * close_spread_time, 0);
}

/* Envoy, --drain-strategy gradual (operations: draining; command line options): whenever a connection is
 * used while draining, it is closed with the probability elapsed / drain-time-s; what is left is cut when
 * the old process ends, parent-shutdown-time-s. Flatters it: plain TCP, as IMAP is, is left to the end. */
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

/* NATS server, lame duck mode (docs: running a server, lame duck mode; server/server.go): all clients are
 * told at once, after lame_duck_grace_period they are closed one by one, with a sleep between of (duration
 * - grace period) / clients, of which a random part is left out: max(random, half). Leaves out clients
 * that act on being told. */
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

/* EMQX node evacuation (docs: cluster load rebalancing), conn-evict-rate 500: each 1000 ms as many are
 * disconnected, in one burst. MQTT 5 clients are told, in the same moment. It has no deadline. */
static void emqx(struct departures *departures)
{
    uint32_t i;

    for (i = 0; i < departures->count; i++)
        cut(departures, i, i / 500 * 1000.0, 1);
}

/* Phoenix.Socket drainer (hexdocs: Phoenix.Endpoint, socket/3, :drainer): batch_size 10,000 every
 * batch_interval of 2,000 ms, told in the same moment; what is left at `shutdown` is killed. */
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
