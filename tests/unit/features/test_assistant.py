"""The assistant from request to checked result, with a model that says what the test wants in KAT's and other forms."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from attrs import evolve

from autothink_lsp.backends.base import ChatRequest, Finished, ReasoningDelta, ServerDescription
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.errors import BackendUnavailable, RequestLimitReached
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest, AssistResult, Control, Stage
from autothink_lsp.features.assist.think_decider import ThinkDecider, shipped_weights
from autothink_lsp.settings.model import AssistSettings, Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.thinking.mode import ThinkMode
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.service import VerificationRequest, Verifier
from tests.support.plain_pytest import PLAIN_PYTEST
from tests.support.scripted_assistant import scripted_assistant
from tests.support.scripted_backend import Hold, ScriptedBackend, Step

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("only_programs_on_the_path")]

CODE = "def area(w, h):\n    return w + h\n\n\ndef other():\n    return 1\n"
PROBLEM = Diagnostic(Point(1, 11), Point(1, 16), "AssertionError: area(2, 3) should be 6 but is 5")
WRONG, RIGHT = "def area(w, h):\n    return w - h", "def area(w, h):\n    return w * h"
QUICK_FIRST = evolve(SHIPPED_WEIGHTS, off_bias=5.0, follows_judge=False)
TESTS = (sys.executable, "-c", "import x; assert x.area(2, 3) == 6")


def code(text: str) -> str:
    return f"It adds.\n\nThe whole edited code:\n```python\n{text}\n```"


def off(text: str) -> list[Step]:
    return [f"{text}\n</answer>"]


def on(thought: str, text: str) -> list[Step]:
    return [thought, f"\n</think>\n\n<answer>\n{text}", "\n</answer>"]


class Bench:
    """One document; ``answers`` are the model's, in order."""

    def __init__(
        self, tmp_path: Path, answers: Sequence[Sequence[Step]], *, model: str = "KAT-V1-40B", **assist: object
    ):
        self.answers = list(answers)
        self.backend = ScriptedBackend([], chat=self._next, description=ServerDescription("vLLM", model, 16_000))
        self.stages: list[Stage] = []
        self.control = Control()
        self.documents, self.syntax = DocumentStore(), Syntax()
        self.documents.subscribe(self.syntax.trees)
        (tmp_path / "x.py").write_text(CODE)
        self.folder, self.name = tmp_path, "x.py"
        self.text = CODE
        self.settings = Settings(
            assist=AssistSettings(**{"backend": "openai", "url": "http://127.0.0.1:1", "test_command": TESTS, **assist})  # pyright: ignore[reportArgumentType]
        )
        decider = ThinkDecider(lambda _: QUICK_FIRST)
        file = tmp_path / "state" / "s.sqlite3"
        self.service = scripted_assistant(self.backend, self.syntax, file, think_decider=decider)
        self.statistics = self.service.statistics

    def _next(self, request: ChatRequest) -> Sequence[Step]:
        return self.answers.pop(0) if self.answers and request.max_tokens else ()

    def request(self, action: ActionKind = ActionKind.FIX, **more: object) -> AssistRequest:
        snapshot = self.documents.open((self.folder / self.name).as_uri(), "python", 1, self.text)
        fields: dict = {
            "action": action,
            "snapshot": snapshot,
            "start": PROBLEM.start,
            "end": PROBLEM.start,
            "settings": self.settings,
            "path": "x.py",
            "file": self.folder / "x.py",
            "folder": self.folder,
            "trusted": True,
            "diagnostics": (PROBLEM,) if action is ActionKind.FIX else (),
        }
        return AssistRequest(**{**fields, **more})

    async def run(self, action: ActionKind = ActionKind.FIX, **more: object) -> AssistResult:
        result = await self.service.run(self.request(action, **more), self.stages.append, self.control)
        await self.service.aclose()
        return result


def steps(result: AssistResult) -> list[str]:
    return [attempt.step for attempt in result.attempts]


async def test_a_quick_attempt_that_passes_never_thinks(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [off(code(RIGHT))], think="auto")
    result = await bench.run(diagnostics=(evolve(PROBLEM, message="wrong operator"),))
    assert (steps(result), result.has_failed) == (["quick"], False)
    (edit,) = result.replacements
    assert (edit.start, edit.new_text) == (Point(1, 13), "*")
    assert bench.backend.chats[0].prefill.endswith("<think_off>\n<answer>\n")
    assert bench.backend.chats[0].fields == {"skip_special_tokens": False}
    assert "did not think" in result.reason
    assert [stage.name for stage in bench.stages][-1] == "done"


async def test_thinking_comes_only_after_two_failed_checks(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path, [off(code(WRONG)), off(code(WRONG.replace("-", "/"))), on("It should multiply.", code(RIGHT))]
    )
    result = await bench.run(diagnostics=(evolve(PROBLEM, message="wrong operator"),))
    assert (steps(result), result.has_failed) == (["quick", "retry", "think-low"], False)
    assert "tests" in result.evidence_sentence
    assert result.reason.startswith("The model thought because the quick attempt failed: the tests")
    first, second, third = bench.backend.chats
    assert second.messages[:2] == third.messages[:2] == first.messages, "one prefix for the cache"
    assert "AssertionError" in second.messages[-1].content
    assert third.prefill.endswith("<think_on>\n<think>\n")
    assert result.attempts[2].thinking.strip() == "It should multiply."
    assert "multiply" not in str(result.replacements)
    assert any(stage.name == "thinking" and "thinking" in stage.text for stage in bench.stages)


async def test_never_thinking_when_the_user_says_fast(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [off(code(WRONG))] * 4)
    result = await bench.run(think=ThinkMode.OFF)
    assert steps(result) == ["quick", "retry"]
    assert result.has_failed
    assert result.has_edit, "the best attempt is kept"
    assert "Failed: " in result.explanation


async def test_a_plain_model_is_never_asked_to_think(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [[code(WRONG)], [code(RIGHT)]], model="Qwen2.5-Coder-1.5B")
    result = await bench.run(think=ThinkMode.ON)
    assert (steps(result), result.has_failed) == (["quick", "retry"], False)
    assert all(not chat.prefill and "think" not in str(chat) for chat in bench.backend.chats)
    assert "does not think" in result.reason


async def test_the_users_word_makes_it_think_at_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [on("Hm.", code(RIGHT))])
    result = await bench.run(think=ThinkMode.ON)
    assert steps(result) == ["think-low"]
    assert result.reason == "The model thought because you asked for it."


async def test_the_models_own_judgement(tmp_path: Path) -> None:
    judged = ["It is hard.\n</judge>\n\n<think_on>\n<think>\nHm.\n</think>\n\n<answer>\n", code(RIGHT), "\n</answer>"]
    bench = Bench(tmp_path, [judged])
    bench.service.think_decider.weights_for = shipped_weights
    result = await bench.run(
        diagnostics=(evolve(PROBLEM, message="something is odd with the result", code="x"),),
        action=ActionKind.DESCRIBE,
        instruction="multiply",
    )
    outcome = result.attempts[0].outcome
    assert outcome is not None
    assert (result.rule_id, outcome.decided_by, outcome.effective) == ("model-judges", "model", "on")
    assert result.attempts[0].judge == "It is hard."


async def test_a_judge_that_never_ends_is_replaced_by_a_prefill(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [["I wonder. " * 80], off(code(RIGHT))])
    bench.service.think_decider.weights_for = shipped_weights
    result = await bench.run(action=ActionKind.DESCRIBE, instruction="multiply")
    assert result.has_edit
    assert not result.has_failed
    assert bench.backend.chats[1].prefill.endswith("<answer>\n")


async def test_only_thinking_came_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [["half a thought", Finished("length")], off(code(RIGHT))])
    result = await bench.run(think=ThinkMode.ON)
    assert result.has_edit
    assert not result.has_failed
    assert "half a thought" in bench.backend.chats[1].prefill
    assert bench.backend.chats[1].prefill.endswith("</think>\n\n<answer>\n")


async def test_reasoning_in_a_field(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [[ReasoningDelta("hm"), code(RIGHT)]], model="Qwen3-8B")
    result = await bench.run(think=ThinkMode.ON)
    assert result.has_edit
    assert not result.has_failed
    assert result.attempts[0].thinking == "hm"
    assert bench.backend.chats[0].fields["chat_template_kwargs"] == {"enable_thinking": True, "thinking": True}


async def test_a_budget_that_is_used_up_closes_the_thought(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [["word "] * 400, off(code(RIGHT))], max_thinking_tokens=150)
    result = await bench.run(think=ThinkMode.ON)
    assert result.has_edit
    assert not result.has_failed
    outcome = result.attempts[0].outcome
    assert outcome is not None
    assert outcome.truncated == "budget"
    assert 140 <= outcome.think_tokens <= 320


async def test_answer_now_takes_what_is_known(tmp_path: Path) -> None:
    hold = asyncio.Event()
    bench = Bench(tmp_path, [["so far", Hold(hold), " and more", Hold(asyncio.Event())], off(code(RIGHT))])
    task = asyncio.ensure_future(bench.run(think=ThinkMode.ON))
    while not any(stage.name == "thinking" and stage.tokens for stage in bench.stages):
        await asyncio.sleep(0.01)
    bench.control.answer_now.set()
    hold.set()
    result = await task
    assert result.has_edit
    assert not result.has_failed
    assert "so far and more" in bench.backend.chats[1].prefill
    assert [chat.is_follow_up for chat in bench.backend.chats] == [False, True]


async def test_a_limit_of_requests_is_told_with_the_time_at_which_it_ends(tmp_path: Path) -> None:
    limit = RequestLimitReached("The limit of 3 requests a minute is reached.", hint="The next one is possible in 9 s.")
    bench = Bench(tmp_path, [[limit]])
    result = await bench.run(think=ThinkMode.ON)
    assert not result.has_edit
    assert result.message == "The limit of 3 requests a minute is reached. The next one is possible in 9 s."
    assert len(bench.backend.chats) == 1


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_cancelling_hangs_up(tmp_path: Path, after: int) -> None:
    streamed: list[Step] = ["thinking ", "on"]
    bench = Bench(tmp_path, [[*streamed[:after], Hold(asyncio.Event())]])
    task = asyncio.ensure_future(bench.run(think=ThinkMode.ON))
    while not bench.backend.running:
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (bench.backend.running, bench.backend.cancelled) == (0, 1)


async def test_a_deadline_ends_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [["```python\ndef area", Hold(asyncio.Event())]], deadline_s=5)
    bench.settings = evolve(bench.settings, assist=evolve(bench.settings.assist, deadline_s=1))
    result = await bench.run(think=ThinkMode.OFF)
    assert not result.has_edit
    assert "cut" in result.message


async def test_a_dead_server_is_reported_and_tried_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [[BackendUnavailable("Nothing listens.", hint="Start it.")], off(code(RIGHT))])
    result = await bench.service.run(bench.request(), bench.stages.append)
    assert result.message == "Nothing listens. Start it."


async def test_an_excluded_file_is_never_sent(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [off(code(RIGHT))])
    bench.name = ".env"
    result = await bench.run(path=".env")
    assert "excluded" in result.message
    assert bench.backend.chats == []


async def test_a_repair_needs_no_model(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [])
    bench.settings = evolve(bench.settings, assist=evolve(bench.settings.assist, test_command=()))
    bench.text = CODE.replace("w + h", "othr()")
    message = Diagnostic(Point(1, 11), Point(1, 15), '"othr" is not defined', code="reportUndefinedVariable")
    result = await bench.run(diagnostics=(message,))
    assert (result.may_apply_unasked, result.rule_id, bench.backend.chats) == (True, "misspelt-name", [])
    assert "Change `othr` to `other`" in result.title


async def test_explaining_links_lines(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [["See L2 and L999.\n```\nL2\n```\n</answer>"]])
    result = await bench.run(ActionKind.EXPLAIN, think=ThinkMode.OFF)
    assert "#L2)" in result.explanation
    assert "L999." in result.explanation
    assert "```\nL2\n```" in result.explanation


async def test_tests_become_a_new_file(tmp_path: Path) -> None:
    written = "from x import area\n\n\ndef test_area():\n    assert area(2, 3) == 6"
    text = f"The whole test file:\n```python\n{written}\n```\n</answer>"
    (tmp_path / "test_x.py").write_text("")
    bench = Bench(tmp_path, [[text]])
    result = await bench.run(ActionKind.TESTS, think=ThinkMode.OFF)
    assert result.new_file is not None
    assert result.new_file.path.name == "test_x_2.py", "nothing is overwritten"
    assert not result.may_apply_unasked


def test_file(expected: int) -> list[Step]:
    written = f"from x import area\n\n\ndef test_area():\n    assert area(2, 3) == {expected}"
    return [f"The whole test file:\n```python\n{written}\n```\n</answer>"]


test_file.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.process
@pytest.mark.parametrize(
    ("answers", "attempts", "sentence"),
    [
        ([5], ["quick"], "Nothing found wrong (1 test passes)."),
        ([6, 5], ["quick", "retry"], "Nothing found wrong (1 test passes)."),
        ([6, 7], ["quick", "retry"], "Failed: 1 of 1 tests fail: test_area."),
    ],
)
async def test_tests_that_the_model_wrote_are_run_before_they_are_shown(
    answers: list[int], attempts: list[str], sentence: str, tmp_path: Path
) -> None:
    bench = Bench(tmp_path, [test_file(one) for one in answers], test_command=PLAIN_PYTEST)
    result = await bench.run(ActionKind.TESTS, think=ThinkMode.OFF)
    assert (steps(result), result.evidence_sentence) == (attempts, sentence)
    assert result.new_file is not None
    assert not result.may_apply_unasked
    assert not result.new_file.path.exists()
    if len(answers) > 1:
        assert "assert 5 == 6" in bench.backend.chats[1].messages[-1].content


async def test_a_clearer_name_is_used_everywhere_in_the_function(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [["width\n</answer>"]])
    result = await bench.run(ActionKind.RENAME, start=Point(0, 9), end=Point(0, 9))
    assert [edit.new_text for edit in result.replacements] == ["width", "width"]
    assert result.rename is not None
    assert (result.rename.old_name, result.rename.new_name) == ("w", "width")


async def test_a_place_that_failed_twice_thinks_the_next_time(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [off(code(WRONG)), off(code(WRONG)), on("Hm.", code(RIGHT))])
    problem = evolve(PROBLEM, message="wrong operator")
    first = await bench.service.run(bench.request(diagnostics=(problem,), think=ThinkMode.OFF), bench.stages.append)
    assert first.has_failed
    second = await bench.run(diagnostics=(problem,))
    assert (steps(second), second.rule_id) == (["think-low"], "failed-twice")


async def test_counts_are_kept_and_hold_no_code(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [off(code(RIGHT))])
    result = await bench.service.run(bench.request(think=ThinkMode.OFF), bench.stages.append)
    bench.service.record(result.id, "applied")
    bench.service.record(result.id, "undone")
    (row,) = bench.statistics.summary()
    assert (row.action, row.mode, row.verified, row.applied, row.undone) == ("fix", "off", 1, 1, 1)
    await bench.service.aclose()
    content = (tmp_path / "state/s.sqlite3").read_bytes()
    assert b"area" not in content
    assert b"x.py" not in content


async def test_warming_generates_nothing_and_shares_the_prompt(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [off(code(RIGHT))])
    await bench.service.warm(bench.request())
    assert bench.backend.chats[0].max_tokens == 0
    await bench.run(think=ThinkMode.OFF)
    assert bench.backend.chats[1].messages == bench.backend.chats[0].messages


async def test_checks_get_the_open_documents_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(tmp_path, [])
    asked: list[VerificationRequest] = []
    monkeypatch.setattr(Verifier, "prepare", lambda _, case: asked.append(case))
    bench.service.open_documents = bench.documents.snapshots
    outside = tmp_path.parent / "elsewhere.py"
    for file in (tmp_path / "near.py", outside):
        bench.documents.open(file.as_uri(), "python", 1, f"# {file.name}\n")
    bench.documents.open("untitled:one", "python", 1, "x")
    await bench.service.warm(bench.request())
    await bench.service.warm(bench.request(trusted=False))
    assert [[(one.path, one.after) for one in case.open_files] for case in asked] == [
        [(tmp_path / "near.py", "# near.py\n")],
        [],
    ]
    await bench.service.aclose()
