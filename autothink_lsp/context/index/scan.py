"""Updates the index of one folder: walks the folder, parses changed files, and removes deleted ones.

Runs in a separate process (``indexer_main.py``), because a parse holds the interpreter's lock and would delay
keystrokes. The index contains only files that a prompt may contain (``privacy.py``: no ignored, excluded, secret,
linked or oversized file), and no line with a secret. Files, folders and bytes are limited. The folders nearest to the
open documents are read first: what one works on in a large repository may lie deep.
"""

from __future__ import annotations

import heapq
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path, PurePosixPath

from autothink_lsp.context.index.store import IndexWriter, Stamp
from autothink_lsp.context.index.symbols import symbols_of
from autothink_lsp.context.privacy import PrivacyGate
from autothink_lsp.context.secrets import find_secrets
from autothink_lsp.document.text import Text
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import frozen

MOST_FILES = 2_000
MOST_ENTRIES = 50_000
LARGEST_BYTES = 200_000
PARSE_LIMIT_MS = 500.0
# Third-party and generated code that git does not ignore.
_NOT_OURS = frozenset({"node_modules", "__pycache__", "site-packages", "vendor", "target", "build", "dist", "venv"})


@frozen
class Found:
    """The result of a scan: numbers of files, and whether the scan was ``complete``."""

    files: int
    parsed: int
    forgotten: int
    complete: bool


def scan(
    folder: Path,
    writer: IndexWriter,
    settings: Settings,
    *,
    near: Sequence[str] = (),
    most_files: int = MOST_FILES,
    most_entries: int = MOST_ENTRIES,
    stopped: Callable[[], bool] = lambda: False,
) -> Found:
    """Update the index to the folder's current files.

    ``near`` are the folders that the user works in, relative to ``folder``, with slashes. ``most_files`` and
    ``most_entries`` limit the scan; ``stopped`` is polled. A stopped scan removes no file from the index.
    """
    syntax, privacy = Syntax(), PrivacyGate()
    known = writer.stamps()
    seen: set[str] = set()
    parsed = 0
    for file, stamp in source_files(folder, most_entries, near):
        if stopped():
            return Found(len(seen), parsed, 0, complete=False)
        if len(seen) >= most_files:
            break
        language = syntax.registry.by_path(file.name)
        if language is None or not any(part.joinpath("definitions.scm").is_file() for part in language.query_folders):
            continue
        if privacy.refusal(file.as_uri(), folder.as_uri(), None, settings, settings.completion):
            continue
        path = file.relative_to(folder).as_posix()
        seen.add(path)
        if known.get(path) == stamp:
            continue
        grammar = syntax.grammars.load(language)
        source = _read(file)
        tree = grammar.parse_source(source, limit_ms=PARSE_LIMIT_MS) if grammar and "\0" not in source else None
        symbols = symbols_of(grammar, Text.from_str(source), tree.root_node, path) if grammar and tree else []
        writer.put(path, stamp, (symbol for symbol in symbols if not any(find_secrets(symbol.signature))))
        parsed += 1
    gone = known.keys() - seen
    writer.forget(gone)
    return Found(len(seen), parsed, len(gone), complete=True)


def source_files(folder: Path, most_entries: int, near: Sequence[str] = ()) -> Iterator[tuple[Path, Stamp]]:
    """Yield regular source files up to the size limit with their stamps, those of a folder by name. Skips links.

    First come the files of the folders that the fewest steps in the tree separate from a folder of ``near``; without
    any, the shallowest.
    """
    places = [PurePosixPath(one).parts for one in near] or [()]
    # Folders to list, by the fewest steps of a folder below them, and the files of listed ones by their own steps.
    waiting: list[tuple[int, int, str, list[tuple[Path, Stamp]] | None]] = [(0, 0, "", None)]
    entries = 0
    while waiting:
        _, depth, here, files = heapq.heappop(waiting)
        if files is not None:
            yield from files
            continue
        try:
            with os.scandir(folder / here) as listed:
                found = sorted(listed, key=lambda entry: entry.name)
        except OSError:
            continue
        files = []
        for entry in found:
            entries += 1
            if entries > most_entries:
                break
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISDIR(status.st_mode):
                if _is_ours(entry):
                    path = f"{here}/{entry.name}" if here else entry.name
                    heapq.heappush(waiting, (_fewest_steps(path, places), depth + 1, path, None))
            elif stat.S_ISREG(status.st_mode) and status.st_size <= LARGEST_BYTES:
                files.append((Path(entry.path), Stamp(status.st_mtime_ns, status.st_size)))
        heapq.heappush(waiting, (min(_steps(here, place) for place in places), depth, here, files))
        if entries > most_entries:
            waiting = [one for one in waiting if one[3] is not None]
            heapq.heapify(waiting)


def _steps(path: str, place: tuple[str, ...]) -> int:
    """The number of steps up and down between two folders."""
    parts = PurePosixPath(path).parts
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(parts, place, strict=False)))
    return len(parts) + len(place) - 2 * common


def _fewest_steps(path: str, places: Sequence[tuple[str, ...]]) -> int:
    """The number of steps from the nearest of ``places`` to the folder ``path`` or one below it."""
    parts = PurePosixPath(path).parts
    return min(0 if place[: len(parts)] == parts else _steps(path, place) for place in places)


def _is_ours(entry: os.DirEntry[str]) -> bool:
    return (
        not entry.name.startswith(".")
        and entry.name not in _NOT_OURS
        and not os.path.lexists(os.path.join(entry.path, "pyvenv.cfg"))  # noqa: PTH118 - checked for every folder
    )


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8", "replace")
    except OSError:
        return "\0"
