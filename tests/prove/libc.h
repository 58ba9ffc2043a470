/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions of <string.h> for which CBMC has no model, and the reference for the grammar. */
#ifndef PROVE_LIBC_H
#define PROVE_LIBC_H

#include "prove.h"

#pragma CPROVER check push
#pragma CPROVER check disable "conversion" /* char and unsigned char are converted on purpose */

void *memchr(const void *bytes, int c, size_t len)
{
    const unsigned char *at = bytes;
    size_t i;

    for (i = 0; i < len; i++)
        if (at[i] == (unsigned char)c)
            return (void *)(at + i);
    return NULL;
}

#pragma CPROVER check disable "bounds" /* the reference itself is not proved */
#pragma CPROVER check disable "pointer"
#pragma CPROVER check disable "pointer-overflow"
#pragma CPROVER check disable "signed-overflow"
#include "model/reference.c"

#pragma CPROVER check pop

#endif
