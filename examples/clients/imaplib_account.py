"""Python's imaplib, or IMAPClient, with a server that asks its clients to leave (X-SERVER-LOGOUT): copy this file.
Run with Python 3.6, 3.11 and 3.13, and with IMAPClient 3.1.0.

A `with` block is one operation. The account logs in before it if necessary, and answers the server after it. The block
begins with select(), because the connection may be new, takes less than 20 seconds, and gets the exceptions of its own
commands. Call rest() wherever the program waits. It idles if a mailbox is selected, answers, logs in again after a
random delay, and raises nothing. It returns early, with True, if there may be something new. Use an account in one
thread only.
    def log_in():
        imap = imaplib.IMAP4_SSL("imap.example.org")
        imap.login("user", "secret")
        return imap                     # before any select()
    account = Account(log_in)
    while is_running:
        with account as imap:
            imap.select()
        account.rest(600)               # in place of time.sleep(600)
    account.log_out()
"""
import contextlib, functools, imaplib, random, re, select, ssl, time

REQUEST = re.compile(rb'([^\x00-\x20\x7f-\xff(){%*"\\+]+) LOGOUT\r\n', re.IGNORECASE)
ENDED = OSError, imaplib.IMAP4.error
imaplib.Commands.setdefault("IDLE", ("SELECTED",))

class Account:
    def __init__(self, log_in, delay=60):
        self.log_in, self.delay, self.longest, self.due, self.imap = log_in, delay, delay, 0, None

    def __enter__(self):
        if self.imap:
            self._look(0)
        if not self.imap:
            self._open()
        return self.client

    def __exit__(self, *error):
        self._settle()

    def rest(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.imap:
                if self._look(end - time.monotonic()):
                    return True
            elif time.monotonic() < self.due:
                time.sleep(min(end, self.due) - time.monotonic())
            else:
                self._forget(min(2 * self.longest, 900))
                with contextlib.suppress(*ENDED):
                    self._open()
                    return True
        return False

    def log_out(self):
        with contextlib.suppress(AttributeError, *ENDED):
            self.imap.logout()
        self.imap = None

    def _open(self):
        self.client, self.answer = self.log_in(), b""
        imap = getattr(self.client, "_imap", self.client)       # IMAPClient has it inside
        imap.readline = functools.partial(self._readline, imap.readline)
        imap._get_capabilities()                                # those from before the login may be others
        if "X-SERVER-LOGOUT" in imap.capabilities:
            imap.enable("X-SERVER-LOGOUT")
        self.imap, self.longest = imap, self.delay

    def _readline(self, readline):
        """Hides the request from imaplib, which reads literals by read()."""
        line = readline()
        request = REQUEST.fullmatch(line)
        if not request:
            return line
        self.answer += request.group(1) + b" OK LOGOUT completed\r\n"
        return b"* OK The server asks this client to leave\r\n"

    def _look(self, seconds):
        imap, came = self.imap, False
        with contextlib.suppress(*ENDED):
            idle = seconds and imap.state == "SELECTED" and "IDLE" in imap.capabilities and imap._command("IDLE")
            while idle and not imap.tagged_commands[idle] and imap._get_response():
                pass                                            # until "+"
            came = self._wait(min(seconds, 1500))
            if idle:
                imap.send(b"DONE\r\n")
                imap._command_complete("IDLE", idle)
            elif came:
                imap.noop()                                     # reads what has come, or the end of the connection
        self._settle()
        return came and self.imap is imap

    def _wait(self, seconds):
        sock, came = self.imap.sock, b""
        sock.settimeout(0)
        with contextlib.suppress(ssl.SSLWantReadError):
            came = self.imap.file.peek(1)                       # select() does not see the buffers of TLS and imaplib
        sock.settimeout(60)
        return bool(came or select.select([sock], [], [], seconds)[0])

    def _settle(self):
        imap, lost = self.imap, self.imap.tagged_commands       # lost: a command has no response
        if self.answer or lost:
            with contextlib.suppress(*ENDED):
                if not lost:
                    imap.send(self.answer)
                    while imap.read(4096):
                        pass
                imap.shutdown()
            self._forget(self.delay)

    def _forget(self, longest):
        self.imap, self.longest, self.due = None, longest, time.monotonic() + random.uniform(0, longest)
