"""Writes all of lib/ as one C file, with internal linkage for what is not public, and the public headers beside it.

usage: amalgamate.py DIRECTORY

The rooms of the core come first; what needs drain.h or filter.h is left out by -DSLOGOUT_CORE. A name that two rooms
use at file scope gets the room's name in front."""

import re
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/docs/house"))
from c_source import items, read, tokens  # noqa: E402

HEAD = """\
/* slogout {version} in one file: ask IMAP clients to leave (draft-shih-imap-server-logout-00).
 *
 * Made from lib/ by `make amalgamation`; change it there. Compile this file as C99 or later, with the folder in
 * which it stands in the search path of headers: it includes slogout/slogout.h, slogout/drain.h and
 * slogout/filter.h. With SLOGOUT_CORE defined it has only what slogout/slogout.h declares.
 *
{license}
 */
"""
LOCAL = """
/* What is not public. Tests define SLO_LOCAL as nothing to reach it. */
#ifndef SLO_LOCAL
#define SLO_LOCAL static
#endif

/* A core alone has no use for some of these, and a name in one part may shadow that of a function in another. */
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wshadow"
#endif
"""
TAIL = """
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
"""
INCLUDE = re.compile(r'#include ([<"])(.*)[>"]$')


class Room:
    """One .c file, or one private header."""

    def __init__(self, path):
        self.path = path
        self.source = read(path)
        self.items = items(self.source)

    @property
    def includes(self):
        found = (INCLUDE.match(item.tokens[0].text) for item in self.items if item.is_directive)
        return [(match[1], match[2]) for match in found if match]

    def own_names(self):
        """What the room names at file scope, and no other part of the program can see."""
        names = set()
        for item in self.items:
            names |= item.hidden_names()
            if item.is_static and item.name:
                names.add(item.name)
        return names

    def macros(self):
        return sorted({name for item in self.items if item.is_directive for name in item.hidden_names()})

    def text(self, renamed):
        """Its source without #include, its declarations with SLO_LOCAL, its tokens renamed."""
        edits = []
        for item in self.items:
            if item.is_directive and INCLUDE.match(item.tokens[0].text):
                edits.append((item.start, item.tokens[0].end + 1, ""))
            elif item.name and not item.is_static and not item.name.startswith("slogout_"):
                extern = item.tokens[0].text == "extern"
                edits.append((item.start, item.start + len("extern ") * extern, "SLO_LOCAL "))
        before = ""
        for token in tokens(self.source):
            if token.kind == "name" and token.text in renamed and before not in {".", "->"}:
                edits.append((token.start, token.end, renamed[token.text]))
            elif token.kind == "directive" and not INCLUDE.match(token.text):
                changed = re.sub(r"\b\w+\b", lambda word: renamed.get(word[0], word[0]), token.text)
                edits.append((token.start, token.end, changed))
            before = token.text
        out, place = [], 0
        for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
            out += [self.source[place:start], new]
            place = end
        return re.sub(r"\n{3,}", "\n\n", "".join(out) + self.source[place:]).strip("\n") + "\n"


class Library:
    def __init__(self, folder):
        self.rooms = {path.stem: Room(path) for path in sorted(folder.glob("*.c"))}
        self.headers = {path.name: Room(path) for path in sorted(folder.glob("*.h"))}
        names = Counter()
        for part in [*self.rooms.values(), *self.headers.values()]:
            names.update(part.own_names())
        self.shared = {name for name, count in names.items() if count > 1}
        self.written = set()  # headers that stand in the file by now

    def needed_by(self, stem, found=None):
        """The rooms that this one needs, itself last."""
        found = [] if found is None else found
        if stem not in found:
            for header in self.headers_of(self.rooms[stem]):
                if Path(header).stem in self.rooms and Path(header).stem != stem:
                    self.needed_by(Path(header).stem, found)
            if stem not in found:
                found.append(stem)
        return found

    def headers_of(self, part, found=None):
        """Private headers that it includes, directly or not, in order of dependency."""
        found = [] if found is None else found
        for kind, name in part.includes:
            if kind == '"' and name not in found:
                self.headers_of(self.headers[name], found)
                found.append(name)
        return found

    def rooms_of(self, public_header):
        """The rooms that define the functions of a public header, and what these need."""
        declared = set(re.findall(r"^SLOGOUT_API[^;(]*\b(slogout_\w+)\(", read(public_header), re.MULTILINE))
        found = []
        for stem, room in self.rooms.items():
            if declared & {item.name for item in room.items if item.body}:
                found += [need for need in self.needed_by(stem) if need not in found]
        return found

    def system_includes(self):
        parts = [*self.rooms.values(), *self.headers.values()]
        names = {name for part in parts for kind, name in part.includes if kind == "<"}
        return sorted(name for name in names if not name.startswith("slogout/"))

    def section(self, stem):
        room, out = self.rooms[stem], []
        for name in self.headers_of(room):
            if name not in self.written:
                self.written.add(name)
                out.append(f"\n/* ======== {name} ======== */\n\n" + self.headers[name].text({}))
        renamed = {name: f"{stem}_{name}" for name in room.own_names() & self.shared}
        out.append(f"\n/* ======== {room.path.name} ======== */\n\n" + room.text(renamed))
        out.append("".join(f"#undef {renamed.get(name, name)}\n" for name in room.macros()))
        return "".join(out)


def as_comment(text):
    return "\n".join(f" * {line}".rstrip() for line in text.strip().splitlines())


def main(target):
    public = sorted((ROOT / "include/slogout").glob("*.h"), key=lambda path: (path.stem != "slogout", path.stem))
    compiled = [header for header in public if "SLOGOUT_API" in read(header)]  # host.h is all inline
    version = re.search(r'#define SLOGOUT_VERSION "(.*)"', read(public[0]))[1]
    library = Library(ROOT / "lib")
    core = library.rooms_of(public[0])
    rest = []
    for header in compiled[1:]:
        rest += [stem for stem in library.rooms_of(header) if stem not in core + rest]
    rest += [stem for stem in library.rooms if stem not in core + rest]
    more = "".join(f'#include "slogout/{header.name}"\n' for header in compiled[1:])
    text = "".join([
        HEAD.format(version=version, license=as_comment(read(ROOT / "COPYING"))),
        "".join(f"#include <{name}>\n" for name in library.system_includes()),
        f'#include "slogout/{public[0].name}"\n#ifndef SLOGOUT_CORE\n{more}#endif\n',
        LOCAL, *map(library.section, core),
        "\n#ifndef SLOGOUT_CORE\n", *map(library.section, rest), "\n#endif /* SLOGOUT_CORE */\n",
        TAIL])
    folder = Path(target)
    (folder / "slogout").mkdir(parents=True, exist_ok=True)
    (folder / "slogout.c").write_text(text, encoding="utf-8")
    for header in public:
        (folder / "slogout" / header.name).write_text(read(header), encoding="utf-8")
    lines = text.count("\n")
    print(f"amalgamation: {folder}/slogout.c, {lines} lines; core: {' '.join(core)}; rest: {' '.join(rest)}")


main(*sys.argv[1:])
