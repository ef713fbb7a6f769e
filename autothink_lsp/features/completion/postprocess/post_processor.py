"""From what the model said to what is worth showing: cut by syntax, then the filters in their order. Pure but for the
parser.

Models of this kind hardly ever stop by themselves (measured: 0 of 12 multi-line holes right as generated, 5 of 12 when
cut to the fewest lines with which the file parses), so the cut is not polish, it is most of the quality.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from attrs import frozen

from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.model import CompletionQuery
from autothink_lsp.features.completion.postprocess.candidate import Candidate, Filter
from autothink_lsp.features.completion.postprocess.minimal_worth import minimal_worth
from autothink_lsp.features.completion.postprocess.pipeline import FILTERS, apply_filters
from autothink_lsp.syntax.service import Syntax

logger = logging.getLogger(__name__)

# While the user types along, a suggestion stays on the screen up to its last character.
FILTERS_OF_WHAT_IS_SEEN = tuple(filter_ for filter_ in FILTERS if filter_ is not minimal_worth)


@frozen
class ProcessedText:
    """``text`` is empty when nothing is worth showing; ``reason`` then says why."""

    text: str
    reason: str = ""


class PostProcessor:
    """Judges by the syntax of the document that was asked of."""

    def __init__(self, syntax: Syntax) -> None:
        self._syntax = syntax

    def shape(self, answer: str, query: CompletionQuery, context: CodeContext, *, finished: bool) -> ProcessedText:
        """A fresh answer; ``finished`` says that the model or the early stop ended it, not the length limit.

        A region around the cursor is parsed, of a size that does not depend on the file's.
        """
        cut = self._syntax.judge(query.snapshot, query.point).cut(answer, "stop" if finished else "length")
        if not cut.text.strip():
            return ProcessedText("", f"cut: {cut.reason}")
        whole = finished or cut.lines <= answer.count("\n")
        logger.debug("cut to %d lines (%s)", cut.lines, cut.reason)
        return _filtered(Candidate.of(cut.text, context, finished=whole))

    def fit(self, answer: str, context: CodeContext, *, seen: bool, finished: bool = True) -> ProcessedText:
        """An answer shaped before, against the text as it is now; ``finished`` as above.

        ``seen``: it may stand on the screen already, so its last character is not too little to be shown.
        """
        candidate = Candidate.of(answer, context, finished=finished)
        return _filtered(candidate, FILTERS_OF_WHAT_IS_SEEN if seen else FILTERS)


def _filtered(candidate: Candidate, filters: Sequence[Filter] = FILTERS) -> ProcessedText:
    filtered = apply_filters(candidate, filters)
    return ProcessedText(filtered.text, f"filter: {filtered.rejected_by}" if filtered.rejected_by else "")
