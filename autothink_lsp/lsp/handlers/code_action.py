"""``textDocument/codeAction``, ``codeAction/resolve`` and our commands.

Offering never asks a model. Where the client can resolve edits lazily the work happens on resolve; elsewhere the action
carries a command and the edit comes by ``workspace/applyEdit``; the oldest clients get bare commands.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from autothink_lsp.lsp.commands import ACTION
from autothink_lsp.lsp.convert import to_position
from autothink_lsp.values import Position

if TYPE_CHECKING:
    from autothink_lsp.document.snapshot import Snapshot
    from autothink_lsp.lsp.server import AutothinkServer

logger = logging.getLogger(__name__)


def code_action(ls: AutothinkServer, params: types.CodeActionParams) -> list[types.CodeAction | types.Command]:
    """What can be done here; an empty list where nothing can."""
    try:
        if params.context.trigger_kind == types.CodeActionTriggerKind.Automatic and _is_cursor(params.range):
            ls.session.cursor_rests(params.text_document.uri, to_position(params.range.start))
        return _offered(ls, params)
    except Exception:
        logger.exception("offering actions failed")
        return []


def _is_cursor(range_: types.Range) -> bool:
    return range_.start == range_.end


def _offered(ls: AutothinkServer, params: types.CodeActionParams) -> list[types.CodeAction | types.Command]:
    from autothink_lsp.features.assist.gather import word_at
    from autothink_lsp.features.assist.offers import offers
    from autothink_lsp.lsp.assist_requests import comment_at, diagnostic_of, plain_diagnostic, request_of

    session = ls.session
    snapshot = session.documents.snapshot(params.text_document.uri)
    context = params.context
    if snapshot is None or not session.may_assist(snapshot):
        is_by_hand = context.trigger_kind == types.CodeActionTriggerKind.Invoked
        if snapshot is not None and is_by_hand and (excluded := session.assist_exclusion(snapshot)):
            ls.tell_excluded(snapshot.uri, excluded)
        return []
    near = context.diagnostics
    diagnostics = [diagnostic_of(one, snapshot) for one in near]
    lines = params.range.start.line, params.range.end.line
    session.surroundings.diagnostics.saw(snapshot.uri, *lines, diagnostics)
    where = _plain_range(params.range)
    probe = request_of(session, {"action": "explain", "range": where}, snapshot)
    if probe is None:
        return []
    start, end = sorted((_point(snapshot, params.range.start), _point(snapshot, params.range.end)))
    automatic = context.trigger_kind == types.CodeActionTriggerKind.Automatic
    found = offers(
        start,
        end,
        diagnostics,
        [str(getattr(one, "value", one)) for one in context.only] if context.only is not None else None,
        word=word_at(probe),
        automatic=automatic,
        comment=bool(comment_at(snapshot, start, end)),
    )
    answers: list[types.CodeAction | types.Command] = []
    for offer in found:
        said = None if offer.diagnostic is None else plain_diagnostic(near[offer.diagnostic])
        data = offer.data(snapshot.uri, snapshot.version, where, said)
        data |= {"opening": snapshot.opening, "revision": snapshot.revision}
        diagnostic = None if offer.diagnostic is None else near[offer.diagnostic]
        answers.append(_answer(ls, offer.title, offer.kind, data, diagnostic))
    if not automatic:
        session.assistant.offered(probe, (offer.action for offer in found))
    # Editors ask by themselves at every cursor move; only a user who opens the menu is about to choose.
    if not automatic and found and found[0].diagnostic is not None:
        first = offer_data(answers[0])
        request = request_of(session, first, snapshot)
        if request is not None:
            ls.actions.warm(request)
    return answers


def _answer(
    ls: AutothinkServer, title: str, kind: str, data: Any, diagnostic: types.Diagnostic | None
) -> types.CodeAction | types.Command:
    command = types.Command(title=title, command=ACTION, arguments=[data])
    if not ls.features.action_literals:
        return command
    lazy = ls.features.resolve_edit
    return types.CodeAction(
        title=title,
        kind=kind,
        diagnostics=[diagnostic] if diagnostic is not None else None,
        data=data if lazy else None,
        command=None if lazy else command,
    )


def offer_data(answer: types.CodeAction | types.Command) -> Any:
    """What an offer carries, whichever way."""
    if isinstance(answer, types.CodeAction):
        return answer.data if answer.data is not None else (answer.command.arguments or [None])[0]  # pyright: ignore[reportOptionalMemberAccess]
    return (answer.arguments or [None])[0]


async def resolve(ls: AutothinkServer, action: types.CodeAction) -> types.CodeAction:
    """The action with its edit; without one where there is none, and a message that says why."""
    from autothink_lsp.lsp.assist_requests import request_of

    data = action.data
    try:
        await ls.session.configuration.known()
        snapshot = _snapshot(ls, data)
        request = request_of(ls.session, data, snapshot) if snapshot is not None else None
        if request is None:
            _stale(ls)
            return action
        action.edit = await ls.actions.resolve(request)
    except Exception:
        logger.exception("resolving an action failed")
        ls.window_show_message(
            types.ShowMessageParams(types.MessageType.Error, "autothink: the action failed; see the log")
        )
    return action


async def run_action(ls: AutothinkServer, data: Any) -> None:
    """The command: the same, and the edit goes to the client as a request of ours."""
    from autothink_lsp.lsp.assist_requests import request_of

    await ls.session.configuration.known()
    snapshot = _snapshot(ls, data)
    request = request_of(ls.session, data, snapshot) if snapshot is not None else None
    if request is None:
        _stale(ls)
        return
    try:
        await ls.actions.perform(request)
    except Exception:
        logger.exception("an action failed")
        ls.window_show_message(
            types.ShowMessageParams(types.MessageType.Error, "autothink: the action failed; see the log")
        )


def _snapshot(ls: AutothinkServer, data: Any) -> Snapshot | None:
    """The document as it was when the action was offered: its positions are of that version."""
    opening, revision = _get(data, "opening"), _get(data, "revision")
    return ls.actions.recent.snapshot(str(_get(data, "uri")), _get(data, "version"), opening, revision)


def _stale(ls: AutothinkServer) -> None:
    text = "autothink: the document of this action has been closed or changed too much. Ask again."
    ls.window_show_message(types.ShowMessageParams(types.MessageType.Warning, text))


def _point(snapshot: Any, position: types.Position) -> Any:
    return snapshot.point(Position(position.line, position.character))


def _plain_range(where: types.Range) -> dict[str, Any]:
    return {
        "start": {"line": where.start.line, "character": where.start.character},
        "end": {"line": where.end.line, "character": where.end.character},
    }


def _get(value: Any, name: str) -> Any:
    """pygls gives untyped objects either as dicts or as attribute bags."""
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)
