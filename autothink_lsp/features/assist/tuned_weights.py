"""The weights that ``autothink-lsp tune`` learned, one file for each model.

A file is ``tune/<digest>.json`` in the state folder: the weights, the quality of the fit, and the previous weights. A
model without a file, or with a file of another version, gets the shipped weights.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from autothink_lsp.errors import AutothinkError
from autothink_lsp.features.assist.endpoint import AssistConnection
from autothink_lsp.settings.private_files import replace_private_file
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS, PolicyWeights

logger = logging.getLogger(__name__)

FOLDER = "tune"
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
        """What became of the model's edits (`model_records.py`)."""
        return self.state_dir / FOLDER / f"{self.digest}.record.json"

    @property
    def folder(self) -> Path:
        """The folder of the journal."""
        return self.state_dir / FOLDER / self.digest

    def read(self) -> Mapping[str, Any]:
        """The content of the file; empty if it does not exist or is damaged."""
        try:
            if self.weights.stat().st_size > _MOST_BYTES:
                return {}
            values = json.loads(self.weights.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return values if isinstance(values, dict) else {}

    def write(self, values: Mapping[str, Any]) -> None:
        """Replace the file atomically. Raises ``AutothinkError``."""
        try:
            replace_private_file(self.weights, json.dumps(values, indent=1))
        except OSError as error:
            raise AutothinkError(
                f"{self.weights} cannot be written: {error.strerror}.", hint="Set AUTOTHINK_HOME to a folder that is."
            ) from error

    def undo(self) -> str:
        """Restore the weights before the last adoption. Returns the active weights as a sentence. Raises
        ``AutothinkError``."""
        values = dict(self.read())
        if "weights" not in values:
            return "Nothing was learned about this model: the shipped policy decides."
        earlier = values.pop("previous", None)
        values.pop("weights")
        if isinstance(earlier, dict):
            self.write({**values, "weights": earlier})
            return "The weights before the last run decide again."
        self.write(values)
        return "The shipped policy decides again."

    def forget(self) -> bool:
        """Remove all learned weights and records of the model. Returns whether there were any. Raises
        ``AutothinkError``."""
        try:
            was_there = self.weights.exists() or self.record.exists() or self.folder.exists()
            self.weights.unlink(missing_ok=True)
            self.record.unlink(missing_ok=True)
            if self.folder.exists():
                shutil.rmtree(self.folder)
        except OSError as error:
            raise AutothinkError(f"{self.folder} cannot be removed: {error.strerror}.") from error
        return was_there


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


@define(eq=False)
class TunedWeights:
    """The weights of all models; a changed file is read again."""

    state_dir: Path
    _known: dict[str, tuple[int, PolicyWeights]] = field(factory=dict)

    def of(self, connection: AssistConnection) -> PolicyWeights:
        """The weights for a model."""
        digest = model_digest(connection)
        files = TuneFiles(self.state_dir, digest)
        changed_ns = 0
        with contextlib.suppress(OSError):
            changed_ns = files.weights.stat().st_mtime_ns
        if not changed_ns:
            return SHIPPED_WEIGHTS
        known = self._known.get(digest)
        if known is None or known[0] != changed_ns:
            known = changed_ns, stored_weights(files.read()) or SHIPPED_WEIGHTS
            self._known[digest] = known
        return known[1]
