"""Gets the editors: Debian packages, installed where they are missing and where we may; and what joins two servers.

python environment.py          installs everything that the tests of this folder use; status 3: it cannot be had
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# Editor -> what its tests start, and the packages that bring it.
NEEDS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "emacs": (
        {"tmux": "tmux", "emacs": "emacs-nox"},
        ("tmux", "emacs-nox", "elpa-eglot", "elpa-company", "elpa-lsp-mode"),
    ),
    "vim": ({"tmux": "tmux", "vim": "vim", "flake8": "flake8"}, ("tmux", "vim", "vim-ale", "flake8")),
    "kate": (
        {"kate": "kate", "Xvfb": "xvfb", "xdotool": "xdotool", "dbus-run-session": "dbus", "import": "imagemagick"},
        ("kate", "xvfb", "xdotool", "dbus", "imagemagick"),
    ),
}
# One server for an editor that takes only one; a tool of the tests, beside this Python.
JOINER = "rassumfrassum==0.3.5"
CANNOT = 3


def missing(editor: str) -> list[str]:
    """Packages that an editor's tests need and that are not there."""
    programs, packages = NEEDS[editor]
    absent = [package for program, package in programs.items() if shutil.which(program) is None]
    absent += [package for package in packages if package not in absent and not _installed(package)]
    return absent if editor == "vim" or has_joiner() else [*absent, JOINER]


def has_joiner() -> bool:
    """Whether ``rass`` is there."""
    return (Path(sys.executable).parent / "rass").exists()


def _installed(package: str) -> bool:
    if shutil.which("dpkg-query") is None:
        return True  # no Debian: the programs are all that can be looked for
    query = ["dpkg-query", "--show", "--showformat", "${db:Status-Status}", package]
    done = subprocess.run(query, check=False, capture_output=True, text=True)
    return done.stdout == "installed"


def install(packages: list[str]) -> str:
    """Why it did not work; empty where it did."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return f"missing: {' '.join(packages)}. As root on Debian: apt-get install {' '.join(packages)}"
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], check=False, capture_output=True, env=quiet)
    command = ["apt-get", "install", "-yq", "--no-install-recommends", *packages]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=quiet)
    return "" if done.returncode == 0 else f"apt-get install {' '.join(packages)} failed:\n{done.stderr[-1000:]}"


def main() -> int:
    """See the module."""
    status = 0
    if not has_joiner():
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "install", JOINER]
        status = CANNOT if subprocess.run(pip, check=False).returncode else 0
    for editor in NEEDS:
        absent = missing(editor)
        why = install(absent) if absent else ""
        print(f"{editor}: {why or 'there'}", file=sys.stderr, flush=True)
        status = CANNOT if why else status
    return status


if __name__ == "__main__":
    sys.exit(main())
