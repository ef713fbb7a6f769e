"""Measured speeds of models: the running average of one model, and the file of all measured models of this machine.

Requests with few tokens are ignored, and newer requests have more weight, so that the average follows changes of the
machine's load. A missing or damaged file counts as empty.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

from attrs import asdict, define, field, frozen

from autothink_lsp.settings.own_files import write_atomically
from autothink_lsp.settings.paths import state_dir

logger = logging.getLogger(__name__)

_NEWEST_WEIGHT = 0.1
_ENOUGH_PREFILL_TOKENS = 32
_ENOUGH_DECODE_TOKENS = 4
_LEAST_GAIN = 1.05
"""Chosen: a smaller gain is lost to the tokens that are drafted in vain while other programs use the processor."""


@define
class Throughput:
    """Tokens per second of one phase (prefill or decode), averaged with ``newest_weight`` for the newest request.

    Requests with fewer than ``min_tokens`` are ignored: their fixed cost hides the speed. ``tokens_per_s`` is ``None``
    before the first measurement.
    """

    newest_weight: float
    min_tokens: int
    tokens_per_s: float | None = None

    def observe(self, tokens: int, took_ms: float) -> None:
        """Update the average with the tokens and the time of one request."""
        if tokens < self.min_tokens or took_ms <= 0:
            return
        newest, known = tokens * 1_000 / took_ms, self.tokens_per_s
        self.tokens_per_s = newest if known is None else known + self.newest_weight * (newest - known)


@frozen
class MeasuredSpeed:
    """Tokens per second; ``None`` if not measured yet."""

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
        """The speed of this key; all ``None`` for an unknown key."""
        return self._speeds.get(key, MeasuredSpeed())

    def observe(
        self, key: str, *, prompt_tokens: int, prompt_ms: float, predicted_tokens: int, predicted_ms: float
    ) -> None:
        """Add one finished request, with the evaluated tokens and times of llama.cpp's ``timings``."""
        known = self.speed(key)
        # The first token comes with the prompt; predicted_ms starts after it.
        self._speeds[key] = MeasuredSpeed(
            _average(known.prefill_tokens_per_s, _ENOUGH_PREFILL_TOKENS, prompt_tokens, prompt_ms),
            _average(known.decode_tokens_per_s, _ENOUGH_DECODE_TOKENS, predicted_tokens - 1, predicted_ms),
        )

    def save(self) -> None:
        """Write the file. A failure is only logged: a lost measurement does no harm."""
        values = {key: asdict(speed) for key, speed in self._speeds.items()}
        try:
            write_atomically(self.path, json.dumps({"version": 1, "speeds": values}, indent=1))
        except OSError as error:
            logger.warning("cannot write %s: %s", self.path, error)


def uses_drafts(plain: MeasuredSpeed, drafted: MeasuredSpeed) -> bool:
    """Whether to start an engine with speculative decoding, by the decode speeds that were measured without and with
    it: first without, then with, then as it was faster by ``_LEAST_GAIN``."""
    if plain.decode_tokens_per_s is None:
        return False
    if drafted.decode_tokens_per_s is None:
        return True
    return drafted.decode_tokens_per_s >= plain.decode_tokens_per_s * _LEAST_GAIN


def drafted_speed_key(model_name: str, threads: int) -> str:
    """The key of a speed with speculative decoding."""
    return f"{speed_key(model_name, threads)}, ngram drafts"


def speed_key(model_name: str, threads: int) -> str:
    """The key of a speed: the model and the number of threads."""
    return f"{model_name}, {threads} threads"


def _average(known: float | None, min_tokens: int, tokens: int, took_ms: float) -> float | None:
    throughput = Throughput(_NEWEST_WEIGHT, min_tokens, known)
    throughput.observe(tokens, took_ms)
    return None if throughput.tokens_per_s is None else round(throughput.tokens_per_s, 2)


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
