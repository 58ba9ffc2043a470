/* SPDX-License-Identifier: BSD-2-Clause */
/* The name with which a client logs in, as the filter reads it. A script has the octets of both sides. Each part begins
 * with `C: ` or `S: ` at the beginning of a line, and ends in CRLF or HALF. */
#include "support/test.h"
#include <stdlib.h>
#include "login.h"
#include <slogout/filter.h>

#define X8(c)  c c c c c c c c
#define X63(c) X8(X7(c)) X7(c)
#define X7(c)  c c c c c c c

/* A name of 126 octets, and the octets that follow it. */
#define LONG_NAME X63("n") X63("n")

/* base64 of 255 octets */
#define X255(c) X63(c) X8(c) X7(c) X7(c)

/* Ends a part in the middle of a line. */
#define HALF "\x01"

/* a password that must not be read as a name */
#define PW "LOGIN LOGIN x y"

static int take(struct slogout_filter *filter, const char *bytes, size_t len, void *conn)
{
    (void)filter, (void)bytes, (void)len, (void)conn;
    return 0;
}

static void close_nothing(struct slogout_filter *filter, const struct slogout_result *result, void *conn)
{
    (void)filter, (void)result, (void)conn;
}

static const struct slogout_filter_callbacks callbacks = {sizeof callbacks, take, take, close_nothing};

/* Feeds a part in pieces of `step` octets, and in two pieces that are cut at `cut`. */
static void feed(struct slogout_filter *filter, char side, const char *part, size_t len, size_t step,
                 size_t cut)
{
    size_t at = 0;

    while (at < len) {
        size_t piece = len - at < step ? len - at : step;
        if (at < cut && cut < at + piece)
            piece = cut - at;
        if (side == 'C')
            assert_int_equal(slogout_filter_feed_client(filter, part + at, piece, 1), 0);
        else
            assert_int_equal(slogout_filter_feed_server(filter, part + at, piece, 1), 0);
        at += piece;
    }
}

static const char *end_of_part(const char *part)
{
    const char *end = part;

    do
        end += strcspn(end, "\n" HALF) + 1;
    while (*end && strncmp(end, "C: ", 3) != 0 && strncmp(end, "S: ", 3) != 0);
    return end;
}

static void play(struct slogout_filter *filter, const char *script, size_t step, size_t cut)
{
    while (*script) {
        const char *end = end_of_part(script);
        const size_t len = (size_t)(end - script) - 3 - (end[-1] == *HALF);
        feed(filter, *script, script + 3, len, step, cut);
        cut -= cut < len ? cut : len;
        script = end;
    }
}

/* user: the name that is known after the script, or "" if none is known. */
static void check(const char *script, const char *user, size_t step, size_t cut)
{
    struct slogout *slogout;
    struct slogout_filter *filter;
    const char *found;

    assert_int_equal(slogout_new(&slogout, NULL), 0);
    assert_int_equal(slogout_filter_new(&filter, slogout, &callbacks, NULL), 0);
    play(filter, "S: * OK hello\r\n", 1, 0);
    assert_null(slogout_filter_user(filter));
    play(filter, script, step, cut);
    found = slogout_filter_user(filter);
    if (found ? strcmp(found, user) != 0 || !*found : *user != '\0')
        fail_msg("%s: %s", script, found ? found : "(none)");
    slogout_filter_free(filter);
    slogout_free(slogout);
}

static void test_the_name_is_known_after_ok(void **state)
{
    static const struct {
        const char *script;
        const char *user;
    } rows[] = {
        /* LOGIN with an atom, a quoted string and a literal, in upper and lower case */
        {"C: a1 LOGIN joe " PW "\r\nS: a1 OK in\r\n", "joe"},
        {"C: a  login  joe pw\r\nS: a OK in\r\n", "joe"},
        {"C: a LOGIN" X63(" ") X63(" ") X63(" ") X63(" ") "    joe pw\r\nS: a OK in\r\n", "joe"},
        {"C: a LOGIN D\\joe*%]\344@  \344p\r\nS: a OK in\r\n", "D\\joe*%]\344@"},
        {"C: a LOGIN \"\\\"j o\\\\e\\1\\2\\8\" " PW "\r\nS: a OK in\r\n", "\"j o\\e128"},
        {"C: a LOGIN {1+}\r\nj " PW "\r\nS: a OK in\r\n", "j"},
        {"C: a LOGIN {3}\r\nS: + go\r\nC: joe {2}\r\nS: + go\r\nC: pw\r\nS: a OK in\r\n", "joe"},
        {"C: a LOGIN {4+}\r\nj oe {2+}\r\npw\r\nS: a OK in\r\n", "j oe"},
        {"C: a LOGIN " LONG_NAME "n pw\r\nS: a OK in\r\n", LONG_NAME "n"},
        {"C: a LOGIN {127+}\r\n" LONG_NAME "n pw\r\nS: a OK in\r\n", LONG_NAME "n"},
        /* the rest of the command is not another command */
        {"C: a LOGIN \"joe\"b LOGIN eve pw\r\nS: a OK in\r\n", "joe"},
        {"C: a LOGIN {3+}\r\njoeb LOGIN eve pw\r\nS: a OK in\r\n", "joe"},
        {"C: a LOGIN {0+}\r\nb LOGIN eve pw\r\nS: a OK in\r\n", ""},
        {"C: a LOGIN {90+}\r\n" X63("n") X8("n") X8("n") X8("n") "nnn pw\r\nS: a OK in\r\n",
         X63("n") X8("n") X8("n") X8("n") "nnn"},
        /* AUTHENTICATE, with and without an initial response */
        {"C: a AUTHENTICATE PLAIN\r\nS: + \r\nC: AGpvZQBwdw==\r\nS: a OK in\r\n", "joe"},
        {"C: a authenticate plain AGo9MkNvAHB3\r\nS: a OK in\r\n", "j=2Co"},
        {"C: a AUTHENTICATE PLAIN AGpvZQA=\r\nS: a OK in\r\n", "joe"}, /* an empty password */
        {"C: a AUTHENTICATE PLAIN AGoAeA==\r\nS: a OK in\r\n", "j"},
        {"C: a AUTHENTICATE OAUTHBEARER bixhPWpvZSwBYXV0aD10AQE= LOGIN eve pw\r\nS: a OK in\r\n", "joe"},
        {"C: a AUTHENTICATE SCRAM-SHA-1 biwsbj1u" X7("bm5ubm5ubm5ubm5ubm5ubm5u") "LHI9eA==\r\nS: a OK in\r\n", LONG_NAME "n"},
        {"C: a AUTHENTICATE PLAIN AGpvZQBwdw==\r\nb NOOP\r\nS: b OK\r\na OK in\r\n", "joe"},
        {"C: a AUTHENTICATE PLAIN am9lAGpvZQBwdw==\r\nS: a OK in\r\n", "joe"}, /* joe acts for joe */
        {"C: a AUTHENTICATE PLAIN\r\nC: AGpvZQBwdw==\r\nS: + \r\na OK in\r\n", "joe"}, /* before the `+` */
        {"C: a AUTHENTICATE EXTERNAL am9l\r\nS: a OK in\r\n", "joe"},
        {"C: a AUTHENTICATE EXTERNAL av//\nS: a OK in\r\n", "j\377\377"},
        {"C: a AUTHENTICATE LOGIN\r\nS: + VXNlcg==\r\nC: am9l\r\nS: + UGFzcw==\r\nC: " PW "\r\nS: a OK in\r\n",
         "joe"},
        {"C: a AUTHENTICATE OAUTHBEARER cD14LGE9am9lLAFhdXRoPUJlYXJlciB0AQE=\r\nS: a OK in\r\n", "joe"},
        {"C: a AUTHENTICATE XOAUTH2 dXNlcj1qb2UBYXV0aD1CZWFyZXIgdAEB\r\nS: a OK in\r\n", "joe"},
        {"C: a AUTHENTICATE SCRAM-SHA-256 biwsbj1qb2Uscj1yQQ==\r\nS: + cg==\r\nC: Yw==\r\nS: a OK in\r\n",
         "joe"},
        {"C: a AUTHENTICATE SCRAM-SHA-1-PLUS cD10bHMsYT1hbm4sbj1hbm4scj1y\r\nS: a OK in\r\n", "ann"},
        {"C: a AUTHENTICATE SCRAM-SHA-1 bixhPWo9MkNvPTNEZSxuPWo9MkNvPTNEZSxyPXI=\r\nS: a OK in\r\n", "j,o=e"},
        {"C: a AUTHENTICATE SCRAM-SHA-1 bixhPSxuPWpvZSxyPXg=\r\nS: a OK in\r\n", "joe"}, /* a= is empty */
        {"C: a AUTHENTICATE SCRAM-SHA-1 biwsbj1qPTJDbz0zRGUscj1y\r\nS: a OK in\r\n", "j,o=e"},
        {"C: a AUTHENTICATE SCRAM-SHA-1 biwsbj1qPSxyPXI=\r\nS: a OK in\r\n", "j="},
        {"C: a AUTHENTICATE SCRAM-SHA-1 biwsbj1qPTNEMkNvLHI9eA==\r\nS: a OK in\r\n", "j=2Co"},
        /* the next attempt, and the newer of two attempts */
        {"C: a AUTHENTICATE SCRAM-SHA-1 biwsbj1qPSxyPXI=\r\nS: a NO\r\nC: b LOGIN j=2Co pw\r\nS: b OK\r\n", "j=2Co"},
        {"C: a LOGIN johanna pw\r\nS: a NO\r\na BAD\r\nC: b LOGIN joe pw\r\nS: b OK in\r\n", "joe"},
        {"C: a LOGIN johanna pw\r\nS: a NO\r\nC: b AUTHENTICATE EXTERNAL am9l\r\nS: b OK\r\n", "joe"},
        {"C: a AUTHENTICATE PLAIN\r\nS: a NO\r\nC: b LOGIN joe pw\r\nS: b OK in\r\n", "joe"},
        {"C: a AUTHENTICATE PLAIN\r\nS: a NO\r\nC: b LOGIN joe pw\r\nc AUTHENTICATE\r\nS: + \r\nC: *\r\nS: b OK\r\n",
         "joe"},
        {"C: a AUTHENTICATE PLAIN AGp\r\nS: a NO\r\nC: b AUTHENTICATE PLAIN AGpvZQBwdw==\r\nS: b OK\r\n", "joe"},
        {"C: a AUTHENTICATE XOAUTH2 dXNlcj0=\r\nS: a NO\r\nC: b AUTHENTICATE XOAUTH2 dXNlcj1qb2UBYXV0aD14AQE=\r\nS: b OK\r\n", "joe"},
        {"C: a AUTHENTICATE PLAIN am9lAGpvZQBwdw==\r\nS: a NO\r\nC: b AUTHENTICATE PLAIN am9lAGpvZQBwdw==\r\nS: b OK\r\n", "joe"},
        {"C: a LOGIN ann pw\r\nb LOGIN joe pw\r\nS: a NO\r\nb OK in\r\n", "joe"},
        {"C: a LOGIN {1000}\r\nS: a NO\r\nC: b LOGIN {3+}\r\njoe pw\r\nS: b OK in\r\n", "joe"},
        {"C: a CAPABILITY\r\nb LOGIN joe pw\r\nc SELECT x\r\nS: a OK\r\nb OK in\r\n", "joe"},
        {"C: a LOGIN joe pw\r\nS: a OK in\r\nC: b LOGIN ann pw\r\nS: b BAD\r\n", "joe"},
        {"C: a LOGIN joe pw\r\nS: a OK in\r\nC: a NOOP\r\nS: a NO\r\n", "joe"},
        /* a blind filter */
        {"C: a LOGIN joe pw\r\nS: a OK in\r\nC: b COMPRESS DEFLATE\r\nS: b OK\r\nC: c UNAUTHENTICATE\r\nS: c OK\r\n",
         "joe"},
        {"C: a LOGIN joe pw\r\nS: a OK in\r\nC: b UNAUTHENTICATE\r\nS: b OK\r\nC: c LOGIN ann p\r\nS: c "
         "OK\r\n",
         "ann"},
        /* Nobody has logged in. */
        {"C: a LOGIN joe pw\r\n", ""},
        {"C: a LOGIN joe pw\r\nS: a NO\r\n", ""},
        {"C: a LOGIN joe pw\r\nb NOOP\r\nS: b OK\r\n", ""},
        {"C: a LOGIN joe pw\r\nS: a OK in\r\nC: b UNAUTHENTICATE\r\nS: b OK\r\n", ""},
        {"C: a XLOGINXLOGINXLOGIN joe pw\r\nb LOGINS joe pw\r\nS: a OK\r\nb OK\r\n", ""},
        {"C: a NOOP\r\n LOGIN joe pw\r\nS: a OK\r\n", ""},
        {"C: a NOOP\r\n+x LOGIN joe pw\r\nS: a OK\r\n", ""},
        {"C: a SEARCH " PW "\r\nb L OGIN joe pw\r\nc \rLOGIN joe pw\r\nS: a OK\r\nb OK\r\nc OK\r\n", ""},
        /* The name is not known. */
        {"C: a LOGIN\r\nb AUTHENTICATE\r\nS: a OK\r\nb OK\r\n", ""},
        {"C: a LOGIN {0+}\r\n " PW "\r\nS: a OK\r\n", ""},
        {"C: a LOGIN " LONG_NAME "nn pw\r\nS: a OK in\r\n", ""},
        {"C: a LOGIN {128+}\r\n" LONG_NAME "nn pw\r\nS: a OK in\r\n", ""},
        {"C: a LOGIN {300+}\r\n" LONG_NAME LONG_NAME X8("nnnnnn") " pw\r\nS: a OK in\r\n", ""},
        {"C: a AUTHENTICATE EXTERNAL\r am9l\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE EXTERNAL\r " PW "\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE EXTERNAL =\r\nS: a OK in\r\n", ""},
        {"C: a AUTHENTICATE CRAM-MD5\r\nS: + eA==\r\nC: AGpvZQBwdw==\r\nS: + \r\nC: x " PW "\r\nS: a OK in\r\n", ""},
        {"C: a AUTHENTICATE PLAIN am9l\r\nS: a OK in\r\n", ""},         /* without a NUL */
        {"C: a AUTHENTICATE PLAIN AGpv!QBwdw==\r\nS: a OK in\r\n", ""}, /* not base64 */
        {"C: a AUTHENTICATE PLAIN\r\nS: + \r\nC: *\r\nS: a BAD\r\n", ""},
        {"C: a AUTHENTICATE EXTERNAL YQBi " PW "\r\nS: a OK in\r\n", ""}, /* contains a NUL */
        {"C: a AUTHENTICATE EXTERNAL am9lBXg=\r\nS: a OK in\r\n", ""}, /* contains control characters */
        {"C: a AUTHENTICATE EXTERNAL YX9i\r\nS: a OK in\r\n", ""},
        {"C: a LOGIN joe\tpw x\r\nS: a OK in\r\n", ""},
        {"C: a LOGIN \rjoe x\r\nS: a OK in\r\n", ""},
        {"C: a LOGIN \"joe\r\nb NOOP\r\nS: a OK in\r\n", ""},
        {"C: a LOGIN {5+}\r\nj\r\noe {2+}\r\npw\r\nS: a OK in\r\n", ""},
        /* Some servers may read an atom as a name and a password. */
        {"C: a LOGIN joe\"pw\" x\r\nS: a OK in\r\n", ""},
        {"C: a LOGIN joe( x\r\nS: a OK in\r\n", ""},
        {"C: a LOGIN )joe x\r\nS: a OK in\r\n", ""},
        {"C: a LOGIN joe{3 pw\r\nS: a OK in\r\n", ""},
        {"C: a LOGIN joe]pw\r\nS: a OK in\r\n", ""},
        {"C: a LOGIN joe\\pw  \r\nS: a OK in\r\n", ""},
        {"C: a LOGIN {0 {5+}\r\njoepw\r\nS: a OK in\r\n", ""},
        {"C: a LOGIN {1}{7+}\r\njoe PWD 1234567890\r\nS: a OK in\r\n", ""},
        /* The fields of the response are unknown, in another order, or repeated. */
        {"C: a AUTHENTICATE XOAUTH2 YXV0aD1CZWFyZXIgdAF1c2VyPWpvZQEB\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE XOAUTH2 dXNlcj1qb2UBYXV0aD1CZWFyZXIgdAF1c2VyPW1hcnkBAQ==\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE XOAUTH2 dXNlcj1qb2UBYXV0aD1CZWFyZXIgdAEBdXNlcj1tYXJ5AQE=\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE XOAUTH2 dXNlcj1qb2UB\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE XOAUTH2 dXNlcj1qb2UBYXV0aD10AQE!\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE OAUTHBEARER bixuWGpvZSxhPW1hcnksAWF1dGg9dAEB\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE OAUTHBEARER bixhPWpvZSxhPW1hcnksAWF1dGg9dAEB\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE OAUTHBEARER biwsAWF1dGg9QmVhcmVyIHQBAQ==\r\nS: a OK\r\n", ""}, /* without a name */
        {"C: a AUTHENTICATE SCRAM-SHA-1 biwsbT1ldmlsLG49am9lLHI9eA==\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE SCRAM-SHA-1 biwsbj1qb2Usbj1tYXJ5LHI9eA==\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE PLAIN AGpvZQB4AGV2ZQBldmVwdw==\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE PLAIN AGpvZQB4eQ==AGV2ZQBwdw==\r\nS: a OK\r\n", ""}, /* some servers read on after the padding */
        {"C: a AUTHENTICATE PLAIN AGpvZQB4eQ==eHh4\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE PLAIN AGpvZQBwAHc=\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE PLAIN AGpvZQBwdw== x\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE PLAIN AGpvZQBwdw==\rAGV2ZQBwdw==\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE SCRAM-SHA-1 biwsbj1qb2Uscj14LG49ZXZl\r\nS: a OK\r\n", ""},
        /* Servers differ in which of two identities they log in. */
        {"C: a AUTHENTICATE PLAIN YW5uAGpvZQBwdw==\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE PLAIN am9lAGpvAHB3\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE PLAIN am8Aam9lAHB3\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE PLAIN am9lAABwdw==\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE SCRAM-SHA-1 bixhPWFubixuPWpvZSxyPXg=\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE SCRAM-SHA-1 bixhPWpvLG49am9lLHI9eA==\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE SCRAM-SHA-1 bixhPWpvZSxuPWpvLHI9eA==\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE SCRAM-SHA-1 bixhPWpvZSxuPWpvZQAscj14\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE X " X255("AAAA") "am9lAAAA\r\nS: a OK in\r\n", ""},
        {"C: a AUTHENTICATE X " X255("AQEB") "am9lAQEB\r\nS: a OK in\r\n", ""},
        /* The server may have read another LOGIN in a literal or in a line that is not a command. */
        {"C: a X {17+}\r\nb LOGIN mary pw\r\n\r\nb LOGIN joe pw\r\nS: a BAD\r\nb OK in\r\n", ""},
        {"C: a LOGIN ) {15+}\r\nb LOGIN mary pw\r\nS: a BAD\r\nC: b LOGIN joe pw\r\nS: b OK in\r\n", ""},
        {"C:  b LOGIN mary pw\r\nb LOGIN joe pw\r\nS: b OK in\r\n", ""},
        {"C: b\tLOGIN mary pw\r\nS: * wait\r\nC: b LOGIN joe pw\r\nS: b OK in\r\n", ""},
        {"C: a LOGIN joe pw\r\nS: a OK\r\nC: b APPEND x {1+}\r\nx\r\nS: b OK\r\nC: c UNAUTHENTICATE\r\nS: c OK\r\nC: d "
         "LOGIN ann pw\r\nS: d OK\r\n",
         ""},
        {"C: * LOGIN mary pw\r\nb LOGIN joe pw\r\nS: b OK in\r\n", ""},
        /* or in a line that had begun when the server ended IDLE or AUTHENTICATE */
        {"C: a IDLE\r\na LOGIN ma" HALF "S: a BAD\r\nC: ry pw\r\na LOGIN joe wrong\r\nS: a OK\r\n", ""},
        {"C: a IDLE\r\nx LOG" HALF "S: a BAD\r\nC: IN joe wrong\r\na NOOP\r\nS: a OK\r\n", ""},
        {"C: a AUTHENTICATE PLAIN\r\nS: + \r\nC: a LOGIN ma" HALF "S: a NO\r\nC: ry pw\r\na LOGIN joe wrong\r\nS: a OK\r\n", ""},
        /* An earlier login is in flight. */
        {"C: a LOGIN joe pw\r\nb LOGIN mary pw\r\nS: a OK\r\nb BAD\r\n", ""},
        {"C: a AUTHENTICATE PLAIN AGpvZQBwdw==\r\nb LOGIN joe pw\r\nS: a NO\r\nb OK\r\n", ""},
        {"C: a LOGIN joe pw\r\nS: a OK\r\nC: b UNAUTHENTICATE\r\nc LOGIN ann pw\r\nS: b OK\r\nc OK\r\n", ""},
        /* Two commands have the same tag, so it is not known which of them has its OK. */
        {"C: a NOOP\r\na LOGIN joe wrong\r\nS: a OK\r\na NO\r\n", ""},
        {"C: a LOGIN joe wrong\r\na NOOP\r\nS: a OK\r\na NO\r\n", ""},
        {"C: a LOGIN ann pw\r\na LOGIN joe wrong\r\nS: a OK\r\n", ""},
    };
    size_t i, cut;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        check(rows[i].script, rows[i].user, 1, 0);
        for (cut = 0; cut < strlen(rows[i].script); cut++)
            check(rows[i].script, rows[i].user, SIZE_MAX, cut);
    }
}

/* There are more commands in flight than the scanner stores tags. */
static void test_the_name_is_not_known_in_a_crowd_of_commands(void **state)
{
    char script[2000] = "C: ";
    int i;

    (void)state;
    for (i = 0; i < SLO_IN_FLIGHT_KNOWN; i++)
        strcat(script, "n NOOP\r\n");
    strcat(script, "a LOGIN joe pw\r\nS: a OK\r\n");
    check(script, "", SIZE_MAX, 0);
}

static void test_a_name_is_not_known_before_it_ends(void **state)
{
    static const char command[] = "a LOGIN joe";
    struct slo_in_flight in_flight = {0};
    struct slo_login login = {0};

    (void)state;
    slo_in_flight_add(&in_flight, 1);
    slo_login_begin_line(&login, 0, 1);
    slo_login_feed(&login, command, strlen(command), 1);
    slo_login_answer(&login, &in_flight, 1, 1);
    assert_int_equal(login.len, 0);
}

static void test_no_filter_has_no_user(void **state)
{
    (void)state;
    assert_null(slogout_filter_user(NULL));
}

/* Looks for octets of the passwords in all the memory of the reader, as text and as the last bits of base64. */
static void test_no_octet_of_a_password_is_kept(void **state)
{
    static const char *const lines[] = {
        "a LOGIN joe QQQQ\r\n", "a LOGIN \"joe\" \"QQQQ\"\r\n", "a LOGIN joe\\QQQQ \r\n", "QQQQ\r\n", "a AUTHENTICATE PLAIN AGpvZQBRUVFR\r\n",
        "a AUTHENTICATE PLAIN AGpvAFFRUVE=\r\n", "a AUTHENTICATE PLAIN AGpvZWUAUVFRUQ==\r\n",
        "a AUTHENTICATE PLAIN AABRUVFRAA==\r\n", "a AUTHENTICATE XOAUTH2 dXNlcj0BYXV0aD1CZWFyZXIgUVFRUQEB\r\n",
        "a AUTHENTICATE OAUTHBEARER biwsAWF1dGg9QmVhcmVyIFFRUVEseA==\r\n",
        "a AUTHENTICATE SCRAM-SHA-1 biwsbj0scj1RUVFRUSw=\r\n"};
    size_t i, at;

    (void)state;
    for (i = 0; i < LENGTH(lines); i++) {
        struct slo_login login;
        memset(&login, 0, sizeof login);
        slo_login_begin_line(&login, 0, 1);
        slo_login_feed(&login, lines[i], strlen(lines[i]), 1);
        assert_int_equal(login.bits, 0);
        login.response = NULL; /* an address may contain any octet */
        for (at = 0; at < sizeof login; at++)
            assert_int_not_equal(((const char *)&login)[at], 'Q');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_name_is_known_after_ok),
        cmocka_unit_test(test_the_name_is_not_known_in_a_crowd_of_commands),
        cmocka_unit_test(test_a_name_is_not_known_before_it_ends),
        cmocka_unit_test(test_no_filter_has_no_user),
        cmocka_unit_test(test_no_octet_of_a_password_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
