"""The first session of a new user in Neovim, filmed: from `:AutoThink install` to the first ghost text.

A key is typed while the model is being downloaded; the suggestion comes without another one.

Everything is real: the plugin where a release's archive puts it, an ``init.lua`` of one line, the server (from the
wheel in ``editors/vscode/server``, which ``make vsix`` builds) and the model, which is downloaded. It takes minutes and
0.5 GB, so only ``make first-session-nvim`` runs it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.editors.nvim import picture
from tests.editors.nvim.editor import PLUGIN, REPOSITORY, Editor, environment_of
from tests.editors.nvim.msgpack_rpc import NvimConnection
from tests.editors.nvim.screen import Screen

SOURCE = '''"""Small things."""


def add(a, b):
    """The sum of both."""
    '''
COLUMNS, ROWS = 80, 16
INSTALL_S, DOWNLOAD_S = 400, 280
WHEELS = REPOSITORY / "editors" / "vscode" / "server"
PICTURES = picture.PICTURES / "first-session"
VARIABLE = "AUTOTHINK_FILM"


async def begin(nvim: Path, home: Path) -> Editor:
    """Neovim as a new user has it: our plugin unpacked, and nothing else."""
    data, config, project = home / ".local/share", home / ".config/nvim", home / "things"
    shutil.copytree(PLUGIN, data / "nvim/site/pack/autothink/start/autothink.nvim")
    config.mkdir(parents=True)
    (config / "init.lua").write_text('require("autothink").setup({})\n')
    project.mkdir()
    (project / "add.py").write_text(SOURCE)
    kept = {name: value for name, value in environment_of(home, nvim).items() if not name.startswith("XDG_")}
    kept |= {"PATH": f"/usr/bin:/bin:{Path(sys.base_prefix) / 'bin'}", "PIP_FIND_LINKS": str(WHEELS)}
    kept |= {"PIP_CONSTRAINT": str(REPOSITORY / "constraints.txt")}
    screen = Screen(COLUMNS, ROWS)
    process = await asyncio.create_subprocess_exec(
        *(str(nvim), "--embed", "add.py"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=project,
        env={name: value for name, value in kept.items() if not name.startswith(("AUTOTHINK_", "VIRTUAL_ENV"))},
    )
    editor = Editor(NvimConnection(process, lambda _name, events: screen.redraw(events)), screen, project)
    await editor.nvim.request("nvim_ui_attach", COLUMNS, ROWS, {"rgb": True, "ext_linegrid": True}, timeout_s=60)
    await editor.lua("_G.test = { notified = {}, events = {} }")  # what failing tests read
    return editor


@pytest.mark.skipif(not os.environ.get(VARIABLE), reason=f"a film: {VARIABLE}=1 (make first-session-nvim)")
@pytest.mark.timeout(900)
async def test_install_ends_with_ghost_text(nvim: Path, tmp_path: Path) -> None:
    editor = await begin(nvim, tmp_path / "user")
    PICTURES.mkdir(parents=True, exist_ok=True)
    began_s = time.monotonic()

    def sees(words: str) -> Callable[[], bool]:
        return lambda: words in "\n".join(editor.screen.now.lines)

    async def scene(name: str, title: str) -> None:
        at_s = time.monotonic() - began_s
        await asyncio.sleep(0.3)  # the screen is drawn in parts
        (PICTURES / f"{name}.svg").write_text(picture.svg(editor.screen, title))
        print(f"{at_s:6.1f} s  {name}\n{editor.screen.now.text()}\n")

    await editor.until(sees(":AutoThink install"), "what to do")
    await scene("1-no-server", "Neovim says that the server is not installed")
    await editor.keys(*":AutoThink install", "<CR>")
    await editor.until(sees("(Y)es"), "the question")
    await scene("2-asks-to-install", "It asks before it installs")
    began_s = time.monotonic()
    await editor.keys("y")
    await editor.until(sees("Installing"), "it installs", limit_s=INSTALL_S)
    await scene("3-installing", "The server is being installed")
    await editor.until(sees("Download"), "it asks for the model", limit_s=INSTALL_S)
    await scene("4-asks-for-the-model", "It asks before it downloads the model")
    await editor.keys("1", "<CR>")
    await editor.until(sees(" of "), "the download is shown", limit_s=60)
    await editor.keys("G", "A", "r")
    await editor.until(sees("%)"), "the download is shown while a key is typed", limit_s=60)
    await scene("5-downloading", "The model is being downloaded while a key is typed")
    await editor.until(sees("reading your file"), "the file is being read", limit_s=DOWNLOAD_S)
    await scene("6-reading", "The model reads the file")
    await editor.until(sees("return a + b"), "ghost text", limit_s=DOWNLOAD_S)
    assert (await editor.text()).endswith("    r"), "it is no ghost text"
    await scene("7-ghost-text", "The first suggestion, without another key")
    await editor.keys("<Tab>")
    await editor.until(lambda: _ends_with(editor, "    return a + b"), "accepted")
    await editor.close()


async def _ends_with(editor: Editor, text: str) -> bool:
    return (await editor.text()).endswith(text)
