/* SPDX-License-Identifier: BSD-2-Clause */
/* SO_REUSEPORT is not in POSIX. glibc and musl declare it with _DEFAULT_SOURCE, macOS without
 * _POSIX_C_SOURCE. */
#define _DEFAULT_SOURCE
#ifndef __APPLE__
#define _POSIX_C_SOURCE 200809L
#endif
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "address.h"

/* ---- text ---- */

/* Copies the host, without the brackets of an IPv6 address. Returns the port, or NULL. */
static const char *split(const char *address, char host[ADDRESS_SIZE])
{
    const char *colon = strrchr(address, ':');
    size_t len = colon ? (size_t)(colon - address) : 0;

    if (len > 2 && address[0] == '[' && address[len - 1] == ']') {
        address++;
        len -= 2;
    } else if (memchr(address, ':', len)) {
        return NULL;
    }
    if (len == 0 || len >= ADDRESS_SIZE)
        return NULL;
    memcpy(host, address, len);
    host[len] = '\0';
    return colon + 1;
}

static int port_is_valid(const char *port, int lowest)
{
    const size_t digits = strspn(port, "0123456789");

    return digits > 0 && digits <= 5 && !port[digits] && atoi(port) >= lowest && atoi(port) <= 65535;
}

/* RFC 1123 section 2.1. Names with underscores exist too, and `%` begins the zone of an IPv6 address. */
static int host_is_valid(const char *host)
{
    static const char octets[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:%";

    return *host != '-' && strspn(host, octets) == strlen(host);
}

static int is_valid(const char *address, int lowest_port)
{
    char host[ADDRESS_SIZE];
    const char *port = split(address, host);

    return port && port_is_valid(port, lowest_port) && host_is_valid(host);
}

int address_is_valid(const char *address)
{
    return is_valid(address, 1);
}

static int look_up(const char *address, int flags, struct addrinfo **info)
{
    const struct addrinfo hints = {
        .ai_flags = flags | AI_NUMERICSERV, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    char host[ADDRESS_SIZE];

    return is_valid(address, 0) ? getaddrinfo(host, split(address, host), &hints, info) : EAI_NONAME;
}

int address_is_numeric(const char *address)
{
    struct addrinfo *info;

    if (look_up(address, AI_NUMERICHOST, &info))
        return 0;
    freeaddrinfo(info);
    return 1;
}

int address_resolve(const char *address, struct address_list *list)
{
    struct addrinfo *info;
    const struct addrinfo *one;
    const int error = look_up(address, 0, &info);

    if (error)
        return error;
    list->count = 0;
    for (one = info; one && list->count < ADDRESS_LIST_SIZE; one = one->ai_next) {
        memcpy(&list->at[list->count], one->ai_addr, one->ai_addrlen);
        list->len[list->count++] = one->ai_addrlen;
    }
    freeaddrinfo(info);
    return 0;
}

const char *address_error(int error)
{
    return gai_strerror(error);
}

void address_print(const struct sockaddr_storage *address, char text[ADDRESS_SIZE])
{
    const int is_ipv6 = address->ss_family == AF_INET6;
    char host[ADDRESS_SIZE - sizeof "[]:65535"];
    char port[sizeof "65535"];

    text[0] = '\0';
    if (getnameinfo((const struct sockaddr *)address,
                    is_ipv6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in), host, sizeof host,
                    port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        snprintf(text, ADDRESS_SIZE, is_ipv6 ? "[%s]:%s" : "%s:%s", host, port);
}

void address_of(int fd, char text[ADDRESS_SIZE])
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;

    text[0] = '\0';
    if (getsockname(fd, (struct sockaddr *)&bound, &len) == 0)
        address_print(&bound, text);
}

/* ---- sockets ---- */

int address_prepare(int fd)
{
    const int yes = 1;
    const int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return -1;
    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

/* Returns the descriptor if nothing failed, else closes it and returns -1. */
static int keep(int fd, int failed)
{
    const int error = errno;

    if (!failed)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

static int share_port(int fd)
{
#ifdef SO_REUSEPORT
    const int yes = 1;

    return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
#else
    (void)fd;
    errno = ENOPROTOOPT;
    return -1;
#endif
}

int address_listen(const char *address, int reuse_port)
{
    const int yes = 1;
    struct address_list list;
    int fd;

    if (!address_is_numeric(address) || address_resolve(address, &list) != 0) {
        errno = EINVAL;
        return -1;
    }
    fd = socket(list.at[0].ss_family, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    return keep(fd, setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
                        (reuse_port && share_port(fd) < 0) ||
                        bind(fd, (const struct sockaddr *)&list.at[0], list.len[0]) < 0 ||
                        listen(fd, SOMAXCONN) < 0 || address_prepare(fd) < 0);
}

int address_begin_connect(const struct address_list *list, size_t place)
{
    const int fd = socket(list->at[place].ss_family, SOCK_STREAM, 0);

    if (fd < 0)
        return -1;
    return keep(fd, address_prepare(fd) < 0 ||
                        (connect(fd, (const struct sockaddr *)&list->at[place], list->len[place]) < 0 &&
                         errno != EINPROGRESS));
}
