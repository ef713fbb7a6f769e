"""Neovim starts programs while a stranger's project is its current folder; nothing of the project runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parents[3] / "editors" / "nvim"
LUA = PLUGIN / "lua" / "autothink"
MODULES = ("venv", "pip", "json", "site", "sitecustomize", "ensurepip", "subprocess", "os", "logging", "autothink_lsp")
PROGRAMS = ("python3", "python", "python3.11", "python3.12", "autothink-lsp", "uv", "git", "node")
SCRIPT = """
vim.opt.runtimepath:prepend(os.getenv("PLUGIN"))
vim.fn.confirm = function() return 1 end
vim.notify = function(text) io.stdout:write("said: " .. text .. "\\n") end
local over = false
local restart = require("autothink.client").restart
require("autothink.client").restart = function() over = true end
local problem = require("autothink.say").problem
require("autothink.say").problem = function(text) over = true; io.stdout:write("problem: " .. text .. "\\n") end
require("autothink.install").run({ "--no-index", "--no-deps" })
vim.wait(120000, function() return over end, 50)
local found = require("autothink.server").find(vim.fn.getcwd())
io.stdout:write("found: " .. (found and found.cmd[1] or "nothing") .. "\\n")
if found then
  require("autothink.server").run({ "--version" }, function() over = "asked" end, 20000)
  vim.wait(20000, function() return over == "asked" end, 50)
end
"""


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """What runs or is imported here writes ``pwned`` beside it."""
    folder, marker = tmp_path / "project", tmp_path / "pwned"
    for place in (folder, folder / "bin"):
        place.mkdir()
        for name in MODULES:
            (place / f"{name}.py").write_text(f"open({str(marker)!r}, 'a').write(__file__ + '\\n')\n")
        for name in PROGRAMS:
            (place / name).write_text(f'#!/bin/sh\necho "$0" >> "{marker}"\n')
            (place / name).chmod(0o755)
    return folder


@pytest.mark.skipif(os.name != "posix", reason="shell scripts")
@pytest.mark.parametrize("relative", ["", ".:bin:"], ids=["PATH as usual", "relative entries of PATH"])
def test_install_runs_no_program_of_the_current_folder(
    nvim: Path, hostile: Path, tmp_path: Path, relative: str
) -> None:
    script = tmp_path / "script.lua"
    script.write_text(SCRIPT)
    ran = subprocess.run(
        [nvim, "--headless", "-u", "NONE", "-i", "NONE", "-l", script],
        cwd=hostile,
        env={
            "PATH": f"{relative}{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path / "home"),
            "XDG_DATA_HOME": str(tmp_path / "data"),
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "PLUGIN": str(PLUGIN),
        },
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    marker = tmp_path / "pwned"
    assert not marker.exists(), marker.read_text()
    assert "found: " in ran.stdout + ran.stderr, (ran.stdout, ran.stderr)
    assert (tmp_path / "data" / "nvim" / "autothink" / "venv" / "bin" / "python").exists(), (ran.stdout, ran.stderr)
