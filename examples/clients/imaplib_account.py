# SPDX-License-Identifier: BSD-2-Clause
"""Python's imaplib, or IMAPClient, with a server that asks its clients to leave (X-SERVER-LOGOUT): copy this file.
Tested with Python 3.6, 3.11 and 3.13, and with IMAPClient 3.0.1 and 3.1.0.

A `with` block is one operation. The account logs in before it if necessary, and answers the server after it. Begin the
block with select(), because the connection may be new. The block must take less than 20 seconds, and must not contain
another block of the account. log_in() and the commands of the block raise their exceptions in your code. Call rest()
wherever the program waits. It idles if a mailbox is selected, looks for a request every 20 seconds, answers, logs in
again after a random delay, and raises nothing. It returns early, with True, if there may be something new. `delay` is
the longest delay, in seconds, and is doubled at each failure. Use an account in one thread only. This program runs with
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
        self.log_in, self.delay, self.longest, self.due, self.imap = log_in, delay, delay, 0, None

    def __enter__(self):
        if self.imap and self._look(0) is not None:
            return self.client
        self.client, self.answer = self.log_in(), b""
        imap = getattr(self.client, "_imap", self.client)       # IMAPClient has it inside
        imap.sock.settimeout(60)
        imap.readline = lambda readline=imap.readline: REQUEST.sub(self._note, readline())
        imap._get_capabilities()                                # the login may have changed them
        if "X-SERVER-LOGOUT" in imap.capabilities:
            imap.enable("X-SERVER-LOGOUT")
        self.imap = imap
        return self.client

    def __exit__(self, *_):
        if self.answer or self.imap.tagged_commands:            # asked, or a command has no response
            with contextlib.suppress(*ENDED):
                if not self.imap.tagged_commands:
                    self.imap.send(self.answer)
                    self.imap.file.read()                       # to the end
                self.imap.shutdown()
            self._wait(self.delay)

    def rest(self, seconds):
        end, is_new = time.monotonic() + seconds, False
        while not is_new and time.monotonic() < end:
            is_new = (self._look if self.imap else self._come_back)(end - time.monotonic())
        return is_new

    def log_out(self):
        with contextlib.suppress(AttributeError, *ENDED):
            self.imap.logout()
        self.imap = None

    def _note(self, request):                                   # imaplib reads literals by read()
        self.answer += request.group(1) + b" OK LOGOUT completed\r\n"
        return b"* OK The server asks this client to leave\r\n"

    def _look(self, seconds):
        imap, came, self.imap.is_readonly = self.imap, [], True     # else READ-ONLY raises before a command
        with contextlib.suppress(*ENDED):
            idle = seconds and imap.state == "SELECTED" and "IDLE" in imap.capabilities and imap._command("IDLE")
            while idle and not imap.tagged_commands[idle] and imap._get_response(): pass    # until "+"
            came = select.select([imap.sock], [], [], 0 if self.answer else min(seconds, 20))[0]
            if idle:
                imap.send(b"DONE\r\n")
                imap._command_complete("IDLE", idle)
            else:
                imap.noop()                                     # reads what has come, or the end of the connection
        self.__exit__()
        return self.imap and bool(came)                         # None: the connection has ended

    def _wait(self, longest):
        self.imap, self.longest, self.due = None, longest, time.monotonic() + random.uniform(0, longest)

    def _come_back(self, seconds):
        time.sleep(max(0, min(seconds, self.due - time.monotonic())))
        if time.monotonic() >= self.due:
            self._wait(min(2 * self.longest, 900))              # if this fails
            with contextlib.suppress(*ENDED), self:
                return True
