"""Downloads a file of the Hugging Face Hub at a pinned revision, and continues a download that was interrupted.

Uses Python's own HTTP client: huggingface_hub keeps no part of a broken download. A hub that does not answer the first
request is given up at once, so that the next source follows. The incomplete file stays in the
source's folder; the digest of the whole file is checked by ``pull.py``, whatever the parts came from.
"""

from __future__ import annotations

import http.client
import os
import urllib.error
from pathlib import Path
from typing import Any
from urllib.parse import quote

from attrs import frozen

from autothink_lsp.engines.models.catalogue import ModelEntry
from autothink_lsp.engines.models.hub_listing import endpoint, open_url, refused, unreachable
from autothink_lsp.engines.models.sources import DownloadProgress, FetchedFile, SourceUnreachableError
from autothink_lsp.engines.models.store import file_digest
from autothink_lsp.errors import ModelError
from autothink_lsp.quantities import megabytes

_CHUNK_BYTES = 1 << 20
_YES = frozenset({"1", "true", "yes", "on"})
_TRIES = 3
"""Connections in a row after which the file is not longer than ever before, until the download is given up."""


@frozen
class HubSource:
    """See ``sources.Source``."""

    @property
    def name(self) -> str:
        """``hub``."""
        return "hub"

    def needed_bytes(self, entry: ModelEntry, folder: Path) -> int:
        """Return the size of the file, less what is there already."""
        return entry.size_bytes - _size(_part(entry, folder))

    def fetch(self, entry: ModelEntry, folder: Path, progress: DownloadProgress) -> FetchedFile:
        """Download the file or the rest of it. See ``sources.Source``."""
        if not entry.hub.repository:
            raise ModelError(
                f"{entry.name} was added from a file, so it cannot be downloaded.",
                hint=f"`autothink-lsp model pull {entry.name} --from FILE` takes the file again.",
            )
        if os.environ.get("HF_HUB_OFFLINE", "").strip().lower() in _YES:
            raise SourceUnreachableError("HF_HUB_OFFLINE is set.", hint="Unset it to download from the Hub.")
        part = _part(entry, folder)
        tries = most_bytes = 0  # a server that does not continue a download begins again with each connection
        has_answered = False
        while (done_bytes := _size(part)) < entry.size_bytes:
            progress.report(done_bytes, entry.size_bytes, "downloading")
            problem = self._download(entry, part, done_bytes, progress)
            most_bytes = max(most_bytes, done_bytes)
            tries = 0 if _size(part) > most_bytes else tries + 1
            has_answered = has_answered or not isinstance(problem, SourceUnreachableError) or tries == 0
            if problem is not None and (tries >= _TRIES or not has_answered):
                raise problem
        if _size(part) > entry.size_bytes:
            part.unlink()
            raise ModelError(f"the file on the Hub is larger than {megabytes(entry.size_bytes)} MB.")
        digest = file_digest(part, lambda count: progress.report(count, entry.size_bytes, "verifying"))
        return FetchedFile(part, digest)

    def _download(
        self, entry: ModelEntry, part: Path, done_bytes: int, progress: DownloadProgress
    ) -> ModelError | None:
        """Append what one connection brings. Returns why it brought less than everything.

        Raises ``ModelError`` where another try would not help, and ``OSError`` of the disk.
        """
        hub = entry.hub
        url = f"{endpoint()}/{hub.repository}/resolve/{quote(hub.revision, safe='')}/{quote(hub.file)}"
        try:
            answer = open_url(url, {"Range": f"bytes={done_bytes}-"} if done_bytes else {})
        except urllib.error.HTTPError as error:
            if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
                part.unlink(missing_ok=True)
                raise ModelError("the Hub has a shorter file than it stated.") from error
            raise refused(f"{hub.repository}/{hub.file}", error.code) from error
        except (OSError, http.client.HTTPException) as error:
            return unreachable(error)
        continues = answer.status == http.client.PARTIAL_CONTENT
        with answer, part.open("ab" if continues else "wb") as file:
            reported_bytes = file.tell()
            while file.tell() <= entry.size_bytes:
                chunk = _read(answer)
                if isinstance(chunk, Exception):
                    return unreachable(chunk)
                if not chunk:
                    break
                file.write(chunk)
                progress.cancellation.raise_if_cancelled()
                if file.tell() - reported_bytes >= _CHUNK_BYTES:  # a chunk of TLS has 16 KiB
                    reported_bytes = file.tell()
                    progress.report(reported_bytes, entry.size_bytes, "downloading")
        if _size(part) < entry.size_bytes:
            return ModelError(f"the connection ended after {megabytes(_size(part))} MB.")
        return None


def _read(answer: Any) -> bytes | Exception:
    """A chunk; an error of the connection is returned, so that it is not taken for one of the disk."""
    try:
        return answer.read1(_CHUNK_BYTES)
    except (OSError, http.client.HTTPException) as error:
        return error


def _part(entry: ModelEntry, folder: Path) -> Path:
    return folder / f"{entry.file_name}.part"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
