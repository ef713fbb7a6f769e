"""A statement is not suggested directly behind a word, where it would make the line one that does not parse."""

from __future__ import annotations

import pytest

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.completion.model import CompletionRequest, Trigger
from autothink_lsp.features.completion.postprocess.post_processor import INSIDE_WORD, PostProcessor, ProcessedText
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, PositionEncoding
from tests.support.cursor_mark import at

SYNTAX = Syntax()
F = "def f(a, b):\n"
# language, document, answer of a model that ended it itself, whether it is shown
CASES = [
    ("python", f"{F}    x = foo‸\n", "return a + b", False),
    ("python", f"{F}    x = foo‸\n    return x\n", "return a + b", False),
    ("python", "x = foo‸\n", "import os", False),
    ("javascript", "function f(a, b) {\n    const x = foo‸\n}\n", "return a + b;", False),
    ("go", "package p\n\nfunc f(a, b int) int {\n\tx := foo‸\n}\n", "return a + b", False),
    # the rest of the word
    ("python", f"{F}    x = foo‸\n", "bar(a)", True),
    ("python", f"{F}    ret‸\n", "urn a + b", True),
    ("python", f"{F}    ret‸\n", "return a + b", True),
    ("python", "de‸\n", "f foo(a):", True),
    ("python", "de‸\n", "f foo(a):\n    return a", True),
    ("python", f"{F}    wit‸\n", "h open(a) as g:", True),
    ("python", f"{F}    pri‸\n", "nt(a,", True),
    ("c", "int f(int a) {\n    i‸\n}\n", "nt x = a;", True),
    # not behind a word
    ("python", f"{F}    x = foo‸\n", "\n    return a + b", True),
    ("python", f"{F}    x = foo ‸\n", "return a + b", True),
    # no grammar can tell
    ("plaintext", "x = foo‸\n", "return a + b", True),
]


def shaped(language_id: str, marked: str, answer: str, trigger: Trigger) -> ProcessedText:
    context = at(language_id, marked)
    documents = DocumentStore(PositionEncoding.UTF32)
    documents.open("file:///a", language_id, 1, context.prefix + context.suffix)
    snapshot = documents.snapshot("file:///a")
    assert snapshot is not None
    point = Point(context.prefix.count("\n"), len(context.line_prefix))
    request = CompletionRequest(snapshot, point, trigger, 0.0, Settings(), "a")
    return PostProcessor(SYNTAX).shape(answer, request, context, finished=True)


@pytest.mark.parametrize(("language_id", "marked", "answer", "is_shown"), CASES)
def test_a_statement_is_not_glued_to_a_word(language_id: str, marked: str, answer: str, is_shown: bool) -> None:
    found = shaped(language_id, marked, answer, "automatic")
    assert bool(found.text) == is_shown
    assert found.reason == ("" if is_shown else INSIDE_WORD)


@pytest.mark.parametrize(
    ("marked", "answer", "shown_text"),
    [(f"{F}    y‸", "yield a", "ield a"), (f"{F}    x = foo‸", "foo(", "")],
)
def test_a_statement_that_begins_with_the_word_again(marked: str, answer: str, shown_text: str) -> None:
    assert shaped("python", marked, answer, "automatic").text == shown_text


def test_a_request_by_hand_is_answered() -> None:
    assert shaped("python", f"{F}    x = foo‸\n", "return a + b", "invoked").text == "return a + b"
