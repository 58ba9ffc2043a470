/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks every sequence of events that a slogout with two sessions can see.
 *
 * The search is breadth first and runs the real library. It makes each step from each state, with every
 * behavior of the host, and checks the step against the model and the properties. It adds the resulting state
 * to the queue unless it has seen that state before. The search ends when no step leads to a new state. Its
 * result then holds for sequences of any length.
 *
 *     session          checks all settings: one session with each departure, and two sessions with one departure
 *     session quick    checks all settings with one session */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "choose.h"
#include "fail.h"
#include "world.h"

struct node {
    struct key key;
    struct choices choices; /* the step that leads here */
    int parent;             /* -1 for the first node */
    int depth;
    struct world *snapshot; /* NULL after its steps have been made */
};

static struct node *nodes;
static int node_count, node_room;
static int *buckets; /* node number + 1; 0 if the bucket is free */
static int bucket_count;
static int sessions = SESSIONS;
static int current; /* the node from which the search makes steps */
static unsigned long transitions;

/* ---- failure: prints the shortest sequence of steps that leads to it ---- */

static void retell(int node)
{
    const struct choices last = choices_taken();
    int *way = malloc(sizeof *way * (size_t)(nodes[node].depth + 1));
    int length = 0;

    for (; way && nodes[node].parent >= 0; node = nodes[node].parent)
        way[length++] = node;
    world_start(&world.model.settings, sessions);
    world_verbose = 1;
    while (length-- > 0) {
        choices_replay(&nodes[way[length]].choices);
        world_step();
    }
    choices_replay(&last);
    world_step();
    free(way);
}

void fail(const char *format, ...)
{
    va_list arguments;

    printf("FAILED: ");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    if (!world_verbose && node_count > 0)
        retell(current);
    fflush(stdout);
    exit(1);
}

static void *need(void *memory)
{
    if (!memory)
        fail("no memory");
    return memory;
}

/* ---- the set of states ---- */

static size_t hash(const struct key *key)
{
    uint64_t h = 14695981039346656037u; /* the offset basis of FNV-1a */
    size_t i;

    for (i = 0; i < sizeof key->bytes; i++)
        h = (h ^ key->bytes[i]) * 1099511628211u;
    return (size_t)(h ^ h >> 29);
}

/* Returns the bucket that contains the key, or the free bucket for the key. */
static int *find(const struct key *key)
{
    size_t i = hash(key) % (size_t)bucket_count;

    while (buckets[i] && memcmp(&nodes[buckets[i] - 1].key, key, sizeof *key) != 0)
        i = (i + 1) % (size_t)bucket_count;
    return &buckets[i];
}

static void grow(void)
{
    int i;

    if (node_count < node_room)
        return;
    node_room = node_room ? 2 * node_room : 4096;
    nodes = need(realloc(nodes, sizeof *nodes * (size_t)node_room));
    bucket_count = 4 * node_room;
    free(buckets);
    buckets = need(calloc((size_t)bucket_count, sizeof *buckets));
    for (i = 0; i < node_count; i++)
        *find(&nodes[i].key) = i + 1;
}

static struct world *snapshot(void)
{
    struct world *copy = need(malloc(sizeof *copy));

    *copy = world;
    return copy;
}

static void visit(int parent)
{
    const struct key key = world_key();
    struct node *node;

    grow();
    if (*find(&key))
        return;
    node = &nodes[node_count];
    node->key = key;
    node->choices = choices_taken();
    node->parent = parent;
    node->depth = parent < 0 ? 0 : nodes[parent].depth + 1;
    node->snapshot = snapshot();
    *find(&key) = ++node_count;
}

/* ---- the search ---- */

static void make_all_steps(void)
{
    struct world *start = nodes[current].snapshot;

    do {
        world = *start;
        if (world_step()) {
            transitions++;
            visit(current);
        }
    } while (choose_next());
    world = *start;
    world_check_end();
    free(start);
    nodes[current].snapshot = NULL;
}

static void explore(const struct model_settings *settings)
{
    unsigned long before = transitions;
    int depth;

    node_count = 0;
    memset(buckets, 0, sizeof *buckets * (size_t)bucket_count);
    world_start(settings, sessions);
    visit(-1);
    for (current = 0; current < node_count; current++)
        make_all_steps();
    depth = nodes[node_count - 1].depth;
    printf(
        "  %d sessions, ask %d, on refusal %d, drain %s, %s: %d states, %lu transitions, the last new state "
        "after %d "
        "steps\n",
        sessions, (int)settings->ask, (int)settings->on_refusal,
        settings->drain_asks ? "asks" : "does not ask", settings->polled ? "polled" : "told", node_count,
        transitions - before, depth);
    fflush(stdout);
}

static const struct model_settings all_settings[] = {
    {SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_WAIT, .drain_asks = 1, .polled = 0},
    {SLOGOUT_ASK_ENABLED, SLOGOUT_REFUSAL_BYE, .drain_asks = 1, .polled = 0},
    {SLOGOUT_ASK_ALL, SLOGOUT_REFUSAL_WAIT, .drain_asks = 1, .polled = 0},
    {SLOGOUT_ASK_ALL, SLOGOUT_REFUSAL_BYE, .drain_asks = 0, .polled = 1},
};

/* Returns the number of states. */
static int explore_all(void)
{
    const int count = sizeof all_settings / sizeof *all_settings;
    int states = 0;
    int i;

    for (i = 0; i < count; i++) {
        explore(&all_settings[i]);
        states += node_count;
    }
    return states;
}

int main(int argc, char **argv)
{
    const int most = argc > 1 && strcmp(argv[1], "quick") == 0 ? 1 : SESSIONS;
    int states = 0;

    grow();
    for (sessions = 1; sessions <= most; sessions++)
        states += explore_all();
    printf("exhaustive: %d states and %lu transitions of up to %d sessions, all found, all properties hold\n",
           states, transitions, most);
    return 0;
}
