/* The server's scanner: whole and byte by byte it must report the same events at the same octets, and the short way must
 * agree with the long one, which is taken when it stops at line ends. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "scan_server.h"

#define EVENTS_MAX 20000

struct event {
    size_t at;
    uint8_t kind;
    uint16_t undecided;
};

struct run {
    struct scan_server scan;
    struct event events[EVENTS_MAX];
    size_t count;
};

static void note(struct run *run, size_t at)
{
    struct event event = {at, run->scan.event, run->scan.undecided};

    if (event.kind == SERVER_NOTHING || event.kind == SERVER_LINE_END || run->count == EVENTS_MAX)
        return;
    if (event.undecided > TOKEN_MAX + 9)
        abort();
    if (event.kind ==
        SERVER_NOT_UNDERSTOOD) /* a word may be too long sooner or later, and that is not seen */
        event.at = 0;
    run->events[run->count++] = event;
}

static void scan(struct run *run, const char *bytes, size_t len, size_t step, int stops)
{
    size_t used = 0;

    memset(run, 0, sizeof *run);
    while (used < len) {
        const size_t n = len - used < step ? len - used : step;
        const size_t taken = scan_server(&run->scan, bytes + used, n, stops);
        if (taken > n || (taken == 0 && run->scan.event == SERVER_NOTHING))
            abort();
        used += taken;
        note(run, used);
    }
}

static void compare(const struct run *one, const struct run *other)
{
    size_t i;

    if (one->count != other->count || one->scan.state != other->scan.state ||
        one->scan.completed != other->scan.completed)
        abort();
    for (i = 0; i < one->count; i++)
        if (one->events[i].at != other->events[i].at || one->events[i].kind != other->events[i].kind ||
            one->events[i].undecided != other->events[i].undecided)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run whole, bytewise, stopping;
    const char *bytes = (const char *)data;

    if (size >= EVENTS_MAX / 2)
        return 0;
    scan(&whole, bytes, size, size, 0);
    scan(&bytewise, bytes, size, 1, 0);
    scan(&stopping, bytes, size, size, 1);
    compare(&whole, &bytewise);
    compare(&whole, &stopping);
    return 0;
}
