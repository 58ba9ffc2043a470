# SPDX-License-Identifier: BSD-2-Clause
"""The imap process: signals, several clients, hibernation, reload and stop."""

import os
import re
import signal
import socket
import time
import unittest
import urllib.request

from client import CAPABILITY, Client
from server import HIBERNATE, SHARED, Dovecot, free_ports, is_24, wait_until

def answer(test, client):
    client.send("* BYE\r\n%s OK\r\n" % client.logout_tag())
    test.assertTrue(client.is_closed())


class SharedProcess(unittest.TestCase):
    """Several clients in one process."""

    def setUp(self):
        self.server = Dovecot(extra=SHARED)
        self.addCleanup(self.server.close)

    def client(self, user, **options):
        client = Client(self.server, user=user, **options)
        self.addCleanup(client.close)
        return client

    def pid(self):
        pids = self.server.processes("imap")
        self.assertEqual(len(pids), 1)
        return pids[0]


class Shared(SharedProcess):
    def test_each_client_has_its_own_exchange(self):
        alice, bob, carol = self.client("alice"), self.client("bob"), self.client("carol", enable=False)
        bob.run("n", "NOOP")
        bob.send("n NO")
        time.sleep(0.1)
        pid = self.pid()
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(carol.rest(), b"* BYE Server shutting down.\r\n")
        answer(self, alice)
        bob.send("OP\r\n")
        self.assertRegex(bob.line(), "^n OK NOOP")
        answer(self, bob)
        for user in "alice", "bob":
            pattern = r"imap\(%s\).*Disconnected: Server LOGOUT: answered" % user
            self.assertTrue(self.server.wait_for_log(pattern))
        self.assertTrue(wait_until(lambda: pid not in self.server.processes("imap")), "the process stays")

    def test_the_log_says_who_has_sent_the_signal(self):
        with self.client("alice"):
            for number in signal.SIGUSR1, signal.SIGTERM:
                os.kill(self.pid(), number)
                pattern = r"Server LOGOUT: signal %d \(by pid=%d uid=%d code=kill\), clients to ask: 1" % (
                    number, os.getpid(), os.getuid())
                self.assertTrue(self.server.wait_for_log(pattern), self.server.log())

    @unittest.skipIf(is_24(), "2.4 kicks single clients")
    def test_a_forced_kick_of_one_client_asks_all_clients(self):
        alice, bob = self.client("alice"), self.client("bob")
        self.assertRegex(self.server.doveadm("kick", "alice"), "Use the '-f' option")
        self.server.doveadm("kick", "-f", "alice")
        answer(self, alice)
        answer(self, bob)

    def test_the_answer_of_one_client_does_not_affect_the_others(self):
        alice, bob, carol = self.client("alice"), self.client("bob"), self.client("carol")
        os.kill(self.pid(), signal.SIGTERM)
        tags = [client.logout_tag() for client in (alice, bob, carol)]
        alice.send(tags[0] + " BAD what\r\n")
        self.assertEqual(alice.rest(), b"* BYE Server shutting down.\r\n")
        carol.send("z LOGOUT\r\n")
        carol.rest()
        self.assertRegex(bob.run("n", "NOOP")[-1], "^n OK")
        bob.send(tags[1] + " OK\r\n")
        self.assertTrue(bob.is_closed())
        for user, end in ("alice", "Server LOGOUT: refused: BAD what"), ("bob", "Server LOGOUT: answered"), (
                "carol", "Logged out"):
            self.assertTrue(self.server.wait_for_log(r"imap\(%s\).*Disconnected: %s" % (user, end)))

    def test_sigusr1_asks_and_the_process_continues(self):
        alice, bob = self.client("alice"), self.client("bob", enable=False)
        pid = self.pid()
        os.kill(pid, signal.SIGUSR1)
        answer(self, alice)
        self.assertEqual(bob.rest(), b"* BYE Server shutting down.\r\n")
        self.assertRegex(self.client("carol").run("n", "NOOP")[-1], "^n OK")
        self.assertEqual(self.pid(), pid)

    def test_a_client_that_has_read_the_bye_may_still_send_while_the_process_continues(self):
        alice, bob = self.client("alice", enable=False), self.client("bob")
        os.kill(self.pid(), signal.SIGUSR1)
        bob.send("%s OK\r\n" % bob.logout_tag())
        for _ in range(3):
            alice.send("n NOOP\r\n")
            time.sleep(0.1)
        self.assertEqual(alice.rest(), b"* BYE Server shutting down.\r\n")

    def test_sigterm_ends_a_process_that_has_no_client_left(self):
        self.client("alice").close()
        self.assertTrue(self.server.wait_for_log("Disconnected: "))
        pid = self.pid()
        os.kill(pid, signal.SIGTERM)
        self.assertTrue(wait_until(lambda: pid not in self.server.processes("imap")), "the process stays")
        self.assertNotIn("killed with signal", self.server.log())


@unittest.skipUnless(is_24(), "in 2.3, a kick is a signal to the process")
class KickBySocket(SharedProcess):
    """2.4 kicks one client of a process with several clients."""

    def test_a_kick_asks_one_user_and_no_other(self):
        alice, bob = self.client("alice"), self.client("bob")
        pid = self.pid()
        self.server.kick("alice")
        answer(self, alice)
        self.assertRegex(bob.run("n", "NOOP")[-1], "^n OK")
        self.assertEqual(bob.buffer, b"")
        self.assertRegex(self.client("carol").run("n", "NOOP")[-1], "^n OK")
        self.assertEqual(self.pid(), pid)
        self.assertTrue(self.server.wait_for_log(r"imap\(alice\).*Server LOGOUT: kicked"))

    def test_a_second_kick_ends_the_client_with_bye(self):
        alice, bob = self.client("alice"), self.client("bob")
        self.server.kick("alice")
        alice.logout_tag()
        self.server.kick("alice")
        self.assertEqual(alice.rest(), b"* BYE Server shutting down.\r\n")
        self.assertRegex(bob.run("n", "NOOP")[-1], "^n OK")

    def test_a_kick_of_another_user_reaches_a_process_that_serves_one(self):
        """SIGTERM without a name ends the client of the process. SIGTERM with the name of another user does not."""
        server = Dovecot()
        self.addCleanup(server.close)
        with Client(server, "alice") as alice:
            pid = server.process_of("alice")
            with socket.socket(socket.AF_UNIX) as admin:
                admin.connect("%s/run/srv.imap/%d" % (server.root, pid))
                admin.sendall(b"VERSION\tmaster-admin-client\t1\t0\nKICK-USER-SIGNAL\tbob\n")
                os.kill(pid, signal.SIGTERM)
                self.assertRegex(alice.run("n", "NOOP")[-1], "^n OK")
                time.sleep(0.3)
                self.assertRegex(alice.run("n", "NOOP")[-1], "^n OK")
            self.assertEqual(alice.buffer, b"")
            os.kill(pid, signal.SIGTERM)
            answer(self, alice)


@unittest.skipUnless(is_24(), "2.3 logs the same reason for both")
class Reasons(unittest.TestCase):
    def test_the_log_distinguishes_a_kick_from_a_stop(self):
        for extra in "", SHARED:
            with self.subTest(extra=extra), Dovecot(extra=extra) as server:
                with Client(server, "alice", enable=False), Client(server, "bob", enable=False):
                    server.kick("alice")
                    self.assertTrue(server.wait_for_log(r"imap\(alice\).*Disconnected: User kicked"), server.log())
                    server.doveadm("stop")
                    self.assertTrue(server.wait_for_log(r"imap\(bob\).*Disconnected: Server shutting down\."),
                                    server.log())


class Metrics(unittest.TestCase):
    """The event imap_slogout_finished, as Dovecot's stats service reports it in OpenMetrics."""

    METRIC = """
metric slogout {
  filter = event=imap_slogout_finished
  %s
}
service stats {
  inet_listener http {
    port = %d
  }
}
"""
    GROUP = ("group_by outcome {\n method discrete {\n }\n }\n group_by asked {\n method discrete {\n }\n }" if is_24()
             else "group_by = outcome asked")

    def test_each_exchange_is_counted_with_its_outcome(self):
        port, = free_ports(1)
        with Dovecot(extra=self.METRIC % (self.GROUP, port)) as server:
            with Client(server, "alice") as alice, Client(server, "bob", enable=False), Client(server, "carol") as carol:
                for user in "alice", "bob", "carol":
                    server.kick(user)
                answer(self, alice)
                carol.logout_tag()
                carol.close()
                for outcome, asked in ("ANSWERED", "yes"), ("BYE_ONLY", "no"), ("PEER_CLOSED", "yes"):
                    pattern = r'dovecot_slogout_total\{outcome="%s",asked="%s"\} 1\b' % (outcome, asked)
                    self.assertTrue(wait_until(lambda: re.search(pattern, self.metrics(port)), 30),
                                    self.metrics(port) + server.log())

    def metrics(self, port):
        with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % port, timeout=30) as response:
            return response.read().decode()


class UserSettings(unittest.TestCase):
    def test_a_user_with_bad_settings_is_served_beside_a_user_with_good_settings(self):
        ask = "slogout_ask=" + ("%{user | if('eq', 'bob', 'nobody', 'all')}" if is_24() else
                                "%{if;%u;eq;bob;nobody;all}")
        with Dovecot(extra=SHARED, user_settings=ask) as server:
            with Client(server, "alice", enable=False) as alice, Client(server, "bob", enable=False) as bob:
                self.assertIn(CAPABILITY, alice.login[-1])
                self.assertNotIn(CAPABILITY, bob.login[-1])
                pid, = server.processes("imap")
                os.kill(pid, signal.SIGUSR1)
                tag = alice.logout_tag()
                self.assertRegex(bob.run("n", "NOOP")[-1], "^n OK")
                self.assertRegex(bob.run("x", "OK")[-1], "^x BAD Error in IMAP command OK: Unknown command")
                os.kill(pid, signal.SIGTERM)
                self.assertEqual(bob.rest(), b"* BYE Server shutting down.\r\n")
                alice.send(tag + " OK\r\n")
                self.assertTrue(alice.is_closed())


class OneUser(unittest.TestCase):
    def test_sigusr1_to_the_process_of_one_user_does_not_affect_others(self):
        with Dovecot() as server, Client(server, "alice") as alice, Client(server, "bob") as bob:
            os.kill(server.process_of("alice"), signal.SIGUSR1)
            answer(self, alice)
            self.assertRegex(bob.run("n", "NOOP")[-1], "^n OK")
            self.assertEqual(bob.buffer, b"")


class Proxy(unittest.TestCase):
    """A Dovecot without the plugin relays connections to the server that a passdb in Lua names."""

    LUA = """
function auth_passdb_lookup(request)
  local port = io.lines("ROOT/server")()
  return dovecot.auth.PASSDB_RESULT_OK, {nopassword = "y", proxy = "y", host = "127.0.0.1", port = port}
end
"""

    def test_the_exchange_is_relayed_and_the_next_login_goes_to_the_server_that_is_named_then(self):
        with Dovecot() as old, Dovecot() as new, Dovecot(plugin=False, lua=self.LUA) as front:
            self.name(front, old)
            with Client(front) as client:
                self.assertIn(CAPABILITY, client.login[-1])
                self.name(front, new)
                old.kick("alice")
                answer(self, client)
            with Client(front):
                new.kick("alice")

    def test_a_reload_of_the_proxy_ends_connections_without_a_line(self):
        with Dovecot() as server, Dovecot(plugin=False, lua=self.LUA) as front:
            self.name(front, server)
            with Client(front, tls=True) as client:
                front.doveadm("reload")
                self.assertTrue(client.is_closed())

    def name(self, front, server):
        with open(os.path.join(front.root, "server"), "w") as file:
            file.write("%d\n" % server.port)


class Hibernation(unittest.TestCase):
    def begin(self, **options):
        self.server = Dovecot(extra=HIBERNATE, **options)
        self.addCleanup(self.server.close)
        self.client = Client(self.server)
        self.addCleanup(self.client.close)
        self.client.run("s", "SELECT INBOX")

    def assertNotHibernated(self):
        """Checks that the idle client still has its process when a client that began to idle later has lost its
        process."""
        pids = self.server.processes("imap")
        self.client.idle()
        with Client(self.server, "bob") as bob:
            bob.idle()
            self.assertTrue(wait_until(lambda: self.server.processes("imap") == pids), self.server.log())

    def hibernate(self):
        self.begin()
        self.client.idle()
        self.assertTrue(wait_until(lambda: not self.server.processes("imap")), self.server.log())

    def test_a_client_that_is_asked_is_not_hibernated(self):
        self.begin()
        self.server.kick("alice")
        tag = self.client.logout_tag()
        self.assertNotHibernated()
        self.client.send(tag + " OK\r\n")
        self.assertTrue(self.client.is_closed())
        self.assertTrue(self.server.wait_for_log("Disconnected: Server LOGOUT: answered"))

    def test_a_client_that_waits_for_its_instant_is_not_hibernated(self):
        self.begin(settings={"slogout_spread": "10h"})
        self.server.kick("alice")
        self.assertNotHibernated()
        self.server.kick("alice")
        self.assertEqual(self.client.rest(), b"* BYE Server shutting down.\r\n")

    def test_a_client_that_returns_from_hibernation_is_still_enabled(self):
        self.hibernate()
        self.client.send("DONE\r\n")
        self.assertRegex(self.client.line(), "^i OK Idle completed")
        self.server.kick("alice")
        answer(self, self.client)

    def test_a_client_that_returns_to_idle_is_asked_in_idle(self):
        """The client cannot hibernate again before the kick, because the socket for hibernation was removed."""
        self.hibernate()
        os.remove(os.path.join(self.server.root, "run", "imap-hibernate"))
        self.server.put_message("alice", b"Subject: news\r\n\r\nx\r\n")
        while not self.client.line().endswith(" EXISTS"):
            pass
        self.server.kick("alice")
        answer(self, self.client)

    def test_a_kick_ends_a_hibernated_client_as_in_stock_dovecot(self):
        """In 2.3, the kick ends the whole imap-hibernate process. In 2.4, it ends one session, which `doveadm kick`
        does not count."""
        self.hibernate()
        self.server.doveadm("kick", "alice")
        self.assertEqual(self.client.rest(), b"* BYE Server shutting down.\r\n" if is_24() else b"")


class Awake(unittest.TestCase):
    """The setting slogout_hibernate."""

    def assertAwake(self, value, awake):
        """The clients of alice enable LOGOUT, and the clients of bob do not. The clients of the users in `awake` still
        have their processes when a client of carol, who may always hibernate, has lost its process."""
        by_user = "slogout_hibernate=" + ("%{user | if('eq', 'carol', 'all', '" + value + "')}" if is_24() else
                                       "%{if;%u;eq;carol;all;" + value + "}")
        with Dovecot(extra=HIBERNATE, user_settings=by_user) as server:
            with Client(server, "alice") as alice, Client(server, "bob", enable=False) as bob:
                for client in alice, bob:
                    client.idle()
                with Client(server, "carol") as carol:
                    carol.idle()
                    self.assertTrue(wait_until(lambda: len(server.processes("imap")) == len(awake), 30), server.log())
                for client, user in (alice, "alice"), (bob, "bob"):
                    if user in awake:
                        server.kick(user)
                        if user == "alice":
                            answer(self, client)
                        else:
                            self.assertEqual(client.rest(), b"* BYE Server shutting down.\r\n")

    def test_others_keeps_clients_that_have_enabled_the_extension(self):
        self.assertAwake("others", ["alice"])

    def test_none_keeps_all_clients(self):
        self.assertAwake("none", ["alice", "bob"])


class Reload(unittest.TestCase):
    def test_a_client_that_does_not_answer_gets_bye_when_the_master_signals_again(self):
        """LOGOUT is sent at once. SIGTERM follows after 6 s and is the last opportunity, because SIGKILL follows 6 s
        later."""
        with Dovecot() as server, Client(server) as client, Client(server, "bob") as bob:
            begin = time.monotonic()
            server.doveadm("reload")
            client.logout_tag()
            answer(self, bob)
            self.assertEqual(client.rest(), b"* BYE Server shutting down.\r\n")
            self.assertGreater(time.monotonic() - begin, 5)
            self.assertTrue(server.wait_for_log("Disconnected: Server LOGOUT: forced"))
            self.assertNotIn("killed with signal", server.log())

    def test_without_shutdown_clients_a_reload_does_not_affect_clients(self):
        with Dovecot(extra="shutdown_clients = no\n") as server, Client(server) as client:
            server.doveadm("reload")
            time.sleep(1)
            self.assertRegex(client.run("n", "NOOP")[-1], "^n OK")
            self.assertEqual(client.buffer, b"")


class Stop(unittest.TestCase):
    def test_in_a_container_each_client_receives_bye_before_the_kernel_kills_its_process(self):
        with Dovecot(container=True, settings={"slogout_spread": "10h"}) as server:
            with Client(server) as client, Client(server, "bob", enable=False) as bob:
                master, = server.processes("dovecot")
                os.kill(master, signal.SIGTERM)
                for each in client, bob:
                    self.assertTrue(each.rest().endswith(b"* BYE Server shutting down.\r\n"), server.log())
                self.assertTrue(wait_until(lambda: not server.left()), "processes stay")

    def test_without_shutdown_clients_a_stop_does_not_affect_clients(self):
        with Dovecot(extra="shutdown_clients = no\n") as server, Client(server) as client:
            server.doveadm("stop")
            self.assertRegex(client.run("n", "NOOP")[-1], "^n OK")
            self.assertEqual(client.buffer, b"")


if __name__ == "__main__":
    unittest.main()
