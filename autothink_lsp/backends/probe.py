"""Small requests that show the actual behaviour of an OpenAI-compatible endpoint. Observes and measures; does not
judge.

Servers answer 200 to fields that they ignore, so each method observes the effect: the text, the tokens, the counters.
``features/probing`` combines the observations and explains them to the user.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.http import HttpClient
from autothink_lsp.backends.llama_server import count_tokens
from autothink_lsp.backends.openai_models import api_base, context_tokens_of, default_model, entries_of
from autothink_lsp.backends.probe_response import ProbeResponse, ProbeResponseParser
from autothink_lsp.backends.response_fields import count_of
from autothink_lsp.errors import BackendAuthError, BackendError, BackendUnavailable, BadResponse
from autothink_lsp.values import frozen

_RUNNING = re.compile(r"^(?:vllm:num_requests_running|sglang:num_running_reqs)(?:\{[^}]*\})? ([\d.e+]+)", re.MULTILINE)
_ABORT_PATIENCE_S = 5.0


@frozen
class Identity:
    """The server's software and models. ``kind`` is ``vllm``, ``sglang``, ``llama.cpp``, ``ollama``, ``transformers``
    or ``other``."""

    kind: str
    version: str = ""
    models: tuple[str, ...] = ()
    model: str = ""
    context_tokens: int | None = None


class ServerProbe:
    """Probes one endpoint. Methods raise ``BackendError`` unless a refusal is itself a result."""

    def __init__(self, endpoint: Endpoint, client: HttpClient | None = None) -> None:
        self._http = client or HttpClient(endpoint)
        self._base = api_base(endpoint)
        self._root = self._base.removesuffix("/v1")
        self._model = endpoint.model
        self.requests = 0
        """Sent for an answer of the model; looks at pages of the server are not counted."""

    async def identify(self) -> Identity:
        """Identify the server: by its model list, which must work, then by paths that only one kind of server has."""
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
        kind, version, tokens = await self._kind(str(chosen.get("owned_by", "")), answer.headers.get("server", ""))
        return Identity(kind, version, names, self._model, context_tokens_of(chosen) or tokens)

    async def token_counts(self, texts: Sequence[str]) -> Mapping[str, int] | None:
        """See ``Backend.token_counts``."""
        return await count_tokens(self._http, f"{self._root}/tokenize", texts, {"model": self._model})

    async def complete(self, prompt: str, max_tokens: int, **fields: object) -> ProbeResponse:
        """Send one streamed ``/v1/completions``."""
        return await self._ask("completions", {"prompt": prompt, "max_tokens": max_tokens, **fields})

    async def chat(self, messages: Sequence[Mapping[str, str]], max_tokens: int, **fields: object) -> ProbeResponse:
        """Send one streamed ``/v1/chat/completions``."""
        return await self._ask("chat/completions", {"messages": list(messages), "max_tokens": max_tokens, **fields})

    async def takes(self, route: str, body: Mapping[str, object]) -> str | None:
        """Send a request. Returns ``None`` if the server accepts it, else its error message."""
        try:
            await self._ask(route, body)
        except BadResponse as error:
            if error.status in {400, 422}:
                return error.message
            raise
        return None

    async def hang_up(self, prompt: str, max_tokens: int) -> bool | None:
        """Close a stream early. Returns whether the server stops computing; ``None`` if it has no counter that shows
        it."""
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
        """The number of requests that the server is computing, from its metrics; ``None`` if it has none."""
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
            tokens = count_of(settings.get("n_ctx")) if isinstance(settings, dict) else None
            return "llama.cpp", str(props.get("build_info") or ""), tokens
        for kind, path in (("vllm", "/version"), ("ollama", "/api/version"), ("sglang", "/server_info")):
            value = await self._json(path)
            if value.get("version"):
                tokens = count_of(value.get("context_length"))
                return (
                    ("vllm" if owner == "vllm" else kind if kind != "vllm" else "other"),
                    str(value["version"]),
                    tokens,
                )
        return (owner if owner in {"vllm", "sglang"} else "other"), "", None

    async def _json(self, path: str) -> dict[str, Any]:
        with contextlib.suppress(BadResponse, BackendAuthError, BackendUnavailable):
            value = (await self._http.fetch_json("GET", f"{self._root}{path}")).value
            return value if isinstance(value, dict) else {}
        return {}

    async def _text(self, path: str) -> str:
        """The text of a page that is not JSON, read as a stream of one piece."""
        stream = self._http.page(f"{self._root}{path}")
        try:
            events = await stream.next_events()
            return events[0].data if events else ""
        finally:
            await stream.aclose()

    def _body(self, fields: Mapping[str, object]) -> dict[str, object]:
        body: dict[str, object] = {"temperature": 0, "stream": True, **fields}
        return body | ({"model": self._model} if self._model else {})

    async def _ask(self, route: str, fields: Mapping[str, object]) -> ProbeResponse:
        self.requests += 1
        began = time.monotonic()
        stream = self._http.stream(f"{self._base}/{route}", self._body(fields))
        parser = ProbeResponseParser(self._http.errors)
        try:
            while (events := await stream.next_events()) is not None:
                parser.feed(events, 1000 * (time.monotonic() - began))
        finally:
            await stream.aclose()
        return parser.response(1000 * (time.monotonic() - began))
