"""What this client can do, read once into booleans; and what pygls does not announce by itself."""

from __future__ import annotations

from attrs import frozen
from lsprotocol import types


@frozen
class ClientFeatures:
    """Only what changes what we do."""

    inline_completion: bool
    configuration: bool
    workspace_folders: bool  # answers ``workspace/workspaceFolders``
    register_configuration: bool
    register_watched_files: bool
    work_done_progress: bool
    action_literals: bool
    resolve_edit: bool  # with our data carried along: without them we would not know what to resolve
    document_changes: bool
    change_annotations: bool  # in edits that we have the client apply
    action_annotations: bool  # in the edit of an action that was resolved
    menu_as_is: bool  # completion items may say that their indentation is the document's
    create_files: bool
    text_documents: bool  # ``workspace/textDocumentContent``, to be registered
    show_document: bool
    untrusted_workspace: bool  # ``experimental.autothinkUntrustedWorkspace``: the user does not trust what is open
    status: bool  # ``experimental.autothinkStatus``: wants our ``autothink/status`` notification

    @classmethod
    def of(cls, capabilities: types.ClientCapabilities) -> ClientFeatures:
        """Absent means no."""
        document = capabilities.text_document
        workspace = capabilities.workspace
        window = capabilities.window
        configuration = workspace.did_change_configuration if workspace else None
        watched = workspace.did_change_watched_files if workspace else None
        return cls(
            inline_completion=bool(document and document.inline_completion is not None),
            configuration=bool(workspace and workspace.configuration),
            workspace_folders=bool(workspace and workspace.workspace_folders),
            register_configuration=bool(configuration and configuration.dynamic_registration),
            register_watched_files=bool(watched and watched.dynamic_registration),
            **_actions(capabilities),
            work_done_progress=bool(window and window.work_done_progress),
            menu_as_is=_takes_as_is(document.completion if document else None),
            untrusted_workspace=_experimental(capabilities.experimental, "autothinkUntrustedWorkspace"),
            status=_experimental(capabilities.experimental, "autothinkStatus"),
        )


def _actions(capabilities: types.ClientCapabilities) -> dict[str, bool]:
    """What code actions and their edits need."""
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
        # Sublime Text and others ask before an edit that they are sent, and not before one that an action carries.
        "action_annotations": bool(annotations and action and action.honors_change_annotations),
        "create_files": bool(edit and types.ResourceOperationKind.Create in (edit.resource_operations or ())),
        "text_documents": bool(content and content.dynamic_registration),
        "show_document": bool(shows and shows.support),
    }


def _takes_as_is(completion: types.CompletionClientCapabilities | None) -> bool:
    item = completion.completion_item if completion else None
    modes = item.insert_text_mode_support if item else None
    return bool(modes and types.InsertTextMode.AsIs in modes.value_set)


def _experimental(value: object, name: str) -> bool:
    """pygls gives untyped objects either as dicts or as attribute bags."""
    return bool(value.get(name) if isinstance(value, dict) else getattr(value, name, False))


# Every cell of every notebook: a cell is a document, whatever its language.
NOTEBOOK_SYNC = types.NotebookDocumentSyncOptions(
    notebook_selector=[types.NotebookDocumentFilterWithNotebook(notebook="*")], save=False
)

# Of code actions, as ``features/assist/offers.py`` makes them (not imported here: this is needed before anything else).
ACTION_KINDS = ("quickfix", "refactor.rewrite", "refactor.extract", "refactor.explain")

# After these an editor without ghost text opens its menu by itself. No blank: a menu at every word is a nuisance.
MENU_TRIGGER_CHARACTERS = [".", "(", "[", "{", ",", "=", ":"]
