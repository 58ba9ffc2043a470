#include "test.h"
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

void trace_without(char *text, const char *word)
{
    const size_t len = strlen(word);

    while ((text = strstr(text, word)) != NULL)
        memmove(text, text + len, strlen(text + len) + 1);
}
