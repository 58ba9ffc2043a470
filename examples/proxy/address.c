/* SPDX-License-Identifier: BSD-2-Clause */
/* SO_REUSEPORT and accept4() are not in POSIX. glibc and musl declare both with _GNU_SOURCE; macOS declares
 * SO_REUSEPORT without _POSIX_C_SOURCE. */
#define _GNU_SOURCE
#include <arpa/inet.h>
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

static int set(int fd, int level, int option)
{
    const int yes = 1;

    return setsockopt(fd, level, option, &yes, sizeof yes);
}

/* Small writes are sent without delay, and probes find out when the other machine has vanished. */
static int tune(int fd)
{
    return set(fd, IPPROTO_TCP, TCP_NODELAY) < 0 || set(fd, SOL_SOCKET, SO_KEEPALIVE) < 0 ? -1 : 0;
}

static int unblock(int fd)
{
    const int flags = fcntl(fd, F_GETFL);

    return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -1
                                                                                                         : 0;
}

/* Returns the descriptor if nothing failed; otherwise, closes it and returns -1. */
static int keep(int fd, int failed)
{
    const int error = errno;

    if (!failed)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

#ifdef SOCK_NONBLOCK
static int new_socket(int family)
{
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int take(int fd, struct sockaddr_storage *client, socklen_t *len)
{
    return accept4(fd, (struct sockaddr *)client, len, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
#else
static int new_socket(int family)
{
    const int fd = socket(family, SOCK_STREAM, 0);

    return fd < 0 ? -1 : keep(fd, unblock(fd) < 0);
}

static int take(int fd, struct sockaddr_storage *client, socklen_t *len)
{
    const int taken = accept(fd, (struct sockaddr *)client, len);

    return taken < 0 ? -1 : keep(taken, unblock(taken) < 0 || tune(taken) < 0);
}
#endif

static int share_port(int fd)
{
#ifdef SO_REUSEPORT
    return set(fd, SOL_SOCKET, SO_REUSEPORT);
#else
    (void)fd;
    errno = ENOPROTOOPT;
    return -1;
#endif
}

/* Where accept4() exists, a socket that it returns inherits the options of the listening socket. */
int address_prepare_listener(int fd)
{
    return unblock(fd) < 0 ? -1 : tune(fd);
}

int address_listen(const char *address, int reuse_port)
{
    struct address_list list;
    int fd;

    if (!address_is_numeric(address) || address_resolve(address, &list) != 0) {
        errno = EINVAL;
        return -1;
    }
    fd = new_socket(list.at[0].ss_family);
    if (fd < 0)
        return -1;
    return keep(fd, set(fd, SOL_SOCKET, SO_REUSEADDR) < 0 || (reuse_port && share_port(fd) < 0) ||
                        bind(fd, (const struct sockaddr *)&list.at[0], list.len[0]) < 0 ||
                        listen(fd, SOMAXCONN) < 0 || address_prepare_listener(fd) < 0);
}

int address_accept(int fd, struct sockaddr_storage *client)
{
    socklen_t len = sizeof *client;
    const int taken = take(fd, client, &len);

    if (taken >= 0)
        address_unmap(client);
    return taken;
}

/* ---- connections to the server ---- */

static int read_source(struct address_list *list, const char *text, size_t len)
{
    char host[INET6_ADDRSTRLEN] = "";
    struct sockaddr_storage *at = &list->at[list->count];
    struct sockaddr_in *plain = (struct sockaddr_in *)(void *)at;
    struct sockaddr_in6 *long_one = (struct sockaddr_in6 *)(void *)at;

    if (len >= sizeof host || list->count == ADDRESS_LIST_SIZE)
        return -1;
    memcpy(host, text, len);
    memset(at, 0, sizeof *at);
    at->ss_family = strchr(host, ':') ? AF_INET6 : AF_INET;
    list->len[list->count++] = at->ss_family == AF_INET6 ? sizeof *long_one : sizeof *plain;
    if (at->ss_family == AF_INET6)
        return inet_pton(AF_INET6, host, &long_one->sin6_addr) == 1 ? 0 : -1;
    return inet_pton(AF_INET, host, &plain->sin_addr) == 1 ? 0 : -1;
}

int address_read_sources(struct address_list *list, const char *text)
{
    list->count = 0;
    for (;;) {
        const size_t len = strcspn(text, ",");
        if (read_source(list, text, len) < 0)
            return -1;
        if (!text[len])
            return 0;
        text += len + 1;
    }
}

/* On Linux, bind() without this option takes a port that no other connection of this address can use. */
static int bind_to(int fd, const struct address_list *sources, size_t place)
{
#ifdef IP_BIND_ADDRESS_NO_PORT
    if (set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT) < 0)
        return -1;
#endif
    return bind(fd, (const struct sockaddr *)&sources->at[place], sources->len[place]);
}

static int bind_source(int fd, int family, const struct address_list *sources, uint64_t number)
{
    size_t i;

    for (i = 0; i < sources->count; i++) {
        const size_t place = (size_t)((number + i) % sources->count);
        if (sources->at[place].ss_family == family)
            return bind_to(fd, sources, place);
    }
    return 0;
}

int address_begin_connect(const struct sockaddr_storage *address, socklen_t len,
                          const struct address_list *sources, uint64_t number)
{
    const int fd = new_socket(address->ss_family);

    if (fd < 0)
        return -1;
    return keep(fd, tune(fd) < 0 || bind_source(fd, address->ss_family, sources, number) < 0 ||
                        (connect(fd, (const struct sockaddr *)address, len) < 0 && errno != EINPROGRESS));
}

/* ---- networks ---- */

void address_unmap(struct sockaddr_storage *address)
{
    const struct sockaddr_in6 mapped = *(struct sockaddr_in6 *)(void *)address;
    struct sockaddr_in *plain = (struct sockaddr_in *)(void *)address;

    if (address->ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&mapped.sin6_addr))
        return;
    memset(address, 0, sizeof *address);
    plain->sin_family = AF_INET;
    plain->sin_port = mapped.sin6_port;
    memcpy(&plain->sin_addr, mapped.sin6_addr.s6_addr + 12, sizeof plain->sin_addr);
}

static unsigned length_of(int family)
{
    return family == AF_INET ? 32 : 128;
}

int address_network_read(struct address_network *network, const char *text)
{
    const size_t len = strcspn(text, "/");
    char host[INET6_ADDRSTRLEN];
    char *end = NULL;

    if (len >= sizeof host)
        return -1;
    memcpy(host, text, len);
    host[len] = '\0';
    network->family = strchr(host, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(network->family, host, network->octets) != 1)
        return -1;
    network->bits = length_of(network->family);
    if (!text[len])
        return 0;
    if (text[len + 1] < '0' || text[len + 1] > '9' || strlen(text + len) > sizeof "/128" - 1)
        return -1;
    network->bits = (unsigned)strtoul(text + len + 1, &end, 10);
    return *end || network->bits > length_of(network->family) ? -1 : 0;
}

int address_network_has(const struct address_network *network, const struct sockaddr_storage *address)
{
    const unsigned char *octets =
        address->ss_family == AF_INET
            ? (const unsigned char *)&((const struct sockaddr_in *)(const void *)address)->sin_addr
            : ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr;
    const unsigned whole = network->bits / 8;
    const unsigned rest = network->bits % 8;

    if (address->ss_family != network->family || memcmp(octets, network->octets, whole) != 0)
        return 0;
    return rest == 0 || (octets[whole] ^ network->octets[whole]) >> (8 - rest) == 0;
}
