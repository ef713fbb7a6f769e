"""What ended streams reveal about the next request: where to resume output, and which word the model will not produce.

An aborted stream's partial output becomes the *seed* of the next request that continues the same text: the server's
cache still has its tokens. A *word mismatch* shows that an attempt with the word left out is known to fail.
Holds the latest of each; starts nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, evolve, field, frozen

from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.prompt import FimAttempt, WordMismatch
from autothink_lsp.features.completion.slot_values import Purpose
from autothink_lsp.features.completion.stream import InFlightCompletion
from autothink_lsp.features.completion.type_through import Match, RemainingText, RequestPosition, remaining_text


@frozen
class _PartialOutput:
    """Output of an aborted or failed stream, in the model's spelling."""

    uri: str
    position: RequestPosition
    raw_text: str


@define(eq=False)
class ResumeMemory:
    """The latest partial output and word mismatch. ``lookup(uri, context)`` finds a stored suggestion."""

    lookup: Callable[[str, CodeContext], RemainingText | None]
    _partial: _PartialOutput | None = field(default=None, init=False)
    _mismatch: WordMismatch | None = field(default=None, init=False)

    def record(self, stream: InFlightCompletion, purpose: Purpose) -> None:
        """Keep what an ended stream reveals. Samples are not recorded: they do not predict greedy output."""
        if purpose is not Purpose.SAMPLE:
            self._mismatch = stream.mismatch or self._mismatch
        if purpose in {Purpose.ANSWER, Purpose.PREFETCH}:
            is_unfinished = stream.aborted or stream.error is not None
            kept = is_unfinished and bool(stream.raw_text)
            self._partial = _PartialOutput(stream.uri, stream.position, stream.raw_text) if kept else None

    def forget(self, uri: str) -> None:
        """The document is closed, or its settings changed."""
        if self._partial is not None and self._partial.uri == uri:
            self._partial = None
        self._mismatch = None

    def seed(self, uri: str, context: CodeContext) -> str:
        """The known beginning of the output at this cursor, or an empty text."""
        partial = self._partial
        if partial is None or partial.uri != uri:
            return ""
        left = remaining_text(partial.position, context, partial.raw_text, finished=False)
        return left.text if left.along is Match.AGREES and not left.replaces_right else ""

    def is_known_mismatch(self, attempt: FimAttempt, uri: str, context: CodeContext) -> bool:
        """Whether earlier output shows that the model will not produce the word that the attempt leaves out."""
        if self._mismatch is not None and self._mismatch.holds_for(attempt):
            return True
        word = attempt.healed.word
        left = self.lookup(uri, evolve(context, prefix=context.prefix.removesuffix(word)))
        return left is not None and attempt.healed.is_mismatch(left.text)
