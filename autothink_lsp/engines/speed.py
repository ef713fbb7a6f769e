"""How fast each model ran on this machine: a small file that outlives us. A lost or broken file is a fresh start.

Only requests with enough tokens count, and newer ones count more, so that the record follows the machine as it is used.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

from attrs import asdict, define, evolve, field, frozen

from autothink_lsp.engines.models.store import write_atomically
from autothink_lsp.settings.paths import state_dir

logger = logging.getLogger(__name__)

_NEWEST_WEIGHT = 0.1
_ENOUGH_PREFILL_TOKENS = 32
"""Below this a request's fixed cost shows more than the speed."""
_ENOUGH_DECODE_TOKENS = 4


@frozen
class MeasuredSpeed:
    """Tokens per second; ``None`` where nothing was measured yet."""

    prefill_tokens_per_s: float | None = None
    decode_tokens_per_s: float | None = None


@define
class SpeedRecord:
    """Speeds by the key that ``speed_key`` makes."""

    path: Path
    _speeds: dict[str, MeasuredSpeed] = field(factory=dict)

    @classmethod
    def load(cls, path: Path | None = None) -> SpeedRecord:
        """The record at ``path``, by default the user's; empty when there is none or it cannot be read."""
        path = path or state_dir() / "engine-speed.json"
        return cls(path, _read(path))

    def speed(self, key: str) -> MeasuredSpeed:
        """What is known; all ``None`` for a key never seen."""
        return self._speeds.get(key, MeasuredSpeed())

    def observe(
        self, key: str, *, prompt_tokens: int, prompt_ms: float, predicted_tokens: int, predicted_ms: float
    ) -> None:
        """Add one finished request, with the evaluated tokens and times that llama.cpp tells in ``timings``."""
        known = self.speed(key)
        if prompt_tokens >= _ENOUGH_PREFILL_TOKENS and prompt_ms > 0:
            newest = prompt_tokens / prompt_ms * 1000
            known = evolve(known, prefill_tokens_per_s=_mixed(known.prefill_tokens_per_s, newest))
        # The first token comes with the prompt; predicted_ms starts after it.
        if predicted_tokens - 1 >= _ENOUGH_DECODE_TOKENS and predicted_ms > 0:
            newest = (predicted_tokens - 1) / predicted_ms * 1000
            known = evolve(known, decode_tokens_per_s=_mixed(known.decode_tokens_per_s, newest))
        self._speeds[key] = known

    def save(self) -> None:
        """Write it. A failure is logged: losing a measurement does no harm."""
        values = {key: asdict(speed) for key, speed in self._speeds.items()}
        try:
            write_atomically(self.path, json.dumps({"version": 1, "speeds": values}, indent=1))
        except OSError as error:
            logger.warning("cannot write %s: %s", self.path, error)


def speed_key(model_name: str, threads: int) -> str:
    """What a speed depends on besides the machine."""
    return f"{model_name}, {threads} threads"


def _mixed(known: float | None, newest: float) -> float:
    return round(newest if known is None else known + _NEWEST_WEIGHT * (newest - known), 2)


def _read(path: Path) -> dict[str, MeasuredSpeed]:
    try:
        speeds = json.loads(path.read_text("utf-8"))["speeds"]
        return {key: _speed_from(value) for key, value in speeds.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        logger.warning("ignoring %s, which is damaged: %s", path, error)
        return {}


def _speed_from(value: Mapping[str, float | None]) -> MeasuredSpeed:
    speed = MeasuredSpeed(**value)
    for number in (speed.prefill_tokens_per_s, speed.decode_tokens_per_s):
        if number is not None and not 0 < float(number) < float("inf"):
            raise ValueError(f"{number} tokens per second")
    return speed
