"""The reply to one question to the model, and the count of its tokens. Values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from attrs import define, field, frozen

from autothink_lsp.backends.base import Finished
from autothink_lsp.stream.segments import ParseFlags, SegmentKind, StreamSegment
from autothink_lsp.thinking.mode import ThinkOutcome

Truncated = Literal["none", "budget", "deadline", "cancel"]
_CHARS_PER_TOKEN = 3.6  # of prose and code in an answer; used if neither server nor stream counts
_TAIL_PIECES = 400  # the end of an answer that is searched for repetition


@frozen(kw_only=True)
class Reply:
    """The model's reply. ``finished`` is false if the answer was cut: by its token limit, the deadline or the end of
    the stream."""

    answer: str = field(repr=False)
    thinking: str = field(default="", repr=False)
    judge: str = field(default="", repr=False)
    finished: bool
    outcome: ThinkOutcome
    tokens: int  # all tokens that the server generated, including discarded ones
    seconds: float
    first_token_s: float = 0.0  # from the request to the first piece of text
    why_cut: str = ""  # a sentence for the user if it is not ``finished``
    is_cut_by_limit: bool = False  # cut by a limit of ours: the tokens, a repetition, the deadline

    @property
    def only_thinking(self) -> bool:
        """Whether there is thinking and no answer."""
        return not self.answer.strip() and bool(self.thinking.strip())


@define
class Transcript:
    """The segments of one question, from all of its streams."""

    texts: dict[SegmentKind, list[str]] = field(factory=lambda: {kind: [] for kind in SegmentKind})
    pieces: dict[SegmentKind, int] = field(factory=lambda: dict.fromkeys(SegmentKind, 0))
    prompt_tokens: int = 0  # reported by the server
    generated_tokens: int = 0  # reported by the server for the streams that ended
    lost_pieces: int = 0  # of streams that broke off
    has_all_usage: bool = True
    has_reasoning_field: bool = False  # the server sends reasoning apart from the content
    has_retracted: bool = False  # because of a closer whose opener was in the prompt
    first_ms: float | None = None  # when the first piece of text arrived

    def add(self, segments: Iterable[StreamSegment]) -> None:
        """Append ``segments``; each counts as about one token."""
        for segment in segments:
            if segment.kind is SegmentKind.RETRACT:
                self._retract(len(segment.text))
                continue
            self.texts[segment.kind].append(segment.text)
            self.pieces[segment.kind] += 1

    def _retract(self, length: int) -> None:
        """Reclassify the last ``length`` characters of the answer as thinking."""
        self.has_retracted = True
        answer = self.text(SegmentKind.ANSWER)
        kept = len(answer) - length
        self.texts[SegmentKind.THINK].append(answer[kept:])
        self.texts[SegmentKind.ANSWER] = [answer[:kept]] if kept > 0 else []
        if kept <= 0:
            self.pieces[SegmentKind.THINK] += self.pieces[SegmentKind.ANSWER]
            self.pieces[SegmentKind.ANSWER] = 0

    def mark(self) -> dict[SegmentKind, int]:
        """The current lengths of the texts, for ``cut_back``."""
        return {kind: len(texts) for kind, texts in self.texts.items()}

    def cut_back(self, mark: dict[SegmentKind, int]) -> None:
        """Drop the texts after ``mark``, because their stream broke off. They count as generated."""
        for kind, texts in self.texts.items():
            lost = texts[mark[kind] :]
            self.lost_pieces += len(lost)
            self.pieces[kind] = max(0, self.pieces[kind] - len(lost))
            del texts[mark[kind] :]

    def reclassify_as_answer(self) -> None:
        """Reclassify thinking and judge output as the answer, because the model finished without a tag."""
        for kind in (SegmentKind.JUDGE, SegmentKind.THINK):
            self.texts[SegmentKind.ANSWER] += self.texts[kind]
            self.pieces[SegmentKind.ANSWER] += self.pieces[kind]
            self.texts[kind], self.pieces[kind] = [], 0

    def on_stream_end(self, finished: Finished | None, flags: ParseFlags) -> None:
        """Add the usage of one stream; ``finished`` is ``None`` if the client closed it."""
        completion_tokens = finished.usage.completion_tokens if finished is not None else None
        self.prompt_tokens += (finished.usage.prompt_tokens or 0) if finished is not None else 0
        if completion_tokens is None:
            self.has_all_usage = False
        else:
            self.generated_tokens += completion_tokens
        self.has_reasoning_field |= flags.reasoning_field

    def text(self, kind: SegmentKind) -> str:
        """All text of one kind."""
        return "".join(self.texts[kind])

    @property
    def answer_tail(self) -> str:
        """The end of the answer so far, some hundred tokens."""
        return "".join(self.texts[SegmentKind.ANSWER][-_TAIL_PIECES:])

    @property
    def thinking(self) -> bool:
        """Whether the model is thinking now."""
        return bool(self.pieces[SegmentKind.THINK]) and not self.pieces[SegmentKind.ANSWER]

    def tokens_of(self, kind: SegmentKind) -> int:
        """An estimate of the tokens of one kind: most servers send one token in a piece, some send several."""
        return max(self.pieces[kind], round(len(self.text(kind)) / _CHARS_PER_TOKEN / 1.5))

    @property
    def tokens(self) -> int:
        """All generated tokens: the server's counts, or an estimate where one is missing."""
        if self.has_all_usage:
            return self.generated_tokens + self.lost_pieces
        return sum(self.tokens_of(kind) for kind in SegmentKind) + self.lost_pieces

    def outcome(self, *, prefilled: bool, truncated: Truncated, judges: bool) -> ThinkOutcome:
        """The outcome of the question, for the think policy."""
        thought = bool(self.text(SegmentKind.THINK).strip())
        mode_text = self.text(SegmentKind.MODE)
        effective = "on" if thought or mode_text.endswith("on") else "off"
        decided_by = "model" if judges and mode_text else ("prefill" if prefilled else "rule")
        return ThinkOutcome(
            prompt_tokens=self.prompt_tokens,
            effective=effective,
            decided_by=decided_by,
            judge_tokens=self.tokens_of(SegmentKind.JUDGE),
            think_tokens=self.tokens_of(SegmentKind.THINK),
            answer_tokens=self.tokens_of(SegmentKind.ANSWER),
            truncated=truncated,
        )
