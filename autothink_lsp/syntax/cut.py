"""Decides how many lines of a model's answer to keep, with the parser as the judge of what text alone allows.

``holes.py`` says how far an answer can reach; within that the lines are kept with which the code around parses best.
Where there is no tree (no grammar, too broken, too slow) the text's word counts. Never changes a kept line, except that
it takes away at the end what already stands behind the cursor.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from attrs import define, field, frozen

from .blocks import BlockRules
from .grammar import Grammar
from .health import error_count
from .holes import Extent, Hole, HoleKind, describe_hole, extent
from .indentation import indentation_faults
from .languages import Language

Finish = Literal["stop", "length"]  # backends.base.Finished.reason

JUDGE_LIMIT_MS = 50.0  # CPU time for one parse of a region; its usual cost is 1 to 2 ms
_MAX_CANDIDATES = 16  # parses for one answer at most
_PLAIN = BlockRules.from_tables({}, comment_line=None)
_FEWEST = (HoleKind.REST_OF_LINE, HoleKind.HEADER)  # elsewhere: the most lines that the hole can take


@frozen
class Cut:
    """What to keep of an answer.

    text: what to insert: the first ``lines`` lines of the answer, less what already stands behind the cursor, and with a
    line break at the end where code follows on the cursor's own line. settled: more text of this answer would not change
    the cut, so its stream can be closed. reason: why it ends there, see ``holes.Extent``; ``no_syntax:`` before it when
    no tree could judge. errors_before and errors_after: of the region without and with ``text``; None without a tree.
    """

    lines: int
    text: str
    reason: str
    settled: bool
    errors_before: int | None
    errors_after: int | None


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


@define
class CutJudge:
    """Judges answers to one hole. ``before`` ends at the cursor, ``after`` begins there: the region to parse with it.

    One judge serves one request: it remembers what it has parsed, so that asking again for each line that arrives costs
    about one parse.
    """

    language: Language | None
    grammar: Grammar | None
    before: str
    after: str
    _errors: dict[str, int | None] = field(factory=dict, init=False)

    def cut(self, answer: str, finish: Finish | None = "length") -> Cut:
        """``finish`` is None while the answer is still arriving. Only "stop" makes its last line count as whole."""
        rules = self.language.block if self.language else _PLAIN
        parts = _Answer.of(answer, finish)
        hole = describe_hole(rules, self.before, self.after, parts.lines)
        if hole is None:
            return Cut(0, "", "blank", False, None, None)
        reach = extent(rules, hole, self.before, parts.lines, finished=finish == "stop")
        if reach.lines > parts.whole:
            reach = Extent(max(parts.whole, hole.first + 1), False, reach.reason)
        nothing = self._count("", rules)
        if nothing is None:
            text = self._variants(parts, reach.lines)[0] if reach.lines else ""
            return Cut(reach.lines, text, f"no_syntax:{reach.reason}", reach.settled, None, None)
        best = self._best(parts, self._candidates(hole, reach), rules)
        if best is None or best.errors > 0:
            # What the code above still lacks, closing brackets above all, stands outside of the block.
            beyond = range(reach.lines + 1, min(parts.whole, reach.lines + _MAX_CANDIDATES) + 1)
            further = self._best(parts, beyond, rules)
            if further is not None and further.errors < min(nothing, best.errors if best else nothing):
                best = further
        if best is None:
            return Cut(0, "", reach.reason, reach.settled, nothing, nothing)
        return Cut(best.lines, best.text, reach.reason, reach.settled and best.errors <= nothing, nothing, best.errors)

    def _candidates(self, hole: Hole, reach: Extent) -> Iterable[int]:
        """Numbers of lines in order of preference."""
        if hole.kind in _FEWEST and reach.reason == hole.kind.value:
            return range(hole.first + 1, min(reach.lines, hole.first + _MAX_CANDIDATES) + 1)
        return range(reach.lines, max(hole.first, reach.lines - _MAX_CANDIDATES), -1)

    def _best(self, answer: _Answer, counts: Iterable[int], rules: BlockRules) -> _Judged | None:
        """The first of the candidates with the fewest errors; stops at the first that has none."""
        best: _Judged | None = None
        for count in counts:
            if not answer.lines[count - 1].strip():
                continue
            for text in self._variants(answer, count):
                errors = self._count(text, rules)
                if errors is not None and (best is None or errors < best.errors):
                    best = _Judged(count, text, errors)
                if errors == 0:
                    return best
        return best

    def _variants(self, answer: _Answer, count: int) -> list[str]:
        """The texts that ``count`` lines can mean, the likeliest first; only code on the cursor's line leaves a choice."""
        text = "\n".join(answer.lines[:count])
        rest = self.after.partition("\n")[0]
        if not rest.strip():
            return [text]
        variants = []
        stripped, repeated = text.rstrip(), rest.strip()
        if stripped.endswith(repeated) and len(stripped) > len(repeated):
            variants.append(stripped.removesuffix(repeated))
        cursor_blanks = self.before.rpartition("\n")[2]
        inserts_lines = answer.breaks and not cursor_blanks.strip()
        variants.append(f"{text}\n{cursor_blanks}" if inserts_lines else text)
        return variants

    def _count(self, text: str, rules: BlockRules) -> int | None:
        """Errors of the region with ``text`` in it."""
        if text not in self._errors:
            source = f"{self.before}{text}{self.after}"
            errors = error_count(self.grammar, source, limit_ms=JUDGE_LIMIT_MS)
            if errors is not None:
                errors += indentation_faults(rules, self.before, text, self.after)
            self._errors[text] = errors
        return self._errors[text]


def _first_word_is_whole(line: str) -> bool:
    """Enough of an unfinished line is there to see how deep it stands and which word begins it."""
    return any(not (c.isalnum() or c == "_") for c in line.strip())
