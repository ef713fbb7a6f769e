"""Post-processes an answer: the cut by syntax, then the filters in their order. Pure except for the parser.

Models of this kind hardly ever stop by themselves (measured: 0 of 12 multi-line holes right as generated, 5 of 12 when
cut to the fewest lines with which the file parses), so the cut contributes most of the quality.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from attrs import frozen

from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.lines import indent_of
from autothink_lsp.document.text import is_word
from autothink_lsp.features.completion.model import CompletionRequest
from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate, Filter
from autothink_lsp.features.completion.postprocess.indentation import without_second_indent
from autothink_lsp.features.completion.postprocess.minimal_worth import minimal_worth
from autothink_lsp.features.completion.postprocess.pipeline import FILTERS, apply_filters
from autothink_lsp.stream.cursor import lex_cursor
from autothink_lsp.stream.extent import extent_at
from autothink_lsp.stream.lexical import CLOSER_OF, Mode
from autothink_lsp.syntax.cut import CutJudge
from autothink_lsp.syntax.service import Syntax

logger = logging.getLogger(__name__)

FRAGMENT = "fragment"  # the answer was broken off, and what there is of it is no expression or statement
INSIDE_WORD = "a statement inside a word"
_LAST_WORD = re.compile(r"(?<!\w)\w++\Z")

# While the user types along, a suggestion is shown up to its last character.
FILTERS_OF_WHAT_IS_SEEN = tuple(filter_ for filter_ in FILTERS if filter_ is not minimal_worth)


@frozen
class ProcessedText:
    """``text`` is empty if nothing is worth showing; ``reason`` then says why."""

    text: str
    reason: str = ""


class PostProcessor:
    """Post-processes answers with the syntax tree of the request's document."""

    def __init__(self, syntax: Syntax) -> None:
        self._syntax = syntax

    def shape(
        self,
        answer: str,
        request: CompletionRequest,
        context: CodeContext,
        *,
        finished: bool,
        left_block: bool = False,
    ) -> ProcessedText:
        """Process a new answer; ``finished``: the model or the early stop ended it, not the length limit.
        ``left_block``: the early stop did where the answer left the block; with code of the block below the cursor,
        only its first statement is sure.

        A region around the cursor is parsed, of a size that does not depend on the file's.
        """
        if answer[:1].isspace():  # the cut counts columns
            answer = without_second_indent(CompletionCandidate.of(answer, context, finished=finished))
        judge, extent = self._syntax.judge(request.snapshot, request.point), extent_at(context).kind
        if finished and left_block:
            cut = judge.cut(f"{answer}\n", "length", streamed=extent)
        else:
            cut = judge.cut(answer, "stop" if finished else "length", streamed=extent)
        if not cut.text.strip():
            return ProcessedText("", f"cut: {cut.reason}")
        whole = finished or cut.lines <= answer.count("\n")
        logger.debug("cut to %d lines (%s)", cut.lines, cut.reason)
        processed = _filtered(CompletionCandidate.of(cut.text, context, finished=whole))
        if request.trigger == "invoked":
            return processed
        if not (whole or self.ends_well(processed.text, request, context)):
            return ProcessedText("", FRAGMENT)
        if _is_glued(processed.text, context) and _is_own_statement(processed.text, judge, context):
            return _rest_of_word(processed.text, judge, context)
        return processed

    def ends_well(self, text: str, request: CompletionRequest, context: CodeContext) -> bool:
        """Whether a broken-off ``text`` may be accepted as it is: it is more than the first word of a line, closes the
        brackets and strings that are open at its end, and the code around the cursor has no more syntax errors with it
        than without. Text of several lines (a docstring) may end anywhere."""
        if not context.line_prefix.strip() and text.strip().isidentifier():
            return False
        after = lex_cursor(context).scanner.fork().feed(text)
        depth = 0
        for _, bracket in after.brackets:
            depth = depth + 1 if bracket in CLOSER_OF else max(0, depth - 1)
        if depth or (after.mode is Mode.STRING and not after.spans_lines):
            return False
        return self._syntax.judge(request.snapshot, request.point).parses_in_place(text)

    def fit(self, answer: str, context: CodeContext, *, seen: bool, finished: bool = True) -> ProcessedText:
        """Process a stored answer again for the present text; ``finished`` as above.

        ``seen``: it may be on the screen already, so that its last character is not too little to be shown.
        """
        candidate = CompletionCandidate.of(answer, context, finished=finished)
        return _filtered(candidate, FILTERS_OF_WHAT_IS_SEEN if seen else FILTERS)


def _is_glued(text: str, context: CodeContext) -> bool:
    """Whether ``text`` continues the word before the cursor."""
    return is_word(context.line_prefix[-1:]) and is_word(text[:1])


def _is_own_statement(text: str, judge: CutJudge, context: CodeContext) -> bool:
    """Whether ``text`` adds syntax errors at the cursor, and none on a line of its own below it."""
    line = context.line_prefix
    indent = indent_of(line)
    return not judge.parses_in_place(text) and judge.parses_in_place(f"\n{indent}{text}")


def _rest_of_word(text: str, judge: CutJudge, context: CodeContext) -> ProcessedText:
    """The rest of a statement that begins with the word before the cursor again (``y|yield a`` gives ``ield a``);
    nothing for any other text."""
    word = _LAST_WORD.search(context.line_prefix)
    rest = text.removeprefix(word.group()) if word is not None else text
    return ProcessedText(rest) if rest != text and judge.parses_in_place(rest) else ProcessedText("", INSIDE_WORD)


def _filtered(candidate: CompletionCandidate, filters: Sequence[Filter] = FILTERS) -> ProcessedText:
    filtered = apply_filters(candidate, filters)
    return ProcessedText(filtered.text, f"filter: {filtered.rejected_by}" if filtered.rejected_by else "")
