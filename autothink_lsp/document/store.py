"""Keeps the open documents as the client has them, and notifies listeners of changes.

Tolerates messages that make no sense (a change of a document that is not open, a version that decreases), because one
odd message must not end the session. Parses nothing and sends nothing.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from typing import Protocol

from autothink_lsp.document import edits
from autothink_lsp.document.snapshot import Change, ContentChange, Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.document.uri_identity import uri_key
from autothink_lsp.values import PositionEncoding

logger = logging.getLogger(__name__)


class DocumentListener(Protocol):
    """Is notified of each document in the order of the client's messages, after the store has the new state."""

    def did_open(self, snapshot: Snapshot) -> None:
        """A document was opened. If it was already open it is replaced, without a call of ``did_close``."""
        ...

    def did_change(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        """``changes`` were applied one after the other, each to the text that the previous one made."""
        ...

    def did_close(self, uri: str) -> None: ...


class DocumentStore:
    """The open documents by URI. Not thread-safe: use it on the event loop only. Snapshots may be used anywhere.

    Another spelling of a URI (``uri_identity.py``) finds the document too; its snapshot has the URI as the client has
    opened it. What the client opens in two spellings are two documents, because it changes each on its own.
    """

    def __init__(self, encoding: PositionEncoding = PositionEncoding.UTF16) -> None:
        self._encoding = encoding
        self._snapshots: dict[str, Snapshot] = {}
        self._spellings: dict[str, str] = {}  # the URI of the latest document that was opened, by ``uri_key``
        self._listeners: list[DocumentListener] = []
        self._reported_unknown: set[str] = set()
        self._lost: dict[str, Snapshot] = {}
        # Starts at a random number, so that values that an editor kept from an earlier server process match nothing.
        self._openings = random.getrandbits(48)

    @property
    def encoding(self) -> PositionEncoding:
        """The encoding in which the client counts ``character``."""
        return self._encoding

    def subscribe(self, listener: DocumentListener) -> None:
        """Notify ``listener`` from now on. An exception of one listener is logged and does not affect the others."""
        self._listeners.append(listener)

    def snapshot(self, uri: str) -> Snapshot | None:
        """The document as it is now; ``None`` if it is not open."""
        return self._snapshots.get(self._opened_as(uri))

    def uris(self) -> tuple[str, ...]:
        """The open documents, in the order in which they were opened."""
        return tuple(self._snapshots)

    def snapshots(self) -> tuple[Snapshot, ...]:
        """The open documents as they are now, in the same order."""
        return tuple(self._snapshots.values())

    def open(self, uri: str, language_id: str, version: int, text: str) -> Snapshot:
        """A document was opened. One that is open already is replaced."""
        if uri in self._snapshots:
            logger.debug("opened again while open: %s", uri)
        self._reported_unknown.discard(uri)
        self._lost.pop(uri, None)
        self._openings += 1
        snapshot = Snapshot(uri, language_id, version, Text.from_str(text), self._encoding, self._openings)
        self._snapshots[uri] = snapshot
        self._spellings[uri_key(uri)] = uri
        self._notify(lambda listener: listener.did_open(snapshot))
        return snapshot

    def change(
        self, uri: str, version: int, changes: Sequence[ContentChange]
    ) -> tuple[Snapshot, tuple[Change, ...]] | None:
        """Apply ``changes`` one after the other. None, with one warning per uri, if the document is not open.

        A document that was lost is open again with the first change that has the whole text.
        """
        uri = self._opened_as(uri)
        snapshot = self._snapshots.get(uri)
        if snapshot is None and uri in self._lost and any(edit.range is None for edit in changes):
            snapshot = self.open(uri, self._lost[uri].language_id, version, "")
        if snapshot is None:
            if uri not in self._reported_unknown:
                self._reported_unknown.add(uri)
                logger.warning("change of a document that is not open, ignored: %s", uri)
            return None
        if version < snapshot.version:
            logger.debug("version went back from %d to %d: %s", snapshot.version, version, uri)
        text = snapshot.text
        applied: list[Change] = []
        for edit in changes:
            text, change = edits.apply(text, edit, self._encoding)
            applied.append(change)
        changed = Snapshot(
            uri, snapshot.language_id, version, text, snapshot.encoding, snapshot.opening, snapshot.revision + 1
        )
        self._snapshots[uri] = changed
        done = tuple(applied)
        self._notify(lambda listener: listener.did_change(changed, done))
        return changed, done

    def lose(self, uri: str) -> bool:
        """A change of the document could not be read, so its text is unknown: it counts as closed until it is opened
        again or a change has the whole text. Whether it was open."""
        uri = self._opened_as(uri)
        snapshot = self._snapshots.get(uri)
        if snapshot is None:
            return False
        self.close(uri)
        self._reported_unknown.add(uri)
        self._lost[uri] = snapshot
        return True

    def close(self, uri: str) -> None:
        """A document was closed; nothing happens if it was not open. Its snapshots stay valid."""
        uri = self._opened_as(uri)
        self._lost.pop(uri, None)
        if self._snapshots.pop(uri, None) is not None:
            self._forget_spelling(uri)
            self._notify(lambda listener: listener.did_close(uri))

    def _opened_as(self, uri: str) -> str:
        """The URI under which a document is open, for any spelling of it; ``uri`` itself if it is not open."""
        return uri if uri in self._snapshots else self._spellings.get(uri_key(uri), uri)

    def _forget_spelling(self, uri: str) -> None:
        """``uri`` was closed: what is still open in another spelling is found instead."""
        key = uri_key(uri)
        others = [one for one in self._snapshots if uri_key(one) == key]
        if others:
            self._spellings[key] = others[-1]
        else:
            self._spellings.pop(key, None)

    def _notify(self, message: Callable[[DocumentListener], None]) -> None:
        for listener in self._listeners:
            try:
                message(listener)
            except Exception:
                logger.exception("a document listener failed: %s", type(listener).__name__)
