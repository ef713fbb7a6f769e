"""Kinds whose values add up over the layers: ignore patterns and switches per language.

Both can be narrowed by an untrusted layer: more files excluded, more languages switched off, never the reverse.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attrs import frozen

from autothink_lsp.settings.kinds import Kind, Problem, Reading, described, is_writable, toml_value

REST = "*"
"""The key that stands for every language which is not named."""
MAX_ITEMS = 20_000
"""Of one list or table of languages; of more only so many are read, and a problem says so."""


class IgnorePatterns(Kind[tuple[str, ...]]):
    """Patterns as in .gitignore, in order: the last one that matches a file decides, ``!pattern`` takes back.

    Layers add up. A layer that could only replace the list would drop the secrets' names by accident.
    """

    @property
    def accepts(self) -> str:
        return "a list of patterns as in .gitignore"

    def read(self, raw: object, folder: Path | None) -> Reading[tuple[str, ...]]:
        if not isinstance(raw, list):
            return self.refuse(raw)
        patterns: list[str] = []
        problems: list[Problem] = []
        if len(raw) > MAX_ITEMS:
            # One pattern more than are matched: with too many of them every file is excluded (context/exclusion.py).
            requirement = f"must have at most {MAX_ITEMS:,} patterns"
            problems.append(Problem(requirement, consequence="every file is excluded"))
        for index, item in enumerate(raw[: MAX_ITEMS + 1]):
            if not isinstance(item, str) or not _is_pattern(item):
                problems.append(Problem("must be a pattern as in .gitignore", described(item), f"[{index}]"))
            else:
                # Spaces go first: some readers of patterns drop them, and then " !x" would take a pattern back.
                patterns.append(item.strip())
        return Reading(tuple(patterns), tuple(problems))

    def from_text(self, text: str) -> object:
        return _list_from_text(text)

    def merge(self, below: tuple[str, ...], above: tuple[str, ...]) -> tuple[str, ...]:
        # Only the last of equal patterns can decide, so the earlier ones go: a client that sends the defaults back
        # does not double the list.
        last = frozenset(above)
        return (*(pattern for pattern in below if pattern not in last), *above)

    def narrow(self, below: tuple[str, ...], above: tuple[str, ...]) -> tuple[str, ...]:
        return self.merge(below, tuple(pattern for pattern in above if not pattern.startswith("!")))

    def shown(self, value: tuple[str, ...]) -> list[str]:
        return list(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string"}}


class LanguageSwitches(Kind[Mapping[str, bool]]):
    """Language id to on or off, ``*`` for the rest (on where nothing is said). A list means "only these".

    A later layer that says something of ``*`` replaces what is below it, any other changes only the languages it names.
    An empty list says nothing: it is how Lua clients write an empty table.
    """

    @property
    def accepts(self) -> str:
        return 'a table of language ids with true or false ("*" for the rest), or a list of the only languages wanted'

    def read(self, raw: object, folder: Path | None) -> Reading[Mapping[str, bool]]:
        if isinstance(raw, list):
            pairs = [(f"[{index}]", item, True) for index, item in enumerate(raw[:MAX_ITEMS])]
            switches: dict[str, bool] = {REST: False} if raw else {}
        elif isinstance(raw, dict):
            said = islice(raw.items(), MAX_ITEMS)
            pairs = [(f".{language}", language, on) for language, on in said if on is not None]
            switches = {}
        else:
            return self.refuse(raw)
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
        only_bad = bool(problems) and not switches.keys() - {REST}  # a list of nothing usable must not mean "none"
        return Reading(None if only_bad else MappingProxyType(switches), tuple(problems))

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

    def shown(self, value: Mapping[str, bool]) -> dict[str, bool]:
        return dict(value)

    def schema(self) -> dict[str, Any]:
        return {
            "anyOf": [
                {"type": "object", "additionalProperties": {"type": "boolean"}},
                {"type": "array", "items": {"type": "string"}},
            ]
        }


@frozen
class SomeOf(Kind[tuple[str, ...]]):
    """Any of a few words, each once, in the words' own order. ``forbids``: each word forbids something, so that more
    words are narrower."""

    words: tuple[str, ...]
    forbids: bool = False

    @property
    def accepts(self) -> str:
        return "a list of any of " + ", ".join(f'"{word}"' for word in self.words)

    def read(self, raw: object, folder: Path | None) -> Reading[tuple[str, ...]]:
        if not isinstance(raw, list):
            return self.refuse(raw)
        said = [item.strip().lower() if isinstance(item, str) else item for item in raw[:MAX_ITEMS]]
        problems = [
            Problem(f"must be one of {', '.join(self.words)}", described(item), f"[{index}]")
            for index, item in enumerate(said)
            if item not in self.words
        ]
        known = tuple(word for word in self.words if word in said)
        return Reading(None if problems and not known else known, tuple(problems))

    def from_text(self, text: str) -> object:
        return _list_from_text(text)

    def narrow(self, below: tuple[str, ...], above: tuple[str, ...]) -> tuple[str, ...]:
        if self.forbids:
            return tuple(word for word in self.words if word in below or word in above)
        return tuple(word for word in below if word in above)

    def shown(self, value: tuple[str, ...]) -> list[str]:
        return list(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string", "enum": list(self.words)}, "uniqueItems": True}


def is_on(switches: Mapping[str, bool], language: str) -> bool:
    """Whether a language is switched on; ``*`` asks for the languages that are not named."""
    return switches.get(language.lower(), switches.get(REST, True))


def _is_pattern(text: str) -> bool:
    """Whether it can be a pattern of .gitignore: a bare ``!`` or ``/`` and an escaped end of line are not."""
    return is_writable(text) and text.strip().strip("!/") != "" and not text.strip().endswith("\\")


def _list_from_text(text: str) -> object:
    """``[...]`` as in TOML, else the parts between commas."""
    value = toml_value(text)
    if isinstance(value, list):
        return value
    return [part.strip() for part in text.split(",") if part.strip()]
