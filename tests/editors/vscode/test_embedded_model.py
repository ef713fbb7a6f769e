"""The real embedded model in the real workbench: what a user has who has set nothing, in one window and in two."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from pathlib import Path

import pytest

from tests.editors.vscode.conftest import Start
from tests.editors.vscode.workbench import OFF, READY_MS
from tests.engines.conftest import ENGINE_MODULE, make_home

SOURCE = '''"""Small things."""


def add(a, b):
    """The sum of both."""
    '''
OFF_HERE = {"autothink.completion.enabled": False}
WORKSPACE = {"folders": [{"path": "quiet"}, {"path": "loud"}]}


@pytest.mark.model
async def test_two_windows_complete_with_one_embedded_model(start: Start, tmp_path: Path, embedded_model: Path) -> None:
    """The second one is on a workspace of two folders, one of which has switched completion off."""
    make_home(tmp_path / "autothink-home", embedded_model)
    slow = {"autothink.completion.deadline_ms": 20_000, "editor.quickSuggestions": {"other": "off"}}
    files = {
        "a.py": SOURCE,
        "loud/loud.py": SOURCE,
        "quiet/quiet.py": SOURCE,
        "quiet/.vscode/settings.json": json.dumps(OFF_HERE),
        "both.code-workspace": json.dumps(WORKSPACE),
    }
    window = await start(files, {**slow, "autothink.embedded.threads": 1}, ready="AutoThink")
    try:
        await window.status_says("AutoThink$", timeout_ms=READY_MS)
        await window.go_to(6, 5)
        await window.type("r")
        await window.ghost_says("a + b", timeout_ms=READY_MS)
        await window.screenshot("embedded")
        await window.press("Tab")
        await window.saves("a.py", SOURCE + "return a + b")
        assert "qwen2.5-coder-0.5b" in await window.status_tooltip()
        [engine] = window.server.processes(ENGINE_MODULE)

        second = await window.another_window("both.code-workspace")
        await second.open_file("loud.py")
        await second.status_says("AutoThink$", timeout_ms=READY_MS)
        await second.go_to(6, 5)
        await second.type("r")
        await second.ghost_says("a + b", timeout_ms=READY_MS)
        assert window.server.processes(ENGINE_MODULE) == [engine]
        assert "shared between windows" in await second.status_tooltip()
        assert len(await window.servers()) == 2
        await second.open_file("quiet.py")
        await second.status_says(OFF)
        await second.screenshot("second-window")
    finally:
        for process in window.server.processes(r"autothink_lsp\.engines"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)  # it would wait for the next window
