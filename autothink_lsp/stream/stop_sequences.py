"""Finds stop sequences in a stream, also when one is split over several pieces, and holds back what may become one."""

from __future__ import annotations

from collections.abc import Iterable


class StopSequences:
    """``step`` one character at a time; ``release`` what was held back when the stream ends without a stop."""

    __slots__ = ("_held", "_prefixes", "_whole")

    def __init__(self, sequences: Iterable[str]) -> None:
        self._whole = frozenset(sequence for sequence in sequences if sequence)
        self._prefixes = frozenset(sequence[:end] for sequence in self._whole for end in range(1, len(sequence)))
        self._held = ""

    def step(self, char: str) -> tuple[str, bool]:
        """The text that is now known to be no part of a stop sequence, and whether one is complete.

        Of two sequences that end together the longer one counts.
        """
        if not self._held and char not in self._prefixes and char not in self._whole:
            return char, False
        held, free = self._held + char, ""
        while held:
            if held in self._whole:
                self._held = ""
                return free, True
            if held in self._prefixes:
                break
            free, held = free + held[0], held[1:]
        self._held = held
        return free, False

    def release(self) -> str:
        """What is held back; nothing is held afterwards."""
        held, self._held = self._held, ""
        return held
