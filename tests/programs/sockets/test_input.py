"""Any input has a defined outcome and harms no other client."""

import unittest

from harness import ASK, ServerTest, dialogues

ANSWER = ("C: * BYE", "C: TAG OK", "END", "=> ANSWERED")
ALIVE = ("C: z NOOP", "S: z OK .*") + ASK + ANSWER
MEGABYTE = 1 << 20


@dialogues({
    "nul_in_a_command": ("C: a NO\0OP", "S: a BAD .*") + ALIVE,
    "nul_in_a_quoted_string": ("C: a ECHO \"\0\"", "S: a BAD .*") + ALIVE,
    "nul_bytes_alone": ("C: \0\0\0", r"S: \* BAD .*") + ALIVE,
    "nul_in_a_literal": ("c: a ECHO {3+}\r\n\0\0\0\r\n", "S: a BAD .*") + ALIVE,
    "eight_bit_in_a_literal": (
        "c: a ECHO {3+}\r\n\x80\xfe\xff\r\n", r"S: \* ECHO \{3}", "S: \x80\xfe\xff", "S: a OK .*") + ALIVE,
    "an_empty_literal": ("c: a ECHO {0+}\r\n\r\n", r"S: \* ECHO \{0}", "S: ", "S: a OK .*") + ALIVE,
    "an_empty_string": ("C: a ECHO \"\"", r"S: \* ECHO \{0}", "S: ", "S: a OK .*") + ALIVE,
    "nul_in_the_text_of_an_answer": ASK + ("C: TAG OK \0", "END", "=> ANSWERED"),
    "eight_bit_in_a_command": ("C: a \xc3\xa9\xff", "S: a BAD .*") + ALIVE,
    "eight_bit_in_a_quoted_string": ("C: a ECHO \"\xff\"", "S: a BAD .*") + ALIVE,
    "eight_bit_in_a_tag": ("C: \xff\xfe NOOP", r"S: \* BAD .*") + ALIVE,
    "eight_bit_in_the_text_of_an_answer": ASK + ("C: TAG OK \xff\x80", "END", "=> ANSWERED"),
    "a_bare_lf_ends_a_line": ("c: a NOOP\nb NOOP\n", "S: a OK .*", "S: b OK .*") + ASK + (
        "c: TAG OK\n", "END", "=> ANSWERED"),
    "a_bare_cr_ends_no_line": ("c: a NOOP\rb NOOP\r\n", "S: a BAD .*") + ALIVE,
    "a_bare_cr_in_a_quoted_string": ("C: a ECHO \"\r\"", "S: a BAD .*") + ALIVE,
    "a_bare_cr_in_the_text_of_an_answer": ASK + ("C: TAG OK a\rb", "END", "=> ANSWERED"),
    "an_empty_line": ("C: ", r"S: \* BAD .*") + ALIVE,
    "a_line_of_1_mb": ("C: a ECHO " + "x" * MEGABYTE, "S: a BAD .*") + ALIVE,
    "a_line_of_1_mb_that_has_no_tag": ("C: " + "x" * MEGABYTE, r"S: \* BAD .*") + ALIVE,
    "an_answer_with_1_mb_of_text": ASK + ("C: TAG OK " + "x" * MEGABYTE, "END", "=> ANSWERED"),
    "a_synchronising_literal_of_4_gb": ("C: a ECHO {4294967296}", "S: a (NO|BAD) .*") + ALIVE,
    "a_literal_of_more_than_64_bits": ("C: a ECHO {99999999999999999999999}", "S: a (NO|BAD) .*") + ALIVE,
    "an_unknown_command_with_a_literal": (
        "C: a NONSENSE {4}", "S: a BAD .*") + ALIVE,
    "an_unknown_command_with_an_answer_in_a_literal": ASK + (
        "c: a NONSENSE {8+}\r\nSLO.1 OK\r\n", "S: a BAD .*") + ANSWER,
    "an_answer_to_a_tag_never_used": ASK + ("C: SLO.999999 OK", "S: SLO.999999 BAD .*") + ANSWER,
    "an_answer_with_the_tag_in_another_case": ASK + ("C: slo.1 OK", "S: slo.1 BAD .*") + ANSWER,
    "an_answer_before_it_was_asked": ("C: SLO.1 OK", "S: SLO.1 BAD .*") + ALIVE,
    "a_bye_before_it_was_asked": ("C: * BYE", r"S: \* BAD .*") + ALIVE,
})
class Input(ServerTest):
    def test_a_non_synchronising_literal_of_4_gb(self):
        """The server can neither refuse nor read it."""
        self.client.play("C: a ECHO {4294967296+}", r"S: \* BYE \[TOOBIG\] .*", "END")

    def test_literals_before_login_are_small(self):
        client = self.server.connect()
        client.play("C: a LOGIN user {8192}", r"S: \+.*", "c: " + "x" * 8192 + "\r\n", "S: a OK .*")
        client.close()
        client = self.server.connect()
        client.play("C: a LOGIN {8193}", r"S: a NO \[TOOBIG\] .*", "C: b LOGIN {8192+}", "c: " + "x" * 8192 + " {1}\r\n",
                    r"S: b NO \[TOOBIG\] .*", "C: c LOGIN {8193+}", r"S: \* BYE \[TOOBIG\] .*", "END")

    def test_too_many_bad_commands_in_a_row(self):
        bad = ("C: a NONSENSE", "S: a BAD .*")
        self.client.play(*bad * 19, "C: b NOOP", "S: b OK .*", *bad * 20, r"S: \* BYE .*", "END")

    def test_an_answer_inside_a_literal_is_none_and_the_one_after_it_is(self):
        self.client.ask()
        answer = f"{self.client.tag} OK\r\n"
        for plus, prompt in (("", [r"S: \+.*"]), ("+", [])):
            self.client.play(f"C: a ECHO {{{len(answer)}{plus}}}", *prompt, f"c: {answer}\r\n")
            self.client.expect_echo(answer.encode())
            self.client.play("S: a OK .*")
        self.client.play(f"c: b ECHO {{{len(answer)}+}}\r\n{answer}\r\n* BYE\r\n{answer}")
        self.client.expect_echo(answer.encode())
        self.client.play("S: b OK .*", "END")

    def test_an_answer_after_a_synchronising_literal_that_was_refused(self):
        self.client.play(*ASK, "C: a ECHO {4294967296}", "S: a (NO|BAD) .*")
        self.client.answer()

    def test_end_of_file_in_the_middle_of_a_line_of_1_mb(self):
        self.client.play("c: a ECHO " + "x" * MEGABYTE)
        self.client.close()


class EndOfFile(ServerTest):
    """The client's side of a dialogue, cut off at each octet."""

    STEPS = (
        ("C: a LOGIN {4}", r"S: \+.*"),
        ("C: user secret", "S: a OK .*"),
        ("C: b ENABLE X-SERVER-LOGOUT", r"S: \* ENABLED .*", "S: b OK .*"),
        ("C: c ECHO {5}", r"S: \+.*"),
        ("C: hello", r"S: \* ECHO \{5}", "S: hello", "S: c OK .*"),
        ("C: d XDRAIN", "S: d OK .*", "S: TAG LOGOUT"),
        ("C: e IDLE", r"S: \+.*"),
        ("C: * BYE bye",),
        ("C: TAG OK done",),
    )

    def play_until(self, client, cut):
        """Plays the dialogue up to that octet. Returns False if it is not that long."""
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
                client = self.server.connect()
                self.addCleanup(client.close)
                more = self.play_until(client, cut)
                cut_off(client)
            cut += 1
        self.assertGreater(cut, 100)

    def test_by_a_shutdown_at_every_octet_ends_in_a_close_with_nothing_more_said(self):
        def shut_down(client):
            client.shut_down()
            client.play("END")

        self.cut_everywhere(shut_down)

    def test_by_a_close_at_every_octet(self):
        self.cut_everywhere(lambda client: client.close())

    def test_by_a_reset_at_every_octet(self):
        self.cut_everywhere(lambda client: client.reset())


class LiteralMax(ServerTest):
    options = ("--literal-max", "10000")

    def test_literals_after_login_are_as_large_as_the_option_says(self):
        self.client.play("C: a ECHO {10000}", r"S: \+.*", "c: " + "x" * 10000 + "\r\n")
        self.client.expect_echo(b"x" * 10000)
        self.client.play("S: a OK .*", "C: b ECHO {10001}", r"S: b NO \[TOOBIG\] .*")


if __name__ == "__main__":
    unittest.main()
