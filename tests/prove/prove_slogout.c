/* SPDX-License-Identifier: BSD-2-Clause */
/* The times that the host learns from slogout_tick(), slogout_deadline() and set_timer(). Alarms that ring, and all
 * other effects of a call on alarms, change only the earliest deadline, to any value. */
#include "prove.h"
#include "call.h"

static struct slogout slogout;
static uint64_t earliest; /* the earliest deadline of all alarms */
static uint64_t timer;    /* the deadline of the host's one-shot timer; SLOGOUT_NEVER if it may have fired */
static int rings, calls, releases;

static struct slo_link memory; /* which is released when the outermost call returns */

#define slo_clock_deadline(clock) ((void)(clock), earliest)
#include "call.c"
#include "slogout.c"

void slo_clock_advance(struct slo_clock *clock, uint64_t now)
{
    if (now > clock->now)
        clock->now = now;
}

void slo_clock_ring(struct slo_clock *clock, uint32_t budget)
{
    rings++;
    CHECK(budget > 0 && clock == &slogout.clock && clock->now < SLOGOUT_NEVER && slogout.depth == 1);
    earliest = nondet_uint64();
}

static void set_timer(struct slogout *slogout, uint64_t deadline, void *user_data)
{
    CHECK(deadline == slogout_deadline(slogout) && user_data == &timer && slogout->depth > 0);
    timer = deadline;
    calls++;
}

static void release(void *of, void *user_data)
{
    CHECK(of == &memory && !slo_link_is_linked(&memory) && user_data == &timer && slogout.depth == 1);
    releases++;
}

/* Makes any slogout between two calls, with a timer that is set no later than the earliest deadline. */
static void any_slogout(void)
{
    __CPROVER_havoc_object(&slogout);
    slogout.settings.set_timer = set_timer;
    slogout.settings.release = release;
    slogout.settings.user_data = &timer;
    slo_link_init(&slogout.freed);
    slogout.depth = 0;
    earliest = nondet_uint64();
    timer = slogout.clock.announced;
    ASSUME(timer <= earliest && slogout.clock.now < SLOGOUT_NEVER);
}

/* proves: after any call that changes the deadlines, the host's timer is set to the earliest deadline or to an earlier
 *     time, and is set again only if that deadline has become earlier, and what was freed is released, for all times
 * with: --unwind 3
 * claims: announce_deadline slo_enter slo_leave slo_enter_at release_freed slo_release_later
 * mutant: lib/call.c: deadline >= slogout->clock.announced) => deadline > slogout->clock.announced + 1)
 * mutant: lib/call.c: if (slogout->depth == 1) { => if (slogout->depth > 1) { */
void announced(void)
{
    const int is_nested = nondet_int(), is_freed = nondet_int() != 0;
    const uint64_t now = nondet_uint64();
    uint64_t before, clock, objects;

    any_slogout();
    objects = slogout.objects;
    ASSUME(objects > 0);
    before = timer;
    clock = slogout.clock.now;
    calls = releases = 0;
    slo_enter_at(&slogout, now);
    CHECK(slogout.clock.now == (now > clock ? now : clock));
    if (is_nested)
        slo_enter(&slogout);
    earliest = nondet_uint64();
    if (is_freed)
        slo_release_later(&slogout, &memory);
    if (is_nested)
        slo_leave(&slogout);
    CHECK(calls == 0 && releases == 0);
    slo_leave(&slogout);
    CHECK(releases == is_freed && slogout.objects + (uint64_t)is_freed == objects);
    CHECK(slogout.depth == 0 && timer <= earliest && slogout.clock.announced == timer);
    CHECK(calls == (earliest < before) && (calls == 0 ? timer == before : timer == earliest));
}

/* proves: a tick advances the clock and rings the alarms once; then the host's timer is set to the earliest deadline if
 *     there is one, because it may have fired; or there is an error, and nothing changes; for all times
 * claims: slogout_tick slo_may_call_back slogout_deadline
 * mutant: lib/slogout.c: slogout->clock.announced = SLOGOUT_NEVER; => ; */
void tick(void)
{
    const uint64_t now = nondet_uint64();
    const int is_inside = nondet_int() != 0;
    uint64_t clock, due;
    int error;

    any_slogout();
    slogout.depth = (unsigned)is_inside;
    clock = slogout.clock.now;
    due = earliest;
    rings = calls = 0;
    error = slogout_tick(&slogout, now);
    CHECK(slogout.depth == (unsigned)is_inside);
    CHECK(error == (is_inside ? SLOGOUT_ERR_REENTRANT : now == SLOGOUT_NEVER ? SLOGOUT_ERR_ARGUMENT : 0));
    CHECK(error ? rings == 0 && calls == 0 && slogout.clock.now == clock && earliest == due
                : rings == 1 && slogout.clock.now == (now > clock ? now : clock));
    CHECK(error || (calls == (earliest != SLOGOUT_NEVER) && slogout.clock.announced == earliest));
    CHECK(slogout_deadline(&slogout) == earliest);
    CHECK(slogout_tick(NULL, now) == SLOGOUT_ERR_ARGUMENT && slogout_deadline(NULL) == SLOGOUT_NEVER);
}

/* proves: the timeout for poll() is -1 without a deadline, 0 if the deadline has come, and otherwise the time until the
 *     deadline or the longest time that fits, for all times
 * claims: slogout_poll_timeout
 * mutant: lib/slogout.c: if (deadline_ms <= now_ms) => if (deadline_ms < now_ms - 1)
 * mutant: lib/slogout.c: deadline_ms - now_ms < INT_MAX => deadline_ms < INT_MAX */
void poll_timeout(void)
{
    const uint64_t deadline = nondet_uint64(), now = nondet_uint64();
    const int timeout = slogout_poll_timeout(deadline, now);

    CHECK((timeout == -1) == (deadline == SLOGOUT_NEVER) && timeout >= -1);
    CHECK((timeout == 0) == (deadline != SLOGOUT_NEVER && deadline <= now));
    CHECK(timeout <= 0 || (uint64_t)timeout == deadline - now || (timeout == INT_MAX && deadline - now > INT_MAX));
}
