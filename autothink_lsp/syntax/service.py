"""The package's front door: one object that holds the registry, the grammars and the trees of one server.

Wires the parts together and decides nothing itself.
"""

from __future__ import annotations

from attrs import define, field

from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.syntax.blocks import PLAIN_TEXT
from autothink_lsp.syntax.cut import CutJudge
from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.languages import Language, LanguageRegistry
from autothink_lsp.syntax.region import choose_region
from autothink_lsp.syntax.trees import SyntaxTree, SyntaxTrees
from autothink_lsp.values import Point


@define
class Syntax:
    """Built once by ``app.py``; ``trees`` is to be subscribed to the document store."""

    registry: LanguageRegistry = field(factory=LanguageRegistry)
    grammars: Grammars = field(factory=Grammars)
    trees: SyntaxTrees = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.trees = SyntaxTrees(self.registry, self.grammars)

    def language(self, snapshot: Snapshot) -> Language | None:
        """What the document is written in; None when no language folder claims it."""
        return self.trees.language(snapshot)

    def tree_within(self, snapshot: Snapshot, budget_ms: float, *, rough: bool = False) -> SyntaxTree | None:
        """The tree of this text if it is there or likely to be parsed in ``budget_ms`` of CPU time. ``rough`` as in
        ``SyntaxTrees.tree``."""
        ready = self.trees.ready_tree(snapshot, rough=rough)
        if ready is None and self.trees.parse_cost_ms(snapshot.uri) <= budget_ms:
            return self.trees.tree(snapshot, rough=rough)
        return ready

    def judge(self, snapshot: Snapshot, point: Point) -> CutJudge:
        """A judge for answers that are to be inserted at ``point``. Parses nothing yet."""
        language = self.language(snapshot)
        rules = language.block if language else PLAIN_TEXT
        region = choose_region(snapshot.text, point, rules, self.trees.ready_tree(snapshot))
        grammar = self.grammars.load(language) if region.self_contained else None
        return CutJudge(language, grammar, region.before, region.after)
