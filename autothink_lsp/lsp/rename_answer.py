"""Parses a client's answer to ``autothink/rename`` (``docs/reference/lsp-extensions.md``).

An edit is all or nothing: an answer of which one part cannot be read has no edit.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from attrs import field

from autothink_lsp.values import Position, PositionEncoding, Range, frozen

MOST_EDITS = 20_000
_LONGEST_WORDS = 200


class RenameFailure(StrEnum):
    """The reason why there is no edit. The first four are those that a client names."""

    UNSUPPORTED = "unsupported"  # no language server of the editor renames in this document
    CHANGED = "changed"  # a document has changed since it was asked
    REFUSED = "refused"  # the language server gave an error, or no edit
    FILES = "files"  # the edit also creates, renames or deletes files
    TIMEOUT = "timeout"
    UNREADABLE = "unreadable"


@frozen
class FileTextEdits:
    """The edits of one file. ``version`` is that of the open document, ``None`` if the file is not open."""

    uri: str
    version: int | None
    edits: tuple[tuple[Range, str], ...] = field(repr=False)


@frozen
class RenameAnswer:
    """``files`` have the edit, or ``failure`` is the reason why there is none. ``by`` is the language server's name,
    ``why`` its reason; both may be empty. ``encoding``: of the positions, ``None`` for the negotiated one."""

    files: tuple[FileTextEdits, ...] = ()
    by: str = ""
    failure: RenameFailure | None = None
    why: str = ""
    encoding: PositionEncoding | None = None


def read_rename(answer: Any) -> RenameAnswer:
    """The client's answer in any form."""
    if not isinstance(answer, dict):
        return RenameAnswer(failure=RenameFailure.REFUSED if answer is None else RenameFailure.UNREADABLE)
    by, why = _words(answer.get("by")), _words(answer.get("reason"))
    named, edit = answer.get("failure"), answer.get("edit")
    if named is not None or edit is None:
        known = {one.value: one for one in RenameFailure}
        failure = known.get(named, RenameFailure.REFUSED) if isinstance(named, str) else RenameFailure.REFUSED
        return RenameAnswer(by=by, failure=failure, why=why)
    try:
        encoding = PositionEncoding(answer["positionEncoding"]) if answer.get("positionEncoding") else None
        changes = edit["documentChanges"]
        if any("kind" in one for one in changes):
            return RenameAnswer(by=by, failure=RenameFailure.FILES)
        files = tuple(_files(changes))
    except (AttributeError, LookupError, TypeError, ValueError):
        return RenameAnswer(by=by, failure=RenameFailure.UNREADABLE)
    if not any(one.edits for one in files):
        return RenameAnswer(by=by, failure=RenameFailure.REFUSED, why=why)
    if sum(len(one.edits) for one in files) > MOST_EDITS:
        return RenameAnswer(by=by, failure=RenameFailure.REFUSED, why=f"more than {MOST_EDITS} places")
    return RenameAnswer(files, by, encoding=encoding)


def _files(changes: Any) -> Iterator[FileTextEdits]:
    for change in changes:
        document = change["textDocument"]
        uri, version = document["uri"], document.get("version")
        if not (version is None or type(version) is int):
            raise TypeError(version)
        yield FileTextEdits(
            _text(uri), version, tuple((_range(one["range"]), _text(one["newText"])) for one in change["edits"])
        )


def _range(value: Any) -> Range:
    return Range(_position(value["start"]), _position(value["end"]))


def _position(value: Any) -> Position:
    line, character = value["line"], value["character"]
    if type(line) is not int or type(character) is not int or line < 0 or character < 0:
        raise ValueError(value)
    return Position(line, character)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    value.encode()  # raises a ``ValueError`` for half of a character, which no document can contain
    return value


def _words(value: Any) -> str:
    return " ".join(value.split())[:_LONGEST_WORDS] if isinstance(value, str) else ""
