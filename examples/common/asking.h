/* Asks every client to leave, paced, while the program serves on. A drain without a deadline. */
#ifndef ASKING_H
#define ASKING_H

#include <slogout/drain.h>

/* All zero: nobody is being asked. */
struct asking {
    struct slogout_drain *drain;
};

/* Makes room for an asking, or for more clients in the one that runs. Returns 0, or -1 if there is no memory, and has
 * said so. */
int asking_prepare(struct asking *asking, struct slogout *slogout);

/* Adds a client; one that is leaving already is left alone. */
void asking_add(struct asking *asking, struct slogout_session *session);

/* Asks those who wait evenly over the plan's spread, never more at once than its max_in_flight. */
void asking_start(struct asking *asking, const struct slogout_plan *plan, uint64_t now);

/* Asks nobody any more; whoever has been asked finishes. To be called before slogout_free(). */
void asking_end(struct asking *asking);

#endif
