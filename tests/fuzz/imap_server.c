/* The server's scanner, which must agree with itself. */
#include <stdlib.h>
#include "fuzz/scanners/agree.h"
#include "imap_server.h"

static struct slo_imap_server scanned;

static void init(void)
{
    slo_imap_server_init(&scanned, 0);
}

static size_t scan(const char *bytes, size_t len, int stops, struct event *event)
{
    const size_t taken = slo_imap_server_feed(&scanned, bytes, len, stops, 0);

    if (scanned.undecided > SLO_UNDECIDED_MAX)
        abort();
    event->kind = scanned.event;
    event->detail = (unsigned)scanned.undecided;
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
        SLO_SERVER_NOTHING, SLO_SERVER_LINE_END, SLO_SERVER_NOT_UNDERSTOOD, init, scan, counted, state};

    agree(&scanner, data, size);
    return 0;
}
