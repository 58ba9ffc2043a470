# SPDX-License-Identifier: BSD-2-Clause
"""A simple IMAP client. It sends exactly the octets of the test, and reads the octets of the server."""

import re
import socket
import ssl
import time
import zlib

CAPABILITY = "X-SERVER-LOGOUT"


class Closed(Exception):
    """The server has closed the connection. The argument is the octets received before."""

    def __str__(self):
        return "after %d octets, ... %r" % (len(self.args[0]), self.args[0][-200:])


class Client:
    def __init__(self, server, user="alice", tls=False, enable=True, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(60)
        self.socket.connect(("127.0.0.1", server.tls_port if tls else server.port))
        if tls:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        self.buffer = b""
        self.received = 0  # octets received since the beginning
        self.tail = b""    # the last octets received
        self.inflate = self.deflate = None
        self.greeting = self.line()
        self.login = self.run("l", "LOGIN %s secret" % user)
        if enable:
            self.run("e", "ENABLE " + CAPABILITY)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    # ---- octets ----

    def send(self, data):
        data = data.encode() if isinstance(data, str) else data
        if self.deflate:
            data = self.deflate.compress(data) + self.deflate.flush(zlib.Z_SYNC_FLUSH)
        self.socket.sendall(data)

    def send_one_by_one(self, data):
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in data.encode():
            self.send(bytes([octet]))
            time.sleep(0.005)

    def _receive(self, most=65536):
        data = self.socket.recv(most)
        if not data:
            raise Closed(self.buffer)
        self.received += len(data)
        self.tail = (self.tail + data)[-1000:]
        self.buffer += self.inflate.decompress(data) if self.inflate else data

    def line(self):
        """Returns one line without its CRLF."""
        while b"\r\n" not in self.buffer:
            self._receive()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode(errors="replace")

    def octets(self, count, pause=0.0, most=65536):
        """Returns `count` octets of a literal. Pauses after each read. If the connection ends first, Closed contains
        the octets received."""
        got = bytearray()
        while True:
            take = self.buffer[:count - len(got)]
            self.buffer = self.buffer[len(take):]
            got += take
            if len(got) == count:
                return bytes(got)
            try:
                self._receive(most)
            except Closed:
                raise Closed(bytes(got)) from None
            time.sleep(pause)

    def rest(self):
        """Returns all octets up to the server's close, and then closes, as clients do."""
        try:
            while True:
                self._receive()
        except Closed:
            rest, self.buffer = self.buffer, b""
            self.close()
            return rest

    # ---- lines ----

    def run(self, tag, command):
        """Sends a command and returns all lines up to its tagged response."""
        self.send("%s %s\r\n" % (tag, command))
        return self.lines_until(tag)

    def lines_until(self, tag):
        lines = [self.line()]
        while not lines[-1].startswith(tag + " "):
            lines.append(self.line())
        return lines

    def logout_tag(self):
        """Reads up to the server's LOGOUT, and returns its tag."""
        while True:
            match = re.fullmatch(r"(\S+) LOGOUT", self.line())
            if match:
                return match[1]

    def compress(self):
        self.run("c", "COMPRESS DEFLATE")
        self.deflate = zlib.compressobj(wbits=-15)
        self.inflate = zlib.decompressobj(wbits=-15)

    def idle(self, tag="i"):
        self.send(tag + " IDLE\r\n")
        while not self.line().startswith("+"):
            pass

    def is_closed(self):
        """Waits for the end of the connection. Returns True if no octet precedes it."""
        return self.rest() == b""
