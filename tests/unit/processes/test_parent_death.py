"""Each mechanism that ends a child with its parent, with the other one disabled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.process

CHILD = """
import os, signal, sys, threading, time
sys.path.insert(0, {root!r})
from autothink_lsp.processes.parent_death import exit_when_parent_exits, read_start_message
parent_pid = read_start_message()["parent_pid"]
{cut}
exit_when_parent_exits(parent_pid, death_signal={death_signal})
print("tied", flush=True)
time.sleep(600)
"""
PARENT = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {child!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdin.write(b'{{"parent_pid": %d}}\\nand more that is not a line' % os.getpid())
child.stdin.flush()
child.stdout.readline()
print(child.pid, flush=True)
sys.stdin.read()
{end}
"""
NO_THREAD = "threading.Thread.start = lambda self: None"  # as if native code held Python's lock for ever
TIES = [
    ("end of input, parent killed", "", False, "os.kill(os.getpid(), 9)"),
    ("end of input, parent ends by itself", "", False, ""),
    pytest.param(
        *("death signal, parent killed", NO_THREAD, True, "os.kill(os.getpid(), 9)"),
        marks=pytest.mark.skipif(sys.platform != "linux", reason="Linux only"),
    ),
]


@pytest.mark.parametrize(("what", "cut", "death_signal", "end"), TIES)
def test_the_child_ends_with_its_parent(what: str, cut: str, death_signal: bool, end: str) -> None:
    root = str(Path(__file__).parents[3])
    child_script = CHILD.format(root=root, cut=cut, death_signal=death_signal)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(child=child_script, end=end)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    assert child.is_running()  # with its parent alive it stays
    parent.communicate("")
    _, alive = psutil.wait_procs([child], timeout=10)
    for left in alive:
        left.kill()
    assert alive == [], what
