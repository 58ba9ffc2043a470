/* The client's scanner, which must agree with itself. */
#include "fuzz/scanners/agree.h"
#include "scan_client.h"

static struct scan_client scanned;

static void init(void)
{
    scan_client_init(&scanned);
}

static size_t scan(const char *bytes, size_t len, int stops, struct event *event)
{
    const size_t taken = scan_client(&scanned, bytes, len, stops);

    event->kind = scanned.event;
    event->detail = scanned.command;
    return taken;
}

static uint64_t counted(void)
{
    return scanned.commands;
}

static unsigned state(void)
{
    return scanned.state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct scanner scanner = {
        CLIENT_NOTHING, CLIENT_LINE_END, CLIENT_NOT_UNDERSTOOD, init, scan, counted, state};

    agree(&scanner, data, size);
    return 0;
}
