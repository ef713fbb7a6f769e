"""Which piece of a document the model is asked to rewrite."""

from __future__ import annotations

import pytest

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.features.assist.target import WHOLE_LINES, choose_target
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point

PYTHON = """import os


class Shop:
    def total(self, items):
        return sum(items)

    def name(self):
        return "shop"


print(Shop().name())
""" + "\n".join(f"value_{i} = {i}" for i in range(100))


def target(text: str, start: Point, end: Point | None = None, action: ActionKind = ActionKind.FIX, language="python"):
    store, syntax = DocumentStore(), Syntax()
    store.subscribe(syntax.trees)
    snapshot = store.open("file:///a.py", language, 1, text)
    request = AssistRequest(
        action=action, snapshot=snapshot, start=start, end=end or start, settings=Settings(), path="a.py"
    )
    return choose_target(request, syntax.trees.tree(snapshot))


def test_the_smallest_function_around_the_place() -> None:
    found = target(PYTHON, Point(5, 15))
    assert (found.kind, found.name, found.form) == ("function", "total", "whole")
    assert found.code == "    def total(self, items):\n        return sum(items)"
    assert found.words == "the function `total`"


def test_a_class_where_no_function_is() -> None:
    assert target("class A:\n    x = 1\n    y = 2\n", Point(1, 4)).kind == "class"


@pytest.mark.parametrize(
    ("language", "text", "form"),
    [
        ("python", "def f(a):\n    return a\n", "comment"),
        ("python", "def f(a): return a\n", "whole"),
        ("python", 'def f(a):\n    """It has one."""\n    return a\n', "whole"),
        ("typescript", "function f(a) {\n  return a;\n}\n", "comment"),
        ("typescript", "// It has one.\nfunction f(a) {\n  return a;\n}\n", "whole"),
    ],
)
def test_the_comment_alone_is_asked_for_only_where_it_can_be_put(language: str, text: str, form: str) -> None:
    line = next(n for n, one in enumerate(text.split("\n")) if one.startswith(("def", "function")))
    assert target(text, Point(line, 0), action=ActionKind.DOCSTRING, language=language).form == form


def test_some_lines_of_a_long_file_where_nothing_is_around() -> None:
    found = target(PYTHON, Point(60, 0))
    assert found.kind == "lines"
    assert found.start.line <= 54
    assert found.end.line >= 66


def test_the_whole_of_a_short_file_without_a_grammar() -> None:
    assert target("a\nb\n", Point(1, 0), language="plaintext").kind == "file"


def test_a_selection_is_whole_lines_without_the_line_it_only_touches() -> None:
    found = target(PYTHON, Point(20, 3), Point(23, 0), ActionKind.SIMPLIFY)
    assert (found.start, found.end.line) == (Point(20, 0), 22)


def test_an_extraction_gets_the_function_around_the_selection() -> None:
    found = target(PYTHON, Point(5, 8), Point(5, 25), ActionKind.EXTRACT)
    assert found.name == "total"


def test_a_long_function_is_edited_in_blocks() -> None:
    long = "def f():\n" + "".join(f"    x{i} = {i}\n" for i in range(WHOLE_LINES + 50))
    found = target(long, Point(40, 0))
    assert (found.kind, found.form) == ("function", "blocks")


@pytest.mark.parametrize("point", [Point(0, 0), Point(10_000, 5), Point(3, 999)])
@pytest.mark.parametrize("text", ["", "\n", "x", PYTHON])
def test_there_is_always_one(text: str, point: Point) -> None:
    found = target(text, point)
    assert found.start <= found.end


# A text, and places in it (‸ is the cursor) with the name of the definition that is the target.
PLACES = {
    "python": (
        """
"A module."
import os

LIMIT = 3


# Adds.
@cache
@wraps(
    f,
)
def total(items):
    # Inside.
    n = 0

    return n


class Shop:
    size = 1

    def name(self):
        return "shop"

    @property
    def rooms(self):
        return 2
""",
        {
            "‸def total": "total",
            "d‸ef total": "total",
            "‸    n = 0": "total",
            "    return n‸": "total",
            "‸@cache": "total",
            "    ‸f,": "total",
            "‸# Adds": "total",
            "‸    # Inside": "total",
            "‸    def name": "name",
            "    ‸def name": "name",
            "  ‸  def name": "name",
            "‸    @property": "rooms",
            "‸class Shop": "Shop",
            "    size‸ = 1": "Shop",
        },
    ),
    "typescript": (
        """
import { a } from "./a";

/** Adds. */
export function total(items: number[]): number {
  return items.length;
}

const half = (n: number) => {
  return n / 2;
};

export class Shop {
  size = 1;

  @Input()
  name(): string {
    return "shop";
  }
}
""",
        {
            "‸/** Adds": "total",
            "‸export function": "total",
            "‸}\n\nconst": "total",
            "‸const half": "half",
            "‸};": "half",
            "‸  @Input": "name",
            "‸  name()": "name",
            "  ‸name()": "name",
            "  size‸ = 1": "Shop",
        },
    ),
    "go": (
        """
package shop

import "fmt"

// Total adds.
func Total(items []int) int {
	return len(items)
}

func (s *Shop) Name() string {
	return fmt.Sprint("shop")
}
""",
        {"‸// Total": "Total", "‸func Total": "Total", "‸\treturn len": "Total", "‸func (s": "Name"},
    ),
    "rust": (
        """
use std::fmt;

/// Adds.
#[inline]
pub fn total(items: &[u32]) -> usize {
    items.len()
}

impl Shop {
    /// Names.
    fn name(&self) -> &str {
        "shop"
    }
}
""",
        {
            "‸/// Adds": "total",
            "‸#[inline]": "total",
            "‸pub fn": "total",
            "‸    /// Names": "name",
            "‸    fn name": "name",
            "    ‸fn name": "name",
        },
    ),
    "java": (
        """
import java.util.List;

class Shop {
    /** Adds. */
    @Override
    public int total(List<Integer> items) {
        return items.size();
    }

    String name() {
        return "shop";
    }
}
""",
        {
            "‸    /** Adds": "total",
            "‸    @Override": "total",
            "‸    public int": "total",
            "‸    String name": "name",
            "‸class Shop": "Shop",
        },
    ),
    "c": (
        """
#include <stdio.h>

/* Adds. */
static int total(const int *items, int n)
{
    return n;
}

int main(void) {
    return total(0, 0);
}
""",
        {
            "‸/* Adds": "total",
            "‸static int": "total",
            "‸{\n    return n": "total",
            "‸int main": "main",
            "    ‸return total": "main",
        },
    ),
    "lua": (
        """
local M = {}

-- Adds.
function M.total(items)
  return #items
end

local function half(n)
  return n / 2
end

return M
""",
        {"‸-- Adds": "M.total", "‸function M": "M.total", "‸local function": "half", "‸  return n": "half"},
    ),
    "ruby": (
        """
require "set"

class Shop
  # Adds.
  def total(items)
    items.length
  end

  def name
    "shop"
  end
end
""",
        {"‸  # Adds": "total", "‸  def total": "total", "  ‸def name": "name", "‸    items": "total"},
    ),
}


def _places() -> list[tuple[str, str, str]]:
    return [(language, place, name) for language, (_, table) in PLACES.items() for place, name in table.items()]


@pytest.mark.parametrize("action", [ActionKind.FIX, ActionKind.SIMPLIFY])
@pytest.mark.parametrize(("language", "place", "name"), _places())
def test_the_definition_of_a_place(language: str, place: str, name: str, action: ActionKind) -> None:
    text = PLACES[language][0].lstrip("\n")
    around = place.replace("‸", "")
    assert text.count(around) == 1, "the place must name one place of the text"
    before = text[: text.index(around) + place.index("‸")]
    point = Point(before.count("\n"), len(before) - before.rfind("\n") - 1)
    found = target(text, point, action=action, language=language)
    assert found.name == name
    assert found.start.line <= point.line <= found.end.line


def test_decorators_belong_to_the_function_and_the_comment_only_to_its_own_place() -> None:
    text = PLACES["python"][0].lstrip("\n")
    inside = target(text, Point(text[: text.index("n = 0")].count("\n"), 4))
    assert inside.code.startswith("@cache\n@wraps(")
    on_comment = target(text, Point(text[: text.index("# Adds")].count("\n"), 0))
    assert on_comment.code.startswith("# Adds.\n@cache")
    assert inside.end == on_comment.end


TWO = "def a():\n    return 1\n\n\ndef b():\n    return 2\n\n\n\n\n\n\n\nX = 1\n" + "y = 1\n" * 40


@pytest.mark.parametrize(("line", "name"), [(2, "a"), (3, "b"), (6, "b"), (8, "b")])
def test_a_blank_line_belongs_to_the_nearer_function(line: int, name: str) -> None:
    found = target(TWO, Point(line, 0))
    assert (found.name, found.start.line <= line <= found.end.line) == (name, True)


def test_a_blank_line_far_from_every_function_is_lines() -> None:
    assert target(TWO, Point(10, 0)).kind == "lines"


@pytest.mark.parametrize(
    ("start", "end"), [(Point(0, 0), Point(6, 0)), (Point(1, 4), Point(4, 3)), (Point(0, 4), Point(5, 6))]
)
def test_a_selection_in_two_functions_is_both(start: Point, end: Point) -> None:
    found = target(TWO, start, end, ActionKind.SIMPLIFY)
    assert found.code == "def a():\n    return 1\n\n\ndef b():\n    return 2"


def test_a_selection_of_one_function_is_the_function() -> None:
    assert target(TWO, Point(4, 0), Point(6, 0), ActionKind.SIMPLIFY).name == "b"


def test_a_statement_between_functions_is_not_the_whole_file() -> None:
    text = TWO.replace("X = 1", "X = [\n    1,\n    2,\n]")
    found = target(text, Point(14, 4))
    assert found.kind == "lines"
    assert "def b" not in found.code
    assert found.code.count("X = [\n    1,\n    2,\n]") == 1


def test_lines_without_a_function_hold_no_half_of_one() -> None:
    text = "x = 1\n" * 30 + "def a():\n" + "    y = 1\n" * 20
    found = target(text, Point(27, 0))
    assert (found.start.line, found.end.line) == (21, 29)
