# SPDX-License-Identifier: BSD-2-Clause
"""The servers of the tests. They are unprivileged, use free ports of 127.0.0.1, and are killed by their pids."""

import glob
import os
import re
import signal
import subprocess
import sys
import threading
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../dovecot/tests"))
import server  # noqa: E402
from server import mount_settings  # noqa: E402, F401

# The folder in which the makefiles build the programs.
BUILD = server.BUILD
ECHO_SERVER = BUILD + "/examples/echo_server"
PROXY = BUILD + "/slogout-proxy"

PATIENCE = 300  # seconds; only a failure takes this long, even while a test waits for an answer


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain: " + what)
        time.sleep(0.02)


class Program:
    """echo_server, or the proxy in front of a server. All of its clients are asked at once."""

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
        """Waits until the clients are being asked. The proxy logs this. echo_server does not, and begins at about the
        same time."""
        before = self.log.count("asking sessions=")
        self.process.send_signal(signal.SIGUSR1)
        if self.process.args[0] == PROXY and not again:
            wait_until(lambda: self.log.count("asking sessions=") > before, "the request")

    def outcomes(self, _user):
        return re.findall(r"outcome=([A-Z_]+)", self.log)

    def close(self):
        self.process.kill()
        self.process.wait()


class Dovecot(server.Dovecot):
    def __init__(self, plugin):
        super().__init__(plugin, {"slogout_answer_timeout": "%d secs" % PATIENCE} if plugin else {})
        self.certificate = self.root + "/cert.pem", self.root + "/key.pem"

    def ask(self, user, again=False):
        """A process that is about to serve the user is not yet listed."""
        def is_kicked():
            try:
                self.kick(user)
                return True
            except AssertionError:
                return False
        wait_until(is_kicked, "doveadm kick " + user)

    def outcomes(self, user):
        names = {"answered": "ANSWERED", "forced": "FORCED"}
        return [names.get(reason, reason) for reason in
                re.findall(r"imap\(%s\).*Disconnected: Server LOGOUT: (\w+)" % user, self.log())]

    def message_ids(self, user):
        ids = []
        for path in glob.glob(self.mailbox_folder(user) + "/[cn]*/*"):
            with open(path, "rb") as file:
                ids.append(re.search(rb"Message-ID: <([^>]*)>", file.read(1000)).group(1).decode())
        return sorted(ids)
