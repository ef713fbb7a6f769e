"""Holds the workspace folders' indexes for readers and starts the processes that update them.

At most one process runs per folder. Requests during a run cause one more run, at least ``LEAST_PAUSE_S`` after the
start of the last one. A failure only costs definitions from other files; nothing here raises.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from attrs import define, field

from autothink_lsp.context.compose import budget_tokens
from autothink_lsp.context.index.store import IndexReader, database_of
from autothink_lsp.context.paths import is_below, local_path, part_below
from autothink_lsp.errors import EngineError
from autothink_lsp.processes.spawn import module_command, start_async_child
from autothink_lsp.settings.model import Settings

logger = logging.getLogger(__name__)

LEAST_PAUSE_S = 10.0
LONGEST_RUN_S = 600.0
_MOST_NEAR = 20  # folders of open documents whose neighbourhood is read first


@define(eq=False)
class _Folder:
    path: Path
    reader: IndexReader
    task: asyncio.Task[None] | None = None
    wanted: Settings | None = None
    began_s: float = 0.0
    made: bool = False


@define(eq=False)
class ProjectIndexes:
    """The indexes by folder URI. ``on_made(folder)`` is called after the first run for a folder. ``open_documents``
    returns the URIs of the open documents, the latest last. For the event loop only."""

    cache: Path
    open_documents: Callable[[], Sequence[str]] = tuple
    on_made: Callable[[str], None] = lambda _folder: None
    least_pause_s: float = LEAST_PAUSE_S
    runs: int = field(default=0, init=False)
    _folders: dict[str, _Folder] = field(factory=dict, init=False)
    _closed: bool = field(default=False, init=False)

    def reader(self, folder: str | None) -> IndexReader | None:
        """The reader of a folder's index; ``None`` if no index was requested for it."""
        found = self._folders.get(folder) if folder is not None else None
        return found.reader if found is not None else None

    def want(
        self, folder: str | None, settings: Settings, tokens: int | None = None, *, for_action: bool = False
    ) -> None:
        """Schedule an update of a folder's index.

        ``tokens`` is the context budget of a prompt, ``None`` if it is not known yet: the embedded engine's is known
        once its speed is measured. ``for_action``: an action needs the index, whatever the completion settings are.
        """
        path = local_path(folder) if folder is not None else None
        if self._closed or folder is None or path is None:
            return
        if not for_action and not self._is_used(folder, settings, tokens):
            return
        found = self._folders.get(folder)
        if found is None:
            found = self._folders[folder] = _Folder(path, IndexReader(database_of(path, self.cache)))
        found.wanted = settings
        if found.task is None:
            found.task = asyncio.get_running_loop().create_task(self._keep_up(folder, found), name="index")

    def _is_used(self, folder: str, settings: Settings, tokens: int | None) -> bool:
        completion = settings.completion
        if tokens is None:
            slow = completion.backend == "embedded" and folder not in self._folders
            tokens = budget_tokens(settings, 0 if slow else None)
        return completion.enabled and bool({"imports", "definitions"} & set(completion.context_sources)) and tokens > 0

    async def up_to_date(self, folder: str | None) -> None:
        """Wait until the folder's scheduled updates are done."""
        found = self._folders.get(folder) if folder is not None else None
        if found is not None and found.task is not None:
            await asyncio.gather(found.task, return_exceptions=True)

    def drop(self, folder: str) -> None:
        """Close the index of a folder that was removed from the workspace, and cancel its update."""
        found = self._folders.pop(folder, None)
        if found is not None:
            if found.task is not None:
                found.task.cancel()
            found.reader.close()

    async def aclose(self) -> None:
        """Cancel all updates and close all indexes. Idempotent."""
        self._closed = True
        tasks = [found.task for found in self._folders.values() if found.task is not None]
        for folder in tuple(self._folders):
            self.drop(folder)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_up(self, folder: str, found: _Folder) -> None:
        try:
            while (settings := found.wanted) is not None:
                pause_s = found.began_s + self.least_pause_s - time.monotonic() if found.began_s else 0.0
                if pause_s > 0:
                    await asyncio.sleep(pause_s)
                found.wanted = None
                found.began_s = time.monotonic()
                self.runs += 1
                await self._run(found, settings)
                found.reader.close()  # the database file may have been replaced
                if not found.made:
                    found.made = True
                    self.on_made(folder)
        except (EngineError, TimeoutError, OSError, ValueError) as error:
            logger.info("indexing failed: %s", type(error).__name__)
        finally:
            found.task = None

    def _near(self, folder: Path) -> list[str]:
        """The folders of the open documents in ``folder``, those of the latest ones first."""
        files = (local_path(uri) for uri in reversed(self.open_documents()))
        inside = (file.parent for file in files if file is not None and is_below(file, folder))
        return list(dict.fromkeys(part_below(one, folder) or "." for one in inside))[:_MOST_NEAR]

    async def _run(self, found: _Folder, settings: Settings) -> None:
        order = {
            "database": str(found.reader.database),
            "folder": str(found.path),
            "near": self._near(found.path),
            "exclude": settings.completion.exclude,
            "largest_file_kib": settings.privacy.largest_file_kib,
        }
        process = await start_async_child(
            module_command("autothink_lsp.context.index.indexer_main"),
            order,
            stderr=asyncio.subprocess.DEVNULL,
            is_minimal=True,  # it parses files of an untrusted project, so its environment must not contain API keys
        )
        try:
            assert process.stdout is not None  # noqa: S101 - stdout is a pipe
            line = await asyncio.wait_for(process.stdout.readline(), LONGEST_RUN_S)
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        counts = json.loads(line or b"{}")
        text = ", ".join(f"{name} {count}" for name, count in counts.items())
        logger.info("indexed %s: %s", found.path.name, text or "no result")
