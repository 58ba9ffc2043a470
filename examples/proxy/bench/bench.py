# SPDX-License-Identifier: BSD-2-Clause
"""The proxy beside what an operator has: HAProxy (mode tcp) and nginx (stream), one thread each, in front of the same server in
the same run. usage: bench.py LOAD PROXY. CPU is that of the process between the two ends; what is direct has none."""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from servers import free_port, wait_until  # noqa: E402  (is with the tests)

LOAD, PROXY = sys.argv[1:3]
ACTIVE = (1, 100, 1000)
ROUND_MS = (100, 500, 500, 500, 500)  # the first to connect and to warm up; the best of the others counts
BULKS = 3
IDLE = min(9000, (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 400) // 2 - max(ACTIVE))

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
    """A process between the ends, fresh for each measurement."""

    def __init__(self, name, server, folder):
        self.name = name
        self.port = free_port()
        self.process = None
        values = {"port": self.port, "server": server, "folder": folder, "connections": IDLE + max(ACTIVE) + 20,
                  "descriptors": resource.getrlimit(resource.RLIMIT_NOFILE)[1]}
        file = folder / f"{name}.conf"
        if name == "direct":
            self.port = server
            return
        if name == "slogout":
            command = [PROXY, "--listen", f"127.0.0.1:{self.port}", "--server", f"127.0.0.1:{server}"]
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
        """Seconds."""
        if not self.process:
            return 0.0
        return int(Path(f"/proc/{self.process.pid}/schedstat").read_text().split()[0]) / 1e9

    def memory(self):
        if not self.process:
            return 0
        line = next(line for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines() if
                    line.startswith("VmRSS"))
        return int(line.split()[1]) * 1024

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.log.close()


def bulk(peer):
    """The best of some: MB/s, ns of CPU for each KB."""
    tries = []
    for _ in range(BULKS):
        before = peer.cpu()
        seconds = float(subprocess.run([LOAD, "bulk", str(peer.port)], capture_output=True, text=True, check=True).stdout)
        tries.append((1024 / seconds, (peer.cpu() - before) * 1e9 / 2**20))
    return max(rate for rate, _ in tries), min(cpu for _, cpu in tries)


def rounds(peer, idle):
    """For each number of active clients: round trips a second, microseconds of CPU for each; and octets of memory for
    each idle connection."""
    empty = peer.memory()
    load = subprocess.Popen([LOAD, "rounds", str(peer.port), str(idle)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            text=True)
    assert load.stdout.readline() == "ready\n"
    memory = (peer.memory() - empty) / idle if idle else 0
    results = []
    for active in ACTIVE:
        tries = []
        for length in ROUND_MS:
            before = peer.cpu()
            load.stdin.write(f"{active} {length}\n")
            load.stdin.flush()
            count, seconds = load.stdout.readline().split()
            tries.append((int(count) / float(seconds), (peer.cpu() - before) * 1e6 / int(count)))
        results.append((max(rate for rate, _ in tries[1:]), min(cpu for _, cpu in tries[1:])))
    load.stdin.close()
    load.wait()
    load.stdout.close()
    return results, memory


def main():
    folder = Path(tempfile.mkdtemp(prefix="slogout-bench-"))
    server = subprocess.Popen([LOAD, "server"], stdout=subprocess.PIPE, text=True)
    port = int(server.stdout.readline())
    try:
        names = ("direct", "slogout", "haproxy", "nginx")
        print(f"{'1 GB literal':<28}{'MB/s':>10}{'CPU ns/KB':>12}")
        for name in names:
            peer = Peer(name, port, folder)
            print(f"  {name:<26}{'%10.0f%12.0f' % bulk(peer)}", flush=True)
            peer.close()
        print(f"{'round trips':<28}" + "".join(f"{f'{active} active':>24}" for active in ACTIVE) + f"{'memory':>12}")
        print(f"{'':<28}" + f"{'1/s':>12}{'CPU us':>12}" * len(ACTIVE) + f"{'B/idle':>12}")
        for idle in (0, IDLE):
            for name in names:
                peer = Peer(name, port, folder)
                results, memory = rounds(peer, idle)
                print(f"  {name + f', {idle} idle':<26}" + "".join("%12.0f%12.1f" % result for result in results) +
                      f"{memory:12.0f}", flush=True)
                peer.close()
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
        subprocess.run(["rm", "-r", folder], check=True)


if __name__ == "__main__":
    main()
