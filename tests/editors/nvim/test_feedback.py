"""What the server is told of its suggestions, read from its own statistics after it has ended."""

from __future__ import annotations

from pathlib import Path

from autothink_lsp.features.statistics.store import FILE_NAME, Statistics
from tests.editors.nvim.conftest import Start
from tests.editors.nvim.editor import Editor
from tests.support.fault_server import FaultServer

ADD = "def add(a, b):\n    \n"


async def begin(editor: Editor, name: str) -> None:
    await editor.edit(name, ADD, row=2)
    await editor.keys("A")
    await editor.until_ghost("return a + b")


async def ended(editor: Editor, tmp_path: Path) -> dict[str, int]:
    """The counts, once the server has written them."""
    await editor.keys("<Esc>")
    await editor.lua("for _, client in ipairs(vim.lsp.get_clients()) do client:stop() end")
    await editor.until(lambda: editor.lua("return #vim.lsp.get_clients() == 0"), "the server has ended")
    statistics = Statistics(tmp_path / "home" / "state" / FILE_NAME)
    counts = {event: count for _language, event, count in statistics.suggestions()}
    statistics.close()
    return counts


async def test_each_outcome_is_counted_once(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    editor = await start()
    await begin(editor, "dismissed.py")
    await editor.keys("<C-]>")
    await editor.until_no_ghost()
    await editor.keys("<Esc>")

    await begin(editor, "accepted.py")
    backend.pieces = ["\n"]
    await editor.keys("<Tab>")
    await editor.until_no_ghost()
    await editor.keys("<Esc>")
    backend.pieces = ["return", " a", " + ", "b"]

    await begin(editor, "partly.py")
    await editor.keys("<M-Right>")
    await editor.until_ghost("a + b")
    await editor.keys("<M-Right>")
    await editor.until_ghost("+ b")
    await editor.keys("<Esc>")

    await begin(editor, "undone.py")
    backend.pieces = ["\n"]
    await editor.keys("<Tab>")
    await editor.until_no_ghost()
    await editor.keys("<Esc>", "u")
    await editor.until(lambda: text_is(editor, ADD.rstrip("\n")), "undone")

    counts = await ended(editor, tmp_path)
    # What is offered after an accept and never seen may be one more of "offered".
    assert counts.pop("offered") >= 4
    assert counts == {"shown": 4, "dismissed": 1, "accepted": 2, "partly": 1, "undone": 1}


async def test_typing_a_suggestion_out_counts_as_shown_only(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    editor = await start()
    await begin(editor, "typed.py")
    backend.pieces = ["\n"]
    await editor.type("return a + b")
    await editor.until(lambda: text_is(editor, "def add(a, b):\n    return a + b"), "typed out")
    await editor.until_no_ghost()
    assert await ended(editor, tmp_path) == {"offered": 1, "shown": 1}


async def test_accepting_the_only_word_counts_as_accepting_the_suggestion(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    editor = await start()
    backend.pieces = ["pass"]
    await editor.edit("word.py", ADD, row=2)
    await editor.keys("A")
    await editor.until_ghost("pass")
    await editor.keys("<M-Right>")
    await editor.until_no_ghost()
    (event,) = await editor.events("AutoThinkAccepted")
    assert event["whole"] is True
    assert await ended(editor, tmp_path) == {"offered": 1, "shown": 1, "accepted": 1}


async def text_is(editor: Editor, text: str) -> bool:
    return await editor.text() == text
