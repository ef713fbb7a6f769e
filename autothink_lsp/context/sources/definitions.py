"""The signatures of what is named near the cursor: from the project's index, or the document's own other parts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autothink_lsp.context.index.symbols import Symbol
from autothink_lsp.context.knowledge import Knowledge
from autothink_lsp.context.place import Piece, Place
from autothink_lsp.context.sources.imports import leads_to

NAME = "definitions"
_MOST_NAMES = 80
# A name that so many places define is a common word, unless one of them is at hand.
_MOST_SAME = 3


def pieces(place: Place, knowledge: Knowledge) -> Iterator[Piece]:
    """The nearest name first; what the window shows anyway is left out."""
    near = list(place.near_words)[:_MOST_NAMES]
    imported = {name: one.source or "" for one in knowledge.imports(place.snapshot) for name in one.names}
    for name, symbols in knowledge.named(near, place).items():
        symbol = _best(symbols, place, imported.get(name))
        if symbol is None:
            continue
        own = symbol.path == place.path
        away = place.near_words[name]
        where = "in this file" if own else f"in {symbol.path}"
        reason = f"{name} is used {away} lines from the cursor, defined {where}"
        yield Piece(NAME, symbol.path, knowledge.stub(symbol, place), reason, knowledge.uri(symbol, place))


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
