"""Parameters with odd values: what is left of them, and what is refused."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from lsprotocol import types
from pygls.protocol import default_converter

from autothink_lsp.lsp.tolerant_params import (
    UnusableParams,
    diagnostic,
    normalized,
    position,
    range_,
    repaired,
    structured_without_errors,
)

WHERE = {"start": {"line": 1, "character": 11}, "end": {"line": 1, "character": 16}}
GOOD: Any = {"range": WHERE, "message": "add subtracts", "severity": 1}

FIELDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # what is odd, and what becomes of it
    "severity 0": ({"severity": 0}, {"severity": None}),
    "severity 9": ({"severity": 9}, {"severity": None}),
    "severity as a word": ({"severity": "Warning"}, {"severity": 2}),
    "severity as digits": ({"severity": "3"}, {"severity": 3}),
    "severity true": ({"severity": True}, {"severity": None}),
    "severity 1.5": ({"severity": 1.5}, {"severity": None}),
    "severity null": ({"severity": None}, {"severity": None}),
    "an unknown tag": ({"tags": [99]}, {"tags": None}),
    "one unknown tag of two": ({"tags": [99, 2]}, {"tags": [2]}),
    "tags null": ({"tags": None}, {"tags": None}),
    "tags 1": ({"tags": 1}, {"tags": None}),
    "code as an object": ({"code": {"value": "E1", "target": "https://x"}}, {"code": "E1"}),
    "code as an empty object": ({"code": {}}, {"code": None}),
    "code 1.5": ({"code": 1.5}, {"code": "1.5"}),
    "code true": ({"code": True}, {"code": None}),
    "a huge code": ({"code": 2**70}, {"code": str(2**70)}),
    "source as a number": ({"source": 7}, {"source": "7"}),
    "source as a list": ({"source": []}, {"source": None}),
    "codeDescription as a text": ({"codeDescription": "https://x"}, {"codeDescription": None}),
    "codeDescription empty": ({"codeDescription": {}}, {"codeDescription": None}),
    "codeDescription null": ({"codeDescription": {"href": None}}, {"codeDescription": None}),
    "relatedInformation null": ({"relatedInformation": None}, {"relatedInformation": None}),
    "relatedInformation odd": ({"relatedInformation": [{}, None, {"location": 3}]}, {"relatedInformation": None}),
    "relatedInformation a text": ({"relatedInformation": "x"}, {"relatedInformation": None}),
    "data of any kind": ({"data": [{"a": None}]}, {"data": [{"a": None}]}),
    "message as markup": ({"message": {"kind": "markdown", "value": "**x**"}}, {"message": "**x**"}),
    "message as a list": ({"message": ["x", {"value": "y"}]}, {"message": "x\ny"}),
    "more fields": ({"x": 1, "_y": {}}, {}),
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_of_a_diagnostic(name: str) -> None:
    odd, expected = FIELDS[name]
    mended = diagnostic({**GOOD, **odd})
    assert mended is not None
    assert {key: mended.get(key) for key in expected} == expected
    converted = default_converter().structure(mended, types.Diagnostic)
    assert converted.range.start.line == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"range": None},
        {"range": {}},
        {"range": 3},
        {"range": {"start": None, "end": WHERE["end"]}},
        {"range": {"start": {"character": 3}, "end": WHERE["end"]}},
        {"range": {"start": {"line": "x"}, "end": WHERE["end"]}},
        {"message": None},
        {"message": ""},
        {"message": 3},
        {"message": {}},
    ],
)
def test_without_a_range_or_a_message_there_is_no_diagnostic(odd: Any) -> None:
    assert diagnostic({**GOOD, **odd}) is None


@pytest.mark.parametrize("value", [None, 3, "x", [], [GOOD], True])
def test_what_is_no_diagnostic(value: Any) -> None:
    assert diagnostic(value) is None


def spot(line: Any, character: Any) -> Any:
    return {"line": line, "character": character}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (spot(-1, 2), spot(0, 2)),
        (spot(1, -2), spot(1, 0)),
        (spot(1.7, 2.0), spot(1, 2)),
        (spot("3", "4"), spot(3, 4)),
        (spot(10**12, 1e300), spot(2**31 - 1, 2**31 - 1)),
        (spot(1, None), spot(1, 0)),
        ({"line": 1}, spot(1, 0)),
        (spot(None, 1), None),
        (spot(True, 1), None),
        (spot(float("nan"), 1), None),
        ([1, 2], None),
        (None, None),
    ],
)
def test_positions(value: Any, expected: Any) -> None:
    assert position(value) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ((1, 2), (1, 5), ((1, 2), (1, 5))),
        ((1, 5), (1, 2), ((1, 2), (1, 5))),
        ((3, 1), (2, 9), ((2, 9), (3, 1))),
        ((3, 4), (0, 9), ((3, 4), (3, 9))),  # ALE
        ((0, 4), (0, 1), ((0, 1), (0, 4))),
        ((1, 2), None, ((1, 2), (1, 2))),
        ((-1, 2), (1, 5), ((0, 2), (1, 5))),
        ((1, 2), (-1, -5), ((1, 2), (1, 2))),
    ],
)
def test_ranges(start: Any, end: Any, expected: Any) -> None:
    value = {"start": spot(*start), "end": spot(*end) if end else None}
    assert range_(value) == {"start": spot(*expected[0]), "end": spot(*expected[1])}


CONTEXTS: dict[str, tuple[Any, Any]] = {
    "missing": (..., {"diagnostics": []}),
    "null": (None, {"diagnostics": []}),
    "a list": ([], {"diagnostics": []}),
    "without diagnostics": ({"triggerKind": 1}, {"diagnostics": [], "triggerKind": 1}),
    "diagnostics null": ({"diagnostics": None}, {"diagnostics": []}),
    "diagnostics an object": ({"diagnostics": {"0": GOOD}}, {"diagnostics": []}),
    "one odd among good": ({"diagnostics": [None, 3, GOOD, {}]}, {"diagnostics": [GOOD]}),
    "triggerKind 0": ({"diagnostics": [], "triggerKind": 0}, {"diagnostics": []}),
    "triggerKind a word": ({"diagnostics": [], "triggerKind": "Invoked"}, {"diagnostics": []}),
    "only empty": ({"diagnostics": [], "only": []}, {"diagnostics": []}),
    "only null": ({"diagnostics": [], "only": None}, {"diagnostics": []}),
    "only a text": ({"diagnostics": [], "only": "quickfix"}, {"diagnostics": [], "only": ["quickfix"]}),
    "only with odd ones": ({"only": [None, "quickfix", 3]}, {"diagnostics": [], "only": ["quickfix"]}),
    "only odd ones": ({"only": [None, 3]}, {"diagnostics": []}),
    "only unknown ones": ({"only": ["x.y"]}, {"diagnostics": [], "only": ["x.y"]}),
}


@pytest.mark.parametrize("name", CONTEXTS)
def test_the_context_of_code_actions(name: str) -> None:
    given, expected = CONTEXTS[name]
    params: Any = {"textDocument": {"uri": "file:///a"}, "range": WHERE, "workDoneToken": {}}
    if given is not ...:
        params["context"] = given
    mended = normalized("textDocument/codeAction", params)
    assert mended == {"textDocument": {"uri": "file:///a"}, "range": WHERE, "context": expected}
    default_converter().structure(mended, types.CodeActionParams)


def test_only_diagnostics_on_the_lines_are_kept() -> None:
    far = [{**GOOD, "range": {"start": spot(line, 0), "end": spot(line, 3)}} for line in range(5, 900)]
    params = {"textDocument": {"uri": "file:///a"}, "range": WHERE, "context": {"diagnostics": [*far, GOOD]}}
    assert normalized("textDocument/codeAction", params)["context"]["diagnostics"] == [GOOD]


OPEN = {"textDocument": {"uri": "file:///a"}}
REPAIRED: dict[str, tuple[str, Any, Any]] = {  # method, odd, and what must come out of it
    "no context": ("textDocument/inlineCompletion", {**OPEN, "position": spot(1, 2)}, {"context": {"triggerKind": 2}}),
    "trigger 7": (
        "textDocument/inlineCompletion",
        {**OPEN, "position": spot(1, 2), "context": {"triggerKind": 7}},
        {"context": {"triggerKind": 2}},
    ),
    "selected null": (
        "textDocument/inlineCompletion",
        {**OPEN, "position": spot(1, 2), "context": {"triggerKind": 1, "selectedCompletionInfo": {"text": "x"}}},
        {"context": {"triggerKind": 1}},
    ),
    "negative": (
        "textDocument/inlineCompletion",
        {**OPEN, "position": spot(-1, 2), "context": {"triggerKind": 1}},
        {"position": spot(0, 2)},
    ),
    "floats": ("textDocument/completion", {**OPEN, "position": spot(1.0, 2.9)}, {"position": spot(1, 2)}),
    "texts": ("textDocument/completion", {**OPEN, "position": spot("1", "2"), "context": 5}, {"position": spot(1, 2)}),
    "odd trigger": (
        "textDocument/completion",
        {**OPEN, "position": spot(1, 2), "context": {"triggerKind": 0}},
        {"position": spot(1, 2)},
    ),
    "no language": (
        "textDocument/didOpen",
        {"textDocument": {"uri": "file:///a", "text": "x"}},
        {"textDocument": {"uri": "file:///a", "languageId": "plaintext", "version": 0, "text": "x"}},
    ),
    "a language that is no text": (
        "textDocument/didOpen",
        {"textDocument": {"uri": "file:///a", "languageId": 5, "version": 1, "text": "x"}},
        {"textDocument": {"uri": "file:///a", "languageId": "plaintext", "version": 1, "text": "x"}},
    ),
    "no version": (
        "textDocument/didChange",
        {"textDocument": {"uri": "file:///a", "version": None}, "contentChanges": [{"range": None, "text": "x"}]},
        {"textDocument": {"uri": "file:///a", "version": -1}, "contentChanges": [{"text": "x"}]},
    ),
    "arguments": ("workspace/executeCommand", {"command": "x", "arguments": {"a": 1}}, {"arguments": [{"a": 1}]}),
    "a token": ("workspace/executeCommand", {"command": "x", "workDoneToken": []}, {"command": "x"}),
    "folders": (
        "initialize",
        {"capabilities": None, "workspaceFolders": [None, {"uri": "file:///a", "name": None}, {"name": "x"}]},
        {"workspaceFolders": [{"uri": "file:///a", "name": ""}], "capabilities": {}},
    ),
}


@pytest.mark.parametrize("name", REPAIRED)
def test_repairs(name: str) -> None:
    method, params, expected = REPAIRED[name]
    mended = repaired(method, params)
    assert {key: mended[key] for key in expected} == expected
    kind = types.METHOD_TO_TYPES[method][0]
    message = {"jsonrpc": "2.0", "method": method, "params": deepcopy(mended)} | ({} if "did" in method else {"id": 1})
    structured_without_errors(default_converter(), message, kind)


@pytest.mark.parametrize(
    ("method", "params", "path"),
    [
        ("textDocument/codeAction", {"range": WHERE}, "textDocument"),
        ("textDocument/codeAction", {"textDocument": {"uri": 3}, "range": WHERE}, "textDocument.uri"),
        ("textDocument/codeAction", {**OPEN, "range": None}, "range"),
        ("textDocument/codeAction", None, "params"),
        ("textDocument/inlineCompletion", {**OPEN}, "position"),
        ("textDocument/inlineCompletion", {"position": spot(1, 2)}, "textDocument"),
        ("textDocument/inlineCompletion", [], "params"),
        ("textDocument/didOpen", {"textDocument": {"uri": "file:///a", "text": None}}, "textDocument.text"),
        ("textDocument/didChange", {**OPEN, "contentChanges": [{"range": WHERE}]}, "contentChanges[0].text"),
        ("textDocument/didChange", {**OPEN, "contentChanges": [{"range": {}, "text": ""}]}, "contentChanges[0].range"),
        ("textDocument/didChange", {**OPEN, "contentChanges": None}, "contentChanges"),
        ("workspace/executeCommand", {"command": None}, "command"),
    ],
)
def test_what_is_refused_says_where(method: str, params: Any, path: str) -> None:
    with pytest.raises(UnusableParams) as caught:
        repaired(method, normalized(method, params))
    assert caught.value.path == path


def test_what_is_optional_and_odd_anywhere_is_left_out() -> None:
    capabilities: Any = {
        "textDocument": {"completion": 3, "inlineCompletion": {}, "codeAction": {"resolveSupport": {"properties": 5}}},
        "workspace": {"workspaceEdit": {"resourceOperations": ["fly", "create"], "documentChanges": True}},
        "general": {"positionEncodings": ["utf-99", "utf-8"]},
        "window": "yes",
    }
    params = {"processId": None, "rootUri": None, "capabilities": capabilities, "trace": "loud", "clientInfo": 3}
    message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
    made = structured_without_errors(default_converter(), message, types.InitializeRequest)
    document, workspace = made.params.capabilities.text_document, made.params.capabilities.workspace
    assert document.inline_completion is not None
    assert document.completion is None
    assert workspace.workspace_edit.document_changes is True


@pytest.mark.parametrize("value", ["7", 7.0, True, [], {}, 2**40, -(2**40), None])
def test_what_is_no_process_id_is_none(value: Any) -> None:
    assert normalized("initialize", {"processId": value})["processId"] is None


def test_a_process_id_is_kept() -> None:
    assert normalized("initialize", {"processId": 7, "capabilities": {}})["processId"] == 7


@pytest.mark.parametrize("text", [None, 5, True, [], ["a"], {}, 1.5])
@pytest.mark.parametrize(
    ("method", "name"), [("textDocument/didOpen", "textDocument"), ("notebookDocument/didOpen", "cellTextDocuments")]
)
def test_a_document_whose_text_is_none_is_not_opened(method: str, name: str, text: Any) -> None:
    document = {"uri": "file:///a", "languageId": "python", "version": 1, "text": text}
    with pytest.raises(UnusableParams, match=f"{name}.text"):
        normalized(method, {name: document if name == "textDocument" else [document]})


@pytest.mark.parametrize("language", [5, True, [], {}, 1.5, None])
def test_a_language_that_conversion_would_take(language: Any) -> None:
    document = {"uri": "file:///a", "languageId": language, "version": 1, "text": "x"}
    opened = normalized("textDocument/didOpen", {"textDocument": document})
    assert opened["textDocument"]["languageId"] == "plaintext"
    notebook = normalized("notebookDocument/didOpen", {"notebookDocument": {}, "cellTextDocuments": [document, None]})
    assert notebook["cellTextDocuments"] == [{**document, "languageId": "plaintext"}, None]
    for params in ({"textDocument": None}, {}, {"textDocument": {"uri": "file:///a", "languageId": "python"}}):
        assert normalized("textDocument/didOpen", params).get("textDocument") == params.get("textDocument")
