#include "echo/command_reader.h"

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void note_fault(struct command_reader *reader, enum command_fault fault)
{
    if (reader->fault == COMMAND_FINE)
        reader->fault = fault;
}

static void store(struct command_reader *reader, char octet)
{
    if (reader->text.len >= COMMAND_TEXT_MAX)
        note_fault(reader, COMMAND_TEXT_TOO_LONG);
    else if (queue_append(&reader->text, &octet, 1) < 0)
        reader->fault = COMMAND_NO_MEMORY;
}

/* ---- literal marks ---- */

static void count_digit(struct command_reader *reader, char digit)
{
    const size_t size = reader->size * 10 + (size_t)(digit - '0');

    reader->size = smaller(size, COMMAND_LITERAL_MAX + 1);
}

static enum literal_mark next_mark(enum literal_mark mark, char octet)
{
    if (octet == '{')
        return MARK_OPEN;
    if (octet >= '0' && octet <= '9' && (mark == MARK_OPEN || mark == MARK_DIGITS))
        return MARK_DIGITS;
    if (octet == '+' && mark == MARK_DIGITS)
        return MARK_PLUS;
    if (octet == '}' && mark == MARK_DIGITS)
        return MARK_SYNCHRONISING;
    if (octet == '}' && mark == MARK_PLUS)
        return MARK_NON_SYNCHRONISING;
    return MARK_NONE;
}

static void follow_mark(struct command_reader *reader, char octet)
{
    reader->mark = next_mark(reader->mark, octet);
    if (reader->mark == MARK_OPEN)
        reader->size = 0;
    if (reader->mark == MARK_DIGITS)
        count_digit(reader, octet);
}

static void follow_quotes(struct command_reader *reader, char octet)
{
    if (octet == '"' && !reader->escaped)
        reader->quoted = !reader->quoted;
    reader->escaped = reader->quoted && octet == '\\' && !reader->escaped;
}

/* ---- lines ---- */

static void take_octet(struct command_reader *reader, char octet)
{
    if (octet == '\0' || octet == '\r')
        note_fault(reader, COMMAND_BAD_OCTET);
    if (reader->quoted)
        reader->mark = MARK_NONE;
    else
        follow_mark(reader, octet);
    follow_quotes(reader, octet);
    store(reader, octet);
}

/* A CR is known to be a bare one only when the octet after it is seen. */
static void take_line_octet(struct command_reader *reader, char octet)
{
    if (reader->carriage)
        take_octet(reader, '\r');
    reader->carriage = octet == '\r';
    if (!reader->carriage)
        take_octet(reader, octet);
}

/* Reads up to LF. Returns 1 if it was there. */
static int read_line(struct command_reader *reader, const char *octets, size_t len, size_t *used)
{
    while (*used < len) {
        const char octet = octets[(*used)++];
        if (octet == '\n') {
            reader->carriage = 0;
            return 1;
        }
        take_line_octet(reader, octet);
    }
    return 0;
}

/* ---- literals ---- */

static int is_too_big(const struct command_reader *reader)
{
    const size_t max = reader->literal_max && reader->literal_max < COMMAND_LITERAL_MAX ? reader->literal_max
                                                                                        : COMMAND_LITERAL_MAX;

    return reader->size > max || reader->literals.len > max - reader->size;
}

/* Takes no memory for octets that are not there yet: an announcement costs the client nothing. */
static void begin_literal(struct command_reader *reader)
{
    reader->literal_left = reader->size;
    reader->mark = MARK_NONE;
    reader->stage = READER_LITERAL;
    store(reader, '\n');
}

/* Of a command that will be refused nothing is kept. */
static int read_literal(struct command_reader *reader, const char *octets, size_t len, size_t *used)
{
    const size_t count = smaller(reader->literal_left, len - *used);

    if (reader->fault == COMMAND_FINE && queue_append(&reader->literals, octets + *used, count) < 0)
        reader->fault = COMMAND_NO_MEMORY;
    *used += count;
    reader->literal_left -= count;
    return reader->literal_left == 0;
}

/* ---- events ---- */

static enum command_event first_line_ended(struct command_reader *reader)
{
    reader->stage = READER_LINE_ENDED;
    return COMMAND_LINE;
}

/* RFC 7888 section 4: what a `{n+}` announces comes, whatever we say; after `{n}` the client waits. */
static enum command_event line_ended(struct command_reader *reader)
{
    const int waits = reader->mark == MARK_SYNCHRONISING;

    if (!waits && reader->mark != MARK_NON_SYNCHRONISING) {
        reader->stage = READER_COMPLETE;
        return COMMAND_COMPLETE;
    }
    if (is_too_big(reader))
        reader->fault = COMMAND_LITERAL_TOO_BIG;
    if (waits) {
        reader->stage = READER_ANNOUNCED;
        return COMMAND_LITERAL;
    }
    begin_literal(reader);
    return COMMAND_PARTIAL;
}

/* One step. PARTIAL: go on if there are octets left, or the stage has changed. */
static enum command_event step(struct command_reader *reader, const char *octets, size_t len, size_t *used)
{
    switch (reader->stage) {
    case READER_FIRST_LINE:
        return read_line(reader, octets, len, used) ? first_line_ended(reader) : COMMAND_PARTIAL;
    case READER_LINE:
        return read_line(reader, octets, len, used) ? line_ended(reader) : COMMAND_PARTIAL;
    case READER_LINE_ENDED:
        return line_ended(reader);
    case READER_ANNOUNCED:
        begin_literal(reader);
        return COMMAND_PARTIAL;
    case READER_LITERAL:
        if (read_literal(reader, octets, len, used))
            reader->stage = READER_LINE;
        return COMMAND_PARTIAL;
    case READER_COMPLETE:
        break;
    }
    return COMMAND_COMPLETE;
}

/* Reading on is pointless without memory, and impossible inside a literal that is not kept. */
static int is_lost(const struct command_reader *reader)
{
    return reader->fault == COMMAND_NO_MEMORY ||
           (reader->fault == COMMAND_LITERAL_TOO_BIG && reader->stage == READER_LITERAL);
}

enum command_event command_reader_feed(struct command_reader *reader, const char *octets, size_t len,
                                       size_t *used)
{
    enum command_event event;
    enum reader_stage stage;

    *used = 0;
    do {
        stage = reader->stage;
        event = step(reader, octets, len, used);
        if (is_lost(reader))
            return COMMAND_LOST;
    } while (event == COMMAND_PARTIAL && (*used < len || reader->stage != stage));
    return event;
}

void command_reader_reset(struct command_reader *reader)
{
    const struct command_reader fresh = {.literal_max = reader->literal_max};

    queue_clear(&reader->text);
    queue_clear(&reader->literals);
    *reader = fresh;
}

int command_reader_is_busy(const struct command_reader *reader)
{
    return reader->stage != READER_FIRST_LINE;
}
