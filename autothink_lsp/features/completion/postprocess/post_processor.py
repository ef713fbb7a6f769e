"""Post-processes an answer: the cut by syntax, then the filters in their order. Pure except for the parser.

Models of this kind hardly ever stop by themselves (measured: 0 of 12 multi-line holes right as generated, 5 of 12 when
cut to the fewest lines with which the file parses), so the cut contributes most of the quality.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.lines import indent_of
from autothink_lsp.document.text import is_word
from autothink_lsp.features.completion.model import CompletionRequest
from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate, Filter
from autothink_lsp.features.completion.postprocess.indentation import with_tabs_of_document, without_second_indent
from autothink_lsp.features.completion.postprocess.minimal_worth import minimal_worth
from autothink_lsp.features.completion.postprocess.pipeline import FILTERS, apply_filters
from autothink_lsp.stream.cursor import lex_cursor
from autothink_lsp.stream.extent import extent_at, has_body
from autothink_lsp.stream.layout import first_filled, goes_on
from autothink_lsp.stream.lexical import CLOSER_OF, Mode, Scanner
from autothink_lsp.syntax.cut import CutJudge
from autothink_lsp.syntax.language_style import LanguageStyle, indent_columns
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import frozen

logger = logging.getLogger(__name__)

FRAGMENT = "fragment"  # the answer was broken off, and what there is of it is no expression or statement
INSIDE_WORD = "a statement inside a word"
EMPTY = "empty answer"  # and what ended it
_QUALIFIERS = ("::", "?.")  # a name must follow
_LAST_WORD = re.compile(r"(?<!\w)\w++\Z")

# While the user types along, a suggestion is shown up to its last character.
FILTERS_OF_WHAT_IS_SEEN = tuple(filter_ for filter_ in FILTERS if filter_ is not minimal_worth)


@frozen
class ProcessedText:
    """``text`` is empty if nothing is worth showing; ``reason`` then says why."""

    text: str
    reason: str = ""


def is_worthless(reason: str) -> bool:
    """Whether ``reason`` of an outcome says that nothing of an answer was worth showing."""
    return reason.startswith(("cut", "filter", FRAGMENT, INSIDE_WORD, EMPTY))


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
        if "\n " in answer or "\n\t" in answer:
            answer = with_tabs_of_document(CompletionCandidate.of(answer, context, finished=finished))
        judge, extent = self._syntax.judge(request.snapshot, request.point), extent_at(context).kind
        if finished and left_block:
            cut = judge.cut(f"{answer}\n", "length", streamed=extent)
        else:
            cut = judge.cut(answer, "stop" if finished else "length", streamed=extent)
        if not cut.text.strip():
            return ProcessedText("", f"cut: {cut.reason}")
        whole = finished or cut.lines <= answer.count("\n")
        logger.debug("cut to %d lines (%s)", cut.lines, cut.reason)
        candidate = CompletionCandidate.of(cut.text, context, finished=whole)
        if request.trigger == "invoked":  # a single character is worth showing, too
            return _filtered(candidate, FILTERS_OF_WHAT_IS_SEEN)
        processed = _filtered(candidate)
        if not (whole or self.ends_well(processed.text, request, context)):
            return ProcessedText("", FRAGMENT)
        if _is_glued(processed.text, context) and _is_own_statement(processed.text, judge, context):
            return _rest_of_word(processed.text, judge, context)
        is_sound = self.is_sound_header if whole else self.is_sound
        if not finished and not is_sound(processed.text, request, context):
            return ProcessedText("", FRAGMENT)
        return processed

    def is_sound(self, text: str, request: CompletionRequest, context: CodeContext) -> bool:
        """Whether ``text`` may be accepted without breaking the code around the cursor. A block that it opens may be
        empty and open yet."""
        judge = self._syntax.judge(request.snapshot, request.point)
        if judge.is_sound(text):
            return True
        rest = _rest_of_block(text, context)
        return rest is None or (rest != "" and judge.is_sound(text + rest))

    def is_sound_header(self, text: str, request: CompletionRequest, context: CodeContext) -> bool:
        """As ``is_sound``, of whole lines that more lines follow: if the code below is the body of their last line,
        nothing may be missing between."""
        last = _last_line(text, context)
        if _has_body_below(last, context):
            judge = self._syntax.judge(request.snapshot, request.point)
            if not context.style.opens_block(last):  # a label, or a header whose block has no brackets
                return context.style.begins_header(last) and judge.is_clean(text)
            return (context.style.blocks != "indent" and judge.mends(text)) or judge.is_clean(text)
        return self.is_sound(text, request, context)

    def ends_well(self, text: str, request: CompletionRequest, context: CodeContext) -> bool:
        """Whether a broken-off ``text`` may be accepted as it is.

        It is more than the first word of a line, does not end in an operator, closes the brackets (if these are not
        closed below) and strings that are open at its end, and the code around the cursor has no more syntax errors
        with it than without, or without the whole line. Text of several lines (a docstring) may end anywhere.
        """
        if not context.line_prefix.strip() and text.strip().isidentifier():
            return False
        after = lex_cursor(context).scanner.fork().feed(text)
        opened = _left_open(after)
        if after.mode is Mode.STRING and not after.spans_lines:
            return False
        judge = self._syntax.judge(request.snapshot, request.point)
        if opened:  # the header of a block that is closed below
            return opened == ["{"] and context.style.opens_block(text) and judge.mends(text)
        last = _last_line(text, context)
        if after.mode is Mode.CODE and (goes_on(last) or last.endswith(_QUALIFIERS)):
            return False
        if after.mode is Mode.CODE and _lacks_type(last, context.style):
            return False
        if _has_body_below(last, context):
            return context.style.opens_block(last) and judge.is_clean(text)
        return judge.parses_in_place(text) and judge.completes_line(text)

    def fit(self, answer: str, context: CodeContext, *, seen: bool, finished: bool = True) -> ProcessedText:
        """Process a stored answer again for the present text; ``finished`` as above.

        ``seen``: it may be on the screen already, so that its last character is not too little to be shown.
        """
        candidate = CompletionCandidate.of(answer, context, finished=finished)
        return _filtered(candidate, FILTERS_OF_WHAT_IS_SEEN if seen else FILTERS)


def _rest_of_block(text: str, context: CodeContext) -> str | None:
    """What closes the brackets that ``text`` leaves open, or is the body of the header at its end; ``None`` where that
    cannot be told: in a string, and in languages whose blocks end in a word."""
    after = lex_cursor(context).scanner.fork().feed(text)
    if after.mode is not Mode.CODE:
        return None
    opened = _left_open(after)
    last = _last_line(text, context)
    if opened or not context.style.opens_block(last):
        return "".join(CLOSER_OF[bracket] for bracket in reversed(opened))
    return f"\n{indent_of(last)}    x" if context.style.blocks == "indent" else None


def _last_line(text: str, context: CodeContext) -> str:
    """The last line with content up to the end of ``text``, with the cursor's line before it."""
    return (context.line_prefix + text).rstrip().rpartition("\n")[2]


def _lacks_type(line: str, style: LanguageStyle) -> bool:
    """Whether a line in code ends in the colon behind a declared name. A header ends in one, too, and so does its last
    line (``) -> int:``). A language without headers has keys (YAML)."""
    if style.blocks != "indent" or not style.headers or not line.endswith(":"):
        return False
    return not style.begins_header(line) and line.count(")") <= line.count("(")


def _left_open(scanner: Scanner) -> list[str]:
    """The brackets that the text read by a forked ``scanner`` has opened and not closed."""
    opened: list[str] = []
    for _, bracket in scanner.brackets:
        if bracket in CLOSER_OF:
            opened.append(bracket)
        elif opened:
            opened.pop()
    return opened


def _has_body_below(last: str, context: CodeContext) -> bool:
    """Whether the code below the cursor is deeper than the line ``last``, which has to be its header then."""
    below = first_filled(context.suffix.split("\n")[1:]).lstrip()
    is_statement = not context.line_prefix.strip() and all(
        opened.char == "{" for opened in lex_cursor(context).open_brackets
    )
    is_header = is_statement or context.style.begins_header(last)
    is_code = below and (is_word(below[0]) or below[0] in "\"'@$#/[{")
    return bool(is_header and is_code) and has_body(context, indent_columns(last))


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
