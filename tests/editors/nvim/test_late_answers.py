"""A suggestion that missed its deadline appears when it is ready, without another key, and only where it was asked
for."""

from __future__ import annotations

import asyncio

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.editor import Editor
from tests.support.fault_server import FaultServer, Mode

ADD = "def add(a, b):\n    \n"
SHORT_DEADLINE = {"AUTOTHINK_COMPLETION__DEADLINE_MS": "300"}
TURN_S = 0.5  # in which it would have appeared


async def missed(start: Start, backend: FaultServer) -> Editor:
    """An editor in insert mode whose request got nothing by its deadline."""
    editor = await start(environ=SHORT_DEADLINE)
    backend.mode = Mode.SLOW
    await editor.edit("a.py", ADD, row=2)
    await editor.keys("A")
    await editor.until(lambda: has_answers(editor, 1), "the deadline has passed")
    await backend.until(lambda: backend.running == 1)
    return editor


async def has_answers(editor: Editor, count: int) -> bool:
    return (await editor.counts())["answered"] == count


async def test_it_appears_without_another_key(start: Start, backend: FaultServer) -> None:
    editor = await missed(start, backend)
    assert not editor.screen.now.ghost_text
    backend.step(10)
    await editor.until_ghost("return a + b")
    assert (await editor.counts())["asked"] == 2
    await editor.keys("<Tab>")
    await editor.until(lambda: text_is(editor, "def add(a, b):\n    return a + b"), "accepted")


async def test_nothing_appears_after_escape_or_another_key(start: Start, backend: FaultServer) -> None:
    editor = await missed(start, backend)
    await editor.keys("<Esc>")
    backend.step(10)
    await backend.until(lambda: backend.running == 0)
    await asyncio.sleep(TURN_S)
    assert (await editor.counts())["asked"] == 1
    await editor.keys("A")
    await editor.until_ghost("return a + b")  # what was left is no rejection
    backend.mode = Mode.SLOW
    await editor.keys("x")
    await editor.until_no_ghost()


async def text_is(editor: Editor, text: str) -> bool:
    return await editor.text() == text


TWO_LINES = ["total = a + b", "\n", "    return", " total", "\n"]


async def test_what_is_shown_is_extended_by_the_rest_of_the_answer(start: Start, backend: FaultServer) -> None:
    backend.pieces = TWO_LINES
    editor = await missed(start, backend)
    backend.step(3)
    await editor.until_ghost("total = a + b")
    backend.step(10)
    await editor.until_ghost("total = a + b\nreturn total")
    await editor.keys("<Tab>")
    await editor.until(lambda: text_is(editor, "def add(a, b):\n    total = a + b\n    return total"), "accepted")


async def test_what_was_dismissed_is_not_extended(start: Start, backend: FaultServer) -> None:
    backend.pieces = TWO_LINES
    editor = await missed(start, backend)
    backend.step(3)
    await editor.until_ghost("total = a + b")
    asked = (await editor.counts())["asked"]
    await editor.command("lua require('autothink.inline').dismiss()")
    await editor.until_no_ghost()
    backend.step(10)
    await backend.until(lambda: backend.running == 0)
    await asyncio.sleep(TURN_S)
    assert not editor.screen.now.ghost_text
    assert (await editor.counts())["asked"] == asked
