"""Runs the user's own test command on a copy of a trusted folder that has the edit in it."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from autothink_lsp.verify.sandbox import Limits, Ran, run_limited
from autothink_lsp.verify.values import CheckResult, Finding

MOST_FILES = 4_000
MOST_BYTES = 100 << 20
_LEFT_OUT = frozenset({".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", "target", "dist", ".tox"})
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
_TAIL_CHARACTERS = 1_200


async def run_tests(command: Sequence[str], folder: Path, file: Path, text: str, *, wall_s: float) -> CheckResult:
    """Failed only where the tests passed without the edit: what failed before is not its fault."""
    with tempfile.TemporaryDirectory(prefix="autothink-tests-", ignore_cleanup_errors=True) as place:
        copy = Path(place).resolve() / (folder.name or "project")
        try:
            inside = file.resolve().relative_to(folder.resolve())
            await asyncio.to_thread(_copy, folder, copy)
        except (OSError, ValueError) as error:
            return CheckResult("tests", "skipped", f"the folder could not be copied ({error})")
        limits = Limits(cpu_s=max(10, int(2 * wall_s)), wall_s=wall_s, network=True)
        changed = copy / inside
        changed.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
        after = await run_limited(command, cwd=copy, limits=limits)
        if after.not_found:
            return CheckResult("tests", "skipped", f"{command[0]} is not installed")
        if after.timed_out:
            return CheckResult("tests", "skipped", f"the tests took longer than {wall_s:.0f} s")
        if after.returncode == 0:
            return CheckResult("tests", "passed", wall_ms=after.wall_ms)
        shutil.copyfile(file, changed)
        before = await run_limited(command, cwd=copy, limits=limits)
    said = _tail(after, copy)
    if before.returncode not in {0, None}:
        return CheckResult("tests", "failed", "the tests still fail", (Finding("tests", -1, said),))
    return CheckResult("tests", "failed", "the tests fail now", (Finding("tests", -1, said),))


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
