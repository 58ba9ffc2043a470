/* SPDX-License-Identifier: BSD-2-Clause */
/* Plays events to a session of the library: reads the first line of a transcript and then events from standard input,
 * and writes what comes of them to standard output. An empty line ends a transcript. tests/model/transcripts/README
 * describes the format; there is one session, and no drain. In addition
 *
 *   host REST | LINES | BUSY | BROKEN   says what the host replies from then on: it takes each line, takes those for
 *                                       the moment between lines, takes none, or its connection is broken
 *   NOW expire                          is a tick at the next deadline
 *   = RESULT STATE DEADLINE             ends what comes of an event
 *
 * and octets that are not printable, and `%`, are written as `%` and two hexadecimal digits. */
#include <slogout/slogout.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 4096
#define TEXTS_MAX 64

enum host { REST, LINES, BUSY, BROKEN };

static const char *const hosts[] = {"REST", "LINES", "BUSY", "BROKEN"};
static const char *const states[] = {"OPEN", "WAITING", "PENDING", "ASKED", "LEAVING", "ENDED"};
static const char *const statuses[] = {"NONE", "OK", "NO", "BAD", "BYE"};
static const char *const results[] = {"CONSUMED", "0", "ERR_ARGUMENT", "ERR_STATE", "ERR_REENTRANT",
                                      "ERR_NOMEM", "ERR_SIZE", "ERR_TIMEOUT", "ERR_PREFIX", "ERR_TEXT", "ERR_PLAN"};

static enum host host;
static struct slogout *slogout;
static struct slogout_session *session;
static char texts[TEXTS_MAX][LINE_SIZE]; /* those of a transcript's requests, which must live as long as it */
static size_t text_count;

static void fail(const char *why, const char *line)
{
    fprintf(stderr, "play: %s: %s\n", why, line);
    exit(2);
}

static void write_escaped(const char *octets, size_t len)
{
    for (; len > 0; octets++, len--)
        if (*octets < ' ' || *octets > '~' || *octets == '%')
            printf("%%%02x", (unsigned char)*octets);
        else
            putchar(*octets);
}

/* Returns the length without the escapes, which are replaced in place. */
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

static int send_line(struct slogout_session *sender, const char *line, size_t len, enum slogout_when when,
                     void *conn)
{
    const int is_busy = host == BUSY || (host == LINES && when == SLOGOUT_AT_REST);

    (void)sender, (void)conn;
    printf("S: %.*s (%s)%s\n", (int)len - 2, line,
           when == SLOGOUT_AT_REST ? "at rest" : "between lines",
           host == BROKEN ? " BROKEN" : is_busy ? " BUSY" : "");
    return host == BROKEN ? -1 : is_busy ? SLOGOUT_BUSY : 0;
}

static void write_answer(const struct slogout_response *answer)
{
    printf(" answer=%s", statuses[answer->status]);
    if (answer->code_len) {
        printf("[");
        write_escaped(answer->code, answer->code_len);
        printf("]");
    }
    if (answer->text_len) {
        printf(":");
        write_escaped(answer->text, answer->text_len);
    }
}

static void close_connection(struct slogout_session *closed, const struct slogout_result *result, void *conn)
{
    (void)closed, (void)conn;
    printf("close %s", slogout_outcome_name(result->outcome));
    if (*result->tag)
        printf(" %s@%llu", result->tag, (unsigned long long)result->asked_ms);
    printf("%s%s", result->bye_sent ? " bye-sent" : "", result->bye_seen ? " bye-seen" : "");
    if (result->answer)
        write_answer(result->answer);
    else if (result->answer_status)
        printf(" answered=%s", statuses[result->answer_status]);
    printf("\n");
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

    if (!strstr(line, " prefix=") || sscanf(strstr(line, " prefix="), " prefix=%16[^ ]", prefix) != 1 ||
        slogout_new(&slogout, &settings) != 0 ||
        slogout_session_new(&session, slogout, &callbacks, NULL) != 0)
        fail("cannot begin", line);
    host = REST;
    text_count = 0;
}

static void end(void)
{
    slogout_session_free(session);
    if (slogout_free(slogout) != 0)
        fail("cannot end", "");
    slogout = NULL;
}

static const char *keep(const char *text)
{
    if (text_count == TEXTS_MAX)
        fail("one text too many", text);
    strcpy(texts[text_count], text);
    unescape(texts[text_count]);
    return texts[text_count++];
}

static int leave(const char *words, uint64_t now)
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

static int abandon(const char *name)
{
    unsigned outcome = 0;

    while (strcmp(slogout_outcome_name((enum slogout_outcome)outcome), name) != 0)
        if (++outcome == SLOGOUT_OUTCOME_COUNT)
            fail("is no outcome", name);
    return slogout_session_abandon(session, (enum slogout_outcome)outcome);
}

static int look_at_result(void)
{
    struct slogout_result result = {.size = sizeof result};
    const int error = slogout_session_get_result(session, &result);

    if (!error)
        close_connection(session, &result, NULL);
    return error;
}

static int is(const char *words, const char *verb)
{
    return strcmp(words, verb) == 0;
}

static int play(char *words, uint64_t now)
{
    if (strncmp(words, "C: ", 3) == 0)
        return slogout_session_feed_line(session, words + 3, unescape(words + 3), now);
    if (strncmp(words, "request ", 8) == 0)
        return slogout_session_request(session, keep(words + 8), now);
    if (strncmp(words, "leave ", 6) == 0)
        return leave(words, now);
    if (strncmp(words, "abandon ", 8) == 0)
        return abandon(words + 8);
    if (is(words, "request"))
        return slogout_session_request(session, NULL, now);
    if (is(words, "resume"))
        return slogout_session_resume(session, now);
    if (is(words, "tick"))
        return slogout_tick(slogout, now);
    if (is(words, "expire"))
        return slogout_tick(slogout, slogout_deadline(slogout) == SLOGOUT_NEVER ? now : slogout_deadline(slogout));
    if (is(words, "cancel"))
        return slogout_session_cancel(session);
    if (is(words, "force"))
        return slogout_session_force(session, now);
    if (is(words, "result"))
        return look_at_result();
    if (!is(words, "enable") && !is(words, "disable"))
        fail("is no event", words);
    slogout_session_set_enabled(session, is(words, "enable"));
    return 0;
}

static void play_event(char *line)
{
    char *words;
    const uint64_t now = strtoull(line, &words, 10);
    int result;

    if (*words != ' ' || !slogout)
        fail("is no event", line);
    result = play(words + 1, now);
    printf("= %s %s ", results[1 - result], states[slogout_session_state(session)]);
    if (slogout_deadline(slogout) == SLOGOUT_NEVER)
        printf("never\n");
    else
        printf("%llu\n", (unsigned long long)slogout_deadline(slogout));
}

static void play_line(char *line)
{
    if (strncmp(line, "settings ", 9) == 0) {
        begin(line);
    } else if (!*line && slogout) {
        end();
        printf("\n");
    } else if (strncmp(line, "host ", 5) == 0) {
        for (host = REST; strcmp(hosts[host], line + 5) != 0; host++)
            if (host == BROKEN)
                fail("is no reply", line);
    } else {
        play_event(line);
    }
}

int main(void)
{
    static char line[LINE_SIZE];

    while (fgets(line, sizeof line, stdin)) {
        if (!strchr(line, '\n'))
            fail("too long", line);
        *strchr(line, '\n') = '\0';
        play_line(line);
    }
    return 0;
}
