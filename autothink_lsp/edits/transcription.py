"""Undoes what happens to code when a model writes it: replaced characters, repetitions, remarks between the lines.

Models and the programs between write ``&lt;`` for ``<``, typographic quotes and dashes, no-break spaces, backslashes of
Markdown; repeat the code before or after its new version; mark the changed line with ``<-- here`` or ``# fixed``. The
asked code decides: a change is undone if other lines are equal to it without the change, or if the changed lines are
more similar to it. What is the only change of the answer is kept, because it may be what was asked for. So is what
only some lines have: a program that escapes ``<`` escapes all of them; and a remark in a comment, if the user may have
asked for a comment. Strings and prose are not changed. Pure.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

from autothink_lsp.document.lines import trimmed
from autothink_lsp.edits.alignment import line_similarity
from autothink_lsp.edits.code_similarity import is_tag
from autothink_lsp.edits.old_lines import without_old_lines
from autothink_lsp.edits.replacement import EditRefused, Refusal

_MOST_PAIRS = 60  # of changed lines that are compared with those of the asked code
_MOST_LINES = 4_000
_MOST_BETWEEN = 8  # blank lines between two versions
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#0*3[49]|#[xX]0*2[27]);")
_TYPOGRAPHIC = str.maketrans(
    {"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u2026": "..."}
    | {"\u2014": "--", "\u2013": "-", "\u2212": "-", "\u2011": "-", "\uff1b": ";", "\uff0c": ",", "\uff1a": ":"}
)
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])\u2019(?=[^\W\d_])")  # of a word in a text
_BLANKS = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "\u2007": " ", "\u200b": None, "\u200c": None, "\u2060": None, "\ufeff": None}
)
_ESCAPED = re.compile(r"\\([_*\[\]<>#`~|])")
_NUMBER_COMMENT = re.compile(r"^[ \t]*/\*[ \t]*\d+[ \t]*\*/ ?")
_BOLD = re.compile(r"^([ \t]*)\*\*(?=\S)(.*\S)\*\*$|^\*\*([ \t]+\S.*)\*\*$")
# ``<-`` alone is an operator: it receives from a channel in Go, and assigns in R. What stands at the code itself, as in
# ``f();`` and ``i--``, does not begin a comment.
_ARROW = re.compile(
    r"(?<![ \t])(?:(?:[ \t]++--|[ \t]*+(?:#|//|/\*|<!--))[ \t]*+<-"
    r"|(?:[ \t]++(?:--|[;%])|[ \t]*+(?:#|//|/\*|<!--))?[ \t]*+(?:<--{1,2}|<={2,3}|\u2190))[ \t]*+"
    r"(?:\w[\w \t'`.:-]{0,60})?(?:\*/|-->)?[ \t]*+$"
)
_REMARK_WORDS = (
    r"(?:fix(?:ed)?|changed?|updated|corrected|modified|new|korrigiert|ge\u00e4ndert|behoben|neu|corrig\u00e9|modifi\u00e9"
    r"|corregido|cambiado|corretto|\u0438\u0441\u043f\u0440\u0430\u0432\u043b\u0435\u043d\u043e|\u5df2?\u4fee(?:\u590d|\u6539|\u6b63)|\u4fee\u6b63|\u5909\u66f4|\uc218\uc815(?:\ub428)?)"
)
_REMARK = re.compile(
    r"(?<![ \t])[ \t]++(?:#|//|--|/\*|<!--|\(\*|;+|%+)[ \t]*+"
    rf"{_REMARK_WORDS}"
    r"(?:[ \t]+(?:here|line|this))?[ \t]*+(?:[:!.\uff1a][^\"'\n]{0,60})?(?:\*/|-->|\*\))?[ \t]*+$",
    re.IGNORECASE,
)
_BARE_REMARK = re.compile(rf"\A\W*+{_REMARK_WORDS}(?:[ \t]+(?:here|line))?\W*+", re.IGNORECASE)
# A remark that may also be an operator and its operand (``a // new``), or the next statement.
_OPERAND = re.compile(r"[ \t]*+(?P<sign>%++|//++|--|;++)[ \t]*+(?P<word>\w++)(?P<rest>[^\n]*)")
_REMARK_MARK = re.compile(r"[#/%;-]|\(\*")  # one of them is in each line with a remark: "<!--", too
_COMMENT_MARK = re.compile(r"[ \t]*+(?:\#|//|--|/\*|<!--|\"|;|%)[ \t]*+")
_SENTENCE = re.compile(
    r"""[ \t]*+
    (?:(?:here(?:'s|\ is|\ are)|i(?:'ve|\ have)?\ (?:changed|fixed|added|updated|corrected|replaced|renamed|removed)
        |this\ (?:fixes|changes|is\ the\ (?:fixed|corrected|updated))
        |the\ (?:corrected|fixed|updated|whole\ edited|full)\ (?:code|version|file|function|method|class))\b.*
      |(?:corrected|fixed|updated|changed)\ (?:code|version|function|line|file):.*
      |(?:corrected|fixed|updated|edited)\ (?:code|version|function|file))[ \t]*(?:\*/|-->)?$""",
    re.IGNORECASE | re.VERBOSE,
)
_LABEL = re.compile(r"(?:corrected|fixed|updated|changed):.*", re.IGNORECASE)  # of a comment
_BARE_LABEL = re.compile(r"(?:Corrected|Fixed|Updated|Changed):(?:[ \t]+[^\s:]+){3,}[ \t]*$")
_PATH = re.compile(
    r"(?:(?:file(?:name)?|path)[ \t]*:[ \t]*)?(?:[A-Za-z]:)?[/\\]?(?>(?:[\w.~@+-]+[/\\])*)[\w.~@+-]*\.[A-Za-z]\w{0,11}",
    re.IGNORECASE,
)
_PHRASE = re.compile(r"[\s(){}\[\]:;]")  # is in a line of code that is more than one word
_KEY = re.compile(r"[ \t]*+[\w.-]+[ \t]*+:(?:[ \t]|$)")
_NEW_VERSION = 0.6  # minimum similarity of a line to the asked line that it replaces; chosen
_DEFINITION = re.compile(r"(?:[\w.]+[ \t]+){1,8}\w+[ \t]*(?:[(<:{=]|$)")
_STATEMENT = re.compile(r"(?:if|elif|for|while|return|assert|with|case|when|await|yield|import|from|raise|throw|del)\b")
_LISTED = frozenset({"-", "+", "?"})  # marks of a listing; lines that stay have a blank or none
_CONFLICT = (re.compile(r"^<{7}(?: |$)"), re.compile(r"^>{7}(?: |$)"))

_STRING = re.compile(r"(?<!\\)(?:\"(?>(?:[^\"\\]|\\.){0,400})\"|'(?>(?:[^'\\]|\\.){0,400})'|`[^`]{0,400}+`)")


def _outside_strings(line: str, change: Callable[[str], str]) -> str:
    """``line`` with ``change`` made in its code; text in straight quotes may be meant as it is."""
    parts: list[str] = []
    end = 0
    for found in _STRING.finditer(line):
        parts += [change(line[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*parts, change(line[end:])])


def _without_arrow(line: str) -> str:
    return _without_end(line, _ARROW) if "<" in line or "\u2190" in line else line


def _without_remark(line: str) -> str:
    return _without_end(line, _REMARK) if _REMARK_MARK.search(line) else line


def _without_end(line: str, end: re.Pattern[str]) -> str:
    found = end.search(line)
    if found is None or any(one.start() <= found.start() < one.end() for one in _STRING.finditer(line)):
        return line
    return line[: found.start()]


def _without_numbers(line: str) -> str:
    return _NUMBER_COMMENT.sub("", line)


def _without_entities(line: str) -> str:
    return _ENTITY.sub(lambda found: html.unescape(found[0]), line)


def _with_straight_quotes(code: str) -> str:
    return "\u2019".join(part.translate(_TYPOGRAPHIC) for part in _APOSTROPHE.split(code))


def _without_escapes(line: str) -> str:
    return _outside_strings(line, lambda code: _ESCAPED.sub(r"\1", code))


def _without_bold(line: str) -> str:
    return _BOLD.sub(lambda found: (found[1] or "") + (found[2] or found[3]), line)


_MARKS: tuple[Callable[[str], str], ...] = (_without_bold, _without_arrow, _without_remark)
_UNDO: tuple[Callable[[str], str], ...] = (
    _without_numbers,
    _without_entities,
    lambda line: _outside_strings(line, lambda code: code.translate(_BLANKS)),
    lambda line: _outside_strings(line, _with_straight_quotes),
    _without_escapes,
    lambda line: _outside_strings(line, lambda code: code.replace('\\"', '"')),
    *_MARKS,
)


def _are_numbered(lines: Sequence[str]) -> bool:
    return all(_NUMBER_COMMENT.match(line) for line in lines if line.strip())


def _are_entities_alone(lines: Sequence[str]) -> bool:
    """Whether no ``<``, ``>``, and none of the characters that have entities here stands without its entity."""
    text = "\n".join(lines)
    bare = _ENTITY.sub("", text)
    escaped = {html.unescape(found[0]) for found in _ENTITY.finditer(text)} - {"\u00a0"}
    also = {"<", ">"} if escaped & {"<", ">", "&"} else set[str]()
    return not any(sign in bare for sign in escaped | also)


def _are_escapes_alone(lines: Sequence[str]) -> bool:
    """Whether none of the characters that are escaped here stands without a backslash."""
    text = "\n".join(lines)
    bare = _ESCAPED.sub("", text)
    return not any(sign in bare for sign in set(_ESCAPED.findall(text)))


_CONSISTENT: dict[Callable[[str], str], Callable[[Sequence[str]], bool]] = {
    _without_numbers: _are_numbered,
    _without_entities: _are_entities_alone,
    _without_escapes: _are_escapes_alone,
}


@lru_cache(maxsize=8)  # an answer's code is compared several times before it is chosen
def transcribed(code: str, asked: str, *, may_comment: bool = False) -> str:
    """``code`` without what the writing changed in it; ``code`` itself if ``asked`` is empty or nothing is certain.
    Not for prose, of which entities, backslashes, sentences and conflict marks may be the content.

    ``may_comment``: the user may have asked for a comment, so comments are kept even if they read like remarks about
    the change (see ``remarks``).

    Raises ``EditRefused`` (OTHER_CODE) for the sides of a merge conflict.
    """
    present = asked.split("\n")
    if not asked.strip() or len(present) > _MOST_LINES:
        return code
    lines = _from_json(code, present).split("\n")
    _refuse_conflict(lines, present)
    lines = _from_marked_lines(lines, present)
    lines = _without_repetition(lines, present)
    lines = _without_remark_lines(lines, present, may_comment=may_comment)
    lines = lines if may_comment else without_old_lines(lines, present)
    for undo in _UNDO:
        if may_comment and undo is _without_remark:
            continue
        lines = _undone(lines, present, undo)
    return "\n".join(lines)


def transcribed_prose(text: str, asked: str) -> str:
    """Prose without the marks of a listing."""
    lines = text.split("\n")
    return "\n".join(_from_marked_lines(lines, asked.split("\n")) if asked.strip() else lines)


def has_marks(text: str, asked: str, *, is_markup_meant: bool) -> bool:
    """Whether prose in place of ``asked`` may have what the writing changes in code: there it would be undone, in prose
    it may be meant. ``is_markup_meant``: only what speaks of the change itself counts."""
    lines, present = text.split("\n"), asked.split("\n")
    try:
        if is_markup_meant:
            is_marked = _without_remark_lines(lines, present, may_comment=False) != lines
        else:
            is_marked = transcribed(text, asked) != text
    except EditRefused:
        is_marked = True
    marks = (_without_arrow, _without_remark) if is_markup_meant else _MARKS
    return is_marked or (bool(asked.strip()) and any(_has_more(lines, present, undo) for undo in marks))


def _has_more(lines: Sequence[str], present: Sequence[str], undo: Callable[[str], str]) -> bool:
    """Whether more lines have what ``undo`` takes away than before, and something else has changed, too."""
    bare, known = [*map(undo, lines)], [*map(undo, present)]
    count, before = (sum(map(str.__ne__, *pair)) for pair in ((lines, bare), (present, known)))
    return count > before and _filled(bare) != _filled(known)


def transcribed_block(search: str, replace: str, asked: str) -> tuple[str, str]:
    """A search/replace block without what the writing changed, if that shows in its search part: lines that the asked
    code has only without it."""
    known = {line.rstrip() for line in asked.split("\n")}
    for undo in _UNDO:
        searched, replaced = search.split("\n"), replace.split("\n")
        restored = [line if line.rstrip() in known else undo(line) for line in searched]
        if any(was != now and now.rstrip() in known for was, now in zip(searched, restored, strict=True)):
            search = "\n".join(restored)
            replace = "\n".join(line if line.rstrip() in known else undo(line) for line in replaced)
    return search, replace


def _undone(lines: list[str], present: Sequence[str], undo: Callable[[str], str]) -> list[str]:
    if undo in _CONSISTENT and not _CONSISTENT[undo](lines):
        return lines
    known = {line.rstrip() for line in present}
    restored = [line if line.rstrip() in known else undo(line) for line in lines]
    pairs = [(was, now) for was, now in zip(lines, restored, strict=True) if was != now]
    if not pairs or _filled(restored) == _filled(present):
        return lines  # what would be undone is the only change
    if undo is _without_remark and any(_may_be_operand(was[len(now) :], (*restored, *present)) for was, now in pairs):
        return lines
    if any(now.rstrip() in known and now.strip() for _, now in pairs):
        return restored
    if any(undo(line) != line for line in present):
        return lines  # the asked code has such characters of its own
    if undo is _without_remark and all(_BARE_REMARK.fullmatch(was[len(now) :].strip()) for was, now in pairs):
        return restored
    answered = Counter(line.rstrip() for line in lines)
    missing = list((Counter(line.rstrip() for line in present if line.strip()) - answered).elements())  # changed lines
    if not missing or len(pairs) * len(missing) > _MOST_PAIRS:
        return lines
    return restored if all(_is_closer(now, was, missing) for was, now in pairs) else lines


def _may_be_operand(remark: str, code: Sequence[str]) -> bool:
    """Whether what reads like a remark may be code: its sign is an operator in other languages, and its word is a name
    in ``code``. A single ``%`` is a comment in few languages."""
    found = _OPERAND.fullmatch(remark)
    if found is None:
        return False
    if found["sign"] == "%" and not re.match(r"[ \t]+\w|[:!.][ \t]+\w", found["rest"]):
        return True
    name = re.compile(rf"(?<!\w){re.escape(found['word'])}(?!\w|[ \t]+\w)")  # not ``new`` of ``new Name()``
    return any(map(name.search, code))


def _is_closer(now: str, was: str, missing: Sequence[str]) -> bool:
    best = max(missing, key=lambda line: line_similarity(line, now))
    return line_similarity(best, now) > max(0.5, line_similarity(best, was))


def _filled(lines: Sequence[str]) -> list[str]:
    return [line.rstrip() for line in lines if line.strip()]


def _from_marked_lines(lines: list[str], present: Sequence[str]) -> list[str]:
    """The new lines of a listing whose lines have a mark each, as those of a diff do: a blank, ``-`` or ``+``, with or
    without a blank behind it; or none for the lines that stay. The lines that are not new are all of ``present``; if
    none is marked as old, some of it."""
    filled = [line for line in lines if line.strip()]
    if not any(line[:1] in {"+", "-"} for line in filled):
        return lines
    known = {line.rstrip() for line in present}
    for width, is_shifted in ((2, True), (1, True), (1, False), (2, False)):
        stays = [line[width:] if is_shifted else line for line in lines if line[:1] not in _LISTED]
        marks = {line[:width] for line in filled if line[:1] in _LISTED or is_shifted}
        if width == 2 and marks - {"  ", "- ", "+ ", "? ", "-", "+"}:
            continue
        if is_shifted and any(line[:1] not in {" ", *_LISTED} for line in filled):
            continue
        shift = width if is_shifted else 0
        old = [line[width:] if line[:1] == "-" else line[shift:] for line in lines if line[:1] not in {"+", "?"}]
        new = [line[width:] if line[:1] == "+" else line[shift:] for line in lines if line[:1] not in {"-", "?"}]
        if _filled(old) == _filled(present):
            return new
        is_new_alone = not any(line[:1] == "-" for line in filled) and is_shifted
        is_known = bool(_filled(stays)) and _lacks_replaced_lines_only(lines, shift, present)
        is_marked = any(line.rstrip() not in known for line in filled if line[:1] not in _LISTED)
        if is_new_alone and is_known and is_marked:
            return new
    return lines


def _lacks_replaced_lines_only(lines: Sequence[str], width: int, present: Sequence[str]) -> bool:
    """Whether the unmarked lines of a listing are lines of ``present`` in their order, and others of these are missing
    only where the listing has new lines. A part of the code, such as a hunk without its header, is not all of it."""
    rest = iter(_filled(present))
    is_replaced = False
    for line in lines:
        if not line.strip():
            continue
        if line[:1] in _LISTED:
            is_replaced = True
            continue
        skipped = 0
        for one in rest:
            if one == line[width:].rstrip():
                break
            skipped += 1
        else:
            return False
        if skipped and not is_replaced:
            return False
        is_replaced = False
    return is_replaced or next(rest, None) is None


def _without_repetition(lines: list[str], present: Sequence[str]) -> list[str]:
    """The new version, if the answer has the asked code before it or the new version twice."""
    old, new = trimmed(present), trimmed(lines)
    if len(old) < 2 or len(new) < 2 * len(old) - len(old) // 4:
        return lines
    if [line.rstrip() for line in new[: len(old)]] == [line.rstrip() for line in old]:
        rest = trimmed(new[len(old) :])
        return rest if _is_defined_again(old, rest) and _are_alike(rest, old) else lines
    for gap in range(_MOST_BETWEEN):
        half, odd = divmod(len(new) - gap, 2)
        is_apart = not any(line.strip() for line in new[half : half + gap])
        if not odd and is_apart and new[:half] == new[half + gap :] and _are_alike(new[:half], old):
            return new[:half]
    return lines


def _is_defined_again(old: Sequence[str], rest: Sequence[str]) -> bool:
    """Whether both begin with the same definition. Other code may be repeated on purpose, like an item of a list; a
    header that differs may be that of an overload or of another test."""
    if not rest or old[0].strip() != rest[0].strip():
        return False
    header = rest[0].strip()
    return _DEFINITION.match(header) is not None and _STATEMENT.match(header) is None


def _are_alike(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether both have about as many lines, and most of them in common."""
    counts = [Counter(line.strip() for line in lines if line.strip()) for lines in (one, other)]
    total = counts[0].total() + counts[1].total()
    is_as_long = 2 * min(len(one), len(other)) > max(len(one), len(other))
    return bool(total) and is_as_long and 2 * (counts[0] & counts[1]).total() >= 0.6 * total


def _without_remark_lines(lines: list[str], present: Sequence[str], *, may_comment: bool) -> list[str]:
    """The lines without a sentence about the change at the beginning or at the end."""
    answered = {line.strip() for line in lines}
    missing = [line.strip() for line in present if line.strip() and line.strip() not in answered]
    known = {line.strip() for line in present}
    has_keys = any(map(_KEY.match, present))

    def is_remark(line: str) -> bool:
        if _COMMENT_MARK.match(line):
            reads_so = not may_comment and _is_remark(line)
        else:
            reads_so = _SENTENCE.match(line) is not None or (not has_keys and _BARE_LABEL.match(line) is not None)
        if not reads_so or line.strip() in known:
            return False
        return all(line_similarity(was, line.strip()) < _NEW_VERSION for was in missing)  # else it is a new version

    new = trimmed(lines)
    if len(new) > 1 and (is_remark(new[0]) or _is_path_or_language(new, present, may_comment=may_comment)):
        new = trimmed(new[1:])
    if len(new) > 1 and is_remark(new[-1]):
        new = trimmed(new[:-1])
    changed = {line.strip() for line in new if line.strip() and line.strip() not in known}
    kept = [
        line
        for number, line in enumerate(new)
        if not (_COMMENT_MARK.match(line) and is_remark(line) and _next_filled(new, number + 1) in changed)
    ]
    new = kept if any(line.strip() for line in kept) else new
    is_same = len(new) == len(trimmed(lines)) or _filled(new) == _filled(present)
    return lines if is_same else new


def _next_filled(lines: Sequence[str], first: int) -> str:
    return next((line.strip() for line in lines[first:] if line.strip()), "")


def _is_path_or_language(new: Sequence[str], present: Sequence[str], *, may_comment: bool) -> bool:
    """Whether the first of the ``new`` lines, which stands above the first asked line, is the file's path or the tag
    of a fence."""
    first, behind = new[0].strip(), next((line.strip() for line in new[1:] if line.strip()), "")
    asked = next((line.strip() for line in present if line.strip()), "")
    mark = _COMMENT_MARK.match(first)
    if mark is None:  # not in a list of files or words, nor in a script that runs files
        is_found = (is_tag(first) and _PHRASE.search(behind) is not None) or (
            _is_bare_path(first) and not first.startswith((".", "~")) and not any(map(_is_bare_path, present))
        )
    else:
        is_found = not may_comment and _PATH.fullmatch(_without_comment_end(first[mark.end() :])) is not None
    return is_found and first != asked and line_similarity(asked, behind) >= _NEW_VERSION


def _is_bare_path(line: str) -> bool:
    path = line.strip(" \t\"',;)\\")
    return "/" in path and _PATH.fullmatch(path) is not None


def _without_comment_end(text: str) -> str:
    return text.removesuffix("*/").removesuffix("-->").rstrip()


def _is_remark(comment: str) -> bool:
    """Whether a line that is a comment reads like a remark about the change."""
    mark = _COMMENT_MARK.match(comment)
    text = comment[mark.end() :] if mark is not None else comment
    return _SENTENCE.match(text) is not None or _LABEL.match(text) is not None


def remarks(text: str) -> list[str]:
    """The comments in ``text`` that read like remarks about the change, such as ``# Fixed: the index was wrong``."""
    found: list[str] = []
    for line in text.split("\n"):
        if _COMMENT_MARK.match(line) and _is_remark(line):
            found.append(line.strip())
        elif (rest := _without_remark(line)) != line and rest.strip():
            found.append(line[len(rest) :].strip())
    return found


def _from_json(code: str, present: Sequence[str]) -> str:
    """The code of an answer that is one string of JSON with escaped line ends."""
    bare = code.strip()
    if "\n" in bare or "\\n" not in bare or not (bare.startswith('"') and bare.endswith('"')) or len(present) < 2:
        return code
    try:
        text = json.loads(bare)
    except ValueError:
        return code
    known = {line.strip() for line in present if line.strip()}
    is_like = isinstance(text, str) and any(line.strip() in known for line in text.split("\n"))
    return text if is_like else code  # else a string of the code


def _refuse_conflict(lines: Sequence[str], present: Sequence[str]) -> None:
    if any(mark.match(line) for mark in _CONFLICT for line in present):
        return
    if all(any(mark.match(line) for line in lines) for mark in _CONFLICT):
        raise EditRefused(
            Refusal.OTHER_CODE,
            "The model answered with the two sides of a merge conflict, so nothing was changed.",
            hint="Try again.",
            for_model="Do not answer with conflict marks. Answer with the whole edited code alone.",
        )
