"""The backend for servers with OpenAI's ``/v1/completions``: vLLM, SGLang, llama-server, Ollama, LM Studio, gateways.

Prompts contain the FIM tokens, and ``suffix`` is never sent, because most servers refuse it. Optional fields that a
server refuses are detected once, from its response to a real request, and remembered for the life of the backend.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from autothink_lsp.backends.base import (
    ChatEvent,
    ChatRequest,
    FimRequest,
    Finished,
    ServerDescription,
    StreamEvent,
    TextDelta,
    joined_deltas,
)
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.http import EventStream, HttpClient
from autothink_lsp.backends.http_errors import names_no_model
from autothink_lsp.backends.llama_server import chat_template_of, count_tokens
from autothink_lsp.backends.llama_slots import SlotGate, Turn
from autothink_lsp.backends.openai_dialect import (
    MOST_TRIES,
    Dialect,
    adapted_messages,
    chat_body,
    refuse_lost_prefill,
    simpler_dialect,
)
from autothink_lsp.backends.openai_models import api_base, context_tokens_of, default_model, entries_of
from autothink_lsp.backends.openai_stream import OpenAIStreamReader
from autothink_lsp.backends.sse import SseEvent
from autothink_lsp.backends.stop_text import StopText
from autothink_lsp.errors import BackendError, BadResponse, PrefillRefused
from autothink_lsp.values import evolve

logger = logging.getLogger(__name__)

_LEAST_LIMIT_TOKENS = 16
"""Requests for fewer tokens only look for what a server does."""
_MOST_EXCESS_TOKENS = 8
"""Of an answer that its limit ended: the end token, and tokens that were drafted."""

_SMALL_CHAT = ({"role": "user", "content": "Hello"},)


BodyMaker = Callable[["str | None", Dialect, "tuple[str, ...]"], dict[str, object]]


class OpenAIBackend:
    """See ``Backend``. Without a model in the settings, the first listed model that generates text is used."""

    name = "openai"

    def __init__(self, endpoint: Endpoint, client: HttpClient | None = None) -> None:
        self._http = client or HttpClient(endpoint)
        self._base = api_base(endpoint)
        self._label = endpoint.label
        self._configured_model = endpoint.model
        self._listed_model: str | None = None
        self._priority = endpoint.priority
        self._dialect = Dialect()
        self._completions_url = f"{self._base}/completions"
        self._root = self._base.removesuffix("/v1")
        self._slots = SlotGate(self._http, f"{self._root}/slots", keep_free=endpoint.keep_free)

    @property
    def url(self) -> str:
        return "" if self._label else self._base

    async def stream(self, request: FimRequest) -> AsyncGenerator[StreamEvent, None]:
        async with self._turn() as turn:
            stream, sent = await self._open(self._completions_url, request.stop, turn, partial(_body, request))
            stop_text = StopText(request.stop) if sent < len(request.stop) else None
            answer = OpenAIStreamReader(self._http.errors)
            silent = request.max_tokens == 0
            logprobs: tuple[float, ...] = ()  # of held-back text, too
            try:
                while not answer.done and (events := await _next(stream, answer)) is not None:
                    usual = None if silent or logprobs or stop_text is not None else answer.usual_delta(events)
                    deltas = [] if usual is None else [usual]
                    unreadable: BackendError | None = None
                    for event in events if usual is None else ():
                        try:
                            text = answer.text(event)
                        except BackendError as error:
                            unreadable = error
                            break
                        logprobs += answer.logprobs
                        if stop_text is not None:
                            text = stop_text.feed(text)
                        if text and not silent:
                            deltas.append(TextDelta(text, logprobs=logprobs))
                            logprobs = ()
                        if stop_text is not None and stop_text.found:
                            break
                    if deltas:
                        yield joined_deltas(deltas)
                    if unreadable is not None:
                        raise unreadable
                    if stop_text is not None and stop_text.found:
                        yield Finished("stop", answer.usage, answer.timings)
                        return
                turn.answered = answer.done or answer.reason is not None
                if answer.done:
                    stream.mark_complete()
                finished = answer.finished()
                if stop_text is not None and not silent and (rest := stop_text.finish()):
                    yield TextDelta(rest, logprobs=logprobs)
                yield finished
            finally:
                await stream.aclose()

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        async with self._turn() as turn:
            for number in range(MOST_TRIES):
                begun = False
                try:
                    async with contextlib.aclosing(self._chat_once(request, turn)) as events:
                        async for event in events:
                            begun = True
                            yield event
                except BadResponse as error:
                    turn.answered = turn.answered or isinstance(error, PrefillRefused)
                    if begun or number == MOST_TRIES - 1 or not self._adapts(request, error):
                        raise
                else:
                    return

    async def _chat_once(self, request: ChatRequest, turn: Turn) -> AsyncGenerator[ChatEvent, None]:
        url = f"{self._base}/chat/completions"
        stream, _ = await self._open(url, request.stop, turn, partial(self._chat_body, request))
        answer = OpenAIStreamReader(self._http.errors)
        try:
            while not answer.done and (events := await _next(stream, answer)) is not None:
                for event in events:
                    for delta in answer.deltas(event):
                        if request.max_tokens:
                            yield delta
            turn.answered = answer.done or answer.reason is not None
            if answer.done:
                stream.mark_complete()
            yield _at_limit(answer.finished(), request.max_tokens)
        finally:
            await stream.aclose()

    def _adapts(self, request: ChatRequest, error: BadResponse) -> bool:
        """Whether the request can be sent again with other roles, because the server refused it in an event of its
        stream.

        Gateways answer 200 before they know the response of the server behind them. Raises ``PrefillRefused``.
        """
        if isinstance(error, PrefillRefused):
            return False
        body = chat_body(request, None, self._dialect, request.stop)
        adapted = adapted_messages(self._dialect, error, body)
        if adapted is None or adapted == self._dialect:
            return False
        self._dialect = adapted
        refuse_lost_prefill(request, adapted)
        return True

    @staticmethod
    def _chat_body(
        request: ChatRequest, model: str | None, dialect: Dialect, stop: tuple[str, ...]
    ) -> dict[str, object]:
        refuse_lost_prefill(request, dialect)
        return chat_body(request, model, dialect, stop)

    def _turn(self) -> AbstractAsyncContextManager[Turn]:
        """llama.cpp has the same limitation behind this API as behind its native one: see llama_slots.py."""
        return self._slots.turn() if self._dialect.llama_cpp else contextlib.nullcontext(Turn())

    async def token_counts(self, texts: Sequence[str]) -> Mapping[str, int] | None:
        model = await self._model()
        return await count_tokens(self._http, f"{self._root}/tokenize", texts, {"model": model} if model else None)

    async def describe(self) -> ServerDescription:
        try:
            answer = await self._http.fetch_json("GET", f"{self._base}/models")
        except BadResponse as error:
            # Some gateways have no list; `transformers serve` fails if its cache folder is missing.
            if self._configured_model and error.status in {404, 405, 500, 501}:
                return ServerDescription("OpenAI-compatible server", self._configured_model)
            raise
        entries = entries_of(answer.value)
        if entries is None:
            raise self._http.errors.rubbish("something that is not a list of models", str(answer.value), status=200)
        names = tuple(str(entry["id"]) for entry in entries)
        model = self._configured_model or self._default(entries)
        chosen = next((entry for entry in entries if entry["id"] == model), {})
        if chosen.get("owned_by") == "vllm":
            self._dialect = evolve(self._dialect, priority=self._priority)
        return ServerDescription(
            server=str(chosen.get("owned_by") or answer.headers.get("server") or "OpenAI-compatible server"),
            model=model,
            context_tokens=context_tokens_of(chosen),
            models=names,
            chat_template=await self._chat_template(str(chosen.get("owned_by") or ""), model),
        )

    async def _chat_template(self, owner: str, model: str | None) -> str:
        """llama.cpp's chat template, or a small chat rendered by vLLM; empty if the server provides neither."""
        try:
            if owner.startswith("llama"):
                answer = await self._http.fetch_json("GET", f"{self._root}/props")
                return chat_template_of(answer.value)
            if owner == "vllm":
                body = {
                    "model": model,
                    "messages": _SMALL_CHAT,
                    "add_generation_prompt": True,
                    "return_token_strs": True,
                }
                answer = await self._http.fetch_json("POST", f"{self._root}/tokenize", body)
                pieces = answer.value.get("token_strs") if isinstance(answer.value, dict) else None
                # Byte-level vocabularies write a line feed as Ċ and a blank as Ġ.
                return (
                    "".join(map(str, pieces)).replace("Ċ", "\n").replace("Ġ", " ") if isinstance(pieces, list) else ""
                )
        except BackendError as error:
            logger.debug("no chat template: %s", error.message)
        return ""

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _open(self, url: str, stop: tuple[str, ...], turn: Turn, make_body: BodyMaker) -> tuple[EventStream, int]:
        """Send the request; repeat it with fewer optional fields if the server refuses them, up to a limit.

        Returns the stream and the number of ``stop`` strings that were sent.
        """
        model = await self._model()
        dialect = self._dialect
        tries = 0
        while True:
            tries += 1
            sent = stop[: dialect.stop_limit]
            body = make_body(model, dialect, sent)
            stream = self._http.stream(url, body, keep_connection=not dialect.llama_cpp)
            try:
                await stream.opened()
            except BadResponse as error:
                await stream.aclose()
                simpler = simpler_dialect(dialect, error, body)
                if simpler is None or tries == MOST_TRIES:
                    turn.answered = True  # refused: no generation was started
                    raise await self._explained(error, model) from error
                dialect = simpler
                if dialect.refuses_prefill:
                    self._dialect = dialect  # the next request is made without the field
            except BaseException:
                await stream.aclose()
                raise
            else:
                llama_cpp = _is_llama_cpp(stream.headers)
                self._dialect = dialect if dialect.llama_cpp == llama_cpp else evolve(dialect, llama_cpp=llama_cpp)
                return stream, len(sent)

    async def _model(self) -> str | None:
        """The model name to send. ``None`` if the server lists none: the field is then left out."""
        if self._configured_model:
            return self._configured_model
        if self._listed_model is None:
            try:
                answer = await self._http.fetch_json("GET", f"{self._base}/models")
            except BadResponse:
                return None
            entries = entries_of(answer.value)
            self._listed_model = self._default(entries or [])
            self._dialect = evolve(self._dialect, llama_cpp=_is_llama_cpp(answer.headers))
        return self._listed_model

    def _default(self, entries: list[dict[str, Any]]) -> str | None:
        """The model to use if the settings name none; ``None`` for an empty list. Raises ``BadResponse``."""
        model = default_model(entries)
        if entries and model is None:
            raise self._http.errors.no_language_model([str(entry["id"]) for entry in entries])
        return model

    async def _explained(self, error: BadResponse, model: str | None) -> BackendError:
        """The error with the available models for an unknown model name. If the user did not choose the name, the next
        request queries the list again."""
        if not names_no_model(error.message):
            return error
        self._listed_model = None
        try:
            description = await self.describe()
        except BackendError:
            return error
        if not description.models or model in description.models:
            return error
        listed = ", ".join(description.models[:5]) + (" …" if len(description.models) > 5 else "")
        return BadResponse(error.message, hint=f"It serves {listed}: set model to one of them.", status=error.status)


async def _next(stream: EventStream, answer: OpenAIStreamReader) -> list[SseEvent] | None:
    """The next events. An error after the finish reason is ignored: only the usage is lost."""
    try:
        return await stream.next_events()
    except BackendError:
        if answer.reason is None:
            raise
        return None


def _at_limit(finished: Finished, max_tokens: int) -> Finished:
    """``finished`` with the reason "length" if the answer has as many tokens as were allowed.

    Some servers report "stop" there. An answer that ends exactly at its limit is rarer than such a server. Far more
    tokens than the limit: the server counts thinking (DashScope, DeepSeek), which it does not limit.
    """
    excess_tokens = (finished.usage.completion_tokens or 0) - max_tokens
    is_at_limit = max_tokens >= _LEAST_LIMIT_TOKENS and 0 <= excess_tokens <= _MOST_EXCESS_TOKENS
    return evolve(finished, reason="length") if finished.reason == "stop" and is_at_limit else finished


def _body(request: FimRequest, model: str | None, dialect: Dialect, stop: tuple[str, ...]) -> dict[str, object]:
    body: dict[str, object] = {
        "prompt": request.prompt,
        "max_tokens": max(1, request.max_tokens),  # servers refuse 0; the minimum for a prefill
        "temperature": request.temperature,
        "stream": True,
    }
    if model:
        body["model"] = model
    if stop:
        body["stop"] = stop
    if dialect.llama_cpp:
        body["return_progress"] = True
    if dialect.usage:
        body["stream_options"] = {"include_usage": True}
    if dialect.priority:
        body["priority"] = dialect.priority
    if request.logprobs:
        body["logprobs"] = 1
    return {name: value for name, value in body.items() if name not in dialect.refused}


def _is_llama_cpp(headers: Mapping[str, str]) -> bool:
    return headers.get("server", "").lower().startswith("llama.cpp")
