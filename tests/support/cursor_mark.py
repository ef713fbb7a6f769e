"""Contexts written as text with the cursor in it: ``at("python", "def f():\\n    ‸\\n")``."""

from __future__ import annotations

from functools import cache

from autothink_lsp.context.values import CodeContext
from autothink_lsp.syntax.language_style import UNKNOWN_LANGUAGE, LanguageStyle
from autothink_lsp.syntax.languages import LanguageRegistry

CURSOR = "‸"


@cache
def style_of(language_id: str) -> LanguageStyle:
    """The style that the folders of ``grammars/`` give to a language identifier."""
    language = LanguageRegistry().by_language_id(language_id)
    return language.style if language is not None else UNKNOWN_LANGUAGE


def at(language_id: str, document: str, **values: str) -> CodeContext:
    """The context of the one cursor mark in ``document``."""
    prefix, mark, suffix = document.partition(CURSOR)
    assert mark, "the document has no cursor mark"
    assert CURSOR not in suffix, "the document has two cursor marks"
    style = style_of(language_id)
    return CodeContext(path="file", language_id=language_id, prefix=prefix, suffix=suffix, style=style, **values)  # pyright: ignore[reportArgumentType]
