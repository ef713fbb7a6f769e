"""The versions of packages in another Python, read there without an import of the packages."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence

from autothink_lsp.errors import EngineError
from autothink_lsp.processes.run import run_captured

_TIMEOUT_S = 20.0
_SCRIPT = (
    "import importlib.metadata as m, json, sys\n"
    "found = {}\n"
    "for name in sys.argv[1:]:\n"
    "    try:\n        found[name] = m.version(name)\n"
    "    except m.PackageNotFoundError:\n        pass\n"
    "print(json.dumps(found))"
)


async def installed_versions(python: str, names: Sequence[str]) -> Mapping[str, str]:
    """Return the versions of the installed packages by name. ``python`` is a path, empty for this Python.

    Raises ``EngineError`` if that Python cannot be started or does not answer.
    """
    program = python or sys.executable
    try:
        result = await run_captured((program, "-P", "-c", _SCRIPT, *names), _TIMEOUT_S)
    except OSError as error:
        raise EngineError(f"The Python {program} cannot be started: {error.strerror or error}.") from error
    try:
        return json.loads(result.output)
    except ValueError as error:
        reason = result.errors.strip()[-200:] if result.returncode else ""
        raise EngineError(
            f"{program} does not work as a Python{': ' + reason if reason else ''}.",
            hint="Python 3.11 or later is required.",
        ) from error


def is_older(version: str, minimum: tuple[int, int]) -> bool:
    """Return whether ``version`` is below ``minimum``; false for a version of another form."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return found is not None and (int(found.group(1)), int(found.group(2))) < minimum
