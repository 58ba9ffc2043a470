#include <string.h>
#include <slogout/slogout.h>
#include "sized.h"

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

int sized_copy(void *to, size_t known, const void *from)
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
