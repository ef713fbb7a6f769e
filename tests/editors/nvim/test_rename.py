"""A better name for what is used outside of one function: the language servers in Neovim rename, and what they would
change is shown first. Real Neovim and basedpyright; the failures are those of a scripted language server."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.editor import Editor
from tests.support.fault_server import FaultServer

OWN = "def calc(a):\n    return a\n\n\nprint(calc('ü'), calc(1))\n"
OTHER = "from own import calc\n\nprint('ü', calc(2))\n"
AFTER = OWN.replace("calc", "total")
ENVIRON = {"AUTOTHINK_COMPLETION__ENABLED": "false", "AUTOTHINK_ASSIST__PREVIEW": "never"}
CHOOSE = """
vim.ui.select = function(items, _, choose)
  for _, item in ipairs(items) do
    if item.action.title:match('clearer name') then return choose(item) end
  end
end
"""
START = """
local name, cmd, root = ...
local id = vim.lsp.start({ name = name, cmd = vim.json.decode(cmd), root_dir = root })
return id ~= nil
"""
IS_READY = """
local client = vim.lsp.get_clients({ name = ..., bufnr = 0 })[1]
return client ~= nil and client.initialized == true
"""
BASEDPYRIGHT = [str(Path(sys.executable).with_name("basedpyright-langserver")), "--stdio"]  # as for `make lint`
SCRIPTED = [sys.executable, str(Path(__file__).with_name("rename_server.py"))]


async def with_server(editor: Editor, name: str, command: list[str]) -> None:
    """Start another language server for the buffer."""
    assert await editor.lua(START, name, json.dumps(command), str(editor.folder))
    await editor.until(lambda: editor.lua(IS_READY, name), f"{name} is attached")


async def without_servers(editor: Editor, *names: str) -> None:
    for name in names:
        await editor.lua("for _, one in ipairs(vim.lsp.get_clients({ name = ... })) do one:stop(true) end", name)
        await editor.until(
            lambda name=name: editor.lua("return #vim.lsp.get_clients({ name = ... }) == 0", name), "it ended"
        )


async def rename(editor: Editor) -> None:
    await editor.lua(CHOOSE)
    await editor.call("nvim_win_set_cursor", 0, [1, 5])
    await editor.command("AutoThink refactor")


async def test_basedpyright_renames_in_two_files_after_a_preview(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    backend.chat_answers = ["total"] * 4
    project = tmp_path / "project"
    project.mkdir()
    (project / "other.py").write_text(OTHER)
    (project / "pyproject.toml").write_text("[project]\nname = 'shop'\nversion = '1'\n")  # the folder is a workspace
    editor = await start(environ=ENVIRON, columns=110, rows=40)
    await editor.edit("own.py", OWN)
    await with_server(editor, "basedpyright", BASEDPYRIGHT)
    await rename(editor)
    frame = await editor.until_screen(lambda f: "y apply" in f.text(), "the preview")
    assert "AutoThink: Rename `calc` to `total`" in frame.text()
    for line in (
        "+++ own.py",
        "+def total(a):",
        "+print(total('ü'), total(1))",
        "+++ other.py",
        "+print('ü', total(2))",
    ):
        assert line in frame.text(), line
    assert (project / "other.py").read_text() == OTHER
    await editor.keys("y")
    done = "Renamed `calc` to `total` in 2 files with basedpyright."
    await editor.until_screen(lambda f: done in f.text(), done)
    assert await editor.text() == AFTER.rstrip("\n")
    await editor.command("wall")
    assert (project / "other.py").read_text() == OTHER.replace("calc", "total")
    await editor.keys("u")
    await editor.until(lambda: is_text(editor, OWN), "one undo takes it back")


async def is_text(editor: Editor, text: str) -> bool:
    return await editor.text() == text.rstrip("\n")


# What the scripted language servers do, in their order, and what the user is told.
SAYS: dict[tuple[str, ...], str] = {
    (): "No language server here can rename `calc` to `total`.",
    ("null",): "null did not rename `calc` to `total`.",
    ("empty",): "empty did not rename `calc` to `total`.",
    ("error",): "error did not rename `calc` to `total`: This cannot be renamed.",
    ("null", "error"): "error did not rename `calc` to `total`: This cannot be renamed.",
    ("files",): "files would also rename or create files to rename `calc` to `total`, so nothing was renamed.",
}
RENAMES: dict[tuple[str, ...], str] = {
    ("all",): "Renamed `calc` to `total` in 3 places with all.",
    ("null", "all"): "Renamed `calc` to `total` in 3 places with all.",
    ("error", "all"): "Renamed `calc` to `total` in 3 places with all.",
}


async def test_each_language_server_is_asked_until_one_renames(start: Start, backend: FaultServer) -> None:
    backend.chat_answers = ["total"] * 20
    editor = await start(environ=ENVIRON, columns=110, encoding="utf-8")
    await editor.edit("own.py", OWN)
    for modes, said in (SAYS | RENAMES).items():
        await editor.lua("_G.test.notified = {}")
        for mode in modes:
            await with_server(editor, mode, [*SCRIPTED, mode])
        await rename(editor)
        if modes in RENAMES:
            await editor.until_screen(lambda f, said=said: said in f.text(), said)
            assert await editor.text() == AFTER.rstrip("\n"), modes
            await editor.keys("u")
            await editor.until(lambda: is_text(editor, OWN), "one undo takes it back")
        else:
            await editor.until(editor.notified, said)
            (notified,) = await editor.notified()
            assert notified.startswith(f"AutoThink: {said}"), modes
            assert await editor.text() == OWN.rstrip("\n"), modes
        await without_servers(editor, *modes)


async def test_typing_while_a_language_server_works_keeps_what_was_typed(start: Start, backend: FaultServer) -> None:
    backend.chat_answers = ["total"] * 4
    editor = await start(environ=ENVIRON, columns=110)
    await editor.edit("own.py", OWN)
    await with_server(editor, "silent", [*SCRIPTED, "silent"])
    await rename(editor)
    pending = "for _, one in pairs(vim.lsp.get_clients({ name = 'silent' })[1].requests) do return one.method end"
    await editor.until(lambda: is_method(editor, pending), "it was asked")
    await editor.keys("G", "o", "typed", "<Esc>")
    await editor.command("AutoThink cancel")
    await editor.until(lambda: editor.events("AutoThinkDone"), "it is over")
    assert await editor.text() == f"{OWN}typed"


async def is_method(editor: Editor, code: str) -> bool:
    return await editor.lua(code) == "textDocument/rename"
