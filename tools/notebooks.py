"""Run the pages in place and keep their outputs, clean them, and write README.md from index.ipynb.

usage: python tools/notebooks.py [PAGE ...]     all pages if none is named
"""
import re
import subprocess
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import MarkdownExporter

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "nbs"


def lasting(outputs):
    "The outputs without what is of the moment: warnings, progress bars, and widgets, of which the picture stays if they have one."
    for output in outputs:
        data = output.get("data", {})
        was_widget = data.pop("application/vnd.jupyter.widget-view+json", None)
        if output.get("name") != "stderr" and not (was_widget and set(data) <= {"text/plain"}):
            yield output


def execute(path):
    "Run one page from top to bottom and save it with its outputs. An error stops everything, and the file stays as it was."
    page = nbformat.read(path, as_version=4)
    NotebookClient(page, timeout=1800, kernel_name="python3", coalesce_streams=True, resources={"metadata": {"path": str(path.parent)}}).execute()
    page.metadata.pop("widgets", None)
    for cell in page.cells:
        if cell.cell_type == "code":
            cell.outputs = list(lasting(cell.outputs))
    nbformat.write(page, path)


def readme(index):
    "index.ipynb as Markdown, without its code, its links seen from the root of the repository; and its pictures, {path: bytes}."
    exporter = MarkdownExporter(exclude_input=True)
    text, resources = exporter.from_notebook_node(nbformat.read(index, as_version=4))
    pictures = {}
    for number, (name, data) in enumerate(sorted(resources["outputs"].items()), 1):
        path = f"nbs/images/index-{number}.png"
        text, pictures[path] = text.replace(f"![png]({name})", f"![Before and after fine-tuning]({path})"), data
    text = re.sub(r"\]\((?=[\w/]+\.ipynb)", "](nbs/", text)
    return re.sub(r"\n\s*\n\s*\n", "\n\n", text).strip() + "\n", pictures


def write_readme():
    "Write README.md and its pictures."
    text, pictures = readme(PAGES / "index.ipynb")
    (ROOT / "README.md").write_text(text, encoding="utf-8")
    for path, data in pictures.items():
        (ROOT / path).parent.mkdir(exist_ok=True)
        (ROOT / path).write_bytes(data)


def main(names):
    for path in [Path(name) for name in names] or sorted(PAGES.rglob("[!.]*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            print(path, flush=True)
            execute(path)
    subprocess.run(["nbdev_export"], check=True, cwd=ROOT)
    subprocess.run(["nbdev_clean"], check=True, cwd=ROOT)
    write_readme()


if __name__ == "__main__":
    main(sys.argv[1:])
