# SPDX-License-Identifier: BSD-2-Clause
"""Plays the transcripts in the files that are its arguments to examples/port/slogout.py."""

import sys

from player import Player, settings_of


def events_of(lines):
    """Yields each event of a transcript, and the lines with its effects."""
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
    """Returns 1 for a transcript, or 0 for a block that is not a transcript."""
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
    print(f"port: examples/port/slogout.py agrees with {count} transcripts")
    sys.exit(count == 0)


if __name__ == "__main__":
    main()
