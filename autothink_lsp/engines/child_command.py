"""The command line that runs one of our modules in a child process of this very Python."""

from __future__ import annotations

import sys

from autothink_lsp.errors import EngineError
from autothink_lsp.processes import own_module_command


def child_command(module: str) -> list[str]:
    """See ``processes.own_module_command``. Raises ``EngineError`` for a Python that does not know its executable."""
    if not sys.executable:
        raise EngineError("This Python does not know its own executable.", hint="Run autothink-lsp from a virtualenv.")
    return own_module_command(module)
