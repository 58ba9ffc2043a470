# SPDX-License-Identifier: BSD-2-Clause
"""A relay between a client and a server. It terminates TLS and reads each line of both sides. At a line, it can do
things that no server does on demand: delay the line, add its own lines, or cut the connection."""

import asyncio
import contextlib
import re
import socket
import ssl
import threading

from servers import PATIENCE

LIMIT = 1 << 24


class Rule:
    """The actions at the next matching line of one side ("up" is the client). The relay sends `before` and `after` to
    the client before and after the line, in the same segment. {0} stands for the first word of the line. If `drop` is
    true, the relay discards the line."""

    def __init__(self, side, pattern, before=b"", after=b"", hold=False, drop=False, cut=False):
        self.side, self.pattern = side, re.compile(pattern)
        self.before, self.after, self.hold, self.drop, self.cut = before, after, hold, drop, cut
        self.happened, self.released = threading.Event(), threading.Event()


class Connection:
    def __init__(self):
        self.lines = []  # (side, line), without long lines
        self.writers = []
        self.to_client = asyncio.Lock()
        self.closed = False
        self.asked, self.answers, self.after_answer = [], [], []

    def close(self):
        self.closed = True
        for writer in self.writers:
            writer.close()


class Relay:
    """Relays to a port, with TLS to the client if there is a certificate, and with TLS to the server if `tls` is true.
    The relay hides COMPRESS from the client. If `strip` is true, it also hides LITERAL+, so that the client waits for
    `+`."""

    def __init__(self, port, certificate=None, tls=False, strip=False):
        self.upstream, self.certificate, self.tls, self.strip = port, certificate, tls, strip
        self.rules, self.connections = [], []
        self.refused, self.changed = 0, threading.Condition()
        self.loop = asyncio.new_event_loop()
        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
        ready = threading.Event()

        async def listen():
            self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=context, limit=LIMIT)
            self.port = self.server.sockets[0].getsockname()[1]
            ready.set()

        def run():
            asyncio.set_event_loop(self.loop)
            self.loop.set_exception_handler(lambda *_: None)  # the tests break connections on purpose
            self.loop.run_until_complete(listen())
            self.loop.run_forever()

        threading.Thread(target=run, daemon=True).start()
        ready.wait()

    async def serve(self, reader, writer):
        connection = Connection()
        connection.writers.append(writer)
        try:
            upstream = socket.socket()
            upstream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            upstream.setblocking(False)
            await self.loop.sock_connect(upstream, ("127.0.0.1", self.upstream))
            up_reader, up_writer = await asyncio.open_connection(
                sock=upstream, limit=LIMIT, ssl=ssl._create_unverified_context() if self.tls else None,
                server_hostname="localhost" if self.tls else None)
        except OSError:
            upstream.close()
            writer.close()
            self.note(lambda: setattr(self, "refused", self.refused + 1))
            return
        connection.writers.append(up_writer)
        self.note(lambda: self.connections.append(connection))
        await asyncio.wait([asyncio.ensure_future(self.pump(connection, "down", up_reader, writer, writer)),
                            asyncio.ensure_future(self.pump(connection, "up", reader, up_writer, writer))],
                           return_when=asyncio.FIRST_COMPLETED)
        self.note(connection.close)

    def note(self, change):
        with self.changed:
            change()
            self.changed.notify_all()

    async def pump(self, connection, side, reader, writer, client):
        try:
            while True:
                line = await reader.readline()
                if not line or not await self.pass_on(connection, side, line, writer, client):
                    return
        except (OSError, ValueError):
            pass

    async def pass_on(self, connection, side, line, writer, client):
        if b"CAPABILITY " in line:
            line = re.sub(rb" COMPRESS=DEFLATE| LITERAL\+" if self.strip else rb" COMPRESS=DEFLATE", b"", line)
        if len(line) < 200:
            self.note(lambda: connection.lines.append((side, line)))
        if side == "up" and self.is_answer(connection, line):
            return len(connection.answers) < len(connection.asked)
        rule = next((rule for rule in self.rules if rule.side == side and rule.pattern.search(line)), None)
        if rule:
            self.rules.remove(rule)
            before, after = (text.replace(b"{0}", line.split()[0]) for text in (rule.before, rule.after))
            connection.asked += re.findall(rb"(?mi)^(\S+) LOGOUT\r$", before + after)
            rule.happened.set()
            while rule.hold and not rule.released.is_set():
                await asyncio.sleep(0.01)
            if side == "down" and not rule.drop:
                line = before + line + after
            else:
                client.write(before + after)
        if not (rule and rule.drop):
            async with connection.to_client if side == "down" else contextlib.nullcontext():
                writer.write(line)
                await writer.drain()
        if rule and rule.cut:
            await asyncio.sleep(0.05)
        return not (rule and rule.cut)

    def is_answer(self, connection, line):
        """Returns whether the line is the answer to a request of the relay. The server must not see it."""
        words = line.split()
        if connection.answers and connection.asked and len(connection.answers) == len(connection.asked):
            connection.after_answer.append(line)
        if len(words) < 2 or words[1] != b"OK" or words[0] not in connection.asked:
            return False
        self.note(lambda: connection.answers.append(words[0]))
        return True

    # ---- for the tests ----

    def rule(self, *arguments, **options):
        rule = Rule(*arguments, **options)
        self.rules.append(rule)
        return rule

    def last(self):
        return self.connections[-1]

    def close(self):
        async def stop():
            self.server.close()
            for connection in self.connections:
                connection.close()
            self.loop.call_later(0.1, self.loop.stop)
        asyncio.run_coroutine_threadsafe(stop(), self.loop)

    def send(self, *parts, cut=False):
        """Sends parts to the client of the last connection, each in its own segment."""
        connection = self.last()
        connection.asked += re.findall(rb"(?mi)^(\S+) LOGOUT\r$", b"".join(parts))

        async def write():
            async with connection.to_client:
                for part in parts:
                    connection.writers[0].write(part)
                    await connection.writers[0].drain()
                    await asyncio.sleep(0.03)
            if cut:
                self.note(connection.close)
        asyncio.run_coroutine_threadsafe(write(), self.loop).result(PATIENCE)

    def wait(self, condition, what):
        with self.changed:
            if not self.changed.wait_for(condition, PATIENCE):
                raise AssertionError("timed out while waiting for: " + what)

    def wait_line(self, side, pattern, connection, since=0):
        """Waits for a matching line after the first `since` lines."""
        self.wait(lambda: any(s == side and re.search(pattern, line) for s, line in connection.lines[since:]),
                  "%s %r in %r" % (side, pattern, connection.lines[-8:]))
