"""The main module of a process that runs pip and ends when its parent ends.

Start message: ``{"parent_pid": …, "arguments": ["download", …], "pip_wheel": "/…/pip-24.0.whl" or null}``.

``pip_wheel`` is used if pip is not installed: Python bundles a wheel of pip for ``ensurepip``, and pip runs from its
wheel without being installed.
"""

from __future__ import annotations

import runpy
import sys

from autothink_lsp.processes.parent_death import exit_when_parent_exits, read_start_message


def main() -> None:
    """Run pip and exit with its exit status."""
    start = read_start_message()
    exit_when_parent_exits(start["parent_pid"], death_signal=False)
    if start["pip_wheel"]:
        sys.path.insert(0, start["pip_wheel"])
    sys.argv = ["pip", *start["arguments"]]
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
