/* The loop of a program that serves many connections, and its command line: how slogout is linked into
 * poll().
 *
 * One turn: wait, no longer than until slogout_deadline(); read the clock; feed the input; tick. What a
 * connection is, the program says. SIGUSR1 asks every client to leave, now. SIGTERM takes no more clients,
 * has all leave by the plan (--spread, --deadline, --max-in-flight, --seed), and ends the program when they
 * have gone; a second SIGTERM waits for no answers. The exit status is 0 if the plan was kept. */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdint.h>
#include <slogout/slogout.h>
#include "common/stream.h"

#define SERVICE_STREAMS     2
#define SERVICE_NO_INTEREST (-1) /* not even in errors */

/* What the loop must know of a connection. First member of the program's own struct. */
struct peer {
    struct slogout *slogout;
    struct slogout_session *session;
    uint64_t number;                         /* for the log, from 1 */
    struct stream *streams[SERVICE_STREAMS]; /* that poll() looks at; NULL: none */
    size_t places[SERVICE_STREAMS];          /* the loop's: in its poll array, 0: not polled */
};

struct service {
    const char *name; /* the program's, for messages */
    const char *tag_prefix;
    const char
        *server_address; /* "" if the program wants no --server, else its default; changed by the option */
    /* Takes the socket, and fills all of the peer. NULL: it cannot, and the socket is the caller's. */
    struct peer *(*open)(int fd, struct slogout *slogout, uint64_t number);
    /* What to poll() a stream for, or SERVICE_NO_INTEREST. */
    short (*interest)(const struct peer *peer, unsigned stream);
    /* Does all that poll()'s answers allow, one for each stream. [calls back] */
    void (*serve)(struct peer *peer, const short revents[SERVICE_STREAMS], uint64_t now);
    uint64_t (*deadline)(
        const struct peer *peer); /* when it is to be looked at by itself; UINT64_MAX: never */
    int (*is_over)(const struct peer *peer, uint64_t now);
    void (*hurry)(struct peer *peer,
                  uint64_t now); /* nobody waits for it any more; NULL: its session is enough */
    void (*free)(struct peer *peer);
};

/* All of the program: returns its exit status. */
int service_main(struct service *service, int argc, char **argv);

#endif
