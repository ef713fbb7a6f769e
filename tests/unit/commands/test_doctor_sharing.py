"""What `doctor` says of an engine that editor windows share."""

from __future__ import annotations

import pytest

from autothink_lsp.commands.doctor.model import sharing


@pytest.mark.parametrize(("windows", "words"), [
    (0, ""),
    (1, "; editor windows can share it, none uses it now"),
    (2, "; shared with 1 editor window"),
    (3, "; shared with 2 editor windows"),
])  # fmt: skip
def test_who_uses_it_besides_the_check(windows: int, words: str) -> None:
    assert sharing(windows) == words
