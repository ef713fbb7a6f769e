"""`transformers serve`, started by our engine: for machines and models that vLLM is not for."""

from __future__ import annotations

import asyncio
import os
from contextlib import aclosing
from pathlib import Path

import pytest

from autothink_lsp.backends.base import ChatRequest, FimRequest, TextDelta
from autothink_lsp.backends.endpoint import Endpoint, Timeouts
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.engines.transformers import transformers_engine
from autothink_lsp.settings.engines import TransformersSettings
from autothink_lsp.values import ChatMessage
from tests.engines.vllm.conftest import PATIENCE_S

pytestmark = [pytest.mark.vllm, pytest.mark.asyncio, pytest.mark.timeout(PATIENCE_S)]


async def test_chat_request_is_answered_and_stops_when_the_connection_is_closed(
    vllm_python: str, vllm_environment: None, models: Path, tmp_path: Path
) -> None:
    model = str(models / "coder")
    settings = TransformersSettings(python=vllm_python, device="cpu", idle_minutes=0)
    engine = transformers_engine(settings, model, tmp_path / "engines")
    try:
        address = await engine.address()
        backend = OpenAIBackend(Endpoint(address.url, model, timeouts=Timeouts(read_s=120.0)))
        try:
            description = await backend.describe()
            assert description.model == model
            hole = "<|fim_prefix|>def add(a, b):\n    return <|fim_suffix|>\n\n\nprint(add(1, 2))\n<|fim_middle|>"
            text = ""
            async with aclosing(backend.stream(FimRequest(hole, 8, ("\n",)))) as stream:
                async for event in stream:
                    text += event.text if isinstance(event, TextDelta) else ""
            assert text.strip() == "a + b"
            question = ChatRequest((ChatMessage("user", "Count from 1 to 500."),), 900)
            async with aclosing(backend.chat(question)) as stream:
                async for _ in stream:
                    break
            # Answered soon only if the long answer was really given up: it computes one request after the other.
            async with asyncio.timeout(45), aclosing(backend.stream(FimRequest(hole, 8, ("\n",)))) as stream:
                async for _ in stream:
                    pass
        finally:
            await backend.aclose()
    finally:
        await engine.stop()
        if engine.supervisor_pid is not None:
            os.kill(engine.supervisor_pid, 15)
