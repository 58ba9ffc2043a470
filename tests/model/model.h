/* SPDX-License-Identifier: BSD-2-Clause */
/* A second implementation of the state table, with the effects that each step must have. */
#ifndef MODEL_H
#define MODEL_H

#include "step.h"

struct model_session {
    uint64_t deadline; /* SLOGOUT_NEVER: no timer runs */
    uint64_t close_by; /* by when its departure must close it; SLOGOUT_NEVER if it does not depart */
    uint64_t asked_at;
    unsigned tag; /* the number of its LOGOUT; 0 if it has none */
    enum slogout_state state;
    enum slogout_outcome outcome;
    enum slogout_status answered; /* the client's last tagged answer */
    unsigned char has_outcome, bye_sent;
    unsigned char alive, enabled, own_text, bye_seen, in_drain;
    unsigned char last_half; /* of LEAVING */
};

struct model_settings {
    enum slogout_ask ask;
    enum slogout_on_refusal on_refusal;
    int drain_asks; /* 0 if the drain has no time left for an answer, so that its members are sent `* BYE` */
    int polled;     /* set_timer is NULL */
    const char *prefix; /* of the tags; NULL: the default */
};

struct model {
    struct model_settings settings;
    uint64_t now;
    uint64_t told; /* the deadline of the host's timer; SLOGOUT_NEVER if it is not set */
    unsigned last_tag;
    struct model_session session[SESSIONS];
    struct slogout_counts
        counts; /* only outcome and without_bye; the other counters follow from the states */
    struct slogout_counts drain;
};

void model_start(struct model *model, const struct model_settings *settings);
/* Fails unless the step returned the expected result and made exactly the expected calls. */
void model_step(struct model *model, const struct step *step, const struct trace *trace, int returned);

/* Fills the trace with the calls that the step must cause, and returns the result that it must return. The host answers
 * first_reply to the first line and takes the other lines. */
int model_predict(struct model *model, const struct step *step, int first_reply, struct trace *trace);

/* Fills in the result of a session. Returns 0 if the session has no outcome. */
int model_result(const struct model *model, enum who who, struct call *call);

uint64_t model_deadline(const struct model *model);

#endif
