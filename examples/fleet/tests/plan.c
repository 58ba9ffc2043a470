/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints the shortest deadline, in milliseconds, that a drain of the proxy can keep: plan SESSIONS RATE */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <slogout/drain.h>

int main(int argc, char **argv)
{
    const struct slogout_settings settings = {.size = sizeof settings, .leave_timeout_ms = 5000};
    struct slogout_plan plan = {.size = sizeof plan};
    struct slogout_advice advice;
    struct slogout *slogout;

    if (argc != 3 || slogout_new(&slogout, &settings) != 0)
        return 1;
    plan.rate = (uint32_t)strtoul(argv[2], NULL, 10);
    if (slogout_plan_check(slogout, &plan, strtoul(argv[1], NULL, 10), &advice) != 0)
        return 1;
    printf("%" PRIu64 "\n", advice.shortest_deadline_ms);
    return slogout_free(slogout) != 0;
}
