/* From octets to IMAP commands (RFC 3501 section 9): where a line ends, where a literal begins and ends,
 * and what is too much. It does no I/O. What the octets mean is for words.h and the user.
 *
 *   - A line ends with LF; a CR before it belongs to the end. So a bare LF ends a line.
 *   - NUL and any other CR are a fault. 8-bit octets pass here; outside literals words.h refuses them.
 *   - `{n}` or `{n+}` outside quotes at the end of a line announces n octets of literal; then the line
 *     goes on. `{` can stand nowhere else outside quotes, so this holds even for a command that is
 *     nonsense otherwise, and what follows is never mistaken for a command.
 *   - A command with a fault is read to its end as any other, and nothing more of it is stored than the
 *     limits allow. */
#ifndef COMMAND_READER_H
#define COMMAND_READER_H

#include <stddef.h>
#include "proxy/queue.h"

/* Octets of a command without its literals (RFC 2683 section 3.2.1.5), and of all its literals together.
 * Memory grows with what has come, to at most twice as much. */
#define COMMAND_TEXT_MAX    8192
#define COMMAND_LITERAL_MAX (64 * 1024 * 1024)

enum command_event {
    COMMAND_PARTIAL,  /* all octets are used, more are needed */
    COMMAND_LINE,     /* a first line is in: look at it, then read on or reset */
    COMMAND_LITERAL,  /* the client waits for `+`: send it and read on, or refuse it and reset */
    COMMAND_COMPLETE, /* run it or refuse it, then reset */
    COMMAND_LOST      /* there is no reading on (see fault): close the connection */
};

enum command_fault {
    COMMAND_FINE,
    COMMAND_BAD_OCTET,       /* NUL or bare CR */
    COMMAND_TEXT_TOO_LONG,   /* the first COMMAND_TEXT_MAX octets are stored */
    COMMAND_LITERAL_TOO_BIG, /* with LITERAL: can be refused; with LOST: it was `{n+}`, and is under way */
    COMMAND_NO_MEMORY        /* with LOST */
};

enum literal_mark {
    MARK_NONE,
    MARK_OPEN,
    MARK_DIGITS,
    MARK_PLUS,
    MARK_SYNCHRONISING,
    MARK_NON_SYNCHRONISING
};

enum reader_stage {
    READER_FIRST_LINE, /* reading it */
    READER_LINE_ENDED, /* its event is out */
    READER_ANNOUNCED,  /* the event of a synchronising literal is out */
    READER_LITERAL,    /* reading it */
    READER_LINE,       /* reading what follows a literal */
    READER_COMPLETE    /* its event is out */
};

/* All zero is a new one. The first three members are for the user to read. */
struct command_reader {
    struct queue text;     /* the lines of the command, an LF between them where a literal stands */
    struct queue literals; /* one after the other */
    enum command_fault fault;
    enum reader_stage stage;
    int carriage;           /* the last octet was CR */
    int quoted;             /* inside quotes */
    int escaped;            /* the last octet was \ inside quotes */
    enum literal_mark mark; /* how much of `{n+}` the last octets are */
    size_t size;            /* its n, or COMMAND_LITERAL_MAX + 1 if it is more than that */
    size_t literal_left;    /* octets of a literal still to come */
    size_t literal_max;     /* set by the user and kept by a reset; 0: COMMAND_LITERAL_MAX */
};

/* Reads up to the next event and sets *used to the number of octets it took. Call it again after LINE and
 * LITERAL, with len 0 if there is nothing more yet. */
enum command_event command_reader_feed(struct command_reader *reader, const char *octets, size_t len,
                                       size_t *used);

/* Forgets the command and frees its memory. The next octet begins another command. */
void command_reader_reset(struct command_reader *reader);

/* Returns 1 from a command's first LINE event to its reset: it is being read, or run. */
int command_reader_is_busy(const struct command_reader *reader);

#endif
