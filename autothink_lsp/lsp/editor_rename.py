"""Renames by the editor's own language servers, where our analysis of scopes cannot rename completely.

The client computes the edit and applies nothing (``autothink/rename``). Its edit becomes one of ours, so the rules of
all edits hold: versions and bytes are compared, several files are shown first and change together or not at all, and a
cancelled action applies nothing. The user is told what was renamed only after the documents have the edit.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise
from pathlib import Path

from attrs import define, evolve

from autothink_lsp.context.paths import display_path, local_path
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.document.uri_identity import is_same_document, uri_key
from autothink_lsp.edits.file_edit import FileEdit, FileVersion, digest_of
from autothink_lsp.edits.minimal import minimal
from autothink_lsp.edits.replacement import (
    EditRefused,
    Refusal,
    Replacement,
    apply_replacements,
    inverse_replacements,
)
from autothink_lsp.features.assist.actions import AssistRequest, AssistResult, RenamePlan
from autothink_lsp.features.assist.callers.project_files import content_of, decoded, is_inside
from autothink_lsp.features.assist.conversation import word_and_start
from autothink_lsp.lsp.client import Client
from autothink_lsp.lsp.edit_delivery import EditDelivery, Placement, PlacementWatch
from autothink_lsp.lsp.file_edits import EditPart
from autothink_lsp.lsp.recent_changes import RecentChanges
from autothink_lsp.lsp.rename_answer import FileTextEdits, RenameAnswer, RenameFailure
from autothink_lsp.quantities import counted

_PREVIEW_S = 120.0  # a preview waits for its user
_MOST_NAMED = 3  # files in one sentence


class EditorRename:
    """The renames of one client."""

    def __init__(self, client: Client, recent: RecentChanges, delivery: EditDelivery) -> None:
        self._client = client
        self._recent = recent
        self._delivery = delivery

    def is_needed(self, result: AssistResult) -> bool:
        """Whether the result is a rename that only the editor's language server can make, and the client can be
        asked."""
        is_open = result.rename is not None and not result.message and not result.replacements
        return is_open and self._client.features.rename

    async def completed(self, result: AssistResult) -> AssistResult:
        """The result with the edit of the editor's language server, or with the reason why there is none. Unchanged if
        it is not needed."""
        plan = result.rename
        if plan is None or not self.is_needed(result):
            return result
        try:
            request = self._recent.brought_up(result.request)
            word, at = word_and_start(request)
            if word != plan.old_name:
                raise _changed(plan)
            answer = await self._client.rename(request.snapshot, at, plan.new_name)
            if answer.failure is not None:
                raise _refused(answer, plan)
            renamed = evolve(plan, at=at, by=answer.by)
            files = _merged(answer.files)
            documents = {uri_key(one.uri): one for one in self._recent.all()}
            opened = {one.uri: self._open_document(one, documents.get(uri_key(one.uri)), request) for one in files}
            result = evolve(result, request=request, rename=renamed)
            return await asyncio.to_thread(_with_edit, result, evolve(answer, files=files), opened)
        except EditRefused as refused:
            return result.without_edit(refused.for_user())

    def _open_document(self, edits: FileTextEdits, opened: Snapshot | None, request: AssistRequest) -> Snapshot | None:
        """The snapshot of the ``opened`` document for whose version ``edits`` were computed; ``None`` if the file is
        not open. Raises ``EditRefused`` if the document has another version."""
        if opened is None:
            return None
        if opened.uri == request.snapshot.uri:
            snapshot = request.snapshot if edits.version in {None, request.snapshot.version} else None
        else:
            snapshot = self._recent.snapshot(opened.uri, edits.version)
        if snapshot is None:
            path = _path_of(edits.uri, request)
            raise EditRefused(Refusal.STALE, f"{path} was changed meanwhile, so nothing was renamed.", hint=_AGAIN)
        return snapshot

    # --- after the edit was sent --------------------------------------------------------------------------------------

    def follow(
        self, result: AssistResult, snapshot: Snapshot, replacements: tuple[Replacement, ...], parts: Sequence[EditPart]
    ) -> FollowedRename | None:
        """Follow the documents of a rename that is about to be sent; ``None`` if the editor did not compute it."""
        plan = result.rename
        if plan is None or plan.by is None:
            return None
        own = (EditPart(result.request.path, snapshot, replacements, is_open=True),) if replacements else ()
        every = (*own, *parts)
        watches = {
            one.snapshot.uri: self._delivery.watch(one.snapshot, one.replacements) for one in every if one.is_open
        }
        return FollowedRename(plan, every, watches, self._client, self._recent, self._delivery)


@define(eq=False)
class FollowedRename:
    """A rename that was sent to the client, until it is known which files have it."""

    plan: RenamePlan
    parts: tuple[EditPart, ...]
    watches: dict[str, PlacementWatch]
    client: Client
    recent: RecentChanges
    delivery: EditDelivery

    @property
    def uri(self) -> str:
        """The document of the action, if it changes."""
        return self.parts[0].snapshot.uri

    async def outcome(self) -> str:
        """The sentence about a rename that the client has applied."""
        try:
            await self.client.round_trip()  # the changes of the documents have been read then
            names = await asyncio.to_thread(lambda: [one.path for one in self.parts if not self._has_arrived(one)])
        finally:
            self.close()
        return renamed_sentence(self.plan, self.parts, names)

    async def outcome_later(self) -> str:
        """The same for a rename that the client may still show to its user; empty if it was not applied."""
        waiting = [asyncio.ensure_future(one.seen.wait()) for one in self.watches.values()]
        try:
            if not waiting or not (await asyncio.wait(waiting, timeout=_PREVIEW_S, return_when="FIRST_COMPLETED"))[0]:
                return ""
            return await self.outcome()
        finally:
            self.close()
            for one in waiting:
                one.cancel()

    def close(self) -> None:
        """End the watches. Idempotent."""
        for watch in self.watches.values():
            self.delivery.unwatch(watch)

    def _has_arrived(self, part: EditPart) -> bool:
        watch = self.watches.get(part.snapshot.uri)
        if watch is not None and watch.placement is Placement.RIGHT:
            return True
        text = self._text_now(part)
        return text is not None and text.is_equal(apply_replacements(part.snapshot.text, part.replacements))

    def _text_now(self, part: EditPart) -> Text | None:
        """The text of the open document, which may have been opened for the edit, or of the file."""
        for one in self.recent.all():
            if is_same_document(one.uri, part.snapshot.uri):
                return one.text
        file = local_path(part.snapshot.uri)
        return decoded(content_of(file)) if file is not None else None


def renamed_sentence(plan: RenamePlan, parts: Sequence[EditPart], missing: Sequence[str]) -> str:
    """What became of an applied rename. ``missing`` are the paths of the files that do not have their part."""
    if missing and len(missing) == len(parts):
        return f"The rename of `{plan.old_name}` to `{plan.new_name}` was not seen in the document. Look at the change."
    count = counted(len(parts), "file") if len(parts) > 1 else counted(len(parts[0].replacements), "place")
    done = f"{len(parts) - len(missing)} of {count}" if missing else count
    by = f" with {plan.by}" if plan.by else ""
    text = f"Renamed `{plan.old_name}` to `{plan.new_name}` in {done}{by}."
    return f"{text} Not as proposed: {_named(missing)}." if missing else text


_AGAIN = "Choose the action again."
_BY_HAND = "Use your editor's rename."


def _changed(plan: RenamePlan) -> EditRefused:
    text = f"The document has changed meanwhile, so `{plan.old_name}` was not renamed."
    return EditRefused(Refusal.STALE, text, hint=_AGAIN)


def _refused(answer: RenameAnswer, plan: RenamePlan) -> EditRefused:
    """The error for an answer without an edit. It has the new name, so that the model's proposal is not lost."""
    old, new = f"`{plan.old_name}`", f"`{plan.new_name}`"
    who = answer.by or "The editor's language server"
    why = f": {answer.why.rstrip('.')}" if answer.why else ""
    match answer.failure:
        case RenameFailure.UNSUPPORTED:
            return EditRefused(Refusal.OUTSIDE, f"No language server here can rename {old} to {new}.")
        case RenameFailure.CHANGED:
            return _changed(plan)
        case RenameFailure.FILES:
            text = f"{who} would also rename or create files to rename {old} to {new}, so nothing was renamed."
            return EditRefused(Refusal.OUTSIDE, text, hint=_BY_HAND)
        case RenameFailure.TIMEOUT:
            text = f"The editor did not answer in time, so {old} was not renamed to {new}."
            return EditRefused(Refusal.OUTSIDE, text, hint=_AGAIN)
        case RenameFailure.UNREADABLE:
            text = f"The editor's answer cannot be read, so {old} was not renamed to {new}."
            return EditRefused(Refusal.OUTSIDE, text, hint=_BY_HAND)
        case _:
            return EditRefused(Refusal.OUTSIDE, f"{who} did not rename {old} to {new}{why}.")


def _with_edit(result: AssistResult, answer: RenameAnswer, opened: Mapping[str, Snapshot | None]) -> AssistResult:
    """The result with the edit of ``answer``. ``opened`` has the open documents by the URIs of the answer. Reads closed
    files. Raises ``EditRefused``."""
    request, plan = result.request, result.rename
    if plan is None:
        return result
    own: tuple[Replacement, ...] = ()
    others: list[FileEdit] = []
    for one in answer.files:
        snapshot = opened[one.uri]
        if snapshot is request.snapshot:
            own = _replacements(one, request.snapshot, request.path, answer)
            continue
        base = (
            FileVersion(snapshot, _path_of(one.uri, request), local_path(one.uri))
            if snapshot is not None
            else _closed_file(one, request, plan)
        )
        if replacements := _replacements(one, base.snapshot, base.path, answer):
            others.append(FileEdit(base, replacements))
    if not own and not others:
        raise _refused(evolve(answer, failure=RenameFailure.REFUSED), plan)
    places = len(own) + sum(len(one.replacements) for one in others)
    files = counted(len(others) + bool(own), "file")
    by = f" {plan.by}, the editor's language server, found them." if plan.by else ""
    return evolve(
        result,
        replacements=own,
        file_edits=tuple(others),
        explanation=f"`{plan.old_name}` becomes `{plan.new_name}` at {counted(places, 'place')} in {files}.{by}",
        concerns=_concerns(result, own, others),
        is_certain=True,
    )


def _closed_file(edits: FileTextEdits, request: AssistRequest, plan: RenamePlan) -> FileVersion:
    """The state on disk of a file that is not open. Raises ``EditRefused``."""
    path, file = _path_of(edits.uri, request), local_path(edits.uri)
    if edits.version is not None:
        text = f"{path} has text in the editor that AutoThink does not know, so nothing was renamed."
        raise EditRefused(Refusal.OUTSIDE, text, hint="Save it and choose the action again.")
    if file is None or request.folder is None or not is_inside(file, request.folder):
        where = "outside of the workspace folder" if request.folder is not None else "in no workspace folder"
        why = f"{path} is {where}, so `{plan.old_name}` was not renamed to `{plan.new_name}`."
        raise EditRefused(Refusal.OUTSIDE, why, hint=_BY_HAND)
    content = content_of(file)
    text = decoded(content)
    if content is None or text is None:
        why = f"{path} cannot be read as a text file, so nothing was renamed."
        raise EditRefused(Refusal.OUTSIDE, why, hint=_BY_HAND)
    return FileVersion(Snapshot(edits.uri, "", 0, text, request.snapshot.encoding), path, file, digest_of(content))


def _path_of(uri: str, request: AssistRequest) -> str:
    return display_path(uri, request.folder.as_uri() if request.folder is not None else None)


def _merged(files: Iterable[FileTextEdits]) -> tuple[FileTextEdits, ...]:
    """One item per document, in order."""
    found: dict[str, list[FileTextEdits]] = {}
    for one in files:
        found.setdefault(uri_key(one.uri), []).append(one)
    return tuple(
        evolve(same[0], edits=tuple(chain.from_iterable(one.edits for one in same))) for same in found.values()
    )


def _replacements(edits: FileTextEdits, snapshot: Snapshot, path: str, answer: RenameAnswer) -> tuple[Replacement, ...]:
    """The smallest replacements that make ``edits``. Raises ``EditRefused`` if they do not fit the text."""
    text, encoding = snapshot.text, answer.encoding or snapshot.encoding
    ranges: list[Replacement] = []
    for (start, end), new_text in edits.edits:
        first, last = text.place_of(start, encoding), text.place_of(end, encoding)
        is_past_end = end.line >= text.line_count
        if first.position(encoding) != start or not (is_past_end or last.position(encoding) == end):
            raise _unfit(path)
        ranges.append(Replacement(first.point, last.point, new_text))
    ranges.sort(key=lambda one: (one.start, one.end))
    if any(one.end > other.start for one, other in pairwise(ranges)) or any(one.start > one.end for one in ranges):
        raise _unfit(path)
    return tuple(small for one in ranges for small in minimal(text, one.start, one.end, one.new_text))


def _unfit(path: str) -> EditRefused:
    text = f"The language server's edit does not fit the text of {path}, so nothing was renamed."
    return EditRefused(Refusal.STALE, text, hint=_AGAIN)


def _concerns(result: AssistResult, own: tuple[Replacement, ...], others: Sequence[FileEdit]) -> tuple[str, ...]:
    """Reasons to look at the edit first: the new name occurs in another file, or other code is changed."""
    plan, request = result.rename, result.request
    if plan is None:
        return result.concerns
    new_name = re.compile(rf"(?<!\w){re.escape(plan.new_name)}(?!\w)")
    taken = [one.base.path for one in others if new_name.search(str(one.base.snapshot.text))]
    edited = [
        (request.path, request.snapshot.text, own),
        *((one.base.path, one.base.snapshot.text, one.replacements) for one in others),
    ]
    strange = [path for path, text, replacements in edited if not _is_everywhere(new_name, text, replacements)]
    return (
        *result.concerns,
        *([f"`{plan.new_name}` already occurs in {_named(taken)}."] if taken else []),
        *([f"Lines without `{plan.new_name}` change in {_named(strange)}."] if strange else []),
    )


def _is_everywhere(word: re.Pattern[str], text: Text, replacements: tuple[Replacement, ...]) -> bool:
    """Whether all lines that ``replacements`` change have ``word`` afterwards."""
    after = apply_replacements(text, replacements)
    return all(
        any(word.search(after.line(line)) for line in range(one.start.line, one.end.line + 1))
        for one in inverse_replacements(text, replacements)
    )


def _named(paths: Sequence[str]) -> str:
    shown = [Path(path).name for path in paths[:_MOST_NAMED]]
    return ", ".join(shown) + (f" and {len(paths) - len(shown)} more" if len(paths) > len(shown) else "")
