"""Rule for Markdown and other prose: the marks of list items, headings and emphasis that were changed on two lines are
changed on the others; a word that was put between marks is so at its other places.

Ticked boxes are no marks: one task that is done says nothing about the next one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Literal

from attrs import frozen

from autothink_lsp.document.lines import indent_of
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.line_edits import line_edits
from autothink_lsp.features.next_edit.rules.passed_places import is_passed
from autothink_lsp.features.next_edit.token_change import MOST_LINE_CHARACTERS, line_pairs

RULE_ID = "markup-marks"
_MOST_HUNKS = 8
_LEAST_CHANGED = 2
_MOST_SITES = 60
_LINES_AT_ONCE = 200  # each takes 10 to 50 µs
_MARKED = re.compile(
    r"(?P<indent>[ \t]*)(?:(?P<bullet>[-*+]|#{1,6})|(?P<number>\d{1,9})(?P<behind>[.)]))(?P<rest>[ \t]+\S.*)"
)
_EMPHASIS = re.compile(
    r"(?<![\w*_`\\])(?P<mark>\*{1,3}|_{1,3})(?=[^\s*_`])(?P<inside>[^*_`\n]{0,200}[^\s*_`\\])(?P=mark)(?![\w*_`])"
)
_WORD_IN_MARKS = re.compile(r"(?P<mark>`|\*{1,2}|_{1,2})(?P<word>[^\W\d_][\w.]{1,60}\w)(?P=mark)")
_FENCE = re.compile(r"[ \t]*(?>(?:[-*+>][ \t]+|\d{1,9}[.)][ \t]+)*)(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<behind>.*)")
_FRONT_MATTER = {"---": ("---", "..."), "+++": ("+++",)}  # the first line, and those that end it
_MOST_FRONT_MATTER_LINES = 100
# Where marks are no marks: code of any number of backticks, elements and comments, formulas, addresses and targets.
_NO_PROSE = re.compile(
    r"(?P<ticks>(?<!`)`++).{1,400}?(?<!`)(?P=ticks)(?!`)|<!--.*?(?:-->|$)|</?[A-Za-z][^<>]{0,300}>"
    r"|(?<![\w$])\$[^\s$](?:[^$]{0,200}[^\s$])?\$(?!\w)|\b[a-z][a-z+.-]{1,20}://[^\s<>)\]]+|\]\([^()\s]{0,300}\)?"
)
_RULER = re.compile(r"[ \t]*([-*_])(?:[ \t]*\1){2,}[ \t]*")
_CODE_INDENT = 4


def markup_marks(context: RuleContext) -> Iterator[LineEdit | None]:
    """The nearest lines with the marks that two lines, one of the newest hunk, had before."""
    if not context.style.is_prose(context.snapshot.language_id):
        return
    changed: dict[_Change, list[int]] = {}
    newest: set[_Change] = set()
    for hunk in context.hunks[:_MOST_HUNKS]:
        for line, old, new in line_pairs(hunk):
            for change in _changes(old, new):
                changed.setdefault(change, []).append(line)
                if hunk is context.hunks[0]:
                    newest.add(change)
    for change, lines in changed.items():
        if len(lines) < _LEAST_CHANGED or change not in newest:
            continue
        yield None
        indents = {indent_of(context.lines[line]) for line in lines}
        found = {
            number: line
            for number, line in _prose_lines(context)
            if change.old in line and change.word in line and not is_passed(lines, number)
        }
        sites: dict[int, str] = {}
        for count, number in enumerate(context.by_distance(list(found))):
            if count % _LINES_AT_ONCE == 0:
                yield None
            new = change.made(found[number], indents)
            if new != found[number]:
                sites[number] = new
            if len(sites) == _MOST_SITES:
                break
        yield from line_edits(context, RULE_ID, change.name, sites)


@frozen
class _Change:
    """``old`` became ``new``: the mark of an item or a heading, that of emphasis, or the marks around ``word``."""

    kind: Literal["item", "number", "emphasis", "word"]
    old: str
    new: str
    word: str = ""

    @property
    def name(self) -> str:
        """What logs call it."""
        return f"{self.old}{self.word} → {self.new}{self.word}"

    def made(self, line: str, indents: Collection[str]) -> str:
        """The line after the change; an item only at one of these indentations, and no other line that may be code."""
        if self.kind in ("emphasis", "word") and _is_code(line, indents):
            return line
        if self.kind == "emphasis":
            return _in_prose(line, lambda part: _emphasised(part, self.old, self.new))
        if self.kind == "word":
            return _with_marks(line, self.word, self.new)
        match = _MARKED.fullmatch(line)
        if match is None or _RULER.fullmatch(line) or match["indent"] not in indents:
            return line
        if (match["number"] is not None) != (self.kind == "number"):
            return line
        is_site = (match["bullet"] or match["behind"]) == self.old
        return f"{match['indent']}{match['number'] or ''}{self.new}{match['rest']}" if is_site else line


def _changes(old: str, new: str) -> Iterator[_Change]:
    """What was changed on a line, if it is nothing else than marks."""
    if (item := _changed_mark(old, new)) is not None:
        yield item
    elif (emphasis := _changed_emphasis(old, new)) is not None:
        yield emphasis
    else:
        for match in _WORD_IN_MARKS.finditer(new):
            if new[: match.start()] + match["word"] + new[match.end() :] == old:
                yield _Change("word", "", match["mark"], match["word"])


def _with_marks(line: str, word: str, mark: str) -> str:
    """The line with marks around the word where it has none, and is no part of code, a link or a path."""
    if line.lstrip().startswith("#"):
        return line
    place = re.compile(rf"(?<![\w*_/.\[(<-]){re.escape(word)}(?![\w*_/\])>-]|\.\w)")
    return _in_prose(line, lambda part: place.sub(f"{mark}{word}{mark}", part))


def _in_prose(line: str, changed: Callable[[str], str]) -> str:
    """The line with its prose changed, but not code, elements, formulas and addresses. As it is where code begins or
    ends that stands on several lines."""
    kept = [match[0] for match in _NO_PROSE.finditer(line)]
    prose = _NO_PROSE.sub("\0", line)
    if "`" in prose:
        return line
    parts = changed(prose).split("\0")
    return "".join(part + one for part, one in zip(parts, [*kept, ""], strict=True)) if "\0" not in line else line


def _is_code(line: str, indents: Collection[str]) -> bool:
    """Whether a line may be code by its indentation, which none of the changed lines has."""
    indent = indent_of(line)
    return len(indent.expandtabs(_CODE_INDENT)) >= _CODE_INDENT and indent not in indents


def _changed_mark(old: str, new: str) -> _Change | None:
    """The mark before and after, if nothing else of the line was changed."""
    before, after = _MARKED.fullmatch(old), _MARKED.fullmatch(new)
    if before is None or after is None or before["indent"] != after["indent"]:
        return None
    if before["rest"].strip() != after["rest"].strip() or before["number"] != after["number"]:
        return None
    marks = before["bullet"] or before["behind"], after["bullet"] or after["behind"]
    if marks[0] == marks[1] or ("#" in marks[0]) != ("#" in marks[1]):
        return None
    return _Change("number" if before["number"] is not None else "item", *marks)


def _changed_emphasis(old: str, new: str) -> _Change | None:
    before, after = _EMPHASIS.findall(old), _EMPHASIS.findall(new)
    marks = {(one[0], two[0]) for one, two in zip(before, after, strict=False) if one[0] != two[0]}
    if len(before) != len(after) or len(marks) != 1:
        return None
    ((old_mark, new_mark),) = marks
    return _Change("emphasis", old_mark, new_mark) if _emphasised(old, old_mark, new_mark) == new else None


def _emphasised(line: str, old_mark: str, new_mark: str) -> str:
    def marked(match: re.Match[str]) -> str:
        return f"{new_mark}{match['inside']}{new_mark}" if match["mark"] == old_mark else match[0]

    return _EMPHASIS.sub(marked, line)


def _prose_lines(context: RuleContext) -> Iterator[tuple[int, str]]:
    """The lines outside of fences and front matter that were not changed."""
    fence = ""
    for number, line in enumerate(context.lines[(start := _front_matter_lines(context.lines)) :], start):
        match = _FENCE.match(line)
        if match is not None and not fence:
            fence = match["fence"]
        elif match is not None and match["fence"].startswith(fence) and not match["behind"].strip():
            fence = ""
        elif match or fence or number in context.changed_lines:
            continue
        elif 0 < len(line) <= MOST_LINE_CHARACTERS:
            yield number, line


def _front_matter_lines(lines: Sequence[str]) -> int:
    """How many lines at the beginning are data about the document."""
    ends = _FRONT_MATTER.get(lines[0].rstrip()) if lines else None
    if ends is None:
        return 0
    first = lines[1:_MOST_FRONT_MATTER_LINES]
    return next((number + 1 for number, line in enumerate(first, 1) if line.rstrip() in ends), 0)
