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

from attrs import define

from autothink_lsp.backends.base import (
    ChatEvent,
    ChatHole,
    ChatRequest,
    FimRequest,
    Finished,
    StreamEvent,
    TextDelta,
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
        logprobs: tuple[float, ...] = ()  # of text that is held back, too
        chat = partial(self._hidden_hole, request.chat) if request.chat is not None else None
        async with contextlib.aclosing(self.inner.stream(evolve(request, prompt=prompt, chat=chat))) as events:
            async for event in events:
                final = isinstance(event, Finished)
                text = restorer.finish() if final else restorer.feed(event.text)
                if not isinstance(event, Finished) and text == event.text and not logprobs:
                    yield event
                    continue
                logprobs += () if isinstance(event, Finished) else event.logprobs
                if text:
                    yield TextDelta(text, event.timings, logprobs)
                    logprobs = ()
                if restorer.unresolved:
                    yield Finished("stop", timings=event.timings)
                    return
                if final:
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


def _with_contents(messages: Sequence[ChatMessage], contents: Sequence[str]) -> tuple[ChatMessage, ...]:
    return tuple(evolve(message, content=content) for message, content in zip(messages, contents, strict=True))
