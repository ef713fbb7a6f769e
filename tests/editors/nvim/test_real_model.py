"""One session with the embedded model: it loads, suggests, and what it suggests is accepted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autothink_lsp.engines.models.catalogue import QWEN_CODER_05B
from tests.editors.nvim.conftest import Start

TEXT = '''def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


def subtract(a: int, b: int) -> int:
    """The difference of two numbers."""
'''


@pytest.mark.model
async def test_the_embedded_model_loads_and_its_suggestion_is_accepted(
    start: Start, embedded_model: Path, tmp_path: Path
) -> None:
    models = tmp_path / "home" / "data" / "models"
    models.mkdir(parents=True)
    (models / embedded_model.name).symlink_to(embedded_model)
    record = f"{embedded_model.name}.verified.json"
    shutil.copy(embedded_model.with_name(record), models / record)
    editor = await start(
        environ={
            "AUTOTHINK_COMPLETION__BACKEND": "embedded",
            "AUTOTHINK_EMBEDDED__SHARE": "false",  # it ends with the test
            "AUTOTHINK_EMBEDDED__MODEL": QWEN_CODER_05B.name,
            "AUTOTHINK_EMBEDDED__THREADS": "1",
            "AUTOTHINK_COMPLETION__DEADLINE_MS": "60000",
        }
    )
    await editor.edit("numbers.py", TEXT + "    \n", row=8)
    ready = "local e = require('autothink').status().endpoint; return e ~= nil and e.state == 'ready'"
    await editor.until(lambda: editor.lua(ready), "the model is loaded", limit_s=90)
    await editor.keys("A", "r")
    frame = await editor.until_screen(lambda f: "eturn" in f.ghost_text, "a suggestion")
    suggested = frame.lines[7].rstrip()
    print(frame.text())
    await editor.keys("<Tab>")
    await editor.until_screen(lambda f: f.lines[7].startswith(suggested) and "eturn" not in f.ghost_text, "accepted")
    assert (await editor.text()).split("\n")[7] == suggested
