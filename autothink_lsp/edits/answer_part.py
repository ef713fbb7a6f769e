"""Selects the part of an answer that replaces the piece (the lines that the model was asked about), and its imports.

Models answer with more than the piece (the class around a method, other functions of the file, imports) or with less
(one of several definitions). Decides by the definitions on both sides and changes no line; `same_names.py` tells those
of one name apart. Pure.
"""

from __future__ import annotations

import re
from itertools import pairwise

from attrs import frozen

from autothink_lsp.document.lines import indent_of, trimmed
from autothink_lsp.edits.alignment import line_similarity
from autothink_lsp.edits.code_lines import CodeLine
from autothink_lsp.edits.outline import Outline, OutlineItem, outline
from autothink_lsp.edits.replacement import EditRefused, Refusal
from autothink_lsp.edits.same_names import SameNames, Surroundings, context_of
from autothink_lsp.syntax.grammar import Grammar

_SAME_LINE = 0.75  # minimum similarity of a line before and after an edit; chosen
_MEMBER = re.compile(
    r"(?!(?:\}\s*)?(?:if|elif|else|for|foreach|while|switch|catch|with|do|try|when|match|return|case)\b)[^=(]*\w\s*\(.*[{:]$"
)
_SHORT_BLOCK = 2  # lines that may be the same by chance; chosen


def part_for_piece(lines: list[str], old: list[str], around: Surroundings) -> tuple[list[str], list[str]]:
    """The lines of the answer that replace ``old``, and the imports that belong at the top of the document.

    If ``old`` is one definition, its new version is used, with the new definitions beside it; those that the document
    has where ``old`` is are dropped. Raises ``EditRefused`` (OTHER_CODE) if the answer does not contain that
    definition.
    """
    grammar = around.grammar
    ours, theirs = outline(grammar, "\n".join(dedented(old))), outline(grammar, "\n".join(lines))
    wanted = _only_definition(ours, old)
    if wanted is None or ours is None or theirs is None:
        if _is_other_member(lines, old, around):
            raise _other_code(trimmed(old)[0].strip())
        return _without_known_blocks(lines, old, around), []
    names = SameNames(wanted, ours, old, theirs, lines, around)
    is_one = not names.are_several and not names.is_other_alone
    if _has_same_ends(lines, old) and is_one and not _begins_outside(theirs, wanted, around):
        return _without_copies(lines, theirs, around), []
    pieces = names.versions()
    if not pieces:
        raise _other_code(wanted)
    first_piece, last_piece = pieces[0], pieces[-1]
    imported = _imports_before(lines, first_piece.first, theirs, around)
    if indent_of(lines[first_piece.first]) and not first_piece.outer:  # a method inside its class
        line = around.start_line
        is_documented = line > 0 and _is_comment(around.lines[line - 1])
        kept = sorted([*pieces, *_new_members(pieces, wanted, old, theirs, lines, around)], key=lambda one: one.first)
        return _joined(kept, lines, documented=first_piece if is_documented else None), imported
    new_ones = [one for one in theirs.outer if one.name != wanted and not around.defines_beside(one.name)]
    beside = [one for one in new_ones if one.first < first_piece.first or one.first >= last_piece.stop]
    kept = sorted([*pieces, *beside], key=lambda one: one.first)
    if _covers(kept, lines, theirs):
        return lines, []
    return _joined(kept, lines), imported


def _other_code(wanted: str) -> EditRefused:
    return EditRefused(
        Refusal.OTHER_CODE,
        f"The model answered with other code than `{wanted}`.",
        hint="Try again, with thinking if possible.",
        for_model=f"Answer with the whole code of `{wanted}`, changed, and keep its name.",
    )


def _is_other_member(lines: list[str], old: list[str], around: Surroundings) -> bool:
    """Whether the answer begins with the header of another function or member of the document, and does not contain
    that of the piece. For members that do not parse without their class, which have no outline."""
    ours, theirs = ([line.strip() for line in side if line.strip() and not _is_comment(line)] for side in (old, lines))
    if not ours or not theirs or not _MEMBER.match(ours[0]) or not _MEMBER.match(theirs[0]):
        return False
    return ours[0] not in theirs and theirs[0] not in ours and theirs[0] in {line.strip() for line in around.lines}


def _new_members(
    pieces: list[OutlineItem],
    wanted: str,
    old: list[str],
    theirs: Outline,
    lines: list[str],
    around: Surroundings,
) -> list[OutlineItem]:
    """The members that an answer with the whole class adds to it: those that the new version of the piece uses; all
    of them if the piece itself is unchanged."""
    version = [line for one in pieces for line in lines[one.first : one.stop]]
    is_unchanged = _words_of(version) == _words_of(old)
    words = set(re.findall(r"\w+", "\n".join(version)))
    context = context_of(pieces[0].first, lines)
    return [
        one
        for one in theirs.items
        if one.name != wanted and (is_unchanged or one.name in words) and not around.defines_beside(one.name)
        if context_of(one.first, lines) == context
        if not any(piece.first <= one.first < piece.stop for piece in pieces)
    ]


def _joined(kept: list[OutlineItem], lines: list[str], *, documented: OutlineItem | None = None) -> list[str]:
    """The definitions with the comments above them, one blank line between two. Those above ``documented`` stand in
    the document."""
    taken: list[str] = []
    for one in kept:
        first = one.first if one is documented else first_line_with_comments(lines, one.first)
        taken += ([""] if taken else []) + lines[first : one.stop]
    return taken


def _has_same_ends(lines: list[str], old: list[str]) -> bool:
    """Whether the answer begins and ends like ``old``, so that all of it replaces ``old``."""
    ours, theirs = trimmed(old), trimmed(lines)
    if not ours or not theirs:
        return False
    ends = ((ours[0], theirs[0]), (ours[-1], theirs[-1]))
    return all(line_similarity(was.strip(), now.strip()) >= _SAME_LINE for was, now in ends) and any(
        was.strip() == now.strip() for was, now in ends
    )


def _without_copies(lines: list[str], theirs: Outline, around: Surroundings) -> list[str]:
    """``lines`` without the definitions behind the first that stand in the same words where the piece is, such as the
    other overloads of a method. Those of another class are none: the piece's class may need one, too."""
    kept = list(lines)
    for item in reversed(theirs.outer[1:]):
        given = lines[item.first : item.stop]
        if _filled_count(given) >= _SHORT_BLOCK and around.has_beside(given):
            first = first_line_with_comments(lines, item.first)
            while first > 0 and not lines[first - 1].strip():
                first -= 1
            del kept[first : item.stop]
    return kept


def _filled_count(lines: list[str]) -> int:
    return sum(1 for line in lines if line.strip())


def _without_known_blocks(lines: list[str], old: list[str], around: Surroundings) -> list[str]:
    """``lines`` without the blocks at both ends that stand in the same words where the piece is, outside of ``old``.

    A block begins at the margin, behind a blank line. The model copied them with the piece; one between other blocks is
    new code, such as a guard that another function has, too.
    """
    trimmed_lines = trimmed(lines)
    margin = indent_of(trimmed_lines[0]) if trimmed_lines else ""
    begins = [
        number
        for number, line in enumerate(lines)
        if number and line.strip() and indent_of(line) == margin and not lines[number - 1].strip()
    ]
    if not begins:
        return lines
    ours = _words_of(old)
    bounds = [0, *begins, len(lines)]
    blocks = [lines[first:stop] for first, stop in pairwise(bounds)]

    def is_known(block: list[str]) -> bool:
        return _filled_count(block) > _SHORT_BLOCK and _words_of(block) not in ours and around.has_beside(block)

    fresh = [number for number, block in enumerate(blocks) if not is_known(block)]
    return [line for block in blocks[fresh[0] : fresh[-1] + 1] for line in block] if fresh else lines


def _words_of(lines: list[str]) -> str:
    """The lines that are not blank, without indentation."""
    return "".join(f"\n{line.strip()}" for line in lines if line.strip()) + "\n"


def _begins_outside(theirs: Outline, wanted: str, around: Surroundings) -> bool:
    """Whether the answer has the definition ``wanted`` behind one that is elsewhere in the document: their headers may
    be similar."""
    if not theirs.outer or theirs.named(wanted) is None:
        return False
    first = theirs.outer[0].name
    return first != wanted and first in around.names


def added_imports(lines: list[str], first: int, around: Surroundings) -> list[str]:
    """The imports before line ``first`` of the answer that the document does not have."""
    theirs = outline(around.grammar, "\n".join(lines))
    return _imports_before(lines, first, theirs, around) if theirs is not None else []


def _imports_before(lines: list[str], first: int, theirs: Outline, around: Surroundings) -> list[str]:
    if any(not _is_import_alone(lines, number, theirs) for number in theirs.import_lines):
        return []
    present = {line.removeprefix("\ufeff") for line in around.lines}
    imported = [lines[number] for number in sorted(theirs.import_lines) if number < first]
    return [line for line in imported if line.strip() and line not in present]


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


def defines_known_name(part: list[str], lines: list[str], old: list[str], around: Surroundings) -> bool:
    """Whether ``part`` of the answer's ``lines``, which replaces ``old``, defines a name that the document defines
    elsewhere: another version of code behind the piece, which the document would contain twice."""
    theirs = outline(around.grammar, "\n".join(dedented(lines)))
    present, kept = {line.strip() for line in old}, {line.strip() for line in part}
    headers = {lines[one.first].strip() for one in theirs.items if one.name in around.names} if theirs else set()
    return bool((headers - present) & kept)


def without_enclosing_definition(lines: list[str], old: list[CodeLine], around: Surroundings) -> list[str]:
    """The part for the piece, of an answer that begins with the header of the definition around the piece.

    Raises ``EditRefused`` (OTHER_CODE) if the answer has no such part: the enclosing definition would be inserted into
    itself.
    """
    theirs = outline(around.grammar, "\n".join(dedented(lines)))
    if theirs is None or not theirs.outer:
        return lines
    header = lines[theirs.outer[0].first].strip()
    above = {line.strip() for line in around.lines[: around.start_line]}
    if header in {line.text.strip() for line in old} or header not in above:
        return lines
    first = next((line.text.strip() for line in old if line.code), "")
    found = [item for item in theirs.items if not item.outer and lines[item.first].strip() == first]
    if len(found) == 1:
        added = _new_members(found, found[0].name, [line.text for line in old], theirs, lines, around)
        return _joined(sorted([*found, *added], key=lambda one: one.first), lines, documented=found[0])
    name = theirs.outer[0].name
    ours = outline(around.grammar, "\n".join(dedented([line.text for line in old])))
    if ours is not None and ours.named(name) is None:
        raise EditRefused(
            Refusal.OTHER_CODE,
            f"The model answered with the code around the piece (`{name}`), too.",
            hint="Try again, with thinking if possible.",
            for_model="Answer with the code to edit alone, without the code around it.",
        )
    return lines


def dedented(lines: list[str]) -> list[str]:
    """``lines`` without the indentation of the first non-blank line."""
    base = indent_of(next((line for line in lines if line.strip()), ""))
    return [line[len(base) :] if line.startswith(base) else line.lstrip() for line in lines]
