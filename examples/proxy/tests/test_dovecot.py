# SPDX-License-Identifier: BSD-2-Clause
"""imaplib through the proxy, in front of a stock Dovecot. A client must get the same results as without the proxy, even
if it is asked to leave many times."""

import hashlib
import imaplib
import random
import re
import socket
import ssl
import threading
import unittest

from client import Client
from proxy import Asking, Proxy
from servers import PATIENCE, Dovecot


def message(rng, number):
    """Returns messages of many sizes, with lines that look like requests and answers."""
    body = [rng.choice([b"* BYE going", b"SLP.1 OK done", b"+ go ahead", b"{3}", b"* CAPABILITY ENABLE COMPRESS=DEFLATE",
                        b"DONE", b"x" * rng.randrange(1, 900)]) for _ in range(rng.choice([1, 10, 100, 1500]))]
    return b"Subject: message %d\r\n\r\n" % number + b"\r\n".join(body) + b"\r\n"


def check(result):
    status, data = result
    if status != "OK":
        raise AssertionError(result)
    return data


def literals(data):
    return [part[1] if isinstance(part, tuple) else part for part in data]


def work(client, seed, count):
    """Runs a fixed sequence of commands. Returns the octets that the client downloads."""
    rng = random.Random(seed)
    seen = []
    for number in range(count):
        text = message(rng, number)
        kind, other = rng.randrange(8), rng.randrange(count)
        if kind < 2:
            client.do(lambda c: check(c.append("INBOX", "(\\Seen)", None, text)))
        elif kind < 4:
            client.do(lambda c: c.append_at_once(b"INBOX", text))
        elif kind == 4:
            client.do(lambda c: c.idle())
        elif kind == 5:
            seen.append(client.do(lambda c: check(c.list())))
        elif kind == 6:
            seen.append(client.do(lambda c: check(c.search(None, "SUBJECT", f"message {other}"))))
        else:
            seen.append(client.do(lambda c: literals(check(c.uid("FETCH", "1:*", "(BODY.PEEK[] FLAGS)")))))
    seen.append(client.do(lambda c: literals(check(c.uid("FETCH", "1:*", "(BODY.PEEK[])")))))
    return seen


class Imaplib(unittest.TestCase):
    COUNT = 80

    @classmethod
    def setUpClass(cls):
        cls.dovecot = Dovecot()
        cls.addClassCleanup(cls.dovecot.close)

    def compare(self, enable, ask, seed):
        name = f"u{seed}{'e' if enable else ''}{'a' if ask else ''}"
        direct = Client(self.dovecot.port, f"{name}-direct", False)
        expected = work(direct, seed, self.COUNT)
        direct.close()
        proxy = Proxy(self.dovecot.port)
        through = Client(proxy.port, f"{name}-proxy", enable)
        if ask:
            with Asking(proxy, seed, growth=1.01):
                got = work(through, seed, self.COUNT)
        else:
            got = work(through, seed, self.COUNT)
        self.assertTrue(got == expected, "the downloaded octets differ")  # the octets are too long to be printed
        self.assertTrue(self.dovecot.files(f"{name}-proxy") == self.dovecot.files(f"{name}-direct"), "mailboxes differ")
        through.close()
        proxy.stop()
        return proxy, through

    def test_a_client_that_is_not_asked_notices_nothing(self):
        self.compare(enable=False, ask=False, seed=1)

    def test_an_enabled_client_asked_at_random_moments_loses_nothing(self):
        proxy, client = self.compare(enable=True, ask=True, seed=2)
        self.assertIn("ANSWERED", proxy.outcomes())
        self.assertGreater(client.sent_away, 10)

    def test_other_clients_told_bye_at_random_moments_lose_nothing(self):
        proxy, client = self.compare(enable=False, ask=True, seed=3)
        self.assertGreater(proxy.outcomes().count("BYE_ONLY"), 10)
        self.assertGreater(client.sent_away, 10)

    def test_the_capability_is_offered_and_compression_is_not(self):
        proxy = Proxy(self.dovecot.port)
        direct, through = Client(self.dovecot.port, "c", False), Client(proxy.port, "c", False)
        before = direct.do(lambda c: check(c.capability()))[0].split()
        after = through.do(lambda c: check(c.capability()))[0].split()
        self.assertEqual(after, [word for word in before if not word.startswith(b"COMPRESS=")] + [b"X-SERVER-LOGOUT"])
        direct.close()
        through.close()
        proxy.stop()


class Uploads(unittest.TestCase):
    """A client repeats an upload that was not confirmed. Meanwhile, Dovecot answers a tag that the client has not used,
    because it reads the literal of an unknown command as a command."""

    ROUNDS = 50
    SEED = random.randrange(1 << 32)

    def upload(self, port, number, end=None):
        """Sends the message after the unknown command. Returns whether the message was confirmed. Calls end() at a
        random moment of the dialogue. The proxy becomes blind at Dovecot's OK to `foo`. It does not close the
        connection then, so the client leaves after its own OK."""
        message = b"Message-ID: <%d@test>\r\n\r\n" % number + b"x" * self.random.choice([10, 20000, 500000]) + b"\r\n"
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            replies = connection.makefile("rb")
            replies.readline()
            connection.sendall(b"a LOGIN uploads secret\r\n")
            while not replies.readline().startswith(b"a OK"):
                pass
            timer = threading.Timer(self.random.uniform(0, 0.03), end or (lambda: None))
            timer.start()
            try:
                connection.sendall(b"b XYZ {12+}\r\nfoo NOOP ab\r\nc APPEND INBOX {%d+}\r\n" % len(message) + message + b"\r\n")
                if not end:
                    connection.sendall(b"d LOGOUT\r\n")
                confirmed = any(line.startswith(b"c OK") for line in replies)
            except ConnectionError:
                confirmed = False
            timer.join()
        return confirmed

    def test_no_message_is_stored_twice_when_the_proxy_is_stopped(self):
        print("seed", self.SEED)
        self.random = random.Random(self.SEED)
        dovecot = Dovecot()
        self.addCleanup(dovecot.close)
        confirmed = 0
        for number in range(self.ROUNDS):
            proxy = Proxy(dovecot.port)
            if self.upload(proxy.port, number, proxy.terminate):
                confirmed += 1
            else:
                self.assertTrue(self.upload(dovecot.port, number))
            proxy.end()
        stored = [re.search(rb"Message-ID: <(\d+)@test>", text)[1] for text in dovecot.files("uploads")]
        self.assertEqual(sorted(map(int, stored)), list(range(self.ROUNDS)), f"seed {self.SEED}")
        self.assertGreater(confirmed, 0)


def digest_md5(challenge):
    """Returns the response of RFC 2831 for user and secret. The second challenge requires no answer."""
    def digest(octets):
        return hashlib.md5(octets).digest()
    if challenge.startswith(b"rspauth="):
        return b""
    nonce = re.search(rb'nonce="(.*?)"', challenge)[1]
    secret = digest(b"user:localhost:secret") + b":" + nonce + b":c"
    proof = b":".join([digest(secret).hex().encode(), nonce, b"00000001:c:auth",
                       digest(b"AUTHENTICATE:imap/localhost").hex().encode()])
    return (b'username="user",realm="localhost",nonce="%s",cnonce="c",nc=00000001,qop=auth,digest-uri="imap/localhost",'
            b'response=%s' % (nonce, digest(proof).hex().encode()))


class Blindness(unittest.TestCase):
    """Tests the effects that the manual describes for the two layers that a client and the server begin without the
    proxy."""

    @classmethod
    def setUpClass(cls):
        cls.dovecot = Dovecot(layers=True)
        cls.addClassCleanup(cls.dovecot.close)

    def setUp(self):
        self.proxy = Proxy(self.dovecot.port)
        self.addCleanup(self.proxy.stop)

    def test_starttls_makes_the_connection_blind(self):
        context = ssl.create_default_context(cafile=self.dovecot.scratch.path / "certificate")
        client = imaplib.IMAP4("127.0.0.1", self.proxy.port, timeout=PATIENCE)
        self.addCleanup(client.shutdown)
        client.starttls(context)
        self.proxy.wait_event("connection=1 blind=LAYER by=server")
        client.login("user", "secret")
        self.proxy.ask()
        self.proxy.wait_event("asking sessions=1 .*")
        check(client.append("INBOX", None, None, message(random.Random(5), 1)))
        check(client.select())
        self.assertEqual(self.proxy.outcomes(), [])

    def test_a_security_layer_makes_the_connection_blind(self):
        client = imaplib.IMAP4("127.0.0.1", self.proxy.port, timeout=PATIENCE)
        self.addCleanup(client.shutdown)
        check(client.authenticate("DIGEST-MD5", digest_md5))
        self.proxy.wait_event("connection=1 blind=MECHANISM by=server")
        check(client.select())


if __name__ == "__main__":
    unittest.main()
