"""Parses the streams of OpenAI-compatible servers: pieces of a completion or a chat, usage, and finish reason."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from itertools import chain
from typing import Any, Literal, TypeGuard

from autothink_lsp.backends.base import Finished, ReasoningDelta, TextDelta, Timings, Usage
from autothink_lsp.backends.content_parts import Part, is_reasoning, is_refusal, parts_of, reasoning_of
from autothink_lsp.backends.finish_reason import (
    FINISH_FIELDS,
    LOSS_FIELDS,
    FinishReason,
    finish_of,
    says_prompt_shortened,
    says_unfinished,
    worse,
)
from autothink_lsp.backends.http_errors import ErrorTranslator
from autothink_lsp.backends.response_fields import (
    count_of,
    parse_event,
    parse_logprobs,
    parse_timings,
    parse_usage,
    raise_reported_error,
)
from autothink_lsp.backends.sse import SseEvent
from autothink_lsp.backends.surrogate_pairs import SurrogatePairs
from autothink_lsp.errors import BackendError

_log = logging.getLogger(__name__)
# Fields that a piece of a completion may have besides its text: a failure or the finish reason is read from them.
_NOTED_OF_CHOICE = ("error", "x_groq", "base_resp", "delta", *FINISH_FIELDS, *LOSS_FIELDS)
_NOTED = ("usage", "timings", *_NOTED_OF_CHOICE)
_NAMED_ENDS = frozenset({"done", "end", "close", "eof", "message_stop", "complete", "completed", "finish", "finished"})
_END_FIELDS = ("type", "object", "event")
_END = re.compile(r"[\"'\[<]{0,2}(?:DONE|(?:STREAM_)?END|EOS|FINISH(?:ED)?|COMPLETED?)[\"'\]>]{0,2}\Z", re.IGNORECASE)
_State = Literal["none", "unfinished", "unfinished before", "not yet", "cut"]
_read_json = json.JSONDecoder().raw_decode  # ``loads`` without the search for blanks around the value


class OpenAIStreamReader:
    """Parses one answer event by event. Raises ``BackendError`` for invalid events and reported failures.

    Only one choice is read: the first one with text. Pieces of other choices are ignored.
    """

    def __init__(self, errors: ErrorTranslator) -> None:
        self._errors = errors
        self._begun = False
        self._has_text = False
        self._whole = ""  # the text of messages, where the answer comes in messages and not in deltas
        self._pairs: dict[str, SurrogatePairs] = {"text": SurrogatePairs(), "reasoning": SurrogatePairs()}
        self._index: int | None = None  # of the choice that is read
        self._passed_over = ""  # the first data that was not an object, for the message if nothing else arrived
        self._ends: dict[int, tuple[FinishReason, str]] = {}  # by choice: reason, server's word
        self._state: _State = "none"
        self._is_unfinished = False  # by the newest event with a state or choices
        self._is_prompt_shortened = False
        self._usual: object = None  # the newest event with nothing to note, without its text and log-probabilities
        self._is_reasoning = False  # the newest piece, by a mark beside its delta
        self.done = False
        self.usage = Usage()
        self.timings: Timings | None = None
        self.logprobs: tuple[float, ...] = ()  # of the newest piece of a completion

    @property
    def reason(self) -> FinishReason | None:
        """The finish reason of the choice that is read; ``None`` while it continues."""
        return self._end[0] if self._end is not None else None

    @property
    def _end(self) -> tuple[FinishReason, str] | None:
        index = min(self._ends, default=0) if self._index is None else self._index
        return self._ends.get(index)

    def text(self, event: SseEvent) -> str:
        """The text of a completion event; some gateways send chat events instead."""
        self.logprobs = ()
        usual = self._usual_text(event)
        if usual is not None:
            return usual
        choice = self._choice(event)
        if choice is None:
            return ""
        self.logprobs = parse_logprobs(choice.get("logprobs"))
        content = choice.get("text")
        if content is None:
            delta = self._delta(choice)
            is_text = delta is not None and not is_reasoning(delta) and not self._is_reasoning
            content = delta.get("content") if delta is not None and is_text else None
        text = "".join(piece for kind, piece in self._parts(content, event) if kind == "text")
        self._note_text(choice, text)
        return self._pairs["text"].feed(text)

    def _usual_text(self, event: SseEvent) -> str | None:
        """As ``text``, for what nearly all events are: one choice with a text and nothing else to note. ``None``,
        without an effect, for any other event."""
        if self.done or self._index or self._state != "none" or event.kind != "message":
            return None
        try:
            value, end = _read_json(event.data)
            (choice,) = value["choices"]
            text = choice["text"]
        except (ValueError, TypeError, LookupError, RecursionError):
            return None
        if end != len(event.data) or type(text) is not str or not _notes_nothing(value, choice):
            return None
        self._begun = True
        self.logprobs = parse_logprobs(choice.get("logprobs"))
        self._note_text(choice, text)
        return self._pairs["text"].feed(text)

    def usual_delta(self, events: Sequence[SseEvent]) -> TextDelta | None:
        """The text of several events as one part, as ``joined_deltas`` of what ``text`` returns for each of them.
        ``None``, without an effect, if one of them is not what nearly all are, or has no text."""
        if self.done or self._index or self._state != "none":
            return None
        texts: list[str] = []
        heard: list[tuple[float, ...]] = []
        try:
            for value, _ in (decoded := [_read_json(event.data) for event in events]):
                (choice,) = value["choices"]
                texts.append(choice.pop("text"))
                noted = choice.pop("logprobs", None)
                heard.append(parse_logprobs(noted) if noted is not None else ())
                # Most events of an answer differ in these two only.
                if value != self._usual and not _notes_nothing(value, choice):
                    return None
                self._usual = value
            whole = "".join(texts)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return None
        is_usual = all(texts) and [end for _, end in decoded] == [len(event.data) for event in events]
        if not is_usual or not whole or {event.kind for event in events} != {"message"}:
            return None
        if not self._pairs["text"].keeps(whole):
            return None
        self._begun = self._has_text = True
        self._index, self.logprobs = 0, ()
        pieces = tuple(zip(map(len, texts), map(sum, heard), strict=True))
        return TextDelta(whole, None, tuple(chain.from_iterable(heard)), pieces if len(pieces) > 1 else ())

    def deltas(self, event: SseEvent) -> list[TextDelta | ReasoningDelta]:
        """The deltas of a chat event, those of a separate reasoning field first. Unknown fields are ignored."""
        choice = self._choice(event)
        if choice is None:
            return []
        delta = self._delta(choice)
        if delta is None:
            content, reasoning = choice.get("text"), ""
        else:
            content = delta.get("content")
            reasoning = reasoning_of(delta)[0] or reasoning_of(choice)[0]
            if delta.get("refusal") and isinstance(delta["refusal"], str):  # a refusal of the model, in OpenAI's field
                self._note_end(choice, "content_filter", "refusal")
        parts = self._parts(content, event)
        if delta is not None and parts and (self._is_reasoning or is_reasoning(delta)):
            parts = [("reasoning", piece) for _, piece in parts]
        if is_refusal(content):
            self._note_end(choice, "content_filter", "refusal")
        self._note_text(choice, reasoning or "".join(piece for _, piece in parts))
        found: list[TextDelta | ReasoningDelta] = []
        for kind, piece in [("reasoning", reasoning), *parts]:
            if whole := self._pairs[kind].feed(piece):
                found.append(TextDelta(whole, self.timings) if kind == "text" else ReasoningDelta(whole))
        return found

    def finished(self) -> Finished:
        """The last event. Raises ``BackendError`` if the answer is incomplete or never began.

        ``[DONE]`` without a finish reason is a good end (some gateways send nothing else); the end of the connection
        alone is not.
        """
        if not self._begun and self._passed_over:
            raise self._errors.rubbish("something that is not a piece of a completion", self._passed_over, status=200)
        if self.reason is None and not self.done:
            raise self._errors.broke_off()
        if not self._begun:
            raise self._errors.rubbish("an end without an answer", status=200)
        end = self._end or self._end_of_others()
        reason, server_reason = end or ("stop", "")
        is_cut = self._state in {"unfinished", "unfinished before", "cut"} or (end is None and self._is_unfinished)
        if reason == "stop" and is_cut:
            reason = "length"
        if self._is_prompt_shortened:
            log_shortened_prompt(self._errors.endpoint.place)
        return Finished(reason, self.usage, self.timings, "" if reason in {"stop", "length"} else server_reason)

    def _end_of_others(self) -> tuple[FinishReason, str] | None:
        """The reason of a choice without text, where the choice that is read has none: some servers count twice."""
        return max(self._ends.values(), key=lambda end: end[0] != "stop", default=None)

    def _choice(self, event: SseEvent) -> dict[str, Any] | None:
        """Store usage and finish reasons of the event and return the choice that is read; ``None`` if there is none."""
        if self.done:  # data after the end does not belong to the answer
            return None
        if is_done(event):
            self.done = True
            return None
        piece = parse_event(event, self._errors)
        if piece is None:
            self._passed_over = self._passed_over or event.data
            return None
        piece = _unwrapped(piece)
        usage = piece.get("usage")
        self.usage = _with_reasoning(parse_usage(usage), usage) or self.usage
        self.timings = parse_timings(piece.get("timings"), self.usage.prompt_tokens) or self.timings
        choices = piece.get("choices")
        if isinstance(choices, dict):
            choices = [choices]
        if choices is not None and not _is_list_of_choices(choices):
            raise self._unreadable(event)  # a piece of the answer may be lost with it
        if choices is None:
            self.done = _is_end(piece)
            if self.done and (end := finish_of({}, piece)):
                self._note_end({"index": self._index or 0}, *end)
            if "status" in piece:
                self._note_state(says_unfinished(piece), ends=self.done)
            self._begun = self._begun or isinstance(usage, dict)
            self._passed_over = self._passed_over or event.data
            return None
        self._begun = True
        choice = self._own(choices)
        if choice is not None:
            raise_reported_error(choice, self._errors)
            self._is_reasoning = is_reasoning(choice) or is_reasoning({"extra_content": piece.get("extra_content")})
        ends = False
        for one in (choice,) if choice is not None or not choices else choices:
            if end := finish_of(one or {}, piece):
                self._note_end(one or {"index": self._index or 0}, *end)
                ends = True
        self._is_prompt_shortened |= says_prompt_shortened(piece, choice or {})
        self._note_state(says_unfinished(piece) or says_unfinished(choice or {}), ends=ends)
        return choice

    def _note_state(self, is_unfinished: bool, *, ends: bool) -> None:
        """Note the state that an event reports. "Incomplete" means that the answer was cut, unless more of it follows:
        then it meant "not yet complete", as it does from there on, except beside a finish reason, and in the last event
        of an answer without one."""
        self._is_unfinished = is_unfinished
        if self._state == "unfinished":
            self._state = "unfinished before"
        if is_unfinished and (ends or self._state == "none"):
            self._state = "cut" if ends else "unfinished"

    def _note_end(self, choice: dict[str, Any], reason: FinishReason, server_reason: str) -> None:
        index = _index_of(choice)
        old = self._ends.get(index)
        if old is None or worse(old[0], reason) != old[0]:
            self._ends[index] = (reason, server_reason)

    def _own(self, choices: list[Any]) -> dict[str, Any] | None:
        """The choice that is read: until one has text, the one with the lowest index."""
        found = [(_index_of(choice), choice) for choice in choices if isinstance(choice, dict)]
        if self._index is not None:
            return next((choice for index, choice in found if index == self._index), None)
        return min(found, key=lambda pair: pair[0], default=(0, None))[1]

    def _delta(self, choice: dict[str, Any]) -> dict[str, Any] | None:
        """The message of a choice, or its delta. A complete message after streamed deltas repeats them and is ignored.
        Where messages alone are streamed, each has the next piece, or all text so far."""
        delta = choice.get("delta")
        if isinstance(delta, dict):
            return delta
        if isinstance(delta, str):
            return {"content": delta}
        message = choice.get("message")
        if not isinstance(message, dict) or (self._has_text and not self._whole):
            return None
        content = message.get("content")
        if isinstance(content, str):
            message = {**message, "content": content.removeprefix(self._whole)}
            self._whole += message["content"]
        return message

    def _parts(self, content: object, event: SseEvent) -> list[Part]:
        try:
            return parts_of(content)
        except TypeError:
            raise self._unreadable(event) from None

    def _unreadable(self, event: SseEvent) -> BackendError:
        return self._errors.rubbish("something that is not a piece of a completion", event.data, status=200)

    def _note_text(self, choice: dict[str, Any], text: str) -> None:
        if text:
            self._has_text = True
            if self._state == "unfinished before":
                self._state = "not yet"
            if self._index is None:
                self._index = _index_of(choice)


def _notes_nothing(value: dict[str, Any], choice: dict[str, Any]) -> bool:
    """Whether the event has the first choice and nothing to note besides its text."""
    return (
        choice.get("index", 0) == 0
        and not (any(map(choice.get, _NOTED_OF_CHOICE)) or any(map(value.get, _NOTED)))
        and "error" not in (value.get("object"), value.get("type"), choice.get("object"), choice.get("type"))
    )


def log_shortened_prompt(place: str) -> None:
    """Log that llama.cpp shortened the prompt of an answer."""
    _log.info("%s shortened the prompt, which does not fit its context: the answer is made from a part of it", place)


def is_done(event: SseEvent) -> bool:
    """Whether the event ends the stream: ``[DONE]``, or an event with such a name and no object."""
    data = event.data.strip()
    if _END.match(data):
        return True
    return event.kind.lower() in _NAMED_ENDS and not data.startswith("{")


def _is_end(piece: dict[str, Any]) -> bool:
    """Whether an object without choices ends the stream: ``{"done": true}``, ``{"type": "message_stop"}``."""
    names = [value.lower() for name in _END_FIELDS if isinstance(value := piece.get(name), str)]
    return piece.get("done") is True or any(name in _NAMED_ENDS for name in names)


def _unwrapped(piece: dict[str, Any]) -> dict[str, Any]:
    """The object with the choices: some gateways put it into another one (DashScope: ``output``)."""
    if piece.get("choices") is not None:
        return piece
    for name in ("data", "result", "output", "response"):
        inner = piece.get(name)
        if isinstance(inner, dict) and inner.get("choices"):
            return {**piece, **inner}
    return piece


def _is_list_of_choices(value: object) -> TypeGuard[list[dict[str, Any] | None]]:
    return isinstance(value, list) and all(each is None or isinstance(each, dict) for each in value)


def _index_of(choice: dict[str, Any]) -> int:
    index = choice.get("index")
    if isinstance(index, str) and index.isascii() and index.isdigit() and len(index) < 10:
        return int(index)
    return index if isinstance(index, int) else 0


def _with_reasoning(usage: Usage | None, value: object) -> Usage | None:
    """``usage`` with the reasoning tokens: OpenAI has them in ``completion_tokens_details``, SGLang at the top
    level."""
    if usage is None or not isinstance(value, dict):
        return usage
    details = value.get("completion_tokens_details")
    reasoning_tokens = details.get("reasoning_tokens") if isinstance(details, dict) else value.get("reasoning_tokens")
    return Usage(usage.prompt_tokens, usage.completion_tokens, count_of(reasoning_tokens))
