"""Finds stop sequences in a stream, also when one is split over several pieces, and holds back what may become one."""

from __future__ import annotations

from collections.abc import Iterable


class StopSequences:
    """``step`` one character at a time; ``release`` what was held back when the stream ends without a stop."""

    __slots__ = ("_held", "_sequences", "_starts")

    def __init__(self, sequences: Iterable[str]) -> None:
        self._sequences = frozenset(sequence for sequence in sequences if sequence)
        self._starts = frozenset(sequence[0] for sequence in self._sequences)
        self._held = ""

    def step(self, char: str) -> tuple[str, bool]:
        """The text that is now known to be no part of a stop sequence, and whether one is complete.

        The sequence that is complete first counts, and of two that end together the longer one.
        """
        if not self._held and char not in self._starts:
            return char, False
        held, free = self._held + char, ""
        found = max((sequence for sequence in self._sequences if held.endswith(sequence)), key=len, default="")
        if found:
            self._held = ""
            return held[: -len(found)], True
        while held and not any(sequence.startswith(held) for sequence in self._sequences):
            free, held = free + held[0], held[1:]
        self._held = held
        return free, False

    def release(self) -> str:
        """What is held back; nothing is held afterwards."""
        held, self._held = self._held, ""
        return held
