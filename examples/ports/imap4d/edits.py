# SPDX-License-Identifier: BSD-2-Clause
"""Where imap4d calls the glue."""

INCLUDE = '#include "glue.h"'

EDITS = [
    # All waiting, with and without TLS.
    ("io.c", None, "after", r'#include\s+"imap4d\.h"', INCLUDE),
    ("io.c", "io_setio", "before", r"\bif\s*\(imap4d_transcript\)", "port_take_transport (tls_conf != NULL);"),
    ("io.c", "imap4d_init_tls_server", "before", r"\blog_cipher\b", "port_take_transport (1),"),

    # The answer, before the line is cut into tokens. The rest of a line behind a literal comes here too.
    ("io.c", "imap4d_readline", "after", r"\bimap4d_tokbuf_getline\b",
     "if (off == 0 && port_feed (tok->buffer, tok->level)) { tok->level = 0; continue; }"),
    ("idle.c", None, "after", r'#include\s+"imap4d\.h"', INCLUDE),
    ("idle.c", "imap4d_idle", "before", r"\bmu_stream_timed_getline\b", "port_rest ();"),
    ("idle.c", "imap4d_idle", "after", r"\bmu_rtrim_class\b", "if (port_feed (token_str, token_len)) continue;"),

    # A child.
    ("imap4d.c", None, "after", r'#include\s+"imap4d\.h"', INCLUDE),
    ("imap4d.c", "imap4d_mainloop", "before", r"^\s*switch\s*\(cfg->tls_mode", "port_start ();"),
    ("imap4d.c", "imap4d_mainloop", "before", r"\bimap4d_readline\b", "port_rest ();"),
    ("bye.c", None, "after", r'#include\s+"imap4d\.h"', INCLUDE),
    ("bye.c", "imap4d_bye_command", "before", r"\bmu_set_signals\s*\(sigpipe\b", "port_abandon ();"),
    ("bye.c", "imap4d_bye_command", "before", r"\butil_bye\s*\(\s*\)\s*;", "port_before_close ();"),

    # The master.
    ("imap4d.c", "main", "before", r"\bmu_m_server_begin\b", "port_master_start ();"),
    ("imap4d.c", "main", "before", r"\bmu_m_server_end\b", "port_master_wait ();"),

    ("capability.c", None, "after", r'#include\s+"imap4d\.h"', INCLUDE),
    ("capability.c", "imap4d_capability", "after", r"\bmu_list_foreach\b",
     'if (state != STATE_NONAUTH) io_sendf (" ENABLE " SLOGOUT_CAPABILITY);'),
    ("commands.c", None, "after", r'#include\s+"imap4d\.h"', INCLUDE),
    ("commands.c", None, "before", r'\{\s*"IDLE"',
     '{ "ENABLE", port_enable, STATE_AUTH | STATE_SEL, STATE_NONE, STATE_NONE, NULL },'),
]
