"""Next edits, in the messages of the Copilot language server (``docs/reference/next-edit-protocol.md``).

The reply to ``textDocument/copilotInlineEdit`` is ``{"edits": []}`` or has one edit of exactly the requested version;
it is never null and never an error, because clients show both to the user. Parameters are plain JSON objects; missing
members and those of another type are ignored.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from autothink_lsp.lsp import request_log
from autothink_lsp.lsp.names import ACCEPTED_NEXT_EDIT
from autothink_lsp.lsp.server import AutothinkServer
from autothink_lsp.lsp.untyped import field
from autothink_lsp.values import Position

if TYPE_CHECKING:
    from autothink_lsp.features.next_edit.service import NextEdit

logger = logging.getLogger(__name__)

_USER = "local"
_MOST = 2**31 - 1


async def next_edit(ls: AutothinkServer, params: Any) -> dict[str, Any]:
    """``{"textDocument": {"uri", "version"}, "position", "context": {"triggerKind"}}`` → ``{"edits": [one edit]}``."""
    try:
        document, position = field(params, "textDocument"), field(params, "position")
        uri, version = field(document, "uri"), field(document, "version")
        line, character = field(position, "line"), field(position, "character")
        if not isinstance(uri, str) or not _is_place(line) or not _is_place(character):
            return {"edits": []}
        ls.client.notify_next_edit_status(_status(ls, uri))
        by_hand = field(field(params, "context"), "triggerKind") == types.InlineCompletionTriggerKind.Invoked
        found = await ls.session.find_next_edit(
            uri, Position(line, character), version if type(version) is int else None, by_hand=by_hand
        )
        request_log.note(result="none" if found is None else found.rule)
        return {"edits": [] if found is None else [to_wire(found)]}
    except Exception as error:  # noqa: BLE001 - clients show the text of an error
        logger.error("next edit failed: %s", type(error).__name__)  # noqa: TRY400 - a traceback may contain code
        return {"edits": []}


def to_wire(found: NextEdit) -> dict[str, Any]:
    """The edit in the clients' format: the text is called ``text``, and the version is the request's."""
    snapshot, replacement = found.snapshot, found.replacement
    start, end = snapshot.position(replacement.start), snapshot.position(replacement.end)
    return {
        "text": replacement.new_text,
        "textDocument": {"uri": snapshot.uri, "version": snapshot.version},
        "range": {
            "start": {"line": start.line, "character": start.character},
            "end": {"line": end.line, "character": end.character},
        },
        "command": {"title": "Accept inline edit", "command": ACCEPTED_NEXT_EDIT, "arguments": [found.id]},
    }


def accepted(ls: AutothinkServer, *arguments: Any) -> None:
    """``autothink.didAcceptNextEdit``: the client has applied the edit with this id."""
    ls.session.next_edits.accept(arguments[0] if arguments else None)


def did_show(ls: AutothinkServer, params: Any) -> None:
    """``textDocument/didShowInlineEdit``. Not every client sends it, so nothing may depend on it."""
    ls.session.next_edits.show(_item_id(params))


def dismissed(ls: AutothinkServer, params: Any) -> None:
    """``autothink/didDismissNextEdit`` with ``{"id"}``: its pattern is silent for this session."""
    ls.session.next_edits.dismiss(field(params, "id"))


def did_focus(ls: AutothinkServer, params: Any) -> None:
    """``textDocument/didFocus``, possibly without a document: the server answers with its status."""
    uri = field(field(params, "textDocument"), "uri")
    if isinstance(uri, str):
        ls.client.notify_next_edit_status(_status(ls, uri))


def did_show_completion(ls: AutothinkServer, params: Any) -> None:
    """``textDocument/didShowCompletion``: an inline completion was shown."""
    ls.session.on_suggestion_event(_item_id(params), "shown")


def did_partially_accept_completion(ls: AutothinkServer, params: Any) -> None:
    """``textDocument/didPartiallyAcceptCompletion``: a part of an inline completion was accepted."""
    ls.session.on_suggestion_event(_item_id(params), "partly")


def check_status(_ls: AutothinkServer, _params: Any) -> dict[str, str]:
    """``checkStatus``: always signed in, because there are no accounts."""
    return {"status": "OK", "user": _USER}


def sign_in(_ls: AutothinkServer, _params: Any) -> dict[str, str]:
    """``signIn``: answered as already signed in, so that no client waits for a code."""
    return {"status": "AlreadySignedIn", "user": _USER}


def sign_out(_ls: AutothinkServer, _params: Any) -> dict[str, str]:
    """``signOut``: answered without an effect."""
    return {"status": "NotSignedIn"}


def _status(ls: AutothinkServer, uri: str) -> str:
    """``Normal``, or ``Inactive`` if the document gets no next edits."""
    snapshot = ls.session.documents.snapshot(uri)
    return "Inactive" if snapshot is not None and ls.session.next_edits_off(snapshot) else "Normal"


def _item_id(params: Any) -> Any:
    """The id of ``{"item": {"command": {"arguments": [id]}}}``."""
    arguments = field(field(field(params, "item"), "command"), "arguments")
    return arguments[0] if isinstance(arguments, (list, tuple)) and arguments else None


def _is_place(value: object) -> bool:
    return type(value) is int and 0 <= value <= _MOST
