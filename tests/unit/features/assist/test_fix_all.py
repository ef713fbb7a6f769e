"""Fixing all problems of a document: what is taken, what is left and why."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import define, evolve, field

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.edits.replacement import Replacement, apply_replacements
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest, AssistResult
from autothink_lsp.features.assist.edit_verifier import EditCandidate
from autothink_lsp.features.assist.fix_all import FixAll
from autothink_lsp.features.assist.offers import fix_all_offer
from autothink_lsp.features.assist.repairs.repair import Repair
from autothink_lsp.features.assist.target import Target
from autothink_lsp.settings.model import AssistSettings, Settings
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.evidence import Evidence, EvidenceLevel

TEXT = "one\ntwo\nthree\nfour\n"
PROVED = Evidence(EvidenceLevel.PROVED, "Proved: Ruff no longer reports it.", ("ruff",))
UNPROVED = Evidence(EvidenceLevel.NOTHING_FOUND_WRONG, "Nothing found wrong (parses).")
FAILED = Evidence(EvidenceLevel.FAILED, "Failed: Ruff still reports it.")


def problem(line: int, message: str = "wrong", severity: str = "error") -> Diagnostic:
    return Diagnostic(Point(line, 0), Point(line, 3), message, severity)  # pyright: ignore[reportArgumentType]


def replaced(line: int, text: str = "ONE") -> Replacement:
    return Replacement(Point(line, 0), Point(line, 3), text)


@define
class Steps:
    """Rules and a model that say what the test wants for each line; every line is a function."""

    rules: dict[int, Replacement] = field(factory=dict)
    fixes: dict[int, AssistResult] = field(factory=dict)
    is_sound: Callable[[tuple[Replacement, ...]], bool] = field(default=lambda _replacements: True)
    asked: list[AssistRequest] = field(factory=list)

    async def repair_by_rule(self, request: AssistRequest) -> Repair | None:
        found = self.rules.get(request.diagnostics[0].start.line)
        return Repair((found,), "Use ONE", "", "rule") if found is not None else None

    def target(self, request: AssistRequest) -> Target:
        line = request.start.line
        return Target(Point(line, 0), Point(line, 3), "function", "f", "whole", "one")

    async def verify(self, request: AssistRequest, replacements: tuple[Replacement, ...]) -> EditCandidate:
        evidence = UNPROVED if self.is_sound(replacements) else FAILED
        return EditCandidate(replacements=replacements, evidence=evidence, failure=FAILED.sentence)

    async def fix(self, request: AssistRequest) -> AssistResult:
        self.asked.append(request)
        return evolve(
            self.fixes.get(request.start.line, AssistResult(request=request, message="no fix")), request=request
        )


def request(*problems: Diagnostic, preview: str = "unproved", use_model: bool = True) -> AssistRequest:
    snapshot = DocumentStore().open("file:///a.py", "python", 1, TEXT)
    return AssistRequest(
        action=ActionKind.FIX_ALL,
        snapshot=snapshot,
        start=Point(0, 0),
        end=Point(0, 0),
        settings=Settings(assist=AssistSettings(preview=preview)),  # pyright: ignore[reportArgumentType]
        path="a.py",
        diagnostics=problems,
        use_model=use_model,
    )


def model_fix(line: int, evidence: Evidence = PROVED, **more: object) -> AssistResult:
    return AssistResult(request=request(), replacements=(replaced(line),), evidence=evidence, **more)  # pyright: ignore[reportArgumentType]


async def run(steps: Steps, asked: AssistRequest) -> AssistResult:
    return await FixAll(asked, steps, lambda _words: None, lambda: 0.0).run()


def text_after(result: AssistResult) -> str:
    return str(apply_replacements(result.request.snapshot.text, result.replacements))


async def test_rules_come_first_and_the_model_gets_the_rest() -> None:
    steps = Steps(rules={0: replaced(0)}, fixes={2: model_fix(2)})
    result = await run(steps, request(problem(0), problem(2)))
    assert [one.start.line for one in steps.asked] == [2]
    assert text_after(result) == "ONE\ntwo\nONEee\nfour\n"
    assert result.evidence_sentence == "1 fixed by rule, 1 proved; 0 left."
    assert result.may_apply_unasked
    assert "line 1, wrong: fixed by rule: Use ONE" in result.explanation


async def test_one_question_for_all_problems_of_a_function() -> None:
    steps = Steps(fixes={2: model_fix(2)})
    result = await run(steps, request(problem(2, "a"), problem(2, "b")))
    assert [[one.message for one in asked.diagnostics] for asked in steps.asked] == [["a", "b"]]
    assert result.title == "Fix 2 of 2 problems of this file"


LEFT: dict[str, tuple[AssistResult, str]] = {
    "not proved": (model_fix(2, UNPROVED), "is not proved"),
    "failed": (model_fix(2, FAILED), "Ruff still reports it"),
    "a concern": (model_fix(2, concerns=("It removes comments.",)), "looked at alone: It removes comments."),
    "touches another fix": (evolve(model_fix(0), replacements=(replaced(0, "UNO"),)), "touches another fix"),
    "no fix": (AssistResult(request=request(), message="Nothing usable."), "Nothing usable."),
}


@pytest.mark.parametrize("why", LEFT)
async def test_what_is_left_is_reported_with_its_reason(why: str) -> None:
    fix, reason = LEFT[why]
    result = await run(Steps(rules={0: replaced(0)}, fixes={2: fix}), request(problem(0), problem(2)))
    assert result.replacements == (replaced(0),)
    assert reason in result.explanation.partition("### Left")[2]
    assert result.evidence_sentence == "1 fixed by rule; 1 left."


async def test_an_unproved_fix_is_taken_where_the_user_does_not_want_to_be_asked() -> None:
    steps = Steps(fixes={2: model_fix(2, UNPROVED)})
    result = await run(steps, request(problem(2), preview="failed"))
    assert result.replacements
    assert not result.may_apply_unasked


async def test_without_the_model_only_rules_fix() -> None:
    steps = Steps(rules={0: replaced(0)}, fixes={2: model_fix(2)})
    result = await run(steps, request(problem(0), problem(2), use_model=False))
    assert (result.replacements, steps.asked) == ((replaced(0),), [])
    nothing = await run(Steps(), request(problem(2), use_model=False))
    assert (nothing.has_edit, nothing.message) == (False, "")


async def test_a_rule_that_a_check_objects_to_is_left() -> None:
    steps = Steps(rules={0: replaced(0), 1: replaced(1)}, is_sound=lambda made: replaced(1) not in made)
    result = await run(steps, request(problem(0), problem(1)))
    assert result.replacements == (replaced(0),)


async def test_fixes_that_fail_together_are_not_applied() -> None:
    """The rules' fixes stay; those of the model go."""
    steps = Steps(rules={0: replaced(0)}, fixes={2: model_fix(2)}, is_sound=lambda made: len(made) < 2)
    result = await run(steps, request(problem(0), problem(2)))
    assert result.replacements == (replaced(0),)
    assert "together with the other fixes" in result.explanation


async def test_a_model_that_cannot_be_asked_is_asked_once() -> None:
    away = AssistResult(request=request(), message="No server there.", cannot_ask_model=True)
    steps = Steps(fixes={1: away, 2: away, 3: away})
    result = await run(steps, request(problem(1), problem(2), problem(3)))
    assert len(steps.asked) == 1
    assert result.message == "No problem of this file was fixed: No server there."


async def test_hints_do_not_cost_a_question() -> None:
    steps = Steps(fixes={2: model_fix(2)})
    await run(steps, request(problem(2, severity="hint")))
    assert steps.asked == []


@pytest.mark.parametrize(
    ("only", "is_offered"),
    [
        (None, False),
        ([], False),
        ([""], False),
        (["quickfix"], False),
        (["source.organizeImports"], False),
        (["source.fixAll.ruff"], False),
        (["source"], True),
        (["source.fixAll"], True),
        (["source.fixAll.autothink"], True),
    ],
)
def test_it_is_offered_only_by_name(only: list[str] | None, is_offered: bool) -> None:
    assert (fix_all_offer(only) is not None) is is_offered
