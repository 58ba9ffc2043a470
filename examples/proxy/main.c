/* SPDX-License-Identifier: BSD-2-Clause */
/* A proxy that asks the clients of any IMAP server to leave. The event loop is in loop.c, and relay.c passes octets
 * between a client and the server. */
#include <stdio.h>
#include <stdlib.h>
#include "command_line.h"
#include "control.h"
#include "service.h"

int main(int argc, char **argv)
{
    const char *program = options_program(argv);
    struct address_list servers;
    struct command_line line;
    int error;

    if (command_line_read(&line, argc, argv) < 0)
        return 2;
    if (*line.command)
        return control_ask(program, line.control, line.command);
    error = address_resolve(line.server, &servers);
    if (!error)
        return service_main(program, &line, &servers);
    fprintf(stderr, "%s: cannot resolve %s: %s\n", program, line.server, address_error(error));
    return EXIT_FAILURE;
}
