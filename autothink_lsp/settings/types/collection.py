"""Setting types of several values: ignore patterns, switches per language, and sets of words.

An untrusted layer can narrow them: exclude more files, switch more languages off, never the reverse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attrs import frozen

from autothink_lsp.settings.types.base import ParsedValue, Problem, SettingType, described, is_writable, toml_value
from autothink_lsp.settings.types.scalar import enum_schema

REST = "*"
"""The key that means every language that is not named."""
MAX_ITEMS = 20_000
"""The most items of a list or table of languages that are read; a problem reports that there are more."""


class IgnorePatternsType(SettingType[tuple[str, ...]]):
    """Patterns as in .gitignore, in order: the last one that matches a file decides, ``!pattern`` includes it again.

    A layer's patterns are appended to those of the layers below: replacing the list could unintentionally remove the
    built-in names of secret files.
    """

    @property
    def accepts(self) -> str:
        return "a list of patterns as in .gitignore"

    def parse(self, raw: object, folder: Path | None) -> ParsedValue[tuple[str, ...]]:
        if not isinstance(raw, list):
            return self.reject(raw)
        patterns: list[str] = []
        problems: list[Problem] = []
        if len(raw) > MAX_ITEMS:
            # One more than the limit is read: with too many patterns every file is excluded (context/exclusion.py).
            requirement = f"must have at most {MAX_ITEMS:,} patterns"
            problems.append(Problem(requirement, consequence="every file is excluded"))
        for index, item in enumerate(raw[: MAX_ITEMS + 1]):
            if not isinstance(item, str) or not _is_pattern(item):
                problems.append(Problem("must be a pattern as in .gitignore", described(item), f"[{index}]"))
            else:
                # Strip first: some pattern parsers drop leading spaces, and " !x" would then include a file again.
                patterns.append(item.strip())
        return ParsedValue(tuple(patterns), tuple(problems))

    def from_text(self, text: str) -> object:
        return _list_from_text(text)

    def merge(self, below: tuple[str, ...], above: tuple[str, ...]) -> tuple[str, ...]:
        # Only the last of equal patterns can decide, so earlier ones are removed: a client that sends the defaults
        # back does not double the list.
        last = frozenset(above)
        return (*(pattern for pattern in below if pattern not in last), *above)

    def narrow(self, below: tuple[str, ...], above: tuple[str, ...]) -> tuple[str, ...]:
        return self.merge(below, tuple(pattern for pattern in above if not pattern.startswith("!")))

    def masked(self, value: tuple[str, ...]) -> list[str]:
        return list(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string"}}


class LanguageSwitchesType(SettingType[Mapping[str, bool]]):
    """Language id to true or false, ``*`` for all other languages (default: true). A list means "only these".

    A higher layer with ``*`` replaces the table below it; any other layer changes only the languages that it names.
    An empty list changes nothing, because Lua clients write an empty table as a list.
    """

    @property
    def accepts(self) -> str:
        return 'a table of language ids with true or false ("*" for the rest), or a list of the only languages wanted'

    def parse(self, raw: object, folder: Path | None) -> ParsedValue[Mapping[str, bool]]:
        if isinstance(raw, list):
            pairs = [(f"[{index}]", item, True) for index, item in enumerate(raw[:MAX_ITEMS])]
            switches: dict[str, bool] = {REST: False} if raw else {}
        elif isinstance(raw, dict):
            items = islice(raw.items(), MAX_ITEMS)
            pairs = [(f".{language}", language, on) for language, on in items if on is not None]
            switches = {}
        else:
            return self.reject(raw)
        problems: list[Problem] = []
        if len(raw) > MAX_ITEMS:
            problems.append(Problem(f"must have at most {MAX_ITEMS:,} languages", consequence="the rest is ignored"))
        for part, language, on in pairs:
            if not isinstance(language, str) or not language.strip() or not is_writable(language):
                problems.append(Problem("must be a language id", described(language), part if part[0] == "[" else ""))
            elif not isinstance(on, bool):
                problems.append(Problem("must be true or false", described(on), part))
            else:
                switches[language.strip().lower()] = on
        only_bad = bool(problems) and not switches.keys() - {REST}  # a list without a valid item must not mean "none"
        return ParsedValue(None if only_bad else MappingProxyType(switches), tuple(problems))

    def from_text(self, text: str) -> object:
        value = toml_value(text)
        return value if isinstance(value, dict) else _list_from_text(text)

    def merge(self, below: Mapping[str, bool], above: Mapping[str, bool]) -> Mapping[str, bool]:
        return above if REST in above else MappingProxyType({**below, **above})

    def narrow(self, below: Mapping[str, bool], above: Mapping[str, bool]) -> Mapping[str, bool]:
        merged = self.merge(below, above)
        languages = {REST, *below, *above}
        if all(is_on(below, language) for language in languages if is_on(merged, language)):
            return merged
        return MappingProxyType({name: is_on(below, name) and is_on(merged, name) for name in sorted(languages)})

    def masked(self, value: Mapping[str, bool]) -> dict[str, bool]:
        return dict(value)

    def schema(self) -> dict[str, Any]:
        return {
            "anyOf": [
                {"type": "object", "additionalProperties": {"type": "boolean"}},
                {"type": "array", "items": {"type": "string"}},
            ]
        }


@frozen
class SubsetType(SettingType[tuple[str, ...]]):
    """Any of a few words, each once, in the order of ``words``. ``forbids``: each word forbids something, so that more
    words are narrower. ``descriptions`` has one sentence for each word, or is empty."""

    words: tuple[str, ...]
    forbids: bool = False
    descriptions: Sequence[str] = ()

    @property
    def accepts(self) -> str:
        return "a list of any of " + ", ".join(f'"{word}"' for word in self.words)

    def parse(self, raw: object, folder: Path | None) -> ParsedValue[tuple[str, ...]]:
        if not isinstance(raw, list):
            return self.reject(raw)
        given = [item.strip().lower() if isinstance(item, str) else item for item in raw[:MAX_ITEMS]]
        problems = [
            Problem(f"must be one of {', '.join(self.words)}", described(item), f"[{index}]")
            for index, item in enumerate(given)
            if item not in self.words
        ]
        known = tuple(word for word in self.words if word in given)
        return ParsedValue(None if problems and not known else known, tuple(problems))

    def from_text(self, text: str) -> object:
        return _list_from_text(text)

    def narrow(self, below: tuple[str, ...], above: tuple[str, ...]) -> tuple[str, ...]:
        if self.forbids:
            return tuple(word for word in self.words if word in below or word in above)
        return tuple(word for word in below if word in above)

    def masked(self, value: tuple[str, ...]) -> list[str]:
        return list(value)

    def schema(self) -> dict[str, Any]:
        return {
            "type": "array",
            "items": {"type": "string", **enum_schema(self.words, self.descriptions)},
            "uniqueItems": True,
        }


def is_on(switches: Mapping[str, bool], language: str) -> bool:
    """Whether a language is switched on; ``*`` is every language that is not named."""
    return switches.get(language.lower(), switches.get(REST, True))


def _is_pattern(text: str) -> bool:
    """Whether the text is a valid .gitignore pattern: a bare ``!`` or ``/`` and an escaped line end are not."""
    return is_writable(text) and text.strip().strip("!/") != "" and not text.strip().endswith("\\")


def _list_from_text(text: str) -> object:
    """A TOML list if the text is one, else its parts between commas."""
    value = toml_value(text)
    if isinstance(value, list):
        return value
    return [part.strip() for part in text.split(",") if part.strip()]
