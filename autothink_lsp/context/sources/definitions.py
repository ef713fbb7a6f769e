"""The signatures of what is named near the cursor: from the project's index, or the document's own other parts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autothink_lsp.context.import_paths import leads_to
from autothink_lsp.context.index.symbols import Symbol
from autothink_lsp.context.knowledge import Knowledge
from autothink_lsp.context.place import Piece, Place, words

NAME = "definitions"
_MOST_NAMES = 80
# A name that so many places define is a common word, unless one of them is at hand.
_MOST_SAME = 3
_OUTLINE_CHARS = 300
_AT_HAND = 2  # lines from the cursor
_HEADER_AWAY = 6


def pieces(place: Place, knowledge: Knowledge) -> Iterator[Piece]:
    """The nearest name first, then what the class around the cursor has besides; what the window shows is left out."""
    own = knowledge.own(place)
    holder = _class_around(own, place)
    near = dict(list(place.near_words.items())[:_MOST_NAMES])
    for word in words(holder.signature) if holder is not None else ():
        near.setdefault(word, _HEADER_AWAY)  # its base classes
    imported = {name: one.source or "" for one in knowledge.imports(place.snapshot) for name in one.names}
    outlined = False
    found = knowledge.named(near, place)
    for name, symbols in sorted(found.items(), key=lambda item: near[item[0]]):
        if near[name] > _AT_HAND and not outlined:
            outlined = True
            yield from _outline(own, holder, place, knowledge)
        symbol = _best(symbols, place, imported.get(name))
        if symbol is None or symbol == holder:
            continue
        where = "in this file" if symbol.path == place.path else f"in {symbol.path}"
        reason = f"{name} is used {near[name]} lines from the cursor, defined {where}"
        yield Piece(NAME, symbol.path, knowledge.stub(symbol, place), reason, knowledge.uri(symbol, place))
    if not outlined:
        yield from _outline(own, holder, place, knowledge)


def _class_around(own: list[Symbol], place: Place) -> Symbol | None:
    """The class of this file that the cursor stands in, as far as lines tell."""
    above = [symbol for symbol in own if symbol.line < place.point.line]
    outer = next((symbol for symbol in reversed(above) if not symbol.container), None)
    indented = place.snapshot.text.line(place.point.line)[: place.point.column][:1].isspace()
    return outer if outer is not None and outer.kind in {"class", "type"} and indented else None


def _outline(own: list[Symbol], holder: Symbol | None, place: Place, knowledge: Knowledge) -> Iterator[Piece]:
    """The members of the cursor's own class that the window does not show, the nearest ones."""
    if holder is None:
        return
    members = [
        symbol
        for symbol in own
        if symbol.container == holder.name and not place.first <= symbol.line < place.stop and symbol.name[:2] != "__"
    ]
    nearest: list[Symbol] = []
    for symbol in sorted(members, key=lambda symbol: abs(symbol.line - place.point.line)):
        if sum(len(one.signature) for one in (*nearest, symbol)) <= _OUTLINE_CHARS:
            nearest.append(symbol)
    if nearest:
        shown = sorted(nearest, key=lambda symbol: symbol.line)
        reason = f"members of {holder.name}, in which the cursor stands, outside of the window"
        yield Piece(NAME, place.path, knowledge.with_members(holder, shown), reason)


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
    """Whether the name is used as what the symbol is: a local variable may be called like somebody's method."""
    name = re.escape(symbol.name)
    if symbol.kind in {"class", "type"}:
        return True
    called = symbol.kind == "variable" or re.search(rf"\b{name}\s*[(<!]", place.near_text) is not None
    if symbol.container or symbol.kind == "method":
        member = re.search(rf"(\.|->|::)\s*{name}\b", place.near_text) is not None
        return member or (called and symbol.path == place.path)  # in Java and C++ a class calls its own by name
    return called
