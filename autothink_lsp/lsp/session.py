"""Everything that lives as long as one client: documents, settings, and the completion that serves them.

Built by ``app.py`` when the client sends ``initialize``; handlers reach the house through this object only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from attrs import define, field

from autothink_lsp.context.index.service import ProjectIndexes
from autothink_lsp.context.paths import display_path, folder_of
from autothink_lsp.context.privacy import PrivacyGate
from autothink_lsp.context.surroundings import Surroundings
from autothink_lsp.document.notebooks import NotebookStore
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.completion.model import CompletionQuery, SelectedItem, Trigger
from autothink_lsp.features.completion.service import CompletionService
from autothink_lsp.features.statistics.suggestions import SuggestionCounts
from autothink_lsp.lsp.configuration import Configuration
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Position, Range

if TYPE_CHECKING:
    from autothink_lsp.features.assist.values import Assistant

# LSP's uinteger goes to here; positions past the end are clamped to it.
END_OF_FILE = 2**31 - 1

logger = logging.getLogger(__name__)


@define(eq=False)
class Session:
    """See the module's docstring."""

    documents: DocumentStore
    notebooks: NotebookStore
    surroundings: Surroundings
    indexes: ProjectIndexes
    configuration: Configuration
    completion: CompletionService
    privacy: PrivacyGate
    now_ms: Callable[[], float]
    get_assistant: Callable[[], Assistant]
    syntax: Syntax
    suggestions: SuggestionCounts
    close_house: Callable[[], Awaitable[None]]
    _warming: set[asyncio.Task[None]] = field(factory=set)

    def did_open(self, uri: str, language_id: str, version: int, text: str) -> None:
        """Take a document in, and have the engine start and read its end, so that both are there when the first key
        comes.

        Where the cursor is, LSP does not tell; new code goes to the end more often than anywhere else.
        """
        self.documents.open(uri, language_id, version, text)
        end = Position(END_OF_FILE, 0)
        task = asyncio.get_running_loop().create_task(self._warm(uri, end))
        self._warming.add(task)
        task.add_done_callback(self._warming.discard)

    async def is_settled(self, uri: str) -> bool:
        """Wait for the client's settings; False where the document changed meanwhile, so that a position in it is
        stale."""
        before = self.documents.snapshot(uri)
        await self.configuration.known()
        return self.documents.snapshot(uri) is before

    async def _warm(self, uri: str, at: Position) -> None:
        await self.configuration.known()
        self._index(uri)
        await self.completion.warm(lambda: self.query(uri, at, "invoked"))

    def cursor_rests(self, uri: str, position: Position) -> None:
        """As far as the editor tells: LSP has no message for it."""
        self.completion.rests(lambda: self.query(uri, position, "automatic") if self.configuration.is_known else None)

    def did_save(self, uri: str) -> None:
        """What was saved is read again."""
        self._index(uri)

    def files_changed(self, uris: Sequence[str]) -> None:
        """Files of the project that others wrote, made or took away."""
        for folder in {folder_of(uri, self.configuration.folders) for uri in uris}:
            self.indexes.want(folder, self.configuration.settings_for(folder))

    def _index(self, uri: str) -> None:
        folder = folder_of(uri, self.configuration.folders)
        self.indexes.want(folder, self.configuration.settings_for(folder))

    def folders_changed(self, *, added: Sequence[str], removed: Sequence[str]) -> None:
        """Workspace folders, as URIs."""
        self.configuration.change_folders(added=added, removed=removed)
        for folder in removed:
            self.indexes.drop(folder)

    @property
    def assistant(self) -> Assistant:
        """Built at the first action."""
        return self.get_assistant()

    def may_assist(self, snapshot: Snapshot) -> bool:
        """Whether actions are offered for this document."""
        folder = folder_of(snapshot.uri, self.configuration.folders)
        return self.configuration.settings_for(folder).assist.enabled and not self.assist_exclusion(snapshot)

    def assist_exclusion(self, snapshot: Snapshot) -> str:
        """Why this document must not be shown to the assistant's model; empty where it may, or where it is off."""
        folder = folder_of(snapshot.uri, self.configuration.folders)
        settings = self.configuration.settings_for(folder)
        if not settings.assist.enabled:
            return ""
        return self.privacy.refusal(snapshot.uri, folder, snapshot.text, settings, settings.assist)

    def document_status(self, uri: str) -> dict[str, object]:
        """Whether this document gets suggestions and actions at all, and if not, why."""
        snapshot = self.documents.snapshot(uri)
        if snapshot is None:
            return {"completes": False, "assists": False, "reason": "not open"}
        folder = folder_of(uri, self.configuration.folders)
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

    def suggestion_offered(self, query: CompletionQuery, suggestion_id: int) -> None:
        """Count it, where the user has not switched that off."""
        if query.settings.assist.statistics:
            self.suggestions.offered(suggestion_id, query.snapshot.language_id[:40])

    def suggestion_happened(self, suggestion_id: object, event: object) -> None:
        """What an editor says became of one. Some say it twice: by the item's command and by feedback."""
        self.completion.suppression.on_feedback(suggestion_id, event)
        if self.suggestions.happened(suggestion_id, event) and event == "accepted":
            self.completion.counters.accepted += 1

    def query(
        self,
        uri: str,
        position: Position,
        trigger: Trigger,
        selected: tuple[Range, str] | None = None,
    ) -> CompletionQuery | None:
        """What the completion service is asked; ``None`` for a document that is not open."""
        received_ms = self.now_ms()
        snapshot = self.documents.snapshot(uri)
        if snapshot is None:
            return None
        folder = folder_of(uri, self.configuration.folders)
        item = None
        if selected is not None:
            replaced, text = selected
            item = SelectedItem(snapshot.point(replaced.start), snapshot.point(replaced.end), text)
        return CompletionQuery(
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
        """Hang up everywhere and stop what we started. Idempotent."""
        for task in tuple(self._warming):
            task.cancel()
        self.suggestions.flush()
        await self.close_house()
