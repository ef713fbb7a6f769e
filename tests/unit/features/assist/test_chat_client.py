"""One question to the model: its sampling, streams that break off, and models that are served under another name."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from autothink_lsp.backends.base import ChatRequest, ReasoningDelta
from autothink_lsp.errors import BackendError, BackendUnavailable, BadResponse
from autothink_lsp.features.assist.actions import Control
from autothink_lsp.features.assist.chat_client import ChatClient
from autothink_lsp.features.assist.reply import Reply
from autothink_lsp.prompt.think.choose import StreamForm, choose_profile
from autothink_lsp.prompt.think.profile import PLAIN, ThinkProfile
from autothink_lsp.prompt.think.profiles import KAT, QWEN3
from autothink_lsp.thinking.mode import OFF, ThinkMode, ThinkPolicy
from autothink_lsp.values import ChatMessage
from tests.support.scripted_backend import ScriptedBackend, Step

ON = ThinkPolicy(mode=ThinkMode.ON, budget_tokens=400)
AUTO = ThinkPolicy(mode=ThinkMode.AUTO, budget_tokens=400)
BROKEN = BackendUnavailable("The server broke off in the middle of an answer.")
REFUSED = BackendUnavailable("Nothing listens there.")
INCOMPLETE = BadResponse("It ended its answer without saying so.", retryable=True)
MESSAGES = (ChatMessage("user", "Fix it."),)


class Bench:
    def __init__(self, profile: ThinkProfile, *answers: Sequence[Step]) -> None:
        left = list(answers)
        self.forms: list[StreamForm] = []
        self.backend = ScriptedBackend((), chat=lambda _request: left.pop(0))
        self.client = ChatClient(self.backend, profile, lambda: 0.0, on_form_seen=self.forms.append)

    async def ask(self, policy: ThinkPolicy, *, temperature: float = 0.0) -> Reply:
        return await self.client.ask(
            MESSAGES, policy, answer_tokens=200, control=Control(), stop_at_ms=60_000, temperature=temperature
        )


def sampling(request: ChatRequest) -> tuple[float, float | None]:
    return request.temperature, request.top_p


@pytest.mark.parametrize(
    ("policy", "temperature", "expected"),
    [(ON, 0.0, (0.6, 0.95)), (OFF, 0.0, (0.0, None)), (OFF, 0.6, (0.6, 0.95))],
)
async def test_thinking_is_sampled_as_the_card_says_and_a_quick_answer_is_greedy(
    policy: ThinkPolicy, temperature: float, expected: tuple[float, float | None]
) -> None:
    bench = Bench(QWEN3, ["<think>\nHm.\n</think>\n\nDone."])
    await bench.ask(policy, temperature=temperature)
    assert sampling(bench.backend.chats[0]) == expected


async def test_a_judging_model_is_sampled_until_it_answers() -> None:
    bench = Bench(KAT, ["Hard.\n</judge>\n\n<think_on>\n<think>\nHm.\n</think>\n\n<answer>\nDone.\n</answer>"])
    reply = await bench.ask(AUTO)
    assert sampling(bench.backend.chats[0]) == (0.6, 0.95)
    assert (reply.answer, reply.thinking.strip(), reply.judge) == ("Done.", "Hm.", "Hard.")


async def test_a_closer_in_the_code_does_not_end_the_answer() -> None:
    code = 'TAG = "</answer>"\nOTHER = 1\n'
    bench = Bench(KAT, [f"It was wrong.\n```python\n{code}```\n</answer>"])
    reply = await bench.ask(OFF)
    assert bench.backend.chats[0].stop == ()
    assert code in reply.answer
    assert reply.answer.endswith("```")
    assert reply.finished


@pytest.mark.parametrize("error", [BROKEN, INCOMPLETE])
@pytest.mark.parametrize("begun", [["Half an ans"], [ReasoningDelta("Half a thought")], ["<think>\nHm"]])
async def test_a_stream_that_breaks_off_is_requested_once_more(error: BackendError, begun: list[Step]) -> None:
    bench = Bench(QWEN3, [*begun, error], ["The whole answer."])
    reply = await bench.ask(OFF)
    assert (reply.answer, reply.thinking, reply.finished) == ("The whole answer.", "", True)
    assert len(bench.backend.chats) == 2
    whole = await Bench(QWEN3, ["The whole answer."]).ask(OFF)
    assert reply.tokens > whole.tokens, "what was lost was generated, too"


async def test_a_stream_that_breaks_off_twice_is_an_error() -> None:
    bench = Bench(QWEN3, ["Half", BROKEN], ["Half", BROKEN], ["never asked"])
    with pytest.raises(BackendUnavailable):
        await bench.ask(OFF)
    assert len(bench.backend.chats) == 2


async def test_a_server_that_does_not_listen_is_not_asked_again() -> None:
    bench = Bench(QWEN3, [REFUSED], ["never asked"])
    with pytest.raises(BackendUnavailable):
        await bench.ask(OFF)
    assert len(bench.backend.chats) == 1


async def test_an_answer_that_breaks_off_after_closed_thinking_keeps_the_thinking() -> None:
    thought = ["<think>\n", *("word " for _ in range(450))]
    bench = Bench(QWEN3, thought, ["Half", BROKEN], ["The answer."])
    reply = await bench.ask(ON)
    assert reply.answer == "The answer."
    assert reply.thinking.startswith("word word")
    assert reply.outcome.truncated == "budget"


FORMS = [
    (
        ["It is hard.\n</judge>\n\n<think_on>\n<think>\nHm.\n</think>\n\n<answer>\nDone.\n</answer>"],
        "kat-v1",
    ),
    (["Let me see.\nIt is 2.\n</think>\n\nDone."], "deepseek-r1"),
    (["<think>\nLet me see.\n</think>\n\nDone."], "deepseek-r1"),
    ([ReasoningDelta("Let me see."), "Done."], "qwen3"),
]


@pytest.mark.parametrize(("stream", "name"), FORMS)
async def test_a_model_under_another_name_is_recognised_and_its_reasoning_is_no_answer(
    stream: list[Step], name: str
) -> None:
    from autothink_lsp.prompt.think.choose import profile_of_stream

    assert choose_profile("team-model", "vllm").profile is PLAIN
    bench = Bench(PLAIN, stream)
    reply = await bench.ask(OFF)
    assert reply.answer.removesuffix("\n</answer>").strip() == "Done."
    assert reply.outcome.effective == "on"
    (form,) = bench.forms
    found = profile_of_stream(form, "vllm", "127.0.0.1")
    assert found is not None
    assert found.profile.name == name


async def test_a_plain_model_stays_plain() -> None:
    bench = Bench(PLAIN, ["Use `</think>` in <b>text</b>.\n```html\n<think>\n</think>\n```\n"])
    reply = await bench.ask(OFF)
    assert bench.forms == []
    assert "</think>\n```" in reply.answer
