#include <stdlib.h>
#include "agree.h"

#define EVENTS_MAX 20000

struct run {
    struct event events[EVENTS_MAX];
    size_t count;
    uint64_t counted;
    unsigned state;
};

static void note(struct run *run, const struct scanner *scanner, struct event event)
{
    if (event.kind == scanner->nothing || event.kind == scanner->line_end || run->count == EVENTS_MAX)
        return;
    if (event.kind == scanner->lost)
        event.at = 0;
    run->events[run->count++] = event;
}

static void scan(struct run *run, const struct scanner *scanner, const char *bytes, size_t len, size_t step,
                 int stops)
{
    struct event event = {0, 0, 0};

    run->count = 0;
    scanner->init();
    while (event.at < len) {
        const size_t n = len - event.at < step ? len - event.at : step;
        const size_t taken = scanner->scan(bytes + event.at, n, stops, &event);
        if (taken > n || (taken == 0 && event.kind == scanner->nothing))
            abort();
        event.at += taken;
        note(run, scanner, event);
    }
    run->counted = scanner->counted();
    run->state = scanner->state();
}

static int same(const struct event *one, const struct event *other)
{
    return one->at == other->at && one->kind == other->kind && one->detail == other->detail;
}

static void compare(const struct run *one, const struct run *other)
{
    size_t i;

    if (one->count != other->count || one->state != other->state || one->counted != other->counted)
        abort();
    for (i = 0; i < one->count; i++)
        if (!same(&one->events[i], &other->events[i]))
            abort();
}

void agree(const struct scanner *scanner, const uint8_t *data, size_t size)
{
    static struct run whole, bytewise, stopping;
    const char *bytes = (const char *)data;

    if (size >= EVENTS_MAX / 2)
        return;
    scan(&whole, scanner, bytes, size, size, 0);
    scan(&bytewise, scanner, bytes, size, 1, 0);
    scan(&stopping, scanner, bytes, size, size, 1);
    compare(&whole, &bytewise);
    compare(&whole, &stopping);
}
