"""The exchange, at each moment when it may begin."""

import signal
import unittest

from harness import ASK, Server, ServerTest, dialogues

ANSWER = ("C: * BYE IMAP4rev1 Client logging out", "C: TAG OK LOGOUT completed", "END", "=> ANSWERED")
GOODBYE = (r"S: \* BYE .*", "END")
GOODBYE_TO_B = (r"S: \* BYE .*", "S: b OK .*", "END", "=> CLIENT_LOGOUT")


@dialogues({
    "the_drafts_exchange_ends_with_a_close": ASK + ANSWER,
    "ok_without_bye_is_an_answer": ASK + ("C: TAG OK", "END", "=> ANSWERED"),
    "words_are_read_in_any_case": ASK + ("C: * bye", "C: TAG oK done", "END", "=> ANSWERED"),
    "text_of_an_answer_is_opaque": ASK + ("C: * BYE {5}", "C: TAG OK [X] \"{3+}", "END", "=> ANSWERED"),
    "no_is_a_refusal": ASK + ("C: TAG NO not now",) + GOODBYE + ("=> REFUSED",),
    "bad_is_a_refusal": ASK + ("C: TAG BAD what",) + GOODBYE + ("=> REFUSED",),
    "bye_and_bad_is_a_refusal": ASK + ("C: * BYE", "C: TAG BAD") + GOODBYE + ("=> REFUSED",),
    "bye_alone_is_no_answer": ASK + ("C: * BYE", "C: a NOOP", "S: a OK .*") + ANSWER,
    "commands_are_served_until_the_answer": ASK + (
        "C: a NOOP", "S: a OK .*", "C: b CAPABILITY", r"S: \* CAPABILITY .*", "S: b OK .*",
        "C: c ECHO {2}", r"S: \+.*", "C: hi", r"S: \* ECHO \{2}", "S: hi", "S: c OK .*") + ANSWER,
    "commands_after_the_answer_are_not_run": ASK + (
        "c: TAG OK\r\na ECHO hi\r\nb NOOP\r\n", "END", "=> ANSWERED"),
    "a_second_request_asks_no_second_time": ASK + ("C: a XDRAIN", "S: a OK .*") + ANSWER,
    "an_answer_in_one_segment_with_a_command": ASK + (
        "c: a NOOP\r\n* BYE\r\nTAG OK\r\n", "S: a OK .*", "END", "=> ANSWERED"),
    "logout_comes_between_pipelined_commands": (
        "c: a NOOP\r\nb XDRAIN\r\nc NOOP\r\nd NOOP\r\n",
        "S: a OK .*", "S: b OK .*", "S: TAG LOGOUT", "S: c OK .*", "S: d OK .*") + ANSWER,
    "idle_goes_on_after_logout": ASK + (
        "C: a IDLE", r"S: \+.*", "C: * BYE", "C: DONE", "S: a OK .*", "C: TAG OK", "END", "=> ANSWERED"),
    "an_answer_in_an_idle_begun_after_logout": ASK + (
        "C: a IDLE", r"S: \+.*", "C: TAG OK", "END", "=> ANSWERED"),
    "the_clients_logout_crosses_ours_and_comes_second": (
        "c: a XDRAIN\r\nb LOGOUT\r\n", "S: a OK .*", "S: TAG LOGOUT") + GOODBYE_TO_B,
    "the_clients_logout_and_an_answer_after_it": ASK + ("c: b LOGOUT\r\nTAG OK\r\n",) + GOODBYE_TO_B,
})
class Exchange(ServerTest):
    def test_the_clients_logout_comes_first_and_no_other_follows(self):
        self.client.play("c: b LOGOUT\r\na XDRAIN\r\n", r"S: \* BYE .*", "S: b OK .*", "END")


class AnswerInPieces(ServerTest):
    def asked(self):
        client = self.server.login()
        self.addCleanup(client.close)
        client.ask()
        return client, f"* BYE x\r\n{client.tag} OK y\r\n".encode()

    def send_pieces(self, client, pieces):
        for piece in pieces:
            client.send(piece)
            self.server.settle()
        client.play("END")

    def test_byte_by_byte(self):
        client, answer = self.asked()
        self.send_pieces(client, [bytes([byte]) for byte in answer])

    def test_in_all_two_way_splits(self):
        _, answer = self.asked()
        for at in range(1, len(answer)):
            with self.subTest(at=at):
                client, answer = self.asked()
                self.send_pieces(client, [answer[:at], answer[at:]])

    def test_whole_dialogue_byte_by_byte(self):
        client = self.server.connect()
        self.addCleanup(client.close)

        def send(text):
            for byte in text.encode("latin-1"):
                client.send(bytes([byte]))
                self.server.settle()

        send("a LOGIN {4}\r\n")
        client.play(r"S: \+.*")
        send("user \"secret\"\r\n")
        client.play("S: a OK .*")
        send("b ENABLE X-SERVER-LOGOUT\r\n")
        client.play(r"S: \* ENABLED X-SERVER-LOGOUT", "S: b OK .*")
        send("c ECHO {4+}\r\nx OK\r\nd XDRAIN\r\n")
        client.play(r"S: \* ECHO \{4}", "S: x OK", "S: c OK .*", "S: d OK .*", "S: TAG LOGOUT")
        send(f"* BYE\r\n{client.tag} OK\r\n")
        client.play("END")


class NotEnabled(ServerTest):
    def setUp(self):
        self.client = self.server.login(enable=False)
        self.addCleanup(self.client.close)

    def test_is_told_by_bye_alone(self):
        self.play("C: a XDRAIN", "S: a OK .*", *GOODBYE, "=> BYE_ONLY")

    def test_is_told_between_pipelined_commands_and_the_rest_is_not_run(self):
        self.play("c: a NOOP\r\nb XDRAIN\r\nc NOOP\r\n", "S: a OK .*", "S: b OK .*", *GOODBYE, "=> BYE_ONLY")

    def test_is_told_before_login(self):
        self.client = self.server.connect()
        self.addCleanup(self.client.close)
        self.play("C: a XDRAIN", "S: a OK .*", *GOODBYE, "=> BYE_ONLY")


class AskAll(ServerTest):
    options = ("--ask", "all")

    def test_asks_a_client_that_has_not_enabled(self):
        self.client = self.server.login(enable=False)
        self.addCleanup(self.client.close)
        self.play(*ASK, *ANSWER)


@dialogues({
    "ok_after_no_is_an_answer": ASK + ("C: TAG NO", "C: a NOOP", "S: a OK .*") + ANSWER,
    "ok_after_bad_is_an_answer": ASK + ("C: TAG BAD", "C: a NOOP", "S: a OK .*") + ANSWER,
})
class OnRefusalWait(ServerTest):
    options = ("--on-refusal", "wait")


class AskedBySignal(unittest.TestCase):
    """SIGUSR1 asks all clients. A sentinel, which is asked too, shows that the signal has been handled."""

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.sentinel = self.server.login()
        self.addCleanup(self.sentinel.close)
        self.client = self.server.login()
        self.addCleanup(self.client.close)

    def tearDown(self):
        self.sentinel.answer()
        newcomer = self.server.login()
        newcomer.command("NOOP")
        newcomer.close()

    def ask_all(self):
        self.server.signal(signal.SIGUSR1)
        self.sentinel.play("S: TAG LOGOUT")

    def test_at_rest(self):
        self.ask_all()
        self.client.play("S: TAG LOGOUT")
        self.client.answer()

    def test_in_idle_and_answered_without_done(self):
        self.client.play("C: a IDLE", r"S: \+.*")
        self.ask_all()
        self.client.play("S: TAG LOGOUT")
        self.client.answer()

    def test_in_idle_and_answered_after_done(self):
        self.client.play("C: a IDLE", r"S: \+.*")
        self.ask_all()
        self.client.play("S: TAG LOGOUT", "C: DONE", "S: a OK .*")
        self.client.answer()

    def test_in_idle_and_answered_in_one_segment_with_done(self):
        self.client.play("C: a IDLE", r"S: \+.*")
        self.ask_all()
        self.client.play("S: TAG LOGOUT", "c: DONE\r\n* BYE\r\nTAG OK\r\n", "S: a OK .*", "END")

    def test_while_a_synchronising_literal_is_announced(self):
        self.client.play("C: a ECHO {5}", r"S: \+.*")
        self.check_literal_first("c: hel", "c: lo\r\n")

    def test_while_a_non_synchronising_literal_is_announced(self):
        self.client.play("C: a ECHO {5+}")
        self.server.settle()
        self.check_literal_first("c: hel", "c: lo\r\n")

    def check_literal_first(self, first, second):
        self.ask_all()
        self.client.expect_nothing()
        self.client.play(first)
        self.server.settle()
        self.client.expect_nothing()
        self.client.play(second, r"S: \* ECHO \{5}", "S: hello", "S: a OK .*", "S: TAG LOGOUT")
        self.client.answer()

    def test_while_half_a_command_is_read(self):
        self.client.play("c: a NO")
        self.server.settle()
        self.ask_all()
        self.client.play("S: TAG LOGOUT", "C: OP", "S: a OK .*")
        self.client.answer()

    def test_while_pipelined_commands_are_queued(self):
        """LOGOUT stands between two replies, whenever the signal arrives."""
        commands = 5000
        self.client.send(b"".join(b"p%d NOOP\r\n" % i for i in range(commands)))
        self.server.signal(signal.SIGUSR1)
        lines = [self.client.read_line().decode() for _ in range(commands + 1)]
        logout = [line for line in lines if line.endswith(" LOGOUT")]
        self.assertEqual(len(logout), 1)
        lines.remove(logout[0])
        for i, line in enumerate(lines):
            self.assertTrue(line.startswith(f"p{i} OK"), line)
        self.client.play(f"C: {logout[0].split()[0]} OK", "END")
        self.sentinel.play("S: TAG LOGOUT")

    def test_during_the_close_after_the_clients_own_logout(self):
        self.client.play("C: a LOGOUT", r"S: \* BYE .*", "S: a OK .*")
        self.ask_all()
        self.client.play("END")


class OverIPv6(unittest.TestCase):
    def test_the_drafts_exchange(self):
        server = Server(host="::1")
        self.addCleanup(server.stop)
        self.assertRegex(server.text_address, r"^\[::1\]:[0-9]+$")
        client = server.login()
        self.addCleanup(client.close)
        client.ask()
        client.answer()


if __name__ == "__main__":
    unittest.main()
