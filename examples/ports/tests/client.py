# SPDX-License-Identifier: BSD-2-Clause
"""An IMAP client that sends what the case says, octet for octet."""

import re
import socket
import ssl
import zlib

from servers import LIMIT, PASSWORD

CAPABILITY = "X-SERVER-LOGOUT"
REQUEST = re.compile(rb"^(SLO\.\d+) LOGOUT\r\n")


class Client:
    def __init__(self, server, login=True, enable=True, select=True, compress=False, buffer=None):
        self.server = server
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(LIMIT)
        self.socket.connect(("127.0.0.1", server.port))
        self.port = self.socket.getsockname()[1]
        self.input, self.end = bytearray(), None
        self.inflate = self.deflate = None
        if server.tls:
            self.secure()
        self.line()  # the greeting
        if login:
            self.command("LOGIN %s %s" % (server.user, PASSWORD))
            if enable:
                self.send("e ENABLE %s\r\n" % CAPABILITY)
                self.until(rb"e (OK|NO|BAD)")  # BAD, if the server does not know the command
            if compress:
                self.compress()
            if select:
                self.command("SELECT INBOX")

    def secure(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket, suppress_ragged_eofs=False)

    def compress(self):
        self.command("COMPRESS DEFLATE")
        self.inflate, self.deflate = zlib.decompressobj(-15), zlib.compressobj(wbits=-15)

    def hurry(self):
        """Reads fast from here on, so that a message that was queued before the request does not delay the answer."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)

    def process(self):
        return self.server.session(self.port)

    def send(self, octets):
        """The server may have closed already; then the input shows how."""
        octets = octets.encode() if isinstance(octets, str) else octets
        if self.deflate:
            octets = self.deflate.compress(octets) + self.deflate.flush(zlib.Z_SYNC_FLUSH)
        try:
            self.socket.sendall(octets)
        except OSError:
            pass

    def receive(self):
        """Returns False at the end, and keeps how the connection has ended."""
        if self.end is None:
            try:
                octets = self.socket.recv(65536)
                self.input += self.inflate.decompress(octets) if self.inflate else octets
                if octets:
                    return True
                self.end = "closed"
            except ssl.SSLEOFError:
                self.end = "cut"  # without close_notify
            except TimeoutError:
                raise
            except OSError:
                self.end = "reset"
        return False

    def line(self):
        """Returns the next line with its CRLF, or what is left of one at the end."""
        while b"\n" not in self.input and self.receive():
            pass
        line, lf, self.input = self.input.partition(b"\n")
        return line + lf

    def take(self, count):
        """Returns so many octets, or fewer at the end."""
        while len(self.input) < count and self.receive():
            pass
        octets, self.input = self.input[:count], self.input[count:]
        return octets

    def until(self, pattern):
        """Returns the lines up to the one that matches, or to the end."""
        lines = []
        while True:
            line = self.line()
            lines.append(line)
            if not line or re.match(pattern, line):
                return lines

    def command(self, text, tag="c"):
        self.send("%s %s\r\n" % (tag, text))
        lines = self.until(rb"%s (OK|NO|BAD)" % tag.encode())
        if not lines[-1].startswith(b"%s OK" % tag.encode()):
            raise AssertionError("%s: %r" % (text, lines))
        return b"".join(lines)

    def leave(self, answer="{} OK\r\n"):
        """Reads to the end, and answers the request of the server. Returns what came: for example "LOGOUT, closed"."""
        words = []
        while True:
            line = self.line()
            if not line:
                break
            request = REQUEST.match(line)
            if request:
                self.send(answer.format(request[1].decode()))
                words.append("LOGOUT")
            elif line.startswith(b"* BYE"):
                words.append("BYE")
            elif re.match(rb"\w+ (OK|NO|BAD)", line):
                words.append(line.split()[1].decode())
        return ", ".join(words + [self.end])
