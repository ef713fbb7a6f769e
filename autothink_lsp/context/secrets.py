"""Where secrets stand in a text: spans and their kinds. Pure; ``redaction.py`` decides what becomes of them.

What is recognised: private key blocks, also where only a part of one is shown; the shapes in ``secret_kinds.py``;
values with a telling name (``secret_names.py``). Not recognised: pass phrases of several words, and secrets that
neither their shape nor a name gives away.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from attrs import frozen

from autothink_lsp.context.secret_kinds import (
    BASE64_LINES,
    BASE64_RUN,
    BEGUN,
    KEY_BEGIN,
    KEY_BLOCK,
    KEY_END,
    KEY_LINE,
    KEY_MARK,
    LONGEST_KEY_LINE,
    SHAPES,
)
from autothink_lsp.context.secret_names import is_value_begun, named_secrets

# One list for all kinds: this runs over the paragraph at the cursor with every key.
_LITERALS = tuple((literal, kind) for kind in SHAPES for literal in kind.literals)


@frozen
class Span:
    """One secret: ``text[start:end]``."""

    start: int
    end: int
    kind: str


@lru_cache(maxsize=64)
def find_secrets(text: str) -> tuple[Span, ...]:
    """In order, none overlapping. Remembers the last texts: half of a prompt is the same from key to key."""
    found: list[Span] = []
    has_base64 = False
    # A key changes one paragraph; the others are remembered one by one.
    offset = 0
    for paragraph in text.split("\n\n"):
        seen = _in_paragraph(paragraph)
        has_base64 = has_base64 or seen.has_base64
        found += [Span(one.start + offset, one.end + offset, one.kind) for one in seen.spans]
        offset += len(paragraph) + 2
    found += _blocks(text, has_base64=has_base64)
    return tuple(_merged(found)) if found else ()


def being_typed(line_prefix: str) -> bool:
    """Whether the text before a cursor ends in what may become a secret."""
    end = line_prefix[-300:]
    return BEGUN.search(end) is not None or is_value_begun(end)


def _blocks(text: str, *, has_base64: bool) -> Iterator[Span]:
    if KEY_MARK in text:
        whole = [match.span() for match in KEY_BLOCK.finditer(text)]
        yield from (Span(start, end, "private key") for start, end in whole)
        for begin in KEY_BEGIN.finditer(text):
            end = _key_lines_behind(text, begin.end())
            if end > begin.end() and not any(start <= begin.start() < stop for start, stop in whole):
                yield Span(begin.start(), end, "private key")
        for last in KEY_END.finditer(text):
            start = _key_lines_before(text, last.start())
            if start < last.start() and not any(first <= last.start() < stop for first, stop in whole):
                yield Span(start, last.end(), "private key")
    for match in BASE64_LINES.finditer(text) if has_base64 else ():
        yield Span(match.start(), match.end() - match.group().endswith("\n"), "key material")


def _is_key_line(line: str) -> bool:
    return len(line) <= LONGEST_KEY_LINE and KEY_LINE.search(line) is not None


def _key_lines_behind(text: str, at: int) -> int:
    """Where the lines of a key end that begins before ``at``; ``at`` where there are none."""
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
    """Where the lines of a key begin that ends at ``at``; ``at`` where there are none."""
    line_start = text.rfind("\n", 0, at) + 1
    start = at
    while line_start > 0:
        before = text.rfind("\n", 0, line_start - 1) + 1
        if not _is_key_line(text[before : line_start - 1]):
            break
        start = line_start = before
    return start


@frozen
class _Seen:
    """Of one paragraph: what is secret in it by itself, and whether it may be a part of key material."""

    spans: tuple[Span, ...]
    has_base64: bool


@lru_cache(maxsize=2048)
def _in_paragraph(text: str) -> _Seen:
    found: list[Span] = []
    likely = {kind.name: kind for literal, kind in _LITERALS if literal in text}
    for kind in likely.values():
        group = 1 if kind.pattern.groups else 0
        found += [Span(*match.span(group), kind.name) for match in kind.pattern.finditer(text)]
    found += [Span(start, end, kind) for start, end, kind in named_secrets(text)]
    return _Seen(tuple(found), BASE64_RUN.search(text) is not None)


def _merged(found: list[Span]) -> Iterator[Span]:
    """Overlapping ones become one, named after the first and longest."""
    last: Span | None = None
    for span in sorted(found, key=lambda one: (one.start, -one.end)):
        if last is not None and span.start < last.end:
            last = Span(last.start, max(last.end, span.end), last.kind)
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last
