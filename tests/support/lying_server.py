"""An OpenAI-compatible server that says 200 to everything and honours only what it is told to: for the probe."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

QWEN = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|repo_name|>", "<|file_sep|>")


class LyingServer:
    """``honours`` may hold: fim, cache, prefill, echo, structured, priority, stops, off, on, budget, counters."""

    def __init__(self, *honours: str, model: str = "Qwen/Qwen3-8B", reasoning_field: str = "reasoning") -> None:
        self.honours = set(honours)
        self.model = model
        self.field = reasoning_field
        self.bodies: list[dict[str, Any]] = []
        self.seen_prompts: list[str] = []
        self.url = ""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[LyingServer]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split()[1]
            length = next(
                (int(s.split(":")[1]) for s in head.split("\r\n") if s.lower().startswith("content-length")), 0
            )
            body = json.loads(await reader.readexactly(length)) if length else {}
            status, kind, answer = self._answer(path, body)
            data = answer.encode()
            writer.write(
                f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(data)}\r\n"
                "connection: close\r\n\r\n".encode()
                + data
            )
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self, path: str, body: dict[str, Any]) -> tuple[int, str, str]:
        if path.endswith("/models"):
            entry = {"id": self.model, "owned_by": "vllm", "max_model_len": 8192}
            return 200, "application/json", json.dumps({"data": [entry]})
        if path.endswith("/version"):
            return 200, "application/json", '{"version": "9.9"}'
        if path.endswith("/metrics") and "counters" in self.honours:
            return 200, "text/plain", 'vllm:num_requests_running{m="x"} 0.0\n'
        if path.endswith("/tokenize"):
            one = body["prompt"] in QWEN and "fim" in self.honours
            return 200, "application/json", json.dumps({"tokens": [1] if one else [1, 2]})
        if not path.endswith("completions"):
            return 404, "application/json", '{"error": {"message": "not here"}}'
        self.bodies.append(body)
        if len(body.get("stop", ())) > 4 and "stops" not in self.honours:
            return 400, "application/json", '{"error": {"message": "stop: at most 4 items"}}'
        if "priority" in body and "priority" not in self.honours:
            return 400, "application/json", '{"error": {"message": "priority scheduling is not enabled"}}'
        text, reasoning = self._say(body, chat="chat" in path)
        return 200, "text/event-stream", self._stream(body, text, reasoning, chat="chat" in path)

    def _say(self, body: dict[str, Any], *, chat: bool) -> tuple[str, str]:
        if "structured_outputs" in body and "structured" in self.honours:
            return body["structured_outputs"]["choice"][0], ""
        if not chat:
            return ("a + b" if "fim" in self.honours else "I am an assistant"), ""
        last = body["messages"][-1]
        if last["role"] == "assistant":
            if "prefill" not in self.honours:
                return "Hello! How can I help?", ""
            return (last["content"] if "echo" in self.honours else "") + "iter.", ""
        kwargs = body.get("chat_template_kwargs", {})
        asked = kwargs.get("enable_thinking")
        thinks = (asked is True and "on" in self.honours) or (asked is False and "off" not in self.honours)
        long = "well " * (4 if "thinking_token_budget" in body and "budget" in self.honours else 200)
        return "42", long if thinks else ""

    def _stream(self, body: dict[str, Any], text: str, reasoning: str, *, chat: bool) -> str:
        prompt = str(body.get("prompt", ""))
        cached = (
            100 if "cache" in self.honours and any(prompt.startswith(old) for old in self.seen_prompts if old) else 0
        )
        self.seen_prompts.append(prompt)
        pieces = [{self.field: reasoning}] if reasoning else []
        pieces += [{"content": piece} for piece in text.partition(" ") if piece] if chat else []
        choices = [{"delta": piece} for piece in pieces] if chat else [{"text": text}]
        usage = {
            "prompt_tokens": 120,
            "completion_tokens": 12,
            "prompt_tokens_details": {"cached_tokens": cached},
        }
        lines = [json.dumps({"choices": [choice | {"index": 0}]}) for choice in choices]
        lines.append(json.dumps({"choices": [], "usage": usage}))
        return "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"])
