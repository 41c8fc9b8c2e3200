"""Every lesson in a real JupyterLab: `make lab`'s own command, headless Chromium, Run All Cells, no error, widgets that answer.

usage: python tools/lab.py [PAGE ...]     all pages if none is named; screenshots in build/lab
"""
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from notebooks import ROOT

BUILD = ROOT / "build" / "lab"
LIMIT = 1800  # seconds for one page
STATE = """() => {
    const panel = window.jupyterapp.shell.currentWidget, kernel = panel?.sessionContext?.session?.kernel;
    if (!panel?.content?.model || !kernel) return {status: "none"};
    const code = [...panel.content.model.cells].filter(cell => cell.type === "code" && cell.sharedModel.getSource().trim());
    const outputs = code.flatMap(cell => cell.outputs.toJSON());
    return {path: panel.context.path, status: kernel.status, cells: code.length, ran: code.filter(cell => cell.executionCount).length,
            errors: outputs.filter(output => output.output_type === "error").map(output => `${output.ename}: ${output.evalue}`)};
}"""
SHOW = """text => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    const index = [...notebook.model.cells].findIndex(cell => cell.sharedModel.getSource().includes(text));
    notebook.activeCellIndex = index;
    return notebook.scrollToItem(index, "start");
}"""


def chromium():
    "The path of an installed Chromium or Chrome, or None."
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextlib.contextmanager
def server(folder):
    "JupyterLab on `folder`, by the command of `make lab`, on a free port; gives its address. It stops at the end with all its kernels."
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    options = f"--no-browser --port={port} --ServerApp.port_retries=0 --IdentityProvider.token= --LabApp.expose_app_in_browser=True"
    with open(BUILD / "server.log", "w") as log:
        process = subprocess.Popen(
            ["make", "lab", f"LAB_DIR={folder}", f"LAB_ARGS={options}"], cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )
    try:
        for _ in range(120):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/api/status", timeout=5)
                break
            if process.poll() is not None:
                sys.exit(f"make lab ended before it served; see {BUILD / 'server.log'}")
            time.sleep(1)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def run_all(page, address, name):
    "Open the page `name`, choose Run > Run All Cells, wait until the kernel has run every cell. Exits with the error if there is one."
    page.goto(f"{address}/lab/tree/{name}?reset")
    wait_until(page, name, lambda state: state.get("path") == name and state["status"] == "idle")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    state = wait_until(page, name, lambda state: state["errors"] or state["ran"] == state["cells"] and state["status"] == "idle")
    if state["errors"]:
        page.screenshot(path=BUILD / f"{Path(name).stem}-error.png")
        sys.exit(f"{name}: {state['errors'][0]}")
    return state["cells"]


def wait_until(page, name, ready):
    "The notebook's state as soon as `ready(state)`."
    began = time.monotonic()
    while not ready(state := page.evaluate(STATE)):
        if time.monotonic() - began > LIMIT:
            sys.exit(f"{name}: not done after {LIMIT} s: {state}")
        page.wait_for_timeout(500)
    return state


def screenshots(page, name):
    "The page from top to bottom, a picture a screen: build/lab/NAME-01.png ... Every widget on it must have been drawn."
    scroller = page.locator(".jp-WindowedPanel-outer").first
    scroller.evaluate("element => element.scrollTo(0, 0)")
    number, at, end = 0, -1, 0
    while at < end:
        number, at = number + 1, end
        page.wait_for_timeout(500)  # cells are drawn when they come into sight
        page.screenshot(path=BUILD / f"{Path(name).stem}-{number:02}.png")
        if page.get_by_text("Error displaying widget").count() or page.get_by_text("Loading widget").count():
            sys.exit(f"{name}: a widget is not shown; see {BUILD}")
        end = scroller.evaluate("element => { element.scrollBy(0, element.clientHeight - 80); return element.scrollTop }")


def ask_panel(page, name):
    "Type a question into the panel and read the answer of the fine-tuned model."
    page.evaluate(SHOW, "Panel(")
    question = page.get_by_placeholder("your question")
    question.fill("Who built the first practical steam engine?")
    question.press("Enter")
    page.locator(".jupyter-widgets ol li").filter(has_text="Thomas Newcomen").first.wait_for(timeout=60_000)
    page.screenshot(path=BUILD / f"{Path(name).stem}-panel.png")


def main(names=()):
    "All pages, or those named; prints one line for each."
    if not chromium():
        sys.exit("Chromium is missing: install it (Debian and Ubuntu: apt-get install chromium), then run make test-lab again")
    from playwright.sync_api import sync_playwright

    shutil.rmtree(BUILD, ignore_errors=True)
    for folder in ("nbs", "benchmarks"):  # a copy: JupyterLab saves what it runs
        shutil.copytree(ROOT / folder, BUILD / folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    names = names or [path.name for path in sorted((BUILD / "nbs").glob("*.ipynb"))]
    with server(BUILD / "nbs") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 1800})
        page.on("dialog", lambda dialog: dialog.accept())
        for name in names:
            began = time.monotonic()
            cells = run_all(page, address, name)
            screenshots(page, name)
            if name == "05_prediction.ipynb":
                ask_panel(page, name)
            page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
            print(f"{name:<28}{cells:>4} cells{time.monotonic() - began:>6.0f} s", flush=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
