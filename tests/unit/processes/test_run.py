"""A child that is polled leaves no process behind, however it ends."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import IO

import psutil
import pytest

from autothink_lsp.processes.run import run_polled

# Starts another process and writes its id to a file, as pip starts `rustc --version`.
_WITH_A_CHILD = """
import pathlib, subprocess, sys, time
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
path = pathlib.Path(sys.argv[1])
path.with_suffix(".new").write_text(str(other.pid))
path.with_suffix(".new").rename(path)
time.sleep(float(sys.argv[2]))
"""


def ends(pid: int) -> bool:
    """Whether the process ends; a killed process needs a moment."""
    until_s = time.monotonic() + 20
    while time.monotonic() < until_s:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.process
@pytest.mark.parametrize("stays_s", [0, 60])
def test_what_the_child_started_ends_with_it(tmp_path: Path, stays_s: float) -> None:
    """The child ends by itself, or is ended by an exception while its own child runs."""
    path = tmp_path / "pid"

    def cancel(_output: IO[bytes]) -> None:
        if stays_s and path.exists():
            raise InterruptedError

    command = [sys.executable, "-c", _WITH_A_CHILD, str(path), str(stays_s)]
    if stays_s:
        with pytest.raises(InterruptedError):
            run_polled(command, {}, cancel)
    else:
        assert run_polled(command, {}, cancel).returncode == 0
    assert ends(int(path.read_text()))
