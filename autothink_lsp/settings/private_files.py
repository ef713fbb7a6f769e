"""Creates the folders and files of the server's state so that no other user of the machine can read them, whatever the
umask is.

On Windows mode bits have no effect; the user's profile, which contains these files, is private there.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from autothink_lsp.settings.atomic_write import write_atomically


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
    """Write the file and create its folder; a reader or a power failure finds the old or the new text. Raises
    ``OSError``."""
    make_private_folder(file.parent)
    write_atomically(file, text, mode=0o600)


def _close_to_others(path: Path, mode: int) -> None:
    with contextlib.suppress(OSError):  # the folder may belong to another user and be writable for us
        if path.stat().st_mode & 0o077:
            path.chmod(mode)
