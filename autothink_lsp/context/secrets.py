"""Finds secrets in a text: spans and their kinds. Pure; ``redaction.py`` replaces them.

Recognizes the formats in ``secret_kinds.py``, values of sensitive names (``secret_names.py`` and ``secret_values.py``),
and secrets of several lines (``secret_blocks.py``). Not recognized: pass phrases of several words, and secrets without
a format or a name.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from typing import cast

from attrs import define, field

from autothink_lsp.context.secret_blocks import block_values, key_blocks, manifest_values, may_hold_block
from autothink_lsp.context.secret_kinds import (
    BASE64_RUN,
    BEGUN,
    CALLS,
    COMMAND_LINES,
    KEY_MARK,
    LONG_WORD,
    SHAPES,
    SecretKind,
)
from autothink_lsp.context.secret_names import Name, looks_random, name_at
from autothink_lsp.context.secret_values import is_value_begun, named_secrets
from autothink_lsp.context.secret_words import Hint, Words
from autothink_lsp.values import frozen

_KINDS = (*SHAPES, *COMMAND_LINES, *CALLS)
_ANYWHERE = Words(tuple(kind for kind in _KINDS if not kind.in_word))
_IN_WORDS = tuple((literal, kind) for kind in _KINDS if kind.in_word for literal in kind.literals)
# Two strings that are concatenated: "…" + "…", '…' '…', "…" .. "…", on one line or two.
_ADJACENT = re.compile(
    r"""(?P<quote>["'])(?P<between>[ \t]*+(?:\+|\.\.?|&)?[ \t]*+\\?[ \t]*+"""
    r"""(?:\r?\n[ \t]*+(?:\+|\.\.?|&)?[ \t]*+)?)(?=(?P=quote))"""
)
# A line with two adjacent strings, or with a string at an end, which may be concatenated with one on the next line.
_JOINED = re.compile(
    r"""["'][ \t]*+(?:\+|\.\.?|&)?[ \t]*+\\?[ \t]*+(?:["']|\r?\Z)|\A[ \t]*+(?:\+|\.\.?|&)?[ \t]*+["']"""
)
_WINDOWS_LINE_END = re.compile(r"\r\n")
_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(r"\d++")
# A long word without a separator, unlike an identifier chosen by a person, after a quote or in an address or setting.
_WORD_BEGUN = re.compile(
    r"[\"'`/=@:$~.](?=[^\s\"'`]{0,200}\Z)(?:[A-Za-z0-9~]{1,6}_)?([A-Za-z0-9+]{10,}(?:[.~-][A-Za-z0-9]*)?)\Z"
)
# The minimal form of a random value, for names whose value must look random.
_RANDOM = re.compile(r"(?<![A-Za-z0-9+/=_-])(?:[A-Za-z_+/=-]{0,40}\d[A-Za-z0-9+/=_-]{4,}|[A-Za-z0-9+/=_-]{12,})")
_SHORTEST = 4
# No code has more names with a value in one prompt. Text after them cannot be analysed in time and is hidden.
_MOST_NAMES = 4_000
_LONGEST_KEPT = 4_000
_MOST_LINES = 8_192
_LONGEST_PARAGRAPH_KEPT = 20_000
_LONGEST_TEXT_KEPT = 200_000
_LONGEST_PIECE = 200
_TYPED_LINES = 12
_NEAR_CHARS = 200
_TYPED_CHARS = 1_200


@frozen
class SecretSpan:
    """One secret: ``text[start:end]``."""

    start: int
    end: int
    kind: str


def find_secrets(text: str) -> tuple[SecretSpan, ...]:
    """The secrets in order, without overlaps. Recent texts are cached, because half of a prompt does not change between
    keys. Line ends of Windows and a byte order mark change nothing."""
    plain = _plain(text)
    found = _found(plain) if len(plain) <= _LONGEST_TEXT_KEPT else _found.__wrapped__(plain)
    if not found or len(plain) == len(text):
        return found
    ends = [match.start() - number for number, match in enumerate(_WINDOWS_LINE_END.finditer(text))]
    return tuple(
        SecretSpan(one.start + bisect_left(ends, one.start), one.end + bisect_left(ends, one.end), one.kind)
        for one in found
    )


def may_hold_secrets(text: str) -> bool:
    """Whether ``find_secrets`` may find any. Takes a dictionary look-up for each known line."""
    return KEY_MARK in text or not _LINES.hold_nothing(_plain(text).split("\n"))


def _plain(text: str) -> str:
    """``text`` with line feeds as line ends, and a blank in place of a byte order mark."""
    text = text.replace("\r\n", "\n") if "\r" in text else text
    return f" {text[1:]}" if text.startswith("\ufeff") else text


@lru_cache(maxsize=64)
def _found(text: str) -> tuple[SecretSpan, ...]:
    found: list[SecretSpan] = []
    has_base64 = has_block = False
    names = 0
    # A key changes one paragraph; the others are cached individually.
    offset = 0
    paragraphs = text.split("\n\n")
    if len(text) <= _LONGEST_PARAGRAPH_KEPT:
        everywhere = [*map(_in_paragraph, paragraphs)]
        if everywhere.count(_NOTHING_SEEN) == len(everywhere):  # nearly always
            paragraphs = []
    for paragraph in paragraphs:
        seen = _seen(paragraph)
        start, offset = offset, offset + len(paragraph) + 2
        if seen is _NOTHING_SEEN:
            continue
        has_base64 = has_base64 or seen.has_base64
        has_block = has_block or seen.has_block
        found += [SecretSpan(one.start + start, one.end + start, one.kind) for one in seen.spans]
        names += seen.names
        if names > _MOST_NAMES and offset < len(text):
            found.append(SecretSpan(offset, len(text), "undecided"))
            break
    found += [SecretSpan(*place) for place in key_blocks(text, has_base64=has_base64)]
    if has_block:
        found += [SecretSpan(*place) for place in block_values(text, _names(text, _ANYWHERE.hints(text))[:_MOST_NAMES])]
        found += [SecretSpan(*place) for place in manifest_values(text)]
    return tuple(_merged(found)) if found else ()


def being_typed(above: str) -> bool:
    """Whether the text before a cursor ends with the possible beginning of a secret."""
    above = _plain(above)
    line = above[above.rfind("\n") + 1 :][-300:]
    if BEGUN.search(line) is not None or _is_random_begun(line):
        return True
    if not line.strip():
        return False
    lines = above[max(0, len(above) - _TYPED_CHARS) :].rsplit("\n", _TYPED_LINES)[-_TYPED_LINES:]
    findings = _LINES.findings(lines)
    if findings.count(_NOTHING) == len(lines):
        return False
    tail = "\n".join(lines)
    names: list[Name] = []
    offset = 0
    for content, seen in zip(lines, findings, strict=True):
        if seen.names:
            names += [name.moved(offset) for name in seen.names]
        offset += len(content) + 1
    if not names:
        return False
    near = max(0, len(tail) - len(line) - _NEAR_CHARS)  # a value begins on its name's line or soon after
    if is_value_begun(tail, [name for name in names if name.stem_start >= near]):
        return True
    below_name = line[:1] in {" ", "\t", "-"} or "<<" in tail  # a block scalar, a list
    return below_name and any(stop >= len(tail) for _, stop, _ in block_values(tail, names, begun=True))


def _is_random_begun(line: str) -> bool:
    """Whether the line ends with an incomplete string, or part of an address, that looks random."""
    word = _WORD_BEGUN.search(line)
    if word is None:
        return False
    value = word[1]
    digits = len(_DIGITS.findall(value))
    return digits >= 2 and sum(map(str.isalpha, value)) >= 3 and looks_random(value)


@frozen
class _Seen:
    """The secrets of one paragraph, and whether it may be part of a longer secret."""

    spans: tuple[SecretSpan, ...]
    has_base64: bool
    has_block: bool
    names: int  # number of sensitive names


_NOTHING_SEEN = _Seen((), has_base64=False, has_block=False, names=0)


@frozen(eq=False)
class _Line:
    """The secrets of one line by their format, and the data that must be combined with adjacent lines."""

    spans: tuple[SecretSpan, ...]
    names: tuple[Name, ...]
    has_base64: bool
    has_block: bool
    has_joined: bool


_NOTHING = _Line((), (), has_base64=False, has_block=False, has_joined=False)


def _seen(text: str) -> _Seen:
    return _in_paragraph(text) if len(text) <= _LONGEST_PARAGRAPH_KEPT else _in_paragraph.__wrapped__(text)


@lru_cache(maxsize=2048)
def _in_paragraph(text: str) -> _Seen:
    lines = text.split("\n")
    findings = _LINES.findings(lines)
    if findings.count(_NOTHING) == len(lines):
        return _NOTHING_SEEN
    found: list[SecretSpan] = []
    names: list[Name] = []
    has_base64 = has_block = has_joined = False
    offset = 0
    for line, seen in zip(lines, findings, strict=True):
        if seen is not _NOTHING:
            found += [SecretSpan(one.start + offset, one.end + offset, one.kind) for one in seen.spans]
            names += [name.moved(offset) for name in seen.names]
            has_base64 |= seen.has_base64
            has_block |= seen.has_block
            has_joined |= seen.has_joined
        offset += len(line) + 1
    if any(name.is_random for name in names) and not any(map(_has_random, lines)):
        names = [name for name in names if not name.is_random]
    if len(names) > _MOST_NAMES:
        names.sort(key=lambda name: name.stem_start)
        found.append(SecretSpan(names[_MOST_NAMES].end, len(text), "undecided"))
        del names[_MOST_NAMES:]
    if names:
        found += [SecretSpan(*place) for place in named_secrets(text, names)]
        found += [SecretSpan(*place) for place in block_values(text, names)]
    if has_joined:
        found += _in_pieces(text)
    if not (found or has_base64 or has_block or names):
        return _NOTHING_SEEN
    return _Seen(tuple(found), has_base64, has_block, len(names))


@define(eq=False)
class _Lines:
    """Caches the findings in lines, for all texts: a key changes one line."""

    _seen: dict[str, _Line] = field(factory=dict, init=False, repr=False)

    def hold_nothing(self, lines: list[str]) -> bool:
        """Whether nothing was found in any of the lines."""
        return self.findings(lines).count(_NOTHING) == len(lines)

    def findings(self, lines: list[str]) -> list[_Line]:
        """The findings in each of the lines."""
        found = [*map(self._seen.get, lines)]
        if None in found:  # in one line, as a rule
            if len(self._seen) > _MOST_LINES:
                self._seen.clear()
            new = {line: _in_line(line) for line, seen in zip(lines, found, strict=True) if seen is None}
            # Long lines are not cached: they would use more memory than the document.
            self._seen.update((line, seen) for line, seen in new.items() if len(line) <= _LONGEST_KEPT)
            return [seen or new[line] for line, seen in zip(lines, found, strict=True)]
        return cast("list[_Line]", found)


_LINES = _Lines()


def _in_line(line: str) -> _Line:
    if len(line) < _SHORTEST:
        return _NOTHING
    found: list[SecretSpan] = []
    hints = _ANYWHERE.hints(line)
    for kind in _ANYWHERE.likely(line, hints):
        found += [SecretSpan(*match.span(match.lastindex or 0), kind.name) for match in kind.pattern.finditer(line)]
    words = [match.span() for match in LONG_WORD.finditer(line)]
    words = [(start, end) for start, end in words if end - start >= 30 or _DIGIT.search(line, start, end)]
    if words:
        found += _in_words(line, words)
    names = _names(line, hints)
    has_joined = ('"' in line or "'" in line) and _JOINED.search(line) is not None
    has_block = may_hold_block(line)
    if not (found or words or names or has_joined or has_block):
        return _NOTHING
    has_base64 = any(end - start >= 44 for start, end in words) and BASE64_RUN.search(line) is not None
    return _Line(tuple(found), tuple(names), has_base64, has_block, has_joined)


@lru_cache(maxsize=2048)
def _has_random(line: str) -> bool:
    return _RANDOM.search(line, 0, _LONGEST_KEPT) is not None


def _names(text: str, hints: list[tuple[int, Hint]]) -> list[Name]:
    """The sensitive names; of two that end at the same position, the longer one."""
    ends: dict[int, Name] = {}
    for start, hint in hints:
        for at, stem, kind in hint.stems:
            name = name_at(text, start + at, stem, kind)
            if name is not None and (name.stem_end not in ends or name.stem_start < ends[name.stem_end].stem_start):
                ends[name.stem_end] = name
    return list(ends.values())


def _likely(text: str) -> list[SecretKind]:
    """The kinds that have a literal in these long words."""
    return list({id(kind): kind for literal, kind in _IN_WORDS if literal in text}.values())


def _in_words(text: str, words: list[tuple[int, int]]) -> Iterator[SecretSpan]:
    """Tokens in these long words."""
    for kind in _likely(" ".join(text[start:end] for start, end in words)):
        for start, end in words:
            for match in kind.pattern.finditer(text, start, end):
                yield SecretSpan(*match.span(match.lastindex or 0), kind.name)


def _in_pieces(text: str) -> Iterator[SecretSpan]:
    """Shapes in strings that are concatenated from literals."""
    chain: list[tuple[int, int]] = []
    for match in _ADJACENT.finditer(text):
        quote = match["quote"]
        if not match["between"] and match.end() == match.start() + 1:  # an empty string or a doubled quote
            continue
        close, opening = match.start(), match.end()
        start = text.rfind(quote, max(0, close - _LONGEST_PIECE), close) + 1
        end = text.find(quote, opening + 1, opening + 1 + _LONGEST_PIECE)
        if start == 0 or end < 0:
            continue
        if chain and chain[-1] == (start, close):
            chain.append((opening + 1, end))
            continue
        yield from _shaped(text, chain)
        chain = [(start, close), (opening + 1, end)]
    yield from _shaped(text, chain)


def _shaped(text: str, chain: list[tuple[int, int]]) -> Iterator[SecretSpan]:
    joined = "".join(text[start:end] for start, end in chain[:40])
    if len(joined) < 20 or not any(map(str.isdigit, joined)):
        return
    for kind in (*_likely(joined), *_ANYWHERE.likely(joined, _ANYWHERE.hints(joined))):
        for match in kind.pattern.finditer(joined):
            first, last = match.span(match.lastindex or 0)
            offset = 0
            for start, end in chain[:40]:
                low, high = max(first - offset, 0), min(last - offset, end - start)
                if low < high:
                    yield SecretSpan(start + low, start + high, kind.name)
                offset += end - start


def _merged(found: list[SecretSpan]) -> Iterator[SecretSpan]:
    """The spans with overlapping ones merged; each has the kind of the first and longest."""
    last: SecretSpan | None = None
    for span in sorted(found, key=lambda one: (one.start, -one.end)):
        if last is not None and span.start < last.end:
            last = SecretSpan(last.start, max(last.end, span.end), last.kind)
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last
