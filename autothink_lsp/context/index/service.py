"""The indexes of the workspace folders: who may read them, and when a process is started to bring one up to date.

One process at a time for each folder. Wishes that come meanwhile make one more run, ``LEAST_PAUSE_S`` after the last
one began at the earliest. Failing costs definitions from other files, nothing else; never raises.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path

from attrs import define, field

from autothink_lsp.context.compose import budget_tokens
from autothink_lsp.context.index.store import IndexReader, database_of
from autothink_lsp.context.paths import local_path
from autothink_lsp.processes import least_environment, neutral_folder, own_module_command
from autothink_lsp.settings.model import Settings

logger = logging.getLogger(__name__)

LEAST_PAUSE_S = 10.0
LONGEST_RUN_S = 600.0


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
    """Folders by URI. ``on_made`` hears of the first run for each. Belongs to the event loop."""

    cache: Path
    on_made: Callable[[str], None] = lambda _folder: None
    least_pause_s: float = LEAST_PAUSE_S
    runs: int = field(default=0, init=False)
    _folders: dict[str, _Folder] = field(factory=dict, init=False)
    _closed: bool = field(default=False, init=False)

    def reader(self, folder: str | None) -> IndexReader | None:
        """What is known of a folder, as far as it was asked for."""
        found = self._folders.get(folder) if folder is not None else None
        return found.reader if found is not None else None

    def want(self, folder: str | None, settings: Settings, tokens: int | None = None) -> None:
        """Bring a folder's index up to date some time soon. ``tokens``: how many of context a prompt may have, where
        that is known: the embedded engine has to show first that it reads fast enough for any."""
        path = local_path(folder) if folder is not None else None
        if self._closed or folder is None or path is None or not self._is_used(folder, settings, tokens):
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
        """Wait until nothing is wanted of this folder."""
        found = self._folders.get(folder) if folder is not None else None
        if found is not None and found.task is not None:
            await asyncio.gather(found.task, return_exceptions=True)

    def drop(self, folder: str) -> None:
        """A folder was taken out of the workspace."""
        found = self._folders.pop(folder, None)
        if found is not None:
            if found.task is not None:
                found.task.cancel()
            found.reader.close()

    async def aclose(self) -> None:
        """End what runs. Idempotent."""
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
                found.reader.close()  # the file may be another one now
                if not found.made:
                    found.made = True
                    self.on_made(folder)
        except (TimeoutError, OSError, ValueError) as error:
            logger.info("indexing failed: %s", type(error).__name__)
        finally:
            found.task = None

    async def _run(self, found: _Folder, settings: Settings) -> None:
        process = await asyncio.create_subprocess_exec(
            *own_module_command("autothink_lsp.context.index.child"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=neutral_folder(),
            env=least_environment(),  # it parses a stranger's files: no key is near them
        )
        order = {
            "database": str(found.reader.database),
            "folder": str(found.path),
            "exclude": settings.completion.exclude,
            "largest_file_kib": settings.privacy.largest_file_kib,
        }
        try:
            assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
            process.stdin.write(json.dumps(order).encode() + b"\n")
            await process.stdin.drain()
            line = await asyncio.wait_for(process.stdout.readline(), LONGEST_RUN_S)
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        logger.info("index of %s: %s", found.path.name, json.loads(line or b"{}"))
