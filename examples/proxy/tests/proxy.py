# SPDX-License-Identifier: BSD-2-Clause
"""A running proxy, and the functions that ask its clients to leave."""

import atexit
import os
import random
import re
import signal
import subprocess
import threading
import time

from servers import BUILD, PATIENCE, wait_until

PLAIN = BUILD / "slogout-proxy"
PROGRAM = BUILD / os.environ.get("PROXY", "tests/slogout-proxy")  # built with the sanitizers
OPTIONS = os.environ.get("PROXY_OPTIONS", "").split()


class Proxy:
    """Starts a proxy for the server at this port of the loopback address, or at an address."""

    def __init__(self, server, *options, listen="127.0.0.1:0", program=PROGRAM, environment=None,
                 preexec_fn=None, inherits=None, hosts=None):
        """A proxy. inherits: a listening socket, which the proxy receives as from a supervisor. hosts: a file that
        replaces its /etc/hosts."""
        server = f"127.0.0.1:{server}" if isinstance(server, int) else server
        command = [program, "--listen", listen, "--server", server, "--spread", "0", *OPTIONS, *options]
        if inherits:
            command = ["bash", "-c", f'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3<&{inherits.fileno()}', "bash", *command]
        if hosts:
            command = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"]), "sh", "-c",
                       'mount --bind "$0" /etc/hosts && exec "$@"', hosts, *command]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env={**os.environ, **(environment or {})}, preexec_fn=preexec_fn,
                                        pass_fds=[inherits.fileno()] if inherits else [])
        atexit.register(self.process.kill)
        self.lines = []
        self.collector = threading.Thread(target=self.collect, daemon=True)
        self.collector.start()
        line = self.process.stdout.readline().decode()
        match = re.fullmatch(r"listening on (.*):(\d+)\n", line)
        if not match:
            raise AssertionError(f"{line!r}: {self.events!r}")
        self.host, self.port = match[1].strip("[]"), int(match[2])

    def collect(self):
        for line in self.process.stderr:
            self.lines.append(line)

    @property
    def events(self):
        return b"".join(self.lines)

    def outcomes(self):
        return re.findall(r"connection=\d+ outcome=(\w+)", self.events.decode())

    def wait_event(self, line):
        """Waits until the proxy logs a line that matches."""
        wait_until(lambda: re.search(rf"^{line}$".encode(), self.events, re.M))

    def ask(self):
        self.process.send_signal(signal.SIGUSR1)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self):
        """Ends the proxy, which must exit cleanly. The second signal must differ from the first."""
        while self.process.poll() is None:
            self.terminate()
            time.sleep(0.1)
        self.end()

    def end(self):
        if self.process.stdout.closed:
            return
        status = self.process.wait(PATIENCE)
        self.collector.join(PATIENCE)
        self.process.stdout.close()
        self.process.stderr.close()
        atexit.unregister(self.process.kill)
        if re.search(rb"Sanitizer|runtime error:", self.events) or status != 0:
            raise AssertionError(f"exit {status}: {self.events.decode(errors='replace')}")


class Asking:
    """Asks all clients to leave repeatedly, at random moments. If the growth is above 1, the moments become rarer, so
    that a client on a slow machine completes its work eventually."""

    def __init__(self, proxy, seed, shortest=0.0, longest=0.05, growth=1.0):
        self.proxy, self.random = proxy, random.Random(seed)
        self.shortest, self.longest, self.growth = shortest, longest, growth
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.over.wait(self.random.uniform(self.shortest, self.longest)):
            self.proxy.ask()
            self.longest *= self.growth

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
