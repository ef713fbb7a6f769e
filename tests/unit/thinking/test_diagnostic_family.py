"""The family of messages that real tools gave: see ``diagnostic_messages.tsv``."""

from __future__ import annotations

import tomllib
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest
from attrs import frozen

from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily as Family
from autothink_lsp.thinking.diagnostic_family import diagnostic_family


@frozen
class Row:
    """One message of one tool."""

    tool: str
    version: str
    source: str
    code: str
    family: str
    set_name: str
    message: str


LINES = (Path(__file__).parent / "diagnostic_messages.tsv").read_text(encoding="utf-8").splitlines()
ROWS = [Row(*line.split("\t")) for line in LINES if not line.startswith("#")]


def wrong(rows: list[Row]) -> list[str]:
    found = [(row, diagnostic_family(row.source, row.code, row.message)) for row in rows]
    return [f"{row.tool} {row.code} {row.message}: {family}" for row, family in found if family != row.family]


def test_at_least_19_of_20_real_messages_are_in_their_family() -> None:
    mistakes = wrong(ROWS)
    right = 1 - len(mistakes) / len(ROWS)
    print(f"right family: {len(ROWS) - len(mistakes)} of {len(ROWS)} ({right:.1%})")
    assert len(ROWS) >= 1_000
    assert right >= 0.98, mistakes


def test_each_tool_has_at_least_9_of_10_right() -> None:
    totals = Counter(row.tool for row in ROWS)
    for tool, total in totals.items():
        mistakes = wrong([row for row in ROWS if row.tool == tool])
        assert len(mistakes) <= total / 10, (tool, mistakes)


def test_without_a_source_no_message_that_needs_thought_becomes_trivial() -> None:
    """A code alone may be another tool's; the words of the message must then not be ignored."""
    trivial = {Family.FORMAT, Family.UNUSED, Family.STYLE}
    hard = {Family.RACE, Family.OWNERSHIP, Family.WRONG_RESULT}
    rows = [row for row in ROWS if row.family in hard]
    assert [row for row in rows if diagnostic_family("", row.code, row.message) in trivial] == []


LOCALISED = [
    ("Pylance", "reportUndefinedVariable", "„x“ ist nicht definiert", Family.UNDEFINED),
    ("Pylance", "", "„(“ wurde nicht geschlossen", Family.SYNTAX),
    ("Pylance", "reportOptionalMemberAccess", "„name“ ist kein bekanntes Attribut von „None“.", Family.NONE),
    ("ts", "2322", "Der Typ „string“ kann dem Typ „number“ nicht zugewiesen werden.", Family.TYPE),
    ("ts", "1005", "„;“ wurde erwartet.", Family.SYNTAX),
    ("ts", "2304", "找不到名称“reslt”。", Family.UNDEFINED),
    ("Java", "33554515", "count kann nicht in eine Variable aufgelöst werden", Family.UNDEFINED),
    ("csharp", "CS0103", 'Der Name "conut" ist im aktuellen Kontext nicht vorhanden.', Family.UNDEFINED),
]
# Tools that no test runs, by the codes that their documentation lists.
DOCUMENTED = [
    ("csharp", "CS0246", "The type or namespace name 'Foo' could not be found", Family.IMPORT),
    ("csharp", "CS1002", "; expected", Family.SYNTAX),
    ("csharp", "CS4014", "Because this call is not awaited, execution continues", Family.RACE),
    ("csharp", "CS8602", "Dereference of a possibly null reference.", Family.NONE),
    ("csharp", "CS0161", "'C.F(int)': not all code paths return a value", Family.EXHAUSTIVE),
    ("csharp", "CS1061", "'C' does not contain a definition for 'Foo'", Family.ATTRIBUTE),
    ("csharp", "CS7036", "There is no argument given that corresponds to the required parameter 'a'", Family.ARGUMENTS),
    ("Lua Diagnostics.", "undefined-global", "Undefined global `foo`.", Family.UNDEFINED),
    ("Lua Diagnostics.", "need-check-nil", "Need check nil.", Family.NONE),
    ("Lua Syntax Check.", "miss-end", "Miss corresponding `end` .", Family.SYNTAX),
    ("Lua Diagnostics.", "unused-local", "Unused local `x`.", Family.UNUSED),
    ("kotlin", "UNRESOLVED_REFERENCE", "Unresolved reference: foo", Family.UNDEFINED),
    ("kotlin", "UNSAFE_CALL", "Only safe (?.) or non-null asserted (!!.) calls are allowed", Family.NONE),
    ("staticcheck", "SA5011", "possible nil pointer dereference", Family.NONE),
    ("staticcheck", "SA1019", "ioutil.ReadAll is deprecated", Family.DEPRECATED),
    ("staticcheck", "S1008", "should use 'return x' instead of 'if x { return true }; return false'", Family.STYLE),
    ("intelephense", "P1010", "Undefined function 'foo'.", Family.UNDEFINED),
    ("intelephense", "P1013", "Undefined method 'foo'.", Family.ATTRIBUTE),
    ("Java", "67108964", "The method lenght() is undefined for the type String", Family.ATTRIBUTE),
    ("Java", "1610612976", "Syntax error, insert \")\" to complete MethodInvocation", Family.SYNTAX),
    ("Java", "16777233", "Type mismatch: cannot convert from String to int", Family.TYPE),
    ("pylint", "E1101:no-member", "Instance of 'A' has no 'b' member", Family.ATTRIBUTE),
    ("sourcekit", "", "cannot find 'count' in scope", Family.UNDEFINED),
    ("hls", "", "Variable not in scope: foo :: Int -> Int", Family.UNDEFINED),
    ("dart", "undefined_identifier", "Undefined name 'x'.", Family.UNDEFINED),
    ("dart", "unchecked_use_of_nullable_value", "The property 'length' can't be accessed", Family.NONE),
    ("RuboCop", "Lint/UselessAssignment", "Useless assignment to variable - `x`.", Family.UNUSED),
    ("RuboCop", "Layout/LineLength", "Line is too long. [130/120]", Family.FORMAT),
    ("RuboCop", "Metrics/AbcSize", "Assignment Branch Condition size is too high. [17/17]", Family.COMPLEXITY),
    ("sonarlint", "python:S3776", "Refactor this function to reduce its Cognitive Complexity", Family.COMPLEXITY),
]  # fmt: skip


@pytest.mark.parametrize(("source", "code", "message", "family"), [*LOCALISED, *DOCUMENTED])
def test_a_message_belongs_to_its_family(source: str, code: str, message: str, family: Family) -> None:
    assert diagnostic_family(source, code, message) is family


def test_tags_speak_every_language() -> None:
    message = "Auf „os“ wird nicht zugegriffen"
    assert diagnostic_family("Pylance", "", message, ("unnecessary",)) is Family.UNUSED
    assert diagnostic_family("Pylance", "", "„f“ ist veraltet", ("deprecated",)) is Family.DEPRECATED


def test_the_same_code_of_two_tools() -> None:
    assert diagnostic_family("rustc", "E0106", "missing lifetime specifier") is Family.OWNERSHIP
    assert diagnostic_family("pylint", "E0102", "function already defined line 59") is Family.OTHER
    assert diagnostic_family("", "E0106", "missing lifetime specifier") is Family.OWNERSHIP
    assert diagnostic_family("pylint", "E0401", "Unable to import 'x'") is Family.IMPORT


def test_every_family_of_the_table_exists_and_no_code_stands_twice() -> None:
    text = resources.files("autothink_lsp.thinking").joinpath("diagnostic_families.toml").read_text(encoding="utf-8")
    for tool in tomllib.loads(text)["tool"]:
        codes = [code for listed in tool["codes"].values() for code in listed.split()]
        assert [code for code, count in Counter(codes).items() if count > 1] == [], tool["name"]
        assert set(tool["codes"]) <= {family.value for family in Family}
