/* SPDX-License-Identifier: BSD-2-Clause */
/* Compares a filter that is fed whole pieces with a filter that is fed octet by octet, and with a slow reference. The
 * input is a dialogue, which filter/check.h describes. */
#include "fuzz/filter/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= CHECK_MAX)
        check_dialogue(data, size, 1);
    return 0;
}
