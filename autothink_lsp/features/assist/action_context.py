"""Gathers an action's context from other files: places related to the message, definitions that the code uses, their
bodies, calls of the target, and the project's instruction file.

Every file must pass the privacy gate, and a snippet with a secret is left out; in the instruction file secrets are
redacted, as in the document. Gathering ends after ``LIMIT_S``. The same action on the same snapshot gets the same
context, so that the prefilled prompt is the prompt that is sent. Never raises ``AutothinkError``.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable

from attrs import define, field, frozen

from autothink_lsp.context.context_provider import cuts_secret
from autothink_lsp.context.index.service import ProjectIndexes
from autothink_lsp.context.instruction_file import find_instruction_file
from autothink_lsp.context.paths import display_path, local_path
from autothink_lsp.context.privacy import PrivacyGate, redacts
from autothink_lsp.context.project_code import SIGNATURES, ProjectCode
from autothink_lsp.context.redaction import SecretNames
from autothink_lsp.context.snippets import ContextSnippet, Excerpt, SourceQuery
from autothink_lsp.document.text import Text
from autothink_lsp.document.uri_identity import is_same_document
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.features.assist.editor_definitions import AskEditor, editor_snippets, unknown_places
from autothink_lsp.features.assist.prompt_sources import INSTRUCTIONS, ActionContext, compose_action_context
from autothink_lsp.features.assist.target import Target
from autothink_lsp.settings.model import Settings

logger = logging.getLogger(__name__)

LIMIT_S = 1.0  # chosen, without the wait for the first index of a project
INDEX_WAIT_S = 5.0  # after the first action in a folder, for its first index; small ones take less than one
_LATER_WAIT_S = 0.5  # at later actions
INDEX_WAIT_SHARE = 0.2  # of the action's deadline at most: the rest is the model's
COMMAND_INDEX_WAIT_S = 30.0  # a command runs once and can wait
# An embedded engine on one core needs about four seconds for 256 tokens (docs/measurements/layouts.md: 65 a second).
EMBEDDED_TOKENS = 256
MOST_TOKENS = 2_048
_SHARE = 0.4  # of the prompt's budget
_MOST_RELATED = 5
_RELATED_LINES = 2  # shown above and below a related place
_KEPT_S = 60.0  # chosen: from opening the menu to selecting an entry
# A name or a comment does not need code of other files.
_WITHOUT_CODE = frozenset({ActionKind.RENAME, ActionKind.DOCSTRING})
_WITHOUT_CALLERS = _WITHOUT_CODE | {ActionKind.EXTRACT, ActionKind.EXPLAIN}


@frozen(eq=False)
class _Kept:
    key: object
    settings: Settings
    until_s: float
    context: ActionContext


@define(eq=False)
class ActionContextSource:
    """The context source for all actions of a client. ``index_wait_s`` is how long the first actions wait for an
    index."""

    project_code: ProjectCode
    indexes: ProjectIndexes
    privacy: PrivacyGate
    names: SecretNames
    index_wait_s: float = INDEX_WAIT_S
    ask_editor: AskEditor | None = None  # for definitions; ``None`` if the editor does not support the request
    now_s: Callable[[], float] = time.monotonic
    _kept: _Kept | None = field(default=None, init=False)
    _wanted_since_s: dict[str, float] = field(factory=dict, init=False)  # by folder: when its first index was requested

    async def gather(
        self, request: AssistRequest, target: Target, *, prompt_tokens: int, is_embedded: bool
    ) -> ActionContext:
        """Return the context for ``target``. ``prompt_tokens`` is the budget of the whole prompt."""
        most = EMBEDDED_TOKENS if is_embedded else MOST_TOKENS
        budget_tokens = min(most, int(prompt_tokens * _SHARE))
        snapshot = request.snapshot
        document = (snapshot.uri, snapshot.opening, snapshot.revision)
        asked = (request.action, request.instruction, request.diagnostics, request.trusted)
        key = (document, target.start, target.end, asked, budget_tokens)
        kept = self._kept
        if kept is not None and kept.key == key and kept.settings is request.settings and self.now_s() < kept.until_s:
            return kept.context
        pieces: list[ContextSnippet] = []
        is_complete = False
        try:
            async with asyncio.timeout(LIMIT_S + self._index_wait_s(request)):
                is_complete = await self._collect(request, target, budget_tokens, pieces)
        except TimeoutError:
            logger.info("gathering context for an action took too long; what was found is used")
        except Exception:
            logger.exception("gathering context for an action failed; what was found is used")
        context = compose_action_context(
            _in_order(pieces),
            budget_tokens,
            why_not=lambda piece: self._why_not(piece, request),
            fence_language=self._fence_language,
        )
        if is_complete:
            self._kept = _Kept(key, request.settings, self.now_s() + _KEPT_S, context)
        return context

    async def _collect(
        self, request: AssistRequest, target: Target, budget_tokens: int, pieces: list[ContextSnippet]
    ) -> bool:
        """Append snippets to ``pieces``, the cheapest and most important first. Returns False if the index is not
        ready."""
        if request.trusted and request.file is not None and request.folder is not None:
            found = await asyncio.to_thread(find_instruction_file, request.file, request.folder)
            if found is not None:
                uri, reason = found.file.as_uri(), "the nearest instruction file of the project"
                pieces.append(ContextSnippet(INSTRUCTIONS, found.path, found.text, reason, uri))
        if request.action in _WITHOUT_CODE:
            return True
        pieces += self._related(request)
        has_index = await self._index_ready(request)
        query = self._query(request, target, budget_tokens)
        message = " ".join(one.message for one in request.diagnostics[:5])
        used = self.project_code.used(query, target.code, f"{message} {request.instruction}")
        pieces += [one.signature for one in used]
        if self.ask_editor is not None:
            known = [one.symbol.name for one in used]
            places = unknown_places(target, f"{message} {request.instruction}", known)
            pieces += await editor_snippets(
                self.ask_editor, request.snapshot, places, folder=query.folder, source=SIGNATURES, text_of=self._text
            )
        if target.name and target.kind in {"function", "class"} and request.action not in _WITHOUT_CALLERS:
            pieces += await self.project_code.callers(target.name, query)
        pieces += await self.project_code.bodies(used, query)
        return has_index

    async def _index_ready(self, request: AssistRequest) -> bool:
        """Wait briefly for the first index of a folder. Returns False if it is not ready.

        An editor does not wait for a newer index; a command, which runs once, does.
        """
        folder = request.folder.as_uri() if request.folder is not None else None
        has_index = folder is not None and self.indexes.reader(folder) is not None
        # Completion keeps the index up to date if it is on; otherwise the actions do.
        if folder is None or (has_index and request.settings.completion.enabled):
            return True
        self.indexes.want(folder, request.settings, for_action=True)
        if has_index and self.index_wait_s <= INDEX_WAIT_S:
            return True
        since_s = self._wanted_since_s.setdefault(folder, self.now_s())
        wait_s = max(_LATER_WAIT_S, since_s + self._index_wait_s(request) - self.now_s())
        try:
            await asyncio.wait_for(asyncio.shield(self.indexes.up_to_date(folder)), wait_s)
        except TimeoutError:
            logger.info("the index is not ready; an action is answered without it")
            return False
        return True

    def _index_wait_s(self, request: AssistRequest) -> float:
        """How long this action waits for the first index of its folder."""
        return min(self.index_wait_s, INDEX_WAIT_SHARE * request.settings.assist.deadline_s)

    def _query(self, request: AssistRequest, target: Target, budget_tokens: int) -> SourceQuery:
        return SourceQuery(
            snapshot=request.snapshot,
            point=request.snapshot.text.clamp(request.start),
            path=request.path,
            folder=request.folder.as_uri() if request.folder is not None else None,
            language=self.project_code.knowledge.syntax.language(request.snapshot),
            settings=request.settings,
            first=target.start.line,
            stop=target.end.line + 1,
            budget_tokens=budget_tokens,
        )

    def _related(self, request: AssistRequest) -> list[ContextSnippet]:
        """The lines of other files that the diagnostics refer to; those of the same file are in the prompt already."""
        folder = request.folder.as_uri() if request.folder is not None else None
        found: list[ContextSnippet] = []
        for place in [place for one in request.diagnostics[:5] for place in one.related][:_MOST_RELATED]:
            if is_same_document(place.uri, request.snapshot.uri):
                continue
            text = self._text(place.uri)
            if text is None:
                continue
            first, stop = max(0, place.line - _RELATED_LINES), min(text.line_count, place.line + 1 + _RELATED_LINES)
            lines, excerpt = "\n".join(text.lines(first, stop)), Excerpt.of(text, first, stop)
            path, reason = display_path(place.uri, folder), f"the message names line {place.line + 1}: {place.message}"
            found.append(ContextSnippet("related", path, lines, reason, place.uri, excerpts=(excerpt,)))
        return found

    def _text(self, uri: str) -> Text | None:
        snapshot = self.project_code.knowledge.documents.snapshot(uri)
        if snapshot is not None:
            return snapshot.text
        file = local_path(uri)
        try:
            if file is None or not file.is_file() or file.stat().st_size > 500_000:
                return None
            return Text.from_str(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _why_not(self, piece: ContextSnippet, request: AssistRequest) -> str:
        """The reason why a snippet may not be shown to the model; empty if it may."""
        settings = request.settings
        folder = request.folder.as_uri() if request.folder is not None else None
        text = self._text(piece.uri)
        if refused := self.privacy.refusal(piece.uri, folder, text, settings, settings.assist):
            return f"its file is kept from the model: {refused}"
        if piece.source != INSTRUCTIONS and redacts(settings, settings.assist) and self._has_secret(piece):
            return "it holds a secret"
        return ""

    def _has_secret(self, piece: ContextSnippet) -> bool:
        return self.names.hide(piece.text) != piece.text or any(cuts_secret(one) for one in piece.excerpts)

    def _fence_language(self, path: str) -> str:
        language = self.project_code.knowledge.syntax.registry.by_path(path)
        return language.language_ids[0] if language is not None and language.language_ids else ""


def _in_order(pieces: Iterable[ContextSnippet]) -> list[ContextSnippet]:
    """The snippets by importance: places related to the message, signatures, calls, instructions, then whole
    definitions."""
    order = ("related", "definitions", "callers", INSTRUCTIONS, "bodies")
    return sorted(pieces, key=lambda piece: order.index(piece.source))
