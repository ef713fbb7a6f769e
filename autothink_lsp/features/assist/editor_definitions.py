"""Definitions from the editor's language servers, for names that the project's index does not resolve: members,
libraries, names with several definitions.

The editor gets places in the document (``autothink/definitions``). Its answer is untrusted data: it is cut to a few
lines, and each file must pass the privacy gate, like every other part of a prompt.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence

from attrs import field, frozen

from autothink_lsp.context.paths import display_path
from autothink_lsp.context.snippets import ContextSnippet, Excerpt, words
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.document.uri_identity import is_same_document
from autothink_lsp.features.assist.target import Target
from autothink_lsp.values import Point

logger = logging.getLogger(__name__)

_MOST_PLACES = 12
_MOST_SHOWN = 6
_MOST_LINES = 8
_MOST_CHARS = 600
_IDENTIFIER = re.compile(r"[^\W\d]\w{2,}")


@frozen
class EditorDefinition:
    """The definition of the name at a place. ``number`` is the place's index in the request."""

    number: int
    uri: str
    start_line: int
    end_line: int  # the last line
    signature: str = field(default="", repr=False)  # as the editor shows it on hover


AskEditor = Callable[[Snapshot, Sequence[Point]], Awaitable[Sequence[EditorDefinition] | None]]
"""Asks the editor for the definitions of the names at places. Empty where it knows none, ``None`` without an answer;
raises nothing."""


@frozen
class NamedPlace:
    """A name that a target uses, and its position."""

    name: str
    point: Point


def unknown_places(target: Target, message: str, known: Iterable[str]) -> list[NamedPlace]:
    """The names in the target to resolve through the editor: those in the message first, then called ones, without the
    ``known`` names and the target's own."""
    message_words, left_out = set(words(message)), {*known, target.name}
    ranked: dict[str, tuple[int, NamedPlace]] = {}
    wanted = set(words(target.code))
    for number, line in enumerate(target.code.split("\n")):
        for match in _IDENTIFIER.finditer(line):
            name = match.group()
            if name in left_out or name not in wanted:
                continue
            is_called = line[match.end() :].lstrip().startswith("(")
            rank = 0 if name in message_words else 1 if is_called else 2
            column = match.start() + (target.start.column if number == 0 else 0)
            place = NamedPlace(name, Point(target.start.line + number, column))
            if name not in ranked or rank < ranked[name][0]:
                ranked[name] = (rank, place)
    chosen = sorted((one for one in ranked.values() if one[0] < 2), key=lambda one: one[0])
    return [place for _, place in chosen[:_MOST_PLACES]]


async def editor_snippets(
    ask: AskEditor,
    snapshot: Snapshot,
    places: Sequence[NamedPlace],
    *,
    folder: str | None,
    source: str,
    text_of: Callable[[str], Text | None],
) -> list[ContextSnippet]:
    """The signatures, in other files, of the definitions that the editor returns for the names at ``places``."""
    if not places:
        return []
    found: list[ContextSnippet] = []
    for one in await ask(snapshot, [place.point for place in places]) or ():
        if is_same_document(one.uri, snapshot.uri) or not 0 <= one.number < len(places):
            continue
        name, text = places[one.number].name, text_of(one.uri)
        first = one.start_line
        stop = max(first + 1, min(one.end_line + 1, first + _MOST_LINES))
        excerpts: tuple[Excerpt, ...] = ()
        shown = "\n".join(one.signature.split("\n")[:_MOST_LINES])[:_MOST_CHARS].strip()
        if not shown:
            if text is None or first >= text.line_count:
                continue
            stop = min(stop, text.line_count)
            shown = "\n".join(text.lines(first, stop))[:_MOST_CHARS]
            excerpts = (Excerpt.of(text, first, stop),)
        path = display_path(one.uri, folder)
        reason = f"the editor says that {name} is defined there"
        snippet = ContextSnippet(source, path, shown, reason, one.uri, may_end_early=True, excerpts=excerpts)
        if all((snippet.path, snippet.text) != (other.path, other.text) for other in found):
            found.append(snippet)
        if len(found) == _MOST_SHOWN:
            break
    return found
