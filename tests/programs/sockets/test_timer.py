"""The timers on a real clock: the only tests that read one. They all wait at the same time."""

import concurrent.futures
import re
import signal
import time
import unittest

from harness import Client, Server

ANSWER_TIMEOUT = 33  # seconds
LEAVE_TIMEOUT = 5
LINGER = 5
LONG = 60
OPTIONS = ("--answer-timeout", str(ANSWER_TIMEOUT * 1000))
DATA = b"0123456789abcdef" * (4 << 20)  # 64 MB
FIRST, LAST = DATA[:len(DATA) // 4 * 3], DATA[len(DATA) // 4 * 3:]
RECEIVE_BUFFER = 1 << 18  # of a slow reader; the system might choose a very large one


class Asked:
    """A client that was asked, and the times before and after that."""

    def __init__(self, server):
        self.client = server.login(receive_buffer=RECEIVE_BUFFER)
        self.client.socket.settimeout(LONG)
        self.before = time.monotonic()
        self.client.ask()
        self.after = time.monotonic()

    def expires(self):
        """Checks that the server sends BYE and closes after more than 32 s (the draft, section 3) and less than 35."""
        self.client.play(r"S: \* BYE .*", "END")
        closed = time.monotonic()
        assert closed - self.before > 32, closed - self.before
        assert closed - self.after < 35, closed - self.after


def get_stuck(client):
    """Sends an ECHO and reads the first part of the reply; the rest does not fit into the buffers."""
    client.send_aside(b"a ECHO {%d+}\r\n%s\r\n" % (len(DATA), DATA))
    client.play(r"S: \* ECHO \{%d}" % len(DATA))
    assert client.read_exact(len(FIRST)) == FIRST, "the literal is damaged"


def check_cut_off(server, client, outcome):
    """Reads on after the close: only a part of the literal arrives, without an octet of any other line."""
    server.wait_outcome(outcome, patience=LONG)
    rest = client.read_to_end()
    client.close()
    assert len(rest) < len(LAST), "it was not cut off"
    assert LAST.startswith(rest), "the literal is damaged"


def silent(server):
    Asked(server).expires()


def bye_only(server):
    asked = Asked(server)
    asked.client.play("C: * BYE")
    asked.expires()


def busy(server):
    asked = Asked(server)
    while time.monotonic() < asked.after + ANSWER_TIMEOUT - 1.5:
        asked.client.command("NOOP")
        time.sleep(0.2)
    asked.expires()


def idle(server):
    asked = Asked(server)
    asked.client.play("C: a IDLE", r"S: \+.*")
    asked.expires()


def stuck_then_reads(server):
    asked = Asked(server)
    get_stuck(asked.client)
    time.sleep(max(0, asked.after + ANSWER_TIMEOUT + 0.5 - time.monotonic()))  # now the leave timer runs
    assert asked.client.read_exact(len(LAST)) == LAST, "the literal is damaged"
    asked.client.play("S: ", "S: a OK .*", r"S: \* BYE .*", "END")


def stuck_for_ever(server):
    asked = Asked(server)
    get_stuck(asked.client)
    check_cut_off(server, asked.client, f"EXPIRED tag={asked.client.tag}")


def stuck_at_the_deadline(_):
    """The client is not at rest when SIGTERM comes, so it is never asked."""
    deadline = ANSWER_TIMEOUT + LEAVE_TIMEOUT + LINGER  # the shortest that can be kept
    server = Server(*OPTIONS, "--deadline", str(deadline * 1000))
    client = server.login(receive_buffer=RECEIVE_BUFFER)
    get_stuck(client)
    server.signal(signal.SIGTERM)
    started = time.monotonic()
    check_cut_off(server, client, "FORCED tag=-")
    assert time.monotonic() - started < deadline + 2
    server.wait()


def stuck_when_forced(_):
    server = Server(*OPTIONS, "--spread", "0")
    client, sentinel = server.login(receive_buffer=RECEIVE_BUFFER), server.login()
    get_stuck(client)
    server.signal(signal.SIGTERM)
    sentinel.play("S: TAG LOGOUT")
    server.signal(signal.SIGTERM)
    sentinel.play(r"S: \* BYE .*", "END")
    check_cut_off(server, client, "FORCED tag=-")
    server.wait()


def program(answer, said):
    """Checks what the client program sends after LOGOUT until the timer expires."""
    server = Server(*OPTIONS)
    client = Client("--answer", answer, server.text_address)
    client.read_until(r"S: \+")
    server.signal(signal.SIGUSR1)
    status = client.end(LONG)
    server.stop()
    assert status == 0, status
    assert re.search(r" LOGOUT\n" + said + r"S: \* BYE .*\n\Z", client.transcript), client.transcript


def refusal_that_waits(_):
    server = Server(*OPTIONS, "--on-refusal", "wait")
    asked = Asked(server)
    asked.client.play("C: TAG NO")
    asked.expires()
    server.wait_outcome("REFUSED")
    server.stop()


CASES = {
    "a_silent_client_is_closed_with_bye": silent,
    "bye_alone_does_not_stop_it": bye_only,
    "traffic_is_served_and_does_not_extend_it": busy,
    "a_client_in_idle_is_closed_with_bye": idle,
    "a_client_stuck_in_a_literal_that_reads_on_gets_it_whole_and_then_bye": stuck_then_reads,
    "a_client_stuck_in_a_literal_for_ever_is_cut_off_with_not_an_octet_of_ours_in_it": stuck_for_ever,
    "a_client_stuck_in_a_literal_is_cut_off_by_the_deadline": stuck_at_the_deadline,
    "a_client_stuck_in_a_literal_is_cut_off_after_a_second_sigterm": stuck_when_forced,
    "a_refusal_that_waits_is_closed_with_bye": refusal_that_waits,
    "the_client_program_that_says_bye_only": lambda _: program("bye-only", r"C: \* BYE .*\n"),
    "the_client_program_that_says_nothing": lambda _: program("none", ""),
}


class Timers(unittest.TestCase):
    """Each case runs in its own thread from the start, and its test collects the result."""

    @classmethod
    def setUpClass(cls):
        server = Server(*OPTIONS)
        cls.addClassCleanup(server.stop)
        pool = concurrent.futures.ThreadPoolExecutor(max_workers=len(CASES))
        cls.runs = {name: pool.submit(case, server) for name, case in CASES.items()}


for case_name in CASES:
    setattr(Timers, "test_" + case_name, lambda self, name=case_name: self.runs[name].result(LONG))


if __name__ == "__main__":
    unittest.main()
