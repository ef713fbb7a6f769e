"""Markdown of a model as an editor may show it: no links, no images, no HTML, so that nothing runs, loads or misleads.

A link in a Markdown view may be a command of the editor, and an image is fetched from wherever its address says, with
whatever the address holds. Code blocks are written anew with fences of our own, so that what we take for code is code
for every reader; in everything else the signs that links, images and tags are made of are escaped. Pure.
"""

from __future__ import annotations

import re

from autothink_lsp.document.invisible import without_invisible

_OPENING = re.compile(r" {0,3}(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)\Z")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#_-]{1,20}")
_RUN = re.compile(r"`+")
_SIGNS = re.compile(r"<|\](?=[(\[:])")


def safe_markdown(text: str) -> str:
    """The same words, inert."""
    lines = without_invisible(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    parts = _parts(lines)
    spans = all(_has_plain_spans(line) for part, fence in parts if fence is None for line in part)
    shown: list[str] = []
    for part, fence in parts:
        if fence is None:
            shown += [_escaped(line, spans=spans) for line in part]
        else:
            mark = "`" * max(3, 1 + max((len(run) for line in part for run in _RUN.findall(line)), default=0))
            shown += [mark + fence, *part, mark]
    return "\n".join(shown)


def inert(text: str) -> str:
    """For one line of plain text in places where some editors make links of ``[a](b)``."""
    return without_invisible(text).replace("](", "] (")


def _parts(lines: list[str]) -> list[tuple[list[str], str | None]]:
    """Prose (``None``) and code (its language) in turn. A block that never ends reaches to the end."""
    parts: list[tuple[list[str], str | None]] = [([], None)]
    closing: re.Pattern[str] | None = None
    for line in lines:
        opening = _OPENING.match(line) if closing is None else None
        if opening is not None:
            mark = opening["mark"]
            closing = re.compile(rf" {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}[ \t]*\Z")
            language = _LANGUAGE.match(opening["info"])
            parts.append(([], language.group() if language else ""))
        elif closing is not None and closing.match(line):
            closing = None
            parts.append(([], None))
        else:
            parts[-1][0].append(line)
    return parts


def _has_plain_spans(line: str) -> bool:
    """Whether every reader finds the same code spans in this line: single backticks in pairs, nothing escaped."""
    runs = _RUN.findall(line)
    return not runs or ("\\" not in line and len(runs) % 2 == 0 and all(len(run) == 1 for run in runs))


def _escaped(line: str, *, spans: bool) -> str:
    if not spans or "`" not in line:
        return _SIGNS.sub(_sign, line)
    pieces = line.split("`")
    return "`".join(piece if number % 2 else _SIGNS.sub(_sign, piece) for number, piece in enumerate(pieces))


def _sign(match: re.Match[str]) -> str:
    return "&lt;" if match.group() == "<" else "]\\"
