/* SPDX-License-Identifier: BSD-2-Clause */
/* The times that the host learns from slogout_tick(), slogout_deadline() and set_timer(). Alarms that ring, and all
 * other effects of a call on alarms, change only the earliest deadline, to any value. */
#include "prove.h"
#include "call.h"

static struct slogout slogout;
static uint64_t earliest; /* the earliest deadline of all alarms */
static uint64_t timer;    /* the deadline of the host's one-shot timer; SLOGOUT_NEVER if it may have fired */
static int rings, calls, releases;

static struct slo_link memory[2]; /* which are released when the outermost call returns */

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
    CHECK((of == &memory[0] || of == &memory[1]) && !slo_link_is_linked(of) && user_data == &timer && slogout.depth == 1);
    releases++;
}

/* Makes any slogout between two calls, with a timer that is set no later than the earliest deadline. */
static void any_slogout(void)
{
    __CPROVER_havoc_object(&slogout);
    slogout.settings.set_timer = nondet_int() ? set_timer : NULL;
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
 * with: --unwind 4
 * claims: announce_deadline slo_enter slo_leave slo_enter_at release_freed slo_release_later
 * mutant: lib/call.c: deadline >= slogout->clock.announced) => deadline > slogout->clock.announced + 1)
 * mutant: lib/call.c: if (slogout->depth == 1) { => if (slogout->depth > 1) { */
void announced(void)
{
    const int is_nested = nondet_int();
    const uint64_t freed = nondet_octet();
    const uint64_t now = nondet_uint64();
    uint64_t before, clock, objects;

    any_slogout();
    objects = slogout.objects;
    ASSUME(freed <= 2 && objects >= freed);
    before = timer;
    clock = slogout.clock.now;
    calls = releases = 0;
    slo_enter_at(&slogout, now);
    CHECK(slogout.clock.now == (now > clock ? now : clock));
    if (is_nested)
        slo_enter(&slogout);
    earliest = nondet_uint64();
    if (freed > 0)
        slo_release_later(&slogout, &memory[0]);
    if (freed > 1)
        slo_release_later(&slogout, &memory[1]);
    if (is_nested)
        slo_leave(&slogout);
    CHECK(calls == 0 && releases == 0);
    slo_leave(&slogout);
    CHECK((uint64_t)releases == freed && slogout.objects + freed == objects);
    CHECK(slogout.depth == 0 && slogout.clock.announced == timer);
    CHECK(calls == (slogout.settings.set_timer && earliest < before) && (calls == 0 ? timer == before : timer == earliest));
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
    CHECK(error || calls == (slogout.settings.set_timer && earliest != SLOGOUT_NEVER));
    CHECK(error || slogout.clock.announced == (slogout.settings.set_timer ? earliest : SLOGOUT_NEVER));
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

/* proves: a struct of the caller is copied in or out for as many octets as both sides have, the rest becomes 0, and a struct
 *     is refused, and nothing is written, if its size is not valid or if it has a member that is not known and not 0
 * with: --unwind 34
 * claims: slo_copy_sized slo_give_sized
 * mutant: lib/call.c: memset(to, 0, known); => ;
 * mutant: lib/call.c: for (i = known; i < size; i++) => for (i = known + 1; i < size; i++) */
void sized(void)
{
    struct {
        size_t size;
        unsigned char rest[16];
    } given, ours, copy, old_copy, out, old_out;
    const size_t known = nondet_size(), at = nondet_size(), size = given.size;
    const size_t first = sizeof size + at; /* the place of an octet of the rest */
    int is_wrong = size < sizeof size || size > SIZE_LIMIT, error;
    size_t i;

    ASSUME(known >= sizeof size && known <= sizeof given && (is_wrong || size <= sizeof given) && at < sizeof given.rest);
    old_copy = copy;
    old_out = out;
    out.size = old_out.size = size;
    error = slo_give_sized(&out, &ours, known);
    CHECK(error == (is_wrong ? SLOGOUT_ERR_SIZE : 0) && out.size == size);
    CHECK(out.rest[at] == (is_wrong || first >= size ? old_out.rest[at] : first >= known ? 0 : ours.rest[at]));
    for (i = 0; i < sizeof given.rest; i++)
        is_wrong = is_wrong || (sizeof size + i >= known && sizeof size + i < size && given.rest[i]);
    error = slo_copy_sized(&copy, known, &given);
    CHECK(error == (is_wrong ? SLOGOUT_ERR_SIZE : 0) && copy.size == (is_wrong ? old_copy.size : size));
    CHECK(copy.rest[at] == (is_wrong || first >= known ? old_copy.rest[at] : first >= size ? 0 : given.rest[at]));
}
