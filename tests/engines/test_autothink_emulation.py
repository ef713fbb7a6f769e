"""An AutoThink model, emulated on the real engine: a chat template that ends inside the judge block, and a grammar that
starts there. Shape, streaming, cancelling and budgets are real; the judgement is not
(``docs/reference/autothink-format.md``, section 7)."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import MappingProxyType

import pytest
import pytest_asyncio
from attrs import evolve

from autothink_lsp.backends.base import ChatRequest, Finished, ServerDescription, Timings
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.llama_server import LlamaServerBackend
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.engines.llama import LlamaEngine
from autothink_lsp.engines.llama_parameters import LlamaParameters
from autothink_lsp.features.assist.actions import Control
from autothink_lsp.features.assist.chat_client import ChatClient
from autothink_lsp.prompt.think.choose import choose_profile
from autothink_lsp.stream.segments import StartState
from autothink_lsp.thinking.mode import OFF, ThinkMode, ThinkPolicy
from autothink_lsp.values import ChatMessage

pytestmark = [pytest.mark.model, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

TEMPLATE = (Path(__file__).parents[1] / "support" / "judge_template.jinja").read_text()
WORDS = r"[a-zA-Z ,.']"
# Inside the judge block, as the template leaves it; then one of the two modes.
JUDGE = rf'judge ::= {WORDS}{{20,60}} "\n</judge>\n\n"'
ANSWER = r'answer ::= "<answer>\n" [a-z =+*0-9\n]{5,40} "\n</answer>"'
GRAMMARS = {
    "off": f'root ::= judge "<think_off>\\n" answer\n{JUDGE}\n{ANSWER}',
    "on": (
        f'root ::= judge "<think_on>\\n<think>\\n" thought "\\n</think>\\n\\n" answer\n'
        f"thought ::= {WORDS}{{60,120}}\n{JUDGE}\n{ANSWER}"
    ),
}
PROFILE = choose_profile("", "", configured="kat-v1").profile
MESSAGES = (
    ChatMessage("system", "You are a careful programmer."),
    ChatMessage("user", "Rename x to total in: x = a + b. Explain in one sentence and give the line."),
)
AUTO = ThinkPolicy(mode=ThinkMode.AUTO)


class Constrained:
    """A backend whose requests carry a grammar, and that remembers them."""

    def __init__(self, inner: LlamaServerBackend | OpenAIBackend) -> None:
        self.inner = inner
        self.grammar = ""
        self.requests: list[ChatRequest] = []
        self.timings: list[Timings | None] = []

    async def chat(self, request: ChatRequest):
        self.requests.append(request)
        fields = dict(request.fields) | ({"grammar": self.grammar} if self.grammar and not request.prefill else {})
        changed = evolve(request, temperature=0.0, fields=MappingProxyType(fields))
        async with contextlib.aclosing(self.inner.chat(changed)) as stream:
            async for event in stream:
                if isinstance(event, Finished):
                    self.timings.append(event.timings)
                yield event

    async def describe(self) -> ServerDescription:
        return await self.inner.describe()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(embedded_model: Path) -> AsyncIterator[LlamaEngine]:
    made = LlamaEngine(
        LlamaParameters(
            model_path=embedded_model,
            model_name="KAT-V1-emulated",
            threads=1,
            context_tokens=1024,
            chat_template=TEMPLATE,
        )
    )
    yield made
    await made.stop()


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=[LlamaServerBackend, OpenAIBackend], ids=["llama", "openai"]
)
async def backend(request: pytest.FixtureRequest, engine: LlamaEngine) -> AsyncIterator[Constrained]:
    address = await engine.address()
    import os

    os.environ["EMULATED_KEY"] = address.api_key
    inner = request.param(Endpoint(address.url, api_key_env="EMULATED_KEY"))
    yield Constrained(inner)
    await inner.aclose()


def asking(backend: Constrained, seen: list | None = None) -> ChatClient:
    return ChatClient(
        backend,  # pyright: ignore[reportArgumentType]
        PROFILE,
        lambda: time.monotonic() * 1_000,
        (seen if seen is not None else []).append,
    )


async def ask(backend: Constrained, policy: ThinkPolicy, *, tokens: int = 60, seen: list | None = None, control=None):
    return await asking(backend, seen).ask(
        MESSAGES,
        policy,
        answer_tokens=tokens,
        control=control or Control(),
        stop_at_ms=time.monotonic() * 1_000 + 120_000,
    )


async def test_judge_decides_against_thinking_and_answer_follows(backend: Constrained) -> None:
    backend.grammar = GRAMMARS["off"]
    reply = await ask(backend, AUTO)
    assert len(reply.judge) >= 20
    assert reply.answer.strip()
    assert not reply.thinking
    assert "<" not in reply.answer
    assert (reply.outcome.effective, reply.outcome.decided_by, reply.finished) == ("off", "model", True)


async def test_judge_decides_for_thinking_and_thinking_and_answer_are_streamed(backend: Constrained) -> None:
    backend.grammar = GRAMMARS["on"]
    seen: list = []
    reply = await ask(backend, AUTO, seen=seen)
    assert len(reply.thinking.strip()) >= 60
    assert reply.answer.strip()
    assert (reply.outcome.effective, reply.outcome.decided_by) == ("on", "model")
    assert any(progress.thinking for progress in seen), "it was seen to think while it thought"
    assert not seen[-1].thinking


async def test_begun_answer_that_disables_thinking_generates_no_judge_block(backend: Constrained) -> None:
    backend.grammar = ""
    reply = await ask(backend, OFF)
    assert backend.requests[-1].prefill.endswith("<think_off>\n<answer>\n")
    assert (reply.judge, reply.thinking) == ("", "")
    assert reply.outcome.effective == "off"
    assert reply.answer.strip()


async def test_exhausted_thinking_budget_is_followed_by_an_answer(backend: Constrained) -> None:
    backend.grammar = ""
    reply = await ask(backend, ThinkPolicy(mode=ThinkMode.ON, budget_tokens=16), tokens=40)
    # The plain model does not know the closing tag: its budget closes the thought.
    assert reply.outcome.truncated in {"budget", "none"}
    assert backend.requests[-1].prefill.rstrip().endswith("<answer>")
    assert reply.thinking.strip() in backend.requests[-1].prefill
    assert reply.answer.strip()


async def test_cancelled_request_stops_the_engine(backend: Constrained, engine: LlamaEngine) -> None:
    import httpx

    backend.grammar = GRAMMARS["on"]
    seen: list = []
    task = asyncio.ensure_future(ask(backend, AUTO, seen=seen))
    while not any(progress.thinking for progress in seen):
        await asyncio.sleep(0.01)
        assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    address = await engine.address()
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {address.api_key}"}, trust_env=False) as client:
        for _ in range(200):
            slots = (await client.get(f"{address.url}/slots")).json()
            if not any(slot["is_processing"] for slot in slots):
                return
            await asyncio.sleep(0.02)
    raise AssertionError("it still computes")


async def test_all_modes_share_the_prefix_cache(backend: Constrained) -> None:
    backend.grammar = ""
    await asking(backend).warm(MESSAGES, OFF)
    backend.timings.clear()
    for policy in (OFF, ThinkPolicy(mode=ThinkMode.ON, budget_tokens=400)):
        await ask(backend, policy, tokens=12)
    first = backend.timings[0]
    assert first is not None
    assert first.prompt_evaluated_tokens < 45, "only the prefill is new"
    assert first.prompt_cached_tokens > 30
    for timings in backend.timings[1:]:
        assert timings is not None
        assert timings.prompt_cached_tokens > 30, "what all modes share stays cached"


async def test_the_template_ends_inside_the_judge_block(engine: LlamaEngine) -> None:
    import httpx

    address = await engine.address()
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {address.api_key}"}, trust_env=False) as client:
        answer = await client.post(
            f"{address.url}/apply-template", json={"messages": [{"role": "user", "content": "x"}]}
        )
    assert answer.json()["prompt"].endswith("<|im_start|>assistant\n<judge>\n")
    assert PROFILE.start_state is StartState.JUDGE
