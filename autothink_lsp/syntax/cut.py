"""Decides how many lines of a model's answer to keep, with the parser as the judge of what text alone allows.

``holes.py`` says how far an answer can reach; within that the lines are kept with which the code around parses best.
Where there is no tree (no grammar, too broken, too slow) the text's word counts. Never changes a kept line, except
that it takes away at the end what already stands behind the cursor.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from attrs import define, field, frozen

from autothink_lsp.syntax.blocks import PLAIN_TEXT, BlockRules, indent_width
from autothink_lsp.syntax.captures import captured
from autothink_lsp.syntax.grammar import Grammar
from autothink_lsp.syntax.health import error_count, tree_error_count
from autothink_lsp.syntax.holes import Extent, Header, Hole, HoleKind, describe_hole, extent
from autothink_lsp.syntax.indentation import indentation_faults
from autothink_lsp.syntax.languages import Language

if TYPE_CHECKING:
    import tree_sitter

Finish = Literal["stop", "length"]  # the words of backends.base.Finished.reason

JUDGE_TOTAL_MS = 120.0  # CPU time for all parses of one answer; then the text's word counts
JUDGE_LIMIT_MS = 50.0  # CPU time for one parse of a region; its usual cost is 1 to 2 ms
_MAX_CANDIDATES = 16  # line counts that are tried for one answer at most
_TELLING_ERRORS = 2  # around the hole; where there are more and any answer adds to them, the tree cannot tell


@frozen
class Cut:
    """What to keep of an answer.

    text: what to insert: the first ``lines`` lines of the answer, less what already stands behind the cursor, and with
    a line break at the end where code follows on the cursor's own line. reason: why it ends there, see
    ``holes.Extent``, or ``blank``; ``no_syntax:`` stands before it when no tree could judge.

    complete: these lines are a whole that can be shown at once. settled: no further text of this answer would change
    the cut, so its stream can be closed.

    errors_before and errors_after: of the region without and with ``text`` (``health.error_count``); None without a
    tree. What was wrong before is not counted where nothing is after: then errors_before is None, too.
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
    whole: int  # how many of them are complete
    breaks: bool  # it has a line break at all

    @classmethod
    def of(cls, text: str, finish: Finish | None) -> _Answer:
        lines = text.split("\n")
        whole = len(lines) if finish == "stop" or len(lines) == 1 else len(lines) - 1
        if whole < len(lines) and not _first_word_is_whole(lines[-1]):
            lines.pop()  # not even good as a sign of where the lines before it end
        return cls(lines, whole, "\n" in text)


@frozen
class _Judged:
    lines: int
    text: str
    errors: int


@frozen
class _Parsed:
    prefix: str  # what the grammar needs before the source
    tree: tree_sitter.Tree | None


@define
class CutJudge:
    """Judges answers to one hole. ``before`` ends at the cursor, ``after`` begins there: the region to parse with it.

    Line ends in both are "\\n". One judge serves one request: it remembers what it has parsed, so that asking again for
    each line that arrives costs about one parse.
    """

    language: Language | None
    grammar: Grammar | None
    before: str
    after: str
    _errors: dict[str, int | None] = field(factory=dict, init=False)
    _spent_ms: float = field(default=0.0, init=False)
    _known_headers: tuple[Header, ...] | None = field(default=None, init=False)
    _known_tree: _Parsed | None = field(default=None, init=False)

    @property
    def rules(self) -> BlockRules:
        return self.language.block if self.language else PLAIN_TEXT

    def cut(self, answer: str, finish: Finish | None = "length") -> Cut:
        """``finish`` is None while the answer is still arriving. Only "stop" makes its last line count as whole."""
        parts = _Answer.of(answer, finish)
        hole = describe_hole(self.rules, self.before, self.after, parts.lines, self._headers)
        if hole is None:
            return Cut(0, "", "blank")
        reach = extent(self.rules, hole, self.before, parts.lines, whole=parts.whole, finished=finish == "stop")
        if reach.lines > parts.whole:
            reach = Extent(max(parts.whole, hole.first + 1), complete=False, settled=False, reason=reach.reason)
        best = self._best(parts, self._candidates(hole, reach))
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
        whole = best.errors == 0 or (best.errors <= nothing and hole.kind is not HoleKind.REST_OF_LINE)
        return Cut(
            *(best.lines, best.text, reach.reason, reach.complete and whole, reach.settled and whole),
            *(nothing, best.errors),
        )

    def _by_text(self, answer: _Answer, reach: Extent) -> Cut:
        text = self._variants(answer, reach.lines)[0] if reach.lines else ""
        return Cut(reach.lines, text, f"no_syntax:{reach.reason}", reach.complete, reach.settled)

    def _headers(self) -> tuple[Header, ...]:
        """The functions and classes around the cursor, innermost first; none without a tree."""
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
                        around[found.node.start_byte] = Header(indent_width(lines[row]), found.kind == "scope.class")
                self._known_headers = tuple(around[byte] for byte in sorted(around, reverse=True))
        return self._known_headers

    def _candidates(self, hole: Hole, reach: Extent) -> Iterable[int]:
        """Line counts in order of preference: the fewest where only more code below can show the end, else the most."""
        if hole.kind in {HoleKind.REST_OF_LINE, HoleKind.HEADER} and reach.reason == hole.kind.value:
            return range(hole.first + 1, min(reach.lines, hole.first + _MAX_CANDIDATES) + 1)
        return range(reach.lines, max(hole.first, reach.lines - _MAX_CANDIDATES), -1)

    def _beyond(self, hole: Hole, answer: _Answer, reach: Extent) -> Iterator[int]:
        """Line counts past the hole's extent that may still be needed.

        Of a line: where the answer comes to what stands behind the cursor, if that is more than punctuation. Else: what
        closes blocks of the code above, which stands outside of the hole but may be lacking there.
        """
        for index in range(reach.lines, min(answer.whole, reach.lines + _MAX_CANDIDATES)):
            text = answer.lines[index]
            if hole.kind is HoleKind.REST_OF_LINE:
                if any(character.isalnum() for character in hole.rest) and text.rstrip().endswith(hole.rest):
                    yield index + 1
            elif text.strip():
                if not self.rules.closes(self.rules.line(text)):
                    return
                yield index + 1

    def _best(self, answer: _Answer, counts: Iterable[int]) -> _Judged | None:
        """The first of the candidates with the fewest errors; stops at the first that has none."""
        best: _Judged | None = None
        for count in counts:
            if not answer.lines[count - 1].strip():
                continue
            for text in self._variants(answer, count):
                errors = self._count(text)
                if errors is None:  # no grammar, or one that takes too long here: it would for the others
                    return best
                if best is None or errors < best.errors:
                    best = _Judged(count, text, errors)
                if errors == 0:
                    return best
        return best

    def _variants(self, answer: _Answer, count: int) -> list[str]:
        """The texts that ``count`` lines can mean, the likeliest first; only code behind the cursor leaves a choice."""
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
        """The region as it is."""
        if self._known_tree is None:
            source = self.before + self.after
            prefix = self.language.prefix_for(source) if self.language else ""
            grammar = self.grammar
            tree = grammar.parse_source(prefix + source, limit_ms=JUDGE_LIMIT_MS) if grammar is not None else None
            self._known_tree = _Parsed(prefix, tree)
        return self._known_tree

    def _count(self, text: str) -> int | None:
        """Errors of the region with ``text`` in it; None where it takes too long, or all before it did."""
        if text not in self._errors:
            if self._spent_ms > JUDGE_TOTAL_MS:
                return None
            began_s = time.thread_time()
            if text:
                errors = error_count(self.grammar, f"{self.before}{text}{self.after}", limit_ms=JUDGE_LIMIT_MS)
            else:
                tree = self._parsed().tree
                errors = tree_error_count(self.grammar, tree) if self.grammar is not None and tree is not None else None
            if errors is not None:
                errors += indentation_faults(self.rules, self.before, text, self.after)
            self._errors[text] = errors
            self._spent_ms += (time.thread_time() - began_s) * 1_000
        return self._errors[text]


def _first_word_is_whole(line: str) -> bool:
    """Enough of an unfinished line is there to see how deep it stands and which word begins it."""
    return any(not (character.isalnum() or character == "_") for character in line.strip())
