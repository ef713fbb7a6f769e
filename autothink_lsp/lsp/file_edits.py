"""The parts of an edit of several files: moved to the current state of each file, and undone if one is refused.

An open document is compared by its opening and revision, a closed one by its bytes on disk. If one file has changed,
none is edited. Most clients apply an edit completely or not at all; the applied parts of an edit that was refused in
part are undone if the documents have not changed since.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from autothink_lsp.context.paths import is_file_of, local_path
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.edits.file_edit import FileEdit, digest_of
from autothink_lsp.edits.rebase import rebase
from autothink_lsp.edits.replacement import EditRefused, Refusal, Replacement, apply_replacements, inverse_replacements
from autothink_lsp.features.assist.callers.project_files import content_of, is_inside
from autothink_lsp.lsp.edit_delivery import EditDelivery, Placement
from autothink_lsp.lsp.recent_changes import RecentChanges
from autothink_lsp.values import frozen


@frozen
class EditPart:
    """The replacements of one file for its current state. ``is_open``: ``snapshot`` is an open document, whose version
    the client compares."""

    path: str
    snapshot: Snapshot
    replacements: tuple[Replacement, ...]
    is_open: bool


def parts_now(
    edits: Sequence[FileEdit], recent: RecentChanges, folder: os.PathLike[str] | None
) -> tuple[EditPart, ...]:
    """Move all ``edits`` to the current states of their files. Raises ``EditRefused`` (STALE, OUTSIDE) if one is not
    possible."""
    return tuple(_part_now(one, recent, folder) for one in edits)


def _part_now(edit: FileEdit, recent: RecentChanges, folder: os.PathLike[str] | None) -> EditPart:
    base = edit.base
    opened = recent.newest(base.snapshot.uri) or _opened_since(edit, recent)
    if base.is_open:
        if opened is None:
            raise _stale(f"{base.path} was closed meanwhile")
        try:
            return EditPart(base.path, opened, rebase(edit.replacements, recent.since(base.snapshot)), is_open=True)
        except EditRefused as refused:
            raise _stale(f"{base.path} was changed in the same place meanwhile") from refused
    if opened is not None:
        if str(opened.text) != str(base.snapshot.text):
            raise _stale(f"{base.path} was changed meanwhile")
        return EditPart(base.path, opened, edit.replacements, is_open=True)
    if base.file is None or folder is None or not is_inside(base.file, folder):
        raise EditRefused(Refusal.OUTSIDE, f"{base.path} is outside of the folder, so nothing was applied.")
    content = content_of(base.file)
    if content is None:
        raise _stale(f"{base.path} cannot be read any more")
    if digest_of(content) != base.digest:
        raise _stale(f"{base.path} has changed on disk meanwhile")
    if not os.access(base.file, os.W_OK):
        raise EditRefused(Refusal.OUTSIDE, f"{base.path} is read-only, so nothing was applied.")
    return EditPart(base.path, base.snapshot, edit.replacements, is_open=False)


def _opened_since(edit: FileEdit, recent: RecentChanges) -> Snapshot | None:
    """The document of the file, if the editor has opened it with another spelling of its URI."""
    if edit.base.is_open or edit.base.file is None:
        return None
    return next((one for one in recent.all() if is_file_of(one.uri, edit.base.file)), None)


def _stale(what: str) -> EditRefused:
    return EditRefused(Refusal.STALE, f"{what}, so nothing was applied.", hint="Ask again.")


class SeveralFiles:
    """Follows the open documents of a sent edit, until each contains its part or the time is over."""

    def __init__(
        self, delivery: EditDelivery, recent: RecentChanges, parts: Sequence[EditPart], timeout_s: float
    ) -> None:
        self._delivery, self._recent, self._parts, self._timeout_s = delivery, recent, tuple(parts), timeout_s
        self._watches = {
            part.snapshot.uri: delivery.watch(part.snapshot, part.replacements) for part in parts if part.is_open
        }

    @property
    def names(self) -> str:
        """The files that now contain their part of the edit, for the user."""
        return ", ".join(Path(local_path(part.snapshot.uri) or part.path).name for part in self._parts)

    async def is_partial(self, *, is_previewed: bool) -> bool:
        """Whether some documents contain their part of the edit and others have refused theirs."""
        waiting = [asyncio.ensure_future(watch.seen.wait()) for watch in self._watches.values()]
        try:
            await asyncio.wait(waiting, timeout=self._timeout_s)
        finally:
            for one in waiting:
                one.cancel()
            for watch in self._watches.values():
                self._delivery.unwatch(watch)
        unseen = [watch for watch in self._watches.values() if watch.placement is Placement.UNSEEN]
        refused = [watch for watch in unseen if watch.has_changed or not is_previewed]
        return bool(refused) and len(unseen) < len(self._watches)

    def taken_back(self) -> tuple[EditPart, ...]:
        """The parts that restore the documents with the edit; empty if one of them has changed since."""
        restoring: list[EditPart] = []
        for part in self._parts:
            now = self._recent.newest(part.snapshot.uri)
            watch = self._watches.get(part.snapshot.uri)
            has_arrived = watch is not None and watch.placement is not Placement.UNSEEN
            if now is None or (part.is_open and not has_arrived):
                continue
            if str(now.text) == str(apply_replacements(part.snapshot.text, part.replacements)):
                restoring.append(
                    EditPart(part.path, now, inverse_replacements(part.snapshot.text, part.replacements), is_open=True)
                )
            elif has_arrived:
                return ()
        return tuple(restoring)
