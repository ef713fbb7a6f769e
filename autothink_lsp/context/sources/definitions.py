"""The signatures of names near the cursor: from the project's index, or from other parts of the document."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autothink_lsp.context.import_paths import leads_to
from autothink_lsp.context.index.symbols import Symbol
from autothink_lsp.context.knowledge import Knowledge
from autothink_lsp.context.snippets import ContextSnippet, SourceQuery, occurrences, words
from autothink_lsp.context.sources import own_file

NAME = "definitions"
_MOST_NAMES = 80
# A name with more definitions is a common word, unless one of them is near.
_MOST_SAME = 3
_AT_HAND = 2  # lines from the cursor
_HEADER_AWAY = 3
_BASE_AWAY = 6
_MODULE_AWAY = 4
_ASSIGNMENT = re.compile(r"\s{0,40}+(?::(?!=)|:?=(?!=))")  # or the annotation of a type
_CALL = re.compile(r"\s{0,40}+[(<!]")
_OBJECT = re.compile(r"(?:\.|->|::)\s*\Z")
_OBJECT_CHARS = 100
_LOOKED_UP = 8  # names near the cursor whose types are looked up


def snippets(query: SourceQuery, knowledge: Knowledge) -> Iterator[ContextSnippet]:
    """The definitions of the nearest names first, then other members of the class around the cursor; without those that
    the window shows."""
    own = knowledge.own(query)
    holder = own_file.class_around(own, query)
    members = own_file.members_of(own, holder, query) if holder is not None else []
    bases = frozenset(words(holder.signature)) - {holder.name} if holder is not None else frozenset()
    near = _near(query, members, bases)
    imported = {name: one.source or "" for one in knowledge.imports(query.snapshot) for name in one.names}
    yield from own_file.wanted([*own, *members], query, frozenset(imported))
    outlined = False
    found = knowledge.named(near, query)
    for name in sorted(near, key=lambda name: near[name]):
        if near[name] > _AT_HAND and not outlined:
            outlined = True
            if holder is not None:
                yield from own_file.outline(members, holder, query, knowledge)
        symbol = _best(found.get(name, []), query, imported.get(name))
        if symbol is None and name in imported and near[name] <= _MODULE_AWAY:
            module = knowledge.module(f"{imported[name]}.{name}", query)
            if module is not None:
                reason = f"{name}, {near[name]} lines from the cursor, is a file of the project"
                yield module.snippet(NAME, reason)
        if symbol is None or symbol == holder:
            continue
        where = "in this file" if symbol.path == query.path else f"in {symbol.path}"
        reason = f"{name} is used {near[name]} lines from the cursor, defined {where}"
        yield knowledge.snippet(NAME, symbol, query, reason, inside=name in bases)
    if not outlined and holder is not None:
        yield from own_file.outline(members, holder, query, knowledge)
    yield from own_file.rest(own, query)


def _near(query: SourceQuery, members: list[Symbol], bases: frozenset[str]) -> dict[str, int]:
    """The names near the cursor and the names of their types, each with its distance in lines."""
    near = dict(list(query.near_words.items())[:_MOST_NAMES])
    for header in query.headers:  # types of parameters
        for word in words(header):
            near[word] = min(near.get(word, _HEADER_AWAY), _HEADER_AWAY)
    for word in bases:
        near.setdefault(word, _BASE_AWAY)
    at_hand = [name for name, away in near.items() if away <= _AT_HAND][:_LOOKED_UP]
    kinds = {one.name: one.signature for one in members if one.kind == "variable"}
    for name in at_hand:
        for word in words(kinds.get(name) or _last_assigned(name, query)):
            near[word] = min(near.get(word, _AT_HAND), _AT_HAND)
    return near


def _last_assigned(name: str, query: SourceQuery) -> str:
    """The latest line of the window that assigns a local name or annotates its type."""
    above = query.window_text.split("\n")[: max(0, query.point.line - query.first)]
    return next((line for line in reversed(above) if _is_before(name, line, _ASSIGNMENT)), "")


def _best(symbols: list[Symbol], query: SourceQuery, source: str | None) -> Symbol | None:
    """The most likely definition of a name; ``None`` where that would be a guess, or where the window shows it."""
    own = [symbol for symbol in symbols if symbol.path == query.path]
    if any(query.first <= symbol.line < query.stop for symbol in own):
        return None
    symbols = [symbol for symbol in symbols if _is_meant(symbol, query)]
    own = [symbol for symbol in own if symbol in symbols]
    if source is not None:
        others = [symbol for symbol in symbols if symbol.path != query.path]
        return next((symbol for symbol in others if leads_to(source, symbol.path)), None)
    if own:
        return own[0]
    if len(symbols) > _MOST_SAME:
        return None
    return next((symbol for symbol in symbols if symbol.kind != "variable"), None)


def _is_meant(symbol: Symbol, query: SourceQuery) -> bool:
    """Whether the name is used as the kind of symbol that it is: a local variable may have the name of a method."""
    name, text = symbol.name, query.near_text
    if symbol.kind in {"class", "type"}:
        return True
    called = symbol.kind == "variable" or _is_before(name, text, _CALL)
    if symbol.container or symbol.kind == "method":
        member = any(_OBJECT.search(text[max(0, at - _OBJECT_CHARS) : at]) for at in occurrences(name, text))
        return member or (called and symbol.path == query.path)  # in Java and C++ a class calls its own methods by name
    return called


def _is_before(name: str, text: str, pattern: re.Pattern[str]) -> bool:
    """Whether the name stands somewhere in front of what ``pattern`` matches."""
    return any(pattern.match(text, at + len(name)) for at in occurrences(name, text))
