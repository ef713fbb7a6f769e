"""One running language server: texts are opened in it in memory, and their diagnostics are read until they settle.

Files on the disk are never written. A checked text stays open, so that the next attempt at the same place is a single
change. The server's requests are answered; edits, questions to the user and windows are refused.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from autothink_lsp.document.uri_identity import is_same_document
from autothink_lsp.processes.fair_timeout import FairLimit
from autothink_lsp.processes.session_usage import RunQueueTime
from autothink_lsp.values import Diagnostic
from autothink_lsp.verify.language_servers.client import LanguageClient, ResponseError, ServerFailed, seconds_left
from autothink_lsp.verify.language_servers.compare import read_message, read_messages, target_among
from autothink_lsp.verify.language_servers.disk import DiskWatch
from autothink_lsp.verify.language_servers.process import start_process
from autothink_lsp.verify.language_servers.project_settings import ProjectSettings
from autothink_lsp.verify.language_servers.settling import Settling
from autothink_lsp.verify.language_servers.tsserver import tsserver_diagnostics
from autothink_lsp.verify.language_servers.values import FoundServer, LanguageServerSpec, ServerMessage
from autothink_lsp.verify.tool_fixes import certain_action

logger = logging.getLogger(__name__)

Messages = Mapping[Path, tuple[ServerMessage, ...]]

_REMEMBERED = 12
_REPEAT_S = 0.15
_MOST_REPEATS = 40
_STATUS = "status"  # the token of a server that reports only a global working state
_VERSION = re.compile(r"(?<!\d)\d++(?>(?:\.\d++)+)(?:-[\w.]++)?")
_CAPABILITIES: Mapping[str, Any] = {
    "general": {"positionEncodings": ["utf-16"]},
    "window": {"workDoneProgress": True},
    "workspace": {
        "configuration": True,
        "workspaceFolders": True,
        "didChangeConfiguration": {"dynamicRegistration": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True},
    },
    "textDocument": {
        "synchronization": {"dynamicRegistration": False},
        "publishDiagnostics": {
            "relatedInformation": True,
            "versionSupport": True,
            "tagSupport": {"valueSet": [1, 2]},
            "codeDescriptionSupport": True,
            "dataSupport": True,
        },
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}},
            "isPreferredSupport": True,
            "disabledSupport": True,
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        },
    },
    "experimental": {"serverStatusNotification": True},
}
_PULL = {"dynamicRegistration": True, "relatedDocumentSupport": False}


@frozen
class OpenText:
    """A text to open in the server."""

    language_id: str
    text: str = field(repr=False)


@define
class _Document:
    language_id: str
    text: str
    version: int


@define
class ProcessId:
    """The id of a server's process, ``None`` until it has started."""

    value: int | None = None


@define(eq=False)
class ServerSession:
    """A session with one server; created by ``start``. Only one operation may run at a time: the caller holds a
    lock."""

    spec: LanguageServerSpec
    root: Path
    settings: ProjectSettings
    version: str = ""
    is_stale: bool = False  # unusable: a late publication could be attributed to another text
    _client: LanguageClient | None = None
    _open: dict[Path, _Document] = field(factory=dict)
    _versions: dict[Path, int] = field(factory=dict)  # also of closed documents, because a version is never used twice
    _published: dict[str, tuple[Any, ...]] = field(factory=dict)
    _items: dict[Path, tuple[Any, ...]] = field(factory=dict)  # the diagnostics that were read last, unparsed
    _has_actions: bool = False
    _sends_versions: bool = False
    _pulls: bool = False
    _settling: Settling | None = None
    _working: set[str] = field(factory=set)
    _event: asyncio.Event = field(factory=asyncio.Event)
    _refreshes: int = 0
    _known: OrderedDict[frozenset[tuple[Path, str]], Messages] = field(factory=OrderedDict)
    _disk: DiskWatch = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._disk = DiskWatch(self.root)

    @classmethod
    async def start(
        cls, found: FoundServer, root: Path, folder: Path, process_id: ProcessId | None = None
    ) -> ServerSession:
        """Start the server and initialize it. Cancelling ends the process. Raises ``ServerFailed``.

        ``process_id`` gets its value as soon as the process runs.
        """
        session = cls(found.spec, root, ProjectSettings.of_folder(found.spec, root, folder))
        try:
            process = await start_process(found.command)
        except (OSError, ValueError) as error:
            raise ServerFailed("could not be started") from error
        if process_id is not None:
            process_id.value = process.pid
        session._client = client = LanguageClient(process, session._on_notification, session._answer, session._failed)
        client.start()
        limit = FairLimit(found.spec.start_s)
        try:
            async with limit.applied(RunQueueTime(lambda: process.pid).since_last_s):
                await session._initialize(client, limit.longest_s)
        except BaseException as error:
            await client.aclose()
            if isinstance(error, TimeoutError):
                raise ServerFailed(f"did not start within {limit.seconds + limit.extension_s:.0f} s") from error
            if isinstance(error, ResponseError):
                raise ServerFailed("refused to start") from error
            raise
        return session

    @property
    def failure(self) -> str:
        """The reason why the session cannot be used any more; empty if it can."""
        return self.client.failure or ("was interrupted" if self.is_stale else "")

    def raise_failure(self) -> None:
        """Raise ``ServerFailed`` if the session cannot be used any more."""
        if self.failure:
            raise ServerFailed(self.failure)

    @property
    def client(self) -> LanguageClient:
        assert self._client is not None  # noqa: S101 - set by start()
        return self._client

    async def diagnostics(self, texts: Mapping[Path, OpenText], stop_at_s: float) -> Messages:
        """The diagnostics of each text while all of them are open. Raises ``TimeoutError`` and ``ServerFailed``."""
        key = _texts_key(texts)
        if (known := self._known.get(key)) is not None:
            self._known.move_to_end(key)
            return known
        return await self._read_anew(texts, stop_at_s)

    async def quick_fix(self, texts: Mapping[Path, OpenText], path: Path, target: Diagnostic, stop_at_s: float) -> Any:
        """The code action with an edit that is the server's certain fix of ``target`` in ``path``; ``None`` if there is
        none. Raises ``TimeoutError`` and ``ServerFailed``."""
        if not self._has_actions:
            return None
        known = self._known.get(_texts_key(texts), {})
        if known and target_among(target, known.get(path, ())) is None:
            return None
        await self._read_anew(texts, stop_at_s)
        items = {message: item for item in self._items.get(path, ()) if (message := read_message(item)) is not None}
        cause = target_among(target, tuple(items))
        if cause is None:
            return None
        params = {
            "textDocument": {"uri": path.as_uri()},
            "range": items[cause]["range"],
            "context": {"diagnostics": [items[cause]], "only": ["quickfix"], "triggerKind": 1},
        }
        try:
            offered = await self.client.request("textDocument/codeAction", params, timeout_s=seconds_left(stop_at_s))
            action = certain_action(offered)
            if action is not None and action.get("edit") is None:
                action = await self.client.request("codeAction/resolve", action, timeout_s=seconds_left(stop_at_s))
        except ResponseError as error:
            logger.debug("%s gives no code actions: %s", self.spec.name, error.code)
            return None
        return action if isinstance(action, dict) and action.get("edit") is not None else None

    async def _read_anew(self, texts: Mapping[Path, OpenText], stop_at_s: float) -> Messages:
        """Open the ``texts`` and read their diagnostics."""
        self.client.renew_limits()
        try:
            changed = self._show(texts)
            read = await self._read(texts, changed, stop_at_s)
        except (TimeoutError, asyncio.CancelledError):
            self.is_stale = not (self._pulls or self._sends_versions or self.spec.reads == "tsserver")
            raise
        finally:
            self._settling = None
        self._known[_texts_key(texts)] = read
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return read

    async def look_at_disk(self) -> None:
        """Notify the server of files that changed on the disk since the last call."""
        events = await asyncio.to_thread(self._disk.look)
        if events:
            self._known.clear()
            self.client.notify("workspace/didChangeWatchedFiles", {"changes": events})

    async def aclose(self) -> None:
        """End the server. Idempotent."""
        await self.client.aclose()

    # Sending

    async def _initialize(self, client: LanguageClient, timeout_s: float) -> None:
        uri, name = self.root.as_uri(), self.root.name or "/"
        capabilities = dict(_CAPABILITIES)
        if self.spec.reads == "pull":
            capabilities["textDocument"] = {**capabilities["textDocument"], "diagnostic": _PULL}
            capabilities["workspace"] = {**capabilities["workspace"], "diagnostics": {"refreshSupport": True}}
        params = {
            "processId": None,  # its namespaces do not contain our process; it is tied to us in another way
            "clientInfo": {"name": "autothink-lsp"},
            "rootUri": uri,
            "rootPath": str(self.root),
            "workspaceFolders": [{"uri": uri, "name": name}],
            "capabilities": capabilities,
            "initializationOptions": dict(self.spec.initialization_options),
        }
        result = await client.request("initialize", params, timeout_s=timeout_s)
        result = result if isinstance(result, dict) else {}
        provided = result.get("capabilities")
        self._pulls = isinstance(provided, dict) and bool(provided.get("diagnosticProvider"))
        self._has_actions = isinstance(provided, dict) and bool(provided.get("codeActionProvider"))
        info = result.get("serverInfo")
        self._note_version(info.get("version") if isinstance(info, dict) else None)
        client.notify("initialized", {})
        client.notify("workspace/didChangeConfiguration", {"settings": self.settings.section("")})
        await asyncio.to_thread(self._disk.look)

    def _show(self, texts: Mapping[Path, OpenText]) -> dict[str, int]:
        """Open and change documents so that the server has ``texts``. Returns the versions of the changed documents, by
        URI."""
        changed: dict[str, int] = {}
        wanted = {path: one for path, one in texts.items() if not self._is_shown(path, one)}
        for path in wanted:
            self._versions[path] = changed[path.as_uri()] = self._versions.get(path, 0) + 1
        # Before anything is sent, because the server may publish immediately.
        self._settling = Settling(changed, self.spec.quiet_s, time.monotonic(), set(self._working))
        for path in [path for path in self._open if path not in texts]:
            del self._open[path]
            self._items.pop(path, None)
            self.client.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})
        for path, one in wanted.items():
            document = {"uri": path.as_uri(), "version": self._versions[path]}
            if path in self._open:
                edit: dict[str, Any] = {"text": one.text}
                if self.spec.reads == "tsserver":  # vtsls exits at a change without a range
                    edit["range"] = _whole(self._open[path].text)
                change = {"textDocument": document, "contentChanges": [edit]}
                self.client.notify("textDocument/didChange", change)
            else:
                opened = {**document, "languageId": one.language_id, "text": one.text}
                self.client.notify("textDocument/didOpen", {"textDocument": opened})
            self._open[path] = _Document(one.language_id, one.text, self._versions[path])
        return changed

    def _is_shown(self, path: Path, wanted: OpenText) -> bool:
        document = self._open.get(path)
        return document is not None and document.text == wanted.text

    # Reading

    async def _read(self, texts: Mapping[Path, OpenText], changed: Mapping[str, int], stop_at_s: float) -> Messages:
        if self.spec.reads == "tsserver":
            return {path: self._noted(path, await tsserver_diagnostics(self.client, path, stop_at_s)) for path in texts}
        if self.spec.reads == "pull":
            await self._until(lambda: self._pulls or self._has_all(changed), stop_at_s)
            if self._pulls:
                await self._until(lambda: _STATUS not in self._working, stop_at_s)
                return {path: await self._pull(path, stop_at_s) for path in texts}
        settling = self._settling
        assert settling is not None  # noqa: S101 - set by _show()
        while settling.diagnostics(time.monotonic()) is None:
            await self._event_within(settling.wait_s(time.monotonic()), stop_at_s)
        return {path: self._noted(path, self._published.get(path.as_uri(), ())) for path in texts}

    def _noted(self, path: Path, items: Any) -> tuple[ServerMessage, ...]:
        self._items[path] = tuple(items) if isinstance(items, list | tuple) else ()
        return read_messages(items)

    def _has_all(self, changed: Mapping[str, int]) -> bool:
        """Whether a server that should be queried has published diagnostics of all changed documents instead."""
        settling = self._settling
        return settling is not None and bool(changed) and settling.wait_s(time.monotonic()) is not None

    async def _pull(self, path: Path, stop_at_s: float) -> tuple[ServerMessage, ...]:
        params = {"textDocument": {"uri": path.as_uri()}}
        for _ in range(_MOST_REPEATS):
            refreshes = self._refreshes
            try:
                report = await self.client.request("textDocument/diagnostic", params, timeout_s=seconds_left(stop_at_s))
            except ResponseError as error:
                if not error.is_worth_repeating:
                    raise ServerFailed("reports no diagnostics") from error
                await asyncio.sleep(min(_REPEAT_S, seconds_left(stop_at_s)))
                continue
            items = report.get("items") if isinstance(report, dict) else None
            if not isinstance(items, list):  # "unchanged", which refers to a report that was not asked for, or nothing
                raise ServerFailed("reports no diagnostics")
            if self._refreshes == refreshes:
                return self._noted(path, items)
        raise ServerFailed("did not finish reporting its diagnostics")

    async def _until(self, condition: Any, stop_at_s: float) -> None:
        while not condition():
            await self._event_within(None, stop_at_s)

    async def _event_within(self, wait_s: float | None, stop_at_s: float) -> None:
        """Wait for an event, or until ``wait_s`` is over. Raises ``TimeoutError`` at ``stop_at_s``."""
        if self.client.failure:
            raise ServerFailed(self.client.failure)
        self._event.clear()
        left_s = seconds_left(stop_at_s)
        try:
            async with asyncio.timeout(left_s if wait_s is None else min(wait_s, left_s)):
                await self._event.wait()
        except TimeoutError:
            if wait_s is None or left_s <= wait_s:
                raise

    # Receiving

    def _failed(self, why: str) -> None:
        logger.debug("%s %s", self.spec.name, why)
        self._event.set()

    def _on_notification(self, method: str, params: Any) -> None:
        self._event.set()
        if not isinstance(params, dict):
            return
        now_s = time.monotonic()
        if method == "textDocument/publishDiagnostics":
            uri, version, items = params.get("uri"), params.get("version"), params.get("diagnostics")
            if isinstance(uri, str) and isinstance(items, list):
                self._publish(uri, version if isinstance(version, int) else None, tuple(items), now_s)
        elif method == "$/progress":
            value = params.get("value")
            kind = value.get("kind") if isinstance(value, dict) else None
            if kind in {"begin", "report", "end"}:
                self._worked(str(params.get("token")), is_going_on=kind != "end", now_s=now_s)
        elif method == "experimental/serverStatus":  # rust-analyzer
            self._worked(_STATUS, is_going_on=not params.get("quiescent", True), now_s=now_s)
        elif method == "language/status":  # jdtls
            self._worked(_STATUS, is_going_on=params.get("type") == "Starting", now_s=now_s)
        elif method == "textDocument/clangd.fileStatus":
            self._worked(str(params.get("uri")), is_going_on=params.get("state") != "idle", now_s=now_s)
        elif method == "$/typescriptVersion":
            self._note_version(params.get("version"))
        elif method == "window/logMessage" and not self.version:  # pyright reports its version only here
            log_text = str(params.get("message", ""))
            if log_text.lower().startswith(f"{self.spec.name} language server"):
                self._note_version(log_text)

    def _publish(self, uri: str, version: int | None, items: tuple[Any, ...], now_s: float) -> None:
        path_uri = next((path.as_uri() for path in self._open if is_same_document(path.as_uri(), uri)), uri)
        self._sends_versions = self._sends_versions or version is not None
        self._published[path_uri] = items
        if self._settling is not None:
            self._settling.published(path_uri, version, items, now_s)

    def _worked(self, token: str, *, is_going_on: bool, now_s: float) -> None:
        (self._working.add if is_going_on else self._working.discard)(token)
        if self._settling is not None:
            self._settling.worked(token, is_going_on=is_going_on, now_s=now_s)

    def _note_version(self, text: Any) -> None:
        """Store the number in a server's version text. gopls sends its build settings as JSON, which are ignored."""
        found = _VERSION.search(text) if isinstance(text, str) and not text.lstrip().startswith("{") else None
        if found is not None:
            self.version = found[0]

    def _answer(self, method: str, params: Any) -> Any:
        """The result of a server's request. Raises ``LookupError`` for an unsupported method."""
        self._event.set()
        params = params if isinstance(params, dict) else {}
        if method == "workspace/configuration":
            return [self.settings.section(item.get("section")) for item in _dicts(params.get("items"))]
        if method == "client/registerCapability":
            named = {one.get("method") for one in _dicts(params.get("registrations"))}
            self._pulls = self._pulls or ("textDocument/diagnostic" in named and self.spec.reads == "pull")
            return None
        if method == "workspace/workspaceFolders":
            return [{"uri": self.root.as_uri(), "name": self.root.name or "/"}]
        if method == "workspace/diagnostic/refresh":
            self._refreshes += 1
            return None
        return _REFUSALS[method]


# Requests with a constant answer: nothing is edited, asked or opened.
_REFUSALS: Mapping[str, Any] = {
    "client/unregisterCapability": None,
    "window/workDoneProgress/create": None,
    "window/showMessageRequest": None,
    "window/showDocument": {"success": False},
    "workspace/applyEdit": {"applied": False, "failureReason": "this client only reads diagnostics"},
    "workspace/codeLens/refresh": None,
    "workspace/foldingRange/refresh": None,
    "workspace/inlayHint/refresh": None,
    "workspace/inlineValue/refresh": None,
    "workspace/semanticTokens/refresh": None,
    "eslint/confirmESLintExecution": 4,  # the folder is trusted
    "eslint/noConfig": None,
    "eslint/noLibrary": None,
    "eslint/openDoc": None,
    "eslint/probeFailed": None,
}


def _texts_key(texts: Mapping[Path, OpenText]) -> frozenset[tuple[Path, str]]:
    return frozenset((path, one.text) for path, one in texts.items())


def _whole(text: str) -> dict[str, Any]:
    """The LSP range of a whole text. LSP has three line ends: LF, CRLF and CR."""
    lines = re.split(r"\r\n|\r|\n", text)
    end = {"line": len(lines) - 1, "character": len(lines[-1].encode("utf-16-le", "surrogatepass")) // 2}
    return {"start": {"line": 0, "character": 0}, "end": end}


def _dicts(value: Any) -> Sequence[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
