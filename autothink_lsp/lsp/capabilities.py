"""What this client can do, read once into booleans; and what pygls does not announce by itself."""

from __future__ import annotations

from attrs import frozen
from lsprotocol import types


@frozen
class ClientFeatures:
    """Only what changes what we do."""

    inline_completion: bool
    configuration: bool
    register_configuration: bool
    register_watched_files: bool
    work_done_progress: bool
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
            register_configuration=bool(configuration and configuration.dynamic_registration),
            register_watched_files=bool(watched and watched.dynamic_registration),
            work_done_progress=bool(window and window.work_done_progress),
            status=_experimental(capabilities.experimental, "autothinkStatus"),
        )


def _experimental(value: object, name: str) -> bool:
    """pygls gives untyped objects either as dicts or as attribute bags."""
    return bool(value.get(name) if isinstance(value, dict) else getattr(value, name, False))


# Every cell of every notebook: a cell is a document, whatever its language.
NOTEBOOK_SYNC = types.NotebookDocumentSyncOptions(
    notebook_selector=[types.NotebookDocumentFilterWithNotebook(notebook="*")], save=False
)

# After these an editor without ghost text opens its menu by itself. No blank: a menu at every word is a nuisance.
MENU_TRIGGER_CHARACTERS = [".", "(", "[", "{", ",", "=", ":"]
