"""What an OpenAI-compatible server answers that accepts every field and supports only some of them.

``FaultServer(respond=ServerFeatures("fim", "cache"))`` is such a server, for tests of the probe.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.support.wire_format import (
    DONE,
    HttpReply,
    ReceivedRequest,
    error_reply,
    event,
    http_message,
    json_reply,
    usage_event,
)

QWEN = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|repo_name|>", "<|file_sep|>")


class ServerFeatures:
    """``honours`` names what is supported: fim, cache, prefill, echo, structured, priority, stops, off, on, budget,
    counters."""

    def __init__(self, *honours: str, model: str = "Qwen/Qwen3-8B", reasoning_field: str = "reasoning") -> None:
        self._honours = frozenset(honours)
        self._model = model
        self._reasoning_field = reasoning_field
        self._seen_prompts: list[str] = []

    def __call__(self, request: ReceivedRequest) -> HttpReply:
        path, body = request.path, request.body
        if path.endswith("/models"):
            return json_reply({"data": [{"id": self._model, "owned_by": "vllm", "max_model_len": 8192}]})
        if path.endswith("/version"):
            return json_reply({"version": "9.9"})
        if path.endswith("/metrics") and "counters" in self._honours:
            return HttpReply(http_message('vllm:num_requests_running{m="x"} 0.0\n', content_type="text/plain"))
        if path.endswith("/tokenize"):
            is_one_token = body["prompt"] in QWEN and "fim" in self._honours
            return json_reply({"tokens": [1] if is_one_token else [1, 2]})
        if not path.endswith("completions"):
            return error_reply("not here", 404)
        if len(body.get("stop", ())) > 4 and "stops" not in self._honours:
            return error_reply("stop: at most 4 items", 400)
        if "priority" in body and "priority" not in self._honours:
            return error_reply("priority scheduling is not enabled", 400)
        stream = self._stream(body, is_chat="chat" in path)
        return HttpReply(http_message(stream, content_type="text/event-stream"))

    def _answer(self, body: Mapping[str, Any], *, is_chat: bool) -> tuple[str, str]:
        """The text and the reasoning."""
        if "structured_outputs" in body and "structured" in self._honours:
            return body["structured_outputs"]["choice"][0], ""
        if not is_chat:
            return ("a + b" if "fim" in self._honours else "I am an assistant"), ""
        last = body["messages"][-1]
        if last["role"] == "assistant":
            if "prefill" not in self._honours:
                return "Hello! How can I help?", ""
            return (last["content"] if "echo" in self._honours else "") + "iter.", ""
        asked = body.get("chat_template_kwargs", {}).get("enable_thinking")
        thinks = (asked is True and "on" in self._honours) or (asked is False and "off" not in self._honours)
        reasoning = "well " * (4 if "thinking_token_budget" in body and "budget" in self._honours else 200)
        return "42", reasoning if thinks else ""

    def _stream(self, body: Mapping[str, Any], *, is_chat: bool) -> bytes:
        prompt = str(body.get("prompt", ""))
        is_cached = "cache" in self._honours and any(prompt.startswith(old) for old in self._seen_prompts if old)
        self._seen_prompts.append(prompt)
        text, reasoning = self._answer(body, is_chat=is_chat)
        deltas = [{self._reasoning_field: reasoning}] if reasoning else []
        deltas += [{"content": piece} for piece in text.partition(" ") if piece] if is_chat else []
        choices = [{"delta": delta} for delta in deltas] if is_chat else [{"text": text}]
        usage = usage_event(120, 12, prompt_tokens_details={"cached_tokens": 100 if is_cached else 0})
        return b"".join(event({"choices": [choice | {"index": 0}]}) for choice in choices) + usage + DONE
