"""Repairs the parameters that clients send: one invalid value must not fail a whole request.

Diagnostics of other servers are part of every ``textDocument/codeAction``, so a severity 0, an unknown tag or a
negative line is common. Three steps, from specific to general:

 1. ``normalized``: parameters of code actions, the process id of ``initialize`` and the languages of documents,
    always. Diagnostics that are far from the requested range are dropped before anything is converted; in the others an
    invalid field is corrected or dropped.
 2. ``repaired``: parameters of the other methods, only if conversion failed.
 3. ``structured_without_errors``: parts that still do not convert are removed along the paths that cattrs reports: an
    optional field, an element of a list, or the object without a required field.

For unusable parameters ``UnusableParams`` is raised with the path of the value. Pure: no I/O, no state.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from cattrs import Converter
from cattrs.errors import AttributeValidationNote, BaseValidationError, IterableValidationNote
from lsprotocol import types

Json = Any
UINTEGER_MAX: Final = 2**31 - 1  # LSP's ``uinteger``
MOST_DIAGNOSTICS: Final = 50
NO_VERSION: Final = -1  # a ``didChange`` without a version: the document keeps its version
_MOST_REMOVALS: Final = 200
_SEVERITIES: Final = {"error": 1, "warning": 2, "information": 3, "info": 3, "hint": 4}


class UnusableParams(ValueError):
    """A required value is missing or of another type. ``path`` is its path, such as ``textDocument.uri``."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def normalized(method: object, params: Json) -> Json:
    """The parameters of a code action request with repaired diagnostics; those of most other methods unchanged.

    Raises ``UnusableParams`` if the document or the range is missing.
    """
    if method == types.TEXT_DOCUMENT_CODE_ACTION:
        return _code_action(params)
    if method == types.CODE_ACTION_RESOLVE:
        return _code_action_item(params)
    if method == types.INITIALIZE and isinstance(params, dict):
        return {**params, "processId": _process_id(params.get("processId"))}
    if method == types.TEXT_DOCUMENT_DID_OPEN and isinstance(params, dict):
        return _with_language(params, "textDocument")
    if method == types.NOTEBOOK_DOCUMENT_DID_OPEN and isinstance(params, dict):
        return _with_language(params, "cellTextDocuments")
    return params


def _with_language(params: dict[str, Json], name: str) -> dict[str, Json]:
    """The parameters with a language of each document that is a text; conversion takes any value for one. Raises
    ``UnusableParams`` if the text of a document is none."""

    def mended(document: Json) -> Json:
        if not isinstance(document, dict):
            return document
        if not isinstance(document.get("text", ""), str):
            raise UnusableParams(f"{name}.text")
        return document if isinstance(document.get("languageId", ""), str) else {**document, "languageId": "plaintext"}

    value = params.get(name)
    return {**params, name: list(map(mended, value)) if isinstance(value, list) else mended(value)}


def repaired(method: object, params: Json) -> Json:
    """Parameters that did not convert, with common faults corrected. Raises ``UnusableParams``."""
    repair = _REPAIRS.get(method) if isinstance(method, str) else None
    params = _object(params, "params") if repair is not None else params
    if not isinstance(params, dict):
        return params
    params = {key: value for key, value in params.items() if key not in _TOKENS or _is_token(value)}
    return repair(params) if repair is not None else params


def structured_without_errors(converter: Converter, message: dict[str, Json], kind: Any) -> Any:
    """``message`` as ``kind``, without the parts that do not convert. Changes ``message``.

    Raises ``UnusableParams`` if a required part of ``params`` itself does not convert.
    """
    for _ in range(_MOST_REMOVALS):
        try:
            return converter.structure(message, kind)
        except BaseValidationError as error:
            _remove(message, _path(error))
    raise UnusableParams("params")


# --- numbers, positions and ranges ------------------------------------------------------------------------------------


def whole_number(value: Json) -> int | None:
    """A non-negative integer within LSP's ``uinteger``; ``None`` if ``value`` is not a number. Clamps, truncates
    fractions."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, float):
        if math.isnan(value):
            return None
        value = UINTEGER_MAX if value > UINTEGER_MAX else int(max(value, 0.0))
    return min(max(value, 0), UINTEGER_MAX) if isinstance(value, int) else None


def position(value: Json) -> dict[str, int] | None:
    """An LSP position, clamped to non-negative numbers; ``None`` without a line. A missing character is 0."""
    if not isinstance(value, dict):
        return None
    line, character = whole_number(value.get("line")), whole_number(value.get("character"))
    return None if line is None else {"line": line, "character": character or 0}


def range_(value: Json) -> dict[str, dict[str, int]] | None:
    """An LSP range whose start is not after its end; ``None`` without a start. A missing end is the start."""
    if not isinstance(value, dict):
        return None
    start = position(value.get("start"))
    if start is None:
        return None
    end = position(value.get("end")) or dict(start)
    if _key(end) >= _key(start):
        return {"start": start, "end": end}
    # Vim's ALE sends its linters' messages with an end on line 0: the column is right, the line is missing.
    if end["line"] == 0 and start["line"] > 0:
        end = {"line": start["line"], "character": max(start["character"], end["character"])}
        return {"start": start, "end": end}
    return {"start": end, "end": start}


def _key(where: Mapping[str, int]) -> tuple[int, int]:
    return where["line"], where["character"]


# --- diagnostics ------------------------------------------------------------------------------------------------------


def diagnostic(value: Json) -> dict[str, Json] | None:
    """A diagnostic with only its valid fields; ``None`` without a range or a message."""
    if not isinstance(value, dict):
        return None
    where, message = range_(value.get("range")), text_of(value.get("message"))
    if where is None or not message.strip():
        return None
    mended: dict[str, Json] = {"range": where, "message": message}
    for name, mend in _DIAGNOSTIC_FIELDS.items():
        if (kept := mend(value.get(name))) is not None:
            mended[name] = kept
    return mended


def text_of(value: Json) -> str:
    """A string, or the text of ``MarkupContent`` (messages of LSP 3.18) or of a list of either; else an empty one."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return text_of(value.get("value"))
    if isinstance(value, list):
        return "\n".join(filter(None, map(text_of, value)))
    return ""


def severity(value: Json) -> int | None:
    """1 to 4, also from a name or a numeric string; ``None`` for any other value."""
    if isinstance(value, str):
        value = _SEVERITIES.get(value.strip().lower(), whole_number(value))
    number = whole_number(value)
    return number if number in (1, 2, 3, 4) and number == value else None


def _code(value: Json) -> str | int | None:
    if isinstance(value, dict):  # {"value": …, "target": …}, as VS Code's own type
        value = value.get("value")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value) if isinstance(value, float) or (isinstance(value, int) and abs(value) > UINTEGER_MAX) else value


def _source(value: Json) -> str | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if isinstance(value, str) else str(value) if is_number else None


def _tags(value: Json) -> list[int] | None:
    return [tag for tag in value if type(tag) is int and tag in (1, 2)] or None if isinstance(value, list) else None


def _code_description(value: Json) -> dict[str, str] | None:
    href = value.get("href") if isinstance(value, dict) else None
    return {"href": href} if isinstance(href, str) else None


def _related(value: Json) -> list[Json] | None:
    return [one for one in map(_related_one, value) if one] or None if isinstance(value, list) else None


def _related_one(value: Json) -> dict[str, Json] | None:
    location = value.get("location") if isinstance(value, dict) else None
    where = range_(location.get("range")) if isinstance(location, dict) else None
    uri = location.get("uri") if isinstance(location, dict) else None
    if where is None or not isinstance(uri, str):
        return None
    return {"location": {"uri": uri, "range": where}, "message": text_of(value.get("message"))}


_DIAGNOSTIC_FIELDS: Final[dict[str, Callable[[Json], Json]]] = {
    "severity": severity,
    "code": _code,
    "source": _source,
    "tags": _tags,
    "codeDescription": _code_description,
    "relatedInformation": _related,
    "data": lambda value: value,
}


# --- code actions -----------------------------------------------------------------------------------------------------


def _code_action(params: Json) -> dict[str, Json]:
    params = _object(params, "params")
    where = range_(params.get("range"))
    if where is None:
        raise UnusableParams("range")
    given = params.get("context")
    given = given if isinstance(given, dict) else {}
    only = _kinds(given.get("only"))
    is_about_document = any(kind == "source" or kind.startswith("source.") for kind in only or ())
    about = {"start": {"line": 0}, "end": {"line": UINTEGER_MAX}} if is_about_document else where
    context: dict[str, Json] = {"diagnostics": _near(given.get("diagnostics"), about)}
    if only is not None:
        context["only"] = only
    if whole_number(given.get("triggerKind")) in (1, 2):
        context["triggerKind"] = whole_number(given.get("triggerKind"))
    return {"textDocument": _document(params), "range": where, "context": context}


def _near(diagnostics: Json, where: Mapping[str, Mapping[str, int]]) -> list[dict[str, Json]]:
    """The diagnostics on the lines of ``where``, because some clients send all messages of the file."""
    if not isinstance(diagnostics, list):
        return []
    first, last, near = where["start"]["line"], where["end"]["line"], []
    for value in diagnostics:
        mended = diagnostic(value) if _may_touch(value, first, last) else None
        if mended and mended["range"]["start"]["line"] <= last and mended["range"]["end"]["line"] >= first:
            near.append(mended)
    return near[:MOST_DIAGNOSTICS]


def _may_touch(value: Json, first: int, last: int) -> bool:
    """Whether a well-formed diagnostic touches the lines; ``True`` for one that needs a closer check."""
    try:
        start, end = value["range"]["start"]["line"], value["range"]["end"]["line"]
        return not (type(start) is int and type(end) is int and 0 <= start <= end and (start > last or end < first))
    except (KeyError, TypeError, IndexError):
        return True


def _kinds(value: Json) -> list[str] | None:
    """The requested kinds; ``None`` for no filter. LSP does not define an empty list, and no client requests
    nothing."""
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] or None if isinstance(value, list) else None


def _code_action_item(params: Json) -> dict[str, Json]:
    """The parameters of ``codeAction/resolve``. Only ``data`` matter; other valid members are returned unchanged."""
    params = _object(params, "params")
    mended: dict[str, Json] = {"title": text_of(params.get("title")), "data": params.get("data")}
    if isinstance(params.get("kind"), str):
        mended["kind"] = params["kind"]
    if isinstance(params.get("isPreferred"), bool):
        mended["isPreferred"] = params["isPreferred"]
    if isinstance(params.get("diagnostics"), list):
        mended["diagnostics"] = [one for one in map(diagnostic, params["diagnostics"]) if one is not None]
    command = params.get("command")
    if isinstance(command, dict) and isinstance(command.get("command"), str):
        arguments = command.get("arguments")
        mended["command"] = {"title": text_of(command.get("title")), "command": command["command"]}
        if isinstance(arguments, list):
            mended["command"]["arguments"] = arguments
    return mended


# --- repairs of the other methods -------------------------------------------------------------------------------------


def _object(value: Json, path: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise UnusableParams(path)
    return value


def _document(params: Mapping[str, Json]) -> dict[str, Json]:
    document = _object(params.get("textDocument"), "textDocument")
    if not isinstance(document.get("uri"), str):
        raise UnusableParams("textDocument.uri")
    return document


def _at(params: dict[str, Json]) -> dict[str, Json]:
    place = position(params.get("position"))
    if place is None:
        raise UnusableParams("position")
    return {**params, "textDocument": _document(params), "position": place}


def _inline_completion(params: dict[str, Json]) -> dict[str, Json]:
    given = params.get("context")
    given = given if isinstance(given, dict) else {}
    trigger = whole_number(given.get("triggerKind"))
    context: dict[str, Json] = {"triggerKind": trigger if trigger in (1, 2) else 2}
    selected = given.get("selectedCompletionInfo")
    selected = selected if isinstance(selected, dict) else {}
    where = range_(selected.get("range"))
    if where is not None and isinstance(selected.get("text"), str):
        context["selectedCompletionInfo"] = {"range": where, "text": selected["text"]}
    return {**_at(params), "context": context}


def _completion(params: dict[str, Json]) -> dict[str, Json]:
    given = params.get("context")
    trigger = whole_number(given.get("triggerKind")) if isinstance(given, dict) else None
    rest = {key: value for key, value in _at(params).items() if key != "context"}
    return {**rest, "context": {"triggerKind": trigger}} if trigger in (1, 2, 3) else rest


def _did_open(params: dict[str, Json]) -> dict[str, Json]:
    document = _document(params)
    if not isinstance(document.get("text"), str):
        raise UnusableParams("textDocument.text")
    language = document.get("languageId")
    return {
        "textDocument": {
            "uri": document["uri"],
            "languageId": language if isinstance(language, str) and language else "plaintext",
            "version": whole_number(document.get("version")) or 0,
            "text": document["text"],
        }
    }


def _did_change(params: dict[str, Json]) -> dict[str, Json]:
    document = _document(params)
    changes = params.get("contentChanges")
    if not isinstance(changes, list):
        raise UnusableParams("contentChanges")
    mended = []
    for number, change in enumerate(changes):
        if not isinstance(change, dict) or not isinstance(change.get("text"), str):
            raise UnusableParams(f"contentChanges[{number}].text")
        if change.get("range") is None:
            mended.append({"text": change["text"]})
            continue
        where = _exact_range(change["range"])
        if where is None:
            raise UnusableParams(f"contentChanges[{number}].range")
        mended.append({"range": where, "text": change["text"]})
    version = whole_number(document.get("version"))
    return {
        "textDocument": {"uri": document["uri"], "version": NO_VERSION if version is None else version},
        "contentChanges": mended,
    }


def _exact_range(value: Json) -> dict[str, Json] | None:
    """A range with all its numbers; ``None`` otherwise. An edit's range must not be guessed, unlike a message's."""
    ends = [value.get(side) for side in ("start", "end")] if isinstance(value, dict) else []
    numbers = [whole_number(end.get(name)) for end in ends if isinstance(end, dict) for name in ("line", "character")]
    return (
        {side: position(value[side]) for side in ("start", "end")}
        if len(numbers) == 4 and None not in numbers
        else None
    )


def _execute_command(params: dict[str, Json]) -> dict[str, Json]:
    if not isinstance(params.get("command"), str):
        raise UnusableParams("command")
    arguments = params.get("arguments")
    if arguments is None:
        return {"command": params["command"]}
    return {"command": params["command"], "arguments": arguments if isinstance(arguments, list) else [arguments]}


def _process_id(value: Json) -> int | None:
    """A process id; ``None`` for any other value: "7" or 7.0 would be converted to the id of an unrelated process."""
    return value if type(value) is int and abs(value) <= UINTEGER_MAX else None


def _initialize(params: dict[str, Json]) -> dict[str, Json]:
    folders = params.get("workspaceFolders")
    mended = {**params, "processId": _process_id(params.get("processId")), "capabilities": params.get("capabilities")}
    if not isinstance(mended["capabilities"], dict):
        mended["capabilities"] = {}
    for name in ("rootUri", "rootPath"):
        mended[name] = params.get(name) if isinstance(params.get(name), str) else None
    if isinstance(folders, list):
        with_uri = [one for one in folders if isinstance(one, dict) and isinstance(one.get("uri"), str)]
        mended["workspaceFolders"] = [{"uri": one["uri"], "name": text_of(one.get("name"))} for one in with_uri]
    else:
        mended["workspaceFolders"] = None
    return mended


_TOKENS: Final = ("workDoneToken", "partialResultToken")
_REPAIRS: Final[dict[str, Callable[[dict[str, Json]], dict[str, Json]]]] = {
    types.INITIALIZE: _initialize,
    types.TEXT_DOCUMENT_INLINE_COMPLETION: _inline_completion,
    types.TEXT_DOCUMENT_COMPLETION: _completion,
    types.TEXT_DOCUMENT_DID_OPEN: _did_open,
    types.TEXT_DOCUMENT_DID_CHANGE: _did_change,
    types.WORKSPACE_EXECUTE_COMMAND: _execute_command,
}


def _is_token(value: Json) -> bool:
    return isinstance(value, str) or (type(value) is int and abs(value) <= UINTEGER_MAX)


# --- values that do not convert ---------------------------------------------------------------------------------------


def _path(error: BaseValidationError) -> list[str | int]:
    """The first path in a cattrs error, in LSP's names."""
    path: list[str | int] = []
    inner: Any = error
    while isinstance(inner, BaseValidationError) and inner.exceptions:
        inner = inner.exceptions[0]
        note = next(
            (one for one in getattr(inner, "__notes__", ()) if isinstance(one, _NOTES)),
            None,
        )
        if isinstance(note, AttributeValidationNote):
            path.append(_camel_case(note.name))
        elif isinstance(note, IterableValidationNote):
            path.append(note.index)
    return path


_NOTES = (AttributeValidationNote, IterableValidationNote)


def _camel_case(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found.group(1).upper(), name.rstrip("_"))


def _remove(message: dict[str, Json], path: list[str | int]) -> None:
    """Delete the value at ``path``; if it is missing, the object that lacks it.

    Raises ``UnusableParams`` if ``params`` itself would have to be deleted.
    """
    for length in range(len(path), 1, -1):
        holder: Json = message
        for step in path[: length - 1]:
            holder = _item(holder, step)
        last = path[length - 1]
        if _item(holder, last) is not None or (isinstance(holder, dict) and last in holder):
            del holder[last]
            return
    raise UnusableParams(".".join(map(str, path[1:])) or "params")


def _item(holder: Json, step: str | int) -> Json:
    if isinstance(holder, dict) and isinstance(step, str):
        return holder.get(step)
    if isinstance(holder, list) and isinstance(step, int) and 0 <= step < len(holder):
        return holder[step]
    return None
