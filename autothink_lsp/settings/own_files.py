"""Writes the server's own files: whole or not at all, and those of its state for their owner only.

Never a file of the user: a source or settings file may have links, an owner and attributes to keep
(`commands/source_file.py`). On Windows mode bits have no effect; the user's profile, which contains the state, is
private there.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write_atomically(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Replace ``path`` and create its folder: a reader, or a start after a power failure, sees the old text or the new.

    By default other users can read the file, because a model may be shared. Raises ``OSError``; the file then has its
    old text.
    """
    import tempfile  # late: slow, and reading settings does not need it

    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def make_private_folder(folder: Path) -> None:
    """Create the folder, or restrict an existing one to its owner. Raises ``OSError`` if it cannot be created."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _close_to_others(folder, 0o700)


def make_private_file(file: Path) -> None:
    """Create an empty file and its folder, or restrict an existing file to its owner. Raises ``OSError``.

    For programs such as SQLite, which create files beside it with the mode of this file.
    """
    make_private_folder(file.parent)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    _close_to_others(file, 0o600)


def replace_private_file(file: Path, text: str) -> None:
    """``write_atomically`` for a file that only its owner can read. Raises ``OSError``."""
    make_private_folder(file.parent)
    write_atomically(file, text, mode=0o600)


def _close_to_others(path: Path, mode: int) -> None:
    with contextlib.suppress(OSError):  # the folder may belong to another user and be writable for us
        if path.stat().st_mode & 0o077:
            path.chmod(mode)
