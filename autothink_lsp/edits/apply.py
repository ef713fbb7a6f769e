"""Turns an answer that was read into minimal replacements, or says why it must not become any.

The piece that was asked about is [start, end), whole lines. Nothing outside it is ever touched, except that imports
which a model puts before a function go to where the document has its imports.
"""

from __future__ import annotations

import re

from autothink_lsp.document.text import Text
from autothink_lsp.edits.answer import Answer
from autothink_lsp.edits.comments import with_lost_comments
from autothink_lsp.edits.doubled import Errors, without_doubled_end
from autothink_lsp.edits.locate import locate
from autothink_lsp.edits.minimal import minimal
from autothink_lsp.edits.pieces import Outline, outline
from autothink_lsp.edits.reindent import indent_of, reindented, unit_of
from autothink_lsp.edits.search_blocks import SearchReplace
from autothink_lsp.edits.values import EditRefused, Refusal, Replacement
from autothink_lsp.syntax.grammar import Grammar
from autothink_lsp.syntax.health import error_count
from autothink_lsp.syntax.languages import Language
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

_ELIDED = re.compile(
    r"""^(?:\#|//|--|/\*|<!--)?\s*(?:\.\.\.|…)?\s*[\[(]?
    (?:\.\.\.|…
      |(?:the\ )?(?:rest|remaining|existing|other|previous|same|unchanged)\b.{0,40}
       \b(?:code|lines?|function|method|file|unchanged|here|same|as\ before|before)\b.*)
    [\])]?\s*(?:\.\.\.|…)?\s*(?:\*/|-->)?$""",
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
    """Never empty. Raises ``EditRefused``."""
    old = text.lines(start.line, end.line + 1)
    grammar = tree.grammar if tree is not None else None
    outside: tuple[Replacement, ...] = ()
    below = text.lines(end.line + 1, text.line_count)

    def errors(lines: list[str]) -> int | None:
        return error_count(grammar, "\n".join([*text.lines(0, start.line), *lines, *below]))

    if answer.blocks:
        new = _with_blocks(old, answer.blocks, text, start, end, errors)
    elif answer.whole is not None and answer.whole.strip():
        lines = _trimmed(answer.whole.split("\n"))
        _refuse_elided(lines, old)
        new, imported = _chosen_part(lines, old, text, start, grammar)
        new = _without_what_stands_above(new, text, start)
        new = _placed(new, old, text, grammar)
        new = without_doubled_end(new, old, below, errors)
        new = with_lost_comments(old, new, language)
        outside = _import_edit(imported, text, tree, start)
    else:
        raise EditRefused(
            Refusal.NO_CODE,
            "The model's answer contains no code.",
            hint="Ask again, or with (think).",
            for_model="Your answer contained no code block. Answer in the asked form, with the whole edited code.",
        )
    _refuse_unchanged(old, new, outside)
    _refuse_clipped(old, new)
    return tuple(sorted((*outside, *minimal(text, start, end, "\n".join(new))), key=lambda one: one.start))


def _with_blocks(
    old: list[str], blocks: tuple[SearchReplace, ...], text: Text, start: Point, end: Point, errors: Errors
) -> list[str]:
    """``old`` with all blocks applied, or none: each is looked for in ``old``, whatever the others do."""
    below = text.lines(end.line + 1, text.line_count)
    changes: list[tuple[int, int, list[str]]] = []
    for block in dict.fromkeys(blocks):  # a model that repeats a block means it once
        try:
            place = locate(old, block.search)
        except EditRefused as refused:
            if refused.reason is Refusal.NOT_FOUND and _stands_outside(block, text, start, end):
                raise EditRefused(
                    Refusal.OUTSIDE,
                    "The model wants to change lines that it was not asked to change.",
                    for_model="Change only lines of the code to edit.",
                ) from refused
            raise
        there = old[place.first : place.stop]
        replacement = block.replace.split("\n") if block.replace else []
        written = next((line for line in block.search.split("\n") if line.strip()), "")
        present = next((line for line in there if line.strip()), "")
        if replacement and indent_of(written) != indent_of(present):
            replacement = _shifted(replacement, indent_of(written), indent_of(present))
        before, after = old[: place.first], old[place.stop :]
        replacement = without_doubled_end(
            replacement,
            there,
            [*after, *below],
            lambda lines, before=before, after=after: errors([*before, *lines, *after]),
        )
        changes.append(_narrowed(place.first, there, replacement))
    return _with_changes(old, changes)


def _narrowed(first: int, there: list[str], replacement: list[str]) -> tuple[int, int, list[str]]:
    """What a block really changes: first line, line behind the last, new lines. Blocks may share the other lines."""
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


def _shifted(lines: list[str], written: str, present: str) -> list[str]:
    """The replacement as far to the right as the place is, where the model copied it further left or right."""
    return [present + line[len(written) :] if line.startswith(written) and line.strip() else line for line in lines]


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
        return lines[piece.first : piece.stop], imported  # a method inside its class
    known = _names_elsewhere(text, start, len(old), grammar)
    new_ones = [one for one in theirs.outer if one.name != wanted and one.name not in known and one.first < piece.first]
    after = [one for one in theirs.outer if one.name != wanted and one.name not in known and one.first >= piece.stop]
    kept = [*new_ones, piece, *after]
    taken: list[str] = []
    for one in kept:
        first = _with_comments_above(lines, one.first)
        taken += ([""] * 1 if taken else []) + lines[first : one.stop]
    return (lines if _covers(kept, lines, theirs) else taken), imported if not _covers(kept, lines, theirs) else []


def _is_import_alone(lines: list[str], number: int, theirs: Outline) -> bool:
    """Nothing else may come along to a place that nobody asked to change: no second statement, no line of a body."""
    if any(one.first <= number < one.stop for one in theirs.pieces):
        return False
    return ";" not in lines[number].strip().removesuffix(";")


def _without_what_stands_above(new: list[str], text: Text, start: Point) -> list[str]:
    """``new`` without first lines that the document has right above the piece: comments, includes, decorators that a
    model repeats along with the code."""
    above = [line.strip() for line in text.lines(max(0, start.line - 40), start.line)]
    for count in range(min(len(new), len(above)), 0, -1):
        if [line.strip() for line in new[:count]] == above[len(above) - count :] and any(above[len(above) - count :]):
            return _trimmed(new[count:])
    return new


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


def _placed(new: list[str], old: list[str], text: Text, grammar: Grammar | None) -> list[str]:
    """In the indentation of the old lines."""
    first = next((line for line in old if line.strip()), "")
    unit = unit_of(text.lines(0, min(text.line_count, 2_000)))
    inside = outline(grammar, "\n".join(_dedented(new)))
    frozen = inside.string_lines if inside is not None else frozenset()
    shift = len(indent_of(first)) - len(indent_of(next((line for line in new if line.strip()), "")))
    if not shift and unit_of(new, unit) == unit:
        return new
    return reindented(new, indent_of(first), unit, frozen=frozen)


def _import_edit(imported: list[str], text: Text, tree: SyntaxTree | None, start: Point) -> tuple[Replacement, ...]:
    from autothink_lsp.syntax.scopes import imports

    if not imported or tree is None:
        return ()
    before = [one for one in imports(tree) if one.start.line < start.line and one.start.column == 0]
    line = max((one.end.line + (one.end.column > 0) for one in before), default=_top(text))
    here = Point(line, 0)
    return (Replacement(here, here, "".join(f"{one}{text.eol}" for one in imported)),)


def _top(text: Text) -> int:
    """The first line behind comments at the top, a shebang among them."""
    line = 0
    while line < text.line_count and text.line(line).startswith(("#!", "#", "//", "/*", " *")):
        line += 1
    return line


def _refuse_elided(lines: list[str], old: list[str]) -> None:
    present = {line.strip() for line in old}
    for line in lines:
        bare = line.strip()
        if bare in present or bare in {"...", "…"} or not bare.startswith(_COMMENT_START):
            continue
        if _ELIDED.match(bare):
            raise EditRefused(
                Refusal.TRUNCATED,
                f"The model left out code (`{bare[:60]}`), so its answer was not applied.",
                for_model="Do not leave anything out. Answer with all of the code to edit.",
            )


def _refuse_unchanged(old: list[str], new: list[str], outside: tuple[Replacement, ...]) -> None:
    def bare(lines: list[str]) -> list[str]:
        return [line.rstrip() for line in lines if line.strip()]

    if bare(old) == bare(new) and not outside:
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
    while lines and not lines[0].strip():
        lines = lines[1:]
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines


def _dedented(lines: list[str]) -> list[str]:
    base = indent_of(next((line for line in lines if line.strip()), ""))
    return [line[len(base) :] if line.startswith(base) else line.lstrip() for line in lines]
