"""The index on disk: which files of a project define what, in one SQLite file per workspace folder.

The indexing process writes, servers read; several of each may be at it at once (write-ahead log). What is in here can
be made again at any time: a file that is damaged or of another version is thrown away, and an error while reading means
that nothing was found. Decides nothing about which files belong in it (``scan.py``).
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from autothink_lsp.context.index.symbols import Symbol
from autothink_lsp.settings.private_files import make_private_file, make_private_folder

logger = logging.getLogger(__name__)

VERSION = 2
_BUSY_S = 10.0
_MOST_FOUND = 400
_MOST_DATABASES = 20
_OF_FOLDERS = frozenset({"__init__", "index", "mod"})  # files that stand for their folder
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
    """What says that a file is still the same."""

    mtime_ns: int
    size_bytes: int


def database_of(folder: Path, cache: Path) -> Path:
    """The file that holds the index of a workspace folder."""
    return cache / "index" / (hashlib.sha256(str(folder).encode("utf-8", "surrogateescape")).hexdigest()[:24] + ".db")


class IndexWriter:
    """For the indexing process. Raises ``sqlite3.Error`` or ``OSError`` where the disk gives nothing."""

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
        """Every file that is in the index."""
        rows = self._connection.execute("select path, mtime_ns, bytes from files")
        return {path: Stamp(mtime_ns, size) for path, mtime_ns, size in rows}

    def put(self, path: str, stamp: Stamp, symbols: Iterable[Symbol]) -> None:
        """What one file defines, instead of what it did."""
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
        """Files that are gone, or excluded by now."""
        with self._connection as transaction:
            transaction.executemany("delete from files where path = ?", ((path,) for path in paths))

    def close(self) -> None:
        self._connection.close()


@define(eq=False)
class IndexReader:
    """For a server: reads what is there, never waits, never raises."""

    database: Path
    _connection: sqlite3.Connection | None = field(default=None, init=False)
    _paths: dict[str, list[str]] | None = field(default=None, init=False)

    def named(self, names: Sequence[str]) -> list[Symbol]:
        """The definitions that have one of these names."""
        marks = ", ".join("?" * len(names))
        return self._select(f"name in ({marks}) order by files.path, line limit {_MOST_FOUND}", names)

    def members(self, path: str, container: str) -> list[Symbol]:
        """What a class of this file holds, in its order."""
        return self._select("files.path = ? and container = ? order by line limit 40", (path, container))

    def of(self, path: str) -> list[Symbol]:
        """What this file defines, in its order."""
        return self._select(f"files.path = ? order by line limit {_MOST_FOUND}", (path,))

    def paths(self) -> dict[str, list[str]]:
        """The files by what an import may call them: their names without extension, those of packages' folders."""
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
        """Whether this file defines anything that is known."""
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
    """The index and what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


def _open_for_writing(database: Path) -> sqlite3.Connection:
    make_private_file(database)
    connection = sqlite3.connect(database, timeout=_BUSY_S)
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = off")  # what a power cut takes is made again
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
    """Projects that were not opened for long lose their index when there are too many."""
    others = [path for path in database.parent.glob("*.db") if path != database]
    for path in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[_MOST_DATABASES - 1 :]:
        remove(path)
