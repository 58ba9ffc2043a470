# SPDX-License-Identifier: BSD-2-Clause
"""The effects of a kick, a reload and a stop on a client that idles, fetches, appends or hibernates: the table of
slogout-dovecot(7)."""

import concurrent.futures
import os
import re
import signal
import time
import unittest

from busy import assert_seen
from client import Client, Closed
from server import HIBERNATE, Dovecot, is_24, wait_until

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../man/slogout-dovecot.7")
MESSAGE = b"Subject: large\r\n\r\n" + b"".join(b"%076d\r\n" % number for number in range(75000))
# Seconds after which a slow client continues; after a reload, SIGTERM follows after 6 s and SIGKILL after 12 s.
PAUSE = 8
STAYS = 20  # seconds after which a client counts as not affected


# ---- a client: prepares, and returns its fate after the action ----

def end(client):
    """Answers LOGOUT. Returns the line with which the client was told, or how its connection ended without one."""
    client.socket.settimeout(STAYS)
    try:
        while True:
            line = client.line()
            if line.endswith(" LOGOUT"):
                client.send("* BYE\r\n%s OK\r\n" % line.split()[0])
                client.rest()
                return "LOGOUT"
            if line.startswith("* BYE "):
                return "BYE"
    except TimeoutError:
        return "stays"
    except (Closed, OSError):
        return "cut"


def idles(server):
    with Client(server, "idles") as client:
        client.idle()
        yield
        yield end(client)


def fetches(server):
    server.put_message("fetches", MESSAGE)
    with Client(server, "fetches", receive_buffer=65536) as client:
        client.run("s", "SELECT INBOX")
        client.send("f FETCH 1 BODY[]\r\n")
        size = int(re.search(r"\{(\d+)\}$", client.line())[1])
        client.octets(100000)
        yield
        time.sleep(PAUSE)
        try:
            rest = client.octets(size - 100000)
        except (Closed, OSError):
            rest = b"* BYE"
        yield "cut" if b"* BYE" in rest else "whole, " + end(client)


def appends(server):
    with Client(server, "appends") as client:
        half = len(MESSAGE) // 2
        client.send("a APPEND INBOX {%d}\r\n" % len(MESSAGE))
        client.line()
        client.send(MESSAGE[:half])
        yield
        time.sleep(PAUSE)
        try:
            client.send(MESSAGE[half:] + b"\r\n")
        except OSError:
            pass
        told = end(client)
        folder = os.path.join(server.mailbox_folder("appends"), "new")
        stored = wait_until(lambda: os.path.isdir(folder) and os.listdir(folder), 1)
        yield ("stored, " if stored else "lost, ") + told


def hibernates(server):
    with Client(server, "hibernates") as client:
        client.run("s", "SELECT INBOX")
        client.idle()
        if not wait_until(lambda: not server.left("imap"), 30):
            raise AssertionError("the client does not hibernate")
        yield
        yield end(client)


# ---- the actions ----

def kick(server):
    server.doveadm("kick", "*")


def reload(server):
    server.process.send_signal(signal.SIGHUP)


def stop(server):
    server.process.send_signal(signal.SIGTERM)


def stop_of_container(server):
    os.kill(server.processes("dovecot")[0], signal.SIGTERM)


ACTIONS = kick, reload, stop, stop_of_container
CLIENTS = (idles, fetches, appends), (hibernates,)


def run(plugin, number, kinds):
    action = ACTIONS[number]
    with Dovecot(plugin=plugin, extra=HIBERNATE if hibernates in kinds else "",
                 container=action is stop_of_container) as server:
        clients = [kind(server) for kind in kinds]
        for client in clients:
            next(client)
        action(server)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            return dict(zip(kinds, pool.map(next, clients)))


def table():
    """Returns the cells of the page for this version, by plugin and by name of the client."""
    with open(PAGE) as file:
        text = re.search(r"^\.Sh STOCK.*?^\.Bd -literal\n(.*?)^\.Ed", file.read(), re.M | re.S)[1]
    cells = {}
    for plugin, lines in enumerate(text.split("\n\n")):
        for line in lines.strip().splitlines()[1:]:
            row = [line[11:26], line[26:41], line[41:56], line[56:]]
            cells[bool(plugin), line.split()[0]] = [cell.split("/")[is_24() if "/" in cell else 0].strip()
                                                    for cell in row]
    return cells


class Table(unittest.TestCase):
    def test_the_table_agrees_with_the_clients(self):
        cells = table()
        expected = {(plugin, number, kinds): {kind: cells[plugin, kind.__name__][number] for kind in kinds}
                    for kinds in CLIENTS for plugin in (False, True) for number in range(len(ACTIONS))}
        assert_seen(self, expected, run)


if __name__ == "__main__":
    unittest.main()
