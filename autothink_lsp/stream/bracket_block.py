"""Where the block of lines that an answer puts between brackets (``f({|});``) begins: by its first line's indentation.

A model may indent with another unit than the document, or count from the cursor's line instead of from the first
column. Its lines are inside all the same; ``features/completion/postprocess/bracket_block_style.py`` moves them. The
next statement, behind brackets that the model leaves empty, is outside: it is indented like the cursor's line, and as
the document is.
"""

from __future__ import annotations

import re

from autothink_lsp.document.lines import indent_of
from autothink_lsp.stream.layout import answer_columns
from autothink_lsp.syntax.language_style import LanguageStyle, indent_columns

_HAS_LABELS = re.compile(r"\b(?:switch|select)\b")


def has_labels(line_prefix: str) -> bool:
    """Whether the block of this line has labels, which may stand at its level."""
    return _HAS_LABELS.search(line_prefix) is not None


def is_inside(line: str, line_prefix: str, style: LanguageStyle) -> bool:
    """Whether ``line``, the first one of an answer between brackets with content, belongs to their block.
    ``line_prefix`` is the cursor's line up to the cursor, in the document's indentation."""
    indent, own = indent_of(line), indent_of(line_prefix)
    if has_labels(line_prefix):
        return True
    if not indent or indent == own:
        return False
    if style.blocks != "indent":
        return True  # a line outside, shallower than the cursor's, would follow a closing bracket
    return answer_columns(line, line_prefix) > indent_columns(own)
