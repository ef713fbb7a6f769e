"""After a fix was applied in real Neovim, a real Ruff server says whether it helped; the model is a script."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.editor import Editor
from tests.support.fault_server import FaultServer

# No rule of ours and no fix of Ruff's repairs this one: the model is asked.
CODE = "def check(word):\n    try:\n        return int(word)\n    except:\n        return None\n\n\nDONE = True\n"
RIGHT = CODE.replace("except:", "except ValueError:")
WRONG = CODE.replace("int(word)", "int(word, 10)")
REPAIRED = "def check(word):\n    return word is 'a'\n\n\nDONE = True\n"
ENVIRON = {
    "AUTOTHINK_COMPLETION__ENABLED": "false",
    "AUTOTHINK_ASSIST__RUN_CHECKERS": "false",
    "AUTOTHINK_ASSIST__PREVIEW": "never",
    "AUTOTHINK_ASSIST__THINK_PROFILE": "kat-v1",
}
RUFF = Path(sys.executable).with_name("ruff")


def answer(code: str) -> str:
    return f"So.\n\nThe whole edited code:\n```python\n{code.rstrip()}\n```\n"


async def fix(editor: Editor, backend: FaultServer, code: str, choice: int = 0) -> None:
    """Open the sample with Ruff beside our server, and have its message fixed. ``choice`` answers the question."""
    await editor.lua(
        """local ruff, choice = ...
        _G.test.asked = {}
        vim.ui.select = function(items, options, on_choice)
          table.insert(_G.test.asked, options.prompt)
          on_choice(items[choice])
        end
        vim.lsp.config('ruff', { cmd = { ruff, 'server' }, filetypes = { 'python' } })
        vim.lsp.enable('ruff')""",
        str(RUFF),
        choice,
    )
    await editor.edit("check.py", CODE, row=4, column=4)
    await editor.until(lambda: editor.lua("return #vim.diagnostic.get(0) == 1"), "Ruff's message")
    backend.chat_answers[:] = [answer(code)] * 8
    await editor.command("AutoThink fix")


async def text_is(editor: Editor, text: str) -> bool:
    return await editor.text() == text.rstrip("\n")


async def test_a_fix_that_helped_is_reported(start: Start, backend: FaultServer) -> None:
    editor = await start(environ=ENVIRON, columns=120)
    await fix(editor, backend, RIGHT)
    await editor.until(lambda: text_is(editor, RIGHT), "the edit")
    await editor.until_screen(lambda f: "Ruff no longer reports it." in f.text(), "the outcome")
    assert await editor.lua("return _G.test.asked") == []


async def test_a_fix_that_did_not_help_is_undone(start: Start, backend: FaultServer) -> None:
    editor = await start(environ=ENVIRON)
    await fix(editor, backend, WRONG, choice=1)
    await editor.until(lambda: editor.lua("return #_G.test.asked == 1"), "the question")
    (asked,) = await editor.lua("return _G.test.asked")
    assert asked.startswith("AutoThink: Ruff still reports: Do not use bare"), asked
    await editor.until(lambda: text_is(editor, CODE), "undone")


async def test_thinking_begins_with_the_message_and_nothing_is_asked_over_typing(
    start: Start, backend: FaultServer
) -> None:
    editor = await start(environ=ENVIRON)
    await fix(editor, backend, WRONG, choice=2)
    await editor.until(lambda: text_is(editor, WRONG), "the edit")
    await editor.keys("G", "o")  # the user goes on typing, below
    await editor.lua("vim.defer_fn(function() _G.test.late = true end, 4000)")
    await editor.until(lambda: editor.lua("return _G.test.late == true"), "Ruff has reported")
    assert await editor.lua("return _G.test.asked") == []
    backend.chat_answers[:] = [f"Hm.\n</think>\n\n<answer>\n{answer(RIGHT)}</answer>"] * 8
    await editor.keys("<Esc>")
    await editor.until(lambda: editor.lua("return #_G.test.asked == 1"), "the question")
    better = "return vim.fn.getline(4):find('ValueError', 1, true) ~= nil"
    await editor.until(lambda: editor.lua(better), "the better edit")
    prompts = [str(body) for body in backend.bodies if "An earlier attempt is already in the code" in str(body)]
    assert len(prompts) == 1
    assert "Ruff reports: Do not use bare" in prompts[0]


async def test_all_problems_of_the_buffer_are_fixed_wherever_the_cursor_is(start: Start, backend: FaultServer) -> None:
    code = f"{REPAIRED}\n\ndef total(prices):\n    return sum(prices) + len(pirces)\n"
    fixed = code.replace(" is ", " == ").replace("pirces", "prices")
    editor = await start(environ=ENVIRON)
    await editor.lua(
        """vim.lsp.config('ruff', { cmd = { ..., 'server' }, filetypes = { 'python' } })
        vim.lsp.enable('ruff')""",
        str(RUFF),
    )
    await editor.edit("check.py", code, row=4)
    await editor.until(lambda: editor.lua("return #vim.diagnostic.get(0) == 2"), "Ruff's messages")
    backend.chat_answers[:] = [answer("def check(word):\n    return word == 'a'\n")] * 8
    await editor.lua("""
        local context = { only = { 'source.fixAll.autothink' }, diagnostics = {} }
        vim.lsp.buf.code_action({ apply = true, context = context })""")
    await editor.until(lambda: text_is(editor, fixed), "both fixed")
