/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "proxy_header.h"

#define LINE_MAX_V1 107 /* section 2.1, CRLF included */
#define FIXED_V2    16  /* octets before the addresses */
#define INET_V2     12  /* octets of two IPv4 addresses and ports */
#define INET6_V2    36
#define CRC32C      0x03 /* a type of extension */
#define NOOP        0x04

static const char signature[12] = {'\r', '\n', '\r', '\n', '\0', '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};
static const char prefix[] = "PROXY ";

static int begins_with(const char *octets, size_t len, const char *text, size_t text_len)
{
    return memcmp(octets, text, len < text_len ? len : text_len) == 0;
}

static void set_address(struct sockaddr_storage *storage, int family, const void *host, const void *port)
{
    struct sockaddr_in inet = {.sin_family = AF_INET};
    struct sockaddr_in6 inet6 = {.sin6_family = AF_INET6};

    memset(storage, 0, sizeof *storage);
    if (family == AF_INET) {
        memcpy(&inet.sin_addr, host, 4);
        memcpy(&inet.sin_port, port, 2);
        memcpy(storage, &inet, sizeof inet);
    } else {
        memcpy(&inet6.sin6_addr, host, 16);
        memcpy(&inet6.sin6_port, port, 2);
        memcpy(storage, &inet6, sizeof inet6);
    }
}

/* The inverse of set_address(). Host and port are in network order. */
static void get_address(const struct sockaddr_storage *storage, void *host, void *port)
{
    struct sockaddr_in inet;
    struct sockaddr_in6 inet6;

    if (storage->ss_family == AF_INET) {
        memcpy(&inet, storage, sizeof inet);
        memcpy(host, &inet.sin_addr, 4);
        memcpy(port, &inet.sin_port, 2);
    } else {
        memcpy(&inet6, storage, sizeof inet6);
        memcpy(host, &inet6.sin6_addr, 16);
        memcpy(port, &inet6.sin6_port, 2);
    }
}

/* ---- version 1 ---- */

/* Cuts a line into exactly five words with one space between them. Returns 0, or -1. */
static int split(char *line, char *words[5])
{
    int i;

    for (i = 0; i < 5; i++) {
        const size_t len = strcspn(line, " ");
        const int is_last = line[len] == '\0';
        if (len == 0 || is_last != (i == 4))
            return -1;
        words[i] = line;
        line[len] = '\0';
        line += len + 1;
    }
    return 0;
}

static int read_port(const char *word, uint16_t *port)
{
    const size_t digits = strspn(word, "0123456789");

    if (digits == 0 || digits > 5 || word[digits] || (word[0] == '0' && digits > 1) || atoi(word) > 65535)
        return -1;
    *port = htons((uint16_t)atoi(word));
    return 0;
}

/* Reads the part of the line after "PROXY ". Returns 0, or -1. */
static int read_line(struct proxy_header *header, char *line)
{
    char *words[5];
    unsigned char hosts[2][16];
    uint16_t ports[2];
    int family, i;

    if (strncmp(line, "UNKNOWN", 7) == 0 && (!line[7] || line[7] == ' '))
        return 0;
    if (split(line, words) < 0)
        return -1;
    family = strcmp(words[0], "TCP4") == 0 ? AF_INET : strcmp(words[0], "TCP6") == 0 ? AF_INET6 : AF_UNSPEC;
    if (family == AF_UNSPEC)
        return -1;
    for (i = 0; i < 2; i++)
        if (inet_pton(family, words[1 + i], hosts[i]) != 1 || read_port(words[3 + i], &ports[i]) < 0)
            return -1;
    set_address(&header->source, family, hosts[0], &ports[0]);
    set_address(&header->destination, family, hosts[1], &ports[1]);
    header->is_known = 1;
    return 0;
}

static int read_v1(struct proxy_header *header, const char *octets, size_t len)
{
    char line[LINE_MAX_V1 + 1];
    const size_t most = len < LINE_MAX_V1 ? len : LINE_MAX_V1;
    const char *end = memchr(octets, '\n', most);
    size_t line_len;

    if (!end)
        return len < LINE_MAX_V1 ? 0 : -1;
    line_len = (size_t)(end - octets);
    if (octets[line_len - 1] != '\r' || memchr(octets, '\0', line_len))
        return -1;
    memcpy(line, octets, line_len - 1);
    line[line_len - 1] = '\0';
    return read_line(header, line + sizeof prefix - 1) < 0 ? -1 : (int)line_len + 1;
}

/* ---- version 2 ---- */

static size_t number(const char *octets)
{
    return (size_t)((unsigned char)octets[0] << 8 | (unsigned char)octets[1]);
}

/* Returns 1 if the extensions fill the rest exactly. */
static int extensions_are_valid(const char *octets, size_t len)
{
    while (len >= 3 && number(octets + 1) <= len - 3) {
        const size_t whole = 3 + number(octets + 1);
        octets += whole;
        len -= whole;
    }
    return len == 0;
}

static int read_v2(struct proxy_header *header, const char *octets, size_t len)
{
    const unsigned char command = len > 12 ? (unsigned char)octets[12] : 0x20;
    const char *addresses = octets + FIXED_V2;
    size_t rest, size;

    if (command != 0x20 && command != 0x21)
        return -1;
    if (len < FIXED_V2)
        return 0;
    rest = number(octets + 14);
    if (FIXED_V2 + rest > PROXY_HEADER_MAX)
        return -1;
    if (len < FIXED_V2 + rest)
        return 0;
    size = octets[13] == 0x11 ? INET_V2 : octets[13] == 0x21 ? INET6_V2 : 0;
    if (command == 0x20 || size == 0) /* LOCAL, or a family that TCP over IP is not */
        return (int)(FIXED_V2 + rest);
    if (rest < size || !extensions_are_valid(addresses + size, rest - size))
        return -1;
    if (size == INET_V2) {
        set_address(&header->source, AF_INET, addresses, addresses + 8);
        set_address(&header->destination, AF_INET, addresses + 4, addresses + 10);
    } else {
        set_address(&header->source, AF_INET6, addresses, addresses + 32);
        set_address(&header->destination, AF_INET6, addresses + 16, addresses + 34);
    }
    header->is_known = 1;
    header->extensions = addresses + size;
    header->extensions_len = rest - size;
    return (int)(FIXED_V2 + rest);
}

int proxy_header_read(struct proxy_header *header, const char *octets, size_t len)
{
    static const struct proxy_header empty;

    *header = empty;
    if (len == 0)
        return 0;
    if (begins_with(octets, len, signature, sizeof signature))
        return read_v2(header, octets, len);
    if (begins_with(octets, len, prefix, sizeof prefix - 1))
        return len < sizeof prefix ? 0 : read_v1(header, octets, len);
    return -1;
}

/* ---- writing ---- */

static size_t write_v1(const struct proxy_header *header, char octets[PROXY_HEADER_MAX])
{
    const int family = header->source.ss_family;
    char hosts[2][INET6_ADDRSTRLEN];
    unsigned char host[16];
    uint16_t ports[2];
    int len;

    if (!header->is_known)
        return (size_t)snprintf(octets, PROXY_HEADER_MAX, "PROXY UNKNOWN\r\n");
    get_address(&header->source, host, &ports[0]);
    inet_ntop(family, host, hosts[0], sizeof hosts[0]);
    get_address(&header->destination, host, &ports[1]);
    inet_ntop(family, host, hosts[1], sizeof hosts[1]);
    len = snprintf(octets, PROXY_HEADER_MAX, "PROXY %s %s %s %u %u\r\n", family == AF_INET ? "TCP4" : "TCP6",
                   hosts[0], hosts[1], (unsigned)ntohs(ports[0]), (unsigned)ntohs(ports[1]));
    return (size_t)len;
}

static size_t write_extensions(const struct proxy_header *header, char *octets, size_t room)
{
    const char *from = header->extensions;
    size_t left = header->extensions_len;
    size_t len = 0;

    while (left > 0) {
        const size_t whole = 3 + number(from + 1);
        if (*from != CRC32C && *from != NOOP && whole <= room - len) {
            memcpy(octets + len, from, whole);
            len += whole;
        }
        from += whole;
        left -= whole;
    }
    return len;
}

static size_t write_v2(const struct proxy_header *header, char octets[PROXY_HEADER_MAX])
{
    const int family = header->source.ss_family;
    const size_t host = family == AF_INET ? 4 : 16;
    char *addresses = octets + FIXED_V2;
    size_t rest = 0;

    memcpy(octets, signature, sizeof signature);
    octets[12] = header->is_known ? 0x21 : 0x20;
    octets[13] = !header->is_known ? 0x00 : family == AF_INET ? 0x11 : 0x21;
    if (header->is_known) {
        get_address(&header->source, addresses, addresses + 2 * host);
        get_address(&header->destination, addresses + host, addresses + 2 * host + 2);
        rest = 2 * host + 4;
        rest += write_extensions(header, addresses + rest, PROXY_HEADER_MAX - FIXED_V2 - rest);
    }
    octets[14] = (char)(rest >> 8);
    octets[15] = (char)(rest & 0xff);
    return FIXED_V2 + rest;
}

size_t proxy_header_write(const struct proxy_header *header, int version, char octets[PROXY_HEADER_MAX])
{
    return version == 1 ? write_v1(header, octets) : write_v2(header, octets);
}
