# SPDX-License-Identifier: BSD-2-Clause
"""The proxy itself: servers that are down, slow or gone; back-pressure; ten thousand connections; signals; and a server
that also uses slogout."""

import re
import resource
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from proxy import PLAIN, Proxy
from servers import BUILD, PATIENCE, wait_until

GREETING = b"* OK [CAPABILITY IMAP4rev1 ENABLE] ready\r\n"
GREETING_SEEN = b"* OK [CAPABILITY IMAP4rev1 ENABLE X-SERVER-LOGOUT] ready\r\n"
BYE = b"* BYE Server is closing the connection\r\n"


def connect(proxy):
    return socket.create_connection((proxy.host, proxy.port), PATIENCE)


def read_to_end(client):
    octets = b""
    while part := client.recv(65536):
        octets += part
    return octets


def read_exact(client, count):
    octets = bytearray()
    while len(octets) < count:
        part = client.recv(min(1 << 20, count - len(octets)))
        assert part, octets
        octets += part
    return bytes(octets)


class ProxyTest(unittest.TestCase):
    def setUp(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listener.close)
        self.listener.settimeout(PATIENCE)

    def start(self, *options, server=None, **more):
        proxy = Proxy(server or self.listener.getsockname()[1], *options, **more)
        self.addCleanup(proxy.stop)
        return proxy

    def pair(self, proxy, greeting=GREETING):
        """Returns both ends of a relay after the greeting."""
        client = connect(proxy)
        server, _ = self.listener.accept()
        server.settimeout(PATIENCE)
        self.addCleanup(client.close)
        self.addCleanup(server.close)
        server.sendall(greeting)
        if greeting == GREETING:
            self.assertEqual(read_exact(client, len(GREETING_SEEN)), GREETING_SEEN)
        return client, server


class Servers(ProxyTest):
    def test_a_server_that_never_accepts_gives_a_bye(self):
        """No process accepts, and the queue of connections is full, so no connection is established."""
        busy = socket.socket()
        busy.bind(("127.0.0.1", 0))
        busy.listen(0)
        waiting = []
        for _ in range(8):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(busy.getsockname())
            waiting.append(one)
        proxy = Proxy(busy.getsockname()[1])
        with connect(proxy) as client:
            self.assertEqual(read_to_end(client), b"* BYE [UNAVAILABLE] The mail server cannot be reached\r\n")
        proxy.stop()
        for one in waiting + [busy]:
            one.close()

    def test_only_the_removed_words_are_missing(self):
        client, server = self.pair(self.start(), greeting=b"")
        server.sendall(b"* OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE IDLE ENABLE COMPRESS=X] ready\r\n* OK more\r\n")
        seen = b"* OK [CAPABILITY IMAP4rev1 IDLE ENABLE X-SERVER-LOGOUT] ready\r\n* OK more\r\n"
        self.assertEqual(read_exact(client, len(seen)), seen)

    def test_a_server_gone_between_lines_gives_a_bye(self):
        client, server = self.pair(self.start())
        server.sendall(b"* 1 EXISTS\r\n")
        server.close()
        self.assertEqual(read_to_end(client), b"* 1 EXISTS\r\n* BYE [UNAVAILABLE] The mail server has closed the connection\r\n")

    def test_a_server_gone_inside_a_line_gives_no_bye(self):
        for rest in (b"* 1 EXI", b"* 1 FETCH (BODY[] {10}\r\nab\r\n"):
            client, server = self.pair(self.start())
            server.sendall(rest)
            server.close()
            self.assertEqual(read_to_end(client), rest)

    def test_a_server_gone_after_its_own_bye_gives_no_second_bye(self):
        client, server = self.pair(self.start())
        server.sendall(b"* BYE Logging out\r\n")
        server.close()
        self.assertEqual(read_to_end(client), b"* BYE Logging out\r\n")

    def test_a_server_gone_before_the_greeting_gives_a_bye(self):
        """The proxy tries the other address, unless the first server has received octets of the client."""
        port = self.listener.getsockname()[1]
        with socket.create_server(("127.0.0.2", port)) as other, tempfile.NamedTemporaryFile("w") as hosts:
            print("127.0.0.1 mail.test\n127.0.0.2 mail.test", file=hosts, flush=True)
            proxy = self.start("--send-proxy", "v1", server=f"mail.test:{port}", hosts=hosts.name)
            for said, tried in ((b"", 2), (b"a NOOP\r\n", 1)):
                client, headers = connect(proxy), set()
                client.sendall(said)
                for _ in range(tried):
                    server, _ = select.select([self.listener, other], [], [], PATIENCE)[0][0].accept()
                    with server, server.makefile("rb") as file:
                        headers.add(file.readline())
                        self.assertEqual(file.read(len(said)), said)
                self.assertEqual(len(headers), 1)
                self.assertEqual(read_to_end(client), b"* BYE [UNAVAILABLE] The mail server cannot be reached\r\n")
                client.close()
        proxy.wait_event(r"connection=2 server=\S+ failed: the connection has ended before the greeting")
        self.assertEqual(proxy.events.count(b" failed: "), 3)

    def test_a_client_that_is_gone_ends_its_server_connection(self):
        client, server = self.pair(self.start())
        client.sendall(b"a LOGOUT\r\n")
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(read_to_end(server), b"a LOGOUT\r\n")
        server.sendall(b"* BYE x\r\na OK x\r\n")
        server.close()
        self.assertEqual(read_to_end(client), b"* BYE x\r\na OK x\r\n")

    def test_held_octets_reach_the_server_when_the_client_ends(self):
        """The octets that the filter held reach the server, and so does the end of file."""
        proxy = self.start("--ask", "all")
        client, server = self.pair(proxy)
        proxy.ask()
        self.assertEqual(client.recv(100), b"SLP.1 LOGOUT\r\n")
        client.sendall(b"SLP.1 O")
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(read_to_end(server), b"SLP.1 O")

    def test_ipv6_addresses_work(self):
        try:
            listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
        except OSError:
            self.skipTest("no IPv6 here")
        proxy = Proxy(f"[::1]:{listener.getsockname()[1]}", listen="[::1]:0")
        client = connect(proxy)
        server, _ = listener.accept()
        server.sendall(GREETING)
        self.assertEqual(read_exact(client, len(GREETING_SEEN)), GREETING_SEEN)
        for end in (client, server, listener):
            end.close()
        proxy.stop()


class BackPressure(ProxyTest):
    """One side sends 64 MB, and the other side does not read. The kernel may buffer some octets, and the proxy 64
    KB."""
    SIZE = 64 << 20

    def memory(self, proxy):
        with open(f"/proc/{proxy.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) * 1024

    def check(self, source, sink, announcement, proxy):
        """`source` sends the announcement, and then a literal of SIZE octets."""
        sent = 0
        piece = bytes(range(1, 251)) * 400
        source.sendall(announcement)
        before = self.memory(proxy)
        source.settimeout(0.5)
        try:
            while sent < self.SIZE:
                sent += source.send(piece[sent % len(piece):])
        except TimeoutError:
            pass
        self.assertLess(sent, self.SIZE // 2)
        self.assertLess(self.memory(proxy) - before, 65536 * 2)
        source.settimeout(PATIENCE)
        rest = threading.Thread(target=self.send_rest, args=(source, sent, piece))
        rest.start()
        got = read_exact(sink, len(announcement) + self.SIZE)[len(announcement):]
        rest.join()
        self.assertTrue(got == (piece * (self.SIZE // len(piece) + 1))[:self.SIZE])

    def send_rest(self, source, sent, piece):
        while sent < self.SIZE:
            sent += source.send(piece[sent % len(piece):][:self.SIZE - sent])

    def test_a_client_that_does_not_read_fills_no_memory(self):
        proxy = self.start(program=PLAIN)
        client, server = self.pair(proxy)
        self.check(server, client, b"* 1 FETCH (BODY[] {%d}\r\n" % self.SIZE, proxy)

    def test_a_server_that_does_not_read_fills_no_memory(self):
        proxy = self.start(program=PLAIN)
        client, server = self.pair(proxy)
        self.check(client, server, b"a APPEND INBOX {%d+}\r\n" % self.SIZE, proxy)


class Signals(ProxyTest):
    def test_the_second_signal_ends_the_wait_for_clients(self):
        """One client was asked and does not answer, one is inside a literal, one has a blind filter, and the server of
        one has sent BYE and keeps the connection open."""
        proxy = self.start("--ask", "all")
        asked, inside = self.pair(proxy), self.pair(proxy)
        blind, parting = self.pair(proxy), self.pair(proxy)
        inside[1].sendall(b"* 1 FETCH (BODY[] {100}\r\nab")
        blind[1].sendall(b"what is this {3}\r\n")
        parting[1].sendall(b"* BYE x\r\n")
        for client, server in (inside, blind, parting):
            client.recv(100)
        proxy.terminate()
        self.assertEqual(asked[0].recv(100), b"SLP.1 LOGOUT\r\n")
        time.sleep(0.2)  # so that the second signal is separate
        proxy.terminate()
        self.assertEqual(read_to_end(asked[0]), BYE)
        for client, server in (asked, inside, blind, parting):
            self.assertIn(read_to_end(client), (b"", BYE))
            client.close()
            server.close()
        proxy.end()
        self.assertEqual(sorted(proxy.outcomes()), ["FORCED"] * 3)
        # Those of the second client and of the blind filter.
        self.assertIn(b" without_bye=2 over_limit=0 cut_off=2\n", proxy.events)


class SlogoutServer(unittest.TestCase):
    """The echo server uses slogout itself."""

    def setUp(self):
        self.server = subprocess.Popen([BUILD / "examples/echo_server", "--listen", "127.0.0.1:0"],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(self.server.stdout.close)
        self.addCleanup(self.server.wait)
        self.addCleanup(self.server.kill)
        port = int(self.server.stdout.readline().rsplit(b":", 1)[1])
        self.proxy = Proxy(port)
        self.addCleanup(self.proxy.stop)
        self.client = connect(self.proxy)
        self.addCleanup(self.client.close)
        self.file = self.client.makefile("rb")
        self.addCleanup(self.file.close)
        self.assertEqual(self.file.readline().count(b"X-SERVER-LOGOUT"), 1)
        self.client.sendall(b"a LOGIN u p\r\nb ENABLE X-SERVER-LOGOUT\r\n")
        self.assertTrue(self.file.readline().startswith(b"a OK"))
        self.assertEqual(self.file.readline(), b"* ENABLED X-SERVER-LOGOUT\r\n")
        self.assertTrue(self.file.readline().startswith(b"b OK"))

    def test_a_request_of_the_server_is_passed(self):
        self.server.send_signal(signal.SIGUSR1)
        self.assertEqual(self.file.readline(), b"SLO.1 LOGOUT\r\n")
        self.proxy.ask()
        time.sleep(0.2)
        self.client.sendall(b"* BYE\r\nSLO.1 OK done\r\n")
        self.assertEqual(self.file.read(), b"")

    def test_a_request_of_the_proxy_hides_that_of_the_server(self):
        self.proxy.ask()
        self.assertEqual(self.file.readline(), b"SLP.1 LOGOUT\r\n")
        self.server.send_signal(signal.SIGUSR1)
        time.sleep(0.2)
        self.client.sendall(b"* BYE\r\nSLP.1 OK done\r\n")
        self.assertEqual(self.file.read(), b"")
        wait_until(lambda: self.proxy.outcomes() == ["ANSWERED"])


class TenThousand(ProxyTest):
    """Ten thousand connections, or as many as the system's limit of descriptors allows: the test and the proxy need two
    descriptors for each connection."""
    WANTED = 10000

    def setUp(self):
        super().setUp()
        self.count = self.raise_limit()
        self.listener.listen(1000)

    def raise_limit(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        needed = 2 * self.WANTED + 100
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, max(hard, needed)))
        except (ValueError, PermissionError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        return min(self.WANTED, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2 - 50)

    def test_ten_thousand_connections_are_served_by_two_threads(self):
        proxy = self.start("--threads", "2", "--quiet", "--spread", "3000", program=PLAIN)
        empty = BackPressure.memory(self, proxy)
        pairs = []
        for _ in range(self.count):
            client = connect(proxy)
            server, _ = self.listener.accept()
            server.sendall(GREETING)
            pairs.append((client, server))
        for client, server in pairs:
            self.assertEqual(read_exact(client, len(GREETING_SEEN)), GREETING_SEEN)
        memory = (BackPressure.memory(self, proxy) - empty) / self.count
        self.assertLess(memory, 2048)
        for number, (client, server) in enumerate(pairs):
            client.sendall(b"a%d NOOP\r\n" % number)
        for number, (client, server) in enumerate(pairs):
            self.assertEqual(server.recv(100), b"a%d NOOP\r\n" % number)
            server.sendall(b"a%d OK done\r\n" % number)
        for number, (client, server) in enumerate(pairs):
            text = b"a%d OK done\r\n" % number
            self.assertEqual(read_exact(client, len(text)), text)
        began = time.monotonic()
        proxy.terminate()
        for client, server in pairs:
            self.assertEqual(read_to_end(client), BYE)
            client.close()
        for client, server in pairs:
            self.assertEqual(server.recv(100), b"")
            server.close()
        proxy.end()
        print(f"{self.count} connections on two threads: {memory:.0f} bytes of resident memory each; "
              f"all told BYE and gone in {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    unittest.main()
