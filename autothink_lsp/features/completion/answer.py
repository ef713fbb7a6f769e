"""From what the model said to what is worth showing: cut by syntax, then the filters in their order. Pure but for the parser.

Models of this kind hardly ever stop by themselves (measured: 0 of 12 multi-line holes right as generated, 5 of 12 when cut to the
fewest lines with which the file parses), so the cut is not polish, it is most of the quality.
"""

from __future__ import annotations

import logging

from attrs import frozen

from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.filters.candidate import Candidate
from autothink_lsp.features.completion.filters.pipeline import run_filters
from autothink_lsp.syntax.cut import cut_answer
from autothink_lsp.syntax.languages import LanguageRegistry

logger = logging.getLogger(__name__)


@frozen
class Shaped:
    """``text`` is empty when nothing is worth showing; ``reason`` then says why."""

    text: str
    reason: str


class AnswerShaper:
    """Holds the language registry, which keeps the parsers."""

    def __init__(self, registry: LanguageRegistry) -> None:
        self._registry = registry

    def shape(self, answer: str, context: CodeContext, *, finished: bool) -> Shaped:
        """A fresh answer; ``finished`` says that the model or the early stop ended it, not the length limit."""
        raise NotImplementedError

    def fit(self, answer: str, context: CodeContext) -> Shaped:
        """An answer shaped before, against the text as it is now."""
        raise NotImplementedError
