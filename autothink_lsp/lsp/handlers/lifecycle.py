"""``initialize`` and ``initialized``: first the capabilities of both sides, then everything that may be slow."""

from __future__ import annotations

import logging

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder

from autothink_lsp.lsp.capabilities import ACTION_KINDS, MENU_TRIGGER_CHARACTERS
from autothink_lsp.lsp.handlers.configuration import register_watchers
from autothink_lsp.lsp.server import AutothinkServer
from autothink_lsp.values import PositionEncoding

logger = logging.getLogger(__name__)


def initialize(ls: AutothinkServer, params: types.InitializeParams) -> None:
    """Store the parameters of ``initialize``. Runs before the answer is sent, so it must be fast."""
    ls.watch_parent()
    ls.client.announced(params.capabilities)
    encoding = ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
    folders = [folder.uri for folder in params.workspace_folders or ()]
    if not folders and params.root_uri:
        folders = [params.root_uri]
    ls.prepare_session(PositionEncoding(encoding), folders, params.initialization_options)
    _advertise(ls)


def _advertise(ls: AutothinkServer) -> None:
    """Announce only what this client can use. Ghost text requests are answered even if the client has not announced
    them."""
    features, manager = ls.client.features, ls.protocol.fm
    options = manager.feature_options
    if features.inline_completion:
        options[types.TEXT_DOCUMENT_INLINE_COMPLETION] = types.InlineCompletionOptions()
        manager.features.pop(types.TEXT_DOCUMENT_COMPLETION, None)  # would repeat the suggestion in the menu
    else:
        options[types.TEXT_DOCUMENT_COMPLETION] = types.CompletionOptions(trigger_characters=MENU_TRIGGER_CHARACTERS)
    if features.action_literals:  # without them LSP allows only a plain "yes", which is pygls' default
        options[types.TEXT_DOCUMENT_CODE_ACTION] = types.CodeActionOptions(
            code_action_kinds=list(ACTION_KINDS), resolve_provider=features.resolve_edit
        )


async def initialized(ls: AutothinkServer, _params: types.InitializedParams) -> None:
    """After the client has received our answer: read its settings, and prepare what would delay the first keystroke."""
    from autothink_lsp.processes.huge_pages import keep_heap_in_huge_pages

    await register_watchers(ls)
    await ls.session.fetch_settings()
    await ls.session.actions.documents.register()
    ls.warm_converter()
    ls.client.spawn(keep_heap_in_huge_pages(), "keep the heap in huge pages")
