"""Questions of the server are asked when nothing is typed; the plugin's settings reach the server's commands."""

from __future__ import annotations

import asyncio

from tests.editors.nvim.conftest import Start

ASK = """
_G.chosen = {}
vim.ui.select = function(items, options, choose) _G.asked = options.prompt; choose(items[1]) end
local handler = vim.lsp.config.autothink.handlers['window/showMessageRequest']
coroutine.wrap(function()
  _G.answer = handler(nil, { type = 3, message = 'AutoThink: Download?', actions = { { title = 'Download' } } }, {})
end)()
"""


async def test_a_question_waits_until_nothing_is_typed(start: Start) -> None:
    editor = await start()
    await editor.keys("i", "x")
    await editor.lua(ASK)
    await editor.until_screen(lambda f: "A question is waiting" in f.text(), "it is said")
    await editor.type("def ")
    await asyncio.sleep(1)
    assert await editor.lua("return _G.asked == nil")
    await editor.keys("<Esc>")
    await editor.until(lambda: editor.lua("return _G.answer ~= nil"), "answered")
    assert await editor.lua("return { _G.asked, _G.answer.title }") == ["AutoThink: Download?", "Download"]
    assert await editor.text() == "xdef "


async def test_settings_reach_the_commands_and_why_is_answered(start: Start) -> None:
    settings = "{ completion = { url = 'http://127.0.0.1:9', maxTokens = 32 }, assist = { think = 'off' } }"
    editor = await start(lua=f"require('autothink').setup({{ settings = {settings} }})")
    environment = await editor.lua("return require('autothink.server').environment()")
    assert environment["AUTOTHINK_COMPLETION__MAX_TOKENS"] == "32"
    assert environment["AUTOTHINK_ASSIST__THINK"] == "off"
    await editor.edit("a.py", "x = 1\n")
    await editor.command("AutoThink pause filetype")
    await editor.keys(":AutoThink why<CR>")
    await editor.until_screen(lambda f: "suggestions: paused for python" in f.text(), "why there are none")
    await editor.keys("<CR>")
