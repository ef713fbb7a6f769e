"""Which version of a package another Python has, asked without importing the package there."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
from collections.abc import Mapping, Sequence

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
        process = await asyncio.create_subprocess_exec(
            program,
            *("-P", "-c", _ASK, *names),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise EngineError(f"The Python {program} cannot be started: {error.strerror or error}.") from error
    errors = b""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            output, errors = await process.communicate()
        found = json.loads(output)
    except (TimeoutError, ValueError) as error:
        said = errors.decode("utf-8", "replace").strip()[-200:] if process.returncode else ""
        raise EngineError(
            f"{program} is not a Python that answers{': ' + said if said else ''}.",
            hint="It has to be Python 3.11 or later.",
        ) from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return found


def is_older(version: str, least: tuple[int, int]) -> bool:
    """Whether ``version`` is below ``least``; one that cannot be read is not."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return found is not None and (int(found.group(1)), int(found.group(2))) < least
