"""What every layer shares: positions, ranges and edits in the units of LSP, and points in code points.

Two coordinate systems exist and are never mixed: ``Position`` counts ``character`` in units of the encoding that the
client negotiated (LSP 3.18, "Position"), ``Point`` counts ``column`` in Unicode code points. Converting needs the
line's text and happens in ``document/positions.py`` only.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from attrs import define, fields

if TYPE_CHECKING:  # so that type checkers know their parameters, too
    from attrs import evolve, frozen
else:

    def frozen(kind: type | None = None, /, *, eq: bool = True, **options: bool) -> Any:
        """As ``attrs.frozen``, but only type checkers forbid to change an instance. What forbids it at run time makes
        each field two lookups and a call in the constructor, and a keystroke makes a hundred instances."""
        made = define(eq=eq, unsafe_hash=eq or None, **options)
        return made if kind is None else made(kind)

    def evolve(instance: Any, /, **changes: object) -> Any:
        """As ``attrs.evolve``, which looks at every field of the class in each call: a keystroke makes a dozen."""
        kind = type(instance)
        names, read = _FIELDS.get(kind) or _fields_of(kind)
        return kind(**dict(zip(names, read(instance), strict=True), **changes))


_FIELDS: dict[type, tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]] = {}


def _fields_of(kind: type) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """The parameters of the class, and a function that reads their values from an instance."""
    found = [one for one in fields(kind) if one.init]
    read = attrgetter(*(one.name for one in found))
    known = tuple(one.alias for one in found), (read if len(found) > 1 else lambda one: (read(one),))
    _FIELDS[kind] = known
    return known


class PositionEncoding(StrEnum):
    """How a client counts ``character``. The values are LSP's ``PositionEncodingKind``."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


class Position(NamedTuple):
    """A place as the client says it: zero-based line, offset in units of the negotiated encoding."""

    line: int
    character: int


class Range(NamedTuple):
    """Half open, in client units."""

    start: Position
    end: Position


class Point(NamedTuple):
    """A place as we count it: zero-based line, column in code points of that line's text."""

    line: int
    column: int


@frozen
class TextEdit:
    """Replace what stands in ``range`` (client units) by ``new_text``."""

    range: Range
    new_text: str


@frozen
class RelatedPlace:
    """A place that a checker names as a part of a diagnostic's cause. ``line`` counts from 0."""

    uri: str
    line: int
    message: str


@frozen
class Diagnostic:
    """A message of some checker about a range of a document, in our points. What the editor shows as a squiggle."""

    start: Point
    end: Point
    message: str
    severity: Literal["error", "warning", "information", "hint"] = "error"
    code: str = ""
    source: str = ""
    related: tuple[RelatedPlace, ...] = ()
    documentation: str = ""  # the address of a page about the code
    tags: tuple[Literal["unnecessary", "deprecated"], ...] = ()


@frozen
class ChatMessage:
    """One turn of a chat. An assistant's turn holds the extracted answer only, never thinking."""

    role: Literal["system", "user", "assistant"]
    content: str
