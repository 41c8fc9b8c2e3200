"""The static site: every link and anchor leads somewhere, nothing comes from a network, a browser shows it without one.

usage: python tools/check_site.py
"""
import importlib.util
import re
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import site_pages
from lab import chromium
from notebooks import PAGES, ROOT

PICTURES = ROOT / "build" / "site"
LOADS = {"src", "srcset", "poster", "data"}  # what a browser fetches by itself; so is href of <link>, and url() in styles
STYLED = re.compile(r"""(?:url\(|@import)\s*["']?([^"')]+)""")


class Links(HTMLParser):
    "The ids of a page, its links, those of its contents, and what it loads."

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.contents, self.loads, self.inside = [], [], [], [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.inside = [*self.inside, tag] if tag in ("nav", "style") else self.inside
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.loads += [value for name, value in attributes.items() if name in LOADS or name == "href" and tag == "link"]
        self.loads += STYLED.findall(attributes.get("style") or "")
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
            self.contents += [attributes["href"]] if "nav" in self.inside else []

    def handle_endtag(self, tag):
        self.inside = [name for name in self.inside if name != tag]

    def handle_data(self, text):
        self.loads += STYLED.findall(text) if "style" in self.inside else []


def problems(folder):
    "What is wrong with the site in `folder`, a line each."
    pages = {path: Links(path) for path in sorted(folder.rglob("*.html"))}
    wanted = {folder / path.relative_to(PAGES).with_suffix(".html") for path in PAGES.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts}
    yield from (f"{path.relative_to(folder)}: is missing" for path in wanted - set(pages))
    for path, page in pages.items():
        name = path.relative_to(folder)
        yield from (f"{name}: two elements have the id {id}" for id in {id for id in page.ids if page.ids.count(id) > 1})
        yield from (f"{name}: loads {link[:80]} from elsewhere" for link in page.loads if urlsplit(link).netloc or urlsplit(link).scheme not in ("", "data"))
        local = [link for link in [*page.links, *page.loads] if not urlsplit(link).scheme and not urlsplit(link).netloc]
        for link in local:
            parts = urlsplit(link)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                yield f"{name}: {link} leads nowhere"
            elif parts.fragment and not {parts.fragment, unquote(parts.fragment)} & set(pages[target].ids if target in pages else ()):
                yield f"{name}: {link} has no such anchor"
        listed = {(path.parent / unquote(urlsplit(link).path)).resolve() for link in page.contents}
        yield from (f"{name}: its contents lack {other.relative_to(folder)}" for other in set(pages) - listed)
    for path in folder.rglob("*.css"):
        yield from (f"{path.name}: loads {link[:80]}" for link in STYLED.findall(path.read_text(encoding="utf-8")) if not link.startswith("data:"))


def look(folder, names=("index.html", "05_prediction.html", "exercises/00_problem.html")):
    "Open pages in Chromium, on a desktop and a phone, light and dark, with the network blocked; pictures in build/site."
    from playwright.sync_api import sync_playwright

    PICTURES.mkdir(parents=True, exist_ok=True)
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for width, height, scheme in ((1280, 900, "light"), (390, 844, "dark")):
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, offline=True)
            page = context.new_page()
            page.on("console", lambda message: found.append(f"console: {message.text}") if message.type == "error" else None)
            page.on("pageerror", lambda error: found.append(f"error: {error}"))
            page.on("request", lambda request: None if request.url.startswith(("file:", "data:")) else found.append(f"asks for {request.url}"))
            for name in names:
                page.goto((folder / name).as_uri())
                if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                    found.append(f"{name}: wider than a screen of {width} pixels")
                page.screenshot(path=PICTURES / f"{Path(name).with_suffix('').as_posix().replace('/', '-')}-{width}.png", full_page=True)
        browser.close()
    return found


def check_site():
    "The static site has all pages, its links and anchors lead somewhere, and it needs no network."
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve() / "site"
        site_pages.main(folder)
        found = list(problems(folder))
        if chromium() and importlib.util.find_spec("playwright"):
            found += look(folder)
        else:
            print("   not looked at: no Chromium or no playwright here")
    if found:
        sys.exit("the site is not right:\n" + "\n".join(found))


if __name__ == "__main__":
    check_site()
