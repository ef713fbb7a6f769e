"""The short way reads and writes what the long way does, and leaves everything odd to it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import converters, types

from autothink_lsp.lsp.convert import content_changes, from_range
from autothink_lsp.lsp.fast_codec import (
    InlineCompletionPlace,
    InlineItem,
    decode_cancel,
    decode_change,
    decode_inline_completion,
    encode_cancelled,
    encode_inline_completion,
)
from autothink_lsp.values import Position, Range

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
    assert decode_change(params) == (document.uri, document.version, content_changes(long.content_changes))


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
    assert decode_change(params) is None


QUESTION = st.fixed_dictionaries(
    {
        "textDocument": st.fixed_dictionaries({"uri": st.text(max_size=9)}),
        "position": POSITION,
        "context": st.fixed_dictionaries({"triggerKind": st.sampled_from([1, 2])}),
    }
)


@given(QUESTION)
def test_a_question_as_the_long_way_reads_it(params: dict[str, Any]) -> None:
    long = CONVERTER.structure(params, types.InlineCompletionParams)
    assert decode_inline_completion(params) == InlineCompletionPlace.of(long)


PLACE = {"textDocument": {"uri": "a"}, "position": {"line": 1, "character": 2}}
SELECTED = {"range": {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 2}}, "text": "ab"}


@pytest.mark.parametrize(
    "params",
    [
        None,
        PLACE,
        {**PLACE, "context": {}},
        {**PLACE, "context": {"triggerKind": 3}},
        {**PLACE, "context": {"triggerKind": True}},
        {**PLACE, "context": {"triggerKind": 1, "selectedCompletionInfo": SELECTED}},
        {**PLACE, "context": {"triggerKind": 1}, "workDoneToken": "a"},
        {**PLACE, "context": {"triggerKind": 1}, "position": {"line": "1", "character": 2}},
        {**PLACE, "context": {"triggerKind": 1}, "textDocument": None},
    ],
)
def test_any_other_question_goes_the_long_way(params: Any) -> None:
    assert decode_inline_completion(params) is None


@given(st.integers() | st.text(max_size=5), st.text())
def test_the_answer_is_written_as_the_long_way_does(number: int | str, text: str) -> None:
    place = Range(Position(1, 2), Position(3, 4))
    commands = [("autothink.accepted", 7), ("autothink.nextEdit.accepted", 'an "id"')]
    items = [InlineItem(text, place, command, named) for command, named in commands]
    long = [
        types.InlineCompletionItem(
            text, range=from_range(place), command=types.Command("accepted", command, None, [named])
        )
        for command, named in commands
    ]
    for count in range(3):
        answer = types.InlineCompletionResponse(number, types.InlineCompletionList(long[:count]))
        assert json.loads(encode_inline_completion(number, items[:count])) == CONVERTER.unstructure(answer)


@given(st.integers(-(2**31) + 1, 2**31 - 1) | st.text(max_size=9))
def test_cancellations_are_read_and_answered_as_the_long_way(number: int | str) -> None:
    message = {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": number}}
    assert decode_cancel(message["params"]) == CONVERTER.structure(message, types.CancelNotification).params.id
    error = types.ResponseError(types.LSPErrorCodes.RequestCancelled.value, "The request was cancelled.")
    assert json.loads(encode_cancelled(number)) == CONVERTER.unstructure(types.ResponseErrorMessage(number, error))


@pytest.mark.parametrize("params", [None, [], {}, {"id": None}, {"id": True}, {"id": 1.0}, {"id": [1]}, {"id": 2**40}])
def test_odd_cancellations_go_the_long_way(params: Any) -> None:
    assert decode_cancel(params) is None
