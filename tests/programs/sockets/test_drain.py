"""The echo server drains real connections by a plan."""

import os
import pty
import re
import signal
import subprocess
import time
import unittest

from harness import PATIENCE, SANITIZED, Server, run


class Drain(unittest.TestCase):
    def start(self, *options, **more):
        server = Server(*options, **more)
        self.addCleanup(server.stop)
        return server

    def login(self, server, **options):
        client = server.login(**options)
        self.addCleanup(client.close)
        return client

    def summary(self, server):
        """Returns what the server reports at the end."""
        events = bytes(server.events)
        outcomes = dict(re.findall(rb"^drain outcome=(\w+) sessions=(\d+)$", events, re.M))
        over = re.search(rb"^drain over seconds=([\d.]+) kept=(\w+) without_bye=(\d+) over_limit=(\d+) "
                         rb"cut_off=\d+$", events, re.M)
        self.assertTrue(over, events)
        return {name.decode(): int(count) for name, count in outcomes.items()}, float(over[1]), over[2].decode()


class Plan(Drain):
    def test_a_plan_that_cannot_be_kept_is_refused_with_the_shortest_that_can(self):
        for options in (["--spread", "20000"], ["--spread", "0"], [], ["--answer-timeout", "50000"]):
            refused = run("echo_server", *options, "--deadline", "30000")
            self.assertEqual(refused.returncode, 2)
            shortest = int(re.search(rb"--deadline 30000 is too short .*; it must be at least (\d+)", refused.stderr)[1])
            shorter = run("echo_server", *options, "--deadline", str(shortest - 1))
            self.assertEqual(shorter.returncode, 2)
            self.start(*options, "--deadline", str(shortest), spread=None).stop()

    def test_no_more_are_asked_at_once_than_the_limit(self):
        server = self.start("--spread", "0", "--max-in-flight", "2", "--deadline", "300000")
        clients = [self.login(server) for _ in range(5)]
        server.signal(signal.SIGTERM)
        clients[0].play("S: TAG LOGOUT")
        clients[1].play("S: TAG LOGOUT")
        clients[2].expect_nothing()
        clients[1].answer()
        clients[2].play("S: TAG LOGOUT")
        clients[3].expect_nothing()
        for client in clients[0], clients[2]:
            client.answer()
        for client in clients[3:]:
            client.play("S: TAG LOGOUT")
            client.answer()
        server.wait()
        self.assertEqual(self.summary(server)[0], {"ANSWERED": 5})

    def test_a_limit_that_is_too_small_is_exceeded_and_that_is_a_broken_promise(self):
        server = self.start("--spread", "0", "--max-in-flight", "1", "--deadline", "60000")
        clients = [self.login(server) for _ in range(3)]
        server.signal(signal.SIGTERM)
        for client in clients:
            client.play("S: TAG LOGOUT")
        for client in clients:
            client.answer()
        server.wait(status=1)
        self.assertEqual(self.summary(server)[2], "no")

    def test_those_who_enabled_nothing_are_told_by_bye_in_their_slots(self):
        server = self.start("--spread", "2000", "--seed", "1")
        clients = [self.login(server, enable=False) for _ in range(20)]
        server.signal(signal.SIGTERM)
        clients[-1].play(r"S: \* BYE .*", "END")
        for client in clients[:-1]:
            client.play(r"S: \* BYE .*", "END")
        server.wait()
        outcomes, seconds, kept = self.summary(server)
        self.assertEqual(outcomes, {"BYE_ONLY": 20})
        self.assertGreater(seconds, 1.8)  # the last client is in the last twentieth of the spread
        self.assertEqual(kept, "yes")


class End(Drain):
    def test_a_second_sigterm_forces_and_is_kept(self):
        server = self.start("--spread", "0")
        asked, stuck = self.login(server), self.login(server)
        stuck.play("C: a ECHO {2}", r"S: \+.*")
        server.signal(signal.SIGTERM)
        asked.play("S: TAG LOGOUT")
        server.signal(signal.SIGTERM)
        asked.play(r"S: \* BYE .*", "END")
        stuck.play(r"S: \* BYE .*", "END")
        server.wait()
        self.assertEqual(self.summary(server)[0], {"FORCED": 2})

    def test_it_exits_on_done_and_not_on_the_last_outcome(self):
        server = self.start("--spread", "0")
        client = self.login(server)
        server.signal(signal.SIGTERM)
        client.play("S: TAG LOGOUT", "C: TAG OK")
        server.wait_outcome("ANSWERED")
        self.assertIsNone(server.process.poll())
        self.assertNotIn(b"drain over", server.events)
        client.play("END")
        server.wait()

    def test_a_promise_that_was_not_kept_is_in_the_exit_status(self):
        server = self.start("--spread", "0")
        client, sentinel = self.login(server), self.login(server)
        server.signal(signal.SIGTERM)
        sentinel.play("S: TAG LOGOUT")
        client.play("S: TAG LOGOUT")
        client.send(b"a ECHO {16777216+}\r\n" + bytes(16777216).replace(b"\0", b"x") + b"\r\n")
        client.play(r"S: \* ECHO \{16777216}")  # the client reads no further, so no BYE can be sent
        server.signal(signal.SIGTERM)
        sentinel.play(r"S: \* BYE .*", "END")
        server.signal(signal.SIGSTOP)
        time.sleep(6)  # the leave timeout is 5 s
        server.signal(signal.SIGCONT)
        server.wait(status=1)
        self.assertEqual(self.summary(server)[2], "no")
        self.assertRegex(bytes(server.events), rb"(?m)^drain over .* cut_off=1$")  # its close had no time left either


class Progress(Drain):
    def test_a_line_a_second(self):
        server = self.start("--spread", "2000", "--seed", "1")
        clients = [self.login(server, enable=False) for _ in range(3)]
        server.signal(signal.SIGTERM)
        for client in clients:
            client.play(r"S: \* BYE .*", "END")
        server.wait()
        lines = re.findall(rb"^drain asked=\d+ answered=\d+ refused=\d+ expired=\d+ bye_only=(\d+) remaining=(\d+) "
                           rb"over_by=\d+s$", bytes(server.events), re.M)
        self.assertIn(len(lines), range(3, int(self.summary(server)[1]) + 3))
        self.assertEqual(lines[0], (b"0", b"3"))
        self.assertEqual(lines[-1], (b"3", b"0"))

    def test_on_a_terminal_one_line_that_is_written_over(self):
        try:
            ours, theirs = pty.openpty()
        except OSError as error:
            self.skipTest(f"no pseudo-terminal: {error}")
        process = subprocess.Popen([SANITIZED / "echo_server", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                                   stderr=theirs)
        self.addCleanup(process.kill)
        os.close(theirs)
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)
        process.stdout.close()
        shown = os.read(ours, 1 << 16)
        os.close(ours)
        progress, _, end = shown.partition(b"\n")
        self.assertRegex(progress, rb"\A(\rdrain asked=[^\r\n]* over_by=\d+s\033\[K)+\rdrain over [^\r\n]*\033\[K\r\Z")
        self.assertEqual(end, b"")


if __name__ == "__main__":
    unittest.main()
