"""Contexts written as text with the cursor in it: ``at("python", "def f():\\n    ‸\\n")``."""

from __future__ import annotations

from autothink_lsp.context.values import CodeContext

CURSOR = "‸"


def at(language_id: str, document: str, **values: str) -> CodeContext:
    """The context of the one cursor mark in ``document``."""
    prefix, mark, suffix = document.partition(CURSOR)
    assert mark, "the document has no cursor mark"
    assert CURSOR not in suffix, "the document has two cursor marks"
    return CodeContext(path="file", language_id=language_id, prefix=prefix, suffix=suffix, **values)  # pyright: ignore[reportArgumentType]
