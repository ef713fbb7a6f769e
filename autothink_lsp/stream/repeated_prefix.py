"""Removes the lines before the cursor that a model says again at the beginning of its answer.

Instruct models often answer with the enclosing function from its header on. Its first lines stand in the document
already, and would be inserted a second time, inside of themselves. Works one character at a time: text is held back
while it may be such a repetition. Pure.
"""

from __future__ import annotations

from autothink_lsp.stream.layout import is_telling

_MOST_LINES = 12
_MOST_CHARACTERS = 2_000
_MOST_BRACKETS = 1  # lines without much content at the beginning
_LEAST_LINES = 2  # above an empty line; one line may be meant twice


def _is_repeatable(filled: list[str], first: str, least: int) -> bool:
    """Whether the ``filled`` lines from ``first`` on, said again, are no coincidence."""
    return bool(first.strip()) and len(filled) >= (least if is_telling(first) else _MOST_BRACKETS + least)


class RepeatedPrefix:
    """``feed`` the pieces of one answer, then ``finish``; both return the text that is no repetition.

    ``prefix`` is the text before the cursor. A repetition begins with one of its last lines and goes on up to the
    cursor.
    """

    __slots__ = ("_held", "_possible")

    def __init__(self, prefix: str) -> None:
        self._held = ""
        *above, line = prefix[-_MOST_CHARACTERS:].split("\n")
        above = above[-_MOST_LINES:]
        least = 1 if line.strip() else _LEAST_LINES
        self._possible = [
            "\n".join((above[start].lstrip(), *above[start + 1 :], line))
            for start in range(len(above))
            if _is_repeatable([one for one in above[start:] if one.strip()], above[start], least)
        ]

    @property
    def is_open(self) -> bool:
        """Whether the next text may still belong to a repetition."""
        return bool(self._possible)

    def feed(self, text: str) -> str:
        """The part of the answer that is certain to be no repetition."""
        if not self._possible:
            return text
        self._held += text
        bare = self._held.lstrip()
        self._possible = [one for one in self._possible if one.startswith(bare) or bare.startswith(one)]
        complete = max((one for one in self._possible if bare.startswith(one)), key=len, default=None)
        if complete is not None and not any(len(one) > len(complete) for one in self._possible):
            self._held, self._possible = "", []
            return bare[len(complete) :]
        return "" if self._possible else self.finish()

    def finish(self) -> str:
        """End the answer: what is held back is no whole repetition."""
        held, self._held, self._possible = self._held, "", []
        return held
