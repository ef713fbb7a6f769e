"""Updates the callers of a function in other files of the folder when its parameters change.

Calls that are certain are changed by rule. The model is asked once for the others: it gets the lines around each call
and answers with search/replace blocks under the name of their file. Calls that cannot be changed in either way are
reported with file and line. A file whose new text parses worse than before is not changed. In a trusted folder all
files are then checked together, with the files of the calls that were not changed; if the check fails and the model was
asked, it is asked once more with the check's message.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence

from attrs import define, evolve, field, frozen

from autothink_lsp.context.redaction import Redaction
from autothink_lsp.document.text import Text
from autothink_lsp.edits.answer import ParsedAnswer
from autothink_lsp.edits.apply import proposed_edit
from autothink_lsp.edits.file_blocks import read_file_blocks
from autothink_lsp.edits.file_edit import FileEdit, FileVersion
from autothink_lsp.edits.replacement import EditRefused, EditScope, Refusal, Replacement, apply_replacements
from autothink_lsp.edits.signatures import SignatureChange
from autothink_lsp.errors import AutothinkError
from autothink_lsp.features.assist import prompt_texts
from autothink_lsp.features.assist.actions import ActionKind, Control
from autothink_lsp.features.assist.callers.call_sites import CallSite, call_sites
from autothink_lsp.features.assist.callers.own_calls import changed_functions, own_call_sites
from autothink_lsp.features.assist.callers.project_files import ProjectFiles
from autothink_lsp.features.assist.callers.python_calls import FunctionPlace
from autothink_lsp.features.assist.chat_client import ChatClient
from autothink_lsp.features.assist.edit_verifier import EditCandidate, EditVerifier
from autothink_lsp.features.assist.unproved_changes import changes_for_tests
from autothink_lsp.syntax.grammar import Grammar
from autothink_lsp.syntax.health import error_count
from autothink_lsp.thinking.mode import OFF
from autothink_lsp.values import ChatMessage, Point

logger = logging.getLogger(__name__)

_LINES_AROUND = 4  # around a call, in the model's prompt
_CHARS_PER_TOKEN = 3.2
_LEAST_CHECK_S = 2.0
_LONGEST_CHECK_S = 30.0
_MOST_TOLD = 8  # calls that a sentence lists
_MOST_UNCHANGED = 8  # files with unchanged calls that a language server opens; each costs its time


@frozen
class _Calls:
    """The calls of changed functions in one file, and the replacements for those that a rule can change."""

    base: FileVersion
    sites: tuple[CallSite, ...]
    by_rule: tuple[Replacement, ...]

    @property
    def open_sites(self) -> tuple[CallSite, ...]:
        return tuple(site for site in self.sites if not site.is_settled)


@define(eq=False)
class CallerUpdate:
    """The update for one action. ``prompt_tokens`` limits the question to the model."""

    files: ProjectFiles
    edit_verifier: EditVerifier
    chat_client: ChatClient
    redaction: Redaction
    control: Control
    stop_at_ms: float
    answer_tokens: int
    prompt_tokens: int
    now_ms: Callable[[], float]
    on_check: Callable[[], None] = lambda: None
    _has_asked: bool = field(default=False, init=False)  # the model, about calls
    _changes: tuple[SignatureChange, ...] = field(default=(), init=False)
    _unread: tuple[str, ...] = field(default=(), init=False)  # files with calls that may not be read or changed

    async def extend(self, candidate: EditCandidate) -> EditCandidate:
        """``candidate`` with the changes of callers; unchanged if no parameters change. Raises no
        ``AutothinkError``."""
        verifier = self.edit_verifier
        tree, language = verifier.tree, verifier.language
        if tree is None or language is None or not candidate.replacements:
            return candidate
        text = verifier.request.snapshot.text
        types_asked = verifier.request.action is ActionKind.TYPES
        self._unread, self._has_asked = (), False
        self._changes = changed_functions(tree.grammar, text, candidate.replacements, types_asked=types_asked)
        if not self._changes:
            return candidate
        lines = verifier.target.start.line, verifier.target.end.line
        own = own_call_sites(tree.grammar, text, self._changes, candidate.replacements, path=self._path, skip=lines)
        calls = await self._calls_elsewhere(tree.grammar)
        edits, left = await self._file_edits(tree.grammar, calls)
        checked = await self._checked_together(candidate, edits, _unchanged(calls, edits, left))
        if checked.evidence is not None and checked.evidence.has_failed and self._has_asked:
            more, more_left = await self._file_edits(tree.grammar, calls, failure=checked.for_model)
            if more and more != edits:
                callers = _unchanged(calls, more, more_left)
                second = await self._checked_together(candidate, more, callers)
                if second.is_acceptable:
                    edits, left, checked = more, more_left, second
        concerns = self._concerns(checked, [site for site in own if not site.is_settled], edits, left)
        concerns = (*concerns, *_weakened_tests(checked, edits, tree.grammar))
        return evolve(checked, file_edits=edits, concerns=concerns)

    async def _checked_together(
        self, candidate: EditCandidate, edits: tuple[FileEdit, ...], callers: Sequence[FileVersion]
    ) -> EditCandidate:
        """``candidate`` with the report about all files and its concerns; as it is if nothing here sees several
        files."""
        left_s = (self.stop_at_ms - self.now_ms()) / 1_000
        if not (edits or callers) or not self.edit_verifier.request.trusted or left_s < _LEAST_CHECK_S:
            return candidate
        self.on_check()
        checked = await self.edit_verifier.verify_edit(
            candidate.replacements,
            candidate.explanation,
            deadline_s=min(left_s, _LONGEST_CHECK_S),
            file_edits=edits,
            callers=callers,
        )
        return self.edit_verifier.with_concerns(checked, candidate.edit_concerns)

    @property
    def _path(self) -> str:
        return self.edit_verifier.request.path

    async def _calls_elsewhere(self, grammar: Grammar) -> list[_Calls]:
        found: dict[str, _Calls] = {}
        for change in self._changes:
            with_name = await self.files.with_word(change.name, grammar.language, self.edit_verifier.request)
            self._unread = tuple(dict.fromkeys((*self._unread, *with_name.unread)))
            for base in with_name.files:
                place = FunctionPlace(self._path, is_here=False)
                sites = call_sites(grammar, base.snapshot.text, change, place, base.path)
                known = found.get(base.path)
                if sites:
                    sites = (*(known.sites if known is not None else ()), *sites)
                    by_rule = tuple(sorted({one for site in sites for one in site.replacements}, key=_start))
                    found[base.path] = _Calls(base, sites, by_rule)
        return list(found.values())

    async def _file_edits(
        self, grammar: Grammar, calls: Sequence[_Calls], failure: str = ""
    ) -> tuple[tuple[FileEdit, ...], dict[str, list[int]]]:
        """The edits of other files, and the lines of unchanged calls by path."""
        answered: dict[str, tuple[Replacement, ...]] = {}
        if any(one.open_sites for one in calls):
            try:
                self._has_asked = True
                answered = await self._ask_model([one for one in calls if one.open_sites], failure)
            except AutothinkError as error:
                logger.info("the callers are left as they are: %s", error.message)
        edits: list[FileEdit] = []
        left: dict[str, list[int]] = {}
        for one in calls:
            more = _disjoint(answered.get(one.base.path, ()), one.by_rule)
            text = one.base.snapshot.text
            replacements = _sound(grammar, text, tuple(sorted((*one.by_rule, *more), key=_start)))
            if replacements:
                edits.append(FileEdit(one.base, replacements))
            changed = {line for edit in replacements for line in range(edit.start.line, edit.end.line + 1)}
            lines = [
                site.line
                for site in one.sites
                if not site.fits and not changed & set(range(site.line, site.last_line + 1))
            ]
            if lines:
                left[one.base.path] = sorted(set(lines))
        return tuple(edits), left

    async def _ask_model(self, calls: Sequence[_Calls], failure: str) -> dict[str, tuple[Replacement, ...]]:
        """The model's replacements by path. ``failure`` is what the check of its first ones reported. Raises
        ``AutothinkError``."""
        shown: list[_Calls] = []
        parts: list[str] = []
        left_chars = int(self.prompt_tokens * _CHARS_PER_TOKEN)
        for one in calls:
            self.redaction.learn("\n".join(_lines(one.base.snapshot.text)))
            part = _excerpt(one)
            left_chars -= len(part)
            if left_chars < 0:
                break
            parts.append(part)
            shown.append(one)
        if not shown:
            return {}
        task = prompt_texts.callers_text(
            [(one.name, one.before.parameters, one.after.parameters) for one in self._changes]
        )
        failed = [f"An earlier answer failed its check:\n{failure}\nAnswer with other changes."] if failure else []
        user = self.redaction.hide("\n\n".join([*parts, task, *failed]))
        messages = (ChatMessage("system", prompt_texts.SYSTEM), ChatMessage("user", user))
        reply = await self.chat_client.ask(
            messages, OFF, answer_tokens=self.answer_tokens, control=self.control, stop_at_ms=self.stop_at_ms
        )
        answer = self.redaction.restore(reply.answer)
        if not reply.finished or self.redaction.unresolved(answer):
            return {}
        codes = {one.base.path: "\n".join(_lines(one.base.snapshot.text)) for one in shown}
        read = read_file_blocks(answer, codes, codes)
        if read is None:
            return {}
        found: dict[str, tuple[Replacement, ...]] = {}
        for one in shown:
            blocks = read.by_path.get(one.base.path) or (read.by_path.get("", ()) if len(shown) == 1 else ())
            if blocks:
                found[one.base.path] = self._replacements(one, ParsedAnswer("", blocks))
        return found

    def _replacements(self, calls: _Calls, answer: ParsedAnswer) -> tuple[Replacement, ...]:
        """The blocks of an answer as replacements of lines that were in the prompt. Raises ``EditRefused``."""
        text = calls.base.snapshot.text
        last = text.line_count - 1
        scope = EditScope(lines=tuple((site.line, site.last_line) for site in calls.open_sites))
        language = self.edit_verifier.language
        edit = proposed_edit(
            answer, text, Point(0, 0), Point(last, len(text.line(last))), language=language, asked=scope
        )
        shown = {line for first, stop in _stretches(calls) for line in range(first, stop)}
        if any(not {one.start.line, one.end.line} <= shown for one in edit.replacements):
            raise EditRefused(
                Refusal.OUTSIDE, f"The model wants to change lines of {calls.base.path} that it was not shown."
            )
        return edit.replacements

    def _concerns(
        self,
        candidate: EditCandidate,
        own_left: Sequence[CallSite],
        edits: Sequence[FileEdit],
        left: dict[str, list[int]],
    ) -> tuple[str, ...]:
        """The concerns about the edit; those about callers are replaced by the result of the update."""
        about = {f"`{one.name[:60]}`" for one in self._changes}
        kept = [
            one
            for one in candidate.concerns
            if not (one.startswith("It changes the parameters of") and any(name in one for name in about))
        ]
        names = " and ".join(sorted(about))
        notes = [f"It changes the parameters of {names}."]
        if edits:
            notes.append(f"Calls in other files change with it: {_files_text(edits)}.")
        if left:
            notes.append(_calls_left_text(left, "in other files"))
        if own_left:
            notes.append(_calls_left_text({self._path: [site.line for site in own_left]}, "in this file"))
        if self._unread:
            listed = ", ".join(self._unread[:_MOST_TOLD]) + (", …" if len(self._unread) > _MOST_TOLD else "")
            notes.append(f"Calls in files that cannot be read or are excluded were not looked at: {listed}.")
        elif not edits and not left:
            notes.append("No call in another file of this folder has to change.")
        return (*kept, *notes)


def _unchanged(calls: Sequence[_Calls], edits: Sequence[FileEdit], left: dict[str, list[int]]) -> list[FileVersion]:
    """The files of which no call was changed although one may have to be."""
    edited = {one.base.path for one in edits}
    found = [one.base for one in calls if one.base.path in left and one.base.path not in edited]
    return found[:_MOST_UNCHANGED]


def _weakened_tests(candidate: EditCandidate, edits: Sequence[FileEdit], grammar: Grammar) -> Iterator[str]:
    """Yield concerns about changed tests in other files, if passing tests are the proof."""
    if candidate.evidence is None or "tests" not in candidate.evidence.proved_by:
        return
    for one in edits:
        before = one.base.snapshot.text
        after = apply_replacements(before, one.replacements)
        for sentence in changes_for_tests(before, after, language=grammar.language, grammar=grammar):
            yield f"{one.base.path}: {sentence}"


def _files_text(edits: Sequence[FileEdit]) -> str:
    return ", ".join(f"{one.base.path}:{one.replacements[0].start.line + 1}" for one in edits[:_MOST_TOLD]) + (
        ", …" if len(edits) > _MOST_TOLD else ""
    )


def _calls_left_text(left: dict[str, list[int]], where: str) -> str:
    """A sentence such as "3 calls in other files were not changed: a.py:12, …"."""
    places = [f"{path}:{line + 1}" for path, lines in left.items() for line in lines]
    many = len(places) != 1
    listed = ", ".join(places[:_MOST_TOLD]) + (", …" if len(places) > _MOST_TOLD else "")
    return f"{len(places)} call{'s' * many} {where} {'were' if many else 'was'} not changed: {listed}."


def _excerpt(calls: _Calls) -> str:
    text = calls.base.snapshot.text
    pieces = ["\n".join(text.lines(first, stop)) for first, stop in _stretches(calls)]
    fence = "```" if not any("```" in piece for piece in pieces) else "`````"
    joined = "\n[...]\n".join(pieces)
    return f"File: {calls.base.path}\n{fence}{calls.base.snapshot.language_id}\n{joined}\n{fence}"


def _stretches(calls: _Calls) -> list[tuple[int, int]]:
    """The first and last (excluded) lines of the ranges in the prompt, in order and disjoint."""
    count = calls.base.snapshot.text.line_count
    found: list[tuple[int, int]] = []
    for site in sorted(calls.open_sites, key=lambda one: one.line):
        first, stop = max(0, site.line - _LINES_AROUND), min(count, site.last_line + _LINES_AROUND + 1)
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((first, stop))
    return found


def _sound(grammar: Grammar, text: Text, replacements: tuple[Replacement, ...]) -> tuple[Replacement, ...]:
    """``replacements``; empty if the text would parse worse than before."""
    if not replacements:
        return ()
    before, after = error_count(grammar, str(text)), error_count(grammar, str(apply_replacements(text, replacements)))
    return replacements if before is not None and after is not None and after <= before else ()


def _disjoint(new: Iterable[Replacement], present: Sequence[Replacement]) -> tuple[Replacement, ...]:
    """The replacements of ``new`` that touch none of ``present``."""
    return tuple(one for one in new if all(one.end < other.start or other.end < one.start for other in present))


def _start(one: Replacement) -> tuple[Point, Point]:
    return one.start, one.end


def _lines(text: Text) -> list[str]:
    return text.lines(0, text.line_count)
