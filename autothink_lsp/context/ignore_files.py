"""Reads ``.gitignore`` and ``.autothinkignore`` as git does: those of every folder above a file, the nearest last word.

A file of ours that is there and cannot be read is not passed over: who wrote it wanted something kept back. Never
raises. What becomes of an ignored file is ``privacy.py``'s business.
"""

from __future__ import annotations

import logging
import re
import stat
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, field, frozen

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

logger = logging.getLogger(__name__)

NAMES = (".autothinkignore", ".gitignore")
LARGEST_BYTES = 512 * 1024
_MOST_FOLDERS = 64
_MOST_KEPT = 512


@frozen
class _Kept:
    signature: tuple[int, int] | None
    spec: GitIgnoreSpec | None
    unreadable: bool = False


@define(eq=False)
class IgnoreFiles:
    """Remembers what it has read for as long as time and size of a file are the same."""

    _kept: OrderedDict[Path, _Kept] = field(factory=OrderedDict)

    def ignored_by(self, file: Path, base: Path) -> str:
        """The name of the file that ignores ``file`` (which lies below ``base``), or an empty text."""
        try:
            parts = file.relative_to(base).parts
        except ValueError:
            return ""
        folders = [base, *(base.joinpath(*parts[:count]) for count in range(1, len(parts)))][:_MOST_FOLDERS]
        for name in NAMES:
            sources = [(folder, folder / name) for folder in folders]
            if name == ".gitignore":
                sources.insert(0, (base, base / ".git" / "info" / "exclude"))
            said = self._ignored(file, sources)
            if said:
                return said
        return ""

    def _ignored(self, file: Path, sources: list[tuple[Path, Path]]) -> str:
        specs: list[tuple[Path, Path, GitIgnoreSpec]] = []
        for folder, source in sources:
            kept = self._read(source)
            if kept.unreadable:
                return f"{source.name} (which cannot be read)"
            if kept.spec is not None:
                specs.append((folder, source, kept.spec))
        if not specs:
            return ""
        base = sources[0][0]
        for path, is_folder in _from_the_top(file, base):
            for folder, source, spec in reversed(specs):  # the deepest file that says anything decides
                if path == folder or not path.is_relative_to(folder):
                    continue
                said = spec.check_file(path.relative_to(folder).as_posix() + ("/" if is_folder else "")).include
                if said:
                    return source.name
                if said is False:
                    break
        return ""

    def _read(self, source: Path) -> _Kept:
        try:
            status = source.stat()
        except (FileNotFoundError, NotADirectoryError):
            return _Kept(None, None)
        except (OSError, ValueError):
            return _Kept(None, None, unreadable=source.name in NAMES)
        signature = (status.st_mtime_ns, status.st_size)
        kept = self._kept.get(source)
        if kept is not None and kept.signature == signature:
            return kept
        kept = self._kept[source] = _parse(source, status.st_mode, signature)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return kept


def _parse(source: Path, mode: int, signature: tuple[int, int]) -> _Kept:
    from autothink_lsp.context.exclusion import compile_patterns

    try:
        if not stat.S_ISREG(mode) or signature[1] > LARGEST_BYTES:
            return _Kept(signature, None, unreadable=True)
        lines = source.read_bytes().decode("utf-8", "replace").splitlines()
    except OSError as error:
        logger.warning("%s cannot be read, so what lies beside it is kept from models: %s", source.name, error)
        return _Kept(signature, None, unreadable=True)
    return _Kept(signature, compile_patterns(tuple(line for line in lines if not re.fullmatch(r"\s*(#.*)?", line))))


def _from_the_top(file: Path, base: Path) -> Iterator[tuple[Path, bool]]:
    """Each folder between ``base`` and the file, then the file: nothing below an ignored folder can be taken back."""
    parts = file.relative_to(base).parts
    for count in range(1, len(parts) + 1):
        yield base.joinpath(*parts[:count]), count < len(parts)
