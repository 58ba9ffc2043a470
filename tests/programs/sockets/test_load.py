"""Many connections, much data, slow readers."""

import re
import resource
import selectors
import signal
import socket
import unittest

from harness import PATIENCE, PLAIN, Server, ServerTest

MANY = 10000
BATCH = 100  # no more than the backlog of the server holds
MEGABYTE = 1 << 20
RECEIVE_BUFFER = 1 << 18  # of a slow reader; the system might choose a very large one


def echo(data):
    return b"a ECHO {%d+}\r\n%s\r\n" % (len(data), data)


class LingeringClose(ServerTest):
    """All output arrives, even if the server or the kernel has unread input when the connection ends."""

    DATA = b"0123456789abcdef" * (MEGABYTE // 16)

    def setUp(self):
        self.client = self.server.login(receive_buffer=4096)
        self.addCleanup(self.client.close)

    def check_all_arrives(self, after):
        sent = self.client.send_aside(echo(self.DATA) + after)
        self.client.expect_echo(self.DATA)
        self.client.play("S: a OK .*")
        sent.result(PATIENCE)  # the server reads late input too, for a while
        self.client.play("END")

    def test_after_an_answer(self):
        self.client.ask()
        self.check_all_arrives(b"%s OK\r\n" % self.client.tag.encode())

    def test_after_an_answer_and_more_input_than_any_buffer_holds(self):
        self.client.ask()
        self.check_all_arrives(b"%s OK\r\n" % self.client.tag.encode() + b"b NOOP\r\n" * (2 * MEGABYTE))

    def test_after_the_clients_logout_and_more_input(self):
        self.client.send_aside(echo(self.DATA) + b"b LOGOUT\r\n" + b"c NOOP\r\n" * 20000)
        self.client.expect_echo(self.DATA)
        self.client.play("S: a OK .*", r"S: \* BYE .*", "S: b OK .*", "END")

    def test_after_end_of_file(self):
        self.client.send_aside(echo(self.DATA)).add_done_callback(lambda _: self.client.shut_down())
        self.client.expect_echo(self.DATA)
        self.client.play("S: a OK .*", "END")


class SlowReader(ServerTest):
    DATA = b"0123456789abcdef" * MEGABYTE

    def setUp(self):
        self.client = self.server.login(receive_buffer=RECEIVE_BUFFER)
        self.addCleanup(self.client.close)

    def test_blocks_nobody(self):
        sent = self.client.send_aside(echo(self.DATA))
        self.client.fill()
        for _ in range(100):
            self.bystander.command("NOOP")
        self.client.expect_echo(self.DATA)
        self.client.play("S: a OK .*")
        sent.result(PATIENCE)
        self.client.ask()
        self.client.answer()

    def test_is_asked_after_its_literal(self):
        server = Server()
        self.addCleanup(server.stop)
        client, sentinel = server.login(receive_buffer=RECEIVE_BUFFER), server.login()
        client.send_aside(echo(self.DATA))
        client.fill()
        server.signal(signal.SIGUSR1)
        sentinel.play("S: TAG LOGOUT")
        sentinel.answer()
        client.expect_echo(self.DATA)
        client.play("S: a OK .*", "S: TAG LOGOUT")
        client.answer()


class Crowd:
    """Many connections in one process, each at its place in one dialogue of (awaited, reply)."""

    def __init__(self, address, dialogue):
        self.address = address
        self.dialogue = dialogue
        self.done = [0] * (len(dialogue) + 1)  # the connections that have done each step; the last step is end of file
        self.selector = selectors.DefaultSelector()

    def join(self):
        connection = socket.create_connection(self.address, timeout=PATIENCE)
        connection.setblocking(False)
        self.selector.register(connection, selectors.EVENT_READ, {"place": 0, "received": b""})

    def until(self, step, connections):
        """Waits until this number of connections has done that step."""
        while self.done[step] < connections:
            ready = self.selector.select(PATIENCE)
            assert ready, f"step {step}: only {self.done[step]} of {connections}"
            for key, _ in ready:
                self._read(key.fileobj, key.data)

    def _read(self, connection, state):
        data = connection.recv(1 << 16)  # a reset raises
        state["received"] += data
        if not data:
            assert state["place"] == len(self.dialogue), state
            self._leave(connection)
        elif re.search(self.dialogue[state["place"]][0], state["received"]):
            connection.send(self.dialogue[state["place"]][1](state["received"]))
            state["received"] = b""
        else:
            return
        self.done[state["place"]] += 1
        state["place"] += 1

    def _leave(self, connection):
        self.selector.unregister(connection)
        connection.close()

    def close(self):
        for key in list(self.selector.get_map().values()):
            self._leave(key.fileobj)


class TenThousand(unittest.TestCase):
    def setUp(self):
        needed = MANY + 100
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < needed:
            self.skipTest(f"{MANY} connections need {needed} open files; the hard limit is {hard}")
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))

    DIALOGUE = (
        (rb"\* OK .*\r\n$", lambda _: b"a LOGIN user secret\r\nb ENABLE X-SERVER-LOGOUT\r\nc IDLE\r\n"),
        (rb"\r\n\+ .*\r\n$", lambda _: b""),
        (rb"^\S+ LOGOUT\r\n$", lambda received: b"* BYE\r\n" + received.split()[0] + b" OK\r\n"),
    )
    IDLE, END = 1, 3

    def test_idle_connections_are_asked_and_leave(self):
        server = Server(build=PLAIN)  # all other tests run with the sanitizers
        self.addCleanup(server.stop)
        crowd = Crowd(server.address, self.DIALOGUE)
        self.addCleanup(crowd.close)
        for connections in range(BATCH, MANY + 1, BATCH):
            for _ in range(BATCH):
                crowd.join()
            crowd.until(self.IDLE, connections)
        server.signal(signal.SIGUSR1)
        crowd.until(self.END, MANY)
        server.signal(signal.SIGTERM)
        server.wait()
        self.assertEqual(server.events.count(b"outcome=ANSWERED"), MANY)


if __name__ == "__main__":
    unittest.main()
