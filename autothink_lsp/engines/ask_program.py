"""Runs a small program for what it prints."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from attrs import frozen

from autothink_lsp.processes import clean_environment, neutral_folder


@frozen
class Printed:
    """``returncode`` as in ``subprocess``; ``None`` for a program that did not end in time and was killed."""

    returncode: int | None
    output: str = ""
    errors: str = ""


async def ask_program(command: Sequence[str], patience_s: float) -> Printed:
    """What ``command`` prints, without standard input. ``command`` begins with the whole path of a program.

    Raises ``OSError`` where it cannot be started.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=neutral_folder(),
        env=clean_environment(),
    )
    try:
        async with asyncio.timeout(patience_s):
            output, errors = await process.communicate()
    except TimeoutError:
        return Printed(None)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return Printed(process.returncode, output.decode("utf-8", "replace"), errors.decode("utf-8", "replace"))
