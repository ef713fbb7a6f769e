"""Neovim 0.12's own client of inline completion, as far as it can be reached: its rules replayed on 0.11.4.

What is tested is our server's part: that a client which cancels nothing and checks no version still shows what fits.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from autothink_lsp.features.statistics.store import FILE_NAME, Statistics
from tests.editors.nvim.conftest import Start
from tests.editors.nvim.editor import Editor
from tests.editors.nvim.screen import GHOST_COLOUR
from tests.support.fault_server import FaultServer, Mode

LUA = f"""
vim.lsp.config('autothink', {{ capabilities = {{ textDocument = {{
  inlineCompletion = {{ dynamicRegistration = false }} }} }} }})
vim.lsp.enable('autothink')
_G.builtin = dofile([[{Path(__file__).parent / "builtin_client.lua"}]])
vim.api.nvim_set_hl(0, 'ComplHint', {{ fg = {GHOST_COLOUR} }})
"""
ADD = "def add(a, b):\n    \n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
async def test_it_shows_and_accepts_what_the_server_sends(
    start: Start, backend: FaultServer, tmp_path: Path, encoding: str
) -> None:
    editor = await start(lua=LUA, encoding=encoding)
    await editor.edit("a.py", ADD, row=2)
    await editor.keys("A")
    await editor.until_ghost("return a + b")
    await editor.type("ret")
    await editor.until_ghost("urn a + b")
    await editor.lua("builtin.accept()")
    await editor.until(lambda: text_is(editor, "def add(a, b):\n    return a + b"), "accepted")
    await editor.keys("<Esc>")
    await editor.lua("for _, client in ipairs(vim.lsp.get_clients()) do client:stop() end")
    await editor.until(lambda: editor.lua("return #vim.lsp.get_clients() == 0"), "the server has ended")
    statistics = Statistics(tmp_path / "home" / "state" / FILE_NAME)
    assert ("python", "accepted", 1) in statistics.suggestions()
    statistics.close()


async def test_requests_without_a_cancel_are_superseded_by_the_server(start: Start, backend: FaultServer) -> None:
    backend.mode = Mode.SLOW
    editor = await start(lua=LUA)
    await editor.edit("a.py", ADD, row=2)
    await editor.keys("A")
    for number, character in enumerate("print", 2):
        await backend.until(lambda: backend.running >= 1)
        await editor.type(character)
        await editor.until(lambda n=number: requests_are(editor, n), "another request")
    backend.pieces = ["(a)"]
    backend.mode = Mode.OK
    await editor.type("(")
    backend.step(100)
    await editor.until(lambda: requests_are(editor, 7), "the last one")
    assert backend.most_running == 1, "one run at a time, whatever the client sends"


async def test_an_item_with_a_range_over_text_is_drawn_over_it(start: Start, backend: FaultServer) -> None:
    backend.pieces = ["\n    1,"]
    editor = await start(lua=LUA)
    await editor.edit("a.py", "def add(a, b): ...\nprint(add())\n", row=2, column=9)
    await editor.keys("a")
    await editor.until_screen(lambda f: "    1,\n))" in f.text().replace("⟦", "").replace("⟧", ""), "the last line")
    await editor.lua("builtin.accept()")
    await editor.until(lambda: text_is(editor, "def add(a, b): ...\nprint(add(\n    1,\n))"), "accepted")


async def text_is(editor: Editor, text: str) -> bool:
    return await editor.text() == text


async def requests_are(editor: Editor, number: int) -> bool:
    return await editor.lua("return builtin.requests") >= number
