"""Neovim tells which language servers run in it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

PLUGIN = Path(__file__).parents[3] / "editors" / "nvim"
SCRIPT = """
vim.opt.runtimepath:prepend(os.getenv("PLUGIN"))
local clients = {
  { name = "autothink", config = { cmd = { "sh" } } },
  { name = "pyright", config = { cmd = { "pyright-langserver", "--stdio" } } },
  { name = "own", config = { cmd = function() end } },
  { name = "gone", config = { cmd = { "not-installed" } } },
}
vim.lsp.get_clients = function() return clients end
local said = {}
local function notify(_, method, params)
  table.insert(said, method .. " " .. table.concat(params.programs))
end
local ours = { id = 1, notify = notify }
local servers = require("autothink.language_servers")
servers.tell(ours)
servers.tell(ours)
io.stdout:write(table.concat(said, "|"))
"""


def test_programs_of_running_clients_are_reported(nvim: Path, tmp_path: Path) -> None:
    program = tmp_path / "bin/pyright-langserver"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    script = tmp_path / "script.lua"
    script.write_text(SCRIPT)
    ran = subprocess.run(
        [nvim, "--headless", "-u", "NONE", "-i", "NONE", "-l", script],
        env={"PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": str(tmp_path), "PLUGIN": str(PLUGIN)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.stdout == f"autothink/languageServers {program}", ran.stderr
