"""Real Neovim, the real server, and the fault server as its model. ``make test-nvim`` makes the environment."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from attrs import define, field

from tests.editors.nvim.editor import Editor
from tests.support.fault_server import FaultServer, Mode

Start = Callable[..., Awaitable[Editor]]
SETUP = "require('autothink').setup({})"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("nvim")


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder of the programs that `environment.py` has made."""
    found = os.environ.get("AUTOTHINK_NVIM")
    if not found:
        pytest.skip("needs Neovim: make test-nvim")
    return Path(found).absolute() / "bin"


@pytest.fixture(scope="session")
def nvim(programs: Path) -> Path:
    return (programs / "nvim").resolve()


@define(eq=False)
class SharedEditor:
    """A Neovim that the tests of one file share, and its model. Each test edits a file of its own."""

    editor: Editor
    backend: FaultServer
    encoding: str
    _numbers: count[int] = field(factory=lambda: count(1))

    async def open(self, text: str, *, row: int = 1, column: int = 0, name: str = "{}.py") -> Editor:
        """A new file with the cursor at a place; nothing was asked and nothing happened yet."""
        await self.editor.edit(name.format(f"file{next(self._numbers)}"), text, row=row, column=column)
        await self.forget()
        return self.editor

    async def forget(self) -> None:
        await self.editor.lua("""
            _G.test.notified, _G.test.events = {}, {}
            local request = package.loaded['autothink.inline.request']
            for name in pairs(request and request.counts or {}) do request.counts[name] = 0 end""")

    async def reset(self) -> None:
        await self.editor.keys("<Esc>", "<Esc>")
        await self.editor.command("AutoThink resume")
        await self.editor.command("silent! %bwipeout!")
        self.backend.mode = Mode.OK
        self.backend.pieces = ["return", " a", " + ", "b"]
        self.backend.chat_answers = []
        self.backend._steps = asyncio.Semaphore(0)  # what an earlier test let go on


async def start_shared_editor(nvim: Path, folder: Path, encoding: str, lua: str = SETUP) -> AsyncIterator[SharedEditor]:
    async with FaultServer() as backend:
        backend.passes_warm_ups = True
        editor = await Editor.start(
            nvim, folder / "project", lua=lua, environ=server_environ(folder, backend), encoding=encoding
        )
        yield SharedEditor(editor, backend, encoding)
        await editor.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["utf-8", "utf-16"])
async def module_editor(
    request: pytest.FixtureRequest, nvim: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SharedEditor]:
    async for shared_editor in start_shared_editor(nvim, tmp_path_factory.mktemp("shared_editor"), request.param):
        yield shared_editor


@pytest_asyncio.fixture(loop_scope="module")
async def shared_editor(module_editor: SharedEditor) -> AsyncIterator[SharedEditor]:
    """The shared Neovim with nothing left of earlier tests; nothing may have gone wrong at the end."""
    await module_editor.reset()
    yield module_editor
    await no_errors(module_editor.editor)


@pytest.fixture
async def backend() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        server.passes_warm_ups = True
        yield server


@pytest.fixture
async def start(nvim: Path, backend: FaultServer, tmp_path: Path) -> AsyncIterator[Start]:
    """``await start(lua=…)``: a Neovim with the plugin and a server of its own."""
    editors: list[Editor] = []

    async def begin(lua: str = SETUP, environ: dict[str, str] | None = None, **more: Any) -> Editor:
        values = server_environ(tmp_path, backend) | (environ or {})
        editor = await Editor.start(nvim, tmp_path / "project", lua=lua, environ=values, **more)
        editors.append(editor)
        return editor

    yield begin
    for editor in editors:
        if editor.nvim.process.returncode is None:
            await no_errors(editor)
            await editor.close()


def server_environ(folder: Path, backend: FaultServer) -> dict[str, str]:
    return {
        "AUTOTHINK_HOME": str(folder / "home"),
        "AUTOTHINK_COMPLETION__BACKEND": "openai",
        "AUTOTHINK_COMPLETION__URL": backend.url,
        "AUTOTHINK_COMPLETION__DEADLINE_MS": "20000",  # a loaded machine must not turn answers into misses
        "AUTOTHINK_COMPLETION__DEBOUNCE_MS": "0",
        "AUTOTHINK_ASSIST__BACKEND": "openai",
        "AUTOTHINK_ASSIST__URL": backend.url,
        "AUTOTHINK_ASSIST__DEADLINE_S": "60",
        "AUTOTHINK_ASSIST__PREVIEW": "failed",
    }


async def no_errors(editor: Editor) -> None:
    said = await editor.said()
    assert not [line for line in said.splitlines() if is_error(line)], said


def is_error(line: str) -> bool:
    """An E-message, or a failure in Lua."""
    words = ("E5108", "Error executing", "Error in ", "stack traceback", "attempt to ", "_ERROR")
    number = line.startswith("E") and line[1:2].isdigit() and ":" in line[:8]
    return number or any(word in line for word in words)
