"""Detects edits that silence a tool instead of fixing what it reports: suppressions, code that is switched off, skipped
tests, and removed requests for checks.

That a tool no longer reports a message is a proof only if the tool still checks the code, which ``# type: ignore``,
``// @ts-ignore``, ``#[allow(...)]`` or ``if False:`` prevent. A directive that was there before is allowed, also with fewer codes.
With syntax trees a directive counts only where it has an effect: a comment in a comment, an attribute in code. Pure.
"""
# ruff: noqa: E501, ISC004 - a table of regular expressions

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import frozen

from autothink_lsp.document.lines import indent_length
from autothink_lsp.syntax.scopes import scope_kind
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point
from autothink_lsp.verify.report import CheckResult

_Place = Literal["comment", "code", "any"]


def bounded(pattern: str) -> str:
    """``pattern`` within a line and with bounds: runs of blanks must not take the square of their time."""
    return pattern.replace(r"\s*", r"[ \t]{0,9}").replace(r"\s+", r"[ \t]{1,9}")


# Values of which a condition is never, or always, true.
_FALSE = (
    r"(?:False|false|FALSE|\$false|nil|None|null|undefined|0|\"\"|''|\(\)|\[\]|\{\}|(?:not[ ]{1,3}|!\s*)(?:\(\s*)?(?:True|true|TRUE|\$true|1)(?:\s*\))?"
    r"|1\s*={1,3}\s*0|0\s*={1,3}\s*1|1\s*!==?\s*1|not[ ]{1,3}TYPE_CHECKING)"
)
_TRUE = r"(?:True|true|TRUE|\$true|1|(?:not[ ]{1,3}|!\s*)(?:False|false|FALSE|0))"
_IF = r"^[ \t]*(?:\}\s*)?(?:else[ ]{1,3})?(?:if|elif|elsif|elseif)(?:\s*\(\s*|[ ]{1,3})"
_LOOP = r"^[ \t]*(?:while|for(?![ ]{1,3}\{\}))(?:\s*\(\s*|[ ]{1,3})"
_UNLESS = r"^[ \t]*(?:unless|until)(?:\s*\(\s*|[ ]{1,3})"
_THEN = r"(?:\s*\)(?!\s*;)|\s*(?::|\{|;\s*(?:then|do)\b|[ ](?:then|do|and|&&)(?![\w])|$|&&))"
_OPERAND = r"(?:^[ \t]*|[({\[,;?]\s*|\breturn[ ]{1,3}|(?<![=!<>])=(?!=)\s*|&&\s*|\|\|\s*|\b(?:and|or|if|elif|while|not)[ ]{1,3})"

# One row for each directive: the place where it has an effect, and what it is written as. The words behind it in the
# line are its codes.
_DIRECTIVES: Mapping[str, tuple[_Place, str]] = {
    # Python
    "type: ignore": ("comment", r"\#\s*type:\s*ignore\b"),
    "noqa": ("comment", r"\#\s*(?:(?:ruff|flake8):\s*)?noqa\b"),
    "pyright": (
        "comment",
        r"\#\s*(?:based)?pyright:\s*(?:ignore\b|basic\b|standard\b|off\b|report\w+\s*=\s*(?:false|none|information|warning))",
    ),
    "mypy": ("comment", r"\#\s*mypy:\s*(?:ignore|disable|allow)"),
    "ty": ("comment", r"\#\s*(?:ty|pyrefly|pyre|zuban):?[\s-]*(?:ignore|fixme)\b|\#\s*pyre-(?:ignore|fixme)"),
    "pylint": ("comment", r"\#[^\n]{0,80}?\bpylint:\s*(?:disable|skip-file)"),
    "nosec": ("comment", r"\#\s*nosec\b"),
    "no_type_check": ("code", r"@(?:\w+\.)?no_type_check\b"),
    "warnings ignored": (
        "code",
        r"\b(?:simplefilter|filterwarnings)\s*\(\s*(?:action\s*=\s*)?[\"'](?:ignore|once)[\"']|\blogging\.disable\s*\(",
    ),
    # JavaScript, TypeScript, CSS
    "@ts-ignore": ("comment", r"@ts-(?:ignore|expect-error|nocheck)\b"),
    "lint disabled": (
        "comment",
        r"(?<!\.)\b(?:eslint|tslint|oxlint|biome|rome|deno-lint|stylelint|jshint|htmlhint|jscs)"
        r"[-\s:]*(?:disable|ignore|lint/ignore)",
    ),
    "names declared": (
        "comment",
        r"/\*\s*(?:globals?\s+[\w$]|eslint-env\b)|/\*\s*eslint\s+[\"']?[\w@/-]+[\"']?\s*:\s*\[?\s*[\"']?(?:0|1|off|warn)\b",
    ),
    "flow": ("comment", r"\$Flow(?:FixMe|Ignore|Issue|ExpectedError)"),
    # Rust, Go, C, C++
    "allow": ("code", r"\#!?\[\s*(?:cfg_attr\s*\([^,\n]{0,120},\s*)?(?:allow|expect|warn)\s*\("),
    "nolint": (
        "comment",
        r"//\s*nolint\b|//\s*lint:(?:file-)?ignore\b|//\s*\#?nosec\b"
        r"|//\s*(?:revive:disable|exhaustive:ignore|exhaustruct:ignore)|/[/*]\s*lint\s+[-!]e|/[/*]\s*(?:LINTED|NOTREACHED)\b|IWYU pragma:",
    ),
    "NOLINT": ("comment", r"\bNOLINT(?:NEXTLINE|BEGIN)?\b|cppcheck-suppress"),
    "diagnostic ignored": (
        "any",
        r"\#\s*pragma\s+(?:GCC|clang)\s+(?:diagnostic\s+(?:ignored|warning)|system_header)"
        r"|_Pragma\s*\(\s*\"(?:GCC|clang) (?:diagnostic|system_header)|(?:\#\s*pragma|__pragma\s*\()\s*warning\s*\(?\s*(?:disable|suppress|push\s*,)"
        r"|\#\s*define\s+_?\w{0,40}NO_(?:WARN|DEPRECAT)\w*|\[\[\s*(?:clang|gsl)::suppress|\bno_sanitize\b|\b__extension__\b|\#\s*nullable\s+disable|^[ \t]*\#\s*nowarn\b",
    ),
    # Java, Kotlin, C#, PHP, Ruby, shell, Lua, Swift, Dart, SQL, YAML, Docker, Markdown
    "@SuppressWarnings": (
        "code",
        r"@(?:file:\s*)?Suppress(?:Warnings|Lint|FBWarnings|Message)?\b|\[\s*(?:\w+:\s*)?(?:Unconditional)?SuppressMessage\b",
    ),
    "inspection disabled": (
        "comment",
        r"\bnoinspection\b|\bNOSONAR\b|\bNOPMD\b|\bCHECKSTYLE[.:]\s*OFF\b|\bktlint-disable\b|\bdetekt:disable\b|\bscala(?:fix|style):off\b"
        r"|\bskipcq\b|\bReSharper disable\b|\bpragma:\s*no cover|\b(?:istanbul|c8|v8)\s+ignore\b|\bLCOV_EXCL|\bpytype:\s*disable",
    ),
    "phpstan": (
        "comment",
        r"@(?:phpstan-ignore|psalm-suppress|phpcs:\s*(?:ignore|disable)|phan-suppress)[\w-]*|//\s*phpcs:\s*\w+",
    ),
    "errors not reported": (
        "code",
        r"\berror_reporting\s*\(\s*0\s*\)|\$VERBOSE\s*=\s*nil|\bWarning\[:\w+\]\s*=\s*false|\bprocess\.(?:noDeprecation|noWarnings)\s*=",
    ),
    "rubocop": (
        "comment",
        r"\#\s*(?:rubocop|standard)\s*:\s*(?:disable|todo)|\#\s*:nodoc-lint:|\#\s*typed:\s*(?:ignore|false)",
    ),
    "shellcheck": ("comment", r"\#\s*shellcheck\s+disable"),
    "luals": ("comment", r"---@diagnostic\s+disable[\w-]*|--\s*luacheck:\s*(?:ignore|push|no\b)|--\s*selene:\s*allow"),
    "swiftlint": ("comment", r"//\s*swiftlint:disable[\w:]*|//\s*swift-format-ignore"),
    "dart": ("comment", r"//\s*ignore(?:_for_file)?:\s*[a-z]+(?:_[a-z]+)+"),
    "other linters": (
        "any",
        r"(?:yamllint|hadolint|markdownlint|sqlfluff|ansible-lint|tflint|tfsec|checkov|codeql|lgtm|credo|solhint"
        r"|cspell|codespell|jscpd)[-\s:]*(?:disable|ignore|skip|noqa|\[)|\bnosemgrep\b|--\s*noqa\b|\#\#\s*no critic|^[ \t]*no warnings\b"
        r"|@nowarn\b|@warning_ignore\b|\bOPTIONS_GHC\s+-(?:Wno|w)|\bHLINT ignore\b|-compile\s*\(\s*\[?\s*nowarn|@dialyzer\s+\{?:nowarn",
    ),
    "formatter switched off": (
        "any",
        r"\#\s*(?:fmt|yapf|autopep8|isort|black)\s*:\s*(?:off|skip\w*|disable)|\bprettier-ignore\b|@formatter:off\b|--\s*stylua:\s*ignore"
        r"|//\s*clang-format\s+off|\#!?\[\s*rustfmt::skip|\bswiftformat:disable|\bstandard-format:off\b",
    ),
    # A tool that has no row of its own. It writes ``NAME: ignore`` or ``NAME-disable-next-line`` and nothing else.
    "tool silenced": (
        "comment",
        r"(?:(?<![:\w])//|/\*|\#|--|<!--)\s*(?!(?:todo|note|fixme|hack|xxx|see|default|mode|action|policy|on-error|errors?|reason|warning)\b)"
        r"[a-z][\w./]{1,30}(?:-[\w./]{1,30}){0,3}(?::\s?|-)(?:disable|ignore|suppress|skip)"
        r"(?:[-_:](?:next|previous|line|file|start|begin|this|all|block|for)){0,3}\s*(?=$|\*/|-->|[\[(=])",
    ),
    "marked as generated": ("comment", r"\bCode generated\b.{0,80}\bDO NOT EDIT\b|<auto-?generated\b|@generated\b"),
    # The tool reports the message for another place
    "line moved": (
        "any",
        r"^[ \t]*\#\s*(?:line\s+(?:\d|hidden\s*$|default\s*$)|\d+\s+\"[^\"\n]{0,200}\"(?:\s+\d)*\s*$)|(?://|/\*)line\s+[^\s:]{0,200}:\d",
    ),
    # Code that nothing looks at
    "code switched off": (
        "code",
        r"^[ \t]*\#\s*(?:el)?if\s+(?:0|false|FALSE|NEVER)\b"
        rf"|{_IF}{_FALSE}{_THEN}|{_LOOP}{_FALSE}{_THEN}|{_UNLESS}{_TRUE}{_THEN}|{_IF}{_TRUE}{_THEN}"
        r"|^[ \t]*for\s*\([^;\n]{0,80};\s*(?:false|0)\s*;|^[ \t]*(?:async\s+)?for\s+\w+\s+in\s+(?:\(\)|\[\]|\{\}|\"\"|''|range\(0\))\s*:"
        rf"|{_OPERAND}(?:False|false)\s+(?:and|&&)(?!\w)|{_OPERAND}(?:True|true)\s+(?:or|\|\|)(?!\w)"
        r"|(?:\band|&&)[ ]{1,3}(?:False|false|not True|!true)\s*(?::|\)|\{|$)|[ ](?:if[ ]{1,3}(?:False|false)|unless[ ]{1,3}true)(?:\s*$|\s+else\b)"
        r"|(?:\(|(?<![=!<>])=|\breturn)\s*(?:true|false)\s*\?(?![.?])"
        r"|\#!?\[\s*cfg\s*\(\s*(?:any\s*\(\s*\)|FALSE|false|not\s*\(\s*all\s*\(\s*\)\s*\))\s*\)|\bcfg!\s*\(\s*(?:any\s*\(\s*\)|FALSE)\s*\)",
    ),
    "rest left out": (
        "any",
        r"^[ \t]*(?:__END__$|=begin\b|__halt_compiler\b|:\s*<<)|^[ \t]*//\s*(?:go:build|\+build)\s+ignore|^[ \t]*if:\s*(?:false\b|\$\{\{\s*false)",
    ),
    # Tests that do not run
    "test skipped": (
        "code",
        r"@(?:\w+\.){0,3}(?:skip|skipIf|skipUnless|skipif|xfail|expectedFailure)\b|\bpytest\.(?:skip|xfail|mark\.(?:skip|xfail)\w*)\b|\bself\.skipTest\s*\("
        r"|\braise[ ]{1,3}(?:\w+\.)?SkipTest\b|^[ \t]*(?P<tested>[a-z]\w{0,9})(?P<suite>\.T\(\))?\.Skip(?:Now|f)?\s*\("
        r"|\b(?:it|test|describe|specify)\.(?:skip|todo|fails|failing|only|skipIf|runIf|ignore)\b(?=[.\w]{0,40}\s*[(`<])|\b(?:context|suite|bench)\.(?:skip|only)\s*\(\s*[\"'`]"
        r"|^[ \t]*[xf](?:it|describe|context|specify|test)\s*[( ]\s*[\"'`]|^[ \t]*(?:skip|pending)\s*[( ]\s*[\"']"
        r"|\#\[\s*(?:ignore|should_panic)\b|@(?:Ignore|Disabled\w*|DisabledIf|IgnoreTest)\b|@Test\s*\([^)\n]{0,80}\benabled\s*=\s*false"
        r"|\[\s*(?:Ignore\b|(?:Fact|Theory|Test\w*)\s*\([^)\n]{0,80}\b(?:Skip|Ignore)\s*=)|\bGTEST_SKIP\b|\bTEST(?:_[FP])?\s*\([^)\n]{0,80}\bDISABLED_|\bXCTSkip\w*"
        r"|\bmarkTest(?:Skipped|Incomplete)\s*\(|@(?:module)?tag\s*:?skip\b|\bcollect_ignore\b|__test__\s*=\s*False",
    ),
    "example skipped": ("any", r"\#\s*doctest:\s*\+SKIP"),
}
# What asks a tool to look closer. An edit that removes it silences the tool, too.
_REQUESTS = re.compile(
    bounded(
        r"//\s*@ts-check|[/*]\s*@flow\b|\#\s*(?:based)?pyright:\s*strict|\#\s*mypy:\s*(?:disallow|warn|check|strict|enable)\w*"
        r"|^[ \t]*[\"']use strict[\"']|^[ \t]*use (?:strict|warnings)\b|\bdeclare\s*\(\s*strict_types\s*=\s*1|\#!?\[\s*(?:deny|forbid)\b|\#\s*nullable\s+enable"
        r"|\bOption (?:Strict|Explicit) On|\#\s*typed:\s*(?:true|strict|strong)|^[ \t]*set\s+-(?:[a-z]*[eu]|o\s+(?:errexit|nounset|pipefail))[a-z]*(?:\s+-?o?\s*pipefail)?"
        r"|---@diagnostic\s+enable|\beslint-enable\b|\#\s*pragma\s+(?:GCC|clang)\s+diagnostic\s+(?:error|pop)|\#\s*pragma\s+warning\s*\(?\s*(?:restore|pop|error)"
    ),
    re.MULTILINE,
)
_DIRECTIVE_END = re.compile(r"(?:diagnostic\s+enable|eslint-enable|pop|restore)$")
# Messages that ask for the removal of such a request.
_ABOUT_REQUESTS = re.compile(
    r"unnecessary|redundant|unused|useless|duplicate|not needed|unneeded|strict|directive|pragma|typed|set -",
    re.IGNORECASE,
)

_ANY = re.compile(
    bounded("|".join(f"(?P<d{number}>{pattern})" for number, (_, pattern) in enumerate(_DIRECTIVES.values()))),
    re.MULTILINE,
)
_NAMES = tuple(_DIRECTIVES)
_SWITCHED_OFF = frozenset({"code switched off", "rest left out"})
_SKIPPED = frozenset({"test skipped", "example skipped"})
_GO_TEST_TYPE = re.compile(r"\*?(?:testing\.)?(?:T|B|F|TB)$|\*?\w*\.?GinkgoT\w*$")
_GO_TEST_NAMES = frozenset({"t", "b", "tb", "f"})
_WITHOUT_CODES = _SWITCHED_OFF | _SKIPPED
# Tools that read these anywhere in a comment; others read a comment from its beginning.
_ANYWHERE = frozenset({"NOLINT", "pylint", "diagnostic ignored", "line moved", *_WITHOUT_CODES})
_WHOLE_LINE_COMMENT = re.compile(r"[ \t]*(?:\#|//|/\*|\*|--|<!--|;|%)[^\w\n]{0,20}")
_WORDS = re.compile(r"[^\W\d]{2,}")
_EMBEDDING = frozenset(
    {"html", "vue", "svelte", "astro", "php", "markdown"}
)  # their grammars do not parse what they embed
_TAIL = re.compile(r"[^\n]{0,200}")
_CODE = re.compile(r"[\w@$][\w@$/-]*")
_END = re.compile(r"\*/|-->|\)\]|--\s|\s//\s|\s\#\s")
_MOST_LINE_CHARACTERS = 4_000
_LINE_END = re.compile(r"\r\n|\r|\n")


@frozen
class _Directive:
    kind: str
    text: str
    codes: frozenset[str]  # empty: all messages


def check_suppressions(
    before: str,
    after: str,
    *,
    trees: tuple[SyntaxTree | None, SyntaxTree | None] = (None, None),
    message: str = "",
) -> CheckResult | None:
    """The failed check if ``after`` has a suppression that ``before`` has not, or a wider one; else ``None``.

    ``trees`` are those of the two texts, if there is a grammar. ``message`` is what the edit is meant to fix.
    """
    lines_before, lines_after = _LINE_END.split(before), _LINE_END.split(after)
    gone, come = _only_in_first(lines_before, lines_after), _only_in_first(lines_after, lines_before)
    old, new = _directives(lines_before, gone, trees[0]), _directives(lines_after, come, trees[1])
    for kind in dict.fromkeys(one.kind for one in new):
        ours, theirs = [one for one in new if one.kind == kind], [one for one in old if one.kind == kind]
        added = list((Counter(ours) - Counter(theirs)).elements())
        removed = list((Counter(theirs) - Counter(ours)).elements())
        allowed = frozenset().union(*(one.codes for one in removed)) if all(one.codes for one in removed) else None
        for one in added:
            is_narrower = bool(one.codes) and (allowed is None or one.codes <= allowed)
            if len(added) > len(removed) or not is_narrower:
                return CheckResult("suppressions", "failed", _sentence(one))
    lost = _lost_request(lines_before, gone, lines_after, come, fewer_directives=len(old) > len(new))
    if lost and not _ABOUT_REQUESTS.search(message):
        return CheckResult("suppressions", "failed", f"it removes `{lost}`, so the tool checks less")
    return None


def _sentence(one: _Directive) -> str:
    if one.kind in _SWITCHED_OFF:
        return f"it switches the code off (`{one.text}`) instead of fixing it"
    if one.kind in _SKIPPED:
        return f"it skips the test (`{one.text}`) instead of fixing it"
    return f"it only silences the tool (`{one.text}`)"


def _only_in_first(lines: Sequence[str], others: Sequence[str]) -> list[int]:
    """The numbers of the lines of the first text that the second one does not have, or not as often."""
    left = Counter(others)
    found = []
    for number, line in enumerate(lines):
        left[line] -= 1
        if left[line] < 0:
            found.append(number)
    return found


def _lost_request(
    before: Sequence[str], gone: Sequence[int], after: Sequence[str], come: Sequence[int], *, fewer_directives: bool
) -> str:
    """The removed text that asked a tool for more checks; empty if there is none. The end of a directive may be removed
    together with the directive."""
    old, new = (
        [
            " ".join(match[0].split())
            for number in numbers
            for match in _REQUESTS.finditer(lines[number][:_MOST_LINE_CHARACTERS])
            if not (fewer_directives and _DIRECTIVE_END.search(match[0]))
        ]
        for lines, numbers in ((before, gone), (after, come))
    )
    return next(iter(Counter(old) - Counter(new)), "") if len(old) > len(new) else ""


def _directives(lines: Sequence[str], numbers: Sequence[int], tree: SyntaxTree | None) -> list[_Directive]:
    """The directives in the lines ``numbers``."""
    found: list[_Directive] = []
    for number in numbers:
        line, in_line = lines[number][:_MOST_LINE_CHARACTERS], 0
        for match in _ANY.finditer(line):
            kind = _NAMES[int((match.lastgroup or "d0")[1:])]
            if not _has_effect(kind, match, number, tree, is_first=not in_line) or _is_loop_end(match, lines, number):
                continue
            if match["tested"] and not _is_go_test(match, lines[:number], tree):
                continue
            in_line += 1
            tail_match = _TAIL.match(line, match.end())
            tail = _END.split(tail_match[0] if tail_match else "", maxsplit=1)[0]
            codes = frozenset() if kind in _WITHOUT_CODES else frozenset(_CODE.findall(tail))
            found.append(_Directive(kind, " ".join(match[0].split()), codes))
    return found


def _has_effect(kind: str, match: re.Match[str], line: int, tree: SyntaxTree | None, *, is_first: bool) -> bool:
    """Whether a tool would obey the directive: it is neither in a string nor mentioned in a comment in prose."""
    place, _ = _DIRECTIVES[kind]
    if is_first and kind not in _ANYWHERE and (comment := _WHOLE_LINE_COMMENT.match(match.string)) is not None:
        words = match.string[comment.end() : match.start()]
        if place != "code" and _WORDS.search(words):
            return False
    if tree is None or place == "any" or tree.language.name in _EMBEDDING:
        return True
    text = match[0]
    column = match.end() if place == "comment" else match.start() + indent_length(text)
    scope = scope_kind(tree, Point(line, column))
    return scope != "string" if place == "comment" else scope == "code"


def _is_go_test(match: re.Match[str], above: Sequence[str], tree: SyntaxTree | None) -> bool:
    """Whether ``NAME.Skip()`` skips a test of Go: other things have such a method, too. The nearest declaration of
    the name decides; without one its usual names do."""
    if tree is not None and tree.language.name != "go":
        return False
    name = match["tested"]
    if match["suite"]:
        return True
    declared = re.compile(
        rf"(?<![\w.]){name}(?:[ \t]*,[ \t]*\w+){{0,9}}(?:[ \t]*(:?=)(?!=)|[ \t]+([*\w.\[\]]{{1,80}}))"
    )
    for line in reversed(above):
        found = declared.search(line[:_MOST_LINE_CHARACTERS])
        if found is not None:
            return bool(found[2] and _GO_TEST_TYPE.match(found[2]))
    return name in _GO_TEST_NAMES


def _is_loop_end(match: re.Match[str], lines: Sequence[str], number: int) -> bool:
    """Whether ``while (0)`` without a body ends a loop of the form ``do ... while``, as in a macro."""
    rest = match.string[match.end() :].strip()
    if not match[0].lstrip().startswith("while") or rest not in {"", "\\"} or not match[0].rstrip().endswith(")"):
        return False
    here, following = match.string, next((line for line in lines[number + 1 :] if line.strip()), "")
    indent = indent_length(here)
    return not following.strip().startswith("{") and indent_length(following) <= indent
