"""``completion.by_language``: completion settings that differ in some languages, and their setting type.

Only settings that describe how a language is completed can differ: see ``NAMES``. Whether a language is completed at
all is ``completion.languages``. An invalid value is dropped with one problem; the others apply.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import evolve

from autothink_lsp.settings.types.base import ParsedValue, Problem, SettingType, described, is_writable, toml_value

if TYPE_CHECKING:
    from autothink_lsp.settings.model import Settings

NAMES = ("model", "max_tokens", "deadline_ms", "debounce_ms", "confidence", "silent_in")
MAX_LANGUAGES = 500

LanguageTable = Mapping[str, Mapping[str, Any]]
"""Language id in lower case to name of a completion setting to its value."""


class LanguageTableType(SettingType[LanguageTable]):
    """A table of language ids; each has a table of completion settings, of which a higher layer replaces single ones.
    Names may be written as VS Code writes them (``deadlineMs``)."""

    @property
    def accepts(self) -> str:
        return f"a table of language ids, each with a table of {', '.join(NAMES)}"

    def parse(self, raw: object, folder: Path | None) -> ParsedValue[LanguageTable]:
        if raw == []:  # Lua clients write an empty table as a list
            raw = {}
        if not isinstance(raw, dict):
            return self.reject(raw)
        found: dict[str, dict[str, Any]] = {}
        problems: list[Problem] = []
        if len(raw) > MAX_LANGUAGES:
            problems.append(Problem(f"must have at most {MAX_LANGUAGES} languages", consequence="the rest is ignored"))
        for language, table in islice(raw.items(), MAX_LANGUAGES):
            name, is_nested, inner = str(language).partition(".")
            name = name.strip().lower()
            if not name or not is_writable(name):
                problems.append(Problem("must be a language id", described(language)))
                continue
            values = {inner: table} if is_nested else table
            if not isinstance(values, dict) and values != []:
                problems.append(Problem(f"must be a table of {', '.join(NAMES)}", described(values), f".{name}"))
                continue
            own: dict[str, Any] = {}
            problems += _read(values or {}, f".{name}", own, folder)
            if own:
                found[name] = own
        return ParsedValue(None if problems and not found else _frozen(found), tuple(problems))

    def from_text(self, text: str) -> object:
        value = toml_value(text)
        return value if isinstance(value, dict) else text

    def merge(self, below: LanguageTable, above: LanguageTable) -> LanguageTable:
        return _frozen({name: {**below.get(name, {}), **above.get(name, {})} for name in {**below, **above}})

    def masked(self, value: LanguageTable) -> dict[str, dict[str, Any]]:
        types = _types()
        return {
            language: {name: types[name].masked(each) for name, each in own.items()} for language, own in value.items()
        }

    def schema(self) -> dict[str, Any]:
        properties = {name: each.schema() for name, each in _types().items()}
        own = {"type": "object", "properties": properties, "additionalProperties": False}
        return {"type": "object", "additionalProperties": own}


def in_language(settings: Settings, language_id: str) -> Settings:
    """The settings for documents of a language: ``settings`` themselves where the language has none of its own."""
    own = settings.completion.by_language.get(language_id.lower())
    return evolve(settings, completion=evolve(settings.completion, **own)) if own else settings


def _read(values: Mapping[object, object], part: str, own: dict[str, Any], folder: Path | None) -> Iterator[Problem]:
    """Put the usable values of one language into ``own``."""
    types = _types()
    for given, raw in islice(values.items(), 10 * len(NAMES)):
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(given)).lower()
        if name not in types:
            yield Problem(f"must have only {', '.join(NAMES)}", described(given), part)
        elif raw is not None:
            parsed = types[name].parse(raw, folder)
            if parsed.value is not None:
                own[name] = parsed.value
            for problem in parsed.problems:
                yield evolve(problem, part=f"{part}.{name}{problem.part}")


def _types() -> Mapping[str, SettingType[Any]]:
    from autothink_lsp.settings.tree import all_keys  # late: the tree has this module's type

    return {name: all_keys()[f"completion.{name}"].spec.type for name in NAMES}


def _frozen(table: Mapping[str, Mapping[str, Any]]) -> LanguageTable:
    return MappingProxyType({name: MappingProxyType(dict(own)) for name, own in table.items()})
