"""Puts comments back that a model dropped from code that it left as it was. Small models do that all the time."""

from __future__ import annotations

from autothink_lsp.syntax.languages import Language


def with_lost_comments(old: list[str], new: list[str], language: Language | None) -> list[str]:
    """``new`` with whole-line comments of ``old`` that stood before a line which is still there."""
    token = language.comment_line if language is not None else None
    if not token or not any(line.lstrip().startswith(token) for line in old):
        return new
    kept = {line.strip() for line in new if line.lstrip().startswith(token)}
    out = list(new)
    for first, stop in reversed(_comment_blocks(old, token)):
        if stop >= len(old) or any(line.strip() in kept for line in old[first:stop]):
            continue
        at = _only(out, old[stop])
        if at is None or (at and out[at - 1].lstrip().startswith(token)):
            continue  # the line has gone, or the model wrote another comment there
        out[at:at] = old[first:stop]
    return out


def _comment_blocks(lines: list[str], token: str) -> list[tuple[int, int]]:
    blocks: list[tuple[int, int]] = []
    for number, line in enumerate(lines):
        if line.lstrip().startswith(token):
            if blocks and blocks[-1][1] == number:
                blocks[-1] = (blocks[-1][0], number + 1)
            else:
                blocks.append((number, number + 1))
    return blocks


def _only(lines: list[str], wanted: str) -> int | None:
    found = [number for number, line in enumerate(lines) if line == wanted and wanted.strip()]
    return found[0] if len(found) == 1 else None
