"""Gathers the context of a cursor: the window and blocks from other places, kept unchanged while the user types.

Context is gathered again only where the prompt has to be evaluated again anyway: a new document, a moved window, a
cursor in another block; and once after a pause if the index was missing, the time limit was reached, diagnostics near
the cursor have changed, code was copied, or the editor has answered with signatures. All keys in between get the same
blocks, so the server's cache applies. Neither a new line nor a save triggers it: with other blocks in front of the
window a model on a CPU would evaluate five hundred tokens while the user waits. Gathering ends after ``LIMIT_MS``;
sources that were not asked by then are left out. Never raises.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from attrs import define, field

from autothink_lsp.context.compose import SHARES, Composer, Composition, budget_tokens
from autothink_lsp.context.index.service import ProjectIndexes
from autothink_lsp.context.installed_packages import InstalledPackages
from autothink_lsp.context.knowledge import Knowledge
from autothink_lsp.context.privacy import (
    IGNORED_BY_GIT,
    ModelLocation,
    PrivacyGate,
    model_location,
    redacts,
)
from autothink_lsp.context.redaction import SecretNames
from autothink_lsp.context.secrets import find_secrets
from autothink_lsp.context.snippets import ContextSnippet, Excerpt, SourceQuery
from autothink_lsp.context.sources import clipboard, definitions, imports, scope
from autothink_lsp.context.sources.clipboard import CopiedCode
from autothink_lsp.context.sources.diagnostics import NAME as DIAGNOSTICS
from autothink_lsp.context.sources.diagnostics import SeenDiagnostics
from autothink_lsp.context.sources.editor_signatures import EditorSignatures
from autothink_lsp.context.sources.edits import RecentEdits
from autothink_lsp.context.sources.notebook import NotebookCells
from autothink_lsp.context.sources.similar import SimilarSnippets
from autothink_lsp.context.values import CodeContext
from autothink_lsp.context.window import ContextRequest, WindowTracker, moved
from autothink_lsp.document.notebooks import NotebookStore
from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.document.text import Text
from autothink_lsp.settings.model import CompletionSettings, PrivacySettings, Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Diagnostic, Point, evolve, frozen

logger = logging.getLogger(__name__)

LIMIT_MS = 20.0
PARSE_MS = 8.0
PAUSE_MS = 1_500.0
_MOST_BLOCK_LINES = 60


@frozen
class _Asked:
    """The settings that the context depends on. They differ between models, and so does what a model may see."""

    sources: tuple[str, ...]
    tokens: int
    step: int  # of the window
    place: ModelLocation
    privacy: PrivacySettings


@define
class _Kept:
    """The composition for the lines ``first`` to ``last`` of a document."""

    asked: _Asked
    first: int
    last: int
    composition: Composition
    query: SourceQuery = field(repr=False)
    wanted: bool = False  # to be gathered once more after the next pause
    due: bool = False  # that pause is over

    def is_for(self, asked: _Asked, point: Point) -> bool:
        """Whether it was made for these settings and for the block around the point."""
        return self.asked == asked and self.first <= point.line <= self.last

    def lines_away(self, diagnostic: Diagnostic) -> int:
        """The lines between the diagnostic and the block around the point; 0 inside."""
        line = diagnostic.start.line
        return max(self.first - line, line - self.last, 0)


@define(eq=False)
class ContextProvider:
    """A ``ContextGatherer`` that adds blocks of the sources to the window of a ``WindowTracker``.

    ``request_index(folder, settings, budget_tokens)`` is called for a folder that has no index yet; ``trusts(folder)``
    returns whether the user trusts a workspace folder. ``now_ms`` is the clock for pauses between edits, ``cpu_s`` the
    clock for the time limit of gathering.
    """

    documents: DocumentStore
    syntax: Syntax
    indexes: ProjectIndexes
    notebooks: NotebookStore
    privacy: PrivacyGate
    names: SecretNames
    now_ms: Callable[[], float]
    request_index: Callable[[str | None, Settings, int], None] = lambda _folder, _settings, _tokens: None
    trusts: Callable[[str | None], bool] = lambda _folder: False
    windows: WindowTracker = field(factory=WindowTracker)
    cpu_s: Callable[[], float] = time.thread_time
    gathered: int = field(default=0, init=False)
    diagnostics: SeenDiagnostics = field(factory=SeenDiagnostics, init=False)
    knowledge: Knowledge = field(init=False)
    _signatures: EditorSignatures = field(factory=EditorSignatures, init=False)
    _similar: SimilarSnippets = field(init=False)
    _cells: NotebookCells = field(init=False)
    _edits: RecentEdits = field(factory=RecentEdits, init=False)
    _copied: CopiedCode = field(init=False)
    _kept: dict[str, _Kept] = field(factory=dict, init=False)
    _changed_ms: dict[str, float] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        packages = InstalledPackages(self.syntax, self._is_trusted, self._workspace_folders)
        self.knowledge = Knowledge(self.documents, self.syntax, self.indexes, packages)
        self._similar = SimilarSnippets(self.documents)
        self._cells = NotebookCells(self.notebooks, self.documents)
        self._copied = CopiedCode(self.documents, self.now_ms)

    # Document events.

    def did_open(self, snapshot: Snapshot) -> None:
        """Reset the state of the document, which is a source for others from now on."""
        self.did_close(snapshot.uri)
        self.windows.did_open(snapshot)
        self._edits.did_open(snapshot)
        self._similar.touched(snapshot.uri)

    def did_close(self, uri: str) -> None:
        """Forget the document."""
        self.windows.did_close(uri)
        self._edits.forget(uri)
        self._similar.forget(uri)
        self.knowledge.forget(uri)
        self.diagnostics.forget(uri)
        self._signatures.forget(uri)
        self._kept.pop(uri, None)
        self._changed_ms.pop(uri, None)

    def did_change(self, snapshot: Snapshot, changes: Sequence[Change]) -> None:
        """Move the kept composition with the text."""
        uri = snapshot.uri
        self.windows.did_change(snapshot, changes)
        self._edits.did_change(snapshot, changes)
        self._similar.touched(uri)
        self.diagnostics.did_change(uri, changes)
        kept = self._kept.get(uri)
        if kept is not None and kept.wanted and self._rested(uri):
            kept.due = True
        self._changed_ms[uri] = self.now_ms()
        if kept is None:
            return
        for change in changes:
            if change.is_within_line:
                continue
            first, last = moved(kept.first, change), moved(kept.last, change)
            kept.first = change.start.line if first is None else first
            kept.last = change.new_end.line if last is None else last

    def on_diagnostics(self, uri: str, first: int, last: int, diagnostics: Sequence[Diagnostic]) -> None:
        """Record that ``diagnostics`` are all that the client has for the lines ``first`` to ``last``. If those of the
        block around the cursor have changed, context is gathered again after the next pause."""
        kept = self._kept.get(uri)
        if kept is None:
            self.diagnostics.saw(uri, first, last, diagnostics)
            return
        before = self.diagnostics.between(uri, kept.first, kept.last)
        self.diagnostics.saw(uri, first, last, sorted(diagnostics, key=kept.lines_away))  # of many the first are kept
        if DIAGNOSTICS not in kept.asked.sources:
            return
        if self.diagnostics.between(uri, kept.first, kept.last) != before:
            kept.wanted = True

    def names_to_ask(self, snapshot: Snapshot, point: Point) -> list[tuple[str, Point]]:
        """The names near ``point`` whose definitions only the editor may know, each with a position. Each name of a
        document is returned once. Empty if the model gets no definitions."""
        kept = self._kept.get(snapshot.uri)
        if kept is None or definitions.NAME not in kept.asked.sources:
            return []
        query = evolve(kept.query, snapshot=snapshot, point=snapshot.text.clamp(point), over=self._limit())
        return self._signatures.ask(query, self.knowledge.named(self._signatures.called_names(query), query))

    def learn_signatures(self, uri: str, answers: Iterable[tuple[str, str, str]]) -> None:
        """Store the editor's answers for names of ``names_to_ask``: the name, the file (URI) with its definition, and
        the signature. Context is gathered again after the next pause."""
        learned = [self._signatures.learn(uri, *answer) for answer in answers]
        kept = self._kept.get(uri)
        if kept is not None and any(learned):
            kept.wanted = True

    def ask_names_again(self, uri: str, names: Iterable[str]) -> None:
        """Return ``names``, for which the editor gave no answer, to the names of ``names_to_ask``."""
        self._signatures.ask_again(uri, names)

    def wants_clipboard(self, uri: str) -> bool:
        """Whether copied code would be context of the document: its latest context was gathered with this source."""
        kept = self._kept.get(uri)
        return kept is not None and clipboard.NAME in kept.asked.sources

    def learn_clipboard(self, text: str, uri: str = "", number: int = 0) -> None:
        """Store copied text if it is code; ``uri`` is the document that it was copied from, if that is known;
        ``number`` grows with each copy, if the editor counts them. Context is gathered again after the next pause."""
        if self._copied.learn(text, uri, number):
            self._gather_clipboard_again(lambda _kept: True)

    def _gather_clipboard_again(self, is_concerned: Callable[[_Kept], bool]) -> None:
        for kept in self._kept.values():
            if clipboard.NAME in kept.asked.sources and is_concerned(kept):
                kept.wanted = True

    def on_index_built(self, _folder: str) -> None:
        """Gather context again after the next pause, because the index of a folder is ready."""
        for kept in self._kept.values():
            kept.wanted = True

    # Queries.

    def peek(self, request: ContextRequest) -> CodeContext:
        """The window without blocks; changes no state."""
        return self.windows.peek(request)

    def gather(self, request: ContextRequest) -> CodeContext:
        """The window around the cursor, with blocks from other places if the settings allow it."""
        context = self.windows.gather(request)
        snapshot, point, settings = request.snapshot, request.point, request.settings
        if settings is None:
            return context
        span = self.windows.span(snapshot.uri)
        tokens = budget_tokens(settings, span.size.block_tokens)
        if span.size.most_block_tokens is not None:
            tokens = min(tokens, span.size.most_block_tokens)
        if self._copied.expire():
            self._gather_clipboard_again(lambda kept: any(b.source == clipboard.NAME for b in kept.composition.blocks))
        completion = settings.completion
        asked = _Asked(sources_for(completion), tokens, span.step, model_location(completion), settings.privacy)
        if not asked.sources or not asked.tokens:
            return context
        kept = self._kept.get(snapshot.uri)
        if kept is None or not self._holds(kept, asked, snapshot.uri, point):
            if self.indexes.reader(request.folder) is None:
                self.request_index(request.folder, settings, asked.tokens)
            # Parsing has a limit of its own; the first one also loads the grammar.
            self.syntax.tree_within(snapshot, PARSE_MS)
            query = SourceQuery(
                snapshot=snapshot,
                point=point,
                path=request.path,
                folder=request.folder,
                language=request.language,
                settings=settings,
                first=span.first,
                stop=span.stop,
                over=self._limit(),
                budget_tokens=asked.tokens,
            )
            first, last = _block_around(snapshot.text, point.line)
            composition = self.compose(query, asked.tokens)
            is_second = kept is not None and kept.wanted and kept.is_for(asked, point)
            wanted = composition.cut_short and not is_second
            kept = self._kept[snapshot.uri] = _Kept(asked, first, last, composition, query, wanted)
        composition = kept.composition
        return evolve(context, head=composition.head, blocks=composition.blocks)

    def verdicts(self, uri: str) -> Composition:
        """The verdicts of the document's latest composition."""
        kept = self._kept.get(uri)
        return kept.composition if kept is not None else Composition()

    def compose(self, query: SourceQuery, tokens: int) -> Composition:
        """Ask the sources, the most useful first."""
        self.gathered += 1
        settings = query.settings
        sources = sources_for(settings.completion)
        hides = redacts(settings, settings.completion)
        composer = Composer(
            tokens,
            refusal=lambda uri: self._refusal(uri, query),
            is_secret=lambda snippet: hides and self._is_secret(snippet),
        )
        for source in SHARES:
            if source not in sources:
                continue
            if query.over():
                composer.late(source, query.path)
                continue
            try:
                composer.add(source, self._pieces(source, query), query.over)
            except Exception:
                logger.exception("a source of context failed: %s", source)
        return composer.composed()

    def _is_trusted(self, folder: str | None) -> bool:
        return self.trusts(folder)  # which is set after this object is made

    def _workspace_folders(self) -> Sequence[str]:
        return self.privacy.folders()

    def _refusal(self, uri: str, query: SourceQuery) -> str:
        """The reason not to show this file to the model; empty if it may be shown. A file of an environment that git
        ignores may be shown to a model on this machine, but not to one on another machine."""
        completion = query.settings.completion
        refused = self.privacy.refusal(uri, query.folder, None, query.settings, completion)
        is_here = model_location(completion) is not ModelLocation.REMOTE
        if refused == IGNORED_BY_GIT and is_here and self.knowledge.packages.holds(uri):
            return ""
        return refused

    def _is_secret(self, snippet: ContextSnippet) -> bool:
        return self.names.hide(snippet.text) != snippet.text or any(cuts_secret(one) for one in snippet.excerpts)

    def _pieces(self, source: str, query: SourceQuery) -> Iterable[ContextSnippet]:
        match source:
            case "scope":
                return scope.snippets(query)
            case "imports":
                return imports.snippets(query, self.knowledge)
            case "definitions":
                return chain(definitions.snippets(query, self.knowledge), self._signatures.snippets(query))
            case "similar":
                return self._similar.snippets(query)
            case "notebook":
                return self._cells.snippets(query)
            case "clipboard":
                return self._copied.snippets(query)
            case "edits":
                return self._edits.snippets(query)
            case _:
                return self.diagnostics.snippets(query)

    def _holds(self, kept: _Kept, asked: _Asked, uri: str, point: Point) -> bool:
        return kept.is_for(asked, point) and not kept.due and not (kept.wanted and self._rested(uri))

    def _rested(self, uri: str) -> bool:
        return self.now_ms() - self._changed_ms.get(uri, float("-inf")) >= PAUSE_MS

    def _limit(self) -> Callable[[], bool]:
        """The time limit, in CPU time, so that a prompt does not depend on the machine's load."""
        ends_s = self.cpu_s() + LIMIT_MS / 1_000
        return lambda: self.cpu_s() > ends_s


def sources_for(completion: CompletionSettings) -> tuple[str, ...]:
    """The sources that the model of these settings may get."""
    if clipboard.allows(completion):
        return completion.context_sources
    return tuple(source for source in completion.context_sources if source != clipboard.NAME)


def cuts_secret(excerpt: Excerpt) -> bool:
    """Whether the lines contain a part of a secret that is recognised only together with the surrounding lines."""
    above = f"{excerpt.above}\n" if excerpt.above else ""
    start, stop = len(above), len(above) + len(excerpt.lines)
    spans = find_secrets(f"{above}{excerpt.lines}\n{excerpt.below}")
    return any(span.start < stop and span.end > start for span in spans)


def _block_around(text: Text, line: int) -> tuple[int, int]:
    """The lines for which one composition is used: up to the next lines that begin a top-level construct."""
    lowest = max(0, line - _MOST_BLOCK_LINES)
    above = text.lines(lowest, line + 1)
    below = text.lines(line + 1, min(text.line_count, line + 1 + _MOST_BLOCK_LINES))
    first = next((lowest + n for n in range(len(above) - 1, -1, -1) if _begins_block(above[n])), lowest)
    last = next((line + n for n, content in enumerate(below) if _begins_block(content)), line + len(below))
    return first, last


def _begins_block(line: str) -> bool:
    return bool(line) and not line[0].isspace() and line[0] not in ")]}#/*"
