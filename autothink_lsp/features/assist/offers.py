"""What the light bulb offers at a place. Costs no model call and no parse: titles, and what doing it later needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from attrs import frozen

from autothink_lsp.features.assist.values import ActionKind
from autothink_lsp.values import Diagnostic, Point

QUICK_FIX, REWRITE, EXTRACT, EXPLAIN = "quickfix", "refactor.rewrite", "refactor.extract", "refactor.explain"
KINDS = (QUICK_FIX, REWRITE, EXTRACT, EXPLAIN)
MOST_DIAGNOSTICS = 3
_LONGEST_MESSAGE = 70


@frozen
class Offer:
    """One entry. ``diagnostic`` is the index of the message that it is for, in the request's list."""

    title: str
    kind: str
    action: ActionKind
    think: Literal["off", "on"] | None = None
    diagnostic: int | None = None

    def data(self, uri: str, version: int, where: Any, diagnostic: Any) -> dict[str, Any]:
        """What ``codeAction/resolve`` and the command get back."""
        return {
            "action": self.action.value,
            "think": self.think,
            "uri": uri,
            "version": version,
            "range": where,
            "diagnostic": diagnostic,
        }


_REFACTORS: tuple[tuple[ActionKind, str, str], ...] = (
    (ActionKind.DESCRIBE, "AutoThink: Do what the comment here says", REWRITE),
    (ActionKind.SIMPLIFY, "AutoThink: Simplify {piece}", REWRITE),
    (ActionKind.EXTRACT, "AutoThink: Extract the selection into a function", EXTRACT),
    (ActionKind.RENAME, "AutoThink: Propose a clearer name for `{word}`", REWRITE),
    (ActionKind.TYPES, "AutoThink: Add types to {piece}", REWRITE),
    (ActionKind.ERRORS, "AutoThink: Add error handling to {piece}", REWRITE),
    (ActionKind.CASES, "AutoThink: Handle all cases in {piece}", REWRITE),
    (ActionKind.DOCSTRING, "AutoThink: Write a docstring for {piece}", REWRITE),
    (ActionKind.TESTS, "AutoThink: Write tests for {piece} (new file)", REWRITE),
    (ActionKind.CONVERT, "AutoThink: Convert {piece} to today's idiom", REWRITE),
    (ActionKind.EXPLAIN, "AutoThink: Explain {piece}", EXPLAIN),
)


def offers(
    start: Point,
    end: Point,
    diagnostics: Sequence[Diagnostic],
    only: Sequence[str] | None,
    *,
    word: str,
    automatic: bool,
    comment: bool,
) -> tuple[Offer, ...]:
    """``only`` are the kinds that the client wants; ``automatic``: it asks at every cursor move, so quick fixes only.

    ``word`` is the identifier at the cursor, ``comment`` whether a comment says what to do.
    """
    found: list[Offer] = []
    if _wanted(QUICK_FIX, only):
        for index, diagnostic in _overlapping(diagnostics, start, end):
            title = f"AutoThink: Explain and fix: {shortened(diagnostic.message)}"
            found += [
                Offer(title, QUICK_FIX, ActionKind.FIX, diagnostic=index),
                Offer(f"{title} (fast)", QUICK_FIX, ActionKind.FIX, "off", index),
                Offer(f"{title} (think)", QUICK_FIX, ActionKind.FIX, "on", index),
            ]
    if automatic:
        return tuple(found)
    selected = start != end
    piece = "the selection" if selected else "this function"
    for action, title, kind in _REFACTORS:
        if not _wanted(kind, only) or not _fits(action, selected=selected, word=word, comment=comment):
            continue
        found.append(Offer(title.format(piece=piece, word=word), kind, action))
    return tuple(found)


def shortened(message: str) -> str:
    """The first line, cut."""
    first = message.strip().partition("\n")[0]
    return first if len(first) <= _LONGEST_MESSAGE else first[: _LONGEST_MESSAGE - 1].rstrip() + "…"


def _fits(action: ActionKind, *, selected: bool, word: str, comment: bool) -> bool:
    if action is ActionKind.EXTRACT:
        return selected
    if action is ActionKind.RENAME:
        return bool(word) and not selected
    if action is ActionKind.DESCRIBE:
        return comment
    return True


def _wanted(kind: str, only: Sequence[str] | None) -> bool:
    """A kind is wanted when it, or one that it belongs to, is named."""
    return only is None or any(kind == one or kind.startswith(f"{one}.") or one == "" for one in only)


def _overlapping(diagnostics: Sequence[Diagnostic], start: Point, end: Point) -> list[tuple[int, Diagnostic]]:
    lines = range(start.line, end.line + 1)
    found = [
        (index, one)
        for index, one in enumerate(diagnostics)
        if one.start.line in lines or one.end.line in lines or one.start.line <= start.line <= one.end.line
    ]
    found.sort(key=lambda pair: (_severity(pair[1]), not pair[1].start <= start <= pair[1].end))
    return found[:MOST_DIAGNOSTICS]


def _severity(diagnostic: Diagnostic) -> int:
    return ("error", "warning", "information", "hint").index(diagnostic.severity)
