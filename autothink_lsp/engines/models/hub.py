"""Models from the Hugging Face Hub, through huggingface_hub in a child process.

In a child process, because the library cannot be interrupted during a download and must not be in the language server's
memory. The library keeps no part of a broken download, so the files of an earlier one are deleted.
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

from autothink_lsp.engines.models.catalogue import ModelEntry
from autothink_lsp.engines.models.sources import (
    DownloadProgress,
    FetchedFile,
    SourceUnreachableError,
    largest_file_bytes,
)
from autothink_lsp.engines.models.store import file_digest
from autothink_lsp.errors import ModelError
from autothink_lsp.processes.run import ProcessResult, run_polled
from autothink_lsp.processes.spawn import module_command

_METADATA_TIMEOUT_S = 4.0
_REACHABLE_TIMEOUT_S = 10.0
"""The time from the child's start to the Hub's answer, name resolution included."""
_HINT = "Check the network connection. HF_ENDPOINT sets a mirror of the Hub, HTTPS_PROXY a proxy."


@frozen
class HubSource:
    """The Hugging Face Hub. See ``sources.Source``."""

    _monotonic: Callable[[], float] = field(default=time.monotonic, kw_only=True)

    @property
    def name(self) -> str:
        """``hub``."""
        return "hub"

    def needed_bytes(self, entry: ModelEntry, folder: Path) -> int:
        """Return the size of the model."""
        return entry.size_bytes

    def fetch(self, entry: ModelEntry, folder: Path, progress: DownloadProgress) -> FetchedFile:
        """Download the file. See ``sources.Source``."""
        if importlib.util.find_spec("huggingface_hub") is None:
            raise ModelError(
                "huggingface_hub is not installed.", hint="`pip install 'autothink-lsp[embedded]'` adds it."
            )
        _delete_contents(folder)
        progress.report(0, entry.size_bytes, "connecting to the Hugging Face Hub")
        try:
            path = _path_from(self._run_child(entry, folder, progress))
            digest = file_digest(path, lambda count: progress.report(count, entry.size_bytes, "verifying"))
        except BaseException:
            _delete_contents(folder)
            raise
        return FetchedFile(path, digest)

    def _run_child(self, entry: ModelEntry, folder: Path, progress: DownloadProgress) -> ProcessResult:
        deadline_s = self._monotonic() + _REACHABLE_TIMEOUT_S

        def on_poll(output: IO[bytes]) -> None:
            progress.cancellation.raise_if_cancelled()
            output.seek(0)
            if b"found\n" in output.read():
                progress.report(largest_file_bytes(folder), entry.size_bytes, "downloading")
            elif self._monotonic() > deadline_s:
                raise SourceUnreachableError("the Hugging Face Hub does not answer.", hint=_HINT)

        message = {
            "repository": entry.hub.repository,
            "file": entry.hub.file,
            "folder": str(folder),
            "timeout_s": _METADATA_TIMEOUT_S,
        }
        variables = {
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DISABLE_XET": "1",  # its chunk cache would hold the file a second time
        }
        return run_polled(
            module_command("autothink_lsp.engines.models.hub_main"), message, on_poll, variables=variables
        )


def _delete_contents(folder: Path) -> None:
    for leftover in folder.iterdir():
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def _path_from(result: ProcessResult) -> Path:
    answer = _last_json(result.output)
    match answer:
        case {"path": str(path)}:
            return Path(path)
        case {"unreachable": _}:
            raise SourceUnreachableError("the Hugging Face Hub cannot be reached.", hint=_HINT)
        case {"error": str(text), "errno": errno.ENOSPC | errno.EDQUOT as number}:
            raise OSError(number, text)
        case {"error": str(text)}:
            raise ModelError(f"the Hugging Face Hub refused: {text}", hint=_HINT)
        case _:
            raise ModelError(f"the download ended with exit status {result.returncode}.", hint=_HINT)


def _last_json(output: str) -> dict[str, Any]:
    for line in reversed(output.splitlines()):
        try:
            answer = json.loads(line)
        except ValueError:
            continue
        if isinstance(answer, dict):
            return answer
    return {}
