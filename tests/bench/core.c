/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls whose instructions core.sh counts. `core line|peer|exchange TIMES` makes them. `core size` prints
 * the number of octets in a session. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <slogout/slogout.h>
#include "session.h"

static const char command[] =
    "A0042 UID FETCH 4711:4720 (FLAGS BODY.PEEK[HEADER.FIELDS (DATE FROM SUBJECT)])\r\n";

static char tag[SLOGOUT_TAG_SIZE]; /* of the last LOGOUT */

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    (void)session;
    (void)len;
    (void)when;
    (void)conn;
    sscanf(line, "%31s", tag);
    return 0;
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    (void)result;
    (void)conn;
    slogout_session_free(session);
}

static const struct slogout_callbacks callbacks = {
    .size = sizeof callbacks,
    .send_line = send_line,
    .close_connection = close_connection,
};

static struct slogout_session *new_session(struct slogout *slogout)
{
    struct slogout_session *session;

    if (slogout_session_new(&session, slogout, &callbacks, NULL))
        exit(1);
    slogout_session_set_enabled(session, 1);
    return session;
}

/* Feeds a command while no client is asked. */
static unsigned long lines(struct slogout *slogout, unsigned long times)
{
    struct slogout_session *session = new_session(slogout);
    unsigned long consumed = 0;

    while (times-- > 0)
        consumed += (unsigned long)slogout_session_feed_line(session, command, sizeof command - 1, 1);
    slogout_session_free(session);
    return consumed;
}

/* Does what any host does with the same line: looks for the end of the line. */
static unsigned long peer(struct slogout *slogout, unsigned long times)
{
    const void *(*volatile find)(const void *, int, size_t) =
        (const void *(*)(const void *, int, size_t))memchr;
    unsigned long missing = 0;

    (void)slogout;
    while (times-- > 0)
        missing += find(command, '\n', sizeof command - 1) == NULL;
    return missing;
}

/* Runs whole exchanges, including slogout_session_new() and slogout_session_free(). */
static unsigned long exchanges(struct slogout *slogout, unsigned long times)
{
    char answer[SLOGOUT_TAG_SIZE + 32];

    while (times-- > 0) {
        struct slogout_session *session = new_session(slogout);
        slogout_session_request(session, NULL, 1);
        (void)!slogout_session_feed_line(session, "* BYE leaving\r\n", 15, 1);
        snprintf(answer, sizeof answer, "%s OK LOGOUT completed\r\n", tag);
        if (slogout_session_feed_line(session, answer, strlen(answer), 1) != SLOGOUT_CONSUMED)
            return 1;
    }
    return slogout_get_counts(slogout)->outcome[SLOGOUT_OUTCOME_ANSWERED] == 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        unsigned long (*run)(struct slogout *slogout, unsigned long times);
    } jobs[] = {{"line", lines}, {"peer", peer}, {"exchange", exchanges}};
    struct slogout *slogout;
    size_t i;

    if (argc == 2 && !strcmp(argv[1], "size"))
        return printf("%zu\n", sizeof(struct slogout_session)) < 0;
    if (argc != 3 || slogout_new(&slogout, NULL))
        return 2;
    for (i = 0; i < sizeof jobs / sizeof *jobs; i++)
        if (!strcmp(argv[1], jobs[i].name))
            return jobs[i].run(slogout, strtoul(argv[2], NULL, 10)) != 0 || slogout_free(slogout) != 0;
    return 2;
}
