"""The client's capabilities, read once into booleans, and the server capabilities that pygls does not announce
itself."""

from __future__ import annotations

from lsprotocol import types

from autothink_lsp.lsp.names import (
    CLIPBOARD_CAPABILITY,
    DEFINITIONS_CAPABILITY,
    DETAILS_CAPABILITY,
    DIAGNOSTICS_CAPABILITY,
    LATE_ANSWER_CAPABILITY,
    LATE_EXTENSION_CAPABILITY,
    RENAME_CAPABILITY,
    STATUS_CAPABILITY,
    UNTRUSTED_WORKSPACE_CAPABILITY,
)
from autothink_lsp.lsp.untyped import field
from autothink_lsp.values import frozen


@frozen
class ClientFeatures:
    """The capabilities of a client that change what the server does."""

    inline_completion: bool
    inline_next_edits: bool  # shows ghost text, and is none of our plugins, which draw next edits themselves
    configuration: bool
    workspace_folders: bool  # supports ``workspace/workspaceFolders``
    register_configuration: bool
    register_watched_files: bool
    work_done_progress: bool
    action_literals: bool
    resolve_edit: bool  # returns our data; without them an action could not be identified on resolve
    document_changes: bool
    change_annotations: bool  # in edits of ``workspace/applyEdit``
    action_annotations: bool  # in the edit of a resolved action
    menu_as_is: bool  # supports completion items whose indentation is not adjusted
    create_files: bool
    text_documents: bool  # ``workspace/textDocumentContent``, registered dynamically
    show_document: bool
    message_actions: bool  # announces ``window/showMessageRequest``
    untrusted_workspace: bool  # ``experimental.autothinkUntrustedWorkspace``: the user does not trust the workspace
    status: bool  # ``experimental.autothinkStatus``: wants our ``autothink/status`` notification
    diagnostics: bool  # ``experimental.autothinkDiagnostics``: sends ``autothink/diagnostics`` for watched documents
    definitions: bool  # ``experimental.autothinkDefinitions``: answers ``autothink/definitions``
    clipboard: bool  # ``experimental.autothinkClipboard``: answers ``autothink/clipboard``
    rename: bool  # ``experimental.autothinkRename``: answers ``autothink/rename``
    late_answer: bool  # ``experimental.autothinkLateAnswer``: asks again at an ``autothink/lateAnswer``
    late_extension: bool  # ``experimental.autothinkLateExtension``: also where it ``extends`` a suggestion
    details: bool  # ``experimental.autothinkDetails``: shows results with a button that opens the action's document

    @classmethod
    def of(cls, capabilities: types.ClientCapabilities) -> ClientFeatures:
        """Read the capabilities; absent ones are not supported."""
        document = capabilities.text_document
        workspace = capabilities.workspace
        window = capabilities.window
        configuration = workspace.did_change_configuration if workspace else None
        watched = workspace.did_change_watched_files if workspace else None
        inline_completion = bool(document and document.inline_completion is not None)
        status = bool(field(capabilities.experimental, STATUS_CAPABILITY))
        return cls(
            inline_completion=inline_completion,
            inline_next_edits=inline_completion and not status,
            configuration=bool(workspace and workspace.configuration),
            workspace_folders=bool(workspace and workspace.workspace_folders),
            register_configuration=bool(configuration and configuration.dynamic_registration),
            register_watched_files=bool(watched and watched.dynamic_registration),
            **_actions(capabilities),
            work_done_progress=bool(window and window.work_done_progress),
            menu_as_is=_takes_as_is(document.completion if document else None),
            untrusted_workspace=bool(field(capabilities.experimental, UNTRUSTED_WORKSPACE_CAPABILITY)),
            status=status,
            diagnostics=bool(field(capabilities.experimental, DIAGNOSTICS_CAPABILITY)),
            definitions=bool(field(capabilities.experimental, DEFINITIONS_CAPABILITY)),
            clipboard=bool(field(capabilities.experimental, CLIPBOARD_CAPABILITY)),
            rename=bool(field(capabilities.experimental, RENAME_CAPABILITY)),
            late_answer=bool(field(capabilities.experimental, LATE_ANSWER_CAPABILITY)),
            late_extension=bool(field(capabilities.experimental, LATE_EXTENSION_CAPABILITY)),
            details=bool(field(capabilities.experimental, DETAILS_CAPABILITY)),
        )


def _actions(capabilities: types.ClientCapabilities) -> dict[str, bool]:
    """The capabilities for code actions and their edits."""
    document, workspace, window = capabilities.text_document, capabilities.workspace, capabilities.window
    action = document.code_action if document else None
    resolve = action.resolve_support if action else None
    edit = workspace.workspace_edit if workspace else None
    annotations = bool(edit and edit.change_annotation_support and edit.document_changes)
    content = getattr(workspace, "text_document_content", None)
    shows = window.show_document if window else None
    return {
        "action_literals": bool(action and action.code_action_literal_support),
        "resolve_edit": bool(action and action.data_support and resolve and "edit" in resolve.properties),
        "document_changes": bool(edit and edit.document_changes),
        "change_annotations": annotations,
        # Sublime Text and others ask before applying an edit that is sent, but not before one in an action.
        "action_annotations": bool(annotations and action and action.honors_change_annotations),
        "create_files": bool(edit and types.ResourceOperationKind.Create in (edit.resource_operations or ())),
        "text_documents": bool(content and content.dynamic_registration),
        "show_document": bool(shows and shows.support),
        "message_actions": bool(window and window.show_message is not None),
    }


def _takes_as_is(completion: types.CompletionClientCapabilities | None) -> bool:
    item = completion.completion_item if completion else None
    modes = item.insert_text_mode_support if item else None
    return bool(modes and types.InsertTextMode.AsIs in modes.value_set)


# All cells of all notebooks: a cell is a document, whatever its language.
NOTEBOOK_SYNC = types.NotebookDocumentSyncOptions(
    notebook_selector=[types.NotebookDocumentFilterWithNotebook(notebook="*")], save=False
)

# Kinds of code actions, as in ``features/assist/offers.py`` (not imported here: this is needed before anything else).
ACTION_KINDS = ("quickfix", "refactor.rewrite", "refactor.extract", "refactor.explain", "source.fixAll.autothink")

# Characters after which an editor without ghost text opens its menu. No blank: a menu after every word is annoying.
MENU_TRIGGER_CHARACTERS = [".", "(", "[", "{", ",", "=", ":"]
