"""Finds secrets of several lines: private keys, lines of base64, YAML's block scalars, a Kubernetes Secret's data.
Pure.

Keys, block scalars and data may contain blank lines, so they are searched in a whole text, but only if one of its lines
indicates one (``may_hold_block``).
"""
# ruff: noqa: E501 - a table of regular expressions and names

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from autothink_lsp.context.secret_kinds import (
    BASE64_LINES,
    KEY_BEGIN,
    KEY_END,
    KEY_LINE,
    KEY_MARK,
    KEY_REST,
    KEY_TEXT,
    LONGEST_KEY_CHARS,
    LONGEST_KEY_LINE,
)
from autothink_lsp.context.secret_names import Class, Name, is_believed, is_code, may_become
from autothink_lsp.document.lines import indent_length
from autothink_lsp.syntax.language_style import TAB_COLUMNS

_MOST_LINES = 400
_LONGEST_NAME_CHARS = 100
_Place = tuple[int, int, str]

# password: | and password: at the end of a line; <<EOF.
_HEADER = re.compile(
    r"[\"']?:[ \t]*+(?>(?:[&!][\w!:.-]*+[ \t]*+)*)(?P<block>[|>][+-]?\d?[+-]?)?[ \t]*+(?:\#[^\n]*)?\r?\n"
)
_KEY_BEFORE = re.compile(r"(?P<indent>[ \t]*+(?:-[ \t]++)*)[\"']?[\w./-]*\Z")
_HEREDOC = re.compile(r"[ \t]*+=[^\n]{0,40}<<[-~]?[ \t]*+[\"']?(?P<word>\w{1,30})[\"']?[^\n]{0,40}\n")
_ITEM = re.compile(r"[ \t]*+(?:-[ \t]++)?[\"']?(?P<value>[^\s\"'#](?:[^\n\"']*[^\s\"',])?)[\"']?,?[ \t]*+\r?\Z")
_SECRET_KIND = re.compile(
    r"""^[ \t]*+(?:-[ \t]++)?["']?kind["']?[ \t]*+:[ \t]*+["']?(?:Sealed)?Secret["']?[ \t]*+,?[ \t]*+\r?$""",
    re.MULTILINE,
)
_DOCUMENT_END = re.compile(r"^---", re.MULTILINE)
_DATA = re.compile(
    r"""^(?P<indent>[ \t]*+)["']?(?P<name>data|stringData|binaryData)["']?[ \t]*+:[ \t]*+\{?[ \t]*+\r?\n""",
    re.MULTILINE,
)
_ENTRY = re.compile(
    r"""[ \t]*+["']?(?P<key>[\w.-]+)["']?[ \t]*+:[ \t]*+(?:(?P<block>[|>][+-]?\d?)[ \t]*+\r?\Z|["']?(?P<value>[^\s"'{}\[\]](?:[^\n"']*[^\s"',])?)["']?,?[ \t]*+\r?\Z)"""
)
_PADDED = re.compile(r"[A-Za-z0-9+/]{6,}={1,2}\Z")
_SCALAR = re.compile(
    r":[^\S\n]*(?:[&!]\S{1,40}[ \t]++)?[|>][+-]?\d?[+-]?[ \t]*+\r?\Z|[Dd]ata[\"']?:[ \t]*+\{?[ \t]*+\r?\Z"
)


def may_hold_block(line: str) -> bool:
    """Whether a secret that continues after a blank line may begin after this line."""
    return ":" in line and _SCALAR.search(line) is not None


def key_blocks(text: str, *, has_base64: bool) -> Iterator[_Place]:
    """Yield private keys, including incomplete ones, and lines that consist of base64."""
    if KEY_MARK in text:
        yield from _private_keys(text)
    for match in BASE64_LINES.finditer(text) if has_base64 else ():
        yield match.start(), match.end() - match.group().endswith("\n"), "key material"


def _private_keys(text: str) -> Iterator[_Place]:
    begins = [match.span() for match in KEY_BEGIN.finditer(text)]
    ends = [match.span() for match in KEY_END.finditer(text)]
    used: set[tuple[int, int]] = set()
    index = 0
    for start, stop in ends:
        while index < len(begins) and begins[index][1] <= start:
            index += 1
        begin = begins[index - 1] if index else None
        whole = begin is not None and begin not in used and start - begin[1] <= LONGEST_KEY_CHARS
        if begin is not None and whole and start > begin[1] and KEY_TEXT.fullmatch(text, begin[1], start):
            used.add(begin)
            yield begin[0], stop, "private key"
            continue
        first = _key_lines_before(text, start)
        if first < start:
            yield first, stop, "private key"
    for begin in begins:
        if begin not in used:
            same_line = KEY_REST.match(text, begin[1], begin[1] + LONGEST_KEY_CHARS)
            end = max(_key_lines_behind(text, begin[1]), same_line.end() if same_line is not None else 0)
            if end > begin[1]:
                yield begin[0], end, "private key"


def _is_key_line(line: str) -> bool:
    return len(line) <= LONGEST_KEY_LINE and KEY_LINE.search(line) is not None


def _key_lines_behind(text: str, at: int) -> int:
    """The end of the key's lines that begin after ``at``; ``at`` if there are none."""
    line_end, end = text.find("\n", at), at
    while line_end >= 0:
        stop = text.find("\n", line_end + 1)
        if not _is_key_line(text[line_end + 1 : stop if stop >= 0 else len(text)]):
            break
        end = line_end = stop if stop >= 0 else len(text)
        if stop < 0:
            break
    return end


def _key_lines_before(text: str, at: int) -> int:
    """The beginning of the key's lines that end at ``at``; ``at`` if there are none."""
    line_start = text.rfind("\n", 0, at) + 1
    start = at
    while line_start > 0:
        before = text.rfind("\n", 0, line_start - 1) + 1
        if not _is_key_line(text[before : line_start - 1]):
            break
        start = line_start = before
    return start


def block_values(text: str, names: Iterable[Name], *, begun: bool = False) -> Iterator[_Place]:
    """Yield the values on the lines below a sensitive name. ``begun``: also possible beginnings of a value at the end
    of the text."""
    for name in names:
        heredoc = _HEREDOC.match(text, name.end)
        if heredoc is not None:
            end = text.find("\n" + heredoc["word"], heredoc.end() - 1)
            lines = _lines(text, heredoc.end(), end if end >= 0 else min(len(text), heredoc.end() + 2_000))
            plain, is_block = True, True
        else:
            header = _HEADER.match(text, name.end)
            if header is None:
                continue
            line_start = text.rfind("\n", max(0, name.stem_start - _LONGEST_NAME_CHARS), name.stem_start) + 1
            key = _KEY_BEFORE.match(text[line_start : name.stem_start])
            if key is None:
                continue
            indent = len(key["indent"].expandtabs(TAB_COLUMNS)) if not key["indent"].strip() else len(key["indent"])
            lines = _deeper_lines(text, header.end(), indent)
            is_block = plain = header["block"] is not None
        for start, end in lines:
            item = _ITEM.match(text[start:end])
            if item is None or (not is_block and is_code(item["value"])):
                if is_block:
                    continue
                break
            value = item["value"]
            place = start + item.start("value"), start + item.end("value")
            at_end = begun and place[1] >= len(text)
            if is_believed(value, name, plain=plain) or (at_end and may_become(value, name, plain=plain)):
                yield *place, "password" if name.kind in {Class.PASSWORD, Class.SHORT_PASSWORD} else "named secret"
            elif not is_block:
                break


def manifest_values(text: str) -> Iterator[_Place]:
    """Yield all values of a Kubernetes Secret: below ``stringData``, and base64 below ``data``, even if the text does
    not contain the kind."""
    if "data" not in text and "stringData" not in text:
        return
    secrets = [match.start() for match in _SECRET_KIND.finditer(text)]
    bounds = [0, *(match.start() for match in _DOCUMENT_END.finditer(text)), len(text)] if secrets else []
    for data in islice(_DATA.finditer(text), _MOST_LINES):
        is_secret = data["name"] == "stringData"
        if not is_secret and secrets:
            first = max(bound for bound in bounds if bound <= data.start())
            last = min((bound for bound in bounds if bound > data.start()), default=len(text))
            is_secret = any(first <= at < last for at in secrets)
        inside: int | None = None  # the indent of the key whose block scalar contains these lines
        for start, end in _deeper_lines(text, data.end(), len(data["indent"].expandtabs(TAB_COLUMNS))):
            line = text[start:end]
            indent = indent_length(line)
            if inside is not None and indent > inside:
                if is_secret:
                    yield start + indent, start + len(line.rstrip()), "Kubernetes secret"
                continue
            inside = None
            entry = _ENTRY.match(line)
            if entry is None:
                continue
            if entry["block"] is not None:
                inside = indent
            elif is_secret or (not line.lstrip().startswith('"') and _PADDED.match(entry["value"])):
                yield start + entry.start("value"), start + entry.end("value"), "Kubernetes secret"


def _deeper_lines(text: str, at: int, indent: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of the lines from ``at`` on that are indented deeper than ``indent``; blank lines are skipped."""
    for start, end in _lines(text, at, len(text)):
        line = text[start:end]
        content = line.lstrip()
        if not content:
            continue
        depth = len(line[: len(line) - len(content)].expandtabs(TAB_COLUMNS))
        if depth < indent or (depth == indent and not content.startswith("- ")):
            return
        yield start, end


def _lines(text: str, at: int, stop: int) -> Iterator[tuple[int, int]]:
    for _ in range(_MOST_LINES):
        if at >= stop:
            return
        end = text.find("\n", at, stop)
        end = end if end >= 0 else stop
        yield at, end
        at = end + 1
