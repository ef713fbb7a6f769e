"""``initialize`` and ``initialized``: who is there, then everything that may be slow."""

from __future__ import annotations

import logging

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder

from autothink_lsp.lsp.capabilities import ACTION_KINDS, MENU_TRIGGER_CHARACTERS, ClientFeatures
from autothink_lsp.lsp.handlers.completion import completion
from autothink_lsp.lsp.handlers.configuration import fetch_configuration, register_watchers
from autothink_lsp.lsp.server import AutothinkServer
from autothink_lsp.values import PositionEncoding

logger = logging.getLogger(__name__)


def initialize(ls: AutothinkServer, params: types.InitializeParams) -> None:
    """Runs before the answer is sent: builds nothing that costs time."""
    ls.watch_parent()
    ls.features = ClientFeatures.of(params.capabilities)
    encoding = ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
    folders = [folder.uri for folder in params.workspace_folders or ()]
    if not folders and params.root_uri:
        folders = [params.root_uri]
    ls.prepare_session(PositionEncoding(encoding), folders, params.initialization_options)
    _advertise(ls)


def _advertise(ls: AutothinkServer) -> None:
    """Only what this client can use. A client that asks for ghost text without having announced it is answered."""
    features, options = ls.features, ls.protocol.fm.feature_options
    if features.inline_completion:
        options[types.TEXT_DOCUMENT_INLINE_COMPLETION] = types.InlineCompletionOptions()
    else:
        menu = types.CompletionOptions(trigger_characters=MENU_TRIGGER_CHARACTERS)
        ls.feature(types.TEXT_DOCUMENT_COMPLETION, menu)(completion)
    if features.action_literals:  # without them LSP allows a plain "yes" only, which is pygls' default
        options[types.TEXT_DOCUMENT_CODE_ACTION] = types.CodeActionOptions(
            code_action_kinds=list(ACTION_KINDS), resolve_provider=features.resolve_edit
        )


async def initialized(ls: AutothinkServer, _params: types.InitializedParams) -> None:
    """The client has our answer: now read its settings and warm what the first key would otherwise pay for."""
    await register_watchers(ls)
    await fetch_configuration(ls)
    await ls.actions.documents.register()
    ls.warm_converter()
