# SPDX-License-Identifier: BSD-2-Clause
"""Where Cyrus's imapd and master call the glue, in 3.6 and in 3.10."""

INCLUDE = '#include "glue.h"'

BOTH = [
    # All waiting.
    ("lib/signals.c", None, "after", r'#include\s+"signals\.h"', INCLUDE),
    ("lib/signals.c", "signals_select", "before", r"\bFD_SETSIZE\)\s*\{",
     "    if (port_session) return port_select(nfds, rfds, wfds, efds, tout);"),
    ("lib/prot.c", None, "after", r'#include\s+"prot\.h"', INCLUDE),
    ("lib/prot.c", "prot_fill", "before", r"\bprot_resettimeout\(", "    if (s->eof) return EOF;"),
    ("lib/prot.c", "prot_fill", "replace", r"\bSSL_read(?=\()", "port_tls_read"),
    ("lib/prot.c", "prot_flush_writebuffer", "before", r"\bcmdtime_netstart\(", "    len = port_await_output(s, len);"),

    ("imap/tls.c", None, "after", r'#include\s+"tls\.h"', '#include "signals.h"\n' + INCLUDE),
    ("imap/tls.c", "tls_start_servertls", "replace", r"(?<!_)\bselect(?=\(readfd)", "signals_select"),
    ("imap/tls.c", "tls_start_servertls", "before", r"\bSSL_accept\(tls_conn\);",
     "    if (port_is_closing) { r = -1; goto done; }"),

    # A process serves several connections. The signals are blocked as long as one is open.
    ("master/service.c", None, "after", r'#include\s+"signals\.h"', INCLUDE),
    ("master/service.c", "main", "before", r"\blockaccept\(\)", "    port_unblock();"),
    ("master/service.c", "main", "before", r"\bunlockaccept\(\)", "    port_block();"),
    ("imap/imapd.c", None, "after", r'#include\s+"imapd\.h"', INCLUDE),
    ("imap/imapd.c", "service_main", "after", r"\bimapd_out\s*=\s*prot_new\b", "    port_begin();"),
    ("imap/imapd.c", "service_main", "after", r"\bcmdloop\(\)", "    port_finish();"),
    ("imap/imapd.c", "service_main", "before", r"\bprometheus_increment\(CYRUS_IMAP_READY_LISTENERS\)",
     "    port_stop();"),
    ("imap/imapd.c", "shut_down", "after", r"\bin_shutdown\s*=\s*1", "    port_abandon();"),

    # The command loop. A tag that is `*` is an error there, so that answer comes first.
    ("imap/imapd.c", "cmdloop", "before", r"\bproxy_check_input\(", "    port_rest();"),
    ("imap/imapd.c", "cmdloop", "before", r"\bimparse_isatom\(tag\.s\)",
     "    if (*tag.s == '*' && port_feed(tag.s, NULL, &c)) continue;"),
    ("imap/imapd.c", "cmdloop", "before", r"\blcase\(cmd\.s\)", "    if (port_feed(tag.s, cmd.s, &c)) continue;"),

    # The administrator's file `shutdown`, and the users who are denied.
    ("imap/imapd.c", "cmdloop", "replace", r"\b(sizeof\(shut\){3})\)\s*\{", r"\1 && !port_request(shut)) {"),

    ("imap/imapd.c", None, "before", r'\{\s*"ACL",', "    { SLOGOUT_CAPABILITY, CAPA_POSTAUTH },"),
    ("imap/imapd.c", "cmd_enable", "before", r'"condstore"', "    port_enable(arg.s);"),
    ("imap/imapd.c", "cmd_unauthenticate", "after", r"\bclient_capa\s*=\s*0",
     "    slogout_session_set_enabled(port_session, port_is_enabled = 0);"),

    # The master waits for its children, and lets go of its ports meanwhile.
    ("master/master.c", "begin_shutdown", "after", r"\bin_shutdown\s*=\s*1",
     "    for (int i = 0; i < nservices; i++) xclose(Services[i].socket);"),
]

# What waits in IDLE, the file `shutdown` there, and the list of ENABLE.
EDITS = {
    "3.6": BOTH + [
        ("imap/imapd.c", "cmd_idle", "before", r"\bidle_wait\(", "    port_rest();"),
        ("imap/imapd.c", "cmd_idle", "after", r"\bIDLE_INPUT\)\s*\{[^}]*?\bgetword\(",
         "    if (port_feed(arg.s, NULL, &c)) continue;"),
        ("imap/imapd.c", "cmd_idle", "replace", r"\b(sizeof\(shut\){4})\)\s*\{", r"\1 && !port_request(shut)) {"),
        ("imap/imapd.c", "cmd_enable", "after", r"\bint\s+started\s*=\s*0",
         '    if ((started = port_is_enabled)) prot_printf(imapd_out, "* ENABLED " SLOGOUT_CAPABILITY);'),
        # The name of the file is freed once the file has been found, which was the end of the process.
        ("imap/global.c", "shutdown_file", "after", r"\bfree\(shutdownfilename\)", "    shutdownfilename = NULL;"),
    ],
    "3.10": BOTH + [
        ("imap/imapd.c", "cmd_idle", "before", r"\bproxy_check_input\(", "    port_rest();"),
        ("imap/imapd.c", "cmd_idle", "replace", r"\bc = getword\(imapd_in, &arg\);", ""),
        ("imap/imapd.c", "cmd_idle", "replace", r"\bwhile\s*\(!done\)",
         "while (!done || (!shutdown && (c = getword(imapd_in, &arg), port_feed(arg.s, NULL, &c))))"),
        ("imap/imapd.c", "cmd_idle", "replace", r"\b(sizeof\(buf\){3})\)\s*\{", r"\1 && !port_request(buf)) {"),
        ("imap/imapd.c", "cmd_enable", "after", r'"\* ENABLED"',
         '    if (port_is_enabled) prot_printf(imapd_out, " " SLOGOUT_CAPABILITY);'),
    ],
}
