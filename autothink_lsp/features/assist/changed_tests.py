"""Detects changes of tests that make them pass although the code is wrong, as reasons to ask the user. Pure.

``evasions.py`` detects such changes of other code.
"""
# ruff: noqa: E501 - tables of regular expressions

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

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
# "Expected" alone is the word of failed assertions: "expected 2 to equal 3".
_ABOUT_COMPARISON = re.compile(
    r"E71[1-4]|SIM\d|PT0\d\d|B011|comparison|compar|deprecat|instead|prefer|invalid syntax|unterminated|undefined|not defined"
    r"|expected[\s:]{1,2}(?:an? )?(?:[`'\"‘“]?[^\w\s`'\"‘“-]|expression|identifier|indented|statement|token|newline|declaration|pattern|item|end\b)"
    r"|mismatched types",
    re.IGNORECASE,
)
# What a call in an assertion is given may change then, but not what its result is compared with.
_ABOUT_ARGUMENTS = re.compile(
    r"\b(?:argument|parameter|param|positional|keyword argument|overload|arity|operand)s?\b|too (?:few|many)|no matching (?:function|overload)"
    r"|not assignable|incompatible type|mismatched types",
    re.IGNORECASE,
)
_NEAR_LINES = 60  # above a change; chosen
_MOST_LINES_BELOW = 2_000  # that are read for the assertions of a test
_DECORATED_LINES = 3  # below a decorator until the header of its function; chosen
_TEST_MODULE = re.compile(r"^\s*#\[cfg\(test\)\]")
# ``assert same(total(x), 3)``: the arguments of the only call are what is compared.
_COMPARING_CALL = re.compile(
    r"\s*assert\s+(?:not\s+)?[\w.]+\(\s*[\w.]+\(.*\)\s*,.*\)\s*(?:,.*)?$|\s*assert\s+(?:not\s+)?[\w.]+\([^()]*,\s*[\w.]+\(.*\)\s*\)\s*(?:,.*)?$"
)
_KEYWORD_ASSERTION = re.compile(r"\s*assert\b(?![\w.]|\s*(?:!\s*)?\()")
_STRING_OR_BRACKET = re.compile(r"\"(?:[^\"\\\n]|\\.){0,200}\"|'(?:[^'\\\n]|\\.){0,200}'|(\w?)([(\[{])|([)\]}])")
_CONDITION = re.compile(
    r"\s*(?:\}\s*)?(?:else\s+)?(?:if|elif|elsif|unless|for|while|try|switch|match|case|when|with\s+(?:\w+\.)?suppress)\b"
)
_TEST = re.compile(
    bounded(
        r"^\s*(?:(?:it|test|specify|describe|context|scenario|Deno\.test|bench)(?:\.\w{1,20}){0,3}\s*[( ]\s*[\"'`]|@(?:Test|ParameterizedTest|RepeatedTest)\b|\#\[(?:\w+::)?test\b"
        r"|TEST(?:_[FP]|_CASE)?\s*\(|\[(?:Fact|Theory|Test|TestMethod|TestCase)\b|(?:async\s+)?def\s+test_|func\s+(?:\(\w+\s+\S+\)\s+)?Test\w*\()|\bt\.Run\s*\("
    )
)


# Ways to let a test pass whatever the code does: each is a concern if there are more of it than before.
_WAYS = (
    ("It asserts what is always true.", re.compile(bounded(
        r"\b(?:assert|is_true|assert_true)\s+(?:True|true|not False|1|\"[^\"\n]{1,40}\"|'[^'\n]{1,40}')\s*(?:,|;|$)|\bassert\s*\([^()\n]{1,80},\s*[\"'][^\n]{0,80}[\"']\s*\)\s*$"
        r"|\bassert(?:True|_true|\.ok|\.isTrue|That)?!?\s*\(\s*(?:t,\s*)?(?:True|true|1)\s*[,)]|\b(?:assertFalse|assert\.isFalse)\s*\(\s*(?:False|false)\s*[,)]|\b(?:require|assert)\.True\(t, true\b"
        r"|\bexpect\s*\(\s*(true|1|false|[\w.]{1,40})\s*\)\.(?:to)?(?:Be|Equal|StrictEqual|\.equal|\.be|\.eql)\w*\(\s*\1\s*\)|\bexpect\s*\(\s*true\s*\)"
        r"|\bassert(?:_eq|Equals?|_equal|\.equal|\.strictEqual|\.deepEqual|\.Equal|Same|Is)?!?\s*\(\s*(?:t,\s*)?([\w.()]{1,60})\s*,\s*\2\s*[,)]"
        r"|\bassert\s+([\w.()\[\]]{1,60})\s*(?:==|is)\s*\3\s*(?:,|$)|\bassert\b[^\n]{1,160}(?:\bor (?:True|1|not False)\b|\|\|\s*true\b)|\|\|\s*true\s*\)"
        ), re.MULTILINE)),
    ("It lets a loop or a table of cases be empty.", re.compile(bounded(
        r"\bfor\b[^\n]{1,80}?\b(?:in|of)\s*(?:\[\s*\]|\(\s*\)|\{\s*\}|range\(\s*0\s*\)|vec!\[\s*\]|[\w.]{1,40}\[:0\]|0\.\.0\b|\(\s*\[\s*\]\s*\))|:\s*(?:List|Set|Arrays)\.(?:of|asList)\(\s*\)\s*\)"
        r"|\brange\s+(?:nil\b|\[\]\S{1,40}\{\s*\}|[\w.]{1,40}\[:0\])|\.each\s*\(\s*\[\s*\]\s*\)|\bparametrize\([^\n]{1,120},\s*[\[(]\s*[\])]|\[:0\]|\.slice\(\s*0\s*,\s*0\s*\)"
        r"|\.(?:take|limit|head|first)\(\s*0\s*\)|\bnew \w+(?:\[\])+\s*\{\s*\}\s*\)|\bfor\s*\([^;\n]{0,60};\s*false\s*;|\bwhile\s*\(?\s*(?:False|false)\b"))),
    ("It expects or hides the failure of an assertion.", re.compile(bounded(
        r"\braises\(\s*(?:AssertionError|Exception|BaseException)\b|\bassertRaises\(\s*(?:AssertionError|Exception|BaseException)\b|\bsuppress\(\s*(?:AssertionError|Exception|BaseException)\b"
        r"|\bexcept\s*(?:\(?\s*(?:AssertionError|Exception|BaseException)\b|:)|\bcatch\s*\(\s*(?:final\s+)?(?:AssertionError|Throwable|Error)\b|\bcatch\s*(?:\(\s*\w{0,10}\s*\))?\s*\{"
        r"|\.catch\s*\(|\bcatch_unwind\b|\brecover\(\s*\)|\bassertThrows\(\s*(?:AssertionError|Throwable|Error)\b|\bexpect\s*\(\s*(?:async\s*)?\(\s*\)\s*=>[^\n]{0,80}\bexpect\b|should_panic\b"))),
    ("It may skip the test.", re.compile(bounded(
        r"\bimportorskip\(|\bassum(?:e|ing)(?:True|False|That|NoException|NotNull)\s*\(|\bAssum(?:e|ptions)\."))),
    ("It replaces code by a mock.", re.compile(bounded(
        r"@(?:mock\.)?patch\b|\bpatch(?:\.object)?\(|\bmonkeypatch\.set\w+\(|\bMock\(|\bMagicMock\(|\b(?:jest|vi|sinon)\.(?:mock|fn|spyOn|stub)\(|\bwhen\([^\n]{1,80}\)\.then|\bmockStatic\("))),
)  # fmt: skip
_JUMP = re.compile(
    r"^\s*(?:if\b[^\n]{0,120}?[:{)]\s*)?(?:return|continue|break|pytest\.exit|sys\.exit|os\._exit|process\.exit|runtime\.Goexit|std::process::exit|System\.exit)\b"
)
_FUNCTION = re.compile(
    bounded(
        r"\b(?:def|lambda|function|fn|func|class)\b|=>|->|\|[\w ,&:]{0,80}\|\s*\{?\s*$"
        r"|^[ \t]*+(?:public|private|protected|static)\b[^=;\n]{0,160}\([^;\n]{0,160}$"
    )
)
# Go's assertions: the condition is in the line above.
_REPORTS = re.compile(r"^\s*(?:t|b|tb)\.(?:Error|Fatal|Fail)\w*\(")
_GO_CONDITION = re.compile(r"^\s*(?:\}\s*else\s+)?if\b")


def changed_tests(
    old: Sequence[CodeLine],
    new: Sequence[CodeLine],
    message: str,
    *,
    is_removal_asked: bool,
    around: tuple[Sequence[str], Sequence[str]] = ((), ()),
) -> list[str]:
    """Concerns about removed tests, changed assertions, and changes that let a test pass whatever the code does.
    ``around`` are the document's lines above and below ``new``."""
    concerns = made_for_tests(old, new)
    tests_before = sum(len(_TEST.findall(line.code)) for line in old)
    tests_after = sum(len(_TEST.findall(line.code)) for line in new)
    if tests_after < tests_before and not is_removal_asked:
        concerns.append("It removes a test.")
    if is_in_test(new, around):
        concerns += _ways(old, new)
        if _may_leave_early(old, new, around[1]):
            concerns.append("It may leave the test before an assertion.")
    before, after = _assertions(old, around[1]), _assertions(new, around[1])
    if not before or is_removal_asked:
        return concerns
    if _conditions(new) > _conditions(old) and _deepest(after) > _deepest(before):
        concerns.append("It asserts only under a condition.")
    is_about_arguments = bool(_ABOUT_ARGUMENTS.search(message))
    if _ABOUT_COMPARISON.search(message) and not is_about_arguments:
        return concerns
    compared = [_compared(lines, without_arguments=is_about_arguments) for lines in (before, after)]
    waits = [sum("await" in line.code.split() for line in lines) for lines in (before, after)]
    if len(after) < len(before) or compared[0] != compared[1] or waits[1] < waits[0]:
        concerns.append("It changes what is asserted.")
    return concerns


def is_in_test(lines: Sequence[CodeLine], around: tuple[Sequence[str], Sequence[str]]) -> bool:
    """Whether ``lines`` contain a test or are inside one, or there is one in the lines near them."""
    above, below = around
    near = [*above[-_NEAR_LINES:], *(line.code for line in lines), *below[:_DECORATED_LINES]]
    if any(_TEST.search(line) or _TEST_MODULE.match(line) for line in near):
        return True
    return any(_TEST.search(line) or _TEST_MODULE.match(line) for line in _headers(lines, above, below))


def _headers(lines: Sequence[CodeLine], above: Sequence[str], below: Sequence[str]) -> Iterator[str]:
    """Yield the lines ``above`` with less indentation than all that follow, with the decorators above them: the headers
    of the blocks around ``lines``."""
    depth = min((indent_length(line.text) for line in lines if line.text.strip()), default=None)
    if depth is None:  # removed lines
        depth = indent_length(next((line for line in below if line.strip()), ""))
    for number in range(len(above) - 1, -1, -1):
        line = above[number]
        if not depth:
            return
        if line.strip() and indent_length(line) < depth:
            depth = indent_length(line)
            yield from above[max(0, number - _DECORATED_LINES) : number + 1]


def _ways(old: Sequence[CodeLine], new: Sequence[CodeLine]) -> list[str]:
    before, after = code_of(old), code_of(new)
    return [
        sentence
        for sentence, way in _WAYS
        if sum(1 for _ in way.finditer(after)) > sum(1 for _ in way.finditer(before))
    ]


def _may_leave_early(old: Sequence[CodeLine], new: Sequence[CodeLine], below: Sequence[str]) -> bool:
    """Whether there is a new jump before an assertion of the same function."""
    present = Counter(line.code for line in old)
    codes = [line.text for line in new] + list(below[:_MOST_LINES_BELOW])
    for number, line in enumerate(new):
        present[line.code] -= 1
        if present[line.code] < 0 and _JUMP.match(line.code) and _asserts_behind(codes, number):
            return True
    return False


def _asserts_behind(codes: Sequence[str], jump: int) -> bool:
    """Whether an assertion follows the line ``jump`` in the function that the jump leaves."""
    indent = indent_length(codes[jump])
    for number in range(jump - 1, -1, -1):  # the header of the innermost function, if it is among the lines
        if codes[number].strip() and indent_length(codes[number]) < indent:
            indent = indent_length(codes[number])
            if _FUNCTION.search(codes[number]):
                break
    else:
        indent = -1
    for line in codes[jump + 1 :]:
        if line.strip() and (indent_length(line) <= indent or (indent < 0 and _TEST.search(line))):
            return False
        if _ASSERTION.match(line) or _REPORTS.match(line):
            return True
    return False


def _assertions(lines: Sequence[CodeLine], below: Sequence[str]) -> list[CodeLine]:
    """The lines with assertions. In Go that is also the condition above a report, which may be the first line
    ``below``."""
    following = [*(line.text for line in lines[1:]), *below[:1], ""]
    return [
        line
        for line, behind in zip(lines, following, strict=False)
        if _ASSERTION.match(line.code) or (_GO_CONDITION.match(line.code) and _REPORTS.match(behind))
    ]


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
    kept = 0 if _KEYWORD_ASSERTION.match(code) and not _COMPARING_CALL.match(code) else 1
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
