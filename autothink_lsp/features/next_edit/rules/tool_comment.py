"""Rule: deletes a comment for a tool (``# type: ignore[...]``, ``# noqa: ...``), whatever its codes are, after the user
has deleted it on two lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.line_edits import line_edits
from autothink_lsp.features.next_edit.rules.passed_places import is_passed
from autothink_lsp.features.next_edit.token_change import MOST_LINE_CHARACTERS, line_pairs
from autothink_lsp.values import Point

RULE_ID = "tool-comment"
_LEAST_DELETED = 2
_MOST_HUNKS = 12
_MOST_SITES = 60
_TOOLS = (
    *("type: ?ignore", "pyright: ?ignore", "noqa", "pylint: ?disable", "pragma: no cover", "nosec", "isort: ?skip"),
    *("fmt: ?skip", "nolint", "NOLINT", "NOSONAR", "eslint-disable-line", "tslint:disable-line"),
    *("@ts-ignore", "@ts-expect-error"),
)
_COMMENT = re.compile(
    rf"(?:#|//)[ \t]*(?P<tool>{'|'.join(_TOOLS)})\b"
    r"(?:\[[^\]\n]{0,200}\]|\([^)\n]{0,200}\)|[:=][ \t]?[\w, -]{0,200})?(?=[ \t]*(?:$|#|//))"
)


def tool_comment(context: RuleContext) -> Iterator[LineEdit]:
    """The edits of lines with the comment that the newest hunk and an earlier one have deleted."""
    deleted: dict[str, list[int]] = {}
    newest: set[str] = set()
    for hunk in context.hunks[:_MOST_HUNKS]:
        for line, old, new in line_pairs(hunk):
            for match in _COMMENT.finditer(old):
                if _without(old, match) == new.rstrip():
                    deleted.setdefault(match["tool"], []).append(line)
                    newest |= {match["tool"]} if hunk is context.hunks[0] else set()
    for tool in sorted(newest):
        sites = dict(_sites(context, tool)) if len(deleted[tool]) >= _LEAST_DELETED else {}
        if not any(is_passed(deleted[tool], line) for line in sites):  # the user keeps some
            yield from line_edits(context, RULE_ID, f"without {tool}", sites)


def _without(line: str, match: re.Match[str]) -> str:
    behind = line[match.end() :].lstrip()
    head = line[: match.start()]
    return f"{head}{behind}" if behind else head.rstrip()


def _sites(context: RuleContext, tool: str) -> Iterator[tuple[int, str]]:
    count = 0
    for number, line in enumerate(context.lines):
        if tool not in line or number in context.changed_lines or len(line) > MOST_LINE_CHARACTERS:
            continue
        match = next((one for one in _COMMENT.finditer(line) if one["tool"] == tool), None)
        if match is None or not line[: match.start()].strip():
            continue
        if context.kind_at(Point(number, match.start("tool"))) != "comment":
            continue
        yield number, _without(line, match)
        count += 1
        if count == _MOST_SITES:
            return
