"""Attempts of one action differ from each other, and none takes longer than its piece."""

from __future__ import annotations

import pytest
from attrs import evolve

from autothink_lsp.errors import BackendUnavailable
from autothink_lsp.features.assist.actions import ActionKind
from autothink_lsp.features.assist.answer_limit import answer_limit_tokens, is_going_round
from tests.unit.features.test_assistant import PROBLEM, RIGHT, WRONG, Bench, code, steps

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("only_programs_on_the_path")]

PLAIN = "Qwen2.5-Coder-1.5B"
HARD = (evolve(PROBLEM, message="wrong operator"),)


async def test_the_first_edit_again_is_not_checked_again(tmp_path) -> None:
    again = f"Another explanation.\n\nThe whole edited code:\n```python\n{WRONG}\n```"
    bench = Bench(tmp_path, [[code(WRONG)], [again]], model=PLAIN)
    result = await bench.run(diagnostics=HARD)
    assert steps(result) == ["quick", "retry"]
    assert result.attempts[0].checks is not None
    assert result.attempts[1].checks is None
    assert result.attempts[1].result == "The model proposed an edit that had failed before."
    assert result.has_failed, "the failed edit is what the user sees"


async def test_after_the_same_edit_twice_the_model_thinks(tmp_path) -> None:
    answers = [[f"{code(WRONG)}\n</answer>"]] * 2 + [["Hm.", f"\n</think>\n\n<answer>\n{code(RIGHT)}", "\n</answer>"]]
    bench = Bench(tmp_path, answers)
    result = await bench.run(diagnostics=HARD)
    assert (steps(result), result.has_failed) == (["quick", "retry", "think-low"], False)
    assert "That is the edit that failed before" in bench.backend.chats[2].messages[-1].content


async def test_the_second_attempt_is_sampled_and_sees_the_first(tmp_path) -> None:
    bench = Bench(tmp_path, [[code(WRONG)], [code(RIGHT)]], model=PLAIN)
    result = await bench.run(diagnostics=HARD)
    first, second = bench.backend.chats
    assert (first.temperature, second.temperature > 0) == (0.0, True)
    assert WRONG in second.messages[-2].content
    assert "AssertionError" in second.messages[-1].content
    assert "SEARCH" not in second.messages[-1].content
    assert result.has_edit
    assert not result.has_failed


async def test_after_an_unchanged_answer_only_lines_are_asked_for(tmp_path) -> None:
    blocks = "It adds.\n<<<<<<< SEARCH\n    return w + h\n=======\n    return w * h\n>>>>>>> REPLACE"
    unchanged = code("def area(w, h):\n    return w + h")
    bench = Bench(tmp_path, [[unchanged], [blocks]], model=PLAIN)
    result = await bench.run(diagnostics=HARD)
    assert "<<<<<<< SEARCH" in bench.backend.chats[1].messages[-1].content
    assert result.has_edit
    assert not result.has_failed


async def test_an_endless_answer_is_cut_and_the_next_one_is_short(tmp_path) -> None:
    endless = ["It adds.\n\n```python\n", *["    total = total + 1\n"] * 400, "```"]
    bench = Bench(tmp_path, [endless, ["none"]], model=PLAIN)
    result = await bench.run(diagnostics=HARD)
    first, second = bench.backend.chats
    assert result.attempts[0].result.startswith("The model's answer was cut: it repeated itself.")
    assert result.attempts[0].tokens < 40
    assert bench.backend.running == 0
    assert "<<<<<<< SEARCH" in second.messages[-1].content
    assert first.max_tokens < 200 < second.max_tokens, "the second may take what the settings allow"


async def test_an_explanation_without_end_is_not_shown_again(tmp_path) -> None:
    """A model continues a repetition that it sees: the second attempt sees its beginning and explains nothing."""
    endless = ["The mean is wrong, ", *["which is the mean of the deviations, "] * 200]
    blocks = "<<<<<<< SEARCH\n    return w + h\n=======\n    return w * h\n>>>>>>> REPLACE"
    bench = Bench(tmp_path, [endless, [blocks]], model=PLAIN)
    result = await bench.run(diagnostics=HARD)
    shown, asked = (message.content for message in bench.backend.chats[1].messages[-2:])
    assert len(shown) <= 120
    assert "Do not explain anything" in asked
    assert "one or two sentences" not in asked
    assert (result.has_edit, result.has_failed, result.explanation) == (True, False, "")


@pytest.mark.parametrize(
    ("text", "trusted", "attempts"), [(RIGHT, True, 1), (WRONG, True, 2), (RIGHT, False, 2)], ids=str
)
async def test_code_before_a_cut_is_taken_only_where_it_is_proved(tmp_path, text, trusted, attempts) -> None:
    babble = [f"It adds.\n```python\n{text}\n```\nAll of it:\n```python\n", *["from x import y\n"] * 200]
    bench = Bench(tmp_path, [babble, ["none"]], model=PLAIN)
    result = await bench.run(diagnostics=HARD, trusted=trusted)
    assert len(result.attempts) == attempts
    assert result.is_proved is (attempts == 1)
    assert result.has_edit is (attempts == 1)


async def test_no_attempt_of_a_ladder_is_asked_as_another_was(tmp_path) -> None:
    """Whatever the model answers, two requests of one action differ in more than their length."""
    answers = [code(WRONG), "I cannot.", code("def area(w, h):\n    return w + h"), "```python\ndef area(w"]
    for answer in answers:
        bench = Bench(tmp_path, [[answer]] * 4, model=PLAIN)
        result = await bench.run(diagnostics=HARD)
        asked = [(chat.messages, chat.temperature) for chat in bench.backend.chats]
        assert len(asked) == len(result.attempts) >= 2
        assert len({repr(one) for one in asked}) == len(asked)
        assert all(temperature > 0 for _, temperature in asked[1:])


async def test_a_server_that_breaks_off_later_keeps_the_first_edit(tmp_path) -> None:
    bench = Bench(tmp_path, [[code(WRONG)], [BackendUnavailable("Nothing listens.")]], model=PLAIN)
    result = await bench.run(diagnostics=HARD)
    assert (steps(result), result.has_edit, result.has_failed) == (["quick"], True, True)
    assert not result.may_apply_unasked


async def test_an_honest_end(tmp_path) -> None:
    bench = Bench(tmp_path, [["I cannot."], ["I cannot."]], model=PLAIN)
    result = await bench.run(diagnostics=HARD)
    assert result.message.startswith("No fix found after 2 attempts: the model's answer contains no code.")


async def test_thinking_is_not_advised_after_it_was_tried(tmp_path) -> None:
    answers = [["I cannot.\n</answer>"]] * 2 + [["Hm.", "\n</think>\n\n<answer>\nI cannot.", "\n</answer>"]] * 2
    result = await Bench(tmp_path, answers).run(diagnostics=HARD)
    assert any(step.startswith("think") for step in steps(result))
    assert "contains no code. Try a larger model." in result.message
    assert "with thinking" not in result.message


def test_the_limit_follows_the_piece() -> None:
    limits = [
        answer_limit_tokens(ActionKind.FIX, "x" * chars, most_tokens=1024) for chars in (0, 32, 320, 3200, 32_000)
    ]
    assert limits == sorted(limits)
    assert limits[0] >= 96
    assert limits[1] < 150
    assert limits[-1] == 1024
    assert answer_limit_tokens(ActionKind.FIX, "x" * 320, most_tokens=64) == 64
    assert answer_limit_tokens(ActionKind.DESCRIBE, "x", most_tokens=1024) == 1024, "the words may ask for anything"
    assert answer_limit_tokens(ActionKind.DOCSTRING, "x", most_tokens=1024) > limits[0]


def test_the_limit_of_a_comment_is_shorter_than_that_of_code_with_it() -> None:
    code = "x" * 3200  # 1000 tokens
    comment, whole = (
        answer_limit_tokens(ActionKind.DOCSTRING, code, most_tokens=4096, form=form) for form in ("comment", "whole")
    )
    assert comment < 1000 < whole, "selected lines are repeated with their comments"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("a = 1\n" * 6, True),
        ("a = 1\n" * 5, False),
        ("a = 1\nb = 2\n" * 6, True),
        ("a = 1\nb = 2\nc = 3\n" * 4, True),
        ("a = 1\nb = 2\nc = 3\n" * 3, False),
        ("}\n" * 30, False),
        ("\n" * 30, False),
        ("x = [" + "1, 2, 3, 4, 5, " * 40, True),
        ("".join(f"a{number} = {number}\n" for number in range(50)), False),
        ("", False),
    ],
)
def test_what_goes_round(answer: str, expected: bool) -> None:
    assert is_going_round(answer, ()) is expected
    assert is_going_round(answer, (f"def f():\n{answer}",)) is False, "code that is rewritten may hold such lines"
