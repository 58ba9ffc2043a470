# SPDX-License-Identifier: BSD-2-Clause
"""Reads the pages of `make html` with Chromium, at the widths of a phone and of a desktop, in the light and the dark
scheme.

usage: check.py PAGES SHOTS

All links lead to pages and places that exist, no element is wider than the window, all pictures load, and text has
enough contrast. At the width of a phone, displays and tables may scroll on their own. The text of a picture is within
the picture, and a picture has at most 100,000 octets. Screenshots are written to SHOTS, for a person to look at."""

import base64
import itertools
import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

WIDTHS = (360, 1280)
SCHEMES = ("light", "dark")
LOOK = """
    const [width, may_scroll] = arguments;
    document.querySelectorAll('details').forEach(details => details.open = true);
    const name = element => element.tagName + ': ' + element.textContent.slice(0, 40);
    const numbers = color => color.match(/[\\d.]+/g).map(Number);
    const light = color => numbers(color).slice(0, 3).map(value => value / 255)
        .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
        .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0.05);
    const behind = element => {
        while (element && numbers(getComputedStyle(element).backgroundColor)[3] === 0)
            element = element.parentElement;
        return element ? getComputedStyle(element).backgroundColor : 'rgb(255, 255, 255)';
    };
    const contrast = element => {
        const pair = [light(getComputedStyle(element).color), light(behind(element))];
        return Math.max(...pair) / Math.min(...pair);
    };
    const all = [...document.querySelectorAll('body *')];
    return {
        height: document.documentElement.scrollHeight,
        places: [...document.querySelectorAll('[id]')].map(element => element.id),
        links: [...document.links].map(link => link.getAttribute('href')),
        wide: all.filter(element => element.getBoundingClientRect().right > width + 0.5 &&
            !(may_scroll && element.parentElement.closest('pre, table'))).map(name),
        scrolling: may_scroll ? [] : all.filter(element => element.scrollWidth > element.clientWidth + 1 &&
            getComputedStyle(element).overflowX === 'auto').map(name),
        pictures: document.images.length,
        broken: [...document.images].filter(image => !image.complete || !image.naturalWidth).map(image => image.src),
        faint: all.filter(element => [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()) &&
            contrast(element) < 4.5).map(name),
    };"""
LOOK_AT_PICTURE = """
    const room = document.documentElement.viewBox.baseVal;
    return [...document.querySelectorAll('text')].filter(text => {
        const box = text.getBBox();
        return box.x < 0 || box.y < 0 || box.x + box.width > room.width || box.y + box.height > room.height;
    }).map(text => text.textContent);"""


class Browser:
    """A session of chromedriver, which uses the WebDriver protocol."""

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def __enter__(self):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        self.driver.terminate()  # this ends Chromium, too
        self.driver.wait()

    def begin(self):
        port = next(filter(None, (re.search(r"successfully on port (\d+)", line) for line in self.driver.stdout)))[1]
        self.base = f"http://127.0.0.1:{port}/session"
        # Chromium has no sandbox for root, and CI runs as root.
        options = ["--headless=new", "--hide-scrollbars"] + ["--no-sandbox"] * (os.geteuid() == 0)
        wanted = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": {"args": options}}}
        self.base += "/" + self.call("", capabilities=wanted)["sessionId"]

    def call(self, path, **arguments):
        request = urllib.request.Request(self.base + path, json.dumps(arguments).encode())
        with self.opener.open(request) as response:
            return json.load(response)["value"]

    def command(self, name, **arguments):
        return self.call("/goog/cdp/execute", cmd=name, params=arguments)

    def show(self, path):
        self.call("/url", url=path.as_uri())

    def emulate(self, width, scheme):
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def look(self, script, *arguments):
        return self.call("/execute/sync", script=script, args=arguments)

    def shoot(self, path, width, height):
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, 16000), "scale": 1}
        path.write_bytes(base64.b64decode(self.command("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"]))


def look_at_page(browser, file, shots):
    """Returns the faults of a page, and its properties."""
    faults = []
    browser.show(file)
    for width, scheme in itertools.product(WIDTHS, SCHEMES):
        browser.emulate(width, scheme)
        seen = browser.look(LOOK, width, width == min(WIDTHS))
        for what in ("wide", "scrolling", "broken", "faint"):
            faults += [f"{file.name} at {width} in {scheme}: {what}: {name}" for name in seen[what]]
        if seen["pictures"] or file.stem == "index":
            browser.shoot(shots / f"{file.stem}-{width}-{scheme}.png", width, seen["height"])
    return faults, seen


def look_at_picture(browser, file):
    browser.show(file)
    yield from (f"{file.name}: not within the picture: {text}" for text in browser.look(LOOK_AT_PICTURE))
    if file.stat().st_size > 100000:
        yield f"{file.name}: more than 100,000 octets"


def dead_links(pages):
    for page, seen in pages.items():
        for link in sorted(set(seen["links"])):
            target, _, place = link.partition("#")
            target = target or page
            if target.startswith("https://"):
                continue
            if target not in pages:
                yield f"{page}: the page {target} does not exist"
            elif place and place not in pages[target]["places"]:
                yield f"{page}: the place {link} does not exist"


def main(folder, shots):
    folder, shots = Path(folder).resolve(), Path(shots)
    shots.mkdir(parents=True, exist_ok=True)
    pages, pictures, wrong = {}, sorted(folder.glob("*.svg")), []
    with Browser() as browser:
        browser.begin()
        for file in sorted(folder.glob("*.html")):
            faults, pages[file.name] = look_at_page(browser, file, shots)
            wrong += faults
        for picture in pictures:
            wrong += look_at_picture(browser, picture)
    wrong += dead_links(pages)
    if wrong or not pages or not pictures:
        sys.exit("\n".join(wrong) or "check.py: there is nothing to check")
    links = sum(len(seen["links"]) for seen in pages.values())
    print(f"html-check: {len(pages)} pages with {links} links and {len(pictures)} pictures, at {len(WIDTHS)} widths in "
          f"{len(SCHEMES)} schemes")


if __name__ == "__main__":
    main(*sys.argv[1:])
