"""An assistant's result as a ``WorkspaceEdit`` of the kind that this client understands."""

from __future__ import annotations

from itertools import pairwise

from lsprotocol import types

from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.edits.values import Replacement
from autothink_lsp.features.assist.values import AssistResult
from autothink_lsp.lsp.capabilities import ClientFeatures

_ANNOTATION = "autothink"


def needs_confirmation(result: AssistResult) -> bool:
    """Whether the user has to agree before it is applied."""
    preview = result.request.settings.assist.preview
    return preview == "always" or bool(result.new_file) or (not result.may_apply_unasked and preview != "never")


def touches_several_places(replacements: tuple[Replacement, ...]) -> bool:
    """Whether untouched lines stand between two changes: what happened is then not to be seen at a glance."""
    ordered = sorted(replacements, key=lambda one: one.start)
    return any(after.start.line > before.end.line + 1 for before, after in pairwise(ordered))


def to_workspace_edit(
    result: AssistResult,
    replacements: tuple[Replacement, ...],
    snapshot: Snapshot,
    client: ClientFeatures,
    *,
    in_action: bool = False,
    confirmed: bool = False,
) -> types.WorkspaceEdit | None:
    """``None`` where the client cannot do what is needed, or cannot be trusted to ask first.

    ``in_action``: the edit is carried by a resolved action instead of ``workspace/applyEdit``.
    ``confirmed``: the user was asked about this edit and agreed.
    """
    confirm = needs_confirmation(result) and not confirmed
    can_ask = client.action_annotations if in_action else client.change_annotations
    if confirm and not can_ask:
        return None
    # A client that can preview lets its user look at a change of several places; another one can still undo it.
    wants_preview = result.request.settings.assist.preview != "never" and touches_several_places(replacements)
    confirm = confirm or (can_ask and wants_preview and not confirmed)
    annotation = _ANNOTATION if confirm else None
    edits = [_edit(one, snapshot, annotation) for one in replacements]
    changes: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    if edits and client.document_changes:
        document = types.OptionalVersionedTextDocumentIdentifier(uri=snapshot.uri, version=snapshot.version)
        changes.append(types.TextDocumentEdit(document, edits))
    elif edits:
        return types.WorkspaceEdit(changes={snapshot.uri: [types.TextEdit(one.range, one.new_text) for one in edits]})
    if result.new_file is not None:
        if not client.create_files:
            return None
        uri = result.new_file.path.as_uri()
        options = types.CreateFileOptions(overwrite=False, ignore_if_exists=False)
        changes.append(types.CreateFile(uri=uri, options=options, annotation_id=annotation))
        start = types.Range(types.Position(0, 0), types.Position(0, 0))
        document = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=None)
        text = _annotated(start, result.new_file.text, annotation)
        changes.append(types.TextDocumentEdit(document, [text]))
    if not changes:
        return None
    return types.WorkspaceEdit(document_changes=changes, change_annotations=_annotations(result) if confirm else None)


def _annotations(result: AssistResult) -> dict[str, types.ChangeAnnotation]:
    label = f"AutoThink: {result.title}" + ("" if result.verified or result.new_file else " (not verified)")
    return {
        _ANNOTATION: types.ChangeAnnotation(
            label=label,
            needs_confirmation=True,
            description=" ".join(filter(None, (*result.concerns, result.checks_in_words))) or None,
        )
    }


def _edit(one: Replacement, snapshot: Snapshot, annotation: str | None) -> types.TextEdit | types.AnnotatedTextEdit:
    where = types.Range(types.Position(*snapshot.position(one.start)), types.Position(*snapshot.position(one.end)))
    return _annotated(where, one.new_text, annotation)


def _annotated(where: types.Range, text: str, annotation: str | None) -> types.TextEdit | types.AnnotatedTextEdit:
    if annotation is None:
        return types.TextEdit(where, text)
    return types.AnnotatedTextEdit(annotation_id=annotation, range=where, new_text=text)
