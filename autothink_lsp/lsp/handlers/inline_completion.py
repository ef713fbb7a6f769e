"""``textDocument/inlineCompletion``: ghost text. One list for one request, never null, at the latest at the
deadline."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lsprotocol import types

from autothink_lsp.lsp.commands import ACCEPTED
from autothink_lsp.lsp.convert import to_position, to_range
from autothink_lsp.values import Point

if TYPE_CHECKING:
    from autothink_lsp.features.completion.insertion import CompletionItemEdit
    from autothink_lsp.features.completion.model import CompletionQuery, Suggestion
    from autothink_lsp.lsp.server import AutothinkServer

logger = logging.getLogger(__name__)

EXCLUDED = "excluded: "  # as ``features/completion/sight.py`` writes it


async def inline_completion(ls: AutothinkServer, params: types.InlineCompletionParams) -> types.InlineCompletionList:
    """Cancellation passes through (pygls answers it); everything else that goes wrong is an empty list and a line in
    the log."""
    try:
        return await _complete(ls, params)
    except Exception:
        logger.exception("inline completion failed")
        return types.InlineCompletionList(items=[])


async def _complete(ls: AutothinkServer, params: types.InlineCompletionParams) -> types.InlineCompletionList:
    uri = params.text_document.uri
    if not await ls.session.is_settled(uri):
        return types.InlineCompletionList(items=[])
    context = params.context
    invoked = context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
    chosen = context.selected_completion_info
    query = ls.session.query(
        uri,
        to_position(params.position),
        "invoked" if invoked else "automatic",
        (to_range(chosen.range), chosen.text) if chosen is not None else None,
    )
    if query is None:
        return types.InlineCompletionList(items=[])
    outcome = await ls.session.completion.complete(query)
    if invoked and (excluded := exclusion_of(outcome.reason)):
        ls.tell_excluded(uri, excluded)
    items = []
    for suggestion in (outcome.suggestion, *outcome.others):
        item = None if suggestion is None else to_item(query, suggestion)
        if item is not None and suggestion is not None:
            ls.session.suggestion_offered(query, suggestion.id)
            items.append(item)
    return types.InlineCompletionList(items=items)


def exclusion_of(reason: str) -> str:
    """Why the document is excluded, from an outcome's reason; empty for other reasons."""
    return reason.removeprefix(EXCLUDED) if reason.startswith(EXCLUDED) else ""


def to_item(query: CompletionQuery, suggestion: Suggestion) -> types.InlineCompletionItem | None:
    """The item as editors want it, or ``None`` when the menu's selected entry contradicts it."""
    edit = edit_of(query, suggestion)
    if edit is None:
        return None
    return types.InlineCompletionItem(
        insert_text=edit.insert_text,
        range=range_of(query, edit),
        command=types.Command(title="accepted", command=ACCEPTED, arguments=[suggestion.id]),
    )


def edit_of(query: CompletionQuery, suggestion: Suggestion) -> CompletionItemEdit | None:
    """Columns and text on the request line."""
    # Not before initialize is answered: this is the first of the house that would be imported for it.
    from autothink_lsp.features.completion.insertion import inline_edit

    text = query.snapshot.text
    return inline_edit(
        text.line(query.point.line),
        query.point.column,
        suggestion.text,
        eol=text.eol_at(query.point.line),
        replaces_right=suggestion.replaces_right,
        selected=query.selected,
    )


def range_of(query: CompletionQuery, edit: CompletionItemEdit) -> types.Range:
    """In client units, on the request line."""
    line = query.point.line
    start = query.snapshot.position(Point(line, edit.start_column))
    end = query.snapshot.position(Point(line, edit.end_column))
    return types.Range(types.Position(*start), types.Position(*end))
