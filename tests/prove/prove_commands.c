/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands in flight, and the queue of the commands for which more than a tag is stored. */
#include "prove.h"

#include "owed.h"

static struct slo_owed_queue queue;

#define QUEUE queue
#include "move_commands.h"
#include "in_flight.c"
#include "owed.c"

/* ---- in flight ---- */

static struct slo_in_flight in_flight;

static int in_flight_is_valid(void)
{
    return in_flight.is_summed ? in_flight.count > 0 : in_flight.count <= SLO_IN_FLIGHT_KNOWN;
}

static struct slo_in_flight any_in_flight(void)
{
    __CPROVER_havoc_object(&in_flight);
    ASSUME(in_flight_is_valid());
    return in_flight;
}

/* Returns the index of the tag, or count if the tag is not there. */
static size_t place_of(const struct slo_in_flight *of, uint64_t tag)
{
    size_t i = 0;

    while (i < of->count && of->tags[i] != tag)
        i++;
    return i;
}

/* proves: a command that is added is the last of up to 16 and leaves the others as they are, and the number and the sum
 *     include it, from any valid state
 * with: --unwind 18
 * claims: slo_in_flight_add
 * mutant: lib/in_flight.c: if (in_flight->count == SLO_IN_FLIGHT_KNOWN) => if (in_flight->count == SLO_IN_FLIGHT_KNOWN + 1)
 * mutant: lib/in_flight.c: in_flight->sum += tag; => in_flight->sum = tag; */
void in_flight_add(void)
{
    const struct slo_in_flight before = any_in_flight();
    const uint64_t tag = nondet_uint64();
    const size_t i = nondet_size();

    ASSUME(before.count < UINT64_MAX); /* No stream contains more commands. */
    slo_in_flight_add(&in_flight, tag);
    CHECK(in_flight_is_valid());
    CHECK(in_flight.count == before.count + 1 && in_flight.sum == before.sum + tag);
    CHECK(in_flight.is_summed == (before.is_summed || before.count == SLO_IN_FLIGHT_KNOWN));
    ASSUME(i < in_flight.count && !in_flight.is_summed);
    CHECK(in_flight.tags[i] == (i < before.count ? before.tags[i] : tag));
}

/* proves: a response removes the command with its tag and no other command; when only the sum is known, the response
 *     reduces the number by one and the sum by the tag; the number never wraps; the response after which no command is
 *     left shows whether the sum was right; from any valid state
 * with: --unwind 18
 * claims: slo_in_flight_answer slo_in_flight_is_only forget_tag
 * mutant: lib/in_flight.c: !in_flight->is_summed && !forget_tag => !forget_tag
 * mutant: lib/in_flight.c: if (i == count) => if (i > count)
 * mutant: lib/in_flight.c: tags[count - 1]; => tags[count]; */
void in_flight_answer(void)
{
    const struct slo_in_flight before = any_in_flight();
    const uint64_t tag = nondet_uint64();
    const size_t at = before.is_summed ? 0 : place_of(&before, tag), i = nondet_size();
    const enum slo_in_flight_result result = slo_in_flight_answer(&in_flight, tag);

    CHECK(in_flight_is_valid());
    CHECK(slo_in_flight_is_only(&before, tag) == (before.count == 1 && before.sum == tag));
    CHECK((result == SLO_IN_FLIGHT_SURPLUS) == (!before.is_summed && at == before.count));
    if (result == SLO_IN_FLIGHT_SURPLUS) {
        CHECK(in_flight.count == before.count && in_flight.sum == before.sum && !in_flight.is_summed);
    } else {
        CHECK(in_flight.count == before.count - 1 && before.count > 0 && in_flight.sum == before.sum - tag);
        CHECK(in_flight.is_summed == (before.is_summed && in_flight.count > 0));
        CHECK((result == SLO_IN_FLIGHT_MISCOUNTED) == (in_flight.count == 0 && in_flight.sum != 0));
    }
    ASSUME(!before.is_summed && i < in_flight.count);
    CHECK(in_flight.tags[i] == before.tags[i == at ? in_flight.count : i]);
}

/* ---- the queue ---- */

static struct slo_owed_queue any_queue(void)
{
    __CPROVER_havoc_object(&queue);
    ASSUME(queue.count <= SLO_OWED_MAX);
    return queue;
}

static int is_same(const struct slo_owed *one, const struct slo_owed *other)
{
    return one->tag == other->tag && one->lines == other->lines && one->command == other->command &&
           one->waits == other->waits && one->is_literal == other->is_literal;
}

/* proves: an appended command is zero except for its tag, and the commands before it do not change, unless there is no
 *     room, for all queues
 * with: --unwind 10
 * claims: slo_owed_add
 * mutant: lib/owed.c: if (queue->count == SLO_OWED_MAX) => if (queue->count > SLO_OWED_MAX)
 * mutant: lib/owed.c: memset(owed, 0, sizeof *owed); => (void)0; */
void owed_add(void)
{
    const struct slo_owed_queue before = any_queue();
    const struct slo_owed begun = {.tag = nondet_uint64()};
    const struct slo_owed *const owed = slo_owed_add(&queue, begun.tag);
    const size_t i = nondet_size();

    CHECK((owed == NULL) == (before.count == SLO_OWED_MAX));
    CHECK(queue.count == before.count + (owed != NULL));
    CHECK(!owed || (owed == &queue.commands[before.count] && is_same(owed, &begun)));
    ASSUME(i < before.count);
    CHECK(is_same(&queue.commands[i], &before.commands[i]));
}

/* proves: one command is removed from the queue, and the other commands keep their order, for all queues
 * with: --unwind 10
 * claims: slo_owed_remove
 * mutant: lib/owed.c: (size_t)(end - owed - 1) => (size_t)(end - owed) */
void owed_remove(void)
{
    const struct slo_owed_queue before = any_queue();
    const size_t at = nondet_size(), i = nondet_size();

    ASSUME(at < before.count);
    slo_owed_remove(&queue, &queue.commands[at]);
    CHECK(queue.count == before.count - 1);
    ASSUME(i < queue.count);
    CHECK(is_same(&queue.commands[i], &before.commands[i < at ? i : i + 1]));
}

/* proves: the oldest command that waits, and the oldest command with a tag, are found if there is one, for all queues
 * with: --unwind 10
 * claims: slo_owed_waiting slo_owed_find
 * mutant: lib/owed.c: if (queue->commands[i].waits) => if (!queue->commands[i].waits)
 * mutant: lib/owed.c: if (queue->commands[i].tag == tag) => if (i == 0) */
void owed_find(void)
{
    const struct slo_owed_queue before = any_queue();
    const uint64_t tag = nondet_uint64();
    const struct slo_owed *const end = queue.commands + before.count;
    const struct slo_owed *const waiting = slo_owed_waiting(&queue), *const found = slo_owed_find(&queue, tag);
    const size_t i = nondet_size();

    CHECK(!waiting || (waiting < end && waiting->waits));
    CHECK(!found || (found < end && found->tag == tag));
    ASSUME(i < before.count);
    CHECK(!before.commands[i].waits || (waiting && waiting <= queue.commands + i));
    CHECK(before.commands[i].tag != tag || (found && found <= queue.commands + i));
}
