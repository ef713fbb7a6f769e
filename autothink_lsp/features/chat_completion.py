"""Completes through chat where a server has no ``/v1/completions``.

Whether it has is decided by the first completion, not by the server's name: where the route is refused, the same hole
is sent as a chat with thinking off, and if that is answered, all later ones go that way. The connector puts this around
an OpenAI-compatible server, behind redaction.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import AsyncGenerator

from attrs import define, field

from autothink_lsp.backends.base import (
    ChatEvent,
    ChatHole,
    ChatRequest,
    FimRequest,
    Finished,
    ReasoningDelta,
    ServerDescription,
    StreamEvent,
    TextDelta,
)
from autothink_lsp.backends.endpoint import host_of
from autothink_lsp.backends.http_errors import names_no_model
from autothink_lsp.errors import BackendError, BadResponse, PrefillRefused
from autothink_lsp.features.completion.chat_hole import HoleText
from autothink_lsp.features.forwarding_backend import ForwardingBackend
from autothink_lsp.features.probing.capabilities import prefill_lost
from autothink_lsp.prompt.chat import ChatPrompt, render_chat_prompt
from autothink_lsp.prompt.think.choose import ProfileChoice, StreamForm, choose_profile, profile_of_stream
from autothink_lsp.stream.segments import SegmentKind
from autothink_lsp.stream.think_parser import ThinkParser
from autothink_lsp.thinking.mode import OFF

logger = logging.getLogger(__name__)

_NO_ROUTE = frozenset({404, 405, 501})
_ABOUT_CHAT = re.compile(
    r"\bchat model|chat/completions"
    r"|\bcompletions?\b[^.]{0,40}\b(?:not (?:supported|implemented|available|work)|only available)"
    r"|(?:unexpected|unknown|invalid|unsupported|no) (?:request )?(?:endpoint|path|route|url)\b"
    r"|not support[^.]{0,40}\bcompletions?\b|\bmessages\b.{0,60}\brequired\b|\brequired\b.{0,60}\bmessages\b",
    re.IGNORECASE,
)


def lacks_completions(error: BadResponse) -> bool:
    """Whether a server refused a raw completion because it has none, as far as its answer shows."""
    message = f"{error.message} {error.server_message}"
    if _ABOUT_CHAT.search(message):
        return True
    return error.status in _NO_ROUTE and not names_no_model(message)


@define(eq=False)
class ChatCompletionBackend(ForwardingBackend):
    """A ``Backend`` that sends completions to ``inner`` as they are, or as chats where it refuses them.

    ``completes_by_chat`` is ``None`` until a completion was answered.
    """

    completes_by_chat: bool | None = field(default=None, init=False)
    _choice: ProfileChoice | None = field(default=None, init=False)
    _server: str = field(default="", init=False)

    async def stream(self, request: FimRequest) -> AsyncGenerator[StreamEvent, None]:
        if self.completes_by_chat and request.chat is not None:
            async with contextlib.aclosing(self._by_chat(request, request.chat())) as events:
                async for event in events:
                    yield event
            return
        try:
            async with contextlib.aclosing(self.inner.stream(request)) as events:
                async for event in events:
                    self.completes_by_chat = False
                    yield event
        except BadResponse as error:
            if self.completes_by_chat is False or request.chat is None or not lacks_completions(error):
                raise
            refused = error
        else:
            return
        async with contextlib.aclosing(self._instead(request, request.chat(), refused)) as events:
            async for event in events:
                yield event

    async def _instead(
        self, request: FimRequest, hole: ChatHole, refused: BadResponse
    ) -> AsyncGenerator[StreamEvent, None]:
        """The chat for the completion that was ``refused``; that error if the server has no chats either."""
        try:
            async with contextlib.aclosing(self._by_chat(request, hole)) as events:
                async for event in events:
                    if self.completes_by_chat is None:
                        logger.info("the server has no raw completions: completing through its chat")
                        self.completes_by_chat = True
                    yield event
        except BadResponse as error:
            if self.completes_by_chat is None and lacks_completions(error):
                raise refused from error
            raise

    async def _by_chat(self, request: FimRequest, hole: ChatHole) -> AsyncGenerator[StreamEvent, None]:
        choice = await self._profile()
        try:
            async with contextlib.aclosing(self._chat_once(request, hole, choice)) as events:
                async for event in events:
                    yield event
        except PrefillRefused:
            self._choice = choice = prefill_lost(choice)
        else:
            return
        async with contextlib.aclosing(self._chat_once(request, hole, choice)) as events:
            async for event in events:
                yield event

    async def _chat_once(
        self, request: FimRequest, hole: ChatHole, choice: ProfileChoice
    ) -> AsyncGenerator[StreamEvent, None]:
        prompt = render_chat_prompt(hole.messages, OFF, choice.profile, answer_tokens=request.max_tokens)
        max_tokens = prompt.max_tokens if request.max_tokens else 0  # a prefill only
        chat = ChatRequest(
            messages=prompt.messages,
            max_tokens=max_tokens,
            stop=(*prompt.stop, *hole.stop),
            temperature=request.temperature,
            prefill=prompt.prefill,
            fields=prompt.fields,
        )
        answer = _HoleAnswer(hole, prompt)
        async with contextlib.aclosing(self.inner.chat(chat)) as events:
            async for event in events:
                text = answer.feed(event)
                if answer.thinking_was_shown:
                    form = StreamForm(has_thinking=True, is_opened_in_prompt=True)
                    self._choice = profile_of_stream(form, self._server, host_of(self.url)) or choice
                    raise BadResponse("The model began to think although thinking is off.", retryable=True)
                if text:
                    yield TextDelta(text, None if isinstance(event, ReasoningDelta) else event.timings)
                if isinstance(event, Finished):
                    yield event
                elif answer.ended:
                    yield Finished("stop", timings=None if isinstance(event, ReasoningDelta) else event.timings)
                    return

    async def _profile(self) -> ProfileChoice:
        """How the model is kept from thinking."""
        if self._choice is None:
            try:
                description = await self.inner.describe()
            except BackendError as error:
                logger.debug("no description of the server: %s", error.message)
                description = ServerDescription("")
            self._server = description.server
            self._choice = choose_profile(
                description.model or "",
                description.server,
                host=host_of(self.url),
                chat_template=description.chat_template,
            )
        return self._choice


class _HoleAnswer:
    """The text for the hole in the events of a chat: without thinking, and without what the model repeats."""

    def __init__(self, hole: ChatHole, prompt: ChatPrompt) -> None:
        self._parser = ThinkParser(prompt.tag_style, prompt.start_state, prefill=prompt.prefill)
        self._text = HoleText(hole)
        self.thinking_was_shown = False

    @property
    def ended(self) -> bool:
        """Whether the rest of the answer stands behind the code."""
        return self._text.ended

    def feed(self, event: ChatEvent) -> str:
        """The text that the event adds."""
        final = isinstance(event, Finished)
        if isinstance(event, ReasoningDelta):
            segments = self._parser.feed_reasoning(event.text)
        elif isinstance(event, Finished):
            segments = self._parser.finish()
        else:
            segments = self._parser.feed(event.text)
        self.thinking_was_shown = any(segment.kind is SegmentKind.RETRACT for segment in segments)
        answer = "".join(segment.text for segment in segments if segment.kind is SegmentKind.ANSWER)
        return self._text.feed(answer) + (self._text.finish() if final else "")
