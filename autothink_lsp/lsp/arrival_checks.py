"""Checks a sent edit: whether it was applied at the right place, and in all of its files. Otherwise warns the user, and
undoes an edit of several files that the client refused in part."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from lsprotocol import types

from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.lsp.client import Client
from autothink_lsp.lsp.edit_delivery import EditDelivery, Fate, Placement, PlacementWatch
from autothink_lsp.lsp.file_edits import EditPart, SeveralFiles
from autothink_lsp.lsp.recent_changes import RecentChanges
from autothink_lsp.lsp.workspace_edits import plain_changes, text_document_edits

logger = logging.getLogger(__name__)


class ArrivalChecks:
    """Checks of sent edits. ``title`` in the methods is the edit's title for the user."""

    def __init__(self, client: Client, delivery: EditDelivery, recent: RecentChanges) -> None:
        self._client = client
        self._delivery = delivery
        self._recent = recent

    async def check_placement(
        self, watch: PlacementWatch, title: str, timeout_s: float, *, exact: bool = False
    ) -> None:
        """Warn if an edit was applied at the wrong place.

        ``exact``: also if the document changed in another way than expected, which is no mistake if the user may apply
        an edit in part.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await watch.seen.wait()
        except TimeoutError:
            logger.info("the document does not show where an edit of %s arrived", watch.base.uri)
        finally:
            self._delivery.unwatch(watch)
        if watch.placement is Placement.WRONG:
            text = f"{title}: the document changed while the edit was applied, and it is in the wrong place."
            self._client.show_warning(f"{text} Undo it and choose the action again.")
        elif exact and watch.placement is Placement.UNSEEN and watch.has_changed:
            text = f"{title}: the document is not as expected after the edit."
            self._client.show_warning(f"{text} Look at the change, and undo it if it is wrong.")

    def follow_parts(
        self,
        snapshot: Snapshot,
        replacements: tuple[Replacement, ...],
        parts: Sequence[EditPart],
        timeout_s: float,
    ) -> SeveralFiles:
        """Follow all documents of an edit: the ``replacements`` of ``snapshot`` and the ``parts`` of other files."""
        own = (EditPart("", snapshot, replacements, is_open=True),) if replacements else ()
        return SeveralFiles(self._delivery, self._recent, (*own, *parts), timeout_s)

    async def check_parts(self, several: SeveralFiles, title: str, *, is_previewed: bool) -> bool:
        """Undo the applied parts of an edit of several files that the client refused in part. Returns whether it was.

        ``is_previewed``: the user may have chosen a part, so only a file that has changed since counts as refused.
        """
        if not await several.is_partial(is_previewed=is_previewed):
            return False
        restoring = several.taken_back()
        refused = f"{title}: a part of the edit was refused"
        if not restoring:
            self._client.show_warning(f"{refused}. Look at {several.names}, and undo what was changed.")
            return True
        edit = (
            types.WorkspaceEdit(document_changes=list(text_document_edits(restoring)))
            if self._client.features.document_changes
            else plain_changes(restoring)
        )
        delivery = await self._delivery.send(edit, f"AutoThink: take back: {title}", None)
        if delivery.fate is Fate.APPLIED:
            self._client.show_warning(f"{refused}, so all of it was taken back. Choose the action again.")
        else:
            self._client.show_warning(f"{refused}, and it could not be taken back. Undo it in {several.names}.")
        return True
