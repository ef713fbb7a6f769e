"""Makes the folders and files of our own state so that no other user of the machine can read them, whatever the umask.

On Windows the mode bits say nothing; the user's profile, where these files lie, is private there.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def make_private_folder(folder: Path) -> None:
    """Make the folder, or close one of an earlier version to others. Raises ``OSError`` where it cannot be made."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _close_to_others(folder, 0o700)


def make_private_file(file: Path) -> None:
    """Make an empty file and its folder, or close a file of an earlier version to others. Raises ``OSError``.

    For programs such as SQLite, which give the files that they make beside a file its mode.
    """
    make_private_folder(file.parent)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    _close_to_others(file, 0o600)


def _close_to_others(path: Path, mode: int) -> None:
    with contextlib.suppress(OSError):  # another user's folder that we may write to
        if path.stat().st_mode & 0o077:
            path.chmod(mode)
