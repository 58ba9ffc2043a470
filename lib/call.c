#include <string.h>
#include "call.h"

/* Counted first, so that the slogout cannot be freed in the host's allocator. */
void *slo_allocate(struct slogout *slogout, size_t size)
{
    void *memory;

    slogout->users++;
    memory = slogout->settings.allocate(size, slogout->settings.user_data);
    if (!memory)
        slogout->users--;
    return memory;
}

void slo_release_later(struct slogout *slogout, struct slo_link *memory)
{
    slo_link_append(&slogout->freed, memory);
}

static void release_freed(struct slogout *slogout)
{
    while (slo_link_used(&slogout->freed)) {
        struct slo_link *memory = slogout->freed.next;
        slo_link_remove(memory);
        slogout->settings.release(memory, slogout->settings.user_data);
        slogout->users--;
    }
}

static void announce_deadline(struct slogout *slogout)
{
    const uint64_t deadline = slo_clock_deadline(&slogout->clock);

    if (!slogout->settings.set_timer || deadline >= slogout->clock.announced)
        return;
    slogout->clock.announced = deadline;
    slogout->settings.set_timer(slogout, deadline, slogout->settings.user_data);
}

void slo_enter(struct slogout *slogout)
{
    slogout->depth++;
}

void slo_leave(struct slogout *slogout)
{
    if (slogout->depth == 1) {
        announce_deadline(slogout);
        release_freed(slogout);
    }
    slogout->depth--;
}

int slo_enter_at(struct slogout *slogout, uint64_t now)
{
    if (slogout->depth)
        return SLOGOUT_ERR_REENTRANT;
    if (now == SLOGOUT_NEVER)
        return SLOGOUT_ERR_ARGUMENT;
    slo_clock_advance(&slogout->clock, now);
    slo_enter(slogout);
    return 0;
}

/* ---- structs that the caller fills ---- */

/* No version will be as large as this: the size was never set, and must not be believed. */
#define SIZE_LIMIT 4096

static int is_zero(const char *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++)
        if (bytes[i])
            return 0;
    return 1;
}

int slo_copy_sized(void *to, size_t known, const void *from)
{
    size_t size;

    memcpy(&size, from, sizeof size);
    if (size < sizeof size || size > SIZE_LIMIT)
        return SLOGOUT_ERR_SIZE;
    if (size > known && !is_zero((const char *)from + known, size - known))
        return SLOGOUT_ERR_SIZE;
    memset(to, 0, known);
    memcpy(to, from, size < known ? size : known);
    return 0;
}
