/* SPDX-License-Identifier: BSD-2-Clause */
/* LOGIN has the name as its first argument, in one of three spellings (RFC 3501 section 9, astring). AUTHENTICATE
 * has it in the first response of the client, in the command (RFC 4959) or after the first `+`, in base64. */
#include <string.h>
#include "imap_lex.h"
#include "login.h"
#include "tag.h"
#include "word.h"

enum login_state {
    LOGIN_REST, /* in a part of a line that does not matter */
    LOGIN_TAG,
    LOGIN_COMMAND,
    LOGIN_ARGUMENT, /* before the name */
    LOGIN_ATOM,
    LOGIN_QUOTED,
    LOGIN_ESCAPED,
    LOGIN_SIZE, /* in the announcement of a literal */
    LOGIN_LITERAL,
    LOGIN_MECHANISM,
    LOGIN_RESPONSE
};

/* The fields of a decoded response in which the name may be. The name is in the first of them that is not empty, after
 * `skip` octets. */
static const struct mechanism {
    const char *name;
    int separator; /* between the fields; -1 if there is only one field */
    uint8_t first, last, skip;
} mechanisms[] = {
    {"", -1, UINT8_MAX, UINT8_MAX, 0}, /* a mechanism that is not known */
    {"PLAIN", '\0', 0, 1, 0},          /* RFC 4616 section 2: authzid NUL authcid NUL passwd */
    {"EXTERNAL", -1, 0, 0, 0},         /* RFC 4422 appendix A */
    {"LOGIN", -1, 0, 0, 0},
    {"OAUTHBEARER", ',', 1, 1, 2}, /* RFC 7628 section 3.1: n,a=authzid, */
    {"XOAUTH2", '\1', 0, 0, 5},    /* user=name ^A */
    {"SCRAM-", ',', 1, 2, 2},      /* RFC 5802 section 7: n,[a=authzid],n=name, */
};
#define MECHANISM_COUNT (sizeof mechanisms / sizeof *mechanisms)
#define SCRAM           (MECHANISM_COUNT - 1) /* a family, by the beginning of its names */

/* ---- the name ---- */

static void drop_name(struct slo_login *login)
{
    login->len = 0;
    login->state = LOGIN_REST;
}

/* No name contains a NUL. */
static void add_to_name(struct slo_login *login, char c)
{
    if (c == '\0' || login->len == SLO_LOGIN_NAME_MAX)
        drop_name(login);
    else
        login->name[login->len++] = c;
}

/* RFC 5802 section 5.1: "," and "=" in a saslname are "=2C" and "=3D". */
static void decode_saslname(struct slo_login *login)
{
    uint8_t from = 0;
    uint8_t to = 0;

    while (from < login->len) {
        char c = login->name[from++];
        if (c == '=') {
            c = login->name[from] == '2' ? ',' : '=';
            from = (uint8_t)(from + 2);
        }
        login->name[to++] = c;
    }
    login->len = to;
}

/* ---- the response of a mechanism ---- */

static void end_field(struct slo_login *login, const struct mechanism *mechanism)
{
    if (login->field == mechanism->last || login->len > 0) {
        login->state = LOGIN_REST;
        if (mechanism->separator == ',')
            decode_saslname(login);
        return;
    }
    login->field++;
    login->field_len = 0;
}

static void take_decoded(struct slo_login *login, char c)
{
    const struct mechanism *mechanism = &mechanisms[login->mechanism];

    if ((unsigned char)c == mechanism->separator) {
        end_field(login, mechanism);
        return;
    }
    if (login->field < mechanism->first)
        return;
    if (login->field_len < mechanism->skip)
        login->field_len++;
    else
        add_to_name(login, c);
}

/* Returns the value of a digit of base64, or -1. */
static int sextet(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *digit = memchr(digits, c, sizeof digits - 1);

    return digit ? (int)(digit - digits) : -1;
}

/* The end of a response ends a field only if the response has no other field. */
static void end_response(struct slo_login *login)
{
    if (mechanisms[login->mechanism].separator >= 0)
        drop_name(login);
    login->state = LOGIN_REST;
}

static void take_base64(struct slo_login *login, char c)
{
    const int value = sextet(c);

    login->awaits = 0;
    if (value < 0) {
        end_response(login);
        return;
    }
    login->bits = login->bits << 6 | (uint32_t)value;
    login->sextets++;
    if (login->sextets > 1)
        take_decoded(login, (char)(login->bits >> (8 - 2 * login->sextets) & 0xff));
    login->sextets &= 3;
    if (login->state == LOGIN_REST)
        login->bits = 0; /* some bits may be part of a password */
}

static void begin_response(struct slo_login *login)
{
    login->sextets = 0;
    login->field = 0;
    login->field_len = 0;
    login->state = LOGIN_RESPONSE;
}

/* ---- words ---- */

static void add_to_word(struct slo_login *login, char c)
{
    if (login->word_len < sizeof login->word)
        login->word[login->word_len++] = c;
}

static int word_is(const struct slo_login *login, const char *word)
{
    return slo_word_is(login->word, login->word_len, word);
}

static void begin_word(struct slo_login *login, enum login_state state)
{
    login->word_len = 0;
    login->state = (uint8_t)state;
}

static void begin_login(struct slo_login *login, enum login_state state, uint64_t tag)
{
    drop_name(login);
    login->tag = tag;
    login->is_pending = 1;
    begin_word(login, state);
}

/* A line that does not begin with a tag and SP is not a command, so it has no tag. */
static void take_login_tag(struct slo_login *login, char c)
{
    if (slo_octet_uses[(unsigned char)c] & SLO_USE_TAG)
        add_to_word(login, c);
    else if (c == ' ' && login->word_len > 0)
        begin_word(login, LOGIN_COMMAND);
    else
        login->state = LOGIN_REST;
}

static void end_command_name(struct slo_login *login, char c, uint64_t tag)
{
    login->state = LOGIN_REST;
    if (c == ' ' && word_is(login, "LOGIN"))
        begin_login(login, LOGIN_ARGUMENT, tag);
    else if (c == ' ' && word_is(login, "AUTHENTICATE"))
        begin_login(login, LOGIN_MECHANISM, tag);
}

static uint8_t mechanism_of(const struct slo_login *login)
{
    size_t i;

    for (i = 1; i < SCRAM; i++)
        if (word_is(login, mechanisms[i].name))
            return (uint8_t)i;
    return slo_word_agreement(login->word, login->word_len, "SCRAM-") == 6 ? SCRAM : 0;
}

static void end_mechanism(struct slo_login *login, char c)
{
    login->mechanism = mechanism_of(login);
    login->awaits = 1;
    login->state = LOGIN_REST;
    if (c == ' ')
        begin_response(login);
}

/* ---- the argument of LOGIN ---- */

static void begin_name(struct slo_login *login, char c)
{
    if (c == ' ')
        return;
    login->literal_left = 0;
    if (c == '"') {
        login->state = LOGIN_QUOTED;
    } else if (c == '{') {
        login->state = LOGIN_SIZE;
    } else {
        login->state = LOGIN_ATOM;
        add_to_name(login, c);
    }
}

static void take_size(struct slo_login *login, char c)
{
    const unsigned size = login->literal_left * 10U + (unsigned)(c - '0');

    if (c == '\n')
        login->state = login->literal_left > 0 ? LOGIN_LITERAL : LOGIN_REST;
    if (c < '0' || c > '9')
        return;
    login->literal_left = (uint8_t)size;
    if (size > SLO_LOGIN_NAME_MAX)
        drop_name(login);
}

static void take_literal(struct slo_login *login, char c)
{
    add_to_name(login, c);
    if (--login->literal_left == 0)
        login->state = LOGIN_REST;
}

static void take_quoted(struct slo_login *login, char c)
{
    if (c == '"')
        login->state = LOGIN_REST;
    else if (c == '\\')
        login->state = LOGIN_ESCAPED;
    else
        add_to_name(login, c);
}

/* ---- octets ---- */

static void login_step(struct slo_login *login, char c, uint64_t tag)
{
    switch ((enum login_state)login->state) {
    case LOGIN_REST:
        break;
    case LOGIN_COMMAND:
        if (!slo_ends_word(c))
            add_to_word(login, c);
        else if (c != ' ' || login->word_len > 0)
            end_command_name(login, c, tag);
        break;
    case LOGIN_TAG:
        take_login_tag(login, c);
        break;
    case LOGIN_ARGUMENT:
        begin_name(login, c);
        break;
    case LOGIN_ATOM:
        if (slo_ends_word(c))
            login->state = LOGIN_REST;
        else
            add_to_name(login, c);
        break;
    case LOGIN_QUOTED:
        take_quoted(login, c);
        break;
    case LOGIN_ESCAPED:
        login->state = LOGIN_QUOTED;
        add_to_name(login, c);
        break;
    case LOGIN_SIZE:
        take_size(login, c);
        break;
    case LOGIN_LITERAL:
        take_literal(login, c);
        break;
    case LOGIN_MECHANISM:
        if (slo_ends_word(c))
            end_mechanism(login, c);
        else
            add_to_word(login, c);
        break;
    case LOGIN_RESPONSE:
        take_base64(login, c);
        break;
    }
}

void slo_login_begin_line(struct slo_login *login, int is_exchange)
{
    begin_word(login, is_exchange ? LOGIN_REST : LOGIN_TAG);
    if (is_exchange && login->awaits)
        begin_response(login);
}

void slo_login_feed(struct slo_login *login, const char *bytes, size_t len, uint64_t tag)
{
    size_t i;

    if (login->state == LOGIN_REST)
        return;
    for (i = 0; i < len; i++)
        login_step(login, bytes[i], tag);
}

static int is_the_only(const struct slo_in_flight *in_flight, uint64_t tag)
{
    unsigned count = 0;
    uint64_t i;

    for (i = 0; !in_flight->is_summed && i < in_flight->count; i++)
        count += in_flight->tags[i] == tag;
    return count == 1;
}

void slo_login_answer(struct slo_login *login, const struct slo_in_flight *in_flight, uint64_t tag, int ok)
{
    if (!login->is_pending || tag != login->tag)
        return;
    login->is_pending = 0;
    login->is_settled = ok ? 1 : 0;
    if (!ok || !is_the_only(in_flight, tag))
        drop_name(login);
    login->name[login->len] = '\0';
}
