"""The command line of pytest for tests that run it on a project.

Without the plugins of the environment that runs our own tests: loading them takes two seconds of CPU.
"""

from __future__ import annotations

import sys

_PLUGINS = (
    "randomly",
    "hypothesispytest",
    "pytest-lsp",
    "asyncio",
    "xdist",
    "xdist.looponfail",
    "cov",
    "anyio",
    "timeout",
)
PYTEST_ARGUMENTS = ("-q", *(word for plugin in _PLUGINS for word in ("-p", f"no:{plugin}")))
PLAIN_PYTEST = (sys.executable, "-m", "pytest", *PYTEST_ARGUMENTS)
