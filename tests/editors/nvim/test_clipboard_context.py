"""Code that was yanked in this session is in the prompt of a later suggestion; what was deleted is not."""

from __future__ import annotations

from tests.editors.nvim.conftest import Start
from tests.support.fault_server import FaultServer

CODE = "def first():\n    value = parse(1)\n    \n\n\ndef second():\n    \n"
OTHER = "def refund(order):\n    return order.total()\n\n\ndef gone(order):\n    return order.lost()\n"

COUNT = """
  _G.test.asked = 0
  local clipboard = require('autothink.clipboard')
  local latest = clipboard.latest
  clipboard.latest = function()
    _G.test.asked = _G.test.asked + 1
    return latest()
  end"""


async def test_yanked_code_is_in_the_prompt(start: Start, backend: FaultServer) -> None:
    # However slow the model seems; and without the diff of what was deleted.
    only = {"AUTOTHINK_COMPLETION__CONTEXT_TOKENS": "512", "AUTOTHINK_COMPLETION__CONTEXT_SOURCES": "clipboard"}
    editor = await start(environ=only)
    await editor.edit("other.txt", OTHER)
    await editor.edit("a.py", CODE, row=3)
    await editor.keys("A")
    await editor.until_ghost("return a + b")
    await editor.keys("<Esc>")
    await editor.lua("vim.cmd.buffer('other.txt')")
    await editor.keys("gg", "yj", "5G", '"ddj')
    await editor.lua("vim.cmd.buffer('a.py')")
    await editor.lua(COUNT)
    await editor.keys("G", "k")
    await editor.until(lambda: editor.lua("return _G.test.asked > 0"), "the server asks for the yanked text")
    await editor.keys("G", "A", "x")
    await editor.until(
        lambda: any("def refund(order):" in body["prompt"] for body in backend.bodies), "the yanked code in a prompt"
    )
    assert all("order.lost" not in body["prompt"] for body in backend.bodies)
