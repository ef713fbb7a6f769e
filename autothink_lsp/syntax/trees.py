"""Keeps a syntax tree for each open document and parses on demand.

An edit is only recorded; a parse runs when a tree is requested, only of the newest version, and reuses the parts that
the edits did not touch. Whether parsing is worth its time is decided by the callers: those on the keystroke's path use
``ready_tree``, which never parses, and others check ``parse_cost_ms`` first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import define, field

from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.syntax.grammar import Grammar, Grammars
from autothink_lsp.syntax.languages import Language, LanguageRegistry
from autothink_lsp.values import Point, frozen

if TYPE_CHECKING:
    import tree_sitter

MAX_PARSE_BYTES = 2_000_000
# Some grammars report wrong errors when they reuse an old tree (tree-sitter-bash 0.25: after a deleted `then`). Up to
# this size, about 3 ms, a tree with errors is parsed again from scratch.
RECHECK_BYTES = 16_000
_MAX_PENDING_EDITS = 2_000  # beyond that, a parse from scratch is cheaper than storing and replaying them
_AGAIN = 10  # minimum speed-up of a parse with an old tree, until one is measured
_BYTES_PER_MS = 5_000  # minimum speed of a first parse; 4,200 lines of Python (48 kB) take 9 ms


@frozen(eq=False)
class SyntaxTree:
    """A tree and its text. Immutable: later edits and parses make other trees."""

    grammar: Grammar
    tree: tree_sitter.Tree = field(repr=False)
    text: Text = field(repr=False)

    @property
    def language(self) -> Language:
        return self.grammar.language

    @property
    def root(self) -> tree_sitter.Node:
        return self.tree.root_node

    def node_at(self, point: Point) -> tree_sitter.Node | None:
        """The smallest node that contains the byte at ``point``."""
        byte = self.text.byte_offset(point)
        return self.root.descendant_for_byte_range(byte, byte + 1)


@define
class _Document:
    newest: Snapshot
    ready: SyntaxTree | None = None
    edits: list[Change] = field(factory=list)  # since ``ready``
    cost_ms: float | None = None  # of the last parse from scratch
    again_ms: float | None = None  # of the last parse with an old tree
    rough: bool = False  # ``ready`` has errors, and was made from an old tree without a second parse
    given_up: bool = False  # a parse took too long; not repeated until the document is opened again


class SyntaxTrees:
    """The trees of the open documents; a ``document.store.DocumentListener``. For the event loop's thread only."""

    def __init__(
        self,
        registry: LanguageRegistry,
        grammars: Grammars,
        *,
        max_parse_bytes: int = MAX_PARSE_BYTES,
        recheck_bytes: int = RECHECK_BYTES,
        cpu_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self._registry = registry
        self._grammars = grammars
        self._max_parse_bytes = max_parse_bytes
        self._recheck_bytes = recheck_bytes
        self._cpu_clock = cpu_clock
        self._documents: dict[str, _Document] = {}

    def did_open(self, snapshot: Snapshot) -> None:
        self._documents[snapshot.uri] = _Document(snapshot)

    def did_change(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        document = self._documents.setdefault(snapshot.uri, _Document(snapshot))
        document.newest = snapshot
        if document.ready is not None:
            document.edits.extend(changes)
            if len(document.edits) > _MAX_PENDING_EDITS:
                document.ready = None
                document.edits.clear()

    def did_close(self, uri: str) -> None:
        self._documents.pop(uri, None)

    def ready_tree(self, snapshot: Snapshot, *, rough: bool = False) -> SyntaxTree | None:
        """The tree of exactly this text if it exists. Never parses. ``rough`` as in ``tree``."""
        document = self._documents.get(snapshot.uri)
        ready = document.ready if document and (rough or not document.rough) else None
        return ready if ready is not None and ready.text is snapshot.text else None

    def tree(self, snapshot: Snapshot, *, rough: bool = False) -> SyntaxTree | None:
        """The tree of this text; parses it if necessary.

        With an old tree, a text with errors may get another tree than from scratch, so it is parsed twice; ``rough``
        accepts the first result, for queries at each key, when the text usually has errors. ``None`` if the snapshot is
        not the newest, the language has no grammar, or the text is binary, larger than ``max_parse_bytes``, or once
        took too long to parse.
        """
        if (ready := self.ready_tree(snapshot, rough=rough)) is not None:
            return ready
        document = self._documents.get(snapshot.uri)
        if document is None or not self.needs_parse(snapshot):
            return None
        grammar = self._grammars.load(self.language(snapshot))
        return self._parse(document, grammar, rough=rough) if grammar else None

    def needs_parse(self, snapshot: Snapshot) -> bool:
        """Whether ``tree`` would parse: the snapshot is the newest, and its tree is possible but does not exist yet."""
        document = self._documents.get(snapshot.uri)
        return (
            document is not None
            and document.newest.text is snapshot.text
            and not document.given_up
            and self.ready_tree(snapshot) is None
            and snapshot.text.byte_length <= self._max_parse_bytes
            and (language := self.language(snapshot)) is not None
            and language.has_grammar
            and b"\0" not in snapshot.text.read_bytes(0)
        )

    def parse_cost_ms(self, uri: str) -> float:
        """The expected CPU time of ``tree``: that of the last parse of the same kind, else an estimate; 0 if not open.

        A parse with an old tree takes a sixtieth of one from scratch (117 kB of Python: 0.3 and 19 ms).
        """
        document = self._documents.get(uri)
        if document is None:
            return 0.0
        if document.ready is not None and document.cost_ms is not None:
            return document.cost_ms / _AGAIN if document.again_ms is None else document.again_ms
        return document.cost_ms if document.cost_ms is not None else document.newest.text.byte_length / _BYTES_PER_MS

    def language(self, snapshot: Snapshot) -> Language | None:
        """The document's language; ``None`` if it is unknown."""
        return self._registry.find(snapshot.language_id, snapshot.uri)

    def _parse(self, document: _Document, grammar: Grammar, *, rough: bool) -> SyntaxTree | None:
        started = self._cpu_clock()
        text = document.newest.text
        old_tree = None
        if document.ready is not None and document.ready.grammar is grammar:
            old_tree = document.ready.tree.copy()  # the returned tree must not be changed
            for edit in document.edits:
                old_tree.edit(
                    start_byte=edit.start_byte,
                    old_end_byte=edit.old_end_byte,
                    new_end_byte=edit.new_end_byte,
                    start_point=edit.start_point,
                    old_end_point=edit.old_end_point,
                    new_end_point=edit.new_end_point,
                )
        tree = grammar.parse(text.read_bytes, old_tree)
        doubtful = bool(old_tree and tree and tree.root_node.has_error and text.byte_length <= self._recheck_bytes)
        if doubtful and not rough:
            tree = grammar.parse(text.read_bytes)
        document.rough = doubtful and rough
        cost_ms = (self._cpu_clock() - started) * 1_000
        if old_tree:
            document.again_ms = cost_ms
        else:
            document.cost_ms = cost_ms
        document.edits.clear()
        document.given_up = tree is None
        document.ready = SyntaxTree(grammar, tree, text) if tree else None
        return document.ready
