/* The echo server's reader: the same commands come out however the octets are cut, nothing is lost, and what is
 * stored stays within its limits. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "echo/command_reader.h"
#include "echo/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int condition)
{
    if (!condition)
        abort();
}

/* What was seen of a stream: events, and a sum over what they brought. */
struct summary {
    size_t events, lost;
    uint64_t sum;
};

static void add(struct summary *summary, const void *octets, size_t len)
{
    const unsigned char *at = octets;

    for (; len > 0; len--)
        summary->sum = (summary->sum ^ *at++) * 1099511628211u;
}

static void add_words(struct summary *summary, const struct command_reader *reader)
{
    struct words words = words_of(reader);
    struct span span;

    while (words_astring(&words, &span) || (words_space(&words) && words_astring(&words, &span)))
        add(summary, span.octets, span.len);
    summary->sum += (uint64_t)words_end(&words);
}

static void note(struct summary *summary, const struct command_reader *reader, enum command_event event)
{
    const int numbers[2] = {(int)event, (int)reader->fault};

    must(reader->text.len <= COMMAND_TEXT_MAX && reader->literals.len <= COMMAND_LITERAL_MAX);
    must(event != COMMAND_LOST || reader->fault != COMMAND_FINE);
    summary->events++;
    add(summary, numbers, sizeof numbers);
    if (event == COMMAND_COMPLETE && reader->fault == COMMAND_FINE)
        add_words(summary, reader);
}

/* Feeds one piece. Literals whose size is odd are refused. */
static void feed(struct summary *summary, struct command_reader *reader, const char *octets, size_t len)
{
    enum command_event event = COMMAND_LINE;

    while (!summary->lost && event != COMMAND_PARTIAL) {
        size_t used = 0;
        event = command_reader_feed(reader, octets, len, &used);
        must(used <= len && (event != COMMAND_PARTIAL || used == len));
        octets += used;
        len -= used;
        if (event == COMMAND_PARTIAL)
            break;
        note(summary, reader, event);
        summary->lost = event == COMMAND_LOST;
        if (event == COMMAND_COMPLETE || (event == COMMAND_LITERAL && reader->size % 2))
            command_reader_reset(reader);
    }
}

/* In pieces of `piece` octets, each with nothing behind it. */
static struct summary read_all(const char *octets, size_t len, size_t piece)
{
    struct command_reader reader;
    struct summary summary = {0, 0, 0};
    size_t at;

    memset(&reader, 0, sizeof reader);
    for (at = 0; at < len; at += piece) {
        const size_t n = piece < len - at ? piece : len - at;
        char *copy = malloc(n);
        memcpy(copy, octets + at, n);
        feed(&summary, &reader, copy, n);
        free(copy);
    }
    command_reader_reset(&reader);
    return summary;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t piece = size ? data[0] % 16 + 1u : 1;
    const char *octets = (const char *)data + (size > 0);
    const size_t len = size - (size > 0);
    const struct summary whole = read_all(octets, len, len ? len : 1);
    const struct summary single = read_all(octets, len, 1);
    const struct summary cut = read_all(octets, len, piece);

    must(memcmp(&whole, &single, sizeof whole) == 0 && memcmp(&whole, &cut, sizeof whole) == 0);
    return 0;
}
