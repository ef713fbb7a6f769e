"""The edit of another file than the action's document, and the state of the file for which it was computed. Values."""

from __future__ import annotations

import hashlib
from pathlib import Path

from attrs import field, frozen

from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.edits.replacement import Replacement


@frozen
class FileVersion:
    """The state of a file for which an edit is computed. ``digest`` is that of its bytes on disk (``digest_of``), or
    empty if the file is open in the editor; ``snapshot`` is then the open document."""

    snapshot: Snapshot
    path: str  # the path for the model and the user: relative to the folder
    file: Path | None
    digest: str = field(default="", repr=False)

    @property
    def is_open(self) -> bool:
        return not self.digest


@frozen
class FileEdit:
    """Replacements for one file. ``replacements`` are ranges of ``base.snapshot.text``."""

    base: FileVersion
    replacements: tuple[Replacement, ...]


def digest_of(content: bytes) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
