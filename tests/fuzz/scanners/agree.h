/* A scanner must report the same events at the same octets whether its input arrives whole, byte by byte, or with a
 * stop at each end of a line, in which case plain lines are not taken at once. */
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
    /* The first two kinds of event are not compared. Of the third the place is not: a word that is too long may be
     * seen to be so earlier or later. */
    unsigned nothing, line_end, lost;
    void (*init)(void);
    /* Returns the number of octets consumed, and sets the kind of the event and what else is compared of it. */
    size_t (*scan)(const char *bytes, size_t len, int stops, struct event *event);
    /* Return what the scanner has counted, and its state. */
    uint64_t (*counted)(void);
    unsigned (*state)(void);
};

/* Aborts if the scanner does not agree with itself. */
void agree(const struct scanner *scanner, const uint8_t *data, size_t size);

#endif
