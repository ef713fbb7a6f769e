"""Actions at servers that refuse or ignore a begun answer, and answers that were cut: nothing wrong is applied."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from autothink_lsp.backends.base import ChatRequest, Finished, ReasoningDelta
from autothink_lsp.errors import PrefillRefused
from autothink_lsp.features.assist.actions import ActionKind
from autothink_lsp.features.probing.capabilities import Capabilities
from autothink_lsp.thinking.mode import ThinkMode
from autothink_lsp.values import Point
from tests.support.scripted_backend import Step
from tests.unit.features.test_assistant import RIGHT, WRONG, Bench, code

# Models that are told not to think by a begun answer.
MODELS = [
    *("deepseek-r1-distill-qwen-7b", "DeepSeek-R1-0528", "qwq-32b", "qwen3-30b-a3b-thinking-2507", "KAT-V1-40B"),
    *("HiPO-8B", "openthinker-7b", "kwaicoder-autothink-preview", "srpo-qwen-32b", "qwen3-235b-a22b-thinking"),
]
JUDGES = {"KAT-V1-40B", "HiPO-8B", "kwaicoder-autothink-preview"}
REFUSED = PrefillRefused("no prefill")


def server(answer: Sequence[Step], *, refuses: bool) -> Any:
    """Answers the same to whatever is asked; a begun answer is refused or ignored."""

    def script(request: ChatRequest) -> Sequence[Step]:
        return [REFUSED] if refuses and request.prefill else answer

    return script


def bench_of(tmp_path: Path, model: str, answer: Sequence[Step], *, refuses: bool, **assist: object) -> Bench:
    bench = Bench(tmp_path, [], model=model, test_command=(), run_checkers=False, **assist)
    bench.backend._chat_script = server(answer, refuses=refuses)
    return bench


ANSWERS: dict[str, list[Step]] = {
    "reasoning in a field": [ReasoningDelta("Let me see."), code(RIGHT)],
    "thinking in tags": ["<think>\nMaybe:\n", f"```python\n{WRONG}\n```\nno.\n</think>\n\n", code(RIGHT)],
    "a closer alone": [f"Maybe:\n```python\n{WRONG}\n```\nno.\n</think>\n\n", code(RIGHT)],
    "no thinking at all": [code(RIGHT)],
}


@pytest.mark.parametrize(
    ("model", "name"),
    # Models that judge first close a judgement, and no thinking, that the template opened.
    [(model, name) for model in MODELS for name in ANSWERS if name != "a closer alone" or model not in JUDGES],
)
async def test_a_refused_begun_answer_costs_one_request_once(tmp_path: Path, model: str, name: str) -> None:
    bench = bench_of(tmp_path, model, ANSWERS[name], refuses=True)
    for number in (1, 2):
        result = await bench.service.run(bench.request(think=ThinkMode.OFF), bench.stages.append, bench.control)
        assert not result.message, number
        assert [change.new_text for change in result.replacements] == ["*"]
    assert sum(bool(request.prefill) for request in bench.backend.chats) == 1
    assert len(bench.backend.chats) == 3
    await bench.service.aclose()


@pytest.mark.parametrize("name", ["reasoning in a field", "thinking in tags", "a closer alone"])
@pytest.mark.parametrize("model", ["deepseek-r1-distill-qwen-7b", "qwq-32b", "qwen3-30b-a3b-thinking-2507"])
async def test_an_ignored_begun_answer_is_not_sent_again(tmp_path: Path, model: str, name: str) -> None:
    bench = bench_of(tmp_path, model, ANSWERS[name], refuses=False)
    for _ in (1, 2):
        result = await bench.service.run(bench.request(think=ThinkMode.OFF), bench.stages.append, bench.control)
        assert [change.new_text for change in result.replacements] == ["*"]
    assert [bool(request.prefill) for request in bench.backend.chats] == [True, False]
    await bench.service.aclose()


@pytest.mark.parametrize(
    "text",
    [
        "<think>\nWAIT\n</think>\n\nIt adds.",
        "<thought>\nWAIT\n</thought>\n\nIt adds.",
        "<reasoning lang='en'>WAIT</reasoning>It adds.",
        "<|begin_of_thought|>\nWAIT\n<|end_of_thought|>\n\n<|begin_of_solution|>\nIt adds.\n<|end_of_solution|>",
        "[THINK]WAIT[/THINK]It adds.",
        "◁think▷WAIT◁/think▷It adds.",
        "WAIT\n</think>\n\nIt adds.",
        "<|channel|>analysis<|message|>WAIT<|end|><|start|>assistant<|channel|>final<|message|>It adds.<|return|>",
        "It adds.<|im_end|>\n<|im_start|>user\nWAIT",
        "It adds.</s>",
    ],
)
@pytest.mark.parametrize("model", ["acme-1", "exaone-deep-2.4b", "deepseek-r1-distill-qwen-7b"])
async def test_an_explanation_holds_no_thinking(tmp_path: Path, model: str, text: str) -> None:
    bench = bench_of(tmp_path, model, [text[at : at + 7] for at in range(0, len(text), 7)], refuses=False)
    result = await bench.run(ActionKind.EXPLAIN, think=ThinkMode.OFF)
    assert result.explanation.strip() == "It adds."


CUT = [
    (Finished("length"), "limit of tokens"),
    (Finished("content_filter"), "content filter"),
    (Finished("content_filter", server_reason="SAFETY"), "SAFETY"),
    (Finished("cut", server_reason="error"), "finish_reason: error"),
    (Finished("cut", server_reason="insufficient_system_resource"), "insufficient_system_resource"),
    (Finished("cut"), "finish_reason: unknown"),
]


@pytest.mark.parametrize(("end", "words"), CUT)
@pytest.mark.parametrize("answer", [code(RIGHT), code(RIGHT)[:-8], "```python\n" + RIGHT])
async def test_a_cut_answer_is_not_applied_and_it_is_said_why(
    tmp_path: Path, answer: str, end: Finished, words: str
) -> None:
    bench = bench_of(tmp_path, "acme-1", [answer, end], refuses=False)
    result = await bench.run()
    assert not result.has_edit
    assert words in result.message


@pytest.mark.parametrize(("end", "words"), CUT)
@pytest.mark.parametrize("action", [ActionKind.EXPLAIN, ActionKind.TESTS, ActionKind.RENAME])
async def test_a_cut_answer_to_a_question(tmp_path: Path, action: ActionKind, end: Finished, words: str) -> None:
    answer = {"explain": "It adds", "tests": "```python\ndef test_x():\n    pass\n```", "rename": "are"}[action.value]
    bench = bench_of(tmp_path, "acme-1", [answer, end], refuses=False)
    bench.text = "def area(w, h):\n    return w + h\n"
    result = await bench.run(action, start=Point(0, 5), end=Point(0, 5))
    assert not result.has_edit
    assert result.new_file is None
    assert words in result.message + result.explanation


async def test_a_probes_result_reaches_the_profile_in_use(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, "qwq-32b", ANSWERS["reasoning in a field"], refuses=False)
    endpoint = bench.service.endpoints.get(bench.settings)
    connected = await endpoint.connect()
    assert connected.choice.profile.can_prefill
    endpoint.on_probed(Capabilities(model="another", prefill=False))
    assert (await endpoint.connect()).choice.profile.can_prefill
    endpoint.on_probed(Capabilities(model="qwq-32b", prefill=False))
    assert not (await endpoint.connect()).choice.profile.can_prefill
    endpoint.on_probed(Capabilities(model="qwq-32b", prefill=True))
    assert (await endpoint.connect()).choice.profile.can_prefill
    endpoint.on_prefill_lost()
    endpoint.on_probed(Capabilities(model="qwq-32b", prefill=True))
    after = await endpoint.connect()
    assert not after.choice.profile.can_prefill, "what a request showed goes before what a probe saw"
    assert after.speed is connected.speed
    await bench.service.aclose()
