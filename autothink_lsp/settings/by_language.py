"""The setting type of ``completion.by_language``: completion settings that differ in some languages.

Which settings can differ is in ``model.py``: those that describe how a language is completed. Whether a language is
completed at all is ``completion.languages``. An invalid value is dropped with one problem; the others apply.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attrs import evolve, frozen

from autothink_lsp.settings.types.base import ParsedValue, Problem, SettingType, described, is_writable, toml_value

MAX_LANGUAGES = 500

LanguageTable = Mapping[str, Mapping[str, Any]]
"""Language id in lower case to name of a completion setting to its value."""


@frozen
class LanguageTableType(SettingType[LanguageTable]):
    """A table of language ids; each has a table of completion settings, of which a higher layer replaces single ones.
    ``types`` has the type of each setting by its name. Names may be written as VS Code writes them (``deadlineMs``)."""

    types: Mapping[str, SettingType[Any]]

    @property
    def _names(self) -> str:
        return ", ".join(self.types)

    @property
    def accepts(self) -> str:
        return f"a table of language ids, each with a table of {self._names}"

    def parse(self, raw: object, folder: Path | None) -> ParsedValue[LanguageTable]:
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
            if not isinstance(values, dict):
                problems.append(Problem(f"must be a table of {self._names}", described(values), f".{name}"))
                continue
            own: dict[str, Any] = {}
            problems += self._read(values, f".{name}", own, folder)
            if own:
                found[name] = own
        return ParsedValue(None if problems and not found else _frozen(found), tuple(problems))

    def from_text(self, text: str) -> object:
        value = toml_value(text)
        return value if isinstance(value, dict) else text

    def merge(self, below: LanguageTable, above: LanguageTable) -> LanguageTable:
        return _frozen({name: {**below.get(name, {}), **above.get(name, {})} for name in {**below, **above}})

    def masked(self, value: LanguageTable) -> dict[str, dict[str, Any]]:
        return {
            language: {name: self.types[name].masked(each) for name, each in own.items()}
            for language, own in value.items()
        }

    def schema(self) -> dict[str, Any]:
        properties = {name: each.schema() for name, each in self.types.items()}
        own = {"type": "object", "properties": properties, "additionalProperties": False}
        return {"type": "object", "additionalProperties": own}

    def _read(
        self, values: Mapping[Any, Any], part: str, own: dict[str, Any], folder: Path | None
    ) -> Iterator[Problem]:
        """Put the usable values of one language into ``own``."""
        for given, raw in islice(values.items(), 10 * len(self.types)):
            name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(given)).lower()
            if name not in self.types:
                yield Problem(f"must have only {self._names}", described(given), part)
            elif raw is not None:
                parsed = self.types[name].parse(raw, folder)
                if parsed.value is not None:
                    own[name] = parsed.value
                for problem in parsed.problems:
                    yield evolve(problem, part=f"{part}.{name}{problem.part}")


def _frozen(table: Mapping[str, Mapping[str, Any]]) -> LanguageTable:
    return MappingProxyType({name: MappingProxyType(dict(own)) for name, own in table.items()})
