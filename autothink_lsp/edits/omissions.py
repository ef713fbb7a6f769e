"""Refuses answers in which code is missing that the model did not mean to delete.

Models write ``# ... existing code ...`` in any words of any language, or nothing, in place of code that they do not
repeat. So the place decides more than the words: a comment alone in place of code stands for that code, and code that
is missing far from every change was not repeated. A comment where no code is missing is a comment. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise

from attrs import frozen

from autothink_lsp.document.lines import indent_length
from autothink_lsp.edits.alignment import changed_stretches, similar_pairs
from autothink_lsp.edits.replacement import EditRefused, Refusal
from autothink_lsp.quantities import counted

# Signs around the text of a comment, in all languages.
_SIGNS_BEFORE = re.compile(
    r"(?:\{?/\*++|\#++|//++|--++|<!--|\(\*++|\{-|;++|%++|\.\.(?=[ ])|\"(?=[ ])|'(?=[ ])|rem\b)[ \t]*+", re.IGNORECASE
)
_SIGNS_BEHIND = re.compile(r"(?<![ \t*])[ \t]*+(?:\*++/\}?|-->|\*++\)|-\})$")
_DOTS = r"(?:\.(?>(?:[ ]?\.){2,})|…++|\*{3,}+)"
# Dots alone, also in brackets.
_DOTS_ALONE = re.compile(rf"[\[(<{{]?[ ]?{_DOTS}[ ]?[\])>}}]?")
_BETWEEN_DOTS = re.compile(r"(?:\.{3}|…)[ ]?[^.…=(){};]{2,80}(?:\.{3}|…)")  # ``... the rest ...``
_ENDS_WITH_DOTS = re.compile(r"(?<![.\w])(?:\.\.\.|…)[ \t]*+[})\]]?;?$")
_ELIDED = re.compile(
    rf"""\A(?:{_DOTS})?\s*+[\[(<]?
    (?:{_DOTS}
      |(?:the\ )?(?:rest|remaining|existing|other|previous|same|unchanged)\b.{{0,40}}
       \b(?:code|lines?|function|method|file|unchanged|here|same|as\ before|before|implementation|body|class)\b.*+
      |keep\ the\ rest(?:\ (?:of\ the\ (?:code|file|function|method|class)\b.*+|as\b.*+|unchanged|the\ same|here))?
      |no\ changes?(?:\ (?:here|needed|above|below|required))?|snip(?:ped)?|unchanged
      |omitted(?:\ (?:for|here|code|lines?|the\ rest)\b.*+)?
      |{_DOTS}\s*+[\[(].*+|your\ (?:existing\ )?code(?:\ (?:here|goes|continues|as|unchanged|above|below)\b.*+)?)
    [\])>]?\s*+(?:{_DOTS})?""",
    re.IGNORECASE | re.VERBOSE,
)
_SURE_ELISION = re.compile(r"\.\.\.|…|\b(?:rest|remaining|omitted|snip(?:ped)?|your)\b|\bhere\b", re.IGNORECASE)
# Decorators, attributes, the begin of a conditional. Not: ``@a = 1``, ``@timeout 5``, ``[1, 2].map(f)``, ``@media {``.
_HEAD = re.compile(
    r"[ \t]*+(?:@(?![\w@]++[ \t]*+(?:[-+*/|&.]*+=|[\d:%\[{]))(?![^\n]*(?:;|(?<![(\[])\{)[ \t]*+$)"
    r"|#\[|\[(?![^\n]*(?:\][ \t]*+[.=?,;:(]|[;{][ \t]*+$))|#[ \t]*+if|template[ \t]*+<"
    r"|(?:__attribute__|__declspec)[ \t]*+\()"
)
_STATEMENT = re.compile(
    r"[ \t]*+(?:(?:async|await)[ \t]+)?(?:for|foreach|while|until|loop|if|unless|elif|elsif|else|switch|match|case|when"
    r"|do|with|using|try|except|catch|finally|begin|return|select)\b"
)  # no definition
_CLOSER = re.compile(r"[ \t]*+(?:[)\]}]|end\b)")
_HEAD_LINES = 3  # from there to the reported line
# Words that say so where code is missing. A comment alone in place of code needs none of them.
_SAYS_UNCHANGED = re.compile(
    r"\b(?:un(?:changed|modified|altered)|omitted|as (?:before|above)|same as|(?:rest|remainder) of|rest is"
    r"|all other code|existing code|previous code|no changes|truncated|unverändert"
    r"|bleib(?:t|en) gleich|wie (?:bisher|oben|zuvor)"
    r"|restliche[rn]?|vorhandene[rn]?|ausgelassen|gekürzt|inchangé\w*|le reste|code existant|sin cambios|el resto"
    r"|código existente|omitido|invariato|resto del|inalterad[oa]|без изменений|остальн\w+|опущен\w*)(?!\w)"
    r"|省略|不变|不變|其余|其餘|现有代码|現有|原有代码|保持原|既存|以下同|同上|中略|변경 없음|나머지|생략",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"[\[<({（【][^\[\]<>(){}（）【】=;]{2,80}+[\])>}）】]")
_SAME_STATEMENT = 0.5  # minimum similarity of a line before and after an edit; chosen
# Lines of code that may be missing without any change beside them, but not at the ends of the piece; chosen.
_MOST_REMOVED = 1
_MOST_COMMENTED = 2  # lines beside the reported ones that may be replaced by a comment


@frozen
class _Gap:
    """What stands between two lines that both sides have: indices of the old lines of code that are ``gone`` from the
    answer, and of the answer's ``fresh`` lines. ``before`` and ``behind`` are the (old, new) lines around them."""

    gone: tuple[int, ...]
    fresh: tuple[int, ...]
    before: tuple[int, int]
    behind: tuple[int, int]


def refuse_marked_omissions(
    lines: Sequence[str],
    old: Sequence[str],
    is_comment: Callable[[str], bool],
    *,
    asked: Collection[int] | None,
    has_dots: bool,
) -> None:
    """Raise ``EditRefused`` (TRUNCATED) if a line of the answer stands for code of ``old`` that it does not repeat.

    ``asked`` are the indices of ``old`` with a message, ``None`` if all of it may change. ``has_dots``: a line of three
    dots may be code.
    """
    present = {line.strip() for line in old}
    allowed = sum(map(_is_elision, old))
    marked = [line for line in lines if _says_elided(line, has_dots=has_dots)]
    complete = _complete_places(lines, old) if len(marked) > allowed else set[int]()
    for number, line in enumerate(lines if len(marked) > allowed else ()):
        bare = line.strip()
        if bare in present or not _says_elided(line, has_dots=has_dots):
            continue
        if not (number in complete and _has_sign(bare) and not _SURE_ELISION.search(bare)):
            raise _left_out(bare)
    for gap in _gaps(old, lines, is_comment):
        if (mark := _mark_of(gap, old, lines, is_comment, asked)) is not None and mark not in present:
            raise _left_out(mark)


def refuse_unmarked_omissions(
    new: Sequence[str], old: Sequence[str], is_comment: Callable[[str], bool], asked: Collection[int]
) -> None:
    """Raise ``EditRefused`` (TRUNCATED) if ``new``, a complete answer for ``old``, lacks several lines of code that are
    neither reported (``asked``) nor beside a change."""
    for gap in _gaps(old, new, is_comment):
        if gap.fresh or (any(line in asked for line in gap.gone) and not _is_cut_off(gap, old, asked)):
            continue
        i, j = gap.before
        i_next, j_next = gap.behind
        is_at_end = i < 0 or i_next >= len(old)
        if len(gap.gone) <= _MOST_REMOVED and not (is_at_end and not _is_removable_head(gap, old, asked)):
            continue
        is_changed = (i >= 0 and old[i].strip() != new[j].strip()) or (
            i_next < len(old) and old[i_next].strip() != new[j_next].strip()
        )
        if not is_changed:
            raise EditRefused(
                Refusal.TRUNCATED,
                f"The model left out {counted(len(gap.gone), 'line')} of code, so its answer was not applied.",
                for_model=f"Your answer lacks lines of the code to edit, such as `{old[gap.gone[0]].strip()[:80]}`. "
                "Answer with all of it.",
            )


def _is_removable_head(gap: _Gap, old: Sequence[str], asked: Collection[int]) -> bool:
    """Whether only decorators, attributes or the begin of a conditional are gone, right above a reported line."""
    is_head = gap.before[0] < 0 and all(_HEAD.match(old[line]) for line in gap.gone)
    return is_head and any(0 < line - gap.gone[-1] <= _HEAD_LINES for line in asked)


def _is_cut_off(gap: _Gap, old: Sequence[str], asked: Collection[int]) -> bool:
    """Whether the answer ends before the reported lines, or begins behind them, and lacks others on their near side: a
    reported definition that is deleted begins or ends there, with its decorators and its body."""
    reported = [line for line in gap.gone if line in asked]
    if gap.behind[0] >= len(old):
        return sum(line < _head_start(old, reported[0]) for line in gap.gone) > _MOST_REMOVED
    if gap.before[0] >= 0:
        return False
    inner = _body_lines(old, reported[0]) if _head_start(old, reported[0]) <= gap.gone[0] else range(0)
    return sum(line > reported[-1] and line not in inner for line in gap.gone) > _MOST_REMOVED


def ends_before_deleted(new: Sequence[str], old: Sequence[str], asked: Collection[int]) -> bool:
    """Whether ``new`` is ``old`` without its end, which is one definition that was reported, with its decorators."""
    kept = [line.strip() for line in new if line.strip()]
    places = [number for number, line in enumerate(old) if line.strip()]
    if not kept or kept != [old[number].strip() for number in places[: len(kept)]] or len(kept) == len(places):
        return False
    first = places[len(kept)]
    reported = next((line for line in sorted(asked) if line >= first), None)
    if reported is None or _STATEMENT.match(old[reported]) or _head_start(old, reported) > first:
        return False
    body = _body_lines(old, reported)
    return all(number <= reported or number in body for number in places[len(kept) :])


def is_head_line(line: str) -> bool:
    """Whether ``line`` begins as a decorator, an attribute, a template header or a conditional does."""
    return _HEAD.match(line) is not None


def _head_start(old: Sequence[str], line: int) -> int:
    """The first line of the decorators and attributes above the definition that begins at ``line``."""
    indent = indent_length(old[line])
    first = number = line
    while number > 0:
        number -= 1
        above = old[number]
        if not above.strip() or indent_length(above) < indent:
            break
        if indent_length(above) == indent and _HEAD.match(above):
            first = number
        elif indent_length(above) == indent and above.strip()[0] not in ")]}":
            break
    return first


def _body_lines(old: Sequence[str], line: int) -> range:
    """The lines of the definition that begins at ``line``, without the first: those that are indented deeper, and its
    closing one."""
    indent = indent_length(old[line])
    stop = line + 1 + (line + 1 < len(old) and old[line + 1].strip() == "{")
    while stop < len(old) and (not old[stop].strip() or indent_length(old[stop]) > indent):
        stop += 1
    if stop < len(old) and indent_length(old[stop]) == indent and _CLOSER.match(old[stop]):
        stop += 1
    return range(line + 1, stop)


def _left_out(mark: str) -> EditRefused:
    return EditRefused(
        Refusal.TRUNCATED,
        f"The model left out code (`{mark[:60]}`), so its answer was not applied.",
        for_model="Do not leave anything out. Answer with all of the code to edit.",
    )


def _mark_of(
    gap: _Gap,
    old: Sequence[str],
    lines: Sequence[str],
    is_comment: Callable[[str], bool],
    asked: Collection[int] | None,
) -> str | None:
    """The line of the answer that stands for the code which is missing in ``gap``; ``None`` if there is none."""
    if not gap.gone:
        return None
    i, j = gap.before
    if i >= 0 and _ENDS_WITH_DOTS.search(lines[j]) and not _ENDS_WITH_DOTS.search(old[i]) and len(gap.gone) > 1:
        return lines[j].strip()
    for number in gap.fresh:
        bare = lines[number].strip()
        if _SAYS_UNCHANGED.search(bare) and (is_comment(lines[number]) or _IN_BRACKETS.fullmatch(bare)):
            return bare
    if not gap.fresh or not all(is_comment(lines[number]) or _is_placeholder(lines[number]) for number in gap.fresh):
        return None
    unasked = [number for number in gap.gone if number not in (asked or ())]
    least = 2 if asked is None else 1 + _MOST_COMMENTED * (len(unasked) < len(gap.gone))
    texts = [lines[number] for number in gap.fresh]
    is_commented_out = all(any(old[number].strip() in text for text in texts) for number in gap.gone)
    return texts[0].strip() if len(unasked) >= least and not is_commented_out else None


def _gaps(old: Sequence[str], new: Sequence[str], is_comment: Callable[[str], bool]) -> Iterator[_Gap]:
    """Yield the places where lines of code of ``old`` are in no line of ``new``, not even elsewhere."""
    before, after = [line.strip() for line in old], [line.strip() for line in new]
    pairs = [
        (i, j)
        for i, j in similar_pairs(before, after, _SAME_STATEMENT)
        if before[i] == after[j] or not (is_comment(old[i]) or is_comment(new[j]))
    ]
    paired = {j for _, j in pairs}
    moved = Counter(text for number, text in enumerate(after) if number not in paired)
    for here, there in pairwise([(-1, -1), *pairs, (len(old), len(new))]):
        gone: list[int] = []
        for number in range(here[0] + 1, there[0]):
            text = before[number]
            if not any(map(str.isalnum, text)) or is_comment(old[number]):
                continue
            if moved[text]:
                moved[text] -= 1
            else:
                gone.append(number)
        fresh = [number for number in range(here[1] + 1, there[1]) if after[number]]
        if gone:
            yield _Gap(tuple(gone), tuple(fresh), here, there)


def _complete_places(lines: Sequence[str], old: Sequence[str]) -> set[int]:
    """The indices of the changed ``lines`` at whose place each line of ``old`` has a similar one, so that none was left
    out there."""
    found: set[int] = set()
    for i1, i2, j1, j2 in changed_stretches([line.strip() for line in old], [line.strip() for line in lines]):
        before = [line.strip() for line in old[i1:i2] if line.strip()]
        after = [line.strip() for line in lines[j1:j2] if line.strip() and not _is_elision(line)]
        if len(list(similar_pairs(before, after, _SAME_STATEMENT))) == len(before):
            found.update(range(j1, j2))
    return found


def _without_signs(text: str) -> str:
    """The text of a comment; ``text`` itself if it is none."""
    begin = _SIGNS_BEFORE.match(text)
    return _SIGNS_BEHIND.sub("", text[begin.end() :]) if begin is not None else text


def _has_sign(bare: str) -> bool:
    return _SIGNS_BEFORE.match(bare) is not None


def _is_placeholder(line: str) -> bool:
    """Whether a line that is no comment is dots, or words in brackets that say that code is unchanged."""
    bare = line.strip()
    if _DOTS_ALONE.fullmatch(bare) or _BETWEEN_DOTS.fullmatch(bare):
        return True
    return _IN_BRACKETS.fullmatch(bare) is not None and (
        _SAYS_UNCHANGED.search(bare) is not None or _ELIDED.fullmatch(bare[1:-1].strip()) is not None
    )


def _says_elided(line: str, *, has_dots: bool) -> bool:
    return _is_elision(line) or (not has_dots and line.strip() in {"...", "…"})


def _is_elision(line: str) -> bool:
    """Whether a comment, or dots in brackets, says that code was omitted."""
    bare = line.strip()
    if bare in {"...", "…"}:
        return False
    if bare in {"[...]", "[…]", "(...)", "<...>", "{...}", "{…}"}:
        return True
    if not _has_sign(bare):
        return bare.startswith(("...", "…")) and _ELIDED.fullmatch(bare) is not None
    return _ELIDED.fullmatch(_without_signs(bare)) is not None
