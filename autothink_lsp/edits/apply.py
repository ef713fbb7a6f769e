"""Turns an answer that was read into minimal replacements, or says why it must not become any.

The piece that was asked about is [start, end), whole lines. Nothing outside it is ever touched, except that imports
which a model puts before a function go to where the document has its imports. Inside the piece, what a model changed
besides what it was asked to change is taken back: indentation, comments, layout, blank lines at the edges, the byte
order mark. What cannot be taken back with certainty is told as a concern.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from autothink_lsp.document.text import Text
from autothink_lsp.edits.alignment import similarity
from autothink_lsp.edits.answer import Answer
from autothink_lsp.edits.code_lines import code_lines
from autothink_lsp.edits.comments import with_lost_comments
from autothink_lsp.edits.doubled import without_doubled_end, without_doubled_start, without_surroundings
from autothink_lsp.edits.locate import locate
from autothink_lsp.edits.minimal import minimal
from autothink_lsp.edits.pieces import Outline, outline
from autothink_lsp.edits.reindent import indent_of, reindented
from autothink_lsp.edits.search_blocks import SearchReplace
from autothink_lsp.edits.signatures import changed_signatures
from autothink_lsp.edits.unasked import BYTE_ORDER_MARK, with_trailing_blanks_kept, without_unasked_layout
from autothink_lsp.edits.values import Asked, EditRefused, ProposedEdit, Refusal, Replacement
from autothink_lsp.syntax.grammar import Grammar
from autothink_lsp.syntax.health import error_count
from autothink_lsp.syntax.languages import Language
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

_LINES_ABOVE = 40
_SAME_LINE = 0.75  # how alike two lines are that are the same before and after
_LINES_FOR_UNIT = 2_000
_ELIDED = re.compile(
    r"""^(?:\#|//|--|/\*|<!--)?\s*+(?:\.\.\.|…)?\s*+[\[(]?
    (?:\.\.\.|…
      |(?:the\ )?(?:rest|remaining|existing|other|previous|same|unchanged)\b.{0,40}
       \b(?:code|lines?|function|method|file|unchanged|here|same|as\ before|before)\b.*)
    [\])]?\s*+(?:\.\.\.|…)?\s*+(?:\*/|-->)?$""",
    re.IGNORECASE | re.VERBOSE,
)
_COMMENT_START = ("#", "//", "--", "/*", "<!--", "...", "…")


def to_replacements(
    answer: Answer,
    text: Text,
    start: Point,
    end: Point,
    *,
    language: Language | None,
    tree: SyntaxTree | None = None,
) -> tuple[Replacement, ...]:
    """The replacements of ``proposed_edit`` where the whole piece may be reshaped. Never empty. Raises
    ``EditRefused``."""
    return proposed_edit(answer, text, start, end, language=language, tree=tree).replacements


def proposed_edit(
    answer: Answer,
    text: Text,
    start: Point,
    end: Point,
    *,
    language: Language | None,
    tree: SyntaxTree | None = None,
    asked: Asked = Asked(),  # noqa: B008 - a frozen value
) -> ProposedEdit:
    """The edit that ``answer`` means for the piece [start, end). Raises ``EditRefused``."""
    piece = _Piece(text, start, end, language, tree.grammar if tree is not None else None, asked)
    new, imported, concerns = _read_edit(answer, piece)
    if new == piece.old and asked.layout:
        piece.answers_indentation = True  # it may be what the message is about
        new, imported, concerns = _read_edit(answer, piece)
    outside = _import_edit(imported, text, tree, start)
    if not outside:
        _refuse_unchanged(piece.old, new, layout_counts=asked.lines is not None)
    _refuse_clipped(piece.old, new)
    written = piece.byte_order_mark + "\n".join(new)
    replacements = sorted((*outside, *minimal(text, start, end, written)), key=lambda one: one.start)
    return ProposedEdit(tuple(replacements), concerns)


def _read_edit(answer: Answer, piece: _Piece) -> tuple[list[str], list[str], tuple[str, ...]]:
    """(new lines for the piece, imports that belong elsewhere, concerns). Raises ``EditRefused``."""
    imported: list[str] = []
    if answer.blocks:
        new = piece.with_blocks(answer.blocks)
    elif answer.whole is not None and answer.whole.strip():
        new, imported = piece.with_whole(answer.whole.removeprefix(BYTE_ORDER_MARK).split("\n"))
    else:
        raise EditRefused(
            Refusal.NO_CODE,
            "The model's answer contains no code.",
            hint="Ask again, or with (think).",
            for_model="Your answer contained no code block. Answer in the asked form, with the whole edited code.",
        )
    new, concerns = piece.without_unasked(new)
    return new, imported, concerns


class _Piece:
    """The lines that were asked about, in their document. ``old`` is without a byte order mark."""

    def __init__(
        self, text: Text, start: Point, end: Point, language: Language | None, grammar: Grammar | None, asked: Asked
    ) -> None:
        self.text, self.start, self.end = text, start, end
        self.language, self.grammar, self.asked = language, grammar, asked
        self.above = text.lines(0, start.line)
        self.below = text.lines(end.line + 1, text.line_count)
        self.old = text.lines(start.line, end.line + 1)
        self.byte_order_mark = BYTE_ORDER_MARK if self.old and self.old[0].startswith(BYTE_ORDER_MARK) else ""
        if self.byte_order_mark:
            self.old[0] = self.old[0].removeprefix(BYTE_ORDER_MARK)
        self.old_lines = code_lines(grammar, language, self.old, self.above, self.below)
        self.answers_indentation = False  # keep the answer's where its first line stands as the piece's does
        self._named_comments: set[int] = set()  # indices of comments that a block names and nothing else

    @property
    def asked_lines(self) -> frozenset[int]:
        """Indices of ``old`` that a message stands at."""
        ranges = self.asked.lines or ()
        here = range(len(self.old))
        return frozenset(
            line - self.start.line
            for first, last in ranges
            for line in range(max(first, self.start.line), min(last, self.end.line) + 1)
            if line - self.start.line in here
        )

    def errors(self, lines: list[str]) -> int | None:
        """How broken the document is with ``lines`` in the place of the piece."""
        return error_count(self.grammar, "\n".join([*self.above, *lines, *self.below]))

    def with_whole(self, answered: list[str]) -> tuple[list[str], list[str]]:
        """(new lines for the piece, imports that belong elsewhere) from an answer with all of the code."""
        lines = _trimmed(answered)
        _refuse_elided(lines, self.old)
        whole = self._with_what_stands_around(lines)
        if whole is not None:
            return whole, []
        new, imported = _chosen_part(lines, self.old, self.text, self.start, self.grammar)
        nearest = self.above[-_LINES_ABOVE:]
        new = without_surroundings(new, self.old, nearest, self.below)
        new = self._without_code_around(new)
        new = _trimmed(without_doubled_start(new, self.old, nearest, self.errors))
        new = self._placed(self._without_second_doc_comment(new), self.old)
        new = without_doubled_end(new, self.old, self.below, self.errors)
        new = self._with_edges(new, answered)
        if self.asked.final_newline and self.end.line == self.text.line_count - 1 and new[-1].strip():
            new = [*new, ""]
        return new, imported

    def _with_what_stands_around(self, lines: list[str]) -> list[str] | None:
        """The piece with some of its definitions as the answer has them, where the answer is these and nothing else:
        other code of the piece was left out, not deleted, unless a message stands there. ``None`` for other answers.
        """
        ours, theirs = outline(self.grammar, "\n".join(_dedented(self.old))), outline(self.grammar, "\n".join(lines))
        if not self.asked_lines or ours is None or theirs is None or not theirs.outer:
            return None
        standing = {piece.name: piece for piece in ours.outer}
        given = {piece.name: piece for piece in theirs.outer}
        unique = (
            len(standing) == len(ours.outer) and len(given) == len(theirs.outer) and given.keys() <= standing.keys()
        )
        if not unique or not _covers(list(given.values()), lines, theirs):
            return None
        inside = {n for name in given for n in range(standing[name].first, standing[name].stop)}
        rest = [n for n, line in enumerate(self.old_lines) if line.code and n not in inside]
        if not rest or not self.asked_lines <= inside:
            return None
        new = list(self.old)
        for name, there in sorted(standing.items(), key=lambda one: one[1].first, reverse=True):
            if name in given:
                first, stop = _with_comments_above(self.old, there.first), there.stop
                part = lines[_with_comments_above(lines, given[name].first) : given[name].stop]
                new[first:stop] = self._placed(part, self.old[first:stop])
        return new

    def _without_second_doc_comment(self, new: list[str]) -> list[str]:
        """Without a documentation comment at its head where one stands right above the piece, which cannot go."""
        above = self.above[-1].strip() if self.above else ""
        mark = "/**" if above.endswith("*/") else "///" if above.startswith("///") else ""
        if not mark or not new or not new[0].lstrip().startswith(mark) or self.old_lines[0].is_note:
            return new
        notes = [line.is_note for line in self._read(new)]
        return new[notes.index(False) :] if False in notes else new

    def _without_code_around(self, lines: list[str]) -> list[str]:
        """The part for the piece of an answer that begins with the header of the definition around the piece. Raises
        ``EditRefused`` (OTHER_CODE) where there is no such part: the code around would stand inside itself."""
        theirs = outline(self.grammar, "\n".join(_dedented(lines)))
        if theirs is None or not theirs.outer:
            return lines
        header = lines[theirs.outer[0].first].strip()
        if header in {line.strip() for line in self.old} or header not in {line.strip() for line in self.above}:
            return lines
        first = next((line.text.strip() for line in self.old_lines if line.code), "")
        found = [piece for piece in theirs.pieces if not piece.outer and lines[piece.first].strip() == first]
        if len(found) == 1:
            return lines[found[0].first : found[0].stop]
        name = theirs.outer[0].name
        ours = outline(self.grammar, "\n".join(_dedented(self.old)))
        if ours is not None and ours.named(name) is None:
            raise EditRefused(
                Refusal.OTHER_CODE,
                f"The model answered with the code around the piece (`{name}`), too.",
                hint="Ask again, or with (think).",
                for_model="Answer with the code to edit alone, without the code around it.",
            )
        return lines

    def _with_edges(self, new: list[str], answered: list[str]) -> list[str]:
        """With the blank lines that the piece begins and ends with, whatever the answer has there; with the answer's
        where a message stands at them."""
        filled = [number for number, line in enumerate(self.old) if line.strip()]
        if not filled:
            return new
        first, stop = filled[0], filled[-1] + 1
        trimmed = _trimmed(answered)
        lead, trail = self.old[:first], self.old[stop:]
        begins = next((number for number, line in enumerate(answered) if line.strip()), 0)
        if any(line < first for line in self.asked_lines):
            lead = answered[:begins]
        if any(line >= stop for line in self.asked_lines):
            trail = answered[begins + len(trimmed) :]
        return [*lead, *new, *trail]

    def with_blocks(self, blocks: tuple[SearchReplace, ...]) -> list[str]:
        """The piece with all search/replace blocks applied, or none: each is looked for in ``old``, whatever the others
        do."""
        changes: list[tuple[int, int, list[str]]] = []
        for block in dict.fromkeys(blocks):  # a model that repeats a block means it once
            try:
                place = locate(self.old, block.search)
            except EditRefused as refused:
                if refused.reason is Refusal.NOT_FOUND and _stands_outside(block, self.text, self.start, self.end):
                    raise EditRefused(
                        Refusal.OUTSIDE,
                        "The model wants to change lines that it was not asked to change.",
                        for_model="Change only lines of the code to edit.",
                    ) from refused
                raise
            there = self.old[place.first : place.stop]
            replacement = block.replace.split("\n") if block.replace else []
            searched = _trimmed(block.search.split("\n"))
            self._note_named_comments(there)
            if replacement and searched != there:
                replacement = self._placed(replacement, there, searched)
            before, after = self.old[: place.first], self.old[place.stop :]
            replacement = without_doubled_end(
                replacement,
                there,
                [*after, *self.below],
                lambda lines, before=before, after=after: self.errors([*before, *lines, *after]),
            )
            changes.append(_narrowed(place.first, there, replacement))
        return _with_changes(self.old, changes)

    def _note_named_comments(self, there: list[str]) -> None:
        named = {line.strip() for line in there if line.strip()}
        notes = {n for n, line in enumerate(self.old_lines) if line.is_note and line.text.strip() in named}
        if named <= {self.old[number].strip() for number in notes}:
            self._named_comments |= notes

    def _placed(self, new: list[str], there: list[str], searched: Sequence[str] | None = None) -> list[str]:
        """``new`` in the indentation of the lines ``there``. ``searched`` is how the model copied these."""
        answered = code_lines(self.grammar, self.language, _dedented(new))
        held = [n for n, line in enumerate(answered) if line.held]
        held_notes = [n for n in held if answered[n].is_note]
        old_held: list[int] = []
        if there is self.old:
            old_held = [number for number, line in enumerate(self.old_lines) if line.held]
        around = self.text.lines(0, min(self.text.line_count, _LINES_FOR_UNIT))
        first_new, first_old = (next((line for line in lines if line.strip()), "") for lines in (new, there))
        if self.answers_indentation and searched is None and indent_of(first_new) == indent_of(first_old):
            return new
        return reindented(
            new, there, around=around, held=held, old_held=old_held, held_notes=held_notes, copied=searched
        )

    def without_unasked(self, new: list[str]) -> tuple[list[str], tuple[str, ...]]:
        """(``new`` with comments and layout as they were, concerns about what was not taken back)."""
        asked = self.asked_lines | self._named_comments
        restored = with_lost_comments(self.old_lines, self._read(new), asked, comments_meant=self.asked.comments)
        lines, concerns = restored.lines, restored.concerns
        if self.asked.lines is not None:
            lines = without_unasked_layout(self.old_lines, self._read(lines), self.asked_lines)
            if lines == self.old != restored.lines and self.asked.layout:
                lines, concerns = restored.lines, (*concerns, "It changes layout or comments of other lines, too.")
        else:
            lines = with_trailing_blanks_kept(self.old, lines)
            if self.asked.comments and lines == self.old and new not in (self.old, restored.lines):
                lines, concerns = new, ("It removes comments.",)  # nothing else changes, so that is what was asked
        types_asked = self.asked.types or any(self._is_header(number) for number in self.asked_lines)
        elsewhere = "\n".join([*self.above, *self.below])
        return lines, concerns + changed_signatures(self.grammar, self.old, lines, elsewhere, types_asked=types_asked)

    def _read(self, lines: list[str]):
        return code_lines(self.grammar, self.language, lines, self.above, self.below)

    def _is_header(self, number: int) -> bool:
        """Whether a line may be that of a function's parameters: it says something of types there."""
        return "(" in self.old[number] or self.old[number].rstrip().endswith((",", ")", "):", ") {"))


def _narrowed(first: int, there: list[str], replacement: list[str]) -> tuple[int, int, list[str]]:
    """The lines that a block really changes: (first, one past the last, new lines). Blocks may share the others."""
    head = 0
    while head < min(len(there), len(replacement)) and there[head] == replacement[head]:
        head += 1
    tail = 0
    while tail < min(len(there), len(replacement)) - head and there[-1 - tail] == replacement[-1 - tail]:
        tail += 1
    return first + head, first + len(there) - tail, replacement[head : len(replacement) - tail]


def _with_changes(old: list[str], changes: list[tuple[int, int, list[str]]]) -> list[str]:
    """Raises ``EditRefused`` (AMBIGUOUS) where two changes are of the same lines."""
    new = list(old)
    below = len(old) + 1
    for first, stop, lines in sorted(changes, key=lambda change: change[:2], reverse=True):
        if stop > below or (stop == below == first and lines):
            raise EditRefused(
                Refusal.AMBIGUOUS,
                "The model wants to change the same lines twice, so its answer was not applied.",
                hint="Ask again, or with (think).",
                for_model="Two of your blocks change the same lines. Make one block of them.",
            )
        new[first:stop] = lines
        if stop > first or lines:
            below = first
    return new


def _stands_outside(block: SearchReplace, text: Text, start: Point, end: Point) -> bool:
    lines = text.lines(0, text.line_count)
    try:
        locate(lines[: start.line] + lines[end.line + 1 :], block.search)
    except EditRefused as refused:
        return refused.reason is Refusal.AMBIGUOUS
    return True


def _chosen_part(
    lines: list[str], old: list[str], text: Text, start: Point, grammar: Grammar | None
) -> tuple[list[str], list[str]]:
    """The lines of the answer that are for this place, and imports that stand before them."""
    if _begins_and_ends_alike(lines, old):
        return lines, []
    ours, theirs = outline(grammar, "\n".join(_dedented(old))), outline(grammar, "\n".join(lines))
    wanted = _defined_at_start(ours, old)
    if wanted is None or ours is None or theirs is None:
        return lines, []
    piece = theirs.named(wanted)
    if piece is None:
        raise EditRefused(
            Refusal.OTHER_CODE,
            f"The model answered with other code than `{wanted}`.",
            hint="Ask again, or with (think).",
            for_model=f"Answer with the whole code of `{wanted}`, changed, and keep its name.",
        )
    imported = [lines[number] for number in sorted(theirs.import_lines) if number < piece.first]
    imported = [] if any(not _is_import_alone(lines, number, theirs) for number in theirs.import_lines) else imported
    present = set(text.lines(0, text.line_count))
    imported = [line for line in imported if line.strip() and line not in present]
    if indent_of(lines[piece.first]) and not piece.outer:
        documented = start.line > 0 and _is_comment(text.line(start.line - 1))
        first = piece.first if documented else _with_comments_above(lines, piece.first)
        return lines[first : piece.stop], imported  # a method inside its class
    known = _names_elsewhere(text, start, len(old), grammar)
    new_ones = [one for one in theirs.outer if one.name != wanted and one.name not in known and one.first < piece.first]
    after = [one for one in theirs.outer if one.name != wanted and one.name not in known and one.first >= piece.stop]
    kept = [*new_ones, piece, *after]
    taken: list[str] = []
    for one in kept:
        first = _with_comments_above(lines, one.first)
        taken += ([""] * 1 if taken else []) + lines[first : one.stop]
    return (lines if _covers(kept, lines, theirs) else taken), imported if not _covers(kept, lines, theirs) else []


def _begins_and_ends_alike(lines: list[str], old: list[str]) -> bool:
    """Whether the answer is the piece from its first to its last line, so that there is nothing to choose."""
    ours, theirs = _trimmed(old), _trimmed(lines)
    if not ours or not theirs:
        return False
    ends = ((ours[0], theirs[0]), (ours[-1], theirs[-1]))
    return all(similarity(was.strip(), now.strip()) >= _SAME_LINE for was, now in ends) and any(
        was.strip() == now.strip() for was, now in ends
    )


def _is_import_alone(lines: list[str], number: int, theirs: Outline) -> bool:
    """Nothing else may come along to a place that was not to be changed: no second statement, no line of a body."""
    if any(one.first <= number < one.stop for one in theirs.pieces):
        return False
    return ";" not in lines[number].strip().removesuffix(";")


def _covers(kept: list, lines: list[str], theirs: Outline) -> bool:
    """Whether the answer is nothing but the definitions that are taken."""
    covered = {number for piece in kept for number in range(piece.first, piece.stop)}
    return all(number in covered or not line.strip() or _is_comment(line) for number, line in enumerate(lines))


def _with_comments_above(lines: list[str], first: int) -> int:
    while first > 0 and _is_comment(lines[first - 1]):
        first -= 1
    return first


def _is_comment(line: str) -> bool:
    bare = line.lstrip()
    if bare.startswith("#"):  # a comment in many languages, a directive in C and its kin
        return not re.match(r"#\s*(?:include|define|undef|if|ifdef|ifndef|else|elif|endif|pragma|import)\b", bare)
    return bare.startswith(("//", "/*", "*", "--"))


def _defined_at_start(ours: Outline | None, old: list[str]) -> str | None:
    """The name of the definition that the old lines are, if they are one."""
    if ours is None or len(ours.outer) != 1:
        return None
    piece = ours.outer[0]
    others = [line for n, line in enumerate(old) if not piece.first <= n < piece.stop and line.strip()]
    return piece.name if all(_is_comment(line) for line in others) else None


def _names_elsewhere(text: Text, start: Point, count: int, grammar: Grammar | None) -> set[str]:
    lines = text.lines(0, text.line_count)
    del lines[start.line : start.line + count]
    rest = outline(grammar, "\n".join(lines))
    return {piece.name for piece in rest.pieces} if rest is not None else set()


def _import_edit(imported: list[str], text: Text, tree: SyntaxTree | None, start: Point) -> tuple[Replacement, ...]:
    from autothink_lsp.syntax.scopes import imports

    if not imported or tree is None:
        return ()
    before = [one for one in imports(tree) if one.start.line < start.line and one.start.column == 0]
    line = max((one.end.line + (one.end.column > 0) for one in before), default=_top(text))
    here = Point(line, 0)
    eol = text.eol_at(max(0, line - 1))
    return (Replacement(here, here, "".join(f"{one}{eol}" for one in imported)),)


def _top(text: Text) -> int:
    """The first line behind comments at the top, a shebang among them."""
    line = 0
    while line < text.line_count and text.line(line).startswith(("#!", "#", "//", "/*", " *")):
        line += 1
    return line


def _refuse_elided(lines: list[str], old: list[str]) -> None:
    present = {line.strip() for line in old}
    if sum(map(_is_elision, lines)) <= sum(map(_is_elision, old)):
        return  # the piece's own words
    for line in lines:
        bare = line.strip()
        if bare not in present and _is_elision(bare):
            raise EditRefused(
                Refusal.TRUNCATED,
                f"The model left out code (`{bare[:60]}`), so its answer was not applied.",
                for_model="Do not leave anything out. Answer with all of the code to edit.",
            )


def _is_elision(line: str) -> bool:
    """Whether a line says that code was left out."""
    bare = line.strip()
    return bare.startswith(_COMMENT_START) and bare not in {"...", "…"} and _ELIDED.match(bare) is not None


def _refuse_unchanged(old: list[str], new: list[str], *, layout_counts: bool) -> None:
    def bare(lines: list[str]) -> list[str]:
        return [line.rstrip() for line in lines if line.strip()]

    if old == new or (not layout_counts and bare(old) == bare(new)):
        raise EditRefused(
            Refusal.UNCHANGED,
            "The model repeated the code without a change.",
            hint="Ask again, or with (think).",
            for_model="That repeats the code without any change.",
        )


def _refuse_clipped(old: list[str], new: list[str]) -> None:
    """Much shorter than before, and what is missing is the end: it was cut, or forgotten."""
    before, after = [line for line in old if line.strip()], [line for line in new if line.strip()]
    if len(before) < 8 or len(after) * 2 >= len(before):
        return
    if after[-1].strip() not in {before[-1].strip(), ""} and after[0].strip() == before[0].strip():
        raise EditRefused(
            Refusal.TRUNCATED,
            "The model's answer ends in the middle of the code, so it was not applied.",
            for_model="Your answer stopped in the middle of the code. Answer with all of it.",
        )


def _trimmed(lines: list[str]) -> list[str]:
    filled = [number for number, line in enumerate(lines) if line.strip()]
    return lines[filled[0] : filled[-1] + 1] if filled else []


def _dedented(lines: list[str]) -> list[str]:
    base = indent_of(next((line for line in lines if line.strip()), ""))
    return [line[len(base) :] if line.startswith(base) else line.lstrip() for line in lines]
