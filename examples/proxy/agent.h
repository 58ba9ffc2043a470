/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers the agent check of HAProxy, which asks a server whether it wants new clients. */
#ifndef AGENT_H
#define AGENT_H

#include "listener.h"

/* Sends the state to the connections that wait, `up ready` or `drain`, and closes them. */
void agent_answer(struct listener *listener, int is_draining, uint64_t now);

#endif
