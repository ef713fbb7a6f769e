"""Selects the other files that a server must open: those of the edit, those that use what it changes, and the editor's
documents with unsaved text. A server reads every other file itself, and each open text costs time."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve

from autothink_lsp.verify.language_servers.values import OverlayCase, OverlayFile

_MOST_FILES = 8
_MOST_COMPARED = 60
_LONGEST_CHARACTERS = 400_000  # of one text


def without_saved(case: OverlayCase) -> OverlayCase:
    """The case without unchanged files that are equal on the disk, limited to the first ``_MOST_FILES`` other
    documents. Reads the disk: call it in a thread."""
    edited = [file for index, file in enumerate(case.files) if index == 0 or _is_part(file)]
    others = [file for file in case.files[1:] if not _is_part(file)][:_MOST_COMPARED]
    unsaved = [file for file in others if len(file.after) <= _LONGEST_CHARACTERS and not _is_saved(file)]
    return evolve(case, files=(*edited, *unsaved[:_MOST_FILES]))


def _is_part(file: OverlayFile) -> bool:
    return file.before != file.after or file.uses_edit


def _is_saved(file: OverlayFile) -> bool:
    text = _read(file.path, most_bytes=4 * len(file.after) + 3)
    return text is not None and text == file.after


def _read(path: Path, *, most_bytes: int) -> str | None:
    """The text of a file; ``None`` if it does not exist, is longer, or is not text."""
    try:
        if not path.is_file() or path.stat().st_size > most_bytes:
            return None
        return path.read_bytes().decode("utf-8").removeprefix("\ufeff")
    except (OSError, ValueError):
        return None
