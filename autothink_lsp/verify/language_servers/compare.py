"""Compares a server's diagnostics before and after an edit. Pure.

The message to fix must be among those before: same code or nearly the same words, at its lines. The source is not
compared, because an editor's extension and our server use different ones ("Pylance", "Pyright"). The message is gone if
after the edit no message with its words is at the corresponding place, and no message with its code is new on lines
that the edit changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autothink_lsp.values import Diagnostic
from autothink_lsp.verify.language_servers.values import OverlayCase, OverlayResult, ServerMessage, Severity
from autothink_lsp.verify.line_origins import line_origins
from autothink_lsp.verify.report import Finding, new_occurrences, wording_key
from autothink_lsp.verify.target_message import (
    ALIKE,
    is_at_place,
    is_reworded,
    message_similarity,
    names_something_else,
)

_NEAR_LINES = 1
_MOST_MESSAGES = 2_000
_LONGEST_MESSAGE = 4_000
_SEVERITIES: Mapping[object, Severity] = {1: "error", 2: "warning", 3: "information", 4: "information"}


Messages = Mapping[Path, Sequence[ServerMessage]]


def judge(case: OverlayCase, before: Messages, after: Messages, *, title: str) -> OverlayResult:
    """Judge the edit of a case by the diagnostics of its files before and after it. ``title`` is the server's name."""
    findings: list[Finding] = []
    target_gone = None
    for index, file in enumerate(case.files):
        old, new = before.get(file.path, ()), after.get(file.path, ())
        if index == 0 and case.target is not None and (cause := target_among(case.target, old)) is not None:
            origin = line_origins(file.before.split("\n"), file.after.split("\n"))
            target_gone = is_gone(cause, old, new, origin)
        where = f"{file.path.name}: " if index else ""
        findings += [
            Finding(title, one.line, where + one.message, one.code, one.severity) for one in new_messages(old, new)
        ]
    return OverlayResult(server=title, target_gone=target_gone, new_findings=tuple(findings))


def read_message(item: Any) -> ServerMessage | None:
    """Parse an LSP diagnostic; ``None`` if it is invalid. Of markup (LSP 3.18) the text is used."""
    try:
        first, last = item["range"]["start"]["line"], item["range"]["end"]["line"]
        content_field = item["message"]
        text = content_field["value"] if isinstance(content_field, dict) else content_field
        if not (isinstance(first, int) and isinstance(last, int) and isinstance(text, str)):
            return None
    except (LookupError, TypeError):
        return None
    code = item.get("code")
    if isinstance(code, dict):  # before LSP 3.16 some servers sent an object
        code = code.get("value")
    return ServerMessage(
        line=first,
        end_line=max(first, last),
        message=text[:_LONGEST_MESSAGE],
        code=str(code) if isinstance(code, str | int) else "",
        source=str(item.get("source") or ""),
        severity=_SEVERITIES.get(item.get("severity", 1), "error"),
    )


def read_messages(items: Any) -> tuple[ServerMessage, ...]:
    """The valid diagnostics of a list."""
    listed = items if isinstance(items, list | tuple) else ()
    return tuple(message for item in listed[:_MOST_MESSAGES] if (message := read_message(item)) is not None)


def target_among(target: Diagnostic, messages: Sequence[ServerMessage]) -> ServerMessage | None:
    """The server's message that the editor shows as ``target``; ``None`` if there is none."""
    first, last = target.start.line - _NEAR_LINES, max(target.start.line, target.end.line) + _NEAR_LINES
    ranked = [
        (
            bool(one.code) and one.code.lower() == _code(target.code),
            message_similarity(one.message, target.message),
            -abs(one.line - target.start.line),
            one,
        )
        for one in messages
        if first <= one.line <= last and not names_something_else(one.message, target.message)
    ]
    best = max(ranked, key=lambda row: row[:3], default=None)
    return best[3] if best is not None and (best[0] or best[1] >= ALIKE) else None


def is_gone(
    cause: ServerMessage, before: Sequence[ServerMessage], after: Sequence[ServerMessage], origin: Mapping[int, int]
) -> bool:
    """Whether ``cause``, a message of ``before``, is not in ``after``. ``origin`` maps each unchanged line after the
    edit to its line before."""
    same = message_key(cause)
    alike = [one for one in after if message_key(one) == same]
    old = [one.line for one in before if message_key(one) == same]
    if len(alike) >= len(old) or is_at_place(cause.line, old, [one.line for one in alike], origin):
        return False
    return not any(
        one.source == cause.source and is_reworded(cause, one) and one.line not in origin
        for one in new_messages(before, after)
    )


def new_messages(before: Sequence[ServerMessage], after: Sequence[ServerMessage]) -> tuple[ServerMessage, ...]:
    """The messages of ``after`` that are not in ``before``, on any line."""
    return new_occurrences(before, after, message_key)


def message_key(message: ServerMessage) -> tuple[str, str, str]:
    """A key that is equal for two messages with the same content on different lines."""
    return wording_key(message.source, message)


def _code(code: str) -> str:
    """The code without TypeScript's prefix: ``ts2322`` and ``2322`` are one code."""
    return re.sub(r"^ts(?=\d)", "", code.lower())
