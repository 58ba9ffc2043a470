# SPDX-License-Identifier: BSD-2-Clause
"""The echo server as a program: its options, SIGUSR1, and the plan of its drain. test_server.py tests the behavior that
the example hosts share with it."""

import re
import signal
import unittest

from harness import Server, run

BAD_OPTIONS = {
    "an_unknown_option": ["--bogus", "1"],
    "an_option_without_its_value": ["--answer-timeout"],
    "an_argument_that_is_not_an_option": ["127.0.0.1:0"],
    "an_answer_timeout_that_is_not_longer_than_32_s": ["--answer-timeout", "32000"],
    "a_negative_number": ["--answer-timeout", "-33000"],
    "a_number_with_a_unit": ["--answer-timeout", "33000ms"],
    "a_number_that_is_empty": ["--answer-timeout", ""],
    "a_number_that_is_too_large": ["--answer-timeout", "99999999999999999999"],
    "a_number_over_32_bits": ["--answer-timeout", "4294967297"],
    "an_unknown_word_for_ask": ["--ask", "some"],
    "an_unknown_word_for_on_refusal": ["--on-refusal", "cry"],
    "a_spread_that_is_not_a_number": ["--spread", "x"],
    "a_rate_that_is_not_a_number": ["--rate", "x"],
    "a_plan_that_cannot_be_kept": ["--deadline", "30000"],
    "a_plan_with_a_spread_that_is_too_long": ["--deadline", "60000", "--spread", "60000"],
    "an_address_without_a_port": ["--listen", "127.0.0.1"],
    "an_address_with_a_name": ["--listen", "nowhere.invalid:0"],
    "a_port_that_is_too_large": ["--listen", "127.0.0.1:65536"],
    "a_port_that_is_not_a_number": ["--listen", "127.0.0.1:imap"],
}


class BadOptions(unittest.TestCase):
    """The program writes one line to standard error and exits with status 2."""


def refused(arguments):
    def test(self):
        result = run("echo_server", *arguments)
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, rb"\A[^\n]+\n\Z")
        self.assertEqual(result.stdout, b"")
    return test


for behavior, bad_arguments in BAD_OPTIONS.items():
    setattr(BadOptions, f"test_{behavior}_is_refused", refused(bad_arguments))


class EchoServer(unittest.TestCase):
    def start(self, *options, clients=0, enable=True, host="127.0.0.1"):
        server = Server(*options, host=host)
        self.addCleanup(server.stop)
        self.clients = [server.login(enable) for _ in range(clients)]
        for client in self.clients:
            self.addCleanup(client.close)
        return server

    def check_end(self, server, **outcomes):
        """Checks that the server ends by itself, and reports these outcomes."""
        server.wait()
        reports = re.findall(rb"^drain (\w+) seconds=([\d.]+) remaining=(\d+) asked=\d+(.*)$", server.events, re.M)
        what, seconds, remaining, counts = reports[-1]
        self.assertEqual([what, remaining], [b"over", b"0"])
        self.assertEqual(dict(word.split("=") for word in counts.decode().split()),
                         {outcome: str(count) for outcome, count in outcomes.items()})
        return float(seconds), reports

    def test_sigusr1_asks_all_clients_and_leaves_the_server_running(self):
        server = self.start(clients=2)
        self.clients[0].play("C: a ECHO {2}", r"S: \+.*")
        server.signal(signal.SIGUSR1)
        self.clients[1].play("S: TAG LOGOUT")
        self.clients[1].answer()
        self.clients[0].expect_nothing()
        self.clients[0].play("C: hi", r"S: \* ECHO \{2}", "S: hi", "S: a OK .*", "S: TAG LOGOUT")
        self.clients[0].answer()
        server.login().close()

    def test_sigint_drains_like_sigterm(self):
        server = self.start(clients=1)
        server.signal(signal.SIGINT)
        self.clients[0].play("S: TAG LOGOUT")
        self.clients[0].answer()
        self.check_end(server, ANSWERED=1)

    def test_listens_over_ipv6(self):
        server = self.start(clients=1, host="::1")
        self.assertRegex(server.text_address, r"^\[::1\]:[0-9]+$")
        self.clients[0].ask()
        self.clients[0].answer()

    def test_a_plan_that_cannot_be_kept_is_refused_with_the_shortest_valid_deadline(self):
        for options in (["--spread", "20000"], [], ["--answer-timeout", "50000"], ["--rate", "1"]):
            refused_plan = run("echo_server", *options, "--deadline", "30000")
            self.assertEqual(refused_plan.returncode, 2)
            shortest = int(re.search(rb"must be at least (\d+)", refused_plan.stderr)[1])
            self.assertEqual(run("echo_server", *options, "--deadline", str(shortest - 1)).returncode, 2)
            server = Server("--spread", "10000", *options, "--deadline", str(shortest))
            server.stop()

    def test_no_more_clients_are_asked_at_once_than_the_limit(self):
        server = self.start("--max-in-flight", "2", "--deadline", "300000", clients=5)
        server.terminate()
        self.clients[0].play("S: TAG LOGOUT")
        self.clients[1].play("S: TAG LOGOUT")
        self.clients[2].expect_nothing()
        self.clients[1].answer()
        self.clients[2].play("S: TAG LOGOUT")
        self.clients[3].expect_nothing()
        for client in self.clients[0], self.clients[2]:
            client.answer()
        for client in self.clients[3:]:
            client.play("S: TAG LOGOUT")
            client.answer()
        self.check_end(server, ANSWERED=5)

    def test_the_spread_and_the_rate_hold_for_bye_too(self):
        for options in (["--spread", "2000"], ["--rate", "10"]):
            with self.subTest(options):
                server = self.start(*options, "--seed", "1", clients=20, enable=False)
                server.terminate()
                for client in self.clients:
                    client.play(r"S: \* BYE .*", "END")
                seconds, reports = self.check_end(server, BYE_ONLY=20)
                self.assertGreater(seconds, 1.7)  # the last client leaves in the last twentieth of the spread
                self.assertGreaterEqual(len(reports), 3)  # one when the drain begins, one each second, one at the end
                self.assertEqual(reports[0][:3], (b"progress", b"0.0", b"20"))


if __name__ == "__main__":
    unittest.main()
