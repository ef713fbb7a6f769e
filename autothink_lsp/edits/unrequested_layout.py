"""Reverts unrequested changes of layout: quotes, blank lines, line breaks, invisible characters.

Old and new lines are divided into runs with the same code in another layout, and runs with different code. The latter
are the edit. For the former the document's lines are kept, unless a message is about them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from attrs import evolve, frozen

from autothink_lsp.document.lines import filled_range, indent_length, indent_of, trimmed
from autothink_lsp.edits.alignment import similar_pairs, stretches
from autothink_lsp.edits.code_lines import CodeLine, has_code, same_code, significant
from autothink_lsp.edits.reindent import same_columns
from autothink_lsp.syntax.language_style import indent_columns

_PIECES = re.compile(r"\w+|\s+|[^\w\s]")
# Characters that a model replaces by a blank, or drops, unintentionally.
_BLANKLIKE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\t\x0b\x0c]")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_DIRECTIVE = re.compile(  # of C, C++ and C#
    r"#[ \t]*(?:pragma|region|endregion|nullable|line|ifn?def|if|elif|else|endif|define|undef|include|error)\b.*"
)
# ``@name(...)`` of Python and Java, also several in a line; with Dart's and Scala's type arguments, as in
# ``@throws[Error]``; ``@doc "..."`` of Elixir; ``#[...]`` of Rust; ``[...]`` of C# and PHP; ``[<...>]`` of F#;
# ``@[...]`` of Crystal; ``[[...]]`` and ``__attribute__`` of C++; ``#pragma``.
_ATTRIBUTE = re.compile(
    r"(?>(?:@[\w.:]+(?:\([^()]*\))?[ \t]+)*)@(?:\(.*\)|[\w.:]+(?:<[^<>()]*>|\[[A-Z][^\[\]()]*\])?(?:\(.*\))?)"
    r"|@(?:doc|typedoc|moduledoc|spec|impl|deprecated|since|tag|dialyzer)[ \t]+(?![-+*/|&.]*=)\S.*"
    r"|#!?\[.*\]|\[\[?[A-Za-z].*\]|@\[[A-Z].*\]|\[<.*>\]|__attribute__[ \t]*\(\(.*\)\)|" + _DIRECTIVE.pattern
)
_LONGEST_ATTRIBUTE = 300
_LONGEST_NAMED = 60  # characters of an attribute in a sentence
_PLAIN_STRING = re.compile(r"(['\"])([^'\"\\${}]*+)\1")  # means the same in both quotes, where both are strings
_NEEDS_SEMICOLON = ("(", "[", "`", "/", "+", "-")  # lines that continue the one before, if that has no semicolon
_SAME_STATEMENT = 0.5  # minimum similarity of a line before and after an edit; chosen
BYTE_ORDER_MARK = "\ufeff"


@frozen
class LineRun:
    """Lines [first, stop) of the old and [new_first, new_stop) of the new lines. ``same``: their code is the same."""

    same: bool
    first: int
    stop: int
    new_first: int
    new_stop: int


def without_unrequested_layout(
    old: Sequence[CodeLine], new: Sequence[CodeLine], asked: Collection[int], *, is_layout_asked: bool = True
) -> list[str]:
    """The new lines, but with the old ones if only layout or comments differ and no asked line is among them.

    ``asked`` are the indices of ``old`` with a message; ``is_layout_asked``: it may be about layout or comments, else
    an asked line whose code is the same stays where other code changes. If neither code nor the words of asked lines
    change, layout directly above and below them counts as asked (blank lines before a definition).
    """
    segments = list(_segments(old, new))
    changes_code = any(not one.same and _any_code(one, old, new) for one in segments) or any(
        _has_other_words(old[one.first : one.stop], new[one.new_first : one.new_stop])
        for one in segments
        if any(one.first <= line < one.stop for line in asked)
    )
    changes_other_code = not is_layout_asked and any(not one.same and _any_code(one, old, new) for one in segments)
    shifted_with_asked = _shifted_with_asked(segments, old, new, asked)
    out: list[str] = []
    for number, one in enumerate(segments):
        olds, news = old[one.first : one.stop], new[one.new_first : one.new_stop]
        texts = [line.text for line in news]
        behind = next((line.text for line in new[one.new_stop :] if line.text.strip()), "")
        is_kept = changes_other_code and one.same and not any(line.noted for line in (*olds, *news))
        if any(one.first <= line < one.stop for line in asked) and not is_kept:
            out += _asked_lines(olds, news, [line - one.first for line in asked], behind)
        elif number in shifted_with_asked:
            out += texts
        elif one.same or not _any_code(one, old, new):
            near = not one.same and any(one.first - 1 <= line <= one.stop for line in asked)
            if near and (not changes_code or _adds_comments(olds, news)):
                out += texts
            elif _is_moved_block(segments, number, old, new):
                out += [indent_of(a) + b.text.lstrip() for a, b in zip(texts, olds, strict=True)]
            else:
                out += [line.text for line in olds]
        elif _only_drops_attributes(one, old, asked):
            out += [line.text for line in olds]
        else:
            out += with_invisible_kept([line.text for line in olds], with_old_marks(olds, news, behind))
    return out


def with_old_marks(olds: Sequence[CodeLine], news: Sequence[CodeLine], behind: str = "") -> list[str]:
    """The changed lines ``news`` with the quotes and the optional semicolons at the end that the same lines had before.
    A line in which nothing else has changed is not restored. ``behind`` is the line behind them."""
    texts = [line.text for line in news]
    pairs = similar_pairs([line.key for line in olds], [line.key for line in news], _SAME_STATEMENT)
    for i, j in pairs:
        if len(olds) != len(news):  # a statement may have been wrapped, so that its end is on another line
            restored = _with_old_quotes(olds[i], news[j], texts[j])
            texts[j] = restored if restored.strip() != olds[i].text.strip() else texts[j]
            continue
        following = next((text.lstrip() for text in (*texts[j + 1 :], behind) if text.strip()), "")
        restored = _with_old_quotes(olds[i], news[j], texts[j])
        restored = _with_old_semicolon(olds[i], news[j], restored, is_needed=following.startswith(_NEEDS_SEMICOLON))
        if restored.strip() != olds[i].text.strip():
            texts[j] = restored
    return texts


def _with_old_quotes(old: CodeLine, new: CodeLine, text: str) -> str:
    """``text``, the line ``new``, with the quotes of ``old`` around strings that both have. In both they are the same
    kind of token, so that the quotes mean the same; a token of one quote at each end has the text ``1...``."""
    before = {(kind, value) for _, kind, value in old.tokens}
    same = {value for _, kind, value in new.tokens if (kind, value) in before}
    literals = {found[2]: found[0] for found in _PLAIN_STRING.finditer(old.text)}

    def written(found: re.Match[str]) -> str:
        is_known = f"1{found[2]}" in same and found[0] not in old.text
        return literals.get(found[2], found[0]) if is_known else found[0]

    return _PLAIN_STRING.sub(written, text)


def _with_old_semicolon(old: CodeLine, new: CodeLine, text: str, *, is_needed: bool) -> str:
    if not old.tokens or not new.tokens or old.code.endswith(";") == new.code.endswith(";"):
        return text
    with_it = new if new.code.endswith(";") else old
    code = text.removesuffix(new.comment).rstrip() if new.comment else text.rstrip()
    if with_it.tokens[-1][2].endswith(";"):
        return text  # it is not optional
    if with_it is new:
        return text if is_needed or not code.endswith(";") else code[:-1] + text[len(code) :]
    return f"{code};{text[len(code) :]}" if old.tokens[-1][2] == new.tokens[-1][2] else text


def with_invisible_kept(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """``new`` with the trailing blanks, no-break spaces and zero-width characters of ``old``, compared line by line if
    both have the same number of lines."""
    if len(old) != len(new):
        return _with_old_line_breaks(old, new)
    return [_line_with_invisible_kept(before, after) for before, after in zip(old, new, strict=True)]


def _with_old_line_breaks(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """``new`` with the trailing blanks that similar lines of ``old`` have: in Markdown they break the line."""
    texts = list(new)
    for i, j in similar_pairs([line.strip() for line in old], [line.strip() for line in new], _SAME_STATEMENT):
        trailing = old[i][len(old[i].rstrip()) :]
        if trailing and new[j].strip() and new[j] == new[j].rstrip():
            texts[j] += trailing
    return texts


def with_trailing_blanks_kept(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """``new`` with the old line if only trailing blanks differ (including blank lines), and with the old line's
    invisible characters if a line has another change."""
    out: list[str] = []
    for equal, i1, i2, j1, j2 in stretches([line.rstrip() for line in old], [line.rstrip() for line in new]):
        out += old[i1:i2] if equal else with_invisible_kept(old[i1:i2], new[j1:j2])
    return out


def _asked_lines(olds: Sequence[CodeLine], news: Sequence[CodeLine], asked: list[int], behind: str) -> list[str]:
    """The model's lines of a run with a message. A line with another change keeps its trailing and invisible
    characters, and the blank lines around it."""
    texts = with_old_marks(olds, news, behind)
    if len(olds) != len(news):
        return _with_blank_lines_kept(
            olds, [evolve(line, text=text) for line, text in zip(news, texts, strict=True)], asked
        )
    return [
        line.text
        if number not in asked and line.text.rstrip() == text.rstrip()
        else text
        if line.text.rstrip() == text.rstrip() or _visible(line.text) == _visible(text)
        else _line_with_invisible_kept(line.text, text)
        for number, (line, text) in enumerate(zip(olds, texts, strict=True))
    ]


def _has_other_words(olds: Sequence[CodeLine], news: Sequence[CodeLine]) -> bool:
    """Whether more than white space differs."""
    before, after = ("".join("".join(line.text.split()) for line in lines) for lines in (olds, news))
    return before != after


def _with_blank_ends_of(old: list[str], new: list[str]) -> list[str]:
    """``new`` with the blank lines that ``old`` has at its beginning and end; each if it has other lines."""
    first, stop = filled_range(old)
    filled = trimmed(new)
    return [*old[:first], *filled, *old[stop:]] if filled and first < stop else new


def _with_blank_lines_kept(olds: Sequence[CodeLine], news: Sequence[CodeLine], asked: Collection[int]) -> list[str]:
    """The new lines with the blank lines of the old ones, if they have other words: the edit is then about these.

    If the numbers of other lines differ, only the blank lines at both ends are kept.
    """
    old, new = [line.text for line in olds], [line.text for line in news]
    is_blank_asked = any(not old[number].strip() for number in asked if 0 <= number < len(old))
    if is_blank_asked or not _has_other_words(olds, news):
        return new
    filled = [line for line in new if line.strip()]
    if len(filled) != sum(1 for line in old if line.strip()):
        return _with_blank_ends_of(old, _with_old_line_breaks(old, new))
    following = iter(filled)
    return [next(following) if line.strip() else line for line in old]


def _line_with_invisible_kept(old: str, new: str) -> str:
    if old == new or max(len(old), len(new)) > 2_000:
        return new
    indent = indent_length(new)
    is_other_text = old.split() != new.split()
    before, after = _PIECES.findall(old.lstrip()), _PIECES.findall(new[indent:])
    out = [new[:indent]]
    for equal, i1, i2, j1, j2 in stretches(before, after):
        olds, news = before[i1:i2], after[j1:j2]
        head = tail = ""
        is_aligned = len("".join(before[:i2])) == len("".join(after[:j2]))  # what follows stays in its column
        if not equal and is_other_text and not is_aligned:  # blanks that align columns
            if olds and news and olds[0].isspace() and news[0].isspace():
                head, olds, news = olds[0], olds[1:], news[1:]
            if olds and news and i2 < len(before) and olds[-1].isspace() and news[-1].isspace():
                tail, olds, news = olds[-1], olds[:-1], news[:-1]
        was, now = "".join(olds), "".join(news)
        at_end = i2 == len(before) and j2 == len(after)
        same = (
            was == now if equal else (bool(was.strip()) or at_end or "\u00a0" in was) and _visible(was) == _visible(now)
        )
        out += [head, was if same else now, tail]
    joined = "".join(out)
    trailing = old[len(old.rstrip()) :]
    keeps_end = is_other_text or (bool(trailing) and joined == joined.rstrip())
    return joined.rstrip() + trailing if keeps_end else joined


def _visible(text: str) -> str:
    return _UNSEEN.sub("", _BLANKLIKE.sub(" ", text)).rstrip()


def _any_code(one: LineRun, old: Sequence[CodeLine], new: Sequence[CodeLine]) -> bool:
    return has_code(old[one.first : one.stop]) or has_code(new[one.new_first : one.new_stop])


def _adds_comments(olds: Sequence[CodeLine], news: Sequence[CodeLine]) -> bool:
    return any(line.noted for line in news) and not any(line.noted for line in olds)


def _only_drops_attributes(one: LineRun, old: Sequence[CodeLine], asked: Collection[int]) -> bool:
    """Whether the missing lines of code are directives while none has a message (an ``#endif`` goes with its ``#if``),
    or decorators, annotations and attributes while the line below them, to which they belong, has none."""
    dropped = [line.code.strip() for line in old[one.first : one.stop] if line.code]
    if one.new_first != one.new_stop or not dropped or not all(map(_is_attribute, dropped)):
        return False
    if any(map(_DIRECTIVE.fullmatch, dropped)) and any(
        _DIRECTIVE.fullmatch(old[n].text.strip()) for n in asked if 0 <= n < len(old)
    ):
        return False
    below = next((n for n in range(one.stop, len(old)) if old[n].code), -1)
    return below not in asked or all(map(_DIRECTIVE.fullmatch, dropped))


def _is_attribute(code: str) -> bool:
    return len(code) < _LONGEST_ATTRIBUTE and _ATTRIBUTE.fullmatch(code) is not None


def removed_attributes(old: Sequence[CodeLine], new: Sequence[CodeLine]) -> tuple[str, ...]:
    """Concerns about attributes, decorators and annotations that an edit of the whole piece removes, while the code
    below them remains and none replaces them. None if that is the only change, which was requested then."""
    before, after = ([line.text.strip() for line in lines] for lines in (old, new))
    gone: list[int] = []
    for equal, i1, i2, j1, j2 in stretches(before, after):
        dropped = [n for n in range(i1, i2) if old[n].code and _is_removable(old[n].code.strip())]
        if equal or not dropped or any(_is_removable(line.code.strip()) for line in new[j1:j2]):
            continue
        rest = [n for n in range(i1, i2) if old[n].code and n not in dropped]
        is_kept = len(rest) == sum(bool(line.code) for line in new[j1:j2])
        if is_kept and (rest or any(line.code for line in old[i2:])):
            gone += dropped
    others = [text for n, text in enumerate(before) if text and n not in gone]
    if others == [text for text in after if text]:
        return ()
    return tuple(f"It removes `{before[n][:_LONGEST_NAMED]}`." for n in gone)


def _is_removable(code: str) -> bool:
    return _is_attribute(code) and _DIRECTIVE.fullmatch(code) is None


def _shifted_with_asked(
    segments: list[LineRun], old: Sequence[CodeLine], new: Sequence[CodeLine], asked: Collection[int]
) -> set[int]:
    """The indices of runs next to an asked line that were moved by the same number of columns as that line, which has
    no other change: their indentation was wrong, too."""
    found: set[int] = set()
    for number, one in enumerate(segments):
        shift = _shift_of(one, old, new)
        if not shift or not any(one.first <= line < one.stop for line in asked):
            continue
        for step in (-1, 1):
            at = number + step
            while 0 <= at < len(segments) and _shift_of(segments[at], old, new) == shift:
                found.add(at)
                at += step
    return found


def _shift_of(one: LineRun, old: Sequence[CodeLine], new: Sequence[CodeLine]) -> int | None:
    """The number of columns by which all lines were moved; ``None`` if they have other changes or were moved
    differently."""
    olds, news = old[one.first : one.stop], new[one.new_first : one.new_stop]
    if len(olds) != len(news) or any(a.text.strip() != b.text.strip() for a, b in zip(olds, news, strict=True)):
        return None
    moved = {indent_columns(b.text) - indent_columns(a.text) for a, b in zip(olds, news, strict=True) if a.text.strip()}
    return moved.pop() if len(moved) == 1 else None


def _is_moved_block(segments: list[LineRun], number: int, old: Sequence[CodeLine], new: Sequence[CodeLine]) -> bool:
    """Whether lines differ only in indentation and are next to changed code: they were moved into a new block."""

    def shifted(one: LineRun) -> bool:
        olds, news = old[one.first : one.stop], new[one.new_first : one.new_stop]
        return len(olds) == len(news) and all(a.text.strip() == b.text.strip() for a, b in zip(olds, news, strict=True))

    def shifts(one: LineRun) -> set[int]:
        """The numbers of columns by which its lines were moved."""
        both = zip(old[one.first : one.stop], new[one.new_first : one.new_stop], strict=True)
        indents = [(indent_of(a.text), indent_of(b.text)) for a, b in both if a.text.strip()]
        return {0 if same_columns(a, b) else indent_columns(b) - indent_columns(a) for a, b in indents}

    one = segments[number]
    if not shifted(one) or not any(line.text.strip() for line in old[one.first : one.stop]):
        return False
    moved = shifts(one)
    changed = False
    for step in (-1, 1):
        at = number + step
        while 0 <= at < len(segments) and shifted(segments[at]) and not _unchanged(segments[at], old, new):
            moved |= shifts(segments[at])
            at += step
        changed = changed or (0 <= at < len(segments) and not segments[at].same)
    return changed and len(moved) == 1 and moved != {0}


def _unchanged(one: LineRun, old: Sequence[CodeLine], new: Sequence[CodeLine]) -> bool:
    return [line.text for line in old[one.first : one.stop]] == [
        line.text for line in new[one.new_first : one.new_stop]
    ]


def _segments(old: Sequence[CodeLine], new: Sequence[CodeLine]) -> Iterator[LineRun]:
    for equal, i1, i2, j1, j2 in stretches(list(map(_alignment_key, old)), list(map(_alignment_key, new))):
        if not equal:
            yield from _divided(old, new, LineRun(False, i1, i2, j1, j2))
            continue
        for i, j in zip(range(i1, i2), range(j1, j2), strict=True):
            same = old[i].text == new[j].text or same_code(old[i : i + 1], new[j : j + 1])
            yield LineRun(same, i, i + 1, j, j + 1)


def _alignment_key(line: CodeLine) -> str:
    return line.key or line.text.strip()


def _divided(old: Sequence[CodeLine], new: Sequence[CodeLine], whole: LineRun) -> Iterator[LineRun]:
    """A stretch of lines with different text, divided at line ends where the code before and after is the same."""
    olds, news = old[whole.first : whole.stop], new[whole.new_first : whole.new_stop]
    a, b = _Tokens(olds), _Tokens(news)
    i = j = 0
    for equal, a1, a2, b1, b2 in stretches(a.tokens, b.tokens):
        if not equal:
            continue
        cuts = sorted({at - a1 for at in a.cuts if a1 <= at <= a2} & {at - b1 for at in b.cuts if b1 <= at <= b2})
        for start, stop in pairwise(cuts):
            lines, fresh = a.lines(a1 + start, a1 + stop), b.lines(b1 + start, b1 + stop)
            if lines[0] < i or fresh[0] < j or not same_code(olds[slice(*lines)], news[slice(*fresh)]):
                continue
            yield from _without_edges(old, new, _moved(LineRun(False, i, lines[0], j, fresh[0]), whole))
            yield _moved(LineRun(True, *lines, *fresh), whole)
            i, j = lines[1], fresh[1]
    yield from _without_edges(old, new, _moved(LineRun(False, i, len(olds), j, len(news)), whole))


def _without_edges(old: Sequence[CodeLine], new: Sequence[CodeLine], one: LineRun) -> Iterator[LineRun]:
    """Changed code, with the blank lines and comments before and after it as separate runs."""
    olds = [n for n in range(one.first, one.stop) if old[n].code]
    news = [n for n in range(one.new_first, one.new_stop) if new[n].code]
    if olds and news:
        inner = (olds[0], olds[-1] + 1, news[0], news[-1] + 1)
        parts = ((one.first, inner[0], one.new_first, inner[2]), inner, (inner[1], one.stop, inner[3], one.new_stop))
        yield from (LineRun(False, *part) for part in parts if part[0] < part[1] or part[2] < part[3])
    elif one.first < one.stop or one.new_first < one.new_stop:
        yield one


def _moved(one: LineRun, whole: LineRun) -> LineRun:
    return evolve(
        one,
        first=one.first + whole.first,
        stop=one.stop + whole.first,
        new_first=one.new_first + whole.new_first,
        new_stop=one.new_stop + whole.new_first,
    )


class _Tokens:
    """The tokens of consecutive lines; ``cuts`` are the positions between tokens at which a line ends."""

    def __init__(self, lines: Sequence[CodeLine]) -> None:
        self.tokens: list[object] = []
        self._line_of_start: dict[int, int] = {}
        self._line_of_stop: dict[int, int] = {}
        above = -1
        for number, token in significant(lines):
            if number != above:
                self._line_of_stop[len(self.tokens)] = above + 1
                self._line_of_start[len(self.tokens)] = above = number
            self.tokens.append(token)
        self._line_of_stop[len(self.tokens)] = above + 1
        self._line_of_start.setdefault(len(self.tokens), len(lines))
        self.cuts = set(self._line_of_start)

    def lines(self, start: int, stop: int) -> tuple[int, int]:
        """The lines of the tokens [start, stop), both of which are cuts: (first, one past the last)."""
        return self._line_of_start[start], self._line_of_stop[stop]
