"""Writes a small file so that other processes, and a start after a power failure, see the old content or the new one.

The server's own files only: a user's source or settings file may have links, an owner and attributes to keep
(`commands/source_file.py`).
"""

from __future__ import annotations

import os
from pathlib import Path


def write_atomically(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Replace ``path`` and create its folder. Other users may read the file unless ``mode`` is another, because a model
    may be shared. Raises ``OSError``; then the old content stands."""
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
