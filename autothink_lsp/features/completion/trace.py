"""A recording of the request slot: one line of JSON for each step.

``AUTOTHINK_TRACE=FILE`` switches it on. A line has ``now_ms`` (the scheduler's clock), ``event``, ``state`` (the one
after the event) and ``effects``; events and effects name their class in ``type``. Document addresses are in it, code is
not: ``slot.py`` sees no text. ``python -m tests.support.slot_replay FILE`` runs the events through ``transition``
again.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import asdict

from autothink_lsp.features.completion.slot_values import Effect, Event, SlotState

VARIABLE = "AUTOTHINK_TRACE"

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

    def write(self, now_ms: float, event: Event, state: SlotState, effects: Sequence[Effect]) -> None:
        """Append one step; ``state`` is the one after the event."""
        if self._path is None:
            return
        line = {
            "now_ms": now_ms,
            "event": with_type(event),
            "state": asdict(state),
            "effects": [with_type(effect) for effect in effects],
        }
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            logger.warning("%s: cannot write to %s: %s", VARIABLE, self._path, error)
            self._path = None


def with_type(value: Event | Effect) -> dict[str, Any]:
    """The fields of an event or effect, and its class name in ``type``."""
    return {"type": type(value).__name__, **asdict(value)}
