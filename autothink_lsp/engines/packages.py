"""Which version of a package another Python has, asked without importing the package there."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence

from autothink_lsp.engines.ask_program import ask_program
from autothink_lsp.errors import EngineError

_PATIENCE_S = 20.0
_ASK = (
    "import importlib.metadata as m, json, sys\n"
    "found = {}\n"
    "for name in sys.argv[1:]:\n"
    "    try:\n        found[name] = m.version(name)\n"
    "    except m.PackageNotFoundError:\n        pass\n"
    "print(json.dumps(found))"
)


async def versions(python: str, names: Sequence[str]) -> Mapping[str, str]:
    """Versions by name, without those that are not there. Raises ``EngineError`` for a Python that cannot be asked."""
    program = python or sys.executable
    try:
        printed = await ask_program((program, "-P", "-c", _ASK, *names), _PATIENCE_S)
    except OSError as error:
        raise EngineError(f"The Python {program} cannot be started: {error.strerror or error}.") from error
    try:
        return json.loads(printed.output)
    except ValueError as error:
        said = printed.errors.strip()[-200:] if printed.returncode else ""
        raise EngineError(
            f"{program} is not a Python that answers{': ' + said if said else ''}.",
            hint="It has to be Python 3.11 or later.",
        ) from error


def is_older(version: str, least: tuple[int, int]) -> bool:
    """Whether ``version`` is below ``least``; one that cannot be read is not."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return found is not None and (int(found.group(1)), int(found.group(2))) < least
