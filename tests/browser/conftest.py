"""A JupyterLab server, a browser, and notebooks in it; nothing but the loopback may be asked for."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Error, Locator, Page, Playwright, Route, expect, sync_playwright

from dvnb import Repo

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
# Where there is no kernel yet the command would ask for one, and do nothing.
KERNEL_IS_IDLE = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
RUN = """milliseconds => Promise.race([
  window.jupyterapp.commands.execute('notebook:run-cell'),
  new Promise((_, fail) => setTimeout(() => fail(new Error('the cell did not end')), milliseconds)),
])"""
TOKEN = "tests"
SECONDS = 180
expect.set_options(timeout=SECONDS * 1000)  # machines may be busy
LOCAL = re.compile(r"^(https?://(127\.0\.0\.1|localhost)[:/]|data:|blob:|about:)")


@dataclass(frozen=True)
class Server:
    """A running JupyterLab (Notebook 7 is served beside it) and the folder it shows."""

    url: str
    folder: Path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """JupyterLab over a folder of its own, with settings of its own."""
    base = tmp_path_factory.mktemp("lab")
    folder = base / "work"
    folder.mkdir()
    settings = base / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "DVNB_", "JUPYTER_"))}
    env |= {
        "HOME": str(base),
        "XDG_CACHE_HOME": str(base / "cache"),
        "XDG_CONFIG_HOME": str(base / "config"),
        "IPYTHONDIR": str(base / "ipython"),
        "JUPYTER_CONFIG_DIR": str(base / "jupyter"),
        "JUPYTER_DATA_DIR": str(base / "data"),
        "JUPYTER_RUNTIME_DIR": str(base / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(base / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(base / "workspaces"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--ServerApp.port_retries=0"]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}", "--allow-root"]
    command += ["--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True"]
    command += ["--LabApp.news_url=", "--ServerApp.ip=127.0.0.1"]
    url = f"http://127.0.0.1:{port}"
    with (base / "log").open("wb") as log, subprocess.Popen(command, env=env, stdout=log, stderr=log) as process:
        try:
            _wait_for(f"{url}/api?token={TOKEN}", process, base / "log")
            yield Server(url, folder)
        finally:
            process.terminate()
            process.wait(20)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(SECONDS * 5):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Not for the whole session: while it is there a loop of asyncio runs, and other tests need one of their own."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium. Where there is none these tests fail: what nobody looked at is not known to work."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "the browser tests need Chromium: install Debian's package 'chromium'"
    browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Makes pages that may ask the loopback alone; requests elsewhere and errors of scripts fail the test.

    `foreign`: a page that is not ours, such as nbconvert's: what it asks for is refused, as where there is no network.
    """
    wrong: list[str] = []
    contexts = []

    def refuse(route: Route) -> None:
        if LOCAL.match(route.request.url):
            route.continue_()
        else:
            wrong.append(f"asked for {route.request.url}")
            route.abort()

    def note(error: Error) -> None:
        # Notebook 7.6 has an error of its own about settings while it starts.
        places = [line for line in (error.stack or "").splitlines() if "http" in line]
        if not places or not all("/static/notebook/" in place for place in places):
            wrong.append(f"error in the page: {error.stack or error}")

    def make(*, dark: bool = False, foreign: bool = False) -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="dark" if dark else "light")
        contexts.append(context)
        context.route("**/*", (lambda route: route.abort()) if foreign else refuse)
        page = context.new_page()
        page.set_default_timeout(SECONDS * 1000)
        if not foreign:
            page.on("pageerror", note)
        return page

    yield make
    for context in contexts:
        context.close()
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


@dataclass(frozen=True)
class Opened:
    """A notebook that is open in a browser; cells are run by the front end, in a real kernel."""

    page: Page
    path: Path
    lab: bool

    def run(self, cell: int) -> Locator:
        """Run a cell as the front end's command does, and wait until it has run; the cell."""
        found = self.page.locator(".jp-Notebook .jp-CodeCell").nth(cell)
        found.locator(".cm-content").click()
        expect(found).to_have_class(re.compile("jp-mod-active"))
        # Not by its key, which a front end that still starts may take late. The command ends when the cell has run.
        self.page.evaluate(RUN, SECONDS * 2000)
        expect(found.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]"))
        return found

    def look(self, name: str) -> None:
        """Keep a picture of the page where SCREENSHOTS says, for who wants to look at it."""
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            self.page.screenshot(path=os.path.join(folder, f"{name}.png"))

    def save(self) -> None:
        """Save the notebook, as the front end does when it is asked to."""
        before = self.path.stat().st_mtime_ns
        self.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        for _ in range(100):
            if self.path.stat().st_mtime_ns != before:
                return
            time.sleep(0.1)
        raise AssertionError("the notebook was not saved")


@pytest.fixture
def open_notebook(server: Server, page: Page) -> Callable[..., Opened]:
    """`open_notebook(path, lab=True)`: the notebook in JupyterLab, or in Notebook 7, once its kernel is ready."""

    def open_it(path: Path, *, lab: bool = True, dark: bool = False, page: Page = page) -> Opened:
        name = path.relative_to(server.folder).as_posix()
        _theme(server, "JupyterLab Dark" if dark else "JupyterLab Light")
        if lab:
            page.goto(f"{server.url}/doc/tree/{name}?token={TOKEN}&reset")
        else:
            page.goto(f"{server.url}/notebooks/{name}?token={TOKEN}")
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.wait_for_function(KERNEL_IS_IDLE)
        return Opened(page, path, lab)

    return open_it


def _theme(server: Server, name: str) -> None:
    settings = server.folder.parent / "settings" / "@jupyterlab" / "apputils-extension"
    (settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": name}))


@pytest.fixture
def notebook() -> Callable[..., Path]:
    """`notebook(path, *sources)` writes a notebook of code cells."""

    def write(path: Path, *sources: str) -> Path:
        spec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), path)
        return path

    return write


@pytest.fixture
def lab_project(server: Server, request: pytest.FixtureRequest) -> Path:
    """A project in the folder that the server shows: numbers.csv in three versions, tagged v1 to v3."""
    root = server.folder / re.sub(r"\W+", "-", request.node.name)
    root.mkdir()

    def git(*words: str) -> None:
        identity = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    Repo.init(root)
    repo = Repo(root)
    for number in (1, 2, 3):
        rows = "".join(f"{row},{row * number}\n" for row in range(4 + number))
        (root / "numbers.csv").write_text(f"id,value\n{rows}")
        repo.add("numbers.csv")
        git("add", "-A")
        git("commit", "-qm", f"version {number}")
        git("tag", f"v{number}")
    return root
