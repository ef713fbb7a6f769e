"""Makes an environment of programs for tests, once for each version of the module that lists them.

The modules of the Neovim and of the language server tests run as programs before the tests do.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path


def make_once(folder: Path, recipe: Path, *steps: Callable[[Path], None]) -> None:
    """Make a virtual environment in ``folder`` and take the ``steps`` there, unless that was done for this ``recipe``:
    the file of the module that lists the programs."""
    digest = hashlib.sha256(recipe.read_bytes()).hexdigest()
    stamp = folder / "recipe"
    if stamp.exists() and stamp.read_text() == digest:
        return
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    for step in steps:
        step(folder)
    stamp.write_text(digest)


def ran(command: list[str | Path]) -> bool:
    """Whether the command worked; its messages are shown only where it did not."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
    return done.returncode == 0


def say(text: str) -> None:
    """Report a step."""
    print(text, file=sys.stderr, flush=True)


def link_debian_program(folder: Path, program: str, *packages: str) -> bool:
    """Link ``program`` into the ``bin`` of ``folder``, its Debian packages installed where we may. False where it is
    not to be had."""
    if shutil.which(program) is None and shutil.which("apt-get") and os.geteuid() == 0:
        say(f"{' and '.join(packages)} ...")
        install = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "install", "-yq", "--no-install-recommends", *packages]
        if not ran(install):
            ran(["apt-get", "update", "-q"])
            ran(install)
    found = shutil.which(program)
    if found is None:
        return False
    (folder / "bin" / program).symlink_to(found)
    return True
