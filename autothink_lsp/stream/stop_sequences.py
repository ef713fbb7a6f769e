"""Finds the end of an answer in a stream, however it is split, and holds back the possible beginning of an end.

An answer ends at the stop sequences of the model's family, and at special tokens that leaked into its text
(``special_tokens.py``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from autothink_lsp.stream.special_tokens import (
    Document,
    is_leaked,
    is_thinking_at_head,
    is_token,
    is_type_argument,
    may_become_token,
    may_open_thinking,
    opens_thinking,
    token_at_end,
)

_TOKEN_STARTS = frozenset("<[◁")


@lru_cache(maxsize=32)  # of a model's stop sequences, with special tokens and without
def _free_run(starts: frozenset[str]) -> re.Pattern[str]:
    """A run of characters that begin no stop. Carriage returns are not part of an answer."""
    return re.compile(f"[^\r{re.escape(''.join(sorted(starts)))}]+")


class StopSequences:
    """Finds the end of a stream at a stop sequence or a special token. Call ``step`` with each character, and
    ``release`` for the held-back text when the stream ends without a stop.

    Special tokens end the stream only with ``document``. ``output()`` then returns the answer that was released so far,
    and its last line together with the document's part of that line. ``is_in_text(text)`` tells whether the answer and
    ``text`` behind it end within a string or a comment: there no token ends the stream, because what follows shows
    whether the token was written (``special_tokens.first_leak``). ``has_passed``: there was such a token.
    """

    __slots__ = (
        "_document",
        "_free",
        "_held",
        "_in_doubt",
        "_is_in_text",
        "_output",
        "_sequences",
        "_starts",
        "has_passed",
    )

    def __init__(
        self,
        sequences: Iterable[str],
        *,
        document: Document | None = None,
        output: Callable[[], tuple[str, str]] = lambda: ("", ""),
        is_in_text: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._sequences = frozenset(sequence for sequence in sequences if sequence)
        starts = frozenset(sequence[0] for sequence in self._sequences)
        self._starts = starts if document is None else starts | _TOKEN_STARTS
        self._free = _free_run(self._starts)
        self._document = document
        self._output = output
        self._is_in_text = is_in_text
        self.has_passed = False
        self._held = ""
        self._in_doubt = ""  # a token at the end of the held text: the next character decides

    def free_until(self, text: str, position: int, limit: int) -> int:
        """End of the run of characters from ``position`` on, up to ``limit``, that ``step`` would return unchanged."""
        free = None if self._held else self._free.match(text, position, limit)
        return free.end() if free else position

    def step(self, char: str) -> tuple[str, bool]:
        """Process a character. Returns the text that cannot be part of a stop, and whether a stop is complete."""
        if not self._held and char not in self._starts:
            return char, False
        held, free = self._held + char, ""
        if self._in_doubt:
            token, self._in_doubt = self._in_doubt, ""
            before = self._held[: -len(token)]
            if self._leaks(token, before, char):
                self._held = ""
                return before, True
            self._held = ""
            rest, stopped = self.step(char)
            return before + token + rest, stopped
        found = max((sequence for sequence in self._sequences if held.endswith(sequence)), key=len, default="")
        if found and not self._is_written(found, held[: -len(found)]):
            self._held = ""
            return held[: -len(found)], True
        if self._document is not None and (token := self._token(held)):
            leaks = self._leaks(token, held[: -len(token)], None)
            if leaks:
                self._held = ""
                return held[: -len(token)], True
            if leaks is None:
                self._held, self._in_doubt = held, token
                return "", False
            self._held = ""
            return held, False
        while held and not self._may_go_on(held, free):
            free, held = free + held[0], held[1:]
        self._held = held
        return free, False

    def release(self) -> str:
        """Return the held-back text. A token in doubt is dropped if it leaked."""
        held, self._held = self._held, ""
        token, self._in_doubt = self._in_doubt, ""
        if token and self._leaks(token, held[: -len(token)], ""):
            return held[: -len(token)]
        return held

    def _token(self, held: str) -> str:
        token = token_at_end(held)
        if token or self._document is None:
            return token
        return held if opens_thinking(held) and is_thinking_at_head(self._output()[0], self._document) else ""

    def _leaks(self, token: str, before: str, following: str | None) -> bool | None:
        if self._document is None:
            return False
        answer, line = self._output()
        if opens_thinking(token) and is_thinking_at_head(answer + before, self._document):
            return not (self._document.holds(token) or is_type_argument(token, line, self._document))
        whole_line = before.rpartition("\n")[2] if "\n" in before else line + before
        leaks = is_leaked(token, answer + before, whole_line, following, self._document)
        return leaks is not False and not self._is_written(token, before) and leaks

    def _is_written(self, token: str, before: str) -> bool:
        """Whether the token may be text of a string or a comment."""
        is_written = self._document is not None and is_token(token) and self._is_in_text(before)
        self.has_passed |= is_written
        return is_written

    def _may_go_on(self, held: str, free: str) -> bool:
        if any(sequence.startswith(held) for sequence in self._sequences):
            return True
        if self._document is None or held[0] not in _TOKEN_STARTS:
            return False
        if may_become_token(held):
            return True
        return not free and may_open_thinking(held) and is_thinking_at_head(self._output()[0], self._document)
