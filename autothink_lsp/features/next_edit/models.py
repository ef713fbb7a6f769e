"""Asks a next-edit model about a document, where settings, privacy and the measured speed allow it.

The privacy rules are those of completion: neither a document that is excluded for this server nor an edit of such a
document is sent, and nothing is sent while the cursor is in a secret, nor a part of a secret that cannot be recognized
by itself (``model_secrets.py``). ``redacting_backend.py`` replaces the other secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from attrs import define, evolve, field, frozen

from autothink_lsp.context.paths import display_path
from autothink_lsp.context.privacy import PrivacyGate, redacts
from autothink_lsp.context.secrets import being_typed, find_secrets
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.features.endpoints import Connect, EndpointPool, has_next_edit_model, next_edit_role
from autothink_lsp.features.next_edit.history import EditHunk
from autothink_lsp.features.next_edit.model_endpoint import (
    NextEditConnection,
    NextEditEndpoint,
    Report,
    next_edit_endpoints,
)
from autothink_lsp.features.next_edit.model_secrets import edit_cuts_secret, window_cuts_secret
from autothink_lsp.features.next_edit.model_window import MOST_EDITS, answered_edit, edit_window, past_edit
from autothink_lsp.features.next_edit.proposal import LineEdit
from autothink_lsp.prompt.next_edit.window import EditWindow, block
from autothink_lsp.settings.model import Settings
from autothink_lsp.values import Point

RULE_ID = "model"
_AROUND_SHARES = (
    1.0,
    0.25,
    0.0,
)  # of the lines around the window, tried until one is fast enough


@define(eq=False)
class NextEditModels:
    """The models of one client's folders. ``report`` shows the user each problem once. ``newest`` returns an open
    document as it is now."""

    connect: Connect
    privacy: PrivacyGate
    report: Report = lambda _text: None
    newest: Callable[[str], Snapshot | None] = lambda _uri: None
    endpoints: EndpointPool[NextEditEndpoint] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.endpoints = next_edit_endpoints(self.connect, self._report)

    def _report(self, text: str) -> None:
        self.report(text)

    def source(self, snapshot: Snapshot, folder: str | None, settings: Settings) -> ModelSource | None:
        """The model that may be asked about the document; ``None`` if there is none."""
        if not has_next_edit_model(settings):
            return None
        if self.privacy.refusal(snapshot.uri, folder, snapshot.text, settings, next_edit_role(settings)):
            return None
        return ModelSource(self.endpoints.get(settings), self.privacy, folder, settings, self.newest)

    async def close_unused(self, wanted: Iterable[Settings]) -> None:
        """Close the connections that none of these settings need, which are those of all folders. An engine of ours
        ends with its connection."""
        await self.endpoints.close_others(
            [settings for settings in wanted if settings.next_edit.enabled and has_next_edit_model(settings)]
        )

    async def aclose(self) -> None:
        """Close all connections. Idempotent."""
        await self.endpoints.aclose()


@frozen(eq=False)
class ModelSource:
    """One model, for the documents of one folder."""

    _endpoint: NextEditEndpoint
    _privacy: PrivacyGate
    _folder: str | None
    _settings: Settings = field(repr=False)
    _newest: Callable[[str], Snapshot | None]

    async def propose(
        self, snapshot: Snapshot, point: Point, hunks: Sequence[EditHunk], other_hunks: Sequence[EditHunk]
    ) -> LineEdit | None:
        """The edit that the model proposes around ``point``; ``None`` if there is none. ``hunks`` are of this document,
        ``other_hunks`` of others, both with the newest first."""
        connection = self._endpoint.ready()
        if connection is None:
            return None
        shown = [*hunks, *(hunk for hunk in other_hunks if self._may_show(hunk.uri))]
        shown.sort(key=lambda hunk: -hunk.order)
        window = self._window(connection, snapshot, point, self._without_cut_secrets(snapshot, shown))
        if window is None or self._is_secret(connection, snapshot, window):
            return None
        new = await self._endpoint.ask(connection, window)
        return answered_edit(window, new, RULE_ID) if new is not None else None

    def _window(
        self, connection: NextEditConnection, snapshot: Snapshot, point: Point, hunks: Sequence[EditHunk]
    ) -> EditWindow | None:
        """The window with as many lines around it as the server is predicted to evaluate in time."""
        window = None
        for share in _AROUND_SHARES:
            dialect = evolve(connection.dialect, around=int(share * connection.dialect.around))
            window = edit_window(snapshot.text, point, hunks, self._path, snapshot.uri, dialect)
            if window is None or connection.is_fast_enough(window):
                break
        return window

    def _without_cut_secrets(self, snapshot: Snapshot, hunks: Sequence[EditHunk]) -> Sequence[EditHunk]:
        """The hunks for the prompt without those that contain a part of a secret: at most ``MOST_EDITS``, and beyond
        them the newest one of this document."""
        if not self._redacts:
            return hunks
        kept: list[EditHunk] = []
        for hunk in hunks:
            if len(kept) >= MOST_EDITS and hunk.uri != snapshot.uri:
                continue
            document = snapshot if hunk.uri == snapshot.uri else self._newest(hunk.uri)
            if not edit_cuts_secret(document.text if document is not None else None, past_edit(hunk, self._path)):
                kept.append(hunk)
            if len(kept) >= MOST_EDITS and any(one.uri == snapshot.uri for one in kept):
                break
        return kept

    @property
    def _redacts(self) -> bool:
        return redacts(self._settings, next_edit_role(self._settings))

    def _may_show(self, uri: str) -> bool:
        return not self._privacy.refusal(uri, self._folder, None, self._settings, next_edit_role(self._settings))

    def _path(self, uri: str) -> str:
        return display_path(uri, self._folder)

    def _is_secret(self, connection: NextEditConnection, snapshot: Snapshot, window: EditWindow) -> bool:
        """Whether the cursor is in a secret, a part of a secret could not be hidden, or a secret would come back from a
        chat as its placeholder."""
        if not self._redacts:
            return False
        if window_cuts_secret(snapshot.text, window):
            return True
        text = block(window.lines)
        cursor = sum(len(line) + 1 for line in window.lines[: window.row]) + window.column
        found = find_secrets(text)
        if found and connection.dialect.system:
            return True
        return any(one.start < cursor <= one.end for one in found) or being_typed(text[:cursor])
