"""A real Neovim with our plugin and the real language server, used as a person does: keys in, screen out."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import define, field

from tests.editors.nvim.msgpack_rpc import NvimConnection
from tests.editors.nvim.screen import GHOST_COLOUR, NOTE_COLOUR, Frame, Screen

REPOSITORY = Path(__file__).parents[3]
PLUGIN = REPOSITORY / "editors" / "nvim"
# Generous: a loaded machine must not turn a slow answer into a failure.
LIMIT_S = float(os.environ.get("AUTOTHINK_TEST_LIMIT_S", "30"))

INIT = """
vim.o.swapfile, vim.o.shadafile, vim.o.termguicolors, vim.o.showmode = false, 'NONE', true, false
vim.o.ruler, vim.o.updatetime, vim.o.more = false, 100, false
-- Neovim's file type plugin of Python looks for an interpreter with `pynvim`: seconds where there are many.
vim.g.loaded_python3_provider = 0
vim.opt.runtimepath:prepend({plugin})
vim.cmd.filetype('plugin indent on')
_G.test = {{ notified = {{}}, events = {{}}, own_notify = vim.notify }}
vim.notify = function(text, level) table.insert(_G.test.notified, {{ text, level or 2 }}) end
vim.notify_once = vim.notify
vim.api.nvim_create_autocmd('User', {{ pattern = 'AutoThink*', callback = function(args)
  table.insert(_G.test.events, {{ name = args.match, data = args.data }})
end }})
vim.lsp.config('autothink', {{
  cmd_env = vim.json.decode({environ}),
  capabilities = {{ general = {{ positionEncodings = {{ {encoding} }} }} }},
}})
{lua}
"""
COLOURS = f"""
vim.api.nvim_set_hl(0, 'AutoThinkSuggestion', {{ fg = {GHOST_COLOUR} }})
vim.api.nvim_set_hl(0, 'AutoThinkMore', {{ fg = {NOTE_COLOUR} }})
"""


@define(eq=False)
class Editor:
    """One Neovim. ``encoding`` is what its client offers to the server."""

    nvim: NvimConnection
    screen: Screen
    folder: Path
    keys_at_s: list[float] = field(factory=list)

    @classmethod
    async def start(
        cls,
        program: Path,
        folder: Path,
        *,
        lua: str,
        environ: dict[str, str],
        encoding: str = "utf-8",
        columns: int = 80,
        rows: int = 20,
        more_environ: dict[str, str] | None = None,
    ) -> Editor:
        folder.mkdir(parents=True, exist_ok=True)
        init = folder / "init.lua"
        home = folder / "home"
        home.mkdir(exist_ok=True)
        quoted = {"plugin": json.dumps(str(PLUGIN)), "environ": f"[==[{json.dumps(environ)}]==]"}
        init.write_text(INIT.format(lua=lua, encoding=json.dumps(encoding), **quoted), encoding="utf-8")
        screen = Screen(columns, rows)
        process = await asyncio.create_subprocess_exec(
            *(str(program), "--embed", "--clean", "-u", str(init)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=folder,
            env=environment_of(home, program) | (more_environ or {}),
        )
        editor = cls(NvimConnection(process, lambda _name, events: screen.redraw(events)), screen, folder)
        await editor.call("nvim_ui_attach", columns, rows, {"rgb": True, "ext_linegrid": True})
        await editor.lua(COLOURS)
        return editor

    async def call(self, method: str, *arguments: Any) -> Any:
        try:
            return await self.nvim.request(method, *arguments, timeout_s=LIMIT_S)
        except TimeoutError as error:  # it waits for a key: a question, or "Press ENTER"
            raise AssertionError(f"Neovim does not answer {method}\n{self.screen.now.text()}") from error

    async def lua(self, code: str, *arguments: Any) -> Any:
        return await self.call("nvim_exec_lua", code, list(arguments))

    async def command(self, line: str) -> None:
        await self.call("nvim_command", line)

    async def edit(self, name: str, text: str, *, row: int = 1, column: int = 0) -> None:
        """Open a file and wait for the server to be attached; the cursor goes to a 1-based row and a byte column."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        await self.command(f"edit {path}")
        await self.until(self.is_attached, "the server is attached")
        await self.call("nvim_win_set_cursor", 0, [row, column])

    async def is_attached(self) -> bool:
        return await self.lua("""
            local client = vim.lsp.get_clients({ name = 'autothink', bufnr = 0 })[1]
            return client ~= nil and client.initialized == true and not client:is_stopped()""")

    async def keys(self, *each: str, gap_s: float = 0.0) -> None:
        """Press keys, in Neovim's notation."""
        for key in each:
            self.keys_at_s.append(time.monotonic())
            await self.call("nvim_input", key)
            if gap_s:
                await asyncio.sleep(gap_s)

    async def type(self, text: str, gap_s: float = 0.0) -> None:
        """Press a key for each character."""
        await self.keys(*(("<lt>" if c == "<" else "<CR>" if c == "\n" else c) for c in text), gap_s=gap_s)

    async def until(self, condition: Callable[[], Any], what: str, limit_s: float = LIMIT_S) -> Any:
        """Poll until something is there; the limit is there to fail, and then the screen is shown."""
        deadline = time.monotonic() + limit_s
        while True:
            found = condition()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {limit_s} s: {what}\n{self.screen.now.text()}\n{await self.said()}")
            await asyncio.sleep(0.01)

    async def until_screen(self, condition: Callable[[Frame], Any], what: str) -> Frame:
        await self.until(lambda: condition(self.screen.now), what)
        return self.screen.now

    async def until_ghost(self, text: str) -> Frame:
        return await self.until_screen(lambda frame: frame.ghost_text == text, f"ghost text {text!r}")

    async def until_no_ghost(self) -> Frame:
        return await self.until_screen(lambda frame: not frame.ghost_text, "no ghost text")

    async def text(self) -> str:
        return "\n".join(await self.call("nvim_buf_get_lines", 0, 0, -1, False))

    async def cursor(self) -> tuple[int, int]:
        """1-based row, byte column."""
        row, column = await self.call("nvim_win_get_cursor", 0)
        return row, column

    async def counts(self) -> dict[str, int]:
        """What of ghost text was asked of the server so far."""
        return await self.lua("return require('autothink.inline.request').counts")

    async def notified(self) -> list[str]:
        return [text for text, _level in await self.lua("return _G.test.notified")]

    async def events(self, name: str) -> list[Any]:
        return [e.get("data") for e in await self.lua("return _G.test.events") if e["name"] == name]

    async def said(self) -> str:
        """``:messages`` and what was notified."""
        messages = await self.call("nvim_exec2", "messages", {"output": True})
        return "\n".join([messages["output"], *await self.notified()])

    async def close(self) -> None:
        await self.nvim.close()


def environment_of(home: Path, program: Path) -> dict[str, str]:
    """Nothing of the user's counts."""
    runtime = program.parents[1] / "share" / "nvim" / "runtime"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NVIM", "XDG", "VIM"))}
    states = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
    return {
        **kept,
        **states,
        "HOME": str(home),
        "VIMRUNTIME": str(runtime),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "LANG": "C.UTF-8",
    }
