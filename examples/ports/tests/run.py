# SPDX-License-Identifier: BSD-2-Clause
"""What a stop does to the clients of a server, with the library and without:
    run.py [SERVER...]
Each case is a function that returns what its client saw. The table has one row for each case. What the linked server
does must be what the case expects; what the stock server does is printed beside it. The cases run side by side,
because they mostly wait. PORTS_VALGRIND=1 runs the linked Courier or Cyrus under valgrind; CASE=TLS runs the cases with
this in their name. Needs root, for a mount namespace, but the servers do not run as root."""

import base64
import collections
import concurrent.futures
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = HERE, os.path.dirname(HERE)

from client import CAPABILITY, REQUEST, Client  # noqa: E402
from edit import fitting  # noqa: E402
from servers import BUILD, LIMIT, SERVERS, Authenticator, wait_until  # noqa: E402

WORKERS = int(os.environ.get("PORTS_WORKERS", 12))
BIG = b"Subject: big\r\n\r\n" + b"".join(b"%07d ends like a response\r\nx OK FETCH completed\r\n" % i
                                         for i in range(110000))
SMALL = b"Subject: small\r\n\r\nSLO.1 OK\r\n"
CASES = {}
# valgrind drops a signal that is pending at execve(), which the kernel keeps.
NOT_UNDER_VALGRIND = "in AUTHENTICATE", "around LOGIN"


def case(name, expected, tls=False, deadline=3600, spread=0, needs="name"):
    """The deadline and the spread are in seconds. With a long deadline no case depends on the speed of the machine.
    Only servers that have the attribute `needs` run the case."""
    def add(function):
        CASES[name] = (function, expected, tls,
                       {"SLOGOUT_DEADLINE": str(deadline), "SLOGOUT_SPREAD": str(spread)}, needs)
        return function
    return add


def ask(client):
    """SIGTERM to the process of the client."""
    os.kill(client.process(), signal.SIGTERM)


def append(client, message, tag="c"):
    client.send("%s APPEND INBOX {%d}\r\n" % (tag, len(message)))
    client.until(rb"\+")
    client.send(message + b"\r\n")
    client.until(rb"%s (OK|NO|BAD)" % tag.encode())


def stored(server):
    """How many messages a second client finds."""
    client = Client(server, select=False)
    found = re.search(rb"\* (\d+) EXISTS", client.command("SELECT INBOX"))
    client.send("c LOGOUT\r\n")
    return {0: "lost", 1: "stored"}.get(int(found[1]), "stored %s times" % found[1].decode())


def asked(client):
    """Waits for the request, or for what comes in its place. Returns the tag, or None."""
    line = client.until(rb"SLO\.\d+ LOGOUT|\* BYE")[-1]
    request = REQUEST.match(line)
    return request[1].decode() if request else None


# ---- at rest and in IDLE ----

@case("advertised after login, enabled", "yes, ENABLED")
def capability(server):
    client = Client(server, enable=False)
    listed = CAPABILITY.encode() in client.command("CAPABILITY")
    client.command("CLOSE")
    client.send("e ENABLE %s\r\n" % CAPABILITY)
    lines = b"".join(client.until(rb"e (OK|NO|BAD)"))
    return "%s, %s" % ("yes" if listed else "no", "ENABLED" if b"* ENABLED " + CAPABILITY.encode() in lines else "no")


def at_rest(answer="{} OK\r\n", idle=False, **options):
    """Returns a case: a client at rest or in IDLE is asked."""
    def run(server):
        client = Client(server, **options)
        if idle:
            client.send("i IDLE\r\n")
            client.until(rb"\+")
        ask(client)
        return client.leave(answer)
    return run


for over, tls in (("", False), (", TLS", True)):
    case("at rest" + over, "LOGOUT, closed", tls)(at_rest())
    case("in IDLE" + over, "LOGOUT, closed", tls)(at_rest(idle=True))
    case("not enabled" + over, "BYE, closed", tls)(at_rest(enable=False))
case("at rest, COMPRESS", "LOGOUT, closed", needs="compress")(at_rest(compress=True))
case("in IDLE, COMPRESS", "LOGOUT, closed", needs="compress")(at_rest(compress=True, idle=True))
case("in IDLE, not enabled", "BYE, closed")(at_rest(idle=True, enable=False))
case("before login", "BYE, closed")(at_rest(login=False))
case("OK behind * BYE", "LOGOUT, closed")(at_rest("* BYE\r\n{} OK\r\n"))
case("OK behind * BYE, in IDLE", "LOGOUT, closed")(at_rest("* BYE\r\n{} OK\r\n", idle=True))
case("text of OK ends in {3+}", "LOGOUT, closed")(at_rest("{} OK bye {{3+}}\r\n"))
case("OK of 20,000 octets", "LOGOUT, closed")(at_rest("{} OK " + "x" * 20000 + "\r\n"))
case("NO", "LOGOUT, BYE, closed")(at_rest("{} NO\r\n"))
case("BAD", "LOGOUT, BYE, closed")(at_rest("{} BAD\r\n"))
case("no answer", "LOGOUT, BYE, closed")(at_rest(""))
case("LOGOUT crosses", "LOGOUT, BYE, OK, closed")(at_rest("x LOGOUT\r\n"))
case("OK behind a command", "LOGOUT, OK, closed")(at_rest("x NOOP\r\n{} OK\r\n"))


@case("half a command was sent", "LOGOUT, OK, closed")
def half_a_line(server):
    client = Client(server)
    client.send("x NO")
    ask(client)
    return client.leave("OP\r\n{} OK\r\n")


@case("half a TLS record was sent", "LOGOUT, BYE, closed", tls=True)
def half_a_record(server):
    client = Client(server)
    os.write(client.socket.fileno(), b"\x17\x03\x03\x40\x00")  # the head of one of 16,384 octets
    ask(client)
    return client.leave("")


@case("after CREATE", "LOGOUT, closed")
def after_create(server):
    client = Client(server)
    client.command("CREATE INBOX.a" if server.name == "courier" else "CREATE a")
    ask(client)
    return client.leave()


@case("of a process that had another", "LOGOUT, closed", needs="reuses")
def second_client(server):
    """The master may start a process before it learns that one is free."""
    pids = set()
    client = Client(server)
    while client.process() not in pids:
        pids.add(client.process())
        client.command("LOGOUT")
        client.leave()
        client = Client(server)
    ask(client)
    return client.leave()


@case("second signal", "LOGOUT, BYE, closed")
def second_signal(server):
    client = Client(server)
    pid = client.process()
    ask(client)
    if not asked(client):
        return "not asked"
    time.sleep(1.1)  # two signals within a second count as one
    os.kill(pid, signal.SIGTERM)
    begin = time.monotonic()
    seen = "LOGOUT, " + client.leave("")
    return seen if time.monotonic() - begin < 25 else "after the answer timer"


# ---- within commands ----

def fetch(**options):
    """Returns a case: asked while a message of 6 MB is half read."""
    def run(server):
        client = Client(server, buffer=4096, **options)
        append(client, BIG)
        client.command("NOOP")  # or the new message has no number
        client.send("f FETCH 1 BODY[]\r\n")
        announced = re.search(rb"\{(\d+)\}", client.until(rb"\* \d+ FETCH")[-1])
        begin = client.take(100000)
        ask(client)
        time.sleep(1)  # a server that writes into the message does so at once
        client.hurry()
        message = begin + client.take(int(announced[1]) - len(begin))
        if hashlib.sha256(message).digest() != hashlib.sha256(BIG).digest():
            inside = re.search(rb"\* BYE", message)
            return "%s, %s" % ("BYE in the message" if inside else "half the message", client.end or client.leave())
        return "whole, " + client.leave()
    return run


for over, tls in (("", False), (", TLS", True)):
    case("FETCH of 6 MB" + over, "whole, OK, LOGOUT, closed", tls)(fetch())
case("FETCH of 6 MB, COMPRESS", "whole, OK, LOGOUT, closed", needs="compress")(fetch(compress=True))
case("FETCH of 6 MB, not enabled", "whole, OK, BYE, closed")(fetch(enable=False))


def upload(enable=True):
    """Returns a case: asked while half a message has been sent."""
    def run(server):
        client = Client(server, enable=enable)
        client.send("a APPEND INBOX {%d}\r\n" % len(BIG))
        client.until(rb"\+")
        half = len(BIG) // 2
        client.send(BIG[:half])
        ask(client)
        client.socket.settimeout(1)
        try:
            client.receive()
        except TimeoutError:
            pass
        client.socket.settimeout(LIMIT)
        client.send(BIG[half:] + b"\r\n")
        seen = client.leave()
        return "%s, %s" % (stored(server), seen)
    return run


for over, tls in (("", False), (", TLS", True)):
    case("APPEND of 6 MB" + over, "stored, OK, LOGOUT, closed", tls)(upload())
case("APPEND of 6 MB, not enabled", "stored, OK, BYE, closed")(upload(enable=False))


@case("APPEND that stalls", "lost, BYE, closed, 0 files left", deadline=12)
def stalled_upload(server):
    client = Client(server)
    client.send("a APPEND INBOX {%d}\r\n" % len(BIG))
    client.until(rb"\+")
    client.send(BIG[:1000000])
    pid = client.process()
    ask(client)
    seen = client.leave()
    wait_until(lambda: pid not in server.sessions(), "end of the process")
    return "%s, %s, %d files left" % (stored(server), seen, len(server.leftovers()))


@case("SLO.1 OK in a literal", "stored, OK, LOGOUT, closed")
def answer_in_literal(server):
    client = Client(server)
    ask(client)
    tag = asked(client)
    append(client, SMALL, "a") if tag else None
    client.send("%s OK\r\n" % tag)
    seen = client.leave()
    return "%s, %s" % (stored(server), "OK, LOGOUT, " + seen if tag else seen)


@case("floods", "asked, all answered, closed")
def flood(server):
    """A thousand commands are always on their way, so the server always has input."""
    client = Client(server)
    pid = client.process()
    sent = answered = 0
    request = None
    while True:
        while not request and sent < answered + 1000:
            client.send("n NOOP\r\n" * 100)
            sent += 100
        line = client.line()
        if not line:
            break
        answered += line.startswith(b"n OK")
        if answered == 2000:
            os.kill(pid, signal.SIGTERM)
        found = REQUEST.match(line)
        if found:
            request = found
            client.send(found[1] + b" OK\r\n")
    return "%s, %s, %s" % ("asked" if request else "not asked",
                           "all answered" if answered == sent else "not all answered", client.end)


def never_reads(whole):
    """Returns a case: the process of a client that reads nothing ends, or, if the whole server stops, all processes."""
    def run(server):
        client = Client(server, buffer=4096)
        append(client, BIG)
        client.command("NOOP")
        client.send("f FETCH 1 BODY[]\r\n" * 4)
        client.take(10000)
        pid = client.process()
        server.stop() if whole else ask(client)
        end = time.monotonic() + 40
        while server.family() if whole else pid in server.sessions():
            if time.monotonic() > end:
                return "still there after 40 s" if not server.linked else "still there"
            time.sleep(0.1)
        return "gone"
    return run


for over, tls in (("", False), (", TLS", True)):
    case("never reads" + over, "gone", tls, deadline=12)(never_reads(False))
    case("server stops, never reads" + over, "gone", tls, deadline=12)(never_reads(True))


# ---- before the session is authenticated ----

@case("in AUTHENTICATE", "OK, BYE, closed")
def authenticate(server):
    client = Client(server, login=False)
    client.send("a AUTHENTICATE PLAIN\r\n")
    client.until(rb"\+")
    ask(client)
    time.sleep(1)
    client.send(base64.b64encode(("\0%s\0secret" % server.user).encode()) + b"\r\n")
    return client.leave()


@case("in STARTTLS", "handshake, BYE, closed")
def starttls(server):
    client = Client(server, login=False)
    client.command("STARTTLS")
    ask(client)
    time.sleep(1)
    try:
        client.secure()
    except OSError:
        return "no handshake"
    return "handshake, " + client.leave()


@case("around LOGIN", "20 BYE, closed")
def around_login(server):
    seen = collections.Counter()
    for attempt in range(20):
        client = Client(server, login=False)
        pid = client.process()
        client.send("l LOGIN %s secret\r\n" % server.user)
        time.sleep(attempt / 500)
        os.kill(pid, signal.SIGTERM)
        seen[client.leave().replace("OK, ", "")] += 1
    return "; ".join("%d %s" % (count, words) for words, count in seen.items())


# ---- the whole server ----

def whole(count, answer, **options):
    """Returns a case: the whole server stops. How many clients saw what, and over which time."""
    def run(server):
        def leave(client):
            return client.leave(answer), time.monotonic()
        clients = [Client(server, **options) for _ in range(count)]
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            jobs = [pool.submit(leave, client) for client in clients]
            server.stop()
            ends = [job.result() for job in jobs]
        seen = collections.Counter(words for words, _ in ends)
        times = [moment for _, moment in ends]
        return "; ".join("%d %s" % (number, words) for words, number in seen.items()) + (
            ", spread" if max(times) - min(times) >= 2 else "")
    return run


case("server stops", "20 LOGOUT, closed, spread", spread=10)(whole(20, "{} OK\r\n"))
case("server stops, TLS", "20 LOGOUT, closed, spread", tls=True, spread=10)(whole(20, "{} OK\r\n"))
case("server stops, nobody answers", "20 BYE, closed, spread", spread=10, deadline=15)(whole(20, ""))
case("server stops, before login", "20 BYE, closed, spread", spread=10)(whole(20, "", login=False))


@case("server restarts meanwhile", "port free, LOGOUT, closed", spread=5)
def restart(server):
    client = Client(server)
    server.stop()

    def is_free():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", server.port))
                probe.listen()
                return True
            except OSError:
                return False
    end = time.monotonic() + 20
    while not is_free() and time.monotonic() < end:
        time.sleep(0.05)
    return "%s, %s" % ("port free" if is_free() else "port in use", client.leave())


def noticed(enable):
    """Returns a case: the administrator asks the clients of a server that does not stop."""
    def run(server):
        client = Client(server, enable=enable)
        client.send("i IDLE\r\n")
        client.until(rb"\+")
        server.notice("Back at noon")
        return client.leave()
    return run


case("file `shutdown`", "LOGOUT, closed", needs="notice")(noticed(True))
case("file `shutdown`, not enabled", "BYE, closed", needs="notice")(noticed(False))


# ---- the table ----

def run(kind, linked, name):
    function, _, tls, options, _ = CASES[name]
    server = None
    try:
        server = kind(linked, tls, options)
        seen = function(server)
        return "FAILED: " + server.faults() if server.faults() else seen
    except Exception as error:  # one failure does not hide the others
        return "FAILED: %s: %s%s" % (type(error).__name__, error,
                                     "\n" + server.text_of_log()[-2000:] if server and linked else "")
    finally:
        if server:
            server.close()


def in_namespace():
    """Runs this program again where /run is its own."""
    if os.environ.get("SLOGOUT_NAMESPACE"):
        return
    os.environ["SLOGOUT_NAMESPACE"] = "1"
    os.execvp("unshare", ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o mode=755 none /run && exec "$@"', "sh",
                          sys.executable, "-B", *sys.argv])


def make_certificate():
    path = os.path.join(BUILD, "certificate.pem")
    if not os.path.exists(path):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj",
                        "/CN=localhost", "-keyout", path, "-out", path + ".crt"], check=True, capture_output=True)
        with open(path, "ab") as both, open(path + ".crt", "rb") as certificate:
            both.write(certificate.read())


def edit_fails(kind):
    """The edits change nothing if the last place is missing. Returns 1 if this is not so, else 0."""
    table = os.path.join(HERE, "..", kind.name, "edits.py")
    edits = fitting(table, os.path.join(BUILD, kind.name, kind.source))[0]
    with tempfile.TemporaryDirectory() as folder:
        for name in {edit[0] for edit in edits}:
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            shutil.copy(os.path.join(BUILD, kind.name, kind.source, name), path)
        name, function = edits[-1][:2]
        path = os.path.join(folder, name)
        with open(path, encoding="latin-1") as file:
            text = file.read().replace(function or "IDLE", "renamed")
        with open(path, "w", encoding="latin-1") as file:
            file.write(text)
        before = {name: os.stat(os.path.join(folder, name)).st_mtime_ns for name in {edit[0] for edit in edits}}
        done = subprocess.run([sys.executable, "-B", os.path.join(HERE, "..", "edit.py"), table, folder],
                              capture_output=True, text=True)
        after = {name: os.stat(os.path.join(folder, name)).st_mtime_ns for name in before}
    is_right = done.returncode == 1 and name in done.stderr and before == after
    print("%s: the edits of a source without their last place %s" % (kind.name, "fail" if is_right else "DO NOT FAIL"))
    return not is_right


def main():
    in_namespace()
    wanted = [SERVERS[name] for name in sys.argv[1:] or SERVERS]
    kinds = [kind for kind in wanted if os.path.exists(os.path.join(BUILD, kind.name, "linked"))]
    for kind in wanted:
        if kind not in kinds:
            print("%s: not run: no source" % kind.name)
    names = {kind: [name for name in CASES if os.environ.get("CASE", "") in name and hasattr(kind, CASES[name][4]) and
                    not (os.environ.get("PORTS_VALGRIND") and name in NOT_UNDER_VALGRIND)] for kind in kinds}
    if kinds:
        make_certificate()
        Authenticator().start()
    begin, failed = time.monotonic(), sum(edit_fails(kind) for kind in kinds)
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        jobs = {(kind, linked, name): pool.submit(run, kind, linked, name)
                for kind in kinds for name in names[kind] for linked in (True, False)}
        for kind in kinds:
            print("\n%s\n%-32s %-42s %s" % (kind.version(), "what a stop does to a client", "stock", "linked"))
            for name in names[kind]:
                linked, stock = jobs[kind, True, name].result(), jobs[kind, False, name].result()
                wrong = linked != CASES[name][1]
                failed += wrong
                verdict = "   FAILED, expected " + CASES[name][1] if wrong else ""
                print("%-32s %-42s %s%s" % (name, stock, linked, verdict), flush=True)
    print("\nports-check: %d of %d servers run, %.0f s" % (len(kinds), len(SERVERS), time.monotonic() - begin))
    print("%d passed, %d failed" % (len(jobs) // 2 + len(kinds) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
