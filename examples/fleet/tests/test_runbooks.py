# SPDX-License-Identifier: BSD-2-Clause
"""Tests the runbooks of a fleet: programs that know their syntax read them, and slogout_plan_check() must accept their
times. Also checks the numbers of slogout-fleet(7)."""

import json
import math
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

FLEET = Path(__file__).resolve().parents[1]
ROOT = FLEET.parents[1]
BUILD = Path(os.environ.get("SLOGOUT_BUILD", ROOT / "build"))
LINGER_MS = 5000  # of the proxy
PORTS = 28232  # ephemeral ports of one address


def run(*command, **more):
    result = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    assert result.returncode == 0, (command, result.stdout + result.stderr)
    return result.stdout


def shortest_ms(sessions, rate, lame_duck):
    """Returns the shortest deadline that a proxy can keep."""
    return lame_duck + int(run(BUILD / "tests/fleet/plan", str(math.floor(sessions)), str(rate))) + LINGER_MS


def option(text, name):
    return int(re.search(rf"--{name}[= ](\d+)", text)[1])


def table(servers, sessions, per_server, lame_duck=5000, restart_s=10):
    """Returns the worked example of the page: any server, the server with the fewest sessions, and the same with a
    spare server."""
    grown = servers / (servers - 1)
    columns = []
    any_server = ((servers - 1) / servers * (grown ** servers - 1), grown ** (servers - 1), per_server * (servers - 1))
    for mean, fullest, rate in (any_server, (1 + 1 / servers, grown, per_server), (1, 1, per_server)):
        most = math.floor(fullest * sessions)
        deadline = math.ceil(shortest_ms(most, rate, lame_duck) / 1000)
        others = lame_duck / 1000 + LINGER_MS / 1000 + restart_s
        columns.append((f"{mean:.2f}", f"{most:,}", f"{2 * most + 36:,}", f"{math.ceil(most / PORTS)}", f"{rate}", f"{most / rate:.0f} s", f"{deadline} s",
                        f"{(mean * servers * sessions / rate + servers * others) / 60:.0f} min",
                        f"{servers * (deadline + restart_s) / 60:.0f} min"))
    return list(zip(*columns))


class Runbooks(unittest.TestCase):
    def keeps(self, text, sessions):
        """Checks that the deadline in a command line is long enough."""
        needed = shortest_ms(sessions, option(text, "rate"), option(text, "lame-duck"))
        self.assertGreater(option(text, "deadline"), needed)
        return option(text, "deadline") / 1000

    def test_haproxy_accepts_its_configuration(self):
        run("haproxy", "-c", "-f", FLEET / "haproxy.cfg")
        text = (FLEET / "haproxy.cfg").read_text()
        inter = int(re.search(r"agent-inter (\d+)s", text)[1])
        self.assertGreater(option((FLEET / "fleet.conf").read_text(), "lame-duck"), 2000 * inter)

    def test_restart_sh_is_a_valid_script(self):
        run("sh", "-n", FLEET / "restart.sh")
        self.assertLessEqual((FLEET / "restart.sh").read_text().count("\n"), 30)

    def test_the_times_of_systemd_are_consistent(self):
        folder = Path(tempfile.mkdtemp(prefix="slogout-runbooks-"))
        self.addCleanup(shutil.rmtree, folder)
        drop_in = folder / "slogout-proxy.service.d/fleet.conf"
        drop_in.parent.mkdir()
        for source, target in ((ROOT / "examples/proxy/deploy/slogout-proxy.service", folder / "slogout-proxy.service"),
                               (FLEET / "fleet.conf", drop_in)):
            target.write_text(source.read_text().replace("/usr/local/sbin/slogout-proxy", str(BUILD / "slogout-proxy")))
        run("systemd-analyze", "verify", "--man=no", folder / "slogout-proxy.service")
        text = (FLEET / "fleet.conf").read_text()
        deadline = self.keeps(text, 5000 * 5 / 4)
        stop = int(re.search(r"^TimeoutStopSec=(\d+)$", text, re.M)[1])
        self.assertGreater(stop, deadline)
        self.assertGreater(int(re.search(r"async: (\d+)", (FLEET / "restart.yaml").read_text())[1]), stop)

    def test_ansible_accepts_the_playbook(self):
        run("ansible-playbook", "--syntax-check", "-i", "mail1,balancer,", FLEET / "restart.yaml",
            env={**os.environ, "LC_ALL": "C.UTF-8"})

    def test_the_times_of_kubernetes_are_consistent(self):
        """Logins go to any pod, and one pod is spare."""
        script = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(sys.stdin))))"
        text = (FLEET / "kubernetes.yaml").read_text()
        kinds = {document["kind"]: document for document in json.loads(run("/usr/bin/python3", "-c", script, input=text))}
        spec = kinds["Deployment"]["spec"]
        labels, pod = spec["template"]["metadata"]["labels"], spec["template"]["spec"]
        for selector in (spec["selector"]["matchLabels"], kinds["Service"]["spec"]["selector"],
                         kinds["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]):
            self.assertEqual(selector, labels)
        ports = [port["name"] for port in pod["containers"][0]["ports"]]
        self.assertIn(kinds["Service"]["spec"]["ports"][0]["targetPort"], ports)
        self.assertEqual(spec["strategy"]["rollingUpdate"], {"maxSurge": 1, "maxUnavailable": 0})
        replicas = spec["replicas"]
        deadline = self.keeps(" ".join(pod["containers"][0]["command"]), 5000 * (1 + 1 / replicas) ** (replicas - 1))
        self.assertGreaterEqual(spec["minReadySeconds"], deadline)
        self.assertGreater(pod["terminationGracePeriodSeconds"], deadline)
        self.assertGreater(spec["progressDeadlineSeconds"], spec["minReadySeconds"])


class Page(unittest.TestCase):
    def test_the_numbers_of_the_worked_example_are_right(self):
        page = (ROOT / "man/slogout-fleet.7").read_text()
        block = re.search(r"^\.Bd -literal.*?\n(.*?)^\.Ed", page, re.M | re.S)[1].splitlines()[1:]
        self.assertEqual([tuple(re.split(r" {2,}", line)[1:]) for line in block], table(10, 20000, 100))


if __name__ == "__main__":
    unittest.main()
