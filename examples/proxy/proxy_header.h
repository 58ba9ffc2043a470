/* SPDX-License-Identifier: BSD-2-Clause */
/* The PROXY protocol, versions 1 and 2 (proxy-protocol.txt of HAProxy). A proxy sends such a header before
 * the first octet of the client. Does no I/O. */
#ifndef PROXY_HEADER_H
#define PROXY_HEADER_H

#include <stddef.h>
#include <sys/socket.h>

#define PROXY_HEADER_MAX 1024 /* octets; the extensions of TLS need some hundreds */

struct proxy_header {
    int is_known; /* 0: the header is LOCAL or UNKNOWN, so the addresses of the socket are right */
    struct sockaddr_storage source, destination; /* AF_INET or AF_INET6 */
    const char *extensions;                      /* TLVs of version 2, inside the octets that were read */
    size_t extensions_len;
};

/* Reads a header at the beginning of the octets. Returns its length, 0 if more octets are needed, or -1 if
 * there is no header, a malformed one, or one longer than PROXY_HEADER_MAX. */
int proxy_header_read(struct proxy_header *header, const char *octets, size_t len);

/* Writes a header of version 1 or 2. Version 2 contains the extensions that fit, except the checksum
 * (PP2_TYPE_CRC32C), which belongs to the header that was read. Returns the length. */
size_t proxy_header_write(const struct proxy_header *header, int version, char octets[PROXY_HEADER_MAX]);

#endif
