"""Models from the Hugging Face hub, through huggingface_hub in a child process.

A child, because the library cannot be interrupted between two bytes, and so that it is never in the language server's
memory. It begins a broken download anew (it keeps no part of one), so what an earlier try left is only in the way.
"""

from __future__ import annotations

import errno
import importlib.util
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from attrs import field, frozen

from autothink_lsp.engines.child_command import child_command
from autothink_lsp.engines.models.catalogue import ModelEntry
from autothink_lsp.engines.models.sources import FetchedFile, SourceUnreachableError
from autothink_lsp.engines.models.store import file_digest
from autothink_lsp.engines.models.watch import Watch
from autothink_lsp.engines.models.watched_child import ChildResult, largest_file_bytes, run_watched_child
from autothink_lsp.errors import ModelError
from autothink_lsp.processes import clean_environment

_ANSWER_PATIENCE_S = 4.0
_FOUND_PATIENCE_S = 10.0
"""From the child's start to the hub's answer: also bounds a name server that never answers."""
_HINT = "Check the network; HF_ENDPOINT names a mirror of the hub, HTTPS_PROXY a proxy."


@frozen
class HubSource:
    """See ``sources.Source``."""

    _monotonic: Callable[[], float] = field(default=time.monotonic, kw_only=True)

    @property
    def name(self) -> str:
        """``hub``."""
        return "hub"

    def needed_bytes(self, entry: ModelEntry, folder: Path) -> int:
        """The whole file."""
        return entry.size_bytes

    def fetch(self, entry: ModelEntry, folder: Path, watch: Watch) -> FetchedFile:
        """See ``sources.Source``."""
        if importlib.util.find_spec("huggingface_hub") is None:
            raise ModelError(
                "huggingface_hub is not installed.", hint="`pip install 'autothink-lsp[embedded]'` adds it."
            )
        _empty(folder)
        watch.tell(0, entry.size_bytes, "asking the hub")
        try:
            path = _path_from(self._run_child(entry, folder, watch))
            digest = file_digest(path, lambda count: watch.tell(count, entry.size_bytes, "checking"))
        except BaseException:
            _empty(folder)
            raise
        return FetchedFile(path, digest)

    def _run_child(self, entry: ModelEntry, folder: Path, watch: Watch) -> ChildResult:
        give_up_at = self._monotonic() + _FOUND_PATIENCE_S

        def look(output: IO[bytes]) -> None:
            output.seek(0)
            if b"found\n" in output.read():
                watch.tell(largest_file_bytes(folder), entry.size_bytes, "downloading")
            elif self._monotonic() > give_up_at:
                raise SourceUnreachableError("the hub does not answer.", hint=_HINT)

        message = {
            "repository": entry.hub.repository,
            "file": entry.hub.file,
            "folder": str(folder),
            "patience_s": _ANSWER_PATIENCE_S,
        }
        environ = clean_environment(
            {
                "HF_HUB_DISABLE_TELEMETRY": "1",
                "HF_HUB_DISABLE_PROGRESS_BARS": "1",
                "HF_HUB_DISABLE_XET": "1",  # its chunk cache would hold the file a second time
            }
        )
        return run_watched_child(child_command("autothink_lsp.engines.models.hub_child"), message, environ, watch, look)


def _empty(folder: Path) -> None:
    for leftover in folder.iterdir():
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def _path_from(result: ChildResult) -> Path:
    answer = _last_json(result.output)
    match answer:
        case {"path": str(path)}:
            return Path(path)
        case {"unreachable": _}:
            raise SourceUnreachableError("the hub cannot be reached.", hint=_HINT)
        case {"error": str(text), "errno": errno.ENOSPC | errno.EDQUOT as number}:
            raise OSError(number, text)
        case {"error": str(text)}:
            raise ModelError(f"the hub refused: {text}", hint=_HINT)
        case _:
            raise ModelError(f"the download from the hub ended with status {result.returncode}.", hint=_HINT)


def _last_json(output: str) -> dict[str, Any]:
    for line in reversed(output.splitlines()):
        try:
            answer = json.loads(line)
        except ValueError:
            continue
        if isinstance(answer, dict):
            return answer
    return {}
