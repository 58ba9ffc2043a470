#include <string.h>
#include "call.h"

/* No version of any struct will be larger than this. Such a size was never set, and must not be believed. */
#define SIZE_LIMIT 4096

/* The memory is counted before the host's allocator runs, so that slogout_free() fails inside it. */
void *slo_allocate(struct slogout *slogout, size_t size)
{
    void *memory;

    slogout->users++;
    memory = slogout->settings.allocate(size, slogout->settings.user_data);
    if (!memory) {
        slogout->users--;
        return NULL;
    }
    return memset(memory, 0, size);
}

void slo_release_later(struct slogout *slogout, struct slo_link *memory)
{
    slo_link_append(&slogout->freed, memory);
}

void slo_enter(struct slogout *slogout, uint64_t now)
{
    slo_clock_advance(&slogout->clock, now);
    slogout->depth++;
}

/* The depth falls last: what the host calls inside set_timer and release is inside a callback as well. */
void slo_leave(struct slogout *slogout)
{
    const uint64_t deadline = slo_clock_deadline(&slogout->clock);

    if (slogout->depth == 1 && slogout->settings.set_timer && deadline < slogout->clock.announced) {
        slogout->clock.announced = deadline;
        slogout->settings.set_timer(slogout, deadline, slogout->settings.user_data);
    }
    while (slogout->depth == 1 && slo_link_used(&slogout->freed)) {
        struct slo_link *memory = slogout->freed.next;
        slo_link_remove(memory);
        slogout->settings.release(memory, slogout->settings.user_data);
        slogout->users--;
    }
    slogout->depth--;
}

int slo_enter_at(struct slogout *slogout, uint64_t now)
{
    if (slogout->depth)
        return SLOGOUT_ERR_REENTRANT;
    if (now == SLOGOUT_NEVER)
        return SLOGOUT_ERR_ARGUMENT;
    slo_enter(slogout, now);
    return 0;
}

int slo_copy_sized(void *to, size_t known, const void *from)
{
    const char *bytes = from;
    size_t size;
    size_t i;

    memcpy(&size, from, sizeof size);
    if (size < sizeof size || size > SIZE_LIMIT)
        return SLOGOUT_ERR_SIZE;
    for (i = known; i < size; i++)
        if (bytes[i])
            return SLOGOUT_ERR_SIZE;
    memset(to, 0, known);
    memcpy(to, from, size < known ? size : known);
    return 0;
}
