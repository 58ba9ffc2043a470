/* The server's scanner, which must agree with itself. */
#include <stdlib.h>
#include "fuzz/scanners/agree.h"
#include "scan_server.h"

static struct scan_server scanned;

static void init(void)
{
    scan_server_init(&scanned);
}

static size_t scan(const char *bytes, size_t len, int stops, struct event *event)
{
    const size_t taken = scan_server(&scanned, bytes, len, stops);

    if (scanned.undecided > TOKEN_MAX + 9)
        abort();
    event->kind = scanned.event;
    event->detail = scanned.undecided;
    return taken;
}

static uint64_t counted(void)
{
    return scanned.completed;
}

static unsigned state(void)
{
    return scanned.state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct scanner scanner = {
        SERVER_NOTHING, SERVER_LINE_END, SERVER_NOT_UNDERSTOOD, init, scan, counted, state};

    agree(&scanner, data, size);
    return 0;
}
