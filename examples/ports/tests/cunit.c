/* SPDX-License-Identifier: BSD-2-Clause */
/* What the glue of Cyrus needs of imapd, for Cyrus's unit tests. They run with a session, so that all their waiting is
 * in the glue. The signals are not blocked, because the tests stop their processes with SIGTERM.
 *
 * Copyright (c) 2026, the slogout authors. SPDX-License-Identifier: BSD-2-Clause */
#include <unistd.h>
#include "glue.h"

struct protstream *imapd_in, *imapd_out;
char *imapd_userid;
void shut_down(int code);

void shut_down(int code)
{
    _exit(code);
}

__attribute__((constructor)) static void begin(void)
{
    port_begin();
    port_unblock();
}
