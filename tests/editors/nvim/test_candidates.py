"""Several suggestions for one place. Our server sends one; other answers of its kind come from a server in Lua."""

from __future__ import annotations

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.editor import Editor

SERVER = """
_G.told = {}
local kinds = {}
vim.lsp.config('autothink', { root_dir = function(_, on_dir) on_dir() end, cmd = function()
  local closing, number = false, 0
  local function item(id, text)
    return { insertText = text, command = { title = '', command = 'autothink.accepted', arguments = { id } } }
  end
  return {
    request = function(method, params, reply)
      number = number + 1
      local result = vim.NIL
      if method == 'initialize' then
        result = { capabilities = { inlineCompletionProvider = true, textDocumentSync = 2,
          executeCommandProvider = { commands = { 'autothink.accepted' } } } }
      elseif method == 'textDocument/inlineCompletion' then
        local more = params.context.triggerKind == 1
        result = { items = more and { item(1, 'first(a)'), item(3, 'third') }
          or _G.answers or { item(1, 'first(a)'), item(2, 'second\\n  line') } }
      elseif method == 'workspace/executeCommand' then
        table.insert(_G.told, { 'command', params.arguments[1] })
      end
      vim.schedule(function() reply(nil, result) end)
      return true, number
    end,
    notify = function(method, params)
      if method == 'autothink/feedback' then table.insert(_G.told, { params.event, params.id }) end
      return true
    end,
    is_closing = function() return closing end,
    terminate = function() closing = true end,
  }
end })
require('autothink').setup({})
"""


async def test_next_and_previous_cycle_and_the_server_is_notified(start: Start) -> None:
    editor = await start(lua=SERVER)
    await editor.edit("a.txt", "\n")
    await editor.keys("i")
    frame = await editor.until_ghost("first(a)")
    assert frame.note_text == "1/2"
    await editor.keys("<M-]>")
    frame = await editor.until_ghost("second\nline")
    assert frame.note_text == "2/2"
    await editor.keys("<M-]>")
    await editor.until_ghost("first(a)")
    await editor.keys("<M-[>")
    await editor.until_ghost("second\nline")
    await editor.keys("<Tab>")
    await editor.until(lambda: text_is(editor, "second\n  line"), "the one that was looked at")
    assert (await editor.lua("return _G.told"))[:3] == [["shown", 1], ["shown", 2], ["command", 2]]


async def test_next_asks_for_more_where_there_is_one_only(start: Start) -> None:
    editor = await start(lua=SERVER)
    await editor.edit("a.txt", "\n")
    await editor.keys("i")
    await editor.until_ghost("first(a)")
    await editor.type("f")
    await editor.until_ghost("irst(a)")
    await editor.keys("<Esc>", "u")
    await editor.lua("""_G.answers = { { insertText = 'only' } }""")
    await editor.keys("i")
    await editor.until_ghost("only")
    await editor.keys("<M-]>")
    frame = await editor.until_ghost("third")
    assert frame.note_text == "3/3"


async def test_items_that_cannot_be_shown_are_left_out(start: Start) -> None:
    editor = await start(lua=SERVER)
    await editor.lua("""
        local function range(row, last)
          return { start = { line = row, character = 0 }, ['end'] = { line = row, character = last } }
        end
        _G.answers = {
          { insertText = { value = 'snippet' } },
          { insertText = 'elsewhere', range = range(3, 0) },
          { insertText = 'other words', range = range(0, 3) },
          { insertText = '  ' },
          { insertText = 'in good', range = range(0, 3) },
        }""")
    await editor.edit("a.txt", "in \n")
    await editor.keys("A")
    frame = await editor.until_ghost("good")
    assert frame.note_text == ""


async def test_a_part_that_reaches_over_what_stands_there_replaces_it(start: Start) -> None:
    editor = await start(lua=SERVER)
    await editor.lua("""_G.answers = { { insertText = 'f(a) + g(b)', range = {
        start = { line = 0, character = 0 }, ['end'] = { line = 0, character = 3 } } } }""")
    await editor.edit("a.txt", "f()\n", column=2)
    await editor.keys("i")
    frame = await editor.until_screen(lambda f: f.lines[0].rstrip() == "f(a) + g(b)", "ghost text")
    assert frame.ghost_text.replace(" ", "") in {"a)+g(b", "a+g(b)"}
    for text in ("f(a)", "f(a))", "f(a) +)", "f(a) + g)", "f(a) + g()", "f(a) + g(b)"):
        await editor.keys("<M-Right>")
        await editor.until(lambda text=text: text_is(editor, text), text)


async def text_is(editor: Editor, text: str) -> bool:
    return await editor.text() == text
