"""The word being typed, and blanks before the cursor, are kept from the model and taken off its answer. Pure.

A vocabulary has `` return`` and ``   `` as single tokens. A text that ends in ``retu`` or in blanks is cut where the
training text hardly ever was; a small model then starts a new line, adds indentation, or goes on with another word. It
is better to let it say the whole word and to check that this is the word that the user types. Measured with
Qwen2.5-Coder-0.5B on HumanEval-Infilling (``tests/bench/fim_orders.py``; the whole table is in ARCHITECTURE.md): see
``DEFAULT``.
"""

from __future__ import annotations

import re
from typing import Literal

from attrs import frozen

Withhold = Literal["word", "blanks", "nothing"]

DEFAULT: Withhold = "word"
"""Holes passed, order ctx. Cursor anywhere inside a line, n = 100: "word", and then "blanks" where the model says
another word (16 of them), 85; "blanks" alone 71 (paired p < 0.001). Cursor after the indentation, n = 45: "blanks" 34,
"nothing" 15 (p < 0.001)."""

_LAST_WORD = re.compile(r"(?<!\w)[^\W\d]\w*\Z")


@frozen
class Withheld:
    """What stands before the cursor and is not in the prompt: ``blanks``, then ``word``. Either may be empty."""

    blanks: str = ""
    word: str = ""

    def added_by(self, answer: str, *, final: bool = False) -> str | None:
        """What ``answer``, as far as it has come, adds behind the cursor; ``None`` while it is too early to tell.

        Blanks need not agree: the user's indentation stands, and the answer loses its own unless it has more than that.
        Empty for an answer with another word (``contradicted_by``). ``final`` says that no more will come.
        """
        if not self.blanks and not self.word:
            return answer
        rest = answer.lstrip(" \t")
        if not rest and not final and len(answer) <= len(self.blanks):
            return None
        if self.word:
            if rest.startswith(self.word):
                return rest[len(self.word) :]
            return "" if final or self.contradicted_by(answer) else None
        return answer[len(self.blanks) :] if answer.startswith(self.blanks) else rest

    def contradicted_by(self, answer: str) -> bool:
        """Whether the model goes on with another word than the user types: then ask again and withhold only blanks."""
        rest = answer.lstrip(" \t")
        return bool(rest) and not rest.startswith(self.word) and not self.word.startswith(rest)


def split(prefix: str, withhold: Withhold) -> tuple[str, Withheld]:
    """The text before the cursor in two: what goes into the prompt, and what does not."""
    if withhold == "nothing":
        return prefix, Withheld()
    line_start = prefix.rfind("\n") + 1
    match = _LAST_WORD.search(prefix, line_start) if withhold == "word" else None
    start = match.start() if match else len(prefix)
    kept = prefix[:start].rstrip(" \t")
    return kept, Withheld(prefix[len(kept) : start], prefix[start:])
