/* SPDX-License-Identifier: BSD-2-Clause */
/* The PROXY protocol: the headers that are accepted and refused. A header that was written can be read. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include "support/test.h"
#include "proxy/proxy_header.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V4        "\x7f\0\0\1\x0a\0\0\2\x12\x34\0\x8f"
#define V6        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2\x12\x34\0\x8f"
#define OCTETS(s) s, sizeof(s) - 1

struct header_case {
    const char *octets;
    size_t len;
    const char *source; /* NULL if it is not known */
    unsigned port;
    size_t extensions_len;
};

static const struct header_case valid[] = {
    {OCTETS("PROXY TCP4 127.0.0.1 10.0.0.2 4660 143\r\n"), "127.0.0.1", 4660, 0},
    {OCTETS("PROXY TCP6 ::1 2001:db8::2 4660 143\r\n"), "::1", 4660, 0},
    {OCTETS("PROXY TCP4 255.255.255.255 255.255.255.255 65535 0\r\n"), "255.255.255.255", 65535, 0},
    {OCTETS("PROXY UNKNOWN\r\n"), NULL, 0, 0},
    {OCTETS("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n"), NULL, 0, 0},
    {OCTETS(SIGNATURE "\x21\x11\0\x0c" V4), "127.0.0.1", 4660, 0},
    {OCTETS(SIGNATURE "\x21\x21\0\x24" V6), "::1", 4660, 0},
    {OCTETS(SIGNATURE "\x21\x11\0\x13" V4 "\4\0\1x\1\0\0"), "127.0.0.1", 4660, 7},
    {OCTETS(SIGNATURE "\x20\0\0\0"), NULL, 0, 0},
    {OCTETS(SIGNATURE "\x20\x11\0\x0c" V4), NULL, 0, 0},
    {OCTETS(SIGNATURE "\x21\0\0\3abc"), NULL, 0, 0},
    {OCTETS(SIGNATURE "\x21\x31\0\3abc"), NULL, 0, 0}, /* a UNIX socket */
};

static const struct header_case malformed[] = {
    {OCTETS("a NOOP\r\n"), NULL, 0, 0},
    {OCTETS("PROXY\r\n"), NULL, 0, 0},
    {OCTETS("proxy TCP4 127.0.0.1 10.0.0.2 1 2\r\n"), NULL, 0, 0},
    {OCTETS("PROXY  TCP4 127.0.0.1 10.0.0.2 1 2\r\n"), NULL, 0, 0},
    {OCTETS("PROXY TCP4 127.0.0.1 10.0.0.2 1\r\n"), NULL, 0, 0},
    {OCTETS("PROXY TCP4 127.0.0.1 10.0.0.2 1 2 3\r\n"), NULL, 0, 0},
    {OCTETS("PROXY TCP4 127.0.0.1  10.0.0.2 1 2\r\n"), NULL, 0, 0},
    {OCTETS("PROXY TCP4 ::1 ::1 1 2\r\n"), NULL, 0, 0},
    {OCTETS("PROXY TCP6 127.0.0.1 10.0.0.2 1 2\r\n"), NULL, 0, 0},
    {OCTETS("PROXY TCP5 127.0.0.1 10.0.0.2 1 2\r\n"), NULL, 0, 0},
    {OCTETS("PROXY TCP4 127.0.0.256 10.0.0.2 1 2\r\n"), NULL, 0, 0},
    {OCTETS("PROXY TCP4 127.0.0.1 10.0.0.2 65536 2\r\n"), NULL, 0, 0},
    {OCTETS("PROXY TCP4 127.0.0.1 10.0.0.2 -1 2\r\n"), NULL, 0, 0},
    {OCTETS("PROXY TCP4 127.0.0.1 10.0.0.2 01 2\r\n"), NULL, 0, 0},
    {OCTETS("PROXY TCP4 127.0.0.1 10.0.0.2 1 2 \r\n"), NULL, 0, 0},
    {OCTETS("PROXY TCP4 127.0.0.1 10.0.0.2 1 2\n"), NULL, 0, 0},
    {OCTETS("PROXY TCP4 127.0.0.1\0 10.0.0.2 1 2\r\n"), NULL, 0, 0},
    {OCTETS("PROXY UNKNOWNS\r\n"), NULL, 0, 0},
    {OCTETS("PROXY UNKNOWN "
            "34567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
            "5\r\n"),
     NULL, 0, 0}, /* 108 octets */
    {OCTETS(SIGNATURE "\x11\x11\0\x0c" V4), NULL, 0, 0},
    {OCTETS(SIGNATURE "\x22\x11\0\x0c" V4), NULL, 0, 0},
    {OCTETS(SIGNATURE "\x21\x11\0\x0b\x7f\0\0\1\x0a\0\0\2\x12\x34\0"), NULL, 0, 0},
    {OCTETS(SIGNATURE "\x21\x21\0\x0c" V4), NULL, 0, 0},
    {OCTETS(SIGNATURE "\x21\x11\0\x0e" V4 "\1\0"), NULL, 0, 0},
    {OCTETS(SIGNATURE "\x21\x11\0\x0f" V4 "\1\0\1"), NULL, 0, 0},
    {OCTETS(SIGNATURE "\x21\x11\4\0"), NULL, 0, 0}, /* longer than the limit */
};

/* Reads from memory of exactly this length, so that an access beyond the end is noticed. */
static int read_exact(struct proxy_header *header, const char *octets, size_t len, char **copy)
{
    *copy = malloc(len ? len : 1);
    assert_non_null(*copy);
    memcpy(*copy, octets, len);
    return proxy_header_read(header, *copy, len);
}

static void expect_source(const struct proxy_header *header, const char *host, unsigned port)
{
    char text[INET6_ADDRSTRLEN];
    struct sockaddr_in inet;
    struct sockaddr_in6 inet6;

    if (header->source.ss_family == AF_INET) {
        memcpy(&inet, &header->source, sizeof inet);
        assert_string_equal(inet_ntop(AF_INET, &inet.sin_addr, text, sizeof text), host);
        assert_int_equal(ntohs(inet.sin_port), port);
    } else {
        assert_int_equal(header->source.ss_family, AF_INET6);
        memcpy(&inet6, &header->source, sizeof inet6);
        assert_string_equal(inet_ntop(AF_INET6, &inet6.sin6_addr, text, sizeof text), host);
        assert_int_equal(ntohs(inet6.sin6_port), port);
    }
}

static void test_valid_headers_are_read_once_they_are_whole(void **state)
{
    struct proxy_header header;
    char *copy;
    size_t i, len;

    (void)state;
    for (i = 0; i < LENGTH(valid); i++) {
        for (len = 0; len < valid[i].len; len++) {
            assert_int_equal(read_exact(&header, valid[i].octets, len, &copy), 0);
            free(copy);
        }
        assert_int_equal(read_exact(&header, valid[i].octets, valid[i].len, &copy), valid[i].len);
        assert_int_equal(header.is_known, valid[i].source != NULL);
        assert_int_equal(header.extensions_len, valid[i].extensions_len);
        if (valid[i].source)
            expect_source(&header, valid[i].source, valid[i].port);
        free(copy);
    }
}

static void test_octets_after_a_header_are_left(void **state)
{
    struct proxy_header header;
    char octets[256];
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(valid); i++) {
        memcpy(octets, valid[i].octets, valid[i].len);
        memcpy(octets + valid[i].len, "a LOGIN", 7);
        assert_int_equal(proxy_header_read(&header, octets, valid[i].len + 7), valid[i].len);
    }
}

static void test_malformed_headers_are_refused(void **state)
{
    struct proxy_header header;
    char *copy;
    size_t i, len;
    int result;

    (void)state;
    for (i = 0; i < LENGTH(malformed); i++) {
        for (len = 0, result = 0; len <= malformed[i].len && result == 0; len++) {
            result = read_exact(&header, malformed[i].octets, len, &copy);
            free(copy);
        }
        if (result != -1)
            print_error("malformed header %zu: %d\n", i, result);
        assert_int_equal(result, -1);
    }
}

static void test_a_header_that_was_written_can_be_read(void **state)
{
    struct proxy_header header, again;
    char octets[PROXY_HEADER_MAX];
    size_t i, len;
    int version;

    (void)state;
    for (i = 0; i < LENGTH(valid); i++)
        for (version = 1; version <= 2; version++) {
            proxy_header_read(&header, valid[i].octets, valid[i].len);
            len = proxy_header_write(&header, version, octets);
            assert_int_equal(proxy_header_read(&again, octets, len), len);
            assert_int_equal(again.is_known, header.is_known);
            assert_memory_equal(&again.source, &header.source, sizeof header.source);
            assert_memory_equal(&again.destination, &header.destination, sizeof header.destination);
        }
}

static void test_extensions_are_passed_on_without_the_checksum(void **state)
{
    static const char octets[] = SIGNATURE "\x21\x11\0\x1d" V4 "\3\0\4abcd\x20\0\3xyz\4\0\1z";
    static const char kept[] = "\x20\0\3xyz";
    struct proxy_header header;
    char written[PROXY_HEADER_MAX];
    size_t len;

    (void)state;
    assert_int_equal(proxy_header_read(&header, octets, sizeof octets - 1), sizeof octets - 1);
    len = proxy_header_write(&header, 2, written);
    assert_int_equal(len, 16 + 12 + sizeof kept - 1);
    assert_memory_equal(written + 28, kept, sizeof kept - 1);
    assert_int_equal(written[15], 12 + sizeof kept - 1);
}

static void test_extensions_that_do_not_fit_beside_longer_addresses_are_left_out(void **state)
{
    char octets[PROXY_HEADER_MAX] = SIGNATURE "\x21\x21\3\xf0" V6;
    char written[PROXY_HEADER_MAX];
    struct proxy_header header;

    (void)state;
    octets[52] = '\x20'; /* the extension has 969 octets, up to the very end */
    octets[53] = '\3';
    octets[54] = '\xc9';
    assert_int_equal(proxy_header_read(&header, octets, sizeof octets), sizeof octets);
    assert_int_equal(proxy_header_write(&header, 2, written), sizeof octets);
    assert_memory_equal(written, octets, sizeof octets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_headers_are_read_once_they_are_whole),
        cmocka_unit_test(test_octets_after_a_header_are_left),
        cmocka_unit_test(test_malformed_headers_are_refused),
        cmocka_unit_test(test_a_header_that_was_written_can_be_read),
        cmocka_unit_test(test_extensions_are_passed_on_without_the_checksum),
        cmocka_unit_test(test_extensions_that_do_not_fit_beside_longer_addresses_are_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
