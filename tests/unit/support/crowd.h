/* SPDX-License-Identifier: BSD-2-Clause */
/* Many clients in simulated time, for the tests of drains: a host that links the real library, and clients that behave
 * as the test says. This file does not depend on the test framework, so the simulator uses it, too.
 *
 * In each millisecond, the answers of the clients are fed first. Then the library is ticked if its timer is due, as
 * slogout(7) requires. Events are counted for each millisecond. */
#ifndef TESTS_SUPPORT_CROWD_H
#define TESTS_SUPPORT_CROWD_H

#include <slogout/drain.h>

#define CROWD_NEVER UINT32_MAX

/* The behavior of a client, and of the host for its connection. */
struct manner {
    int enabled;
    uint32_t rests_after_ms;   /* send_line is BUSY for this time after its first call; CROWD_NEVER if always */
    uint32_t answers_after_ms; /* CROWD_NEVER if it never answers */
    const char *answer;        /* OK, NO or BAD */
    /* From close_connection until the session is freed; 0 if it is freed inside the callback. */
    uint32_t freed_after_ms;
};

struct client {
    struct crowd *crowd;
    struct slogout_session *session; /* NULL if it was freed */
    const struct manner *manner;
    uint32_t tag_number; /* of its LOGOUT; 0 if it has none */
    uint32_t next[2];    /* in crowd.due, by kind of event */
    uint32_t closed_ms;
    uint8_t outcome, outcomes; /* the last outcome, and the number of outcomes, which must be one */
    unsigned told : 1, bye_sent : 1, at_rest : 1, waits_for_rest : 1, without_bye : 1;
};

/* The events in one millisecond. */
struct moment {
    uint32_t logouts, byes, closes; /* byes: only those that no LOGOUT preceded */
};

struct crowd {
    struct slogout *slogout;
    struct slogout_drain *drain;
    struct client *clients;
    uint32_t count, members; /* members: the number of clients, from the first on, that are in the drain */
    uint64_t now, horizon; /* no event is later than the horizon */
    uint64_t timer;        /* of the host; SLOGOUT_NEVER if it is not set */
    int deaf;              /* the host does not tick */
    struct moment *moments;
    uint32_t *due; /* by millisecond: events, as client * 2 + kind + 1; 0 if there is none */
    /* figures */
    uint64_t timer_sets, ticks, most_in_flight, outcomes;
    uint64_t last_outcome_ms, done_ms; /* SLOGOUT_NEVER before the event */
    unsigned dones;
    /* called in each callback of that kind, if not NULL */
    void (*in_send_line)(struct crowd *crowd, struct client *client);
    void (*in_close)(struct crowd *crowd, struct client *client);
    void (*in_done)(struct crowd *crowd);
};

/* The first three clients are at rest immediately: the first answers after 50 ms, the second never answers, and the
 * third is not enabled. The fourth client is never at rest. */
extern const struct manner crowd_prompt, crowd_silent, crowd_not_enabled, crowd_never_at_rest;

/* Client i behaves as manners[i % kinds]. settings may be NULL for the defaults; set_timer and user_data are always
 * those of the crowd. Ends the program if memory is exhausted. */
struct crowd *crowd_new(const struct slogout_settings *settings, uint32_t count, const struct manner *manners,
                        uint32_t kinds, uint64_t horizon);
/* Makes a crowd whose clients all behave alike. The first `members` are in the drain, and the horizon is 400,000. */
struct crowd *crowd_of(uint32_t count, uint32_t members, const struct manner *manner);
/* Frees everything that has not been freed. */
void crowd_free(struct crowd *crowd);

/* Creates another drain for the same crowd, with the same function done. */
struct slogout_drain *crowd_drain(struct crowd *crowd);
/* Adds the clients from..to-1 to the crowd's drain, in groups of group_size neighbors, or without groups if group_size
 * is 0. */
void crowd_add(struct crowd *crowd, uint32_t from, uint32_t to, uint32_t group_size);

/* Runs until that millisecond has passed, or the drain is done. Then `now` is the next millisecond. */
void crowd_run(struct crowd *crowd, uint64_t until);
/* Plays a script: times in ms, each followed by a letter, separated by SP. The action of a letter precedes the events
 * of that millisecond: s starts the drain with the plan, p pauses, r resumes, c cancels, and f forces it; j adds all
 * clients that are not members; h makes the last client hang up; d makes the host stop ticking until t. */
void crowd_play(struct crowd *crowd, const struct slogout_plan *plan, const char *script);
/* Ticks while the timer is due in this millisecond. */
void crowd_tick(struct crowd *crowd);

/* The client closes its connection, and its session is freed. */
void crowd_hang_up(struct crowd *crowd, struct client *client);

/* The counters of the crowd's drain. */
const struct slogout_counts *crowd_counts(const struct crowd *crowd);
/* Counts the departures that began in from..to-1, by LOGOUT or by `* BYE` in its place. */
uint32_t crowd_begun(const struct crowd *crowd, uint64_t from, uint64_t to);
/* Returns the maximum number of departures that began within this number of milliseconds. */
uint32_t crowd_most_begun(const struct crowd *crowd, uint32_t ms);

#endif
