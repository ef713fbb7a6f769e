"""Selects the certain fix among those that a tool proposes for its message, and converts it to an edit of the document.
Pure.

Two sources: the code actions of a language server, and the output of a checker that prints its fixes. A fix is certain
if the tool prefers it or proposes no other. Suppressions, commands, snippets and edits of other files are never used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from attrs import field, frozen

from autothink_lsp.document.text import Text
from autothink_lsp.document.uri_identity import is_same_document
from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.values import Point, Position, PositionEncoding
from autothink_lsp.verify.report import Finding

_SUPPRESSION = re.compile(
    r"\bnoqa\b|type: ignore|\bdisable\b|\bsuppress|\bignore\b|nolint|@ts-|expect-error|#\[allow|\ballow\(|for this line"
    r"|for the entire file|for this file",
    re.IGNORECASE,
)
_LINE_END = re.compile(r"\r\n|\r|\n")
_MOST_EDITS = 50
_MOST_OUTPUT_LINES = 2_000
_BYTE_ORDER_MARK = "\ufeff"


@frozen(kw_only=True)
class ToolFix:
    """The edit that a tool proposes for one of its messages."""

    tool: str  # the name for users: "Ruff"
    title: str  # the tool's words for the edit: "Remove unused import: `os`"
    replacements: tuple[Replacement, ...] = field(repr=False)


@frozen(kw_only=True)
class CheckerFix:
    """A checker's finding with a fix that the checker marks as safe."""

    finding: Finding
    title: str
    replacements: tuple[Replacement, ...] = field(repr=False)


# Code actions of a language server


def certain_action(actions: Any) -> dict[str, Any] | None:
    """The quick fix in a response of ``textDocument/codeAction`` that the server prefers, or its only one; else
    ``None``."""
    listed = actions if isinstance(actions, list) else []
    fixes = [one for one in listed[:_MOST_EDITS] if isinstance(one, dict) and _is_fix(one)]
    preferred = [one for one in fixes if one.get("isPreferred") is True]
    certain = preferred or fixes
    return certain[0] if len(certain) == 1 else None


def _is_fix(action: Mapping[str, Any]) -> bool:
    kind, title = action.get("kind"), action.get("title")
    if not isinstance(title, str) or _SUPPRESSION.search(title) or action.get("disabled"):
        return False
    if not isinstance(kind, str) or not (kind == "quickfix" or kind.startswith("quickfix.")):
        return False
    return action.get("edit") is not None or action.get("data") is not None


def replacements_of(edit: Any, uri: str, text: Text) -> tuple[Replacement, ...]:
    """The replacements of a ``WorkspaceEdit`` that changes only ``text``, the document at ``uri``; empty for any other
    edit. Positions are in UTF-16."""
    try:
        edits = list(_text_edits(edit, uri))
        found = [_replacement(one, text) for one in edits]
    except (AttributeError, LookupError, TypeError, ValueError):
        return ()
    return _in_order(found)


def _text_edits(edit: Any, uri: str) -> Iterator[Any]:
    """Yield the text edits. Raises ``ValueError`` for a change of another file, a file operation or a snippet."""
    changes = edit.get("documentChanges")
    if changes is None:
        changes = [{"textDocument": {"uri": name}, "edits": edits} for name, edits in edit["changes"].items()]
    for change in changes:
        if "kind" in change or not is_same_document(change["textDocument"]["uri"], uri):
            raise ValueError("it changes another file")
        for one in change["edits"]:
            if one.get("insertTextFormat", 1) != 1 or "snippet" in one:
                raise ValueError("it is a snippet")
            yield one


def _replacement(edit: Mapping[str, Any], text: Text) -> Replacement:
    def point(place: Mapping[str, Any]) -> Point:
        return text.place_of(Position(int(place["line"]), int(place["character"])), PositionEncoding.UTF16).point

    where, new_text = edit["range"], edit["newText"]
    if not isinstance(new_text, str):
        raise TypeError("a text edit without text")
    start = point(where["start"])
    return Replacement(start, point(where["end"]), _LINE_END.sub(text.eol_at(start.line), new_text))


def _in_order(found: Sequence[Replacement]) -> tuple[Replacement, ...]:
    """The replacements in text order; empty if two overlap."""
    ordered = tuple(sorted(found, key=lambda one: (one.start, one.end)))
    if len(ordered) > _MOST_EDITS or any(one.end > other.start for one, other in pairwise(ordered)):
        return ()
    return ordered


# Output of checkers


def read_ruff(output: str, checker: str, text: Text, is_own: Callable[[str], bool]) -> list[CheckerFix]:
    """Parse ``ruff check --output-format json-lines``: the fixes that Ruff marks as safe, in the file of ``is_own``."""
    found: list[CheckerFix] = []
    for item in _json_lines(output):
        try:
            fix = item["fix"]
            if fix is None or fix["applicability"] != "safe" or not is_own(item["filename"]):
                continue
            edits = [_ranged(one["location"], one["end_location"], one["content"], text) for one in fix["edits"]]
            finding = Finding(checker, int(item["location"]["row"]) - 1, str(item["message"]), str(item["code"] or ""))
            title = str(fix["message"] or item["message"])
        except (LookupError, TypeError, ValueError):
            continue
        if replacements := _in_order(edits):
            found.append(CheckerFix(finding=finding, title=title, replacements=replacements))
    return found


def read_rustc(output: str, checker: str, text: Text, is_own: Callable[[str], bool]) -> list[CheckerFix]:
    """Parse ``rustc --error-format json`` or ``cargo check --message-format json``: suggestions that the compiler marks
    as machine-applicable, of messages that have exactly one."""
    found: list[CheckerFix] = []
    for line in _json_lines(output):
        item: Any = line.get("message") if line.get("reason") == "compiler-message" else line
        try:
            first = next(span for span in item["spans"] if span["is_primary"])
            if not is_own(first["file_name"]):
                continue
            suggestions = [
                (str(child["message"]), [span for span in child["spans"] if span["suggested_replacement"] is not None])
                for child in item["children"]
            ]
            suggestions = [(title, spans) for title, spans in suggestions if spans]
            if len(suggestions) != 1:
                continue
            title, spans = suggestions[0]
            if any(one["suggestion_applicability"] != "MachineApplicable" for one in spans):
                continue
            if not all(is_own(one["file_name"]) for one in spans):
                continue
            edits = [_of_span(one, text) for one in spans]
            code = (item.get("code") or {}).get("code", "")
            finding = Finding(checker, int(first["line_start"]) - 1, str(item["message"]), str(code))
        except (LookupError, TypeError, ValueError, StopIteration, AttributeError):
            continue
        if replacements := _in_order(edits):
            found.append(CheckerFix(finding=finding, title=title, replacements=replacements))
    return found


FIX_READERS: Mapping[str, Callable[[str, str, Text, Callable[[str], bool]], list[CheckerFix]]] = {
    "ruff": read_ruff,
    "rustc": read_rustc,
}
"""By ``CheckerSpec.fix_reader``."""


def _json_lines(output: str) -> Iterator[dict[str, Any]]:
    for line in output.splitlines()[:_MOST_OUTPUT_LINES]:
        if line.startswith("{"):
            try:
                item = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(item, dict):
                yield item


def _of_span(span: Mapping[str, Any], text: Text) -> Replacement:
    start = {"row": span["line_start"], "column": span["column_start"]}
    end = {"row": span["line_end"], "column": span["column_end"]}
    return _ranged(start, end, span["suggested_replacement"], text)


def _ranged(start: Mapping[str, Any], end: Mapping[str, Any], new_text: Any, text: Text) -> Replacement:
    """The replacement for a range whose rows and columns count from 1, columns in characters."""
    first, last = (Point(int(one["row"]) - 1, int(one["column"]) - 1) for one in (start, end))
    if first.line == 0 and text.line(0).startswith(_BYTE_ORDER_MARK):
        raise ValueError("tools disagree on the column of what follows a byte order mark")
    if not isinstance(new_text, str) or min(first.line, first.column) < 0:
        raise TypeError("no text edit")
    return Replacement(text.clamp(first), text.clamp(last), _LINE_END.sub(text.eol_at(first.line), new_text))
