/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of a client for which the scanner must store more than the tag. They wait for a `+`, continue
 * after it, or have an OK that changes something. */
#ifndef SLO_OWED_H
#define SLO_OWED_H

#include <stdint.h>

/* The effect of a command on the stream. */
enum slo_client_command {
    SLO_COMMAND_ORDINARY,
    SLO_COMMAND_LOGOUT,
    SLO_COMMAND_IDLE,         /* RFC 2177 */
    SLO_COMMAND_AUTHENTICATE, /* with a mechanism that never starts a security layer */
    /* The OK to each of the following changes something. */
    SLO_COMMAND_AUTH_LAYER,     /* AUTHENTICATE with any other mechanism */
    SLO_COMMAND_ENABLE,         /* RFC 5161, with our capability among the arguments */
    SLO_COMMAND_LAYER,          /* STARTTLS, or COMPRESS (RFC 4978); after the OK, the stream is encoded */
    SLO_COMMAND_UNAUTHENTICATE, /* RFC 8437 */
    SLO_COMMAND_UNREADABLE      /* The name is not an atom, and the server may read it as any of these. */
};

struct slo_owed {
    uint64_t tag;  /* its hash */
    int64_t lines; /* of AUTHENTICATE: the number of `+` less the client's lines in the exchange */
    enum slo_client_command command;
    unsigned waits : 1;      /* for a `+` */
    unsigned is_literal : 1; /* The `+` is for a literal, and the command has not ended. */
};

#define SLO_OWED_MAX 8

/* The commands are in order of age, the oldest first. A struct of zeros is an empty queue. */
struct slo_owed_queue {
    unsigned count;
    struct slo_owed commands[SLO_OWED_MAX];
};

/* Appends a command that is zero except for its tag. Returns NULL if there is no room. */
struct slo_owed *slo_owed_add(struct slo_owed_queue *queue, uint64_t tag);
/* Removes a command from its queue. */
void slo_owed_remove(struct slo_owed_queue *queue, struct slo_owed *owed);
/* slo_owed_waiting() returns the oldest command that waits for a `+`. slo_owed_find() returns the oldest
 * command with this tag. Each function returns NULL if there is no such command. */
struct slo_owed *slo_owed_waiting(struct slo_owed_queue *queue);
struct slo_owed *slo_owed_find(struct slo_owed_queue *queue, uint64_t tag);

#endif
