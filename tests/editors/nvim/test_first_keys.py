"""What is typed before the server or its model is there is answered when they are, without another key."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.editor import Editor
from tests.support.fault_server import FaultServer, Mode

ADD = "def add(a, b):\n    \n"
SHORT_DEADLINE = {"AUTOTHINK_COMPLETION__DEADLINE_MS": "300"}
# A server that starts when the test says so: it waits for a file.
GATED = """
require('autothink').setup({{}})
vim.lsp.config('autothink', {{ cmd = {{ 'sh', '-c', [[
  while [ ! -e {gate} ]; do sleep 0.05; done
  exec {python} -m autothink_lsp serve]] }} }})
"""


async def open_and_type(editor: Editor, key: str = "r") -> None:
    """Without a wait for the server."""
    path = editor.folder / "a.py"
    path.write_text(ADD)
    await editor.command(f"edit {path}")
    await editor.call("nvim_win_set_cursor", 0, [2, 0])
    await editor.keys("A", key)
    await editor.until(lambda: typed(editor, key), "the key is in the buffer")


async def typed(editor: Editor, key: str) -> bool:
    return (await editor.text()).splitlines()[1:2] == ["    " + key]


async def test_ghost_text_comes_for_keys_before_initialize_is_answered(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    editor = await start(lua=GATED.format(gate=gate, python=sys.executable))
    backend.pieces = ["return a + b"]
    await open_and_type(editor)
    gate.touch()
    await editor.until_ghost("eturn a + b")


async def test_ghost_text_comes_for_keys_while_the_model_is_loaded(start: Start, backend: FaultServer) -> None:
    backend.answers_probes.clear()
    backend.pieces = ["return a + b"]
    editor = await start(environ=SHORT_DEADLINE)
    await open_and_type(editor)
    await editor.until(editor.is_attached, "the server is attached")
    await editor.until(lambda: has_answers(editor), "the deadline has passed")
    backend.answers_probes.set()
    await editor.until_ghost("eturn a + b")


@pytest.mark.parametrize("is_up", [False, True], ids=["no server listens", "it loads"])
async def test_ghost_text_comes_for_keys_before_the_model_server_is_up(
    start: Start, backend: FaultServer, is_up: bool
) -> None:
    backend.pieces = ["return a + b"]
    if is_up:
        backend.mode = Mode.LOADING
    else:
        await backend.stop()
    editor = await start()
    await open_and_type(editor)
    await editor.until(editor.is_attached, "the server is attached")
    await editor.until(lambda: has_answers(editor), "no suggestion yet")
    backend.mode = Mode.OK
    if not is_up:
        await backend.start()
    await editor.until_ghost("eturn a + b")


async def has_answers(editor: Editor) -> bool:
    return (await editor.counts())["answered"] > 0
