"""A project on disk, its index, documents that are open, and what a prompt gets to see of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attrs import define, field

from autothink_lsp.context.context_provider import ContextProvider
from autothink_lsp.context.index.scan import Found, scan
from autothink_lsp.context.index.service import ProjectIndexes, _Folder
from autothink_lsp.context.index.store import IndexReader, IndexWriter, database_of
from autothink_lsp.context.privacy import PrivacyGate
from autothink_lsp.context.redaction import SecretNames
from autothink_lsp.context.values import CodeContext
from autothink_lsp.context.window import ContextRequest, WindowSize
from autothink_lsp.document.notebooks import NotebookStore
from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.settings.model import CompletionSettings, PrivacySettings, Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, Position, PositionEncoding, Range

REMOTE = "https://models.example"
SIZE = WindowSize(prefix_chars=400, suffix_chars=100)


def settings(*sources: str, tokens: int = 1_000, url: str = REMOTE, exclude_for: str = "everywhere") -> Settings:
    """With these sources only, for a model on another machine unless ``url`` says otherwise."""
    completion = CompletionSettings(backend="openai", url=url, context_sources=sources, context_tokens=tokens)
    return Settings(completion=completion, privacy=PrivacySettings(exclude_for=exclude_for))  # pyright: ignore[reportArgumentType]


@define(eq=False)
class ContextHarness:
    """``now_ms`` and ``cpu_s`` are set by the test; time stands still until then."""

    project: Path
    cache: Path
    now_ms: float = 0.0
    cpu_s: float = 0.0
    is_trusted: bool = False
    documents: DocumentStore = field(factory=lambda: DocumentStore(PositionEncoding.UTF32))
    notebooks: NotebookStore = field(factory=NotebookStore)
    indexes: ProjectIndexes = field(init=False)
    context_provider: ContextProvider = field(init=False)
    syntax: Syntax = field(factory=Syntax)

    def __attrs_post_init__(self) -> None:
        self.indexes = ProjectIndexes(self.cache)
        self.context_provider = ContextProvider(
            documents=self.documents,
            syntax=self.syntax,
            indexes=self.indexes,
            notebooks=self.notebooks,
            privacy=PrivacyGate(),
            names=SecretNames(),
            now_ms=lambda: self.now_ms,
            cpu_s=lambda: self.cpu_s,
            trusts=lambda _folder: self.is_trusted,
        )
        self.documents.subscribe(self.syntax.trees)
        self.documents.subscribe(self.context_provider)

    def write(self, path: str, text: str) -> Path:
        file = self.project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def index(self, **options: Any) -> Found:
        """Bring the index up to date, in this process."""
        database = database_of(self.project, self.cache)
        writer = IndexWriter(database)
        found = scan(self.project, writer, settings("imports"), **options)
        writer.close()
        self.indexes._folders[self.project.as_uri()] = _Folder(self.project, IndexReader(database))
        return found

    def uri(self, path: str) -> str:
        return (self.project / path).as_uri()

    def open(self, path: str, text: str, language: str = "python") -> str:
        self.documents.open(self.uri(path), language, 1, text)
        return self.uri(path)

    def edit(self, path: str, line: int, start: int, end: int, text: str, *, last_line: int | None = None) -> None:
        """Replace columns of a line (up to column ``end`` of ``last_line``)."""
        snapshot = self.documents.snapshot(self.uri(path))
        assert snapshot is not None
        where = Range(Position(line, start), Position(line if last_line is None else last_line, end))
        self.documents.change(snapshot.uri, snapshot.version + 1, [ContentChange(where, text)])

    def gather(self, path: str, line: int, column: int, wanted: Settings, size: WindowSize = SIZE) -> CodeContext:
        snapshot = self.documents.snapshot(self.uri(path))
        assert snapshot is not None
        request = ContextRequest(
            snapshot=snapshot,
            point=Point(line, column),
            size=size,
            path=path,
            language=self.syntax.language(snapshot),
            folder=self.project.as_uri(),
            settings=wanted,
        )
        return self.context_provider.gather(request)

    def again(self, path: str) -> None:
        """The next request gathers anew, as after a move to another block."""
        self.context_provider._kept.pop(self.uri(path), None)

    def why(self, path: str) -> list[tuple[str, str]]:
        """(first line of a snippet, why it was left out) of all that was offered."""
        verdicts = self.context_provider.verdicts(self.uri(path)).verdicts
        return [(verdict.snippet.text.split("\n")[0], verdict.why_not) for verdict in verdicts]
