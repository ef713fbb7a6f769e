"""The text after some replacements, on a copy."""

from __future__ import annotations

from collections.abc import Iterable

from autothink_lsp.document.text import Text
from autothink_lsp.edits.values import Replacement


def applied(text: Text, replacements: Iterable[Replacement]) -> Text:
    """``text`` with all of them; they are places in ``text`` as it is, not after one another.

    Of two insertions at one place the first comes first, as in LSP.
    """
    ordered = sorted(replacements, key=lambda replacement: replacement.start)
    for one in ordered[::-1]:
        text = text.replace(one.start, one.end, one.new_text)
    return text
