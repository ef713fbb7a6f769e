"""The command line that runs one of our modules in a child process of this very Python."""

from __future__ import annotations

import sys
from pathlib import Path

import autothink_lsp
from autothink_lsp.errors import EngineError

_BOOT = "import sys; sys.path.append(sys.argv.pop(1)); from {module} import main; main()"


def child_command(module: str) -> list[str]:
    """Run ``main()`` of ``module``.

    ``-P`` keeps the current folder off the import path: an editor starts us in the user's project, and a ``json.py``
    there must not run. Our own package's folder is appended, not prepended, because it may be all of site-packages.
    """
    if not sys.executable:
        raise EngineError("This Python does not know its own executable.", hint="Run autothink-lsp from a virtualenv.")
    package_folder = Path(autothink_lsp.__file__).parent.parent
    return [sys.executable, "-P", "-c", _BOOT.format(module=module), str(package_folder)]
