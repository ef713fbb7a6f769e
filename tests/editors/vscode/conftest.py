"""A workbench with our extension as users get it, the model a script unless the test says otherwise. Most tests share
one window (``share``); those that need an environment or a state of their own start one (``start``)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from attrs import define, field
from playwright.async_api import Browser, async_playwright

from tests.editors.vscode.code_server import CodeServer
from tests.editors.vscode.shared_window import SharedWindow, write_keybindings
from tests.editors.vscode.workbench import READY, READY_MS, VIEWPORT, Workbench
from tests.support.fault_server import FaultServer

ROOT = Path(__file__).parents[3]
BROKEN = ROOT / "examples/projects/broken"
ENVIRONMENT = Path(os.environ.get("AUTOTHINK_VSCODE_ENV", ROOT / ".venv-vscode"))
VSIX = Path(os.environ.get("AUTOTHINK_VSCODE_VSIX", ROOT / "editors/vscode/autothink.vsix"))
PICTURES = Path(os.environ.get("AUTOTHINK_VSCODE_PICTURES", ROOT / "build/vscode-pictures"))
FLAGS = (
    "--no-sandbox --disable-gpu --disable-dev-shm-usage --force-device-scale-factor=1 --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)

Start = Callable[..., Awaitable[Workbench]]
Share = Callable[..., Awaitable[Workbench]]

_FAILED = pytest.StashKey[bool]()
_MEASURED = pytest.StashKey[list[str]]()


@pytest.fixture
def measured(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """``measured("…")``: a line for the end of the run."""
    return pytestconfig.stash.setdefault(_MEASURED, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(_MEASURED, []):
        terminalreporter.write_line(f"measured: {line}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("vscode")
            item.add_marker(pytest.mark.timeout(300))
            # Tests share a window, its browser and therefore an event loop.
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


@pytest.fixture(scope="session")
def extensions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with our extension, installed from the .vsix."""
    state = tmp_path_factory.mktemp("install")
    server = CodeServer(ENVIRONMENT / "node/bin", ENVIRONMENT / "code-server", state, state / "extensions")
    server.install(VSIX)
    return server.extensions


@pytest_asyncio.fixture(loop_scope="session")
async def backend() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        server.passes_warm_ups = True
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = shutil.which("chromium")
        one = await playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS.split())
        yield one
        await one.close()


@define(eq=False)
class Windows:
    """Starts windows, and ends all of them."""

    extensions: Path
    browser: Browser
    _servers: list[CodeServer] = field(factory=list)

    async def start(
        self,
        place: Path,
        folder: Path,
        settings: dict[str, Any],
        *,
        environ: dict[str, str] | None = None,
        trusted: bool = True,
        pictures: Path,
    ) -> Workbench:
        """A window that shows nothing yet; the state of VS Code and of our server is kept in ``place``."""
        state = place / "state"
        state.mkdir(parents=True)
        programs = ENVIRONMENT / "node/bin"
        environ = {"AUTOTHINK_HOME": str(place / "autothink-home"), **(environ or {})}
        server = CodeServer(programs, ENVIRONMENT / "code-server", state, self.extensions, environ, trusted)
        self._servers.append(server)
        server.write_settings(settings)
        write_keybindings(server.user_settings)
        server.start()
        context = await self.browser.new_context(viewport=VIEWPORT)
        return Workbench(await context.new_page(), server, folder, pictures, settings)

    def stop(self) -> None:
        for server in self._servers:
            server.stop()


def with_command(settings: dict[str, Any] | None, command: list[str] | None = None) -> dict[str, Any]:
    """Settings that start our server from this checkout, unless they say otherwise."""
    started = [sys.executable, "-m", "autothink_lsp"] if command is None else command
    return {"autothink.server.command": started, **(settings or {})}


@pytest_asyncio.fixture(loop_scope="session")
async def start(
    tmp_path: Path, extensions: Path, browser: Browser, request: pytest.FixtureRequest
) -> AsyncIterator[Start]:
    """``await start({"a.py": text}, {"autothink.…": …})``: a window of the test's own on these files, its first one
    open. It takes many seconds; where ``share`` will do, it is the better one."""
    windows = Windows(extensions, browser)
    begun: list[Workbench] = []

    async def begin(
        files: dict[str, str],
        settings: dict[str, Any] | None = None,
        *,
        ready: str = READY,
        environ: dict[str, str] | None = None,
    ) -> Workbench:
        folder = tmp_path / "project"
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        pictures = PICTURES / request.node.name
        window = await windows.start(tmp_path, folder, with_command(settings), environ=environ, pictures=pictures)
        begun.append(window)
        await window.open(next(iter(files)), ready=ready)
        return window

    yield begin
    for window in begun:
        await window.screenshot("end")
    windows.stop()


async def shared_windows(
    extensions: Path, browser: Browser, factory: pytest.TempPathFactory, *, trusted: bool
) -> AsyncIterator[SharedWindow]:
    windows = Windows(extensions, browser)

    async def begin(folder: Path, settings: dict[str, Any]) -> Workbench:
        place = factory.mktemp("window")
        folder.mkdir(exist_ok=True)  # VS Code asks for another one where it is missing
        window = await windows.start(place, folder, settings, trusted=trusted, pictures=PICTURES)
        await window.open(ready="")
        return window

    yield SharedWindow(begin, factory.mktemp("shared") / "project")
    windows.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def trusted_window(
    extensions: Path, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SharedWindow]:
    async for shared in shared_windows(extensions, browser, tmp_path_factory, trusted=True):
        yield shared


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def restricted_window(
    extensions: Path, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SharedWindow]:
    async for shared in shared_windows(extensions, browser, tmp_path_factory, trusted=False):
        yield shared


async def sharing(shared: SharedWindow, node: pytest.Item) -> AsyncIterator[Share]:
    opened: list[Workbench] = []

    async def begin(
        files: dict[str, str],
        settings: dict[str, Any] | None = None,
        *,
        ready: str = READY,
        executable: str = "",
    ) -> Workbench:
        pictures, values = PICTURES / node.name, with_command(settings)
        try:
            window = await shared.open(files, values, ready=ready, pictures=pictures, executable=executable)
        except BaseException:
            shared.forget()
            raise
        opened.append(window)
        return window

    yield begin
    for window in opened:
        await window.screenshot("end")
    if node.stash.get(_FAILED, False):
        shared.forget()


@pytest_asyncio.fixture(loop_scope="session")
async def share(trusted_window: SharedWindow, request: pytest.FixtureRequest) -> AsyncIterator[Share]:
    """``await share({"a.py": text}, {"autothink.…": …})``: the window that the tests share, with these files and
    settings only."""
    async for begin in sharing(trusted_window, request.node):
        yield begin


@pytest_asyncio.fixture(loop_scope="session")
async def share_restricted(restricted_window: SharedWindow, request: pytest.FixtureRequest) -> AsyncIterator[Share]:
    """The same with a folder that is not trusted."""
    async for begin in sharing(restricted_window, request.node):
        yield begin


async def counted(window: Workbench) -> dict[str, int]:
    """What the server has counted of suggestions so far, by event. The server is ended for it."""
    # What was counted last is written when the server ends.
    await window.command("AutoThink: Restart Server")
    await window.status_says("starting")
    await window.status_says(READY, timeout_ms=READY_MS)
    environ = {**os.environ, "AUTOTHINK_HOME": window.server.environ["AUTOTHINK_HOME"]}
    command = [sys.executable, "-m", "autothink_lsp", "stats", "--json"]
    printed = subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout
    found: dict[str, int] = {}
    for events in json.loads(printed)["suggestions"].values():
        for event, count in events.items():
            found[event] = found.get(event, 0) + count
    return found


async def counted_since(window: Workbench, before: dict[str, int]) -> dict[str, int]:
    return {event: count - before.get(event, 0) for event, count in (await counted(window)).items()}


def scripted(backend: FaultServer, **more: Any) -> dict[str, Any]:
    """Settings for a model that is a script."""
    return {
        "autothink.completion.backend": "openai",
        "autothink.completion.url": backend.url,
        "autothink.completion.deadline_ms": 20_000,
        "autothink.completion.debounce_ms": 0,
        "autothink.completion.speculate": "never",  # requests are counted, and answers are given in order
        "autothink.assist.backend": "openai",
        "autothink.assist.url": backend.url,
        "autothink.assist.deadline_s": 60,
        "autothink.assist.preview": "failed",
        "autothink.log.level": "debug",
        # Else VS Code drops answers that come after 750 ms, as they do where other work keeps this machine busy.
        "editor.quickSuggestions": {"other": "off", "comments": "off", "strings": "off"},
        **more,
    }
