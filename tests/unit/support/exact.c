/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include <stdlib.h>
#include "support/exact.h"

/* One octet stands before the copy, since sanitizers do not watch the end of memory of size 0. */
char *exact_fill(char byte, size_t count)
{
    char *memory = malloc(1 + count);

    assert_non_null(memory);
    memset(memory, byte, 1 + count);
    return memory + 1;
}

char *exact_copy(const char *bytes, size_t len)
{
    char *copy = exact_fill(0, len);

    if (len > 0)
        memcpy(copy, bytes, len);
    return copy;
}

void exact_free(char *bytes)
{
    free(bytes - 1);
}
