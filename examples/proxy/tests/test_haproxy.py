# SPDX-License-Identifier: BSD-2-Clause
"""The proxy as it is deployed. HAProxy or nginx terminates TLS in front of it, as in examples/proxy. Dovecot behind it
reads the client's address from the PROXY protocol. Real clients over TLS are asked and told to leave while they work.
During a drain, HAProxy's check of the port decides where new clients go."""

import collections
import re
import resource
import select
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

import client as imaplib_client
from client import Client
from proxy import PLAIN, Asking, Proxy
from servers import PATIENCE, ROOT, Dovecot, account, free_port, make_certificate, wait_until
from test_clients import ATTEMPTS, MESSAGES, fill, without_tuid
from test_dovecot import work
from test_operator import Flood
from test_program import BYE, GREETING, GREETING_SEEN, ProxyTest, read_exact, read_to_end

DEPLOYMENT = ROOT / "examples/proxy/deploy"


class Front:
    """A program in front of one or two proxies, with the configuration of the example on other ports. It does not run
    as root."""

    def __init__(self, test, proxies, plain=False):
        self.folder = Path(tempfile.mkdtemp(prefix="slogout-front-"))
        test.addCleanup(subprocess.run, ["rm", "-r", self.folder], check=True)
        self.certificate = make_certificate(self.folder)
        (self.folder / "imaps.pem").write_text((self.folder / "key").read_text() + self.certificate.read_text())
        self.port = free_port()
        text = (DEPLOYMENT / self.EXAMPLE).read_text()
        ports = [proxy.port for proxy in proxies] + [free_port()]
        text = text.replace("127.0.0.1:1143", f"127.0.0.1:{ports[0]}").replace("port 1143", f"port {ports[0]}")
        text = text.replace("127.0.0.1:1144", f"127.0.0.1:{ports[1]}").replace("port 1144", f"port {ports[1]}")
        text = self.adapt(text, plain)
        (self.folder / "configuration").write_text(text)
        _, owner = account("nobody")
        subprocess.run(["chmod", "-R", "a+rX,a+w", self.folder], check=True)
        self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, **owner)
        self.log = b""
        self.collector = threading.Thread(target=self.collect, daemon=True)
        self.collector.start()
        test.addCleanup(self.close)
        wait_until(self.accepts)

    def collect(self):
        for line in self.process.stderr:
            self.log += line

    def accepts(self):
        assert self.process.poll() is None, self.log
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.collector.join()
        self.process.stderr.close()


class HAProxy(Front):
    EXAMPLE = "haproxy.cfg"

    def adapt(self, text, plain):
        self.control = self.folder / "control"
        bind = f"bind 127.0.0.1:{self.port}" + ("" if plain else f" ssl crt {self.folder}/imaps.pem")
        text = re.sub(r"bind :993 ssl crt \S+", bind, text)
        text = text.replace("maxconn 10000", "maxconn 400")
        text = text.replace("/run/haproxy/admin.sock", str(self.control))
        return text.replace("global\n", "global\n    log stderr local0\n")

    def accepts(self):
        return super().accepts() and self.control.exists()

    def command(self):
        return ["haproxy", "-db", "-f", self.folder / "configuration"]

    def status(self, server):
        """Returns UP, DOWN and so on."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.control))
            control.sendall(b"show stat\n")
            text = control.makefile().read()
        names, *rows = [line.split(",") for line in text.lstrip("# ").splitlines() if line]
        return next(row[names.index("status")] for row in rows if row[1] == server)


class Nginx(Front):
    EXAMPLE = "nginx.conf"

    def adapt(self, text, plain):
        (self.folder / "error.log").touch()
        text = text.replace("listen 993 ssl", f"listen 127.0.0.1:{self.port} ssl")
        text = text.replace("/etc/nginx/imaps.crt", str(self.certificate)).replace("/etc/nginx/imaps.key", str(self.folder / "key"))
        text = text.replace("modules/ngx", "/usr/lib/nginx/modules/ngx").replace("worker_connections 20000", "worker_connections 900")
        return f"daemon off;\nmaster_process off;\npid {self.folder}/pid;\n{text}"

    def command(self):
        return ["nginx", "-p", self.folder, "-e", self.folder / "error.log", "-c", self.folder / "configuration"]


class TLSClient(Client):
    """imaplib over TLS, which checks the certificate."""

    def __init__(self, front, user, enable):
        super().__init__(front.port, user, enable)
        self.context = ssl.create_default_context(cafile=front.certificate)

    def connect(self):
        context = self.context

        class Connection(imaplib_client.Connection):
            def _create_socket(self, timeout):
                return context.wrap_socket(super()._create_socket(timeout), server_hostname="localhost")
        plain, imaplib_client.Connection = imaplib_client.Connection, Connection
        try:
            super().connect()
        finally:
            imaplib_client.Connection = plain


class OverTLS(unittest.TestCase):
    COUNT = 30

    @classmethod
    def setUpClass(cls):
        cls.dovecot = Dovecot(haproxy=True)
        cls.addClassCleanup(cls.dovecot.close)
        # To store and compare messages; Dovecot requires a header.
        cls.direct = Proxy(cls.dovecot.port, "--send-proxy", "v2")
        cls.addClassCleanup(cls.direct.stop)

    def start(self, front):
        proxy = Proxy(self.dovecot.port, "--accept-proxy", "--send-proxy", "v2")
        self.addCleanup(proxy.stop)
        return proxy, front(self, [proxy])

    def imaplib(self, front, name, enable):
        proxy, front = self.start(front)
        expected = work(Client(self.direct.port, f"{name}-direct", False), 5, self.COUNT)
        client = TLSClient(front, f"{name}-asked", enable)
        with Asking(proxy, 5, growth=1.01):
            got = work(client, 5, self.COUNT)
        client.close()
        self.assertTrue(got == expected, "the downloaded octets differ")
        self.assertTrue(self.dovecot.files(f"{name}-asked") == self.dovecot.files(f"{name}-direct"), "mailboxes differ")
        self.assertGreater(client.sent_away, 1)
        self.assertIn("ANSWERED" if enable else "BYE_ONLY", proxy.outcomes())

    def test_imaplib_asked_behind_haproxy_loses_nothing(self):
        self.imaplib(HAProxy, "h-asked", True)

    def test_imaplib_told_behind_haproxy_loses_nothing(self):
        self.imaplib(HAProxy, "h-told", False)

    def test_imaplib_asked_behind_nginx_loses_nothing(self):
        self.imaplib(Nginx, "n-asked", True)

    def until_it_succeeds(self, *command):
        for _ in range(ATTEMPTS):
            result = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
            if result.returncode == 0:
                return result.stdout
        raise AssertionError(f"{command}: {result}")

    def test_curl_told_behind_haproxy_loses_nothing(self):
        proxy, front = self.start(HAProxy)
        fill(self.direct.port, "curl")

        def fetch():
            return [self.until_it_succeeds("curl", "-sS", "--cacert", front.certificate, "-u", "curl:secret",
                                           f"imaps://127.0.0.1:{front.port}/INBOX;UID={uid}")
                    for uid in range(1, MESSAGES + 1)]
        expected = fetch()
        with Asking(proxy, 3, 0.0, 0.03, growth=1.03):
            self.assertTrue(fetch() == expected)
        self.assertIn("BYE_ONLY", proxy.outcomes())

    def test_mbsync_told_behind_haproxy_loses_nothing(self):
        proxy, front = self.start(HAProxy)
        fill(self.direct.port, "mbsync")
        maildir = front.folder / "Maildir"
        maildir.mkdir()
        config = front.folder / "mbsyncrc"
        config.write_text(f"""
IMAPStore far
Host localhost
Port {front.port}
User mbsync
Pass secret
SSLType IMAPS
CertificateFile {front.certificate}
AuthMechs LOGIN

MaildirStore near
Path {maildir}/
Inbox {maildir}/INBOX

Channel both
Far :far:
Near :near:
Patterns INBOX
Create Near
Sync Pull
SyncState *
""")
        with Asking(proxy, 4, 0.0, 0.03, growth=1.03):
            self.until_it_succeeds("mbsync", "-c", config, "both")
        got = [path.read_bytes() for path in (maildir / "INBOX").glob("*/*") if path.parent.name in ("new", "cur")]
        self.assertEqual([text.replace(b"\r\n", b"\n") for text in without_tuid(got)],
                         [text.replace(b"\r\n", b"\n") for text in without_tuid(self.dovecot.files("mbsync"))])

    def test_dovecot_sees_the_client_s_address_and_that_it_has_tls(self):
        proxy, front = self.start(HAProxy)
        plain = socket.create_connection(("127.0.0.1", front.port), PATIENCE, source_address=("127.0.0.5", 0))
        with ssl.create_default_context(cafile=front.certificate).wrap_socket(plain, server_hostname="localhost") as client:
            _, port = client.getsockname()
            client.sendall(b"a LOGIN seen secret\r\nb LOGOUT\r\n")
            self.assertIn(b"b OK", read_to_end(client))
        proxy.wait_event(f"connection=\\d+ client=127.0.0.5:{port}")
        wait_until(lambda: re.search(rb"Login: user=<seen>.* rip=127\.0\.0\.5, .*(secured|TLS)", self.dovecot.log()),
                   failure=self.dovecot.log)


class Crowd(ProxyTest):
    """10,000 idle connections, or as many as the limit of descriptors allows, and some active clients. Then SIGTERM
    starts a drain, while HAProxy sends new clients to another proxy."""
    ACTIVE = 500

    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 22000
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))
        except (ValueError, PermissionError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.idle_count = min(10000, (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 300) // 2 - 2 * self.ACTIVE)
        self.listener.listen(1000)

    def serve(self, ready):
        """The server for all clients, in one thread. It sends a greeting, accepts every login, and answers each
        command."""
        poll = select.epoll()
        poll.register(self.listener.fileno(), select.EPOLLIN)
        self.listener.setblocking(False)
        connections = {}
        while not ready.is_set():
            for fd, _ in poll.poll(0.1):
                if fd == self.listener.fileno():
                    connection, _ = self.listener.accept()
                    connections[connection.fileno()] = connection
                    poll.register(connection.fileno(), select.EPOLLIN)
                    connection.sendall(GREETING)
                    continue
                try:
                    data = connections[fd].recv(65536)
                    for line in data.splitlines():
                        tag, _, command = line.partition(b" ")
                        untagged = b"* ENABLED\r\n" if command.startswith(b"ENABLE") else b""
                        connections[fd].sendall(untagged + tag + b" OK done\r\n")
                except OSError:
                    data = b""
                if not data:
                    connections.pop(fd).close()
        for connection in connections.values():
            connection.close()

    def test_a_drain_cuts_off_no_client_while_the_check_of_the_port_fails(self):
        spread, deadline = 8000, 60000
        proxy = self.start("--spread", str(spread), "--deadline", str(deadline), program=PLAIN)
        other = self.start(program=PLAIN, server=free_port())
        front = PlainHAProxy(self, [proxy, other])
        wait_until(lambda: front.status("first") == "UP")
        over = threading.Event()
        server = threading.Thread(target=self.serve, args=(over,))
        server.start()
        idle = []
        for _ in range(self.idle_count):
            client = socket.create_connection((proxy.host, proxy.port), PATIENCE)
            read_exact(client, len(GREETING_SEEN))
            idle.append(client)
        active = [Active(proxy, enable=number % 2 == 0) for number in range(self.ACTIVE)]
        workers = [threading.Thread(target=Active.work_all, args=(active[part::4],)) for part in range(4)]
        for worker in workers:
            worker.start()
        time.sleep(1)
        begun = time.monotonic()
        proxy.terminate()
        wait_until(lambda: front.status("first").startswith("DOWN"))
        self.assertLess(time.monotonic() - begun, 10)
        self.assertIsNone(proxy.process.poll())
        self.assertEqual(front.status("second"), "UP")
        told = collections.Counter()
        for client in idle:
            client.settimeout(deadline / 1000)
            told[read_to_end(client)] += 1
            client.close()
        for worker in workers:
            worker.join(deadline / 1000)
        proxy.process.wait(deadline / 1000)
        self.assertLess(time.monotonic() - begun, deadline / 1000)
        over.set()
        server.join()
        proxy.end()
        self.assertEqual(told, {BYE: len(idle)})
        self.assertEqual([one.fault for one in active if one.fault], [])
        self.assertEqual({one.end for one in active if one.enable}, {"LOGOUT"})
        self.assertEqual({one.end for one in active if not one.enable}, {"BYE"})
        self.assertGreater(min(one.done for one in active), 0)
        print(f"{len(idle)} idle, {self.ACTIVE} active: {sum(one.done for one in active)} round trips; "
              f"gone after {time.monotonic() - begun:.1f} s of {deadline / 1000:.0f}")


class Redispatch(Flood):
    """A proxy stops before the balancer knows this. A client that finds the port closed goes to the other proxy."""
    STOPS = 3

    def check(self, front):
        first, second = (self.start("--accept-proxy", "--quiet", "--reuse-port", program=PLAIN) for _ in range(2))
        balancer = front(self, [first, second])

        def stops():
            stopping, port = first, first.port
            for _ in range(self.STOPS):
                self.after(100)
                stopping.terminate()
                time.sleep(5)  # longer than HAProxy retries without redispatch
                self.after(100)
                stopping = self.start("--accept-proxy", "--quiet", "--reuse-port", listen=f"127.0.0.1:{port}", program=PLAIN)
        self.flood(balancer.port, stops)
        self.assertEqual(self.failures, [])
        print(f"{front.EXAMPLE}: {self.STOPS} stops, {self.served} clients served, 0 dropped")

    def test_haproxy_sends_a_refused_client_to_the_other_proxy(self):
        self.check(HAProxyWithHeaders)

    def test_nginx_sends_a_refused_client_to_the_other_proxy(self):
        self.check(PlainNginx)


class HAProxyWithHeaders(HAProxy):
    """The connection uses no TLS."""

    def adapt(self, text, plain):
        return super().adapt(text, True).replace("send-proxy-v2-ssl", "send-proxy-v2")


class PlainNginx(Nginx):
    """The connection uses no TLS."""

    def adapt(self, text, plain):
        return re.sub(r"(listen \S+) ssl", r"\1", super().adapt(text, plain))


class PlainHAProxy(HAProxy):
    """The connection uses neither TLS nor PROXY headers."""

    def adapt(self, text, plain):
        return super().adapt(text, True).replace(" send-proxy-v2-ssl", "")


class Active:
    """A client that sends one command after the other until it is asked or told to leave, and checks each response."""

    def __init__(self, proxy, enable):
        self.enable, self.done, self.end, self.fault, self.input = enable, 0, None, None, b""
        self.socket = socket.create_connection((proxy.host, proxy.port), PATIENCE)
        self.file = self.socket.makefile("rb")
        assert self.file.readline() == GREETING_SEEN
        if enable:
            self.socket.sendall(b"e ENABLE X-SERVER-LOGOUT\r\n")
            lines = [self.file.readline()]
            while not lines[-1].startswith(b"e OK"):
                lines.append(self.file.readline())
            assert b"* ENABLED X-SERVER-LOGOUT\r\n" in lines, lines

    @staticmethod
    def work_all(clients):
        while any(not client.end for client in clients):
            for client in clients:
                if not client.end:
                    client.work()
            time.sleep(0.01)

    def work(self):
        tag = b"t%d" % self.done
        try:
            self.socket.sendall(tag + b" NOOP\r\n")
            line = self.file.readline()
            asked = None
            if line.endswith(b" LOGOUT\r\n"):
                asked, line = line.split()[0], self.file.readline()
            if line == BYE:
                self.end = "BYE"
            elif line != tag + b" OK done\r\n":
                raise AssertionError(f"{line!r} is not the response to {tag!r}")
            else:
                self.done += 1
            if asked:
                self.socket.sendall(b"* BYE going\r\n" + asked + b" OK done\r\n")
                rest = self.file.read()
                assert rest == b"", rest
                self.end = "LOGOUT"
        except (AssertionError, OSError) as fault:
            self.fault, self.end = self.fault or repr(fault), "fault"
        if self.end:
            self.file.close()
            self.socket.close()


if __name__ == "__main__":
    unittest.main()
