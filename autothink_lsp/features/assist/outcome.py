"""Puts together what the user is shown at the end of an action: the edit, why, and what was and was not checked."""

from __future__ import annotations

from autothink_lsp.features.assist.candidate import Candidate
from autothink_lsp.features.assist.climb import Climb
from autothink_lsp.features.assist.repairs.values import Repair
from autothink_lsp.features.assist.target import Target
from autothink_lsp.features.assist.values import ActionKind, AssistRequest, AssistResult, Attempt

_TITLES = {
    ActionKind.FIX: "Fix {problem}",
    ActionKind.DESCRIBE: "Change {target} as asked",
    ActionKind.SIMPLIFY: "Simplify {target}",
    ActionKind.EXTRACT: "Extract a function from {target}",
    ActionKind.RENAME: "Rename for clarity",
    ActionKind.TYPES: "Add types to {target}",
    ActionKind.ERRORS: "Add error handling to {target}",
    ActionKind.CASES: "Handle all cases in {target}",
    ActionKind.DOCSTRING: "Document {target}",
    ActionKind.TESTS: "Write tests for {target}",
    ActionKind.CONVERT: "Convert {target}",
    ActionKind.EXPLAIN: "Explain {target}",
}
_LONGEST_PROBLEM = 80


def title_of(request: AssistRequest, target: Target) -> str:
    """One line that says what was done."""
    problem = request.diagnostics[0].message.partition("\n")[0] if request.diagnostics else "the problem"
    if len(problem) > _LONGEST_PROBLEM:
        problem = problem[: _LONGEST_PROBLEM - 1].rstrip() + "…"
    return _TITLES[request.action].format(problem=problem, target=target.words)


def message_result(request: AssistRequest, message: str) -> AssistResult:
    """Nothing was done, and why."""
    return AssistResult(request=request, message=message)


def repair_result(request: AssistRequest, found: Repair, candidate: Candidate | None) -> AssistResult:
    """A repair without a model; ``candidate`` is its check, ``None`` where the editor renames."""
    checks = candidate.checks_in_words if candidate is not None else ""
    attempt = Attempt(
        step="repair", outcome=None, result="verified", checks=candidate.report if candidate is not None else None
    )
    return AssistResult(
        request=request,
        title=found.title,
        replacements=found.replacements,
        rename=found.rename,
        explanation=found.explanation,
        reason="No model was asked: this needs none.",
        rule_id=found.rule_id,
        verified=True,
        checks_in_words=checks,
        attempts=(attempt,),
    )


def edit_result(
    request: AssistRequest, target: Target, candidate: Candidate, climb: Climb, *, verified: bool
) -> AssistResult:
    """An edit that passed its checks, or the best one that did not."""
    return AssistResult(
        request=request,
        title=title_of(request, target),
        replacements=candidate.replacements,
        concerns=candidate.concerns,
        explanation=candidate.explanation.strip(),
        reason=reason_of(climb),
        rule_id=climb.decision.rule_id,
        verified=verified,
        checks_in_words=candidate.checks_in_words,
        attempts=tuple(climb.attempts),
    )


def give_up_result(request: AssistRequest, target: Target, climb: Climb) -> AssistResult:
    """No attempt passed. The best edit is shown as not verified; without one the reason is all there is."""
    best = climb.best
    count = len(climb.attempts)
    tried = "One attempt" if count == 1 else f"{count} attempts"
    if best is None or not best.replacements:
        why = best.failure if best is not None else climb.why_ended
        if not climb.capability.can_on:
            why = why.replace("Ask again, or with (think).", "A larger model may do better.")
        result = message_result(request, f"{tried} gave no usable edit: {why}")
        explanation = best.explanation if best is not None else ""
    else:
        result = edit_result(request, target, best, climb, verified=False)
        explanation = f"**Not verified: {best.failure}**\n\n{best.explanation.strip()}"
    return AssistResult(
        request=request,
        title=result.title,
        replacements=result.replacements,
        concerns=result.concerns,
        explanation=explanation.strip(),
        reason=reason_of(climb),
        rule_id=climb.decision.rule_id,
        verified=False,
        checks_in_words=result.checks_in_words,
        attempts=tuple(climb.attempts),
        message=result.message,
    )


def reason_of(climb: Climb) -> str:
    """Why the model did or did not think, in words."""
    thought = [
        attempt for attempt in climb.attempts if attempt.outcome is not None and attempt.outcome.effective == "on"
    ]
    sentence = climb.decision.sentence
    if not climb.attempts:
        return sentence
    if thought and climb.attempts[0] is not thought[0]:
        first = climb.attempts[0]
        return f"Thought because the quick attempt failed its check: {first.result}"
    if not thought and len(climb.attempts) > 1:
        return f"{sentence} The first attempt failed its check, so a second one was told why."
    return sentence
