/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers the agent check of HAProxy, with which a server reports whether it accepts new clients. */
#ifndef AGENT_H
#define AGENT_H

#include "listener.h"

/* Sends `up ready` or `drain` to the waiting connections, and closes them. */
void agent_answer(struct listener *listener, int is_draining, uint64_t now);

#endif
