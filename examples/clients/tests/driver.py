# SPDX-License-Identifier: BSD-2-Clause
"""Runs imaplib_account.py, or imaplib alone, as an application does: driver.py LIBRARY PORT TLS USER DELAY. See
run.py."""

import hashlib
import imaplib
import itertools
import os
import queue
import ssl
import select
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from imaplib_account import Account  # noqa: E402

LIBRARY, PORT, TLS, USER, DELAY = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "tls", sys.argv[4], sys.argv[5]
CONTEXT = ssl._create_unverified_context()


def log_in():
    print("login", flush=True)
    if LIBRARY == "imapclient":
        import imapclient
        client = imapclient.IMAPClient("127.0.0.1", PORT, ssl=TLS, ssl_context=CONTEXT if TLS else None, timeout=60)
        client.login(USER, "secret")
        return client
    imap = imaplib.IMAP4_SSL("127.0.0.1", PORT, ssl_context=CONTEXT) if TLS else imaplib.IMAP4("127.0.0.1", PORT)
    try:
        imap.login(USER, "secret")
    except imaplib.IMAP4.error as error:
        raise RuntimeError("it raises what it likes") from error
    return imap


class Alone:
    """The library without the file: an application that logs in again when the library reports a lost connection."""
    client = None

    def __enter__(self):
        if self.client is None:
            self.client = log_in()
            getattr(self.client, "_imap", self.client).enable("X-SERVER-LOGOUT")
        return self.client

    def __exit__(self, kind, *_):
        if kind and issubclass(kind, (imaplib.IMAP4.abort, OSError)):
            self.client = None

    def rest(self, seconds):
        threading.Event().wait(seconds)

    def log_out(self):
        self.client.logout()


def body(imap, uid):
    if LIBRARY == "imapclient":
        imap.select_folder("INBOX")
        return imap.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]
    imap.select()
    return imap.uid("FETCH", str(uid), "(BODY.PEEK[])")[1][0][1]


def fetch(imap, uid):
    return hashlib.sha1(body(imap, int(uid))).hexdigest()


def append(imap, name):
    message = ("Message-ID: <%s>\r\n\r\nX LOGOUT\r\nMIDDLE\r\nend\r\n" % name).encode()
    if LIBRARY == "imapclient":
        imap.append("INBOX", message)
    else:
        status, data = imap.append("INBOX", None, None, message)
        if status != "OK":
            return data[0].decode()


def two(imap, uid):
    if LIBRARY == "imapclient":
        imap.select_folder("INBOX")
        imap.add_flags([int(uid)], [b"\\Flagged"])
        imap.remove_flags([int(uid)], [b"\\Flagged"])
    else:
        imap.select()
        imap.uid("STORE", uid, "+FLAGS", "(\\Flagged)")
        imap.uid("STORE", uid, "-FLAGS", "(\\Flagged)")


def pipeline(imap, uid):
    imap = getattr(imap, "_imap", imap)
    imap.select()
    tags = [imap._command("UID", "FETCH", uid, "(FLAGS)"), imap._command("UID", "FETCH", uid, "(UID)")]
    return " ".join(imap._command_complete("UID", tag)[0] for tag in tags)


def echo(imap, size):
    """echo_server has no mailboxes. It returns the octets that it receives as a literal."""
    imap = getattr(imap, "_imap", imap)
    imap.literal = b"X LOGOUT\r\nMIDDLE\r\n" + b"x" * int(size)
    sent, (status, _) = imap.literal, imap.xatom("ECHO")
    return str(imap.untagged_responses.pop("ECHO")[0][1] == sent) + " " + status


def idle(imap, _):
    (imap.select_folder if LIBRARY == "imapclient" else imap.select)("INBOX")


def watch_select(account):
    """A client that has been asked must not wait for anything else. The tests cannot observe this, because rest() is
    short."""
    def watched(*arguments):
        if account.answer and arguments[3]:
            print("event error waits although it is asked", flush=True)
        return original(*arguments)
    original, select.select = select.select, watched


def main():
    account = Alone() if DELAY == "alone" else Account(log_in, float(DELAY))
    operations = {"fetch": fetch, "append": append, "two": two, "pipeline": pipeline, "echo": echo, "idle": idle,
                  "noop": lambda imap, _: imap.noop()[2:], "leave": lambda *_: account.log_out()}
    if DELAY != "alone":
        watch_select(account)
    lines = queue.Queue()
    def read():
        for line in itertools.chain(sys.stdin, ["quit -"]):
            lines.put(line)
    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            name, argument = lines.get_nowait().split()
        except queue.Empty:
            account.rest(0.3 if DELAY != "alone" else 0.05)
            continue
        if name == "quit":
            return
        try:
            if name == "logout":
                result = account.log_out()
            elif name == "hurry":
                account.due = result = 0
            else:
                with account as imap:
                    result = operations[name](imap, argument)
            print("ok", result or "", flush=True)
        except Exception as error:
            print("error %s: %s" % (type(error).__name__, error), flush=True)


main()
