"""Builds the result of an action: the edit, the reason, and the checks that ran."""

from __future__ import annotations

from autothink_lsp.features.assist.actions import ActionKind, AssistRequest, AssistResult, Attempt
from autothink_lsp.features.assist.decision_text import reason_for
from autothink_lsp.features.assist.edit_verifier import EditCandidate
from autothink_lsp.features.assist.escalation_loop import EscalationLoop
from autothink_lsp.features.assist.repairs.repair import Repair
from autothink_lsp.features.assist.target import Target
from autothink_lsp.quantities import counted, shortened
from autothink_lsp.verify.tool_fixes import ToolFix

_TITLES = {
    ActionKind.FIX: "Fix {problem}",
    ActionKind.FIX_ALL: "Fix all problems of this file",
    ActionKind.DESCRIBE: "Change {target} as asked",
    ActionKind.SIMPLIFY: "Simplify {target}",
    ActionKind.EXTRACT: "Extract a function from {target}",
    ActionKind.RENAME: "Rename for clarity",
    ActionKind.TYPES: "Add types to {target}",
    ActionKind.ERRORS: "Add error handling to {target}",
    ActionKind.CASES: "Handle missing cases in {target}",
    ActionKind.DOCSTRING: "Document {target}",
    ActionKind.TESTS: "Write tests for {target}",
    ActionKind.CONVERT: "Modernize {target}",
    ActionKind.EXPLAIN: "Explain {target}",
    ActionKind.USER: "{name}: {target}",
}
_LONGEST_PROBLEM = 80


def title_of(request: AssistRequest, target: Target) -> str:
    """The title of the edit, in one line."""
    problem = request.diagnostics[0].message.partition("\n")[0] if request.diagnostics else "the problem"
    problem = shortened(problem, _LONGEST_PROBLEM)
    name = request.user_action.name if request.user_action is not None else ""
    return _TITLES[request.action].format(problem=problem, target=target.words, name=name)


def message_result(request: AssistRequest, message: str) -> AssistResult:
    """The result of an action without changes; ``message`` is the reason."""
    return AssistResult(request=request, message=message)


def repair_result(request: AssistRequest, found: Repair, candidate: EditCandidate | None) -> AssistResult:
    """The result of a repair without a model; ``candidate`` is its check, ``None`` if the editor renames."""
    evidence = candidate.evidence if candidate is not None else None
    result = evidence.sentence if evidence is not None else "The editor's own rename does it."
    report = candidate.report if candidate is not None else None
    attempt = Attempt(step="repair", outcome=None, result=result, checks=report)
    return AssistResult(
        request=request,
        title=found.title,
        replacements=found.replacements,
        rename=found.rename,
        explanation=found.explanation,
        reason="Fixed without a model.",
        rule_id=found.rule_id,
        evidence=evidence,
        is_certain=True,
        attempts=(attempt,),
    )


def tool_fix_result(request: AssistRequest, target: Target, fix: ToolFix, candidate: EditCandidate) -> AssistResult:
    """The result of a tool's fix of its own message, proved by the tool's silence."""
    evidence = candidate.evidence
    result = evidence.sentence if evidence is not None else ""
    return AssistResult(
        request=request,
        title=title_of(request, target),
        replacements=candidate.replacements,
        concerns=candidate.concerns,
        explanation=f"{fix.tool} proposes this fix itself: {fix.title}",
        reason=f"Fixed as {fix.tool} proposes, without a model.",
        rule_id="tool-fix",
        evidence=evidence,
        attempts=(Attempt(step="repair", outcome=None, result=result, checks=candidate.report),),
    )


def edit_result(request: AssistRequest, target: Target, candidate: EditCandidate, loop: EscalationLoop) -> AssistResult:
    """The result of an edit with its checks."""
    return AssistResult(
        request=request,
        title=title_of(request, target),
        replacements=candidate.replacements,
        file_edits=candidate.file_edits,
        concerns=candidate.concerns,
        explanation=candidate.explanation.strip(),
        reason=reason_of(loop),
        rule_id=loop.decision.rule_id,
        evidence=candidate.evidence,
        attempts=tuple(loop.attempts),
    )


def give_up_result(request: AssistRequest, target: Target, loop: EscalationLoop) -> AssistResult:
    """The result if all attempts failed: the best edit with its failed checks, else only the reason."""
    best = loop.best
    count = len(loop.attempts)
    tried = counted(count, "attempt")
    what = "fix" if request.action is ActionKind.FIX else "edit"
    if best is None or not best.replacements:
        why = best.failure if best is not None and loop.backend_error is None else loop.why_ended
        if not loop.capability.can_on or any(one.step.startswith("think") for one in loop.attempts):
            why = why.replace("Try again, with thinking if possible.", "Try a larger model.")
        result = message_result(request, f"No {what} found after {tried}: {why[:1].lower()}{why[1:]}")
        explanation = best.explanation if best is not None else ""
    else:
        result = edit_result(request, target, best, loop)
        explanation = f"**{best.failure}**\n\n{best.explanation.strip()}"
    return AssistResult(
        request=request,
        title=result.title,
        replacements=result.replacements,
        file_edits=result.file_edits,
        concerns=result.concerns,
        explanation=explanation.strip(),
        reason=reason_of(loop),
        rule_id=loop.decision.rule_id,
        evidence=result.evidence,
        attempts=tuple(loop.attempts),
        message=result.message,
    )


def reason_of(loop: EscalationLoop) -> str:
    """Why the model thought or not, as a sentence for the user."""
    return reason_for(loop.decision, loop.attempts)
