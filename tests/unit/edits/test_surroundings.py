"""What the document defines where the piece is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from autothink_lsp.document.text import Text
from autothink_lsp.edits import same_names
from autothink_lsp.edits.same_names import Surroundings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point

SYNTAX = Syntax()


def test_only_the_places_of_one_name_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """To look at each method of a class, up to the header of the class, takes quadratic time."""
    methods = "".join(f"    def m{number}(self):\n        pass\n\n" for number in range(30))
    text = Text.from_str(
        f"class A:\n    def f(self):\n        pass\n\n{methods}\n\nclass B:\n    def g(self):\n        pass\n"
    )
    language = SYNTAX.registry.by_language_id("python")
    assert language is not None
    around = Surroundings(text, Point(1, 0), 2, SYNTAX.grammars.load(language))
    looked_at: list[int] = []
    context_of = same_names.context_of

    def counted(first: int, lines: Sequence[str]) -> str:
        looked_at.append(first)
        return context_of(first, lines)

    monkeypatch.setattr(same_names, "context_of", counted)
    assert [around.defines_beside(name) for name in ("m7", "g", "A", "f", "h")] == [True, False, True, False, False]
    assert len(looked_at) == 3
