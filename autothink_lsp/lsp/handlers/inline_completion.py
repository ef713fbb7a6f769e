"""``textDocument/inlineCompletion``: ghost text. The reply is a list, never null, and sent by the deadline.

Where there is no suggestion, the item may be a next edit that was found before the request.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from autothink_lsp.lsp import request_log
from autothink_lsp.lsp.fast_codec import InlineCompletionPlace, InlineItem
from autothink_lsp.lsp.names import ACCEPTED, ACCEPTED_NEXT_EDIT
from autothink_lsp.lsp.server import AutothinkServer
from autothink_lsp.values import Point, Range

if TYPE_CHECKING:
    from autothink_lsp.features.completion.insertion import CompletionItemEdit
    from autothink_lsp.features.completion.model import CompletionOutcome, CompletionRequest, Suggestion

logger = logging.getLogger(__name__)

EXCLUDED = "excluded: "  # the prefix of reasons from ``features/completion/prompt_context.py``


async def inline_completion(ls: AutothinkServer, place: InlineCompletionPlace) -> list[InlineItem]:
    """The suggestions at a position. An error is logged and answered with an empty list; a cancelled request is
    answered by the protocol."""
    try:
        return await _complete(ls, place)
    except Exception:
        logger.exception("inline completion failed")
        return []


async def _complete(ls: AutothinkServer, place: InlineCompletionPlace) -> list[InlineItem]:
    if not await ls.session.is_settled(place.uri):
        return []
    query = _query(ls, place)
    if query is None:
        return []
    outcome = await ls.session.completion.complete(query)
    if query.trigger == "invoked" and (excluded := exclusion_of(outcome.reason)):
        ls.session.explain_exclusion(query.snapshot.uri, excluded)
    return _reply(ls, query, outcome)


def answer_at_once(ls: AutothinkServer, place: InlineCompletionPlace) -> list[InlineItem] | None:
    """Reply without a task if the user types along the suggestion on the screen, as most keys do. For any other request
    returns ``None`` and has no effect. Never raises."""
    session = ls.session
    if not session.configuration.is_known or not session.completion.may_be_typed_along:
        return None
    try:
        query = _query(ls, place)
        outcome = session.completion.complete_typed_along(query) if query is not None else None
        return _reply(ls, query, outcome) if query is not None and outcome is not None else None
    except Exception:
        logger.exception("inline completion failed")
        return []


def _query(ls: AutothinkServer, place: InlineCompletionPlace) -> CompletionRequest | None:
    trigger = "invoked" if place.by_hand else "automatic"
    return ls.session.query(place.uri, place.position, trigger, place.selected)


def _reply(ls: AutothinkServer, query: CompletionRequest, outcome: CompletionOutcome) -> list[InlineItem]:
    note_outcome(query, outcome)
    items = []
    for suggestion in (outcome.suggestion, *outcome.others):
        if suggestion is not None and (edit := edit_of(query, suggestion)) is not None:
            ls.session.suggestion_offered(query, suggestion.id)
            items.append(InlineItem(edit.insert_text, range_of(query, edit), ACCEPTED, suggestion.id))
    is_shown = bool(items)
    if not is_shown and (found := ls.session.next_edit_at(query)) is not None:
        next_edit, edit = found
        items.append(InlineItem(edit.insert_text, range_of(query, edit), ACCEPTED_NEXT_EDIT, next_edit.id))
        request_log.note(result="next edit")
    ls.session.look_ahead(query, is_shown=is_shown)
    return items


def note_outcome(query: CompletionRequest, outcome: CompletionOutcome) -> None:
    """Add a completion's outcome and cost to the request's closing log line.

    ``stages_ms`` are the parts of ``complete_ms``; ``prompt_ms`` and ``output_ms`` are the model server's times, if it
    reports them.
    """
    usage = outcome.usage
    request_log.note(
        mode=query.trigger,
        language=query.snapshot.language_id[:40],
        result="none" if outcome.suggestion is None else outcome.suggestion.source,
        reason=outcome.reason or None,
        complete_ms=outcome.elapsed_ms,
        stages_ms=outcome.stages_ms or None,
    )
    if usage is not None:
        request_log.note(
            prompt_ms=usage.prompt_ms,
            output_ms=usage.predicted_ms,
            prompt_tokens=usage.prompt_evaluated_tokens,
            cached_tokens=usage.prompt_cached_tokens,
            output_tokens=usage.predicted_tokens,
        )


def exclusion_of(reason: str) -> str:
    """The reason why the document is excluded, from the reason of an outcome; empty for other reasons."""
    return reason.removeprefix(EXCLUDED) if reason.startswith(EXCLUDED) else ""


def edit_of(query: CompletionRequest, suggestion: Suggestion) -> CompletionItemEdit | None:
    """The columns that the suggestion replaces on the cursor's line, and the text to insert."""
    # Imported lazily to keep ``initialize`` fast.
    from autothink_lsp.features.completion.insertion import inline_edit

    text = query.snapshot.text
    return inline_edit(
        text.line(query.point.line),
        query.point.column,
        suggestion.text,
        eol=text.eol_at(query.point.line) if "\n" in suggestion.text else "\n",
        replaces_right=suggestion.replaces_right,
        selected=query.selected,
    )


def range_of(query: CompletionRequest, edit: CompletionItemEdit) -> Range:
    """The range of the edit in client units."""
    line, start = query.point.line, edit.start_column
    begin = query.snapshot.position(Point(line, start))
    return Range(begin, begin if edit.end_column == start else query.snapshot.position(Point(line, edit.end_column)))
