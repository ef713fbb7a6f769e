"""The signatures of what is named near the cursor: from the project's index, or the document's own other parts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autothink_lsp.context.import_paths import leads_to
from autothink_lsp.context.index.symbols import Symbol
from autothink_lsp.context.knowledge import Knowledge
from autothink_lsp.context.place import Piece, Place, words
from autothink_lsp.context.sources import own_file

NAME = "definitions"
_MOST_NAMES = 80
# A name that so many places define is a common word, unless one of them is at hand.
_MOST_SAME = 3
_AT_HAND = 2  # lines from the cursor
_HEADER_AWAY = 3
_BASE_AWAY = 6
_MODULE_AWAY = 4
_LOOKED_UP = 8  # names at hand whose types are looked for


def pieces(place: Place, knowledge: Knowledge) -> Iterator[Piece]:
    """The nearest name first, then what the class around the cursor has besides; what the window shows is left out."""
    own = knowledge.own(place)
    holder = own_file.class_around(own, place)
    members = own_file.members_of(own, holder, place) if holder is not None else []
    bases = frozenset(words(holder.signature)) - {holder.name} if holder is not None else frozenset()
    near = _near(place, members, bases)
    imported = {name: one.source or "" for one in knowledge.imports(place.snapshot) for name in one.names}
    yield from own_file.wanted([*own, *members], place, frozenset(imported))
    outlined = False
    found = knowledge.named(near, place)
    for name in sorted(near, key=lambda name: near[name]):
        if near[name] > _AT_HAND and not outlined:
            outlined = True
            if holder is not None:
                yield from own_file.outline(members, holder, place, knowledge)
        symbol = _best(found.get(name, []), place, imported.get(name))
        if symbol is None and name in imported and near[name] <= _MODULE_AWAY:
            module = knowledge.module(f"{imported[name]}.{name}", place)
            if module is not None:
                reason = f"{name}, {near[name]} lines from the cursor, is a file of the project"
                yield module.piece(NAME, reason)
        if symbol is None or symbol == holder:
            continue
        where = "in this file" if symbol.path == place.path else f"in {symbol.path}"
        reason = f"{name} is used {near[name]} lines from the cursor, defined {where}"
        yield knowledge.piece(NAME, symbol, place, reason, inside=name in bases)
    if not outlined and holder is not None:
        yield from own_file.outline(members, holder, place, knowledge)
    yield from own_file.rest(own, place)


def _near(place: Place, members: list[Symbol], bases: frozenset[str]) -> dict[str, int]:
    """The names near the cursor and those that say what they are, each with how far it is away."""
    near = dict(list(place.near_words.items())[:_MOST_NAMES])
    for header in place.headers:  # types of parameters
        for word in words(header):
            near[word] = min(near.get(word, _HEADER_AWAY), _HEADER_AWAY)
    for word in bases:
        near.setdefault(word, _BASE_AWAY)
    at_hand = [name for name, away in near.items() if away <= _AT_HAND][:_LOOKED_UP]
    kinds = {one.name: one.signature for one in members if one.kind == "variable"}
    for name in at_hand:
        for word in words(kinds.get(name) or _last_assigned(name, place)):
            near[word] = min(near.get(word, _AT_HAND), _AT_HAND)
    return near


def _last_assigned(name: str, place: Place) -> str:
    """The line of the window that says what a local name is."""
    pattern = rf"^.*\b{re.escape(name)}\b\s*(?::(?!=)|:?=(?!=)).*$"
    above = place.window_text.split("\n")[: max(0, place.point.line - place.first)]
    return next((line for line in reversed(above) if name in line and re.match(pattern, line)), "")


def _best(symbols: list[Symbol], place: Place, source: str | None) -> Symbol | None:
    """The likeliest of those with one name; ``None`` where that would be guessing, or where the window has it."""
    own = [symbol for symbol in symbols if symbol.path == place.path]
    if any(place.first <= symbol.line < place.stop for symbol in own):
        return None
    symbols = [symbol for symbol in symbols if _is_meant(symbol, place)]
    own = [symbol for symbol in own if symbol in symbols]
    if source is not None:
        others = [symbol for symbol in symbols if symbol.path != place.path]
        return next((symbol for symbol in others if leads_to(source, symbol.path)), None)
    if own:
        return own[0]
    if len(symbols) > _MOST_SAME:
        return None
    return next((symbol for symbol in symbols if symbol.kind != "variable"), None)


def _is_meant(symbol: Symbol, place: Place) -> bool:
    """Whether the name is used as what the symbol is: a local variable may have the name of a method."""
    name = re.escape(symbol.name)
    if symbol.kind in {"class", "type"}:
        return True
    called = symbol.kind == "variable" or re.search(rf"\b{name}\s*[(<!]", place.near_text) is not None
    if symbol.container or symbol.kind == "method":
        member = re.search(rf"(\.|->|::)\s*{name}\b", place.near_text) is not None
        return member or (called and symbol.path == place.path)  # in Java and C++ a class calls its own by name
    return called
