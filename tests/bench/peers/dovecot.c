/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "lib.h"
#include "istream.h"
#include "imap-parser.h"
#include "bench.h"
#include "dovecot.h"

void dovecot_begin(void)
{
    lib_init();
}

/* Parses a line as Dovecot's imap process does: the tag, the command, the arguments, and the line end, which
 * the parser does not consume. */
static bool parse_line(struct imap_parser *parser, struct istream *input)
{
    const struct imap_arg *args;
    const unsigned char *data;
    size_t size;
    bool parsed;

    parsed = imap_parser_read_word(parser) != NULL && imap_parser_read_word(parser) != NULL &&
             imap_parser_read_args(parser, 0, 0, &args) >= 0;
    data = i_stream_get_data(input, &size);
    if (size > 0 && data[0] == '\r')
        i_stream_skip(input, 1);
    data = i_stream_get_data(input, &size);
    if (size > 0 && data[0] == '\n')
        i_stream_skip(input, 1);
    imap_parser_reset(parser);
    return parsed;
}

double dovecot_parse(const char *bytes, size_t len, size_t n)
{
    struct istream *input = i_stream_create_from_data(bytes, len);
    struct imap_parser *parser = imap_parser_create(input, NULL, 65536, NULL);
    const unsigned char *data;
    double began;
    size_t size;

    (void)i_stream_read(input);
    began = bench_now();
    while (n-- > 0) {
        for (data = i_stream_get_data(input, &size); size > 0; data = i_stream_get_data(input, &size))
            bench_require(parse_line(parser, input), "a line that Dovecot can parse");
        i_stream_seek(input, 0);
        (void)i_stream_read(input);
    }
    (void)data;
    began = bench_now() - began;
    imap_parser_unref(&parser);
    i_stream_unref(&input);
    return began;
}
