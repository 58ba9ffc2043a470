/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands of a client for which more than their tagged response matters: those that wait for a `+`, those
 * that go on after it, and those whose OK changes something. */
#ifndef SLO_OWED_H
#define SLO_OWED_H

#include <stdint.h>

/* What a command does to the stream. */
enum slo_client_command {
    SLO_COMMAND_ORDINARY,
    SLO_COMMAND_LOGOUT,
    SLO_COMMAND_IDLE,         /* RFC 2177 */
    SLO_COMMAND_AUTHENTICATE, /* with a mechanism that never starts a security layer */
    /* those whose OK changes something */
    SLO_COMMAND_AUTH_LAYER,     /* AUTHENTICATE with any other mechanism */
    SLO_COMMAND_ENABLE,         /* RFC 5161, with our capability among the arguments */
    SLO_COMMAND_LAYER,          /* STARTTLS, or COMPRESS (RFC 4978): after the OK the stream is another */
    SLO_COMMAND_UNAUTHENTICATE, /* RFC 8437 */
    SLO_COMMAND_UNREADABLE      /* The name is not an atom, and the server may read it as any of these. */
};

struct slo_owed {
    uint64_t tag;  /* its hash */
    int64_t lines; /* AUTHENTICATE: how many `+` came, minus how many lines the client sent in the exchange */
    enum slo_client_command command;
    unsigned waits : 1;      /* for a `+` */
    unsigned is_literal : 1; /* The `+` is for a literal, and the command has not ended. */
};

#define SLO_OWED_MAX 8

/* The oldest first. All zeros is empty. */
struct slo_owed_queue {
    unsigned count;
    struct slo_owed commands[SLO_OWED_MAX];
};

/* Appends a command, all zeros but for its tag. Returns NULL if there is no room. */
struct slo_owed *slo_owed_add(struct slo_owed_queue *queue, uint64_t tag);
/* Removes a command of the queue. */
void slo_owed_remove(struct slo_owed_queue *queue, struct slo_owed *owed);
/* Return the oldest command that waits for a `+`, the oldest with this tag, and the newest; or NULL. */
struct slo_owed *slo_owed_waiting(struct slo_owed_queue *queue);
struct slo_owed *slo_owed_find(struct slo_owed_queue *queue, uint64_t tag);

#endif
