/* SPDX-License-Identifier: BSD-2-Clause */
/* The cost of one line of the client: an answer that must be recognized, or a command that must be passed to
 * the server. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <strings.h>
#include <slogout/slogout.h>
#include "bench.h"
#ifdef DOVECOT
#include "dovecot.h"
#endif

#define TAG     "SLO.1"
#define ANSWER  TAG " OK LOGOUT completed\r\n"
#define COMMAND "A0042 UID FETCH 4711:4720 (FLAGS BODY.PEEK[HEADER.FIELDS (DATE FROM SUBJECT)])\r\n"

/* ---- slogout ---- */

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    (void)session, (void)line, (void)len, (void)when, (void)conn;
    return 0;
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    (void)session, (void)result, (void)conn;
}

static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};

static double parse_answers(size_t n)
{
    struct slogout_response response;
    size_t recognized = 0;
    size_t i;
    double began = bench_now();

    for (i = 0; i < n; i++)
        recognized += slogout_response_parse(&response, ANSWER, sizeof ANSWER - 1) &&
                      response.tag_len == sizeof TAG - 1 &&
                      memcmp(response.tag, TAG, response.tag_len) == 0 &&
                      response.status == SLOGOUT_STATUS_OK;
    began = bench_now() - began;
    bench_require(recognized == n, "each answer is recognized");
    return began / (double)n;
}

/* If is_asked, LOGOUT has been sent, so each line is examined. */
static double feed_commands(size_t n, int is_asked)
{
    struct slogout *slogout;
    struct slogout_session *session;
    size_t consumed = 0;
    size_t i;
    double began;

    bench_require(!slogout_new(&slogout, NULL) && !slogout_session_new(&session, slogout, &callbacks, NULL),
                  "a session");
    slogout_session_set_enabled(session, 1);
    if (is_asked)
        bench_require(slogout_session_request(session, NULL, 1) == 0, "a request");
    began = bench_now();
    for (i = 0; i < n; i++)
        consumed += (size_t)slogout_session_feed_line(session, COMMAND, sizeof COMMAND - 1, 1);
    began = bench_now() - began;
    bench_require(consumed == 0, "no command is consumed");
    slogout_session_free(session);
    slogout_free(slogout);
    return began / (double)n;
}

static double feed_commands_unasked(size_t n)
{
    return feed_commands(n, 0);
}

static double feed_commands_asked(size_t n)
{
    return feed_commands(n, 1);
}

/* ---- a chain of comparisons without a grammar ---- */

static int is_answer(const char *line, size_t len)
{
    if (len >= 5 && strncasecmp(line, "* BYE", 5) == 0)
        return 1;
    if (len < sizeof TAG - 1 || strncmp(line, TAG, sizeof TAG - 1) != 0)
        return 0;
    line += sizeof TAG - 1;
    return strncasecmp(line, " OK", 3) == 0 || strncasecmp(line, " NO", 3) == 0 ||
           strncasecmp(line, " BAD", 4) == 0;
}

static double compare_lines(size_t n, const char *line, int expected)
{
    const char *volatile shown = line; /* volatile, so that the compiler cannot compute the result */
    size_t answers = 0;
    size_t i;
    double began = bench_now();

    for (i = 0; i < n; i++)
        answers += (size_t)is_answer(shown, strlen(shown));
    began = bench_now() - began;
    bench_require(answers == (expected ? n : 0), "the chain of comparisons is right");
    return began / (double)n;
}

static double compare_answers(size_t n)
{
    return compare_lines(n, ANSWER, 1);
}

static double compare_commands(size_t n)
{
    return compare_lines(n, COMMAND, 0);
}

#ifdef DOVECOT
static double dovecot_answers(size_t n)
{
    return dovecot_parse(ANSWER, sizeof ANSWER - 1, n) / (double)n;
}

static double dovecot_commands(size_t n)
{
    return dovecot_parse(COMMAND, sizeof COMMAND - 1, n) / (double)n;
}
#endif

static const size_t sizes[] = {100000, 0};

static const struct bench_row rows[] = {
    {"recognize an answer",
     "ns",
     15,
     sizes,
     {{"slogout", parse_answers, 0},
#ifdef DOVECOT
      {"dovecot", dovecot_answers, 0},
#endif
      {"strncasecmp", compare_answers, 0}}},
    {"let a command through",
     "ns",
     15,
     sizes,
     {{"slogout", feed_commands_unasked, 0},
      {"slogout asked", feed_commands_asked, 0},
#ifdef DOVECOT
      {"dovecot", dovecot_commands, 0},
#endif
      {"strncasecmp", compare_commands, 0}}},
};

int main(int argc, char **argv)
{
#ifdef DOVECOT
    dovecot_begin();
#endif
    return bench_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
