/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <slogout/slogout.h>
#include "address.h"
#include "options.h"

const char *options_program(char **argv)
{
    const char *path = argv[0] ? argv[0] : "";
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

#define HELP_COLUMN 30
#define HELP_WIDTH  66

/* Prints the help in lines of at most HELP_WIDTH octets. */
static void print_help(const char *help, int column)
{
    while (*help) {
        size_t len = strlen(help);
        if (len > HELP_WIDTH)
            for (len = HELP_WIDTH; help[len] != ' '; len--)
                ;
        printf("%*s%.*s\n", HELP_COLUMN - column, "", (int)len, help);
        help += len + (help[len] == ' ');
        column = 0;
    }
}

static void print_option(const char *name, const char *argument, const char *help)
{
    const int column = printf("  %s %s", name, argument ? argument : "");

    print_help(help, column < HELP_COLUMN ? column : HELP_COLUMN - 1);
}

static void print_usage(const struct option *options, const char *operands, const char *program)
{
    printf("usage: %s [OPTIONS]%s%s\n", program, *operands ? " " : "", operands);
    for (; options->name; options++)
        print_option(options->name, options->argument, options->help);
    print_option("--help", NULL, "Print this text.");
    print_option("--version", NULL, "Print the version.");
}

/* Returns the option that `word` names, alone or as --name=value, or NULL. */
static const struct option *find(const struct option *options, const char *word)
{
    for (; options->name; options++) {
        const size_t len = strlen(options->name);
        if (strncmp(word, options->name, len) == 0 && (word[len] == '\0' || word[len] == '='))
            return options;
    }
    return NULL;
}

static int read_number(const struct option *option, const char *value)
{
    uint64_t number = 0;
    const char *digit;

    for (digit = value; *digit >= '0' && *digit <= '9'; digit++) {
        const uint64_t unit = (uint64_t)(*digit - '0');
        if (number > (option->max - unit) / 10)
            return -1;
        number = number * 10 + unit;
    }
    if (*digit || digit == value || number < option->min)
        return -1;
    *(uint64_t *)option->value = number;
    return 0;
}

static int read_choice(const struct option *option, const char *value)
{
    const size_t len = strlen(value);
    const char *word = option->argument;
    int place;

    for (place = 0; *word; place++) {
        const size_t word_len = strcspn(word, "|");
        if (word_len == len && memcmp(word, value, len) == 0) {
            *(int *)option->value = place;
            return 0;
        }
        word += word_len + (word[word_len] == '|');
    }
    return -1;
}

static int read_text(const struct option *option, const char *value)
{
    if (option->kind == OPTION_ADDRESS && !address_is_numeric(value))
        return -1;
    if (option->kind == OPTION_HOST && !address_is_valid(value))
        return -1;
    if (!*value)
        return -1;
    *(const char **)option->value = value;
    return 0;
}

static int read_value(const struct option *option, const char *value)
{
    if (option->kind == OPTION_SOURCES)
        return address_read_sources(option->value, value);
    if (option->kind == OPTION_NUMBER)
        return read_number(option, value);
    if (option->kind == OPTION_CHOICE)
        return read_choice(option, value);
    return read_text(option, value);
}

static void complain(const char *program, const struct option *option, const char *value)
{
    fprintf(stderr, "%s: %s ", program, option->name);
    if (value)
        fprintf(stderr, "%s is not valid: it must be ", *value ? value : "\"\"");
    else
        fprintf(stderr, "needs a value: ");
    if (option->kind == OPTION_NUMBER)
        fprintf(stderr, "a number from %" PRIu64 " to %" PRIu64 "\n", option->min, option->max);
    else if (option->kind == OPTION_ADDRESS)
        fprintf(stderr, "a numeric address and a port, such as 127.0.0.1:143 or [::1]:143\n");
    else if (option->kind == OPTION_HOST)
        fprintf(stderr, "a host and a port, such as mail.example.org:143 or [::1]:143\n");
    else
        fprintf(stderr, "%s\n", option->argument);
}

/* Reads the option at *place and moves on to the next word. */
static int read_option(const struct option *options, const char *program, char **argv, int *place)
{
    const char *word = argv[(*place)++];
    const struct option *option = find(options, word);
    const char *value = strchr(word, '=');

    if (!option) {
        fprintf(stderr, "%s: unknown option %s (see --help)\n", program, word);
        return -1;
    }
    if (option->kind == OPTION_FLAG && value) {
        fprintf(stderr, "%s: %s is not valid: %s takes no value\n", program, word, option->name);
        return -1;
    }
    if (option->kind == OPTION_FLAG) {
        *(int *)option->value = 1;
        return 0;
    }
    value = value ? value + 1 : argv[*place] ? argv[(*place)++] : NULL;
    if (value && read_value(option, value) == 0)
        return 0;
    complain(program, option, value);
    return -1;
}

int options_read(const struct option *options, const char *operands, int count, int argc, char **argv)
{
    const char *program = options_program(argv);
    int place = 1;

    while (place < argc && argv[place][0] == '-') {
        if (strcmp(argv[place], "--help") == 0) {
            print_usage(options, operands, program);
            exit(EXIT_SUCCESS);
        }
        if (strcmp(argv[place], "--version") == 0) {
            printf("%s %s\n", program, SLOGOUT_VERSION);
            exit(EXIT_SUCCESS);
        }
        if (read_option(options, program, argv, &place) < 0)
            return -1;
    }
    if (argc - place == count || count == OPTIONS_ANY)
        return place;
    if (argc - place > count)
        fprintf(stderr, "%s: unexpected argument %s (see --help)\n", program, argv[place + count]);
    else
        fprintf(stderr, "%s: %s is missing after the options (see --help)\n", program, operands);
    return -1;
}
