"""Classifies the messages of checkers into a few families, the only part of a message that the policy uses.

The table is ``diagnostic_families.toml``, by tool. Codes take precedence over words, since they are the same in every
language of the user. `features/assist/repairs/messages.py` reads names out of the words of a message.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib import resources

from attrs import frozen


class DiagnosticFamily(StrEnum):
    """The families of messages, roughly from those that need no thinking to those that do."""

    FORMAT = "format"  # layout
    STYLE = "style"  # a convention or a simplification that keeps the meaning
    UNUSED = "unused"
    IMPORT = "import"
    UNDEFINED = "undefined"
    SYNTAX = "syntax"
    DEPRECATED = "deprecated"
    ATTRIBUTE = "attribute"
    ARGUMENTS = "arguments"
    TYPE = "type"
    NONE = "none"
    EXHAUSTIVE = "exhaustive"  # a path that is not covered: a missing case, return or initial value
    COMPLEXITY = "complexity"  # a function that the linter wants split or simplified
    OWNERSHIP = "ownership"
    RACE = "race"  # concurrency: races, deadlocks, a missing await
    WRONG_RESULT = "wrong_result"  # a failed test
    OTHER = "other"


_PYLINT_WITH_NAME = re.compile(r"([CRWEFI]\d{4}):[a-z-]+\Z")
_CODE_PREFIXES = ("@typescript-eslint/", "-W", "TS", "ts")


@frozen
class _Refinement:
    code: str
    words: re.Pattern[str]
    family: DiagnosticFamily

    def fits(self, code: str, message: str) -> bool:
        """Whether this refinement applies to a message with ``code``."""
        same = code.startswith(self.code[:-1]) if self.code.endswith("*") else code == self.code
        return same and self.words.search(message) is not None


@frozen
class _Tool:
    name: str
    sources: tuple[str, ...]
    codes: Mapping[str, DiagnosticFamily]  # exact codes
    beginnings: tuple[tuple[str, DiagnosticFamily], ...]  # of codes, longest first
    refinements: tuple[_Refinement, ...]
    no_code: DiagnosticFamily | None
    has_own_codes: bool

    def reports_as(self, source: str) -> bool:
        """Whether this tool reports diagnostics with ``source`` (in lower case)."""
        return any(
            source == name or (source.startswith(name) and not source[len(name)].isalnum()) for name in self.sources
        )

    def family(self, code: str, message: str) -> DiagnosticFamily | None:
        """The family of ``code``; ``None`` if the table does not contain it."""
        for refinement in self.refinements:
            if refinement.fits(code, message):
                return refinement.family
        if code in self.codes:
            return self.codes[code]
        return next((family for start, family in self.beginnings if code.startswith(start)), None)


@frozen
class _Table:
    tools: tuple[_Tool, ...]
    words: tuple[tuple[re.Pattern[str], DiagnosticFamily], ...]


def diagnostic_family(source: str, code: str, message: str, tags: Sequence[str] = ()) -> DiagnosticFamily:
    """The family of one message; ``OTHER`` if nothing matches. ``source`` distinguishes codes that two tools share.
    ``tags`` are LSP's diagnostic tags, which classify a message without a code in any language."""
    table = _table()
    message = message[:2_000]
    code = _bare(code)
    reporting = [tool for tool in table.tools if tool.reports_as(source.strip().lower())]
    if code and (family := _by_code(table, reporting, code, message)):
        return family
    if "unnecessary" in tags:
        return DiagnosticFamily.UNUSED
    if "deprecated" in tags:
        return DiagnosticFamily.DEPRECATED
    by_words = next((family for pattern, family in table.words if pattern.search(message)), None)
    if by_words is not None:
        return by_words
    if message and not code:
        return next((tool.no_code for tool in reporting if tool.no_code), DiagnosticFamily.OTHER)
    return DiagnosticFamily.OTHER


def _bare(code: str) -> str:
    """``code`` without the decoration that editors add: ``TS2304``, ``-Wunused``, ``E1101:no-member``, ``x(y)``."""
    bare = code.rpartition("(")[2].rstrip(")") if code.endswith(")") else code
    if pylint := _PYLINT_WITH_NAME.match(bare):
        return pylint[1]
    for prefix in _CODE_PREFIXES:
        rest = bare.removeprefix(prefix)
        if rest != bare and (prefix not in {"TS", "ts"} or rest.isdigit()):
            return rest
    return bare


def _by_code(table: _Table, reporting: Sequence[_Tool], code: str, message: str) -> DiagnosticFamily | None:
    for tool in reporting:
        if family := tool.family(code, message):
            return family
    if reporting:
        return None
    known = {tool.codes[code] for tool in table.tools if code in tool.codes}
    if not known:
        known = {tool.family(code, message) for tool in table.tools if not tool.has_own_codes} - {None}
    return known.pop() if len(known) == 1 else None  # an ambiguous code: the words decide


@cache
def _table() -> _Table:
    text = resources.files("autothink_lsp.thinking").joinpath("diagnostic_families.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    words = tuple((re.compile(row["pattern"], re.IGNORECASE), DiagnosticFamily(row["family"])) for row in data["words"])
    return _Table(tuple(_tool(row) for row in data["tool"]), words)


def _tool(row: dict) -> _Tool:
    exact: dict[str, DiagnosticFamily] = {}
    beginnings: dict[str, DiagnosticFamily] = {}
    for family, codes in row["codes"].items():
        for code in codes.split():
            known, key = (beginnings, code[:-1]) if code.endswith("*") else (exact, code)
            if key in known:
                raise ValueError(f"{row['name']}: {code} has two families")
            known[key] = DiagnosticFamily(family)
    return _Tool(
        name=row["name"],
        sources=tuple(row["sources"]),
        codes=exact,
        beginnings=tuple(sorted(beginnings.items(), key=lambda item: -len(item[0]))),
        refinements=tuple(
            _Refinement(one["code"], re.compile(one["words"], re.IGNORECASE), DiagnosticFamily(one["family"]))
            for one in row.get("refine", ())
        ),
        no_code=DiagnosticFamily(row["no_code"]) if "no_code" in row else None,
        has_own_codes=row.get("own_codes", False),
    )
