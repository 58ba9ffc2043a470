/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP addresses as the programs read and print them: 127.0.0.1:143, [::1]:143, mail.example.org:143. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define ADDRESS_SIZE      272 /* octets of the longest address as text, with its NUL */
#define ADDRESS_LIST_SIZE 16  /* addresses of one name that are used */

/* The addresses of a name, the preferred one first. */
struct address_list {
    size_t count;
    struct sockaddr_storage at[ADDRESS_LIST_SIZE];
    socklen_t len[ADDRESS_LIST_SIZE];
};

/* Returns 1 if the text is HOST:PORT and the port is not 0. Does not resolve the host. */
int address_is_valid(const char *address);

/* Returns 1 if the text is ADDR:PORT with a numeric address. The port may be 0. */
int address_is_numeric(const char *address);

/* Fills in the addresses of a valid HOST:PORT. May wait for a name server. Returns 0, or an error for
 * address_error(). */
int address_resolve(const char *address, struct address_list *list);

/* Returns the text for an error of address_resolve(). */
const char *address_error(int error);

/* Returns a non-blocking socket that listens on a numeric address, or -1 with errno set. For port 0, the
 * system chooses a port. With reuse_port, other processes may listen on the same address. */
int address_listen(const char *address, int reuse_port);

/* Prepares a listening socket for address_accept(). Returns 0, or -1 with errno set. */
int address_prepare_listener(int fd);

/* Returns a non-blocking socket of a client, or -1 with errno set, and fills in the client's address. */
int address_accept(int fd, struct sockaddr_storage *client);

/* Reads numeric addresses without ports, with commas between them. Returns 0, or -1 if the text is anything else. */
int address_read_sources(struct address_list *list, const char *text);

/* Returns a non-blocking socket that has begun to connect to an address, or -1 with errno set. The socket is
 * writable when it has connected or failed; SO_ERROR shows which. The number selects a source of the same family as
 * the address. If there is none, the system selects the source. */
int address_begin_connect(const struct sockaddr_storage *address, socklen_t len,
                          const struct address_list *sources, uint64_t number);

/* Converts an IPv4-mapped IPv6 address to IPv4. */
void address_unmap(struct sockaddr_storage *address);

/* Prints an address of a socket. */
void address_print(const struct sockaddr_storage *address, char text[ADDRESS_SIZE]);

/* Prints the address that a socket is bound to. */
void address_of(int fd, char text[ADDRESS_SIZE]);

/* A network of addresses: 192.0.2.0/24, 2001:db8::/32, or one address. */
struct address_network {
    int family;
    unsigned bits;
    unsigned char octets[16];
};

/* Reads ADDR or ADDR/BITS. Returns 0, or -1 if the text is neither. */
int address_network_read(struct address_network *network, const char *text);

/* Returns 1 if the address is in the network. */
int address_network_has(const struct address_network *network, const struct sockaddr_storage *address);

#endif
