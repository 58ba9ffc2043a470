/* One connection: the state table. */
#ifndef SESSION_H
#define SESSION_H

#include "instance.h"
#include "tally.h"

struct slogout_session {
    /* for life */
    struct timer timer; /* first, see instance_allocate(); runs while PENDING, ASKED, LEAVING */
    struct slogout *slogout;
    const struct slogout_callbacks *callbacks;
    void *conn;
    struct tally *tally; /* of its drain, or NULL */
    struct link member;  /* in one of the tally's lists */
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
int session_request(struct slogout_session *session);
int session_force(struct slogout_session *session);
void session_ready(struct slogout_session *session);
void session_hear(struct slogout_session *session, const struct slogout_response *response);

/* A session inside something larger, in memory of instance_allocate() that is all zeros. */
void session_init(struct slogout_session *session, struct slogout *slogout,
                  const struct slogout_callbacks *callbacks, void *conn);
/* Writes the tag of its LOGOUT, NUL-terminated: the length. Only for one that has been sent. */
size_t session_tag(const struct slogout_session *session, char tag[SLOGOUT_TAG_SIZE]);

/* Counts it in that drain from now on. SLOGOUT_ERR_STATE if it is in a drain, or leaving. */
int session_join(struct slogout_session *session, struct tally *tally, uint64_t group);
/* Takes it out of its drain, if it is in one; the exchange goes on. Only for a session that is not
 * WAITING. */
void session_quit(struct slogout_session *session);

#endif
