"""llama.cpp's server with its native API (``/completion``), which the embedded engine also uses.

Request and response fields are from llama.cpp's ``tools/server/README.md``. ``/infill`` is not used because it lays out
the prompt itself and never passes the real path.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from autothink_lsp.backends.base import (
    ChatEvent,
    ChatRequest,
    FimRequest,
    Finished,
    ServerDescription,
    StreamEvent,
    TextDelta,
    Usage,
    joined_deltas,
)
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.finish_reason import read_finish_reason, says_prompt_shortened
from autothink_lsp.backends.http import EventStream, HttpClient, without_suffix
from autothink_lsp.backends.llama_slots import SlotGate, Turn
from autothink_lsp.backends.openai_dialect import MOST_TRIES, Dialect, chat_body, refuse_lost_prefill, simpler_dialect
from autothink_lsp.backends.openai_stream import OpenAIStreamReader, log_shortened_prompt
from autothink_lsp.backends.response_fields import count_of, parse_event, parse_logprobs, parse_timings
from autothink_lsp.backends.sse import SseEvent
from autothink_lsp.errors import BackendAuthError, BackendError, BadResponse

_MOST_TEMPLATE_CHARS = 100_000
_PARALLEL_TOKENIZE = 8
_COPIED_PATHS = ("/chat/completions", "/completions", "/completion", "/infill", "/health", "/models", "/v1")
_LAST_EVENT_FIELDS = (
    "content",
    "stop",
    "stop_type",
    "stopped_limit",
    "truncated",
    "tokens_evaluated",
    "tokens_predicted",
    "timings",
)


class LlamaServerBackend:
    """See ``Backend``. ``endpoint.model`` is ignored: a llama-server serves one model."""

    name = "llama-server"

    def __init__(self, endpoint: Endpoint, client: HttpClient | None = None) -> None:
        self._http = client or HttpClient(endpoint)
        self._base = without_suffix(endpoint.base_url, *_COPIED_PATHS)
        self._label = endpoint.label
        self._completion_url = f"{self._base}/completion"
        self._slots = SlotGate(self._http, f"{self._base}/slots", slot=endpoint.slot, keep_free=endpoint.keep_free)
        self._slot = endpoint.slot
        self._dialect = Dialect(llama_cpp=True)

    @property
    def url(self) -> str:
        return "" if self._label else self._base

    async def stream(self, request: FimRequest) -> AsyncGenerator[StreamEvent, None]:
        silent = request.max_tokens == 0  # the server generates one token in any case
        async with self._slots.turn() as turn:
            # The server closes the connection after a stream although its headers announce keep-alive.
            stream = self._http.stream(self._completion_url, _body(request, self._slot), keep_connection=False)
            try:
                while (events := await stream.next_events()) is not None:
                    deltas: list[TextDelta] = []
                    unreadable: BackendError | None = None
                    last: dict[str, Any] | None = None
                    for event in events:
                        try:
                            piece = self._piece(event)
                        except BackendError as error:
                            unreadable = error
                            break
                        if piece is None:
                            continue
                        if (text := piece.get("content")) and not silent:
                            logprobs = parse_logprobs(piece.get("completion_probabilities"))
                            deltas.append(TextDelta(text, parse_timings(piece.get("timings")), logprobs))
                        if piece.get("stop") is True:
                            last = piece
                            if says_prompt_shortened(piece, {}):
                                log_shortened_prompt(self._http.endpoint.place)
                            break
                    if deltas:
                        yield joined_deltas(deltas)
                    if unreadable is not None:
                        raise unreadable
                    if last is not None:
                        turn.answered = True
                        stream.mark_complete()
                        yield _finished(last)
                        return
                raise self._http.errors.broke_off()
            except BackendError as error:
                turn.answered = error.status not in {None, 200}  # refused: no generation was started
                raise
            finally:
                await stream.aclose()

    def _piece(self, event: SseEvent) -> dict[str, Any] | None:
        """The object in an event; ``None`` for an event to skip. Its content is a text, if it has one. Raises
        ``BackendError``."""
        piece = parse_event(event, self._http.errors)
        if piece is not None and not isinstance(piece.get("content") or "", str):
            raise self._http.errors.rubbish("something that is not a piece of a completion", event.data, status=200)
        return piece

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        async with self._slots.turn() as turn:
            stream = await self._open_chat(request, turn)
            answer = OpenAIStreamReader(self._http.errors)
            try:
                while not answer.done and (events := await stream.next_events()) is not None:
                    for event in events:
                        for delta in answer.deltas(event):
                            if request.max_tokens:
                                yield delta
                finished = answer.finished()
                turn.answered = True
                stream.mark_complete()
                yield finished
            finally:
                await stream.aclose()

    async def _open_chat(self, request: ChatRequest, turn: Turn) -> EventStream:
        """Send the chat; repeat it without the optional fields that the server refuses, which are remembered."""
        for _ in range(MOST_TRIES):
            turn.answered = True  # if the next line raises, no generation was started
            refuse_lost_prefill(request, self._dialect)
            turn.answered = False
            body = chat_body(request, None, self._dialect, request.stop)
            if self._slot is not None:
                body["id_slot"] = self._slot
            stream = self._http.stream(f"{self._base}/v1/chat/completions", body, keep_connection=False)
            try:
                await stream.opened()
            except BadResponse as error:
                await stream.aclose()
                simpler = simpler_dialect(self._dialect, error, body)
                if simpler is None:
                    turn.answered = True  # refused: no generation was started
                    raise
                self._dialect = simpler
            except BaseException:
                await stream.aclose()
                raise
            else:
                return stream
        raise BadResponse("The model server refuses every form of the request.", hint="Is it a llama-server?")

    async def token_counts(self, texts: Sequence[str]) -> Mapping[str, int] | None:
        return await count_tokens(self._http, f"{self._base}/tokenize", texts)

    async def describe(self) -> ServerDescription:
        for path, read in (("/props", _from_props), ("/v1/models", _from_models), ("/health", _from_health)):
            try:
                answer = await self._http.fetch_json("GET", self._base + path)
            except BackendAuthError:
                if path == "/health":
                    raise
                continue  # only some of the paths require the key
            except BadResponse as error:
                if path == "/health" or error.status not in {400, 404, 405, 501}:
                    raise
                continue
            if isinstance(answer.value, dict):
                return read(answer.value)
        raise self._http.errors.rubbish("something that is not a description of a server", status=200)

    async def aclose(self) -> None:
        await self._http.aclose()


async def count_tokens(
    http: HttpClient, url: str, texts: Sequence[str], extra: Mapping[str, object] | None = None
) -> Mapping[str, int] | None:
    """Query ``/tokenize`` for each text; special tokens are parsed as such and none are added.

    One body serves llama.cpp (``content``, ``add_special``, ``parse_special``) and vLLM (``prompt``,
    ``add_special_tokens``): each ignores the other's fields. ``None`` if the server does not have the path or denies
    access to it.
    """
    gate = asyncio.Semaphore(_PARALLEL_TOKENIZE)

    async def count(text: str) -> int | None:
        body = {
            **(extra or {}),
            "content": text,
            "add_special": False,
            "parse_special": True,
            "prompt": text,
            "add_special_tokens": False,
        }
        async with gate:
            answer = await http.fetch_json("POST", url, body)
        tokens = answer.value.get("tokens") if isinstance(answer.value, dict) else None
        return len(tokens) if isinstance(tokens, list) and tokens else None

    counts: dict[str, int] = {}
    pending = [text for text in dict.fromkeys(texts) if text]
    try:
        # The first text alone: a server without the path gets one request instead of fifty.
        for batch in (pending[:1], pending[1:]):
            for text, number in zip(batch, await asyncio.gather(*map(count, batch)), strict=True):
                if number is None:
                    return None
                counts[text] = number
    except (BadResponse, BackendAuthError):
        return None
    return counts | dict.fromkeys((text for text in texts if not text), 0)


def _body(request: FimRequest, slot: int | None) -> dict[str, object]:
    return {
        **({} if slot is None else {"id_slot": slot}),
        "prompt": request.prompt,
        "n_predict": request.max_tokens,
        "temperature": request.temperature,
        # No measurable cost: 22 tokens a second with and without (0.5B, one thread).
        **({"n_probs": 1} if request.logprobs else {}),
        "stop": request.stop,
        "stream": True,
        "cache_prompt": True,
        # Events during the prefill, one per batch: without output the server does not detect a closed connection until
        # the whole prompt is evaluated (seconds on a CPU).
        "return_progress": True,
        # We stop most answers early, so the last event with the counts does not arrive.
        "timings_per_token": True,
        # Otherwise the last event repeats the prompt and some sixty settings.
        "response_fields": _LAST_EVENT_FIELDS,
    }


def _finished(piece: dict[str, Any]) -> Finished:
    """Parse the last event. ``stop_type`` is ``limit``, ``eos`` or ``word``; builds before 2025 have
    ``stopped_limit``."""
    stop_type = piece.get("stop_type")
    reason = "length" if piece.get("stopped_limit") is True else read_finish_reason(stop_type) or "stop"
    usage = Usage(count_of(piece.get("tokens_evaluated")), count_of(piece.get("tokens_predicted")))
    server_reason = "" if reason in {"stop", "length"} else str(stop_type)[:80]
    return Finished(reason, usage, parse_timings(piece.get("timings"), usage.prompt_tokens), server_reason)


def _from_props(value: dict[str, Any]) -> ServerDescription:
    settings = value.get("default_generation_settings")
    context_tokens = count_of(settings.get("n_ctx")) if isinstance(settings, dict) else None
    alias, path = value.get("model_alias"), value.get("model_path")
    model = next((str(name) for name in (alias, path) if name), None)
    build = value.get("build_info")
    return ServerDescription(
        server=f"llama.cpp {build}" if build else "llama.cpp",
        model=model.replace("\\", "/").rpartition("/")[2] if model else None,
        context_tokens=context_tokens,
        chat_template=chat_template_of(value),
    )


def chat_template_of(props: object) -> str:
    """The chat template in llama.cpp's ``/props``; empty if there is none."""
    template = props.get("chat_template") if isinstance(props, dict) else None
    return template[:_MOST_TEMPLATE_CHARS] if isinstance(template, str) else ""


def _from_models(value: dict[str, Any]) -> ServerDescription:
    entries = value.get("data")
    names = (
        tuple(str(entry["id"]) for entry in entries if isinstance(entry, dict) and "id" in entry)
        if isinstance(entries, list)
        else ()
    )
    return ServerDescription(server="llama.cpp", model=names[0] if names else None, models=names)


def _from_health(_: dict[str, Any]) -> ServerDescription:
    return ServerDescription(server="llama.cpp")
