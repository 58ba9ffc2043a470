/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include "fail.h"
#include "properties.h"

/* ---- the observer ---- */

static const struct step *step; /* the current step */
static uint64_t now;

void witness_step(const struct step *next)
{
    step = next;
    now = step->now != SLOGOUT_NEVER && step->now > world.now ? step->now : world.now;
    if (step->kind == TICK && step->now != SLOGOUT_NEVER)
        world.told = SLOGOUT_NEVER; /* the host's one-shot timer has fired */
}

/* Only these steps may make a session call send_line again after BUSY. A request after a cancel may, too, but
 * it begins another exchange. */
static int may_write_again(enum who who)
{
    return step->kind == TICK ||
           ((step->kind == READY || step->kind == FORCE || step->kind == DEPART) && step->who == who);
}

void witness_cancel(enum who who)
{
    world.witness[who].busy = 0;
}

static void taken(struct witness *witness, const struct call *call)
{
    const char *space = strchr(call->line, ' ');

    if (strncmp(call->line, "* BYE ", 6) == 0) {
        witness->byes++;
        return;
    }
    if (!space || strcmp(space, " LOGOUT\r\n") != 0)
        fail("a line that is neither LOGOUT nor * BYE: %s", call->line);
    witness->logouts++;
    witness->asked_at = now;
    memcpy(witness->tag, call->line, (size_t)(space - call->line));
}

void witness_line(const struct call *call)
{
    struct witness *witness = &world.witness[call->who];

    if (witness->busy && !may_write_again(call->who))
        fail("%c wrote after BUSY", "AB"[call->who]);
    if (witness->closes || witness->given_up)
        fail("%c wrote a line after its end", "AB"[call->who]);
    if (witness->byes)
        fail("%c wrote after its * BYE", "AB"[call->who]);
    witness->busy = call->result == SLOGOUT_BUSY;
    witness->write_failed = call->result < 0;
    if (call->result == 0)
        taken(witness, call);
    if (witness->logouts > 1)
        fail("%c wrote LOGOUT twice", "AB"[call->who]);
}

void witness_close(const struct call *call)
{
    struct witness *witness = &world.witness[call->who];
    const enum slogout_outcome outcome = call->closed.outcome;

    if (witness->closes++ || witness->given_up)
        fail("%c was closed after its end", "AB"[call->who]);
    if (call->closed.bye_sent != (witness->byes > 0))
        fail("bye_sent says %d", call->closed.bye_sent);
    if (outcome != SLOGOUT_OUTCOME_ANSWERED && !witness->byes && !witness->busy && !witness->write_failed)
        fail("%c ended without * BYE, although the host could have written it", "AB"[call->who]);
    if (outcome == SLOGOUT_OUTCOME_ANSWERED && witness->byes)
        fail("%c: a * BYE was sent after the answer", "AB"[call->who]);
    world.exchanges++;
}

void witness_given_up(enum who who)
{
    const enum slogout_state state = slogout_session_state(world.session[who]);

    if (state == SLOGOUT_STATE_ENDED)
        return;
    world.witness[who].given_up = 1;
    if (state != SLOGOUT_STATE_OPEN)
        world.exchanges++;
}

/* ---- the library and the model ---- */

static void check_same_session(enum who who)
{
    const struct model_session *model = &world.model.session[who];
    const struct slogout_session *session = world.session[who];

    if (!session != !model->alive)
        fail("%c: the library and the model disagree on whether there is a session", "AB"[who]);
    if (!session)
        return;
    if (slogout_session_state(session) != model->state)
        fail("%c: state %d, expected %d", "AB"[who], session -> state, (int)model -> state);
    if ((session->set != NULL) != model->in_drain)
        fail("%c: the library and the model disagree on whether it is in a drain", "AB"[who]);
}

static size_t check_list(enum slogout_state state)
{
    struct slo_link *const list = &world.set.members[state];
    struct slo_link *link;
    size_t length = 0;

    for (link = list->next; link != list; link = link->next) {
        const struct slogout_session *session = slo_container_of(link, struct slogout_session, member);
        if (session->state != state || session->set != &world.set)
            fail("the drain's list for state %d has a session in state %d", (int)state, session->state);
        length++;
    }
    return length;
}

static void count_states(struct slogout_counts *counts, const struct model_session *session)
{
    counts->state[session->state]++;
}

static void check_counts(void)
{
    struct slogout_counts all = world.model.counts;
    struct slogout_counts drain = world.model.drain;
    int i;

    for (i = 0; i < SESSIONS; i++) {
        const struct model_session *session = &world.model.session[i];
        if (session->alive)
            count_states(&all, session);
        if (session->alive && session->in_drain)
            count_states(&drain, session);
    }
    if (memcmp(&all, slogout_get_counts(world.slogout), sizeof all) != 0)
        fail("the counters differ");
    if (memcmp(&drain, &world.set.counts, sizeof drain) != 0)
        fail("the drain's counters differ");
}

static int is_member(enum who who)
{
    return world.session[who] && world.session[who]->set;
}

static void check_drain(void)
{
    size_t members = 0;
    int state;

    for (state = SLOGOUT_STATE_OPEN; state <= SLOGOUT_STATE_ENDED; state++)
        members += check_list((enum slogout_state)state);
    if (members != (size_t)(is_member(A) + is_member(B)))
        fail("a member of the drain is in no list");
}

void check_agreement(void)
{
    check_same_session(A);
    check_same_session(B);
    check_counts();
    check_drain();
    if (slogout_deadline(world.slogout) != model_deadline(&world.model))
        fail("the deadline of the slogout is wrong");
}

/* ---- properties ---- */

static void check_timer(enum who who)
{
    struct slogout_session *session = world.session[who];
    struct witness *witness = &world.witness[who];
    const enum slogout_state state = slogout_session_state(session);
    const int wanted = state == SLOGOUT_STATE_PENDING || state == SLOGOUT_STATE_ASKED ||
                       state == SLOGOUT_STATE_LEAVING || (state == SLOGOUT_STATE_WAITING && !session->set);

    if (slo_link_is_linked(&session->timer.link) != wanted)
        fail("%c: the timer runs without need, or does not run, in state %d", "AB"[who], (int)state);
    if (state == SLOGOUT_STATE_ASKED && session->timer.deadline != witness->asked_at + ANSWER_TIMEOUT)
        fail("%c: the answer timer was changed", "AB"[who]);
}

static void check_end(enum who who)
{
    const struct witness *witness = &world.witness[who];
    const int ended = slogout_session_state(world.session[who]) == SLOGOUT_STATE_ENDED;

    if (ended != (witness->closes + witness->given_up == 1))
        fail("%c: ended %d, closed %d times, given up %d", "AB"[who], ended, witness -> closes,
             witness -> given_up);
}

static void check_outcomes(void)
{
    const struct slogout_counts *counts = slogout_get_counts(world.slogout);
    uint64_t sum = 0;
    int i;

    for (i = 0; i < SLOGOUT_OUTCOME_COUNT; i++)
        sum += counts->outcome[i];
    if (sum != world.exchanges)
        fail("the number of outcomes is not the number of exchanges");
}

static void check_memory(void)
{
    int used = 0;
    int i;

    for (i = 0; i < BLOCKS; i++)
        used += world.block[i].used;
    if (used != (world.session[A] != NULL) + (world.session[B] != NULL))
        fail("%d blocks of memory in use", used);
}

static void check_host_timer(void)
{
    const uint64_t deadline = slogout_deadline(world.slogout);

    if (!world.model.settings.polled && world.told > deadline)
        fail("the host's timer is set later than the earliest deadline");
    if (step->kind == TICK && step->now != SLOGOUT_NEVER && deadline <= world.now)
        fail("a deadline that has passed remains after a tick");
}

void check_properties(void)
{
    int i;

    for (i = 0; i < SESSIONS; i++) {
        if (!world.session[i])
            continue;
        check_timer((enum who)i);
        check_end((enum who)i);
    }
    check_outcomes();
    check_memory();
    check_host_timer();
}
