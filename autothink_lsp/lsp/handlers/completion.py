"""``textDocument/completion``: the same suggestion for editors without ghost text, as one menu entry that says what it
is."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lsprotocol import types

from autothink_lsp.lsp.commands import ACCEPTED
from autothink_lsp.lsp.convert import to_position
from autothink_lsp.lsp.handlers.inline_completion import exclusion_of, range_of

if TYPE_CHECKING:
    from autothink_lsp.features.completion.model import CompletionQuery
    from autothink_lsp.lsp.server import AutothinkServer

logger = logging.getLogger(__name__)

# Behind what a language server with types has to say: it knows, a small model guesses. Editors order by this text.
SORT_TEXT = "zzzz-autothink"


async def completion(ls: AutothinkServer, params: types.CompletionParams) -> types.CompletionList:
    """At most one item; always incomplete, since every further key may have a better one."""
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
    # Editors send "invoked" for plain typing in a word too, so it cannot have the patience of a request by hand.
    query = ls.session.query(params.text_document.uri, to_position(params.position), "automatic")
    if query is None:
        return []
    outcome = await ls.session.completion.complete(query)
    if invoked and (excluded := exclusion_of(outcome.reason)) and not _behind_a_word(query):
        ls.tell_excluded(params.text_document.uri, excluded)
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
            detail="autothink: suggested by the model",
            documentation=entry.preview if "\n" in entry.preview else None,  # a string is plain text for every client
            sort_text=SORT_TEXT,
            filter_text=entry.filter_text,
            insert_text_format=types.InsertTextFormat.PlainText,
            insert_text_mode=types.InsertTextMode.AsIs if ls.features.menu_as_is else None,
            text_edit=types.TextEdit(range_of(query, entry.edit), entry.edit.insert_text),
            command=types.Command(title="accepted", command=ACCEPTED, arguments=[outcome.suggestion.id]),
        )
    ]


def _behind_a_word(query: CompletionQuery) -> bool:
    """Editors ask there for plain typing, too, and call it invoked: no sign that the user asked by hand."""
    before = query.snapshot.text.line(query.point.line)[: query.point.column]
    return before[-1:].isalnum() or before.endswith("_")
