"""Repairs without a model: each row of ``cases.py`` comes out as it says, once; nothing raises."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from attrs import evolve, frozen
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.features.assist.repairs.repair import ImportCandidate, Repair
from autothink_lsp.features.assist.repairs.rules import find_repair
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Diagnostic, Point, PositionEncoding

sys.path.insert(0, str(Path(__file__).parent))
from cases import TABLES
from traps import TRAPS

from tests.support.example_counts import examples

SYNTAX = Syntax()
ROWS = {f"{name}: {row[0]}": (table.language, *row[1:]) for name, table in TABLES.items() for row in table.rows}


@frozen
class Project:
    """Knows every name, at one place."""

    module: str

    def find(self, name: str, request: AssistRequest) -> tuple[ImportCandidate, ...]:
        return (ImportCandidate(self.module, name),)


def asked(language: str, source: str, diagnostic: Diagnostic) -> AssistRequest:
    snapshot = Snapshot("file:///a", language, 1, Text.from_str(source), PositionEncoding.UTF16)
    return AssistRequest(
        action=ActionKind.FIX,
        snapshot=snapshot,
        start=diagnostic.start,
        end=diagnostic.end,
        settings=Settings(),
        path="a",
        diagnostics=(diagnostic,),
    )


def repaired(request: AssistRequest, project: Project | None = None) -> Repair | None:
    language = SYNTAX.language(request.snapshot)
    SYNTAX.trees.did_open(request.snapshot)
    return find_repair(request, SYNTAX.trees.tree(request.snapshot), language, project=project)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_table(row: tuple[str, str, str, str | None] | tuple[str, str, str, str | None, str]) -> None:
    language, message, marked, expected, *rest = row
    code = rest[0] if rest else ""
    project = Project(code.removeprefix("project:")) if code.startswith("project:") else None
    before, _, behind = marked.partition("«")
    inside, _, after = behind.partition("»")
    source = before + inside + after
    text = Text.from_str(source)
    start, end = text.place_at_offset(len(before)).point, text.place_at_offset(len(before + inside)).point
    request = asked(language, source, Diagnostic(start, end, message, code=code))
    found = repaired(request, project)
    if expected is None:
        assert found is None
        return
    assert found is not None
    changed = apply_replacements(request.snapshot.text, found.replacements)
    assert str(changed) == expected
    assert all((found.title, found.explanation, found.rule_id))
    moved = changed.line_count - text.line_count
    again = Diagnostic(Point(start.line + moved, start.column), Point(end.line + moved, end.column), message, code=code)
    assert repaired(asked(language, str(changed), again), project) is None


@pytest.mark.parametrize("trap", TRAPS, ids=[trap[0] for trap in TRAPS])
def test_what_may_mean_two_things_is_left_alone(trap: tuple[str, str, str, str, str]) -> None:
    _, language, message, marked, tool = trap
    before, _, behind = marked.partition("«")
    inside, _, after = behind.partition("»")
    text = Text.from_str(before + inside + after)
    start, end = text.place_at_offset(len(before)).point, text.place_at_offset(len(before + inside)).point
    assert repaired(asked(language, str(text), Diagnostic(start, end, message, source=tool))) is None


def test_a_tree_of_another_text_is_not_used() -> None:
    diagnostic = Diagnostic(Point(0, 0), Point(0, 5), '"pritn" is not defined')
    request = asked("python", "pritn(1)\n", diagnostic)
    SYNTAX.trees.did_open(request.snapshot)
    tree = SYNTAX.trees.tree(request.snapshot)
    other = evolve(request, snapshot=asked("python", "pritn(1)\n", diagnostic).snapshot)
    assert find_repair(other, tree, SYNTAX.language(other.snapshot)) is None


def test_outside_the_text() -> None:
    for line, column in ((9, 0), (0, 99), (-1, 0), (0, -3)):
        diagnostic = Diagnostic(Point(line, column), Point(line, column + 5), '"pritn" is not defined')
        assert repaired(asked("python", "pritn(1)\n", diagnostic)) is None


CODE = st.lists(
    st.sampled_from(
        [
            "def f(value):\n",
            "    ",
            "import os\n",
            "from a import b\n",
            "valeu",
            "print",
            "pritn",
            "\n",
            "(",
            ")",
            '"""',
            "f'",
            "'",
            "#",
            "\t",
            "😀",
            "\r\n",
            "\r",
            "x = ",
            "if not x in y:",
            " == None",
            "class A:\n",
            "\x00",
            "{",
            "}",
            "lambda a: ",
            "for i in ",
            "package a\n",
            'import "fmt"\n',
            "import (\n",
            ")\n",
            "import {A} from './a'\n",
        ]
    ),
    max_size=25,
).map("".join)
NAMES = st.sampled_from(["pritn", "valeu", "os", "Path", "re", "A", "😀", "x", "strings"])
MESSAGES = st.one_of(
    NAMES.map('"{}" is not defined'.format),
    NAMES.map("undefined: {}".format),
    NAMES.map("Cannot find name '{}'. Did you mean 'print'?".format),
    st.text(max_size=40),
)


@hypothesis_settings(max_examples=examples(400))
@given(
    st.sampled_from(["python", "typescript", "javascript", "go", "rust", "c", "bash", "json"]),
    *(CODE, MESSAGES, st.sampled_from(["", "E711", "E713", "F541"])),
    *(st.integers(-1, 6), st.integers(-1, 30), st.integers(-1, 6), st.integers(-1, 30)),
)
@example("python", "", '"x" is not defined', "", 0, 0, 0, 0)
def test_never_raises(
    language: str, source: str, message: str, code: str, line: int, column: int, end_line: int, end_column: int
) -> None:
    diagnostic = Diagnostic(Point(line, column), Point(end_line, end_column), message, code=code)
    repaired(asked(language, source, diagnostic), Project("m"))
