"""Detects changes of tests that make them pass although the code is wrong, as reasons to ask the user. Pure.

``evasions.py`` detects such changes of other code.
"""
# ruff: noqa: E501 - tables of regular expressions

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from autothink_lsp.document.lines import indent_length
from autothink_lsp.edits.code_lines import CodeLine
from autothink_lsp.verify.suppressions import bounded

# What an edit that was made for the tests alone looks like: their success does not cover it.
_IN_TESTS = re.compile(
    r"PYTEST_(?:CURRENT_TEST|VERSION)|[\"'](?:pytest|unittest|_pytest)[\"']\s*(?:not\s+)?in\s+sys\.modules|\bJEST_WORKER_ID\b|\benv\.VITEST\b"
    r"|\bNODE_ENV\b[^\n]{0,20}[\"']test[\"']|\bcfg!\s*\(\s*test\b|\btesting\.Testing\s*\(|\bRAILS_ENV\b[^\n]{0,20}[\"']test[\"']|\bRails\.env\.test\?"
    r"|\bos\.(?:environ|getenv)\b[^\n]{0,12}[\"']CI[\"']|\bprocess\.env\.CI\b|sys\._getframe|inspect\.stack\s*\("
)
_ASSERTION = re.compile(
    bounded(
        r"^\s*(?:assert\b|(?:self|this|\$this|Assert|assert|require|t|s|suite)\.(?:assert|equal|not|ok|Equal|Error|Fatal|deepEqual|strictEqual|throws|That|True|False|Nil|NoError|Are)\w*"
        r"|assert\w*!?\s*\(|debug_assert\w*!|expect\s*[({]|(?:EXPECT|ASSERT|CHECK|REQUIRE|XCTAssert)\w*\s*\(|[^\n]{0,80}\.should\b|is\s*\()"
    )
)
_COMPARED = re.compile(
    r"===?|!==?|<=|>=|(?<![-=<])>|<(?![-<])|\bnot\b|\bin\b|\bis\b|!(?=\w)|\d[\w.]*|\"[^\"\n]*\"|'[^'\n]*'|\b(?:True|False|None|null|nil|true|false|undefined)\b"
    r"|\b(?:assert|expect|EXPECT_|ASSERT_|XCTAssert|to|toBe|be|have|should|has|Equal|Not)\w*"
)
_ABOUT_COMPARISON = re.compile(
    r"E71[1-4]|SIM\d|PT0\d\d|B011|comparison|compar|deprecat|instead|prefer|invalid syntax|expected|unterminated|undefined|not defined",
    re.IGNORECASE,
)
# What a call in an assertion is given may change then, but not what its result is compared with.
_ABOUT_ARGUMENTS = re.compile(
    r"\b(?:argument|parameter|param|positional|keyword argument|overload|arity|operand)s?\b|too (?:few|many)|no matching (?:function|overload)"
    r"|not assignable|incompatible type|mismatched types",
    re.IGNORECASE,
)
_KEYWORD_ASSERTION = re.compile(r"\s*assert\b(?!\w|\s*(?:!\s*)?\()")
_STRING_OR_BRACKET = re.compile(r"\"(?:[^\"\\\n]|\\.){0,200}\"|'(?:[^'\\\n]|\\.){0,200}'|(\w?)([(\[{])|([)\]}])")
_CONDITION = re.compile(
    r"\s*(?:\}\s*)?(?:else\s+)?(?:if|elif|elsif|unless|for|while|try|switch|match|case|when|with\s+(?:\w+\.)?suppress)\b"
)
_TEST = re.compile(
    bounded(
        r"^\s*(?:(?:it|test|specify|describe|context|scenario|Deno\.test|bench)(?:\.\w{1,20}){0,3}\s*[( ]\s*[\"'`]|@(?:Test|ParameterizedTest|RepeatedTest)\b|\#\[(?:\w+::)?test\b"
        r"|TEST(?:_[FP]|_CASE)?\s*\(|\[(?:Fact|Theory|Test|TestMethod|TestCase)\b|(?:async\s+)?def\s+test_|func\s+(?:\(\w+\s+\S+\)\s+)?[Tt]est\w*\()|\bt\.Run\s*\("
    )
)


def changed_tests(
    old: Sequence[CodeLine], new: Sequence[CodeLine], message: str, *, is_removal_asked: bool
) -> list[str]:
    """Concerns about removed tests and changed assertions."""
    concerns = made_for_tests(old, new)
    tests_before = sum(len(_TEST.findall(line.code)) for line in old)
    tests_after = sum(len(_TEST.findall(line.code)) for line in new)
    if tests_after < tests_before and not is_removal_asked:
        concerns.append("It removes a test.")
    before, after = ([line for line in lines if _ASSERTION.match(line.code)] for lines in (old, new))
    if not before or is_removal_asked:
        return concerns
    if _conditions(new) > _conditions(old) and _deepest(after) > _deepest(before):
        concerns.append("It asserts only under a condition.")
    is_about_arguments = bool(_ABOUT_ARGUMENTS.search(message))
    if _ABOUT_COMPARISON.search(message) and not is_about_arguments:
        return concerns
    compared = [_compared(lines, without_arguments=is_about_arguments) for lines in (before, after)]
    if len(after) < len(before) or compared[0] != compared[1]:
        concerns.append("It changes what is asserted.")
    return concerns


def _conditions(lines: Sequence[CodeLine]) -> int:
    return sum(bool(_CONDITION.match(line.code)) for line in lines)


def _deepest(lines: Sequence[CodeLine]) -> int:
    """The largest indentation of ``lines``, in characters."""
    return max((indent_length(line.text) for line in lines), default=0)


def _compared(lines: Sequence[CodeLine], *, without_arguments: bool) -> Counter[str]:
    """The operands and operators of the assertions in ``lines``. ``without_arguments``: without the arguments of the
    calls in them."""
    codes = [_outside_calls(line.code) if without_arguments else line.code for line in lines]
    return Counter(_COMPARED.findall("\n".join(codes)))


def _outside_calls(code: str) -> str:
    """An assertion without the arguments of the calls in it: ``assert total(1) == 3`` becomes ``assert total() == 3``.
    The parentheses of the assertion's own call, as in ``expect(...)``, are kept."""
    kept = 0 if _KEYWORD_ASSERTION.match(code) else 1
    parts: list[str] = []
    opened: list[bool] = []  # whether each open bracket is a call's
    end = 0
    for match in _STRING_OR_BRACKET.finditer(code):
        is_inside = sum(opened) > kept
        if not is_inside:
            parts.append(code[end : match.start()])
        end = match.end()
        if match[2]:
            opened.append(bool(match[1]) and match[2] == "(")
        elif match[3] and opened:
            opened.pop()
        if not is_inside or sum(opened) <= kept:
            parts.append(match[0])
    return "".join([*parts, code[end:] if sum(opened) <= kept else ""])


def made_for_tests(old: Sequence[CodeLine], new: Sequence[CodeLine]) -> list[str]:
    """A concern about code that behaves differently while tests run: passing tests do not show that it is right."""
    if len(_IN_TESTS.findall(code_of(new))) > len(_IN_TESTS.findall(code_of(old))):
        return ["It depends on whether tests run."]
    return []


def code_of(lines: Sequence[CodeLine]) -> str:
    """The code of the lines, without comments."""
    return "\n".join(line.code for line in lines)
