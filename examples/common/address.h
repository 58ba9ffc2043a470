/* TCP addresses as the programs take and print them: 127.0.0.1:143, [::1]:143. Numbers only: nothing here
 * waits for a name server. */
#ifndef ADDRESS_H
#define ADDRESS_H

#define ADDRESS_SIZE 64 /* room for any of them as text, and its NUL */

int address_is_valid(const char *address);

/* A listening socket, non-blocking; port 0: the system picks one. Returns -1 with errno set. */
int address_listen(const char *address);

/* A connected socket, blocking. Returns as address_listen(). */
int address_connect(const char *address);

/* A socket that begins to connect, non-blocking: writable when it is, or has failed (SO_ERROR). Returns as
 * address_listen(). */
int address_begin_connect(const char *address);

/* The address that a socket is bound to. */
void address_of(int fd, char text[ADDRESS_SIZE]);

/* Non-blocking, closed in programs that this one starts, and no waiting for more octets to send.
 * Returns 0, or -1 with errno set. */
int address_prepare(int fd);

#endif
