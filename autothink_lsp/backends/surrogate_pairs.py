"""Joins the halves of characters that a server sent in two pieces. Pure.

A gateway that cuts text by UTF-16 units may end a piece with the first half of an emoji, as ``"\\ud83d"`` in JSON. Two
halves in one Python string are not the character: nothing could encode them.
"""

from __future__ import annotations


class SurrogatePairs:
    """One text that arrives in pieces. A first half at the end of a piece is held back until the next piece."""

    def __init__(self) -> None:
        self._held = ""

    def keeps(self, piece: str) -> bool:
        """Whether ``piece`` has no halves and none was held back, so that ``feed`` returns it as it is."""
        return not self._held and (piece.isascii() or not _has_surrogate(piece))

    def feed(self, piece: str) -> str:
        """``piece`` with its pairs joined. Halves without their other half stay as they are."""
        if not piece or self.keeps(piece):
            return piece
        text = self._held + piece
        self._held = text[-1] if "\ud800" <= text[-1] <= "\udbff" else ""
        text = text[: len(text) - len(self._held)]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
