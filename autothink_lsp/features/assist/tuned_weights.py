"""The weights that ``autothink-lsp tune`` learned, one file for each model.

A file is ``tune/<digest>.json`` in the state folder: the weights, the quality of the fit, and the previous weights. A
model without a file, or with a file of another version, gets the shipped weights, with the score that ``tune``
distilled from the judgements of another model where there is one (``tune/judge.json``).
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import define, evolve, field, frozen

from autothink_lsp.errors import AutothinkError
from autothink_lsp.features.assist.endpoint import AssistConnection
from autothink_lsp.settings.own_files import replace_private_file
from autothink_lsp.thinking.features import FEATURES
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS, PolicyWeights

logger = logging.getLogger(__name__)

FOLDER = "tune"
JUDGE_FILE = "judge.json"
# Keys of the files.
WEIGHTS, JUDGE = "weights", "judge"
PREVIOUS = "previous"  # what the last change replaced
CHANGED = "changed"  # what the last run that changed anything has changed: WEIGHTS, JUDGE
_MOST_BYTES = 4 << 20


def model_digest(connection: AssistConnection) -> str:
    """A key for the model and its think profile, because learned weights are valid only for that combination."""
    words = f"{connection.model}\0{connection.server}\0{connection.choice.profile.name}"
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@frozen
class TuneFiles:
    """The files of one model. ``state_dir`` is `settings/paths.state_dir`."""

    state_dir: Path
    digest: str

    @property
    def weights(self) -> Path:
        return self.state_dir / FOLDER / f"{self.digest}.json"

    @property
    def record(self) -> Path:
        """The file with the outcomes of the model's edits (`model_records.py`)."""
        return self.state_dir / FOLDER / f"{self.digest}.record.json"

    @property
    def folder(self) -> Path:
        """The folder of the journal."""
        return self.state_dir / FOLDER / self.digest

    @property
    def judge(self) -> Path:
        """The score distilled from a model's judgements, for all models."""
        return self.state_dir / FOLDER / JUDGE_FILE

    def read(self) -> Mapping[str, Any]:
        """The content of the file; empty if it does not exist or is damaged."""
        return _read(self.weights)

    def write(self, values: Mapping[str, Any]) -> None:
        """Replace the file atomically. Raises ``AutothinkError``."""
        _write(self.weights, values)

    def share_judge(self, weights: PolicyWeights, about: Mapping[str, Any]) -> None:
        """Store the score in ``weights`` for the models without weights of their own, and the score that it replaces.
        ``about`` is for the reader. Raises ``AutothinkError``."""
        earlier = {name: value for name, value in _read(self.judge).items() if name != PREVIOUS}
        own = {**about, "digest": self.digest, "weights": weights.to_json()}
        _write(self.judge, {**own, PREVIOUS: earlier or None})

    def _unshare_judge(self, *, keeps_own: bool) -> str:
        """Take the score back if it is of this model, and restore the one that it replaced (one of this model only if
        ``keeps_own``). Returns what was done as a sentence, empty if nothing was."""
        shared = _read(self.judge)
        earlier = shared.get(PREVIOUS)
        is_kept = isinstance(earlier, dict) and (keeps_own or earlier.get("digest") != self.digest)
        if shared.get("digest") != self.digest:
            if isinstance(earlier, dict) and not is_kept:
                _write(self.judge, {**shared, PREVIOUS: None})
            return ""
        if isinstance(earlier, dict) and is_kept:
            _write(self.judge, earlier)
            return "The score of judgements from before the last run is used again."
        try:
            self.judge.unlink(missing_ok=True)
        except OSError as error:
            raise AutothinkError(f"{self.judge} cannot be removed: {error.strerror}.") from error
        return "The score of this model's judgements is no longer used."

    def undo(self) -> str:
        """Take back what the last run that changed anything has changed: weights, shared score or both. Returns the
        active weights as a sentence. Raises ``AutothinkError``."""
        values = dict(self.read())
        has_file = bool(values)
        changed = values.get(CHANGED, [WEIGHTS, JUDGE])  # files of earlier versions do not say what changed
        done: list[str] = []
        if JUDGE in changed and (sentence := self._unshare_judge(keeps_own=True)):
            done.append(sentence)
        if WEIGHTS in changed and WEIGHTS in values:
            earlier = values.pop(PREVIOUS, None)
            values.pop(WEIGHTS)
            if isinstance(earlier, dict):
                values[WEIGHTS] = earlier
                done.append("The weights from before the last run are used again.")
            else:
                done.append("The shipped policy is used again.")
        if not done:
            if WEIGHTS in values:
                return "Nothing to undo: the weights of an earlier run are in use. --forget removes them."
            return "Nothing was learned about this model: the shipped policy is in use."
        if has_file:
            self.write({**values, CHANGED: []})
        return " ".join(done)

    def forget(self) -> bool:
        """Remove all learned weights and records of the model. Returns whether there were any. Raises
        ``AutothinkError``."""
        try:
            was_there = any(one.exists() for one in (self.weights, self.record, self.folder))
            was_there = bool(self._unshare_judge(keeps_own=False)) or was_there
            self.weights.unlink(missing_ok=True)
            self.record.unlink(missing_ok=True)
            if self.folder.exists():
                shutil.rmtree(self.folder)
        except OSError as error:
            raise AutothinkError(f"{self.folder} cannot be removed: {error.strerror}.") from error
        return was_there


def all_files(state_dir: Path) -> list[TuneFiles]:
    """The files of all models that something was learned about."""
    return [TuneFiles(state_dir, file.stem) for file in sorted((state_dir / FOLDER).glob("?" * 16 + ".json"))]


def stored_weights(values: Mapping[str, Any]) -> PolicyWeights | None:
    """The weights in a file; ``None`` if it has none, or those of another version."""
    weights = values.get("weights")
    if not isinstance(weights, dict):
        return None
    try:
        return PolicyWeights.from_json(weights)
    except ValueError as error:
        logger.info("tuned weights are not used: %s", error)
        return None


def shared_judge(values: Mapping[str, Any]) -> PolicyWeights | None:
    """The shipped weights with the score in the file of shared judgements; ``None`` if it has none."""
    found = stored_weights(values)
    if found is None or not found.judge_score:
        return None
    place = FEATURES.index("judge")
    weights = {
        name: tuple(
            getattr(found if number == place else SHIPPED_WEIGHTS, name)[number] for number in range(len(FEATURES))
        )
        for name in ("off_weights", "on_weights")
    }
    return evolve(SHIPPED_WEIGHTS, **weights, judge_score=found.judge_score, source=found.source)


def _read(file: Path) -> Mapping[str, Any]:
    try:
        if file.stat().st_size > _MOST_BYTES:
            return {}
        values = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _write(file: Path, values: Mapping[str, Any]) -> None:
    try:
        replace_private_file(file, json.dumps(values, indent=1))
    except OSError as error:
        raise AutothinkError(
            f"{file} cannot be written: {error.strerror}.", hint="Set AUTOTHINK_HOME to a folder that is."
        ) from error


@define(eq=False)
class TunedWeights:
    """The weights of all models; a changed file is read again."""

    state_dir: Path
    _known: dict[Path, tuple[int, PolicyWeights | None]] = field(factory=dict)

    def of(self, connection: AssistConnection) -> PolicyWeights:
        """The weights for a model."""
        files = TuneFiles(self.state_dir, model_digest(connection))
        own = self._kept(files.weights, stored_weights)
        return own or self._kept(files.judge, shared_judge) or SHIPPED_WEIGHTS

    def _kept(
        self, file: Path, weights_in: Callable[[Mapping[str, Any]], PolicyWeights | None]
    ) -> PolicyWeights | None:
        """The weights in ``file``, which is read again when it has changed."""
        try:
            changed_ns = file.stat().st_mtime_ns
        except OSError:
            return None
        known = self._known.get(file)
        if known is None or known[0] != changed_ns:
            known = changed_ns, weights_in(_read(file))
            self._known[file] = known
        return known[1]
