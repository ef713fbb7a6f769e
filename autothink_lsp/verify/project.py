"""Runs the user's own test command on a copy of a trusted folder that has the edit in it."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from autothink_lsp.verify.sandbox import Limits, Ran, run_limited
from autothink_lsp.verify.values import CheckResult, Finding

MOST_FILES = 4_000
MOST_BYTES = 100 << 20
_LEFT_OUT = frozenset({".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", "target", "dist", ".tox"})
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
_TAIL_CHARACTERS = 1_200


async def run_tests(
    command: Sequence[str],
    folder: Path,
    file: Path,
    before_and_after: tuple[str, str],
    *,
    is_fix: bool,
    wall_s: float,
) -> CheckResult:
    """A fix has failed when the tests fail, whatever they did before: they may fail for the problem that it is for.
    Of every other edit what failed before is not its fault. ``before`` is the document's text, which need not be saved.
    ``wall_s`` is for both runs."""
    stop_at = time.monotonic() + wall_s
    try:
        with tempfile.TemporaryDirectory(prefix="autothink-tests-", ignore_cleanup_errors=True) as place:
            copy = Path(place).resolve() / (folder.name or "project")
            changed = copy / file.resolve().relative_to(folder.resolve())
            await asyncio.to_thread(_copy, folder, copy)
            changed.parent.mkdir(parents=True, exist_ok=True)  # it may stand in a folder that is left out
            _write(changed, before_and_after[1])
            after = await run_limited(command, cwd=copy, limits=_limits(wall_s))
            if after.not_found:
                return CheckResult("tests", "skipped", f"{command[0]} is not installed")
            if after.timed_out:
                return CheckResult("tests", "skipped", f"the tests took longer than {wall_s:.0f} s")
            if after.returncode == 0:
                return CheckResult("tests", "passed", wall_ms=after.wall_ms)
            _write(changed, before_and_after[0])
            before = await run_limited(command, cwd=copy, limits=_limits(max(0.1, stop_at - time.monotonic())))
    except (OSError, ValueError) as error:  # a full disk has no temporary folder either
        return CheckResult("tests", "skipped", f"the folder could not be copied ({error})")
    said = (Finding("tests", -1, _tail(after, copy)),)
    if before.returncode == 0:
        return CheckResult("tests", "failed", "the tests fail now", said)
    if is_fix:
        return CheckResult("tests", "failed", "the tests fail" if before.timed_out else "the tests still fail", said)
    why = ", and there was no time to see whether they did before" if before.timed_out else " without the edit too"
    return CheckResult("tests", "skipped", f"the tests fail{why}")


def _limits(wall_s: float) -> Limits:
    return Limits(cpu_s=max(10, int(2 * wall_s)), wall_s=wall_s, network=True, processes=None)


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")


def _copy(folder: Path, copy: Path) -> None:
    """Files only, no links out of the folder. Raises ``ValueError`` for a folder that is too large."""
    files, size = 0, 0
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _LEFT_OUT and not Path(root, name).is_symlink()]
        target = copy / Path(root).relative_to(folder)
        target.mkdir(parents=True, exist_ok=True)
        for name in names:
            source = Path(root, name)
            if source.is_symlink() or not source.is_file():
                continue
            files, size = files + 1, size + source.stat().st_size
            if files > MOST_FILES or size > MOST_BYTES:
                raise ValueError(f"it has more than {MOST_FILES} files or {MOST_BYTES >> 20} MiB")
            shutil.copy2(source, target / name)


def _tail(ran: Ran, copy: Path) -> str:
    """The end of the output, where test runners say what failed, without paths and addresses of this machine."""
    text = _ADDRESS.sub("0x…", ran.output.replace(str(copy), "."))
    return text[-_TAIL_CHARACTERS:].strip()
