"""pip in a process that ends when its parent does. Runs in the child; standard input's first line says what to do:

``{"parent_pid": …, "arguments": ["download", …], "pip_wheel": "/…/pip-24.0.whl" or null}``

``pip_wheel`` is a pip that is not installed: Python carries one for making virtual environments, and a wheel of pip can
be run where it lies.
"""

from __future__ import annotations

import json
import runpy
import sys

from autothink_lsp.engines.tied_child import exit_when_parent_exits, read_line_from_parent


def main() -> None:
    """Run pip; its exit status is ours."""
    start = json.loads(read_line_from_parent())
    exit_when_parent_exits(start["parent_pid"], death_signal=False)
    if start["pip_wheel"]:
        sys.path.insert(0, start["pip_wheel"])
    sys.argv = ["pip", *start["arguments"]]
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
