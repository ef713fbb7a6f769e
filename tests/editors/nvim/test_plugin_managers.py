"""The lines that the documentation gives for plugin managers, run with a clone of the repository as the plugin.

The managers themselves are stand-ins that do what each is documented to do with a plugin's folder: lazy.nvim puts it on
'runtimepath' and calls ``config`` with it, vim.pack clones it and gives its path, packer adds ``rtp`` of it.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.editors.nvim.editor import PLUGIN, REPOSITORY, environment_of

HELP = PLUGIN / "doc" / "autothink.txt"
README = PLUGIN / "README.md"
MANAGERS = {
    "lazy.nvim": """
        local spec = %s
        assert(spec.url == URL)
        vim.opt.rtp:prepend(CLONE)
        spec.config({ name = "autothink-lsp", dir = CLONE })""",
    "vim.pack": """
        vim.pack = {
          add = function(specs) assert(specs[1] == URL); vim.opt.rtp:prepend(CLONE) end,
          get = function(names) assert(names[1] == "autothink-lsp"); return { { path = CLONE } } end,
        }
        %s""",
    "packer.nvim": """
        local function use(spec)
          assert(spec[1] == URL)
          vim.o.runtimepath = vim.o.runtimepath .. "," .. CLONE .. "/" .. spec.rtp
          vim.cmd.runtime("plugin/autothink.lua")
          spec.config()
        end
        %s""",
}
SCRIPT = """
CLONE, URL = os.getenv("CLONE"), "file://" .. os.getenv("CLONE")
{lines}
vim.wait(1000, function() return vim.lsp.config.autothink ~= nil end)
assert(vim.lsp.is_enabled("autothink"), "the client is not enabled")
assert(vim.lsp.config.autothink.cmd ~= nil, "the client is not configured")
assert(vim.fn.exists(":AutoThink") == 2, "no command")
for _, name in ipairs({{ "lua/autothink/health.lua", "lsp/autothink.lua", "doc/autothink.txt" }}) do
  assert(vim.startswith(vim.api.nvim_get_runtime_file(name, false)[1] or "", CLONE), name)
end
io.stdout:write("works")
"""


def lines_of(manager: str) -> str:
    """The Lua lines below the manager's name in the help."""
    found = re.search(rf"^{re.escape(manager)}[^\n]*: >lua\n(.*?)^<", HELP.read_text(), re.DOTALL | re.MULTILINE)
    assert found, manager
    return found[1]


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("managers") / "autothink-lsp"
    subprocess.run(["git", "clone", "-q", "--depth", "1", REPOSITORY.as_uri(), folder], check=True)
    return folder


@pytest.mark.parametrize("manager", MANAGERS)
def test_the_lines_of_the_help_load_the_plugin(nvim: Path, clone: Path, tmp_path: Path, manager: str) -> None:
    script = tmp_path / "init.lua"
    script.write_text(SCRIPT.format(lines=MANAGERS[manager] % lines_of(manager)))
    ran = subprocess.run(
        [nvim, "--headless", "-u", "NONE", "-i", "NONE", "-l", script],
        env=environment_of(tmp_path, nvim) | {"PATH": os.environ["PATH"], "CLONE": str(clone)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.stdout.endswith("works"), ran.stdout + ran.stderr


def test_the_page_has_the_lines_of_the_help() -> None:
    lines = [line.strip() for line in lines_of("lazy.nvim").splitlines() if line.strip()]
    page = "\n".join(line.strip() for line in README.read_text().splitlines())
    assert "\n".join(lines[2:]) in page, "all but the address"
