"""The content of ``[checker.NAME]`` in a ``language.toml``: a program that finds mistakes in one file.

Without trust a checker runs with ``args`` on a copy in an empty folder: no configuration, plugin or other file of the
project is read. In a trusted folder ``project_args`` run it in the project, with the project's configuration.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from attrs import evolve, field

from autothink_lsp.values import frozen

_REGEXES = ("style", "elsewhere", "gives_up", "rename_when")
_LISTS = ("args", "project_args", "project_files", "sources", "fix_replaces")
_FLAGS = ("runs_project_code", "first_only", "in_overlay", "stdin", "only_own", "stops_elsewhere")
_TEXTS = frozenset({"program", "pattern", "rename_to", "finds", "fallback_for", "fix_reader"})
_KEYS = frozenset({*_TEXTS, *_LISTS, *_FLAGS, *_REGEXES})

CheckerKind = Literal["syntax", "lint", "types"]
_KINDS: tuple[CheckerKind, ...] = ("syntax", "lint", "types")


@frozen
class CheckerSpec:
    """A checker. ``{file}`` in ``args`` is the file; ``program`` ``{python}`` is the Python that runs the language
    server. ``verify/project_command.py`` defines the placeholders of ``project_args``."""

    name: str
    program: str
    args: tuple[str, ...]
    pattern: re.Pattern[str] = field(repr=False)  # groups: message, and if available line, column, code, severity
    style: re.Pattern[str] | None = field(default=None, repr=False)  # codes about style
    runs_project_code: bool = False  # only in a folder that the user trusts
    elsewhere: re.Pattern[str] | None = field(default=None, repr=False)  # "code message" about missing files
    gives_up: re.Pattern[str] | None = field(default=None, repr=False)  # messages after which it stops checking
    first_only: bool = False  # the checker stops at the first mistake
    rename_when: re.Pattern[str] | None = field(default=None, repr=False)  # texts that the checker must see ...
    rename_to: str = ""  # ... with this extension
    project_args: tuple[str, ...] = ()  # replace ``args`` in a trusted folder
    project_files: tuple[str, ...] = ()  # configuration files; ``project_args`` need one of them above the document
    in_overlay: bool = False  # ``project_args`` run in a copy of the project that contains the text
    stdin: bool = False  # ``project_args`` read the text from standard input
    sources: tuple[str, ...] = ()  # the sources, in lower case, that editors show for its messages
    finds: CheckerKind = "types"  # the most advanced kind of mistakes: syntax, also style and names, also types
    fallback_for: str = ""  # runs only if this checker, which finds the same, is not installed
    stops_elsewhere: bool = False  # an error in another file of the project hides those of this one
    only_own: bool = False  # runs only for messages of this checker, or if the project has one of ``project_files``
    fix_reader: str = ""  # the parser of its fixes: a key of ``verify.tool_fixes.FIX_READERS``
    fix_replaces: tuple[str, ...] = ()  # (an argument, its replacement if fixes are requested)

    @property
    def names(self) -> frozenset[str]:
        """The sources of this checker's messages, in lower case."""
        return frozenset({self.name, *self.sources})

    @property
    def for_fixes(self) -> CheckerSpec:
        """The same checker with arguments that make it print its fixes."""
        if len(self.fix_replaces) != 2:
            return self
        old, new = self.fix_replaces
        args, project_args = (
            tuple(new if arg == old else arg for arg in one) for one in (self.args, self.project_args)
        )
        return evolve(self, args=args, project_args=project_args)


def read_checkers(tables: object) -> tuple[CheckerSpec, ...]:
    """Parse the checkers, in the file's order. Raises ``ValueError`` with a sentence for the log."""
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
    finds = table.get("finds", "types")
    if finds not in _KINDS:
        raise ValueError(f"finds in [checker.{name}] must be one of {', '.join(_KINDS)}")
    lists = {key: tuple(str(item) for item in table.get(key, ())) for key in _LISTS}
    if not (lists["args"] or lists["project_args"]):
        lists["args"] = ("{file}",)
    flags = {key: bool(table.get(key)) for key in _FLAGS}
    return CheckerSpec(
        name,
        table["program"],
        pattern=pattern,
        rename_to=str(table.get("rename_to", "")),
        fallback_for=str(table.get("fallback_for", "")),
        fix_reader=str(table.get("fix_reader", "")),
        fix_replaces=lists["fix_replaces"],
        finds=finds,
        args=lists["args"],
        project_args=lists["project_args"],
        project_files=lists["project_files"],
        sources=lists["sources"],
        runs_project_code=flags["runs_project_code"],
        first_only=flags["first_only"],
        in_overlay=flags["in_overlay"],
        stdin=flags["stdin"],
        only_own=flags["only_own"],
        stops_elsewhere=flags["stops_elsewhere"],
        style=regexes.get("style"),
        elsewhere=regexes.get("elsewhere"),
        gives_up=regexes.get("gives_up"),
        rename_when=regexes.get("rename_when"),
    )
