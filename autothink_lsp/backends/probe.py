"""Small requests that show what an OpenAI-compatible endpoint really does. Observes and measures; judges nothing.

Servers answer 200 to fields that they ignore, so each method looks at the effect: the text, the tokens, the counters.
``features/probing`` puts the observations together and says what they mean to a user.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from autothink_lsp.backends.answers import count_of
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.http import HttpClient
from autothink_lsp.backends.llama_server import count_tokens
from autothink_lsp.backends.openai_models import api_base, context_tokens_of, default_model, entries_of
from autothink_lsp.errors import BackendAuthError, BackendError, BackendUnavailable, BadResponse

_RUNNING = re.compile(r"^(?:vllm:num_requests_running|sglang:num_running_reqs)(?:\{[^}]*\})? ([\d.e+]+)", re.MULTILINE)
_ABORT_PATIENCE_S = 5.0


@frozen
class Identity:
    """Who answers. ``kind`` is ``vllm``, ``sglang``, ``llama.cpp``, ``ollama``, ``transformers`` or ``other``."""

    kind: str
    version: str = ""
    models: tuple[str, ...] = ()
    model: str = ""
    context_tokens: int | None = None


@frozen
class Observation:
    """One answer. Times in milliseconds; ``tokens`` as the server counted, else the pieces of the stream."""

    text: str = ""
    reasoning: str = ""
    pieces: int = 0
    tokens: int = 0
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_field: str = ""
    first_ms: float = 0.0
    total_ms: float = 0.0
    done_marker: bool = False
    usage: bool = False


class ServerProbe:
    """Asks one endpoint. Methods raise ``BackendError`` where a refusal is no answer to the question."""

    def __init__(self, endpoint: Endpoint, client: HttpClient | None = None) -> None:
        self._http = client or HttpClient(endpoint)
        self._base = api_base(endpoint)
        self._root = self._base.removesuffix("/v1")
        self._model = endpoint.model
        self.requests = 0
        """Sent for an answer of the model; looks at pages of the server are not counted."""

    async def identify(self) -> Identity:
        """Who is there: model list first (it must work), then what only one kind of server has."""
        try:
            answer = await self._http.fetch_json("GET", f"{self._base}/models")
        except BadResponse:
            if not self._model:
                raise
            return Identity("other", model=self._model)
        entries = entries_of(answer.value) or []
        names = tuple(str(entry["id"]) for entry in entries)
        self._model = self._model or default_model(entries) or ""
        chosen = next((entry for entry in entries if entry["id"] == self._model), {})
        kind, version, told = await self._kind(str(chosen.get("owned_by", "")), answer.headers.get("server", ""))
        return Identity(kind, version, names, self._model, context_tokens_of(chosen) or told)

    async def token_counts(self, texts: Sequence[str]) -> Mapping[str, int] | None:
        """As a backend's."""
        return await count_tokens(self._http, f"{self._root}/tokenize", texts, {"model": self._model})

    async def complete(self, prompt: str, max_tokens: int, **fields: object) -> Observation:
        """One streamed ``/v1/completions``."""
        return await self._observe("completions", {"prompt": prompt, "max_tokens": max_tokens, **fields})

    async def chat(self, messages: Sequence[Mapping[str, str]], max_tokens: int, **fields: object) -> Observation:
        """One streamed ``/v1/chat/completions``."""
        return await self._observe("chat/completions", {"messages": list(messages), "max_tokens": max_tokens, **fields})

    async def takes(self, route: str, body: Mapping[str, object]) -> str | None:
        """``None`` where the server takes the request, else what it says against it."""
        try:
            await self._observe(route, body)
        except BadResponse as error:
            if error.status in {400, 422}:
                return error.message
            raise
        return None

    async def hang_up(self, prompt: str, max_tokens: int) -> bool | None:
        """Leave in mid-answer: does the server stop computing? ``None`` where it has no counter that tells."""
        if await self.running() is None:
            return None
        self.requests += 1
        body = self._body({"prompt": prompt, "max_tokens": max_tokens})
        stream = self._http.stream(f"{self._base}/completions", body)
        try:
            await stream.next_events()
        finally:
            await stream.aclose()
        until = time.monotonic() + _ABORT_PATIENCE_S
        while time.monotonic() < until:
            if await self.running() == 0:
                return True
            await asyncio.sleep(0.1)
        return False

    async def running(self) -> int | None:
        """Requests that the server computes now, by its own counters."""
        with contextlib.suppress(BackendError):
            if counted := _RUNNING.findall(await self._text("/metrics")):
                return int(sum(float(number) for number in counted))
        with contextlib.suppress(BackendError):
            answer = await self._http.fetch_json("GET", f"{self._root}/slots")
            if isinstance(answer.value, list) and answer.value:
                return sum(bool(slot.get("is_processing")) for slot in answer.value if isinstance(slot, dict))
        return None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _kind(self, owner: str, header: str) -> tuple[str, str, int | None]:
        if header.lower().startswith("llama.cpp"):
            props = await self._json("/props")
            settings = props.get("default_generation_settings")
            told = count_of(settings.get("n_ctx")) if isinstance(settings, dict) else None
            return "llama.cpp", str(props.get("build_info") or ""), told
        for kind, path in (("vllm", "/version"), ("ollama", "/api/version"), ("sglang", "/server_info")):
            value = await self._json(path)
            if value.get("version"):
                told = count_of(value.get("context_length"))
                return ("vllm" if owner == "vllm" else kind if kind != "vllm" else "other"), str(value["version"]), told
        return (owner if owner in {"vllm", "sglang"} else "other"), "", None

    async def _json(self, path: str) -> dict[str, Any]:
        with contextlib.suppress(BadResponse, BackendAuthError, BackendUnavailable):
            value = (await self._http.fetch_json("GET", f"{self._root}{path}")).value
            return value if isinstance(value, dict) else {}
        return {}

    async def _text(self, path: str) -> str:
        """A page that is no JSON: read as a stream of one piece."""
        stream = self._http.page(f"{self._root}{path}")
        try:
            events = await stream.next_events()
            return events[0].data if events else ""
        finally:
            await stream.aclose()

    def _body(self, fields: Mapping[str, object]) -> dict[str, object]:
        body: dict[str, object] = {"temperature": 0, "stream": True, **fields}
        return body | ({"model": self._model} if self._model else {})

    async def _observe(self, route: str, fields: Mapping[str, object]) -> Observation:
        from autothink_lsp.backends.probe_reading import Reading

        self.requests += 1
        began = time.monotonic()
        stream = self._http.stream(f"{self._base}/{route}", self._body(fields))
        reading = Reading(self._http.errors)
        try:
            while (events := await stream.next_events()) is not None:
                reading.feed(events, 1000 * (time.monotonic() - began))
        finally:
            await stream.aclose()
        return reading.observation(1000 * (time.monotonic() - began))
