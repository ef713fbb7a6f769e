"""Selects the part of an answer that replaces the piece (the lines that the model was asked about), and its imports.

Models answer with more than the piece (the class around a method, other functions of the file, imports) or with less
(one of several definitions). Decides by the definitions on both sides and changes no line. Pure.
"""

from __future__ import annotations

import re

from attrs import frozen

from autothink_lsp.document.lines import indent_of
from autothink_lsp.document.text import Text
from autothink_lsp.edits.alignment import line_similarity
from autothink_lsp.edits.code_lines import CodeLine
from autothink_lsp.edits.outline import Outline, OutlineItem, outline
from autothink_lsp.edits.replacement import EditRefused, Refusal
from autothink_lsp.syntax.grammar import Grammar
from autothink_lsp.values import Point

_SAME_LINE = 0.75  # minimum similarity of a line before and after an edit; chosen


def part_for_piece(
    lines: list[str], old: list[str], text: Text, start: Point, grammar: Grammar | None
) -> tuple[list[str], list[str]]:
    """The lines of the answer that replace ``old``, and the imports that belong at the top of the document.

    ``old`` begins at ``start`` in ``text``. If ``old`` is one definition, its new version is used, with the new
    definitions beside it; definitions that exist elsewhere in the document are dropped. Raises ``EditRefused``
    (OTHER_CODE) if the answer does not contain that definition.
    """
    ours, theirs = outline(grammar, "\n".join(dedented(old))), outline(grammar, "\n".join(lines))
    wanted = _only_definition(ours, old)
    if _has_same_ends(lines, old) and not _begins_outside(
        theirs, wanted, _names_outside(text, start, len(old), grammar)
    ):
        if wanted is None or theirs is None:
            return lines, []
        return _without_copies(lines, theirs, text, start, len(old)), []
    if wanted is None or ours is None or theirs is None:
        return lines, []
    piece = _version_of(wanted, theirs, text, start, grammar)
    if piece is None:
        raise EditRefused(
            Refusal.OTHER_CODE,
            f"The model answered with other code than `{wanted}`.",
            hint="Try again, with thinking if possible.",
            for_model=f"Answer with the whole code of `{wanted}`, changed, and keep its name.",
        )
    imported = [lines[number] for number in sorted(theirs.import_lines) if number < piece.first]
    imported = [] if any(not _is_import_alone(lines, number, theirs) for number in theirs.import_lines) else imported
    present = set(text.lines(0, text.line_count))
    imported = [line for line in imported if line.strip() and line not in present]
    if indent_of(lines[piece.first]) and not piece.outer:
        documented = start.line > 0 and _is_comment(text.line(start.line - 1))
        first = piece.first if documented else first_line_with_comments(lines, piece.first)
        return lines[first : piece.stop], imported  # a method inside its class
    defined_outside = _names_outside(text, start, len(old), grammar)
    new_ones = [
        one
        for one in theirs.outer
        if one.name != wanted and one.name not in defined_outside and one.first < piece.first
    ]
    after = [
        one
        for one in theirs.outer
        if one.name != wanted and one.name not in defined_outside and one.first >= piece.stop
    ]
    kept = [*new_ones, piece, *after]
    taken: list[str] = []
    for one in kept:
        first = first_line_with_comments(lines, one.first)
        taken += ([""] * 1 if taken else []) + lines[first : one.stop]
    return (lines if _covers(kept, lines, theirs) else taken), imported if not _covers(kept, lines, theirs) else []


def _version_of(wanted: str, theirs: Outline, text: Text, start: Point, grammar: Grammar | None) -> OutlineItem | None:
    """The answer's version of the definition ``wanted`` that begins at ``start`` in the document; ``None`` if there is
    none, or if it is not certain which one it is: classes have methods of the same name."""
    named = [one for one in theirs.items if one.name == wanted]
    whole = outline(grammar, str(text)) if len(named) > 1 or (named and not named[0].outer) else None
    present = [one for one in whole.items if one.name == wanted] if whole is not None else []
    here = next((one for one in present if one.first <= start.line < one.stop), None)
    if whole is None or here is None:
        outer = [one for one in named if one.outer]
        return next(iter(named if len(named) < 2 else outer if len(outer) == 1 else ()), None)
    owner = _owner(here, whole)
    among = [one for one in named if _owner(one, theirs) == owner]
    if len(among) == 1:
        return among[0]
    others = {_owner(one, whole) for one in present} - {owner}
    present = [one for one in present if _owner(one, whole) == owner]
    if among:
        return among[present.index(here)] if len(among) == len(present) else None
    unknown = [one for one in named if _owner(one, theirs) not in others and (one.outer or len(named) < 2)]
    return unknown[0] if len(unknown) == 1 else None


def _owner(item: OutlineItem, within: Outline) -> str:
    """The name of the innermost definition around ``item``; empty if there is none."""
    around = [one for one in within.items if one != item and one.first <= item.first and item.stop <= one.stop]
    return min(around, key=lambda one: one.stop - one.first).name if around else ""


def _has_same_ends(lines: list[str], old: list[str]) -> bool:
    """Whether the answer begins and ends like ``old``, so that all of it replaces ``old``."""
    ours, theirs = trimmed(old), trimmed(lines)
    if not ours or not theirs:
        return False
    ends = ((ours[0], theirs[0]), (ours[-1], theirs[-1]))
    return all(line_similarity(was.strip(), now.strip()) >= _SAME_LINE for was, now in ends) and any(
        was.strip() == now.strip() for was, now in ends
    )


def _without_copies(lines: list[str], theirs: Outline, text: Text, start: Point, count: int) -> list[str]:
    """``lines`` without the definitions behind the first that stand in the document in the same words, such as the
    other overloads of a method."""
    around = text.lines(0, text.line_count)
    del around[start.line : start.line + count]
    outside = _words_of(around)
    kept = list(lines)
    for item in reversed(theirs.outer[1:]):
        words = _words_of(lines[item.first : item.stop])
        if words.count("\n") > 2 and words in outside:
            first = first_line_with_comments(lines, item.first)
            while first > 0 and not lines[first - 1].strip():
                first -= 1
            del kept[first : item.stop]
    return kept


def _words_of(lines: list[str]) -> str:
    """The lines that are not blank, without indentation."""
    return "".join(f"\n{line.strip()}" for line in lines if line.strip()) + "\n"


def _begins_outside(theirs: Outline | None, wanted: str | None, defined_outside: set[str]) -> bool:
    """Whether the answer has the definition ``wanted`` behind one that is elsewhere in the document: their headers may
    be similar."""
    if theirs is None or wanted is None or not theirs.outer or theirs.named(wanted) is None:
        return False
    first = theirs.outer[0].name
    return first != wanted and first in defined_outside


def _is_import_alone(lines: list[str], number: int, theirs: Outline) -> bool:
    """Whether the line consists of one import: no second statement, no line of a body. Only such a line may be moved to
    the document's imports."""
    if any(one.first <= number < one.stop for one in theirs.items):
        return False
    return ";" not in lines[number].strip().removesuffix(";")


def _covers(kept: list, lines: list[str], theirs: Outline) -> bool:
    """Whether all code of the answer is in the definitions ``kept``."""
    covered = {number for piece in kept for number in range(piece.first, piece.stop)}
    return all(number in covered or not line.strip() or _is_comment(line) for number, line in enumerate(lines))


def first_line_with_comments(lines: list[str], first: int) -> int:
    """The first line of the comments directly above line ``first``; ``first`` if there are none."""
    while first > 0 and _is_comment(lines[first - 1]):
        first -= 1
    return first


def _is_comment(line: str) -> bool:
    bare = line.lstrip()
    if bare.startswith("#"):  # a comment in many languages, a directive in C-like ones
        return not re.match(r"#\s*(?:include|define|undef|if|ifdef|ifndef|else|elif|endif|pragma|import)\b", bare)
    return bare.startswith(("//", "/*", "*", "--"))


def _only_definition(ours: Outline | None, old: list[str]) -> str | None:
    """The name of the definition in ``old``; ``None`` unless ``old`` is exactly one definition."""
    if ours is None or len(ours.outer) != 1:
        return None
    piece = ours.outer[0]
    others = [line for n, line in enumerate(old) if not piece.first <= n < piece.stop and line.strip()]
    return piece.name if all(_is_comment(line) for line in others) else None


def _names_outside(text: Text, start: Point, count: int, grammar: Grammar | None) -> set[str]:
    lines = text.lines(0, text.line_count)
    del lines[start.line : start.line + count]
    rest = outline(grammar, "\n".join(lines))
    return {piece.name for piece in rest.items} if rest is not None else set()


@frozen
class DefinitionChange:
    """The new ``lines`` for the lines ``first`` to ``stop`` (excluded) of the piece; their indentation is not adjusted
    yet."""

    first: int
    stop: int
    lines: list[str]


def changed_definitions(
    lines: list[str], old: list[CodeLine], asked: frozenset[int], grammar: Grammar | None
) -> list[DefinitionChange] | None:
    """The piece's definitions in the answer, last first, if the answer contains nothing else; otherwise ``None``.

    In that case the piece's other code was omitted, not deleted, unless a message refers to it. ``asked`` are the
    indices of ``old`` with a message.
    """
    old_texts = [line.text for line in old]
    ours, theirs = outline(grammar, "\n".join(dedented(old_texts))), outline(grammar, "\n".join(lines))
    if not asked or ours is None or theirs is None or not theirs.outer:
        return None
    present = {item.name: item for item in ours.outer}
    given = {item.name: item for item in theirs.outer}
    unique = len(present) == len(ours.outer) and len(given) == len(theirs.outer) and given.keys() <= present.keys()
    if not unique or not _covers(list(given.values()), lines, theirs):
        return None
    inside = {n for name in given for n in range(present[name].first, present[name].stop)}
    rest = [n for n, line in enumerate(old) if line.code and n not in inside]
    if not rest or not asked <= inside:
        return None
    return [
        DefinitionChange(
            first_line_with_comments(old_texts, item.first),
            item.stop,
            lines[first_line_with_comments(lines, given[name].first) : given[name].stop],
        )
        for name, item in sorted(present.items(), key=lambda pair: pair[1].first, reverse=True)
        if name in given
    ]


def without_enclosing_definition(
    lines: list[str], old: list[CodeLine], above: list[str], grammar: Grammar | None
) -> list[str]:
    """The part for the piece, of an answer that begins with the header of the definition around the piece.

    ``above`` are the document's lines above the piece. Raises ``EditRefused`` (OTHER_CODE) if the answer has no such
    part: the enclosing definition would be inserted into itself.
    """
    theirs = outline(grammar, "\n".join(dedented(lines)))
    if theirs is None or not theirs.outer:
        return lines
    header = lines[theirs.outer[0].first].strip()
    if header in {line.text.strip() for line in old} or header not in {line.strip() for line in above}:
        return lines
    first = next((line.text.strip() for line in old if line.code), "")
    found = [item for item in theirs.items if not item.outer and lines[item.first].strip() == first]
    if len(found) == 1:
        return lines[found[0].first : found[0].stop]
    name = theirs.outer[0].name
    ours = outline(grammar, "\n".join(dedented([line.text for line in old])))
    if ours is not None and ours.named(name) is None:
        raise EditRefused(
            Refusal.OTHER_CODE,
            f"The model answered with the code around the piece (`{name}`), too.",
            hint="Try again, with thinking if possible.",
            for_model="Answer with the code to edit alone, without the code around it.",
        )
    return lines


def trimmed(lines: list[str]) -> list[str]:
    """``lines`` without blank lines at the start and the end."""
    filled = [number for number, line in enumerate(lines) if line.strip()]
    return lines[filled[0] : filled[-1] + 1] if filled else []


def dedented(lines: list[str]) -> list[str]:
    """``lines`` without the indentation of the first non-blank line."""
    base = indent_of(next((line for line in lines if line.strip()), ""))
    return [line[len(base) :] if line.startswith(base) else line.lstrip() for line in lines]
