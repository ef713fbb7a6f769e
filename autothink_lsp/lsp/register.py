"""The table of methods and commands that the server answers.

Document synchronisation, ``shutdown`` and ``exit`` are not here: ``protocol.py`` replaces pygls' handlers for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from lsprotocol import types

from autothink_lsp.lsp import names
from autothink_lsp.lsp.handlers import (
    code_action,
    completion,
    configuration,
    execute_command,
    inline_completion,
    lifecycle,
    next_edit,
    plugin_messages,
)
from autothink_lsp.lsp.server import AutothinkServer

# Every handler takes the server first. The parameters of this project's own methods are untyped JSON.
METHODS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        types.INITIALIZE: lifecycle.initialize,
        types.INITIALIZED: lifecycle.initialized,
        types.TEXT_DOCUMENT_INLINE_COMPLETION: inline_completion.inline_completion,
        types.TEXT_DOCUMENT_COMPLETION: completion.completion,  # removed for clients with ghost text
        types.TEXT_DOCUMENT_CODE_ACTION: code_action.code_action,
        types.CODE_ACTION_RESOLVE: code_action.resolve,
        types.TEXT_DOCUMENT_DID_SAVE: configuration.did_save,
        types.WORKSPACE_DID_CHANGE_CONFIGURATION: configuration.did_change_configuration,
        types.WORKSPACE_DID_CHANGE_WATCHED_FILES: configuration.did_change_watched_files,
        types.WORKSPACE_TEXT_DOCUMENT_CONTENT: plugin_messages.text_document_content,
        names.FEEDBACK: plugin_messages.feedback,
        names.CURSOR: plugin_messages.cursor,
        names.LANGUAGE_SERVERS: plugin_messages.language_servers,
        names.DOCUMENT_STATUS: plugin_messages.document_status,
        names.MODELS: plugin_messages.models,
        names.DIAGNOSTICS: plugin_messages.diagnostics,
        names.NEXT_EDIT: next_edit.next_edit,
        names.DID_SHOW_NEXT_EDIT: next_edit.did_show,
        names.DISMISSED_NEXT_EDIT: next_edit.dismissed,
        names.DID_FOCUS: next_edit.did_focus,
        names.DID_SHOW_COMPLETION: next_edit.did_show_completion,
        names.DID_PARTIALLY_ACCEPT_COMPLETION: next_edit.did_partially_accept_completion,
        names.CHECK_STATUS: next_edit.check_status,
        names.SIGN_IN: next_edit.sign_in,
        names.SIGN_OUT: next_edit.sign_out,
    }
)
COMMANDS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        names.ACCEPTED: execute_command.accepted,
        names.ACCEPTED_NEXT_EDIT: next_edit.accepted,
        names.ACTION: execute_command.run_action,
        names.ANSWER_NOW: execute_command.answer_now,
        names.CANCEL: execute_command.cancel,
        names.FOLLOW_UP: execute_command.follow_up,
        names.MORE_ACTIONS: execute_command.more_actions,
        names.SHOW_THINKING: execute_command.show_thinking,
    }
)


def register_handlers(server: AutothinkServer) -> None:
    """Register all handlers on a server that serves no client yet."""
    for method, handler in METHODS.items():
        server.feature(method)(handler)
    for command, handler in COMMANDS.items():
        server.command(command)(handler)
    server.at_once = partial(inline_completion.answer_at_once, server)
    server.complete = partial(inline_completion.inline_completion, server)
