"""Runs a recording of the request slot (``AUTOTHINK_TRACE=FILE``) through ``transition`` again.

``python -m tests.support.slot_replay FILE`` prints each step that comes out otherwise, and fails if there is one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from attrs import asdict, fields, frozen

from autothink_lsp.features.completion.slot import transition
from autothink_lsp.features.completion.slot_values import Event, Purpose, SlotState
from autothink_lsp.features.completion.trace import with_type

_EVENTS: Mapping[str, type] = {kind.__name__: kind for kind in get_args(Event)}


@frozen
class Difference:
    """A step of a recording whose result ``transition`` does not give. ``line`` counts from 1."""

    line: int
    recorded: Mapping[str, Any]
    computed: Mapping[str, Any]


def replay(lines: Sequence[str]) -> Iterator[Difference]:
    """Each step that comes out otherwise; the next one then goes on from the computed state. Raises ``ValueError`` for
    a
    line that is no step."""
    state = SlotState()
    for number, line in enumerate(lines, start=1):
        recorded = json.loads(line)
        if not isinstance(recorded, dict) or not {"now_ms", "event", "state", "effects"} <= recorded.keys():
            raise ValueError(f"line {number} is no step of the request slot")
        state, effects = transition(state, _event(recorded["event"], number), float(recorded["now_ms"]))
        computed = {"state": asdict(state), "effects": [with_type(effect) for effect in effects]}
        computed = json.loads(json.dumps(computed))
        if computed != {key: recorded[key] for key in computed}:
            yield Difference(number, recorded, computed)


def _event(recorded: Mapping[str, Any], number: int) -> Event:
    kind = _EVENTS.get(str(recorded.get("type")))
    if kind is None:
        raise ValueError(f"line {number} has an unknown event")
    return kind(**{field.name: _value(recorded[field.name]) for field in fields(kind)})


def _value(value: Any) -> Any:
    """JSON has no tuples and no enumerations; the only ones in events are purposes."""
    if isinstance(value, list):
        return tuple(_value(item) for item in value)
    return Purpose(value) if value in set(Purpose) else value


def main(path: Path) -> int:
    """Print the differences; 1 if there are any."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = list(replay(lines))
    for difference in found:
        print(f"line {difference.line}: {difference.recorded['event']}")
        print(f"  recorded {json.dumps({key: difference.recorded[key] for key in difference.computed})}")
        print(f"  computed {json.dumps(difference.computed)}")
    print(f"{len(lines)} steps, {len(found)} come out otherwise")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
