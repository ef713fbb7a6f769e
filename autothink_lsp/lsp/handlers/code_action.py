"""``textDocument/codeAction``, ``codeAction/resolve`` and the execution of an action by command.

Offering never asks a model. If the client can resolve edits lazily, the action runs on resolve; otherwise the action
has a command and the edit is sent with ``workspace/applyEdit``; the oldest clients get bare commands.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from autothink_lsp.lsp.convert import to_position
from autothink_lsp.lsp.names import ACTION, MORE_ACTIONS
from autothink_lsp.lsp.server import AutothinkServer
from autothink_lsp.lsp.untyped import field
from autothink_lsp.values import Position

if TYPE_CHECKING:
    from autothink_lsp.document.snapshot import Snapshot
    from autothink_lsp.features.assist.offers import Offer
    from autothink_lsp.values import Diagnostic

logger = logging.getLogger(__name__)

OURS = "AutoThink: "  # the prefix of every title
_MORE_QUESTION = "AutoThink: More actions"
_MORE_TIMEOUT_S = 120.0


def code_action(ls: AutothinkServer, params: types.CodeActionParams) -> list[types.CodeAction | types.Command]:
    """The actions for a range; an empty list if there are none."""
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
    from autothink_lsp.features.assist.conversation import word_at
    from autothink_lsp.features.assist.offer_place import OfferPlace
    from autothink_lsp.features.assist.offers import fix_all_offer, offers, user_offers
    from autothink_lsp.lsp.assist_requests import comment_at, diagnostic_of, plain_diagnostic, request_of

    session = ls.session
    snapshot = session.documents.snapshot(params.text_document.uri)
    context = params.context
    if snapshot is None or not session.may_assist(snapshot):
        is_by_hand = context.trigger_kind == types.CodeActionTriggerKind.Invoked
        if snapshot is not None and is_by_hand and (excluded := session.assist_exclusion(snapshot)):
            session.explain_exclusion(snapshot.uri, excluded)
        return []
    near = context.diagnostics
    diagnostics = [diagnostic_of(one, snapshot) for one in near]
    _note_seen(ls, snapshot.uri, params.range, diagnostics)
    where = _plain_range(params.range)
    probe = request_of(session, {"action": "explain", "range": where}, snapshot)
    if probe is None:
        return []
    start, end = sorted((_point(snapshot, params.range.start), _point(snapshot, params.range.end)))
    automatic = context.trigger_kind == types.CodeActionTriggerKind.Automatic
    place = OfferPlace(
        text=snapshot.text,
        start=start,
        end=end,
        language_id=snapshot.language_id,
        path=probe.path,
        word=word_at(probe),
        has_instruction=bool(comment_at(snapshot, start, end)),
    )
    only = [str(getattr(one, "value", one)) for one in context.only] if context.only is not None else None
    found = offers(
        place,
        diagnostics,
        only,
        automatic=automatic,
        variant="on" if automatic else session.assistant.other_mode(probe),
        has_more=ls.client.features.message_actions,
    )
    if not automatic:
        found += user_offers(probe.settings.assist.actions, snapshot.language_id, only)

    def data_of(offer: Offer) -> dict[str, Any]:
        reported = None if offer.diagnostic is None else plain_diagnostic(near[offer.diagnostic])
        data = offer.data(snapshot.uri, snapshot.version, where, reported)
        return data | {"opening": snapshot.opening, "revision": snapshot.revision}

    answers: list[types.CodeAction | types.Command] = []
    for offer in found:
        if offer.more:
            more = [{"title": one.title.removeprefix(OURS), "data": data_of(one)} for one in offer.more]
            answers.append(_more_answer(ls, offer.title, offer.kind, more))
        else:
            diagnostic = None if offer.diagnostic is None else near[offer.diagnostic]
            answers.append(_answer(ls, offer.title, offer.kind, data_of(offer), diagnostic))
    fix_all = fix_all_offer(only) if near else None
    if fix_all is not None:
        data = fix_all.data(snapshot.uri, snapshot.version, where, None)
        data |= {"opening": snapshot.opening, "revision": snapshot.revision}
        # On save the request is automatic, so no model is asked.
        data |= {"diagnostics": [plain_diagnostic(one) for one in near], "useModel": not automatic}
        answers.append(_answer(ls, fix_all.title, fix_all.kind, data, None))
        found = (*found, fix_all)
    if not automatic:
        session.assistant.offered(probe, (offer.action for offer in found))
    # Editors request actions at every cursor move; only a user who opens the menu is about to choose one.
    if not automatic and found and found[0].diagnostic is not None:
        first = offer_data(answers[0])
        request = request_of(session, first, snapshot)
        if request is not None:
            ls.session.actions.warm(request)
    return answers


def _note_seen(ls: AutothinkServer, uri: str, where: types.Range, diagnostics: list[Diagnostic]) -> None:
    """Store the client's diagnostics on the lines of a request. A request for the whole document also has those of
    other lines."""
    first, last = where.start.line, where.end.line
    there = [one for one in diagnostics if one.start.line <= last and one.end.line >= first]
    ls.session.context_provider.on_diagnostics(uri, first, last, there)
    ls.session.actions.watches.context_seen(uri, first, last, there)


def _answer(
    ls: AutothinkServer, title: str, kind: str, data: Any, diagnostic: types.Diagnostic | None
) -> types.CodeAction | types.Command:
    command = types.Command(title=title, command=ACTION, arguments=[data])
    if not ls.client.features.action_literals:
        return command
    lazy = ls.client.features.resolve_edit
    return types.CodeAction(
        title=title,
        kind=kind,
        diagnostics=[diagnostic] if diagnostic is not None else None,
        data=data if lazy else None,
        command=None if lazy else command,
    )


def _more_answer(
    ls: AutothinkServer, title: str, kind: str, actions: list[dict[str, Any]]
) -> types.CodeAction | types.Command:
    """The entry that lets the user choose among ``actions``. It has only a command, so there is nothing to resolve."""
    command = types.Command(title=title, command=MORE_ACTIONS, arguments=[{"actions": actions}])
    return types.CodeAction(title=title, kind=kind, command=command) if ls.client.features.action_literals else command


def offer_data(answer: types.CodeAction | types.Command) -> Any:
    """The data of an offer, from the action or its command."""
    if isinstance(answer, types.CodeAction):
        return answer.data if answer.data is not None else (answer.command.arguments or [None])[0]  # pyright: ignore[reportOptionalMemberAccess]
    return (answer.arguments or [None])[0]


async def resolve(ls: AutothinkServer, action: types.CodeAction) -> types.CodeAction:
    """The action with its edit. Without an edit a message shows the reason to the user."""
    from autothink_lsp.lsp.assist_requests import request_of

    data = action.data
    if data is None and action.command is not None:
        return action  # clients resolve entries with a command as well
    try:
        await ls.session.configuration.known()
        snapshot = _snapshot(ls, data)
        request = request_of(ls.session, data, snapshot) if snapshot is not None else None
        if request is None:
            _stale(ls)
            return action
        action.edit = await ls.session.actions.resolve(request)
    except Exception:
        logger.exception("resolving an action failed")
        ls.client.show_error("The action failed. See the log.")
    return action


async def run(ls: AutothinkServer, data: Any) -> None:
    """Run an action; its edit is sent to the client in a request."""
    from autothink_lsp.lsp.assist_requests import request_of

    await ls.session.configuration.known()
    snapshot = _snapshot(ls, data)
    request = request_of(ls.session, data, snapshot) if snapshot is not None else None
    if request is None:
        _stale(ls)
        return
    try:
        await ls.session.actions.perform(request)
    except Exception:
        logger.exception("an action failed")
        ls.client.show_error("The action failed. See the log.")


async def run_one_of(ls: AutothinkServer, actions: Any) -> None:
    """Ask the user which of ``actions`` (each with ``title`` and ``data``) to run, and run it."""
    titles = {title: field(one, "data") for one in _list(actions) if isinstance(title := field(one, "title"), str)}
    if not titles:
        return
    try:
        chosen = await ls.client.ask(_MORE_QUESTION, tuple(titles), timeout_s=_MORE_TIMEOUT_S)
    except TimeoutError:
        return
    except Exception as error:  # noqa: BLE001 - a client that cannot ask
        logger.info("the client cannot ask which action to run: %s", type(error).__name__)
        ls.client.show_warning("This editor cannot show a list of actions.")
        return
    if chosen in titles:
        await run(ls, titles[chosen])


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _snapshot(ls: AutothinkServer, data: Any) -> Snapshot | None:
    """The document when the action was offered, to which its positions refer."""
    opening, revision = field(data, "opening"), field(data, "revision")
    return ls.session.actions.recent.snapshot(str(field(data, "uri")), field(data, "version"), opening, revision)


def _stale(ls: AutothinkServer) -> None:
    ls.client.show_warning("The document of this action was closed or has changed too much. Choose the action again.")


def _point(snapshot: Any, position: types.Position) -> Any:
    return snapshot.point(Position(position.line, position.character))


def _plain_range(where: types.Range) -> dict[str, Any]:
    return {
        "start": {"line": where.start.line, "character": where.start.character},
        "end": {"line": where.end.line, "character": where.end.character},
    }
