"""Keeps a syntax tree for each open document and decides when one can be had.

Edits are only written down when they happen; a parse happens when a tree is asked for, of the newest version only, and
reuses what the edits left untouched. It decides nothing about when parsing is worth its time: callers on the
keystroke's path ask for ``ready_tree``, which never parses, and others look at ``parse_cost_ms`` first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.syntax.grammar import Grammar, Grammars
from autothink_lsp.syntax.languages import Language, LanguageRegistry

if TYPE_CHECKING:
    import tree_sitter

MAX_PARSE_BYTES = 2_000_000
# Some grammars find errors where there are none when they reuse an old tree (tree-sitter-bash 0.25: after a deleted
# `then`). Up to this size, about 3 ms, a tree with errors is parsed again from nothing.
RECHECK_BYTES = 16_000
_MAX_PENDING_EDITS = 2_000  # past that one fresh parse is cheaper than to keep and replay them
_AGAIN = 10  # how much less a parse with an old tree takes at least, until one is measured
_BYTES_PER_MS = 5_000  # what a first parse does at least; 4,200 lines of Python (48 kB) take 9 ms


@frozen(eq=False)
class SyntaxTree:
    """A tree and the text that it is of. Immutable: later edits and parses make others."""

    grammar: Grammar
    tree: tree_sitter.Tree = field(repr=False)
    text: Text = field(repr=False)

    @property
    def language(self) -> Language:
        return self.grammar.language

    @property
    def root(self) -> tree_sitter.Node:
        return self.tree.root_node


@define
class _Document:
    newest: Snapshot
    ready: SyntaxTree | None = None
    edits: list[Change] = field(factory=list)  # since ``ready``
    cost_ms: float | None = None  # of the last parse from nothing
    again_ms: float | None = None  # of the last one that had an old tree
    rough: bool = False  # ``ready`` has errors, and was made from an old tree without looking twice
    given_up: bool = False  # a parse took too long; not tried again until the document is opened anew


class SyntaxTrees:
    """The trees of the open documents; a ``document.store.DocumentListener``. Belongs to the event loop's thread."""

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
        """The tree of exactly this text if it is there already. Never parses. ``rough`` as in ``tree``."""
        document = self._documents.get(snapshot.uri)
        ready = document.ready if document and (rough or not document.rough) else None
        return ready if ready is not None and ready.text is snapshot.text else None

    def tree(self, snapshot: Snapshot, *, rough: bool = False) -> SyntaxTree | None:
        """The tree of this text, parsed now if need be.

        From an old tree a text with errors may get another tree than from nothing, so it is parsed twice; ``rough``
        takes what comes first: for questions that keys ask, when the text has errors most of the time.
        None when the snapshot is not the newest, the language has no grammar, or the text is binary, larger than
        ``max_parse_bytes`` or took too long to parse once.
        """
        if (ready := self.ready_tree(snapshot, rough=rough)) is not None:
            return ready
        document = self._documents.get(snapshot.uri)
        if document is None or not self.needs_parse(snapshot):
            return None
        grammar = self._grammars.load(self.language(snapshot))
        return self._parse(document, grammar, rough=rough) if grammar else None

    def needs_parse(self, snapshot: Snapshot) -> bool:
        """Whether ``tree`` would parse: the snapshot is the newest, its tree is possible and not there yet."""
        document = self._documents.get(snapshot.uri)
        return (
            document is not None
            and document.newest.text is snapshot.text
            and not document.given_up
            and self.ready_tree(snapshot) is None
            and snapshot.text.byte_length <= self._max_parse_bytes
            and self.language(snapshot) is not None
            and b"\0" not in snapshot.text.read_bytes(0)
        )

    def parse_cost_ms(self, uri: str) -> float:
        """CPU time that ``tree`` is likely to take: the last parse's of its kind, else an estimate; 0 if not open.

        A parse with an old tree takes a sixtieth of one from nothing (117 kB of Python: 0.3 and 19 ms).
        """
        document = self._documents.get(uri)
        if document is None:
            return 0.0
        if document.ready is not None and document.cost_ms is not None:
            return document.cost_ms / _AGAIN if document.again_ms is None else document.again_ms
        return document.cost_ms if document.cost_ms is not None else document.newest.text.byte_length / _BYTES_PER_MS

    def language(self, snapshot: Snapshot) -> Language | None:
        """What the document is written in."""
        return self._registry.find(snapshot.language_id, snapshot.uri)

    def _parse(self, document: _Document, grammar: Grammar, *, rough: bool) -> SyntaxTree | None:
        started = self._cpu_clock()
        text = document.newest.text
        old_tree = None
        if document.ready is not None and document.ready.grammar is grammar:
            old_tree = document.ready.tree.copy()  # the one that is handed out must stay as it is
            for edit in document.edits:
                old_tree.edit(
                    *(edit.start_byte, edit.old_end_byte, edit.new_end_byte),
                    *(edit.start_point, edit.old_end_point, edit.new_end_point),
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
