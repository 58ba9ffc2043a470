"""The echo server as a program: options, signals and exit."""

import signal
import socket
import unittest

from harness import Server, run

BAD_OPTIONS = {
    "an_unknown_option": ["--bogus"],
    "an_option_without_its_value": ["--answer-timeout"],
    "an_argument_that_is_no_option": ["127.0.0.1:0"],
    "a_value_for_an_option_that_has_none": ["--reuse-port=1"],
    "a_literal_limit_of_nothing": ["--literal-max", "0"],
    "an_answer_timeout_that_is_not_longer_than_32_s": ["--answer-timeout", "32000"],
    "a_negative_number": ["--answer-timeout", "-33000"],
    "a_number_with_a_unit": ["--answer-timeout", "33000ms"],
    "a_number_that_is_empty": ["--answer-timeout", ""],
    "a_number_that_is_too_large": ["--answer-timeout", "99999999999999999999"],
    "an_answer_timeout_over_32_bits": ["--answer-timeout", "4294967297"],
    "an_unknown_word_for_ask": ["--ask", "some"],
    "an_unknown_word_for_on_refusal": ["--on-refusal", "cry"],
    "a_spread_that_is_no_number": ["--spread", "x"],
    "a_deadline_that_is_no_number": ["--deadline", "x"],
    "a_cap_that_is_no_number": ["--max-in-flight", "x"],
    "a_seed_that_is_no_number": ["--seed", "x"],
    "a_plan_that_cannot_be_kept": ["--deadline", "30000"],
    "a_plan_with_a_spread_that_is_too_long": ["--deadline", "60000", "--spread", "60000"],
    "an_address_without_a_port": ["--listen", "127.0.0.1"],
    "an_address_that_is_none": ["--listen", "nowhere.invalid:0"],
    "a_port_that_is_none": ["--listen", "127.0.0.1:65536"],
}


class BadOptions(unittest.TestCase):
    """One line on standard error, exit status 2."""


def refused(arguments):
    def test(self):
        result = run("echo_server", *arguments)
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, rb"\A[^\n]+\n\Z")
        self.assertEqual(result.stdout, b"")
    return test


for behavior, arguments in BAD_OPTIONS.items():
    setattr(BadOptions, f"test_{behavior}_is_refused", refused(arguments))


class Signals(unittest.TestCase):
    def setUp(self):
        self.server = Server("--spread", "0")
        self.addCleanup(self.server.stop)
        self.client = self.login()

    def login(self, enable=True):
        client = self.server.login(enable)
        self.addCleanup(client.close)
        return client

    def test_sigterm_without_connections_ends_it(self):
        self.client.close()
        self.server.signal(signal.SIGTERM)
        self.server.wait()

    def test_sigterm_asks_everybody_and_ends_it_when_all_have_left(self):
        other, old = self.login(), self.login(enable=False)
        self.server.signal(signal.SIGTERM)
        self.client.play("S: TAG LOGOUT")
        other.play("S: TAG LOGOUT")
        old.play(r"S: \* BYE .*", "END")
        self.client.answer()
        other.command("NOOP")
        other.answer()
        self.server.wait()

    def test_sigterm_stops_accepting(self):
        self.server.signal(signal.SIGTERM)
        self.client.play("S: TAG LOGOUT")
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(self.server.address)
        self.client.answer()
        self.server.wait()

    def test_sigterm_waits_for_the_end_of_a_command(self):
        self.client.play("C: a ECHO {2}", r"S: \+.*")
        sentinel = self.login()
        self.server.signal(signal.SIGTERM)
        sentinel.play("S: TAG LOGOUT")
        self.client.expect_nothing()
        self.client.play("C: hi", r"S: \* ECHO \{2}", "S: hi", "S: a OK .*", "S: TAG LOGOUT")
        self.client.answer()
        sentinel.answer()
        self.server.wait()

    def test_second_sigterm_forces(self):
        other = self.login()
        self.server.signal(signal.SIGTERM)
        self.client.play("S: TAG LOGOUT")
        other.play("S: TAG LOGOUT")
        self.server.signal(signal.SIGTERM)
        self.client.play(r"S: \* BYE .*", "END")
        other.play(r"S: \* BYE .*", "END")
        self.server.wait()

    def test_a_client_that_goes_away_when_asked_does_not_hold_it(self):
        self.server.signal(signal.SIGTERM)
        self.client.play("S: TAG LOGOUT")
        self.client.reset()
        self.server.wait()

    def test_sigusr1_leaves_it_running(self):
        self.server.signal(signal.SIGUSR1)
        self.client.play("S: TAG LOGOUT")
        self.client.answer()
        self.login().command("NOOP")

    def test_sighup_and_sigusr2_leave_it_running(self):
        self.server.signal(signal.SIGHUP)
        self.server.signal(signal.SIGUSR2)
        self.server.wait_event(b"counters connections=1 accepted=1 ")
        self.client.command("NOOP")

    def test_sigint_is_as_sigterm(self):
        self.server.signal(signal.SIGINT)
        self.client.play("S: TAG LOGOUT")
        self.client.answer()
        self.server.wait()


if __name__ == "__main__":
    unittest.main()
