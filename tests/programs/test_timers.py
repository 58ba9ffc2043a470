# SPDX-License-Identifier: BSD-2-Clause
"""The timers of the echo server, measured on a real clock. All cases wait at the same time."""

import concurrent.futures
import re
import signal
import time
import unittest

from harness import PATIENCE, Client, Server

ANSWER_TIMEOUT = 33  # seconds
LONG = ANSWER_TIMEOUT + PATIENCE
OPTIONS = ("--answer-timeout", str(ANSWER_TIMEOUT * 1000))
SHORT = ("--leave-timeout", "1000")
MESSAGE = 64 << 20  # octets; no buffers can hold this many
# Octets that are read at once; not many, because a busy machine must read them before the timer expires.
FIRST = 1 << 20
RECEIVE_BUFFER = 1 << 18  # of a client that reads slowly; the system might choose a very large buffer


def expires(server, *steps):
    """Checks that the server sends BYE and closes after more than 32 s (the draft, section 3)."""
    client = server.login()
    client.socket.settimeout(LONG)
    begun = time.monotonic()
    client.ask()
    client.play(*steps, r"S: \* BYE .*", "END")
    assert time.monotonic() - begun > 32, time.monotonic() - begun


def is_served(server):
    """Checks that commands are served until the end, and do not postpone it."""
    client = server.login()
    begun = time.monotonic()
    client.ask()
    line = b""
    while not line.startswith(b"* BYE ") and time.monotonic() < begun + LONG:
        client.send(b"a NOOP\r\n")
        line = client.read_line()
        time.sleep(0.2)
    client.play("END")


def get_stuck(server, *steps):
    """Returns a client that has read the first part of a message. The rest does not fit into the buffers."""
    client = server.login(receive_buffer=RECEIVE_BUFFER)
    client.socket.settimeout(LONG)
    client.play(*steps, f"C: a FETCH {MESSAGE}", r"S: \* 1 FETCH \(BODY\[\] \{%d\}" % MESSAGE)
    client.read_exact(FIRST)
    return client


def check_cut_off(client):
    """Checks that only a part of the message arrives, without an octet of any other line."""
    rest = client.read_to_end()
    client.close()
    assert len(rest) < MESSAGE - FIRST, "the message was not cut off"
    assert not rest.strip(b"x"), "the message is damaged"


def stuck_when_expired(_):
    """BYE follows the response, because the client reads the rest before the leave timeout has passed."""
    server = Server(*OPTIONS, "--leave-timeout", "600000")
    client = get_stuck(server, "C: ask XDRAIN", "S: ask OK .*", "S: TAG LOGOUT")
    time.sleep(ANSWER_TIMEOUT + 2)
    client.read_exact(MESSAGE - FIRST)
    client.play(r"S: \)", "S: a OK .*", r"S: \* BYE .*", "END")
    server.stop()


def stuck_forever(_):
    """The connection is cut off after the leave timeout and the time limit of the close."""
    server = Server(*OPTIONS, *SHORT)
    client = get_stuck(server, "C: ask XDRAIN", "S: ask OK .*", "S: TAG LOGOUT")
    server.wait_outcome(f"EXPIRED tag={client.tag}", patience=LONG)
    server.terminate()
    server.wait()
    check_cut_off(client)


def stuck_at_the_deadline(_):
    """The client is not at rest when SIGTERM comes, so it is never asked."""
    server = Server(*OPTIONS, *SHORT, "--deadline", str((ANSWER_TIMEOUT + 2) * 1000))
    client = get_stuck(server)
    server.signal(signal.SIGTERM)
    server.wait_outcome("FORCED tag=-", patience=LONG)
    server.wait()
    check_cut_off(client)


def stuck_when_forced(_):
    server = Server(*OPTIONS)
    client, sentinel = get_stuck(server), server.login()
    server.signal(signal.SIGTERM)
    sentinel.play("S: TAG LOGOUT")
    server.signal(signal.SIGTERM)
    sentinel.play(r"S: \* BYE .*", "END")
    server.wait_outcome("FORCED tag=-")
    server.wait()
    check_cut_off(client)


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
    expires(server, "C: TAG NO")
    server.wait_outcome("REFUSED")
    server.stop()


CASES = {
    "a_silent_client_is_closed_with_bye": expires,
    "bye_alone_does_not_stop_the_answer_timer": lambda server: expires(server, "C: * BYE"),
    "a_client_in_idle_is_closed_with_bye": lambda server: expires(server, "C: a IDLE", r"S: \+.*"),
    "commands_do_not_extend_the_answer_timer": is_served,
    "a_client_stuck_in_a_message_that_reads_again_gets_the_whole_message_and_bye": stuck_when_expired,
    "a_client_stuck_in_a_message_forever_is_cut_off_without_an_octet_of_another_line": stuck_forever,
    "a_client_stuck_in_a_message_is_cut_off_by_the_deadline": stuck_at_the_deadline,
    "a_client_stuck_in_a_message_is_cut_off_after_a_second_sigterm": stuck_when_forced,
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
    setattr(Timers, "test_" + case_name, lambda self, name=case_name: self.runs[name].result(2 * LONG))


if __name__ == "__main__":
    unittest.main()
