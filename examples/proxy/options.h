/* SPDX-License-Identifier: BSD-2-Clause */
/* Command lines of the form `--name value`, `--name=value` or `--name`, then operands, read by a table. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdint.h>

enum option_kind {
    OPTION_FLAG,    /* value: int, becomes 1 */
    OPTION_ADDRESS, /* value: const char *, into argv: numeric ADDR:PORT */
    OPTION_HOST,    /* value: const char *, into argv: HOST:PORT, a name or a number */
    OPTION_SOURCES, /* value: struct address_list: numeric addresses with commas between them */
    OPTION_TEXT,    /* value: const char *, into argv: anything but "" */
    OPTION_NUMBER,  /* value: uint64_t, from min to max */
    OPTION_CHOICE   /* value: int, the place of the word among those in `argument`, from 0 */
};

struct option {
    const char *name; /* "--listen"; NULL ends the table */
    enum option_kind kind;
    const char *argument; /* for --help: "ADDR:PORT"; of a choice, its words: "enabled|all" */
    void *value;          /* changed only if the option is given */
    uint64_t min, max;
    const char *help; /* what it does, and its default */
};

#define OPTIONS_ANY (-1)

/* Reads the options. `count` is the number of operands, or OPTIONS_ANY, and `operands` their names for --help, or "".
 * Returns the index in argv of the first operand, or prints one line on standard error and returns -1; the
 * program should then exit with status 2. For --help and --version, prints and exits. */
int options_read(const struct option *options, const char *operands, int count, int argc, char **argv);

/* Returns the name by which the program was called, for messages. */
const char *options_program(char **argv);

#endif
