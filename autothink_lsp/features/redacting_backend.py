"""The proxy in front of every backend: hides secrets in what is sent, and restores them in completions.

`connector.py` wraps every backend that a feature gets; there is no other way to a model server. A feature that forgets
to redact, or builds a prompt from harmless parts that form a secret, still sends none. Answers of chats keep the
placeholders: only the code that makes an edit may restore secrets (`features/assist`), since prose is shown where links
are followed.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial

from attrs import define, field

from autothink_lsp.backends.base import (
    ChatEvent,
    ChatHole,
    ChatRequest,
    FimRequest,
    Finished,
    StreamEvent,
    TextDelta,
    Timings,
)
from autothink_lsp.context.redaction import Restorer, SecretNames
from autothink_lsp.features.forwarding_backend import ForwardingBackend
from autothink_lsp.values import ChatMessage, evolve


@define(eq=False)
class RedactingBackend(ForwardingBackend):
    """A ``Backend`` that redacts the requests to ``inner``. Token counts are passed on as they are: they are asked of
    vocabulary markers, which hold no secrets."""

    names: SecretNames

    async def stream(self, request: FimRequest) -> AsyncGenerator[StreamEvent, None]:
        """The completion of ``inner``; it ends at a placeholder that was not in the prompt."""
        prompt = self.names.hide(request.prompt)
        restorer = Restorer(self.names, self.names.sent_in(prompt))
        parts = _RestoredParts(restorer)
        chat = partial(self._hidden_hole, request.chat) if request.chat is not None else None
        async with contextlib.aclosing(self.inner.stream(evolve(request, prompt=prompt, chat=chat))) as events:
            async for event in events:
                delta = parts.finish(event) if isinstance(event, Finished) else parts.restore(event)
                if delta is not None:
                    yield delta
                if restorer.unresolved:
                    yield Finished("stop", timings=event.timings)
                    return
                if isinstance(event, Finished):
                    yield event

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """The chat of ``inner``, with placeholders in its text."""
        *contents, prefill = self.names.hide_all((*(message.content for message in request.messages), request.prefill))
        hidden = evolve(request, messages=_with_contents(request.messages, contents), prefill=prefill)
        async with contextlib.aclosing(self.inner.chat(hidden)) as events:
            async for event in events:
                yield event

    def _hidden_hole(self, make: Callable[[], ChatHole]) -> ChatHole:
        """The chat form of a completion, whose code is that of its prompt."""
        hole = make()
        contents = self.names.hide_all(message.content for message in hole.messages)
        return evolve(hole, messages=_with_contents(hole.messages, contents))


@define(eq=False)
class _RestoredParts:
    """The parts of a streamed answer with their secrets. Pieces whose text is held back count with the piece that
    brings the text: its log-probability is the sum of theirs."""

    restorer: Restorer
    _logprobs: tuple[float, ...] = field(default=(), init=False)  # of text that is held back
    _held: list[float] = field(factory=list, init=False)  # the log-probability of each piece that is held back

    def restore(self, delta: TextDelta) -> TextDelta | None:
        """The part with what is certain now; ``None`` if all of it is held back."""
        brings_text = not delta.pieces or delta.pieces[-1][0]
        if brings_text and not (self._held or self._logprobs) and self.restorer.keeps(delta.text):
            return delta
        text, start = "", 0
        pieces: list[tuple[int, float]] = []
        for length, logprob in delta.pieces or ((len(delta.text), sum(delta.logprobs)),):
            restored = self.restorer.feed(delta.text[start : start + length])
            start += length
            self._held.append(logprob)
            if restored:
                text += restored
                pieces += self._brought(len(restored))
            if self.restorer.unresolved:
                break
        if text == delta.text and not self._logprobs and not self._held:
            return delta
        self._logprobs += delta.logprobs
        return self._delta(text, delta.timings, pieces)

    def finish(self, event: Finished) -> TextDelta | None:
        """What was held back, as a last part."""
        text = self.restorer.finish()
        return self._delta(text, event.timings, self._brought(len(text)) if text else [])

    def _brought(self, length: int) -> list[tuple[int, float]]:
        """The held pieces, the last of which brings ``length`` characters."""
        *silent, _ = self._held or [0.0]
        found = [*((0, 0.0) for _ in silent), (length, sum(self._held))]
        self._held.clear()
        return found

    def _delta(self, text: str, timings: Timings | None, pieces: list[tuple[int, float]]) -> TextDelta | None:
        if not text:
            return None
        logprobs, self._logprobs = self._logprobs, ()
        is_plain = len(pieces) == 1 and not self._held  # else the log-probabilities are of more than this text
        return TextDelta(text, timings, logprobs, () if is_plain else tuple(pieces))


def _with_contents(messages: Sequence[ChatMessage], contents: Sequence[str]) -> tuple[ChatMessage, ...]:
    return tuple(evolve(message, content=content) for message, content in zip(messages, contents, strict=True))
