"""Setting types of single values: booleans, integers, choices and text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from attrs import frozen

from autothink_lsp.settings.types.base import ParsedValue, SettingType, is_writable

ChoiceT = TypeVar("ChoiceT", bound=str)

Narrower = Literal["", "lower", "higher"]
"""Which of two numbers costs less or forbids more; empty if neither does."""

_BOOLEAN_WORDS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}


class BooleanType(SettingType[bool]):
    """True or false."""

    @property
    def accepts(self) -> str:
        return "true or false"

    def parse(self, raw: object, folder: Path | None) -> ParsedValue[bool]:
        return ParsedValue(raw) if isinstance(raw, bool) else self.reject(raw)

    def from_text(self, text: str) -> object:
        return _BOOLEAN_WORDS.get(text.strip().lower(), text)

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@frozen
class IntegerType(SettingType[int]):
    """An integer from ``minimum`` to ``maximum``, both included."""

    minimum: int
    maximum: int
    narrower: Narrower = ""

    @property
    def accepts(self) -> str:
        return f"a whole number from {self.minimum} to {self.maximum}"

    def parse(self, raw: object, folder: Path | None) -> ParsedValue[int]:
        if isinstance(raw, float) and raw.is_integer():
            raw = int(raw)  # JSON has one number type, and some clients write every number as 600.0
        if isinstance(raw, bool) or not isinstance(raw, int) or not self.minimum <= raw <= self.maximum:
            return self.reject(raw)
        return ParsedValue(raw)

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
class AutoOrIntegerType(SettingType[int | Literal["auto"]]):
    """The word ``auto``, or an integer. ``auto`` means integers from ``auto_minimum`` to ``auto_maximum``; only
    ``narrow`` uses these two."""

    number: IntegerType
    auto_minimum: int = 0
    auto_maximum: int = 0

    @property
    def accepts(self) -> str:
        return f'"auto" or {self.number.accepts}'

    def parse(self, raw: object, folder: Path | None) -> ParsedValue[int | Literal["auto"]]:
        if isinstance(raw, str) and raw.strip().lower() == "auto":
            return ParsedValue("auto")
        number = self.number.parse(raw, folder)
        return self.reject(raw) if number.value is None else ParsedValue(number.value)

    def narrow(self, below: int | Literal["auto"], above: int | Literal["auto"]) -> int | Literal["auto"]:
        """``above``, but only if each number that it may mean is as narrow as each that ``below`` may mean."""
        least, most = self._range(above)
        least_below, most_below = self._range(below)
        if self.number.narrower == "lower":
            return above if most <= least_below else below
        return above if self.number.narrower == "higher" and least >= most_below else below

    def _range(self, value: int | Literal["auto"]) -> tuple[int, int]:
        return (self.auto_minimum, self.auto_maximum) if value == "auto" else (value, value)

    def from_text(self, text: str) -> object:
        return self.number.from_text(text)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "enum": ["auto"]}, self.number.schema()]}


@frozen
class ChoiceType(SettingType[ChoiceT]):
    """One of a few words, in upper or lower case. ``is_ranked``: the words are ordered, the one that costs least
    first. ``descriptions`` has one sentence for each word, or is empty."""

    words: Sequence[ChoiceT]
    is_ranked: bool = False
    descriptions: Sequence[str] = ()

    @property
    def accepts(self) -> str:
        return "one of " + ", ".join(f'"{word}"' for word in self.words)

    def parse(self, raw: object, folder: Path | None) -> ParsedValue[ChoiceT]:
        given = raw.strip().lower() if isinstance(raw, str) else raw
        return next((ParsedValue(word) for word in self.words if word == given), self.reject(raw))

    def narrow(self, below: ChoiceT, above: ChoiceT) -> ChoiceT:
        return min(below, above, key=self.words.index) if self.is_ranked else below

    def schema(self) -> dict[str, Any]:
        return {"type": "string", **enum_schema(self.words, self.descriptions)}


@frozen
class TextType(SettingType[str]):
    """One line of text; ``noun`` says what it means."""

    noun: str

    @property
    def accepts(self) -> str:
        return self.noun

    def parse(self, raw: object, folder: Path | None) -> ParsedValue[str]:
        if not isinstance(raw, str) or not is_writable(raw):
            return self.reject(raw)
        return ParsedValue(raw.strip())

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}


def enum_schema(words: Sequence[str], descriptions: Sequence[str]) -> dict[str, Any]:
    """The words as ``enum``, and their descriptions in the keyword that VS Code and its JSON editor show."""
    described = {"enumDescriptions": list(descriptions)} if descriptions else {}
    return {"enum": list(words), **described}
