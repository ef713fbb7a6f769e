"""Removes the lines before the cursor that a model says again at the beginning of its answer.

Instruct models often answer with the enclosing function from its header on. Its first lines stand in the document
already, and would be inserted a second time, inside of themselves. Lines that the document itself has twice there (rows
of a table, steps of a test) may be meant a third time, and are no repetition. Works one character at a time: text is
held back while it may be one. Pure.
"""

from __future__ import annotations

from autothink_lsp.stream.layout import is_telling

_MOST_LINES = 12
_MOST_CHARACTERS = 2_000
_MOST_BRACKETS = 1  # lines without much content at the beginning
_LEAST_LINES = 2  # above an empty line; one line may be meant twice
_MOST_BLANK_LINES = 3  # at the beginning of the answer
_MOST_BLANKS = 200  # characters


def _is_repeatable(above: list[str], line: str) -> bool:
    """Whether the lines ``above`` the cursor's ``line``, said again with it, are no coincidence."""
    if not above[0].strip():
        return False
    least = 1 if line.strip() else _LEAST_LINES
    filled = [one.strip() for one in above if one.strip()]
    if len(filled) < (least if is_telling(above[0]) else _MOST_BRACKETS + least):
        return False
    return any(one != filled[0] for one in (*filled[1:], line.strip() or filled[0]))


def _stands_twice(prefix: str, end: str) -> bool:
    """Whether the lines at the ``end`` of the prefix stand above it, too."""
    return f"\n{prefix}".find(f"\n{end}") < len(prefix) - len(end)


class RepeatedPrefix:
    """``feed`` the pieces of one answer, then ``finish``; both return the text that is no repetition.

    ``prefix`` is the text before the cursor. A repetition begins with one of its last lines and goes on up to the
    cursor.
    """

    __slots__ = ("_held", "_possible", "_prefix")

    def __init__(self, prefix: str) -> None:
        self._held = ""
        self._prefix = prefix[-_MOST_CHARACTERS:]
        self._possible: list[str] | None = None if prefix else []

    @property
    def is_open(self) -> bool:
        """Whether the next text may still belong to a repetition."""
        return self._possible is None or bool(self._possible)

    @property
    def held(self) -> str:
        """The held-back text."""
        return self._held

    def feed(self, text: str) -> str:
        """The part of the answer that is certain to be no repetition."""
        if self._possible is None and text:  # most answers begin with another character than any line above
            self._possible = self._repetitions(text[0] if not text[0].isspace() else "")
        if not self._possible:
            return text
        self._held += text
        bare = self._held.lstrip()
        if not bare and (len(self._held) > _MOST_BLANKS or self._held.count("\n") > _MOST_BLANK_LINES):
            return self.finish()
        self._possible = [one for one in self._possible if one.startswith(bare) or bare.startswith(one)]
        complete = max((one for one in self._possible if bare.startswith(one)), key=len, default=None)
        if complete is not None and not any(len(one) > len(complete) for one in self._possible):
            self._held, self._possible = "", []
            return bare[len(complete) :]
        return "" if self._possible else self.finish()

    def _repetitions(self, begin: str) -> list[str]:
        """What would be repetitions and begins with ``begin``."""
        near = self._prefix
        *above, line = near.split("\n")
        above = above[-_MOST_LINES:]
        return [
            "\n".join((above[start].lstrip(), *above[start + 1 :], line))
            for start in range(len(above))
            if above[start].lstrip().startswith(begin)
            and _is_repeatable(above[start:], line)
            and not _stands_twice(near, "\n".join((*above[start:], line)))
        ]

    def finish(self) -> str:
        """End the answer: what is held back is no whole repetition."""
        held, self._held, self._possible = self._held, "", []
        return held
