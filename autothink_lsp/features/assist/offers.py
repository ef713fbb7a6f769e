"""The actions that the light bulb menu offers at a place. Needs no model call and no parse."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from attrs import frozen

from autothink_lsp.features.assist.actions import ActionKind
from autothink_lsp.features.assist.offer_place import OfferPlace
from autothink_lsp.quantities import shortened
from autothink_lsp.settings.user_actions import UserAction
from autothink_lsp.values import Diagnostic, Point

REFACTOR = "refactor"
QUICK_FIX, REWRITE, EXTRACT, EXPLAIN = "quickfix", "refactor.rewrite", "refactor.extract", "refactor.explain"
FIX_ALL = "source.fixAll.autothink"
MOST_FIXES = 4  # entries for diagnostics, "More…" included
MOST_MORE = 9  # entries in "More…"
MOST_TITLE_CHARS = 60
MORE = "AutoThink: More…"
Variant = Literal["off", "on"]


@frozen
class Offer:
    """One entry of the menu. ``diagnostic`` is the index of its message in the request's list; ``more`` are the entries
    of its submenu."""

    title: str
    kind: str
    action: ActionKind
    think: Variant | None = None
    diagnostic: int | None = None
    name: str = ""  # of a user action
    more: tuple[Offer, ...] = ()

    def data(self, uri: str, version: int, where: Any, diagnostic: Any) -> dict[str, Any]:
        """The data that ``codeAction/resolve`` and the command receive."""
        return {
            "action": self.action.value,
            "think": self.think,
            "uri": uri,
            "version": version,
            "range": where,
            "diagnostic": diagnostic,
            **({"name": self.name} if self.name else {}),
        }


_REFACTORS: tuple[tuple[ActionKind, str, str], ...] = (
    (ActionKind.DESCRIBE, "AutoThink: Do what the comment here says", REWRITE),
    (ActionKind.SIMPLIFY, "AutoThink: Simplify {piece}", REWRITE),
    (ActionKind.EXTRACT, "AutoThink: Extract the selection into a function", EXTRACT),
    (ActionKind.RENAME, "AutoThink: Propose a clearer name for `{word}`", REWRITE),
    (ActionKind.TYPES, "AutoThink: Add types to {piece}", REWRITE),
    (ActionKind.ERRORS, "AutoThink: Add error handling to {piece}", REWRITE),
    (ActionKind.CASES, "AutoThink: Handle missing cases in {piece}", REWRITE),
    (ActionKind.DOCSTRING, "AutoThink: Write a docstring for {piece}", REWRITE),
    (ActionKind.TESTS, "AutoThink: Write tests for {piece} (new file)", REWRITE),
    (ActionKind.CONVERT, "AutoThink: Modernize {piece}", REWRITE),
    (ActionKind.EXPLAIN, "AutoThink: Explain {piece}", EXPLAIN),
)
_FIX = "AutoThink: Explain and fix: "
_MODE_WORD = re.compile(r"(?<!\s)\s*+\((think|fast)\)", re.IGNORECASE)
_VARIANTS: Mapping[Variant, str] = MappingProxyType({"off": " (fast)", "on": " (think)"})
_OTHER: Mapping[Variant, Variant] = MappingProxyType({"off": "on", "on": "off"})


def offers(
    place: OfferPlace,
    diagnostics: Sequence[Diagnostic],
    only: Sequence[str] | None,
    *,
    automatic: bool,
    variant: Variant | None = "on",
    has_more: bool = True,
) -> tuple[Offer, ...]:
    """The entries for a place, at most ``MOST_FIXES`` of them for diagnostics, the others in "More…".

    Without ``has_more`` there is no "More…": the client cannot show a list of actions. ``only`` are the kinds that the
    client requests. ``automatic``: the client requests actions at every cursor move, so only quick fixes are offered,
    without "More…". ``variant`` is the think mode of an additional entry for the first fix; ``None`` if the model has
    one mode. If only refactorings are requested, each of them gets such an additional entry; a menu with all kinds
    would become too long.
    """
    found: list[Offer] = []
    piece = "the selection" if place.is_selection else "this function"
    if _is_wanted(QUICK_FIX, only):
        indices = _places(diagnostics, place.start, place.end)
        explain = Offer(f"AutoThink: Explain {piece}", EXPLAIN, ActionKind.EXPLAIN)
        found += _fixes(diagnostics, indices, variant, (explain,) if has_more and not automatic else ())
    if automatic:
        return tuple(found)
    for action, title, kind in _REFACTORS:
        if not _is_wanted(kind, only) or not place.has_use(action, diagnostics):
            continue
        title_chars = len(title.format(piece=piece, word=""))
        words = title.format(piece=piece, word=shortened(place.word, MOST_TITLE_CHARS - title_chars))
        found.append(Offer(words, kind, action))
        if variant is not None and only is not None and REFACTOR in only and action is not ActionKind.RENAME:
            found.append(Offer(words + _VARIANTS[variant], kind, action, variant))
    return tuple(found)


def mode_in_words(words: str) -> tuple[str, Variant | None]:
    """The user's words without a "(think)" or "(fast)" in them, and the think mode that it requests."""
    found = _MODE_WORD.search(words)
    if found is None:
        return words, None
    rest = (words[: found.start()].rstrip() + words[found.end() :]).strip()
    return rest, "on" if found[1].lower() == "think" else "off"


def _fixes(
    diagnostics: Sequence[Diagnostic], indices: Sequence[int], variant: Variant | None, last: tuple[Offer, ...]
) -> list[Offer]:
    """One entry for each of the diagnostics ``indices``, and one for the first in ``variant``. Entries that do not fit,
    the remaining think modes, and ``last`` go into "More…"; without ``last`` they are dropped."""

    def fix(index: int, think: Variant | None = None) -> Offer:
        title = _titled(diagnostics[index].message, _VARIANTS[think] if think is not None else "")
        return Offer(title, QUICK_FIX, ActionKind.FIX, think, index)

    shown = [fix(index) for index in indices]
    rest: list[Offer] = []
    if variant is not None and indices:
        shown.insert(1, fix(indices[0], variant))
        rest = [fix(indices[0], _OTHER[variant]), *(fix(index, variant) for index in indices[1:])]
    if not last:
        return shown[:MOST_FIXES]
    if len(shown) > MOST_FIXES or rest:
        kept = shown[: MOST_FIXES - 1]
        more = [*shown[len(kept) :], *rest][: MOST_MORE - len(last)]
        return [*kept, Offer(MORE, QUICK_FIX, ActionKind.FIX, more=(*more, *last))]
    return shown


def fix_all_offer(only: Sequence[str] | None) -> Offer | None:
    """The entry that fixes all problems of the document; ``None`` unless the client requests its kind by name, as "Fix
    all" and code actions on save do. Other menus would become too long."""
    if not only or not _is_wanted(FIX_ALL, [kind for kind in only if kind]):
        return None
    return Offer("AutoThink: Fix all problems of this file", FIX_ALL, ActionKind.FIX_ALL)


def user_offers(actions: Sequence[UserAction], language_id: str, only: Sequence[str] | None) -> tuple[Offer, ...]:
    """The entries for the user actions that apply to this language."""
    return tuple(
        Offer(f"AutoThink: {one.name}", one.kind, ActionKind.USER, one.think or None, name=one.name)
        for one in actions
        if one.is_for(language_id) and _is_wanted(one.kind, only)
    )


def _titled(message: str, suffix: str = "") -> str:
    """The title of a fix, with its message shortened so that the title has at most ``MOST_TITLE_CHARS``.

    Characters that a menu does not show, such as those that change the direction of writing, are left out.
    """
    first = "".join(one if one.isprintable() else " " for one in message.strip().partition("\n")[0]).strip()
    return _FIX + shortened(first, MOST_TITLE_CHARS - len(_FIX) - len(suffix)) + suffix


def _is_wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Whether the client requests ``kind``: ``only`` contains it or a parent kind."""
    return only is None or any(kind == one or kind.startswith(f"{one}.") or one == "" for one in only)


def _places(diagnostics: Sequence[Diagnostic], start: Point, end: Point) -> list[int]:
    """The indices of the diagnostics on the lines of a place: errors first, then those at the cursor, then shorter
    ones. Of messages of several tools that begin at one point only the first is listed; two of one tool are two
    problems."""
    lines = range(start.line, end.line + 1)
    near = [
        index
        for index, one in enumerate(diagnostics)
        if one.start.line in lines or one.end.line in lines or one.start.line <= start.line <= one.end.line
    ]

    def order(index: int) -> tuple[bool, int, bool, int, int]:
        one = diagnostics[index]
        lines_long = one.end.line - one.start.line
        return (
            not one.message.strip(),
            _severity(one),
            not one.start <= start <= one.end,
            lines_long,
            one.end.column - one.start.column,
        )

    kept: list[int] = []
    for index in sorted(near, key=order):
        if not any(_is_same_problem(diagnostics[index], diagnostics[other]) for other in kept[:MOST_FIXES]):
            kept.append(index)
    return kept


def _is_same_problem(one: Diagnostic, other: Diagnostic) -> bool:
    return one.start == other.start and (one.source != other.source or one.message == other.message)


def _severity(diagnostic: Diagnostic) -> int:
    return ("error", "warning", "information", "hint").index(diagnostic.severity)
