#define _POSIX_C_SOURCE 200809L
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
#include "common/address.h"

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

static int port_is_valid(const char *port)
{
    const size_t digits = strspn(port, "0123456789");

    return digits > 0 && digits <= 5 && !port[digits] && atoi(port) <= 65535;
}

static struct addrinfo *resolve(const char *address)
{
    const struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *info;
    char host[ADDRESS_SIZE];
    const char *port = split(address, host);

    if (port && port_is_valid(port) && getaddrinfo(host, port, &hints, &info) == 0)
        return info;
    errno = EINVAL;
    return NULL;
}

int address_is_valid(const char *address)
{
    struct addrinfo *info = resolve(address);

    if (!info)
        return 0;
    freeaddrinfo(info);
    return 1;
}

static int bind_and_listen(int fd, const struct addrinfo *info)
{
    const int yes = 1;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0)
        return -1;
    if (bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0)
        return -1;
    return address_prepare(fd);
}

static int connect_to(int fd, const struct addrinfo *info)
{
    return connect(fd, info->ai_addr, info->ai_addrlen);
}

static int begin_to_connect_to(int fd, const struct addrinfo *info)
{
    if (address_prepare(fd) < 0)
        return -1;
    return connect_to(fd, info) < 0 && errno != EINPROGRESS ? -1 : 0;
}

static int make_socket(const char *address, int (*use)(int fd, const struct addrinfo *info))
{
    struct addrinfo *info = resolve(address);
    int fd, error;

    if (!info)
        return -1;
    fd = socket(info->ai_family, info->ai_socktype, info->ai_protocol);
    if (fd >= 0 && use(fd, info) < 0) {
        error = errno;
        close(fd);
        errno = error;
        fd = -1;
    }
    freeaddrinfo(info);
    return fd;
}

int address_listen(const char *address)
{
    return make_socket(address, bind_and_listen);
}

int address_connect(const char *address)
{
    return make_socket(address, connect_to);
}

void address_of(int fd, char text[ADDRESS_SIZE])
{
    struct sockaddr_storage storage;
    struct sockaddr *bound = (struct sockaddr *)&storage;
    socklen_t len = sizeof storage;
    char host[ADDRESS_SIZE - sizeof "[]:65535"];
    char port[sizeof "65535"];

    text[0] = '\0';
    if (getsockname(fd, bound, &len) < 0)
        return;
    if (getnameinfo(bound, len, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return;
    snprintf(text, ADDRESS_SIZE, bound->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

int address_prepare(int fd)
{
    const int yes = 1;
    const int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return -1;
    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

int address_begin_connect(const char *address)
{
    return make_socket(address, begin_to_connect_to);
}
