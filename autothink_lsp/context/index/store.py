"""Stores the definitions of a project's files in one SQLite file per workspace folder.

The indexing process writes and servers read, several of each at the same time (write-ahead log). The index can be
rebuilt at any time: a damaged database or one of another version is deleted, and an error while reading gives an empty
result. Which files are indexed is decided by ``scan.py``.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from attrs import define, field

from autothink_lsp.context.index.symbols import Symbol
from autothink_lsp.settings.own_files import make_private_file, make_private_folder
from autothink_lsp.values import frozen

logger = logging.getLogger(__name__)

VERSION = 2
_BUSY_S = 10.0
_MOST_FOUND = 400
_MOST_DATABASES = 20
_OF_FOLDERS = frozenset({"__init__", "index", "mod"})  # names of files that stand for their folder
_SCHEMA = f"""
create table files (id integer primary key, path text unique not null, mtime_ns integer, bytes integer);
create table symbols (
    file integer not null references files(id) on delete cascade,
    name text not null, kind text not null, container text not null, signature text not null, line integer not null
);
create index symbols_by_name on symbols (name);
create index symbols_by_file on symbols (file);
pragma user_version = {VERSION};
"""
_COLUMNS = "files.path, name, kind, container, signature, line"


@frozen
class Stamp:
    """The modification time and size of a file; a file with an equal stamp is not parsed again."""

    mtime_ns: int
    size_bytes: int


def database_of(folder: Path, cache: Path) -> Path:
    """The path of the index of a workspace folder in the folder ``cache``."""
    return cache / "index" / (hashlib.sha256(str(folder).encode("utf-8", "surrogateescape")).hexdigest()[:24] + ".db")


class IndexWriter:
    """Writes the index; for the indexing process. Raises ``sqlite3.Error`` or ``OSError`` if the disk cannot be
    written."""

    def __init__(self, database: Path) -> None:
        make_private_folder(database.parent)
        _drop_oldest(database)
        try:
            self._connection = _open_for_writing(database)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                raise
            logger.warning("the index is damaged and made anew: %s", error)
            remove(database)
            self._connection = _open_for_writing(database)

    def stamps(self) -> dict[str, Stamp]:
        """The stamp of each file in the index, by path."""
        rows = self._connection.execute("select path, mtime_ns, bytes from files")
        return {path: Stamp(mtime_ns, size) for path, mtime_ns, size in rows}

    def put(self, path: str, stamp: Stamp, symbols: Iterable[Symbol]) -> None:
        """Replace the definitions of one file."""
        with self._connection as transaction:
            transaction.execute("delete from files where path = ?", (path,))
            added = transaction.execute(
                "insert into files (path, mtime_ns, bytes) values (?, ?, ?)", (path, stamp.mtime_ns, stamp.size_bytes)
            )
            transaction.executemany(
                "insert into symbols values (?, ?, ?, ?, ?, ?)",
                ((added.lastrowid, s.name, s.kind, s.container, s.signature, s.line) for s in symbols),
            )

    def forget(self, paths: Iterable[str]) -> None:
        """Remove deleted and excluded files."""
        with self._connection as transaction:
            transaction.executemany("delete from files where path = ?", ((path,) for path in paths))

    def close(self) -> None:
        self._connection.close()


@define(eq=False)
class IndexReader:
    """Reads the index; for a server. Never waits for a writer, never raises."""

    database: Path
    _connection: sqlite3.Connection | None = field(default=None, init=False)
    _paths: dict[str, list[str]] | None = field(default=None, init=False)

    def named(self, names: Sequence[str]) -> list[Symbol]:
        """The definitions with one of these names."""
        marks = ", ".join("?" * len(names))
        return self._select(f"name in ({marks}) order by files.path, line limit {_MOST_FOUND}", names)

    def members(self, path: str, container: str) -> list[Symbol]:
        """The members of the class ``container`` in this file, in source order."""
        return self._select("files.path = ? and container = ? order by line limit 40", (path, container))

    def of(self, path: str) -> list[Symbol]:
        """The definitions in this file, in source order."""
        return self._select(f"files.path = ? order by line limit {_MOST_FOUND}", (path,))

    def paths(self) -> dict[str, list[str]]:
        """Paths by the names by which an import may refer to them: the file name without its extension, or the folder's
        name for a package."""
        if self._paths is None:
            found: dict[str, list[str]] = {}
            for path in self._rows("select path from files order by path", ()):
                folder, _, name = str(path[0]).rpartition("/")
                stem = name.split(".", 1)[0]
                called = folder.rpartition("/")[2] if stem in _OF_FOLDERS else stem
                found.setdefault(called, []).append(str(path[0]))
            self._paths = found
        return self._paths

    def has(self, path: str) -> bool:
        """Whether the index has a definition in this file."""
        return bool(self._select("files.path = ? limit 1", (path,)))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._paths = None

    def _select(self, condition: str, values: Sequence[str]) -> list[Symbol]:
        query = f"select {_COLUMNS} from symbols join files on files.id = file where {condition}"  # noqa: S608
        return [Symbol(*row) for row in self._rows(query, values)]

    def _rows(self, query: str, values: Sequence[str]) -> list[tuple[Any, ...]]:
        try:
            if self._connection is None:
                if not self.database.is_file():
                    return []
                self._connection = sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True, timeout=0)
            return self._connection.execute(query, tuple(values)).fetchall()
        except sqlite3.Error as error:
            logger.info("the index gives nothing: %s", error)
            self.close()
            return []


def remove(database: Path) -> None:
    """Delete the database and the files that SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


def _open_for_writing(database: Path) -> sqlite3.Connection:
    make_private_file(database)
    connection = sqlite3.connect(database, timeout=_BUSY_S)
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = off")  # data lost in a power cut is rebuilt
        connection.execute("pragma foreign_keys = on")
        (version,) = connection.execute("pragma user_version").fetchone()
        if version != VERSION:
            if version or connection.execute("select 1 from sqlite_master").fetchone():
                raise sqlite3.DatabaseError(f"it is of version {version}")  # noqa: TRY301
            connection.executescript(f"begin immediate; {_SCHEMA} commit;")
        (verdict,) = connection.execute("pragma quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError("quick_check fails")  # noqa: TRY301
    except BaseException:
        connection.close()
        raise
    return connection


def _drop_oldest(database: Path) -> None:
    """Delete the least recently used indexes of other folders beyond ``_MOST_DATABASES``."""
    others = [path for path in database.parent.glob("*.db") if path != database]
    for path in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[_MOST_DATABASES - 1 :]:
        remove(path)
