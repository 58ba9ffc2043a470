# SPDX-License-Identifier: BSD-2-Clause
"""Runs many clients in one process to test a drain. The clients log in, enter IDLE, and all answer LOGOUT in the same
way.

    drain_clients.py HOST PORT COUNT ok|no|none     prints `ready`, then a JSON object when all connections are closed

"""

import json
import re
import resource
import selectors
import socket
import struct
import sys
import time

BATCH = 100  # at most the backlog of the server
PATIENCE = 300  # seconds without any event; all clients wait for the slowest process, and for the answer timer
SO_TIMESTAMPNS = 35  # for Linux; Python does not define it
TIMESPEC = struct.Struct("@qq")
REPLIES = {"ok": b"* BYE leaving\r\n%s OK LOGOUT completed\r\n", "no": b"%s NO not now\r\n", "none": None}


def arrival(notes):
    """Returns the time at which the octets arrived. On one machine, this is the time at which they were sent, even if
    this process reads them late."""
    for _, kind, note in notes:
        if kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = TIMESPEC.unpack(note)
            return seconds + nanoseconds / 1e9
    return time.time()


class Clients:
    def __init__(self, address, reply):
        self.address = address
        self.reply = reply
        self.selector = selectors.DefaultSelector()
        self.idle = 0
        self.told = []  # times of LOGOUT, in seconds of time.time()
        self.ends = {"eof": 0, "reset": 0, "bye": 0}

    def connect(self, number):
        connection = socket.create_connection(self.address, timeout=PATIENCE)
        if sys.platform == "linux":
            connection.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        connection.sendall(b"a LOGIN user%d secret\r\nb ENABLE X-SERVER-LOGOUT\r\nc IDLE\r\n" % number)
        self.selector.register(connection, selectors.EVENT_READ, bytearray())

    def turn(self):
        ready = self.selector.select(PATIENCE)
        if not ready:
            raise TimeoutError(f"{len(self.selector.get_map())} connections are left")
        for key, _ in ready:
            self.read(key.fileobj, key.data)

    def read(self, connection, received):
        try:
            data, notes, _, _ = connection.recvmsg(1 << 16, socket.CMSG_SPACE(TIMESPEC.size))
        except ConnectionResetError:
            self.end(connection, "reset")
            return
        if not data:
            self.end(connection, "eof")
            return
        received += data
        if re.search(rb"\r\n\+ [^\r\n]*\r\n\Z", received):
            self.idle += 1
            received.clear()
        elif logout := re.search(rb"(\S+) LOGOUT\r\n", received):
            self.told.append(arrival(notes))
            if self.reply:
                connection.sendall(self.reply % logout[1])
            received.clear()
        elif b"* BYE " in received:
            self.ends["bye"] += 1
            received.clear()

    def end(self, connection, how):
        self.ends[how] += 1
        self.selector.unregister(connection)
        connection.close()


def main(host, port, count, answer):
    count = int(count)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    clients = Clients((host, int(port)), REPLIES[answer])
    for connected in range(1, count + 1):
        clients.connect(connected)
        while connected % BATCH == 0 and clients.idle < connected:
            clients.turn()
    while clients.idle < count:
        clients.turn()
    print("ready", flush=True)
    while clients.selector.get_map():
        clients.turn()
    json.dump({"told": clients.told, **clients.ends}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
