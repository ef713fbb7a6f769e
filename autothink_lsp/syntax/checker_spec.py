"""What ``[checker.NAME]`` in a ``language.toml`` says: a program that finds mistakes in one file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

_REGEXES = ("style", "elsewhere", "gives_up", "rename_when")
_KEYS = frozenset({"program", "args", "pattern", "runs_project_code", "first_only", "rename_to", *_REGEXES})


@frozen
class CheckerSpec:
    """``{file}`` in ``args`` is the file; ``program`` ``{python}`` is the Python that runs us."""

    name: str
    program: str
    args: tuple[str, ...]
    pattern: re.Pattern[str] = field(repr=False)  # groups: message, and line, column, code, severity where it says so
    style: re.Pattern[str] | None = field(default=None, repr=False)  # codes that are a matter of taste
    runs_project_code: bool = False  # only in a folder that the user trusts
    elsewhere: re.Pattern[str] | None = field(default=None, repr=False)  # "code message" about files that a copy lacks
    gives_up: re.Pattern[str] | None = field(default=None, repr=False)  # messages behind which it has not looked on
    first_only: bool = False  # it stops at the first mistake
    rename_when: re.Pattern[str] | None = field(default=None, repr=False)  # texts that it must see ...
    rename_to: str = ""  # ... under this extension


def read_checkers(tables: object) -> tuple[CheckerSpec, ...]:
    """In the file's order. Raises ``ValueError`` with a sentence for the log."""
    if not isinstance(tables, Mapping):
        raise ValueError("checker must be a table of tables")  # noqa: TRY004 - the caller handles one kind of error
    return tuple(_read(str(name), table) for name, table in tables.items())


def _read(name: str, table: Any) -> CheckerSpec:
    if not isinstance(table, Mapping) or not isinstance(table.get("program"), str):
        raise ValueError(f"[checker.{name}] needs a program")  # noqa: TRY004
    if unknown := sorted(set(table) - _KEYS):
        raise ValueError(f"unknown key {', '.join(unknown)} in [checker.{name}]")
    try:
        pattern = re.compile(table["pattern"], re.MULTILINE)
        regexes = {key: re.compile(table[key], re.MULTILINE) for key in _REGEXES if key in table}
    except (KeyError, re.error, TypeError) as error:
        raise ValueError(f"[checker.{name}] needs a pattern that is a regular expression: {error}") from error
    if "message" not in pattern.groupindex:
        raise ValueError(f"the pattern of [checker.{name}] names no group `message`")
    return CheckerSpec(
        name,
        table["program"],
        tuple(table.get("args", ["{file}"])),
        pattern,
        runs_project_code=bool(table.get("runs_project_code")),
        first_only=bool(table.get("first_only")),
        rename_to=str(table.get("rename_to", "")),
        **regexes,
    )
