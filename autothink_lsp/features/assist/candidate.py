"""From a model's reply to an edit that has been checked, or to the reason why there is none.

The order is that of cost: an answer that was cut or changes nothing has failed for free; locating it costs a
millisecond; checkers cost seconds and run last. Whatever fails gives a sentence for the user and one for the model.
"""

from __future__ import annotations

import re

from attrs import evolve, field, frozen

from autothink_lsp.document.invisible import brings_invisible
from autothink_lsp.edits.answer import read_answer
from autothink_lsp.edits.apply import proposed_edit
from autothink_lsp.edits.likeness import AskedCode
from autothink_lsp.edits.shadow import applied
from autothink_lsp.edits.values import Asked, EditRefused, Refusal, Replacement
from autothink_lsp.features.assist.target import Target
from autothink_lsp.features.assist.values import ActionKind, AssistRequest
from autothink_lsp.syntax.languages import Language
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.verify.service import Verification, Verifier, for_model, in_words
from autothink_lsp.verify.values import CheckReport

# What these make of the code behaves as before or adds to it: nothing that others use may vanish.
_KEEPS_NAMES = frozenset(ActionKind) - {ActionKind.RENAME, ActionKind.DESCRIBE, ActionKind.CONVERT}

# Messages that a comment may have to go for: unused suppressions, commented-out code.
_ABOUT_COMMENTS = re.compile(
    r"comment|unused|noqa|type: ignore|directive|pragma|suppress|docstring|redundant|unnecessary|useless",
    re.IGNORECASE,
)

# Messages that a change of layout or comments alone answers: those of formatters and style checkers.
_ABOUT_LAYOUT = re.compile(
    r"indent|\btabs?\b|white ?space|\bblanks?\b|\bspac(?:es?|ing)\b|new ?lines?|format|gofmt|gofumpt|goimports"
    r"|rustfmt|\bblack\b|prettier|quote|semicolon|comma\b"
    r"|align|too long|line.?length|docstring|comment|jsdoc|brace|\b(?:E[1-35]|W[1-35]|Q0|D[1-4]|MD0)\d\d",
    re.IGNORECASE,
)
_ABOUT_FINAL_NEWLINE = re.compile(
    r"no new ?line|missing (?:final |trailing )?new ?line|new ?line (?:required|expected|missing)|eol-last|W292|MD047",
    re.IGNORECASE,
)


@frozen(kw_only=True)
class Candidate:
    """``replacements`` are empty where the answer was refused; then ``failure`` says why."""

    replacements: tuple[Replacement, ...] = ()
    concerns: tuple[str, ...] = ()  # sentences: why the user is asked before even a verified edit is applied
    explanation: str = ""
    report: CheckReport | None = field(default=None, repr=False)
    refusal: Refusal | None = None
    failure: str = ""  # for the user, empty when verified
    for_model: str = ""
    checks_in_words: str = ""

    @property
    def verified(self) -> bool:
        return self.report is not None and self.report.passed and self.report.target_gone is not False

    @property
    def worth(self) -> tuple[int, int]:
        """For choosing the best of those that failed: fewer failed checks, then whether it parses."""
        if self.report is None or not self.replacements:
            return (-99, 0)
        parses = not any(result.name == "parse" for result in self.report.failed)
        return (-len(self.report.failed), int(parses))


def asked_of(request: AssistRequest) -> Asked:
    """What of the piece the action changes: a fix the lines of its messages, the other actions all of it."""
    action = request.action
    if action is ActionKind.FIX and request.diagnostics:
        text = request.snapshot.text
        ranges = [(text.clamp(one.start), text.clamp(one.end)) for one in request.diagnostics]
        # A range up to the start of a line does not reach into that line.
        lines = [(first.line, max(first.line, last.line - (last.column == 0))) for first, last in ranges]
        said = [f"{one.code} {one.message}" for one in request.diagnostics]
        return Asked(
            lines=tuple(lines),
            comments=any(map(_ABOUT_COMMENTS.search, said)),
            layout=any(map(_ABOUT_LAYOUT.search, said)),
            final_newline=any(map(_ABOUT_FINAL_NEWLINE.search, said)),
        )
    users_words = action in {ActionKind.DESCRIBE, ActionKind.CONVERT}
    return Asked(comments=users_words, types=action is ActionKind.TYPES)


def _refuse_invisible(replacements: tuple[Replacement, ...], present: str) -> None:
    if brings_invisible("".join(one.new_text for one in replacements), present):
        raise EditRefused(
            Refusal.OTHER_CODE,
            "The model's edit has invisible characters, so it was not used.",
            for_model="Use no invisible characters and no controls of writing direction.",
        )


@frozen
class Workbench:
    """What the edits of one action are made and checked against."""

    request: AssistRequest
    target: Target
    language: Language | None
    tree: SyntaxTree | None
    verifier: Verifier

    async def candidate(self, answer: str, *, finished: bool, deadline_s: float) -> Candidate:
        """``answer`` is the model's, secrets restored. Never raises an error of ours."""
        explanation = ""
        try:
            asked = AskedCode(self.target.code, self.request.snapshot.language_id)
            read = read_answer(answer, finished=finished, asked=asked)
            explanation = read.explanation
            edit = proposed_edit(
                read,
                self.request.snapshot.text,
                self.target.start,
                self.target.end,
                language=self.language,
                tree=self.tree,
                asked=asked_of(self.request),
            )
            _refuse_invisible(edit.replacements, self.target.code)
        except EditRefused as refused:
            return Candidate(
                explanation=explanation,
                refusal=refused.reason,
                failure=refused.for_user(),
                for_model=refused.for_model,
            )
        checked = await self.checked(edit.replacements, explanation, deadline_s=deadline_s)
        return evolve(checked, concerns=edit.concerns)

    async def checked(self, replacements: tuple[Replacement, ...], explanation: str, *, deadline_s: float) -> Candidate:
        """The same for an edit that is there already."""
        request = self.request
        text = request.snapshot.text
        after = applied(text, replacements)
        report = await self.verifier.verify(
            Verification(
                before=text,
                after=after,
                language=self.language,
                path=request.path,
                file=request.file,
                folder=request.folder,
                target=request.diagnostics[0] if request.diagnostics else None,
                replacements=replacements,
                keep_public_names=request.action in _KEEPS_NAMES,
                trusted=request.trusted,
                run_checkers=request.settings.assist.run_checkers,
                test_command=request.settings.assist.test_command,
                deadline_s=deadline_s,
            )
        )
        words = in_words(report)
        good = report.passed and report.target_gone is not False
        return Candidate(
            replacements=replacements,
            explanation=explanation,
            report=report,
            failure="" if good else words,
            for_model="" if good else for_model(report, after),
            checks_in_words=words,
        )
