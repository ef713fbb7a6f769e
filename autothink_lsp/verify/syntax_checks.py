"""The checks that need only a grammar: whether the text parses no worse, and keeps names that other code may use."""

from __future__ import annotations

import re
from collections.abc import Mapping

from autothink_lsp.document.text import Text
from autothink_lsp.syntax.captures import captured
from autothink_lsp.syntax.grammar import Grammar
from autothink_lsp.syntax.health import tree_error_count
from autothink_lsp.syntax.scopes import Definition, definitions
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Diagnostic
from autothink_lsp.verify.report import CheckResult

_NAMED = frozenset({"function", "method", "class", "type"})
_MOST_ERROR_LINES = 200
_NEAR_LINES = 2  # a compiler may report a syntax error one line later or earlier than a grammar
SYNTAX_WORDS = re.compile(
    r"syntax|expect|never closed|unclosed|untermin|unmatched|mismatch|missing|indent|pars(?:e|ing)|token|\beof\b|end of"
    r"|delimiter|invalid|illegal|stray|comma|colon|bracket|brace|paren|quote",
    re.IGNORECASE,
)


def parse_text(grammar: Grammar | None, text: Text) -> SyntaxTree | None:
    """The tree of ``text``; ``None`` without a grammar, or if parsing took too long."""
    if grammar is None:
        return None
    parsed = grammar.parse(text.read_bytes)
    return SyntaxTree(grammar, parsed, text) if parsed is not None else None


def error_count(tree: SyntaxTree) -> int:
    """The number of parse errors in a tree."""
    return tree_error_count(tree.grammar, tree.tree)


def check_parse(old: SyntaxTree | None, new: SyntaxTree | None, origin: Mapping[int, int]) -> CheckResult:
    """The check "parse": failed if the text after the edit has more parse errors than before."""
    if old is None or new is None:
        return CheckResult("parse", "skipped", "there is no grammar for this language, or the file is too large")
    if error_count(new) <= error_count(old):
        return CheckResult("parse", "passed")
    known = set(error_lines(old))
    lines = error_lines(new) or [0]
    line = next((line for line in lines if origin.get(line) not in known), lines[0])
    code = new.text.line(line).strip()
    return CheckResult(
        "parse", "failed", f"the changed code does not parse (line {line + 1}" + (f": `{code[:80]}`)" if code else ")")
    )


def error_lines(tree: SyntaxTree) -> list[int]:
    """The lines with parse errors, in order. Visits only subtrees with errors."""
    found = {tree.text.point_at_byte(one.node.start_byte).line for one in captured(tree.grammar, "errors", tree.root)}
    pending = [tree.root]
    while pending and len(found) < _MOST_ERROR_LINES:
        node = pending.pop()
        inside = [child for child in node.children if child.has_error or child.is_missing]
        if node.is_missing or (node.is_error and not inside):
            found.add(tree.text.point_at_byte(node.start_byte).line)
        pending.extend(inside)
    return sorted(found)


def check_names(old: SyntaxTree | None, new: SyntaxTree | None) -> CheckResult:
    """The check "names": failed if a function or type that other code may use is missing."""
    if old is None or new is None:
        return CheckResult("names", "skipped", "there is no grammar for this language")
    lost = sorted(_reachable(old) - _reachable(new))
    if not lost:
        return CheckResult("names", "passed")
    return CheckResult(
        "names", "failed", f"`{lost[0]}` was removed" + (f" and {len(lost) - 1} more" if lost[1:] else "")
    )


def _reachable(tree: SyntaxTree) -> set[str]:
    """The names that other code may use, qualified by the enclosing types, without names local to a function."""
    found: set[str] = set()
    around: list[Definition] = []
    for one in definitions(tree):
        if one.kind not in _NAMED:
            continue
        while around and around[-1].end <= one.start:
            around.pop()
        if not any(outer.kind in {"function", "method"} for outer in around):
            found.add(".".join([*(outer.name for outer in around), one.name]))
        around.append(one)
    return found


def is_syntax_error_gone(target: Diagnostic | None, old: SyntaxTree | None, new: SyntaxTree | None) -> bool | None:
    """Whether a reported syntax error is gone; ``None`` for other messages, which a grammar cannot check."""
    if target is None or old is None or new is None or not SYNTAX_WORDS.search(target.message):
        return None
    if all(abs(line - target.start.line) > _NEAR_LINES for line in error_lines(old)):
        return None
    return error_count(new) < error_count(old)
