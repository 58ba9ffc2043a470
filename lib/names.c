/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of errors and outcomes. */
#include <slogout/slogout.h>

static const char *const errors[] = {
    "success",
    "an argument is NULL or never valid",
    "not possible in this state",
    "not allowed inside a callback",
    "out of memory",
    "a struct's size member is 0 or of a later version",
    "the answer timeout must be longer than 32,000 ms",
    "the tag prefix cannot begin a tag, or is too long",
    "the BYE text is not 1 to 200 octets of printable ASCII, or its response code is malformed",
    "the plan's deadline cannot be kept: spread, answer timeout (over 32 s), tail and leave timeout must fit",
};

static const char *const outcomes[] = {
    "ANSWERED", "REFUSED",     "EXPIRED",       "BYE_ONLY",    "NEVER_READY",
    "FORCED",   "SEND_FAILED", "CLIENT_LOGOUT", "PEER_CLOSED", "HOST_CLOSED",
};

const char *slogout_version(void)
{
    return SLOGOUT_VERSION;
}

const char *slogout_strerror(int error)
{
    const int count = sizeof errors / sizeof *errors;

    return error <= 0 && error > -count ? errors[-error] : "unknown error";
}

const char *slogout_outcome_name(enum slogout_outcome outcome)
{
    return (unsigned)outcome < SLOGOUT_OUTCOME_COUNT ? outcomes[outcome] : "UNKNOWN";
}
