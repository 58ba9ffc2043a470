/* SPDX-License-Identifier: BSD-2-Clause */
/* The properties that must always hold, as an observer sees them without the model. */
#ifndef PROPERTIES_H
#define PROPERTIES_H

#include "world.h"

/* The events that an observer sees. */
void witness_step(const struct step *step); /* step must live until check_properties() returns */
void witness_line(const struct call *call);
void witness_close(const struct call *call);
void witness_cancel(enum who who);
void witness_given_up(enum who who);

/* Fails unless the library and the model agree. */
void check_agreement(void);
void check_properties(void);

#endif
