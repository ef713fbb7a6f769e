"""Decides how many lines of a model's answer to keep, by comparing parses of the candidates.

``holes.py`` limits the possible lines by text; of those, the lines are kept with which the surrounding code parses
best. Without a tree (no grammar, too many errors, too slow) the decision by text applies. Never changes a kept line,
except that text which already follows the cursor is removed at the end.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from attrs import define, field

from autothink_lsp.syntax.captures import captured
from autothink_lsp.syntax.grammar import Grammar
from autothink_lsp.syntax.health import tree_error_count
from autothink_lsp.syntax.holes import AnswerReach, Extent, Header, Hole, answer_reach, describe_hole
from autothink_lsp.syntax.indentation import IndentationAround
from autothink_lsp.syntax.language_style import UNKNOWN_LANGUAGE, LanguageStyle, indent_columns
from autothink_lsp.syntax.languages import Language
from autothink_lsp.syntax.region_parser import RegionParser
from autothink_lsp.values import frozen

if TYPE_CHECKING:
    import tree_sitter

Finish = Literal["stop", "length"]  # the values of backends.base.Finished.reason

JUDGE_TOTAL_MS = 120.0  # CPU time for all parses of one answer; beyond it the decision by text applies
JUDGE_LIMIT_MS = 50.0  # CPU time limit of one parse of a region; it usually takes 1 to 2 ms
_MAX_CANDIDATES = 16  # maximum number of line counts that are tried per answer
_TELLING_ERRORS = 2  # around the hole; if there are more and every answer adds some, the tree cannot decide


@frozen
class Cut:
    """The part of an answer to keep.

    text: the text to insert: the first ``lines`` lines of the answer, without text that already follows the cursor, and
    with a line break at the end if code follows on the cursor's line. reason: why it ends there, see
    ``holes.AnswerReach``, or ``blank``; prefixed with ``no_syntax:`` if no tree could decide.

    complete: these lines are complete and can be shown. settled: no further text of this answer would change the cut,
    so its stream can be closed.

    errors_before and errors_after: the errors of the region without and with ``text`` (``health.error_count``);
    ``None`` without a tree. If there are no errors after, the errors before are not counted and errors_before is
    ``None``.
    """

    lines: int
    text: str
    reason: str
    complete: bool = False
    settled: bool = False
    errors_before: int | None = None
    errors_after: int | None = None


@frozen
class _Answer:
    lines: list[str]
    whole: int  # number of complete lines
    breaks: bool  # whether it contains a line break

    @classmethod
    def of(cls, text: str, finish: Finish | None) -> _Answer:
        lines = text.split("\n")
        whole = len(lines) if finish == "stop" or len(lines) == 1 else len(lines) - 1
        if whole < len(lines) and not _first_word_is_whole(lines[-1]):
            lines.pop()  # too short to show that the previous lines have ended
        return cls(lines, whole, "\n" in text)


@frozen
class _Judged:
    lines: int
    text: str
    errors: int


@frozen
class _Parsed:
    prefix: str  # text that the grammar needs before the source
    tree: tree_sitter.Tree | None


@define
class CutJudge:
    """Judges answers for one hole. ``before`` ends at the cursor, ``after`` begins there; together they are the parsed
    region.

    Line ends in both are "\\n". One judge serves one request: it caches its parses, so that repeating the call for each
    line that arrives costs about one parse. Consecutive judges share a ``parser``.
    """

    language: Language | None
    grammar: Grammar | None
    before: str
    after: str
    parser: RegionParser = field(factory=RegionParser)
    _errors: dict[str, int | None] = field(factory=dict, init=False)
    _spent_ms: float = field(default=0.0, init=False)
    _known_headers: tuple[Header, ...] | None = field(default=None, init=False)
    _known_tree: _Parsed | None = field(default=None, init=False)
    _indentation: IndentationAround | None = field(default=None, init=False)

    @property
    def rules(self) -> LanguageStyle:
        return self.language.style if self.language else UNKNOWN_LANGUAGE

    def cut(self, answer: str, finish: Finish | None = "length", *, streamed: Extent | None = None) -> Cut:
        """Decide the cut of ``answer``. ``streamed`` is the extent to which the stream was limited (see
        ``describe_hole``).

        ``finish`` is ``None`` while the answer is still arriving. Only with "stop" its last line counts as complete.
        """
        parts = _Answer.of(answer, finish)
        hole = describe_hole(self.rules, self.before, self.after, parts.lines, self._headers, streamed)
        if hole is None:
            return Cut(0, "", "blank")
        reach = answer_reach(self.rules, hole, self.before, parts.lines, whole=parts.whole, finished=finish == "stop")
        if reach.lines > parts.whole:
            reach = AnswerReach(max(parts.whole, hole.first + 1), complete=False, settled=False, reason=reach.reason)
        best = self._best(parts, self._candidates(hole, reach, parts))
        if best is not None and best.errors == 0:
            return Cut(best.lines, best.text, reach.reason, reach.complete, reach.settled, None, 0)
        nothing = None if None in self._errors.values() else self._count("")
        if nothing is None:
            return self._by_text(parts, reach)
        further = self._best(parts, self._beyond(hole, parts, reach))
        if further is not None and further.errors < min(nothing, best.errors if best else nothing):
            best = further
        if best is None:
            return Cut(0, "", reach.reason, reach.complete, reach.settled, nothing, nothing)
        if nothing > _TELLING_ERRORS and best.errors > nothing:
            return self._by_text(parts, reach)
        whole = best.errors == 0 or (best.errors <= nothing and hole.kind is not Extent.REST_OF_LINE)
        return Cut(
            lines=best.lines,
            text=best.text,
            reason=reach.reason,
            complete=reach.complete and whole,
            settled=reach.settled and whole,
            errors_before=nothing,
            errors_after=best.errors,
        )

    def parses_in_place(self, text: str) -> bool:
        """Whether the region has no more errors with ``text`` than without it; true where no tree can tell."""
        before, after = self._count(""), self._count(text)
        return before is None or after is None or after <= before

    def mends(self, text: str) -> bool:
        """Whether the region has fewer errors with ``text`` than without it."""
        before, after = self._count(""), self._count(text)
        return before is not None and after is not None and after < before

    def is_clean(self, text: str) -> bool:
        """Whether the region has no errors with ``text``; true where no tree can tell."""
        return not self._count(text)

    def is_sound(self, text: str) -> bool:
        """As ``parses_in_place``; true also where the region has more errors than a tree can judge, and where the
        cursor's line is begun and has some already."""
        most = 0 if self.before.rpartition("\n")[2].strip() else _TELLING_ERRORS
        return self.parses_in_place(text) or (self._count("") or 0) > most

    def completes_line(self, text: str) -> bool:
        """Whether the region has no more errors with ``text`` than without the cursor's line: nothing that the line has
        begun is missing then. True where no tree can tell."""
        after = self._count(text)
        if not after:
            return True
        head, newline, _ = self.before.rpartition("\n")
        without = self._count_of(head + newline, "", self.after.partition("\n")[2])
        return without is None or after <= without

    def _by_text(self, answer: _Answer, reach: AnswerReach) -> Cut:
        text = self._variants(answer, reach.lines)[0] if reach.lines else ""
        return Cut(reach.lines, text, f"no_syntax:{reach.reason}", reach.complete, reach.settled)

    def _headers(self) -> tuple[Header, ...]:
        """The functions and classes around the cursor, innermost first; empty without a tree."""
        if self._known_headers is None:
            self._known_headers = ()
            tree, prefix = self._parsed().tree, self._parsed().prefix
            if self.grammar is not None and tree is not None:
                before = prefix + self.before
                last = len(before.rstrip().encode("utf-8", "surrogatepass"))
                lines = before.split("\n")
                around: dict[int, Header] = {}
                for found in captured(self.grammar, "scopes", tree.root_node, (max(0, last - 1), last)):
                    if found.kind in {"scope.function", "scope.class"} and found.node.start_byte < last:
                        row = found.node.start_point[0]
                        around[found.node.start_byte] = Header(indent_columns(lines[row]), found.kind == "scope.class")
                self._known_headers = tuple(around[byte] for byte in sorted(around, reverse=True))
        return self._known_headers

    def _candidates(self, hole: Hole, reach: AnswerReach, answer: _Answer) -> Iterable[int]:
        """Line counts in order of preference: the smallest first if only code below shows the end, else the largest
        first. Of headers as many as the indentation of the code below needs."""
        if hole.kind is Extent.HEADER:
            headers = self._inner_header(hole, reach, answer)
            return dict.fromkeys((headers, *range(hole.first + 1, min(reach.lines, hole.first + _MAX_CANDIDATES) + 1)))
        if hole.kind is Extent.REST_OF_LINE and reach.reason == hole.kind.value:
            return range(hole.first + 1, min(reach.lines, hole.first + _MAX_CANDIDATES) + 1)
        return range(reach.lines, max(hole.first, reach.lines - _MAX_CANDIDATES), -1)

    def _inner_header(self, hole: Hole, reach: AnswerReach, answer: _Answer) -> int:
        """The count of lines up to the last header that is still above the code below by its indentation."""
        found, deepest = hole.first + 1, -1
        for index in range(hole.first, reach.lines):
            text = answer.lines[index]
            line = self.rules.line(self.before.rpartition("\n")[2] + text if index == 0 else text)
            if line.blank:
                continue
            if line.indent >= hole.below[0].indent:
                break
            if self.rules.opens(line) and line.indent > deepest:
                found, deepest = index + 1, line.indent
        return found

    def _beyond(self, hole: Hole, answer: _Answer, reach: AnswerReach) -> Iterator[int]:
        """Line counts beyond the hole's extent that may be needed.

        For the rest of a line: where the answer reaches the text after the cursor, if that is more than punctuation.
        Otherwise: lines that close blocks of the code above, which are outside the hole but may be missing there.
        """
        for index in range(reach.lines, min(answer.whole, reach.lines + _MAX_CANDIDATES)):
            text = answer.lines[index]
            if hole.kind is Extent.REST_OF_LINE:
                if any(character.isalnum() for character in hole.rest) and text.rstrip().endswith(hole.rest):
                    yield index + 1
            elif text.strip():
                if not self.rules.closes(self.rules.line(text)):
                    return
                yield index + 1

    def _best(self, answer: _Answer, counts: Iterable[int]) -> _Judged | None:
        """The first of the candidates with the fewest errors; stops at the first one without errors. One that leaves a
        bracket open which another one closes must mend the code to be chosen."""
        best: _Judged | None = None
        opened: _Judged | None = None  # the best of those that leave a bracket open
        for count in counts:
            if not answer.lines[count - 1].strip() and not self._has_closer_below(answer, count):
                continue
            for text in self._variants(answer, count):
                errors = self._count(text)
                if errors is None:  # no grammar, or one that is too slow here: so it would be for the other candidates
                    return best or opened
                if errors == 0:
                    return _Judged(count, text, errors)
                if self._leaves_open(answer, count):
                    opened = _Judged(count, text, errors) if opened is None or errors < opened.errors else opened
                elif best is None or errors < best.errors:
                    best = _Judged(count, text, errors)
        if opened is None or (best is not None and best.errors <= opened.errors):
            return best
        nothing = self._count("")
        return opened if best is None or nothing is None or opened.errors < nothing else best

    def _leaves_open(self, answer: _Answer, count: int) -> bool:
        """Whether a bracket that the first ``count`` lines open is not closed in them."""
        depth = 0
        for text in answer.lines[:count]:
            depth = max(0, depth + self.rules.depth_after(self.rules.line(text)))
        return depth > 0

    def _has_closer_below(self, answer: _Answer, count: int) -> bool:
        """Whether the blank last line of the answer moves the brackets behind the cursor to a line of their own."""
        return count == len(answer.lines) > 1 and self.after.lstrip(" \t").startswith((")", "]", "}"))

    def _variants(self, answer: _Answer, count: int) -> list[str]:
        """The possible texts of ``count`` lines, the most likely first; several only if code follows the cursor on its
        line."""
        text = "\n".join(answer.lines[:count])
        rest = self.after.partition("\n")[0].rstrip()
        if not rest:
            return [text]
        variants = []
        stripped = text.rstrip()
        repeated = rest if stripped.endswith(rest) else rest.lstrip()
        if stripped.endswith(repeated) and len(stripped) > len(repeated):
            variants.append(stripped.removesuffix(repeated))
        cursor_blanks = self.before.rpartition("\n")[2]
        inserts_lines = answer.breaks and not cursor_blanks.strip()
        variants.append(f"{text}\n{cursor_blanks}" if inserts_lines else text)
        return variants

    def _parsed(self) -> _Parsed:
        """The parse of the unchanged region."""
        if self._known_tree is None:
            source = self.before + self.after
            prefix = self.language.prefix_for(source) if self.language else ""
            grammar = self.grammar
            tree = None
            if grammar is not None:
                around = len(prefix) + len(self.before), len(self.after)
                tree = self.parser.parse(grammar, prefix + source, limit_ms=JUDGE_LIMIT_MS, around=around)
            self._known_tree = _Parsed(prefix, tree)
        return self._known_tree

    def _count(self, text: str) -> int | None:
        """The errors of the region with ``text``; ``None`` if the parse, or all parses before it, took too long."""
        if text not in self._errors:
            self._errors[text] = self._count_of(self.before, text, self.after)
        return self._errors[text]

    def _count_of(self, before: str, text: str, after: str) -> int | None:
        if self._spent_ms > JUDGE_TOTAL_MS:
            return None
        began_s = time.thread_time()
        tree = self._parsed().tree  # parsed first, because the parses of all answers start from it
        is_here = before == self.before and after == self.after
        if (text or not is_here) and self.grammar is not None and self.language is not None:
            source = f"{before}{text}{after}"
            prefix = self.language.prefix_for(source)
            around = len(prefix) + len(before), len(after)
            tree = self.parser.parse_variant(self.grammar, prefix + source, limit_ms=JUDGE_LIMIT_MS, around=around)
        errors = tree_error_count(self.grammar, tree) if self.grammar is not None and tree is not None else None
        if errors is not None:
            errors += (self._around if is_here else IndentationAround.of(self.rules, before, after)).faults(text)
        self._spent_ms += (time.thread_time() - began_s) * 1_000
        return errors

    @property
    def _around(self) -> IndentationAround:
        if self._indentation is None:
            self._indentation = IndentationAround.of(self.rules, self.before, self.after)
        return self._indentation


def _first_word_is_whole(line: str) -> bool:
    """Whether an incomplete line already shows its indentation and its first word."""
    return any(not (character.isalnum() or character == "_") for character in line.strip())
