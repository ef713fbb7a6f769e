"""Stores the outcomes of each model's edits, from which the estimates of the next session start.

A file is ``tune/<digest>.record.json`` in the state folder, one for each model and think profile: counts and averages,
no code, no paths. `thinking/utility.py` moves its estimates by a record, within bounds.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import asdict, define, evolve, field

from autothink_lsp.features.assist.endpoint import AssistConnection
from autothink_lsp.features.assist.tuned_weights import TuneFiles, model_digest
from autothink_lsp.settings.own_files import replace_private_file
from autothink_lsp.thinking.signals import ModelRecord, ModeRecord

logger = logging.getLogger(__name__)

_MOST_BYTES = 1 << 14
# Edits of one mode that count; from here on old ones weigh less, because the user's code and habits change (chosen).
_MOST_EDITS = 200


@define(eq=False)
class ModelRecords:
    """The records by the name of the model. Without ``state_dir`` they last as long as the session."""

    state_dir: Path | None = None
    _records: dict[str, ModelRecord] = field(factory=dict)
    _digests: dict[str, str] = field(factory=dict)
    _has_failed: bool = False

    def of(self, connection: AssistConnection) -> ModelRecord:
        """The record of a model, read from its file at first use."""
        digest = model_digest(connection)
        if self._digests.get(connection.model) != digest:
            self._digests[connection.model] = digest
            self._records[connection.model] = self._read(digest)
        return self._records[connection.model]

    def update(self, model: str, *, is_stored: bool, **changes: Any) -> None:
        """Change fields of a model's record, and its file if ``is_stored``. A file that cannot be written is logged
        once."""
        record = evolve(self._records.get(model, ModelRecord()), **changes)
        record = evolve(record, off=_recent(record.off), on=_recent(record.on))
        self._records[model] = record
        digest = self._digests.get(model)
        if not is_stored or self.state_dir is None or digest is None:
            return
        try:
            replace_private_file(TuneFiles(self.state_dir, digest).record, json.dumps(asdict(record)))
        except OSError as error:
            if not self._has_failed:
                logger.warning("what became of the model's edits cannot be stored: %s", error)
            self._has_failed = True

    def in_session(self, model: str) -> ModelRecord:
        """The record of a model by its name; an empty one if it was not used yet."""
        return self._records.get(model, ModelRecord())

    def _read(self, digest: str) -> ModelRecord:
        if self.state_dir is None:
            return ModelRecord()
        file = TuneFiles(self.state_dir, digest).record
        try:
            if file.stat().st_size > _MOST_BYTES:
                return ModelRecord()
            return _record_of(json.loads(file.read_bytes()))
        except FileNotFoundError:
            return ModelRecord()
        except (OSError, ValueError, TypeError, LookupError, RecursionError):
            logger.info("%s is damaged and not used", file.name)
            return ModelRecord()


def _record_of(values: Mapping[str, Any]) -> ModelRecord:
    """Raises ``ValueError``, ``TypeError`` or ``LookupError`` for content that is no record."""
    tokens = values["thinking_tokens"]
    return ModelRecord(
        off=_mode_of(values["off"]),
        on=_mode_of(values["on"]),
        thinking_tokens=None if tokens is None else _number(tokens),
    )


def _mode_of(values: Mapping[str, Any]) -> ModeRecord:
    record = ModeRecord(
        good=int(_number(values["good"])), bad=int(_number(values["bad"])), expected=_number(values["expected"])
    )
    if record.expected > record.good + record.bad:
        raise ValueError("more is expected than was tried")
    return record


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number) or number < 0:
        raise ValueError("not a count")
    return number


def _recent(record: ModeRecord) -> ModeRecord:
    """The record with all counts halved if there are more than ``_MOST_EDITS``."""
    if record.good + record.bad <= _MOST_EDITS:
        return record
    good, bad = record.good // 2, record.bad // 2
    share = (good + bad) / (record.good + record.bad)
    return ModeRecord(good=good, bad=bad, expected=record.expected * share)
