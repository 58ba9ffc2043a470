/* SPDX-License-Identifier: BSD-2-Clause */
/* Plays transcripts to the library. README in this folder describes transcripts.
 *
 *   play FILE ...   fails if the library does not do what the transcripts in the files say
 *   play            reads transcripts from standard input, and writes them to standard output with the effects that the
 *                   library has */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "session.h"

#define LINE_SIZE    4096
#define TEXTS_MAX    64
#define REPLIES_MAX  32
#define SESSIONS_MAX 2
#define GROUP        7 /* of the sessions that join a drain */

static const char *const states[] = {"OPEN", "WAITING", "PENDING", "ASKED", "LEAVING", "ENDED"};
static const char *const statuses[] = {"NONE", "OK", "NO", "BAD", "BYE"};
static const char *const results[] = {"CONSUMED",      "0",         "ERR_ARGUMENT", "ERR_STATE",
                                      "ERR_REENTRANT", "ERR_NOMEM", "ERR_SIZE",     "ERR_TIMEOUT",
                                      "ERR_PREFIX",    "ERR_TEXT",  "ERR_PLAN"};

static FILE *out; /* transcripts with the effects that the library has */
static struct slogout *slogout;
static struct slogout_session *sessions[SESSIONS_MAX];
static struct slo_session_set set; /* replaces a drain, because a drain would act by itself */
static char texts[TEXTS_MAX][LINE_SIZE]; /* of the requests of one transcript, valid until its end */
static size_t text_count;
static int replies[REPLIES_MAX]; /* of the host to the lines of one event; the host takes all further lines */
static size_t reply_count, offered;

static void fail(const char *why, const char *line)
{
    fprintf(stderr, "play: %s: %s\n", why, line);
    exit(2);
}

static void write_escaped(const char *octets, size_t len)
{
    for (; len > 0; octets++, len--)
        if (*octets < ' ' || *octets > '~' || *octets == '%')
            fprintf(out, "%%%02x", (unsigned char)*octets);
        else
            putc(*octets, out);
}

/* Replaces the escapes in place, and returns the new length. */
static size_t unescape(char *line)
{
    char *to = line, *from;
    unsigned octet;

    for (from = line; *from; from++)
        if (*from == '%' && sscanf(from + 1, "%2x", &octet) == 1) {
            *to++ = (char)octet;
            from += 2;
        } else {
            *to++ = *from;
        }
    *to = '\0';
    return (size_t)(to - line);
}

/* ---- the host ---- */

static const char *number(const struct slogout_session *session)
{
    return session == sessions[1] ? "#2 " : "";
}

static int send_line(struct slogout_session *session, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    const int reply = offered < reply_count ? replies[offered] : 0;

    (void)conn;
    offered++;
    fprintf(out, "%sS: %.*s (%s)%s\n", number(session), (int)len - 2, line,
            when == SLOGOUT_AT_REST ? "at rest" : "between lines",
            reply < 0   ? " BROKEN"
            : reply > 0 ? " BUSY"
                        : "");
    return reply;
}

static void write_answer(const struct slogout_response *answer)
{
    fprintf(out, " answer=%s", statuses[answer->status]);
    if (answer->code_len) {
        fprintf(out, "[");
        write_escaped(answer->code, answer->code_len);
        fprintf(out, "]");
    }
    if (answer->text_len) {
        fprintf(out, ":");
        write_escaped(answer->text, answer->text_len);
    }
}

static void close_connection(struct slogout_session *session, const struct slogout_result *result, void *conn)
{
    (void)conn;
    fprintf(out, "%sclose %s", number(session), slogout_outcome_name(result->outcome));
    if (*result->tag)
        fprintf(out, " %s@%llu", result->tag, (unsigned long long)result->asked_ms);
    fprintf(out, "%s%s", result->bye_sent ? " bye-sent" : "", result->bye_seen ? " bye-seen" : "");
    if (result->answer)
        write_answer(result->answer);
    else if (result->answer_status)
        fprintf(out, " answered=%s", statuses[result->answer_status]);
    fprintf(out, "\n");
}

static const struct slogout_callbacks callbacks = {sizeof callbacks, send_line, close_connection};

/* ---- one transcript ---- */

static unsigned long long number_after(const char *line, const char *name)
{
    const char *found = strstr(line, name);

    if (!found)
        fail("has no number", line);
    return strtoull(found + strlen(name), NULL, 10);
}

static void changed(struct slo_session_set *joined)
{
    (void)joined;
}

static void begin(const char *line)
{
    char prefix[SLOGOUT_PREFIX_MAX + 1] = "";
    const struct slogout_settings settings = {
        .size = sizeof settings,
        .answer_timeout_ms = (uint32_t)number_after(line, " answer_timeout="),
        .ready_timeout_ms = (uint32_t)number_after(line, " ready_timeout="),
        .leave_timeout_ms = (uint32_t)number_after(line, " leave_timeout="),
        .ask = strstr(line, " ask=all") ? SLOGOUT_ASK_ALL : SLOGOUT_ASK_ENABLED,
        .on_refusal = strstr(line, " on_refusal=wait") ? SLOGOUT_REFUSAL_WAIT : SLOGOUT_REFUSAL_BYE,
        .tag_prefix = prefix,
    };
    size_t i;

    if (!strstr(line, " prefix=") || sscanf(strstr(line, " prefix="), " prefix=%16[^ ]", prefix) != 1 ||
        number_after(line, " sessions=") > SESSIONS_MAX || slogout_new(&slogout, &settings) != 0)
        fail("cannot begin", line);
    for (i = 0; i < number_after(line, " sessions="); i++)
        if (slogout_session_new(&sessions[i], slogout, &callbacks, NULL) != 0)
            fail("has no session", line);
    memset(&set, 0, sizeof set);
    for (i = 0; i < sizeof states / sizeof *states; i++)
        slo_link_init(&set.members[i]);
    set.ask_before = SLOGOUT_NEVER;
    set.changed = changed;
    text_count = 0;
}

static void end(void)
{
    size_t i;

    for (i = 0; i < SESSIONS_MAX; i++) {
        slogout_session_free(sessions[i]);
        sessions[i] = NULL;
    }
    if (slogout_free(slogout) != 0)
        fail("cannot end", "");
    slogout = NULL;
}

/* ---- events ---- */

static const char *keep(const char *text)
{
    if (text_count == TEXTS_MAX)
        fail("too many texts", text);
    strcpy(texts[text_count], text);
    unescape(texts[text_count]);
    return texts[text_count++];
}

static int leave(struct slogout_session *session, const char *words, uint64_t now)
{
    const char *text = strchr(strstr(words, "deadline="), ' ');
    const struct slogout_departure departure = {
        .size = sizeof departure,
        .spread_ms = (uint32_t)number_after(words, "spread="),
        .seed = (uint32_t)number_after(words, "seed="),
        .deadline_ms = number_after(words, "deadline="),
        .bye_text = text ? keep(text + 1) : NULL,
    };

    return slogout_session_leave(session, &departure, now);
}

static int abandon(struct slogout_session *session, const char *name)
{
    unsigned outcome = 0;

    while (strcmp(slogout_outcome_name((enum slogout_outcome)outcome), name) != 0)
        if (++outcome == SLOGOUT_OUTCOME_COUNT)
            fail("is no outcome", name);
    return slogout_session_abandon(session, (enum slogout_outcome)outcome);
}

static int look_at_result(struct slogout_session *session)
{
    struct slogout_result result = {.size = sizeof result};
    const int error = slogout_session_get_result(session, &result);

    if (!error)
        close_connection(session, &result, NULL);
    return error;
}

static void look_at_counts(void)
{
    const struct slogout_counts *counts = slogout_get_counts(slogout);
    size_t i;

    fprintf(out, "counts");
    for (i = 0; i < sizeof states / sizeof *states; i++)
        if (counts->state[i])
            fprintf(out, " %s=%llu", states[i], (unsigned long long)counts->state[i]);
    for (i = 0; i < SLOGOUT_OUTCOME_COUNT; i++)
        if (counts->outcome[i])
            fprintf(out, " %s=%llu", slogout_outcome_name((enum slogout_outcome)i),
                    (unsigned long long)counts->outcome[i]);
    if (counts->without_bye)
        fprintf(out, " without_bye=%llu", (unsigned long long)counts->without_bye);
    fprintf(out, "\n");
}

/* Returns the text after the verb and its SP, an empty string if there is no text, or NULL if the line has another
 * verb. */
static char *after(char *words, const char *verb)
{
    const size_t len = strlen(verb);

    if (strncmp(words, verb, len) != 0 || (words[len] && words[len] != ' '))
        return NULL;
    return words + len + (words[len] == ' ');
}

static int play(struct slogout_session *session, char *words, uint64_t now)
{
    char *rest;

    if ((rest = after(words, "C:")) != NULL)
        return slogout_session_feed_line(session, rest, unescape(rest), now);
    if ((rest = after(words, "request")) != NULL)
        return slogout_session_request(session, *rest ? keep(rest) : NULL, now);
    if ((rest = after(words, "leave")) != NULL)
        return leave(session, rest, now);
    if ((rest = after(words, "abandon")) != NULL)
        return abandon(session, rest);
    if (after(words, "resume"))
        return slogout_session_resume(session, now);
    if (after(words, "tick"))
        return slogout_tick(slogout, now);
    if (after(words, "cancel"))
        return slogout_session_cancel(session);
    if (after(words, "force"))
        return slogout_session_force(session, now);
    if (after(words, "join"))
        return slo_session_join(session, &set, GROUP);
    if (after(words, "result"))
        return look_at_result(session);
    if (after(words, "counts"))
        look_at_counts();
    else if (after(words, "enable") || after(words, "disable"))
        slogout_session_set_enabled(session, after(words, "enable") != NULL);
    else
        fail("is no event", words);
    return 0;
}

static void play_event(char *line)
{
    char *words;
    const uint64_t now = strtoull(line, &words, 10);
    struct slogout_session *session = sessions[strncmp(words, " #2 ", 4) == 0];
    int result;

    if (*words != ' ' || !session)
        fail("is no event", line);
    offered = 0;
    result = play(session, words + (session == sessions[1] ? 4 : 1), now);
    fprintf(out, "= %s %s ", results[1 - result], states[slogout_session_state(session)]);
    if (slogout_deadline(slogout) == SLOGOUT_NEVER)
        fprintf(out, "never\n");
    else
        fprintf(out, "%llu\n", (unsigned long long)slogout_deadline(slogout));
}

/* ---- reading ---- */

static int ends_with(const char *line, const char *end)
{
    return strlen(line) >= strlen(end) && strcmp(line + strlen(line) - strlen(end), end) == 0;
}

/* Reads an expected line. Only the host's reply to an offered line matters. */
static void expect(const char *line)
{
    if (strncmp(line, "S: ", 3) != 0 && strncmp(line, "#2 S: ", 6) != 0)
        return;
    if (reply_count == REPLIES_MAX)
        fail("too many lines for one event", line);
    replies[reply_count++] = ends_with(line, " BUSY") ? SLOGOUT_BUSY : ends_with(line, " BROKEN") ? -1 : 0;
}

static int begins_with(const char *line, const char *begin)
{
    return strncmp(line, begin, strlen(begin)) == 0;
}

static void read_line(const char *line)
{
    static char event[LINE_SIZE];
    const int is_event = *line >= '0' && *line <= '9';
    const int is_settings = begins_with(line, "settings ");

    if (begins_with(line, "= ")) {
        play_event(event);
        return;
    }
    if (*line && !is_event && !is_settings && !begins_with(line, "# ")) {
        expect(line);
        return;
    }
    fprintf(out, "%s\n", line);
    reply_count = 0;
    if (is_event)
        strcpy(event, line);
    else if (is_settings)
        begin(line);
    else if (!*line && slogout)
        end();
}

static void play_all(FILE *in)
{
    static char line[LINE_SIZE];

    while (fgets(line, sizeof line, in)) {
        if (!strchr(line, '\n'))
            fail("too long", line);
        *strchr(line, '\n') = '\0';
        read_line(line);
    }
    if (slogout)
        end();
}

/* Returns 0 if the library has exactly the effects in the file, and otherwise prints where the two first differ. */
static int check(const char *path)
{
    char expected[LINE_SIZE], came[LINE_SIZE];
    FILE *in = fopen(path, "r");
    unsigned number = 0;

    out = tmpfile();
    if (!in || !out)
        fail("cannot be played", path);
    play_all(in);
    rewind(in);
    rewind(out);
    do {
        number++;
        *expected = *came = '\0';
    } while (!!fgets(expected, sizeof expected, in) + !!fgets(came, sizeof came, out) &&
             strcmp(expected, came) == 0);
    if (strcmp(expected, came) != 0)
        printf("%s:%u: expected: %s\tthe library: %s", path, number, expected, came);
    fclose(in);
    fclose(out);
    return strcmp(expected, came) != 0;
}

int main(int argc, char **argv)
{
    int i, failed = 0;

    for (i = 1; i < argc; i++)
        failed |= check(argv[i]);
    if (argc > 1)
        return failed;
    out = stdout;
    play_all(stdin);
    return 0;
}
