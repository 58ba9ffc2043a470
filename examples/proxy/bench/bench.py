# SPDX-License-Identifier: BSD-2-Clause
"""Compares the proxy with HAProxy (mode tcp) and nginx (stream), with one thread each. All three run at the same time,
each in front of its own server, and are measured one after the other in each round. Prints the medians of the rounds,
and the medians of the ratios within a round. The CPU time is that of the process between the client and the server.

usage: bench.py LOAD PROXY"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from servers import free_port, wait_until  # noqa: E402  (is with the tests)

LOAD, PROXY = sys.argv[1:3]
ROUNDS = int(os.environ.get("ROUNDS", "11"))
ACTIVE = (1, 100, 1000)
MILLISECONDS = 300
CONNECTIONS = 300
DESCRIPTORS = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
IDLE = min(int(os.environ.get("IDLE", "8000")), (DESCRIPTORS - 400) // 2 - max(ACTIVE))

HAPROXY = """
global
    nbthread 1
    maxconn {connections}
defaults
    mode tcp
    timeout connect 5s
    timeout client 31m
    timeout server 31m
listen imap
    bind 127.0.0.1:{port}
    server first 127.0.0.1:{server}
"""

NGINX = """
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/log;
worker_rlimit_nofile {descriptors};
events {{ worker_connections {descriptors}; }}
stream {{
    server {{
        listen 127.0.0.1:{port};
        proxy_pass 127.0.0.1:{server};
        proxy_timeout 31m;
        tcp_nodelay on;
    }}
}}
"""


class Peer:
    """A process between a client and a server, and these two ends."""

    def __init__(self, name, folder):
        self.name = name
        self.port = free_port()
        self.server = subprocess.Popen([LOAD, "server"], stdout=subprocess.PIPE, text=True)
        server = int(self.server.stdout.readline())
        values = {"port": self.port, "server": server, "folder": folder, "connections": IDLE + max(ACTIVE) + 20,
                  "descriptors": DESCRIPTORS}
        file = folder / f"{name}.conf"
        if name == "slogout":
            command = [PROXY, "--listen", f"127.0.0.1:{self.port}", "--server", f"127.0.0.1:{server}", "--quiet"]
        elif name == "haproxy":
            file.write_text(HAPROXY.format(**values))
            command = ["haproxy", "-db", "-f", file]
        else:
            file.write_text(NGINX.format(**values))
            command = ["nginx", "-p", folder, "-c", file]
        self.log = open(folder / "output", "ab")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        wait_until(self.answers)

    def answers(self):
        return subprocess.run([LOAD, "rounds", str(self.port), "0"], input="1 1\n", text=True, capture_output=True,
                              check=False).returncode == 0

    def cpu(self):
        """Returns the CPU seconds of all threads."""
        return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")) / 1e9

    def memory(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))

    def begin(self, idle):
        """Opens idle connections, and returns the octets of memory for each."""
        empty = self.memory()
        self.load = subprocess.Popen([LOAD, "rounds", str(self.port), str(idle)], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True)
        assert self.load.stdout.readline() == "ready\n"
        return (self.memory() - empty) / max(idle, 1)

    def round(self, active, length):
        """Returns the number of operations per second, and the microseconds of CPU for each."""
        before = self.cpu()
        self.load.stdin.write(f"{active} {length}\n")
        self.load.stdin.flush()
        count, seconds = self.load.stdout.readline().split()
        return int(count) / float(seconds), (self.cpu() - before) * 1e6 / int(count)

    def end(self):
        self.load.stdin.close()
        self.load.wait()
        self.load.stdout.close()

    def bulk(self):
        """Returns MB per second, and the microseconds of CPU for each."""
        before = self.cpu()
        seconds = float(subprocess.run([LOAD, "bulk", str(self.port)], capture_output=True, text=True, check=True).stdout)
        return 256 / seconds, (self.cpu() - before) * 1e6 / 256

    def close(self):
        for process in (self.process, self.server):
            process.kill()
            process.wait()
        self.server.stdout.close()
        self.log.close()


def median(values):
    return statistics.median(values)


def compare(job, peers, measure):
    """Runs one round to warm up, and then the rounds that are measured."""
    rounds = [[measure(peer) for peer in peers] for _ in range(ROUNDS + 1)][1:]
    line = f"{job:<32}"
    for place in range(len(peers)):
        line += "%10.0f %8.1f" % tuple(median(one[place][kind] for one in rounds) for kind in range(2))
    for place in range(1, len(peers)):
        line += "%8.2f %5.2f" % tuple(median(one[0][kind] / one[place][kind] for one in rounds) for kind in range(2))
    print(line, flush=True)


def main():
    folder = Path(tempfile.mkdtemp(prefix="slogout-bench-"))
    peers = []
    try:
        for name in ("slogout", "haproxy", "nginx"):
            peers.append(Peer(name, folder))
        print(f"{ROUNDS} rounds, medians" + " " * 13 + "".join(f"{peer.name + ', CPU us':>19}" for peer in peers) +
              "".join(f"{'to ' + peer.name:>14}" for peer in peers[1:]))
        compare("literal of 256 MB, MB/s", peers, Peer.bulk)
        for idle in (0, IDLE):
            memory = [peer.begin(idle) for peer in peers]
            beside = f" beside {idle} idle" if idle else ""
            for active in ACTIVE:
                compare(f"round trips, {active}{beside}", peers, lambda peer, active=active: peer.round(active, MILLISECONDS))
            compare(f"connections{beside}", peers, lambda peer: peer.round(0, CONNECTIONS))
            if idle:
                print("memory of an idle connection: " + ", ".join(f"{peer.name} {octets:.0f}" for peer, octets in zip(peers, memory)))
            for peer in peers:
                peer.end()
    finally:
        for peer in peers:
            peer.close()
        subprocess.run(["rm", "-r", folder], check=True)


if __name__ == "__main__":
    main()
