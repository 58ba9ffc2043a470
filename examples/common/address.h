/* TCP addresses as the programs take and print them: 127.0.0.1:143, [::1]:143, mail.example.org:143. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stddef.h>
#include <sys/socket.h>

#define ADDRESS_SIZE      272 /* room for any of them as text, and its NUL */
#define ADDRESS_LIST_SIZE 16  /* of a name more addresses than these are not used */

/* What a name stands for, in the order of preference. */
struct address_list {
    size_t count;
    struct sockaddr_storage at[ADDRESS_LIST_SIZE];
    socklen_t len[ADDRESS_LIST_SIZE];
};

/* Returns 1 if it is HOST:PORT by its form. Asks no name server. */
int address_is_valid(const char *address);

/* Returns 1 if it is ADDR:PORT with a numeric address. */
int address_is_numeric(const char *address);

/* Finds the addresses of a valid HOST:PORT; may wait long for a name server. Returns 0, or an error. */
int address_resolve(const char *address, struct address_list *list);

/* What an error of address_resolve() means. */
const char *address_error(int error);

/* A listening socket on a numeric address, non-blocking; port 0: the system picks one. reuse_port: others may
 * listen there too. Returns -1 with errno set. */
int address_listen(const char *address, int reuse_port);

/* A connected socket, blocking, to the first of the host's addresses that answers. Returns as address_listen(). */
int address_connect(const char *address);

/* A socket that begins to connect to one of a list, non-blocking: writable when it is, or has failed (SO_ERROR).
 * Returns as address_listen(). */
int address_begin_connect(const struct address_list *list, size_t place);

/* Prints an address of a socket. */
void address_print(const struct sockaddr_storage *address, char text[ADDRESS_SIZE]);

/* Prints the address that a socket is bound to. */
void address_of(int fd, char text[ADDRESS_SIZE]);

/* Makes it non-blocking, closed in programs that this one starts, and without waiting for more octets to send.
 * Returns 0, or -1 with errno set. */
int address_prepare(int fd);

#endif
