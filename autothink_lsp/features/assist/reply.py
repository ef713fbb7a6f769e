"""What one request to the model gave. Values, and the counting that goes with them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from attrs import define, field, frozen

from autothink_lsp.backends.base import Finished
from autothink_lsp.stream.segments import ParseFlags, Segment, SegmentKind
from autothink_lsp.thinking.values import ThinkMode, ThinkOutcome

Truncated = Literal["none", "budget", "deadline", "cancel"]
_CHARS_PER_TOKEN = 3.6  # of prose and code in an answer; only where neither server nor stream counts


@frozen(kw_only=True)
class Reply:
    """``finished`` is false when the answer was cut: by its token limit, the deadline or the end of the stream."""

    answer: str = field(repr=False)
    thinking: str = field(default="", repr=False)
    judge: str = field(default="", repr=False)
    finished: bool
    outcome: ThinkOutcome
    tokens: int  # all that the server generated, what was thrown away included
    seconds: float
    why_cut: str = ""  # a sentence for the user where it is not ``finished``

    @property
    def only_thinking(self) -> bool:
        """The model thought and then said nothing."""
        return not self.answer.strip() and bool(self.thinking.strip())


@define
class Transcript:
    """Collects the segments of one request, over all of its resends."""

    requested: ThinkMode
    texts: dict[SegmentKind, list[str]] = field(factory=lambda: {kind: [] for kind in SegmentKind})
    pieces: dict[SegmentKind, int] = field(factory=lambda: dict.fromkeys(SegmentKind, 0))
    generated_tokens: int = 0  # told by the server, of the streams that ended
    told_all: bool = True
    flags: list[str] = field(factory=list)

    def take(self, segments: Iterable[Segment]) -> None:
        """A stream's piece is about one token."""
        for segment in segments:
            if segment.kind is SegmentKind.RETRACT:
                self._retract(len(segment.text))
                continue
            self.texts[segment.kind].append(segment.text)
            self.pieces[segment.kind] += 1

    def _retract(self, length: int) -> None:
        """The last ``length`` characters of the answer were thinking."""
        answer = self.text(SegmentKind.ANSWER)
        kept = len(answer) - length
        self.texts[SegmentKind.THINK].append(answer[kept:])
        self.texts[SegmentKind.ANSWER] = [answer[:kept]] if kept > 0 else []
        if kept <= 0:
            self.pieces[SegmentKind.THINK] += self.pieces[SegmentKind.ANSWER]
            self.pieces[SegmentKind.ANSWER] = 0

    def take_all_for_answer(self) -> None:
        """What was read as thinking or judging was the answer: no tag ever came, and the model ended by itself."""
        for kind in (SegmentKind.JUDGE, SegmentKind.THINK):
            self.texts[SegmentKind.ANSWER] += self.texts[kind]
            self.pieces[SegmentKind.ANSWER] += self.pieces[kind]
            self.texts[kind], self.pieces[kind] = [], 0

    def ended(self, finished: Finished | None, flags: ParseFlags) -> None:
        """One stream is over; ``None`` where we hung up."""
        told = finished.usage.completion_tokens if finished is not None else None
        if told is None:
            self.told_all = False
        else:
            self.generated_tokens += told
        for name in ("judge_overflow", "echoed_prefill", "missing_closer", "reasoning_field"):
            if getattr(flags, name) and name not in self.flags:
                self.flags.append(name)
        if flags.unterminated:
            self.flags.append(f"unterminated {flags.unterminated}")

    def text(self, kind: SegmentKind) -> str:
        return "".join(self.texts[kind])

    @property
    def thinking(self) -> bool:
        """Whether the model is thinking now."""
        return bool(self.pieces[SegmentKind.THINK]) and not self.pieces[SegmentKind.ANSWER]

    def tokens_of(self, kind: SegmentKind) -> int:
        """An estimate: pieces are tokens as most servers stream, but some send several at once."""
        return max(self.pieces[kind], round(len(self.text(kind)) / _CHARS_PER_TOKEN / 1.5))

    @property
    def tokens(self) -> int:
        return self.generated_tokens if self.told_all else sum(self.tokens_of(kind) for kind in SegmentKind)

    def outcome(self, *, prefilled: bool, truncated: Truncated, judges: bool) -> ThinkOutcome:
        """What happened, in the terms of the policy."""
        thought = bool(self.text(SegmentKind.THINK).strip())
        said = self.text(SegmentKind.MODE)
        effective = "on" if thought or said.endswith("on") else "off"
        wanted = self.requested
        honoured = "unknown" if wanted is ThinkMode.AUTO else ("yes" if wanted == effective else "no")
        decided_by = "model" if judges and said else ("prefill" if prefilled else "rule")
        return ThinkOutcome(
            requested=wanted,
            effective=effective,
            decided_by=decided_by,
            judge_text=self.text(SegmentKind.JUDGE),
            judge_tokens=self.tokens_of(SegmentKind.JUDGE),
            think_tokens=self.tokens_of(SegmentKind.THINK),
            answer_tokens=self.tokens_of(SegmentKind.ANSWER),
            counted_by="server" if self.told_all else "estimate",
            truncated=truncated,
            parse_flags=tuple(self.flags),
            honoured=honoured,
        )
