/* However its input arrives, a scanner must report the same events at the same octets: whole, byte by byte, and the
 * long way, which is taken when it stops at line ends. */
#ifndef FUZZ_AGREE_H
#define FUZZ_AGREE_H

#include <stddef.h>
#include <stdint.h>

struct event {
    size_t at;
    unsigned kind;
    unsigned detail;
};

struct scanner {
    /* the kinds of event that are not compared, or not where they come: a word may be too long sooner or later */
    unsigned nothing, line_end, lost;
    void (*init)(void);
    /* How many octets it took; fills in the kind of event and what else is to be compared of it. */
    size_t (*scan)(const char *bytes, size_t len, int stops, struct event *event);
    /* What it has counted, and where it stands. */
    uint64_t (*counted)(void);
    unsigned (*state)(void);
};

/* Aborts if it does not agree with itself. */
void agree(const struct scanner *scanner, const uint8_t *data, size_t size);

#endif
