"""What every example host must do, with real sockets. The environment's HOST is the name of the one under test.

As in tests/programs/sockets every wait is bounded and long, and nothing asserts that something was fast: a host that starves
or hangs is told from one on a slow machine by counts, or by waiting for ever."""

import contextlib
import json
import os
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sockets"))
# pylint: disable=wrong-import-position
from harness import BUILD, PATIENCE, ROOT, Connection, Server, start

HOST = os.environ.get("HOST", "poll")
HOSTS = BUILD / "tests/hosts"
MANY = 200 if HOST == "blocking" else 1000  # a process for each is dear
AT_ONCE = ("-s", "0")
SHORT = ("-s", "0", "-r", "1000", "-l", "1000")  # of what a host does when a client never lets it speak
FETCH_MAX = 9999999


class Host(Server):
    """One of the example hosts, on a free port."""

    def __init__(self, *options, program=None):
        self.follow(program or start(HOST, *options, "127.0.0.1", "0", build=HOSTS))

    def terminate(self):
        self.signal(signal.SIGTERM)

    def stop(self):
        """Its end from whatever state. A signal is another one only when the last has been taken, and one that comes when
        the program is at its end already may end it."""
        while self.process.poll() is None:
            self.terminate()
            time.sleep(0.1)
        if not self.process.stdout.closed:
            self.wait(self.process.returncode if self.process.returncode == -signal.SIGTERM else 0)


class HostTest(unittest.TestCase):
    options = AT_ONCE

    def setUp(self):
        self.host = Host(*self.options)
        self.addCleanup(self.host.stop)

    def login(self, enable=True, receive_buffer=None):
        client = self.host.login(enable, receive_buffer)
        self.addCleanup(client.close)
        return client

    def end(self, *outcomes):
        """The host has nobody left, and ends by itself with these outcomes."""
        self.host.wait()
        self.assertEqual(sorted(re.findall(r"outcome=(\w+)", self.host.events.decode())), sorted(outcomes))


class Answers(HostTest):
    def check(self, *steps):
        client = self.login()
        self.host.terminate()
        client.play("S: TAG LOGOUT", *steps, "END")
        self.end("ANSWERED")

    def test_between_commands(self):
        self.check("C: a NOOP", "S: a OK .*", "C: * BYE leaving", "C: TAG OK done")

    def test_byte_by_byte(self):
        client = self.login()
        self.host.terminate()
        client.play("S: TAG LOGOUT")
        for octet in f"* BYE leaving\r\n{client.tag} OK done\r\n":
            client.play("c: " + octet)
        client.play("END")
        self.end("ANSWERED")

    def test_in_idle_without_done(self):
        client = self.login()
        client.play("C: a IDLE", r"S: \+ .*")
        self.host.terminate()
        client.play("S: TAG LOGOUT")
        client.answer()
        self.end("ANSWERED")

    def test_in_idle_after_done(self):
        client = self.login()
        client.play("C: a IDLE", r"S: \+ .*")
        self.host.terminate()
        client.play("S: TAG LOGOUT", "C: DONE", "S: a OK .*")
        client.answer()
        self.end("ANSWERED")

    def test_no(self):
        client = self.login()
        self.host.terminate()
        client.play("S: TAG LOGOUT", "C: TAG NO [INUSE] not \"now\"", r"S: \* BYE .*", "END")
        self.host.wait()
        self.assertIn(b'answer=NO code="INUSE" text="not \\"now\\""', self.host.events)

    def test_longer_than_any_line_may_be(self):
        self.check("C: * BYE " + "x" * 100000, "C: TAG OK " + "{3}" * 100000)

    def test_inside_a_literal_is_none(self):
        client = self.login()
        self.host.terminate()
        client.play("S: TAG LOGOUT")
        answer = f"{client.tag} OK\r\n"
        client.play(f"c: a APPEND {{{len(answer)}+}}\r\n{answer} {{{len(answer)}}}\r\n", r"S: \+ .*",
                    f"c: {answer}\r\n", "S: a OK .*")
        client.answer()
        self.end("ANSWERED")

    def test_in_the_same_packet_as_more_commands_which_are_not_run(self):
        client = self.login()
        self.host.terminate()
        client.play("S: TAG LOGOUT", "c: a NOOP\r\nTAG OK\r\nb NOOP\r\n", "S: a OK .*", "END")
        self.end("ANSWERED")


class Leaving(HostTest):
    def test_without_clients(self):
        self.host.terminate()
        self.end()

    def test_a_client_that_has_not_enabled_it_is_told_by_bye(self):
        client = self.login(enable=False)
        self.host.terminate()
        client.play(r"S: \* BYE .*", "END")
        self.end("BYE_ONLY")

    def test_nobody_else_is_taken(self):
        client = self.login()
        self.host.terminate()
        client.play("S: TAG LOGOUT")
        with self.assertRaises(ConnectionRefusedError):
            for _ in range(100 * PATIENCE):  # of many threads not all have heard of it at once
                with contextlib.suppress(ConnectionResetError):  # the socket that listened is closed in this moment
                    socket.create_connection(self.host.address).close()
                time.sleep(0.01)
        client.answer()
        self.host.wait()

    def test_a_second_sigterm_waits_for_no_answer(self):
        clients = [self.login(), self.login()]
        self.host.terminate()
        for client in clients:
            client.play("S: TAG LOGOUT")
        self.host.terminate()
        for client in clients:
            client.play(r"S: \* BYE .*", "END")
        self.end("FORCED", "FORCED")

    def test_in_the_middle_of_a_command_waits_for_its_end(self):
        client, sentinel = self.login(), self.login()
        client.play("C: a APPEND {2}", r"S: \+ .*")
        self.host.terminate()
        sentinel.play("S: TAG LOGOUT")
        client.play("c: hi", "c:  {1+}\r\nx\r\n", "S: a OK .*", "S: TAG LOGOUT")
        client.answer()
        sentinel.answer()
        self.end("ANSWERED", "ANSWERED")

    def test_a_client_that_goes_away_when_asked_holds_nobody(self):
        one, other = self.login(), self.login()
        self.host.terminate()
        one.play("S: TAG LOGOUT")
        other.play("S: TAG LOGOUT")
        one.reset()
        other.shut_down()
        other.play("END")
        self.end()

    def test_the_clients_own_logout(self):
        client = self.login()
        client.play("C: a LOGOUT", r"S: \* BYE .*", "S: a OK .*", "END")
        self.host.terminate()
        self.end()


class Input(HostTest):
    """What no client should send, and what one may: none of it harms a bystander."""

    LONG = "x" * 20000

    CASES = {
        "literals": ("C: a APPEND {3}", r"S: \+ .*", "C: abc {0}", r"S: \+ .*", "C:  {2+}", "C: xy", "S: a OK .*"),
        "a literal of all octets": ("c: a APPEND {256+}\r\n" + "".join(map(chr, range(256))) + "\r\n", "S: a OK .*"),
        "a literal that is too big": ("C: a APPEND {99999999999999999999}", "S: a NO .*"),
        "one that comes anyhow": ("C: a APPEND {99999999999999999999+}", r"S: \* BYE .*", "END"),
        "a long line": ("C: a " + LONG, r"S: \* BYE .*", "END"),
        "a long line after a literal": ("C: a APPEND {0+}", "C: " + LONG, r"S: \* BYE .*", "END"),
        "no tag": ("C: ", r"S: \* BAD .*", "C: * BYE", r"S: \* BAD .*", "C: ( NOOP", r"S: \* BAD .*"),
        "a long tag": ("C: " + "x" * 64 + " NOOP", r"S: \* BAD .*", "C: " + "x" * 63 + " NOOP", "S: x{63} OK .*"),
        "a tag alone": ("C: a", "S: a BAD .*", "C: a ", "S: a BAD .*"),
        "an answer to nothing": ("C: SLO.1 OK", "S: SLO.1 BAD .*"),
        "nul": ("C: a NO\0OP", "S: a BAD .*", "C: \0", r"S: \* BAD .*"),
        "what looks like a literal": ("C: a {", "S: a BAD .*", "C: b {+}", "S: b BAD .*", "C: c {1++}", "S: c BAD .*"),
        "bare LF": ("c: a NOOP\nb NOOP\n", "S: a OK .*", "S: b OK .*"),
        "ENABLE": ("C: a ENABLE", r"S: \* ENABLED", "S: a OK .*", "C: b ENABLE CONDSTORE X-SERVER-LOGOUTS",
                   r"S: \* ENABLED", "S: b OK .*", "C: c enable x-server-logout UTF8=ACCEPT",
                   r"S: \* ENABLED X-SERVER-LOGOUT", "S: c OK .*"),
        "IDLE": ("C: a IDLE", r"S: \+ .*", "C: b NOOP", "S: a BAD .*", "C: c IDLE", r"S: \+ .*", "C: done", "S: c OK .*"),
        "FETCH": ("C: a FETCH 5", r"S: \* 1 FETCH \(BODY\[\] \{5\}", r"S: xxxxx\)", "S: a OK .*"),
    }

    def test_has_its_outcome(self):
        bystander = self.login()
        for name, steps in self.CASES.items():
            with self.subTest(name):
                client = self.login(enable=False)
                client.play(*steps)
                bystander.command("NOOP")
        self.host.terminate()
        bystander.play("S: TAG LOGOUT")
        bystander.answer()

    def test_that_ends_anywhere(self):
        dialogue = b"a NOOP\r\nb APPEND {5+}\r\nhello {1}\r\nx\r\nc FETCH 3\r\nd IDLE\r\nDONE\r\n"
        for cut in range(len(dialogue) + 1):
            client = self.host.connect()
            client.send(dialogue[:cut])
            client.shut_down()
            client.read_to_end()
            client.close()
        self.login().command("NOOP")

    def test_pipelined_without_end_is_all_replied_to(self):
        client = self.login()
        count = 20000
        sent = client.send_aside(b"a NOOP\r\nb APPEND {3+}\r\nxyz\r\nc FETCH 100\r\n" * count)
        replies = 0
        while replies < 3 * count:
            line = client.read_line()
            replies += line[1:4] == b" OK"
        sent.result(PATIENCE)

    def test_of_a_large_fetch_arrives_whole(self):
        client = self.login()
        client.play(f"C: a FETCH {FETCH_MAX}", r"S: \* 1 FETCH \(BODY\[\] \{%d\}" % FETCH_MAX)
        self.host.terminate()  # LOGOUT waits for the end of the literal
        self.assertEqual(client.read_exact(FETCH_MAX), b"x" * FETCH_MAX)
        client.play(r"S: \)", "S: a OK .*", "S: TAG LOGOUT")
        client.answer()


class Flood(HostTest):
    LIMIT = 1000000  # replies: some seconds, and more than all buffers between host and client hold

    def test_of_noop_is_no_way_not_to_be_asked(self):
        """There is input for the host at every moment, and room for its replies. How many of these come before the LOGOUT
        tells starvation from a slow machine, where there are no replies either."""
        client = self.login(receive_buffer=1 << 16)
        sent = client.send_aside(b"a NOOP\r\n" * 10 * self.LIMIT)
        received, replies, after = b"", 0, None
        while b" LOGOUT\r\n" not in received:
            received = received[-100:] + (data := client.socket.recv(1 << 20))
            self.assertTrue(data, "it was closed")
            replies += data.count(b"\n")
            if after is None and replies > 10000:
                self.host.terminate()
                after = replies
            self.assertLess(replies, (after or replies) + self.LIMIT, "it is starved")
        client.close()
        self.assertRaises(OSError, sent.result, PATIENCE)
        self.host.wait()


class Silence(HostTest):
    """Clients that make the host wait for ever, if it lets them."""

    options = SHORT

    def test_of_who_never_reads(self):
        """One has left its replies unread, so LOGOUT or BYE is queued after them; one is in the middle of a literal, and
        gets neither."""
        flood, fetch, bystander = self.login(enable=False, receive_buffer=4096), self.login(receive_buffer=4096), self.login()
        flood.socket.settimeout(1)
        with self.assertRaises(TimeoutError):
            while True:
                flood.send(b"a NOOP\r\n" * 10000)
        fetch.play(f"C: a FETCH {FETCH_MAX}")
        for _ in range(10):
            bystander.command("NOOP")
        self.host.terminate()
        bystander.play("S: TAG LOGOUT")
        bystander.answer()
        self.end("ANSWERED", "BYE_ONLY", "NEVER_READY")
        self.assertIn(b"outcome=NEVER_READY tag=- bye_sent=0", self.host.events)

    def test_of_who_reads_late_loses_nothing(self):
        """Its replies fill all buffers, and the BYE stands after them."""
        client = self.login(enable=False, receive_buffer=4096)
        client.socket.settimeout(1)
        with self.assertRaises(TimeoutError):
            while True:
                client.send(b"a NOOP\r\n" * 10000)
        client.socket.settimeout(PATIENCE)
        self.host.terminate()
        self.host.wait_outcome("BYE_ONLY")
        self.assertRegex(client.read_to_end(), rb"\A(a OK NOOP completed\r\n)+\* BYE [^\n]*\r\n\Z")

    def test_of_who_says_half_a_line(self):
        """An octet more every now and then. Half a line is no bar: at rest is who has no command under way."""
        old, new, literal = self.login(enable=False), self.login(), self.login()
        literal.play("c: a APPEND {1000}\r\n", r"S: \+ .*")
        for octet in "b NOOP of some kind":
            for client in (old, new, literal):
                client.play("c: " + octet)
        self.host.terminate()
        old.play(r"S: \* BYE .*")
        new.play("S: TAG LOGOUT")
        for client in (old, literal):
            with self.assertRaises((BrokenPipeError, ConnectionResetError, TimeoutError)):
                client.socket.settimeout(PATIENCE)
                for _ in range(100 * PATIENCE):
                    client.play("c: x")
                    time.sleep(0.01)
        new.play("C: ", "S: b OK .*")
        new.answer()
        self.end("ANSWERED", "BYE_ONLY", "NEVER_READY")
        self.assertIn(b"outcome=NEVER_READY tag=- bye_sent=1", self.host.events)


class Crowd(HostTest):
    options = ("-s", "3000")

    def test_leaves_paced(self):
        clients = subprocess.Popen([sys.executable, "-B", ROOT / "tests/programs/sockets/drain_clients.py",
                                    *map(str, self.host.address), str(MANY), "ok"], stdout=subprocess.PIPE)
        self.addCleanup(clients.stdout.close)
        self.addCleanup(clients.wait)
        self.addCleanup(clients.kill)
        self.assertEqual(clients.stdout.readline(), b"ready\n")
        self.host.terminate()
        result = json.loads(clients.communicate(timeout=2 * PATIENCE)[0])
        self.end(*["ANSWERED"] * MANY)
        self.assertEqual([len(result["told"]), result["eof"], result["reset"]], [MANY, MANY, 0])
        self.assertGreater(max(result["told"]) - min(result["told"]), 1, "all at once")


@unittest.skipUnless(HOST == "poll", "poll.c shows it")
class Operator(HostTest):
    options = ("-s", "4000")

    def login_as(self, user):
        client = self.host.connect()
        self.addCleanup(client.close)
        client.command(f"LOGIN user{user} secret")
        client.command("ENABLE X-SERVER-LOGOUT")
        return client

    def test_pauses_and_goes_on(self):
        clients = [self.login_as(number) for number in range(10)]
        self.host.terminate()
        sockets = [client.socket for client in clients]
        select.select(sockets, [], [], PATIENCE)  # until it has begun
        self.host.signal(signal.SIGUSR1)
        time.sleep(4.5)  # longer than the spread
        told = len(select.select(sockets, [], [], 0)[0])
        self.assertLess(told, len(clients), "it did not pause")
        self.host.signal(signal.SIGUSR1)
        for client in clients:
            client.play("S: TAG LOGOUT")
            client.answer()
        self.end(*["ANSWERED"] * len(clients))

    def test_calls_it_off(self):
        clients = [self.login_as(number) for number in range(10)]
        self.host.terminate()
        sockets = [client.socket for client in clients]
        select.select(sockets, [], [], PATIENCE)  # until it has begun
        self.host.signal(signal.SIGUSR2)
        line = self.host.process.stdout.readline().decode()  # it listens again, on another port
        self.host.address = (self.host.address[0], int(line.rsplit(":", 1)[1]))
        asked = [client for client in clients if select.select([client.socket], [], [], 0)[0]]
        stay = [client for client in clients if client not in asked]
        self.assertTrue(stay, "all were asked before")
        for client in asked:
            client.play("S: TAG LOGOUT")
        for client in stay + [self.login_as(10)]:
            client.command("NOOP")
        for client in asked:
            client.answer()
        self.host.terminate()
        for client in stay:
            client.play("S: TAG LOGOUT")
            client.answer()

    def test_the_connections_of_a_user_leave_together(self):
        clients = [self.login_as(number % 3) for number in range(15)]
        self.host.terminate()
        order = {}  # the numbers of the tags are in the order in which they were sent
        for number, client in enumerate(clients):
            client.play("S: TAG LOGOUT")
            order[int(client.tag.split(".")[1])] = number % 3
            client.answer()
        users = [user for _, user in sorted(order.items())]
        self.assertEqual(sum(a != b for a, b in zip(users, users[1:])), 2, users)


@unittest.skipUnless(HOST == "blocking", "only its writes block")
class Writes(HostTest):
    options = ("-w", "1000")

    def test_end_in_time_although_nobody_is_to_leave(self):
        """The system takes some octets more now and then, long after it has said that there is no room."""
        client = self.login(receive_buffer=4096)
        client.send(b"a FETCH %d\r\n" % FETCH_MAX)
        with self.assertRaises((BrokenPipeError, ConnectionResetError)):
            for _ in range(10 * PATIENCE):
                client.send(b"x")
                time.sleep(0.1)


@unittest.skipIf(HOST == "blocking", "its parent keeps no descriptor of a client")
class Descriptors(unittest.TestCase):
    def test_that_are_all_in_use_stop_nothing(self):
        limit, connections = 40, 60
        program = subprocess.Popen([HOSTS / HOST, *AT_ONCE, "127.0.0.1", "0"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE,
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
        host = Host(program=program)
        self.addCleanup(host.stop)
        bystander = host.login()
        self.addCleanup(bystander.close)
        crowd = [socket.create_connection(host.address) for _ in range(connections)]
        for _ in range(10):
            bystander.command("NOOP")
        for client in crowd:
            client.close()
        late = Connection(socket.create_connection(host.address))
        self.addCleanup(late.close)
        while not late.fill():  # one that was sent away tries again
            late.close()
            late = Connection(socket.create_connection(host.address))
        late.play(r"S: \* OK .*", "C: a NOOP", "S: a OK .*")


if __name__ == "__main__":
    unittest.main()
