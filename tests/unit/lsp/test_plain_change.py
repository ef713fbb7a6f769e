"""The short way for ``didChange`` reads what the long way reads, and leaves everything odd to it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import converters, types

from autothink_lsp.lsp.convert import content_changes
from autothink_lsp.lsp.plain_change import plain_change

CONVERTER = converters.get_converter()
POSITION = st.fixed_dictionaries({"line": st.integers(0, 2**31 - 1), "character": st.integers(0, 2**31 - 1)})
PARTIAL = st.fixed_dictionaries(
    {"range": st.fixed_dictionaries({"start": POSITION, "end": POSITION}), "text": st.text(max_size=5)},
    optional={"rangeLength": st.integers(0, 9)},
)
WHOLE = st.fixed_dictionaries({"text": st.text(max_size=5)})
PARAMS = st.fixed_dictionaries(
    {
        "textDocument": st.fixed_dictionaries({"uri": st.text(max_size=9), "version": st.integers(-5, 5)}),
        "contentChanges": st.lists(PARTIAL | WHOLE, max_size=3),
    }
)


@given(PARAMS)
def test_the_same_as_the_long_way(params: dict[str, Any]) -> None:
    long = CONVERTER.structure(params, types.DidChangeTextDocumentParams)
    document = long.text_document
    assert plain_change(params) == (document.uri, document.version, content_changes(long.content_changes))


@pytest.mark.parametrize(
    "params",
    [
        None,
        [],
        "text",
        {},
        {"textDocument": {"uri": "a", "version": 1}},
        {"textDocument": {"uri": "a", "version": None}, "contentChanges": []},
        {"textDocument": {"uri": "a", "version": True}, "contentChanges": []},
        {"textDocument": {"uri": 1, "version": 1}, "contentChanges": []},
        {"textDocument": {"uri": "a", "version": 1}, "contentChanges": {}},
        {"textDocument": {"uri": "a", "version": 1}, "contentChanges": [None]},
        {"textDocument": {"uri": "a", "version": 1}, "contentChanges": [{"text": None}]},
        {"textDocument": {"uri": "a", "version": 1}, "contentChanges": [{"text": "", "range": None}]},
        {"textDocument": {"uri": "a", "version": 1}, "contentChanges": [{"text": "", "range": {"start": 1, "end": 2}}]},
        {
            "textDocument": {"uri": "a", "version": 1},
            "contentChanges": [{"text": "", "range": {"start": {"line": -1, "character": 0}, "end": {}}}],
        },
    ],
)
def test_what_is_odd_goes_the_long_way(params: Any) -> None:
    assert plain_change(params) is None
