# SPDX-License-Identifier: BSD-2-Clause
"""Plays the transcripts of the files that are its arguments to examples/port/slogout.py."""

import sys

from player import Player, settings_of


def events_of(lines):
    """Yields each event of a transcript and the lines that must come of it."""
    event, expected = None, []
    for line in lines:
        if event is None:
            event = line
            continue
        expected.append(line)
        if line.startswith("= "):
            yield event, expected
            event, expected = None, []


def reply_of(line):
    return line[line.rindex(")") + 1:]


def play(block):
    """Returns 1 for a transcript, and 0 for a block without one."""
    lines = [line for line in block.splitlines() if not line.startswith("# ")]
    if not lines:
        return 0
    replies = []
    player = Player(*settings_of(lines[0]), lambda when: replies.pop(0))
    for event, expected in events_of(lines[1:]):
        replies[:] = [reply_of(line) for line in expected if line.removeprefix("#2 ").startswith("S: ")]
        player.play(event)
        if player.trace != expected:
            sys.exit("\n".join([block, "", f"at {event}", "expected:", *expected, "the port:", *player.trace]))
    return 1


def main():
    count = 0
    for path in sys.argv[1:]:
        with open(path, encoding="ascii") as file:
            count += sum(play(block) for block in file.read().split("\n\n"))
    print(f"port: {count} transcripts, and examples/port/slogout.py does what they say")
    sys.exit(count == 0)


if __name__ == "__main__":
    main()
