/* SPDX-License-Identifier: BSD-2-Clause */
/* Text for the log of a host. */
#include <stdio.h>
#include <string.h>
#include "log.h"

/* The maximum lengths of a client's code and text in a line, in octets after escaping. */
#define LOGGED_CODE 64
#define LOGGED_TEXT 128

void slo_escape(char *out, size_t out_size, const char *bytes, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    size_t used = 0;
    size_t i;

    for (i = 0; i < len; i++) {
        const unsigned char byte = (unsigned char)bytes[i];
        const char coded[4] = {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
        const char quoted[2] = {'\\', bytes[i]};
        const char *escaped = quoted + 1;
        size_t n = 1;

        if (byte < ' ' || byte > '~') {
            escaped = coded;
            n = sizeof coded;
        } else if (byte == '"' || byte == '\\') {
            escaped = quoted;
            n = sizeof quoted;
        }
        if (used + n >= out_size)
            break;
        memcpy(out + used, escaped, n);
        used += n;
    }
    out[used] = '\0';
}

static const char *status_name(enum slogout_status status)
{
    static const char *const words[] = {"NONE", "OK", "NO", "BAD", "BYE"};

    return (unsigned)status < sizeof words / sizeof *words ? words[status] : "UNKNOWN";
}

size_t slogout_result_format(char *out, size_t out_size, const struct slogout_result *result)
{
    char answer[sizeof " answer=UNKNOWN code=\"\" text=\"\"" + LOGGED_CODE + LOGGED_TEXT] = "";

    if (!out)
        out_size = 0;
    if (!result) {
        if (out_size > 0)
            *out = '\0';
        return 0;
    }
    if (result->answer) {
        char code[LOGGED_CODE + 1];
        char text[LOGGED_TEXT + 1];
        slo_escape(code, sizeof code, result->answer->code, result->answer->code_len);
        slo_escape(text, sizeof text, result->answer->text, result->answer->text_len);
        (void)snprintf(answer, sizeof answer, " answer=%s code=\"%s\" text=\"%s\"",
                       status_name(result->answer->status), code, text);
    } else if (result->answer_status != SLOGOUT_STATUS_NONE) {
        (void)snprintf(answer, sizeof answer, " answer=%s", status_name(result->answer_status));
    }
    return (size_t)snprintf(out, out_size, "outcome=%s tag=%s bye_sent=%d bye_seen=%d%s",
                            slogout_outcome_name(result->outcome), *result->tag ? result->tag : "-",
                            result->bye_sent, result->bye_seen, answer);
}
