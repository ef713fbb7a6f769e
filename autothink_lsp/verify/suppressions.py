"""Detects edits that make a tool silent instead of fixing what it reports: suppressions, and code that is switched off.

A tool's silence is a proof only if the tool still looks. ``# type: ignore``, ``// @ts-ignore``, ``#[allow(...)]`` or
``if False:`` around the code make it look away. A directive that was there before is allowed, also with fewer codes.
Pure.
"""
# ruff: noqa: E501 - a table of regular expressions

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from attrs import frozen

from autothink_lsp.verify.report import CheckResult

# One row for each directive: what it is written as. The words behind it in the line are its codes.
_DIRECTIVES: Mapping[str, str] = {
    # Python
    "type: ignore": r"\#\s*type:\s*ignore\b",
    "noqa": r"\#\s*(?:(?:ruff|flake8):\s*)?noqa\b",
    "pyright": r"\#\s*(?:based)?pyright:\s*(?:ignore\b|basic\b|standard\b|off\b|report\w+\s*=\s*(?:false|none|information))",
    "mypy": r"\#\s*mypy:\s*(?:ignore|disable|allow)",
    "ty": r"\#\s*(?:ty|pyrefly|pyre|zuban):?[\s-]*(?:ignore|fixme)\b|\#\s*pyre-(?:ignore|fixme)",
    "pylint": r"\#\s*pylint:\s*(?:disable|skip-file)",
    "nosec": r"\#\s*nosec\b",
    "no_type_check": r"@(?:\w+\.)?no_type_check\b",
    # JavaScript, TypeScript, CSS
    "@ts-ignore": r"@ts-(?:ignore|expect-error|nocheck)\b",
    "lint disabled": r"(?<!\.)\b(?:eslint|tslint|oxlint|biome|deno-lint|stylelint|jshint|htmlhint)"
    r"[-\s:]*(?:disable|ignore|lint/ignore)",
    "names declared": r"/\*\s*(?:globals?\s+[\w$]|eslint-env\b)|/\*\s*eslint\s+[\"']?[\w@/-]+[\"']?\s*:\s*\[?\s*[\"']?(?:0|1|off|warn)\b",
    "flow": r"\$Flow(?:FixMe|Ignore|Issue|ExpectedError)",
    # Rust, Go, C, C++
    "allow": r"\#!?\[\s*(?:cfg_attr\s*\([^,\n]{0,120},\s*)?(?:allow|expect|warn)\s*\(",
    "nolint": r"//\s*nolint\b|\bNOLINT(?:NEXTLINE|BEGIN)?\b|//\s*lint:(?:file-)?ignore\b|//\s*\#nosec\b",
    "diagnostic ignored": r"\#\s*pragma\s+(?:GCC|clang)\s+(?:diagnostic\s+(?:ignored|warning)|system_header)"
    r"|_Pragma\s*\(\s*\"(?:GCC|clang) diagnostic|\#\s*pragma\s+warning\s*\(?\s*disable",
    # Java, Kotlin, C#, PHP, Ruby, shell, Lua, Swift, Dart, SQL, YAML, Docker, Markdown
    "@SuppressWarnings": r"@(?:file:\s*)?Suppress(?:Warnings|Lint|FBWarnings|Message)?\b|\[\s*(?:\w+:\s*)?SuppressMessage\b",
    "inspection disabled": r"\bnoinspection\b|\bNOSONAR\b|\bNOPMD\b|\bCHECKSTYLE[.:]\s*OFF\b|\bktlint-disable\b|\bdetekt:disable\b",
    "phpstan": r"@(?:phpstan-ignore|psalm-suppress|phpcs:\s*(?:ignore|disable)|phan-suppress)[\w-]*|//\s*phpcs:\s*\w+",
    "rubocop": r"\#\s*(?:rubocop|standard)\s*:\s*(?:disable|todo)|\#\s*:nodoc-lint:|\#\s*typed:\s*(?:ignore|false)",
    "shellcheck": r"\#\s*shellcheck\s+disable",
    "luals": r"---@diagnostic\s+disable[\w-]*|--\s*luacheck:\s*(?:ignore|push|no\b)",
    "swiftlint": r"//\s*swiftlint:disable[\w:]*",
    "dart": r"//\s*ignore(?:_for_file)?:\s*[a-z]+(?:_[a-z]+)+",
    "other linters": r"(?:yamllint|hadolint|markdownlint|sqlfluff|ansible-lint|tflint|tfsec|checkov|codeql|lgtm|credo|solhint"
    r"|cspell|codespell|jscpd)[-\s:]*(?:disable|ignore|skip|noqa|\[)|\bnosemgrep\b|--\s*noqa\b|\#\#\s*no critic|^[ \t]*no warnings\b"
    r"|@nowarn\b|@warning_ignore\b|\bOPTIONS_GHC\s+-(?:Wno|w)|\bHLINT ignore\b|-compile\s*\(\s*\[?\s*nowarn",
    "formatter switched off": r"\#\s*(?:fmt|yapf|autopep8|isort|black)\s*:\s*(?:off|skip\w*|disable)|\bprettier-ignore\b"
    r"|//\s*clang-format\s+off|\#!?\[\s*rustfmt::skip|\bswiftformat:disable|\bstandard-format:off\b",
    # The tool reports the message for another place
    "line moved": r"^[ \t]*\#\s*(?:line\s+(?:\d|hidden\s*$|default\s*$)|\d+\s+\"[^\"\n]{0,200}\"(?:\s+\d)*\s*$)|(?://|/\*)line\s+[^\s:]{0,200}:\d",
    # Code that nothing looks at
    "code switched off": r"^[ \t]*(?:\#\s*if\s+0\b|(?:el)?if\s+(?:False|0)\s*:|while\s+(?:False|0)\s*:"
    r"|(?:\}\s*else\s+)?(?:if|while)\s*\(\s*(?:false|0)\s*\)|if\s+false\b|//\s*(?:go:build|\+build)\s+ignore)"
    r"|\#!?\[\s*cfg\s*\(\s*(?:any\s*\(\s*\)|FALSE|false)\s*\)",
}
_ANY = re.compile(
    "|".join(f"(?P<d{number}>{pattern})" for number, pattern in enumerate(_DIRECTIVES.values()))
    .replace(
        r"\s*", r"[ \t]{0,9}"
    )  # within a line, and with a bound: runs of blanks must not take the square of their time
    .replace(r"\s+", r"[ \t]{1,9}"),
    re.MULTILINE,
)
_NAMES = tuple(_DIRECTIVES)
_TAIL = re.compile(r"[^\n]{0,200}")
_CODE = re.compile(r"[\w@$][\w@$/-]*")
_END = re.compile(r"\*/|-->|\)\]|--\s|\s//\s|\s\#\s")


@frozen
class _Directive:
    kind: str
    text: str
    codes: frozenset[str]  # empty: all messages


def check_suppressions(before: str, after: str) -> CheckResult | None:
    """The failed check if ``after`` has a suppression that ``before`` has not, or a wider one; else ``None``."""
    lines_before, lines_after = Counter(before.splitlines()), Counter(after.splitlines())
    old = _directives("\n".join((lines_before - lines_after).elements()))
    new = _directives("\n".join((lines_after - lines_before).elements()))
    for kind in dict.fromkeys(one.kind for one in new):
        ours, theirs = [one for one in new if one.kind == kind], [one for one in old if one.kind == kind]
        added = list((Counter(ours) - Counter(theirs)).elements())
        removed = list((Counter(theirs) - Counter(ours)).elements())
        allowed = frozenset().union(*(one.codes for one in removed)) if all(one.codes for one in removed) else None
        for one in added:
            is_narrower = bool(one.codes) and (allowed is None or one.codes <= allowed)
            if len(added) > len(removed) or not is_narrower:
                return CheckResult("suppressions", "failed", _sentence(one))
    return None


def _sentence(one: _Directive) -> str:
    if one.kind == "code switched off":
        return f"it switches the code off (`{one.text}`) instead of fixing it"
    return f"it only silences the tool (`{one.text}`)"


def _directives(text: str) -> list[_Directive]:
    found: list[_Directive] = []
    for match in _ANY.finditer(text):
        kind = _NAMES[int((match.lastgroup or "d0")[1:])]
        tail_match = _TAIL.match(text, match.end())
        tail = _END.split(tail_match[0] if tail_match else "", maxsplit=1)[0]
        codes = frozenset() if kind == "code switched off" else frozenset(_CODE.findall(tail))
        found.append(_Directive(kind, " ".join(match[0].split()), codes))
    return found
