"""Presses the strokes of a trace at their times and notes what came of each. Takes suggestions where the trace says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from attrs import define, field

from tests.bench.keystroke.editor import Asked, Editor
from tests.bench.keystroke.places import Place
from tests.bench.keystroke.trace import PAUSE_MS, Stroke

MOVE_S = 1.0  # from one place to the next
SETTLE_S = 1.5  # after the last key
ANSWER_TIMEOUT_S = 30.0


@define
class Pressed:
    """One stroke that was made. ``kind`` is the trace's, or ``accept``. Editors do not ask at an undo."""

    kind: str
    written_s: float
    asked: Asked | None
    rest: str | None  # what is still to be typed here; None while something wrong stands there
    after_move: bool = False
    next_s: float | None = None  # when the next stroke came
    before_pause: bool = False
    in_prose: bool = False  # within a comment or a string of several lines

    @property
    def is_open(self) -> bool:
        """Whether code is still to come on the line: a suggestion there is always welcome."""
        return not self.in_prose and code_follows(self.rest)


def code_follows(rest: str | None) -> bool:
    """Whether ``rest``, what is still to be typed, goes on in the cursor's line."""
    return rest is not None and bool(rest.partition("\n")[0].strip())


@define
class Person:
    """``reached`` hears how far the text of the place stands there, before each request, and says whether that is
    prose."""

    editor: Editor
    reached: Callable[[int], bool]
    pressed: list[Pressed] = field(factory=list)
    _offset: int = 0
    _wrong: int = 0  # characters at the cursor that are not to be there

    async def type_at(
        self, place: Place, trace: list[Stroke], most: int, *, moves: bool = True, patient: bool = False
    ) -> None:
        """At most ``most`` strokes, at the place's beginning or where it was left off. A patient person waits for each
        answer, and no longer."""
        due_s = time.perf_counter() + (0 if patient else MOVE_S)
        if moves:
            self.editor.move(place.first)
            self._offset = 0
        number, first = 0, moves
        while number < len(trace) and most > 0:
            stroke, most = trace[number], most - 1
            due_s = max(due_s + stroke.gap_ms / 1_000, time.perf_counter())
            if not patient:
                await asyncio.sleep(due_s - time.perf_counter())
            ghost = None if patient else self._wanted(stroke, place.text[self._offset :])
            if ghost is not None:
                self._offset += len(ghost.shown)
                written_s, kind = self.editor.accept(ghost), "accept"
                while number < len(trace) and (trace[number].offset <= self._offset or trace[number].removes):
                    number += 1
            else:
                further = stroke.offset > self._offset
                text = place.text[self._offset : stroke.offset] if further else stroke.text
                written_s, kind = self.editor.replace(text, stroke.removes), stroke.kind
                self._offset, number = stroke.offset, number + 1
            self._wrong = 0 if kind == "accept" or stroke.is_right else len(stroke.text)
            in_prose = self.reached(self._offset)
            rest = None if self._wrong else place.text[self._offset :]
            self._note(kind, written_s, rest, gap_ms=stroke.gap_ms, first=first)
            self.pressed[-1].in_prose = in_prose
            first = False
            asked = self.pressed[-1].asked
            if patient and asked is not None:
                await asyncio.wait_for(asyncio.shield(asked.reply), ANSWER_TIMEOUT_S)
        if not patient:
            await asyncio.sleep(SETTLE_S)

    def leave(self, place: Place) -> None:
        """Put what is missing there at once, so that the file below is where it is to be."""
        self.editor.replace(place.text[self._offset :], self._wrong)

    def _wanted(self, stroke: Stroke, rest: str) -> Asked | None:
        """The ghost text, if the person takes it here: all of it is what is to be typed."""
        last = self.pressed[-1].asked if self.pressed else None
        if not stroke.accepts or last is None or self.editor.last is not last:
            return None
        return last if last.shown and rest.startswith(last.shown) else None

    def _note(self, kind: str, written_s: float, rest: str | None, *, gap_ms: float, first: bool) -> None:
        if self.pressed:
            before = self.pressed[-1]
            before.next_s = written_s
            before.before_pause = gap_ms >= PAUSE_MS[0] or first
        asked = None if kind == "undo" else self.editor.ask(written_s)
        self.pressed.append(Pressed(kind, written_s, asked, rest, after_move=first))
