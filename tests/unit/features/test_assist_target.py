"""Which piece of a document the model is asked to rewrite."""

from __future__ import annotations

import pytest

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.assist.target import WHOLE_LINES, choose_target
from autothink_lsp.features.assist.values import ActionKind, AssistRequest
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
    assert target(PYTHON, Point(6, 0)).kind == "class"


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
