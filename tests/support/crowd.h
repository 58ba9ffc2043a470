/* Many clients on simulated time, for the drain: a host that links the real library, and clients that
 * behave as they are told. It needs nothing of a test framework, so the simulator uses it as well.
 *
 * Each millisecond the clients' answers are fed first, then the library is ticked if its timer is due, as
 * slogout(7) wants it. What happened is counted by the millisecond. */
#ifndef TESTS_SUPPORT_CROWD_H
#define TESTS_SUPPORT_CROWD_H

#include <slogout/drain.h>

#define CROWD_NEVER UINT32_MAX

/* How a client, and the host's end of its connection, behave. */
struct manner {
    int enabled;
    uint32_t rests_after_ms; /* BUSY for so long from the first line that is offered; CROWD_NEVER: for ever */
    uint32_t answers_after_ms; /* CROWD_NEVER: silent */
    const char *answer;        /* OK, NO or BAD */
    uint32_t freed_after_ms;   /* from close_connection to the free of the session; 0: inside it */
};

struct client {
    struct crowd *crowd;
    struct slogout_session *session; /* NULL: freed */
    const struct manner *manner;
    uint32_t tag_number; /* of its LOGOUT; 0: none */
    uint32_t next[2];    /* in crowd.due, by kind of event */
    uint32_t closed_ms;
    uint8_t outcome, outcomes; /* the last one, and how many: must be one */
    unsigned told : 1, bye_sent : 1, at_rest : 1, waits_for_rest : 1, without_bye : 1;
};

/* What happened in one millisecond. */
struct moment {
    uint32_t logouts, byes, closes; /* byes: without LOGOUT before */
};

struct crowd {
    struct slogout *slogout;
    struct slogout_drain *drain;
    struct client *clients;
    uint32_t count;
    uint64_t now, horizon; /* no event is later than the horizon */
    uint64_t timer;        /* the host's; SLOGOUT_NEVER: not set */
    int deaf;              /* not 0: the host does not tick */
    struct moment *moments;
    uint32_t *due; /* by millisecond: events, as client * 2 + kind + 1; 0: none */
    /* figures */
    uint64_t timer_sets, ticks, most_in_flight, outcomes;
    uint64_t last_outcome_ms, done_ms; /* SLOGOUT_NEVER: none yet */
    unsigned dones;
    /* done in each callback of that kind, if set */
    void (*in_send_line)(struct crowd *crowd, struct client *client);
    void (*in_close)(struct crowd *crowd, struct client *client);
    void (*in_done)(struct crowd *crowd);
};

/* Client i behaves as manners[i % kinds]. settings: NULL for the defaults; timer and user_data are the
 * crowd's. Ends the program if memory is short. */
struct crowd *crowd_new(const struct slogout_settings *settings, uint32_t count, const struct manner *manners,
                        uint32_t kinds, uint64_t horizon);
/* Frees all that is left. */
void crowd_free(struct crowd *crowd);

/* Another drain for the same crowd; done is the crowd's. */
struct slogout_drain *crowd_drain(struct crowd *crowd);
/* Adds clients from..to-1 to the crowd's drain, `group_size` neighbours to each group (0: no groups). */
void crowd_add(struct crowd *crowd, uint32_t from, uint32_t to, uint32_t group_size);

/* Goes on to that millisecond, or until done, whichever is first. Then now is the millisecond after. */
void crowd_run(struct crowd *crowd, uint64_t until);
/* One millisecond's tick, as often as it is due. */
void crowd_tick(struct crowd *crowd);

/* The client goes away by itself; its session is freed. */
void crowd_hang_up(struct crowd *crowd, struct client *client);

#endif
