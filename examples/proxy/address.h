/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP addresses as the programs read and print them: 127.0.0.1:143, [::1]:143, mail.example.org:143. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stddef.h>
#include <sys/socket.h>

#define ADDRESS_SIZE      272 /* octets of the longest address as text, with its NUL */
#define ADDRESS_LIST_SIZE 16  /* addresses of one name that are used */

/* The addresses of a name, in the order of preference. */
struct address_list {
    size_t count;
    struct sockaddr_storage at[ADDRESS_LIST_SIZE];
    socklen_t len[ADDRESS_LIST_SIZE];
};

/* Returns 1 if the text has the form HOST:PORT, and the port is one to connect to, from 1 on. Does not ask a
 * name server. */
int address_is_valid(const char *address);

/* Returns 1 if the text is ADDR:PORT with a numeric address. The port may be 0. */
int address_is_numeric(const char *address);

/* Fills in the addresses of a valid HOST:PORT. May wait for a name server. Returns 0, or an error for
 * address_error(). */
int address_resolve(const char *address, struct address_list *list);

/* Returns the text for an error of address_resolve(). */
const char *address_error(int error);

/* Returns a non-blocking socket that listens on a numeric address, or -1 with errno set. For port 0 the
 * system picks one. With reuse_port other processes may listen on the same address. */
int address_listen(const char *address, int reuse_port);

/* Returns a non-blocking socket that has begun to connect to one address of a list, or -1 with errno set. The
 * socket is writable when it has connected or failed; SO_ERROR tells which. */
int address_begin_connect(const struct address_list *list, size_t place);

/* Prints an address of a socket. */
void address_print(const struct sockaddr_storage *address, char text[ADDRESS_SIZE]);

/* Prints the address that a socket is bound to. */
void address_of(int fd, char text[ADDRESS_SIZE]);

/* Makes a socket non-blocking, closed on exec, and without delay for small writes. Returns 0, or -1 with
 * errno set. */
int address_prepare(int fd);

#endif
