# SPDX-License-Identifier: BSD-2-Clause
"""Dialogues with a client that sends XDRAIN, a command that makes the server send LOGOUT: each moment of the exchange,
and any input. They run with the echo server and with each example host."""

import unittest

from harness import ASK, SERVER, ServerTest, dialogues

ANSWER = ("C: * BYE IMAP4rev1 Client logging out", "C: TAG OK LOGOUT completed", "END", "=> ANSWERED")
ALIVE = ("C: z NOOP", "S: z OK .*") + ASK + ANSWER
GOODBYE = (r"S: \* BYE .*", "END")
GOODBYE_TO_B = (r"S: \* BYE .*", "S: b OK .*", "END")
TOO_BIG = (r"S: \* BYE \[TOOBIG\] .*", "END")
MEGABYTE = 1 << 20


@dialogues({
    "the_drafts_exchange_ends_with_a_close": ASK + ANSWER,
    "ok_without_bye_is_an_answer": ASK + ("C: TAG OK", "END", "=> ANSWERED"),
    "words_are_read_in_any_case": ASK + ("C: * bye", "C: TAG oK done", "END", "=> ANSWERED"),
    "text_of_an_answer_is_opaque": ASK + ("C: * BYE {5}", "C: TAG OK [X] \"{3+}", "END", "=> ANSWERED"),
    "no_is_a_refusal": ASK + ("C: TAG NO [INUSE] not \"now\"",) + GOODBYE + ("=> REFUSED",),
    "bad_is_a_refusal": ASK + ("C: TAG BAD what",) + GOODBYE + ("=> REFUSED",),
    "bye_and_bad_is_a_refusal": ASK + ("C: * BYE", "C: TAG BAD") + GOODBYE + ("=> REFUSED",),
    "bye_alone_is_not_an_answer": ASK + ("C: * BYE", "C: a NOOP", "S: a OK .*") + ANSWER,
    "commands_are_served_until_the_answer": ASK + (
        "C: a NOOP", "S: a OK .*", "C: b CAPABILITY", r"S: \* CAPABILITY .*", "S: b OK .*",
        "C: c ECHO {2}", r"S: \+.*", "C: hi", r"S: \* ECHO \{2}", "S: hi", "S: c OK .*") + ANSWER,
    "commands_before_the_answer_are_completed_and_commands_after_it_are_not_run": ASK + (
        "c: a FETCH 3\r\nTAG OK\r\nb ECHO hi\r\nc NOOP\r\n",
        r"S: \* 1 FETCH \(BODY\[\] \{3}", r"S: xxx\)", "S: a OK .*", "END", "=> ANSWERED"),
    "a_second_request_does_not_ask_again": ASK + ("C: a XDRAIN", "S: a OK .*") + ANSWER,
    "logout_is_sent_between_replies_to_pipelined_commands": (
        "c: a NOOP\r\nb XDRAIN\r\nc NOOP\r\nd NOOP\r\n",
        "S: a OK .*", "S: b OK .*", "S: TAG LOGOUT", "S: c OK .*", "S: d OK .*") + ANSWER,
    "idle_continues_after_logout": ASK + (
        "C: a IDLE", r"S: \+.*", "C: * BYE", "C: DONE", "S: a OK .*", "C: TAG OK", "END", "=> ANSWERED"),
    "an_answer_in_an_idle_begun_after_logout": ASK + (
        "C: a IDLE", r"S: \+.*", "C: TAG OK", "END", "=> ANSWERED"),
    "the_clients_logout_crosses_ours_and_is_read_after_it": (
        "c: a XDRAIN\r\nb LOGOUT\r\n", "S: a OK .*", "S: TAG LOGOUT") + GOODBYE_TO_B,
    "the_clients_logout_is_followed_by_an_answer": ASK + ("c: b LOGOUT\r\nTAG OK\r\n",) + GOODBYE_TO_B,
    "the_clients_logout_is_read_first_and_ours_is_not_sent": ("c: b LOGOUT\r\na XDRAIN\r\n",) + GOODBYE_TO_B,
})
class Exchange(ServerTest):
    """The moments of an exchange."""


@dialogues({
    "literals": ("C: a ECHO {3}", r"S: \+ .*", "c: abc\r\n", r"S: \* ECHO \{3}", "S: abc", "S: a OK .*") + ALIVE,
    "two_literals": ("C: a LOGIN {1}", r"S: \+ .*", "C: u {2+}", "C: pw", "S: a OK .*") + ALIVE,
    "a_literal_with_nul": ("c: a ECHO {3+}\r\n\0\0\0\r\n", "S: a BAD .*") + ALIVE,
    "an_empty_literal": ("c: a ECHO {0+}\r\n\r\n", r"S: \* ECHO \{0}", "S: ", "S: a OK .*") + ALIVE,
    "an_empty_string": ("C: a ECHO \"\"", r"S: \* ECHO \{0}", "S: ", "S: a OK .*") + ALIVE,
    "a_literal_that_is_too_big": ("C: a ECHO {99999999999999999999}", r"S: a NO \[TOOBIG\] .*") + ALIVE,
    "a_literal_that_is_too_big_and_is_sent_at_once": ("C: a ECHO {4294967296+}",) + TOO_BIG,
    "literals_that_are_too_big_in_total": ("c: a LOGIN {8000+}\r\n" + "x" * 8000 + " {8000+}\r\n",) + TOO_BIG,
    "a_long_line": ("C: a ECHO " + "x" * MEGABYTE,) + TOO_BIG,
    "a_long_line_without_a_tag": ("C: " + "x" * MEGABYTE,) + TOO_BIG,
    "a_long_line_after_a_literal": ("C: a ECHO {0+}", "C: " + "x" * MEGABYTE) + TOO_BIG,
    "an_answer_that_is_longer_than_any_line": ASK + (
        "C: * BYE " + "x" * MEGABYTE, "C: TAG OK " + "{3}" * MEGABYTE, "END", "=> ANSWERED"),
    "any_octet_in_the_text_of_an_answer": ASK + ("C: TAG OK \0\r\xff\x80", "END", "=> ANSWERED"),
    "no_tag": ("C: ", r"S: \* BAD .*", "C: * BYE", r"S: \* BAD .*", "C: ( NOOP", r"S: \* BAD .*") + ALIVE,
    "a_long_tag": ("C: " + "x" * 64 + " NOOP", r"S: \* BAD .*", "C: " + "x" * 63 + " NOOP", "S: x{63} OK .*") + ALIVE,
    "a_tag_alone": ("C: a", "S: a BAD .*", "C: a ", "S: a BAD .*") + ALIVE,
    "nul_and_8_bit_in_a_command": (
        "C: a NO\0OP", "S: a BAD .*", "C: \0", r"S: \* BAD .*", "C: b \xc3\xa9", "S: b BAD .*", "C: \xff NOOP",
        r"S: \* BAD .*") + ALIVE,
    "a_bare_cr_does_not_end_a_line": ("c: a NOOP\rb NOOP\r\n", "S: a BAD .*") + ALIVE,
    "a_bare_lf_ends_a_line": ("c: a NOOP\nb NOOP\n", "S: a OK .*", "S: b OK .*") + ASK + (
        "c: TAG OK\n", "END", "=> ANSWERED"),
    "a_line_that_looks_like_the_announcement_of_a_literal": (
        "C: a {", "S: a BAD .*", "C: b {+}", "S: b BAD .*", "C: c {1++}", "S: c BAD .*") + ALIVE,
    "an_unknown_command_with_an_answer_in_a_literal": ASK + (
        "c: a NONSENSE {8+}\r\nSLO.1 OK\r\n", "S: a BAD .*") + ANSWER,
    "an_answer_without_a_logout": ("C: SLO.1 OK", "S: SLO.1 BAD .*", "C: * BYE", r"S: \* BAD .*") + ALIVE,
    "an_answer_to_another_tag": ASK + (
        "C: SLO.999999 OK", "S: SLO.999999 BAD .*", "C: slo.1 OK", "S: slo.1 BAD .*") + ANSWER,
    "arguments": ("C: a NOOP x", "S: a BAD .*", "C: b LOGIN u", "S: b BAD .*", "C: c ECHO \"a", "S: c BAD .*",
                  "C: d FETCH x", "S: d BAD .*") + ALIVE,
    "enable": ("C: a ENABLE", r"S: \* ENABLED", "S: a OK .*", "C: b ENABLE CONDSTORE X-SERVER-LOGOUTS",
               r"S: \* ENABLED", "S: b OK .*", "C: c enable x-server-logout UTF8=ACCEPT",
               r"S: \* ENABLED X-SERVER-LOGOUT", "S: c OK .*") + ALIVE,
    "idle": ("C: a IDLE", r"S: \+ .*", "C: b NOOP", "S: a BAD .*", "C: c IDLE", r"S: \+ .*", "C: done", "S: c OK .*") + ALIVE,
})
class Input(ServerTest):
    """Any input has a defined outcome and harms no other client."""

    def test_an_answer_inside_a_literal_does_not_count_and_the_answer_after_it_does(self):
        self.client.ask()
        answer = f"{self.client.tag} OK\r\n"
        for plus, prompt in (("", [r"S: \+.*"]), ("+", [])):
            self.client.play(f"C: a ECHO {{{len(answer)}{plus}}}", *prompt, f"c: {answer}\r\n")
            self.client.expect_echo(answer.encode())
            self.client.play("S: a OK .*")
        self.client.answer()

    def test_a_literal_of_all_octets_except_nul(self):
        data = bytes(range(1, 256)) * 30
        self.client.send(b"a ECHO {%d+}\r\n%s\r\n" % (len(data), data))
        self.client.expect_echo(data)
        self.client.play("S: a OK .*")

    def test_a_long_pipeline_gets_all_replies(self):
        count = 10000
        sent = self.client.send_aside(b"a NOOP\r\nb ECHO {3+}\r\nxyz\r\nc FETCH 100\r\n" * count)
        replies = 0
        while replies < 3 * count:
            replies += self.client.read_line()[1:4] == b" OK"
        sent.result()


class NotEnabled(ServerTest):
    def setUp(self):
        self.client = self.server.login(enable=False)
        self.addCleanup(self.client.close)

    def test_is_told_by_bye_alone_between_pipelined_commands_and_the_rest_is_not_run(self):
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
    """An OK may follow a refusal."""
    options = ("--on-refusal", "wait")


class Cuts(ServerTest):
    """Cuts the client's side of a dialogue into pieces of each length, and cuts it off after each octet."""

    STEPS = (
        ("C: a LOGIN {4}", r"S: \+.*"),
        ("C: user \"secret\"", "S: a OK .*"),
        ("C: b ENABLE X-SERVER-LOGOUT", r"S: \* ENABLED .*", "S: b OK .*"),
        ("C: c ECHO {5+}",),
        ("C: hello", r"S: \* ECHO \{5}", "S: hello", "S: c OK .*"),
        ("C: d XDRAIN", "S: d OK .*", "S: TAG LOGOUT"),
        ("C: e IDLE", r"S: \+.*"),
        ("C: * BYE bye",),
        ("C: TAG OK done",),
    )

    def settle(self):
        """Makes a server with one thread read each piece alone. A host with more threads may read pieces together."""
        if SERVER == "echo_server":
            self.server.settle()

    def connect(self):
        client = self.server.connect()
        self.addCleanup(client.close)
        return client

    def play_until(self, client, cut):
        """Plays the first `cut` octets of the dialogue. Returns False if it has no more octets than that."""
        for sent, *received in self.STEPS:
            line = sent[3:].replace("TAG", client.tag) + "\r\n"
            client.play("c: " + line[:cut])
            if cut < len(line):
                return True
            cut -= len(line)
            client.play(*received)
        return False

    def cut_everywhere(self, cut_off):
        cut, more = 0, True
        while more:
            with self.subTest(cut=cut):
                client = self.connect()
                more = self.play_until(client, cut)
                cut_off(client)
            cut += 7 if SERVER == "blocking" else 1  # a process for each connection takes more time
        self.assertGreater(cut, 100)

    def test_byte_by_byte(self):
        client = self.connect()
        for sent, *received in self.STEPS:
            for octet in sent[3:].replace("TAG", client.tag) + "\r\n":
                client.play("c: " + octet)
                self.settle()
            client.play(*received)
        client.play("END")

    def test_the_answer_in_two_pieces(self):
        for at in range(1, len("* BYE x\r\nSLO.1 OK y\r\n")):
            with self.subTest(at=at):
                client = self.server.login()
                self.addCleanup(client.close)
                client.ask()
                answer = f"* BYE x\r\n{client.tag} OK y\r\n"
                client.play("c: " + answer[:at])
                self.settle()
                client.play("c: " + answer[at:], "END")

    def test_by_a_shutdown_at_every_octet_ends_in_a_close_without_further_output(self):
        def shut_down(client):
            client.shut_down()
            client.play("END")

        self.cut_everywhere(shut_down)

    def test_by_a_close_at_every_octet(self):
        self.cut_everywhere(lambda client: client.close())

    def test_by_a_reset_at_every_octet(self):
        self.cut_everywhere(lambda client: client.reset())


if __name__ == "__main__":
    unittest.main()
