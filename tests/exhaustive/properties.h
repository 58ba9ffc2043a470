/* What must always hold, seen from outside and without the model. */
#ifndef PROPERTIES_H
#define PROPERTIES_H

#include "world.h"

/* An onlooker sees this. */
void witness_step(const struct step *step); /* it must live until check_properties() */
void witness_line(const struct call *call);
void witness_close(const struct call *call);
void witness_cancel(enum who who);
void witness_given_up(enum who who);

/* The library and the model say the same. */
void check_agreement(void);
void check_properties(void);

#endif
