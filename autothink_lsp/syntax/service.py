"""The package's entry point: one object with the registry, the grammars and the trees of one server.

Connects the parts and decides nothing itself.
"""

from __future__ import annotations

from attrs import define, field

from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.syntax.cut import CutJudge
from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.language_style import UNKNOWN_LANGUAGE, LanguageStyle
from autothink_lsp.syntax.languages import Language, LanguageRegistry
from autothink_lsp.syntax.region import choose_region
from autothink_lsp.syntax.region_parser import RegionParser
from autothink_lsp.syntax.trees import SyntaxTree, SyntaxTrees
from autothink_lsp.values import Point


@define
class Syntax:
    """Built once by ``app.py``, which subscribes ``trees`` to the document store."""

    registry: LanguageRegistry = field(factory=LanguageRegistry)
    grammars: Grammars = field(factory=Grammars)
    trees: SyntaxTrees = field(init=False)
    _region_parser: RegionParser = field(factory=RegionParser, init=False)

    def __attrs_post_init__(self) -> None:
        self.trees = SyntaxTrees(self.registry, self.grammars)

    def language(self, snapshot: Snapshot) -> Language | None:
        """The document's language; ``None`` if no language folder matches."""
        return self.trees.language(snapshot)

    def style(self, snapshot: Snapshot) -> LanguageStyle:
        """The style of the document's language: comments, strings and blocks."""
        language = self.language(snapshot)
        return language.style if language else UNKNOWN_LANGUAGE

    def tree_within(self, snapshot: Snapshot, budget_ms: float, *, rough: bool = False) -> SyntaxTree | None:
        """The tree of this text if it exists or will probably be parsed within ``budget_ms`` of CPU time. ``rough`` as
        in ``SyntaxTrees.tree``."""
        ready = self.trees.ready_tree(snapshot, rough=rough)
        if ready is None and self.trees.parse_cost_ms(snapshot.uri) <= budget_ms:
            return self.trees.tree(snapshot, rough=rough)
        return ready

    def judge(self, snapshot: Snapshot, point: Point) -> CutJudge:
        """A judge for answers to insert at ``point``. Parses nothing yet."""
        language = self.language(snapshot)
        region = choose_region(snapshot.text, point, self.style(snapshot), self.trees.ready_tree(snapshot))
        grammar = self.grammars.load(language) if region.self_contained else None
        return CutJudge(language, grammar, region.before, region.after, self._region_parser)
