# SPDX-License-Identifier: BSD-2-Clause
"""The control socket: the clients that each command lists and reaches, and hostile peers, which must do no harm."""

import base64
import os
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from proxy import PLAIN, PROGRAM, Proxy
from servers import PATIENCE, account, wait_until
from test_program import BYE, ProxyTest, connect, read_exact, read_to_end

PASSWORD = b"correct-horse-battery-staple"


def b64(*parts):
    return base64.b64encode(b"".join(parts))


class ControlTest(ProxyTest):
    def setUp(self):
        super().setUp()
        self.folder = Path(tempfile.mkdtemp(prefix="slogout-control-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = self.folder / "control"

    def start(self, *options, **more):
        return super().start("--control", self.path, *options, **more)

    def peer(self):
        peer = socket.socket(socket.AF_UNIX)
        self.addCleanup(peer.close)
        peer.connect(str(self.path))  # with a time limit, connect() would fail at once if the queue is full
        peer.settimeout(PATIENCE)
        return peer

    def command(self, line):
        """Returns the lines of the reply."""
        with self.peer() as peer:
            peer.sendall(line.encode() + b"\n")
            peer.shutdown(socket.SHUT_WR)
            return read_to_end(peer).decode().splitlines()

    def listed(self, which=""):
        lines = self.command(f"show sessions {which}")
        self.assertEqual(lines[-1], f"ok sessions={len(lines) - 1}")
        return sorted(int(re.match(r"connection=(\d+) ", line)[1]) for line in lines[:-1])

    def login(self, pair, *lines):
        """Returns the lines of the client up to its name and password, with a `+` of the server between two lines."""
        client, server = pair
        for number, line in enumerate(lines):
            client.sendall(line)
            self.assertEqual(read_exact(server, len(line)), line)
            answer = b"a OK in\r\n" if number == len(lines) - 1 else b"+ \r\n"
            server.sendall(answer)
            self.assertEqual(read_exact(client, len(answer)), answer)


class Names(ControlTest):
    LOGINS = (
        ("login", b"a LOGIN login " + PASSWORD + b"\r\n"),
        ("quoted name", b'a LOGIN "quoted name" "' + PASSWORD + b'"\r\n'),
        ("literal", b"a LOGIN {7}\r\n", b"literal {%d}\r\n" % len(PASSWORD), PASSWORD + b"\r\n"),
        ("plain", b"a AUTHENTICATE PLAIN\r\n", b64(b"\0plain\0", PASSWORD) + b"\r\n"),
        ("twice", b"a AUTHENTICATE PLAIN " + b64(b"twice\0twice\0", PASSWORD) + b"\r\n"),
        ("external", b"a AUTHENTICATE EXTERNAL " + b64(b"external") + b"\r\n"),
        ("bearer", b"a AUTHENTICATE OAUTHBEARER " + b64(b"n,a=bearer,\1auth=Bearer ", PASSWORD, b"\1\1") + b"\r\n"),
        ("xoauth", b"a AUTHENTICATE XOAUTH2 " + b64(b"user=xoauth\1auth=Bearer ", PASSWORD, b"\1\1") + b"\r\n"),
        ("scram", b"a AUTHENTICATE SCRAM-SHA-256\r\n", b64(b"n,,n=scram,r=nonce") + b"\r\n", b64(PASSWORD) + b"\r\n"),
        ("two-step", b"a AUTHENTICATE LOGIN\r\n", b64(b"two-step") + b"\r\n", b64(PASSWORD) + b"\r\n"),
    )

    def memory(self, proxy):
        """Returns all memory that the proxy can write to."""
        with open(f"/proc/{proxy.process.pid}/maps", encoding="ascii") as maps, open(f"/proc/{proxy.process.pid}/mem", "rb") as memory:
            for line in maps:
                match = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw.. .*(?<!\[vvar\])$", line)
                if match:
                    memory.seek(int(match[1], 16))
                    yield memory.read(int(match[2], 16) - int(match[1], 16))

    def test_the_name_is_known_and_no_password_is_kept(self):
        proxy = self.start(program=PLAIN)
        for number, (name, *lines) in enumerate(self.LOGINS, 1):
            pair = self.pair(proxy)
            self.login(pair, *lines)
            answer = self.command(f'show sessions user="{name.upper()}"')
            self.assertEqual(len(answer), 2, answer)
            self.assertIn(f'connection={number} client=127.0.0.1:{pair[0].getsockname()[1]} user="{name}" state=open ', answer[0])
        secrets = [PASSWORD] + [b64(b"xyz"[:skip], PASSWORD)[4:-4] for skip in range(3)]
        for piece in self.memory(proxy):
            for secret in secrets:
                self.assertNotIn(secret, piece)
        self.assertNotIn(PASSWORD, proxy.events)

    def test_a_name_is_shown_in_the_form_that_a_command_accepts(self):
        proxy = self.start()
        self.login(self.pair(proxy), b'a LOGIN "\xff[2J\\"\\\\\xc3\xa9" pw\r\n')
        escaped = '"\\xff[2J\\"\\\\\\xc3\\xa9"'
        self.assertIn(f" user={escaped} ", self.command("show sessions")[0])
        self.assertEqual(self.listed(f"user={escaped}"), [1])


class Commands(ControlTest):
    def test_each_condition_selects_its_clients(self):
        proxy = self.start("--accept-proxy", "--threads", "2")
        for address in ("192.0.2.1", "192.0.2.200", "198.51.100.1", "2001:db8::1", "2001:db8:1::1"):
            client = connect(proxy)
            self.addCleanup(client.close)
            family, to = ("TCP6", "::1") if ":" in address else ("TCP4", "127.0.0.1")
            client.sendall(f"PROXY {family} {address} {to} 4000 993\r\n".encode())
            server, _ = self.listener.accept()
            self.addCleanup(server.close)
            proxy.wait_event(rf"connection=\d+ client=\[?{address}\]?:4000")
        for which, meant in (("", [1, 2, 3, 4, 5]), ("all", [1, 2, 3, 4, 5]), ("client=192.0.2.0/24", [1, 2]),
                             ("client=192.0.2.0/25", [1]), ("client=192.0.2.1", [1]), ("client=0.0.0.0/0", [1, 2, 3]),
                             ("client=2001:db8::/47", [4, 5]), ("client=2001:db8::/48", [4]), ("client=::/0", [4, 5]),
                             ("connection=3", [3]), ("connection=3 client=192.0.2.0/24", []), ("age=0", [1, 2, 3, 4, 5]),
                             ("age=100000", []), ("user=joe", [])):
            self.assertEqual(self.listed(which), meant, which)

    def test_invalid_commands_are_refused(self):
        self.start("--threads", "2")
        for line in ("", "show", "shows", "ask", "tell", "cancel", "ask user=", "ask connection=x", "ask connection=-1", "ask age=",
                     "ask client=1.2.3", "ask client=1.2.3.4/33", "ask client=1.2.3.4/", "ask client=::/129", "ask joe",
                     "show counters all", "drain all", "drain deadline=1", "drain spread=5000000000", "ask all spread=-1",
                     "ask all rate=1", "drain rate=1",
                     "ask user=" + "x" * 128, "help me"):
            answer = self.command(line)
            self.assertEqual(len(answer), 1, line)
            self.assertTrue(answer[0].startswith("error: "), answer)

    def test_one_user_is_told_with_a_text(self):
        proxy = self.start("--threads", "2")
        joe, ann, again = self.pair(proxy), self.pair(proxy), self.pair(proxy)
        self.login(joe, b"a LOGIN joe pw\r\n")
        self.login(ann, b"a LOGIN ann pw\r\n")
        self.login(again, b"a LOGIN Joe pw\r\n")
        self.assertEqual(self.command('tell user="joe" text=[ALERT] Your mailbox moves'), ["ok sessions=2"])
        for client, _ in (joe, again):
            self.assertEqual(read_to_end(client), b"* BYE [ALERT] Your mailbox moves\r\n")
            client.close()
        self.assertEqual(self.listed("user=ann"), [2])
        proxy.wait_event(r'connection=3 outcome=FORCED .* seconds=\d+\.\d user="Joe"')
        proxy.wait_event(r'control command="tell user=\\"joe\\" text=\[ALERT\] Your mailbox moves" sessions=2')

    def test_a_request_that_waits_for_a_response_may_be_canceled(self):
        proxy = self.start("--spread", "3600000")
        client, server = self.pair(proxy)
        client.sendall(b"a FETCH 1 BODY[]\r\n")
        self.assertEqual(server.recv(100), b"a FETCH 1 BODY[]\r\n")
        for command in ("ask all", "ask all text=Moved", "ask all spread=0"):  # waiting, waiting, pending
            self.assertEqual(self.command(command), ["ok sessions=1"])
            self.assertIn("state=pending" if "=0" in command else "state=waiting", self.command("show sessions")[0])
            self.assertEqual(self.command("cancel connection=1"), ["ok sessions=1"])
        self.assertEqual(self.command("cancel all"), ["ok sessions=0"])
        self.assertIn("state=open", self.command("show sessions")[0])
        self.assertEqual(self.command("ask all spread=0 text=Moved"), ["ok sessions=1"])
        server.sendall(b"a OK done\r\n")
        self.assertEqual(read_to_end(client), b"a OK done\r\n* BYE Moved\r\n")

    def test_each_ask_has_its_own_pace_and_the_last_ask_for_a_client_applies(self):
        proxy = self.start("--spread", "3600000")
        pairs = [self.pair(proxy) for _ in range(4)]
        self.assertEqual(self.command("ask all"), ["ok sessions=4"])
        self.assertEqual(self.command("ask user=nosuch spread=0"), ["ok sessions=0"])
        for (client, _), command, bye in zip(pairs, ("ask connection=1 spread=0", "ask connection=2 spread=0 text=Moved",
                                                     "tell connection=3 text=Locked"),
                                             (BYE, b"* BYE Moved\r\n", b"* BYE Locked\r\n")):
            self.assertEqual(self.command(command), ["ok sessions=1"])
            self.assertEqual(read_to_end(client), bye)
        self.assertIn("state=waiting", self.command("show sessions connection=4")[0])

    def test_a_drain_may_have_its_own_plan(self):
        proxy = self.start("--spread", "3600000")
        client, server = self.pair(proxy)
        ready = [PROGRAM, "--control", self.path, "ready"]
        self.assertEqual(subprocess.run(ready, capture_output=True, timeout=PATIENCE, check=False).returncode, 0)
        client.sendall(b"a NOOP\r\n")
        self.assertEqual(server.recv(100), b"a NOOP\r\n")
        self.assertEqual(self.command("drain spread=0"), ["ok sessions=1 rate=0 deadline=55.1s"])
        result = subprocess.run(ready, capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual((result.returncode, result.stdout), (1, b"error: the proxy is draining\n"))
        server.sendall(b"a OK done\r\n")
        self.assertEqual(read_to_end(client), b"a OK done\r\n" + BYE)
        client.close()
        server.close()
        proxy.end()
        self.assertFalse(self.path.exists())
        self.assertEqual(subprocess.run(ready, capture_output=True, timeout=PATIENCE, check=False).returncode, 1)

    def left_seconds(self):
        return int(re.search(r"^left_seconds=(\d+)$", "\n".join(self.command("show counters")), re.M)[1])

    def test_the_plan_may_change_until_the_drain_begins(self):
        """SIGINT ends the lame duck."""
        proxy = self.start("--threads", "1", "--lame-duck", "3600000", "--deadline", "4000000")
        pairs = [self.pair(proxy) for _ in range(3)]
        self.assertEqual(self.left_seconds(), 0)
        self.assertRegex(self.command("drain")[0], r"^ok sessions=3 rate=0 deadline=\d{4}\.\ds$")
        proxy.wait_event("drain announced lame_duck=3600.0s")
        self.assertIn(self.left_seconds(), range(3900, 4000))
        self.assertIn("error", self.command("drain rate=1 deadline=3646099")[0])
        self.assertIn(self.left_seconds(), range(3900, 4000))
        self.assertRegex(self.command("drain rate=1 deadline=3646600")[0], r"^ok sessions=3 rate=1 deadline=3\d{3}\.\ds$")
        self.assertIn(self.left_seconds(), range(3500, 3647))
        self.assertEqual(self.listed(), [1, 2, 3])
        proxy.process.send_signal(signal.SIGINT)
        for client, server in pairs:
            self.assertEqual(read_to_end(client), BYE)
        proxy.wait_event("drain sessions=3 spread=0.0s rate=1 deadline=46.6s")
        self.assertEqual(self.command("drain"), ["error: the proxy is draining"])
        for client, server in pairs:
            client.close()
            server.close()
        proxy.end()

    def test_a_drain_takes_over_a_request_with_a_text(self):
        proxy = self.start("--spread", "3600000")
        client, server = self.pair(proxy)
        self.assertEqual(self.command("ask all text=Moved"), ["ok sessions=1"])
        self.assertTrue(self.command("drain spread=0")[0].startswith("ok sessions=1 "))
        self.assertEqual(read_to_end(client), BYE)
        client.close()
        server.close()
        proxy.end()

    def test_the_path_belongs_to_one_proxy_and_its_owner(self):
        """Only the owner can use the path. A proxy replaces a socket that a killed proxy has left, but not a file, and
        not a socket that another proxy uses."""
        killed = Proxy(1, "--control", self.path)
        killed.process.kill()
        killed.process.wait()
        self.start()
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
        os.chmod(self.folder, 0o755)
        _, other = account("nobody")
        if other:
            result = subprocess.run(["python3", "-c", f"import socket; socket.socket(socket.AF_UNIX).connect('{self.path}')"],
                                    stderr=subprocess.PIPE, check=False, timeout=PATIENCE, **other)
            self.assertIn(b"PermissionError", result.stderr)
        other_file = self.folder / "file"
        other_file.touch()
        for path in (self.path, other_file):
            result = subprocess.run([PROGRAM, "--listen", "127.0.0.1:0", "--control", path], capture_output=True, text=True,
                                    timeout=PATIENCE, check=False)
            self.assertEqual(result.returncode, 1)
            self.assertIn(f"cannot listen on {path}: Address already in use", result.stderr)
        self.assertTrue(other_file.is_file())
        self.assertEqual(self.listed(), [])


class Attack(ControlTest):
    """A hostile peer that may connect. The clients must be served, and the operator must receive replies."""
    SESSIONS = 400

    def harm(self, over):
        """Sends garbage, lines without end, half lines, silence, resets, floods of commands, and lists that the peer
        does not read."""
        octets = [bytes(range(256)) * 8, b"x" * 100000, b"show sess", b"", b"\n" * 5000, b"show sessions\n" * 500, b"ask\0all\n",
                  b"tell user=\"nobody\n" * 100, b"show sessions " + b"age=0 " * 150 + b"\n"]
        held = []
        turn = 0
        while not over.is_set():
            peer = socket.socket(socket.AF_UNIX)
            peer.settimeout(1)
            try:
                peer.connect(str(self.path))
                peer.sendall(octets[turn % len(octets)])
            except OSError:
                pass
            held.append(peer)
            turn += 1
            if len(held) > 40:
                held.pop(turn % 40).close()
        for peer in held:
            peer.close()

    def test_clients_are_served_and_the_operator_is_answered(self):
        proxy = self.start("--threads", "2", "--quiet")
        pairs = [self.pair(proxy) for _ in range(self.SESSIONS)]
        before = len(os.listdir(f"/proc/{proxy.process.pid}/fd"))
        over = threading.Event()
        attackers = [threading.Thread(target=self.harm, args=(over,)) for _ in range(3)]
        for attacker in attackers:
            attacker.start()
        slowest, answers = 0.0, 0
        begun = time.monotonic()
        while time.monotonic() < begun + 10 or not answers:
            client, server = pairs[answers % 7]
            sent = time.monotonic()
            client.sendall(b"a NOOP\r\n")
            self.assertEqual(read_exact(server, 8), b"a NOOP\r\n")
            slowest = max(slowest, time.monotonic() - sent)
            try:
                answers += self.command("show counters")[-1:] == ["ok"]
            except OSError:
                pass  # a later peer has replaced this peer
        over.set()
        for attacker in attackers:
            attacker.join()
        self.assertEqual(len(self.listed()), self.SESSIONS)
        self.assertLess(slowest, PATIENCE / 2)
        self.assertLess(len(os.listdir(f"/proc/{proxy.process.pid}/fd")), before + 20)
        print(f"under attack: {answers} answers to the operator in {time.monotonic() - begun:.0f} s, "
              f"the slowest line of a client took {slowest * 1000:.0f} ms")
        for client, server in pairs:
            client.close()
            server.close()

    def test_a_list_that_nobody_reads_costs_little_memory_and_is_whole(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        proxy = self.start("--quiet")
        pairs = [self.pair(proxy) for _ in range(self.SESSIONS)]
        slow = self.peer()
        slow.sendall(b"show sessions\n" * 20)
        slow.shutdown(socket.SHUT_WR)
        for client, server in pairs[::2]:  # some clients leave while the list is written
            client.close()
            server.close()
        wait_until(lambda: len(self.listed()) == self.SESSIONS // 2)
        lists = read_to_end(slow).decode().split("ok sessions=")[:-1]
        self.assertEqual(len(lists), 20)
        stay = set(range(2, self.SESSIONS + 1, 2))
        for one in lists:
            numbers = re.findall(r"connection=(\d+)", one)
            self.assertEqual(len(numbers), len(set(numbers)))
            self.assertLessEqual(stay, set(map(int, numbers)))
