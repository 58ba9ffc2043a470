# SPDX-License-Identifier: BSD-2-Clause
"""Python's imaplib, or IMAPClient, with a server that asks its clients to leave (X-SERVER-LOGOUT): copy this file.
Tested with Python 3.6, 3.11 and 3.13, and with IMAPClient 3.0.1.

A `with` block is one operation. The account logs in before it if necessary, and answers the server after it. Begin the
block with select(), because the connection may be new. The block must take less than 20 seconds, and must not contain
another block of the account. log_in() and the commands of the block raise their exceptions in your code.
Call rest() wherever the program waits. rest() idles if a mailbox is selected; otherwise it sends NOOP every 10 seconds.
If the server asks, it answers, and logs in again after a random delay. It returns early, with True, if there may be
something new, and raises no exception. `delay` is the longest delay, in seconds. It is doubled at each failure of
rest(). A block waits for the delay too, unless you set `due` to 0 because a user waits. After log_out(), rest() only
waits, until the next block logs in. Use an account in one thread only. This program runs with
build/examples/echo_server, which has no mailboxes:
    import imaplib
    from imaplib_account import Account
    def log_in():
        imap = imaplib.IMAP4("127.0.0.1", 1143)
        imap.login("user", "secret")
        return imap                     # before any select()
    account = Account(log_in, delay=60)
    while True:
        with account as imap:
            print(imap.noop())
        account.rest(600)               # in place of time.sleep(600)
Copyright (c) 2026, the slogout authors."""
import contextlib, imaplib, random, re, select, time

REQUEST = re.compile(rb'\A([^\x00-\x20\x7f-\xff(){%*"\\+]+) LOGOUT\r\n\Z', re.IGNORECASE)
ENDED = OSError, imaplib.IMAP4.error
imaplib.Commands.setdefault("IDLE", ("SELECTED",))

class Account:
    def __init__(self, log_in, delay=60):
        self.log_in, self.delay, self.longest, self.due, self.client, self.imap = log_in, delay, delay, 0, None, None

    def __enter__(self):
        if self.imap and self._look(0) is not None:
            return self.client
        time.sleep(max(0, self.due - time.monotonic()))
        self.client, self.answer = self.log_in(), b""
        imap = self.imap = getattr(self.client, "_imap", self.client)   # IMAPClient has it inside
        imap.sock.settimeout(60)
        imap.readline = lambda readline=imap.readline: REQUEST.sub(self._note, readline())
        with contextlib.suppress(*ENDED):                       # the next command reports a lost connection
            imap._get_capabilities()                            # the login may have changed them
            if "X-SERVER-LOGOUT" in imap.capabilities:
                imap.enable("X-SERVER-LOGOUT")
        return self.client

    def __exit__(self, *_):
        imap, end = self.imap, time.monotonic() + 10
        if imap and (self.answer or imap.tagged_commands):      # asked, or a command has no response
            with contextlib.suppress(*ENDED):
                if not imap.tagged_commands:
                    imap.send(self.answer)
                    imap.sock.settimeout(10)
                    while imap.sock.recv(65536) and time.monotonic() < end: pass    # to the end
            self._close()

    def rest(self, seconds):
        end = time.monotonic() + seconds
        while seconds > 0:
            if self.imap:
                if self._look(seconds):
                    return True
            elif not self.client or self.due > end:
                time.sleep(seconds)
            else:
                with contextlib.suppress(Exception), self:
                    return True
                self._wait(min(2 * self.longest, 900))
            seconds = end - time.monotonic()
        return False

    def log_out(self):
        if self.imap:
            with contextlib.suppress(*ENDED):
                self.imap.logout()
            self._close()
        self.client, self.due = None, 0

    def _note(self, request):                                   # imaplib reads literals by read()
        self.answer += request.group(1) + b" OK LOGOUT completed\r\n"
        return b"* OK The server asks this client to leave\r\n"

    def _look(self, seconds):
        imap, came, self.imap.is_readonly = self.imap, [], True     # else READ-ONLY raises before a command
        with contextlib.suppress(*ENDED):
            idle = seconds and imap.state == "SELECTED" and "IDLE" in imap.capabilities and imap._command("IDLE")
            while idle and imap._get_response():                    # until "+"
                if imap.tagged_commands[idle]:
                    idle = imap.tagged_commands.pop(idle) and None  # refused
            came = select.select([imap.sock], [], [], 0 if self.answer else min(seconds, 10))[0]
            if idle:
                imap.send(b"DONE\r\n")
                imap._command_complete("IDLE", idle)
            else:
                imap.noop()                                     # reads what has come, or the end of the connection
        self.__exit__()
        return self.imap and bool(came)                         # None: the connection has ended

    def _close(self):
        with contextlib.suppress(*ENDED):
            self.imap.shutdown()
        self.imap = None
        self._wait(self.delay)

    def _wait(self, longest):
        self.longest, self.due = longest, time.monotonic() + random.uniform(0, longest)
