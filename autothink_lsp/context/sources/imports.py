"""What the document imports: its own import lines that stand above the window, and what the imported names are.

Only names that the window uses. What a name is comes from the project's index; other people's packages are not in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from autothink_lsp.context.knowledge import Knowledge
from autothink_lsp.context.place import Piece, Place, words
from autothink_lsp.syntax.scopes import Import

NAME = "imports"
_MOST_NAMES = 60


def pieces(place: Place, knowledge: Knowledge) -> Iterator[Piece]:
    """The lines first, then a piece for each name, in the order in which the window uses them last."""
    found = knowledge.imports(place.snapshot)
    used = [one for one in found if _known_as(one) & place.window_words]
    text = place.snapshot.text
    above = [one for one in used if one.end.line < place.first]
    lines = dict.fromkeys(
        line for one in above for line in text.lines(one.start.line, min(one.end.line, one.start.line + 12) + 1)
    )
    if lines:
        yield Piece(NAME, place.path, "\n".join(lines) + "\n", "imports that the window uses, above it", head=True)
    sources = {name: one.source or "" for one in used for name in one.names}
    order = {word: place_in for place_in, word in enumerate(words(place.window_text))}
    names = sorted((name for name in sources if name in order), key=lambda name: -order[name])[:_MOST_NAMES]
    for name, symbols in knowledge.named(names, place).items():
        matching = [s for s in symbols if s.path != place.path and leads_to(sources[name], s.path)]
        if matching:
            symbol = matching[0]
            reason = f"{name} is imported from {sources[name]}"
            yield Piece(NAME, symbol.path, knowledge.stub(symbol, place), reason, knowledge.uri(symbol, place))


def leads_to(source: str, path: str) -> bool:
    """Whether an import's source may mean this file: ``a.b.c`` or ``./b/c`` the file ``x/a/b/c.py``, ``b/c/mod.rs``."""
    parts = [part for part in re.split(r"[./\\:]+|\s+", source.strip("\"'<>")) if part and part not in _NO_NAMES]
    folders, _, name = path.rpartition("/")
    stem = name.split(".", 1)[0]
    if not parts:  # ``from . import x``
        return True
    places = [*folders.split("/"), stem]
    # The last part may be a name in the file, or its extension, as in "point.h".
    for end in (len(parts), len(parts) - 1):
        tail = parts[max(0, end - 2) : end]
        if tail and (places[-len(tail) :] == tail or (places[-len(tail) - 1 : -1] == tail)):
            return True
    return False


_NO_NAMES = frozenset({"crate", "super", "self", "mod", "src", "index"})


def _known_as(one: Import) -> frozenset[str]:
    """The names by which the document may use an import."""
    if one.names:
        return frozenset(one.names)
    return frozenset(re.findall(r"\w+", one.source or "")[-2:])
