"""Fixes all problems of a document: repairs by rule first, then one question to the model for each function.

Each fix refers to the original text, so fixes that touch each other are not combined: the later one is dropped. A
model's fix is used if it is proved; one without a failed check is used if ``assist.preview`` allows such an edit
without confirmation. All used fixes are checked together and form one edit. The result lists what was fixed and what
was not, with the reason.

Without the model (on save) only certain repairs by rule are made, without a message.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from attrs import define, evolve, field, frozen

from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest, AssistResult, Attempt
from autothink_lsp.features.assist.edit_verifier import EditCandidate
from autothink_lsp.features.assist.repairs.repair import Repair
from autothink_lsp.features.assist.results import message_result
from autothink_lsp.features.assist.safe_markdown import safe_markdown
from autothink_lsp.features.assist.target import Target
from autothink_lsp.values import Diagnostic
from autothink_lsp.verify.evidence import Evidence, EvidenceLevel

logger = logging.getLogger(__name__)

MOST_FUNCTIONS = 20  # for which the model is asked in one action (chosen)
_DEADLINES = 5  # time limit of one action, as a multiple of ``assist.deadline_s`` (chosen)
_LONGEST_MESSAGE = 120
_BY_RULE = "fixed by rule"


@frozen
class _Fixed:
    """The diagnostics that a fix removes, and its evidence."""

    diagnostics: tuple[Diagnostic, ...]
    replacements: tuple[Replacement, ...]
    how: str
    evidence: Evidence | None = None
    attempts: tuple[Attempt, ...] = ()

    @property
    def is_proved(self) -> bool:
        return self.evidence is not None and self.evidence.is_proved

    @property
    def is_certain(self) -> bool:
        return self.evidence is None


class FixSteps(Protocol):
    """The steps of the assistant that the action needs. ``request`` always fixes diagnostics of the same text."""

    async def repair_by_rule(self, request: AssistRequest) -> Repair | None:
        """The certain repair of the first diagnostic, or ``None``."""
        ...

    def target(self, request: AssistRequest) -> Target:
        """The part that the model would rewrite."""
        ...

    async def verify(self, request: AssistRequest, replacements: tuple[Replacement, ...]) -> EditCandidate:
        """Check an edit and return it with its report."""
        ...

    async def fix(self, request: AssistRequest) -> AssistResult:
        """The model's fix. Raises ``AutothinkError`` if the model cannot be asked."""
        ...


@define(eq=False)
class FixAll:
    """One run for a document. ``on_step`` is called with a description of each step."""

    request: AssistRequest
    steps: FixSteps
    on_step: Callable[[str], None]
    now_ms: Callable[[], float]
    _fixed: list[_Fixed] = field(factory=list)
    _left: list[tuple[Diagnostic, str]] = field(factory=list)

    async def run(self) -> AssistResult:
        """Return the combined edit. Raises only cancellation."""
        rest = await self._by_rule()
        if self.request.use_model:
            await self._by_model(rest)
        else:
            self._left += [(one, "no rule fixes it") for one in rest]
        return await self._result()

    def _request_for(self, diagnostics: Sequence[Diagnostic]) -> AssistRequest:
        first = diagnostics[0]
        return evolve(
            self.request,
            action=ActionKind.FIX,
            diagnostics=tuple(diagnostics),
            start=first.start,
            end=first.end,
        )

    async def _by_rule(self) -> list[Diagnostic]:
        """Use the repairs by rule. Returns the diagnostics that remain."""
        rest: list[Diagnostic] = []
        found: list[_Fixed] = []
        for one in self.request.diagnostics:
            repair = await self.steps.repair_by_rule(self._request_for([one]))
            if repair is None or not repair.replacements:
                rest.append(one)
            elif self._is_free(repair.replacements, found):
                found.append(_Fixed((one,), repair.replacements, f"{_BY_RULE}: {repair.title}"))
            else:
                self._left.append((one, "its fix touches another fix here; choose the action again"))
        sound = await self._without_unsound(found)
        self._fixed += sound
        return rest + [one for fix in found if fix not in sound for one in fix.diagnostics]

    async def _without_unsound(self, found: list[_Fixed]) -> list[_Fixed]:
        """The repairs that fail no check: all of them together, or those that pass separately."""
        if not found or (await self._checked(found)).is_acceptable:
            return found
        return [one for one in found if (await self._checked([one])).is_acceptable]

    async def _checked(self, fixes: Sequence[_Fixed]) -> EditCandidate:
        return await self.steps.verify(evolve(self.request, diagnostics=()), _union(fixes))

    def _is_free(self, replacements: tuple[Replacement, ...], fixes: Sequence[_Fixed]) -> bool:
        """Whether no fix touches the replacements; an equal replacement is the same fix."""
        taken = [one for fix in fixes for one in fix.replacements]
        return all(one in taken or not any(_touch(one, other) for other in taken) for one in replacements)

    async def _by_model(self, rest: Sequence[Diagnostic]) -> None:
        """Ask the model once for each function with errors or warnings."""
        groups: dict[object, list[Diagnostic]] = {}
        for one in rest:
            if one.severity not in ("error", "warning"):
                self._left.append((one, "no rule fixes it, and the model is asked for errors and warnings only"))
                continue
            target = self.steps.target(self._request_for([one]))
            groups.setdefault((target.start, target.end), []).append(one)
        stop_at_ms = self.now_ms() + _DEADLINES * self.request.settings.assist.deadline_s * 1_000
        why_ended = ""
        for number, group in enumerate(groups.values(), 1):
            if number > MOST_FUNCTIONS:
                why_ended = f"at most {MOST_FUNCTIONS} functions are fixed at once; choose the action again"
            elif self.now_ms() > stop_at_ms:
                why_ended = "the time was over; choose the action again"
            if not why_ended:
                self.on_step(f"function {number} of {len(groups)}")
                why_ended = await self._ask(group)
            else:
                self._left += [(one, why_ended) for one in group]

    async def _ask(self, group: Sequence[Diagnostic]) -> str:
        """Fix one function. Returns the reason why no further function can be fixed; empty if there is none."""
        result = await self.steps.fix(self._request_for(group))
        why = self._why_left(result)
        if why:
            self._left += [(one, why) for one in group]
            return why if result.cannot_ask_model else ""
        fixed = _Fixed(tuple(group), result.replacements, result.evidence_sentence, result.evidence, result.attempts)
        self._fixed.append(fixed)
        return ""

    def _why_left(self, result: AssistResult) -> str:
        if not result.replacements:
            return result.message or "the model gave no fix"
        if result.has_failed:
            return result.evidence_sentence
        if result.concerns or result.file_edits:
            return " ".join(("its fix should be looked at alone:", *result.concerns))
        takes_unproved = self.request.settings.assist.preview in ("failed", "never")
        if not (result.is_proved or result.is_certain or takes_unproved):
            return "its fix is not proved; choose it alone to look at it"
        if not self._is_free(result.replacements, self._fixed):
            return "its fix touches another fix here; choose the action again"
        return ""

    async def _result(self) -> AssistResult:
        candidate = await self._checked(self._fixed) if self._fixed else None
        if candidate is not None and not candidate.is_acceptable:
            by_rule = [one for one in self._fixed if one.is_certain]
            dropped = [one for one in self._fixed if not one.is_certain] if by_rule else list(self._fixed)
            why = f"together with the other fixes: {candidate.failure}"
            self._left += [(one, why) for fix in dropped for one in fix.diagnostics]
            self._fixed = [one for one in self._fixed if one not in dropped]
        if not self._fixed:
            return evolve(message_result(self.request, self._nothing()), explanation=self._listed())
        fixed, every = sum(len(one.diagnostics) for one in self._fixed), len(self.request.diagnostics)
        return AssistResult(
            request=self.request,
            title=f"Fix {fixed} of {every} problem{'s' * (every != 1)} of this file",
            replacements=_union(self._fixed),
            explanation=self._listed(),
            reason="Repairs by rule first, then the model for each function." if self.request.use_model else "",
            rule_id="fix-all",
            evidence=self._evidence(),
            is_certain=all(one.is_certain or one.is_proved for one in self._fixed),
            attempts=tuple(attempt for one in self._fixed for attempt in one.attempts),
        )

    def _evidence(self) -> Evidence:
        certain = sum(len(one.diagnostics) for one in self._fixed if one.is_certain)
        proved = sum(len(one.diagnostics) for one in self._fixed if one.is_proved)
        unproved = sum(len(one.diagnostics) for one in self._fixed) - certain - proved
        counts = ((certain, _BY_RULE), (proved, "proved"), (unproved, "not proved"))
        sentence = ", ".join(f"{count} {word}" for count, word in counts if count)
        level = EvidenceLevel.PROVED if not certain and not unproved else EvidenceLevel.NOTHING_FOUND_WRONG
        return Evidence(level, f"{sentence[:1].upper()}{sentence[1:]}; {len(self._left)} left.")

    def _nothing(self) -> str:
        if not self.request.use_model:
            return ""
        reasons = list(dict.fromkeys(why for _, why in self._left))
        return f"No problem of this file was fixed: {reasons[0]}" if reasons else "This file has no problems to fix."

    def _listed(self) -> str:
        """The fixed diagnostics, and the remaining ones with the reason, as Markdown."""
        fixed = [f"- {_named(one)}: {safe_markdown(fix.how)}" for fix in self._fixed for one in fix.diagnostics]
        left = [f"- {_named(one)}: {safe_markdown(why)}" for one, why in self._left]
        parts = []
        if fixed:
            parts.append("### Fixed\n\n" + "\n".join(fixed))
        if left:
            parts.append("### Left\n\n" + "\n".join(left))
        return "\n\n".join(parts)


def _named(diagnostic: Diagnostic) -> str:
    message = diagnostic.message.strip().partition("\n")[0][:_LONGEST_MESSAGE]
    return f"line {diagnostic.start.line + 1}, {safe_markdown(message)}"


def _union(fixes: Sequence[_Fixed]) -> tuple[Replacement, ...]:
    """All replacements without duplicates, in text order."""
    found = dict.fromkeys(one for fix in fixes for one in fix.replacements)
    return tuple(sorted(found, key=lambda one: (one.start, one.end)))


def _touch(one: Replacement, other: Replacement) -> bool:
    """Whether two replacements overlap or are adjacent. Two insertions of whole lines at one place are no conflict."""
    if (
        one.start == one.end == other.start == other.end
        and one.new_text.endswith("\n")
        and other.new_text.endswith("\n")
    ):
        return False
    return not (one.end < other.start or other.end < one.start)
