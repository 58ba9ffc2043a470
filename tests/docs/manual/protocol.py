# SPDX-License-Identifier: BSD-2-Clause
"""Checks that slogout-protocol(7) agrees with the rest of the tree.

usage: protocol.py TRANSCRIPT...
The grammar is read from the page. The server's lines in the transcripts match the grammar. A client's line in ASKED is
consumed if and only if it matches. The lines of the extension in the figures of the pages match, too. The rules of the
draft are those of the page. Each test that the page names by the beginning of its name exists."""

import glob
import re
import sys

from examples import blocks

PAGE = "man/slogout-protocol.7"
DRAFT = "man/draft/draft-shih-imap-server-logout-01.xml"
CORE = {"SP": " ", "CR": "\r", "LF": "\n", "CRLF": "\r\n"}
TOKEN = re.compile(r'"[^"]*"|%x[0-9A-F]+(?:-[0-9A-F]+)?|[A-Za-z][A-Za-z0-9-]*|\d*\*\d*|[][()/]')


def read_rules(text):
    """Returns the definition of each rule, by name. A line that begins with a space continues a rule."""
    lines = re.sub(r" *;.*", "", text)
    return dict(re.findall(r"^([A-Za-z][\w-]*) *=/? *(.*(?:\n +.*)*)", lines, re.M))


def expression(rules, name):
    """Returns a regular expression for a rule. A rule that contains itself has none."""
    if name in CORE:
        return re.escape(CORE[name])
    out, repeat, open_groups = [], "", []
    tokens = TOKEN.findall(rules[name])
    if "".join(tokens).replace(" ", "") != re.sub(r"\s", "", rules[name]):
        sys.exit(f"{PAGE}: cannot read the rule {name}")
    for token in tokens:
        if "*" in token and token[0] != '"':
            repeat = "{%s,%s}" % (token.split("*")[0] or "0", token.split("*")[1])
            continue
        if token == "/":
            out.append("|")
        elif token in ("(", "["):
            out.append("(?:")
            open_groups.append("?" if token == "[" else repeat)
        elif token in (")", "]"):
            out.append(")" + open_groups.pop())
        elif token[0] == '"':
            out.append("(?i:%s)" % re.escape(token[1:-1]) + repeat)
        elif token[0] == "%":
            out.append("[%s]" % "-".join(r"\x" + number for number in token[2:].split("-")) + repeat)
        else:
            out.append("(?:%s)" % expression(rules, token) + repeat)
        repeat = ""
    return "".join(out)


class Grammar:
    def __init__(self, rules):
        self.patterns = {name: re.compile(expression(rules, name)) for name in rules}

    def matches(self, name, line):
        return self.patterns[name].fullmatch(line + "\r\n") is not None

    def is_answer(self, line, tag):
        return self.matches("read-bye", line) or self.matches("read-tagged", line) and line.split(" ")[0] == tag


def check_transcript(grammar, where, lines):
    """Returns the number of lines compared. `tags` maps each session that is ASKED to its tag."""
    tags, line, expected, count = {}, None, None, 0
    for text in lines:
        event, second, what = re.fullmatch(r"(\d+ )?(#2 )?(.*)", text).groups()
        if event:
            line = what[3:] if what.startswith("C: ") and second in tags else None
            expected = line is not None and grammar.is_answer(line, tags[second])
        if what.startswith("abandon "):
            tags.pop(second, None)
        elif what.startswith("S: "):
            sent, fate = re.fullmatch(r"S: (.*) \([a-z ]+\)( BUSY| BROKEN)?", what).groups()
            is_request = grammar.matches("request", sent)
            if not is_request and not grammar.matches("bye", sent):
                sys.exit(f"{where}: the grammar does not allow: {sent}")
            tags.pop(second, None)
            if is_request and not fate:
                tags[second] = sent.split(" ")[0]
            count += 1
        elif what.startswith("close "):
            tags.pop(second, None)
        elif what.startswith("= ") and line is not None:
            if what.startswith("= CONSUMED ") != expected:
                sys.exit(f"{where}: the grammar {'allows' if expected else 'does not allow'} this answer: {line}")
            count += 1
    return count


def check_figures(grammar):
    """Checks that the lines of the extension in the figures of the pages match the grammar."""
    count = 0
    for page in sorted(glob.glob("man/*.7")):
        for where, _, text in blocks(page):
            lines = re.findall(r"^(?:S: \S+ LOGOUT|C: \S+ (?:BYE|OK|NO|BAD)\b.*)$", text, re.M)
            for line in lines:
                name = "request" if line[0] == "S" else "bye" if line.startswith("C: * ") else "answer"
                if not grammar.matches(name, line[3:]):
                    sys.exit(f"{where}: the grammar does not allow: {line}")
            count += len(lines)
    return count


def check_draft(rules):
    """The draft contains a part of the rules. Its capability has no X, because its name is to be registered."""
    text = re.search(r'<sourcecode type="abnf">(.*?)</sourcecode>', open(DRAFT).read(), re.S)[1]
    for name, definition in read_rules(text).items():
        if definition.replace('"SERVER', '"X-SERVER') != rules.get(name):
            sys.exit(f"{DRAFT}: the rule {name} differs from that of {PAGE}")


def check_tests(page):
    """Returns the number of tests that the page names."""
    named = re.findall(r"\b[a-z]\w*_\w+_\w+_\w+", "".join(re.findall(r"^\.Pq .*", page, re.M)))
    tests = "".join(open(path).read() for path in glob.glob("tests/unit/*.c") + glob.glob("tests/programs/*.py"))
    missing = [name for name in named if not re.search(rf"\b{name}", tests)]
    if missing or not named:
        sys.exit(f"{PAGE}: no test has the name: {' '.join(missing)}")
    return len(named)


def main(*transcripts):
    rules = read_rules("".join(text for _, kind, text in blocks(PAGE) if kind == "abnf"))
    grammar = Grammar(rules)
    check_draft(rules)
    count = sum(check_transcript(grammar, path, block.split("\n")) for path in transcripts
                for block in re.findall(r"^settings .*\n((?:.+\n)*)", open(path).read(), re.M))
    figures, tests = check_figures(grammar), check_tests(open(PAGE).read())
    if not count or not figures:
        sys.exit(f"{PAGE}: found nothing to compare")
    print(f"protocol: {count} lines of transcripts and {figures} of figures agree with the grammar; {tests} tests named")


main(*sys.argv[1:])
