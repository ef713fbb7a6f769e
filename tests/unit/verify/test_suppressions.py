"""Edits that make a tool silent fail a check; directives that were there before, or have become narrower, do not."""

from __future__ import annotations

import pytest

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.document.text import Text
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.features.assist.edit_verifier import EditVerifier
from autothink_lsp.features.assist.target import Target
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.evidence import evidence_of
from autothink_lsp.verify.service import VerificationRequest, Verifier
from autothink_lsp.verify.suppressions import check_suppressions

ADDED = (
    "x = f()  # type: ignore",
    "x = f()  # type:ignore[arg-type]",
    "x = f()  # noqa",
    "x = f()  # noqa: F821",
    "# ruff: noqa\nx = f()",
    "# flake8: noqa: E501\nx = f()",
    "x = f()  # pyright: ignore[reportCallIssue]",
    "# pyright: basic\nx = f()",
    "# pyright: reportCallIssue=false\nx = f()",
    "x = f()  # basedpyright: ignore",
    "# mypy: ignore-errors\nx = f()",
    '# mypy: disable-error-code="arg-type"\nx = f()',
    "x = f()  # ty: ignore[unresolved-reference]",
    "x = f()  # pyrefly: ignore",
    "x = f()  # pylint: disable=undefined-variable",
    "# pylint: skip-file\nx = f()",
    "x = f()  # nosec",
    "@no_type_check\ndef x(): f()",
    "@typing.no_type_check\ndef x(): f()",
    "if False:\n    x = f()",
    "while 0:\n    x = f()",
    "// @ts-ignore\nconst x = f();",
    "// @ts-expect-error\nconst x = f();",
    "/* @ts-ignore */ const x = f();",
    "// @ts-nocheck\nconst x = f();",
    "// eslint-disable-next-line no-undef\nconst x = f();",
    "/* eslint-disable */\nconst x = f();",
    "// biome-ignore lint/suspicious: no\nconst x = f();",
    "// $FlowFixMe\nconst x = f();",
    "if (false) { f(); }",
    "/* stylelint-disable-next-line */\na { b: c }",
    "#[allow(unused_variables)]\nlet x = f();",
    "#![allow(dead_code)]\nfn f() {}",
    "#[expect(unused)]\nlet x = f();",
    "#[cfg_attr(test, allow(dead_code))]\nfn f() {}",
    "#[cfg(any())]\nfn f() {}",
    "x := f() //nolint",
    "x := f() //nolint:errcheck",
    "//lint:ignore SA1000 no\nx := f()",
    "//go:build ignore\n\npackage x",
    '#pragma GCC diagnostic ignored "-Wunused"\nint x;',
    "#pragma clang diagnostic ignored \"-Wall\"\nint x;",
    "#pragma warning(disable: 4996)\nint x;",
    "#pragma warning disable CS0103\nint x;",
    "int x = f();  // NOLINT(bugprone)",
    "#if 0\nint x = f();\n#endif",
    '@SuppressWarnings("unchecked")\nint x = f();',
    '@Suppress("UNUSED")\nval x = f()',
    "int x = f(); // NOSONAR",
    "//noinspection unchecked\nint x = f();",
    "/** @phpstan-ignore-next-line */\n$x = f();",
    "x = f  # rubocop:disable Lint/UselessAssignment",
    "# shellcheck disable=SC2086\nf $x",
    "---@diagnostic disable-next-line: undefined-global\nx = f()",
    "x = f() -- luacheck: ignore",
    "let x = f() // swiftlint:disable:this force_cast",
    "// ignore: undefined_function\nvar x = f();",
    "x: f  # yamllint disable-line",
    "# fmt: off\nx = f()",
    "x = f()  # isort: skip",
    "// prettier-ignore\nconst x = f();",
    "// clang-format off\nint x = f();",
    "#[rustfmt::skip]\nlet x = f();",
    '#line 1 "other.c"\nint x = f();',
    '# 1 "other.c"\nint x = f();',
    "//line other.go:1\nx := f()",
    "#line hidden\nint x = f();",
    "SELECT f() -- noqa: L001",
    "no warnings;\nmy $x = f();",
    "@nowarn\nval x = f()",
    "{-# OPTIONS_GHC -Wno-unused #-}\nx = f",
    "<!-- markdownlint-disable -->\nf()",
    "# checkov:skip=CKV_1\nf()",
    "if false; then\n  f\nfi",
)  # fmt: skip


@pytest.mark.parametrize("after", ADDED)
def test_a_new_suppression_fails(after: str) -> None:
    result = check_suppressions("a\nx = f()\nb", f"a\n{after}\nb")
    assert result is not None
    assert result.verdict == "failed"
    assert result.detail.startswith(("it only silences the tool (`", "it switches the code off (`"))
    assert check_suppressions(f"a\n{after}\nb", f"a\n{after}\nc") is None, "it was there before"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1  # type: ignore\n", "x = 1\n"),
        ("x = 1  # noqa: F401, E501\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # noqa\n", "x = 1  # noqa: E501\n"),
        ("x = f(1)  # type: ignore[a]\n", "x = f(2)  # type: ignore[a]\n"),
        ("x = 1  # type: ignore\ny = 2\n", "y = 2\nx = 3  # type: ignore\n"),
        ("#[allow(dead_code, unused)]\nfn f() {}\n", "#[allow(unused)]\nfn f() {}\n"),
        ("/* eslint-disable no-undef */\na();\n", "/* eslint-disable no-undef */\nb();\n"),
        ("ignore = 1\n", "ignore = disable(allow)\n"),
        ("if x:\n    pass\n", "if x is False:\n    pass\n"),
        ("if (a) {}\n", "if (a === false) {}\n"),
        ("do { f(); } while (1)\n", "do { f(); } while (0)\n"),
        ("#[cfg(test)]\nmod a;\n", '#[cfg(any(test, feature = "x"))]\nmod a;\n'),
        ("#if 1\n#endif\n", "#ifdef A\n#endif\n"),
    ],
)
def test_what_is_no_suppression(before: str, after: str) -> None:
    assert check_suppressions(before, after) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1  # noqa: F401\n", "x = 1  # noqa\n"),
        ("x = 1  # noqa: F401\n", "x = 1  # noqa: F401, F821\n"),
        ("x = 1  # type: ignore[a]\n", "x = 2  # type: ignore[b]\n"),
        ("x = 1  # noqa\ny = 2\n", "x = 1  # noqa\ny = 2  # noqa\n"),
        ("#[allow(unused)]\nfn f() {}\n", "#[allow(unused, dead_code)]\nfn f() {}\n"),
    ],
)
def test_a_wider_suppression_fails(before: str, after: str) -> None:
    assert check_suppressions(before, after) is not None


@pytest.mark.parametrize(("may_suppress", "word"), [(False, "Failed"), (True, "Nothing")])
async def test_the_user_may_ask_for_it(may_suppress: bool, word: str) -> None:
    case = VerificationRequest(
        before=Text.from_str("x = y\n"),
        after=Text.from_str("x = y  # noqa: F821\n"),
        language=LanguageRegistry().by_path("a.py"),
        path="a.py",
        target=Diagnostic(Point(0, 4), Point(0, 5), "Undefined name `y`", code="F821", source="Ruff"),
        run_checkers=False,
        may_suppress=may_suppress,
    )
    evidence = evidence_of(await Verifier().verify(case))
    assert evidence.sentence.startswith(word)
    if not may_suppress:
        assert evidence.sentence == "Failed: it only silences the tool (`# noqa`)."


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("", False),
        ("use the other function", False),
        ("ignore this here", True),
        ("Suppress it", True),
        ("add a noqa", True),
    ],
)
def test_what_the_user_says_reaches_the_check(instruction: str, expected: bool) -> None:
    snapshot = DocumentStore().open("file:///a.py", "python", 1, "x = y\n")
    message = Diagnostic(Point(0, 4), Point(0, 5), "Undefined name `y`, ignored", code="F821", source="Ruff")
    request = AssistRequest(
        action=ActionKind.FIX,
        snapshot=snapshot,
        start=Point(0, 4),
        end=Point(0, 5),
        settings=Settings(),
        path="a.py",
        diagnostics=(message,),
        instruction=instruction,
    )
    target = Target(Point(0, 0), Point(1, 0), "file", None, "whole", "x = y\n")
    verifier = EditVerifier(request, target, None, None, Verifier())
    assert verifier._verification(snapshot.text).may_suppress is expected


@pytest.mark.parametrize(
    "after",
    [
        'x = f()  # "no warnings"',
        'print("no warnings found")',
        "# line numbers start at 1",
        "//line numbers start at 1",
        '# 3 "quoted" words',
        "// ignore: the header is read already",
        'read(".eslintignore")',
    ],
)
def test_words_of_a_directive_in_prose_are_none(after: str) -> None:
    assert check_suppressions("a\nb", f"a\n{after}\nb") is None


@pytest.mark.parametrize(
    "after",
    [
        "/* global foo */",
        "/*globals foo, bar*/",
        "/* eslint-env browser */",
        "/* eslint no-undef: 0 */",
        '/* eslint "no-undef": "off" */',
        "//line other.go:10",
    ],
)
def test_a_comment_that_changes_what_a_tool_knows_fails(after: str) -> None:
    assert check_suppressions("a\nb", f"a\n{after}\nb") is not None
