"""Real editors, each with a home of its own, and our server as they start it: ``autothink-lsp serve`` on the PATH."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from tests.editors.others import environment
from tests.editors.others.terminal import LIMIT_S, Terminal
from tests.support.fault_server import FaultServer

RECORDER = Path(__file__).parents[2] / "support" / "recording_server.py"
BEGUN = "def add(a, b):\n"
SUGGESTED = ["return", " a", " + ", "b"]


@frozen
class Desk:
    """What an editor of a test is started with."""

    home: Path
    project: Path
    environ: dict[str, str]
    log: Path

    def said(self, who: str, method: str | None = None) -> list[Any]:
        """Messages that the ``editor`` or the ``server`` sent so far, those of a method or all."""
        if not self.log.exists():
            return []
        lines = [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
        messages = [line["message"] for line in lines if line["from"] == who]
        return [one for one in messages if method is None or one.get("method") == method]

    async def until_said(self, who: str, method: str) -> None:
        """Wait until a message of that method was sent."""
        async with asyncio.timeout(LIMIT_S):
            while not self.said(who, method):
                await asyncio.sleep(0.1)

    def done(self, method: str) -> list[Any]:
        """The editor's requests of a method that were answered."""
        answered = {one["id"] for one in self.said("server") if "method" not in one}
        return [one for one in self.said("editor", method) if one["id"] in answered]

    def applied(self) -> bool:
        """Whether the editor has said that it applied an edit of ours."""
        asked = {one["id"] for one in self.said("server", "workspace/applyEdit")}
        return any(one.get("id") in asked and one["result"]["applied"] for one in self.said("editor"))

    async def until_saved(self, name: str, expected: str) -> None:
        """Wait until the file holds ``expected``."""
        path, text = self.project / name, ""
        try:
            async with asyncio.timeout(LIMIT_S):
                while (text := path.read_text(encoding="utf-8")) != expected:
                    await asyncio.sleep(0.1)
        except TimeoutError:
            assert text == expected

    def write(self, name: str, text: str) -> Path:
        """A file of the project."""
        path = self.project / name
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
async def backend() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        server.passes_warm_ups = True
        server.pieces = list(SUGGESTED)
        yield server


@pytest.fixture
def desk(tmp_path: Path, backend: FaultServer) -> Desk:
    home, project, programs = tmp_path / "home", tmp_path / "project", tmp_path / "bin"
    for folder in (home, project, programs):
        folder.mkdir()
    log = tmp_path / "conversation.jsonl"
    server = [sys.executable, str(RECORDER), str(log), sys.executable, "-m", "autothink_lsp"]
    script = programs / "autothink-lsp"
    script.write_text(f'#!/bin/sh\nexec {shlex.join(server)} "$@"\n')
    script.chmod(0o755)
    for tool in ("rass", "ruff"):  # and no type checker, which would take longer than Kate waits
        (programs / tool).symlink_to(Path(sys.executable).parent / tool)
    environ = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_STATE_HOME": str(home / ".state"),
        "PATH": os.pathsep.join([str(programs), "/usr/local/bin", "/usr/bin", "/bin"]),
        "LANG": "C.UTF-8",
        "AUTOTHINK_HOME": str(tmp_path / "autothink"),
        "AUTOTHINK_COMPLETION__BACKEND": "openai",
        "AUTOTHINK_COMPLETION__URL": backend.url,
        "AUTOTHINK_COMPLETION__DEADLINE_MS": "20000",
        "AUTOTHINK_ASSIST__BACKEND": "openai",
        "AUTOTHINK_ASSIST__URL": backend.url,
        "AUTOTHINK_ASSIST__DEADLINE_S": "60",
        "AUTOTHINK_ASSIST__PREVIEW": "failed",
        "AUTOTHINK_ASSIST__RUN_CHECKERS": "false",  # Kate takes an edit for two seconds, a type checker needs as long
    }
    return Desk(home, project, environ, log)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path)
    yield made
    made.stop()


def needs_editor(editor: str) -> list[pytest.MarkDecorator]:
    """Marks of a file: its tests are skipped, with what is missing, where the editor is not there.

    ``make test-editors`` installs it beforehand, and fails where it cannot.
    """
    absent = environment.missing(editor)
    reason = f"missing for {editor}: {' '.join(absent)} (make test-editors)"
    return [pytest.mark.editors, pytest.mark.timeout(400), pytest.mark.skipif(bool(absent), reason=reason)]
