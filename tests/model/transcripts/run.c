/* Plays the transcripts of the files that are its arguments to the library, through the host of the unit tests. */
#include "support/host.h"
#include <stdio.h>
#include <stdlib.h>

#define LINE_MAX_LEN 256
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
    const struct slogout_settings settings = {
        .answer_timeout_ms = (uint32_t)number_after(line, " answer_timeout="),
        .ready_timeout_ms = (uint32_t)number_after(line, " ready_timeout="),
        .leave_timeout_ms = (uint32_t)number_after(line, " leave_timeout="),
        .ask = strstr(line, " ask=all") ? SLOGOUT_ASK_ALL : SLOGOUT_ASK_ENABLED,
        .on_refusal = strstr(line, " on_refusal=wait") ? SLOGOUT_REFUSAL_WAIT : SLOGOUT_REFUSAL_BYE,
    };

    host_start(host, &settings);
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

static int play_words(struct host *host, const char *words)
{
    static char bye_text[LINE_MAX_LEN]; /* lives as long as the session; a transcript has one at most */
    struct slogout_session *session = host->sessions[0];
    const char *rest;

    if ((rest = after(words, "C: ")) != NULL)
        return host_line(host, session, rest);
    if ((rest = after(words, "abandon ")) != NULL)
        return host_abandon(host, session, outcome_named(rest));
    if ((rest = after(words, "request ")) != NULL)
        return host_request(host, session, strcpy(bye_text, rest));
    if (strcmp(words, "request") == 0)
        return host_request(host, session, NULL);
    if (strcmp(words, "resume") == 0)
        return host_ready(host, session);
    if (strcmp(words, "cancel") == 0)
        return host_cancel(host, session);
    if (strcmp(words, "force") == 0)
        return host_force(host, session);
    if (strcmp(words, "join") == 0)
        return host_join(host, session);
    if (strcmp(words, "tick") == 0)
        host_tick(host);
    else if (strcmp(words, "enable") == 0)
        slogout_session_set_enabled(session, 1);
    else
        fail_msg("no event is called %s", words);
    return 0;
}

static const char *result_name(int result)
{
    return result == SLOGOUT_CONSUMED    ? "CONSUMED"
           : result == SLOGOUT_ERR_STATE ? "ERR_STATE"
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
    if (strncmp(line, "S: ", 3) == 0)
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
        } else if (*line && *line != '#') {
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

    for (form = WITH_CRLF; form < AS_RESPONSE; form++) {
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
