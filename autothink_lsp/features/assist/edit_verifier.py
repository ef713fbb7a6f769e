"""Turns a model's answer into a checked edit, or into the reason why there is none.

Cheap checks run first: an incomplete or unchanged answer fails without cost, locating the edit takes a millisecond,
checkers take seconds. Each failure has a sentence for the user and one for the model. Must not ask the model.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from attrs import evolve, field, frozen

from autothink_lsp.context.paths import local_path
from autothink_lsp.document.invisible import brings_invisible
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.edits.answer import ParsedAnswer, before_cut, read_answer
from autothink_lsp.edits.apply import proposed_edit
from autothink_lsp.edits.code_similarity import AskedCode
from autothink_lsp.edits.documentation import documented_code
from autothink_lsp.edits.file_edit import FileEdit, FileVersion
from autothink_lsp.edits.prose import is_any_prose
from autothink_lsp.edits.replacement import EditRefused, EditScope, Refusal, Replacement, apply_replacements
from autothink_lsp.edits.transcription import remarks
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.features.assist.callers.own_calls import with_own_calls
from autothink_lsp.features.assist.target import Target
from autothink_lsp.features.assist.unproved_changes import changes_for_tests, new_warnings, unproved_changes
from autothink_lsp.quantities import shortened
from autothink_lsp.syntax.languages import Language
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.verify.evidence import Evidence, ForeseenEvidence, evidence_of
from autothink_lsp.verify.language_servers.pool import ActivityListener
from autothink_lsp.verify.language_servers.values import OverlayFile
from autothink_lsp.verify.report import CheckReport
from autothink_lsp.verify.report_text import report_for_model
from autothink_lsp.verify.service import VerificationRequest, Verifier
from autothink_lsp.verify.tool_fixes import ToolFix

_LEAST_CHECK_S = 2.0  # for the check of a tool's fix

# These actions preserve or extend the behaviour, so no public name may be removed.
_KEEPS_NAMES = frozenset(ActionKind) - {ActionKind.RENAME, ActionKind.DESCRIBE, ActionKind.CONVERT, ActionKind.USER}

# Messages that may require removing a comment: unused suppressions, commented-out code.
_ABOUT_COMMENTS = re.compile(
    r"comment|unused|noqa|type: ignore|directive|pragma|suppress|docstring|redundant|unnecessary|useless",
    re.IGNORECASE,
)

# Messages that a change of only layout or comments can fix: those of formatters and style checkers.
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


# Words of a user who wants a comment, or the message suppressed.
_ASKS_TO_COMMENT = re.compile(
    r"comment|docstring|document|\bnotes?\b|explain|describ|header|\btodo\b|changelog|annotat|remark|\bsay",
    re.IGNORECASE,
)
# Messages and words about the markup of prose: those of markdownlint, docutils and the like.
_ABOUT_MARKUP = re.compile(
    r"\bMD0\d\d\b|fence|code[ -]?(?:block|span)|heading|\bbold\b|italic|emphasi|\bstrong\b|escap|backtick|back ?quote"
    r"|markup|entit(?:y|ies)|underline",
    re.IGNORECASE,
)
_LONGEST_QUOTE = 60
_ASKS_TO_SUPPRESS = re.compile(
    r"suppress|ignore|silence|disable|noqa|nolint|allow|exclude|skip|(?:switch|turn)\w{0,4} off|@ts-", re.IGNORECASE
)


@frozen(kw_only=True)
class EditCandidate:
    """An edit and the report of its checks. ``replacements`` are empty if the answer was refused; ``failure`` is then
    the reason."""

    replacements: tuple[Replacement, ...] = ()
    after: Text | None = field(default=None, repr=False)  # the text with the replacements
    file_edits: tuple[FileEdit, ...] = ()  # edits of other files, applied together with it
    concerns: tuple[str, ...] = ()  # sentences: reasons to ask the user even before a proved edit is applied
    edit_concerns: tuple[str, ...] = ()  # those of ``concerns`` that do not depend on the evidence
    explanation: str = ""
    report: CheckReport | None = field(default=None, repr=False)
    refusal: Refusal | None = None
    failure: str = ""  # for the user, empty where no check failed
    for_model: str = ""
    evidence: Evidence | None = None

    @property
    def is_acceptable(self) -> bool:
        """Whether it is an edit that failed no check."""
        return self.evidence is not None and not self.evidence.has_failed

    @property
    def worth(self) -> tuple[int, int]:
        """The rank among failed candidates: fewer failed checks first, then code that parses."""
        if self.report is None or not self.replacements:
            return (-99, 0)
        parses = not any(result.name == "parse" for result in self.report.failed)
        return (-len(self.report.failed), int(parses))


def edit_scope(request: AssistRequest) -> EditScope:
    """The lines that the action may change: a fix those of its messages, other actions the whole target."""
    action = request.action
    if action is ActionKind.FIX and request.diagnostics:
        text = request.snapshot.text
        ranges = [(text.clamp(one.start), text.clamp(one.end)) for one in request.diagnostics]
        # A range that ends at the start of a line does not include that line.
        lines = [(first.line, max(first.line, last.line - (last.column == 0))) for first, last in ranges]
        messages = [f"{one.code} {one.message}" for one in request.diagnostics]
        return EditScope(
            lines=tuple(lines),
            comments=any(map(_ABOUT_COMMENTS.search, messages)),
            layout=any(map(_ABOUT_LAYOUT.search, messages)),
            final_newline=any(map(_ABOUT_FINAL_NEWLINE.search, messages)),
            markup=any(map(_ABOUT_MARKUP.search, [*messages, _users_words(request)])),
        )
    users_words = action in {ActionKind.DESCRIBE, ActionKind.CONVERT, ActionKind.USER}
    markup = bool(_ABOUT_MARKUP.search(_users_words(request)))
    return EditScope(comments=users_words, types=action is ActionKind.TYPES, markup=markup)


def _scope_of_answer(request: AssistRequest) -> EditScope:
    """``edit_scope``; the whole target if the user's words ask for comments, which may be far from the message."""
    scope = edit_scope(request)
    return evolve(scope, lines=None, comments=True) if _ASKS_TO_COMMENT.search(_users_words(request)) else scope


def _may_comment(request: AssistRequest) -> bool:
    """Whether a new comment may be what the user asked for."""
    return edit_scope(request).comments or request.action is ActionKind.DOCSTRING or bool(_users_words(request).strip())


def _remarks(request: AssistRequest, replacements: tuple[Replacement, ...]) -> list[str]:
    """A concern about a comment that reads like a remark about the change and was kept, because the user may have asked
    for it. None if the user or the message speaks of comments."""
    scope = edit_scope(request)
    is_asked = scope.comments if scope.lines is not None else request.action is ActionKind.DOCSTRING
    if not _may_comment(request) or is_asked or _ASKS_TO_COMMENT.search(_users_words(request)):
        return []
    present = str(request.snapshot.text)
    found = [one for edit in replacements for one in remarks(edit.new_text) if one not in present]
    return [f"It adds a comment about the change: `{shortened(one, _LONGEST_QUOTE)}`." for one in found[:1]]


def _refuse_invisible(replacements: tuple[Replacement, ...], present: str) -> None:
    if brings_invisible("".join(one.new_text for one in replacements), present):
        raise EditRefused(
            Refusal.OTHER_CODE,
            "The model's edit has invisible characters, so it was not used.",
            for_model="Use no invisible characters and no controls of writing direction.",
        )


def _refuse_repeated(replacements: tuple[Replacement, ...], failed_edits: Sequence[tuple[Replacement, ...]]) -> None:
    if replacements in failed_edits:
        raise EditRefused(
            Refusal.REPEATED,
            "The model proposed an edit that had failed before.",
            for_model="That is the edit that failed before. Another change is needed.",
        )


@frozen
class EditVerifier:
    """Makes and checks the edits of one action."""

    request: AssistRequest
    target: Target
    language: Language | None
    tree: SyntaxTree | None
    verifier: Verifier
    open_documents: tuple[Snapshot, ...] = field(default=(), repr=False)
    on_activity: ActivityListener = lambda _: None  # called with what a check waits for

    async def verify_answer(
        self,
        answer: str,
        *,
        finished: bool,
        deadline_s: float,
        failed_edits: Sequence[tuple[Replacement, ...]] = (),
        is_cut_by_limit: bool = False,
    ) -> EditCandidate:
        """The candidate for ``answer``, in which secrets were restored. Raises no ``AutothinkError``.

        An edit equal to one of ``failed_edits`` is refused without a check. ``is_cut_by_limit``: the answer was cut by
        a limit of ours; then a closed block of code is used if its checks prove it.
        """
        if is_cut_by_limit and (part := self._provable_part(answer)):
            proved = await self.verify_answer(part, finished=True, deadline_s=deadline_s, failed_edits=failed_edits)
            if proved.evidence is not None and proved.evidence.is_proved:
                return proved
        explanation = ""
        try:
            asked = AskedCode(
                self.target.code, self.request.snapshot.language_id, may_comment=_may_comment(self.request)
            )
            read = self._with_documentation(answer, finished=finished) or read_answer(
                answer, finished=finished, asked=asked
            )
            explanation = read.explanation
            edit = proposed_edit(
                read,
                self.request.snapshot.text,
                self.target.start,
                self.target.end,
                language=self.language,
                tree=self.tree,
                asked=_scope_of_answer(self.request),
                is_prose=is_any_prose(asked.language_id),
            )
            replacements = self._with_own_calls(edit.replacements)
            _refuse_invisible(replacements, self.target.code)
            _refuse_repeated(replacements, failed_edits)
        except EditRefused as refused:
            return EditCandidate(
                explanation=explanation,
                refusal=refused.reason,
                failure=refused.for_user(),
                for_model=refused.for_model,
            )
        checked = await self.verify_edit(replacements, explanation, deadline_s=deadline_s)
        return self.with_concerns(checked, (*edit.concerns, *_remarks(self.request, replacements)))

    def with_concerns(self, candidate: EditCandidate, edit_concerns: tuple[str, ...]) -> EditCandidate:
        """``candidate`` with ``edit_concerns`` and those about what its evidence does not prove."""
        concerns = (*edit_concerns, *self._unproved_changes(candidate))
        return evolve(candidate, edit_concerns=edit_concerns, concerns=concerns)

    def _with_documentation(self, answer: str, *, finished: bool) -> ParsedAnswer | None:
        """The code with the documentation comment of the answer; ``None`` for other actions, and if there is no
        comment."""
        target = self.target
        if self.request.action is not ActionKind.DOCSTRING or not target.is_definition or self.tree is None:
            return None
        code = documented_code(answer, target.code, self.tree, target.start.line, finished=finished)
        return ParsedAnswer(explanation="", whole=code) if code is not None else None

    def _unproved_changes(self, candidate: EditCandidate, *, is_by_tool: bool = False) -> tuple[str, ...]:
        """Concerns about changes that may only make the tool silent. If tests prove the edit, which is more than a
        message that is gone, only changes that were made for the tests count."""
        request, evidence = self.request, candidate.evidence
        text, after = request.snapshot.text, candidate.after
        if not request.diagnostics or after is None or evidence is None or not evidence.is_proved:
            return ()
        grammar = self.tree.grammar if self.tree is not None else None
        if "tests" in evidence.proved_by:
            return changes_for_tests(text, after, language=self.language, grammar=grammar)
        concerns = unproved_changes(
            (text, after),
            candidate.replacements,
            request.diagnostics,
            edit_scope(request).lines or (),
            language=self.language,
            grammar=grammar,
            name=PurePath(request.path).name,
            is_by_tool=is_by_tool,
        )
        return (*concerns, *new_warnings(text, after, candidate.report, request.diagnostics[0]))

    def _provable_part(self, answer: str) -> str:
        """The complete blocks of a cut answer; empty if no available tool could prove them."""
        if self.foreseen() not in {ForeseenEvidence.TESTS, ForeseenEvidence.SAME_TOOL}:
            return ""
        return before_cut(answer, AskedCode(self.target.code, self.request.snapshot.language_id))

    def _with_own_calls(self, replacements: tuple[Replacement, ...]) -> tuple[Replacement, ...]:
        """``replacements`` with the certain changes of calls in this file of functions whose parameters they change."""
        if self.tree is None or self.tree.text is not self.request.snapshot.text:
            return replacements
        lines = self.target.start.line, self.target.end.line
        types_asked = self.request.action is ActionKind.TYPES
        text, path = self.request.snapshot.text, self.request.path
        grammar = self.tree.grammar
        return with_own_calls(grammar, text, replacements, path=path, skip=lines, types_asked=types_asked)

    async def verify_edit(
        self,
        replacements: tuple[Replacement, ...],
        explanation: str,
        *,
        deadline_s: float,
        file_edits: tuple[FileEdit, ...] = (),
        callers: Sequence[FileVersion] = (),
    ) -> EditCandidate:
        """The candidate for existing ``replacements``, such as those of a repair. With ``file_edits`` the language
        servers and the tests see all files together. ``callers`` are unchanged files that the edit may break; language
        servers read them before and after it."""
        after = apply_replacements(self.request.snapshot.text, replacements)
        case = self._verification(after, replacements, deadline_s, shows_open_documents=True)
        unchanged = tuple(_overlay_files([FileEdit(one, ()) for one in callers]))
        case = evolve(case, file_edits=tuple(_overlay_files(file_edits)), callers=unchanged)
        report = await self.verifier.verify(case)
        evidence = evidence_of(report)
        return EditCandidate(
            replacements=replacements,
            after=after,
            file_edits=file_edits,
            explanation=explanation,
            report=report,
            failure=evidence.sentence if evidence.has_failed else "",
            for_model=report_for_model(report, after) if evidence.has_failed else "",
            evidence=evidence,
        )

    async def tool_fix(self, *, deadline_s: float) -> tuple[ToolFix, EditCandidate] | None:
        """The certain fix of the tool that reports the message, if the tool's silence proves it; else ``None``."""
        text = self.request.snapshot.text
        stop_at_s = time.monotonic() + deadline_s
        case = self._verification(text, deadline_s=deadline_s, shows_open_documents=True)
        fix = await self.verifier.tool_fix(case)
        if fix is None or apply_replacements(text, fix.replacements).is_equal(text):
            return None
        left_s = max(_LEAST_CHECK_S, stop_at_s - time.monotonic())
        candidate = await self.verify_edit(fix.replacements, "", deadline_s=left_s)
        if candidate.evidence is None or not candidate.evidence.is_proved:
            return None
        return fix, evolve(candidate, concerns=self._unproved_changes(candidate, is_by_tool=True))

    def prepare(self) -> None:
        """Start the language servers that will check the edit, in the background, while the model answers."""
        self.verifier.prepare(self._verification(self.request.snapshot.text, shows_open_documents=True))

    def foreseen(self) -> ForeseenEvidence:
        """The strongest evidence that is possible for an edit of this action."""
        return self.verifier.foreseen(self._verification(self.request.snapshot.text))

    @property
    def has_tests(self) -> bool:
        """Whether the project's tests run for an edit."""
        request = self.request
        return request.trusted and bool(request.test_command or request.settings.assist.test_command)

    @property
    def is_ready(self) -> bool:
        """Whether the language servers that will check the edit are running."""
        return self.verifier.is_ready(self._verification(self.request.snapshot.text))

    def _verification(
        self,
        after: Text,
        replacements: tuple[Replacement, ...] = (),
        deadline_s: float = 0.0,
        *,
        shows_open_documents: bool = False,
    ) -> VerificationRequest:
        """The verification of ``after``. ``shows_open_documents``: include other open documents for the language
        servers, which takes time."""
        request = self.request
        return VerificationRequest(
            before=request.snapshot.text,
            after=after,
            language=self.language,
            path=request.path,
            file=request.file,
            folder=request.folder,
            target=request.diagnostics[0] if request.diagnostics else None,
            replacements=replacements,
            keep_public_names=request.action in _KEEPS_NAMES,
            may_suppress=bool(_ASKS_TO_SUPPRESS.search(_users_words(request))),
            trusted=request.trusted,
            run_checkers=request.settings.assist.run_checkers,
            test_command=request.test_command or request.settings.assist.test_command,
            deadline_s=deadline_s,
            language_id=request.snapshot.language_id,
            server_settings=request.settings.verify,
            open_files=tuple(_open_files(self.open_documents, request)) if shows_open_documents else (),
            on_activity=self.on_activity,
        )


def _users_words(request: AssistRequest) -> str:
    return f"{request.instruction} {request.follow_up.words if request.follow_up is not None else ''}"


def _overlay_files(file_edits: Sequence[FileEdit]) -> Iterator[OverlayFile]:
    for one in file_edits:
        if one.base.file is not None:
            snapshot = one.base.snapshot
            before, after = str(snapshot.text), str(apply_replacements(snapshot.text, one.replacements))
            path, language_id = one.base.file.absolute(), snapshot.language_id
            yield OverlayFile(path=path, language_id=language_id, before=before, after=after, uses_edit=True)


def _open_files(documents: Sequence[Snapshot], request: AssistRequest) -> Iterator[OverlayFile]:
    """Yield the other open documents of the request's folder, the last opened first."""
    if request.folder is None or request.file is None or not request.trusted:
        return
    folder, edited = request.folder.absolute(), request.file.absolute()
    for document in reversed(documents):
        path = local_path(document.uri) if document.uri[:5].lower() == "file:" else None
        if path is not None and path != edited and path.is_relative_to(folder):
            text = str(document.text)
            yield OverlayFile(path=path, language_id=document.language_id, before=text, after=text)
