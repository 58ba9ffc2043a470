# SPDX-License-Identifier: BSD-2-Clause
"""Restarts a fleet under load, and counts the harm that its clients notice. The fleet is five proxies behind HAProxy,
and one Dovecot behind the proxies. Up to 1,000 clients log in again when they have to leave. restart.sh restarts the
proxies.

usage: fleet.py RUN...
    leastconn    uses examples/fleet/haproxy.cfg unchanged; fails if clients are harmed or moved too often
    roundrobin   each login goes to the next proxy
    spare        leastconn with a sixth proxy that is empty at first; fails like leastconn
    stock        HAProxy in front of five Dovecots, which are stopped and started, without proxies
    killed       leastconn, and the proxies are killed; fails if the clients notice no harm

The speed of the machine determines the load. Clients leave at a sixth of the rate at which they can log in to Dovecot
alone, and at most at 50 per second. The number of clients is limited so that all can log in within LOGIN_SECONDS and
leave within ROLLOUT_SECONDS. The limit of logins depends on the longest NOOP of the same run. BESIDE more clients send
NOOP to Dovecot directly. Their times, which are in parentheses, include the work of Dovecot, of this process and of the
rest of the machine, but not the work of HAProxy and the proxies."""

import asyncio
import bisect
import collections
import grp
import os
import random
import re
import shutil
import signal
import statistics
import sys
import time
from pathlib import Path

FLEET = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(FLEET.parent / "proxy/tests"))
from clients import ABSENT, KINDS, SIZES, Client, message  # pylint: disable=C0413
from servers import BUILD, DOVECOT, Scratch, account, free_port  # pylint: disable=C0413,E0401

PROXIES = 5
CLIENTS = 1000
TRIAL_SECONDS = 5
LOGIN_SECONDS = 30
ROLLOUT_SECONDS = 45  # for one login of each client
BEFORE_SECONDS = 15
PATIENCE = 120
BESIDE = 50
LAME_DUCK_MS = 3000
# Twice an even share of the clients, lame duck, answer timeout, leave timeout, linger, and a margin of 2 s.
DEADLINE_MS = 2000 * ROLLOUT_SECONDS // PROXIES + LAME_DUCK_MS + 32001 + 5000 + 5000 + 2000

MORE_OF_DOVECOT = """
default_client_limit = 5000
service imap {{
  client_limit = 25
  service_count = 0
  process_limit = 400
}}
"""


class Server:
    """A process that accepts connections at a port, and can be restarted."""

    def __init__(self, port, log, owner, *command):
        self.port, self.log, self.owner, self.command = port, log, owner, command
        self.process, self.options = None, ""

    async def start(self):
        with open(self.log, "ab") as log:
            self.process = await asyncio.create_subprocess_exec(*self.command, stdin=asyncio.subprocess.DEVNULL, stdout=log,
                                                                stderr=log, start_new_session=True, **self.owner)
        begun = time.monotonic()
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            except OSError:
                assert self.process.returncode is None and time.monotonic() < begun + PATIENCE, Path(self.log).read_text()
                await asyncio.sleep(0.05)

    async def stop(self, number=signal.SIGTERM):
        """Stops the server like systemd: the remaining processes get the signal after the main process has ended."""
        self.process.send_signal(number)
        await self.process.wait()
        self.signal_group(number)

    def signal_group(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    async def end(self):
        if self.process:
            self.signal_group(signal.SIGKILL)
            await self.process.wait()


class Run:
    """A fleet from its start to its end."""

    def __init__(self, mode):
        self.mode = mode
        self.over = asyncio.Event()
        self.counts, self.logins, self.latencies, self.latencies_beside = collections.Counter(), [], [], []
        self.fullest = self.rate = 0
        self.mail, self.front = Scratch("fleet-mail", account("dovecot")[1]), Scratch("fleet-front", account("nobody")[1])
        self.port, self.stats = free_port(), self.front.path / "stats"
        self.servers, self.others = {}, []  # the servers to restart, by name, and all other servers
        self.supervision = None
        self.clients, self.beside, self.messages = [], [], {kind: message(kind, size) for kind, size in SIZES.items()}

    def say(self, what):
        print(f"{time.strftime('%T')} {self.mode} {what}", file=sys.stderr, flush=True)

    # ---- the servers ----

    def dovecot(self, name):
        user, owner = account("dovecot")
        root, port = self.mail.path / name, free_port()
        for folder in ("state", "run"):
            (root / folder).mkdir(parents=True)
        template = DOVECOT.replace("{root}/mail", str(self.mail.path / "mail")) + MORE_OF_DOVECOT
        (root / "dovecot.conf").write_text(template.format(
            root=root, user=user, port=port, haproxy="no", password="nopassword=y",
            group=grp.getgrgid(owner.get("group", os.getgid())).gr_name))
        self.mail.give_away()
        return Server(port, root / "stderr", owner, "/usr/sbin/dovecot", "-F", "-c", root / "dovecot.conf")

    def proxy(self, name, dovecot):
        port, agent = free_port(), free_port()
        proxy = Server(port, self.front.path / f"{name}.log", account("nobody")[1], self.front.path / "slogout-proxy",
                       f"--listen=127.0.0.1:{port}", f"--server=127.0.0.1:{dovecot.port}", "--accept-proxy", "--spread=0",
                       f"--rate={self.rate}", "--answer-timeout=32001", f"--deadline={DEADLINE_MS}",
                       f"--agent=127.0.0.1:{agent}", f"--lame-duck={LAME_DUCK_MS}")
        proxy.options = f"port {port} agent-port {agent}"
        return proxy

    def haproxy(self):
        """Writes the example configuration with other addresses."""
        text = (FLEET / "haproxy.cfg").read_text()
        text = re.sub(r"^    server .*\n", "", text, flags=re.M)
        text = text.replace("maxconn 30000", "maxconn 4000").replace("bind :143", f"bind 127.0.0.1:{self.port}")
        text = re.sub(r"(?<=stats socket )\S+", str(self.stats), text)
        if self.mode == "roundrobin":
            text = text.replace("balance leastconn", "balance roundrobin")
        if self.mode == "stock":
            text = re.sub(r" port 1143| send-proxy-v2| agent-\S+( \d+s?)?", "", text)
        for name, server in self.servers.items():
            text += f"    server {name} 127.0.0.1:{server.port} {server.options}\n"
        path = self.front.path / "haproxy.cfg"
        path.write_text(text)
        return Server(self.port, self.front.path / "haproxy.log", account("nobody")[1], "haproxy", "-db", "-f", path)

    async def start_fleet(self):
        shutil.copy(BUILD / "slogout-proxy", self.front.path)
        names = [f"mail{number}" for number in range(1, PROXIES + 1 + (self.mode == "spare"))]
        dovecot = self.dovecot("dovecot")
        self.others.append(dovecot)
        await dovecot.start()
        self.rate = min(50, max(5, int(await self.trial(dovecot.port) / 6)))
        for name in names:
            self.servers[name] = self.dovecot(name) if self.mode == "stock" else self.proxy(name, dovecot)
        self.front.give_away()
        for name in names[:PROXIES]:
            await self.servers[name].start()
        haproxy = self.haproxy()
        self.others.append(haproxy)
        await haproxy.start()
        await self.wait_for_servers(PROXIES)

    async def trial(self, port):
        """Returns the number of clients that can log in per second."""
        end, count = time.monotonic() + TRIAL_SECONDS, 0

        async def log_in(number):
            nonlocal count
            while time.monotonic() < end:
                client = Client(self, number, "idle")
                client.port = port
                await client.log_in()
                client.connection.writer.close()
                number, count = number + 8, count + 1
        await asyncio.gather(*map(log_in, range(8)))
        return count / TRIAL_SECONDS

    async def read_stats(self):
        """Returns the status and the number of connections of each server."""
        reader, writer = await asyncio.open_unix_connection(str(self.stats))
        writer.write(b"show stat\n")
        names, *rows = [line.split(",") for line in (await reader.read()).decode().lstrip("# ").splitlines() if line]
        writer.close()
        places = [names.index(name) for name in ("svname", "status", "scur")]
        return {row[places[0]]: (row[places[1]], int(row[places[2]])) for row in rows if row[places[0]] in self.servers}

    async def wait_for_servers(self, count):
        """Waits for HAProxy's stats socket, which HAProxy creates after it has begun to listen at its port."""
        begun = time.monotonic()
        while not self.stats.exists() or sum(status == "UP" for status, _ in (await self.read_stats()).values()) < count:
            assert time.monotonic() < begun + PATIENCE, "not all servers are up"
            await asyncio.sleep(0.2)

    # ---- the clients ----

    def make_clients(self):
        """Creates the clients in random order, but the absent clients first, so that they always exist."""
        kinds = [kind for kind, count in KINDS.items() if kind not in ABSENT for _ in range(count)]
        random.Random(1).shuffle(kinds)
        kinds = [kind for kind in ABSENT for _ in range(KINDS[kind])] + kinds
        most = min(CLIENTS, ROLLOUT_SECONDS * self.rate)
        self.clients = [Client(self, number, kind) for number, kind in enumerate(kinds[:most])]
        for kind, octets in self.messages.items():
            folder = self.mail.path / "mail" / kind / "Maildir/new"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "1.1.fleet").write_bytes(octets)
        self.mail.give_away()

    async def log_all_in(self):
        end, waiting = time.monotonic() + LOGIN_SECONDS, iter(self.clients)

        async def log_in():
            for client in waiting:
                await client.log_in()
                client.task = asyncio.create_task(client.live())
                if time.monotonic() > end:
                    return
        await asyncio.gather(*(log_in() for _ in range(8)))
        self.clients = [client for client in self.clients if client.is_in]

    async def log_in_beside(self):
        for number in range(BESIDE):
            client = Client(self, number, "noop")
            client.port, client.latencies = self.others[0].port, self.latencies_beside
            await client.log_in()
            client.task = asyncio.create_task(client.live())
            self.beside.append(client)

    def present(self):
        return [client for client in self.clients if client.kind not in ABSENT]

    async def wait_for_clients(self):
        begun = time.monotonic()
        while not all(client.is_in for client in self.present()):
            assert time.monotonic() < begun + PATIENCE, "clients do not log in again"
            await asyncio.sleep(0.2)

    # ---- the rollout ----

    async def restart(self, reader, writer):
        """Restarts a server for restart.sh, as a supervisor would."""
        self.supervision = asyncio.current_task()
        name = (await reader.readline()).decode().strip()
        self.say(f"restarts {name}")
        server = self.servers[name]
        await server.stop(signal.SIGKILL if self.mode == "killed" else signal.SIGTERM)
        await server.start()
        writer.write(b"done\n")
        writer.close()

    async def sample(self):
        while True:
            self.fullest = max(self.fullest, *(count for _, count in (await self.read_stats()).values()))
            await asyncio.sleep(0.25)

    async def roll(self):
        control, command = self.front.path / "control", self.front.path / "restart"
        command.write_text(f"#!/bin/sh\necho $1 | socat -t {100 * PATIENCE} - UNIX-CONNECT:{control} | grep -q done\n")
        command.chmod(0o755)
        supervisor = await asyncio.start_unix_server(self.restart, control)
        sampler = asyncio.create_task(self.sample())
        script = await asyncio.create_subprocess_exec(
            "sh", FLEET / "restart.sh", self.stats, "proxies", *list(self.servers)[:PROXIES],
            env={**os.environ, "RESTART": str(command)}, stdout=asyncio.subprocess.DEVNULL)
        assert await script.wait() == 0
        await self.wait_for_clients()
        sampler.cancel()
        supervisor.close()

    async def go(self):
        try:
            self.say("starts")
            await self.start_fleet()
            self.make_clients()
            self.say(f"clients log in, and may leave at a rate of {self.rate}")
            await self.log_all_in()
            await self.log_in_beside()
            self.say(f"has {len(self.clients)} clients")
            await asyncio.sleep(BEFORE_SECONDS)
            if self.mode == "spare":
                await self.servers[f"mail{PROXIES + 1}"].start()
                await self.wait_for_servers(PROXIES + 1)
            self.begun = time.monotonic()
            await self.roll()
            self.ended = time.monotonic()
            self.say("is over")
            self.over.set()
            await asyncio.wait([client.task for client in self.clients if client.kind == "append"], timeout=PATIENCE)
            for client in [*self.clients, *self.beside]:
                if client.task.done():
                    client.task.result()
                client.task.cancel()
            self.count_messages()
            return self
        finally:
            if self.supervision:
                self.supervision.cancel()
            for server in [*self.servers.values(), *self.others]:
                await server.end()
            self.mail.remove()
            self.front.remove()

    def count_messages(self):
        """Checks that each message that a client has sent, and believes to be stored, is stored exactly once."""
        for client in filter(lambda client: client.kind == "append", self.clients):
            folder = self.mail.path / "mail" / client.name / "Maildir"
            stored = collections.Counter(re.match(rb"Message-ID: <(.*)>", path.read_bytes())[1].decode()
                                         for part in ("new", "cur") for path in (folder / part).glob("*"))
            expected = {f"{client.name}.{number}@fleet" for number in range(client.appended)}
            self.counts["messages"] += len(expected)
            self.counts["lost"] += len(expected - stored.keys())
            self.counts["doubled"] += sum(count > 1 for count in stored.values())

    # ---- the figures ----

    def mean(self):
        return statistics.mean(client.moves for client in self.present())

    def closed_forms(self):
        """Returns the mean moves of a client, and the load of the fullest server in shares."""
        n = PROXIES
        return {"roundrobin": ((n - 1) / n * ((n / (n - 1)) ** n - 1), (n / (n - 1)) ** (n - 1)),
                "spare": (1.0, 1.0)}.get(self.mode, (1 + 1 / n, n / (n - 1)))

    def shares(self):
        return self.fullest / (len(self.clients) / PROXIES)

    def peak(self):
        """Returns the most logins in 5 s."""
        return max(bisect.bisect_right(self.logins, begun + 5) - place for place, begun in enumerate(self.logins))

    @staticmethod
    def noop_ms(latencies, part, begun, ended):
        return 1000 * quantile([length for at, length in latencies if begun <= at < ended], part)

    def noops(self, latencies):
        """Returns p50 and p99 of the NOOPs before and during the rollout, in ms, and the ratio of the two p99."""
        periods = (self.begun - BEFORE_SECONDS, self.begun), (self.begun, self.ended)
        rows = [[self.noop_ms(latencies, part, *period) for part in (0.5, 0.99)] for period in periods]
        return [", ".join(f"{figure:.1f}" for figure in row) for row in rows] + [f"{rows[1][1] / rows[0][1]:.2f}"]

    def bound(self):
        """Returns the limit of the logins in 5 s. It is 5 % above the rate, whose precision is one client. A slow
        reader leaves in the slot of another client. If the machine delays logins for some time, they arrive together
        after this time."""
        longest = self.noop_ms(self.latencies, 1, self.begun, self.ended) / 1000
        return 1.05 * self.rate * (5 + longest) + 1 + KINDS["slow"]

    def rows(self):
        moves = collections.Counter(min(client.moves, 4) for client in self.present())
        mean, fullest = self.closed_forms()
        noops = [f"{here} ({beside})" for here, beside in zip(*map(self.noops, (self.latencies, self.latencies_beside)))]
        counts = self.counts
        return {
            "clients; logins per second that the plan allows": f"{len(self.clients)}; {self.rate}",
            "mean moves of a client (closed form)": f"{self.mean():.3f} ({mean:.3f})",
            "clients moved 0 / 1 / 2 / 3 / 4 or more times": " / ".join(str(moves[times]) for times in range(5)),
            "fullest server, in shares (closed form)": f"{self.shares():.2f} ({fullest:.2f})",
            "logins per second, peak of 5 s (limit)": f"{self.peak() / 5:.1f} ({self.bound() / 5:.1f})",
            "connections that ended without a line": f"{counts['untold']}",
            "literals cut, uploads cut": f"{counts['literals cut']}, {counts['uploads cut']}",
            "logins turned away": f"{counts['turned away']}",
            "messages lost, stored twice, of": f"{counts['lost']}, {counts['doubled']}, {counts['messages']}",
            "NOOP before: p50, p99 in ms (at Dovecot itself)": noops[0],
            "NOOP during: p50, p99 in ms (at Dovecot itself)": noops[1],
            "NOOP p99, during to before (at Dovecot itself)": noops[2],
            "length of the rollout (s)": f"{self.ended - self.begun:.0f}",
        }

    def faults(self):
        """Checks the conditions that must hold on a machine of any speed."""
        harm = [name for name in ("untold", "literals cut", "uploads cut", "lost", "doubled") if self.counts[name]]
        if self.mode == "killed":
            return [] if harm else ["no harm was noticed"]
        if self.mode not in ("leastconn", "spare"):
            return []
        mean, fullest = self.closed_forms()
        often = sum(client.moves > 2 for client in self.present())
        checks = {"the mean of moves": self.mean() <= 1.01 * mean,
                  "moved more than twice": often <= len(self.clients) / 50,
                  "the fullest server": self.shares() <= 1.15 * fullest,
                  "logins in 5 s": self.peak() <= self.bound()}
        return harm + [name for name, holds in checks.items() if not holds]


def quantile(lengths, part):
    return sorted(lengths)[min(int(part * len(lengths)), len(lengths) - 1)]


def main(modes):
    rows, faults = collections.defaultdict(list), []
    for mode in modes:
        run = asyncio.run(Run(mode).go())
        for name, figure in run.rows().items():
            rows[name].append(figure)
        faults += [f"{mode}: {fault}" for fault in run.faults()]
    for name, figures in {"": modes, **rows}.items():
        print(f"{name:48}" + "".join(f"{figure:28}" for figure in figures).rstrip())
    sys.exit(f"fleet: these conditions do not hold: {', '.join(faults)}" if faults else 0)


main(sys.argv[1:])
