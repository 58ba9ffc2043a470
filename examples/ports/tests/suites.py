# SPDX-License-Identifier: BSD-2-Clause
"""Runs the tests that the authors of the servers have written, with the library and without:
    suites.py LIBRARY [SERVER...]
The servers have been built by build.sh, and PORT_CC is the compiler with its flags. A test that passes without the
library must pass with it. The tests do not run as root."""

import concurrent.futures
import os
import re
import shlex
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from servers import BUILD  # noqa: E402

LIMIT = "3600"  # seconds until a suite gives up
USER = GROUP = "daemon"  # has a home, into which imap4d changes


def make(folder, *arguments):
    done = subprocess.run(["make", "-s", "-C", folder, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="latin-1")
    if done.returncode != 0:
        sys.exit("suites.py: make %s in %s:\n%s" % (" ".join(arguments), folder, done.stdout[-2000:]))


def run(folder, *command):
    """Runs a command in the folder, which it may write to. Returns its output."""
    shutil.chown(folder, USER, GROUP)
    return subprocess.run(["timeout", LIMIT, *command], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, user=USER, group=GROUP, extra_groups=[], encoding="latin-1",
                          env={"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": folder}).stdout


class Courier:
    """The transcripts of two dialogues, in the order and with the omissions of `make check`."""
    name = "courier"
    title = "courier, make check"

    def __init__(self, tree):
        self.folders = [os.path.join(tree, "libs", "imap" + suffix) for suffix in ("", ".slogout")]
        make(os.path.join(tree, "libs", "maildir"), "maildirmake", "maildiracl", "deliverquota")

    @staticmethod
    def passed(folder):
        results = {}
        for suite in "testsuite", "smaptestsuite":
            with open(os.path.join(folder, suite + ".txt"), encoding="latin-1") as file:
                expected = file.read()
            seen = run(folder, "sh", "-c", "sh ./%s | perl testsuitefix.pl | sort" % suite)
            results[suite] = seen == expected
        return results


class Cyrus:
    """The unit tests, without their time limits. cunit.c begins a session for the linked ones."""
    name = "cyrus"
    title = "cyrus, cunit"

    def __init__(self, tree):
        linked = os.path.join(tree, "slogout")
        self.folders = [os.path.join(tree, "cunit"), os.path.join(linked, "cunit")]
        make(tree, "cunit/registers.h")
        make(tree, "cunit/unit")
        shutil.copytree(*self.folders, dirs_exist_ok=True)
        os.remove(os.path.join(linked, "cunit", "unit"))
        ports = os.path.dirname(HERE)
        subprocess.run([*shlex.split(os.environ["PORT_CC"]), "-I" + ports, "-I" + os.path.join(ports, "cyrus"), "-c",
                        "-o", os.path.join(linked, "cunit.o"), os.path.join(HERE, "cunit.c")], check=True)
        make(linked, "cunit/unit", "cunit_unit_LDADD=cunit.o glue.o process.o $(LD_UTILITY_ADD) -lcunit " + LIBRARY)

    @staticmethod
    def passed(folder):
        results, suite = {}, ""
        for begun, test, result in re.findall(r"^(?:Suite: (.*)|  Test: (.*) \.\.\.(\w*))$",
                                              run(folder, "./unit", "-v", "-t"), re.M):
            suite = begun or suite
            if test:
                results["%s: %s" % (suite, test)] = result == "passed"
        return results


class Imap4d:
    """An Autotest suite. Its configuration names the stock imap4d."""
    name = "imap4d"
    title = "imap4d, testsuite"

    def __init__(self, tree):
        self.folders = [os.path.join(tree, "imap4d" + suffix, "tests") for suffix in ("", ".slogout")]

    @staticmethod
    def passed(folder):
        seen = run(folder, "sh", "./testsuite", "AUTOTEST_PATH=" + os.path.dirname(folder))
        return {test: result == "ok" for test, result in
                re.findall(r"^ *(\d+: .*\S) +(ok|skipped|FAILED)\b", seen, re.M)}


SUITES = {suite.name: suite for suite in (Courier, Cyrus, Imap4d)}


def report(suite, stock, linked):
    """Returns how many tests have failed with the library only, or 1 if none has passed without it."""
    print("%s: passed %d of %d without slogout, %d of %d with" %
          (suite.title, sum(stock.values()), len(stock), sum(linked.values()), len(linked)), flush=True)
    broken = [test for test in stock if stock[test] and not linked.get(test)]
    for test in broken:
        print("  FAILED with slogout: " + test)
    return len(broken) if any(stock.values()) else 1


LIBRARY = sys.argv[1]
failed = 0
with concurrent.futures.ThreadPoolExecutor() as pool:
    for server in sys.argv[2:] or SUITES:
        folder = os.path.join(BUILD, server)
        if not os.path.exists(os.path.join(folder, "linked")):
            print("%s: not run: no source" % server)
            continue
        suite = SUITES[server](folder)
        failed += report(suite, *pool.map(suite.passed, suite.folders))
sys.exit(1 if failed else 0)
