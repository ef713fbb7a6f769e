"""The models that the user added, pinned to their digests: ``models.lock.json`` beside the model files.

A digest is written down when a model is added, and never changed afterwards: a file that has another digest later is
refused until the user removes the model. A missing or damaged lock file counts as empty.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autothink_lsp.engines.models.catalogue import HubFile, ModelEntry, of_parts
from autothink_lsp.settings.own_files import write_atomically

logger = logging.getLogger(__name__)

LOCK_FILE = "models.lock.json"
_NAME = re.compile(r"[\w.+-]{1,128}", re.ASCII)


def read_lock(directory: Path) -> tuple[ModelEntry, ...]:
    """Return the models that the user added, in the order of their names."""
    try:
        models = json.loads((directory / LOCK_FILE).read_text("utf-8"))["models"]
        return tuple(_entry(name, models[name]) for name in sorted(models))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        logger.warning("ignoring %s, which is damaged: %s", directory / LOCK_FILE, error)
        return ()


def write_lock(directory: Path, entries: Sequence[ModelEntry]) -> None:
    """Replace the lock file. Raises ``OSError``."""
    models = {entry.name: _as_json(entry) for entry in entries}
    write_atomically(directory / LOCK_FILE, json.dumps({"version": 1, "models": models}, indent=1))


def add_to_lock(directory: Path, entry: ModelEntry) -> None:
    """Add or replace one model. Raises ``OSError``."""
    others = [one for one in read_lock(directory) if one.name != entry.name]
    write_lock(directory, [*others, entry])


def remove_from_lock(directory: Path, name: str) -> None:
    """Forget a model and its digests. Raises ``OSError``."""
    entries = read_lock(directory)
    if any(one.name == name for one in entries):
        write_lock(directory, [one for one in entries if one.name != name])


def _as_json(entry: ModelEntry) -> dict[str, Any]:
    files = [
        {"file": one.hub.file, "stored_as": one.file_name, "size_bytes": one.size_bytes, "sha256": one.sha256}
        for one in (entry, *entry.shards)
    ]
    return {
        "repository": entry.hub.repository,
        "revision": entry.hub.revision,
        "licence": entry.licence,
        "kv_bytes_per_token": entry.kv_bytes_per_token,
        "files": files,
    }


def _entry(name: str, value: dict[str, Any]) -> ModelEntry:
    made: list[ModelEntry] = []
    for file in value["files"]:
        stored_as = str(file["stored_as"])
        if not _NAME.fullmatch(stored_as) or not re.fullmatch(r"[0-9a-f]{64}", str(file["sha256"])):
            raise ValueError(f"the file of {name}")
        made.append(
            ModelEntry(
                name=name,
                file_name=stored_as,
                licence=str(value["licence"]),
                size_bytes=int(file["size_bytes"]),
                sha256=str(file["sha256"]),
                kv_bytes_per_token=int(value["kv_bytes_per_token"]),
                hub=HubFile(str(value["repository"]), str(file["file"]), str(value["revision"])),
                wheel_parts=(),
            )
        )
    return of_parts(made)
