# SPDX-License-Identifier: BSD-2-Clause
"""IMAP clients that work on one connection after another until a run is over, and count the harm that they notice."""

import asyncio
import hashlib
import random
import re
import socket
import time

# The number of clients, out of 1,000, for each kind of work. One in five of the clients that read has enabled
# X-SERVER-LOGOUT.
KINDS = {"idle": 590, "noop": 150, "fetch": 150, "append": 96, "slow": 8, "deaf": 5, "stuck": 1}
ABSENT = ("deaf", "stuck")  # these clients read nothing after their login, and do not log in again
# Octets of the messages to fetch. The message for the stuck client does not fit into the buffers on its way.
SIZES = {"fetch": 100_000, "slow": 8_000_000, "stuck": 24_000_000}


def message(identity, size):
    return b"Message-ID: <%s@fleet>\r\n\r\n" % identity.encode() + b"0123456789abcdef\r\n" * (size // 18)


def digest(octets):
    return hashlib.sha256(octets).digest()


class Gone(Exception):
    """The connection has ended."""


class Connection:
    """An IMAP connection. It records whether its client was told to leave, and which work was incomplete at its end."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.tags = 0
        self.asked = None  # the tag of the server's LOGOUT
        self.is_told = self.is_in_literal = self.is_uploading = False

    async def octets(self, read):
        try:
            data = await read
        except OSError:
            data = b""
        if not data:
            raise Gone
        return data

    async def line(self):
        line = await self.octets(self.reader.readline())
        asked = re.fullmatch(rb"(\S+) LOGOUT\r\n", line)
        self.asked = asked[1] if asked else self.asked
        self.is_told |= line.startswith(b"* BYE") or bool(asked)
        return line

    async def literal(self, count, pause):
        """Reads a literal, and returns its digest."""
        self.is_in_literal, hashed = True, hashlib.sha256()
        while count:
            data = await self.octets(self.reader.read(min(count, 65536)))
            count -= len(data)
            hashed.update(data)
            await asyncio.sleep(pause)
        self.is_in_literal = False
        return hashed.digest()

    async def until(self, *beginnings, pause=0.0):
        """Returns the next line that begins with one of these texts, and the digests of the literals before it."""
        digests = []
        while not (line := await self.line()).startswith(beginnings):
            if length := re.search(rb"\{(\d+)\}\r\n$", line):
                digests.append(await self.literal(int(length[1]), pause))
        return line, digests

    def send(self, *words):
        self.tags += 1
        self.writer.write(b" ".join((b"a%d" % self.tags, *words)) + b"\r\n")
        return b"a%d " % self.tags

    async def command(self, *words, pause=0.0):
        tag = self.send(*words)
        line, digests = await self.until(tag, pause=pause)
        assert line.startswith(tag + b"OK"), line
        await self.leave_if_asked()
        return digests

    async def rest(self, seconds):
        """Waits for this time, or until the server asks the client to leave."""
        try:
            async with asyncio.timeout(seconds):
                while not self.asked:
                    await self.line()
        except TimeoutError:
            return
        await self.leave_if_asked()

    async def leave_if_asked(self):
        if not self.asked:
            return
        self.writer.write(b"* BYE Leaving\r\n" + self.asked + b" OK Done\r\n")
        while True:
            await self.octets(self.reader.read(65536))


class Client:
    """A client that does one kind of work on one connection after another until the run is over."""

    def __init__(self, run, number, kind):
        self.run, self.kind, self.port, self.latencies = run, kind, run.port, run.latencies
        self.name = f"{kind}{number}" if kind == "append" else kind
        self.enables = number % 5 == 0 and kind not in ABSENT
        self.connection, self.task, self.is_in = None, None, False
        self.moves = self.appended = 0

    async def log_in(self):
        end = socket.socket()
        end.setblocking(False)
        if self.kind in ("slow", "stuck"):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        await asyncio.get_running_loop().sock_connect(end, ("127.0.0.1", self.port))
        connection = self.connection = Connection(*await asyncio.open_connection(sock=end))
        await connection.until(b"* OK")
        await connection.command(b"LOGIN", self.name.encode(), b"x")
        if self.enables:
            await connection.command(b"ENABLE X-SERVER-LOGOUT")
        await connection.command(b"SELECT INBOX")
        self.is_in = True

    async def live(self):
        """Begins to work after the login."""
        while not self.run.over.is_set():
            try:
                await getattr(self, self.kind)(self.connection)
            except Gone:
                self.note_end()
                await self.come_back()
        self.connection.writer.close()

    def note_end(self):
        connection, self.is_in = self.connection, False
        connection.writer.close()
        self.moves += 1
        self.run.counts["untold"] += not connection.is_told
        self.run.counts["literals cut"] += connection.is_in_literal
        self.run.counts["uploads cut"] += connection.is_uploading

    async def come_back(self):
        while not self.is_in:
            self.run.logins.append(time.monotonic())
            try:
                await self.log_in()
            except (Gone, OSError):
                self.run.counts["turned away"] += 1
                await asyncio.sleep(random.random())

    # ---- one round of work, for each kind ----

    async def idle(self, connection):
        tag = connection.send(b"IDLE")
        while not connection.asked:
            await connection.line()
        connection.writer.write(b"DONE\r\n")
        await connection.until(tag)
        await connection.leave_if_asked()

    async def noop(self, connection):
        begun = time.monotonic()
        await connection.command(b"NOOP")
        self.latencies.append((begun, time.monotonic() - begun))
        await connection.rest(random.uniform(0.5, 1.5))

    async def fetch(self, connection, pause=0.0):
        digests = await connection.command(b"UID FETCH 1 BODY.PEEK[]", pause=pause)
        assert digests == [digest(self.run.messages[self.kind])]
        await connection.rest(random.uniform(0.5, 3))

    async def slow(self, connection):
        await self.fetch(connection, pause=0.1)

    async def append(self, connection):
        """Sends a message again if there was no response, as clients do."""
        octets = message(f"{self.name}.{self.appended}", 5000)
        tag = connection.send(b"APPEND INBOX {%d}" % len(octets))
        await connection.until(b"+")
        connection.is_uploading = True
        connection.writer.write(octets + b"\r\n")
        line, _ = await connection.until(tag)
        connection.is_uploading = False
        self.appended += 1
        uid = re.match(tag + rb"OK \[APPENDUID \d+ (\d+)\]", line)[1]
        await connection.leave_if_asked()
        assert await connection.command(b"UID FETCH", uid, b"BODY.PEEK[]") == [digest(octets)]
        await connection.rest(random.uniform(2, 8))

    async def deaf(self, connection):
        connection.writer.transport.pause_reading()
        await self.run.over.wait()

    async def stuck(self, connection):
        connection.writer.transport.pause_reading()
        connection.send(b"UID FETCH 1 BODY.PEEK[]")
        await self.run.over.wait()
