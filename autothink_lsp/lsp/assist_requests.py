"""From what a client says of an action to the request that the assistant gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autothink_lsp.context.paths import display_path, folder_of, local_path
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.features.assist.values import ActionKind, AssistRequest
from autothink_lsp.lsp.session import Session
from autothink_lsp.thinking.values import ThinkMode
from autothink_lsp.values import Diagnostic, Point, Position

_SEVERITIES = {1: "error", 2: "warning", 3: "information", 4: "hint"}


def diagnostic_of(value: Any, snapshot: Snapshot) -> Diagnostic:
    """LSP's, as a plain object or as pygls' type. What is missing or of another type is left empty."""
    where = _get(value, "range")
    code = _get(value, "code")
    severity = _get(value, "severity")
    return Diagnostic(
        start=_point(_get(where, "start"), snapshot),
        end=_point(_get(where, "end"), snapshot),
        message=_text(_get(value, "message")),
        severity=_SEVERITIES.get(severity if isinstance(severity, int) else 1, "error"),  # pyright: ignore[reportArgumentType]
        code=str(code) if isinstance(code, str | int) else "",
        source=_text(_get(value, "source")),
    )


def plain_diagnostic(value: Any) -> dict[str, Any]:
    """As JSON, with what ``diagnostic_of`` reads."""
    where = value.range
    return {
        "range": {
            "start": {"line": where.start.line, "character": where.start.character},
            "end": {"line": where.end.line, "character": where.end.character},
        },
        "message": _text(value.message)[:2_000],
        "severity": int(value.severity) if value.severity is not None else 1,
        "code": value.code,
        "source": value.source,
    }


def request_of(session: Session, data: Any, snapshot: Snapshot) -> AssistRequest | None:
    """What an offer's data ask for; ``None`` where they make no sense (an older client's, or made up)."""
    try:
        action = ActionKind(_text(_get(data, "action")))
    except ValueError:
        return None
    where, said = _get(data, "range"), _get(data, "diagnostic")
    names_place = _is_range(where) or (action is ActionKind.FIX and _is_range(_get(said, "range")))
    if not names_place:
        return None
    diagnostics = (diagnostic_of(said, snapshot),) if said is not None else ()
    think = _text(_get(data, "think"))
    folder = folder_of(snapshot.uri, session.configuration.folders)
    instruction = _text(_get(data, "instruction"))
    start, end = _point(_get(where, "start"), snapshot), _point(_get(where, "end"), snapshot)
    if action is ActionKind.FIX and diagnostics:
        start, end = diagnostics[0].start, diagnostics[0].end
    if action is ActionKind.DESCRIBE and not instruction:
        instruction = comment_at(snapshot, start, end)
    return AssistRequest(
        action=action,
        snapshot=snapshot,
        start=start,
        end=end,
        settings=session.configuration.settings_for(folder),
        path=display_path(snapshot.uri, folder),
        file=_file_of(snapshot.uri),
        folder=local_path(folder),
        trusted=session.configuration.trusts(folder),
        diagnostics=diagnostics,
        instruction=instruction,
        think=ThinkMode(think) if think in set(ThinkMode) else None,
    )


def comment_at(snapshot: Snapshot, start: Point, end: Point) -> str:
    """The words of a comment in the selection, on the cursor's line or above it: how a user says what is to be done."""
    lines = [snapshot.text.line(number) for number in range(max(0, start.line - 1), min(end.line, start.line + 20) + 1)]
    said = []
    for line in lines:
        bare = line.strip()
        token = next((one for one in ("#", "//", "--", "/*", "<!--", ";", "%") if bare.startswith(one)), None)
        if token is not None:
            said.append(bare[len(token) :].removesuffix("*/").removesuffix("-->").strip())
    return " ".join(said)[:1_000].strip()


def _file_of(uri: str) -> Path | None:
    """The file that holds the document and nothing else: a notebook's must not be tested with the text of one cell."""
    return local_path(uri) if uri[:5].lower() == "file:" else None


def _point(value: Any, snapshot: Snapshot) -> Point:
    line, character = _get(value, "line"), _get(value, "character")
    if type(line) is not int or type(character) is not int or line < 0 or character < 0:
        return Point(0, 0)
    return snapshot.point(Position(line, character))


def _is_range(value: Any) -> bool:
    numbers = [_get(_get(value, side), name) for side in ("start", "end") for name in ("line", "character")]
    return all(type(number) is int and number >= 0 for number in numbers)


def _text(value: Any) -> str:
    """A message may also be markup (LSP 3.18)."""
    if isinstance(value, str):
        return value
    inner = _get(value, "value")
    return inner if isinstance(inner, str) else ""


def _get(value: Any, name: str) -> Any:
    """pygls gives untyped objects either as dicts or as attribute bags."""
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)
