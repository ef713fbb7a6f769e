"""``textDocument/completion``: the suggestion as one menu entry, for editors without ghost text."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lsprotocol import types

from autothink_lsp.lsp.convert import from_range, to_position
from autothink_lsp.lsp.handlers.inline_completion import exclusion_of, note_outcome, range_of
from autothink_lsp.lsp.names import ACCEPTED
from autothink_lsp.lsp.server import AutothinkServer

if TYPE_CHECKING:
    from autothink_lsp.features.completion.model import CompletionRequest

logger = logging.getLogger(__name__)

# Editors sort by this text: after the entries of language servers, which know types, while a model guesses.
SORT_TEXT = "zzzz-autothink"


async def completion(ls: AutothinkServer, params: types.CompletionParams) -> types.CompletionList:
    """At most one item. The list is always incomplete, so that the editor sends a request at the next key."""
    try:
        items = await _items(ls, params)
    except Exception:
        logger.exception("completion failed")
        items = []
    return types.CompletionList(is_incomplete=True, items=items)


async def _items(ls: AutothinkServer, params: types.CompletionParams) -> list[types.CompletionItem]:
    invoked = params.context is not None and params.context.trigger_kind == types.CompletionTriggerKind.Invoked
    if not await ls.session.is_settled(params.text_document.uri):
        return []
    # Editors also send "invoked" for normal typing in a word, so it gets the automatic deadline.
    query = ls.session.query(params.text_document.uri, to_position(params.position), "automatic")
    if query is None:
        return []
    outcome = await ls.session.completion.complete(query)
    note_outcome(query, outcome)
    if invoked and (excluded := exclusion_of(outcome.reason)) and not _behind_a_word(query):
        ls.session.explain_exclusion(params.text_document.uri, excluded)
    if outcome.suggestion is None:
        return []
    from autothink_lsp.features.completion.insertion import menu_item

    text = query.snapshot.text
    entry = menu_item(
        text.line(query.point.line),
        query.point.column,
        outcome.suggestion.text,
        eol=text.eol_at(query.point.line),
        replaces_right=outcome.suggestion.replaces_right,
    )
    if entry is None:
        return []
    logger.debug("menu entry (%s)", "invoked" if invoked else "triggered")
    return [
        types.CompletionItem(
            label=entry.label,
            kind=types.CompletionItemKind.Text,
            detail="AutoThink: suggested by the model",
            documentation=entry.preview if "\n" in entry.preview else None,  # a string is plain text for every client
            sort_text=SORT_TEXT,
            filter_text=entry.filter_text,
            insert_text_format=types.InsertTextFormat.PlainText,
            insert_text_mode=types.InsertTextMode.AsIs if ls.client.features.menu_as_is else None,
            text_edit=types.TextEdit(from_range(range_of(query, entry.edit)), entry.edit.insert_text),
            command=types.Command(title="accepted", command=ACCEPTED, arguments=[outcome.suggestion.id]),
        )
    ]


def _behind_a_word(query: CompletionRequest) -> bool:
    """Whether the cursor is after a word, where editors also send "invoked" for normal typing."""
    before = query.snapshot.text.line(query.point.line)[: query.point.column]
    return before[-1:].isalnum() or before.endswith("_")
