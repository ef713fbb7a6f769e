"""Detects changed files below a folder between two calls, because a running server must be notified of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from attrs import define, field

_PASSED_OVER = frozenset({"node_modules", "__pycache__", "target", "dist", "build", "venv"})
_MOST_FILES = 20_000  # in a larger folder no changes are reported
_MOST_CHANGES = 1_000
_CREATED, _CHANGED, _DELETED = 1, 2, 3  # LSP's FileChangeType

_Stamps = Mapping[str, tuple[int, int]]


@define(eq=False)
class DiskWatch:
    """Watches one root by polling. ``look`` blocks for up to about 100 ms: call it in a thread."""

    root: Path
    _known: _Stamps | None = field(default=None)

    def look(self) -> list[dict[str, object]]:
        """The changes since the last call, as LSP's ``FileEvent``; empty at the first call."""
        old, self._known = self._known, self._stamps()
        new = self._known
        if old is None or new is None:
            return []
        kinds = [(path, _CREATED if path not in old else _CHANGED) for path in new if old.get(path) != new[path]]
        kinds += [(path, _DELETED) for path in old if path not in new]
        return [{"uri": Path(path).as_uri(), "type": kind} for path, kind in kinds[:_MOST_CHANGES]]

    def _stamps(self) -> _Stamps | None:
        found: dict[str, tuple[int, int]] = {}
        pending = [str(self.root.absolute())]
        while pending:
            try:
                entries = list(os.scandir(pending.pop()))
            except OSError:
                continue
            for entry in entries:
                try:
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name not in _PASSED_OVER and not entry.name.startswith("."):
                            pending.append(entry.path)
                    else:
                        status = entry.stat()
                        found[entry.path] = (status.st_mtime_ns, status.st_size)
                except OSError:
                    continue
            if len(found) > _MOST_FILES:
                return None
        return found
