from __future__ import annotations

import pytest

from autothink_lsp.document.notebooks import NotebookStore


@pytest.mark.parametrize(
    ("start", "delete_count", "new", "cells"),
    [
        (1, 0, ["x", "y"], ("a", "x", "y", "b", "c")),
        (0, 1, [], ("b", "c")),
        (1, 2, ["x"], ("a", "x")),
        (0, 3, ["c", "b", "a"], ("c", "b", "a")),  # moved
        (9, 9, ["x"], ("a", "b", "c", "x")),
        (-1, -1, ["x"], ("x", "a", "b", "c")),
    ],
)
def test_a_change_of_structure(start: int, delete_count: int, new: list[str], cells: tuple[str, ...]) -> None:
    notebooks = NotebookStore()
    notebooks.open("book", ["a", "b", "c"])
    notebooks.change_structure("book", start, delete_count, new)
    for cell in cells:
        assert notebooks.siblings(cell) == cells
    for gone in {"a", "b", "c"} - set(cells):
        assert notebooks.siblings(gone) == ()


def test_notebooks_are_apart_and_other_documents_are_no_cells() -> None:
    notebooks = NotebookStore()
    notebooks.open("one", ["a", "b"])
    notebooks.open("two", ["c"])
    assert notebooks.siblings("c") == ("c",)
    assert notebooks.siblings("file:///x.py") == ()
    notebooks.close("one")
    assert notebooks.siblings("a") == ()
    assert notebooks.siblings("c") == ("c",)


def test_a_cell_that_moved_to_another_notebook_stays_there() -> None:
    notebooks = NotebookStore()
    notebooks.open("one", ["a", "b"])
    notebooks.open("two", ["b", "c"])  # the client says this first, and of the other notebook only later
    notebooks.change_structure("one", 1, 1, [])
    assert notebooks.siblings("b") == ("b", "c")
    assert notebooks.siblings("a") == ("a",)


def test_messages_about_unknown_notebooks_change_nothing() -> None:
    notebooks = NotebookStore()
    notebooks.change_structure("none", 0, 0, ["a"])
    notebooks.close("none")
    assert notebooks.siblings("a") == ()
