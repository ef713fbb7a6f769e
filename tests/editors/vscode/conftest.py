"""A workbench for each test: fresh folders, our extension as users get it, the model a script unless the test says
otherwise."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from tests.editors.vscode.code_server import CodeServer
from tests.editors.vscode.workbench import READY, READY_MS, Workbench
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
Counts = Callable[[Workbench], Awaitable[dict[str, int]]]


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


@pytest.fixture(scope="session")
def extensions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with our extension, installed from the .vsix."""
    state = tmp_path_factory.mktemp("install")
    server = CodeServer(ENVIRONMENT / "node/bin", ENVIRONMENT / "code-server", state, state / "extensions")
    server.install(VSIX)
    return server.extensions


@pytest.fixture
async def backend() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        server.passes_warm_ups = True
        yield server


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = shutil.which("chromium")
        one = await playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS.split())
        yield one
        await one.close()


@pytest.fixture
async def start(
    tmp_path: Path, extensions: Path, browser: Browser, request: pytest.FixtureRequest
) -> AsyncIterator[Start]:
    """``await start({"a.py": text}, {"autothink.…": …})``: a window on these files, its first one open."""
    windows: list[Workbench] = []
    servers: list[CodeServer] = []

    async def begin(
        files: dict[str, str],
        settings: dict[str, Any] | None = None,
        *,
        ready: str = READY,
        environ: dict[str, str] | None = None,
        trusted: bool = True,
        server_command: list[str] | None = None,
        executable: str = "",
    ) -> Workbench:
        folder = tmp_path / "project"
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        if executable:
            (folder / executable).chmod(0o755)
        home = str(tmp_path / "autothink-home")
        state = tmp_path / "state"
        state.mkdir()
        server = CodeServer(
            ENVIRONMENT / "node/bin",
            ENVIRONMENT / "code-server",
            state,
            extensions,
            {"AUTOTHINK_HOME": home, **(environ or {})},
            trusted,
        )
        servers.append(server)
        command = [sys.executable, "-m", "autothink_lsp"] if server_command is None else server_command
        server.write_settings({"autothink.server.command": command, **(settings or {})})
        server.start()
        context = await browser.new_context(viewport={"width": 1200, "height": 760})
        page = await context.new_page()
        pictures = PICTURES / request.node.name
        workbench = Workbench(page, server, folder, pictures, {"autothink.server.command": command, **(settings or {})})
        windows.append(workbench)
        await workbench.open(next(iter(files)), ready=ready)
        return workbench

    yield begin
    for window in windows:
        await window.screenshot("end")
    for server in servers:
        server.stop()


@pytest.fixture
def counts(tmp_path: Path) -> Counts:
    """``await counts(window)``: what the server has counted of suggestions, by event. The server is ended for it."""

    async def read(window: Workbench) -> dict[str, int]:
        # What was counted last is written when the server ends.
        await window.command("AutoThink: Restart Server")
        await window.status_says("starting")
        await window.status_says(READY, timeout_ms=READY_MS)
        environ = {**os.environ, "AUTOTHINK_HOME": str(tmp_path / "autothink-home")}
        command = [sys.executable, "-m", "autothink_lsp", "stats", "--json"]
        printed = subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout
        found: dict[str, int] = {}
        for events in json.loads(printed)["suggestions"].values():
            for event, count in events.items():
                found[event] = found.get(event, 0) + count
        return found

    return read


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
