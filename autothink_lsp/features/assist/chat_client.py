"""Sends one question to the model, over up to three streams, and returns the reply.

Decides when to end the thinking (budget, deadline, "answer now", a judge without a decision) and then gets an answer
from the thinking so far by sending back the closed partial thought. Must not decide what to do with the reply.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from attrs import define, evolve, field, frozen

from autothink_lsp.backends.base import Backend, ChatRequest, Finished, ReasoningDelta
from autothink_lsp.errors import BackendTimeout, BackendUnavailable, BadResponse, PrefillRefused
from autothink_lsp.features.assist.actions import Control
from autothink_lsp.features.assist.answer_limit import is_going_round
from autothink_lsp.features.assist.reply import Reply, Transcript, Truncated
from autothink_lsp.features.assist.stream_queue import queued_stream
from autothink_lsp.prompt.chat import ChatPrompt, render_chat_prompt, resend_with_thinking_closed
from autothink_lsp.prompt.think.choose import StreamForm
from autothink_lsp.prompt.think.profile import PLAIN, ThinkProfile, without_prefill
from autothink_lsp.stream.run_on import without_run_on
from autothink_lsp.stream.segments import SegmentKind
from autothink_lsp.stream.think_parser import ThinkParser
from autothink_lsp.thinking.mode import OFF, ThinkMode, ThinkPolicy
from autothink_lsp.values import ChatMessage

logger = logging.getLogger(__name__)

# Closing the thinking may be needed once for each of its reasons, but not indefinitely.
_MOST_STREAMS = 3
_LEAST_SECOND_TRY_S = 2.0  # with less time left, an interrupted stream is not requested again (chosen)
_TRUNCATED: dict[str, Truncated] = {"budget": "budget", "deadline": "deadline", "cancel": "cancel"}
# The share of the remaining time that thinking must leave for the answer.
_ANSWER_SHARE = 0.35


@frozen
class GenerationProgress:
    """The state of a stream. ``thought`` is the whole thinking so far, ``judge`` the judge output of an AutoThink model
    before it."""

    thinking: bool
    tokens: int
    thought: str = ""
    judge: str = ""

    @property
    def last_line(self) -> str:
        """The last line of the thinking."""
        return self.thought[-400:].rstrip().rpartition("\n")[2]


@frozen
class _End:
    """Why reading a stream ended: ``done``, another value of ``FinishReason``, or the reason to close the thinking."""

    why: str
    finished: Finished | None


@define(eq=False)
class ChatClient:
    """Queries one endpoint with one think profile. Raises ``BackendError``; cancellation closes the stream."""

    backend: Backend
    profile: ThinkProfile
    now_ms: Callable[[], float]
    on_progress: Callable[[GenerationProgress], None] = field(default=lambda _: None)
    on_prefill_lost: Callable[[], None] = field(default=lambda: None)
    """Called once where the server refuses or ignores a begun answer; this object sends none from then on."""
    on_form_seen: Callable[[StreamForm], None] = field(default=lambda _: None)
    """Called where a model that is not known to think has thought."""

    async def ask(
        self,
        messages: tuple[ChatMessage, ...],
        policy: ThinkPolicy,
        *,
        answer_tokens: int,
        control: Control,
        stop_at_ms: float,
        temperature: float = 0.0,
    ) -> Reply:
        """The model's reply to ``messages``. At ``stop_at_ms``, on the clock of ``now_ms``, the text so far becomes the
        reply, marked as cut."""
        started_ms = self.now_ms()
        prompt = render_chat_prompt(messages, policy, self.profile, answer_tokens=answer_tokens)
        transcript = Transcript()
        truncated: Truncated = "none"
        end = _End("done", None)
        question = _Question(policy, transcript, control, _Clock(self.now_ms, started_ms, stop_at_ms), temperature)
        for number in range(_MOST_STREAMS):
            # Streams after the first one already contain the answer, so "answer now" must not end them.
            may_stop = control.answer_now if number == 0 and policy.mode is not ThinkMode.OFF else None
            try:
                end = await self._whole_stream(question, prompt, may_stop)
            except PrefillRefused:
                self._lose_prefill()
                if number > 0:  # the thinking was to be closed
                    break
                prompt = render_chat_prompt(messages, policy, self.profile, answer_tokens=answer_tokens)
                end = await self._stream(question, prompt, may_stop)
            truncated = _TRUNCATED.get(end.why, truncated)
            following = self._follow_up_prompt(end, prompt, messages, transcript, answer_tokens)
            if following is None or number == _MOST_STREAMS - 1:
                break
            prompt = evolve(following, is_follow_up=True)
        self._tell_form(transcript)
        return Reply(
            answer=without_run_on(transcript.text(SegmentKind.ANSWER)),
            thinking=transcript.text(SegmentKind.THINK),
            judge=transcript.text(SegmentKind.JUDGE).strip(),
            finished=end.why == "done",
            outcome=transcript.outcome(prefilled=bool(prompt.prefill), truncated=truncated, judges=self.profile.judges),
            tokens=transcript.tokens,
            seconds=(self.now_ms() - started_ms) / 1_000,
            first_token_s=((transcript.first_ms or self.now_ms()) - started_ms) / 1_000,
            why_cut="" if end.why == "done" else _why_cut(end),
            is_cut_by_limit=end.why in {"length", "loop", "deadline"},
        )

    def _tell_form(self, transcript: Transcript) -> None:
        """Report the form of a stream: a model that is not known to think may do so under another name."""
        if self.profile.name != PLAIN.name:
            return
        form = StreamForm(
            has_mode_tag=bool(transcript.pieces[SegmentKind.MODE]),
            has_thinking=bool(transcript.text(SegmentKind.THINK).strip()),
            is_in_field=transcript.has_reasoning_field,
            is_opened_in_prompt=transcript.has_retracted,
        )
        if form.has_mode_tag or form.has_thinking:
            self.on_form_seen(form)

    async def warm(self, messages: tuple[ChatMessage, ...], policy: ThinkPolicy) -> None:
        """Prefill the prompt on the server without generating an answer."""
        for last in (False, True):
            request = _request(render_chat_prompt(messages, policy, self.profile, answer_tokens=0), max_tokens=0)
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

    def _request(self, prompt: ChatPrompt, temperature: float) -> ChatRequest:
        """Make the request. One that may think uses the sampling of the model's card; one without thinking is greedy by
        default."""
        request = _request(prompt, temperature=temperature)
        if prompt.mode is ThinkMode.OFF:
            return request if not temperature else evolve(request, top_p=self.profile.sampling_top_p)
        temperature = self.profile.sampling_temperature
        return evolve(request, temperature=temperature, top_p=self.profile.sampling_top_p)

    def _can_close_thinking(self) -> bool:
        """Whether the thinking can be ended early to request an answer; otherwise the stream is read to its end."""
        profile = self.profile
        return profile.can_prefill or profile.off_fields != profile.on_fields

    def _follow_up_prompt(
        self,
        end: _End,
        prompt: ChatPrompt,
        messages: tuple[ChatMessage, ...],
        transcript: Transcript,
        answer_tokens: int,
    ) -> ChatPrompt | None:
        """The prompt that requests the missing answer; ``None`` if there is an answer, or if it cannot be requested."""
        if transcript.text(SegmentKind.ANSWER).strip() or end.why in {"deadline", "content_filter"}:
            return None
        thought = transcript.text(SegmentKind.THINK)
        if end.why == "judge" or (end.why == "cancel" and not thought.strip()):
            return render_chat_prompt(messages, OFF, self.profile, answer_tokens=answer_tokens)
        return resend_with_thinking_closed(prompt, self.profile, thought) if thought.strip() else None

    async def _whole_stream(self, question: _Question, prompt: ChatPrompt, may_stop: asyncio.Event | None) -> _End:
        """Read one stream; repeat it from its beginning if the connection broke in the middle. Raises
        ``BackendError``."""
        transcript = question.transcript
        before = transcript.mark()
        try:
            return await self._stream(question, prompt, may_stop)
        except (BackendUnavailable, BadResponse) as error:
            has_begun = transcript.mark() != before
            if not has_begun or not error.retryable or question.clock.left_s(transcript) < _LEAST_SECOND_TRY_S:
                raise
            logger.info("asked once more: %s", error.message)
        transcript.cut_back(before)
        return await self._stream(question, prompt, may_stop)

    async def _stream(self, question: _Question, prompt: ChatPrompt, may_stop: asyncio.Event | None) -> _End:
        transcript = question.transcript
        parser = ThinkParser(prompt.tag_style, prompt.start_state, prefill=prompt.prefill)
        closable = self._can_close_thinking()
        clock = evolve(question.clock, closable=closable)
        prompts = [message.content for message in prompt.messages]
        may_stop = may_stop if closable else None
        finished: Finished | None = None
        why = ""
        async with queued_stream(self.backend.chat(self._request(prompt, question.temperature))) as pump:
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
                    transcript.first_ms = transcript.first_ms or self.now_ms()
                    transcript.add(parser.feed_reasoning(event.text) if reasoning else parser.feed(event.text))
                    self.on_progress(_progress(transcript))
                    if not reasoning and is_going_round(transcript.answer_tail, prompts):
                        why = "loop"
                        continue
                    if closable:
                        why = "judge" if parser.flags.judge_overflow else _why_close_thinking(question)
        transcript.add(parser.finish())
        if parser.flags.prefill_ignored:
            self._lose_prefill()
        if why == "done" and parser.flags.unterminated and parser.flags.tagless and not self.profile.can_prefill:
            # If the model decides whether to think, text without a tag is an answer.
            transcript.reclassify_as_answer()
        transcript.on_stream_end(finished, parser.flags)
        return _End(why, finished)


@frozen
class _Clock:
    """The time limits for the next event of a stream."""

    now_ms: Callable[[], float]
    started_ms: float
    stop_at_ms: float
    closable: bool = False  # thinking that takes too long can be ended for an answer

    def left_s(self, transcript: Transcript) -> float:
        """Seconds until the deadline; while the model thinks, until the share reserved for the answer begins."""
        until_ms = self.stop_at_ms
        if transcript.thinking and self.closable:
            until_ms -= (self.stop_at_ms - self.started_ms) * _ANSWER_SHARE
        return (until_ms - self.now_ms()) / 1_000

    def why_stopped(self, transcript: Transcript) -> str:
        """The reason why no event arrived in time. Raises ``BackendTimeout`` if the model has generated nothing."""
        if transcript.thinking and self.closable and self.now_ms() < self.stop_at_ms:
            return "budget"
        if not any(transcript.pieces.values()):
            raise BackendTimeout(
                "The model did not begin to answer in time.",
                hint="A longer assist.deadline_s, a smaller model or a faster server would help.",
            )
        return "deadline"


@frozen
class _Question:
    """What all streams of one question share. ``temperature`` is that of an answer without thinking."""

    policy: ThinkPolicy
    transcript: Transcript
    control: Control
    clock: _Clock
    temperature: float


def _why_close_thinking(question: _Question) -> str:
    """The reason to close the thinking now; empty if there is none."""
    if not question.transcript.thinking:
        return ""
    if question.control.answer_now.is_set():
        return "cancel"
    budget_tokens = question.policy.budget_tokens
    over = budget_tokens and question.transcript.pieces[SegmentKind.THINK] > budget_tokens
    return "budget" if over else ""


def _why_cut(end: _End) -> str:
    """The reason why the answer is incomplete, as a sentence for the user."""
    server_reason = end.finished.server_reason if end.finished is not None else ""
    match end.why:
        case "content_filter":
            named = f" ({server_reason})" if server_reason and server_reason != "content_filter" else ""
            return f"The model's answer was cut: the server's content filter withheld the rest{named}."
        case "cut":
            return (
                f"The model's answer was cut: the server ended it early (finish_reason: {server_reason or 'unknown'})."
            )
        case "length":
            return "The model's answer was cut: it reached its limit of tokens."
        case "loop":
            return "The model's answer was cut: it repeated itself."
        case "deadline":
            return "The model's answer was cut: it took longer than assist.deadline_s."
        case _:
            return "The model's answer was cut."


def _request(prompt: ChatPrompt, *, max_tokens: int | None = None, temperature: float = 0.0) -> ChatRequest:
    return ChatRequest(
        messages=prompt.messages,
        max_tokens=prompt.max_tokens if max_tokens is None else max_tokens,
        stop=prompt.stop,
        temperature=temperature,
        prefill=prompt.prefill,
        fields=prompt.fields,
        is_follow_up=prompt.is_follow_up,
    )


def _progress(transcript: Transcript) -> GenerationProgress:
    thought, judge = transcript.text(SegmentKind.THINK), transcript.text(SegmentKind.JUDGE)
    return GenerationProgress(transcript.thinking, sum(transcript.pieces.values()), thought, judge.strip())
