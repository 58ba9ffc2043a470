# SPDX-License-Identifier: BSD-2-Clause
"""The plugin writes its lines at rest and never inside other output, whatever the client does."""

import random
import re
import threading
import time
import unittest

from client import Client, Closed
from server import Dovecot, is_24

LARGE = 20 * 1024 * 1024


def large_message():
    """Returns a message of 20 MB in which no two lines are equal, so that a foreign octet anywhere is noticed."""
    head = b"From: a@example.org\r\nSubject: large\r\nMIME-Version: 1.0\r\n\r\n"
    lines = random.Random(1).randbytes(LARGE // 2 * 76 // 78).hex().encode()
    body = b"".join(lines[i:i + 76] + b"\r\n" for i in range(0, len(lines), 76))
    return head + body


class WithServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Dovecot()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def client(self, **options):
        client = Client(self.server, **options)
        self.addCleanup(client.close)
        return client

    def kick(self):
        self.server.kick("alice")
        time.sleep(0.2)  # so that a line that is sent too early arrives before the next step

    def assertAnswers(self, client):
        """Checks that the next line is the LOGOUT, answers it, and checks that the server closes."""
        line = client.line()
        self.assertRegex(line, r"^SLO\.\d+ LOGOUT$")
        client.send("* BYE\r\n%s OK\r\n" % line.split()[0])
        self.assertTrue(client.is_closed())


class Fetch(unittest.TestCase):
    """A FETCH of 20 MB by a client that reads slowly and is kicked in the middle, with stock Dovecot and with the
    plugin."""

    @classmethod
    def setUpClass(cls):
        cls.message = large_message()
        cls.stock, cls.ours = Dovecot(plugin=False), Dovecot()
        for server in cls.stock, cls.ours:
            server.put_message("alice", cls.message)

    @classmethod
    def tearDownClass(cls):
        cls.stock.close()
        cls.ours.close()

    def begin(self, server, **options):
        """Reads the first part of the literal, and kicks the client. Returns the client and the announced size."""
        client = Client(server, receive_buffer=65536, **options)
        self.addCleanup(client.close)
        client.run("s", "SELECT INBOX")
        client.send("f FETCH 1 BODY.PEEK[]\r\n")
        size = int(re.fullmatch(r"\* 1 FETCH \(BODY\[\] \{(\d+)\}", client.line())[1])
        self.assertEqual(size, len(self.message))
        self.begun = client.octets(1024 * 1024)
        time.sleep(0.5)  # until the server cannot write more
        server.kick("alice")
        return client, size

    def read_slowly(self, client, size, pause=0.002):
        return self.begun + client.octets(size - len(self.begun), pause=pause, most=32768)

    def assertWhole(self, client, size, pause=0.002):
        self.assertEqual(self.read_slowly(client, size, pause), self.message)
        self.assertEqual(client.line(), ")")
        line = client.line()
        while line.startswith("* OK [INPROGRESS "):  # 2.4 sends this line every 10 s
            line = client.line()
        self.assertRegex(line, "^f OK Fetch completed")

    @unittest.skipIf(is_24(), "2.4 writes no BYE there")
    def test_stock_dovecot_writes_its_bye_into_the_literal(self):
        """Dovecot always cuts the literal short. It also sends the BYE if the kernel has room for it, which it usually
        has."""
        for _ in range(5):
            client, got = self.cut_short()
            if client.tail.endswith(b"* BYE Server shutting down.\r\n"):
                self.assertNotIn(client.tail[-200:], self.message)
                return
        self.fail("no BYE in the literal")

    @unittest.skipUnless(is_24(), "2.3 writes its BYE there")
    def test_stock_dovecot_cuts_the_literal_short_without_a_bye(self):
        _, got = self.cut_short()
        self.assertEqual(got, self.message[:len(got)])

    def cut_short(self):
        """Returns the client, and the part of the literal that stock Dovecot sends."""
        client, size = self.begin(self.stock, enable=False)
        with self.assertRaises(Closed) as closed:
            self.read_slowly(client, size)
        got = self.begun + closed.exception.args[0]
        self.assertLess(len(got), size)
        return client, got

    def test_with_the_plugin_the_literal_arrives_whole_and_then_the_logout(self):
        client, size = self.begin(self.ours)
        self.assertWhole(client, size)
        tag = client.logout_tag()
        client.send(tag + " OK\r\n")
        self.assertTrue(client.is_closed())

    def test_over_tls_the_literal_arrives_whole_and_then_the_logout_or_the_bye(self):
        """TLS connections pass through an imap-login process, which has its own output buffer."""
        for enable in True, False:
            with self.subTest(enable=enable):
                client, size = self.begin(self.ours, tls=True, enable=enable)
                self.assertWhole(client, size, pause=0)
                if enable:
                    client.send(client.logout_tag() + " OK\r\n")
                    self.assertTrue(client.is_closed())
                else:
                    self.assertEqual(client.rest(), b"* BYE Server shutting down.\r\n")

    def test_with_the_plugin_the_literal_arrives_whole_and_then_the_bye(self):
        client, size = self.begin(self.ours, enable=False)
        self.assertWhole(client, size)
        self.assertEqual(client.rest(), b"* BYE Server shutting down.\r\n")

    def test_a_second_kick_does_not_put_a_bye_into_the_literal(self):
        """The client has 10 s to read the rest, which the kernel cannot hold."""
        client, size = self.begin(self.ours)
        self.begun += client.octets(size - len(self.begun) - 5000000)
        self.ours.kick("alice")
        self.assertWhole(client, size, pause=0)
        self.assertEqual(client.rest(), b"* BYE Server shutting down.\r\n")

    def test_a_client_that_reads_nothing_gets_no_bye_into_the_literal(self):
        """After a second kick, the client has 10 s. Then the connection ends inside the literal, without a BYE."""
        client, size = self.begin(self.ours)
        self.ours.kick("alice")
        self.assertTrue(self.ours.wait_for_log(r"Disconnected: Server LOGOUT: forced \(without BYE\)", 15))
        with self.assertRaises(Closed) as closed:
            client.octets(size)
        got = self.begun + closed.exception.args[0]
        self.assertLess(len(got), size)
        self.assertEqual(got, self.message[:len(got)])


class Unread(WithServer):
    """The connection ends while output is queued for a client that reads slowly."""

    def test_responses_that_cross_the_answer_come_before_the_end(self):
        """Dovecot holds the response to APPEND until it has executed the commands that it has already read."""
        for rest in "", "x NO":
            with self.subTest(rest=rest):
                client = self.client()
                client.run("s", "SELECT INBOX")
                self.kick()
                tag = client.logout_tag()
                client.send("a APPEND INBOX {1+}\r\nx\r\nb NOOP\r\n* BYE\r\n%s OK\r\n%s" % (tag, rest))
                client.socket.settimeout(10)
                self.assertRegex(client.rest(), rb"(?s)^(.*\r\n)?a OK [^\r]*\r\nb OK [^\r]*\r\n$")

    def test_a_response_that_dovecot_holds_comes_before_the_bye_of_a_second_kick(self):
        client = self.client()
        client.run("s", "SELECT INBOX")
        client.send("a APPEND INBOX {1+}\r\nx\r\nb NO")
        self.kick()
        self.kick()
        self.assertRegex(client.rest(), rb"(?s)^(.*\r\n)?a OK [^\r]*\r\n\* BYE Server shutting down.\r\n$")

    def test_a_literal_that_crosses_the_answer_comes_before_the_end(self):
        message = large_message()[:3000000]
        self.server.put_message("alice", message)
        client = self.client(receive_buffer=65536)
        client.run("s", "SELECT INBOX")
        self.kick()
        tag = client.logout_tag()
        client.send("f FETCH * BODY.PEEK[]\r\n* BYE\r\n%s OK\r\n" % tag)
        time.sleep(0.5)
        client.line()
        self.assertEqual(client.octets(len(message), pause=0.002, most=32768), message)
        self.assertRegex(client.rest(), rb"^\)\r\nf OK [^\r]*\r\n$")

    def test_responses_that_the_server_could_not_write_yet_come_before_the_bye(self):
        client = self.client(enable=False, receive_buffer=65536)
        tags = ["%04d%s" % (i, "x" * 8000) for i in range(1500)]
        client.send("".join(tag + " NOOP\r\n" for tag in tags))
        self.kick()
        for tag in tags:
            self.assertTrue(client.line().startswith(tag + " OK"))
        self.assertEqual(client.rest(), b"* BYE Server shutting down.\r\n")

    def test_a_client_that_sends_before_it_has_read_the_bye_loses_nothing(self):
        message = large_message()[:1500000]
        self.server.put_message("alice", message)
        client = self.client(enable=False, receive_buffer=65536)
        client.run("s", "SELECT INBOX")
        client.send("f FETCH * BODY.PEEK[]\r\n")
        time.sleep(0.5)
        self.kick()
        client.send("n NOOP\r\n")
        time.sleep(0.2)
        client.line()
        self.assertEqual(client.octets(len(message), pause=0.002, most=32768), message)
        self.assertRegex(client.rest(), rb"^\)\r\nf OK [^\r]*\r\n\* BYE Server shutting down.\r\n$")


class Append(WithServer):
    def append(self, literal, **options):
        client = self.client(**options)
        message = (b"From: a@example.org\r\nSubject: x\r\n\r\n"
                   b"SLO.1 OK LOGOUT completed\r\n* BYE\r\nSLO.1 OK\r\n")
        client.send("p APPEND INBOX {%d%s}\r\n" % (len(message), literal))
        if not literal:
            self.assertRegex(client.line(), r"^\+ OK")
        client.send(message[:40])
        time.sleep(0.1)
        self.kick()
        client.send(message[40:] + b"\r\n")
        self.assertRegex(client.line(), r"^p OK \[APPENDUID \d+ \d+\] Append completed")
        return client, message

    def assertStored(self, message):
        with Client(self.server) as client:
            client.run("s", "SELECT INBOX")
            client.send("f FETCH * BODY.PEEK[]\r\n")
            client.line()
            self.assertEqual(client.octets(len(message)), message)

    def test_during_a_synchronising_literal_that_contains_the_answer(self):
        client, message = self.append("")
        self.assertAnswers(client)
        self.assertStored(message)

    def test_during_a_non_synchronising_literal_that_contains_the_answer(self):
        client, message = self.append("+")
        self.assertAnswers(client)
        self.assertStored(message)

    def test_a_client_that_has_not_enabled_it_gets_bye_after_its_append(self):
        client, message = self.append("", enable=False)
        self.assertEqual(client.rest(), b"* BYE Server shutting down.\r\n")
        self.assertStored(message)

    def test_an_append_that_crosses_the_logout_is_stored(self):
        client = self.client()
        self.kick()
        tag = client.logout_tag()
        data = "%s OK within\r\n" % tag
        client.send("p APPEND INBOX {%d}\r\n" % len(data))
        self.assertRegex(client.line(), r"^\+ OK")
        client.send(data + "\r\n")
        self.assertRegex(client.line(), r"^p OK ")
        client.send(tag + " OK\r\n")
        self.assertTrue(client.is_closed())
        self.assertStored(data.encode())


class Commands(WithServer):
    def test_a_command_that_is_half_read(self):
        client = self.client()
        client.send("n NO")
        time.sleep(0.1)
        self.kick()
        client.send("OP\r\n")
        self.assertRegex(client.line(), "^n OK NOOP completed")
        self.assertAnswers(client)

    def test_a_command_that_waits_for_its_literal(self):
        client = self.client()
        client.send('a LIST "" {1}\r\n')
        self.assertRegex(client.line(), r"^\+ OK")
        self.kick()
        client.send("*\r\n")
        self.assertTrue(client.lines_until("a")[-1].startswith("a OK"))
        self.assertAnswers(client)

    def test_pipelined_commands_are_all_answered_and_the_logout_is_between_two_responses(self):
        for enable in True, False:
            with self.subTest(enable=enable):
                lines = self.pipeline(self.client(enable=enable), 4000)
                numbers = [int(line.split()[0]) for line in lines]
                self.assertEqual(numbers, list(range(len(numbers))))

    def pipeline(self, client, count):
        """Sends commands without a pause, and returns the tagged responses before the end of the connection. Answers
        LOGOUT. Responses after the answer belong to commands that were sent before it."""
        sender = threading.Thread(target=client.send, args=("".join(
            '%d STATUS "box %d" (MESSAGES)\r\n' % (i, i) for i in range(count)),))
        sender.start()
        self.server.kick("alice")
        sender.join()
        lines = []
        while True:
            try:
                line = client.line()
            except Closed:
                return lines
            if re.match(r"SLO\.\d+ LOGOUT$", line):
                client.send(line.split()[0] + " OK\r\n")
            elif not line.startswith("* BYE"):
                self.assertRegex(line, r"^\d+ NO (\[NONEXISTENT\] )?Mailbox doesn't exist")
                lines.append(line)

    def test_a_client_that_always_has_another_command_in_flight_is_asked_nevertheless(self):
        client = self.client()
        client.send("a NO")
        time.sleep(0.1)
        self.kick()
        client.send("OP\r\nb NOOP\r\nc NO")
        self.assertRegex(client.line(), "^a OK NOOP completed")
        tag = client.line().removesuffix(" LOGOUT")
        self.assertRegex(client.line(), "^b OK NOOP completed")
        client.send("OP\r\n%s OK\r\n" % tag)
        self.assertRegex(client.rest(), rb"^c OK NOOP completed[^\r]*\r\n$")

    def test_commands_after_the_bye_are_not_run(self):
        client = self.client(enable=False)
        client.send("n NO")
        time.sleep(0.1)
        self.kick()
        client.send("OP\r\nx CREATE after-the-bye\r\n")
        rest = client.rest()
        self.assertRegex(rest, rb"^n OK NOOP completed[^\r]*\r\n\* BYE Server shutting down.\r\n$")
        self.assertNotIn("after-the-bye", "".join(self.client().run("a", 'LIST "" *')))


class Idle(WithServer):
    def idling(self, **options):
        client = self.client(**options)
        client.run("s", "SELECT INBOX")
        client.idle()
        return client

    def test_the_answer_comes_without_done(self):
        client = self.idling()
        self.kick()
        self.assertAnswers(client)

    def test_the_answer_comes_after_done(self):
        client = self.idling()
        self.kick()
        tag = client.logout_tag()
        client.send("DONE\r\n")
        self.assertRegex(client.line(), "^i OK Idle completed")
        client.send("* BYE\r\n%s OK\r\n" % tag)
        self.assertTrue(client.is_closed())

    def test_the_answer_comes_in_one_piece_with_done(self):
        client = self.idling()
        self.kick()
        client.send("DONE\r\n* BYE\r\n%s OK\r\n" % client.logout_tag())
        self.assertRegex(client.rest(), rb"^i OK Idle completed[^\r]*\r\n$")

    def test_the_answer_comes_octet_by_octet(self):
        client = self.idling()
        self.kick()
        client.send_one_by_one("* BYE bye\r\n%s OK done\r\n" % client.logout_tag())
        self.assertTrue(client.is_closed())

    def test_another_line_ends_idle_as_before(self):
        client = self.idling()
        self.kick()
        tag = client.logout_tag()
        client.send("X1 OK done\r\n")
        self.assertRegex(client.line(), "^i BAD Expected DONE")
        client.send(tag + " OK\r\n")
        self.assertTrue(client.is_closed())

    def test_idle_that_begins_after_the_logout(self):
        client = self.client()
        client.run("s", "SELECT INBOX")
        self.kick()
        tag = client.logout_tag()
        client.idle()
        client.send("* BYE\r\n%s OK\r\n" % tag)
        self.assertTrue(client.is_closed())

    def test_mail_still_arrives_in_idle_after_the_logout(self):
        client = self.idling()
        self.kick()
        tag = client.logout_tag()
        self.server.put_message("alice", b"Subject: news\r\n\r\nx\r\n")
        while not client.line().endswith(" EXISTS"):
            pass
        client.send(tag + " OK\r\n")
        client.rest()
        self.assertTrue(self.server.wait_for_log("Disconnected: Server LOGOUT: answered"))

    def test_the_servers_own_lines_continue_after_the_logout(self):
        with Dovecot(extra="imap_idle_notify_interval = 1s\n") as server, Client(server) as client:
            client.idle()
            server.kick("alice")
            tag = client.logout_tag()
            self.assertEqual(client.line(), "* OK Still here")
            client.send(tag + " OK\r\n")
            client.rest()
            self.assertTrue(server.wait_for_log("Disconnected: Server LOGOUT: answered"))

    def test_a_client_that_has_not_enabled_the_extension_gets_bye(self):
        client = self.idling(enable=False)
        self.kick()
        self.assertEqual(client.rest(), b"* BYE Server shutting down.\r\n")


class Notify(WithServer):
    """NOTIFY sends FETCH data of new mail unsolicited, and without Dovecot's output lock."""

    def test_a_literal_that_notify_sends_stays_whole(self):
        message = large_message()
        for enable in True, False:
            with self.subTest(enable=enable):
                client = self.client(enable=enable, receive_buffer=65536)
                client.run("s", "SELECT INBOX")
                self.assertRegex(client.run(
                    "n", "NOTIFY SET (SELECTED (MessageNew (UID BODY.PEEK[]) MessageExpunge))")[-1], "^n OK")
                client.idle()
                self.server.put_message("alice", message)
                line = client.line()
                while not line.endswith("}"):
                    line = client.line()
                begun = client.octets(100000)
                time.sleep(0.5)  # until the server cannot write more
                self.kick()
                self.assertEqual(begun + client.octets(len(message) - len(begun)), message)
                self.assertEqual(client.line(), ")")
                self.end(client, enable)
                with self.client() as client:
                    client.run("s", "SELECT INBOX")
                    client.run("t", "STORE 1:* +FLAGS (\\Deleted)")
                    client.run("x", "EXPUNGE")

    def end(self, client, enable):
        lines = [client.line()]
        while not re.search(r"LOGOUT$|^\* BYE", lines[-1]):
            lines.append(client.line())
        if enable:
            client.send(lines[-1].split()[0] + " OK\r\n")
        self.assertTrue(client.is_closed())


class Streams(WithServer):
    def test_with_compress(self):
        client = self.client()
        client.compress()
        self.assertRegex(client.run("n", "NOOP")[-1], "^n OK")
        self.kick()
        self.assertAnswers(client)

    def test_with_compress_in_idle(self):
        client = self.client()
        client.compress()
        client.idle()
        self.kick()
        self.assertAnswers(client)

    def test_with_compress_a_client_that_has_not_enabled_it_gets_bye(self):
        client = self.client(enable=False)
        client.compress()
        self.kick()
        self.assertEqual(client.rest(), b"* BYE Server shutting down.\r\n")

    def test_over_tls(self):
        client = self.client(tls=True)
        self.kick()
        self.assertAnswers(client)

    def test_over_tls_in_idle(self):
        client = self.client(tls=True)
        client.idle()
        self.kick()
        self.assertAnswers(client)

    def test_over_tls_a_client_that_has_not_enabled_it_gets_bye(self):
        client = self.client(tls=True, enable=False)
        self.kick()
        self.assertEqual(client.rest(), b"* BYE Server shutting down.\r\n")


if __name__ == "__main__":
    unittest.main()
