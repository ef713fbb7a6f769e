"""Finds values that belong to a sensitive name by their place: in a map with a plural name, in the rows of an SQL
``INSERT``, and in an assignment to several targets. Pure; every search reads a bounded number of characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from autothink_lsp.context.secret_names import Name

_MOST_PAIRS = 60
_MOST_ROWS = 50
_LONGEST_COLUMNS_CHARS = 600
_LONGEST_ROW_CHARS = 2_000
_Place = tuple[int, int]

_MAP = re.compile(
    r"[\"']?(?::[ \t]*+[\w\[\], .<>|]{1,60})?[ \t]*+(?:=|:|=>)[ \t]*+[({\[]"
    r"(?=\s{0,60}+[\"'][^\"'\n]{0,80}[\"'][ \t]*+(?::|=>|=))"
)
# One pair of a map: "bob": "…", 'bob' => '…'. The last one may be incomplete.
_PAIR = re.compile(
    r"""\s{0,60}+["'](?P<key>[^"'\n]{0,80})["'][ \t]*+(?::|=>|=)[ \t]*+"""
    r"""(?P<quote>["'])(?P<value>[^"'\n]{0,400})(?:(?P=quote),?|\Z)"""
)
# Keys of JSON schemas, which describe values and do not have them.
_SCHEMA_WORDS = frozenset({"type", "title", "description", "format", "pattern", "minLength", "maxLength", "items"})
_INTO = re.compile(r"(?i:\binto)\s{1,10}[\w.\"`\[\]]{1,80}\s{0,10}\Z")
_VALUES = re.compile(r"[^()]{0,600}\)\s{0,80}+(?i:values)\s{0,80}+(?=\()")
_NEXT_ROW = re.compile(r"\)\s{0,40},\s{0,40}(?=\()")
# An item of a list; a string has a group. The last one may be incomplete.
_ITEM = re.compile(
    r"""\s{0,40}+(?:[NE]?'(?P<single>(?:[^'\n]|''){0,400})(?:'|\Z)|"(?P<double>[^"\n]{0,400})(?:"|\Z)"""
    r"""|[^,()'"\n]{0,80}(?:\([^()\n]{0,80}\))?)\s{0,40}+"""
)
_TARGET = r"[$@]?[\w.]{1,40}[ \t]*+"
_TARGETS_BEFORE = re.compile(
    r"[ \t]*+(?:(?:\#|//|--)[ \t]*+)?(?:(?:const|let|var|my|local)[ \t]++)?"
    rf"\(?(?P<before>(?:{_TARGET},[ \t]*+){{0,5}})[$@]?[\w.]{{0,40}}\Z"
)
# An assignment has blanks around its sign; "host, password=…" is a line of arguments.
_TARGETS_BEHIND = re.compile(r"(?P<behind>(?:[ \t]*+,[ \t]*+[$@]?[\w.]{1,40}){0,5})\)?[ \t]++:?=[ \t]++\(?")


def listed_values(text: str, name: Name, before: str) -> Iterator[_Place] | None:
    """The places of strings that are values of ``name``; ``None`` if its place does not determine them. ``before`` is
    the text before its stem on its line."""
    if name.is_plural and (opened := _MAP.match(text, name.end)) is not None:
        return _mapped(text, opened.end())
    column = _column_of(text, name)
    if column is not None:
        return _in_rows(text, name.end, column)
    return _assigned(text, name, before) if "," in before or text[name.end : name.end + 1] in {",", " "} else None


def _mapped(text: str, at: int) -> Iterator[_Place]:
    for _ in range(_MOST_PAIRS):
        pair = _PAIR.match(text, at)
        if pair is None:
            return
        if pair["key"] not in _SCHEMA_WORDS and not pair["key"].startswith("$"):
            yield pair.span("value")
        at = pair.end()


def _column_of(text: str, name: Name) -> int | None:
    """The index of the name in the columns of an ``INSERT INTO``, or ``None``."""
    opened = text.rfind("(", max(0, name.stem_start - _LONGEST_COLUMNS_CHARS), name.stem_start)
    if opened < 0 or text.find(")", opened, name.stem_start) >= 0:
        return None
    if _INTO.search(text, max(0, opened - 120), opened) is None:
        return None
    return text.count(",", opened, name.stem_start)


def _in_rows(text: str, at: int, column: int) -> Iterator[_Place]:
    values = _VALUES.match(text, at)
    at = values.end() if values is not None else len(text)
    for _ in range(_MOST_ROWS):
        if not text.startswith("(", at):
            return
        yield from _item(text, at + 1, column)
        following = _NEXT_ROW.search(text, at, at + _LONGEST_ROW_CHARS)
        if following is None:
            return
        at = following.end()


def _assigned(text: str, name: Name, before: str) -> Iterator[_Place] | None:
    """``user, password = "x", "…"``."""
    targets, values = _TARGETS_BEFORE.match(before), _TARGETS_BEHIND.match(text, name.end)
    if targets is None or values is None or not (targets["before"] or values["behind"]):
        return None
    return _item(text, values.end(), targets["before"].count(","))


def _item(text: str, at: int, index: int) -> Iterator[_Place]:
    """The string that is item ``index`` of the list at ``at``, if it is one."""
    for _ in range(index):
        item = _ITEM.match(text, at)
        if item is None or not text.startswith(",", item.end()):
            return
        at = item.end() + 1
    item = _ITEM.match(text, at)
    if item is not None and item.lastgroup is not None:
        yield item.span(item.lastgroup)
