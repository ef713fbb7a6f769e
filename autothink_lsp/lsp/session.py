"""The state of one client connection: documents, settings, completion, actions.

Built by ``app.py`` at the first message after ``initialize``; handlers access all services only through this object.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import define, field

from autothink_lsp.context.context_provider import ContextProvider
from autothink_lsp.context.index.service import ProjectIndexes
from autothink_lsp.context.paths import display_path
from autothink_lsp.context.privacy import PrivacyGate
from autothink_lsp.document.notebooks import NotebookStore
from autothink_lsp.document.snapshot import ContentChange, Snapshot
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.completion.model import CompletionRequest, SelectedItem, Trigger
from autothink_lsp.features.completion.service import CompletionService
from autothink_lsp.features.next_edit.models import NextEditModels
from autothink_lsp.features.next_edit.service import (
    BEHIND_SUGGESTION_QUIET_S,
    LOOK_AHEAD_QUIET_S,
    NextEdit,
    NextEditService,
)
from autothink_lsp.features.statistics.suggestions import SuggestionCounts
from autothink_lsp.lsp.assist_actions import AssistActions
from autothink_lsp.lsp.client import Client
from autothink_lsp.lsp.clipboard_reader import ClipboardReader
from autothink_lsp.lsp.configuration import Configuration, sections_of
from autothink_lsp.lsp.resting_cursor import RestingCursor
from autothink_lsp.lsp.throttle import WhenQuiet
from autothink_lsp.lsp.tolerant_params import NO_VERSION
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Position, Range

if TYPE_CHECKING:
    from autothink_lsp.features.assist.actions import Assistant
    from autothink_lsp.features.completion.insertion import CompletionItemEdit

# LSP's maximum uinteger; positions past the end are clamped to the end.
END_OF_FILE = 2**31 - 1

logger = logging.getLogger(__name__)


@define(eq=False)
class Session:
    """The state of one client connection; a ``document_sync.DocumentSync``. ``get_assistant`` builds the assistant at
    the first action, ``close_services`` stops all services that ``app.py`` has built."""

    client: Client
    documents: DocumentStore
    notebooks: NotebookStore
    context_provider: ContextProvider
    indexes: ProjectIndexes
    configuration: Configuration
    completion: CompletionService
    privacy: PrivacyGate
    now_ms: Callable[[], float]
    get_assistant: Callable[[], Assistant]
    syntax: Syntax
    suggestions: SuggestionCounts
    actions: AssistActions
    next_edits: NextEditService
    next_edit_models: NextEditModels
    close_services: Callable[[], Awaitable[None]]
    editor_servers: Mapping[str, Sequence[str]] = field(factory=dict)  # command lines of the editor's language servers
    _warming: set[asyncio.Task[None]] = field(factory=set)
    _explained: set[tuple[str, str]] = field(factory=set)  # exclusions that were shown to the user
    _asks_next_edits: bool = False  # the client has requested next edits, so it draws them itself
    _resting_cursor: RestingCursor = field(init=False)
    _clipboard_reader: ClipboardReader = field(init=False)
    _looking_ahead: WhenQuiet[tuple[Snapshot, int]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._resting_cursor = RestingCursor(self.client, self.documents, self.context_provider)
        self._clipboard_reader = ClipboardReader(self.client, self.context_provider)
        self._looking_ahead = WhenQuiet(self._look_ahead)
        self.completion.late_answers.on_late_answer = lambda late, extends: self.client.notify_late_answer(
            late.snapshot, late.point, extends=extends
        )
        self.next_edit_models.report = self.client.show_warning

    def did_open(self, uri: str, language_id: str, version: int, text: str) -> None:
        """Open a document, start the engine and prefill a prompt for the document's end before the first key.

        LSP does not report the cursor's position; new code is most often added at the end.
        """
        self.documents.open(uri, language_id, version, text)
        end = Position(END_OF_FILE, 0)
        task = asyncio.get_running_loop().create_task(self._warm(uri, end))
        self._warming.add(task)
        task.add_done_callback(self._warming.discard)

    def did_change(self, uri: str, version: int | None, changes: Sequence[ContentChange]) -> None:
        """Change an open document. Without a version it keeps its current one."""
        if version is None:
            snapshot = self.documents.snapshot(uri)
            version = snapshot.version if snapshot is not None else NO_VERSION
        waiting = self._looking_ahead.waiting
        if waiting is not None and waiting[0].uri == uri:
            self._looking_ahead.close()  # of a text that is not the newest any more: not worth a wake-up
        self.documents.change(uri, version, changes)

    def did_close(self, uri: str) -> None:
        """Close a document."""
        self.documents.close(uri)

    def did_lose_change(self, uri: str) -> None:
        """Close a document after a change that could not be parsed, and tell the user to open it again."""
        if self.documents.lose(uri):
            self.client.show_warning("The editor sent an invalid change. Close and reopen the file to continue.")

    def did_open_notebook(self, uri: str, cells: Sequence[str]) -> None:
        """Open a notebook with these cells (URIs)."""
        self.notebooks.open(uri, cells)

    def did_change_cells(self, uri: str, start: int, delete_count: int, cells: Sequence[str]) -> None:
        """Replace ``delete_count`` cells of a notebook."""
        self.notebooks.change_structure(uri, start, delete_count, cells)

    def did_close_notebook(self, uri: str) -> None:
        """Close a notebook."""
        self.notebooks.close(uri)

    def on_language_servers(self, value: object) -> None:
        """Store the editor's language servers. A TCP client may not name programs."""
        if self.configuration.takes_programs:
            from autothink_lsp.context.paths import local_path
            from autothink_lsp.verify.language_servers.editor_commands import editor_commands

            folders = [path for uri in self.configuration.folders if (path := local_path(uri)) is not None]
            self.editor_servers = editor_commands(value, folders)

    async def is_settled(self, uri: str) -> bool:
        """Wait for the client's settings. Returns False if the document changed meanwhile, so that a position in it is
        stale."""
        before = self.documents.snapshot(uri)
        await self.configuration.known()
        return self.documents.snapshot(uri) is before

    async def _warm(self, uri: str, at: Position) -> None:
        await self.configuration.known()
        self._index(uri)
        await self.completion.warm(lambda: self.query(uri, at, "invoked"))

    def cursor_rests(self, uri: str, position: Position) -> None:
        """Report that the cursor has stopped. LSP has no message for it, so only some clients report it."""
        self.completion.rests(lambda: self.query(uri, position, "automatic") if self.configuration.is_known else None)
        self._resting_cursor.rests(uri, position)
        self._clipboard_reader.rests(uri)

    def did_save(self, uri: str) -> None:
        """Update the index of a saved document's folder."""
        self._index(uri)

    def files_changed(self, uris: Sequence[str]) -> None:
        """Update the indexes of folders in which files were created, changed or deleted on disk."""
        for folder in {self.configuration.folder_of(uri) for uri in uris}:
            self.indexes.want(folder, self.configuration.settings_for(folder))

    def _index(self, uri: str) -> None:
        folder = self.configuration.folder_of(uri)
        self.indexes.want(folder, self.configuration.settings_for(folder))

    def did_change_folders(self, *, added: Sequence[str], removed: Sequence[str]) -> None:
        """Update the workspace folders (URIs), and request the client's settings for the added ones."""
        for folder in self.configuration.change_folders(added=added, removed=removed):
            self.indexes.drop(folder)
        self.client.spawn(self.fetch_settings(), "request of the settings of changed folders")

    def fetch_settings(self) -> Coroutine[Any, Any, None]:
        """Request our section of the client's settings, for each folder and without a folder. Documents wait for the
        answer from the call on."""
        return self._fetch_settings(self.configuration.asking())

    async def _fetch_settings(self, question: int) -> None:
        try:
            await self._ask_client_for_settings(question)
        finally:
            self.configuration.settle()
            self.configuration.notify_changed()

    async def _ask_client_for_settings(self, question: int) -> None:
        if not self.client.features.configuration:
            return
        scopes: list[str | None] = [None, *self.configuration.folders]
        try:
            answers = await self.client.configuration(scopes)
        except Exception as error:  # noqa: BLE001 - the other layers of settings still apply
            logger.info("the client did not answer workspace/configuration: %s", type(error).__name__)
            return
        self.configuration.client_sent(sections_of(answers, scopes), question)

    @property
    def assistant(self) -> Assistant:
        """The assistant, built at the first action."""
        return self.get_assistant()

    def explain_exclusion(self, uri: str, reason: str) -> None:
        """Show once per reason why an excluded document gets no suggestion, after the user requested one.

        Clients with our status show the reason there (``autothink/documentStatus``).
        """
        if self.client.features.status or (uri, reason) in self._explained:
            return
        self._explained.add((uri, reason))
        self.client.show_info(f"No suggestions in {display_path(uri, None)}: {reason}.")

    def may_assist(self, snapshot: Snapshot) -> bool:
        """Whether actions are offered for this document."""
        folder = self.configuration.folder_of(snapshot.uri)
        return self.configuration.settings_for(folder).assist.enabled and not self.assist_exclusion(snapshot)

    def assist_exclusion(self, snapshot: Snapshot) -> str:
        """The reason why this document must not be sent to the assistant's model; empty if it may be, or if actions are
        off."""
        folder = self.configuration.folder_of(snapshot.uri)
        settings = self.configuration.settings_for(folder)
        if not settings.assist.enabled:
            return ""
        return self.privacy.refusal(snapshot.uri, folder, snapshot.text, settings, settings.assist)

    def document_status(self, uri: str) -> dict[str, object]:
        """The reply to ``autothink/documentStatus``: whether this document gets suggestions and actions, or why not."""
        snapshot = self.documents.snapshot(uri)
        if snapshot is None:
            return {"completes": False, "assists": False, "reason": "not open"}
        folder = self.configuration.folder_of(uri)
        settings = self.configuration.settings_for(folder)
        completes, assists = (
            self.privacy.refusal(uri, folder, snapshot.text, settings, role)
            for role in (settings.completion, settings.assist)
        )
        reason = ""
        if completes:
            reason = f"excluded: {completes}"
        elif not settings.completion.enabled:
            distrusted = self.configuration.distrusts(settings.completion)
            reason = "off: this workspace is not trusted" if distrusted else "completion is off"
        elif not settings.completion.allows_language(snapshot.language_id):
            reason = f"completion is off for {snapshot.language_id}"
        may_assist = settings.assist.enabled and not assists
        return {"completes": not reason, "assists": may_assist, "reason": reason}

    async def find_next_edit(
        self, uri: str, position: Position, version: int | None, *, by_hand: bool = False
    ) -> NextEdit | None:
        """The next edit of a document; ``None`` if there is none, if the settings or the document's privacy forbid it,
        or if the client requests another version than it sent last."""
        self._asks_next_edits = True
        if not await self.is_settled(uri):
            return None
        snapshot = self.documents.snapshot(uri)
        if snapshot is None or (version is not None and version != snapshot.version):
            return None
        if self.next_edits_off(snapshot):
            return None
        folder = self.configuration.folder_of(uri)
        model = self.next_edit_models.source(snapshot, folder, self.configuration.settings_for(folder))
        return await self.next_edits.find(snapshot, snapshot.point(position), model, by_hand=by_hand)

    def next_edit_at(self, query: CompletionRequest) -> tuple[NextEdit, CompletionItemEdit] | None:
        """A next edit that ghost text at the query's place can show, if ``look_ahead`` has found one for this version
        of the document. Nothing is searched for and no model is asked, so the reply does not wait."""
        completion = query.settings.completion
        if query.selected is not None or self._draws_next_edits:
            return None
        found = self.next_edits.found_ahead(query.snapshot, query.point.line)
        if found is None or not completion.enabled or not completion.allows_language(query.snapshot.language_id):
            return None
        if self.next_edits_off(query.snapshot):
            return None
        from autothink_lsp.features.next_edit.inline_item import inline_item

        item = inline_item(query.snapshot.text, query.point, found.replacement)
        return None if item is None else (self.next_edits.offer_ahead(found), item)

    def look_ahead(self, query: CompletionRequest, *, is_shown: bool) -> None:
        """Let the rules search in the background for what ``next_edit_at`` may show at the next request. ``is_shown``:
        the reply to this request has a suggestion."""
        if self._draws_next_edits or self.next_edits.has_looked_ahead(query.snapshot):
            return
        quiet_s = BEHIND_SUGGESTION_QUIET_S if is_shown else LOOK_AHEAD_QUIET_S
        waiting = self._looking_ahead.waiting
        if waiting is None or waiting[0] is not query.snapshot:
            self._looking_ahead.set((query.snapshot, query.point.line), quiet_s)
        else:  # only a key delays the search, not another request
            self._looking_ahead.hasten(quiet_s)

    def _look_ahead(self, place: tuple[Snapshot, int]) -> None:
        snapshot, line = place
        search = self.next_edits.look_ahead(snapshot, line, lambda: self.next_edits_off(snapshot))
        self.client.spawn(search, "search for a next edit")

    @property
    def _draws_next_edits(self) -> bool:
        """Whether the client draws next edits itself, or shows no ghost text: then no item may be one."""
        return self._asks_next_edits or not self.client.features.inline_next_edits

    def next_edits_off(self, snapshot: Snapshot) -> bool:
        """Whether this document gets no next edits."""
        folder = self.configuration.folder_of(snapshot.uri)
        settings = self.configuration.settings_for(folder)
        if not settings.next_edit.enabled or not settings.next_edit.allows_language(snapshot.language_id):
            return True
        return bool(self.privacy.refusal(snapshot.uri, folder, snapshot.text, settings, settings.completion))

    def suggestion_offered(self, query: CompletionRequest, suggestion_id: int) -> None:
        """Count a suggestion that was sent to the client, unless statistics are switched off."""
        if query.settings.assist.statistics:
            self.suggestions.offered(suggestion_id, query.snapshot.language_id[:40])

    def on_suggestion_event(self, suggestion_id: object, event: object) -> None:
        """Process the editor's report about a suggestion. Some editors report it twice: by the item's command and by
        ``autothink/feedback``."""
        self.completion.suppression.on_feedback(suggestion_id, event)
        if self.suggestions.on_feedback(suggestion_id, event) and event == "accepted":
            self.completion.counters.accepted += 1

    def query(
        self,
        uri: str,
        position: Position,
        trigger: Trigger,
        selected: tuple[Range, str] | None = None,
    ) -> CompletionRequest | None:
        """The request for the completion service; ``None`` if the document is not open."""
        received_ms = self.now_ms()
        snapshot = self.documents.snapshot(uri)
        if snapshot is None:
            return None
        folder = self.configuration.folder_of(uri)
        item = None
        if selected is not None:
            replaced, text = selected
            item = SelectedItem(snapshot.point(replaced.start), snapshot.point(replaced.end), text)
        return CompletionRequest(
            snapshot=snapshot,
            point=snapshot.point(position),
            trigger=trigger,
            received_ms=received_ms,
            settings=self.configuration.settings_for(folder),
            path=display_path(uri, folder),
            folder=folder,
            selected=item,
        )

    async def aclose(self) -> None:
        """Close all connections and stop all started processes. Idempotent."""
        for task in tuple(self._warming):
            task.cancel()
        self._looking_ahead.close()
        self.suggestions.flush()
        await self.close_services()
