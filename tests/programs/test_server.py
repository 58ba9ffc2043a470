# SPDX-License-Identifier: BSD-2-Clause
"""The end of a server: SIGTERM at each moment, and clients that try to delay the end. The tests run with the echo
server and with each example host."""

import contextlib
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

from harness import PATIENCE, ROOT, SERVER, Connection, Server

MANY = 100 if SERVER == "blocking" else 1000  # a process for each connection takes more time
MESSAGE_MAX = 9999999
FETCHED = r"S: \* 1 FETCH \(BODY\[\] \{%d\}" % MESSAGE_MAX
RECEIVE_BUFFER = 1 << 16  # of a client that reads slowly; the system might choose a very large buffer


class LeavingTest(unittest.TestCase):
    options = ()

    def setUp(self):
        self.server = Server(*self.options)
        self.addCleanup(self.server.stop)

    def login(self, enable=True, receive_buffer=None):
        client = self.server.login(enable, receive_buffer)
        self.addCleanup(client.close)
        return client

    def end(self, *outcomes):
        """Checks that the server ends by itself after its last client, with these outcomes."""
        self.server.wait()
        self.assertEqual(self.server.outcomes(), sorted(outcomes))


# The steps of a client before SIGTERM and after it. A client that is at rest is asked at once, any other client when it
# comes to rest. NOW stands for reading the LOGOUT.
MOMENTS = {
    "at_rest": ((), ("NOW", "C: * BYE leaving", "C: TAG OK done", "END")),
    "in_idle_answered_without_done": (("C: a IDLE", r"S: \+.*"), ("NOW", "C: TAG OK", "END")),
    "in_idle_answered_after_done": (("C: a IDLE", r"S: \+.*"), ("NOW", "C: DONE", "S: a OK .*", "C: TAG OK", "END")),
    "in_idle_answered_in_one_segment_with_done": (
        ("C: a IDLE", r"S: \+.*"), ("NOW", "c: DONE\r\n* BYE\r\nTAG OK\r\n", "S: a OK .*", "END")),
    "in_a_literal": (("C: a ECHO {5}", r"S: \+.*"), (
        "c: hel", "c: lo\r\n", r"S: \* ECHO \{5}", "S: hello", "S: a OK .*", "NOW", "C: TAG OK", "END")),
    "between_two_literals": (("C: a LOGIN {1}", r"S: \+.*"), (
        "C: u {1+}", "C: p", "S: a OK .*", "NOW", "C: TAG OK", "END")),
    "in_half_a_line": (("c: a NO",), ("NOW", "C: OP", "S: a OK .*", "C: TAG OK", "END")),
}


class Moments(LeavingTest):
    """A second client, the sentinel, is asked, too. Its LOGOUT shows that the server has handled the signal."""

    def play(self, before, after):
        client, sentinel = self.login(), self.login()
        client.play(*before)
        sentinel.command("NOOP")
        self.server.terminate()
        sentinel.play("S: TAG LOGOUT")
        if after[0] != "NOW":
            client.expect_nothing()
        client.play(*("S: TAG LOGOUT" if step == "NOW" else step for step in after))
        sentinel.answer()
        self.end("ANSWERED", "ANSWERED")

    def test_sigterm_while_pipelined_commands_are_queued_cuts_off_nothing(self):
        """LOGOUT is sent between two replies, whenever the signal arrives."""
        client, commands = self.login(), 5000
        client.send(b"".join(b"p%d NOOP\r\n" % i for i in range(commands)))
        self.server.terminate()
        lines = [client.read_line().decode() for _ in range(commands + 1)]
        logout = [line for line in lines if line.endswith(" LOGOUT")]
        self.assertEqual(len(logout), 1)
        lines.remove(logout[0])
        for i, line in enumerate(lines):
            self.assertTrue(line.startswith(f"p{i} OK"), line)
        client.play(f"C: {logout[0].split()[0]} OK", "END")

    def test_sigterm_while_a_large_message_is_sent_cuts_off_nothing(self):
        client = self.login(receive_buffer=RECEIVE_BUFFER)
        client.play(f"C: a FETCH {MESSAGE_MAX}", FETCHED)
        self.server.terminate()
        self.assertEqual(client.read_exact(MESSAGE_MAX), b"x" * MESSAGE_MAX)
        client.play(r"S: \)", "S: a OK .*", "S: TAG LOGOUT")
        client.answer()
        self.end("ANSWERED")

    def test_sigterm_after_the_clients_own_logout_changes_nothing(self):
        client = self.login()
        client.play("C: a LOGOUT", r"S: \* BYE .*", "S: a OK .*")
        self.server.terminate()
        client.play("END")
        self.server.wait()


for name, (steps_before, steps_after) in MOMENTS.items():
    setattr(Moments, "test_" + name,
            lambda self, before=steps_before, after=steps_after: self.play(before, after))


class Leaving(LeavingTest):
    def test_a_server_without_clients_ends_at_once(self):
        self.server.terminate()
        self.end()

    def test_a_client_that_has_not_enabled_the_extension_is_told_by_bye(self):
        client = self.login(enable=False)
        self.server.terminate()
        client.play(r"S: \* BYE .*", "END")
        self.end("BYE_ONLY")

    def test_no_further_clients_are_accepted(self):
        client = self.login()
        self.server.terminate()
        client.play("S: TAG LOGOUT")
        with self.assertRaises(ConnectionRefusedError):
            for _ in range(100 * PATIENCE):  # not all threads stop listening at the same time
                with contextlib.suppress(ConnectionResetError):  # the listening socket is closed at this moment
                    socket.create_connection(self.server.address).close()
                time.sleep(0.01)
        client.answer()
        self.server.wait()

    @unittest.skipIf(SERVER == "libuv", "libuv accepts clients only in its own loop")
    def test_clients_that_have_connected_are_served_although_the_port_closes(self):
        """They wait in the kernel, more than a server accepts in one turn of its loop."""
        self.server.signal(signal.SIGSTOP)
        clients = [Connection(socket.create_connection(self.server.address)) for _ in range(120)]
        self.server.terminate()
        self.server.signal(signal.SIGCONT)
        for client in clients:
            client.play(r"S: \* OK .*", r"S: \* BYE .*", "END")
        self.server.wait()

    def test_a_sigterm_to_each_process_counts_once(self):
        """systemd sends it to the children of a server, too."""
        server = Server(start_new_session=True)
        self.addCleanup(server.stop)
        client = server.login()
        self.addCleanup(client.close)
        os.killpg(server.process.pid, signal.SIGTERM)
        client.play("S: TAG LOGOUT", "C: a NOOP", "S: a OK .*", "C: b NOOP", "S: b OK .*")
        client.answer()
        server.wait_outcome("ANSWERED")

    def test_a_second_sigterm_ends_the_wait_for_answers(self):
        clients = [self.login(), self.login()]
        self.server.terminate()
        for client in clients:
            client.play("S: TAG LOGOUT")
        self.server.terminate()
        for client in clients:
            client.play(r"S: \* BYE .*", "END")
        self.end("FORCED", "FORCED")

    def test_a_client_that_goes_away_when_asked_delays_nothing(self):
        one, other = self.login(), self.login()
        self.server.terminate()
        one.play("S: TAG LOGOUT")
        other.play("S: TAG LOGOUT")
        one.reset()
        other.shut_down()
        other.play("END")
        self.server.wait()

    def test_the_server_ends_when_the_last_connection_is_closed_and_not_before(self):
        client = self.login()
        self.server.terminate()
        client.play("S: TAG LOGOUT", "C: TAG OK")
        self.server.wait_outcome("ANSWERED")
        self.assertIsNone(self.server.process.poll())
        client.play("END")
        self.server.wait()


class Floods(LeavingTest):
    def test_a_flood_of_commands_does_not_keep_a_client_from_being_asked(self):
        """The server always has input to read, and always has room for replies. The number of replies before the LOGOUT
        distinguishes starvation from a slow machine, which sends few replies, too."""
        limit = 1000000  # more replies than all buffers between server and client can hold
        client = self.login(receive_buffer=RECEIVE_BUFFER)
        sent = client.send_aside(b"a NOOP\r\n" * 10 * limit)
        received, replies, after = b"", 0, None
        while b" LOGOUT\r\n" not in received:
            received = received[-100:] + (data := client.socket.recv(1 << 20))
            self.assertTrue(data, "the connection was closed")
            replies += data.count(b"\n")
            if after is None and replies > 10000:
                self.server.terminate()
                after = replies
            self.assertLess(replies, (after or replies) + limit, "the client is starved")
        client.close()
        self.assertRaises(OSError, sent.result)
        self.server.wait()

    def test_a_flood_of_connections_does_not_keep_a_client_from_being_asked(self):
        client, begun = self.login(), threading.Semaphore(0)

        def flood():
            with contextlib.suppress(ConnectionRefusedError):
                while True:
                    with contextlib.suppress(ConnectionResetError):
                        socket.create_connection(self.server.address).close()
                        begun.release()

        floods = [threading.Thread(target=flood) for _ in range(4)]
        for thread in floods:
            thread.start()
        for _ in range(100):
            self.assertTrue(begun.acquire(timeout=PATIENCE))
        self.server.terminate()
        client.play("S: TAG LOGOUT")
        client.answer()
        self.server.wait()
        for thread in floods:
            thread.join()

    def test_input_after_the_answer_does_not_reset_the_connection(self):
        """The client sends more than any buffer holds, and reads all of a large response."""
        client = self.login(receive_buffer=RECEIVE_BUFFER)
        client.ask()
        size = 1 << 20
        sent = client.send_aside(b"a FETCH %d\r\n%s OK\r\n" % (size, client.tag.encode()) + b"b NOOP\r\n" * (1 << 21))
        client.play(r"S: \* 1 FETCH \(BODY\[\] \{%d\}" % size)
        self.assertEqual(client.read_exact(size), b"x" * size)
        client.play(r"S: \)", "S: a OK .*")
        sent.result()
        client.play("END")


class Silence(LeavingTest):
    """Clients for which a server without timers would wait forever."""

    options = ("--ready-timeout", "1000", "--leave-timeout", "1000")

    def fill(self, client):
        """Sends commands until all buffers for their replies are full."""
        client.socket.settimeout(1)
        with self.assertRaises(TimeoutError):
            while True:
                client.send(b"a NOOP\r\n" * 10000)
        client.socket.settimeout(PATIENCE)

    def test_a_client_that_never_reads_is_closed_in_time(self):
        """One client has not read its replies, so BYE is queued after them. The other client is in the middle of a
        message, and receives neither LOGOUT nor BYE."""
        flood, fetch = self.login(enable=False, receive_buffer=4096), self.login(receive_buffer=4096)
        bystander = self.login()
        self.fill(flood)
        fetch.play(f"C: a FETCH {MESSAGE_MAX}", FETCHED)
        self.server.terminate()
        bystander.play("S: TAG LOGOUT")
        bystander.answer()
        self.end("ANSWERED", "BYE_ONLY", "NEVER_READY")
        self.assertIn(b"outcome=NEVER_READY tag=- bye_sent=0", self.server.events)
        rest = fetch.read_to_end()
        self.assertRegex(rest, rb"\Ax*\Z")
        self.assertLess(len(rest), MESSAGE_MAX)

    def test_a_client_that_reads_late_loses_nothing(self):
        client = self.login(enable=False, receive_buffer=4096)
        self.fill(client)
        self.server.terminate()
        self.server.wait_outcome("BYE_ONLY")
        self.assertRegex(client.read_to_end(), rb"\A(a OK completed\r\n)+\* BYE [^\n]*\r\n\Z")

    def test_a_response_that_has_begun_is_completed_before_the_end(self):
        client = self.login(receive_buffer=RECEIVE_BUFFER)
        client.play(f"c: a FETCH {MESSAGE_MAX}\r\nb NOOP\r\n", FETCHED)
        self.server.terminate()
        self.server.wait_outcome("NEVER_READY")
        received = client.read_to_end()
        self.assertEqual(received, b"x" * MESSAGE_MAX + b")\r\na OK completed\r\n")

    def test_a_client_that_sends_half_a_line_is_told(self):
        """The clients send one octet at a time. A client is at rest if no command is running, even after half a
        line."""
        old, new, literal = self.login(enable=False), self.login(), self.login()
        literal.play("c: a ECHO {1000}\r\n", r"S: \+ .*")
        for octet in "b NOOP":
            for client in (old, new, literal):
                client.play("c: " + octet)
        self.server.terminate()
        old.play(r"S: \* BYE .*")
        new.play("S: TAG LOGOUT")
        for client in (old, literal):
            with self.assertRaises((BrokenPipeError, ConnectionResetError)):
                for _ in range(100 * PATIENCE):
                    client.play("c: x")
                    time.sleep(0.01)
        new.play("C: ", "S: b OK .*")
        new.answer()
        self.end("ANSWERED", "BYE_ONLY", "NEVER_READY")
        self.assertIn(b"outcome=NEVER_READY tag=- bye_sent=1", self.server.events)


class Crowd(LeavingTest):
    options = ("--spread", "3000", "--deadline", "300000")

    def test_a_crowd_leaves_one_after_the_other(self):
        """If each connection has a process, each process chooses its own random instant."""
        clients = subprocess.Popen([sys.executable, "-B", ROOT / "tests/programs/drain_clients.py",
                                    *map(str, self.server.address), str(MANY), "ok"], stdout=subprocess.PIPE)
        self.addCleanup(clients.stdout.close)
        self.addCleanup(clients.wait)
        self.addCleanup(clients.kill)
        self.assertEqual(clients.stdout.readline(), b"ready\n")
        self.server.terminate()
        result = json.loads(clients.communicate(timeout=2 * PATIENCE)[0])
        self.end(*["ANSWERED"] * MANY)
        self.assertEqual([len(result["told"]), result["eof"], result["reset"]], [MANY, MANY, 0])
        self.assertGreater(max(result["told"]) - min(result["told"]), 1, "all clients were asked at once")

    def test_a_crowd_leaves_sooner_after_a_second_signal(self):
        clients = [self.login() for _ in range(20)]
        self.server.terminate()
        select.select([client.socket for client in clients], [], [], PATIENCE)  # wait until the first client is asked
        self.server.terminate()
        for client in clients:
            self.assertRegex(client.read_to_end(), rb"\A(SLO\.\d+ LOGOUT\r\n)?\* BYE [^\n]*\r\n\Z")
            client.close()
        self.end(*["FORCED"] * len(clients))


@unittest.skipUnless(SERVER == "blocking", "only the writes of this server block")
class Writes(LeavingTest):
    options = ("--write-timeout", "1000")

    def test_a_write_times_out_although_no_client_must_leave(self):
        """The system may accept some octets long after it has reported that there is no room."""
        client = self.login(receive_buffer=4096)
        client.send(b"a FETCH %d\r\n" % MESSAGE_MAX)
        with self.assertRaises((BrokenPipeError, ConnectionResetError)):
            for _ in range(10 * PATIENCE):
                client.send(b"x")
                time.sleep(0.1)


@unittest.skipIf(SERVER == "blocking", "its parent process keeps no descriptor of a client")
class Descriptors(unittest.TestCase):
    def test_the_server_continues_while_all_descriptors_are_in_use(self):
        server = Server(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))
        self.addCleanup(server.stop)
        bystander = server.login()
        self.addCleanup(bystander.close)
        crowd = [socket.create_connection(server.address) for _ in range(60)]
        for _ in range(10):
            bystander.command("NOOP")
        for client in crowd:
            client.close()
        late = Connection(socket.create_connection(server.address))
        self.addCleanup(late.close)
        while not late.fill():  # a client that was sent away tries again
            late.close()
            late = Connection(socket.create_connection(server.address))
        late.play(r"S: \* OK .*", "C: a NOOP", "S: a OK .*")


if __name__ == "__main__":
    unittest.main()
