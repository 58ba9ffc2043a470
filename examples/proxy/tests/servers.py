# SPDX-License-Identifier: BSD-2-Clause
"""Mail servers for the tests. They run in scratch folders on free loopback ports without privileges, and are killed by
pid."""

import atexit
import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("SLOGOUT_BUILD", ROOT / "build"))
UNPACKED = Path(os.environ.get("MAIL_SERVERS", BUILD / "mail-servers"))
PATIENCE = 30  # seconds


def wait_until(condition, seconds=PATIENCE, failure=lambda: "waited in vain"):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(failure())
        time.sleep(0.02)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def account(name):
    """Returns the account of a server, which is never root."""
    if os.getuid() == 0:
        entry = pwd.getpwnam(name)
        return entry.pw_name, {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return pwd.getpwuid(os.getuid()).pw_name, {}


class Scratch:
    """A folder that belongs to the server's account."""

    def __init__(self, name, owner):
        self.path = Path(tempfile.mkdtemp(prefix=f"slogout-{name}-"))
        self.owner = owner
        self.path.chmod(0o755)

    def give_away(self):
        if os.getuid() == 0:
            for folder, folders, files in os.walk(self.path):
                for name in [folder] + [os.path.join(folder, entry) for entry in folders + files]:
                    shutil.chown(name, self.owner["user"], self.owner["group"])

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


DOVECOT = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
listen = 127.0.0.1
protocols = imap
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
ssl = no
disable_plaintext_auth = no
haproxy_trusted_networks = 127.0.0.1
mail_location = maildir:~/Maildir
mail_fsync = never
imap_idle_notify_interval = 0
protocol imap {{
  mail_max_userip_connections = 1000
}}
passdb {{
  driver = static
  args = {password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={root}/mail/%u
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  client_limit = 100
  service_count = 0
  process_min_avail = 1
  inet_listener imap {{
    port = {port}
    haproxy = {haproxy}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
namespace inbox {{
  inbox = yes
}}
"""


def make_certificate(folder):
    """Creates the files key and certificate for 127.0.0.1, which are valid for one test."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", folder / "key", "-out",
                    folder / "certificate"], check=True, capture_output=True, timeout=PATIENCE)
    return folder / "certificate"


# Settings with which clients make a proxy blind.
LAYERS = """
ssl = yes
ssl_cert = <{root}/certificate
ssl_key = <{root}/key
auth_mechanisms = plain digest-md5
auth_realms = localhost
"""


class Dovecot:
    """Stock Dovecot without our plugin. It accepts any user and any password. haproxy: it requires PROXY headers and
    TLS. layers: it offers STARTTLS and DIGEST-MD5, and the password is "secret"."""

    def __init__(self, haproxy=False, layers=False):
        user, owner = account("dovecot")
        self.haproxy = haproxy
        group = subprocess.check_output(["id", "-gn", user], text=True).strip()
        self.scratch = Scratch("dovecot", owner)
        root = self.scratch.path
        self.port = free_port()
        for folder in ("mail", "state", "run"):
            (root / folder).mkdir()
        if layers:
            make_certificate(root)
        (root / "dovecot.conf").write_text((DOVECOT + (LAYERS if layers else "")).format(
            root=root, user=user, group=group, port=self.port, haproxy="yes" if haproxy else "no",
            password="password=secret" if layers else "nopassword=y"))
        self.scratch.give_away()
        self.process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", root / "dovecot.conf"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True, **owner)
        atexit.register(self.close)
        wait_until(self.accepts)

    def accepts(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                if self.haproxy:
                    connection.sendall(b"PROXY UNKNOWN\r\n")
                return connection.recv(100).startswith(b"* OK")
        except OSError:
            return False

    def log(self):
        return (self.scratch.path / "log").read_bytes()

    def files(self, user):
        """Returns the messages in the user's mailboxes, as the server has stored them."""
        folder = self.scratch.path / "mail" / user / "Maildir"
        return sorted(path.read_bytes() for path in folder.glob("**/*")
                      if path.is_file() and path.parent.name in ("new", "cur"))

    def close(self):
        atexit.unregister(self.close)
        self.process.kill()
        self.process.wait()
        for pid in self.left():
            os.kill(pid, signal.SIGKILL)
        self.scratch.remove()

    def left(self):
        """Returns the living processes that the master has started. All of them belong to the session that was created
        for the master."""
        out = subprocess.run(["ps", "-o", "pid=,stat=", "--sid", str(self.process.pid)],
                             capture_output=True, text=True, check=False).stdout
        return [int(pid) for pid, state in (line.split() for line in out.splitlines()) if state[0] != "Z"]


def library_path():
    return ":".join(sorted({str(path.parent) for path in UNPACKED.glob("**/*.so*")}))


class Courier:
    """Courier's imapd, one process for each connection, for a user who has logged in already."""

    def __init__(self):
        _, self.owner = account("nobody")
        self.scratch = Scratch("courier", self.owner)
        for folder in ("cur", "new", "tmp"):
            (self.scratch.path / "Maildir" / folder).mkdir(parents=True)
        self.scratch.give_away()
        self.environment = {
            "PATH": os.environ["PATH"], "LD_LIBRARY_PATH": library_path(), "AUTHENTICATED": "user", "AUTHADDR": "user",
            "HOME": str(self.scratch.path), "MAILDIR": str(self.scratch.path / "Maildir"), "TCPREMOTEIP": "127.0.0.1",
            "IMAP_CAPABILITY": "IMAP4rev1 UIDPLUS NAMESPACE IDLE", "IMAP_ENHANCEDIDLE": "0", "IMAP_USELOCKS": "1"}
        self.processes = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.processes.append(subprocess.Popen(
                [UNPACKED / "usr/bin/imapd", "Maildir"], cwd=self.scratch.path, env=self.environment,
                stdin=connection, stdout=connection, stderr=subprocess.DEVNULL, **self.owner))
            connection.close()

    def close(self):
        self.listener.close()
        for process in self.processes:
            process.kill()
            process.wait()
        self.scratch.remove()


CYRUS = """
configdirectory: {root}/conf
partition-default: {root}/spool
defaultpartition: default
admins: cyrus
servername: localhost
sasl_pwcheck_method: alwaystrue
sasl_mech_list: PLAIN
allowplaintext: yes
imapidlepoll: 1
"""


class Cyrus:
    """Cyrus' imapd without its master. The master would pass it a pipe as descriptor 3 and the listening socket as
    descriptor 4. One process serves one connection after the other."""

    def __init__(self, processes=2):
        _, self.owner = account("nobody")
        self.scratch = Scratch("cyrus", self.owner)
        root = self.scratch.path
        for name in ("spool", "conf/db", "conf/proc", "conf/socket", "conf/log", "conf/msg", "conf/lock", "conf/user",
                     "conf/quota"):
            (root / name).mkdir(parents=True)
        (root / "imapd.conf").write_text(CYRUS.format(root=root))
        self.scratch.give_away()
        self.environment = {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": library_path(), "CYRUS_SERVICE": "imap",
                            "CYRUS_ID": "1"}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.status = os.pipe()
        subprocess.run([UNPACKED / "usr/lib/cyrus/bin/ctl_cyrusdb", "-C", root / "imapd.conf", "-r"], check=True,
                       env=self.environment, timeout=PATIENCE, **self.owner)
        self.processes = [self.start() for _ in range(processes)]

    def start(self):
        return subprocess.Popen([UNPACKED / "usr/lib/cyrus/bin/imapd", "-C", self.scratch.path / "imapd.conf"],
                                env=self.environment, preexec_fn=self.set_descriptors, close_fds=False,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                **self.owner)

    def set_descriptors(self):
        status = fcntl.fcntl(self.status[1], fcntl.F_DUPFD, 100)
        listener = fcntl.fcntl(self.listener.fileno(), fcntl.F_DUPFD, 100)
        os.dup2(status, 3)
        os.dup2(listener, 4)

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
        self.listener.close()
        for descriptor in self.status:
            os.close(descriptor)
        self.scratch.remove()
