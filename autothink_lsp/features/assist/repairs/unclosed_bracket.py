"""One closer or colon that is missing, where putting it in makes the whole text parse."""
# ruff: noqa: S105 - tokens of a language are no passwords

from __future__ import annotations

import re

from autothink_lsp.edits.values import Replacement
from autothink_lsp.features.assist.repairs.values import Case, Repair
from autothink_lsp.syntax.health import tree_error_count
from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily, diagnostic_family
from autothink_lsp.values import Point

_UNCLOSED = re.compile(
    r"['\"`“]?([(\[{])['\"`”]? was never closed|unclosed|expected ['\"`]?([)\]};:])|['\"`]?([)\]};:])['\"`]? expected"
)
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_PYTHON_BLOCK = re.compile(
    r"^\s*(?:async\s+)?(?:def|class|if|elif|else|for|while|try|except|finally|with|match|case)\b"
)


def unclosed_bracket(case: Case) -> Repair | None:
    """One closer or colon that is missing: taken where putting it in makes the whole text parse, at one place only."""
    if _family(case) is not DiagnosticFamily.SYNTAX:
        return None
    before = tree_error_count(case.tree.grammar, case.tree.tree)
    if not before:
        return None
    fits: list[tuple[Point, str]] = []
    for point, token in _insertions(case):
        changed = str(case.text.replace(point, point, token))
        parsed = case.tree.grammar.parse_source(changed)
        if parsed is not None and tree_error_count(case.tree.grammar, parsed) == 0:
            fits.append((point, token))
    # Several places on one line (before or behind a last comma) are the same mend; on two lines they are not.
    if not fits or len({token for _, token in fits}) > 1 or len({point.line for point, _ in fits}) > 1:
        return None
    point, token = fits[0]
    return Repair(
        replacements=(Replacement(point, point, token),),
        title=f"Add the missing `{token}`",
        explanation=f"A `{token}` is missing in line {point.line + 1}; with it the file parses.",
        rule_id="unclosed",
    )


def _insertions(case: Case) -> list[tuple[Point, str]]:
    """Where a token may be missing: at the end of the lines around the message, and before their last character."""
    match = _UNCLOSED.search(case.diagnostic.message)
    line = case.diagnostic.start.line
    tokens: list[str] = []
    if match and match[1]:
        tokens = [_CLOSERS[match[1]]]
    elif match and (match[2] or match[3]) and (match[2] or match[3]) != ";":
        tokens = [match[2] or match[3]]
    else:
        tokens = [")", "]", "}", ":"]
    places: list[tuple[Point, str]] = []
    for number in range(max(0, line - 1), min(case.text.line_count, line + 2)):
        bare = case.text.line(number).rstrip()
        for token in tokens:
            if token == ":" and not (case.language == "python" and _PYTHON_BLOCK.match(bare)):
                continue
            if not bare:
                continue
            places.append((Point(number, len(bare)), token))
            if bare[-1] in ":{;,)" and token != ":":
                places.append((Point(number, len(bare) - 1), token))
    return places


def _family(case: Case) -> DiagnosticFamily:
    return diagnostic_family(case.diagnostic.source, case.diagnostic.code, case.diagnostic.message)
