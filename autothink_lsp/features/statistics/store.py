"""Counts of actions and suggestions in a SQLite file. Nothing is sent; no code, paths or messages are stored.

If the file cannot be used, the error is logged once and counting is switched off.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from attrs import define, field, frozen

from autothink_lsp.settings.own_files import make_private_file

if TYPE_CHECKING:
    import sqlite3

logger = logging.getLogger(__name__)

FILE_NAME = "statistics.sqlite3"
_BUSY_MS = 200
_SCHEMA = """
create table if not exists action (
    id text primary key, at real not null, action text not null, language text not null, mode text not null,
    rule text not null, verified integer not null, tokens integer not null, seconds real not null,
    applied integer not null default 0, rejected integer not null default 0, undone integer not null default 0);
create table if not exists outcome (
    id text primary key, at real not null, outcome text not null, source text not null, mode text not null,
    step text not null);
create table if not exists offer (
    action text not null, language text not null, count integer not null, primary key (action, language));
create table if not exists suggestion (
    day text not null, language text not null, event text not null, count integer not null,
    primary key (day, language, event));
"""
# A busy year of actions, and a year of suggestions: about 2 MiB. Older ones say little of the models of today.
_MOST_ACTIONS = 10_000
_PRUNE = f"""
delete from action where at < (select at from action order by at desc limit 1 offset {_MOST_ACTIONS});
delete from outcome where at < (select at from outcome order by at desc limit 1 offset {_MOST_ACTIONS});
delete from suggestion where day < date('now', '-400 days');
"""  # noqa: S608 - of our own numbers
_COLUMNS = "action language mode rule count verified applied rejected undone tokens seconds"
_EVENTS = {"applied": "applied", "rejected": "rejected", "undone": "undone"}


@frozen(kw_only=True)
class ResultRecord:
    """One action. ``mode`` is "off", "on" or "none" (no model was asked)."""

    id: str
    action: str
    language: str
    mode: str
    rule: str
    verified: bool
    tokens: int
    seconds: float


@frozen(kw_only=True)
class OutcomeRecord:
    """What the editor's diagnostics showed after an edit was applied. ``source`` is the tool's name, ``mode`` and
    ``step`` are those of the attempt that made the edit."""

    id: str  # of the result
    outcome: str
    source: str
    mode: str
    step: str


@frozen(kw_only=True)
class StatisticsRow:
    """The counts of all actions of one kind, language, mode and rule."""

    action: str
    language: str
    mode: str
    rule: str
    count: int
    verified: int
    applied: int
    rejected: int
    undone: int
    tokens: int
    seconds: float


@define(eq=False)
class Statistics:
    """The counts. ``path`` is created by the first one. No method raises."""

    path: Path
    now_s: Callable[[], float] = field(default=time.time, kw_only=True)
    _connection: sqlite3.Connection | None = field(default=None, init=False)
    _off: bool = field(default=False, init=False)

    def record_result(self, recorded: ResultRecord) -> None:
        """Store one action."""
        self._write(
            "insert or replace into action (id, at, action, language, mode, rule, verified, tokens, seconds)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                recorded.id,
                self.now_s(),
                recorded.action,
                recorded.language,
                recorded.mode,
                recorded.rule,
                int(recorded.verified),
                recorded.tokens,
                recorded.seconds,
            ),
        )

    def record_offered(self, offered: Mapping[tuple[str, str], int]) -> None:
        """Add counts of offered actions by (action, language)."""
        for (action, language), count in offered.items():
            self._write(
                "insert into offer values (?, ?, ?) on conflict do update set count = count + excluded.count",
                (action, language, count),
            )

    def offered(self) -> tuple[tuple[str, str, int], ...]:
        """(action, language, count), the most frequent first."""
        return tuple(self._read("select action, language, count from offer order by count desc, action"))  # pyright: ignore[reportReturnType]

    def record_suggestions(self, counts: Mapping[tuple[str, str, str], int]) -> None:
        """Add counts by (day, language, event)."""
        for key, count in counts.items():
            self._write(
                "insert into suggestion values (?, ?, ?, ?) on conflict do update set count = count + excluded.count",
                (*key, count),
            )

    def suggestions(self) -> tuple[tuple[str, str, int], ...]:
        """(language, event, count) over all days."""
        query = "select language, event, sum(count) from suggestion group by language, event order by language, event"
        return tuple(self._read(query))  # pyright: ignore[reportReturnType]

    def record_event(self, result_id: str, event: Literal["offered", "applied", "rejected", "undone"]) -> None:
        """Store what the user did with a result."""
        column = _EVENTS.get(event)
        if column is not None:
            self._write(f"update action set {column} = 1 where id = ?", (result_id,))  # noqa: S608 - of our table

    def record_outcome(self, recorded: OutcomeRecord) -> None:
        """Store the outcome of an applied edit; the last outcome of a result counts."""
        self._write(
            "insert or replace into outcome (id, at, outcome, source, mode, step) values (?, ?, ?, ?, ?, ?)",
            (recorded.id, self.now_s(), recorded.outcome, recorded.source, recorded.mode, recorded.step),
        )

    def applied_outcomes(self) -> tuple[tuple[str, str, str, int], ...]:
        """(outcome, mode, step, count) of applied edits, the most frequent first."""
        query = "select outcome, mode, step, count(*) from outcome group by 1, 2, 3 order by 4 desc, 1, 2, 3"
        return tuple(self._read(query))  # pyright: ignore[reportReturnType]

    def outcomes_by_tool(self) -> tuple[tuple[str, str, int], ...]:
        """(outcome, name of the tool that reported the message, count) of applied edits, the most frequent first."""
        query = "select outcome, source, count(*) from outcome group by 1, 2 order by 3 desc, 1, 2"
        return tuple(self._read(query))  # pyright: ignore[reportReturnType]

    def summary(self) -> tuple[StatisticsRow, ...]:
        """The rows, the largest groups first."""
        query = (
            "select action, language, mode, rule, count(*), sum(verified), sum(applied), sum(rejected), sum(undone),"
            " sum(tokens), sum(seconds) from action group by action, language, mode, rule order by 5 desc"
        )
        names = _COLUMNS.split()
        return tuple(StatisticsRow(**dict(zip(names, row, strict=True))) for row in self._read(query))

    def reset(self) -> bool:
        """Delete all counts. ``False`` if that failed."""
        self._write("delete from action", ())
        self._write("delete from outcome", ())
        self._write("delete from offer", ())
        self._write("delete from suggestion", ())
        return not self._off

    def close(self) -> None:
        """Close the file. Idempotent."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        def run(connection: sqlite3.Connection) -> list[tuple]:
            with connection:
                connection.execute(statement, values)
            return []

        self._guarded(run, make=True)

    def _read(self, query: str, values: tuple[object, ...] = ()) -> list[tuple]:
        return self._guarded(lambda connection: connection.execute(query, values).fetchall(), make=False)

    def _guarded(self, run: Callable[[sqlite3.Connection], list[tuple]], *, make: bool) -> list[tuple]:
        import sqlite3

        if self._off or (not make and not self.path.exists()):
            return []
        try:
            return run(self._open())
        except sqlite3.DatabaseError as error:
            self.close()
            if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                logger.debug("statistics: %s", error)
            elif isinstance(error, sqlite3.OperationalError):
                self._give_up(error)
            else:
                self._move_aside(error)
        except OSError as error:
            self._give_up(error)
        return []

    def _open(self) -> sqlite3.Connection:
        import sqlite3

        if self._connection is None:
            make_private_file(self.path)
            connection = sqlite3.connect(self.path, timeout=_BUSY_MS / 1_000, check_same_thread=False)
            try:
                connection.execute("pragma journal_mode = wal")
                connection.execute("pragma synchronous = normal")
                connection.executescript(_SCHEMA + _PRUNE)
            except sqlite3.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _move_aside(self, error: Exception) -> None:
        logger.warning("the statistics were damaged and begin anew: %s", error)
        try:
            self.path.replace(self.path.with_suffix(".damaged"))
        except OSError as failure:
            self._give_up(failure)

    def _give_up(self, error: Exception) -> None:
        self._off = True
        logger.warning("no statistics are kept: %s", error)
