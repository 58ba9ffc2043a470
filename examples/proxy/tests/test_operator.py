# SPDX-License-Identifier: BSD-2-Clause
"""The interfaces for an operator: the command line, signals, the log, metrics, the supervisor, names, the PROXY
protocol, and the upgrade from one proxy to another."""

import fcntl
import json
import os
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from proxy import PLAIN, PROGRAM, Proxy
from servers import BUILD, PATIENCE, ROOT, free_port, wait_until
from test_program import BYE, GREETING, GREETING_SEEN, ProxyTest, connect, read_exact, read_to_end

DEPLOYMENT = ROOT / "examples/proxy/deploy"
UNAVAILABLE = b"* BYE [UNAVAILABLE] The mail server cannot be reached\r\n"


def run(*options):
    return subprocess.run([PROGRAM, *options], capture_output=True, text=True, timeout=PATIENCE, check=False)


class CommandLine(unittest.TestCase):
    REFUSED = {
        ("--server", "nowhere"): "--server nowhere is not valid: it must be a host and a port",
        ("--server", "a b:143"): "--server a b:143 is not valid",
        ("--server=host:99999",): "--server host:99999 is not valid",
        ("--server", "host:0"): "--server host:0 is not valid",
        ("--listen", "localhost:0"): "--listen localhost:0 is not valid: it must be a numeric address and a port",
        ("--spread", "10s"): "--spread 10s is not valid: it must be a number from 0 to",
        ("--answer-timeout", "32000"): "--answer-timeout 32000 is not valid: it must be a number from 32001 to",
        ("--send-proxy", "v3"): "--send-proxy v3 is not valid: it must be no|v1|v2",
        ("--deadline", "30000"): "--deadline 30000 is too short for the other options; it must be at least 45100",
        ("--deadline", "50000", "--agent", "127.0.0.1:0"): "it must be at least 50100",
        ("--source", "127.0.0.1,"): "--source 127.0.0.1, is not valid: it must be ADDR,ADDR...",
        ("--rate", "3", "--threads", "4"): "--rate 3 is not valid: it must be at least --threads",
        ("--metrics", ""): '--metrics "" is not valid',
        ("--metrics",): "--metrics needs a value: FILE",
        ("--accept-proxy=yes",): "--accept-proxy=yes is not valid: --accept-proxy takes no value",
        ("--what",): "unknown option --what",
        ("ready",): "the command ready needs --control",
        ("--server", "127.0.0.1:1143"): "--server 127.0.0.1:1143 is not valid: it is the address of --listen",
    }

    def test_an_error_names_the_invalid_value(self):
        for options, said in self.REFUSED.items():
            result = run(*options)
            self.assertEqual((result.returncode, result.stdout), (2, ""), options)
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
            self.assertIn(said, result.stderr)

    def test_help_and_manual_name_every_option(self):
        help_text = run("--help").stdout
        options = set(re.findall(r"^  (--[a-z-]+)", help_text, re.M))
        page = (ROOT / "man/slogout-proxy.8").read_text()
        self.assertEqual(options, {f"--{name}" for name in re.findall(r"^\.(?:It )?Fl -([a-z-]+)", page, re.M)} | {"--version"})
        self.assertGreater(len(options), 13)
        self.assertEqual(help_text.count("Default"), len(options - {"--help", "--version"}))
        self.assertLessEqual(max(map(len, help_text.splitlines())), 100)

    def test_the_version_is_printed(self):
        version = re.search(r'SLOGOUT_VERSION\s+"(.*)"', (ROOT / "include/slogout/slogout.h").read_text())[1]
        self.assertEqual(run("--version").stdout, f"slogout-proxy {version}\n")

    def test_an_unknown_name_and_a_port_in_use_are_errors(self):
        result = run("--server", "does-not-exist.invalid:143")
        self.assertEqual(result.returncode, 1)
        self.assertIn("cannot resolve does-not-exist.invalid:143: ", result.stderr)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            result = run("--listen", f"127.0.0.1:{taken.getsockname()[1]}")
        self.assertEqual(result.returncode, 1)
        self.assertIn("Address already in use", result.stderr)


class Deployment(unittest.TestCase):
    """Checks the numbers of the unit and of the pod. The program itself must accept its options, with
    slogout_plan_check()."""

    def accepts(self, options):
        options = [option for option in options if not option.startswith(("--listen", "--server", "--metrics", "--control"))]
        Proxy(free_port(), *options).stop()
        return int(re.search(r"--deadline[= ](\d+)", " ".join(options))[1]) / 1000

    def test_the_proxy_accepts_the_options_of_the_systemd_unit(self):
        for name in ("slogout-proxy.service", "slogout-proxy@.service"):
            unit = (DEPLOYMENT / name).read_text()
            command = re.search(r"^ExecStart=\S+ (.*)$", unit.replace("\\\n", " "), re.M)[1]
            words = re.sub(r"--(listen|server|metrics|control) \S+", "", command).split()
            self.assertGreater(int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.M)[1]), self.accepts(words) + 5)

    def test_the_table_of_the_manual_is_right(self):
        """The formulas are those of service.c, and of the range of ports in Linux."""
        rows = re.findall(r"^ *([\d,]+) +([\d,]+) +(\d+) MB +(\d+) +(\d+)$", (ROOT / "man/slogout-proxy.8").read_text(), re.M)
        self.assertGreater(len(rows), 3)
        for row in rows:
            clients, limit, memory, addresses, threads = (int(text.replace(",", "")) for text in row)
            self.assertEqual(threads, -(-clients // 25000))
            self.assertEqual((limit, addresses), (2 * clients + 32 + 4 * threads, -(-clients // (60999 - 32768 + 1))))
            self.assertEqual(memory, -(-clients * 2048 // 10**6))

    def test_the_proxy_accepts_the_options_of_the_pod(self):
        pod = (DEPLOYMENT / "pod.yaml").read_text()
        deadline = self.accepts(re.findall(r"^\s+- (--\S+)", pod, re.M))
        self.assertGreater(int(re.search(r"GracePeriodSeconds: (\d+)", pod)[1]), deadline + 5)

    def test_systemd_is_notified(self):
        folder = tempfile.mkdtemp(prefix="slogout-notify-")
        self.addCleanup(shutil.rmtree, folder)
        for path in (f"{folder}/notify", f"\0slogout-notify-{os.getpid()}"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
                supervisor.bind(path)
                supervisor.settimeout(PATIENCE)
                proxy = Proxy(free_port(), environment={"NOTIFY_SOCKET": path.replace("\0", "@")})
                self.assertEqual(supervisor.recv(100), b"READY=1")
                proxy.stop()  # repeats the signal, because TSan may defer the first one
                self.assertEqual(supervisor.recv(100), b"STOPPING=1")


class Signals(ProxyTest):
    def test_sigint_drains_too(self):
        proxy = self.start()
        client, server = self.pair(proxy)
        proxy.process.send_signal(signal.SIGINT)
        self.assertEqual(read_to_end(client), BYE)
        client.close()
        server.close()
        proxy.end()

    def test_sighup_sigusr1_and_sigusr2_do_not_end_the_proxy(self):
        proxy = self.start()
        client, server = self.pair(proxy)
        proxy.process.send_signal(signal.SIGHUP)
        proxy.wait_event(r"server=\S+ addresses=1")
        proxy.process.send_signal(signal.SIGUSR2)
        proxy.wait_event(r"counters connections=1 accepted=1 .*")
        proxy.ask()
        self.assertEqual(read_to_end(client), BYE)
        client.close()
        server.close()
        proxy.wait_event("asking over")
        self.pair(proxy)

    def test_sigusr1_is_paced_by_the_spread(self):
        proxy = self.start("--spread", "2000", "--seed", "1")
        pairs = [self.pair(proxy) for _ in range(20)]
        begun = time.monotonic()
        proxy.ask()
        for client, _ in pairs:
            self.assertEqual(read_to_end(client), BYE)
        self.assertGreater(time.monotonic() - begun, 1.8)
        self.assertIsNone(proxy.process.poll())

    def test_an_asking_ends_although_threads_have_no_clients(self):
        proxy = self.start("--threads", "4", program=PLAIN)
        for count in range(1, 30):
            proxy.ask()
            wait_until(lambda: proxy.events.count(b"asking over") == count)  # pylint: disable=W0640

    def test_a_rate_holds_for_sigusr1_and_for_the_drain(self):
        """The last of 20 clients leaves in its slot of a tenth of a second, so at least 1.9 s have passed."""
        proxy = self.start("--spread", "0", "--rate", "10")
        for signal_it, event in ((proxy.ask, "asking over"), (proxy.terminate, "drain over .* kept=yes .*")):
            pairs = [self.pair(proxy) for _ in range(20)]
            begun = time.monotonic()
            signal_it()
            for client, server in pairs:
                self.assertEqual(read_to_end(client), BYE)
            self.assertGreater(time.monotonic() - begun, 1.9)
            for client, server in pairs:
                client.close()
                server.close()
            proxy.wait_event(event)
        proxy.end()

    def test_a_rate_that_cannot_keep_the_deadline_is_exceeded(self):
        """The deadline leaves 37 s to begin 80 clients."""
        proxy = self.start("--threads", "1", "--spread", "0", "--rate", "1", "--deadline", "47000")
        pairs = [self.pair(proxy) for _ in range(80)]
        proxy.terminate()
        proxy.wait_event("drain sessions=80 spread=0.0s rate=3 deadline=47.0s")
        proxy.wait_event("drain rate=1 cannot keep the deadline, so rate=3 applies")
        proxy.terminate()
        for client, server in pairs:
            self.assertEqual(read_to_end(client), BYE)
            client.close()
            server.close()
        proxy.end()

    def test_a_drain_takes_over_the_clients_of_an_asking(self):
        proxy = self.start("--spread", "600000", "--deadline", "646000", "--ask", "all")
        asked, waiting = self.pair(proxy), self.pair(proxy)
        proxy.ask()
        proxy.wait_event("asking sessions=2 spread=600.0s rate=0")
        proxy.terminate()
        proxy.wait_event("drain .* remaining=2 .*")
        proxy.terminate()
        for client, server in (asked, waiting):
            self.assertTrue(read_to_end(client).endswith(BYE))
            client.close()
            server.close()
        proxy.end()

    def test_a_client_that_waits_for_its_greeting_receives_it_and_then_leaves(self):
        proxy = self.start()
        client, server = self.pair(proxy, greeting=b"")
        proxy.terminate()
        proxy.wait_event("drain sessions=1 .*")
        server.sendall(GREETING)
        self.assertEqual(read_to_end(client), GREETING_SEEN + BYE)
        client.close()
        self.assertEqual(read_to_end(server), b"")
        server.close()
        proxy.end()

    def test_the_agent_says_drain_while_the_port_still_accepts(self):
        """The second signal ends the lame duck. It must differ from the first signal, which may still be pending."""
        port = free_port()
        proxy = self.start("--agent", f"127.0.0.1:{port}", "--lame-duck", "3600000")

        def answer():
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as agent:
                return read_to_end(agent)
        self.assertEqual(answer(), b"up ready\n")
        before = self.pair(proxy)
        proxy.terminate()
        wait_until(lambda: answer() == b"drain\n")
        during = self.pair(proxy)
        before[0].sendall(b"a NOOP\r\n")
        self.assertEqual(before[1].recv(100), b"a NOOP\r\n")
        before[1].sendall(b"a OK done\r\n")
        self.assertEqual(before[0].recv(100), b"a OK done\r\n")
        proxy.process.send_signal(signal.SIGINT)
        for client, server in (before, during):
            self.assertEqual(read_to_end(client), BYE)
            client.close()
            server.close()
        self.assertRaises(ConnectionRefusedError, answer)
        self.assertRaises(ConnectionRefusedError, connect, proxy)
        proxy.end()

    def test_the_port_closes_when_the_lame_duck_is_over(self):
        proxy = self.start("--lame-duck", "500")
        client, server = self.pair(proxy)
        begun = time.monotonic()
        proxy.terminate()
        self.assertEqual(read_to_end(client), BYE)
        self.assertGreater(time.monotonic() - begun, 0.49)
        client.close()
        server.close()
        proxy.end()


class Log(ProxyTest):
    def test_a_connection_is_logged_from_its_client_to_its_outcome(self):
        proxy = self.start()
        client, server = self.pair(proxy)
        host, port = client.getsockname()
        proxy.wait_event(f"connection=1 client={host}:{port}")
        client.close()
        proxy.wait_event(r"connection=1 outcome=- by=client seconds=\d+\.\d")
        server.close()
        client, server = self.pair(proxy)
        server.sendall(b"* BYE x\r\n")
        proxy.wait_event(r"connection=2 outcome=- by=server seconds=\d+\.\d")

    def test_quiet_omits_the_usual_events(self):
        proxy = self.start("--quiet")
        client, server = self.pair(proxy)
        client.close()
        server.close()
        self.pair(proxy)
        proxy.ask()
        proxy.wait_event("connection=2 outcome=BYE_ONLY .*")
        self.assertNotIn(b"connection=1", proxy.events)
        self.assertNotIn(b"client=", proxy.events)

    def test_a_log_that_nobody_reads_delays_no_client(self):
        process = subprocess.Popen([PROGRAM, "--listen", "127.0.0.1:0", "--accept-proxy"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        fcntl.fcntl(process.stderr, fcntl.F_SETPIPE_SZ, 4096)
        port = int(process.stdout.readline().rsplit(b":", 1)[1])
        for _ in range(1500):
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
                client.sendall(b"no header\r\n")
                self.assertEqual(read_to_end(client), b"")
        process.terminate()
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertNotIn(b"drain over", process.stderr.read())
        process.stdout.close()
        process.stderr.close()

    def test_a_server_that_refuses_is_logged(self):
        proxy = self.start()
        self.listener.close()
        with connect(proxy) as client:
            self.assertEqual(read_to_end(client), UNAVAILABLE)
        proxy.wait_event(r"connection=1 server=127.0.0.1:\d+ failed: Connection refused")


V2 = b"\r\n\r\n\0\r\nQUIT\n"


class Metrics(ProxyTest):
    def setUp(self):
        super().setUp()
        self.folder = Path(tempfile.mkdtemp(prefix="slogout-metrics-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = self.folder / "proxy.prom"

    def parsed(self):
        """Reads the file with an independent parser."""
        script = ("import json, sys; from prometheus_client.openmetrics import parser; print(json.dumps({s.name + "
                  "''.join(s.labels.values()): s.value for f in parser.text_string_to_metric_families(sys.stdin.read()) "
                  "for s in f.samples}))")
        return json.loads(subprocess.run(["/usr/bin/python3", "-c", script], input=self.file.read_text(), check=True,
                                         capture_output=True, text=True, timeout=PATIENCE).stdout)

    def test_the_file_follows_the_events(self):
        proxy = self.start("--metrics", self.file, "--lame-duck", "3600000")
        client, server = self.pair(proxy)
        wait_until(lambda: self.parsed()["slogout_connections"] == 1)
        metrics = self.parsed()
        self.assertEqual((metrics["slogout_accepted_total"], metrics["slogout_sessionsopen"]), (1, 1))
        self.assertEqual((metrics["slogout_draining"], metrics["slogout_drain_left_seconds"]), (0, 0))
        proxy.terminate()
        wait_until(lambda: 3500 < self.parsed()["slogout_drain_left_seconds"] < 3700)
        proxy.process.send_signal(signal.SIGINT)
        self.assertEqual(read_to_end(client), BYE)
        client.close()
        server.close()
        proxy.end()
        metrics = self.parsed()
        self.assertEqual((metrics["slogout_connections"], metrics["slogout_draining"]), (0, 1))
        self.assertEqual(metrics["slogout_drain_left_seconds"], 0)
        self.assertEqual(metrics["slogout_drain_outcomes_totalFORCED"], 1)
        self.assertEqual(metrics["slogout_outcomes_totalFORCED"], 1)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["proxy.prom"])

    BLINDING = (  # the reason, the side whose octets cause it, and the octets of both sides in turn, the client first
        ("LAYER", "server", (b"a STARTTLS\r\n", b"a OK go\r\n")),
        ("LAYER", "server", (b"a COMPRESS DEFLATE\r\n", b"a OK go\r\n")),
        ("MECHANISM", "server", (b"a AUTHENTICATE NTLM\r\n", b"+ \r\n", b"TlRM\r\n", b"a OK in\r\n")),
        ("OUT_OF_STEP", "server", (b"a NOOP\r\n", b"+ go on\r\n")),
        ("LIMIT", "client", (b"".join(b"%d ENABLE X-SERVER-LOGOUT\r\n" % number for number in range(9)),)),
        ("NOT_UNDERSTOOD", "client", (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n",)),  # TLS
        ("NOT_UNDERSTOOD", "client", (V2 + b"\x20\0\0\0",)),
        ("NOT_UNDERSTOOD", "server", (b"a NOOP\r\n", b"what is this {3}\r\n")),
    )

    def test_the_reason_for_blindness_is_logged_and_counted(self):
        """The reason is logged and counted, and all octets still pass."""
        proxy = self.start("--metrics", self.file)
        for number, (reason, by, said) in enumerate(self.BLINDING, 1):
            ends = self.pair(proxy)
            for turn, octets in enumerate(said + (b"one\0", b"other\0") * 2):
                ends[turn % 2].sendall(octets)
                self.assertEqual(read_exact(ends[1 - turn % 2], len(octets)), octets)
            proxy.wait_event(f"connection={number} blind={reason} by={by}")
        self.assertEqual(len(re.findall(rb" blind=", proxy.events)), len(self.BLINDING))
        reasons = [reason for reason, _, _ in self.BLINDING]
        for reason in set(reasons):
            wait_until(lambda: self.parsed()[f"slogout_blind_total{reason}"] == reasons.count(reason))  # pylint: disable=W0640

    def test_the_file_is_always_whole_and_written_at_most_once_a_second(self):
        proxy = self.start("--metrics", self.file)
        client, server = self.pair(proxy)
        versions = set()
        begun = time.monotonic()
        while time.monotonic() < begun + 3:
            client.sendall(b"a NOOP\r\n")
            server.recv(100)
            self.assertTrue(self.file.read_text().endswith("# EOF\n"))
            versions.add(self.file.stat().st_ino * 10**20 + self.file.stat().st_mtime_ns)
        self.assertLessEqual(len(versions), time.monotonic() - begun + 2)

    def test_a_file_that_cannot_be_written_is_reported_at_the_start(self):
        result = run("--listen", "127.0.0.1:0", "--metrics", "/nowhere/x.prom")
        self.assertEqual(result.returncode, 1)
        self.assertIn("cannot write the metrics to /nowhere/x.prom: No such file", result.stderr)


class Addresses(ProxyTest):
    def test_another_address_is_used_if_the_first_does_not_answer(self):
        """localhost is both ::1 and 127.0.0.1 if both exist. The server listens only on 127.0.0.1."""
        proxy = self.start(server=f"localhost:{self.listener.getsockname()[1]}")
        self.pair(proxy)

    def test_new_clients_go_to_a_changed_address(self):
        """The hosts file is replaced atomically, and the existing connection remains open."""
        port = self.listener.getsockname()[1]
        other = socket.create_server(("127.0.0.2", port))
        self.addCleanup(other.close)
        other.settimeout(PATIENCE)
        with tempfile.NamedTemporaryFile("r+") as hosts:
            print("127.0.0.1 mail.test", file=hosts, flush=True)
            proxy = self.start("--resolve-interval", "50", server=f"mail.test:{port}", hosts=hosts.name)
            client, server = self.pair(proxy)
            hosts.seek(0)
            print("127.0.0.2 mail.test", file=hosts, flush=True)
            proxy.wait_event(r"server=mail.test:\d+ addresses=1")
            with connect(proxy):
                other.accept()[0].close()
            client.sendall(b"a NOOP\r\n")
            self.assertEqual(server.recv(100), b"a NOOP\r\n")

    def test_the_sources_are_used_in_turn(self):
        proxy = self.start("--source", "127.0.0.2,::1,127.0.0.3", "--send-proxy", "v1")
        self.assertEqual({self.pair(proxy, b"")[1].getpeername()[0] for _ in range(3)}, {"127.0.0.2", "127.0.0.3"})

    def test_all_addresses_are_tried_before_bye(self):
        port = free_port()
        proxy = self.start(server=f"localhost:{port}")
        with connect(proxy) as client:
            self.assertEqual(read_to_end(client), UNAVAILABLE)
        proxy.stop()
        count = len({info[4][0] for info in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM)})
        self.assertEqual(len(re.findall(rb"failed: ", proxy.events)), count)


class ProxyProtocol(ProxyTest):
    HEADER = b"PROXY TCP4 192.0.2.1 192.0.2.2 4000 993\r\n"
    V2_HEADER = V2 + b"\x21\x11\0\x0c" + bytes((192, 0, 2, 1, 192, 0, 2, 2)) + struct.pack(">HH", 4000, 993)

    def begin(self, proxy, header):
        client = connect(proxy)
        self.addCleanup(client.close)
        client.sendall(header)
        server, _ = self.listener.accept()
        server.settimeout(PATIENCE)
        self.addCleanup(server.close)
        return client, server

    def test_a_header_is_read_logged_and_passed_on(self):
        for send, sent in (("no", b""), ("v1", self.HEADER), ("v2", self.V2_HEADER)):
            for header in (self.HEADER, self.V2_HEADER):
                proxy = self.start("--accept-proxy", "--send-proxy", send)
                client, server = self.begin(proxy, header)
                proxy.wait_event("connection=1 client=192.0.2.1:4000")
                self.assertEqual(read_exact(server, len(sent)), sent)
                server.sendall(GREETING)
                self.assertEqual(read_exact(client, len(GREETING_SEEN)), GREETING_SEEN)
                client.sendall(b"a NOOP\r\n")
                self.assertEqual(server.recv(100), b"a NOOP\r\n")
                client.close()
                server.close()
                proxy.stop()

    def test_a_header_may_come_octet_by_octet_or_with_the_first_command(self):
        proxy = self.start("--accept-proxy")
        with connect(proxy) as client:
            for octet in self.HEADER + b"a N":
                client.sendall(bytes([octet]))
                time.sleep(0.001)
            server, _ = self.listener.accept()
            self.addCleanup(server.close)
            server.settimeout(PATIENCE)
            self.assertEqual(read_exact(server, 3), b"a N")
        client, server = self.begin(proxy, self.V2_HEADER + b"a NOOP\r\n")
        self.assertEqual(server.recv(100), b"a NOOP\r\n")

    def test_a_missing_a_malformed_and_a_late_header_are_refused(self):
        proxy = self.start("--accept-proxy")
        late = connect(proxy)
        self.addCleanup(late.close)
        late.sendall(b"PROXY ")
        for octets in (b"a NOOP\r\n", b"PROXY TCP4 192.0.2.1\r\n", V2 + b"\x21\x11\0\x01\0", b"PROXY " + b"x" * 200):
            with connect(proxy) as client:
                client.sendall(octets)
                self.assertEqual(read_to_end(client), b"")
        proxy.wait_event(r"connection=2 client=127.0.0.1:\d+ refused: the PROXY header is missing or malformed")
        self.assertEqual(read_to_end(late), b"")
        proxy.wait_event(r"connection=1 client=127.0.0.1:\d+ refused: no PROXY header in time")
        self.listener.settimeout(0.1)
        self.assertRaises(TimeoutError, self.listener.accept)

    def test_a_check_that_only_connects_reaches_no_server_and_no_log(self):
        proxy = self.start("--accept-proxy")
        connect(proxy).close()
        self.begin(proxy, self.HEADER)
        proxy.wait_event("connection=2 client=192.0.2.1:4000")
        self.assertNotIn(b"connection=1", proxy.events)

    def test_a_header_is_not_expected_by_default(self):
        client, server = self.pair(self.start())
        client.sendall(self.HEADER)
        self.assertEqual(server.recv(100), self.HEADER)

    def test_without_a_header_the_address_of_the_socket_is_sent(self):
        proxy = self.start("--send-proxy", "v1")
        client, server = self.begin(proxy, b"")
        port = client.getsockname()[1]
        self.assertEqual(server.recv(100), b"PROXY TCP4 127.0.0.1 127.0.0.1 %d %d\r\n" % (port, proxy.port))


    def test_an_ipv4_address_is_not_mapped_to_ipv6(self):
        proxy = self.start("--send-proxy", "v1", listen="[::]:0")
        client = socket.create_connection(("127.0.0.1", proxy.port), PATIENCE)
        self.addCleanup(client.close)
        server, _ = self.listener.accept()
        self.addCleanup(server.close)
        server.settimeout(PATIENCE)
        port = client.getsockname()[1]
        self.assertEqual(server.recv(100), b"PROXY TCP4 127.0.0.1 127.0.0.1 %d %d\r\n" % (port, proxy.port))
        proxy.wait_event(f"connection=1 client=127.0.0.1:{port}")


class Resets(ProxyTest):
    """Sends RST at each step. The proxy and a bystander must continue, and no descriptor may be lost."""

    @staticmethod
    def reset(end):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.close()

    def steps(self, proxy):
        client = connect(proxy)
        self.reset(client)
        self.listener.accept()[0].close()
        for side in (0, 1):
            for octets in (None, b"", b"half a l", b"* OK a line\r\n", b"* 1 FETCH (BODY[] {100000}\r\nab"):
                pair = self.pair(proxy, greeting=b"" if octets is None else GREETING)
                if octets:
                    pair[1].sendall(octets)
                    pair[0].sendall(b"a APPEND INBOX {100000+}\r\nab")
                    pair[1].recv(1)
                self.reset(pair[side])
                pair[not side].close()

    def descriptors(self, proxy):
        return len(os.listdir(f"/proc/{proxy.process.pid}/fd"))

    def test_a_reset_at_each_step_harms_no_other_client(self):
        proxy = self.start()
        bystander, server = self.pair(proxy)
        wait_until(lambda: self.descriptors(proxy) > 6)
        before = self.descriptors(proxy)
        self.steps(proxy)
        bystander.sendall(b"z NOOP\r\n")
        self.assertEqual(server.recv(100), b"z NOOP\r\n")
        wait_until(lambda: self.descriptors(proxy) == before)

    def test_the_last_response_of_a_server_that_resets_is_passed(self):
        """When the proxy finds that it can no longer write, the octets that the server sent before the RST are still in
        the socket."""
        proxy = self.start()
        client, server = self.pair(proxy)
        proxy.process.send_signal(signal.SIGSTOP)
        client.sendall(b"a NOOP\r\n")
        server.sendall(b"* BYE I am off\r\n")
        server.close()
        proxy.process.send_signal(signal.SIGCONT)
        self.assertEqual(read_to_end(client), b"* BYE I am off\r\n")

    def test_a_server_that_vanishes_ends_its_connections(self):
        """The process of the server is killed, which ends all its connections at once."""
        port = free_port()
        server = subprocess.Popen([BUILD / "examples/echo_server", "--listen", f"127.0.0.1:{port}"],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(server.stdout.close)
        server.stdout.readline()
        proxy = self.start(server=port)
        clients = [connect(proxy) for _ in range(100)]
        for client in clients:
            self.assertIn(b"ready\r\n", client.recv(200))
        server.kill()
        server.wait()
        for client in clients:
            self.assertEqual(read_to_end(client), b"* BYE [UNAVAILABLE] The mail server has closed the connection\r\n")
            client.close()
        wait_until(lambda: self.descriptors(proxy) < 20)


class Keepalive(ProxyTest):
    def test_both_sides_are_probed(self):
        """In /proc/net/tcp, the timer of a connection that waits for a probe is 02."""
        for end in self.pair(self.start()):
            ours, its = end.getsockname()[1], end.getpeername()[1]
            entry = rf" 0100007F:{its:04X} 0100007F:{ours:04X} 01 \S+ 02:"
            wait_until(lambda: re.search(entry, Path("/proc/net/tcp").read_text()))  # pylint: disable=W0640


class Descriptors(ProxyTest):
    def test_without_descriptors_clients_wait_and_nothing_is_lost(self):
        """The proxy may have 70 descriptors, and keeps 36 of them in reserve, so it serves at most 17 clients at once.
        60 clients connect. The metrics are written continuously."""
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (70, 70))
        folder = tempfile.mkdtemp(prefix="slogout-metrics-")
        self.addCleanup(shutil.rmtree, folder)
        proxy = self.start("--metrics", f"{folder}/proxy.prom", "--threads", "1", preexec_fn=limit, program=PLAIN)
        self.listener.listen(100)
        clients = [connect(proxy) for _ in range(60)]
        over = threading.Event()
        server = threading.Thread(target=self.serve, args=(over,))
        server.start()
        served = 0
        for client in clients:
            greeting = client.recv(len(GREETING_SEEN))
            self.assertEqual(greeting, GREETING_SEEN)
            client.sendall(b"a NOOP\r\n")
            self.assertEqual(read_exact(client, 9), b"a OK yes\r\n"[:9])
            served += 1
            if served == 1:
                wait_until(lambda: "slogout_connections 17\n" in Path(folder, "proxy.prom").read_text())
            client.close()
        over.set()
        server.join()
        self.assertNotIn(b"metrics failed", proxy.events)
        wait_until(lambda: len(os.listdir(f"/proc/{proxy.process.pid}/fd")) < 12)

    def serve(self, over):
        """A server that greets, answers, and closes after the client has closed."""
        def talk(connection):
            connection.settimeout(PATIENCE)
            connection.sendall(GREETING)
            while connection.recv(100):
                connection.sendall(b"a OK yes\r\n")
            connection.close()
        self.listener.settimeout(0.2)
        while not over.is_set():
            try:
                connection, _ = self.listener.accept()
            except TimeoutError:
                continue
            threading.Thread(target=talk, args=(connection,), daemon=True).start()


class Faults(ProxyTest):
    """tests/programs/shim.c makes system calls fail with EINTR, transfer one octet, or find no buffers."""
    FAULTS = ("send=short%1 recv=short%1", "send=EINTR%2 recv=EINTR%2 epoll_wait=EINTR%2 accept=EINTR%2",
              "send=ENOBUFS%2 recv=EAGAIN%3", "accept=EMFILE%2", "accept=ECONNABORTED%2")
    OCTETS = bytes(range(256)) * 80

    def faulty(self, faults, *options):
        return self.start(*options, program=PLAIN,
                          environment={"FAULTS": faults, "LD_PRELOAD": str(BUILD / "tests/faults/shim.so")})

    def test_a_side_that_accepts_no_output_is_closed(self):
        client, server = self.pair(self.faulty("send=EPIPE@1"))  # the greeting is sent by writev()
        client.sendall(b"a NOOP\r\n")
        self.assertEqual(read_to_end(client), b"* BYE [UNAVAILABLE] The mail server has closed the connection\r\n")
        client.close()
        self.assertEqual(read_to_end(server), b"")
        server.close()
        client, server = self.pair(self.faulty("send=EPIPE@2"))
        client.sendall(b"a NOOP\r\n")
        self.assertEqual(server.recv(100), b"a NOOP\r\n")
        server.sendall(b"a OK done\r\n")
        self.assertEqual(read_to_end(client), b"")
        client.close()
        self.assertEqual(read_to_end(server), b"")
        server.close()

    def test_interrupted_and_short_calls_lose_nothing(self):
        for faults in self.FAULTS:
            proxy = self.faulty(faults, "--accept-proxy", "--send-proxy", "v2")
            client = connect(proxy)
            client.sendall(ProxyProtocol.HEADER)
            server, _ = self.listener.accept()
            server.settimeout(PATIENCE)
            self.assertEqual(read_exact(server, len(ProxyProtocol.V2_HEADER)), ProxyProtocol.V2_HEADER)
            server.sendall(GREETING)
            self.assertEqual(read_exact(client, len(GREETING_SEEN)), GREETING_SEEN)
            for source, sink, line in ((client, server, b"a APPEND INBOX {%d+}\r\n"), (server, client, b"* 1 FETCH (X {%d}\r\n")):
                text = line % len(self.OCTETS) + self.OCTETS
                source.sendall(text)
                self.assertTrue(read_exact(sink, len(text)) == text, faults)
            client.sendall(b"\r\n")
            self.assertEqual(read_exact(server, 2), b"\r\n")
            server.sendall(b")\r\na OK done\r\n")
            proxy.ask()
            self.assertEqual(read_to_end(client), b")\r\na OK done\r\n" + BYE)
            self.assertEqual(read_to_end(server), b"")
            client.close()
            server.close()
            proxy.stop()
            self.assertGreater(int(re.search(rb"shim: (\d+) faults injected", proxy.events)[1]), 0, faults)


class Flood(ProxyTest):
    """Makes clients connect continuously."""

    def setUp(self):
        super().setUp()
        self.listener.listen(1000)
        self.over, self.gone = threading.Event(), threading.Event()
        self.failures, self.served = [], 0
        self.count = threading.Lock()

    def come(self, port):
        while not self.over.is_set():
            try:
                with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
                    greeting = read_exact(client, len(GREETING_SEEN))
                with self.count:
                    self.served += 1
                    if greeting != GREETING_SEEN:
                        self.failures.append(greeting)
            except (OSError, AssertionError) as error:
                self.failures.append(repr(error))

    def serve(self):
        """A server that delays its greeting, so that clients wait for the greeting."""
        self.listener.settimeout(0.01)
        while not self.gone.is_set():
            waiting = []
            try:
                while len(waiting) < 8:
                    waiting.append(self.listener.accept()[0])
            except TimeoutError:
                pass
            for connection in waiting:
                connection.sendall(GREETING)
                connection.close()

    def flood(self, port, meanwhile):
        server = threading.Thread(target=self.serve)
        clients = [threading.Thread(target=self.come, args=(port,)) for _ in range(8)]
        for thread in [server, *clients]:
            thread.start()
        try:
            meanwhile()
        finally:
            self.over.set()
            for thread in clients:
                thread.join()
            self.gone.set()
            server.join()

    def after(self, count):
        wanted = self.served + count
        wait_until(lambda: self.served >= wanted)


class TakingOver(Flood):
    """One proxy takes over from another."""
    UPGRADES = 8

    def test_nobody_is_lost_when_a_supervisor_holds_the_socket(self):
        held = socket.create_server(("127.0.0.1", 0), backlog=1000)
        self.addCleanup(held.close)
        proxies = [self.start("--quiet", program=PLAIN, inherits=held)]

        def upgrade():
            for _ in range(self.UPGRADES):
                self.after(100)
                proxies.append(self.start("--quiet", program=PLAIN, inherits=held))
                proxies[-2].terminate()
                self.after(100)
        self.flood(held.getsockname()[1], upgrade)
        self.assertEqual(self.failures, [])
        for proxy in proxies:
            proxy.stop()
        print(f"{self.UPGRADES} upgrades: {self.served} clients served, 0 lost")

    def test_a_new_proxy_takes_the_port_while_the_old_one_drains(self):
        """Without a supervisor, a client that connects while the port is closed may be reset, but no client receives
        BYE as its greeting."""
        old = self.start("--reuse-port", "--ask", "all")
        stays = self.pair(old)
        new = self.start("--reuse-port", listen=f"127.0.0.1:{old.port}")

        def upgrade():
            self.after(20)
            old.terminate()
            count = self.accepted(new)
            wait_until(lambda: self.accepted(new) > count + 20)
        self.flood(old.port, upgrade)
        self.assertEqual(stays[0].recv(100), b"SLP.1 LOGOUT\r\n")
        self.assertEqual([failure for failure in self.failures if "ConnectionReset" not in failure], [])
        self.assertLess(len(self.failures), 3)
        stays[0].sendall(b"* BYE\r\nSLP.1 OK\r\n")
        self.assertEqual(read_to_end(stays[0]), b"")
        stays[0].close()
        stays[1].close()
        old.end()

    @staticmethod
    def accepted(proxy):
        return len(re.findall(rb"connection=\d+ client=", proxy.events))


if __name__ == "__main__":
    unittest.main()
