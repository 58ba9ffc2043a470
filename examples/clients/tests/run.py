# SPDX-License-Identifier: BSD-2-Clause
"""Runs client libraries with the files of examples/clients against echo_server, the proxy in front of Dovecot, and the
plugin. A relay in front of the plugin also asks at moments that no server produces on demand. Then it runs the same
libraries without these files.

    run.py [LIBRARY...]

A driver for each language reads the operations of an application, one in each line; see Client."""

import concurrent.futures
import hashlib
import imaplib
import itertools
import os
import re
import shutil
import subprocess
import sys
import threading
import time

from relay import Relay
from servers import BUILD, ECHO_SERVER, PATIENCE, PROXY, Dovecot, Program, mount_settings, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
CLIENTS = os.path.abspath(BUILD + "/clients")
PYTHON = os.environ.get("PYTHON", "python3")
JAVAMAIL = os.environ.get("JAVAMAIL", "/usr/share/java/javax.mail.jar")
DELAY = 0.3  # seconds, instead of 60
DRIVERS = {
    "imaplib": [PYTHON, "-B", HERE + "/driver.py", "imaplib"],
    "imapclient": [PYTHON, "-B", HERE + "/driver.py", "imapclient"],
    "imapflow": ["node", HERE + "/driver.mjs", "imapflow"],
    "javamail": ["java", "-XX:TieredStopAtLevel=1", "-cp", CLIENTS + "/java:" + JAVAMAIL, "Driver", "javamail"],
}
HEADS = {  # for each library: the file, and the command that runs a program
    "imaplib": ("imaplib_account.py", PYTHON, "-B"),
    "imapflow": ("imapflow_account.mjs", "node"),
    "javamail": ("AskedStore.java", "java", "-cp", CLIENTS + "/java:" + JAVAMAIL),
}
SMALL, BIG = "1", "2"  # UIDs
BAIT = b"X LOGOUT\r\nSLO.1 LOGOUT\r\n* BYE no\r\nMIDDLE\r\n"
MESSAGES = {uid: b"Message-ID: <%s>\r\n\r\n" % uid.encode() + BAIT + (b"x" * 990 + b"\r\n") * lines + BAIT
            for uid, lines in ((SMALL, 1), (BIG, 6000))}
DIGEST = {uid: "ok " + hashlib.sha1(text).hexdigest() for uid, text in MESSAGES.items()}


class Client:
    """A driver. do() and start() send it an operation: fetch UID, append MESSAGE-ID, two UID (two commands), pipeline
    UID, echo OCTETS, idle -, logout -. The driver prints `ok RESULT` or `error ...` for each operation, `login` when it
    begins to log in, and `event ...` when something happens between operations."""

    def __init__(self, library, port, tls, user, delay):
        self.lines, self.changed = [], threading.Condition()
        self.process = subprocess.Popen([*DRIVERS[library], str(port), "tls" if tls else "plain", user, str(delay)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                                        env=dict(os.environ, NODE_MODULES=CLIENTS + "/"))
        self.replies = 0
        threading.Thread(target=self.collect, daemon=True).start()

    def collect(self):
        with self.process.stdout as replies:
            for line in itertools.chain(replies, ["end"]):
                with self.changed:
                    self.lines.append(line.strip())
                    self.changed.notify_all()

    def start(self, command):
        self.process.stdin.write(command + "\n")

    def finish(self, seconds=PATIENCE):
        def replies():
            return [line for line in self.lines if line.startswith(("ok", "error", "end"))]
        with self.changed:
            if not self.changed.wait_for(lambda: len(replies()) > self.replies, seconds):
                return "hangs"
            self.replies += 1
            return replies()[self.replies - 1]

    def do(self, command, seconds=PATIENCE):
        self.start(command)
        return self.finish(seconds)

    def wait_login(self, count):
        with self.changed:
            if not self.changed.wait_for(lambda: self.lines.count("login") >= count, PATIENCE):
                raise AssertionError("the client does not log in again: %r" % self.lines)

    def errors(self):
        return [line for line in self.lines if line.startswith(("error", "event error", "end"))]

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Situation:
    """A client, and the relay through which it connects to a server. A moment begins after an operation of the
    client."""

    def __init__(self, library, server, kind, user, relay, delay=DELAY):
        self.library, self.server, self.kind, self.user, self.relay = library, server, kind, user, relay
        self.client = Client(library, relay.port, relay.certificate, user, delay)
        self.work, self.expected = "fetch " + SMALL, DIGEST[SMALL]
        if kind == "echo_server":  # echo_server has no mailboxes
            self.work, self.expected = "echo 7000", "ok True OK"

    def begin(self):
        self.check(self.client.do(self.work), self.expected)
        self.relay.rules.clear()
        self.outcomes, self.logins = len(self.server.outcomes(self.user)), self.client.lines.count("login")
        self.connection, self.errors = self.relay.last(), len(self.client.errors())

    def check(self, got, expected):
        if got != expected:
            lines = self.relay.connections[-1].lines[-12:] if self.relay.connections else []
            raise AssertionError("%r in place of %r; %r" % (got, expected, lines))

    def asked_within(self, command, side, pattern, expected, until_seen=False):
        """Asks while the relay delays the matching line."""
        rule, since = self.relay.rule(side, pattern, hold=True), len(self.connection.lines)
        self.client.start(command)
        self.relay.wait(rule.happened.is_set, repr(pattern))
        self.server.ask(self.user)
        if until_seen:
            self.relay.wait_line("down", rb"^SL\S+ LOGOUT\r", self.connection, since)
        rule.released.set()
        self.check(self.client.finish(), expected)

    def idle(self):
        since = len(self.connection.lines)
        self.client.do("idle -")
        self.relay.wait_line("down", rb"^\+ ", self.connection, since)

    def outcome(self, expected="ANSWERED"):
        wait_until(lambda: len(self.server.outcomes(self.user)) > self.outcomes,
                   "the outcome; %r" % self.connection.lines[-9:])
        self.check(self.server.outcomes(self.user)[self.outcomes], expected)
        return expected

    def end(self, errors=0, comes_back=True):
        """Checks that the client logs in again by itself and works as before, and that its user has seen no error."""
        if comes_back:
            self.client.wait_login(self.logins + 1)
        self.check(self.client.do(self.work), self.expected)
        self.relay.wait(lambda: all(c.closed for c in self.relay.connections[:-1]), "the end of the other connections")
        if len(self.client.errors()) > self.errors + errors:
            raise AssertionError("%r" % self.client.errors())

    def close(self):
        self.client.close()
        self.relay.close()


# ---- moments that real servers produce; each function returns the outcome ----

def at_rest(s):
    s.server.ask(s.user)
    return s.outcome()


def in_idle(s):
    s.idle()
    s.server.ask(s.user)
    return s.outcome()


def in_fetch(s):
    command, expected = ("echo 7000", "ok True OK") if s.kind == "echo_server" else ("fetch " + BIG, DIGEST[BIG])
    s.asked_within(command, "down", rb"^MIDDLE\r", expected)
    return s.outcome()


def in_append(s):
    command, expected = ("echo 7000", "ok True OK") if s.kind == "echo_server" else ("append literal", "ok")
    s.asked_within(command, "up", rb"^MIDDLE\r", expected)
    return s.outcome()


def before_append(s):
    command, expected = ("echo 7000", "ok True OK") if s.kind == "echo_server" else ("append crossing", "ok")
    s.asked_within(command, "up", rb"^\S+ (APPEND|ECHO) ", expected, until_seen=True)
    return s.outcome()


def in_pipeline(s):
    s.asked_within("pipeline " + SMALL, "down", rb"^\* 1 FETCH", "ok OK OK")
    return s.outcome()


def within_operation(s):
    """The request arrives with the response to the first of two commands. The client must answer after the second
    response."""
    s.asked_within("two " + SMALL, "down", rb"^\S+ OK .*Store completed", "ok")
    outcome = s.outcome()
    sent = b"".join(line for side, line in s.connection.lines if side == "up")
    if not re.search(rb"\+FLAGS.*-FLAGS.*^SL\S+ OK", sent, re.DOTALL | re.MULTILINE):
        raise AssertionError("the client answered between two commands: %r" % sent)
    return outcome


def twice(s):
    """A second kick of Dovecot ends the connection."""
    rule, since = s.relay.rule("up", rb"^SL\S+ OK", hold=True), len(s.connection.lines)
    s.server.ask(s.user)
    s.relay.wait(rule.happened.is_set, "answer")
    s.server.ask(s.user, again=True)
    if s.kind == "plugin":
        s.relay.wait_line("down", rb"^\* BYE", s.connection, since)
    rule.released.set()
    return s.outcome("FORCED" if s.kind == "plugin" else "ANSWERED")


def own_logout(s):
    s.asked_within("logout -", "up", rb"^\S+ LOGOUT\r", "ok", until_seen=True)
    return s.outcome("CLIENT_LOGOUT") if s.kind == "proxy" else "own LOGOUT"


REAL = {"at rest": at_rest, "in IDLE": in_idle, "in FETCH": in_fetch, "in APPEND": in_append, "before +": before_append,
        "pipeline": in_pipeline, "operation": within_operation, "twice": twice, "own LOGOUT": own_logout}
MAILBOX_ONLY = "in IDLE", "pipeline", "operation"  # echo_server has no mailboxes


# ---- moments that the relay makes ----

REQUEST = b"X1 LOGOUT\r\n"
BYE = b"* BYE The server stops\r\n"
FETCHED = rb"^\S+ OK .*[Ff]etch completed"


class Moment:
    """A moment at which the client is asked. Either the client runs the command while the relay has the rule, or the
    relay sends the parts while the client is at rest or in IDLE. Then the relay cuts the connection, or the client
    answers all requests. error: the user may see an error for this command. away: the next three logins fail.
    no_mailbox: the next login finds no mailbox. news: responses that make the client end IDLE before the parts are
    sent. only: the libraries for which this moment exists."""

    def __init__(self, command=None, rule=None, options=None, parts=(), cut=False, error=False, idle=False,
                 logout=False, away=False, no_mailbox=False, news=b"", only=tuple(DRIVERS)):
        self.command, self.rule, self.options, self.parts = command, rule, options or {}, parts
        self.cut, self.error, self.idle, self.logout, self.away = cut, error, idle, logout, away
        self.no_mailbox, self.news, self.only = no_mailbox, news, only

    def happen(self, s, number):
        """Returns the reply to the command. number identifies the message of an APPEND."""
        rule = self.rule and s.relay.rule(*self.rule, **self.options)
        if self.idle:
            s.idle()
        reply = s.client.do(self.command.replace("%d", str(number))) if self.command else "ok"
        if rule:
            s.relay.wait(rule.happened.is_set, repr(self.rule))
        if self.away:
            s.relay.upstream = 1
        if self.no_mailbox:
            s.relay.rule("up", rb"^\S+ SELECT", after=b"{0} NO [NONEXISTENT] No\r\n", drop=True)
        if self.news:
            since = len(s.connection.lines)
            s.relay.send(self.news)
            s.relay.wait_line("down", rb"^\S+ OK .*Idle completed", s.connection, since)
        if self.parts:
            s.relay.send(*self.parts, cut=self.cut)
        if self.away:
            s.relay.wait(lambda: s.relay.refused >= 3, "logins that fail")
            s.relay.upstream = s.server.port
        if self.no_mailbox:
            s.client.wait_login(s.logins + 2)
        return reply


FETCH, APPEND = "fetch " + SMALL, "append %d"
ANNOUNCED = "up", rb"^\S+ APPEND"
MADE = {
    "in the segment of a tagged OK": Moment(FETCH, ("down", FETCHED), {"after": REQUEST}),
    "in two segments": Moment(parts=(b"X1 LOG", b"OUT\r\n")),
    "octet by octet, in lower case": Moment(parts=[bytes([octet]) for octet in b"a]1 logout\r\n"]),
    "and the server stays away": Moment(parts=(REQUEST,), away=True),
    "and the mailbox is gone": Moment(idle=True, parts=(REQUEST,), no_mailbox=True, only=("imapflow",)),
    "two requests": Moment(parts=(b"X1 LOGOUT\r\nX2 LOGOUT\r\n",)),
    "before +": Moment(None, ("down", rb"^\+ "), {"before": REQUEST}, idle=True),
    "with + of IDLE": Moment(None, ("down", rb"^\+ "), {"after": REQUEST}, idle=True),
    "in IDLE, after EXISTS": Moment(idle=True, parts=(b"* 9 EXISTS\r\n" + REQUEST,)),
    "after READ-ONLY in IDLE": Moment(idle=True, news=b"* OK [READ-ONLY] Now\r\n", parts=(REQUEST,),
                                      only=("imaplib", "imapclient")),
    "before the data of FETCH": Moment(FETCH, ("down", rb"^\* \d+ FETCH .*BODY"), {"before": REQUEST}),
    "before the OK of FETCH": Moment(FETCH, ("down", FETCHED), {"before": REQUEST}),
    "with the tag of FETCH": Moment(FETCH, ("up", rb"^\S+ .*FETCH"), {"after": b"{0} LOGOUT\r\n"}),
    "before the OK of APPEND": Moment(APPEND, ("down", rb"^\S+ OK .*Append completed"), {"before": REQUEST}),
    "before + of APPEND": Moment(APPEND, ANNOUNCED, {"after": REQUEST}),
    "APPEND refused": Moment(APPEND, ANNOUNCED, {"after": REQUEST + b"{0} NO [LIMIT] No\r\n", "drop": True},
                             error=True),
    "then BYE and the end": Moment(parts=(REQUEST + BYE,), cut=True),
    "crossing LOGOUT, then the end": Moment("logout -", ("up", rb"^\S+ LOGOUT"),
                                            {"after": REQUEST, "drop": True, "cut": True}, logout=True),
    "BYE at rest": Moment(parts=(BYE,), cut=True),
    "BYE in IDLE": Moment(idle=True, parts=(BYE,), cut=True),
    "BYE in FETCH": Moment(FETCH, ("down", rb"^\* \d+ FETCH .*BODY"), {"before": BYE, "drop": True, "cut": True},
                           error=True),
    "cut at rest": Moment(parts=(b"",), cut=True),
    "cut in FETCH": Moment(FETCH, ("down", rb"^MIDDLE"), {"drop": True, "cut": True}, error=True),
}
ALONE = ("in the segment of a tagged OK", "before the data of FETCH", "before the OK of FETCH", "with the tag of FETCH",
         "before + of APPEND", "before the OK of APPEND", "BYE at rest", "BYE in FETCH")


class Results:
    """The results of one library: the cells of both tables, and the failures."""

    def __init__(self, library):
        self.library, self.real, self.alone, self.failures, self.passed = library, {}, {}, [], 0

    def answered(self, server):
        """Counts the moments at which the client had to answer, without those in which it logged out or was forced."""
        outcomes = [outcome for (_, column), outcome in self.real.items() if column == server]
        return "%d of %d" % (outcomes.count("ANSWERED"), outcomes.count("ANSWERED") + outcomes.count("FAILED"))

    def attempt(self, name, work):
        """Returns the result of work(), or None after a failure."""
        try:
            result = work()
            self.passed += 1
            return result
        except Exception as error:  # so that one failure does not hide the others
            self.failures.append("%s, %s: %s: %s" % (self.library, name, type(error).__name__, error))
            return None


def try_real(results, server, kind, column, user, make_relay):
    """Plays each moment, with one client as long as it lives."""
    situation = None
    for name, moment in REAL.items():
        if kind == "echo_server" and name in MAILBOX_ONLY or results.library == "javamail" and name == "pipeline":
            continue

        def work():
            situation.begin()
            outcome = moment(situation)
            if moment is not own_logout:
                situation.end()
            return outcome
        situation = situation or Situation(results.library, server, kind, user, make_relay())
        outcome = results.attempt("%s, %s" % (column, name), work)
        results.real[name, column] = outcome or "FAILED"
        if outcome is None:
            situation = situation.close()
    if situation:
        situation.close()


def try_made(results, server, user, make_relay):
    situation = None
    for number, (name, moment) in enumerate(MADE.items()):
        if results.library not in moment.only:
            continue

        def work():
            situation.begin()
            reply = moment.happen(situation, number)
            if moment.command and not moment.error and not moment.logout:
                situation.check(reply, situation.expected if moment.command == FETCH else "ok")
            connection = situation.connection
            if not moment.cut and not moment.options.get("cut"):
                situation.relay.wait(lambda: connection.answers == connection.asked, "the answer")
            situation.relay.wait(lambda: connection.closed, "the end")
            situation.check(connection.after_answer, [])
            if not moment.logout:
                situation.end(errors=moment.error)
            return True
        situation = situation or Situation(results.library, server, "plugin", user, make_relay())
        if not results.attempt("made: " + name, work) or moment.logout:
            situation = situation.close()
    if situation:
        situation.close()


def try_alone(results, server, user, make_relay):
    """Runs the library without the file. After the moment, the application fetches another message. Then the server
    sends `* BYE` and closes, because it has received no answer, and the application fetches a message again."""
    for number, name in enumerate(ALONE):
        def work():
            situation = Situation(results.library, server, "plugin", user, make_relay(), "alone")
            try:
                return what_happens(situation, MADE[name], 100 + number)
            finally:
                situation.close()
        results.alone[name] = results.attempt("alone: " + name, work) or "FAILED"


def what_happens(situation, moment, number):
    def note(what, reply, expected):
        if reply != expected:
            wrong = reply[:30].split(":")[0].replace("error ", "") if not reply.startswith("ok ") else "wrong data"
            notes.append("%s: %s" % (what, wrong))

    notes = []
    situation.begin()
    reply = moment.happen(situation, number)
    if moment.command:
        note("at once", reply, situation.expected if moment.command == FETCH else "ok")
    if moment.command == APPEND and reply == "ok" and str(number) not in situation.server.message_ids(situation.user):
        notes.append("reported as stored, but lost")
    note("next", situation.client.do("fetch " + BIG, 20), DIGEST[BIG])
    if not situation.connection.closed:
        situation.relay.send(BYE, cut=True)
        note("at the end", situation.client.do(FETCH, 20), DIGEST[SMALL])
    return "; ".join(notes) or "nothing"


def try_head(results, server, relay):
    """Runs the program in the head of the file, with the file beside it, and ends it after some time."""
    def work():
        file, *command = HEADS[results.library]
        head = open(os.path.join(HERE, "..", file)).read().split("Copyright")[0]
        lines = re.findall(r"^(?: \* )? {4}( *\S.*)$", head, re.MULTILINE)
        program = os.path.join(CLIENTS, "head" + os.path.splitext(file)[1])
        shutil.copy(os.path.join(HERE, "..", file), CLIENTS + "/")
        with open(program, "w") as out:
            out.write("\n".join(lines).replace("1143", str(relay.port)) + "\n")
        process = subprocess.Popen([*command, program], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        try:
            relay.wait(lambda: relay.connections, "a connection")
            relay.wait_line("down", rb"^\* ENABLED X-SERVER-LOGOUT", relay.last())
            server.ask("")
            wait_until(lambda: server.outcomes("") == ["ANSWERED"], "the answer")
            return True
        finally:
            process.stdin.close()
            process.terminate()
            process.wait()
            relay.close()
    if results.library in HEADS:
        results.attempt("the program in the head", work)


def fill(server, user):
    imap = imaplib.IMAP4("127.0.0.1", server.port)
    imap.login(user, "secret")
    for uid in (SMALL, BIG):
        imap.append("INBOX", None, None, MESSAGES[uid])
    imap.logout()


def try_library(library, plugin, stock):
    results = Results(library)
    certificate = plugin.certificate
    programs = Program(ECHO_SERVER), Program(ECHO_SERVER), Program(PROXY, "--server", "127.0.0.1:%d" % stock.port)
    for server, user in ((stock, "proxy"), (plugin, "plain"), (plugin, "tls"), (plugin, "made"), (plugin, "alone")):
        fill(server, library + user)
    plain, wrapped, proxy = programs
    try:
        try_head(results, plain, Relay(plain.port))
        for server, kind, column, user, relay in (
                (plain, "echo_server", "echo_server", "", lambda: Relay(plain.port)),
                (wrapped, "echo_server", "echo_server, TLS", "", lambda: Relay(wrapped.port, certificate)),
                (proxy, "proxy", "proxy", "proxy", lambda: Relay(proxy.port)),
                (plugin, "plugin", "Dovecot", "plain", lambda: Relay(plugin.port)),
                (plugin, "plugin", "Dovecot, TLS", "tls", lambda: Relay(plugin.tls_port, certificate, tls=True))):
            try_real(results, server, kind, column, library + user, relay)
        try_made(results, plugin, library + "made", lambda: Relay(plugin.port, certificate, strip=True))
        try_alone(results, plugin, library + "alone", lambda: Relay(plugin.port, strip=True))
        for server, user in ((stock, "proxy"), (plugin, "plain"), (plugin, "tls"), (plugin, "made")):
            results.attempt("messages of " + user, lambda: check_messages(server.message_ids(library + user), user))
    finally:
        for program in programs:
            program.close()
    return results


def check_messages(ids, user):
    """Checks that no message is lost or stored twice. A message whose APPEND was refused is not stored."""
    appended = ["literal", "crossing"]
    if user == "made":
        appended = [str(number) for number, moment in enumerate(MADE.values())
                    if moment.command == APPEND and not moment.error]
    if ids != sorted([SMALL, BIG] + appended):
        raise AssertionError("messages %r" % ids)


def print_table(title, rows, columns, cell):
    print("\n" + title)
    width = max(len(row) for row in rows)
    widths = [max([len(column)] + [len(cell(row, column)) for row in rows]) for column in columns]
    print("  ".join(["".ljust(width)] + [column.ljust(w) for column, w in zip(columns, widths)]).rstrip())
    for row in rows:
        cells = [cell(row, column).ljust(w) for column, w in zip(columns, widths)]
        print("  ".join([row.ljust(width)] + cells).rstrip())


def main():
    mount_settings()
    libraries = sys.argv[1:] or list(DRIVERS)
    begin = time.monotonic()
    plugin, stock = Dovecot(True), Dovecot(False)
    try:
        with concurrent.futures.ThreadPoolExecutor(len(libraries)) as pool:
            all_results = list(pool.map(lambda library: try_library(library, plugin, stock), libraries))
    finally:
        plugin.close()
        stock.close()
    columns = list(dict.fromkeys(column for results in all_results for _, column in results.real))
    cells = {results.library: results for results in all_results}
    print_table("Without the file", list(ALONE), libraries, lambda moment, library: cells[library].alone[moment])
    print_table("With the file, moments with outcome=ANSWERED", libraries, columns,
                lambda library, server: cells[library].answered(server))
    failures = [failure for results in all_results for failure in results.failures]
    for failure in failures:
        print("FAILED " + failure)
    print("\nclients-check: %s, %.0f s" % (", ".join(libraries), time.monotonic() - begin))
    print("%d passed, %d failed" % (sum(results.passed for results in all_results), len(failures)))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
