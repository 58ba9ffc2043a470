# SPDX-License-Identifier: BSD-2-Clause
"""Runs the files of examples/clients against a server that behaves unlike real servers: it asks at each login, refuses
IDLE or ENABLE, keeps the connection open after the answer, or closes it during the login."""

import socketserver
import threading
import time
import unittest

from run import Client
from servers import wait_until

NEVER = 100000  # seconds; a random delay of up to this time is almost certainly longer than a test
REQUEST = b"X1 LOGOUT\r\n"


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        server, lines = self.server, []
        server.connections.append((time.monotonic(), lines))
        self.wfile.write(b"* OK [CAPABILITY IMAP4rev1 ENABLE IDLE X-SERVER-LOGOUT] Hello\r\n")
        for line in self.rfile:
            lines.append(line)
            name = (line.decode().upper().split() + [""])[1]
            reply = server.replies.get(name, server.usual.get(name, b"%s OK Done\r\n"))
            if callable(reply):
                reply = reply(len(server.connections))
            if reply is None:
                break
            self.wfile.write(reply.replace(b"%s", line.split()[0]))
            if line.startswith(b"X1 OK"):
                while not server.is_closing:
                    self.wfile.write(b"* OK Still here\r\n")
                    time.sleep(0.1)
                break
        self.connection.shutdown(1)
        while self.rfile.read(1):
            pass
        server.ended.append(time.monotonic())


class Server(socketserver.ThreadingTCPServer):
    """A scripted server. replies: the octets to send after each command, or a function of the number of connections
    that returns them, or None to end the output."""
    daemon_threads = True
    usual = {"CAPABILITY": b"* CAPABILITY IMAP4rev1 ENABLE IDLE X-SERVER-LOGOUT\r\n%s OK Done\r\n",
             "IDLE": b"+ idling\r\n", "SELECT": b"* 1 EXISTS\r\n%s OK [READ-WRITE] Done\r\n", "OK": b"", "": b"",
             "LIST": b'* LIST () "/" INBOX\r\n%s OK Done\r\n', "LOGOUT": b"* BYE Bye\r\n%s OK Done\r\n"}

    def __init__(self, replies, is_closing=True):
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies, self.is_closing, self.connections, self.ended = replies, is_closing, [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        self.ended.append(time.monotonic())  # a reset

    def lines(self):
        return [line for _, lines in self.connections for line in lines]


class Scripted(unittest.TestCase):
    def start(self, library, replies, delay=NEVER, **options):
        server = Server(replies, **options)
        client = Client(library, server.server_address[1], False, "user", delay)
        self.addCleanup(lambda: (client.close(), server.shutdown(), server.server_close()))
        return server, client

    def each(self, libraries, test):
        for library in libraries.split():
            with self.subTest(library=library):
                test(library)

    def test_a_server_that_asks_at_each_login_is_reached_after_the_delay(self):
        def test(library):
            server, client = self.start(library, {"ENABLE": b"%s OK Done\r\n" + REQUEST})
            client.start("noop -")
            wait_until(lambda: server.ended, "the end")
            client.start("noop -")
            time.sleep(1)
            self.assertEqual(len(server.connections), 1)
        self.each("imaplib imapflow javamail", test)

    def test_an_application_can_log_in_at_once(self):
        def test(library):
            server, client = self.start(library, {"NOOP": b"%s OK Done\r\n" + REQUEST})
            client.do("noop -")
            wait_until(lambda: client.do("hurry -") and len(server.connections) > 1, "a login at once")
        self.each("imaplib imapflow javamail", test)

    def test_a_server_that_keeps_the_connection_after_the_answer_is_left(self):
        def test(library):
            server, client = self.start(library, {"NOOP": b"%s OK Done\r\n" + REQUEST}, is_closing=False)
            client.start("noop -")
            wait_until(lambda: server.ended, "the end")
        self.each("imaplib imapflow javamail", test)

    def test_a_server_that_refuses_idle_keeps_its_client(self):
        for refusal in (b"%s NO Not here\r\n", b"%s BAD Unknown\r\n"):
            server, client = self.start("imaplib", {"IDLE": refusal})
            client.do("idle -")
            wait_until(lambda: sum(b" IDLE" in line for line in server.lines()) > 1, "another IDLE")
            self.assertEqual(len(server.connections), 1)
            self.assertNotIn(b"DONE\r\n", server.lines())

    def test_a_refused_enable_is_not_an_error(self):
        def test(library):
            server, client = self.start(library, {"ENABLE": b"%s BAD Unknown\r\n"})
            self.assertEqual(client.do("noop -"), "ok")
        self.each("imaplib imapflow javamail", test)

    def test_a_login_that_fails_is_repeated_at_rest_and_closed(self):
        """driver.py raises RuntimeError if the server refuses the password."""
        def login(number):
            return b"%s NO No\r\n" if number in (2, 3) else b"%s OK Done\r\n"

        def enable(number):
            return None if number == 4 else b"%s OK Done\r\n"
        server, client = self.start("imaplib", {"LOGIN": login, "ENABLE": enable,
                                                "NOOP": b"%s OK Done\r\n" + REQUEST}, 0.1)
        client.do("noop -")
        wait_until(lambda: len(server.connections) > 4 and len(server.ended) > 3, "the fifth login")
        self.assertEqual(client.errors(), [])

    def test_no_login_follows_a_logout(self):
        server, client = self.start("imaplib", {})
        self.assertEqual(client.do("leave -"), "ok")
        time.sleep(1)
        self.assertEqual(len(server.connections), 1)
        self.assertEqual(client.do("noop -"), "ok")

        def test(library):
            _, client = self.start(library, {})
            self.assertEqual(client.do("logout -"), "ok")
            self.assertIn("error", client.do("noop -"))
        self.each("imapflow javamail", test)

    def test_the_delay_begins_with_the_end_of_the_connection(self):
        """The request arrives directly after the store has looked. At least one of twenty random delays must be
        short."""
        server, client = self.start("javamail", {}, 1)

        def delay():
            client.do("noop -")
            seen, count, connections = len(server.lines()), len(server.ended), len(server.connections)
            wait_until(lambda: len(server.lines()) > seen, "a look")
            server.replies["NOOP"] = b"%s OK Done\r\n" + REQUEST
            client.do("noop -")
            server.replies.clear()
            wait_until(lambda: len(server.ended) > count, "the end")
            wait_until(lambda: len(server.connections) > connections, "the next login")
            return server.connections[-1][0] - server.ended[-1]
        self.assertTrue(any(delay() < 0.8 for _ in range(20)))


if __name__ == "__main__":
    unittest.main(warnings="ignore")
