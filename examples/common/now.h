/* The one clock of the programs. */
#ifndef NOW_H
#define NOW_H

#include <stdint.h>

/* Milliseconds of the monotonic clock. */
uint64_t now_ms(void);

#endif
