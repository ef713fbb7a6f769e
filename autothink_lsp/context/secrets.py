"""Where secrets stand in a text: spans and their kinds. Pure; ``redaction.py`` decides what becomes of them.

Recognised are the shapes in ``secret_kinds.py``, values with a telling name (``secret_names.py``, ``secret_values.py``),
and secrets of several lines (``secret_blocks.py``). Not recognised: pass phrases of several words, and secrets that
neither their shape nor a name gives away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from attrs import frozen

from autothink_lsp.context.secret_blocks import block_values, key_blocks, manifest_values, may_hold_block
from autothink_lsp.context.secret_kinds import BASE64_RUN, BEGUN, CALLS, COMMAND_LINES, SHAPES, SecretKind
from autothink_lsp.context.secret_values import is_value_begun, named_secrets

# One list for all kinds: this runs over the paragraph at the cursor with every key.
_LITERALS = tuple((literal, kind) for kind in (*SHAPES, *COMMAND_LINES, *CALLS) for literal in kind.literals)
_SHAPE_LITERALS = tuple((literal, kind) for kind in SHAPES for literal in kind.literals)
# Two strings that are one: "…" + "…", '…' '…', "…" .. "…", on one line or two.
_ADJACENT = re.compile(
    r"""(?P<quote>["'])(?P<between>[ \t]*(?:\+|\.\.?|&|\\)?[ \t]*(?:\r?\n[ \t]*(?:\+|\.\.?|&)?[ \t]*)?)(?=(?P=quote))"""
)
_LONGEST_PIECE = 200
_TYPED_LINES = 12
_TYPED_CHARS = 1_200


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
    has_base64 = has_block = False
    # A key changes one paragraph; the others are remembered one by one.
    offset = 0
    for paragraph in text.split("\n\n"):
        seen = _in_paragraph(paragraph)
        has_base64 = has_base64 or seen.has_base64
        has_block = has_block or seen.has_block
        found += [Span(one.start + offset, one.end + offset, one.kind) for one in seen.spans]
        offset += len(paragraph) + 2
    found += [Span(*place) for place in key_blocks(text, has_base64=has_base64)]
    if has_block:
        found += [Span(*place) for place in block_values(text)]
        found += [Span(*place) for place in manifest_values(text)]
    return tuple(_merged(found)) if found else ()


def being_typed(above: str) -> bool:
    """Whether the text before a cursor ends in what may become a secret."""
    line = above[above.rfind("\n") + 1 :][-300:]
    if BEGUN.search(line) is not None or is_value_begun(line):
        return True
    start = max(0, len(above) - _TYPED_CHARS)
    end = len(above)
    for _ in range(_TYPED_LINES):
        end = above.rfind("\n", start, end)
        if end < 0:
            break
    tail = above[max(end, start - 1) + 1 :]
    if not line.strip() or len(tail) == len(line):
        return False
    return is_value_begun(tail) or any(True for _, stop, _ in block_values(tail, begun=True) if stop >= len(tail))


@frozen
class _Seen:
    """Of one paragraph: what is secret in it by itself, and whether it may be a part of a longer secret."""

    spans: tuple[Span, ...]
    has_base64: bool
    has_block: bool


@lru_cache(maxsize=2048)
def _in_paragraph(text: str) -> _Seen:
    found: list[Span] = []
    likely: dict[int, SecretKind] = {id(kind): kind for literal, kind in _LITERALS if literal in text}
    for kind in likely.values():
        for match in kind.pattern.finditer(text):
            found.append(Span(*match.span(match.lastindex or 0), kind.name))
    found += [Span(start, end, kind) for start, end, kind in named_secrets(text)]
    found += _in_pieces(text)
    return _Seen(tuple(found), BASE64_RUN.search(text) is not None, may_hold_block(text))


def _in_pieces(text: str) -> Iterator[Span]:
    """Shapes in strings that are put together from literals."""
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


def _shaped(text: str, chain: list[tuple[int, int]]) -> Iterator[Span]:
    joined = "".join(text[start:end] for start, end in chain[:40])
    if len(joined) < 20 or not any(map(str.isdigit, joined)):
        return
    for literal, kind in _SHAPE_LITERALS:
        if literal not in joined:
            continue
        for match in kind.pattern.finditer(joined):
            first, last = match.span(match.lastindex or 0)
            offset = 0
            for start, end in chain[:40]:
                low, high = max(first - offset, 0), min(last - offset, end - start)
                if low < high:
                    yield Span(start + low, start + high, kind.name)
                offset += end - start


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
