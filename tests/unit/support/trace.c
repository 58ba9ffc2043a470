/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"
#include <stdio.h>
#include "trace.h"

void trace_octets(struct trace *trace, const char *octets, size_t len)
{
    assert_true(len < sizeof trace->text - trace->len);
    memcpy(trace->text + trace->len, octets, len);
    trace->len += len;
    trace->text[trace->len] = '\0';
}

void trace_text(struct trace *trace, const char *text)
{
    trace_octets(trace, text, strlen(text));
}

size_t trace_result(char *text, size_t size, const struct slogout_result *result)
{
    static const char *const statuses[] = {"", "OK", "NO", "BAD", "BYE"};
    const struct slogout_response *answer = result->answer;
    char asked[60] = "";
    int len;

    if (*result->tag)
        snprintf(asked, sizeof asked, " %s@%llu", result->tag, (unsigned long long)result->asked_ms);
    len = snprintf(text, size, "close %s%s%s%s", slogout_outcome_name(result->outcome), asked,
                   result->bye_sent ? " bye-sent" : "", result->bye_seen ? " bye-seen" : "");
    if (answer)
        len +=
            snprintf(text + len, size - (size_t)len, " answer=%s%s%.*s%s%s%.*s", statuses[answer->status],
                     answer->code_len ? "[" : "", (int)answer->code_len, answer->code_len ? answer->code : "",
                     answer->code_len ? "]" : "", answer->text_len ? ":" : "", (int)answer->text_len,
                     answer->text_len ? answer->text : "");
    else if (result->answer_status)
        len += snprintf(text + len, size - (size_t)len, " answered=%s", statuses[result->answer_status]);
    assert_true((size_t)len < size);
    return (size_t)len;
}

void trace_without(char *text, const char *word)
{
    const size_t len = strlen(word);

    while ((text = strstr(text, word)) != NULL)
        memmove(text, text + len, strlen(text + len) + 1);
}
