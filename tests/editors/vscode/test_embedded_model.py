"""The real embedded model in the real workbench: what a user has who has set nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors.vscode.conftest import Start
from tests.editors.vscode.workbench import READY_MS
from tests.engines.conftest import make_home

SOURCE = '''"""Small things."""


def add(a, b):
    """The sum of both."""
    '''


@pytest.mark.model
async def test_ghost_text_of_the_embedded_model(start: Start, tmp_path: Path, embedded_model: Path) -> None:
    make_home(tmp_path / "autothink-home", embedded_model)
    slow = {"autothink.completion.deadline_ms": 20_000, "editor.quickSuggestions": {"other": "off"}}
    window = await start(
        {"a.py": SOURCE},
        {**slow, "autothink.embedded.threads": 1, "autothink.embedded.share": False},
        ready="AutoThink",
    )
    await window.status_says("AutoThink$", timeout_ms=READY_MS)
    await window.go_to(6, 5)
    await window.type("r")
    await window.ghost_says("a + b", timeout_ms=READY_MS)
    await window.screenshot("embedded")
    await window.press("Tab")
    await window.saves("a.py", SOURCE + "return a + b")
    assert "qwen2.5-coder-0.5b" in await window.status_tooltip()
