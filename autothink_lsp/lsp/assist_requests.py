"""Makes the assistant's request from the data that a client sends with an action."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from attrs import evolve

from autothink_lsp.context.paths import display_path, local_path
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.features.assist.offers import mode_in_words
from autothink_lsp.lsp.session import Session
from autothink_lsp.lsp.untyped import field
from autothink_lsp.settings.model import Settings
from autothink_lsp.thinking.mode import ThinkMode
from autothink_lsp.values import Diagnostic, Point, Position, RelatedPlace

_MOST_RELATED = 5
_TAGS: Mapping[int, Literal["unnecessary", "deprecated"]] = MappingProxyType({1: "unnecessary", 2: "deprecated"})
_SEVERITIES = {1: "error", 2: "warning", 3: "information", 4: "hint"}


def diagnostic_of(value: Any, snapshot: Snapshot) -> Diagnostic:
    """Convert a diagnostic from JSON or lsprotocol's type. Missing members and those of another type stay empty."""
    where = field(value, "range")
    code = field(value, "code")
    severity = field(value, "severity")
    return Diagnostic(
        start=_point(field(where, "start"), snapshot),
        end=_point(field(where, "end"), snapshot),
        message=_text(field(value, "message")),
        severity=_SEVERITIES.get(severity if isinstance(severity, int) else 1, "error"),  # pyright: ignore[reportArgumentType]
        code=str(code) if isinstance(code, str | int) else "",
        source=_text(field(value, "source")),
        related=_related(field(value, "relatedInformation") or field(value, "related_information")),
        documentation=_address(field(field(value, "codeDescription") or field(value, "code_description"), "href")),
        tags=_tags(field(value, "tags")),
    )


def _related(value: Any) -> tuple[RelatedPlace, ...]:
    """Parse ``relatedInformation``; malformed entries are left out. lsprotocol's members have snake case names."""
    places = []
    for one in value[:_MOST_RELATED] if isinstance(value, list | tuple) else ():
        location = field(one, "location")
        uri, line = field(location, "uri"), field(field(field(location, "range"), "start"), "line")
        if isinstance(uri, str) and type(line) is int and line >= 0:
            places.append(RelatedPlace(uri, line, _text(field(one, "message"))[:500]))
    return tuple(places)


def _address(value: Any) -> str:
    return value if isinstance(value, str) and value.startswith(("https://", "http://")) else ""


def _tags(value: Any) -> tuple[Literal["unnecessary", "deprecated"], ...]:
    numbers = value if isinstance(value, list | tuple) else ()
    return tuple(_TAGS[int(one)] for one in numbers if isinstance(one, int) and int(one) in _TAGS)


def plain_diagnostic(value: Any) -> dict[str, Any]:
    """A diagnostic as JSON, with the members that ``diagnostic_of`` reads."""
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
        "relatedInformation": [
            {
                "location": {"uri": one.location.uri, "range": {"start": {"line": one.location.range.start.line}}},
                "message": _text(one.message)[:500],
            }
            for one in (value.related_information or [])[:_MOST_RELATED]
        ],
        "codeDescription": {"href": value.code_description.href} if value.code_description is not None else None,
        "tags": [int(tag) for tag in value.tags or ()],
    }


def request_of(session: Session, data: Any, snapshot: Snapshot) -> AssistRequest | None:
    """The request for an offer's data; ``None`` for invalid data (of an older client, or forged)."""
    try:
        action = ActionKind(_text(field(data, "action")))
    except ValueError:
        return None
    where, diagnostic = field(data, "range"), field(data, "diagnostic")
    names_place = _is_range(where) or (action is ActionKind.FIX and _is_range(field(diagnostic, "range")))
    if not names_place:
        return None
    diagnostics = (diagnostic_of(diagnostic, snapshot),) if diagnostic is not None else ()
    think = _text(field(data, "think"))
    folder = session.configuration.folder_of(snapshot.uri)
    instruction = _text(field(data, "instruction"))
    start, end = _point(field(where, "start"), snapshot), _point(field(where, "end"), snapshot)
    if action is ActionKind.FIX and diagnostics:
        start, end = diagnostics[0].start, diagnostics[0].end
    if action is ActionKind.FIX_ALL:
        every = field(data, "diagnostics")
        diagnostics = tuple(diagnostic_of(one, snapshot) for one in every) if isinstance(every, list) else ()
        start = end = Point(0, 0)
    if action is ActionKind.DESCRIBE and not instruction:
        instruction = comment_at(snapshot, start, end)
    instruction, requested_mode = mode_in_words(instruction)
    think = think or requested_mode or ""
    settings = _with_editor_servers(session, session.configuration.settings_for(folder))
    user_action = None
    if action is ActionKind.USER:
        # The prompt always comes from the settings, never from the client.
        name = _text(field(data, "name"))
        user_action = next((one for one in settings.assist.actions if one.name == name), None)
        if user_action is None:
            return None
        instruction, think = user_action.prompt, user_action.think
    return AssistRequest(
        action=action,
        snapshot=snapshot,
        start=start,
        end=end,
        settings=settings,
        path=display_path(snapshot.uri, folder),
        file=_file_of(snapshot.uri),
        folder=local_path(folder),
        trusted=session.configuration.trusts(folder),
        test_command=session.configuration.test_command(folder),
        diagnostics=diagnostics,
        instruction=instruction,
        use_model=field(data, "useModel") is not False,
        think=ThinkMode(think) if think in set(ThinkMode) else None,
        user_action=user_action,
    )


def _with_editor_servers(session: Session, settings: Settings) -> Settings:
    """The settings with the editor's language servers; those in the user's settings take precedence."""
    if not session.editor_servers:
        return settings
    servers = {**session.editor_servers, **settings.verify.servers}
    return evolve(settings, verify=evolve(settings.verify, servers=servers))


def comment_at(snapshot: Snapshot, start: Point, end: Point) -> str:
    """The text of the comments in the selection, on the cursor's line or above it: the user's instruction."""
    lines = [snapshot.text.line(number) for number in range(max(0, start.line - 1), min(end.line, start.line + 20) + 1)]
    comments = []
    for line in lines:
        bare = line.strip()
        token = next((one for one in ("#", "//", "--", "/*", "<!--", ";", "%") if bare.startswith(one)), None)
        if token is not None:
            comments.append(bare[len(token) :].removesuffix("*/").removesuffix("-->").strip())
    return " ".join(comments)[:1_000].strip()


def _file_of(uri: str) -> Path | None:
    """The file of a document; ``None`` for a notebook cell, whose text is not the file's."""
    return local_path(uri) if uri[:5].lower() == "file:" else None


def _point(value: Any, snapshot: Snapshot) -> Point:
    line, character = field(value, "line"), field(value, "character")
    if type(line) is not int or type(character) is not int or line < 0 or character < 0:
        return Point(0, 0)
    return snapshot.point(Position(line, character))


def _is_range(value: Any) -> bool:
    numbers = [field(field(value, side), name) for side in ("start", "end") for name in ("line", "character")]
    return all(type(number) is int and number >= 0 for number in numbers)


def _text(value: Any) -> str:
    """The text of a message, which may be markup (LSP 3.18)."""
    if isinstance(value, str):
        return value
    inner = field(value, "value")
    return inner if isinstance(inner, str) else ""
