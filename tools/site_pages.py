"""All pages, with the outputs they have, as one static site that needs no network.

usage: python tools/site_pages.py [FOLDER]     default: _site
"""
import re
import shutil
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import nbformat
from nbconvert import HTMLExporter
from notebooks import PAGES, ROOT
from pygments.formatters import HtmlFormatter

TEMPLATES = Path(__file__).resolve().parent / "site"
FURTHER = 10  # pages from this number on go further


class Page:
    "One notebook as HTML: file (in the site), title, sections (anchor, text), body."

    def __init__(self, path):
        source = path.relative_to(PAGES).with_suffix(".html")
        self.file, self.up, self.group = source.as_posix(), "../" * (len(source.parts) - 1), group_of(source)
        notebook = nbformat.read(path, as_version=4)
        notebook.cells = [cell for cell in map(shown, notebook.cells) if cell]
        exporter = HTMLExporter(template_name="page", extra_template_basedirs=[str(TEMPLATES)], anchor_link_text="¶")
        self.body, _ = exporter.from_notebook_node(notebook)
        self.body = re.sub(r'href="(?![a-z]+:)([^"#]+)\.ipynb', r'href="\1.html', self.body)
        self.title = re.search(r"^# (.+)", notebook.cells[0].source, re.MULTILINE)[1].replace("`", "")
        headings = re.findall(r'<h2 id="([^"]+)">(.*?)<a class="anchor-link"', self.body)
        self.sections = [(anchor, unescape(re.sub("<[^>]+>", "", text))) for anchor, text in headings]
        self.before = self.after = None


def group_of(source):
    "The heading in the table of contents under which a page stands."
    if source.parts[0] == "exercises":
        return "Solutions"
    number = re.match(r"\d+", source.name)
    return "Going further" if number and int(number[0]) >= FURTHER else "Lessons"


def shown(cell):
    "The cell as a reader should see it: without directives, with `echo: false` only its outputs; None if nothing is left."
    lines = cell.source.splitlines()
    directives = [line for line in lines if line.startswith("#|")]
    if "#| hide" in directives:
        return None
    cell.metadata["exported"] = "#| export" in directives
    cell.source = "" if "#| echo: false" in directives else "\n".join(line for line in lines if not line.startswith("#|")).strip("\n")
    return cell if cell.source or cell.get("outputs") else None


def build(folder):
    "Write the site into `folder`, which is emptied first."
    shutil.rmtree(folder, ignore_errors=True)
    names = [PAGES / "index.ipynb", *sorted(PAGES.glob("[0-9]*.ipynb")), *sorted((PAGES / "exercises").glob("*.ipynb"))]
    pages = [Page(path) for path in names]
    for before, after in zip(pages, pages[1:]):
        before.after, after.before = after, before
    groups = [(heading, [page for page in pages if page.group == heading]) for heading in ("Lessons", "Going further", "Solutions")]
    template = jinja2.Environment(autoescape=True, loader=jinja2.FileSystemLoader(TEMPLATES)).get_template("page.html")
    for page in pages:
        page.body = jinja2.utils.markupsafe.Markup(page.body)
        path = folder / page.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template.render(page=page, groups=groups), encoding="utf-8")
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    (folder / "style.css").write_text(style + HtmlFormatter(style="default").get_style_defs(".highlight"), encoding="utf-8")
    return pages


class Links(HTMLParser):
    "What a page refers to: links (href of a), loaded (everything that a browser fetches), and its own anchors."

    def __init__(self, text):
        super().__init__()
        self.links, self.loaded, self.anchors = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors.add(attributes.get("id"))
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        elif tag == "link" or attributes.get("src"):
            self.loaded.append(attributes.get("href") or attributes["src"])


def problems(folder):
    "Dead links and anchors, and whatever a browser would fetch from a network, of a site: a list of lines."
    pages = {path: Links(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    for path, page in pages.items():
        for address in page.loaded:
            if not address.startswith("data:") and not (path.parent / address).is_file():
                yield f"{path.name}: loads {address[:100]}"
        for address in page.links:
            file, _, anchor = unescape(address).partition("#")
            target = (path.parent / file).resolve() if file else path
            if re.match(r"[a-z]+:", address):
                continue
            if target not in pages and not target.is_file():
                yield f"{path.name}: {address} leads nowhere"
            elif anchor and anchor not in pages[target].anchors:
                yield f"{path.name}: {address} has no such anchor"


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "_site")
    built = build(target.resolve())
    if found := list(problems(target.resolve())):
        sys.exit("\n".join(found))
    print(f"{len(built)} pages in {target}; open {target / 'index.html'}")
