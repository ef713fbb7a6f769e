"""A recording of the request slot: one JSON object a line for each step, which can be run through ``transition`` again.

``AUTOTHINK_TRACE=FILE`` switches it on. A line has ``now_ms`` (the scheduler's clock), ``event``, ``state`` (the one
after the event) and ``effects``; events and effects name their class in ``type``. Document addresses are in it, code is
not: ``slot.py`` sees no text.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from attrs import asdict, fields, frozen

from autothink_lsp.features.completion import slot
from autothink_lsp.features.completion.slot import SlotState, transition

VARIABLE = "AUTOTHINK_TRACE"
_EVENTS: Mapping[str, type] = {kind.__name__: kind for kind in get_args(slot.Event)}

logger = logging.getLogger(__name__)


class SlotTrace:
    """Appends to a file. A file that cannot be written is reported once in the log, and nothing more is recorded."""

    def __init__(self, path: Path) -> None:
        self._path: Path | None = path

    @classmethod
    def from_environment(cls) -> SlotTrace | None:
        """The recording that ``AUTOTHINK_TRACE`` asks for, or ``None``."""
        path = os.environ.get(VARIABLE, "")
        return cls(Path(path)) if path else None

    def write(self, now_ms: float, event: slot.Event, state: SlotState, effects: Sequence[slot.Effect]) -> None:
        """One step."""
        if self._path is None:
            return
        line = {
            "now_ms": now_ms,
            "event": _typed(event),
            "state": asdict(state),
            "effects": [_typed(effect) for effect in effects],
        }
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            logger.warning("%s: cannot write to %s: %s", VARIABLE, self._path, error)
            self._path = None


@frozen
class Difference:
    """A step of a recording whose result ``transition`` does not give. ``line`` counts from 1."""

    line: int
    recorded: Mapping[str, Any]
    computed: Mapping[str, Any]


def replay(lines: Sequence[str]) -> Iterator[Difference]:
    """Run a recording's events through ``transition`` and yield each step that comes out otherwise; the next step then
    goes on from the computed state. Raises ``ValueError`` for a line that is no step."""
    state = SlotState()
    for number, line in enumerate(lines, start=1):
        recorded = json.loads(line)
        if not isinstance(recorded, dict) or not {"now_ms", "event", "state", "effects"} <= recorded.keys():
            raise ValueError(f"line {number} is no step of the request slot")
        state, effects = transition(state, _event(recorded["event"], number), float(recorded["now_ms"]))
        computed = {"state": asdict(state), "effects": [_typed(effect) for effect in effects]}
        computed = json.loads(json.dumps(computed))
        if computed != {key: recorded[key] for key in computed}:
            yield Difference(number, recorded, computed)


def _typed(value: slot.Event | slot.Effect) -> dict[str, Any]:
    return {"type": type(value).__name__, **asdict(value)}


def _event(recorded: Mapping[str, Any], number: int) -> slot.Event:
    kind = _EVENTS.get(str(recorded.get("type")))
    if kind is None:
        raise ValueError(f"line {number} has an unknown event")
    return kind(**{field.name: _value(recorded[field.name]) for field in fields(kind) if field.name in recorded})


def _value(value: Any) -> Any:
    """JSON has no tuples and no enumerations: the only such field is ``purposes``, or a purpose's own value."""
    if isinstance(value, list):
        return tuple(_value(item) for item in value)
    return slot.Purpose(value) if value in set(slot.Purpose) else value
