"""Ghost text beside what Neovim and its other servers do with the text: rename, format on write, two projects, git's
commit message."""

from __future__ import annotations

import pytest

from tests.editors.nvim.conftest import SharedEditor
from tests.editors.nvim.editor import Editor

pytestmark = pytest.mark.asyncio(loop_scope="module")

# A language server in Neovim itself: a rename of `price`, and a formatter that leaves one blank before and after `=`.
OTHER_SERVER = """
local function edits(pattern, replacement)
  local found = {}
  for row, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local changed = line:gsub(pattern, replacement)
    if changed ~= line then
      local range = { start = { line = row - 1, character = 0 }, ['end'] = { line = row - 1, character = #line } }
      found[#found + 1] = { range = range, newText = changed }
    end
  end
  return found
end
local answers = {
  initialize = function() return { capabilities = { renameProvider = true, documentFormattingProvider = true } } end,
  ['textDocument/rename'] = function(params)
    return { changes = { [params.textDocument.uri] = edits('price', params.newName) } }
  end,
  ['textDocument/formatting'] = function() return edits(' *= *', ' = ') end,
}
vim.lsp.start({ name = 'other', root_dir = vim.fn.getcwd(), cmd = function(dispatchers)
  local closing = false
  return {
    request = function(method, params, callback)
      callback(nil, answers[method] and answers[method](params) or nil)
      return true, 1
    end,
    notify = function(method) if method == 'exit' then dispatchers.on_exit(0, 15) end end,
    is_closing = function() return closing end,
    terminate = function() closing = true end,
  }
end })
"""


async def text_is(editor: Editor, text: str) -> bool:
    return await editor.text() == text


async def reason_is(editor: Editor, beginning: str) -> bool:
    """Whether the server says so why the buffer gets no suggestion."""
    answer = await editor.lua("""
        local client = vim.lsp.get_clients({ name = 'autothink' })[1]
        local params = { uri = vim.uri_from_bufnr(0) }
        local answer = client:request_sync('autothink/documentStatus', params, 10000)
        return answer and answer.result and answer.result.reason or ''""")
    return answer.startswith(beginning)


async def test_after_a_rename_the_new_name_is_sent(shared_editor: SharedEditor) -> None:
    shared_editor.backend.pieces = ["price * 2"]
    editor = await shared_editor.open("price = 1\ntwice = price\nboth = \n", row=3)
    await editor.lua(OTHER_SERVER)
    await editor.keys("A")
    await editor.until_ghost("price * 2")
    await editor.keys("<Esc>", "gg")
    await editor.lua("vim.lsp.buf.rename('cost', { name = 'other' })")
    await editor.until(lambda: text_is(editor, "cost = 1\ntwice = cost\nboth = "), "renamed")
    shared_editor.backend.pieces = ["cost * 2"]
    await editor.keys("G", "A")
    await editor.until_ghost("cost * 2")
    assert "twice = price" not in str(shared_editor.backend.bodies[-1])
    await editor.keys("<Tab>")
    await editor.until(lambda: text_is(editor, "cost = 1\ntwice = cost\nboth = cost * 2"), "accepted")


async def test_a_write_that_formats_keeps_the_ghost_text(shared_editor: SharedEditor) -> None:
    editor = await shared_editor.open("def add(a, b):\n    \n\n\nthree   =add(1, 2)\n", row=2)
    await editor.lua(OTHER_SERVER)
    await editor.command(
        "autocmd BufWritePre <buffer> lua vim.lsp.buf.format({ async = false, name = 'other', timeout_ms = 20000 })"
    )
    await editor.keys("A")
    await editor.until_ghost("return a + b")
    await editor.keys("<Cmd>write<CR>")
    await editor.until(lambda: text_is(editor, "def add(a, b):\n    \n\n\nthree = add(1, 2)"), "formatted")
    await editor.until_ghost("return a + b")
    await editor.keys("<Tab>", "<Cmd>write<CR>", "<Esc>")
    wanted = "def add(a, b):\n    return a + b\n\n\nthree = add(1, 2)"
    await editor.until(lambda: text_is(editor, wanted), "accepted")
    await editor.keys("u")
    await editor.until(lambda: text_is(editor, wanted.replace("return a + b", "")), "one step of undo")


async def test_a_commit_message_is_never_sent(shared_editor: SharedEditor) -> None:
    editor = await shared_editor.open("\n# Please enter the commit message\n", name=".git/COMMIT_EDITMSG")
    await editor.keys("i", "<M-\\>")
    await editor.type("Lend no secret")
    await editor.until(lambda: reason_is(editor, "excluded"), "it is known why")
    # What is asked for afterwards is answered afterwards.
    await editor.keys("<Esc>")
    editor = await shared_editor.open("def add(a, b):\n    \n", row=2)
    await editor.keys("A")
    await editor.until_ghost("return a + b")
    assert "Lend no secret" not in str(shared_editor.backend.bodies)


async def test_each_of_two_projects_has_its_own_settings_and_both_one_server(shared_editor: SharedEditor) -> None:
    folder = shared_editor.editor.folder
    for name, enabled in (("quiet", "false"), ("loud", "true")):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "autothink.toml").write_text(f"[completion]\nenabled = {enabled}\n")
    editor = await shared_editor.open("def add(a, b):\n    \n", row=2, name="quiet/{}.py")
    await editor.until(lambda: reason_is(editor, "completion is off"), "off in one project")
    await editor.keys("A", "<M-\\>", "<Esc>")
    editor = await shared_editor.open("def add(a, b):\n    \n", row=2, name="loud/{}.py")
    await editor.keys("A")
    await editor.until_ghost("return a + b")
    assert await editor.lua("return #vim.lsp.get_clients({ name = 'autothink' })") == 1
    assert not [body for body in shared_editor.backend.bodies if "quiet/" in str(body)]
