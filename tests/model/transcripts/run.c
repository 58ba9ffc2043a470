/* SPDX-License-Identifier: BSD-2-Clause */
/* Plays the transcripts of the files that are its arguments to the library, through the host of the unit tests. */
#include "support/host.h"
#include "support/trace.h"
#include <stdio.h>
#include <stdlib.h>

#define LINE_MAX_LEN 400
#define LINES_MAX    32

/* One event, what must come of it, and what the host replies to each line. */
struct event {
    unsigned long long now;
    char words[LINE_MAX_LEN];
    char trace[LINES_MAX * LINE_MAX_LEN];
    char says[LINES_MAX];
    char result[LINE_MAX_LEN];
};

static int ends_with(const char *line, const char *end)
{
    return strlen(line) >= strlen(end) && strcmp(line + strlen(line) - strlen(end), end) == 0;
}

/* Reads a line without its LF. Returns 0 at the end of the file. */
static int read_line(FILE *file, char line[LINE_MAX_LEN])
{
    if (!fgets(line, LINE_MAX_LEN, file))
        return 0;
    line[strcspn(line, "\r\n")] = '\0';
    return 1;
}

static unsigned long long number_after(const char *line, const char *name)
{
    const char *found = strstr(line, name);

    assert_non_null(found);
    return strtoull(found + strlen(name), NULL, 10);
}

static void start(struct host *host, const char *line)
{
    static char prefix[SLOGOUT_PREFIX_MAX + 1];
    const struct slogout_settings settings = {
        .answer_timeout_ms = (uint32_t)number_after(line, " answer_timeout="),
        .ready_timeout_ms = (uint32_t)number_after(line, " ready_timeout="),
        .leave_timeout_ms = (uint32_t)number_after(line, " leave_timeout="),
        .ask = strstr(line, " ask=all") ? SLOGOUT_ASK_ALL : SLOGOUT_ASK_ENABLED,
        .on_refusal = strstr(line, " on_refusal=wait") ? SLOGOUT_REFUSAL_WAIT : SLOGOUT_REFUSAL_BYE,
        .tag_prefix = prefix,
    };
    unsigned long long sessions = number_after(line, " sessions=");

    assert_int_equal(sscanf(strstr(line, " prefix="), " prefix=%16[^ ]", prefix), 1);
    host_start(host, &settings);
    while (sessions-- > 0)
        host_connect(host);
}

static enum slogout_outcome outcome_named(const char *name)
{
    unsigned outcome;

    for (outcome = 0; outcome < SLOGOUT_OUTCOME_COUNT; outcome++)
        if (strcmp(slogout_outcome_name((enum slogout_outcome)outcome), name) == 0)
            return (enum slogout_outcome)outcome;
    fail_msg("no outcome is called %s", name);
    return SLOGOUT_OUTCOME_COUNT;
}

/* Returns what the rest of the words is after a first one, or NULL if they begin otherwise. */
static const char *after(const char *words, const char *first)
{
    return strncmp(words, first, strlen(first)) == 0 ? words + strlen(first) : NULL;
}

static int depart(struct host *host, struct slogout_session *session, const char *words)
{
    const struct slogout_departure departure = {.spread_ms = (uint32_t)number_after(words, "spread="),
                                                .seed = (uint32_t)number_after(words, "seed="),
                                                .deadline_ms = number_after(words, "deadline=")};

    return host_leave(host, session, &departure);
}

/* ---- what the host looks at is added to its trace ---- */

static void look_at_counts(struct host *host)
{
    static const char *const states[] = {"OPEN", "WAITING", "PENDING", "ASKED", "LEAVING", "ENDED"};
    const struct slogout_counts *counts = slogout_get_counts(host->slogout);
    size_t i;

    host_trace(host, "counts");
    for (i = 0; i < LENGTH(states); i++)
        if (counts->state[i])
            host_trace(host, " %s=%llu", states[i], (unsigned long long)counts->state[i]);
    for (i = 0; i < SLOGOUT_OUTCOME_COUNT; i++)
        if (counts->outcome[i])
            host_trace(host, " %s=%llu", slogout_outcome_name((enum slogout_outcome)i),
                       (unsigned long long)counts->outcome[i]);
    if (counts->without_bye)
        host_trace(host, " without_bye=%llu", (unsigned long long)counts->without_bye);
    host_trace(host, "\n");
}

static void look_at_deadline(struct host *host)
{
    const uint64_t deadline = slogout_deadline(host->slogout);

    if (deadline == SLOGOUT_NEVER)
        host_trace(host, "deadline never\n");
    else
        host_trace(host, "deadline %llu\n", (unsigned long long)deadline);
}

static int look_at_result(struct host *host, const struct slogout_session *session, const char *number)
{
    struct slogout_result result = {.size = sizeof result};
    char text[LINE_MAX_LEN];
    const int error = slogout_session_get_result(session, &result);

    if (error)
        return error;
    trace_result(text, sizeof text, &result);
    host_trace(host, "%s%s\n", number, text);
    return 0;
}

/* ---- events ---- */

/* What a session does; its text must live as long as it does, and a transcript has one only. */
static int play_for(struct host *host, struct slogout_session *session, const char *words)
{
    static char bye_text[LINE_MAX_LEN];
    const char *rest;

    if ((rest = after(words, "C: ")) != NULL)
        return host_feed_line(host, session, rest);
    if ((rest = after(words, "abandon ")) != NULL)
        return host_abandon(host, session, outcome_named(rest));
    if ((rest = after(words, "leave ")) != NULL)
        return depart(host, session, rest);
    if (strcmp(words, "request [X]y") == 0)
        return host_request(host, session, "[X]y");
    if ((rest = after(words, "request ")) != NULL)
        return host_request(host, session, strcpy(bye_text, rest));
    if (strcmp(words, "request") == 0)
        return host_request(host, session, NULL);
    if (strcmp(words, "resume") == 0)
        return host_resume(host, session);
    if (strcmp(words, "cancel") == 0)
        return host_cancel(host, session);
    if (strcmp(words, "force") == 0)
        return host_force(host, session);
    if (strcmp(words, "join") == 0)
        return host_join(host, session);
    slogout_session_set_enabled(session, strcmp(words, "enable") == 0);
    assert_true(strcmp(words, "enable") == 0 || strcmp(words, "disable") == 0);
    return 0;
}

static int play_words(struct host *host, const char *words)
{
    const char *rest = after(words, "#2 ");
    struct slogout_session *session = host->sessions[rest ? 1 : 0];

    words = rest ? rest : words;
    if (strcmp(words, "result") == 0)
        return look_at_result(host, session, rest ? "#2 " : "");
    if (strcmp(words, "counts") == 0)
        look_at_counts(host);
    else if (strcmp(words, "deadline") == 0)
        look_at_deadline(host);
    else if (strcmp(words, "tick") == 0)
        host_tick(host);
    else
        return play_for(host, session, words);
    return 0;
}

static const char *result_name(int result)
{
    return result == SLOGOUT_CONSUMED    ? "CONSUMED"
           : result == SLOGOUT_ERR_STATE ? "ERR_STATE"
           : result == SLOGOUT_ERR_TEXT  ? "ERR_TEXT"
           : result                      ? "?"
                                         : "0";
}

static void play(struct host *host, const struct event *event)
{
    int result;

    host->now = event->now;
    host->send_says = event->says;
    result = play_words(host, event->words);
    host_expect(host, event->trace);
    assert_string_equal(result_name(result), event->result);
}

static void begin_event(struct event *event, const char *line)
{
    char *words;

    memset(event, 0, sizeof *event);
    event->now = strtoull(line, &words, 10);
    assert_true(*words == ' ');
    strcpy(event->words, words + 1);
}

static void add_to_event(struct event *event, const char *line)
{
    assert_true(strlen(event->trace) + strlen(line) + 2 < sizeof event->trace &&
                strlen(event->says) + 1 < LINES_MAX);
    if (strncmp(line, "S: ", 3) == 0 || strncmp(line, "#2 S: ", 6) == 0)
        event->says[strlen(event->says)] = ends_with(line, " BUSY")     ? 'B'
                                           : ends_with(line, " BROKEN") ? '-'
                                                                        : 't';
    strcat(strcat(event->trace, line), "\n");
}

/* Returns how many transcripts the file has; the client's lines have the given end. */
static unsigned play_file(FILE *file, enum host_form form)
{
    char line[LINE_MAX_LEN];
    struct event event;
    void *state = NULL;
    unsigned count = 0;

    while (read_line(file, line)) {
        if (strncmp(line, "settings ", 9) == 0) {
            assert_int_equal(host_setup(&state), 0);
            ((struct host *)state)->form = form;
            start(state, line);
            count++;
        } else if (*line >= '0' && *line <= '9') {
            begin_event(&event, line);
        } else if (strncmp(line, "= ", 2) == 0) {
            strcpy(event.result, line + 2);
            play(state, &event);
        } else if (!*line && state) {
            assert_int_equal(host_teardown(&state), 0);
            state = NULL;
        } else if (*line && strncmp(line, "# ", 2) != 0) {
            add_to_event(&event, line);
        }
    }
    if (state)
        assert_int_equal(host_teardown(&state), 0);
    return count;
}

static void test_the_library_does_what_the_transcripts_say(void **state)
{
    const char *path = *state;
    enum host_form form;

    for (form = WITH_CRLF; form < HOST_FORMS; form++) {
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        assert_true(play_file(file, form) > 0);
        fclose(file);
    }
}

int main(int argc, char **argv)
{
    int failed = 0;

    while (argc-- > 1) {
        const struct CMUnitTest tests[] = {
            cmocka_unit_test_prestate(test_the_library_does_what_the_transcripts_say, argv[argc])};
        failed += cmocka_run_group_tests_name(argv[argc], tests, NULL, NULL);
    }
    return failed != 0;
}
