"""Updates the index of one folder: walks the folder, parses changed files, and removes deleted ones.

Runs in a separate process (``indexer_main.py``), because a parse holds the interpreter's lock and would delay
keystrokes. The index contains only files that a prompt may contain (``privacy.py``: no ignored, excluded, secret,
linked or oversized file), and no line with a secret. Files, folders and bytes are limited; the shallowest files are
read first.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import frozen

from autothink_lsp.context.index.store import IndexWriter, Stamp
from autothink_lsp.context.index.symbols import symbols_of
from autothink_lsp.context.privacy import PrivacyGate
from autothink_lsp.context.secrets import find_secrets
from autothink_lsp.document.text import Text
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax

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
    most_files: int = MOST_FILES,
    most_entries: int = MOST_ENTRIES,
    stopped: Callable[[], bool] = lambda: False,
) -> Found:
    """Update the index to the folder's current files.

    ``most_files`` and ``most_entries`` limit the scan; ``stopped`` is polled. A stopped scan removes no file from the
    index.
    """
    syntax, privacy = Syntax(), PrivacyGate()
    known = writer.stamps()
    seen: set[str] = set()
    parsed = 0
    for file, stamp in source_files(folder, most_entries):
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


def source_files(folder: Path, most_entries: int) -> Iterator[tuple[Path, Stamp]]:
    """Yield regular source files up to the size limit with their stamps, breadth first, sorted by name. Skips links."""
    waiting = deque([folder])
    entries = 0
    while waiting:
        here = waiting.popleft()
        try:
            with os.scandir(here) as listed:
                found = sorted(listed, key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in found:
            entries += 1
            if entries > most_entries:
                return
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISDIR(status.st_mode):
                if _is_ours(entry):
                    waiting.append(Path(entry.path))
            elif stat.S_ISREG(status.st_mode) and status.st_size <= LARGEST_BYTES:
                yield Path(entry.path), Stamp(status.st_mtime_ns, status.st_size)


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
