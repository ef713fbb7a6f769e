"""A real server process per test, over its own pipes, with a home of its own; the model server behind it is the fault
server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support import fork_server
from tests.support.fault_server import FaultServer
from tests.support.lsp_client import LspClient

fork_server.install()

Start = Callable[..., Awaitable[LspClient]]


@pytest.fixture
async def backend() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        server.passes_warm_ups = True
        yield server


@pytest.fixture(scope="session")
def programs_that_find_nothing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the search path with a program that is named like the type checker and reports no problem."""
    folder = tmp_path_factory.mktemp("programs")
    program = folder / "basedpyright"
    program.write_text("#!/bin/sh\necho 0 errors, 0 warnings, 0 notes\n")
    program.chmod(0o755)
    return folder


@pytest.fixture
def real_type_checker() -> None:
    """Servers and commands of this test run the type checker itself."""


@pytest.fixture(autouse=True)
def _quick_type_checker(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, programs_that_find_nothing: Path
) -> None:
    """The real one takes two seconds of CPU for each edit. That edits are checked by it is tested in
    ``tests/unit/verify``, and here where a test asks for ``real_type_checker``."""
    if os.name == "posix" and "real_type_checker" not in request.fixturenames:
        monkeypatch.setenv("PATH", f"{programs_that_find_nothing}{os.pathsep}{os.environ.get('PATH', os.defpath)}")


@pytest.fixture
def without_checkers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers run no checker on an edit, which takes two seconds of CPU. For tests of how edits reach the editor; that
    they are checked is the subject of others."""
    monkeypatch.setenv("AUTOTHINK_ASSIST__RUN_CHECKERS", "false")


@pytest.fixture(params=["openai", "llama-server"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@contextlib.asynccontextmanager
async def started_servers(home: Path) -> AsyncIterator[Start]:
    """``await start(backend="openai", url=…, capabilities=…)``: an initialized client. All are stopped at the end."""
    clients: list[LspClient] = []

    async def begin(
        *,
        backend: str = "openai",
        url: str = "http://127.0.0.1:9",
        capabilities: Any = None,
        environ: dict[str, str] | None = None,
        answers: Any = None,
        options: Any = None,
        folder: Path | None = None,
        initialize: bool = True,
        stderr: int | None = asyncio.subprocess.DEVNULL,
        command: Sequence[str] = ("-m", "autothink_lsp", "serve"),
    ) -> LspClient:
        client = await LspClient.start(
            (sys.executable, *command),
            environ={
                "AUTOTHINK_HOME": str(home),
                "AUTOTHINK_COMPLETION__BACKEND": backend,
                "AUTOTHINK_COMPLETION__URL": url,
                "AUTOTHINK_COMPLETION__DEADLINE_MS": "20000",  # a loaded machine must not turn answers into misses
                "AUTOTHINK_COMPLETION__DEBOUNCE_MS": "0",
                **(environ or {}),
            },
            answers=answers,
            stderr=stderr,
        )
        clients.append(client)
        if initialize:
            await client.initialize(capabilities, folder_uri=folder.as_uri() if folder else None, options=options)
        return client

    yield begin
    for client in clients:
        if client.process.returncode is None:
            await client.stop()
        assert client.unanswered() == [] or client.process.returncode != 0


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """See ``started_servers``."""
    async with started_servers(tmp_path / "home") as begin:
        yield begin


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LspClient]:
    """One server without a model for all tests of a module that leave it as it was: a start costs 0.6 s of CPU. Such a
    test has the mark ``asyncio(loop_scope="module")``."""
    async with started_servers(tmp_path_factory.mktemp("shared") / "home") as begin:
        yield await begin()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_completing_client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LspClient]:
    """As ``shared_client``, with a model that answers every completion with the fault server's usual text."""
    home = tmp_path_factory.mktemp("completing") / "home"
    async with FaultServer() as model, started_servers(home) as begin:
        model.passes_warm_ups = True
        yield await begin(url=model.url)


def actions_at(url: str, *, deadline_s: int = 60, **more: str) -> dict[str, str]:
    """The environment of a server whose actions ask ``url``; ``more`` are names without their ``AUTOTHINK_``.

    Edits that no check objects to are applied without asking: what is tested is how they arrive. The default asks for
    what is not proved. Compilers and linters do not run: the type checker takes seconds for each edit.
    """
    return {
        "AUTOTHINK_ASSIST__PREVIEW": "failed",
        "AUTOTHINK_ASSIST__RUN_CHECKERS": "false",
        "AUTOTHINK_ASSIST__BACKEND": "openai",
        "AUTOTHINK_ASSIST__URL": url,
        "AUTOTHINK_ASSIST__DEADLINE_S": str(deadline_s),
        **{f"AUTOTHINK_{name}": value for name, value in more.items()},
    }


URI = "file:///project/a.py"


def did_open(client: LspClient, text: str, uri: str = URI, language: str = "python") -> None:
    client.notify(
        "textDocument/didOpen",
        {"textDocument": {"uri": uri, "languageId": language, "version": 1, "text": text}},
    )


def did_close(client: LspClient, uri: str = URI) -> None:
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


def did_change(client: LspClient, version: int, line: int, start: int, end: int, text: str, uri: str = URI) -> None:
    where = {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}
    client.notify(
        "textDocument/didChange",
        {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"range": where, "text": text}]},
    )


def ask_params(line: int, character: int, uri: str = URI, trigger: int = 2) -> dict[str, Any]:
    return {
        "textDocument": {"uri": uri},
        "position": {"line": line, "character": character},
        "context": {"triggerKind": trigger},
    }


async def inline(client: LspClient, line: int, character: int, uri: str = URI, trigger: int = 2) -> list[Any]:
    result = await client.request("textDocument/inlineCompletion", ask_params(line, character, uri, trigger))
    return result["items"]


def shown(client: LspClient, kind: int | None = None) -> list[str]:
    """Texts of window/showMessage, by LSP's type (1 error, 2 warning, 3 info)."""
    return [
        params["message"]
        for method, params in client.notifications
        if method == "window/showMessage" and kind in {None, params["type"]}
    ]


async def handled(client: LspClient, turns: int = 10) -> None:
    """The server has handled all that was sent to it before, by the client and by the model's server. An answer takes
    at least one turn of its event loop, in which it reads what has arrived on any of its connections."""
    for _ in range(turns):
        await client.request("autothink/documentStatus", {"uri": URI})


async def until(condition: Callable[[], object], timeout_s: float = 60.0) -> None:
    """Wait for something that arrives by itself; the limit is there to fail."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)
