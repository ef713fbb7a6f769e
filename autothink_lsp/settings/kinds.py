"""The kinds of value that a setting can hold: what each accepts, says of itself in a schema, and does with two layers.

A kind is the one place that knows how a value is checked, read from an environment variable, shown without secrets
and combined with the layer below. It reads no files, knows no keys and never raises for bad input: what cannot be used
comes back as ``Problem`` beside whatever could. Addresses and lists have their kinds in ``kinds_of_address`` and
``kinds_of_list``.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from attrs import frozen

T = TypeVar("T")
ChoiceT = TypeVar("ChoiceT", bound=str)

# Control characters break log lines and paths; lone surrogates (JSON can carry them) cannot be written as UTF-8.
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@frozen
class Problem:
    """Why a value, or the part of it at ``part`` (``[2]``, ``.python``; empty for the whole), cannot be used.

    ``requirement`` completes the sentence "KEY …", and ``consequence`` ends it. ``got`` is the value as it may be
    shown, empty where it could be a secret.
    """

    requirement: str
    got: str = ""
    part: str = ""
    consequence: str = "it is ignored"


@frozen
class Reading(Generic[T]):
    """The usable value, or ``None`` where there is none, and what was wrong."""

    value: T | None
    problems: tuple[Problem, ...] = ()


class Kind(ABC, Generic[T]):
    """One kind of value. Kinds hold no state, so that settings can share them."""

    @property
    @abstractmethod
    def accepts(self) -> str:
        """A noun phrase for messages and the documentation: ``a whole number from 1 to 64``."""

    @abstractmethod
    def read(self, raw: object, folder: Path | None) -> Reading[T]:
        """Check what a file, a client or ``from_text`` gave. Relative paths are meant relative to ``folder``."""

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """JSON schema (draft 7) of the accepted values, without default and description."""

    def from_text(self, text: str) -> object:
        """What the text of an environment variable stands for; ``read`` checks it afterwards."""
        value = toml_value(text)
        return value if isinstance(value, str) else text

    def merge(self, below: T, above: T) -> T:
        """The value when a later layer says ``above``: most kinds are replaced."""
        return above

    def narrow(self, below: T, above: T) -> T:
        """As ``merge``, but only as far as it forbids something that ``below`` allows."""
        return below

    def shown(self, value: T) -> Any:
        """The value for people and for JSON, secrets masked."""
        return value

    def refuse(self, raw: object, *, secret: bool = False) -> Reading[T]:
        """Nothing usable: the value is not what the kind accepts."""
        return Reading(None, (Problem(f"must be {self.accepts}", "" if secret else described(raw)),))


class Switch(Kind[bool]):
    """On or off."""

    @property
    def accepts(self) -> str:
        return "true or false"

    def read(self, raw: object, folder: Path | None) -> Reading[bool]:
        return Reading(raw) if isinstance(raw, bool) else self.refuse(raw)

    def from_text(self, text: str) -> object:
        words = {
            "true": True,
            "1": True,
            "yes": True,
            "on": True,
            "false": False,
            "0": False,
            "no": False,
            "off": False,
        }
        return words.get(text.strip().lower(), text)

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


Narrower = Literal["", "lower", "higher"]
"""Which of two numbers costs less or forbids more; empty where that cannot be said."""


@frozen
class WholeNumber(Kind[int]):
    """An integer between two bounds, both included."""

    minimum: int
    maximum: int
    narrower: Narrower = ""

    @property
    def accepts(self) -> str:
        return f"a whole number from {self.minimum} to {self.maximum}"

    def read(self, raw: object, folder: Path | None) -> Reading[int]:
        if isinstance(raw, float) and raw.is_integer():
            raw = int(raw)  # JSON has one kind of number, and some clients write every number as 600.0
        if isinstance(raw, bool) or not isinstance(raw, int) or not self.minimum <= raw <= self.maximum:
            return self.refuse(raw)
        return Reading(raw)

    def narrow(self, below: int, above: int) -> int:
        if self.narrower == "":
            return below
        return min(below, above) if self.narrower == "lower" else max(below, above)

    def from_text(self, text: str) -> object:
        try:
            return int(text)
        except ValueError:
            return text

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


@frozen
class AutoOr(Kind[int | Literal["auto"]]):
    """The word ``auto``, or a number. ``auto`` chooses numbers from ``auto_least`` to ``auto_most``, which count for
    ``narrow`` only."""

    number: WholeNumber
    auto_least: int = 0
    auto_most: int = 0

    @property
    def accepts(self) -> str:
        return f'"auto" or {self.number.accepts}'

    def read(self, raw: object, folder: Path | None) -> Reading[int | Literal["auto"]]:
        if isinstance(raw, str) and raw.strip().lower() == "auto":
            return Reading("auto")
        number = self.number.read(raw, folder)
        return self.refuse(raw) if number.value is None else Reading(number.value)

    def narrow(self, below: int | Literal["auto"], above: int | Literal["auto"]) -> int | Literal["auto"]:
        """``above`` only where each number that it may mean is as narrow as each that ``below`` may mean."""
        least, most = self._range(above)
        least_below, most_below = self._range(below)
        if self.number.narrower == "lower":
            return above if most <= least_below else below
        return above if self.number.narrower == "higher" and least >= most_below else below

    def _range(self, value: int | Literal["auto"]) -> tuple[int, int]:
        return (self.auto_least, self.auto_most) if value == "auto" else (value, value)

    def from_text(self, text: str) -> object:
        return self.number.from_text(text)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "enum": ["auto"]}, self.number.schema()]}


@frozen
class Choice(Kind[ChoiceT]):
    """One of a few words, in any case. ``ranked``: the words stand in an order, the one that costs least first."""

    words: Sequence[ChoiceT]
    ranked: bool = False

    @property
    def accepts(self) -> str:
        return "one of " + ", ".join(f'"{word}"' for word in self.words)

    def read(self, raw: object, folder: Path | None) -> Reading[ChoiceT]:
        said = raw.strip().lower() if isinstance(raw, str) else raw
        return next((Reading(word) for word in self.words if word == said), self.refuse(raw))

    def narrow(self, below: ChoiceT, above: ChoiceT) -> ChoiceT:
        return min(below, above, key=self.words.index) if self.ranked else below

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.words)}


@frozen
class Text(Kind[str]):
    """Any one line of text; ``noun`` says what it means."""

    noun: str

    @property
    def accepts(self) -> str:
        return self.noun

    def read(self, raw: object, folder: Path | None) -> Reading[str]:
        if not isinstance(raw, str) or not is_writable(raw):
            return self.refuse(raw)
        return Reading(raw.strip())

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}


def one_line(text: str) -> str:
    """The text with everything escaped that would break a line of a log or could not be encoded."""
    return _UNWRITABLE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def is_writable(text: str) -> bool:
    """Whether the text is one line without control characters that can be encoded as UTF-8."""
    return _UNWRITABLE.search(text) is None


def described(raw: object) -> str:
    """A value as a message may repeat it: short, on one line, ASCII only."""
    if isinstance(raw, bool | int | float | str):
        if isinstance(raw, int) and abs(raw) >= 10**40:
            return "a huge number"  # writing it out could be slow, and Python refuses to beyond 4,300 digits
        shown = json.dumps(raw)
        return shown if len(shown) <= 40 else shown[:37] + "..."
    if isinstance(raw, dict):
        return "a table"
    if isinstance(raw, list | tuple):
        return "a list"
    return "nothing" if raw is None else f"a {type(raw).__name__}"


def toml_value(text: str) -> object | None:
    """The text as one TOML value, or ``None`` where it is not one."""
    import tomllib

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):  # TOMLDecodeError is a ValueError; so is a number with too many digits
        return None
