"""Token healing: the prompt ends before the word being typed, and the output is matched against that word. Pure.

Vocabularies have `` return`` and ``   `` as single tokens. A prompt that ends in ``retu`` or in blanks ends where
training text rarely has a token boundary; a small model then starts a new line, adds indentation, or continues with
another word. So the model generates the whole word, and the output is checked against the user's typed part. Measured
with Qwen2.5-Coder-0.5B on HumanEval-Infilling (``docs/decisions/0004-token-healing.md``): see
``DEFAULT_HEALING``.
"""

from __future__ import annotations

import re
from typing import Literal

from autothink_lsp.values import frozen

HealingMode = Literal["word", "blanks", "nothing"]
"""What is removed from the end of the prompt: the begun word and the blanks before it, only blanks, or nothing."""

DEFAULT_HEALING: HealingMode = "word"
"""Holes passed, order ctx. Cursor anywhere inside a line, n = 100: "word", and then "blanks" where the model generates
another word (16 of them), 85; "blanks" alone 71 (paired p < 0.001). Cursor after the indentation, n = 45: "blanks" 34,
"nothing" 15 (p < 0.001)."""

_LAST_WORD = re.compile(r"(?<!\w)[^\W\d]\w*\Z")


@frozen
class HealedPrefix:
    """The text before the cursor that is not in the prompt: ``blanks``, then ``word``. Either may be empty."""

    blanks: str = ""
    word: str = ""

    def after_cursor(self, output: str, *, final: bool = False) -> str | None:
        """The part of the model's ``output`` that belongs after the cursor; ``None`` while it is too early to decide.

        Blanks need not agree: the user's indentation stays, and the output loses its own unless it has more.
        Empty for output that starts with another word (``is_mismatch``). ``final``: the output is complete.
        """
        if not self.blanks and not self.word:
            return output
        rest = output.lstrip(" \t")
        if not rest and not final and len(output) <= len(self.blanks):
            return None
        if self.word:
            if rest.startswith(self.word):
                return rest[len(self.word) :]
            return "" if final or self.is_mismatch(output) else None
        return output[len(self.blanks) :] if output.startswith(self.blanks) else rest

    def is_mismatch(self, output: str) -> bool:
        """Whether the output starts with another word than the typed one. The next attempt then heals only blanks."""
        rest = output.lstrip(" \t")
        return bool(rest) and not rest.startswith(self.word) and not self.word.startswith(rest)


def heal_prefix(prefix: str, mode: HealingMode) -> tuple[str, HealedPrefix]:
    """Split the text before the cursor into the prompt's part and the part that the model has to generate first."""
    if mode == "nothing":
        return prefix, HealedPrefix()
    line_start = prefix.rfind("\n") + 1
    match = _LAST_WORD.search(prefix, line_start) if mode == "word" else None
    start = match.start() if match else len(prefix)
    kept = prefix[:start].rstrip(" \t")
    return kept, HealedPrefix(prefix[len(kept) : start], prefix[start:])
