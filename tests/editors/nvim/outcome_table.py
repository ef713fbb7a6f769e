"""How many messages of tools are seen after an edit was applied in Neovim: a table of messages and tools.

    python -m tests.editors.nvim.outcome_table NEOVIM SERVERS [TOOL ...]    .venv-nvim and .venv-servers of make

The messages are those of ``tests/servers/messages.json``. For each, the tool reports into a real Neovim (a language
server as its client, a command line tool when the file is saved, as nvim-lint does), the fix is chosen, a scripted
model gives the right edit or the wrong one, and our server says what became of it. A message counts as seen where the
right edit is told as "no longer reports it", and the wrong edit is not. Messages of tools that cannot be had here are
left out.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from autothink_lsp.verify.language_servers.discovery import Discovery
from autothink_lsp.verify.language_servers.table import SERVERS
from autothink_lsp.verify.language_servers.values import WORKSPACE_FOLDER
from tests.editors.nvim.conftest import SETUP, server_environ
from tests.editors.nvim.editor import Editor
from tests.servers.message_table import TOOLS, ToolMessage, linked_programs, server_commands, write_project
from tests.servers.outcome_table import EditOutcome, SeenMessage, answer, measured_messages, table, words_of
from tests.servers.record_messages import PROGRAMS
from tests.support.fault_server import FaultServer

LIMIT_S = 90.0  # generous: a loaded machine must not turn a slow answer into a miss
_REPORTED_S = 60.0  # for the first message of a server that starts
ENVIRON = {
    "AUTOTHINK_COMPLETION__ENABLED": "false",
    "AUTOTHINK_ASSIST__RUN_CHECKERS": "false",
    "AUTOTHINK_ASSIST__PREVIEW": "never",
    "AUTOTHINK_VERIFY__LANGUAGE_SERVERS": "false",
}
# Neovim knows no file type by some of these names alone.
_FILE_TYPES = {"shellscript": "sh"}

_PREPARE = """
_G.outcomes, _G.questions = {}, {}
vim.ui.select = function(_, options, on_choice)
  table.insert(_G.questions, options.prompt)
  on_choice(nil)
end
local status = require('autothink.status')
local heard = status.heard
status.heard = function(said)
  if said.state == 'watched' then table.insert(_G.outcomes, said.reason) end
  return heard(said)
end
-- The user agrees to what is shown first.
local preview = require('autothink.preview')
preview.ask = function(edit, encoding, decided)
  edit = vim.deepcopy(edit)
  edit.changeAnnotations = nil
  vim.lsp.util.apply_workspace_edit(edit, encoding)
  decided(true)
end
"""
_LANGUAGE_SERVER = """
local name, config = ...
config = vim.json.decode(config, { luanil = { object = false } })
config.root_dir = config.root
-- As nvim-lspconfig does for eslint: all settings are one section without a name.
local settings = config.settings
config.handlers = { ['workspace/configuration'] = function(_, params)
  return vim.tbl_map(function(item)
    local found = settings[item.section or '']
    if found == nil then return vim.NIL end
    return found
  end, params.items)
end }
vim.lsp.config(name, config)
vim.lsp.enable(name)
"""
_FIND = """
local words = ...
for _, one in ipairs(vim.diagnostic.get(0)) do
  if one.message:find(words, 1, true) then return true end
end
return false
"""
# What `vim.lsp.buf.code_action()` does once an entry is chosen, for this message and no other.
_FIX = """
local words = ...
local client = vim.lsp.get_clients({ name = 'autothink', bufnr = 0 })[1]
for _, one in ipairs(vim.diagnostic.get(0)) do
  if one.message:find(words, 1, true) then
    local diagnostic = require('autothink.intercept').to_lsp(0, one, client.offset_encoding)
    local params = { textDocument = { uri = vim.uri_from_bufnr(0) }, range = diagnostic.range,
      context = { diagnostics = { diagnostic }, only = { 'quickfix' }, triggerKind = 1 } }
    client:request('textDocument/codeAction', params, function(_, actions)
      client:request('codeAction/resolve', actions[1], function(_, action)
        if action and action.edit then
          vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
        end
      end, 0)
    end, 0)
    return true
  end
end
return false
"""
_LINT = """
local found = vim.json.decode(...)
vim.diagnostic.set(vim.api.nvim_create_namespace('linter'), 0, found)
"""


class MessageEditor:
    """A Neovim in which one tool reports, and the model behind our server."""

    def __init__(self, editor: Editor, backend: FaultServer, tool: str) -> None:
        self.editor = editor
        self.backend = backend
        self.lint: Callable[[Path], Iterable[Any]] | None = PROGRAMS.get(tool)

    @classmethod
    async def start(cls, tool: str, nvim: Path, environment: Path, folder: Path, backend: FaultServer) -> MessageEditor:
        """``environment`` has the language servers. The project is in ``folder``."""
        project = folder / tool
        environ = server_environ(folder / f"home-{tool}", backend) | ENVIRON
        editor = await Editor.start(nvim, project, lua=SETUP, environ=environ)
        await editor.lua(_PREPARE)
        if tool not in PROGRAMS:
            commands = server_commands(TOOLS[tool], environment)
            own = linked_programs(TOOLS[tool], environment, folder / f"bin-{tool}")
            for name in TOOLS[tool].servers[:1]:
                await editor.lua(_LANGUAGE_SERVER, name, language_server(name, commands, own, project))
        return cls(editor, backend, tool)

    async def outcome(self, message: ToolMessage, code: str) -> EditOutcome:
        """Fix the message by an edit that makes the file's text ``code``."""
        editor, words = self.editor, words_of(message)
        await editor.lua("_G.outcomes, _G.questions, _G.test.notified = {}, {}, {}")
        self.backend.chat_answers[:] = [answer(code, message.language_id)] * 8
        await editor.edit(message.file, message.text)
        try:
            await self._linted(message)
            await editor.until(lambda: editor.lua(_FIND, words), "the message", _REPORTED_S)
            await editor.lua(_FIX, words)
            await editor.until(lambda: self._is_changed(message), "the edit", LIMIT_S)
            text = await editor.text()
            await self._linted(message)
            told = await editor.until(self._told, "an outcome", LIMIT_S)
            return EditOutcome(told=told, applied=text.rstrip("\n") == code.rstrip("\n"))
        except AssertionError as missing:
            said = " ".join(await editor.notified())
            return EditOutcome(told=f"({str(missing).splitlines()[0]}; {said[-200:]})", applied=False)
        finally:
            await editor.command("silent! %bwipeout!")

    async def _linted(self, message: ToolMessage) -> None:
        """A command line tool runs when the file is saved."""
        if self.lint is None:
            return
        await self.editor.command("silent write")
        found = await asyncio.to_thread(self._run_lint, self.editor.folder / message.file)
        await self.editor.lua(_LINT, json.dumps(found))

    def _run_lint(self, file: Path) -> list[dict[str, Any]]:
        assert self.lint is not None
        severities = {"error": 1, "warning": 2}
        return [
            {
                "lnum": one["line"],
                "col": 0,
                "end_lnum": one["end_line"],
                "message": one["message"],
                "code": one["code"],
                "source": one["source"],
                "severity": severities.get(one["severity"], 3),
            }
            for one in self.lint(file)
        ]

    async def _is_changed(self, message: ToolMessage) -> bool:
        return (await self.editor.text()).rstrip("\n") != message.text.rstrip("\n")

    async def _told(self) -> str:
        found = await self.editor.lua("return { _G.outcomes[1] or '', _G.questions[1] or '' }")
        return found[0] or found[1]


def language_server(name: str, commands: dict[str, tuple[str, ...]], programs: Path, project: Path) -> str:
    """The configuration of a language server for ``vim.lsp.config``, as JSON."""
    spec = next(one for one in SERVERS if one.name == name)
    before = os.environ["PATH"]
    os.environ["PATH"] = os.pathsep.join([str(programs), before])
    try:
        found = Discovery(project / "no-home", commands).find(spec, project)
    finally:
        os.environ["PATH"] = before
    assert found is not None, name
    folder = {"uri": project.as_uri(), "name": project.name}
    settings = json.dumps(dict(spec.settings), default=dict)
    settings = json.loads(settings.replace(json.dumps(WORKSPACE_FOLDER), json.dumps(folder)))
    return json.dumps(
        {
            "cmd": list(found.command),
            "filetypes": sorted(_FILE_TYPES.get(one, one) for one in spec.languages),
            "root": str(project),
            "settings": settings,
            "init_options": dict(spec.initialization_options),
        },
        default=dict,
    )


async def check_tool(
    tool: str, messages: Sequence[ToolMessage], nvim: Path, environment: Path, folder: Path
) -> list[SeenMessage]:
    """All messages of one tool, in one Neovim and one project below ``folder``."""
    project = folder / tool
    write_project(project, TOOLS[tool], messages)
    if tool == "eslint":
        (project / "node_modules").symlink_to(environment / "npm/node_modules")
    rows: list[SeenMessage] = []
    async with FaultServer() as backend:
        backend.passes_warm_ups = True
        window = await MessageEditor.start(tool, nvim, environment, folder, backend)
        try:
            for message in messages:
                started = time.monotonic()
                right = await window.outcome(message, message.right)
                wrong = await window.outcome(message, message.wrong)
                seconds = time.monotonic() - started
                rows.append(SeenMessage(message=message, right=right, wrong=wrong, seconds=seconds))
        finally:
            await window.editor.close()
    return rows


async def main(nvim: Path, environment: Path, tools: Sequence[str]) -> None:
    os.environ["PATH"] = os.pathsep.join([str(environment / "bin"), os.environ["PATH"]])  # of command line tools
    rows: list[SeenMessage] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for tool, messages in measured_messages(tools).items():
            print(f"{tool} ...", file=sys.stderr, flush=True)
            found = await check_tool(tool, messages, nvim, environment, Path(folder))
            for row in found:
                print(f"  {row.message.name}: {row.right.told} | {row.wrong.told}", file=sys.stderr, flush=True)
            rows += found
    print(table(rows))


if __name__ == "__main__":
    program = (Path(sys.argv[1]).absolute() / "bin/nvim").resolve()
    asyncio.run(main(program, Path(sys.argv[2]).absolute(), sys.argv[3:]))
