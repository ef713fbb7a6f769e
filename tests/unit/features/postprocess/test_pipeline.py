"""All filters together: real answers of small models, and what holds for any answer at all."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.features.completion.postprocess.pipeline import (
    BLANK,
    FILTERS,
    OF_OTHER_LINES,
    apply_filters,
    completes_line,
)
from tests.support.cursor_mark import CURSOR, at

SHOWN = [
    ("python", "def f(a, b):\n    ‸\n", "    return a + b\n\nprint(f(1, 2))", "return a + b\n\nprint(f(1, 2))"),
    ("python", "def f(a, b):\n    ‸\n", "```python\n    return a + b\n```\nThis adds.", "return a + b"),
    ("python", "x = foo(‸)\n", "a, b)<|endoftext|>", "a, b"),
    ("javascript", "function f() {\n  ‸\n}\n", "return 1;\n}\n\n// Example usage:\nf();", "return 1;"),
    ("go", "func f() error {\n\t‸\n\treturn nil\n}\n", "g()\n\treturn nil\n}", "g()"),
    ("rust", "let x: Vec<‸> = vec![];\n", "String> = vec![];", "String"),
    ("python", "import os\n‸\n", "import sys\nimport sys\nimport sys\nimport sys\n", "import sys"),
    ("typescript", "foo({‸});\n", "\n  a: 1,\n  b: 2,\n});", "\n  a: 1,\n  b: 2,\n"),
    ("python", "    ‸\n", "x = 10\n    if a:\n        # Example usage:\n        b()", "x = 10"),  # takes two rounds
    ("typescript", "  ‸\n    f();\n  }\n", "if (/[\\\\/]/.test(a)) {\n    f();\n  }", "if (/[\\\\/]/.test(a)) {"),
    ("python", "    ‸return x\n", "x = 1\n    return x\n", "x = 1\n    "),
]
REJECTED = [
    ("python", "x = ‸\n", "  \n", BLANK),
    ("python", "x = ‸\n", "", BLANK),
    ("python", "x = ‸\n", "<think>The user", "trim_special"),
    ("python", "‸\n", "Here is the code you asked for:", "chatter"),
    ("python", "x = 1\n‸\n", "x = 1", "duplicate_previous_lines"),
    ("python", "‸\nx = 1\n", "x = 1", "duplicate_next_lines"),
    ("python", "foo(a‸\n", ")", "minimal_worth"),
    ("python", "foo(‸)\n", ")", "suffix_overlap"),
    ("javascript", "if (a) {\n  ‸\n}\n", "}", "bracket_balance"),
]


@pytest.mark.parametrize(("language_id", "document", "answer", "shown"), SHOWN)
def test_shows(language_id: str, document: str, answer: str, shown: str) -> None:
    filtered = apply_filters(CompletionCandidate.of(answer, at(language_id, document)))
    assert filtered.text == shown
    assert filtered.rejected_by is None


@pytest.mark.parametrize(("language_id", "document", "answer", "reason"), REJECTED)
def test_rejects_and_says_which_filter_did(language_id: str, document: str, answer: str, reason: str) -> None:
    filtered = apply_filters(CompletionCandidate.of(answer, at(language_id, document)))
    assert filtered.text == ""
    assert filtered.rejected_by == reason


def test_says_what_changed_the_text() -> None:
    filtered = apply_filters(CompletionCandidate.of("a, b)<|endoftext|>", at("python", "foo(‸)\n")))
    assert filtered.changed_by == ("trim_special", "suffix_overlap")


def test_a_cut_off_answer_loses_its_last_line_once() -> None:
    filtered = apply_filters(CompletionCandidate.of("a = 1\n    b = 2\n    c", at("python", "    ‸\n"), finished=False))
    assert filtered.text == "a = 1\n    b = 2"


def test_every_filter_has_its_own_name() -> None:
    assert len({step.__name__ for step in FILTERS}) == len(FILTERS)


PIECES = st.sampled_from(
    [
        *(
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            '"',
            "'",
            "`",
            ":",
            ";",
            ",",
            ".",
            "=",
            "+",
            "-",
            "/",
            "*",
            "<",
            ">",
            "#",
            "\\",
        ),
        *("//", "/*", "*/", "```", "<think>", "</think>", "<|endoftext|>", "Here is the code:", "x = 1\n", "name()"),
        *("x", "foo", "return", "end", "def", "if", "else:", "1", "é", "𝕏", "\u2028", "\x0c", "\r"),
        *(" ", "    ", "\n    ", "\n", "\n\n", "\t"),
    ]
)
TEXTS = st.lists(PIECES, max_size=40).map("".join)
LANGUAGES = st.sampled_from(
    ["python", "javascript", "go", "rust", "ruby", "shellscript", "markdown", "yaml", "klingon"]
)


def is_subsequence(short: str, long: str) -> bool:
    characters = iter(long)
    return all(char in characters for char in short)


@given(LANGUAGES, TEXTS, TEXTS, TEXTS, st.booleans())
def test_any_answer_is_only_ever_cut(language_id: str, prefix: str, suffix: str, answer: str, finished: bool) -> None:
    context = at(language_id, prefix + CURSOR + suffix)
    candidate = CompletionCandidate.of(answer, context, finished=finished)
    filtered = apply_filters(candidate)
    assert bool(filtered.text.strip()) == (filtered.rejected_by is None)
    assert is_subsequence("".join(filtered.text.split()), "".join(answer.split()))
    again = apply_filters(CompletionCandidate.of(filtered.text, context))
    assert again.text == filtered.text


@given(LANGUAGES, TEXTS, TEXTS, TEXTS)
def test_filters_alone_never_raise_and_never_write(language_id: str, prefix: str, suffix: str, answer: str) -> None:
    candidate = CompletionCandidate.of(answer, at(language_id, prefix + CURSOR + suffix))
    for step in FILTERS:
        assert is_subsequence("".join(step(candidate).split()), "".join(answer.split())), step.__name__


def test_comments_of_a_folder_without_a_grammar() -> None:
    context = at("clojure", "x = ‸\n")
    assert apply_filters(CompletionCandidate.of("10\n;; Example usage:\ny", context)).text == "10"


LINE = st.sampled_from(["", "a = 1", "  b = 2", "# x.py", "}", "/*", '"""', "if a:", "return a", "} // end", "f(a) #"])
CODE = st.text(alphabet="ab=1 \t#/*-:\"'`([{}]),.;<|>x", max_size=20) | LINE
LINES = st.lists(LINE, max_size=4)


@given(st.sampled_from(["python", "javascript", "go", "html", "ruby"]), LINES, CODE, CODE, LINES, st.booleans())
def test_what_completes_a_line_is_not_changed_by_the_filters_that_look_at_others(
    language_id: str, above: list[str], before: str, text: str, below: list[str], finished: bool
) -> None:
    document = "\n".join([*above, f"{before}{CURSOR}", *below])
    candidate = CompletionCandidate.of(text, at(language_id, document), finished=finished)
    assume(completes_line(candidate))
    assert {step.__name__: step(candidate) for step in OF_OTHER_LINES} == {
        step.__name__: text for step in OF_OTHER_LINES
    }
