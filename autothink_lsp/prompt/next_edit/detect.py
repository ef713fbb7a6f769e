"""Finds the dialect of a server's model: the vocabulary decides which dialects are tried, the answers which one it is.

Pure: the caller asks the server for the token counts of ``markers()`` and for the answers to ``probes()``. The
vocabulary alone is not enough, because all models made from one base model share it; a model's name proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import frozen

from autothink_lsp.prompt.next_edit.dialect import NextEditDialect
from autothink_lsp.prompt.next_edit.dialects import DIALECTS
from autothink_lsp.prompt.next_edit.plain_dialects import PLAIN_DIALECTS
from autothink_lsp.prompt.next_edit.window import EditWindow, PastEdit, window_bounds

_LINES = (
    "from store import open_store",
    "",
    "",
    "def load_user(store, key):",
    "    return store.read(key)",
    "",
    "",
    "def main():",
    '    store = open_store("users")',
    '    first = get_user(store, "a")',
    "    print(first)",
)
_QUIET = (
    "def add(left, right):",
    "    return left + right",
    "",
    "",
    "def sub(left, right):",
    "    return left - right",
)
_RENAMED = PastEdit("users.py", ("def get_user(store, key):",), ("def load_user(store, key):",), 3)
_CALL = 9
_CHECKED = (
    "class Account:",
    "    def __init__(self, name, owner, limit):",
    "        self.name = check(name)",
    "        self.owner = check(owner)",
    "        self.limit = limit",
)
_CHECKS = tuple(
    PastEdit("account.py", (f"        self.{name} = {name}",), (f"        self.{name} = check({name})",), line)
    for line, name in ((2, "name"), (3, "owner"))
)

ProbeResult = Literal["right", "silent", "wrong"]


@frozen
class Probe:
    """A window and the lines that a model of the dialect answers. ``wanted`` is ``None`` for a window that needs
    no edit."""

    window: EditWindow
    wanted: tuple[str, ...] | None


def markers(*, plain: bool = False) -> tuple[str, ...]:
    """The texts whose token counts ``possible_dialects`` needs. ``plain``: also for models that were not trained for
    next edits."""
    dialects = (*DIALECTS, *PLAIN_DIALECTS) if plain else DIALECTS
    return tuple(dict.fromkeys(marker for dialect in dialects for marker in dialect.markers))


def possible_dialects(
    token_counts: Mapping[str, int] | None, model_name: str, *, plain: bool = False
) -> tuple[NextEditDialect, ...]:
    """The dialects whose markers are one token each, those of the model's name first. Without token counts
    those of its name only, because trying all of them would take too long. ``plain`` adds the last resorts."""
    trained = _trained(token_counts, model_name.lower())
    if not plain:
        return trained
    others = (one for one in PLAIN_DIALECTS if all((token_counts or {}).get(marker) == 1 for marker in one.markers))
    return (*trained, *others)


def _trained(token_counts: Mapping[str, int] | None, name: str) -> tuple[NextEditDialect, ...]:
    ranks = {dialect.name: _rank(dialect, name) for dialect in DIALECTS}
    found = sorted(DIALECTS, key=lambda dialect: ranks[dialect.name])
    if token_counts is None:
        return tuple(dialect for dialect in found if ranks[dialect.name] < _UNNAMED)
    return tuple(one for one in found if all(token_counts.get(marker) == 1 for marker in one.markers))


def probes(dialect: NextEditDialect) -> tuple[Probe, ...]:
    """A renamed function that is still called by its old name, a third line like two that were changed, and code that
    needs no edit."""
    renamed = tuple(line.replace("get_user", "load_user") for line in _LINES)
    checked = (*_CHECKED[:-1], "        self.limit = check(limit)")
    call = _window(dialect, "users.py", _LINES, _CALL, (_RENAMED,))
    third = _window(dialect, "account.py", _CHECKED, 4, _CHECKS)
    return (
        Probe(call, renamed[call.first : call.stop]),
        Probe(third, checked[third.first : third.stop]),
        Probe(_window(dialect, "sums.py", _QUIET, 1, ()), None),
    )


def probe_result(dialect: NextEditDialect, probe: Probe, answer: str) -> ProbeResult:
    """The result of a probe. A small model may leave an edit out ("silent"); that does not show another dialect."""
    found = dialect.read(probe.window, answer)
    if found is not None:
        return "right" if found == probe.wanted else "wrong"
    answers_no_edit = bool(dialect.no_edit) and dialect.no_edit in answer
    # ``read`` also returns ``None`` for an empty answer, or one that is not a window.
    is_echo = answers_no_edit or dialect.is_echo(probe.window, answer)
    return "wrong" if not is_echo else "right" if probe.wanted is None else "silent"


def speaks(results: Sequence[ProbeResult]) -> bool:
    """Whether a model with these results, in the order of ``probes``, speaks the dialect."""
    *edits, quiet = results
    return quiet == "right" and "wrong" not in edits and "right" in edits


_UNNAMED = 100


def _rank(dialect: NextEditDialect, name: str) -> int:
    return next((n for n, pattern in enumerate(dialect.names) if re.search(pattern, name)), _UNNAMED)


def _window(
    dialect: NextEditDialect, path: str, lines: tuple[str, ...], line: int, edits: tuple[PastEdit, ...]
) -> EditWindow:
    first, stop = window_bounds(line, len(lines), dialect.size)
    former = list(lines)
    for edit in edits:
        former[edit.first : edit.first + len(edit.new)] = edit.old
    return EditWindow(
        path=path,
        lines=lines[first:stop],
        first=first,
        row=line - first,
        column=len(lines[line]),
        above=lines[max(0, first - dialect.around) : first],
        below=lines[stop : stop + dialect.around],
        former=tuple(former[first:stop]),
        edits=edits,
    )
