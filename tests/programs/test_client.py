# SPDX-License-Identifier: BSD-2-Clause
"""Tests the client and the demo, with our server and with servers that the test plays."""

import contextlib
import signal
import socket
import subprocess
import unittest

from harness import PATIENCE, ROOT, Client, Connection, Server, check_report, path, run

COMPLETE = 0
NOT_COMPLETE = 1
USAGE = 2

# The lines of the exchange that the client prints. Other lines may be between them.
TRANSCRIPT = (r"S: \* OK .*", r"C: \S+ LOGIN .*", r"C: \S+ ENABLE X-SERVER-LOGOUT",
              r"S: \* ENABLED X-SERVER-LOGOUT", r"C: \S+ IDLE", r"S: \+.*",
              r"S: SLO\.1 LOGOUT", r"C: \* BYE .*", r"C: SLO\.1 OK .*")

# For each value of --answer: the lines that the client sends, and the server's reply. A BYE completes the exchange,
# too.
ANSWERS = {
    "ok": (r"C: \* BYE .*\nC: SLO\.1 OK .*\n", ""),
    "no": (r"C: SLO\.1 NO .*\n", r"S: \* BYE .*\n"),
    "bad": (r"C: SLO\.1 BAD .*\n", r"S: \* BYE .*\n"),
}


def lines_in_order(patterns):
    return r"(?ms)^" + r"$.*^".join(pattern.replace(".*", "[^\n]*") for pattern in patterns) + r"$"


class WithOurServer(unittest.TestCase):
    def exchange(self, *arguments, options=()):
        """Returns the exit status and transcript of a client that is asked in IDLE."""
        server = Server(*options)
        self.addCleanup(server.stop)
        client = Client(*arguments, server.text_address)
        self.addCleanup(client.process.kill)
        client.read_until(r"S: \+")
        server.signal(signal.SIGUSR1)
        return client.end(), client.transcript

    def test_prints_the_drafts_exchange(self):
        status, transcript = self.exchange()
        self.assertEqual(status, COMPLETE)
        self.assertRegex(transcript, lines_in_order(TRANSCRIPT))
        for line in transcript.splitlines():
            self.assertRegex(line, "^[CS]: ")

    def test_answers_as_its_option_says(self):
        for answer, (sent, received) in ANSWERS.items():
            with self.subTest(answer=answer):
                status, transcript = self.exchange("--answer", answer)
                self.assertEqual(status, COMPLETE)
                self.assertRegex(transcript, r"(?m)^S: SLO\.1 LOGOUT\n" + sent + received + r"\Z")

    def test_without_enable_is_told_by_bye(self):
        status, transcript = self.exchange("--no-enable")
        self.assertNotIn("LOGOUT\n", transcript)
        self.assertRegex(transcript, r"(?m)^S: \* BYE .*\n\Z")
        self.assertEqual(status, COMPLETE)

    def test_without_enable_is_asked_if_the_server_asks_all(self):
        status, transcript = self.exchange("--no-enable", options=["--ask", "all"])
        self.assertIn("S: SLO.1 LOGOUT\n", transcript)
        self.assertEqual(status, COMPLETE)

    def test_connects_over_ipv6(self):
        server = Server(host="::1")
        self.addCleanup(server.stop)
        client = Client(server.text_address)
        self.addCleanup(client.process.kill)
        client.read_until(r"S: \+")
        server.signal(signal.SIGTERM)
        self.assertEqual(client.end(), COMPLETE)


class WithAnotherServer(unittest.TestCase):
    """The test plays the server."""

    def setUp(self):
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(PATIENCE)
        self.addCleanup(listener.close)
        self.client = Client("127.0.0.1:%d" % listener.getsockname()[1])
        self.addCleanup(self.client.process.kill)
        self.server = Connection(listener.accept()[0])
        self.addCleanup(self.server.close)

    def become_idle(self):
        self.server.play("C: * OK ready")
        for name, response in (("LOGIN", "{tag} OK"), ("ENABLE", "* ENABLED X-SERVER-LOGOUT\r\n{tag} OK"),
                               ("IDLE", "+ idling")):
            tag, actual = self.server.read_line().decode().split()[:2]
            self.assertEqual(actual, name)
            self.server.play("C: " + response.format(tag=tag))

    def test_answers_the_tag_of_the_drafts_example(self):
        self.become_idle()
        self.server.play("C: A001 LOGOUT", r"S: \* BYE .*", "S: A001 OK .*")
        self.server.close()
        self.assertEqual(self.client.end(), COMPLETE)

    def test_completes_a_running_command_before_it_answers(self):
        self.server.play("C: * OK ready")
        tag = self.server.read_line().decode().split()[0]
        self.server.play("C: A001 LOGOUT")
        self.server.expect_nothing()
        self.server.play(f"C: {tag} OK", r"S: \* BYE .*", "S: A001 OK .*")
        self.server.close()
        self.assertEqual(self.client.end(), COMPLETE)

    def test_an_end_of_file_before_the_exchange_is_a_failure(self):
        self.become_idle()
        self.server.close()
        self.assertEqual(self.client.end(), NOT_COMPLETE)

    def test_an_end_of_file_before_the_greeting_is_a_failure(self):
        self.server.close()
        self.assertEqual(self.client.end(), NOT_COMPLETE)

    def test_an_end_of_file_after_logout_is_a_failure(self):
        self.become_idle()
        self.server.play("c: A001 LOG")
        self.server.shut_down()
        self.assertEqual(self.client.end(), NOT_COMPLETE)

    def test_reads_a_logout_octet_by_octet(self):
        self.become_idle()
        for octet in b"A001 LOGOUT\r\n":
            self.server.send(bytes([octet]))
        self.server.play(r"S: \* BYE .*", "S: A001 OK .*")
        self.server.close()
        self.assertEqual(self.client.end(), COMPLETE)

    def test_survives_nonsense(self):
        with contextlib.suppress(ConnectionError):  # The client may end before it has read everything.
            self.server.send(b"* \0\xff{5}\r\n" + b"x" * (1 << 20))
        self.server.reset()
        self.assertEqual(self.client.end(), NOT_COMPLETE)


class Usage(unittest.TestCase):
    def test_help_is_printed(self):
        for program in "client", "echo_server":
            result = run(program, "--help")
            self.assertEqual((result.returncode, result.stderr), (0, b""))
            self.assertTrue(result.stdout.startswith(f"usage: {program} [--".encode()))

    def test_bad_arguments_are_refused_in_one_line(self):
        for arguments in ([], ["127.0.0.1"], ["127.0.0.1:65536"], ["127.0.0.1:1", "127.0.0.1:2"],
                          ["--answer"], ["--answer", "maybe", "127.0.0.1:1"], ["--bogus", "127.0.0.1:1"]):
            with self.subTest(arguments=arguments):
                result = run("client", *arguments)
                self.assertEqual(result.returncode, USAGE)
                self.assertRegex(result.stderr, rb"\A[^\n]+\n\Z")


class Demo(unittest.TestCase):
    def test_shows_the_exchange_and_succeeds(self):
        result = subprocess.run(["sh", ROOT / "examples/demo.sh", path("client").parent], capture_output=True, text=True,
                                timeout=PATIENCE, check=False)
        check_report(result.stderr.encode())
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, lines_in_order(TRANSCRIPT))


if __name__ == "__main__":
    unittest.main()
