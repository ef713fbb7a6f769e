"""Finds the project's instruction file for coding assistants that applies to a document, and reads it.

In each folder from the document's up to the workspace folder the names of ``NAMES`` are tried in their order; the
first file counts, alone. Whether the folder is trusted and whether the file may be shown is the caller's decision.
Reads at most ``MOST_BYTES``, never raises.
"""

from __future__ import annotations

import os
from pathlib import Path

from attrs import field

from autothink_lsp.document.invisible import without_invisible
from autothink_lsp.values import frozen

NAMES = ("AGENTS.md", ".github/copilot-instructions.md", "CLAUDE.md")
MOST_BYTES = 32_000
_MOST_FOLDERS = 40


@frozen
class InstructionFile:
    """``path`` is relative to the workspace folder."""

    path: str
    file: Path
    text: str = field(repr=False)


def find_instruction_file(document: Path, folder: Path) -> InstructionFile | None:
    """The instruction file for a document of the workspace ``folder``; ``None`` where there is none that can be
    read."""
    base = Path(os.path.normpath(folder))
    here = Path(os.path.normpath(document)).parent
    if not here.is_relative_to(base):
        return None
    for count, place in enumerate((here, *here.parents)):
        if count == _MOST_FOLDERS or not place.is_relative_to(base):
            return None
        for name in NAMES:
            found = _read(place / name, base)
            if found is not None:
                return found
    return None


def _read(file: Path, base: Path) -> InstructionFile | None:
    try:
        # A link that leaves the workspace shows a file that the project does not own.
        if not file.is_file() or not file.resolve().is_relative_to(base.resolve()):
            return None
        with file.open("rb") as stream:
            text = stream.read(MOST_BYTES).decode("utf-8", "replace")
    except (OSError, RuntimeError, ValueError):
        return None
    text = "\n".join(without_invisible(line).rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip()
    return InstructionFile(file.relative_to(base).as_posix(), file, text) if text else None
