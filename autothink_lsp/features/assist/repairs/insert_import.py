"""Writes an import where it belongs in a document. One function for each language; it chooses no import."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from autothink_lsp.edits.values import Replacement
from autothink_lsp.features.assist.repairs.insert_go import insert_go
from autothink_lsp.features.assist.repairs.insert_python import insert_python
from autothink_lsp.features.assist.repairs.insert_script import insert_script
from autothink_lsp.features.assist.repairs.values import Case, ImportCandidate

Written = tuple[str, Replacement]  # the statement, for the user, and the edit

_WRITERS: Mapping[str, Callable[[Case, ImportCandidate], Written | None]] = MappingProxyType(
    {
        "python": insert_python,
        "go": insert_go,
        "javascript": insert_script,
        "typescript": insert_script,
        "tsx": insert_script,
    }
)


def insert_import(case: Case, candidate: ImportCandidate) -> Written | None:
    """None where no import can be written, as for a language without a writer."""
    writer = _WRITERS.get(case.language)
    return writer(case, candidate) if writer else None
