"""The language servers that run for checks: started on demand, kept for some minutes, limited in number and memory.

Only for folders that the user trusts: the project's own program may be started, and configurations of servers can run
code. A server that fails (it ends, floods, does not answer) is not used again for some minutes, and the reason is
reported.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from attrs import define, evolve, field, frozen

from autothink_lsp.processes.fair_timeout import FairLimit
from autothink_lsp.processes.session_usage import RunQueueTime
from autothink_lsp.settings.model import VerifySettings
from autothink_lsp.verify.language_servers.client import ServerFailed
from autothink_lsp.verify.language_servers.compare import judge
from autothink_lsp.verify.language_servers.discovery import Discovery, root_of
from autothink_lsp.verify.language_servers.session import Messages, OpenText, ProcessId, ServerSession
from autothink_lsp.verify.language_servers.table import linters_for, primary_servers, servers_for
from autothink_lsp.verify.language_servers.unsaved import without_saved
from autothink_lsp.verify.language_servers.values import (
    FoundServer,
    LanguageServerSpec,
    OverlayCase,
    OverlayResult,
    ServerMessage,
)

logger = logging.getLogger(__name__)

_AT_ONCE = 3  # maximum number of servers, each of which takes 20 to 500 MiB
_AVOIDED_S = 600.0
_SWEEP_S = 5.0
_BASELINE_SHARE = 0.75  # maximum share of the time for the diagnostics before the edit
_PREPARE_S = 60.0
_MOST_TIMEOUTS = 2
_FAIR_S = 8.0  # a server that had less time than this is not blamed for a time-out
_REMEMBERED_FAILURES = 50

_TOLD_EVERY_S = 1.0

_Key = tuple[str, Path]
_Answer = TypeVar("_Answer")
ActivityListener = Callable[[str], None]
"""Is told what goes on: "starting Pyright", "asking Pyright". Must not block."""


@frozen(kw_only=True)
class PoolLimits:
    """Limits from the settings. ``named`` has command lines by the name of the server; an empty one switches it off."""

    idle_s: float = 180.0
    memory_bytes: int = 2 << 30  # of one server with its children, if the system reports it
    named: Mapping[str, Sequence[str]] = field(factory=lambda: MappingProxyType({}))

    @classmethod
    def from_settings(cls, settings: VerifySettings) -> PoolLimits:
        return cls(
            idle_s=settings.server_idle_minutes * 60.0,
            memory_bytes=settings.server_memory_mib << 20,
            named=settings.servers,
        )


@define(eq=False)
class _Kept:
    """A running or starting server."""

    found: FoundServer
    starting: asyncio.Task[ServerSession]
    last_used_s: float
    process_id: ProcessId
    users: int = 0
    lock: asyncio.Lock = field(factory=asyncio.Lock)

    @property
    def session(self) -> ServerSession | None:
        """The session; ``None`` while it starts, and if the start failed."""
        starting = self.starting
        if not starting.done() or starting.cancelled() or starting.exception() is not None:
            return None
        return starting.result()


@define(eq=False)
class LanguageServerPool:
    """The pool of one client session. ``now_s`` is a monotonic clock in seconds."""

    home: Path = field(factory=Path.home)
    now_s: Callable[[], float] = time.monotonic
    _kept: OrderedDict[_Key, _Kept] = field(factory=OrderedDict)
    _avoided: OrderedDict[_Key, tuple[float, str]] = field(factory=OrderedDict)
    _timeouts: dict[_Key, int] = field(factory=dict)  # consecutive time-outs
    _limits: PoolLimits = field(factory=PoolLimits)
    _preparing: set[asyncio.Task[None]] = field(factory=set)
    _ending: set[asyncio.Task[None]] = field(factory=set)
    _sweeper: asyncio.Task[None] | None = None
    _is_closed: bool = False

    def prepare(self, case: OverlayCase, limits: PoolLimits) -> None:
        """Start the servers that ``check`` will use for this case and let them read the text before the edit, in the
        background. Only for a trusted folder."""
        if self._is_closed:
            return

        async def warm(key: _Key, found: FoundServer) -> None:
            try:
                shown = await asyncio.to_thread(without_saved, case)
                await self._diagnosed(key, found, shown, FairLimit(_PREPARE_S), is_first=True)
            except (ServerFailed, TimeoutError) as error:
                logger.debug("%s was not prepared: %s", found.spec.name, error)

        for key, found in self._chosen(case, limits):
            self._spawn(warm(key, found), self._preparing)

    async def check(
        self,
        case: OverlayCase,
        limits: PoolLimits,
        *,
        deadline_s: float,
        on_activity: ActivityListener = lambda _: None,
    ) -> tuple[OverlayResult, ...]:
        """Check the edit with the servers that report messages like the target, and with a primary server of the
        language. ``deadline_s`` is extended by the time in which a server waits for a processor, to three times as
        much at most.

        Empty if none is installed. ``on_activity`` is called once a second with a description of the pending servers.
        Only for a trusted folder. Raises only ``CancelledError``.
        """
        if self._is_closed:
            return ()
        stop_at_s = self.now_s() + deadline_s
        chosen = self._chosen(case, limits)
        if not chosen:
            return ()
        waited_for = {key: found.spec.title for key, found in chosen}

        async def checked(key: _Key, found: FoundServer) -> OverlayResult:
            result = await self._checked(key, found, shown, stop_at_s)
            del waited_for[key]
            return result

        progress_task = asyncio.create_task(self._report_progress(waited_for, on_activity))
        try:
            shown = await asyncio.to_thread(without_saved, case)
            return tuple(await asyncio.gather(*(checked(key, found) for key, found in chosen)))
        finally:
            progress_task.cancel()

    async def problems(
        self, case: OverlayCase, limits: PoolLimits, *, deadline_s: float
    ) -> tuple[tuple[LanguageServerSpec, tuple[ServerMessage, ...]], ...]:
        """The messages of a primary server of the language and of its linters in the first file before the edit.
        Servers without an answer are left out. Only for a trusted folder. Raises only ``CancelledError``."""
        if self._is_closed:
            return ()
        stop_at_s = self.now_s() + deadline_s
        chosen = self._chosen(evolve(case, target=None), limits)
        discovery = Discovery(self.home, limits.named)
        chosen += self._usable(linters_for(case.files[0].language_id), case, discovery)

        async def reported(key: _Key, found: FoundServer) -> tuple[ServerMessage, ...] | None:
            try:
                limit = FairLimit(stop_at_s - self.now_s())
                messages_by_path = await self._diagnosed(key, found, case, limit, is_first=True)
            except (ServerFailed, TimeoutError) as error:
                logger.info("%s reported no problems: %s", found.spec.name, error or "no answer in time")
                return None
            except Exception:
                logger.exception("%s could not be asked", found.spec.name)
                return None
            return tuple(messages_by_path.get(case.files[0].path, ()))

        reports = await asyncio.gather(*(reported(key, found) for key, found in chosen[:_AT_ONCE]))
        return tuple((found.spec, one) for (_, found), one in zip(chosen, reports, strict=False) if one is not None)

    async def quick_fix(
        self,
        case: OverlayCase,
        limits: PoolLimits,
        *,
        deadline_s: float,
        on_activity: ActivityListener = lambda _: None,
    ) -> tuple[LanguageServerSpec, Any] | None:
        """The code action with a ``WorkspaceEdit`` that a server marks as the certain fix of the case's target, from
        the first server that has one. Only for a trusted folder. Raises only ``CancelledError``."""
        target = case.target
        chosen = self._chosen(case, limits)
        if self._is_closed or target is None or not chosen:
            return None
        path, stop_at_s = case.files[0].path, self.now_s() + deadline_s
        waited_for = {key: found.spec.title for key, found in chosen}

        async def asked(key: _Key, found: FoundServer) -> Any:
            async def work(session: ServerSession, texts: Mapping[Path, OpenText], until_s: float) -> Any:
                await session.look_at_disk()
                return await session.quick_fix(texts, path, target, until_s)

            try:
                limit = FairLimit(stop_at_s - self.now_s())
                return await self._with_session(key, found, shown, limit, work, is_first=True)
            except (ServerFailed, TimeoutError) as error:
                logger.debug("%s gave no quick fix: %s", found.spec.name, error or "no answer in time")
            except Exception:
                logger.exception("%s could not be asked for a quick fix", found.spec.name)
            return None

        progress_task = asyncio.create_task(self._report_progress(waited_for, on_activity))
        try:
            shown = await asyncio.to_thread(without_saved, case)
            answers = await asyncio.gather(*(asked(key, found) for key, found in chosen))
        finally:
            progress_task.cancel()
        return next(
            ((found.spec, action) for (_, found), action in zip(chosen, answers, strict=True) if action is not None),
            None,
        )

    def is_ready(self, case: OverlayCase, limits: PoolLimits) -> bool:
        """Whether all servers that ``check`` would use are running."""
        return all(self._is_started(key) for key, _ in self._chosen(case, limits))

    async def aclose(self) -> None:
        """End all servers. Idempotent."""
        self._is_closed = True
        stopped = [*self._preparing, *([self._sweeper] if self._sweeper else [])]
        for task in stopped:
            task.cancel()
        for key, kept in list(self._kept.items()):
            self._drop(key, kept)
        await asyncio.gather(*stopped, *self._ending, return_exceptions=True)

    def installed(self, case: OverlayCase, limits: PoolLimits) -> tuple[LanguageServerSpec, ...]:
        """The servers that ``check`` would use. Starts nothing."""
        return tuple(found.spec for _, found in self._chosen(case, limits))

    @property
    def running(self) -> tuple[str, ...]:
        """The names of the running and starting servers, for the status."""
        return tuple(name for name, _ in self._kept)

    # Which servers

    def _chosen(self, case: OverlayCase, limits: PoolLimits) -> list[tuple[_Key, FoundServer]]:
        """The first installed server that may report the target and, if that is a linter, the first primary server of
        the language."""
        self._limits = limits
        file = case.files[0]
        source = case.target.source if case.target is not None else ""
        discovery = Discovery(self.home, limits.named)
        chosen: list[tuple[_Key, FoundServer]] = []
        if source and (reporting := next(self._usable(servers_for(file.language_id, source), case, discovery), None)):
            chosen.append(reporting)
        if not any(found.spec.is_primary for _, found in chosen):
            primary = list(self._usable(primary_servers(file.language_id), case, discovery))
            # A server from the settings or the project is the one that the project uses.
            primary.sort(key=lambda one: one[1].origin not in {"setting", "project"})
            chosen += primary[:1]
        return chosen

    def _usable(
        self, specs: Sequence[LanguageServerSpec], case: OverlayCase, discovery: Discovery
    ) -> Iterator[tuple[_Key, FoundServer]]:
        for spec in specs:
            key = (spec.name, root_of(spec, case.files[0].path, case.folder))
            if not self._why_avoided(key) and (found := discovery.find(spec, case.folder)) is not None:
                yield key, found

    def _why_avoided(self, key: _Key) -> str:
        until_s, why = self._avoided.get(key, (0.0, ""))
        if until_s <= self.now_s():
            self._avoided.pop(key, None)
            return ""
        return why

    def _avoid(self, key: _Key, why: str) -> None:
        logger.info("the language server %s %s; it is not used for %.0f minutes", key[0], why, _AVOIDED_S / 60)
        self._avoided[key] = (self.now_s() + _AVOIDED_S, why)
        while len(self._avoided) > _REMEMBERED_FAILURES:
            self._avoided.popitem(last=False)

    def _timed_out_too_often(self, key: _Key) -> bool:
        """Count a time-out. Returns whether there were too many in a row; the first may be due to loading a large
        project."""
        self._timeouts[key] = self._timeouts.get(key, 0) + 1
        return self._timeouts[key] >= _MOST_TIMEOUTS and bool(self._timeouts.pop(key))

    # One check

    async def _checked(self, key: _Key, found: FoundServer, case: OverlayCase, stop_at_s: float) -> OverlayResult:
        started_s = self.now_s()
        title, skipped = found.spec.title, ""
        result = OverlayResult(server=title)
        try:
            limit = FairLimit(_BASELINE_SHARE * (stop_at_s - started_s))
            before = await self._diagnosed(key, found, case, limit, is_first=True)
            limit = FairLimit(stop_at_s + limit.extension_s - self.now_s())
            after = await self._diagnosed(key, found, case, limit, is_first=False)
            result = judge(case, before, after, title=title)
        except TimeoutError:
            skipped = "gave no answer in time"
        except ServerFailed as error:
            skipped = str(error)
        except Exception:
            logger.exception("a check by %s failed", found.spec.name)
            skipped = "could not be asked (see the log)"
        return evolve(result, version=self._version(key), skipped=skipped, wall_ms=(self.now_s() - started_s) * 1_000)

    async def _diagnosed(
        self, key: _Key, found: FoundServer, case: OverlayCase, limit: FairLimit, *, is_first: bool
    ) -> Messages:
        """The diagnostics of the texts before (``is_first``) or after the edit. Starts the server if necessary. Raises
        ``ServerFailed`` and ``TimeoutError``."""

        async def work(session: ServerSession, texts: Mapping[Path, OpenText], until_s: float) -> Messages:
            if is_first:
                await session.look_at_disk()
            return await session.diagnostics(texts, until_s)

        return await self._with_session(key, found, case, limit, work, is_first=is_first)

    async def _with_session(
        self,
        key: _Key,
        found: FoundServer,
        case: OverlayCase,
        limit: FairLimit,
        work: Callable[[ServerSession, Mapping[Path, OpenText], float], Awaitable[_Answer]],
        *,
        is_first: bool,
    ) -> _Answer:
        """The result of ``work`` with the server, which is started if necessary, and the texts before (``is_first``) or
        after the edit. Raises ``ServerFailed`` and ``TimeoutError``."""
        texts = {
            file.path: OpenText(file.language_id, file.before if is_first else file.after)
            for file in case.files
            if file.language_id in found.spec.languages
        }
        is_fair = limit.seconds >= _FAIR_S
        latest_s = time.monotonic() + limit.longest_s
        kept = await self._kept_server(key, found, case.folder)
        kept.users += 1
        try:
            async with limit.applied(RunQueueTime(lambda: kept.process_id.value).since_last_s):
                session = await asyncio.shield(kept.starting)
                async with kept.lock:
                    session.raise_failure()
                    answer = await work(session, texts, latest_s)
            self._timeouts.pop(key, None)
        except ServerFailed as error:
            self._drop(key, kept, str(error))
            raise
        except (TimeoutError, asyncio.CancelledError) as error:
            if isinstance(error, TimeoutError) and is_fair and self._timed_out_too_often(key):
                self._drop(key, kept, "gave no answer in time, more than once")
            elif (session := kept.session) is not None and session.is_stale:
                self._drop(key, kept)
            raise
        else:
            return answer
        finally:
            kept.users -= 1
            kept.last_used_s = self.now_s()

    def _version(self, key: _Key) -> str:
        kept = self._kept.get(key)
        session = kept.session if kept is not None else None
        return session.version if session is not None else ""

    def _is_started(self, key: _Key) -> bool:
        kept = self._kept.get(key)
        return kept is not None and kept.session is not None

    async def _report_progress(self, waited_for: Mapping[_Key, str], on_activity: ActivityListener) -> None:
        while waited_for:
            starting = [title for key, title in waited_for.items() if not self._is_started(key)]
            words = f"starting {starting[0]}" if starting else f"asking {next(iter(waited_for.values()))}"
            try:
                on_activity(words)
            except Exception:
                logger.exception("what a check waits for could not be told")
            await asyncio.sleep(_TOLD_EVERY_S)

    # The servers that run

    async def _kept_server(self, key: _Key, found: FoundServer, folder: Path) -> _Kept:
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        if why := self._why_avoided(key):
            raise ServerFailed(why)
        if len(self._kept) >= _AT_ONCE:
            idle = next((other for other, one in self._kept.items() if not one.users), None)
            if idle is None:
                raise ServerFailed("was not started: too many language servers are in use")
            self._drop(idle, self._kept[idle])
        logger.info("starting %s (%s)", found.spec.name, found.origin)

        process_id = ProcessId()
        starting = asyncio.create_task(ServerSession.start(found, key[1], folder, process_id))
        starting.add_done_callback(_was_seen)
        kept = self._kept[key] = _Kept(found, starting, self.now_s(), process_id)
        if self._sweeper is None or self._sweeper.done():
            self._sweeper = asyncio.create_task(self._sweep())
        return kept

    def _drop(self, key: _Key, kept: _Kept, why: str = "") -> None:
        """End the server in the background. If ``why`` is given, the server is not used again for some minutes."""
        if self._kept.get(key) is kept:
            del self._kept[key]
            if why:
                self._avoid(key, why)
            self._spawn(_ended(kept), self._ending)

    async def _sweep(self) -> None:
        """Check memory and idle time while servers run."""
        while self._kept:
            await asyncio.sleep(_SWEEP_S)
            for key, kept in list(self._kept.items()):
                if not kept.users and self.now_s() - kept.last_used_s > self._limits.idle_s:
                    logger.info("ending %s, which was idle", key[0])
                    self._drop(key, kept)
                elif (session := kept.session) is not None:
                    used = session.client.resident_bytes or 0
                    if session.failure:
                        self._drop(key, kept, session.failure)
                    elif used > self._limits.memory_bytes:
                        self._drop(key, kept, f"used {used >> 20} MiB of memory")

    def _spawn(self, work: Coroutine[object, object, None], tasks: set[asyncio.Task[None]]) -> None:
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)


async def _ended(kept: _Kept) -> None:
    kept.starting.cancel()
    try:
        session = await kept.starting
    except (ServerFailed, asyncio.CancelledError):
        return
    await session.aclose()


def _was_seen(task: asyncio.Task[ServerSession]) -> None:
    """Retrieve the exception of a failed start without a waiter, so that the event loop does not report it."""
    if not task.cancelled():
        task.exception()
