/* SPDX-License-Identifier: BSD-2-Clause */
/* LOGIN has the name as its first argument, in one of three spellings (RFC 3501 section 9, astring).
 * AUTHENTICATE has the name in the first response of the client, which is in base64, and which follows the
 * name of the mechanism (RFC 4959) or the first `+`. */
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
    LOGIN_PASSWORD, /* before the password */
    LOGIN_QUOTED,
    LOGIN_ESCAPED,
    LOGIN_SIZE, /* in the announcement of a literal */
    LOGIN_LITERAL,
    LOGIN_MECHANISM,
    LOGIN_RESPONSE,
    LOGIN_PADDING /* between the last octet of a response and the end of its line */
};

/* The parts of a pattern, in which any other octet stands for itself. The first two end before the octet that
 * follows them in the pattern. */
#define PART_NAME     "\2" /* the name, which must be the same in each part that is not empty */
#define PART_ANY      "\3" /* any octets */
#define PART_OPTIONAL "\4" /* "a=" and the name are absent if this octet is a comma */
#define PART_END      "\5" /* the response must end here */
#define PART_REST     "\6" /* the rest, without the octet that follows in the pattern */

#define GS2_HEADER PART_ANY "," PART_OPTIONAL "a=" PART_NAME "," /* RFC 5801 section 4 */

/* A decoded response has a name only if it has exactly the fields of the pattern. The pattern of OAUTHBEARER
 * has only the header, because none of the pairs of keys and values after it is a name. */
static const struct mechanism {
    const char *name;
    const char *response;
} mechanisms[] = {
    /* RFC 4616 section 2: authzid NUL authcid NUL passwd */
    {"PLAIN", PART_NAME "\0" PART_NAME "\0" PART_REST "\0"},
    {"EXTERNAL", PART_NAME PART_END}, /* RFC 4422 appendix A */
    {"LOGIN", PART_NAME PART_END},
    {"OAUTHBEARER", GS2_HEADER "\1"}, /* RFC 7628 section 3.1 */
    {"XOAUTH2", "user=" PART_NAME "\1auth=" PART_ANY "\1\1" PART_END},
};
static const char scram_response[] =
    GS2_HEADER "n=" PART_NAME ",r=" PART_REST ","; /* RFC 5802 section 7; a family of mechanisms */

/* ---- the name ---- */

static void drop_name(struct slo_login *login)
{
    memset(login->name, 0, sizeof login->name); /* it may be part of a password */
    login->len = 0;
    login->is_whole = 0;
    login->is_saslname = 0;
    login->state = LOGIN_REST;
}

/* A control character separates arguments for some servers, so the octets after it may be a password. */
static void add_to_name(struct slo_login *login, char c)
{
    if ((unsigned char)c < ' ' || c == '\177' || login->len == SLO_LOGIN_NAME_MAX)
        drop_name(login);
    else
        login->name[login->len++] = c;
}

static void end_name(struct slo_login *login)
{
    login->is_whole = 1;
    login->state = LOGIN_REST;
}

/* Compares the next octet of a second identity with that of the name. Servers differ in which of two
 * identities they log in. */
static void compare_name(struct slo_login *login, char c)
{
    if (login->same < login->len && login->name[login->same] == c)
        login->same++;
    else
        drop_name(login);
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

static void end_identity(struct slo_login *login, char stop)
{
    if (login->is_whole && login->same < login->len)
        drop_name(login);
    login->same = 0;
    login->is_whole = login->len > 0;
    login->is_saslname = stop == ',';
}

static void take_identity(struct slo_login *login, char c, int is_end)
{
    if (is_end)
        end_identity(login, c);
    else if (login->is_whole)
        compare_name(login, c);
    else
        add_to_name(login, c);
}

/* Returns 1 if the octet belongs to a PART_NAME, PART_ANY or PART_REST. No octet may follow a PART_REST. */
static int take_part(struct slo_login *login, char c)
{
    const char part = *login->response;
    const int is_end = c == login->response[1];

    if (part == *PART_REST)
        return !is_end;
    if (part != *PART_NAME && part != *PART_ANY)
        return 0;
    if (part == *PART_NAME)
        take_identity(login, c, is_end);
    login->response += is_end;
    return !is_end;
}

static void take_octet(struct slo_login *login, uint8_t octet)
{
    char c;

    memcpy(&c, &octet, 1); /* A conversion of more than 127 to char depends on the compiler. */
    if (*login->response == *PART_OPTIONAL)
        login->response += c == ',' ? sizeof PART_OPTIONAL "a=" PART_NAME - 1 : 1;
    if (take_part(login, c))
        return;
    if (c != *login->response || c == *PART_END) {
        drop_name(login);
        return;
    }
    login->response++;
    if (*login->response == '\0')
        login->state = LOGIN_REST;
}

/* Returns the value of a digit of base64, or -1. */
static int sextet(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *digit = memchr(digits, c, sizeof digits - 1);

    return digit ? (int)(digit - digits) : -1;
}

/* Some servers skip padding and octets that are not base64, and read on. */
static void take_padding(struct slo_login *login, char c)
{
    if (c != '=' && c != '\r' && c != '\n')
        drop_name(login);
}

/* Ends a response before the octet c. */
static void end_response(struct slo_login *login, char c)
{
    take_part(login, login->response[1]);
    login->state = LOGIN_PADDING;
    if (*login->response == *PART_END || *login->response == *PART_REST)
        take_padding(login, c);
    else
        drop_name(login);
}

static void take_sextet(struct slo_login *login, uint32_t value)
{
    login->bits = login->bits << 6 | value;
    login->sextets++;
    if (login->sextets > 1)
        take_octet(login, (uint8_t)(login->bits >> (8 - 2 * login->sextets)));
    login->sextets &= 3;
}

static void take_base64(struct slo_login *login, char c)
{
    const int value = sextet(c);

    login->awaits = 0;
    if (value < 0)
        end_response(login, c);
    else
        take_sextet(login, (uint32_t)value);
    if (login->state != LOGIN_RESPONSE)
        login->bits = 0; /* some bits may be part of a password */
}

static void begin_response(struct slo_login *login)
{
    login->sextets = 0;
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
    login->awaits = 0;
    begin_word(login, state);
}

/* A line that does not begin with a tag and SP is not a command, so it has no tag. */
static void take_login_tag(struct slo_login *login, char c)
{
    if (slo_octet_uses[(unsigned char)c] & SLO_USE_TAG)
        login->word_len = 1;
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

static const char *response_of(const struct slo_login *login)
{
    size_t i;

    for (i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++)
        if (word_is(login, mechanisms[i].name))
            return mechanisms[i].response;
    return slo_word_agreement(login->word, login->word_len, "SCRAM-") == 6 ? scram_response : NULL;
}

static void end_mechanism(struct slo_login *login, char c)
{
    login->response = response_of(login);
    login->awaits = login->response ? 1 : 0;
    login->state = LOGIN_REST;
    if (c == ' ' && login->awaits)
        begin_response(login);
}

/* ---- the argument of LOGIN ---- */

/* Some servers end an atom at one of these octets, and read the password after it. */
static void take_atom(struct slo_login *login, char c)
{
    if (c == ' ')
        login->state = LOGIN_PASSWORD;
    else if (c == '"' || c == '(' || c == ')' || c == '{')
        drop_name(login);
    else
        add_to_name(login, c);
}

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
        take_atom(login, c);
    }
}

/* If no second argument follows, a server may have found the password in the atom. */
static void begin_password(struct slo_login *login, char c)
{
    if ((unsigned char)c > ' ')
        end_name(login);
    else if (c != ' ')
        drop_name(login);
}

static void take_size(struct slo_login *login, char c)
{
    const unsigned size = login->literal_left * 10U + (unsigned)(c - '0');

    if (c == '\n')
        login->state = login->literal_left > 0 ? LOGIN_LITERAL : LOGIN_REST;
    else if (!(slo_octet_uses[(unsigned char)c] & SLO_USE_ANNOUNCEMENT))
        drop_name(login);
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
        end_name(login);
}

static void take_quoted(struct slo_login *login, char c)
{
    if (c == '"')
        end_name(login);
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
        take_atom(login, c);
        break;
    case LOGIN_PASSWORD:
        begin_password(login, c);
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
    case LOGIN_PADDING:
        take_padding(login, c);
        break;
    }
}

void slo_login_begin_line(struct slo_login *login, int is_exchange, int is_certain)
{
    begin_word(login, is_exchange || !is_certain ? LOGIN_REST : LOGIN_TAG);
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
    if (!ok || !login->is_whole || !is_the_only(in_flight, tag))
        drop_name(login);
    if (login->is_saslname)
        decode_saslname(login);
    login->name[login->len] = '\0';
}
