"""Places where no suggestion is wanted; ``‸`` is the cursor."""

import pytest

from autothink_lsp.features.completion.suppression.places import least_confidence, refusal, text_kind
from autothink_lsp.stream.cursor import lex_cursor
from tests.support.cursor_mark import at

SPEAKS = None
WHOLE = "statement is complete"
NOTHING = "nothing is missing"
CASES: list[tuple[str, str, str | None]] = [
    # a statement that is whole
    ("python", "x = foo(a)‸\n", WHOLE),
    ("python", "    return [a, b]‸\n", WHOLE),
    ("python", 'x = "a"‸\n', WHOLE),
    ("python", "foo(a)[0]‸\n", WHOLE),
    ("javascript", "foo(a);‸\n", WHOLE),
    ("javascript", "function f() {\n  g();\n}‸\n", WHOLE),
    ("go", "\tx := foo(a)‸\n", WHOLE),
    ("python", "matches = find(a)‸\n", WHOLE),  # a word that only begins like a header
    # one that is not
    ("python", "x = ‸\n", SPEAKS),
    ("python", "x = foo(a) ‸\n", SPEAKS),  # a blank asks for more
    ("python", "return a‸\n", SPEAKS),  # the word may go on
    ("python", "x = foo(bar(a)‸\n", SPEAKS),
    ("python", "foo(\n    bar(a)‸\n)\n", SPEAKS),
    ("python", "x = {\n    'a'‸\n}\n", SPEAKS),
    ("python", "def f(a)‸\n", SPEAKS),
    ("python", "async def f(a) -> list[int]‸\n", SPEAKS),
    ("python", "class A(B)‸\n", SPEAKS),
    ("python", "    if foo(a)‸\n", SPEAKS),
    ("python", "def f(a):‸\n", SPEAKS),
    ("javascript", "if (a)‸\n", SPEAKS),
    ("javascript", "} else if (a)‸\n", SPEAKS),
    ("javascript", "export async function f(a)‸\n", SPEAKS),
    ("rust", "pub(crate) fn f(a: u8)‸\n", SPEAKS),
    ("json", '{"a": [1]‸\n', SPEAKS),
    # text behind the cursor
    ("python", "foo(bar(a)‸)\n", NOTHING),
    ("python", "foo('a'‸)\n", NOTHING),
    ("python", "foo(a‸)\n", SPEAKS),  # the word may go on
    ("python", "foo(‸)\n", SPEAKS),
    ("python", "foo(a, ‸)\n", SPEAKS),
    ("python", "x = foo‸(a)\n", "inside an expression"),
    ("python", "x = foo‸.bar\n", "inside an expression"),
    ("python", "x = ‸ + b\n", SPEAKS),
    # between definitions
    ("python", "def f():\n    pass\n‸\n\ndef g():\n    pass\n", "between definitions"),
    ("python", "def f():\n    pass\n\n\n‸\n\ndef g():\n    pass\n", SPEAKS),  # about to write the next one
    ("python", "def f():\n    pass\n‸\n", SPEAKS),  # the end of the document
    ("python", "def f():\n    a()\n    ‸\n    b()\n", SPEAKS),
    ("python", "def f():\n    pass\n‸\n    pass\n", SPEAKS),
    ("python", "import os\n‸\nimport sys\n", SPEAKS),
    ("go", "func f() {\n}\n‸\nfunc g() {\n}\n", "between definitions"),
    # text
    ("python", "x = 1  # see ‸\n", "inside a comment"),
    ("python", "def f():\n    '''See ‸\n    '''\n", "inside a docstring"),
    ("python", "x = 'see ‸'\n", SPEAKS),
    ("javascript", "/* see ‸ */\n", "inside a comment"),
    ("javascript", "x = '# ‸'\n", SPEAKS),
    ("markdown", "See ‸\n", SPEAKS),
]


@pytest.mark.parametrize(("language_id", "document", "reason"), CASES)
def test_at(language_id: str, document: str, reason: str | None) -> None:
    context = at(language_id, document)
    around = lex_cursor(context)
    assert refusal(context, around, text_kind(around), ("comment", "docstring")) == reason


@pytest.mark.parametrize("word", ["comment", "docstring", "string"])
def test_text_is_a_matter_of_settings(word: str) -> None:
    document = {"comment": "# see ‸\n", "docstring": '"""See ‸\n"""\n', "string": "x = 'see ‸'\n"}[word]
    context = at("python", document)
    around = lex_cursor(context)
    article = f"inside a {word}"
    assert refusal(context, around, text_kind(around), (word,)) == article
    assert refusal(context, around, text_kind(around), ()) is None


@pytest.mark.parametrize(
    ("document", "wanted", "least"),
    [
        ("foo(bar‸)\n", 20, 50),
        ("foo(bar‸)\n", 70, 70),
        ("foo(bar‸)\n", 0, 0),  # switched off
        ("foo(‸)\n", 20, 20),
        ("foo(bar, ‸)\n", 20, 20),
        ("foo(bar‸\n", 20, 20),
        ("foo(bar‸ + 1)\n", 20, 20),
    ],
)
def test_how_sure_a_model_must_be(document: str, wanted: int, least: int) -> None:
    assert least_confidence(at("python", document), wanted) == least
