"""Diagnostics of other tools near the cursor are in the prompt of a suggestion, without a code action."""

from __future__ import annotations

from tests.editors.nvim.conftest import Start
from tests.support.fault_server import FaultServer

CODE = "def first():\n    value = parse(1)\n    \n\n\ndef second():\n    \n"
WATCH = """
  _G.test.reported = {}
  local client = vim.lsp.get_clients({ name = 'autothink' })[1]
  local notify = client.notify
  client.notify = function(self, method, params)
    if method == 'autothink/diagnostics' then
      table.insert(_G.test.reported, params.diagnostics)
    end
    return notify(self, method, params)
  end"""
REPORT = """
  local message = ...
  local found = { { lnum = 1, col = 12, end_col = 17, message = message, severity = 1, source = 'checker' } }
  vim.diagnostic.set(vim.api.nvim_create_namespace('checker'), 0, message ~= '' and found or {})"""


async def test_they_are_reported_when_they_change(start: Start, backend: FaultServer) -> None:
    editor = await start(environ={"AUTOTHINK_COMPLETION__CONTEXT_TOKENS": "512"})  # however slow the model seems
    await editor.edit("a.py", CODE, row=3)
    await editor.keys("A")
    await editor.until_ghost("return a + b")
    await editor.keys("<Esc>")
    await editor.lua(WATCH)
    for _ in range(2):
        await editor.lua(REPORT, "no such name: parse")
        await editor.until(lambda: editor.lua("return #_G.test.reported > 0"), "the report")
    await editor.keys("G", "A")
    await editor.until_ghost("return a + b")
    assert "value = parse(1)  <- no such name: parse" in backend.bodies[-1]["prompt"]
    await editor.keys("<Esc>")
    assert await editor.lua("return #_G.test.reported") == 1
    # The server drops the message with the edit of its line; the tool says the same of the new text.
    await editor.keys("2GA", "0", "<Esc>")
    await editor.lua(REPORT, "no such name: parse")
    await editor.until(lambda: editor.lua("return #_G.test.reported == 2"), "the report after the edit")
    await editor.lua(REPORT, "")
    await editor.until(lambda: editor.lua("return #_G.test.reported == 3"), "the third report, and no more")
    assert await editor.lua("return vim.tbl_count(_G.test.reported[3])") == 0
