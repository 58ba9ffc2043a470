/* The PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt): what a proxy says of the client before the first
 * octet of the connection. No I/O. */
#ifndef PROXY_HEADER_H
#define PROXY_HEADER_H

#include <stddef.h>
#include <sys/socket.h>

#define PROXY_HEADER_MAX 1024 /* octets; section 2 obliges senders to no less than 536, and TLS adds some */

struct proxy_header {
    int is_known; /* 0: the proxy speaks for itself (LOCAL), or does not know (UNKNOWN): the socket's addresses hold */
    struct sockaddr_storage source, destination; /* AF_INET or AF_INET6 */
    const char *extensions;                      /* of version 2, TLVs; inside the octets that were read */
    size_t extensions_len;
};

/* Reads a header at the beginning of the octets. Returns its length; 0 if more octets are needed; or -1 if this
 * is none, is malformed, or is longer than PROXY_HEADER_MAX. */
int proxy_header_read(struct proxy_header *header, const char *octets, size_t len);

/* Writes a header of version 1 or 2 to `octets`. Extensions go into version 2, without the checksum (PP2_TYPE_CRC32C),
 * which is of the header that was read, and only if there is room. Returns its length. */
size_t proxy_header_write(const struct proxy_header *header, int version, char octets[PROXY_HEADER_MAX]);

#endif
