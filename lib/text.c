#include <stdio.h>
#include <string.h>
#include "text.h"

/* ---- tags ---- */

/* RFC 3501 section 9: tag = 1*<any ASTRING-CHAR except "+">. ASTRING-CHAR excludes CTL, SP, 8-bit octets
 * and these. */
static int is_tag_char(char c)
{
    static const char excluded[0x7f] = {
        ['('] = 1, [')'] = 1, ['{'] = 1, ['%'] = 1, ['*'] = 1, ['"'] = 1, ['\\'] = 1, ['+'] = 1,
    };

    return c > ' ' && c < 0x7f && !excluded[(unsigned char)c];
}

size_t slo_tag_length(const char *bytes, size_t len)
{
    size_t i = 0;

    while (i < len && is_tag_char(bytes[i]))
        i++;
    return i;
}

/* RFC 3501 section 9: an ASTRING-CHAR is an ATOM-CHAR or "]". */
size_t slo_atom_length(const char *bytes, size_t len)
{
    size_t i = 0;

    while (i < len && (bytes[i] == '+' || (bytes[i] != ']' && is_tag_char(bytes[i]))))
        i++;
    return i;
}

int slogout_tag_valid(const char *tag, size_t len)
{
    return tag && len > 0 && slo_tag_length(tag, len) == len;
}

/* Does not look for the end of a string that is too long, since there may be none. */
int slo_tag_prefix_valid(const char *prefix)
{
    size_t len = 0;

    while (len <= SLOGOUT_PREFIX_MAX && prefix[len])
        len++;
    return len <= SLOGOUT_PREFIX_MAX && slogout_tag_valid(prefix, len);
}

size_t slo_tag_write(char tag[SLOGOUT_TAG_SIZE], const char *prefix, uint32_t number)
{
    char digits[10]; /* 2^32 - 1 has ten */
    size_t count = 0;
    size_t len = strlen(prefix);

    memcpy(tag, prefix, len);
    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count > 0)
        tag[len++] = digits[--count];
    tag[len] = '\0';
    return len;
}

size_t slogout_tags_next(struct slogout_tags *tags, char tag[SLOGOUT_TAG_SIZE])
{
    if (!tags || !tag || !tags->prefix || !slo_tag_prefix_valid(tags->prefix))
        return 0;
    tags->last = tags->last < UINT32_MAX ? tags->last + 1 : 1;
    return slo_tag_write(tag, tags->prefix, tags->last);
}

/* ---- the text of a `* BYE` ---- */

/* RFC 3501 section 9: "[" atom [SP 1*<any TEXT-CHAR except "]">] "]" SP text. */
static int code_valid(const char *text)
{
    const char *name = text + 1;
    const char *name_end = name + strcspn(name, " (){%*\"\\]");
    const char *bracket = strchr(name, ']');

    if (name_end == name || !bracket || strncmp(bracket, "] ", 2) != 0 || !bracket[2])
        return 0;
    return name_end == bracket || (*name_end == ' ' && name_end + 1 < bracket);
}

/* Without control characters, no text can end the line early and inject another. */
int slo_bye_text_valid(const char *text)
{
    size_t len;

    for (len = 0; len <= SLO_BYE_TEXT_MAX && text[len]; len++)
        if (text[len] < ' ' || text[len] > '~')
            return 0;
    return len > 0 && len <= SLO_BYE_TEXT_MAX && (*text != '[' || code_valid(text));
}

size_t slo_bye_write(char line[SLO_BYE_LINE_MAX], const char *text)
{
    const size_t len = strlen(text);

    memcpy(line, "* BYE ", 6);
    memcpy(line + 6, text, len);
    memcpy(line + 6 + len, "\r\n", 2);
    return len + 8;
}

/* ---- octets for a log ---- */

size_t slogout_escape(char *out, size_t out_size, const char *bytes, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    size_t needed = 0; /* by everything so far */
    size_t used = 0;   /* written; less than out_size, unless that is 0 */
    size_t i;

    if (!out)
        out_size = 0;
    for (i = 0; bytes && i < len; i++) {
        const unsigned char byte = (unsigned char)bytes[i];
        const char coded[4] = {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
        const char quoted[2] = {'\\', (char)byte};
        const char *escaped = quoted + 1;
        size_t n = 1;

        if (byte < ' ' || byte > '~') {
            escaped = coded;
            n = sizeof coded;
        } else if (byte == '"' || byte == '\\') {
            escaped = quoted;
            n = sizeof quoted;
        }
        if (used == needed && n < out_size - used) {
            memcpy(out + used, escaped, n);
            used += n;
        }
        needed += n;
    }
    if (out_size > 0)
        out[used] = '\0';
    return needed;
}

/* ---- ENABLE ---- */

/* Compares without regard to case, whatever the locale says of letters. The name's own letters are capitals. */
static int is_capability(const char *word, size_t len)
{
    static const char name[] = SLOGOUT_CAPABILITY;
    size_t i;

    if (len != sizeof name - 1)
        return 0;
    for (i = 0; i < len; i++)
        if (word[i] != name[i] && word[i] != (name[i] | 0x20))
            return 0;
    return 1;
}

int slogout_enable_has_capability(const char *arguments, size_t len)
{
    size_t begin = 0;
    size_t end;

    for (end = 0; arguments && end <= len; end++)
        if (end == len || arguments[end] == ' ' || arguments[end] == '\r' || arguments[end] == '\n') {
            if (is_capability(arguments + begin, end - begin))
                return 1;
            begin = end + 1;
        }
    return 0;
}

/* ---- names ---- */

static const char *const errors[] = {
    "success",
    "an argument is NULL or never valid",
    "not possible in this state",
    "not allowed inside a callback",
    "out of memory",
    "a struct's size member is 0 or of a later version",
    "the answer timeout must be longer than 32,000 ms",
    "the tag prefix cannot begin a tag, or is too long",
    "the BYE text is not 1 to 200 octets of printable ASCII, or its response code is malformed",
    "the plan's deadline cannot be kept: spread, answer timeout (over 32 s), tail and leave timeout must fit",
};

static const char *const outcomes[] = {
    "ANSWERED", "REFUSED",     "EXPIRED",       "BYE_ONLY",    "NEVER_READY",
    "FORCED",   "SEND_FAILED", "CLIENT_LOGOUT", "PEER_CLOSED", "HOST_CLOSED",
};

const char *slogout_version(void)
{
    return SLOGOUT_VERSION;
}

const char *slogout_strerror(int error)
{
    const int count = sizeof errors / sizeof *errors;

    return error <= 0 && error > -count ? errors[-error] : "unknown error";
}

const char *slogout_outcome_name(enum slogout_outcome outcome)
{
    return (unsigned)outcome < SLOGOUT_OUTCOME_COUNT ? outcomes[outcome] : "UNKNOWN";
}

/* ---- an outcome for a log ---- */

static const char *status_name(enum slogout_status status)
{
    static const char *const names[] = {"OK", "NO", "BAD", "BYE"};

    return (unsigned)status < sizeof names / sizeof *names ? names[status] : "UNKNOWN";
}

size_t slogout_result_format(char *out, size_t out_size, const struct slogout_result *result)
{
    char answer[sizeof " answer=UNKNOWN code=\"\" text=\"\"" + SLO_LOGGED_CODE + SLO_LOGGED_TEXT] = "";

    if (!result)
        return slogout_escape(out, out_size, "", 0);
    if (result->answer) {
        char code[SLO_LOGGED_CODE + 1];
        char text[SLO_LOGGED_TEXT + 1];
        slogout_escape(code, sizeof code, result->answer->code, result->answer->code_len);
        slogout_escape(text, sizeof text, result->answer->text, result->answer->text_len);
        (void)snprintf(answer, sizeof answer, " answer=%s code=\"%s\" text=\"%s\"",
                       status_name(result->answer->status), code, text);
    }
    return (size_t)snprintf(out, out ? out_size : 0, "outcome=%s tag=%s bye_sent=%d bye_seen=%d%s",
                            slogout_outcome_name(result->outcome), result->tag ? result->tag : "-",
                            result->bye_sent, result->bye_seen, answer);
}
