/* The clock and its timers by induction: from any consistent world of one kind of timers and two more alarms, any
 * operation leads to a consistent one. Where timers lie in memory does not matter, so they stand in their queue in the
 * order of their names. */
#include "prove.h"
#include "timer.c"

/* Those of ring_one(), for the other proofs. */
#ifndef RUNNING
#define RUNNING 0
#endif
#ifndef EARLIEST
#define EARLIEST 0
#endif

/* The kind, and the alarms of others, such as drains. */
static struct slo_clock clock;
static struct slo_timers kind;
static struct slo_timer first, second, third;
static struct slo_alarm one, two;

/* ---- the heap, by what is proved of it elsewhere ---- */

static struct slo_heap_node *const nodes[] = {&kind.alarm.node, &one.node, &two.node};
static int is_in[3];

static unsigned index_of(const struct slo_heap_node *node)
{
    return node == nodes[0] ? 0 : node == nodes[1] ? 1 : 2;
}

static int comes_first(const struct slo_heap_node *node, const struct slo_heap_node *other)
{
    return node->key < other->key || (node->key == other->key && node->order < other->order);
}

static struct slo_heap_node *earliest(void)
{
    struct slo_heap_node *found = NULL;
    unsigned i;

    for (i = 0; i < 3; i++)
        if (is_in[i] && (!found || comes_first(nodes[i], found)))
            found = nodes[i];
    return found;
}

void slo_heap_insert(struct slo_heap_node **root, struct slo_heap_node *node)
{
    CHECK(root == &clock.alarms && !is_in[index_of(node)]);
    is_in[index_of(node)] = 1;
    *root = earliest();
}

void slo_heap_remove(struct slo_heap_node **root, struct slo_heap_node *node)
{
    CHECK(root == &clock.alarms && is_in[index_of(node)]);
    is_in[index_of(node)] = 0;
    *root = earliest();
}

/* ---- the world ---- */

/* When a timer that is started now expires. */
static uint64_t latest(void)
{
    return kind.interval < SLOGOUT_NEVER - 1 - clock.now ? clock.now + kind.interval : SLOGOUT_NEVER - 1;
}

static unsigned count_running(void)
{
    return (unsigned)slo_link_used(&first.link) + (unsigned)slo_link_used(&second.link) +
           (unsigned)slo_link_used(&third.link);
}

/* All timers that run, and no others, are linked both ways, in the order of their deadlines. */
static int is_queue(void)
{
    const struct slo_link *link = &kind.queue;
    uint64_t before = 0;
    unsigned i;

    for (i = 0; i <= 3 && link->next->prev == link; i++) {
        const struct slo_timer *timer = slo_container_of(link->next, struct slo_timer, link);
        if (link->next == &kind.queue)
            return i == count_running() && before <= latest();
        if (timer->deadline < before)
            return 0;
        before = timer->deadline;
        link = link->next;
    }
    return 0;
}

static int is_consistent(void)
{
    unsigned i;

    for (i = 0; i < 3; i++)
        if (is_in[i] != (nodes[i]->key != SLOGOUT_NEVER))
            return 0;
    return clock.now < SLOGOUT_NEVER && clock.alarms == earliest() && is_queue() &&
           kind.alarm.node.key == (slo_link_used(&kind.queue)
                                       ? slo_container_of(kind.queue.next, struct slo_timer, link)->deadline
                                       : SLOGOUT_NEVER);
}

/* ---- what is called when time has come ---- */

static int rings;

static void any_world(unsigned running);

/* The world is consistent when the host is called, and then it is any consistent one, with one timer. */
static void rings_now(void)
{
    rings++;
    CHECK(is_consistent());
    any_world(1);
}

static void expired(struct slo_timer *timer)
{
    CHECK(!slo_link_used(&timer->link) && timer->deadline <= clock.now);
    rings_now();
}

static void ring(struct slo_alarm *alarm)
{
    CHECK(clock.alarms == &alarm->node && alarm->node.key <= clock.now);
    rings_now();
}

/* ---- any world, any operation ---- */

static void any_world(unsigned running)
{
    unsigned i;

    clock.now = nondet_uint64();
    clock.made = nondet_uint64();
    clock.announced = nondet_uint64();
    slo_timers_init(&kind, &clock, nondet_uint64(), expired);
    slo_alarm_init(&one, &clock, ring);
    slo_alarm_init(&two, &clock, ring);
    slo_link_init(&first.link);
    slo_link_init(&second.link);
    slo_link_init(&third.link);
    if (running > 0)
        slo_link_append(&kind.queue, &first.link);
    if (running > 1)
        slo_link_append(&kind.queue, &second.link);
    if (running > 2)
        slo_link_append(&kind.queue, &third.link);
    first.deadline = nondet_uint64();
    second.deadline = nondet_uint64();
    third.deadline = nondet_uint64();
    kind.alarm.node.key = running ? first.deadline : SLOGOUT_NEVER;
    one.node.key = nondet_uint64();
    two.node.key = nondet_uint64();
    for (i = 0; i < 3; i++) {
        nodes[i]->order = nondet_uint64();
        is_in[i] = nodes[i]->key != SLOGOUT_NEVER;
    }
    ASSUME(one.node.order != two.node.order && kind.alarm.node.order != one.node.order &&
           kind.alarm.node.order != two.node.order);
    clock.alarms = earliest();
    ASSUME(is_consistent());
}

/* proves: a timer is started, which expires an interval later or at the end of time, or one is stopped, or an alarm is set: the queue of 3 timers is in the order of the deadlines and linked both ways, its alarm stands at the head's, the deadline of the clock is the earliest, for all times and intervals
 * with: --unwind 5 --slice-formula
 * each: RUNNING 4
 * mutant: lib/timer.c: slo_link_remove(&timer->link); => ;
 * mutant: lib/timer.c: timers->interval < last - now => timers->interval <= last - now + 1
 * mutant: lib/timer.c: if (alarm->node.key == deadline) => if (alarm->node.key >= deadline)
 * mutant: lib/list.h: list->prev->next = link; => ; */
void change(void)
{
    const int which = nondet_int(), what = nondet_int();
    struct slo_timer *timer = which == 0 ? &first : which == 1 ? &second : &third;

    any_world(RUNNING);
    if (what == 0 && !slo_link_used(&timer->link)) {
        slo_timer_start(&kind, timer, clock.now);
        CHECK(slo_link_used(&timer->link) && timer->deadline == latest());
    } else if (what == 1) {
        slo_timer_stop(&kind, timer);
        CHECK(!slo_link_used(&timer->link));
    } else if (what == 2) {
        const uint64_t deadline = nondet_uint64();
        slo_alarm_set(&one, deadline);
        CHECK(one.node.key == deadline);
    }
    CHECK(is_consistent());
    CHECK(slo_clock_deadline(&clock) == (earliest() ? earliest()->key : SLOGOUT_NEVER));
}

/* proves: the clock never goes back nor stands at SLOGOUT_NEVER, and nothing else changes, for all times
 * mutant: lib/timer.c: now > clock->now => now != clock->now */
void advance(void)
{
    const uint64_t now = nondet_uint64();
    const struct slo_clock old = {NULL, nondet_uint64(), nondet_uint64(), nondet_uint64()};
    struct slo_clock advanced = old;

    ASSUME(now != SLOGOUT_NEVER && old.now != SLOGOUT_NEVER);
    slo_clock_advance(&advanced, now);
    CHECK(advanced.now == (now > old.now ? now : old.now) && advanced.now != SLOGOUT_NEVER);
    CHECK(advanced.alarms == old.alarms && advanced.made == old.made && advanced.announced == old.announced);
}

/* proves: of 3 timers and 2 alarms the earliest rings if it is due, else none does; a timer has stopped when it does; the world is consistent then, and may be any consistent one after the callback, for all times
 * with: --unwind 5 --slice-formula
 * each: RUNNING 4 EARLIEST 3
 * mutant: lib/timer.c: alarms->key <= clock->now; => alarms->key < clock->now;
 * mutant: lib/timer.c: slo_timer_stop(timers, head); => ; */
void ring_one(void)
{
    /* What is true of the second alarm is true of the first. */
    struct slo_heap_node *const node = EARLIEST < 2 ? nodes[EARLIEST] : NULL;
    int is_due;

    if (node == nodes[0] && RUNNING == 0)
        return;
    any_world(RUNNING);
    ASSUME(earliest() == node);
    clock.alarms = node; /* as it is, so that the checker knows it */
    is_due = slo_clock_deadline(&clock) <= clock.now;
    rings = 0;
    slo_clock_ring(&clock, 1);
    CHECK(rings == is_due);
    CHECK(is_consistent());
}
