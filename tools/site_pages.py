"""All pages with the outputs they have, as one static site that needs no network: nothing is executed.

usage: python tools/site_pages.py [FOLDER]     _site if none is named
"""
import logging
import posixpath
import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jinja2
import nbformat
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from notebooks import PAGES, ROOT
from pygments.formatters import HtmlFormatter

HERE = Path(__file__).resolve().parent / "site"
GROUPS = {"": "index.ipynb", "Lessons": "0*.ipynb", "Going further": "[1-9]*.ipynb", "Solutions": "exercises/*.ipynb"}
MATH = re.compile(r"\$\$|\$\S[^$]*\S\$|\$\S\$|\\begin\{|\\\(|\\\[")
FRAME = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)


@dataclass
class Page:
    "A notebook and its place in the site; title, headings and body are known when it is rendered."
    source: Path
    group: str
    title: str = ""
    headings: list = field(default_factory=list)  # (level, id, text)
    body: str = ""

    @property
    def name(self):
        "Its address, seen from the site's first page."
        return self.source.relative_to(PAGES).with_suffix(".html").as_posix()

    @property
    def number(self):
        "The number that other pages call it by, or nothing."
        return str(int(self.source.stem[:2])) if self.source.stem[:2].isdigit() else ""

    @property
    def label(self):
        "Its title in the contents: without what follows the colon, a solution's without what stands before it."
        first, _, rest = self.title.partition(": ")
        return rest[:1].upper() + rest[1:] if self.group == "Solutions" else first

    def way_to(self, name):
        "The relative address of `name`, seen from this page."
        return posixpath.relpath(name, posixpath.dirname(self.name) or ".")


def visible(page):
    "The notebook as a reader of the site sees it: no hidden cells, of `echo: false` only what they give, no directives."
    notebook, cells, module = nbformat.read(page.source, as_version=4), [], None
    for cell in notebook.cells:
        if cell.cell_type == "code":
            lines = cell.source.splitlines()
            flags = [line.removeprefix("#|").strip() for line in lines if line.startswith("#|")]
            module = next((flag.split()[1] for flag in flags if flag.startswith("default_exp ")), module)
            code = "\n".join(line for line in lines if not line.startswith("#|")).strip("\n")
            cell.source = "" if {"hide", "echo: false"} & set(flags) else code
            cell.outputs = [] if "hide" in flags else cell.outputs
            cell.metadata["module"] = f"squad_tutorial.{module}" if "export" in flags else None
        if cell.source or cell.get("outputs"):
            cells.append(cell)
    notebook.cells = cells
    return notebook


def render(page, addresses):
    "Fill in title, headings and body; gives the files that the page shows or links to, {address in the site: path}."
    exporter = HTMLExporter(template_name="basic", template_file=str(HERE / "cells.html.j2"), exclude_input_prompt=True, exclude_output_prompt=True)
    soup, files = BeautifulSoup(exporter.from_notebook_node(visible(page))[0], "html.parser"), {}
    for text in soup.find_all(string=MATH):
        if text.find_parent(class_="text_cell_render") and not text.find_parent(["code", "pre"]):
            sys.exit(f"{page.source.name}: the site cannot show math: {text.strip()[:80]!r}")
    if soup.select_one("script, .mermaid, .output_latex"):
        sys.exit(f"{page.source.name}: the site cannot show what needs a script")
    for heading in soup.select(".text_cell_render :is(h1, h2, h3)"):
        text = heading.get_text().removesuffix("¶")
        page.title = page.title or text
        page.headings.append((heading.name, heading["id"], text))
        slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")  # GitHub's anchor beside Jupyter's
        if slug != heading["id"]:
            heading.insert(0, soup.new_tag("span", attrs={"id": slug}))
    for element in soup.select("a[href], img[src]"):
        attribute = "href" if element.name == "a" else "src"
        element[attribute] = rewritten(page, element[attribute], addresses, files)
    for image in soup.select(".output_png img"):
        question = image.find_previous(string=re.compile("^Question: "))
        image["alt"] = question.removeprefix("Question: ") if question else "Figure"
    for style in soup.select("style[scoped]"):  # every table of pandas brings the same one
        style.decompose()
    for table in soup.select("table"):
        table.wrap(soup.new_tag("div", attrs={"class": "scroll"}))
    page.body = str(soup)
    return files


def rewritten(page, link, addresses, files):
    "A link as it must be in the site. A file of the repository that is no page comes along: it is added to `files`."
    parts = urlsplit(link)
    if parts.scheme or parts.netloc or not parts.path:
        return link
    target = (page.source.parent / unquote(parts.path)).resolve()
    if target not in addresses and not (target.is_file() and target.is_relative_to(ROOT)):
        sys.exit(f"{page.source.name}: dead link {link}")
    if not (name := addresses.get(target)):
        name = "files/" + target.relative_to(ROOT).as_posix()
        files[name] = target
    return page.way_to(name) + (f"#{parts.fragment}" if parts.fragment else "")


def style():
    "The style sheet: ours, and the colours of code by pygments, for light and dark screens."
    light, dark = (HtmlFormatter(style=name).get_style_defs(".highlight") for name in ("default", "github-dark"))
    return f"{(HERE / 'site.css').read_text()}\n{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def main(folder=ROOT / "_site"):
    logging.getLogger("traitlets").setLevel(logging.ERROR)  # nbconvert misses descriptions of figures; they get them here
    groups = {group: [Page(path, group) for path in sorted(PAGES.glob(pattern))] for group, pattern in GROUPS.items()}
    pages = [page for members in groups.values() for page in members]
    addresses, files, folder = {page.source: page.name for page in pages}, {}, Path(folder)
    for page in pages:
        files |= render(page, addresses)
    for before, page, after in zip([None, *pages], pages, [*pages[1:], None]):
        path = folder / page.name
        path.parent.mkdir(parents=True, exist_ok=True)
        html = FRAME.get_template("page.html.j2").render(page=page, pages=pages, groups=groups, before=before, after=after)
        path.write_text(html, encoding="utf-8")
    for name, path in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / name)
    (folder / "site.css").write_text(style(), encoding="utf-8")
    print(f"{len(pages)} pages: open {folder / 'index.html'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
