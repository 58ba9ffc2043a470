#include <string.h>
#include "imap_lex.h"

size_t slo_line_stop(const char *bytes, size_t len)
{
    const char *stop = memchr(bytes, '\n', len);
    const char *nul;

    if (stop)
        len = (size_t)(stop - bytes);
    nul = memchr(bytes, '\0', len);
    return nul ? (size_t)(nul - bytes) : len;
}

size_t slo_word_stop(const char *bytes, size_t len)
{
    size_t i = 0;

    while (i < len && bytes[i] != ' ' && bytes[i] != '\r' && bytes[i] != '\n' && bytes[i] != '\0')
        i++;
    return i;
}

const unsigned char slo_simple_octets[256] = {
    ['.'] = 1, ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1,
    ['8'] = 1, ['9'] = 1, ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1,
    ['H'] = 1, ['I'] = 1, ['J'] = 1, ['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1,
    ['Q'] = 1, ['R'] = 1, ['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1, ['Y'] = 1,
    ['Z'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1,
    ['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1, ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1,
    ['r'] = 1, ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1, ['y'] = 1, ['z'] = 1,
};

#define WINDOW 1024

size_t slo_clean_stretch(const char *bytes, size_t len)
{
    const char *nul;

    if (len > WINDOW)
        len = WINDOW;
    nul = memchr(bytes, '\0', len);
    return nul ? (size_t)(nul - bytes) : len;
}

void slo_token_add(struct slo_token *token, const char *bytes, size_t len)
{
    if (slo_token_too_long(token) || len > (size_t)(SLO_TOKEN_MAX - token->len)) {
        token->len = SLO_TOKEN_MAX + 1;
        return;
    }
    memcpy(token->bytes + token->len, bytes, len);
    token->len = (uint8_t)(token->len + len);
}

int slo_token_too_long(const struct slo_token *token)
{
    return token->len > SLO_TOKEN_MAX;
}

int slo_token_same(const struct slo_token *one, const struct slo_token *other)
{
    return one->len == other->len && !slo_token_too_long(one) &&
           memcmp(one->bytes, other->bytes, one->len) == 0;
}

/* Whatever the locale (RFC 3501 section 9, note 1). */
static int capital(char c)
{
    return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

/* The length of what both begin with. */
static size_t common(const struct slo_token *token, const char *word)
{
    const size_t len = slo_token_too_long(token) ? 0 : token->len;
    size_t i = 0;

    while (i < len && word[i] && capital(token->bytes[i]) == word[i])
        i++;
    return i;
}

int slo_token_is(const struct slo_token *token, const char *word)
{
    return token->len == strlen(word) && slo_token_begins(token, word);
}

int slo_token_begins(const struct slo_token *token, const char *word)
{
    return !word[common(token, word)];
}

int slo_token_may_begin(const struct slo_token *token, const char *word)
{
    const size_t len = common(token, word);

    return len == token->len || !word[len];
}

/* ---- announcements ---- */

enum { NOTHING, OPEN, DIGITS, PLUS, CLOSED, CLOSED_CR };

static void add_digit(struct slo_announcement *announcement, char c)
{
    const uint64_t digit = (uint64_t)(c - '0');

    if (announcement->size > (SLO_LITERAL_LIMIT - digit) / 10)
        announcement->size = SLO_LITERAL_LIMIT;
    else
        announcement->size = announcement->size * 10 + digit;
}

/* The octet is one that may_follow_brace() lets through. */
static uint8_t next_phase(uint8_t phase, char c)
{
    if (slo_is_digit(c))
        return phase == OPEN || phase == DIGITS ? DIGITS : NOTHING;
    if (c == '+')
        return phase == DIGITS ? PLUS : NOTHING;
    if (c == '}')
        return phase == DIGITS || phase == PLUS ? CLOSED : NOTHING;
    return phase == CLOSED ? CLOSED_CR : NOTHING; /* at CR */
}

static void look_at(struct slo_announcement *announcement, char c)
{
    announcement->phase = next_phase(announcement->phase, c);
    if (announcement->phase == DIGITS)
        add_digit(announcement, c);
    if (announcement->phase == PLUS)
        announcement->no_ask = 1;
}

static void begin_at(struct slo_announcement *announcement, uint8_t phase)
{
    announcement->phase = phase;
    announcement->size = 0;
    announcement->no_ask = 0;
}

static int may_follow_brace(char c)
{
    return slo_is_digit(c) || c == '+' || c == '}' || c == '\r';
}

/* Only the octets behind the last `{` count, so it looks from the end. */
void slo_announcement_feed(struct slo_announcement *announcement, const char *bytes, size_t len)
{
    size_t i = len;

    while (i > 0 && may_follow_brace(bytes[i - 1]))
        i--;
    if (i > 0)
        begin_at(announcement, bytes[i - 1] == '{' ? OPEN : NOTHING);
    while (i < len && (announcement->phase != NOTHING))
        look_at(announcement, bytes[i++]);
}

int slo_announcement_made(const struct slo_announcement *announcement)
{
    return announcement->phase >= CLOSED;
}
