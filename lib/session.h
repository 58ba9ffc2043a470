/* SPDX-License-Identifier: BSD-2-Clause */
/* A session, which is one connection, with its states, lines and outcome. */
#ifndef SLO_SESSION_H
#define SLO_SESSION_H

#include "call.h"

/* The sessions of one drain. */
struct slo_session_set {
    /* by state; each list is in the order in which its members entered the state */
    struct slo_link members[SLOGOUT_STATE_ENDED + 1];
    struct slogout_counts counts;
    uint64_t ask_before; /* a member is sent LOGOUT before this time, and `* BYE` after that */
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
    const char *bye_text; /* belongs to the host; NULL for the text in the settings */
    uint64_t
        close_by; /* when close_connection must have been called; SLOGOUT_NEVER if there is no deadline */
    uint64_t asked_ms;   /* when LOGOUT was sent */
    uint32_t tag_number; /* of that LOGOUT; 0 if no LOGOUT was sent */
    uint8_t state;       /* enum slogout_state */
    uint8_t outcome;     /* enum slogout_outcome; SLOGOUT_OUTCOME_COUNT before LEAVING or without one */
    uint8_t answer;      /* enum slogout_status of the client's last tagged answer */
    uint8_t bye_sent, bye_seen;
    uint8_t last_half; /* of LEAVING; the last `* BYE` need not wait for rest */
    uint8_t enabled;   /* for life, like the next */
    uint8_t freed;     /* freed, but in memory until the outermost call returns */
};

/* Initializes a session, which may be the first member of a larger object, in memory from slo_allocate().
 * Copies the two functions. */
void slo_session_init(struct slogout_session *session, struct slogout *slogout,
                      const struct slogout_callbacks *callbacks, void *conn);

/* These do the work of the public functions with the same names, for callers between slo_enter() and
 * slo_leave(). They take the time from the clock. */
int slo_session_request(struct slogout_session *session);
int slo_session_force(struct slogout_session *session);
int slo_session_cancel(struct slogout_session *session);
void slo_session_abandon(struct slogout_session *session, enum slogout_outcome why);
void slo_session_free(struct slogout_session *session);
void slo_session_resume(struct slogout_session *session);
int slo_session_feed_response(struct slogout_session *session, const struct slogout_response *response);

/* Does the work of slogout_session_feed_line() in ASKED, LEAVING and ENDED. It is a separate function that a
 * compiler does not inline, so that a line in any other state does not pay for its stack frame. */
int slo_session_feed_line(struct slogout_session *session, const char *line, size_t len, uint64_t now);

/* Writes the tag of the session's LOGOUT, NUL-terminated, and returns its length. LOGOUT must have been
 * sent. */
size_t slo_session_tag(const struct slogout_session *session, char tag[SLOGOUT_TAG_SIZE]);

/* Handles the timer of a session, which has expired and has been stopped. A struct slo_timers calls it. */
void slo_session_expired(struct slo_timer *timer);

/* Adds the session to a drain's set. An OPEN session becomes WAITING. Returns 0, or SLOGOUT_ERR_STATE if the
 * session is WAITING, LEAVING, ENDED or in a drain. */
int slo_session_join(struct slogout_session *session, struct slo_session_set *set, uint64_t group);
/* Removes the session from its drain, if it is in one. An exchange continues. The caller must change the
 * state of a WAITING session at once. */
void slo_session_quit(struct slogout_session *session);

#endif
