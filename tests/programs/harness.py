# SPDX-License-Identifier: BSD-2-Clause
"""Code that the tests of the example programs share: programs, connections to them, and dialogues in the notation of
the RFCs. Every wait has a long limit, so that a test fails instead of hanging, and no test fails because the machine is
slow. The environment variable SERVER is the name of the server under test: echo_server, or one of the example hosts."""

import atexit
import concurrent.futures
import os
import re
import signal
import socket
import subprocess
import threading
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("SLOGOUT_BUILD", ROOT / "build"))
SERVER = os.environ.get("SERVER", "echo_server")
PATIENCE = 100  # seconds that one step may take on a busy machine
LIFETIME = 500  # seconds after which a program is killed
ASK = ("C: ask XDRAIN", "S: ask OK .*", "S: TAG LOGOUT")
SANITIZER_REPORT = re.compile(rb"Sanitizer|runtime error:")


def check_report(stderr):
    if SANITIZER_REPORT.search(stderr):
        raise AssertionError(stderr.decode(errors="replace"))


def path(program, plain=False):
    """Returns the file of a program that is built with the sanitizers, or without them if `plain` is true."""
    folder = "examples" if program in ("echo_server", "client") else "examples/hosts" if plain else "hosts"
    return BUILD / ("" if plain else "tests") / folder / program


def run(program, *arguments):
    """Runs a program to its end."""
    result = subprocess.run([path(program), *arguments], capture_output=True, timeout=PATIENCE, check=False)
    check_report(result.stderr)
    return result


def start(program, *arguments, plain=False, **options):
    """Starts a program, and kills it when the tests end or after LIFETIME."""
    process = subprocess.Popen([path(program, plain), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    atexit.register(process.kill)
    watchdog = threading.Timer(LIFETIME, process.kill)
    watchdog.daemon = True
    watchdog.start()
    return process


class Server:
    """A server on a free port."""

    def __init__(self, *options, host="127.0.0.1", program=SERVER, plain=False, **more):
        listen = f"[{host}]:0" if ":" in host else f"{host}:0"
        if "--spread" not in options:
            options = ("--spread", "0", *options)
        self.follow(start(program, "--listen", listen, *options, plain=plain, **more))

    def follow(self, process):
        """Collects the events that the server writes, and reads its address."""
        self.process = process
        self.events = bytearray()  # from standard error
        self.events_changed = threading.Condition()
        self.collector = threading.Thread(target=self._collect_events, daemon=True)
        self.collector.start()
        line = self.process.stdout.readline().decode()
        match = re.fullmatch(r"listening on (\[?(.*?)\]?:(\d+))\n", line)
        if not match:
            raise AssertionError(f"the server printed no address: {line!r} {self.process.wait(PATIENCE)} {self.events!r}")
        self.text_address = match[1]
        self.address = (match[2], int(match[3]))

    def _collect_events(self):
        for line in self.process.stderr:
            with self.events_changed:
                self.events += line
                self.events_changed.notify_all()

    def wait_outcome(self, outcome, since=0, patience=PATIENCE):
        """Waits until the server reports this outcome, after the first `since` octets of its events."""
        self.wait_event(f"outcome={outcome}".encode(), since, patience)

    def wait_event(self, event, since=0, patience=PATIENCE):
        """Waits until the server reports this event."""
        with self.events_changed:
            if not self.events_changed.wait_for(lambda: event in self.events[since:], patience):
                raise AssertionError(f"the server has not reported {event}, but {self.events[since:]}")

    def connect(self, receive_buffer=None):
        """Returns a connection that has read the greeting."""
        client = socket.socket(socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET)
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.connect(self.address)
        connection = Connection(client)
        connection.play(r"S: \* OK .*")
        return connection

    def login(self, enable=True, receive_buffer=None):
        connection = self.connect(receive_buffer)
        connection.command("LOGIN user secret")
        if enable:
            untagged = connection.command("ENABLE X-SERVER-LOGOUT")
            assert untagged == [b"* ENABLED X-SERVER-LOGOUT"], untagged
        return connection

    def settle(self):
        """Waits until the server has read everything that was sent before. It answers a second command in a later turn
        of its loop than the first."""
        witness = self.connect()
        witness.command("NOOP")
        witness.command("NOOP")
        witness.close()

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, status=0):
        """Waits for the end of the server, which must exit with this status and without a report of a sanitizer."""
        got = self.process.wait(PATIENCE)
        self.collector.join(PATIENCE)
        self.process.stdout.close()
        self.process.stderr.close()
        check_report(self.events)
        assert got == status, (got, self.events)

    def terminate(self):
        self.signal(signal.SIGTERM)

    def stop(self):
        """Ends the server in any state. There is a pause between two signals, because otherwise the system may deliver
        only one. A signal at the very end of a program may kill it."""
        while self.process.poll() is None:
            self.terminate()
            time.sleep(0.1)
        if not self.process.stdout.closed:
            self.wait(self.process.returncode if self.process.returncode == -signal.SIGTERM else 0)

    def outcomes(self):
        return sorted(re.findall(r"^outcome=(\w+)", self.events.decode(), re.M))


class Client:
    """The client program while it runs."""

    def __init__(self, *arguments):
        self.process = start("client", *arguments)
        self.transcript = ""

    def read_until(self, pattern):
        while line := self.process.stdout.readline():
            self.transcript += line.decode()
            if re.match(pattern, line.decode()):
                return
        raise AssertionError(f"no {pattern!r} in {self.transcript!r}, {self.process.stderr.read()!r}")

    def end(self, patience=PATIENCE):
        """Waits for the end and returns the exit status."""
        rest, errors = self.process.communicate(timeout=patience)
        self.transcript += rest.decode()
        check_report(errors)
        return self.process.returncode


class Connection:
    """One end of a connection, usually the client's end. The test controls it octet by octet."""

    def __init__(self, connected_socket):
        self.socket = connected_socket
        self.socket.settimeout(PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = bytearray()
        self.number = 0  # of the last command
        self.tag = ""  # of the server's LOGOUT

    def close(self):
        self.socket.close()

    def shut_down(self):
        """Ends the direction to the peer, which can still write."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Closes the connection with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_aside(self, data):
        """Sends in the background. Returns a future; a test checks its result only if sending must succeed."""
        return concurrent.futures.ThreadPoolExecutor(max_workers=1).submit(self.socket.sendall, data)

    def fill(self):
        """Reads more input. Returns False at end of file. A reset raises an error."""
        data = self.socket.recv(1 << 20)
        self.input += data
        return bool(data)

    def read_exact(self, count):
        while len(self.input) < count:
            if not self.fill():
                raise AssertionError(f"end after {bytes(self.input[-100:])!r}")
        data = bytes(self.input[:count])
        del self.input[:count]
        return data

    def read_line(self):
        while (end := self.input.find(b"\n")) < 0:
            if not self.fill():
                raise AssertionError(f"end after {bytes(self.input[-100:])!r}")
        line = self.read_exact(end + 1)
        assert line.endswith(b"\r\n"), line
        return line[:-2]

    def read_to_end(self):
        while self.fill():
            pass
        return self.read_exact(len(self.input))

    def expect_nothing(self):
        self.socket.setblocking(False)
        try:
            assert self.fill(), "end of file"
        except BlockingIOError:
            pass
        finally:
            self.socket.settimeout(PATIENCE)
        assert not self.input, bytes(self.input)

    def expect_echo(self, data):
        """Reads the untagged response of ECHO."""
        self.play(r"S: \* ECHO \{%d}" % len(data))
        echoed = self.read_exact(len(data))
        assert echoed == data, "the literal was changed"
        self.play("S: ")

    def command(self, text):
        """Sends a command, which must succeed. Returns its untagged responses."""
        self.number += 1
        tag = f"t{self.number}"
        self.send(f"{tag} {text}\r\n".encode("latin-1"))
        lines = []
        while not (line := self.read_line()).startswith(tag.encode() + b" "):
            lines.append(line)
        assert line.startswith(tag.encode() + b" OK"), line
        return lines

    def ask(self):
        """Makes the server send LOGOUT."""
        self.play(*ASK)

    def answer(self):
        self.play("C: * BYE leaving", "C: TAG OK LOGOUT completed", "END")

    def play(self, *steps):
        """Plays a dialogue, in which TAG stands for the tag of the server's LOGOUT.
        C: text    sends the text and CRLF    c: text  sends the text only
        S: regex   reads a line that matches  END      reads end of file, with nothing before it, and closes"""
        for step in steps:
            kind, text = step[:3], step[3:]
            if kind == "C: ":
                self.send(text.replace("TAG", self.tag).encode("latin-1") + b"\r\n")
            elif kind == "c: ":
                self.send(text.replace("TAG", self.tag).encode("latin-1"))
            elif kind == "S: ":
                self._expect(text)
            else:
                assert step == "END", step
                rest = self.read_to_end()
                assert rest == b"", rest
                self.close()

    def _expect(self, regex):
        line = self.read_line().decode("latin-1")
        tag = re.escape(self.tag) if self.tag else r"SLO\.[0-9]+"
        match = re.fullmatch(regex.replace("TAG", f"(?P<tag>{tag})", 1), line, re.DOTALL)
        assert match, f"{line!r} is not {regex!r}"
        self.tag = match.groupdict().get("tag") or self.tag


class ServerTest(unittest.TestCase):
    """Tests that share a server. No test may harm the server or the other client, the bystander."""

    options = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.options)
        cls.addClassCleanup(cls.server.stop)
        cls.bystander = cls.server.login()
        cls.addClassCleanup(cls.bystander.close)

    def setUp(self):
        self.client = self.server.login()
        self.addCleanup(self.client.close)

    def tearDown(self):
        self.bystander.command("NOOP")

    def play(self, *steps):
        """Plays a dialogue on self.client. `=> OUTCOME` waits until the server reports that outcome."""
        events = len(self.server.events)
        for step in steps:
            if step.startswith("=> "):
                self.server.wait_outcome(step[3:], events)
            else:
                self.client.play(step)


def dialogues(table):
    """Adds a test to a ServerTest for each entry of a table {behavior: steps}."""
    def decorate(cls):
        for behavior, steps in table.items():
            setattr(cls, "test_" + behavior, lambda self, steps=steps: self.play(*steps))
        return cls
    return decorate
