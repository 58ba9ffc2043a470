/* SPDX-License-Identifier: BSD-2-Clause */
/* A host whose own functions have common names, external linkage and other types, linked with the static library. It
 * runs one exchange. The library must not call any of these functions. */
#include <slogout/slogout.h>
#include <stdlib.h>
#include <string.h>

double session_init(const char *name);
struct slogout *timer_start(double seconds, int repeat);
void sized_copy(void);
char clock_init(long long hertz);

double session_init(const char *name)
{
    (void)name;
    abort();
}

struct slogout *timer_start(double seconds, int repeat)
{
    (void)seconds, (void)repeat;
    abort();
}

void sized_copy(void)
{
    abort();
}

char clock_init(long long hertz)
{
    (void)hertz;
    abort();
}

struct connection {
    char sent[256];
    size_t len;
    int closed;
    enum slogout_outcome outcome;
};

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    struct connection *connection = (struct connection *)conn; /* the cast is for C++ */

    (void)session, (void)when;
    if (len >= sizeof connection->sent)
        return -1;
    memcpy(connection->sent, line, len);
    connection->len = len;
    return 0;
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    struct connection *connection = (struct connection *)conn; /* the cast is for C++ */

    (void)session;
    connection->closed = 1;
    connection->outcome = result->outcome;
}

int main(void)
{
    static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};
    struct connection connection = {{0}, 0, 0, SLOGOUT_OUTCOME_FORCED};
    struct slogout *slogout;
    struct slogout_session *session;
    char answer[256];
    size_t tag;

    if (slogout_new(&slogout, NULL) || slogout_session_new(&session, slogout, &callbacks, &connection))
        return 1;
    slogout_session_set_enabled(session, 1);
    if (slogout_session_request(session, NULL, 1))
        return 2;
    tag = strcspn(connection.sent, " ");
    if (connection.len < 9 || strcmp(connection.sent + tag, " LOGOUT\r\n") != 0)
        return 3;
    if (slogout_session_feed_line(session, "* BYE", 5, 2) != SLOGOUT_CONSUMED)
        return 4;
    memcpy(answer, connection.sent, tag);
    memcpy(answer + tag, " OK", 3);
    if (slogout_session_feed_line(session, answer, tag + 3, 3) != SLOGOUT_CONSUMED)
        return 5;
    if (!connection.closed || connection.outcome != SLOGOUT_OUTCOME_ANSWERED)
        return 6;
    slogout_session_free(session);
    return slogout_free(slogout) == 0 ? 0 : 7;
}
