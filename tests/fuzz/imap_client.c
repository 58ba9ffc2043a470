/* The client's scanner, which must agree with itself. */
#include "fuzz/scanners/agree.h"
#include "imap_client.h"

static struct slo_imap_client scanned;

static void init(void)
{
    slo_imap_client_init(&scanned);
}

static size_t scan(const char *bytes, size_t len, int stops, struct event *event)
{
    const size_t taken = slo_imap_client_feed(&scanned, bytes, len, stops);

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
        SLO_CLIENT_NOTHING, SLO_CLIENT_LINE_END, SLO_CLIENT_NOT_UNDERSTOOD, init, scan, counted, state};

    agree(&scanner, data, size);
    return 0;
}
