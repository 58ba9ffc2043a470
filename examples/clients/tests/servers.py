# SPDX-License-Identifier: BSD-2-Clause
"""The servers of the tests: unprivileged, on free ports of 127.0.0.1, and killed by their pids."""

import glob
import os
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

# What the makefiles build.
BUILD = os.environ.get("BUILD", "build")
ECHO_SERVER = BUILD + "/examples/echo_server"
PROXY = BUILD + "/slogout-proxy"
PLUGIN = BUILD + "/dovecot/lib95_imap_slogout_plugin.so"

PATIENCE = 300  # seconds: only a failure waits as long, also for an answer
DOVECOT = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
mail_plugin_dir = {root}/modules
listen = 127.0.0.1
protocols = imap
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{root}/certificate
ssl_key = <{root}/key
mail_location = maildir:~/Maildir
mail_fsync = never
protocol imap {{
  mail_plugins = {plugin}
  mail_max_userip_connections = 100
}}
plugin {{
  slogout_answer_timeout = {patience} secs
}}
passdb {{
  driver = static
  args = nopassword=y
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
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
"""


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain: " + what)
        time.sleep(0.02)


def certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=localhost", "-keyout", folder + "/key",
                    "-out", folder + "/certificate"], check=True, capture_output=True)
    return folder + "/certificate", folder + "/key"


class Program:
    """echo_server, or the proxy in front of a server. All its clients are asked at once."""

    def __init__(self, *command):
        options = ["--listen", "127.0.0.1:0", "--spread", "0", "--answer-timeout", str(1000 * PATIENCE)]
        self.process = subprocess.Popen([*command, *options], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.log = ""
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])
        threading.Thread(target=self.collect, daemon=True).start()

    def collect(self):
        for line in self.process.stderr:
            self.log += line

    def ask(self, _user, again=False):
        """The proxy says when it begins. echo_server says nothing, and begins at about the same time."""
        before = self.log.count("asking sessions=")
        self.process.send_signal(signal.SIGUSR1)
        if self.process.args[0] == PROXY and not again:
            wait_until(lambda: self.log.count("asking sessions=") > before, "the request")

    def outcomes(self, _user):
        return re.findall(r"outcome=([A-Z_]+)", self.log)

    def close(self):
        self.process.kill()
        self.process.wait()


class Dovecot:
    def __init__(self, plugin):
        self.root = tempfile.mkdtemp(prefix="slogout-clients-")
        user = "dovecot" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        entry = pwd.getpwnam(user)
        self.owner = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
        group = subprocess.check_output(["id", "-gn", user], text=True).strip()
        self.certificate = certificate(self.root)
        for folder in ("mail", "state", "run", "modules"):
            os.mkdir(os.path.join(self.root, folder))
        for module in glob.glob("/usr/lib/dovecot/modules/*.so"):
            os.symlink(module, os.path.join(self.root, "modules", os.path.basename(module)))
        shutil.copy(PLUGIN, self.root + "/modules")
        self.port, self.tls_port = free_port(), free_port()
        with open(self.root + "/dovecot.conf", "w") as file:
            file.write(DOVECOT.format(root=self.root, user=user, group=group, port=self.port, tls_port=self.tls_port,
                                      plugin="imap_slogout" if plugin else "", patience=PATIENCE))
        if self.owner:
            for folder, folders, files in os.walk(self.root):
                for name in [folder] + [os.path.join(folder, name) for name in folders + files]:
                    os.chown(name, entry.pw_uid, entry.pw_gid, follow_symlinks=False)
        self.process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", self.root + "/dovecot.conf"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        start_new_session=True, **self.owner)
        wait_until(self.accepts, "Dovecot")

    def accepts(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                return connection.recv(100).startswith(b"* OK")
        except OSError:
            return False

    def log(self):
        try:
            with open(self.root + "/log", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def ask(self, user, again=False):
        """A process that is about to serve the user is not listed yet."""
        command = ["/usr/bin/doveadm", "-c", self.root + "/dovecot.conf", "kick", user]

        def kicked():
            return subprocess.run(command, text=True, capture_output=True, check=False, **self.owner).stdout
        wait_until(lambda: user in kicked(), "doveadm kick " + user)

    def outcomes(self, user):
        names = {"answered": "ANSWERED", "forced": "FORCED"}
        return [names.get(reason, reason) for reason in
                re.findall(r"imap\(%s\).*Disconnected: Server LOGOUT: (\w+)" % user, self.log())]

    def message_ids(self, user):
        ids = []
        for path in glob.glob("%s/mail/%s/Maildir/[cn]*/*" % (self.root, user)):
            with open(path, "rb") as file:
                ids.append(re.search(rb"Message-ID: <([^>]*)>", file.read(1000)).group(1).decode())
        return sorted(ids)

    def close(self):
        """All that the master has started is in the session that was made for it."""
        self.process.kill()
        self.process.wait()
        out = subprocess.run(["ps", "-o", "pid=", "--sid", str(self.process.pid)], capture_output=True, text=True,
                             check=False)
        for pid in out.stdout.split():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(self.root, ignore_errors=True)


def free_port():
    """Dovecot cannot listen on port 0. The system gives no connection a port below 32000."""
    while True:
        port = random.randrange(10000, 32000)
        try:
            socket.create_server(("127.0.0.1", port)).close()
            return port
        except OSError:
            pass
