"""Next edits in the plugin, in sidekick.nvim and in copilot-lsp: seen, jumped to, accepted, dismissed, undone, a chain.

The other plugins are not part of this repository: their checkouts are named by ``AUTOTHINK_SIDEKICK`` and
``AUTOTHINK_COPILOT_LSP``, and used unchanged.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.editors.nvim.conftest import SETUP, Start
from tests.editors.nvim.editor import Editor

NAMES = ("one", "two", "three", "four", "five")
TEXT = "".join(f"{name} = fetch({number})\n\n" for number, name in enumerate(NAMES))
OURS = SETUP + "\nrequire('autothink.next_edit').setup({})"
# Neovim 0.12 tells a handler the id of its request, which sidekick.nvim compares; 0.11 does not.
REQUEST_IDS = """
    if vim.fn.has('nvim-0.12') == 0 then
        local Client = require('vim.lsp.client')
        local request = Client.request
        function Client:request(method, params, handler, bufnr)
            local id
            local sent, found = request(self, method, params, handler and function(err, result, ctx, config)
                ctx.request_id = id
                return handler(err, result, ctx, config)
            end, bufnr)
            id = found
            return sent, found
        end
    end
"""
SIDEKICK = """
    require('sidekick').setup({ cli = { watch = false }, copilot = { status = { enabled = true } } })
    vim.lsp.enable('autothink_copilot')
"""


async def rename_two(editor: Editor) -> None:
    """The first two calls get another name; the cursor stays at the second one."""
    await editor.edit("calls.js", TEXT)
    await editor.keys("ffcwload<Esc>", "2jF ", "0ffcwload<Esc>")


async def lines(editor: Editor) -> list[str]:
    text: list[str] = await editor.lua("return vim.api.nvim_buf_get_lines(0, 0, -1, false)")
    return [line for line in text if line]


async def calls(editor: Editor) -> str:
    return " ".join("L" if "load" in line else "f" for line in await lines(editor))


async def until(editor: Editor, expected: Any, code: str) -> None:
    await editor.until(lambda: holds(editor, expected, code), f"{code} is {expected}")


async def holds(editor: Editor, expected: Any, code: str) -> bool:
    return bool(await editor.lua(code) == expected)


SHOWN = "local e = require('autothink.next_edit').get() return e and e.edit.text or ''"


async def test_three_next_edits_are_accepted_one_after_the_other(start: Start) -> None:
    editor = await start(lua=OURS)
    await rename_two(editor)
    for text in ("three = load(2)", "four = load(3)", "five = load(4)"):
        await until(editor, text, SHOWN)
        await editor.keys("<Tab>", "<Tab>")
    assert await calls(editor) == "L L L L L"
    await until(editor, "", SHOWN)
    await editor.keys("u")
    assert await calls(editor) == "L L L L f"


async def test_it_is_dismissed_and_the_keys_are_given_back(start: Start) -> None:
    editor = await start(lua=OURS)
    await rename_two(editor)
    await until(editor, "three = load(2)", SHOWN)
    mapped = "return #vim.tbl_filter(function(m) return m.lhs == '<Tab>' end, vim.api.nvim_buf_get_keymap(0, 'n'))"
    assert await editor.lua(mapped) == 1
    await editor.keys("<Esc>")
    assert await editor.lua(mapped) == 0
    await editor.lua("require('autothink.next_edit').request()")
    await editor.lua("vim.wait(300)")
    assert await editor.lua(SHOWN) == ""
    assert await calls(editor) == "L L f f f"


async def test_old_text_is_marked_and_new_text_drawn_below(start: Start) -> None:
    editor = await start(lua=OURS)
    await rename_two(editor)
    await until(editor, "three = load(2)", SHOWN)
    marks = await editor.lua("""
        local found = {}
        local space = vim.api.nvim_get_namespaces()['autothink.next_edit']
        for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })) do
            local lines = mark[4].virt_lines
            found[#found + 1] = { mark[2], lines and lines[1][1][1] or mark[4].hl_group }
        end
        return found""")
    assert marks == [[4, "AutoThinkNextEditOld"], [4, "three = load(2)"]]


@pytest.fixture
def sidekick() -> str:
    path = os.environ.get("AUTOTHINK_SIDEKICK")
    if not path:
        pytest.skip("AUTOTHINK_SIDEKICK names no checkout of sidekick.nvim")
    return path


@pytest.fixture
def copilot_lsp() -> str:
    path = os.environ.get("AUTOTHINK_COPILOT_LSP")
    if not path:
        pytest.skip("AUTOTHINK_COPILOT_LSP names no checkout of copilot-lsp")
    return path


async def test_sidekick_applies_three_next_edits(start: Start, sidekick: str) -> None:
    editor = await start(lua=f"{REQUEST_IDS}\nvim.opt.rtp:append('{sidekick}')\n{SETUP}\n{SIDEKICK}")
    await editor.edit("calls.js", TEXT)
    # It requests after changes alone, and not when its server comes later than they.
    await until(editor, 1, "return #vim.lsp.get_clients({ bufnr = 0, name = 'autothink_copilot' })")
    await until(editor, True, "return vim.lsp.get_clients({ name = 'autothink_copilot' })[1].initialized")
    await editor.keys("ffcwload<Esc>", "2jF ", "0ffcwload<Esc>")
    shown = "return require('sidekick.nes').have()"
    for expected in ("L L L f f", "L L L L f", "L L L L L"):
        await until(editor, True, shown)
        await editor.lua("require('sidekick').nes_jump_or_apply()")
        await editor.lua("vim.wait(50)")
        await editor.lua("require('sidekick').nes_jump_or_apply()")
        await editor.until(lambda expected=expected: is_called(editor, expected), expected)
    await editor.lua("vim.wait(400)")
    assert await editor.lua(shown) is False


async def test_copilot_lsp_applies_three_next_edits(start: Start, copilot_lsp: str) -> None:
    editor = await start(lua=f"vim.opt.rtp:append('{copilot_lsp}')\n{SETUP}\nrequire('copilot-lsp').setup({{}})")
    await rename_two(editor)
    for expected in ("L L L f f", "L L L L f", "L L L L L"):
        await editor.lua("require('copilot-lsp.nes').request_nes('autothink')")
        await until(editor, True, "return vim.b.nes_state ~= nil")
        await editor.lua("local nes = require('copilot-lsp.nes') nes.walk_cursor_start_edit() nes.apply_pending_nes()")
        await editor.until(lambda expected=expected: is_called(editor, expected), expected)
    await editor.lua("require('copilot-lsp.nes').request_nes('autothink')")
    await editor.lua("vim.wait(400)")
    assert await editor.lua("return vim.b.nes_state == nil") is True


async def is_called(editor: Editor, expected: str) -> bool:
    return await calls(editor) == expected
