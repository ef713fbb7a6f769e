"""Counts the outcomes of suggestions by day and language: offered, shown, taken, taken in part, dismissed, undone.

Counts are kept in memory and written from time to time, off the keystroke path. Holds no code: a suggestion is a
number, remembered as long as an editor may report on it.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Literal, get_args

from attrs import define, field

from autothink_lsp.features.statistics.store import Statistics

SuggestionEvent = Literal["offered", "shown", "accepted", "partly", "dismissed", "undone"]
EVENTS: tuple[SuggestionEvent, ...] = get_args(SuggestionEvent)
_REMEMBERED = 500
_FLUSH_S = 60.0


@define(eq=False)
class SuggestionCounts:
    """The counts of one client. ``statistics`` is opened at the first flush; ``now_s`` is the wall clock, for the
    day."""

    statistics: Callable[[], Statistics]
    now_s: Callable[[], float] = time.time
    _languages: OrderedDict[int, str] = field(factory=OrderedDict)
    _counted: set[tuple[int, str]] = field(factory=set)
    _pending: Counter[tuple[str, str, str]] = field(factory=Counter)
    _flushed_at: float = 0.0

    def offered(self, suggestion_id: int, language: str) -> None:
        """A suggestion was sent to the editor. Only some editors report whether it was seen."""
        self._languages[suggestion_id] = language
        while len(self._languages) > _REMEMBERED:
            old, _ = self._languages.popitem(last=False)
            self._counted -= {(old, event) for event in EVENTS}
        self._count(suggestion_id, "offered")

    def on_feedback(self, suggestion_id: object, event: object) -> bool:
        """Count an event that the editor reports about a suggestion. ``False`` without a count: the suggestion is
        unknown, or the event was reported before."""
        if not isinstance(suggestion_id, int) or event not in EVENTS or suggestion_id not in self._languages:
            return False
        is_new = self._count(suggestion_id, event)
        if self.now_s() - self._flushed_at > _FLUSH_S:
            self.flush()
        return is_new

    def flush(self) -> None:
        """Write the counts. Never raises."""
        self._flushed_at = self.now_s()
        pending, self._pending = self._pending, Counter()
        if pending:
            statistics = self.statistics()
            statistics.record_suggestions(pending)
            statistics.close()  # by itself it stays open until the garbage is collected, and keeps SQLite's log

    def _count(self, suggestion_id: int, event: SuggestionEvent) -> bool:
        if (suggestion_id, event) in self._counted:
            return False
        self._counted.add((suggestion_id, event))
        day = dt.datetime.fromtimestamp(self.now_s(), dt.UTC).date().isoformat()
        self._pending[day, self._languages[suggestion_id], event] += 1
        return True
