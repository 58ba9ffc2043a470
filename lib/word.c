/* SPDX-License-Identifier: BSD-2-Clause */
#include "word.h"
#include <slogout/slogout.h>

size_t slo_word_agreement(const char *bytes, size_t len, const char *word)
{
    size_t i = 0;

    while (i < len && word[i] &&
           (bytes[i] == word[i] || (word[i] >= 'A' && word[i] <= 'Z' && bytes[i] == (word[i] | 0x20))))
        i++;
    return i;
}

int slo_word_is(const char *bytes, size_t len, const char *word)
{
    return slo_word_agreement(bytes, len, word) == len && !word[len];
}

int slogout_enable_has_capability(const char *arguments, size_t len)
{
    size_t begin = 0;
    size_t end;

    for (end = 0; arguments && end <= len; end++)
        if (end == len || arguments[end] == ' ' || arguments[end] == '\r' || arguments[end] == '\n') {
            if (slo_word_is(arguments + begin, end - begin, SLOGOUT_CAPABILITY))
                return 1;
            begin = end + 1;
        }
    return 0;
}
