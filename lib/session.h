/* SPDX-License-Identifier: BSD-2-Clause */
/* One connection: its life as a state table, the lines that it sends, and how it ends. */
#ifndef SLO_SESSION_H
#define SLO_SESSION_H

#include "call.h"

/* The sessions of one drain, as a session knows them. */
struct slo_session_set {
    /* By state. Each list is in the order in which its members came to that state. */
    struct slo_link members[SLOGOUT_STATE_ENDED + 1];
    struct slogout_counts counts;
    uint64_t ask_before; /* a member is sent LOGOUT before this time, and `* BYE` from then on */
    void (*changed)(struct slo_session_set *set); /* called after a member has moved; must not call back */
};

struct slogout_session {
    /* for life */
    struct slo_timer timer; /* first, see slo_allocate(); runs in the states that have a timer */
    struct slogout *slogout;
    int (*send_line)(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn);
    void (*close_connection)(struct slogout_session *session, const struct slogout_result *result,
                             void *conn);
    void *conn;
    struct slo_session_set *set; /* of its drain, or NULL */
    struct slo_link member;      /* in one of the set's lists */
    uint64_t group;              /* in its drain */
    /* of one exchange */
    const char *bye_text; /* the host's; NULL for that of the settings */
    uint64_t
        close_by; /* when close_connection must have been called; SLOGOUT_NEVER if there is no deadline */
    uint64_t asked_ms;   /* when LOGOUT was sent */
    uint32_t tag_number; /* of that LOGOUT; 0 if there is none */
    uint8_t state;       /* enum slogout_state */
    uint8_t outcome;     /* enum slogout_outcome, from LEAVING on; SLOGOUT_OUTCOME_COUNT if there is none */
    uint8_t answer;      /* enum slogout_status of the client's last tagged answer */
    uint8_t bye_sent, bye_seen;
    uint8_t last_half; /* of LEAVING: the last `* BYE` need not wait for rest any more */
    uint8_t enabled;   /* for life, like the next */
    uint8_t freed;     /* stays in memory until the outermost call returns */
};

/* Makes a session inside something larger, in memory of slo_allocate(). Copies the two functions. */
void slo_session_init(struct slogout_session *session, struct slogout *slogout,
                      const struct slogout_callbacks *callbacks, void *conn);

/* The public functions of these names, for callers that are between enter and leave. The time is the
 * clock's. */
int slo_session_request(struct slogout_session *session);
int slo_session_force(struct slogout_session *session);
int slo_session_cancel(struct slogout_session *session);
void slo_session_abandon(struct slogout_session *session, enum slogout_outcome why);
void slo_session_free(struct slogout_session *session);
void slo_session_resume(struct slogout_session *session);
int slo_session_feed_response(struct slogout_session *session, const struct slogout_response *response);

/* Does what slogout_session_feed_line() does from ASKED on. It is a function of its own, which a compiler
 * does not inline, so that a line that comes while nothing is asked does not pay for its stack frame. */
int slo_session_feed_line(struct slogout_session *session, const char *line, size_t len, uint64_t now);

/* Writes the tag of the session's LOGOUT, NUL-terminated, and returns its length. There must have been
 * one. */
size_t slo_session_tag(const struct slogout_session *session, char tag[SLOGOUT_TAG_SIZE]);

/* Ends what the session was waiting for. Its timer, which has stopped, is the argument. For struct
 * slo_timers. */
void slo_session_expired(struct slo_timer *timer);

/* Adds the session to a drain's set. An OPEN session becomes WAITING. Returns 0, or SLOGOUT_ERR_STATE if the
 * session is in a drain, LEAVING or ENDED. */
int slo_session_join(struct slogout_session *session, struct slo_session_set *set, uint64_t group);
/* Takes the session out of its drain, if it is in one. An exchange goes on. A session that is WAITING must
 * leave that state at once. */
void slo_session_quit(struct slogout_session *session);

#endif
