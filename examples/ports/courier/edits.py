# SPDX-License-Identifier: BSD-2-Clause
"""Where Courier's imaplogin, imapd and couriertls call the glue."""

INCLUDE = '#include "glue.h"'

EDITS = [
    # The buffers, which the glue reads and appends to.
    ("imap/imaptoken.c", None, "replace", r"static(\s+char\s+readbuf\b)", r"\1"),
    ("imap/imapwrite.c", None, "replace", r"static(\s+char\s+outbuf\b)", r"\1"),
    ("imap/imapwrite.c", None, "replace", r"static(\s+size_t\s+outbuf_cnt\b)", r"\1"),

    # All waiting. What the server does at its own limit stays.
    ("imap/imaptoken.c", None, "after", r'#include\s+"imapwrite\.h"', INCLUDE),
    ("imap/imaptoken.c", "doread", "before", r"\btime\(&t\)", "port_await_input(readtimeout);"),
    ("imap/imaptoken.c", "doidle", "before", r"\bimap_readptrleft\b",
     "if (port_session) return port_await_idle(idletimeout, extraFd, readtimeout);"),
    ("imap/imapwrite.c", None, "after", r'#include\s+"imapwrite\.h"', INCLUDE),
    ("imap/imapwrite.c", "writeflush", "before", r"\bFD_ZERO\b", "port_await_output(tend);"),

    # The command loop of both programs.
    ("imap/mainloop.c", None, "after", r'#include\s+"imapwrite\.h"', INCLUDE),
    ("imap/mainloop.c", "mainloop", "after", r"\bSIGINT\b", "port_start();"),
    ("imap/mainloop.c", "mainloop", "before", r"\bnexttoken_nouc\(", "port_await_command();"),

    # The signals are blocked from the first line of imaplogin on, also in imapd. A session that imaplogin hands
    # to another host ends as before, and so does one with SMAP, which has a command loop of its own.
    ("imap/imaplogin.c", None, "after", r'#include\s+"imapwrite\.h"', INCLUDE),
    ("imap/imaplogin.c", "main", "before", r"\balarm\(", "port_begin();"),
    ("imap/imaplogin.c", "login_callback", "before", r"\bexecl\(", "port_raise_again();"),
    ("imap/imaplogin.c", "login_callback", "before", r"\bproxyloop\(", "port_stop();"),
    ("imap/imapd.c", None, "after", r'#include\s+"imapwrite\.h"', INCLUDE),
    ("imap/imapd.c", "main", "before", r"^\s*smap\(\)", "port_stop();"),

    ("imap/capability.c", None, "after", r'#include\s+"imapwrite\.h"', INCLUDE),
    ("imap/capability.c", "imapcapability", "after", r"\bENABLE\b", 'writes(" " SLOGOUT_CAPABILITY);'),
    ("imap/imapd.c", "do_imap_command", "before", r'\bif\b.*"UTF8=ACCEPT"', "port_enable(curtoken->tokenbuf);"),
    ("imap/imapd.c", "do_imap_command", "after", r'"\* ENABLED"', "port_write_enabled();"),

    # couriertcpd passes SIGTERM to its process group. The helper outlives it until its other end has closed, or until
    # the session has lingered after the deadline.
    ("tcpd/starttls.c", None, "after", r'#include\s+"spipe\.h"',
     "#include <signal.h>\n#include <stdlib.h>\n#include <unistd.h>\nstatic unsigned port_seconds;\n"
     "static void port_outlive(int number) { (void)number; alarm(port_seconds); }"),
    ("tcpd/starttls.c", "dossl", "after", r"\bstartclient\(",
     'port_seconds = 15 + (getenv("SLOGOUT_DEADLINE") ? strtoul(getenv("SLOGOUT_DEADLINE"), NULL, 10) : 50);\n'
     "signal(SIGTERM, port_outlive);"),
]
