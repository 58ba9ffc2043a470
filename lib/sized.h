/* Structs that the caller fills begin with their size, so that a program and a library of different
 * versions understand each other. */
#ifndef SIZED_H
#define SIZED_H

#include <stddef.h>

/* Copies such a struct into one of `known` octets. What a smaller one lacks is 0; a larger one must have
 * nothing but zeros where we know no member. 0, or SLOGOUT_ERR_SIZE. */
int sized_copy(void *to, size_t known, const void *from);

#endif
