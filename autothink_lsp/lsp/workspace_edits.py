"""Converts an assistant's result to a ``WorkspaceEdit`` of the kind that the client supports."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from lsprotocol import types

from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.assist.actions import ActionKind, AssistResult
from autothink_lsp.lsp.capabilities import ClientFeatures
from autothink_lsp.lsp.file_edits import EditPart

_ANNOTATION = "autothink"


def needs_confirmation(result: AssistResult) -> bool:
    """Whether the user has to confirm the edit before it is applied."""
    preview = result.request.settings.assist.preview
    if preview == "always" or result.new_file or result.file_edits:
        return True
    if preview == "failed":
        return result.has_failed or bool(result.concerns)
    return preview != "never" and not result.may_apply_unasked


def touches_several_places(replacements: tuple[Replacement, ...]) -> bool:
    """Whether unchanged lines are between two changes, so that the whole edit may not be visible at once."""
    ordered = sorted(replacements, key=lambda one: one.start)
    return any(after.start.line > before.end.line + 1 for before, after in pairwise(ordered))


def to_workspace_edit(
    result: AssistResult,
    replacements: tuple[Replacement, ...],
    snapshot: Snapshot,
    client: ClientFeatures,
    *,
    parts: Sequence[EditPart] = (),
    in_action: bool = False,
    confirmed: bool = False,
) -> types.WorkspaceEdit | None:
    """The edit of a result; ``None`` if the client does not support what is needed, or may not ask first.

    ``parts`` are those of other files. ``confirmed``: the user has confirmed this edit. ``in_action``: the edit is part
    of a resolved action instead of ``workspace/applyEdit``.
    """
    confirm = needs_confirmation(result) and not confirmed
    can_ask = client.action_annotations if in_action else client.change_annotations
    if confirm and not can_ask:
        return None
    # A client with preview lets its user review a change of several places; otherwise the user can undo it.
    is_one_fix = result.request.action is not ActionKind.FIX_ALL  # each fix has its own place
    wants_preview = (
        is_one_fix and result.request.settings.assist.preview != "never" and touches_several_places(replacements)
    )
    confirm = confirm or (can_ask and wants_preview and not confirmed)
    annotation = _ANNOTATION if confirm else None
    own = (EditPart(result.request.path, snapshot, replacements, is_open=True),) if replacements else ()
    changes: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    if client.document_changes:
        changes += text_document_edits((*own, *parts), annotation)
    elif own or parts:
        return plain_changes((*own, *parts))
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


def text_document_edits(parts: Sequence[EditPart], annotation: str | None = None) -> list[types.TextDocumentEdit]:
    """One edit per file, with the version of an open document. A closed file has none: its bytes were compared."""
    return [
        types.TextDocumentEdit(
            types.OptionalVersionedTextDocumentIdentifier(
                uri=part.snapshot.uri, version=part.snapshot.version if part.is_open else None
            ),
            [_edit(one, part.snapshot, annotation) for one in part.replacements],
        )
        for part in parts
    ]


def plain_changes(parts: Sequence[EditPart]) -> types.WorkspaceEdit:
    """The edit for clients without ``documentChanges``, which do not compare versions."""
    return types.WorkspaceEdit(
        changes={
            part.snapshot.uri: [types.TextEdit(_range(one, part.snapshot), one.new_text) for one in part.replacements]
            for part in parts
        }
    )


def _annotations(result: AssistResult) -> dict[str, types.ChangeAnnotation]:
    label = f"AutoThink: {result.title.rstrip('.')}{_label_suffix(result)}"
    return {
        _ANNOTATION: types.ChangeAnnotation(
            label=label,
            needs_confirmation=True,
            description=" ".join(filter(None, (*result.concerns, result.evidence_sentence))) or None,
        )
    }


def _label_suffix(result: AssistResult) -> str:
    if result.new_file or result.may_apply_unasked or result.evidence is None:
        return ""
    if result.has_failed:
        return " (failed its checks)"
    return "" if result.is_proved else " (not proved)"


def _edit(one: Replacement, snapshot: Snapshot, annotation: str | None) -> types.TextEdit | types.AnnotatedTextEdit:
    return _annotated(_range(one, snapshot), one.new_text, annotation)


def _range(one: Replacement, snapshot: Snapshot) -> types.Range:
    return types.Range(types.Position(*snapshot.position(one.start)), types.Position(*snapshot.position(one.end)))


def _annotated(where: types.Range, text: str, annotation: str | None) -> types.TextEdit | types.AnnotatedTextEdit:
    if annotation is None:
        return types.TextEdit(where, text)
    return types.AnnotatedTextEdit(annotation_id=annotation, range=where, new_text=text)
