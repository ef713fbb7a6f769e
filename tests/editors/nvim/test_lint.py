"""luacheck, stylua, and the help file: what a plugin's users and reviewers run."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.editor import PLUGIN


def run(programs: Path, name: str, *arguments: str) -> None:
    program = programs / name
    if not program.exists():
        pytest.skip(f"{name} cannot be had on this machine")
    done = subprocess.run([program, *arguments], cwd=PLUGIN, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_luacheck_reports_nothing(programs: Path) -> None:
    run(programs, "luacheck", ".", "-q", "--no-color")


def test_stylua_would_change_nothing(programs: Path) -> None:
    run(programs, "stylua", "--check", ".")


def test_files_are_small() -> None:
    for path in PLUGIN.rglob("*.lua"):
        assert len(path.read_text().splitlines()) <= 300, path


async def test_help_tags_are_unique_and_found(start: Start, tmp_path: Path) -> None:
    """Every tag once, every link leads somewhere, every option and word has its place."""
    folder = tmp_path / "doc"
    folder.mkdir()
    text = (PLUGIN / "doc" / "autothink.txt").read_text()
    (folder / "autothink.txt").write_text(text)
    editor = await start(lua="")
    await editor.command(f"helptags {folder}")
    tags = {line.split("\t")[0] for line in (folder / "tags").read_text().splitlines()}
    for link in re.findall(r"\|(autothink[^|\s]*|:AutoThink[^|]*)\|", text):
        assert link in tags, link
    assert all(len(line) <= 80 for line in text.splitlines()), "vimdoc is 78 columns wide"
    words = await editor.lua("return require('autothink.command').complete('AutoThink ')")
    for word in words:
        assert f":AutoThink-{word}" in tags, word
    options = await editor.lua("""
        local names = {}
        local function walk(value, path)
          for name, one in pairs(value) do
            local full = path .. name
            if type(one) == 'table' and not vim.islist(one) and next(one) and full ~= 'inline.filetypes' then
              walk(one, full .. '.')
            else
              table.insert(names, full)
            end
          end
        end
        walk(require('autothink.config').get(), '')
        return names""")
    for option in options:
        assert f"`{option}`" in text, f"the help does not tell of {option}"
