"""C source, cut into tokens and into what stands at its top level. Enough for a tree of one style."""

import re
from dataclasses import dataclass
from pathlib import Path

TOKEN = re.compile(r"""
    (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<directive>^[ \t]*\#(?:/\*.*?\*/|\\\n|[^\n])*)
  | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
  | (?P<name>[A-Za-z_]\w*)
  | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
  | (?P<sign>->|\S)
""", re.VERBOSE | re.MULTILINE | re.DOTALL)

OPENING, CLOSING = set("({["), set(")}]")
TYPE_WORDS = {"struct", "union", "enum"}


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int  # in the source
    line: int

    @property
    def end(self):
        return self.start + len(self.text)


@dataclass(frozen=True)
class Item:
    """One declaration, definition or directive."""
    tokens: list
    body: list  # of a function, from { to }; else empty

    @property
    def start(self):
        return self.tokens[0].start

    @property
    def is_directive(self):
        return self.tokens[0].kind == "directive"

    def outline(self):
        """Its tokens outside braces."""
        depth, found = 0, []
        for token in self.tokens:
            if token.text == "{":
                depth += 1
            if depth == 0:
                found.append(token)
            if token.text == "}":
                depth -= 1
        return found

    def words(self):
        return [token.text for token in self.outline()]

    @property
    def is_static(self):
        return "static" in self.words()

    @property
    def declares_only_types(self):
        words = self.words()
        return self.is_directive or words[0] == "typedef" or (words[0] in TYPE_WORDS and len(words) <= 3)

    @property
    def name(self):
        """Of the function or the object that it declares, or None."""
        if self.declares_only_types:
            return None
        outline = self.outline()
        end = next(i for i, token in enumerate(outline) if token.text in {"(", "[", "=", ";"} and i > 0)
        return outline[end - 1].text

    def hidden_names(self):
        """What else it names at the top level: tags, typedef names, constants of an enum."""
        tokens, words = self.tokens, [token.text for token in self.tokens]
        if self.is_directive:
            macro = re.match(r"[ \t]*#[ \t]*define[ \t]+(\w+)", words[0])
            return {macro[1]} if macro else set()
        names = {words[i + 1] for i in range(len(words) - 2) if words[i] in TYPE_WORDS and words[i + 2] == "{"}
        if words[0] == "typedef":
            names.add(re.search(r"(\w+)\W*(?:\(.*)?;$", " ".join(words))[1])
        for i, word in enumerate(words):
            if word == "enum" and "{" in words[i + 1:i + 3]:
                first = words.index("{", i)
                constants = tokens[first:words.index("}", first)]
                names |= {token.text for before, token in zip(constants, constants[1:]) if before.text in "{,"}
        return names


def tokens(source):
    line, place = 1, 0
    for match in TOKEN.finditer(source):
        line += source.count("\n", place, match.start())
        place = match.start()
        yield Token(match.lastgroup, match[0], match.start(), line)


def items(source):
    """The top level, without comments."""
    found, current, depth, body_from = [], [], 0, None
    for token in tokens(source):
        if token.kind == "comment":
            continue
        if token.kind == "directive":
            if not current:
                found.append(Item([token], []))
            continue
        if token.text == "{" and depth == 0 and current[-1].text == ")":
            body_from = len(current)
        current.append(token)
        depth += (token.text in OPENING) - (token.text in CLOSING)
        if depth == 0 and (token.text == ";" or (token.text == "}" and body_from is not None)):
            found.append(Item(current, [] if body_from is None else current[body_from:]))
            current, body_from = [], None
    assert depth == 0 and not current, "unbalanced source"
    return found


def read(path):
    return Path(path).read_text(encoding="utf-8")
