# SPDX-License-Identifier: BSD-2-Clause
"""run.py reports proofs that prove nothing. Each case is a harness with one proof."""

import os
import subprocess
import sys
import tempfile
import unittest

SANITY = ("--sanity",)
FAULT = " * mutant: lib/saturate.h: a > b ? a - b => b > a ? a - b\n"

TAG_SOURCE = '#pragma CPROVER check push\n#pragma CPROVER check disable "conversion"\n#include "tag.c"\n#pragma CPROVER check pop\n'
TAG = "size_t n, len = nondet_size(); char *any = malloc(len); ASSUME(any); n = slo_tag_length(any, len);"
LOOP = " * loop slo_tag_length.0: i <= len; assigns i; decreases len - i\n"

# The name of the case, the options of run.py, the fields and the body of the proof, and the expected output, or None if
# the proof must succeed.
CASES = [
    ("a proof", (), "", "CHECK(slo_subtract(1, 2) == 0);", None),
    ("a proof that fails on a fault", SANITY, FAULT, "CHECK(slo_subtract(1, 2) == 0);", None),
    ("a property that fails", (), "", "CHECK(slo_subtract(2, 1) == 0);", "FAILURE: "),
    ("an end that is not reached", (), "", "ASSUME(0); CHECK(1);", "SUCCESS: .*the end is reached"),
    ("a loop of any length", (), LOOP, f"{TAG} CHECK(n <= len); free(any);", None),
    ("a loop that does not keep its contract", (), LOOP.replace("i <= len", "i == 0"), f"{TAG} free(any);", "FAILURE: "),
    ("no property", (), " * by: integers\n", "", "no property"),
    ("a function without a body", (), "", "CHECK(elsewhere() || 1);", "FAILURE: .*no body for callee elsewhere"),
    ("a function without a body, by integers", (), " * by: integers\n", "CHECK(elsewhere() || 1);", "FAILURE: .*no body for callee elsewhere"),
    ("a function without a body, and a fault", SANITY, FAULT, "CHECK(elsewhere() || 1);", "not decided `lib/saturate.h: .*FAILURE: .*no body"),
    ("a loop that is too long", (), " * with: --unwind 2\n", "while (nondet_int()) CHECK(1);", "FAILURE: .*unwinding assertion"),
    ("a proof that does not compile", (), "", "CHECK(;", "PARSING ERROR"),
    ("a fault that does not matter", SANITY, FAULT, "CHECK(slo_add(1, 2) == 3);", "PROVES `lib/saturate.h: "),
    ("a change that does not matter to a claim", SANITY, " * claims: slo_subtract\n" + FAULT, "CHECK(slo_subtract(1, 2) == 0);",
     "PROVES `saturate.h slo_subtract: "),
    ("a fault without a place", SANITY, " * mutant: lib/saturate.h: nowhere => x\n", "CHECK(1);", "does not occur exactly once"),
    ("a fault with two places", SANITY, " * mutant: lib/saturate.h: UINT64_MAX => x\n", "CHECK(1);", "does not occur exactly once"),
    ("no fault", SANITY, "", "CHECK(1);", "no mutant"),
]


class Run(unittest.TestCase):
    def run_it(self, options, fields, body, path=os.environ["PATH"]):
        with tempfile.TemporaryDirectory() as directory:
            harness = f"{directory}/prove_case.c"
            with open(harness, "w", encoding="ascii") as stream:
                stream.write('#include "prove.h"\n#include "saturate.h"\nint elsewhere(void);\n'
                             + TAG_SOURCE * fields.startswith(" * loop") +
                             f"/* proves: a case\n{fields} */\nvoid proof(void)\n{{\n    {body}\n}}\n")
            run = subprocess.run([sys.executable, "-B", "tests/prove/run.py", *options, harness], stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, env={"PATH": path}, text=True, check=False)
        return run.returncode, run.stdout

    def test_each_case(self):
        for name, options, fields, body, expected in CASES:
            with self.subTest(name):
                code, said = self.run_it(options, fields, body)
                self.assertEqual(code, 0 if expected is None else 1, said)
                self.assertRegex(said, f"case/proof: .*{expected or ''}")

    def test_a_solver_that_prints_nothing(self):
        with tempfile.TemporaryDirectory() as directory:
            os.symlink("/bin/false", f"{directory}/cbmc")
            for options, expected in ((), "cbmc printed"), (SANITY, "not decided `lib/saturate.h: .*: cbmc printed"):
                with self.subTest(options):
                    code, said = self.run_it(options, FAULT, "CHECK(1);", f"{directory}:{os.environ['PATH']}")
                    self.assertEqual(code, 1)
                    self.assertRegex(said, f"case/proof: {expected} no result and returned 1")


if __name__ == "__main__":
    unittest.main()
