"""Distinguishes ordinary documents from binary and huge ones, at a cost that does not depend on their size.

The store keeps all kinds; each feature decides whether it parses or completes them.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from autothink_lsp.document import rope
from autothink_lsp.document.text import Text

# VS Code's own limits for "a large file", beyond which it does not colour any more
# (LARGE_FILE_SIZE_THRESHOLD and LARGE_FILE_LINE_COUNT_THRESHOLD in its textModel.ts).
HUGE_BYTES = 20 * 1024 * 1024
HUGE_LINES = 300_000

# git calls a file binary if there is a NUL in its first 8000 bytes (FIRST_FEW_BYTES in its xdiff-interface.c). Editors
# open a binary without one, too. Compressed and random bytes read as UTF-8 come out as 44 % U+FFFD (measured), no more
# than a source file with comments in another code page has, but also as one control character in ten, as no text does.
_HEAD_CHARS = 8192
_CONTROLS = re.compile("[\x01-\x07\x0e-\x1a\x1c-\x1f\x7f]")  # all but those of texts: \b \t \n \v \f \r ESC
_CONTROL_SHARE = 0.03
_REPLACED_SHARE = 0.6  # too little is left to read, whatever it was


class DocumentKind(StrEnum):
    ORDINARY = "ordinary"
    HUGE = "huge"
    BINARY = "binary"


def kind_of(text: Text) -> DocumentKind:
    """The kind of a document. A huge binary document is binary."""
    if _is_binary_head(text.beginning(_HEAD_CHARS)):
        return DocumentKind.BINARY
    if text.byte_length > HUGE_BYTES or text.line_count > HUGE_LINES:
        return DocumentKind.HUGE
    return DocumentKind.ORDINARY


@lru_cache(maxsize=4)  # asked twice a key, and most keys change something else than the head
def _is_binary_head(beginning: tuple[rope.Node, ...]) -> bool:
    head = rope.joined(beginning, _HEAD_CHARS)
    return (
        "\0" in head
        or head.count("\ufffd") > len(head) * _REPLACED_SHARE
        or len(_CONTROLS.findall(head)) > len(head) * _CONTROL_SHARE
    )
