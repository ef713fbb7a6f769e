"""Converts a parsed answer to minimal replacements, or refuses it with a reason.

The *piece* is [start, end) of the document: whole lines that the model was asked about. Nothing outside it changes,
except that imports which a model puts before a function move to the document's imports. Inside the piece, unrequested
changes are reverted: indentation, comments, layout, blank lines at the edges, the byte order mark. Changes that cannot
be reverted with certainty become a concern.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autothink_lsp.document.lines import equal_ends, filled_range, indent_of, trimmed
from autothink_lsp.document.text import Text
from autothink_lsp.edits.answer import ParsedAnswer
from autothink_lsp.edits.answer_part import (
    added_imports,
    changed_definitions,
    dedented,
    defines_known_name,
    part_for_piece,
    without_enclosing_definition,
)
from autothink_lsp.edits.code_lines import CodeLine, code_lines, with_known_comments
from autothink_lsp.edits.code_similarity import repeats_most
from autothink_lsp.edits.comments import with_lost_comments
from autothink_lsp.edits.copied_context import (
    defined_outside,
    part_of_whole_document,
    without_code_around,
    without_copied_closers,
    without_copied_context,
    without_copied_end,
    without_copied_head,
    without_copied_start,
    without_ends_of_start,
)
from autothink_lsp.edits.locate import locate
from autothink_lsp.edits.minimal import minimal
from autothink_lsp.edits.omissions import (
    ends_before_deleted,
    is_head_line,
    refuse_marked_omissions,
    refuse_unmarked_omissions,
)
from autothink_lsp.edits.prose import prose_concerns
from autothink_lsp.edits.reindent import reindented
from autothink_lsp.edits.replacement import EditRefused, EditScope, ProposedEdit, Refusal, Replacement
from autothink_lsp.edits.same_names import Surroundings
from autothink_lsp.edits.search_blocks import SearchReplace
from autothink_lsp.edits.signatures import changed_signatures, unused_additions
from autothink_lsp.edits.unrequested_layout import (
    BYTE_ORDER_MARK,
    removed_attributes,
    with_trailing_blanks_kept,
    without_unrequested_layout,
)
from autothink_lsp.syntax.grammar import Grammar
from autothink_lsp.syntax.health import error_count
from autothink_lsp.syntax.languages import Language
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

_LINES_ABOVE = 40
_LINES_FOR_UNIT = 2_000
_WITH_DOTS = frozenset({"python", "yaml"})  # a line of three dots is a statement, or the end of a document


def to_replacements(
    answer: ParsedAnswer,
    text: Text,
    start: Point,
    end: Point,
    *,
    language: Language | None,
    tree: SyntaxTree | None = None,
) -> tuple[Replacement, ...]:
    """The replacements of ``proposed_edit`` for a scope of the whole piece; never empty. Raises ``EditRefused``."""
    return proposed_edit(answer, text, start, end, language=language, tree=tree).replacements


def proposed_edit(
    answer: ParsedAnswer,
    text: Text,
    start: Point,
    end: Point,
    *,
    language: Language | None,
    tree: SyntaxTree | None = None,
    asked: EditScope = EditScope(),  # noqa: B008 - a frozen value
    is_prose: bool = False,
) -> ProposedEdit:
    """The edit of the piece [start, end) that ``answer`` describes. ``is_prose``: the piece is text, which may contain
    what a model writes around code. Raises ``EditRefused``."""
    piece = _Piece(text, start, end, language, tree.grammar if tree is not None else None, asked)
    new, imported, concerns = _read_edit(answer, piece)
    if new == piece.old and asked.layout:
        piece.answers_indentation = True  # the message may be about the indentation
        new, imported, concerns = _read_edit(answer, piece)
    outside = _import_edit(imported, text, tree, start)
    if not outside:
        _refuse_unchanged(piece.old, new, layout_counts=asked.lines is not None)
    if not ends_before_deleted(new, piece.old, piece.asked_lines):
        _refuse_clipped(piece.old, new)
    if answer.whole is not None and not answer.is_diff:
        piece.refuse_unmarked_omissions(new)
    concerns = (*concerns, *answer.concerns)
    if is_prose:
        lines = piece.asked_lines if asked.lines is not None else None
        concerns = (*concerns, *prose_concerns(piece.old, new, lines, is_markup_asked=asked.markup))
    if repeats_most(piece.old, new):
        if asked.lines is not None and not is_prose:
            raise EditRefused(
                Refusal.OTHER_CODE,
                "The model's answer contains most of the code twice, so it was not applied.",
                for_model="Your answer contained the code twice. Answer with its changed version alone.",
            )
        concerns = (*concerns, "It contains most of the code twice.")
    written = piece.byte_order_mark + "\n".join(new)
    replacements = sorted((*outside, *minimal(text, start, end, written)), key=lambda one: one.start)
    return ProposedEdit(tuple(replacements), concerns)


def _read_edit(answer: ParsedAnswer, piece: _Piece) -> tuple[list[str], list[str], tuple[str, ...]]:
    """The new lines for the piece, the imports for the top of the document, and the concerns. Raises
    ``EditRefused``."""
    imported: list[str] = []
    if answer.blocks:
        new = piece.with_blocks(answer.blocks)
    elif answer.whole is not None and answer.whole.strip():
        new, imported = piece.with_whole(answer.whole.removeprefix(BYTE_ORDER_MARK).split("\n"))
    else:
        raise EditRefused(
            Refusal.NO_CODE,
            "The model's answer contains no code.",
            hint="Try again, with thinking if possible.",
            for_model="Your answer contained no code block. Answer in the asked form, with the whole edited code.",
        )
    new, concerns = piece.without_unasked(new)
    return new, imported, concerns


class _Piece:
    """The piece in its document. ``old`` are its lines without a byte order mark."""

    def __init__(
        self, text: Text, start: Point, end: Point, language: Language | None, grammar: Grammar | None, asked: EditScope
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
        self.answers_indentation = False  # keep the answer's indentation if its first line has that of the piece
        self._named_comments: set[int] = set()  # indices of comments that a block consists of

    @property
    def asked_lines(self) -> frozenset[int]:
        """The indices of ``old`` with a message."""
        ranges = self.asked.lines or ()
        here = range(len(self.old))
        return frozenset(
            line - self.start.line
            for first, last in ranges
            for line in range(max(first, self.start.line), min(last, self.end.line) + 1)
            if line - self.start.line in here
        )

    def errors(self, lines: list[str]) -> int | None:
        """The number of parse errors of the document with ``lines`` in place of the piece; ``None`` if unknown."""
        return error_count(self.grammar, "\n".join([*self.above, *lines, *self.below]))

    def with_whole(self, answered: list[str]) -> tuple[list[str], list[str]]:
        """The new lines for the piece, and the imports for the top of the document, from an answer with the whole
        code."""
        lines = trimmed(answered)
        if (place := part_of_whole_document(lines, self.old, self.above, self.below)) is not None:
            return self._of_whole_document(lines, *place)
        definitions = changed_definitions(lines, self.old_lines, self.asked_lines, self.grammar)
        if definitions is not None:
            new = list(self.old)
            for one in definitions:
                self._refuse_marked_omissions(one.lines, self.old[one.first : one.stop], one.first)
                new[one.first : one.stop] = self._placed(one.lines, self.old[one.first : one.stop])
            return new, []
        around = Surroundings(self.text, self.start, len(self.old), self.grammar)
        new, imported = part_for_piece(lines, self.old, around)
        self._refuse_marked_omissions(new, self.old, 0)
        nearest = self.above[-_LINES_ABOVE:]
        new = without_copied_context(new, self.old, nearest, self.below)
        new = self._without_enclosing(new, around)
        without_start = without_copied_start(new, self.old, nearest, self.errors)
        new = trimmed(without_start if len(without_start) == len(new) else without_ends_of_start(without_start))
        new = self._without_copied_head(self._without_second_doc_comment(new))
        new = self._placed(new, self.old)
        new = without_copied_end(new, self.old, self.below, self.errors)
        new = without_copied_closers(new, self.old, self.below, self.errors)
        new = self._with_edges(new, answered)
        if self.asked.final_newline and self.end.line == self.text.line_count - 1 and new[-1].strip():
            new = [*new, ""]
        return new, imported

    def _of_whole_document(self, lines: list[str], first: int, stop: int) -> tuple[list[str], list[str]]:
        """As ``with_whole``, for an answer with the whole document, in which ``lines[first:stop]`` is the piece."""
        new = lines[first:stop]
        self._refuse_marked_omissions(new, self.old, 0)
        if (name := defined_outside(lines, first, stop, str(self.text))) is not None:
            raise EditRefused(
                Refusal.OTHER_CODE,
                f"The model's answer needs `{name}`, which it defined outside of the code to edit.",
                for_model=f"`{name}` is not defined in the document. Change the code to edit alone.",
            )
        imported = added_imports(lines, first, Surroundings(self.text, self.start, len(self.old), self.grammar))
        return self._with_edges(self._placed(trimmed(new), self.old), new), imported

    def _refuse_marked_omissions(self, new: Sequence[str], there: Sequence[str], first: int) -> None:
        """Raise ``EditRefused`` if ``new`` has a mark for code that it omits. ``there`` are the lines of the piece that
        it replaces, from the line ``first`` on."""
        has_dots = self.language is not None and self.language.name in _WITH_DOTS
        asked = None if self.asked.lines is None else {line - first for line in self.asked_lines}
        refuse_marked_omissions(new, there, self._comment_test(new), asked=asked, has_dots=has_dots)

    def refuse_unmarked_omissions(self, new: Sequence[str]) -> None:
        """Raise ``EditRefused`` if lines of the piece are missing in the complete answer ``new`` without a reason."""
        if self.asked_lines:
            refuse_unmarked_omissions(new, self.old, self._comment_test(new), self.asked_lines)

    def _comment_test(self, new: Sequence[str]) -> Callable[[str], bool]:
        """A function that checks whether a line of the piece or of ``new`` consists of a comment."""
        notes = {line.text.strip() for line in (*self.old_lines, *self._read(list(new))) if line.is_note}
        known = {line.strip() for line in self.old}
        sign = self.language.style.comment_line if self.language is not None else ""

        def is_comment(line: str) -> bool:
            bare = line.strip()
            if bare in notes:
                return True
            # A string that the answer leaves open makes everything behind it part of the string.
            return bool(sign) and bare.startswith(f"{sign.strip()} ") and bare not in known

        return is_comment

    def _without_enclosing(self, new: list[str], around: Surroundings) -> list[str]:
        try:
            return without_enclosing_definition(new, self.old_lines, around)
        except EditRefused:
            part = without_code_around(new, self.old, self.above[-_LINES_ABOVE:], self.below, self.errors)
            if part == new or defines_known_name(part, new, self.old, around):
                raise
            return part

    def _without_second_doc_comment(self, new: list[str]) -> list[str]:
        """``new`` without the documentation comment at its beginning, if the document has one above the piece, directly
        or above the attributes of the piece."""
        above = next((line.strip() for line in reversed(self.above) if not _is_attribute(line)), "")
        mark = "/**" if above.endswith("*/") else "///" if above.startswith("///") else ""
        if not mark or not new or not new[0].lstrip().startswith(mark) or self.old_lines[0].is_note:
            return new
        notes = [line.is_note for line in self._read(new)]
        return new[notes.index(False) :] if False in notes else new

    def _without_copied_head(self, new: list[str]) -> list[str]:
        """``new`` without decorators, attributes and comments at its beginning that the document has above the
        piece."""
        nearest = self.above[-_LINES_ABOVE:]
        if not new or not new[0].strip() or new[0].strip() not in {line.strip() for line in nearest}:
            return new
        before, after = self.above[: len(self.above) - len(nearest)], [*self.old, *self.below]
        over = code_lines(self.grammar, self.language, nearest, before, after)[::-1]
        answered = self._read(new)
        heads = (_head_length(over), _head_length(answered))
        notes = {number for number, line in enumerate(answered) if line.is_note}
        return without_copied_head(new, self.old, self.above, heads, notes, self.errors)

    def _with_edges(self, new: list[str], answered: list[str]) -> list[str]:
        """``new`` with the piece's blank lines at both ends; with those of the answer if a message is about them."""
        first, stop = filled_range(self.old)
        if first == stop:
            return new
        lead, trail = self.old[:first], self.old[stop:]
        answered_first, answered_stop = filled_range(answered)
        if any(line < first for line in self.asked_lines):
            lead = answered[:answered_first]
        if any(line >= stop for line in self.asked_lines):
            trail = answered[answered_stop:]
        return [*lead, *new, *trail]

    def with_blocks(self, blocks: tuple[SearchReplace, ...]) -> list[str]:
        """The piece with all search/replace blocks applied. Each block is located in ``old`` independently."""
        changes: list[tuple[int, int, list[str]]] = []
        for block in dict.fromkeys(blocks):  # a repeated block is applied once
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
            self._refuse_marked_omissions(block.replace.split("\n"), there, place.first)
            replacement = block.replace.split("\n") if block.replace else []
            searched = trimmed(block.search.split("\n"))
            self._note_named_comments(there)
            if replacement and searched != there:
                replacement = self._placed(replacement, there, searched)
            replacement = self._without_copies_around(replacement, there, place.first)
            changes.append(_narrowed(place.first, there, replacement))
        return _with_changes(self.old, changes)

    def _without_copies_around(self, replacement: list[str], there: list[str], first: int) -> list[str]:
        """``replacement`` of ``there``, which begins at line ``first`` of the piece, without lines of the document that
        stand before and behind it."""
        before, after = self.old[:first], self.old[first + len(there) :]
        above, below = [*self.above[-_LINES_ABOVE:], *before], [*after, *self.below]

        def errors(lines: list[str]) -> int | None:
            return self.errors([*before, *lines, *after])

        filled = trimmed(replacement)
        part = without_copied_context(filled, there, above[-_LINES_ABOVE:], below)
        part = without_copied_start(part, there, above[-_LINES_ABOVE:], errors)
        part = without_copied_end(part, there, below, errors)
        return replacement if part == filled else part

    def _note_named_comments(self, there: list[str]) -> None:
        named = {line.strip() for line in there if line.strip()}
        notes = {n for n, line in enumerate(self.old_lines) if line.is_note and line.text.strip() in named}
        if named <= {self.old[number].strip() for number in notes}:
            self._named_comments |= notes

    def _placed(self, new: list[str], there: list[str], searched: Sequence[str] | None = None) -> list[str]:
        """``new`` with the indentation of the lines ``there``. ``searched`` is the model's copy of ``there``."""
        answered = code_lines(self.grammar, self.language, dedented(new))
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
            new,
            there,
            around=around,
            held=held,
            old_held=old_held,
            held_notes=held_notes,
            copied=searched,
            levels_meant=self.asked.layout,
        )

    def without_unasked(self, new: list[str]) -> tuple[list[str], tuple[str, ...]]:
        """``new`` with comments and layout restored, and concerns about those that could not be restored."""
        asked = self.asked_lines | self._named_comments
        restored = with_lost_comments(self.old_lines, self._read(new), asked, comments_meant=self.asked.comments)
        lines, concerns = restored.lines, restored.concerns
        if self.asked.lines is not None:
            lines = without_unrequested_layout(
                self.old_lines, self._read(lines), self.asked_lines, is_layout_asked=self.asked.layout
            )
            if lines == self.old != restored.lines and self.asked.layout:
                lines, concerns = restored.lines, (*concerns, "It changes layout or comments of other lines, too.")
        else:
            lines = with_trailing_blanks_kept(self.old, lines)
            if self.asked.comments and lines == self.old and new not in (self.old, restored.lines):
                lines, concerns = new, ("It removes comments.",)  # it is the only change, so it was requested
            concerns += removed_attributes(self.old_lines, self._read(lines))
        types_asked = self.asked.types or any(self._is_header(number) for number in self.asked_lines)
        elsewhere = "\n".join([*self.above, *self.below])
        if self.asked.lines is not None:
            concerns += unused_additions(self.grammar, self.old, lines, elsewhere)
        return lines, concerns + changed_signatures(self.grammar, self.old, lines, elsewhere, types_asked=types_asked)

    def _read(self, lines: list[str]):
        return with_known_comments(
            self.old_lines, code_lines(self.grammar, self.language, lines, self.above, self.below)
        )

    def _is_header(self, number: int) -> bool:
        """Whether a message on this line may be about a function's parameters and their types."""
        return "(" in self.old[number] or self.old[number].rstrip().endswith((",", ")", "):", ") {"))


def _is_attribute(line: str) -> bool:
    """Whether ``line`` is a decorator, an attribute or a template header: no conditional of the preprocessor."""
    bare = line.lstrip()
    return is_head_line(line) and (bare.startswith("#[") or not bare.startswith("#"))


def _head_length(lines: Sequence[CodeLine]) -> int:
    """The number of first ``lines`` that are comments, decorators and attributes."""
    lengths = (number for number, line in enumerate(lines) if not (line.is_note or is_head_line(line.text)))
    return next(lengths, len(lines))


def _narrowed(first: int, there: list[str], replacement: list[str]) -> tuple[int, int, list[str]]:
    """The lines that a block actually changes: (first, one past the last, new lines). Blocks may share context
    lines."""
    head, tail = equal_ends(there, replacement)
    return first + head, first + len(there) - tail, replacement[head : len(replacement) - tail]


def _with_changes(old: list[str], changes: list[tuple[int, int, list[str]]]) -> list[str]:
    """``old`` with all ``changes``. Raises ``EditRefused`` (AMBIGUOUS) if two of them change the same lines."""
    new = list(old)
    below = len(old) + 1
    for first, stop, lines in sorted(changes, key=lambda change: change[:2], reverse=True):
        if stop > below or (stop == below == first and lines):
            raise EditRefused(
                Refusal.AMBIGUOUS,
                "The model wants to change the same lines twice, so its answer was not applied.",
                hint="Try again, with thinking if possible.",
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
    """The first line after comments at the top of the document, such as a shebang."""
    line = 0
    while line < text.line_count and text.line(line).startswith(("#!", "#", "//", "/*", " *")):
        line += 1
    return line


def _refuse_unchanged(old: list[str], new: list[str], *, layout_counts: bool) -> None:
    def bare(lines: list[str]) -> list[str]:
        return [line.rstrip() for line in lines if line.strip()]

    if old == new or (not layout_counts and bare(old) == bare(new)):
        raise EditRefused(
            Refusal.UNCHANGED,
            "The model repeated the code without a change.",
            hint="Try again, with thinking if possible.",
            for_model="That repeats the code without any change.",
        )


def _refuse_clipped(old: list[str], new: list[str]) -> None:
    """Raise ``EditRefused`` (TRUNCATED) if the new code is much shorter and lacks the end of the old code."""
    before, after = [line for line in old if line.strip()], [line for line in new if line.strip()]
    if len(before) < 8 or len(after) * 2 >= len(before):
        return
    if after[-1].strip() not in {before[-1].strip(), ""} and after[0].strip() == before[0].strip():
        raise EditRefused(
            Refusal.TRUNCATED,
            "The model's answer ends in the middle of the code, so it was not applied.",
            for_model="Your answer stopped in the middle of the code. Answer with all of it.",
        )
