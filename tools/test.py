"""The whole suite, as CI runs it: generated files are fresh, every page runs, every cell is accounted for, the wheel works.

usage: python tools/test.py
"""
import functools
import hashlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas
from execnb.shell import CaptureShell
from nbdev.test import nbdev_test

import lab
from check_site import check_site
from notebooks import PAGES, ROOT, lasting, readme

EXECUTED = ROOT / "build" / "executed-cells.jsonl"  # a line for each cell: its id and text; written by whichever process runs it
METRIC = re.compile(r"\b(f1|exact[ _]match|em|loss|ece)\b", re.IGNORECASE)
SECONDS = re.compile(r"[\d.,]+ (?:s|ms|seconds)\b")
NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")


def digests():
    "Digest of every page and every exported file."
    files = [*PAGES.rglob("*.ipynb"), *(ROOT / "squad_tutorial").rglob("*.py"), ROOT / "README.md"]
    files = [path for path in files if ".ipynb_checkpoints" not in path.parts]
    return {str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def check_fresh():
    "Cleaning the pages and exporting the package must change nothing, and README.md must be index.ipynb."
    before = digests()
    for command in ("nbdev_clean", "nbdev_export"):
        subprocess.run([command], check=True, cwd=ROOT)
    if changed := sorted(path for path, digest in digests().items() if before.get(path) != digest):
        sys.exit(f"stale: {', '.join(changed)} changed by nbdev_clean and nbdev_export; run both and commit the result")
    text, pictures = readme(PAGES / "index.ipynb")
    same = (ROOT / "README.md").read_text(encoding="utf-8") == text and all((ROOT / path).read_bytes() == data for path, data in pictures.items())
    if not same:
        sys.exit("stale: README.md is not what nbs/index.ipynb gives; run make notebooks and commit the result")


def check_shape():
    "Every lesson has all its parts and a figure, and its code cells are short: median 4 lines, nine of ten up to 15, none above 25."
    parts = ("- **You will learn**", "- **You need**", "- **It takes**", "**Question: ", "## Common mistakes", "## Summary", "## Exercises", "**Sources**")
    for path in sorted(PAGES.glob("[01]*.ipynb")):
        if "glossary" in path.name:  # no lesson
            continue
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        lines = sorted(sum(bool(line.strip()) for line in "".join(cell["source"]).splitlines()) for cell in code)
        if missing := [part for part in parts if part not in text]:
            sys.exit(f"{path.name}: has no {', '.join(missing)}")
        if not any("image/png" in output.get("data", {}) for cell in code for output in cell["outputs"]):
            sys.exit(f"{path.name}: has no figure")
        if statistics.median(lines) > 4 or lines[9 * len(lines) // 10 - 1] > 15 or lines[-1] > 25:
            sys.exit(f"{path.name}: code cells of median {statistics.median(lines)}, longest {lines[-1]} lines; make them shorter")


def run_pages():
    "nbdev_test over all pages, keeping id and text of every executed cell."
    EXECUTED.parent.mkdir(exist_ok=True)
    EXECUTED.write_text("")
    run_all = CaptureShell.run_all

    @functools.wraps(run_all)
    def counted(self, nb, **kwargs):
        def executed(cell):
            with open(EXECUTED, "a") as file:
                file.write(json.dumps({"id": cell["id"], "text": text_of(cell["outputs"])}) + "\n")

        return run_all(self, nb, postproc=executed, **kwargs)

    pandas.set_option("display.max_columns", 20)  # as in Jupyter, where the committed outputs were made
    CaptureShell.run_all = counted  # worker processes are forked and inherit it
    first = "00_problem.ipynb"  # trains the model that other pages share, on all cores; then two pages at a time, a thread each
    for path in (PAGES / first, PAGES / "exercises" / first):  # both have this name
        nbdev_test(path=str(path), n_workers=1, do_print=True)
    os.environ["OMP_NUM_THREADS"] = "1"
    nbdev_test(skip_file_re=f"^[_.]|^{first}$", n_workers=2, do_print=True, timing=True)


def text_of(outputs):
    "What the outputs of a cell print, as one text."
    texts = [output.get("text") or output.get("data", {}).get("text/plain") or "" for output in lasting(outputs)]
    return "\n".join("".join(text) for text in texts)


def executed_texts():
    "What every executed cell printed, by its id."
    return {cell["id"]: cell["text"] for cell in map(json.loads, EXECUTED.read_text().splitlines())}


def code_cells():
    "All code cells that are not empty, with their page's path."
    for path in sorted(PAGES.rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            yield from ((path, cell) for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"]).strip())


def same_metrics(old, new):
    "Do two printed texts hold as many numbers, each a tenth and two points (for shares: 0.05) away from its partner at most? Seconds do not count."
    pairs = [[float(number.replace(",", "")) for number in NUMBER.findall(SECONDS.sub("", text))] for text in (old, new)]
    if len(pairs[0]) != len(pairs[1]):
        return False
    return all(abs(a - b) <= 0.1 * max(abs(a), abs(b)) + (2 if max(abs(a), abs(b)) > 1.5 else 0.05) for a, b in zip(*pairs))


def check_outputs():
    """The committed outputs are complete, and their metrics are those of this run, within tolerance; prints how many were compared.

    A cell says `# not compared: ` and the reason where they cannot be.
    """
    executed, compared, stale = executed_texts(), 0, []
    for path, cell in code_cells():
        if cell["id"] not in executed:
            continue
        old, new = text_of(cell["outputs"]), executed[cell["id"]]
        metric = METRIC.search(old) is not None and "# not compared: " not in "".join(cell["source"])
        compared += metric
        if bool(old.strip()) != bool(new.strip()) or metric and not same_metrics(old, new):
            stale.append(f"{path.name}, cell {cell['id']}: committed {old[:300]!r}, now {new[:300]!r}")
    print(f"{compared} outputs with metrics compared")
    if stale:
        sys.exit("stale outputs; run the page, read its prose and commit it:\n" + "\n".join(stale))


def check_lab():
    "Every lesson in JupyterLab, if Chromium is there."
    if lab.chromium():
        lab.main()
    else:
        print("   left out: no Chromium here (make test-lab says how to install it)")


def check_cells():
    "Every code cell was executed, or carries a flag and, in the line below it, `# reason: ...`; prints the count. Gives the table."
    executed, table, silent, ids = executed_texts(), {}, [], []
    for path, cell in code_cells():
        counts = table.setdefault(path.relative_to(PAGES), {"executed": 0, "skipped": 0})
        ids.append(cell["id"])
        counts["executed" if cell["id"] in executed else "skipped"] += 1
        if cell["id"] not in executed and not re.search(r"^#\| ?\w+\n# reason: .+", "".join(cell["source"])):
            silent.append(f"{path.name}: cell {cell['id']}")
    if len(ids) != len(set(ids)):
        sys.exit("two cells have the same id (a copied page keeps its ids): " + ", ".join({i for i in ids if ids.count(i) > 1}))
    print(f"\n{'page':<32}{'executed':>10}{'skipped':>9}")
    for page, counts in table.items():
        print(f"{str(page):<32}{counts['executed']:>10}{counts['skipped']:>9}")
    if silent:
        sys.exit("skipped without a flag and a reason: " + "; ".join(silent))
    if empty := [str(page) for page, counts in table.items() if not counts["executed"]]:
        sys.exit(f"no cell was executed in {', '.join(empty)}")
    return table


def check_wheel():
    "Build the source archive and from it the wheel, install that in an empty environment, use it from an empty directory."
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, str(ROOT)], check=True, stdout=subprocess.DEVNULL)
        (wheel,) = Path(folder).glob("*.whl")
        subprocess.run([sys.executable, "-m", "venv", f"{folder}/venv"], check=True)
        install = [f"{folder}/venv/bin/python", "-m", "pip", "install", "--quiet", "--constraint", str(ROOT / "requirements.lock")]
        subprocess.run([*install, f"{wheel}[pocket]"], check=True)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        use = functools.partial(subprocess.run, check=True, cwd=folder, env=environment, capture_output=True, text=True)
        use([f"{folder}/venv/bin/squad-tutorial", "--help"])
        few = ["--max-train-examples", "8", "--max-validation-examples", "8", "--epochs", "1", "--output", "run"]
        use([f"{folder}/venv/bin/squad-tutorial", "run", "pocket", *few])
        ask = ["ask", "--model", "run/checkpoint", "--question", "Who?", "--context", "Ada Quill made it.", "--json"]
        answer = json.loads(use([f"{folder}/venv/bin/python", "-m", "squad_tutorial", *ask]).stdout)
        assert answer[0]["answer"] in "Ada Quill made it.", answer
        names = use([f"{folder}/venv/bin/python", "-m", "pip", "list"]).stdout.lower()
        assert "nbdev" not in names and "fastcore" not in names, "a development tool came with the package"


def main():
    began = time.perf_counter()
    for step in (check_fresh, check_shape, run_pages, check_cells, check_outputs, check_site, check_wheel, check_lab):
        print(f"== {step.__name__}: {step.__doc__.splitlines()[0]}", flush=True)
        started = time.perf_counter()
        result = step()
        print(f"   {time.perf_counter() - started:.0f} s", flush=True)
        if step is check_cells:
            table = result
    ran, left = (sum(counts[kind] for counts in table.values()) for kind in ("executed", "skipped"))
    print(f"{len(table)} pages, {time.perf_counter() - began:.0f} s")
    print(f"cells: {ran} passed, 0 failed, {left} skipped")


if __name__ == "__main__":
    main()
