/* One connection: the state table. */
#ifndef SLO_SESSION_H
#define SLO_SESSION_H

#include "call.h"

/* The sessions of one drain, as a session knows them. */
struct slo_session_set {
    struct slo_link
        members[SLOGOUT_STATE_ENDED + 1]; /* by state; each in the order in which it came to that state */
    struct slogout_counts counts;
    uint64_t ask_before; /* LOGOUT goes out before this; later ones are told by `* BYE` */
    void (*changed)(struct slo_session_set *set); /* a member has moved; must not call back */
};

struct slogout_session {
    /* for life */
    struct slo_timer timer; /* first, see slo_allocate(); runs while PENDING, ASKED, LEAVING */
    struct slogout *slogout;
    const struct slogout_callbacks *callbacks;
    void *conn;
    struct slo_session_set *set; /* of its drain, or NULL */
    struct slo_link member;      /* in one of the set's lists */
    /* of one exchange */
    const char *bye_text; /* the host's; NULL: the setting's */
    union {
        uint64_t group;    /* its drain's, while WAITING */
        uint64_t asked_ms; /* when LOGOUT was taken, from ASKED on */
    } moment;
    uint32_t tag_number; /* of that LOGOUT; 0: there is none */
    /* bit-fields all: some compilers do not let them share four octets with a uint8_t, and the session
     * grows */
    unsigned state : 8;   /* enum slogout_state */
    unsigned outcome : 8; /* enum slogout_outcome, while LEAVING */
    unsigned enabled : 1;
    unsigned bye_seen : 1;
    unsigned refused : 1; /* NO or BAD was noted, the timer will tell */
    unsigned freed : 1;   /* it stays in memory to the end of the outermost call */
};

/* What the public functions do, for lib/: between enter and leave, at the time of the clock. */
int slo_session_request(struct slogout_session *session);
int slo_session_force(struct slogout_session *session);
void slo_session_resume(struct slogout_session *session);
void slo_session_feed_response(struct slogout_session *session, const struct slogout_response *response);

/* A session inside something larger, in memory of slo_allocate() that is all zeros. */
void slo_session_init(struct slogout_session *session, struct slogout *slogout,
                      const struct slogout_callbacks *callbacks, void *conn);
/* Writes the tag of its LOGOUT, NUL-terminated: the length. Only for one that has been sent. */
size_t slo_session_tag(const struct slogout_session *session, char tag[SLOGOUT_TAG_SIZE]);

/* The timer of a session has run out and stopped: what struct slo_timers calls. */
void slo_session_expired(struct slo_timer *timer);

/* Counts it in that drain from now on. SLOGOUT_ERR_STATE if it is in a drain, or leaving. */
int slo_session_join(struct slogout_session *session, struct slo_session_set *set, uint64_t group);
/* Takes it out of its drain, if it is in one; the exchange goes on. Only for a session that is not
 * WAITING. */
void slo_session_quit(struct slogout_session *session);

#endif
