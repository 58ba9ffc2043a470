# SPDX-License-Identifier: BSD-2-Clause
"""Writes the pages of man/ and the README as HTML that is linked to one another, with an index.

usage: generate.py FOLDER, at the top of the tree

The picture PAGE.SECTION.svg of this folder is placed at the beginning of that section of that page. If the section has
a literal display, the picture replaces the first display, which the reader can unfold as text."""

import fnmatch
import html
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
GROUPS = {
    "Start here": ["slogout.7", "slogout-porting.7"],
    "The library": ["slogout_new.3", "slogout_session_*.3", "slogout_drain_*.3", "slogout_filter_*.3", "*.3"],
    "The programs": ["slogout-proxy.8", "slogout-dovecot.7", "slogout-ports.7", "slogout-fleet.7"],
    "The protocol": ["slogout-protocol.7", "slogout-client.7"],
}
FRAME = (HERE / "frame.html").read_text(encoding="utf-8")
SOURCES = {page.name: page.read_text(encoding="utf-8") for page in sorted(HERE.parent.glob("*.[0-9]"))}
NAMES = {page: re.findall(r"^\.Nm (\S+)", source[:source.index("\n.Nd ")], re.M) for page, source in SOURCES.items()}
HOMES = {f"{name}.{page[-1]}": page for page, names in NAMES.items() for name in names}
PICTURES = {picture: re.fullmatch(r"(.+\.\d)\.(\w+)\.svg", picture.name).groups() for picture in sorted(HERE.glob("*.svg"))}


def href(name, section):
    """Returns the address of a page, of a function that a page describes, or of a page that is not ours."""
    page = f"{name}.{section}"
    if page in SOURCES:
        return f"{page}.html"
    return f"{HOMES[page]}.html#{name}" if page in HOMES else f"https://manpages.debian.org/{page}"


def heading(page):
    return f"{page[:-2]}({page[-1]})"


def caption(picture):
    return re.search(r"<title>(.*?)</title>", picture.read_text(encoding="utf-8"))[1]


def with_picture(body, picture, section):
    figure = f'<figure><img src="{picture.name}" alt="{caption(picture)}"></figure>\n'
    parts = re.split(rf'(<h[12] [^>]*id="{section}">.*?</h[12]>\n)', body, maxsplit=1, flags=re.S)
    if len(parts) != 3:
        sys.exit(f"generate.py: {picture.name}: the page has no such section")
    before, title, rest = parts
    inside, rest = re.fullmatch(r"(.*?)((?:<h[12] .*)?)", rest, re.S).groups()
    shown = re.sub(r'<div class="Bd[^>]*>\n<pre>.*?</div>\n',
                   lambda found: f"{figure}<details><summary>As text</summary>\n{found[0]}</details>\n", inside,
                   count=1, flags=re.S)
    return before + title + (figure + inside if shown == inside else shown) + rest


def page_body(page):
    body = subprocess.run(["mandoc", "-T", "html", "-I", "os=slogout", "-O", "fragment,man=%N.%S", HERE.parent / page],
                          check=True, stdout=subprocess.PIPE, text=True).stdout
    for picture, (home, section) in PICTURES.items():
        body = with_picture(body, picture, section) if home == page else body
    return re.sub(r'(class="Xr" href=")([^"]+)\.(\d)"', lambda link: f'{link[1]}{href(link[2], link[3])}"', body)


def readme_display(text):
    return re.sub(r"\b(slogout[\w-]*)\((\d)\)", lambda name: f'<a href="{href(name[1], name[2])}">{name[0]}</a>',
                  html.escape(text, quote=False))


def readme_text(text):
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", readme_display(text))


def readme_block(text):
    """Returns a heading, a display, a list or a paragraph of the README."""
    underlined = re.fullmatch(r"(.+)\n[=-]+\n", text)
    if underlined:
        return f'<h1 id="{re.sub(r"[^a-z]+", "_", underlined[1].lower())}">{underlined[1]}</h1>'
    if text.startswith("    "):
        return f"<pre>{readme_display(re.sub('^    ', '', text, flags=re.M))}</pre>"
    if text.startswith("  - "):
        return "<ul>" + re.sub(r"^  - ", "<li>", readme_text(text), flags=re.M) + "</ul>"
    return f"<p>{readme_text(text)}</p>"


def index_entry(page):
    sentence = html.escape(re.search(r"^\.Nd (.*)", SOURCES[page], re.M)[1])
    functions = ", ".join(f'<a href="{href(name, page[-1])}">{name}</a>' for name in NAMES[page] if f"{name}.{page[-1]}" != page)
    return f'<dt><a href="{page}.html">{heading(page)}</a></dt>\n<dd>{sentence}\n<small>{functions}</small></dd>\n'


def index_groups():
    listed = set()
    for group, patterns in GROUPS.items():
        pages = dict.fromkeys(page for pattern in patterns for page in fnmatch.filter(SOURCES, pattern))
        listed.update(pages)
        yield f"<h2>{group}</h2>\n<dl>\n" + "".join(map(index_entry, pages)) + "</dl>"
    if listed != set(SOURCES):
        sys.exit(f"generate.py: in none of GROUPS: {set(SOURCES) - listed}")
    pictures = [f'<li><a href="{page}.html#{section}">{caption(path)}</a></li>' for path, (page, section) in PICTURES.items()]
    yield "<h2>Pictures</h2>\n<ul>\n" + "\n".join(pictures) + "\n</ul>"


def main(out):
    def write(name, title, body):
        found = re.findall(r'<h([12])[^>]* id="([^"]+)">(?:<a[^>]*>)?(.*?)(?:</a>)?</h\1>', body, re.S)
        items = "".join(f'<li class="level{level}"><a href="#{place}">{text}</a></li>\n' for level, place, text in found)
        contents = f"\n<details><summary>On this page</summary><ul>\n{items}</ul></details>" if len(found) > 1 else ""
        (out / f"{name}.html").write_text(FRAME.format(title=title, contents=contents, body=body), encoding="utf-8")

    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for file in [HERE / "style.css", *PICTURES]:
        shutil.copy(file, out)
    for page in SOURCES:
        write(page, heading(page), page_body(page))
    # A display may have empty lines in it.
    blocks = re.findall(r"(?:^ {4}.*\n+(?= {4}))*^ {4}.*\n|(?:^.+\n)+", Path("README").read_text(encoding="utf-8"), re.M)
    readme = list(map(readme_block, blocks))
    write("README", "README", "\n".join(readme))
    write("index", "slogout", "\n".join([*readme[:3], *index_groups()]))
    print(f"html: {len(SOURCES)} pages with {len(PICTURES)} pictures, README and index, in {out}")


main(Path(sys.argv[1]))
