"""Inserts an import at its place in a document. One function for each language; does not choose the import."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.assist.repairs.insert_go import insert_go
from autothink_lsp.features.assist.repairs.insert_lines import insert_c, insert_java, insert_rust
from autothink_lsp.features.assist.repairs.insert_python import insert_python
from autothink_lsp.features.assist.repairs.insert_script import insert_script
from autothink_lsp.features.assist.repairs.repair import ImportCandidate, RepairContext

Written = tuple[str, Replacement]  # the statement, for the user, and the edit

_WRITERS: Mapping[str, Callable[[RepairContext, ImportCandidate], Written | None]] = MappingProxyType(
    {
        "python": insert_python,
        "go": insert_go,
        "java": insert_java,
        "rust": insert_rust,
        "c": insert_c,
        "javascript": insert_script,
        "typescript": insert_script,
        "tsx": insert_script,
    }
)


def insert_import(case: RepairContext, candidate: ImportCandidate) -> Written | None:
    """The statement and the edit that adds an import; ``None`` if it cannot be written, for example for an unsupported
    language."""
    writer = _WRITERS.get(case.language)
    return writer(case, candidate) if writer else None
