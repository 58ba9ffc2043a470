# SPDX-License-Identifier: BSD-2-Clause
"""One exchange with one client: its lines and its end."""

import unittest

from client import CAPABILITY, Client
from server import Dovecot, is_24


class Exchange(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Dovecot()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def kick(self):
        self.server.kick("alice")

    def asked(self, **options):
        """Returns a client that has just read the server's LOGOUT, and the tag of this LOGOUT."""
        client = Client(self.server, **options)
        self.addCleanup(client.close)
        self.kick()
        return client, client.logout_tag()

    def assertLogged(self, pattern):
        self.assertTrue(self.server.wait_for_log(pattern), pattern + " is not in:\n" + self.server.log())

    def test_the_capability_is_offered_after_login_and_enable_is_answered(self):
        with Client(self.server, enable=False) as client:
            self.assertRegex(client.login[-1], r" %s[] ]" % CAPABILITY)
            self.assertIn(CAPABILITY, client.run("a", "CAPABILITY")[0].split())
            self.assertEqual(client.run("b", "ENABLE X-NOPE %s CONDSTORE" % CAPABILITY)[0],
                             "* ENABLED %s CONDSTORE" % CAPABILITY)

    def test_bye_and_ok_close_and_the_log_says_so(self):
        client, tag = self.asked()
        client.send("* BYE\r\n%s OK LOGOUT completed\r\n" % tag)
        self.assertTrue(client.is_closed())
        self.assertLogged(r"imap\(alice\).*Disconnected: Server LOGOUT: answered in=")

    def test_ok_alone_closes(self):
        client, tag = self.asked()
        client.send(tag + " OK\r\n")
        self.assertTrue(client.is_closed())

    def test_an_answer_that_comes_octet_by_octet_closes(self):
        client, tag = self.asked()
        client.send_one_by_one("* BYE bye\r\n%s ok {3+}" % tag)
        client.send("\r\n")
        self.assertTrue(client.is_closed())

    def test_bad_and_no_are_followed_by_bye(self):
        for word in "BAD", "NO":
            client, tag = self.asked()
            client.send('%s %s not "now"\r\n' % (tag, word))
            self.assertEqual(client.rest(), b"* BYE Server shutting down.\r\n")
            self.assertLogged(r'Disconnected: Server LOGOUT: refused: %s not "now"' % word)

    def test_a_wrong_tag_is_answered_with_bad_and_the_exchange_continues(self):
        client, tag = self.asked()
        for wrong in "X1", tag + "0", tag.lower():
            self.assertRegex(client.run(wrong, "OK done")[-1],
                             wrong + " BAD Error in IMAP command OK: Unknown command")
        client.send(tag + " OK\r\n")
        self.assertTrue(client.is_closed())

    def test_responses_outside_an_exchange_are_answered_as_usual(self):
        with Client(self.server) as client:
            for word in "OK", "NO", "BAD":
                self.assertRegex(client.run("SLO.1", word)[-1],
                                 "^SLO.1 BAD Error in IMAP command %s: Unknown" % word)
            client.send("* BYE\r\n")
            self.assertRegex(client.line(), r"^\* BAD Error in IMAP tag: Invalid tag")

    def test_noop_and_select_in_between_work_as_usual(self):
        client, tag = self.asked()
        self.assertRegex(client.run("n", "NOOP")[-1], "^n OK NOOP completed")
        self.assertRegex(client.run("s", "SELECT INBOX")[-1], r"^s OK \[READ-WRITE\] Select completed")
        client.send("* BYE\r\n")
        self.assertRegex(client.run("n", "NOOP")[-1], "^n OK NOOP completed")
        client.send(tag + " OK\r\n")
        self.assertTrue(client.is_closed())

    def test_many_bye_lines_do_not_count_as_bad_commands(self):
        client, tag = self.asked()
        client.send("* BYE\r\n" * 50)
        self.assertRegex(client.run("n", "NOOP")[-1], "^n OK")
        client.send(tag + " OK\r\n")
        self.assertTrue(client.is_closed())

    def test_the_clients_own_logout_is_answered_as_usual(self):
        client, _ = self.asked()
        client.send("z LOGOUT\r\n")
        self.assertRegex(client.rest(), rb"^\* BYE Logging out\r\nz OK Logout completed [^\r]*\r\n$")
        self.assertLogged("Disconnected: Logged out")

    def test_commands_pipelined_after_the_answer_are_not_run(self):
        client, tag = self.asked()
        client.send("%s OK\r\nx CREATE after-the-answer\r\n" % tag)
        self.assertTrue(client.is_closed())
        with Client(self.server) as client:
            self.assertNotIn("after-the-answer", "".join(client.run("a", 'LIST "" *')))

    def test_a_second_kick_ends_the_exchange_with_bye(self):
        client, _ = self.asked()
        self.kick()
        self.assertEqual(client.rest(), b"* BYE Server shutting down.\r\n")
        self.assertLogged("Disconnected: Server LOGOUT: forced")

    def test_a_client_that_has_not_enabled_the_extension_gets_bye_as_before(self):
        with Client(self.server, enable=False) as client:
            self.kick()
            self.assertEqual(client.rest(), b"* BYE Server shutting down.\r\n")
        self.assertLogged("Disconnected: %s in=" % ("User kicked" if is_24() else "Server shutting down."))


class Settings(unittest.TestCase):
    def test_ask_all_asks_clients_that_have_not_enabled_the_extension(self):
        with Dovecot(settings={"slogout_ask": "all"}) as server, Client(server, enable=False) as client:
            server.kick("alice")
            client.send(client.logout_tag() + " OK\r\n")
            self.assertTrue(client.is_closed())

    def test_the_userdb_overrides_other_settings_but_in_24_not_those_in_protocol_imap(self):
        """In 2.4, a filter takes precedence over the userdb."""
        cases = [("settings", {"settings": {"slogout_ask": "enabled"}}, not is_24())]
        if is_24():
            cases.append(("global", {"extra": "slogout_ask = enabled\n"}, True))
        for name, place, wins in cases:
            with self.subTest(place=name), Dovecot(user_settings="slogout_ask=all", **place) as server:
                with Client(server, enable=False) as client:
                    server.kick("alice")
                    self.assertRegex(client.line(), " LOGOUT$" if wins else r"^\* BYE ")

    def test_the_bye_text_is_that_of_the_setting(self):
        with Dovecot(settings={"slogout_bye_text": "[UNAVAILABLE] Moving you"}) as server:
            with Client(server, enable=False) as client:
                server.kick("alice")
                self.assertEqual(client.rest(), b"* BYE [UNAVAILABLE] Moving you\r\n")

    BAD = (("slogout_ask", "everybody", "must be enabled or all|Invalid value: everybody"),
           ("slogout_on_refusal", "cry", "must be bye or wait|Invalid value: cry"),
           ("slogout_hibernate", "some", "must be all or others or none|Invalid value: some"),
           ("slogout_answer_timeout", "32s", "= 32000 ms: .* 32,000"),
           ("slogout_answer_timeout", "0", "= 0 ms: .* 32,000"),
           ("slogout_answer_timeout", "33", "missing units"),
           ("slogout_spread", "10 parsecs", "parsecs"),
           ("slogout_bye_text", "caf\u00e9", "ASCII"))

    @unittest.skipIf(is_24(), "2.4 checks settings when it starts")
    def test_a_bad_value_stops_the_plugin_from_loading_with_a_clear_message(self):
        for name, value, complaint in self.BAD:
            with self.subTest(name=name, value=value), Dovecot(settings={name: value}) as server:
                with Client(server, enable=False) as client:
                    self.assertNotIn(CAPABILITY, client.login[-1])
                    self.assertRegex(client.run("e", "ENABLE " + CAPABILITY)[0], "^e OK Enabled")
                    server.kick("alice")
                    self.assertEqual(client.rest(), b"* BYE Server shutting down.\r\n")
                pattern = r"imap_slogout is not loaded: %s.*(%s)" % (name, complaint)
                self.assertTrue(server.wait_for_log(pattern), server.log())

    @unittest.skipUnless(is_24(), "2.3 does not check plugin settings when it starts")
    def test_a_bad_value_stops_dovecot_from_starting_with_a_clear_message(self):
        for name, value, complaint in self.BAD:
            with self.subTest(name=name, value=value):
                with self.assertRaisesRegex(RuntimeError, "%s.*(%s)" % (name, complaint)):
                    Dovecot(settings={name: value})


if __name__ == "__main__":
    unittest.main()
