# SPDX-License-Identifier: BSD-2-Clause
"""Starts the servers of the ports as an unprivileged user, each in a folder of its own, on a port that is free."""

import glob
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

LIMIT = 120  # seconds until a test gives up; nothing takes that long unless it hangs
BUILD = os.path.abspath(os.path.join(os.environ.get("SLOGOUT_BUILD", "build"), "ports"))
USER, GROUP = "nobody", "nogroup"
PASSWORD = "secret"


def wait_until(happened, what, limit=LIMIT):
    end = time.monotonic() + limit
    while not happened():
        if time.monotonic() > end:
            raise AssertionError("no %s within %d s" % (what, limit))
        time.sleep(0.01)


def read(*path):
    """The octets of a file of /proc, which may be gone."""
    try:
        with open(os.path.join("/proc", *path), "rb") as file:
            return file.read()
    except OSError:
        return b""


def status(pid):
    """State, parent, group and session of a process, or nothing if it has ended."""
    fields = read(pid, "stat").rpartition(b")")[2].split()[:4]
    return fields if fields and fields[0] != b"Z" else []


PORTS = itertools.count(20000 + os.getpid() % 5000)  # below the ports that the kernel gives to clients


def free_port():
    for port in PORTS:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


class Server:
    """A server that runs until close(). options are variables of the environment."""

    user = "test"

    def __init__(self, linked, tls, options):
        self.linked, self.tls = linked, tls
        self.folder = tempfile.mkdtemp(prefix="slogout-port-")
        os.chmod(self.folder, 0o755)
        self.port = free_port()
        self.certificate = os.path.join(self.folder, "certificate.pem")
        shutil.copy(os.path.join(BUILD, "certificate.pem"), self.certificate)
        os.chmod(self.certificate, 0o600)
        self.environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", **options}
        self.log = self.errors = open(os.path.join(self.folder, "log"), "wb")
        self.prepare()
        subprocess.run(["chown", "-R", "%s:%s" % (USER, GROUP), self.folder], check=True)
        self.master = self.spawn()
        try:
            wait_until(self.listens, "listener")
        except AssertionError:
            self.close()
            raise

    @classmethod
    def version(cls):
        """The name and version, from the archive of the source."""
        archive = glob.glob(os.path.join(BUILD, "apt", cls.name, "*.orig.tar.*"))[0]
        return "%s %s" % (cls.title, re.search(r"_([\d.]+)\.orig", archive)[1])

    def checker(self):
        """What the command of a linked server begins with if PORTS_VALGRIND is set."""
        if not self.linked or not os.environ.get("PORTS_VALGRIND"):
            return []
        return [shutil.which("valgrind"), "-q", "--trace-children=yes", "--log-file=%s/valgrind.%%p" % self.folder]

    def faults(self):
        """What valgrind has found in all processes."""
        found = ""
        for name in os.listdir(self.folder):
            if name.startswith("valgrind."):
                with open(os.path.join(self.folder, name)) as file:
                    found += file.read()
        return found

    def spawn(self):
        # A group of its own, as under an init, because couriertcpd passes SIGTERM to its group.
        return subprocess.Popen(self.command(), env=self.environment, cwd=self.folder, user=USER, group=GROUP,
                                extra_groups=[], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.errors,
                                start_new_session=True)

    def listens(self):
        if self.master.poll() is not None:
            raise AssertionError("server ended: " + self.text_of_log())
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def text_of_log(self):
        with open(self.log.name, errors="replace") as file:
            return file.read()

    def sessions(self, client_port=None):
        """The processes that serve connections, or the one that serves this client."""
        return [pid for pid in self.family() if self.serves(pid, client_port)]

    def family(self):
        """The processes of the server that live, also after the master has ended."""
        return [int(pid) for pid in os.listdir("/proc")
                if pid.isdigit() and status(pid)[3:] == [b"%d" % self.master.pid]]

    def session(self, client_port):
        wait_until(lambda: self.sessions(client_port), "process of the client")
        return self.sessions(client_port)[0]

    def stop(self):
        self.master.send_signal(signal.SIGTERM)

    def close(self):
        for pid in self.family():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.master.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


# ---- Courier ----

class Authenticator(threading.Thread):
    """What authdaemond does: answers `AUTH`. The library of Courier has the path of its socket built in, so it is bound
    in a mount namespace of the tests."""

    def __init__(self):
        super().__init__(daemon=True)
        path = "/run/courier/authdaemon/socket"
        os.makedirs(os.path.dirname(path))
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        os.chmod(path, 0o777)
        self.listener.listen(100)

    def run(self):
        while True:
            threading.Thread(target=self.serve, args=self.listener.accept()[:1], daemon=True).start()

    @staticmethod
    def serve(connection):
        with connection, connection.makefile("rb") as stream:
            request = stream.readline().split()
            if not request:
                return  # the server was stopped meanwhile
            size = int(request[1])
            folder, password = stream.read(size).decode().split("\n")[2:4]
            reply = "FAIL\n"
            if password == PASSWORD:
                reply = ("UID=65534\nGID=65534\nHOME=%s\nADDRESS=%s\nMAILDIR=%s/Maildir\n.\n" %
                         (folder, folder, folder))
            try:
                connection.sendall(reply.encode())
            except OSError:
                pass  # the server was stopped meanwhile


class Courier(Server):
    name = "courier"
    title = "Courier imapd"
    source = "libs"

    def prepare(self):
        self.user = self.folder  # the authenticator knows no other names
        self.logger = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=self.log)
        self.errors = self.logger.stdin
        for name in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(self.folder, "Maildir", name))
        where = lambda program: os.path.join(BUILD, "courier", "libs", program)  # noqa: E731
        suffix = ".slogout" if self.linked else ""
        couriertls, imap = where("tcpd%s/couriertls" % suffix), where("imap" + suffix)
        self.environment.update(TLS_CERTFILE=self.certificate, TLS_PROTOCOL="TLS1_2++", COURIERTLS=couriertls,
                                IMAP_STARTTLS="NO" if self.tls else "YES", IMAP_TLS="1" if self.tls else "0",
                                IMAP_CAPABILITY="IMAP4rev1 IDLE UIDPLUS AUTH=PLAIN", IMAP_KEYWORDS="1")
        self.arguments = [where("tcpd/couriertcpd"), "-address=127.0.0.1", "-nodnslookup", "-noidentlookup",
                          "-maxperip=200", "-maxprocs=200", str(self.port)]
        if self.tls:
            self.arguments += [couriertls, "-server", "-tcpd"]
        self.arguments += self.checker() + [imap + "/imaplogin", imap + "/imapd", "Maildir"]

    def command(self):
        return self.arguments

    def stop(self):
        """courierlogger, which reads what the sessions log, ends ten seconds after the stop."""
        super().stop()
        if self.linked:
            self.logger.kill()

    def close(self):
        self.logger.kill()
        self.logger.communicate()
        super().close()

    def serves(self, pid, client_port):
        if not read(str(pid), "comm").startswith((b"imap", b"memcheck")):
            return False
        return client_port is None or b"\0TCPREMOTEPORT=%d\0" % client_port in b"\0" + read(str(pid), "environ")

    def leftovers(self):
        """Files of uploads that have not been removed."""
        return os.listdir(os.path.join(self.folder, "Maildir", "tmp"))


# ---- imap4d ----

CONFIGURATION = """
mode daemon; foreground yes; max-children 200; transcript no;
logging {{ syslog no; }}
auth {{ authentication "generic"; authorization "virtdomain:system"; }}
virtdomain {{ passwd-dir "{folder}/passwd"; }}
mailbox {{ mailbox-type "maildir"; mail-spool "{folder}/spool"; }}
server 127.0.0.1:{port} {{
    tls-mode {mode};
    tls {{ ssl-certificate-file "{certificate}"; ssl-key-file "{certificate}"; }}
}}
"""


def connection_inode(port, client_port):
    for line in read("net", "tcp").decode().splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(":%04X" % port) and fields[2].endswith(":%04X" % client_port):
            return int(fields[9])
    return 0


def holds(pid, inode):
    folder = os.path.join("/proc", str(pid), "fd")
    try:
        return any(os.readlink(os.path.join(folder, fd)) == "socket:[%d]" % inode for fd in os.listdir(folder))
    except OSError:
        return False


class Imap4d(Server):
    name = "imap4d"
    title = "GNU Mailutils imap4d"
    source = "imap4d"
    user = "u1@test"

    def prepare(self):
        for name in ("home", "passwd", "spool", "tmp"):
            os.mkdir(os.path.join(self.folder, name))
        secret = subprocess.run(["openssl", "passwd", "-1", PASSWORD], capture_output=True, text=True, check=True)
        with open(os.path.join(self.folder, "passwd", "test"), "w") as file:
            file.write("u1:%s:65534:65534::%s/home:/bin/sh\n" % (secret.stdout.strip(), self.folder))
        with open(os.path.join(self.folder, "imap4d.conf"), "w") as file:
            file.write(CONFIGURATION.format(folder=self.folder, port=self.port, certificate=self.certificate,
                                            mode="connection" if self.tls else "ondemand"))
        self.environment["TMPDIR"] = os.path.join(self.folder, "tmp")

    def command(self):
        return [os.path.join(BUILD, "imap4d", "imap4d" + (".slogout" if self.linked else ""), "imap4d"), "--no-config",
                "--config-file=imap4d.conf"]

    def serves(self, pid, client_port):
        if pid == self.master.pid:
            return False
        return client_port is None or holds(pid, connection_inode(self.port, client_port))

    def leftovers(self):
        return os.listdir(os.path.join(self.folder, "tmp"))


# ---- Cyrus ----

# Without allowstarttls, 3.10 refuses STARTTLS; 3.6 does not know the option, and ignores it.
IMAPD_CONF = """
configdirectory: {folder}/conf
partition-default: {folder}/spool
cyrus_user: nobody
cyrus_group: nogroup
servername: localhost
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {folder}/sasldb
sasl_mech_list: PLAIN
autocreate_quota: 0
imapidlepoll: 1
tls_server_cert: {certificate}
tls_server_key: {certificate}
allowstarttls: yes
"""
CYRUS_CONF = """
SERVICES {{
imap cmd="{imapd}" listen="127.0.0.1:{port}"
}}
"""


class Cyrus(Server):
    name = "cyrus"
    title = "Cyrus imapd"
    source = "."
    compress = reuses = True

    def prepare(self):
        for name in ("conf", "conf/msg", "conf/socket", "spool"):
            os.mkdir(os.path.join(self.folder, name))
        subprocess.run(["saslpasswd2", "-p", "-c", "-f", os.path.join(self.folder, "sasldb"), "-u", "localhost",
                        self.user], input=PASSWORD.encode(), check=True)
        self.tree = os.path.join(BUILD, "cyrus", "slogout" if self.linked else "")
        imapd = " ".join(self.checker() + [self.tree + "/imap/imapd", "-C", self.folder + "/imapd.conf"] +
                         ["-s"] * self.tls)
        for name, text in ("imapd.conf", IMAPD_CONF), ("cyrus.conf", CYRUS_CONF):
            with open(os.path.join(self.folder, name), "w") as file:
                file.write(text.format(folder=self.folder, port=self.port, certificate=self.certificate, imapd=imapd))

    def command(self):
        return [self.tree + "/master/master", "-D", "-C", "imapd.conf", "-M", "cyrus.conf", "-p", "pid"]

    def serves(self, pid, client_port):
        if pid == self.master.pid:
            return False
        return client_port is None or holds(pid, connection_inode(self.port, client_port))

    def notice(self, text):
        """What an administrator tells all clients before he stops the server."""
        with open(os.path.join(self.folder, "conf", "msg", "shutdown"), "w") as file:
            file.write(text + "\n")

    def leftovers(self):
        folder = os.path.join(self.folder, "spool", "stage.")
        return os.listdir(folder) if os.path.exists(folder) else []


SERVERS = {server.name: server for server in (Courier, Cyrus, Imap4d)}
