"""One request to the model, from messages to a reply: streamed, watched, and ended in time.

Decides when thinking has gone on long enough (its budget, the deadline, the user's "answer now") and then has the model
answer from what it has thought so far, by sending the partial thought back closed. The same way saves an answer where
only thinking came back, and a judge that does not come to its point. Who asks decides what to do with the reply.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from attrs import define, field, frozen

from autothink_lsp.backends.base import Backend, ChatRequest, Finished, ReasoningDelta
from autothink_lsp.errors import BackendTimeout, PrefillRefused
from autothink_lsp.features.assist.pump import pumped
from autothink_lsp.features.assist.reply import Reply, Transcript, Truncated
from autothink_lsp.features.assist.values import Control
from autothink_lsp.prompt.chat import ChatPrompt, render, resend_with_thinking_closed
from autothink_lsp.prompt.think_profile import ThinkProfile, without_prefill
from autothink_lsp.stream.segments import SegmentKind
from autothink_lsp.stream.special_tokens import without_run_on
from autothink_lsp.stream.think_parser import ThinkParser
from autothink_lsp.thinking.values import OFF, ThinkMode, ThinkPolicy
from autothink_lsp.values import ChatMessage

# Closing the thinking may be needed once for each of its reasons, not for ever.
_MOST_STREAMS = 3
_TRUNCATED: dict[str, Truncated] = {"budget": "budget", "deadline": "deadline", "cancel": "cancel"}
# Of the time that is left, thinking must leave this share for the answer.
_ANSWER_SHARE = 0.35


@frozen
class Progress:
    """Where a stream is. ``thought`` is all of the thinking so far, ``judge`` an AutoThink model's words before it."""

    thinking: bool
    tokens: int
    thought: str = ""
    judge: str = ""

    @property
    def last_line(self) -> str:
        """Of the thinking."""
        return self.thought[-400:].rstrip().rpartition("\n")[2]


@frozen
class _End:
    """Why a stream was left: ``done``, another reason of ``FinishReason``, or what made us close the thinking."""

    why: str
    finished: Finished | None


@define(eq=False)
class Asking:
    """One endpoint's way of being asked. Raises ``BackendError``; cancellation closes the stream."""

    backend: Backend
    profile: ThinkProfile
    now_ms: Callable[[], float]
    on_progress: Callable[[Progress], None] = field(default=lambda _: None)
    on_prefill_lost: Callable[[], None] = field(default=lambda: None)
    """Called once where the server refuses or ignores a begun answer; this object sends none from then on."""

    async def ask(
        self,
        messages: tuple[ChatMessage, ...],
        policy: ThinkPolicy,
        *,
        answer_tokens: int,
        control: Control,
        stop_at_ms: float,
    ) -> Reply:
        """``stop_at_ms`` on the clock of ``now_ms``; then what is there is the reply, marked as cut."""
        started_ms = self.now_ms()
        prompt = render(messages, policy, self.profile, answer_tokens=answer_tokens)
        transcript = Transcript(policy.mode)
        truncated: Truncated = "none"
        end = _End("done", None)
        for number in range(_MOST_STREAMS):
            # What follows the first stream is the answer already, which a wish for an answer does not end.
            may_stop = control.answer_now if number == 0 and policy.mode is not ThinkMode.OFF else None
            try:
                end = await self._stream(prompt, policy, transcript, control, started_ms, stop_at_ms, may_stop)
            except PrefillRefused:
                self._lose_prefill()
                if number > 0:  # it was the thinking that was to be closed
                    break
                prompt = render(messages, policy, self.profile, answer_tokens=answer_tokens)
                end = await self._stream(prompt, policy, transcript, control, started_ms, stop_at_ms, may_stop)
            truncated = _TRUNCATED.get(end.why, truncated)
            following = self._following(end, prompt, messages, transcript, answer_tokens)
            if following is None or number == _MOST_STREAMS - 1:
                break
            prompt = following
        return Reply(
            answer=without_run_on(transcript.text(SegmentKind.ANSWER)),
            thinking=transcript.text(SegmentKind.THINK),
            judge=transcript.text(SegmentKind.JUDGE).strip(),
            finished=end.why == "done",
            outcome=transcript.outcome(prefilled=bool(prompt.prefill), truncated=truncated, judges=self.profile.judges),
            tokens=transcript.tokens,
            seconds=(self.now_ms() - started_ms) / 1_000,
            why_cut="" if end.why == "done" else _why_cut(end),
        )

    async def warm(self, messages: tuple[ChatMessage, ...], policy: ThinkPolicy) -> None:
        """Have the server evaluate the prompt; no answer is generated."""
        for last in (False, True):
            request = _request(render(messages, policy, self.profile, answer_tokens=0), max_tokens=0)
            try:
                async with contextlib.aclosing(self.backend.chat(request)) as stream:
                    async for _ in stream:
                        pass
            except PrefillRefused:
                self._lose_prefill()
                if last:
                    raise
            else:
                return

    def _lose_prefill(self) -> None:
        if self.profile.can_prefill:
            self.profile = without_prefill(self.profile)
            self.on_prefill_lost()

    def _can_close_thinking(self) -> bool:
        """Whether a stream that thinks too long can be ended and the answer asked for: else it is better read on."""
        profile = self.profile
        return profile.can_prefill or profile.off_fields != profile.on_fields

    def _following(
        self,
        end: _End,
        prompt: ChatPrompt,
        messages: tuple[ChatMessage, ...],
        transcript: Transcript,
        answer_tokens: int,
    ) -> ChatPrompt | None:
        """The prompt that gets an answer after all, or ``None`` when there is one, or nothing can be done."""
        if transcript.text(SegmentKind.ANSWER).strip() or end.why in {"deadline", "content_filter"}:
            return None
        thought = transcript.text(SegmentKind.THINK)
        if end.why == "judge" or (end.why == "cancel" and not thought.strip()):
            return render(messages, OFF, self.profile, answer_tokens=answer_tokens)
        return resend_with_thinking_closed(prompt, self.profile, thought) if thought.strip() else None

    async def _stream(
        self,
        prompt: ChatPrompt,
        policy: ThinkPolicy,
        transcript: Transcript,
        control: Control,
        started_ms: float,
        stop_at_ms: float,
        may_stop: asyncio.Event | None,
    ) -> _End:
        parser = ThinkParser(prompt.tag_style, prompt.start_state, prefill=prompt.prefill)
        closable = self._can_close_thinking()
        clock = _Clock(self.now_ms, started_ms, stop_at_ms, closable)
        may_stop = may_stop if closable else None
        finished: Finished | None = None
        why = ""
        async with pumped(self.backend.chat(_request(prompt))) as pump:
            while not why:
                answering = bool(transcript.pieces[SegmentKind.ANSWER])
                event = await pump.next(clock.left_s(transcript), None if answering else may_stop)
                if event is None and not answering and may_stop is not None and may_stop.is_set():
                    why = "cancel"
                elif event is None:
                    why = clock.why_stopped(transcript)
                elif isinstance(event, Finished):
                    finished, why = event, "done" if event.reason == "stop" else event.reason
                else:
                    reasoning = isinstance(event, ReasoningDelta)
                    transcript.take(parser.feed_reasoning(event.text) if reasoning else parser.feed(event.text))
                    self.on_progress(_progress(transcript))
                    if closable:
                        why = "judge" if parser.flags.judge_overflow else _enough(policy, control, transcript)
        transcript.take(parser.finish())
        if parser.flags.prefill_ignored:
            self._lose_prefill()
        if why == "done" and parser.flags.unterminated and parser.flags.tagless and not self.profile.can_prefill:
            # Where the model decides itself whether to think, an answer without any tag is what it is.
            transcript.take_all_for_answer()
        transcript.ended(finished, parser.flags)
        return _End(why, finished)


@frozen
class _Clock:
    """How long to wait for the next piece of one stream."""

    now_ms: Callable[[], float]
    started_ms: float
    stop_at_ms: float
    closable: bool  # thinking that takes too long can be ended for an answer

    def left_s(self, transcript: Transcript) -> float:
        """Thinking has to end sooner than the answer."""
        until_ms = self.stop_at_ms
        if transcript.thinking and self.closable:
            until_ms -= (self.stop_at_ms - self.started_ms) * _ANSWER_SHARE
        return (until_ms - self.now_ms()) / 1_000

    def why_stopped(self, transcript: Transcript) -> str:
        """Why nothing came. Raises ``BackendTimeout`` where nothing has come at all."""
        if transcript.thinking and self.closable and self.now_ms() < self.stop_at_ms:
            return "budget"
        if not any(transcript.pieces.values()):
            raise BackendTimeout(
                "The model did not begin to answer in time.",
                hint="A longer assist.deadline_s, a smaller model or a faster server would help.",
            )
        return "deadline"


def _enough(policy: ThinkPolicy, control: Control, transcript: Transcript) -> str:
    """Why the thinking is to be closed now, if it is."""
    if not transcript.thinking:
        return ""
    if control.answer_now.is_set():
        return "cancel"
    over = policy.budget_tokens and transcript.pieces[SegmentKind.THINK] > policy.budget_tokens
    return "budget" if over else ""


def _why_cut(end: _End) -> str:
    """One sentence for the user."""
    told = end.finished.told if end.finished is not None else ""
    match end.why:
        case "content_filter":
            named = f" ({told})" if told and told != "content_filter" else ""
            return f"The model's answer was cut: the server's content filter withheld the rest{named}."
        case "cut":
            return f"The model's answer was cut: the server ended it early (finish_reason: {told or 'unknown'})."
        case "length":
            return "The model's answer was cut: it reached its limit of tokens (assist.max_tokens)."
        case "deadline":
            return "The model's answer was cut: it took longer than assist.deadline_s."
        case _:
            return "The model's answer was cut."


def _request(prompt: ChatPrompt, *, max_tokens: int | None = None) -> ChatRequest:
    return ChatRequest(
        messages=prompt.messages,
        max_tokens=prompt.max_tokens if max_tokens is None else max_tokens,
        stop=prompt.stop,
        prefill=prompt.prefill,
        fields=prompt.fields,
    )


def _progress(transcript: Transcript) -> Progress:
    thought, judge = transcript.text(SegmentKind.THINK), transcript.text(SegmentKind.JUDGE)
    return Progress(transcript.thinking, sum(transcript.pieces.values()), thought, judge.strip())
