/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include <stdlib.h>
#include "support/exact.h"

/* One octet precedes the copy, because sanitizers do not check the end of memory of size 0. */
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

void exact_feed(const char *bytes, size_t len, size_t first, size_t step,
                void (*feed)(void *to, const char *piece, size_t len), void *to)
{
    size_t at = 0, n = first;

    do {
        const size_t most = n < len - at ? n : len - at;
        char *piece = exact_copy(bytes + at, most);

        feed(to, piece, most);
        exact_free(piece);
        at += most;
        n = step;
    } while (at < len);
}

void exact_splits(const void *row, size_t len, void (*check)(const void *row, size_t first, size_t step))
{
    size_t at;

    check(row, 0, 1);
    for (at = 0; at <= len; at++)
        check(row, at, SIZE_MAX);
}
