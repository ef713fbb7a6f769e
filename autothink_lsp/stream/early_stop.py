"""Decides, while an answer streams in, that more of it would be useless, and which part of it is useful.

Small models hardly ever stop by themselves, and every token after the useful ones delays the next keystroke's request.
The answer is processed one character at a time, so the result does not depend on how the stream is split, and the cost
is linear in the text. Reads layout and brackets only; the cut by syntax and the judgement of the answer follow in
``features/completion/postprocess``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.lines import indent_of
from autothink_lsp.stream.bracket_block import is_inside
from autothink_lsp.stream.brackets import BracketEvent, BracketTracker
from autothink_lsp.stream.cursor import CursorContext, lex_cursor
from autothink_lsp.stream.extent import MAX_LINES, ExtentLimits, extent_at, has_body, stands_in_brackets
from autothink_lsp.stream.layout import answer_columns, first_filled, goes_on, is_telling
from autothink_lsp.stream.lexical import CLOSERS, Mode
from autothink_lsp.stream.repeated_prefix import RepeatedPrefix
from autothink_lsp.stream.repetition import LOOP_WINDOW_CHARACTERS, character_loop, line_loop
from autothink_lsp.stream.special_tokens import document_of, first_leak, wrappers_in
from autothink_lsp.stream.stop_sequences import StopSequences
from autothink_lsp.stream.unwrapping import REPEATABLE_LINES, Unwrapper, begins_starred_line, fences_are_text
from autothink_lsp.syntax.holes import Extent
from autothink_lsp.syntax.language_style import indent_columns
from autothink_lsp.values import frozen

_LEADING_NEWLINES = 3
MAX_CHARACTERS = 6_000
"""Of one answer, 20 lines of 300. Cutting and filtering take time that grows with it."""
_BLANKS = re.compile(" +")
_LOOP_STEP = 16  # characters between two searches for a loop within a line


class StopReason(StrEnum):
    """The reason why the rest of the answer is useless."""

    STOP_SEQUENCE = "stop-sequence"  # a marker of the model, or a stop of the caller
    LINE = "line"  # only one line was requested
    STATEMENT = "statement"  # the statement at the cursor is complete
    PARAGRAPH = "paragraph"  # a blank line, then something new
    BLANK_LINES = "blank-lines"  # nothing but line ends
    SUFFIX = "suffix"  # a line that already exists below
    DEDENT = "dedent"  # indented less than the block at the cursor
    INDENT = "indent"  # indented more than a complete statement above it, which is an error in this language
    CLOSED_BLOCK = "closed-block"  # closes a bracket that is already closed below
    BLOCK_END = "block-end"  # the missing bracket or word has arrived
    LOOP = "loop"
    MAX_LINES = "max-lines"
    MAX_CHARACTERS = "max-characters"  # a server ignores max_tokens, or one line does not end


@frozen
class StopDecision:
    """The decision. ``text`` is the useful beginning of the answer; it ends with a whole line."""

    reason: StopReason
    text: str


class EarlyStop:
    """Feed the deltas of one answer until ``feed`` returns a decision; ``finish`` when the stream ends before.

    ``stops`` are the model family's; special tokens of any family and of thinking stop it, too. Carriage returns are
    dropped, a sentence and fences around the code (``unwrapping.py``), and lines from before the cursor at the start
    (``repeated_prefix.py``). ``seed`` is the beginning of the answer from
    an earlier request. ``crosses_paragraphs``: the answer is read on behind a blank line, and what follows that is kept
    if it shows to be in front of the code below, or if the model ends the answer itself. That takes longer.
    """

    def __init__(
        self,
        context: CodeContext,
        extent: ExtentLimits | None = None,
        *,
        stops: Iterable[str] = (),
        surroundings: CursorContext | None = None,
        seed: str = "",
        crosses_paragraphs: bool = False,
    ) -> None:
        around = surroundings or lex_cursor(context)
        self._context = context
        self._is_starred = begins_starred_line(context, around)
        self._repeated = RepeatedPrefix("" if seed else context.prefix)
        self.extent = extent or extent_at(context, around)
        self._style = around.style
        document = document_of(around.style, context.language_id, context.prefix, context.suffix)
        unwrapper = Unwrapper.behind_code if seed else Unwrapper
        self._unwrapper = (
            None
            if fences_are_text(context, around)
            else unwrapper(
                context.line_prefix,
                around.style.names,
                context.prefix.split("\n")[-1 - REPEATABLE_LINES : -1],
                lambda: wrappers_in(document),
            )
        )
        self._cursor = around.scanner
        self._scanner = around.scanner.fork()
        self._document = document
        self._guard = StopSequences(
            stops,
            document=document,
            output=lambda: (self.text + self._repeated.held, self._newest_line()),
            is_in_text=self._is_in_text,
        )
        self._brackets = BracketTracker(around, context.line_prefix)
        self._in_brackets = stands_in_brackets(context, around)
        self._header_bracket = not self._brackets.left_line  # a bracket of the cursor's line is open
        self._decision: StopDecision | None = None

        below = context.suffix.split("\n")
        pushed_down = context.line_prefix + below[0] if self.extent.above else ""
        self._next_line = (pushed_down or first_filled(below[1:])).rstrip()
        spare = around.spare_closers[0].char if around.spare_closers else ""
        # A closer below without an opener above closes what the answer opens, so the answer must not write it as well.
        self._spare_line = self._next_line if spare and self._next_line.lstrip()[:1] == spare else "\n"
        # The code below is a block whose header is missing, perhaps that of a block further out than the cursor's.
        self._lacks_header = (
            self.extent.kind is Extent.LINES
            and around.style.blocks == "indent"
            and not context.line_prefix.strip()
            and indent_columns(self._next_line) > indent_columns(context.line_prefix)
        )
        self._base = self.extent.base_columns
        self._max_lines = self.extent.max_lines
        self._block = self.extent.kind is Extent.BLOCK
        self._crosses_paragraphs = crosses_paragraphs and self.extent.kind is Extent.LINES
        self._paragraph: int | None = None  # lines of the first one, once another was begun
        self._lines: list[str] = []  # whole lines of the answer; the first without the text before the cursor
        self._line: list[str] = []
        self._characters = 0
        self._filled = 0  # number of lines with text of the answer
        self._blank_run = 0
        self._last_columns = 0
        # Of the newest statement, or None within a bracket or text above; and the same if no block can begin below it
        self._start_columns: int | None = indent_columns(context.line_prefix)
        if self._brackets.is_open or self._scanner.spans_lines:
            self._start_columns = None
        self._statement_columns: int | None = None
        # Of the incomplete line:
        self._blank_so_far = not context.line_prefix.strip()
        self._layout_is_text = self._scanner.spans_lines
        self._waiting_for_word = False
        self._ends_here = False  # it contains the end of the block
        self._borrows_here = False  # it begins with a bracket that is also closed below
        self._code_length: int | None = None  # before its comment
        self._begins_in_text = self._scanner.spans_lines  # whose paragraphs have one blank line between them
        self._begins_block = False  # between brackets, and no line of the block has come yet
        self._is_list = False  # a line of a list between brackets has ended in a comma
        self._list_ended = False  # and the next one did not
        self.feed(seed)

    @property
    def text(self) -> str:
        """The useful text so far, without a possible beginning of a stop sequence at its end."""
        return self._decision.text if self._decision else "\n".join((*self._lines, "".join(self._line)))

    @property
    def decision(self) -> StopDecision | None:
        """The decision; ``None`` until it is made."""
        return self._decision

    def feed(self, delta: str) -> StopDecision | None:
        """Process the next piece of the answer. After a decision further pieces change nothing."""
        at = 0
        while at < len(delta) and not self._decision:
            end = self._plain_until(delta, at)
            if end > at:
                self._take_plain(delta[at:end])
                at = end
                continue
            char = delta[at]
            at += 1
            if char == "\r":
                continue
            free, stopped = self._guard.step(char)
            self._take(free)
            if stopped and not self._decision:
                self._release_held()
            if stopped and not self._decision:
                self._decide(StopReason.STOP_SEQUENCE, len(self._lines) + 1)
        return self._decision

    def _plain_until(self, delta: str, at: int) -> int:
        """The end of the run of characters from ``at`` on that only make the line longer, or its indentation. Up to the
        next search for a loop, which has its places in the line."""
        if self._waiting_for_word or self._repeated.is_open:
            return at
        if self._unwrapper is not None and not self._unwrapper.keeps(blanks=self._blank_so_far):
            return at
        limit = min(len(delta), at + _LOOP_STEP - len(self._line) % _LOOP_STEP)
        if self._characters + limit - at > MAX_CHARACTERS:
            return at
        if self._blank_so_far:
            blanks = _BLANKS.match(delta, at, limit)
            limit = blanks.end() if blanks is not None else at
        return self._guard.free_until(delta, at, self._scanner.plain_until(delta, at, limit))

    def _take_plain(self, text: str) -> None:
        """As ``_step`` for each of these characters."""
        self._scanner.feed(text)
        self._line += text
        self._characters += len(text)
        self._stop_at_loop()

    def finish(self, *, by_model: bool = False) -> str:
        """End the stream. Returns the useful text, including held-back text that was no stop sequence.

        ``by_model``: the model ended the answer, so that all of its paragraphs belong to it; else its length did, or an
        error."""
        if not self._decision:
            self._take(self._guard.release())
        if not self._decision:
            self._release_held()
        if not self._decision and self._lines and self._repeats_next("".join(self._line)):
            self._decide(StopReason.SUFFIX, len(self._lines))
        if self._paragraph is not None and not self._decision and not by_model:
            self._decide(StopReason.PARAGRAPH, self._paragraph)
        return self.text

    def _repeats_next(self, full: str) -> bool:
        """Whether a whole line stands below the cursor already, in its words or as the closer of the answer's block."""
        return full.rstrip() == self._next_line and (is_telling(full) or self._next_line == self._spare_line)

    def _release_held(self) -> None:
        """Process what was held back because it could have been a fence or a repetition: the answer ends."""
        if self._unwrapper is not None:
            self._take_code(self._unwrapper.release())
        if self._repeated.is_open and not self._decision:
            self._step_all(self._repeated.finish())

    def _take(self, text: str) -> None:
        if self._unwrapper is None:
            self._take_code(text)
            return
        for char in text:
            if self._decision:
                return
            if char != "\n" and self._unwrapper.is_within_line and not self._repeated.is_open:
                self._step(char)
                continue
            in_text = self._scanner.mode is not Mode.CODE and not self._is_starred
            code, ended = self._unwrapper.step(char, in_text=in_text)
            self._take_code(code)
            if ended and not self._decision:
                self._release_held()
            if ended and not self._decision:
                self._decide(StopReason.STOP_SEQUENCE, len(self._lines) + 1)

    def _take_code(self, text: str) -> None:
        if not self._repeated.is_open:
            self._step_all(text)
            return
        for char in text:
            self._step_all(self._repeated.feed(char))

    def _step_all(self, text: str) -> None:
        for char in text:
            if self._decision:
                return
            self._step(char)

    def _step(self, char: str) -> None:
        seen = len(self._scanner.brackets)
        self._scanner.step(char)
        if self._waiting_for_word and not char.isalnum():
            self._end_word()
        if self._decision:
            return
        if char == "\n":
            self._end_line()
            return
        self._line.append(char)
        self._characters += 1
        if self._characters > MAX_CHARACTERS:
            self._decide(StopReason.MAX_CHARACTERS, len(self._lines))
            return
        brackets = self._scanner.brackets[seen:]
        leads = self._blank_so_far and not char.isspace()
        if leads:
            self._blank_so_far = False
            self._begin_content(char, closes=bool(brackets) and char in CLOSERS)
        for offset, bracket in brackets:
            self._on_bracket(offset, bracket, leads=leads)
        if self._code_length is None and self._scanner.mode is Mode.LINE_COMMENT:
            self._code_length = len(self._full_line())
        self._stop_at_loop()

    def _stop_at_loop(self) -> None:
        if len(self._line) % _LOOP_STEP == 0 and not self._decision:
            tail = self._line[-LOOP_WINDOW_CHARACTERS:]
            loop = character_loop("".join(tail))
            if loop is not None:
                length = len(self._line) - len(tail) + loop
                self._decide(StopReason.LOOP, len(self._lines) + 1, last_length=length)

    def _full_line(self) -> str:
        line = "".join(self._line)
        return line if self._lines else self._context.line_prefix + line

    def _columns(self, line: str) -> int:
        return answer_columns(line, self._context.line_prefix)

    def _is_in_text(self, text: str) -> bool:
        """Whether the answer and ``text`` behind it end within a string or a comment."""
        text = self._repeated.held + text
        scanner = self._scanner.fork().feed(text) if text else self._scanner
        return scanner.mode is not Mode.CODE and not self._style.is_prose(self._context.language_id)

    def _newest_line(self) -> str:
        """The incomplete line, including held-back text."""
        held = self._unwrapper.held_line if self._unwrapper is not None else ""
        begun = self._repeated.held
        line = begun.rpartition("\n")[2] if "\n" in begun else self._full_line() + begun
        return line + held

    def _begin_content(self, char: str, *, closes: bool) -> None:
        """Decide at the first character of a line whether the line is needed."""
        columns = self._columns(self._full_line())
        if not self._lines:  # small models often repeat the indentation that the editor has inserted
            columns = indent_columns(self._context.line_prefix) or columns
        if self._begins_block and not closes:
            self._begins_block = False
            if not is_inside(self._full_line(), self._context.line_prefix, self._style):
                self._decide(StopReason.DEDENT, 0)
                return
            self._base = columns
        if self._list_ended and not closes:
            self._decide(StopReason.STATEMENT, len(self._lines))
            return
        if self._base is None or not self._filled:
            self._base = columns if self._base is None else min(columns, self._base)
        if self._layout_is_text or self._brackets.own:
            return
        self._start_columns = None if self._brackets.is_open else columns
        is_too_deep = self._statement_columns is not None and columns > self._statement_columns
        if is_too_deep and not any(token.startswith(char) for token in self._style.line_comments):
            self._decide(StopReason.INDENT, len(self._lines))
        elif self._blank_run and self._filled and not self._block and columns <= self._base:
            self._end_paragraph()
        elif columns < self._base and not closes:
            if self._style.blocks == "keyword" and char.isalpha():
                self._waiting_for_word = True
            elif self._lacks_header and columns > 0:
                self._base = columns
            else:
                self._decide(StopReason.DEDENT, len(self._lines))

    def _end_word(self) -> None:
        """Decide after the first word of a dedented line: only a word that ends the block is needed."""
        self._waiting_for_word = False
        line = self._full_line()
        columns, below = self._columns(line), indent_columns(self._next_line)
        word_below = self._next_line.split()[:1]
        ended_below = columns <= below and bool(word_below) and word_below[0] in self._style.end_words
        if line.strip() in self._style.end_words and not ended_below and columns >= below:
            self._ends_here = True
        else:
            self._decide(StopReason.DEDENT, len(self._lines))

    def _on_bracket(self, offset: int, char: str, *, leads: bool) -> None:
        if self._decision:
            return
        event = self._brackets.read(offset, char)
        if event is BracketEvent.CLOSES_MISSING:
            self._ends_here = self._ends_here or leads
        elif leads and event is BracketEvent.BORROWS and self._in_brackets:
            self._decide(StopReason.CLOSED_BLOCK, len(self._lines))
        elif leads and event is BracketEvent.BORROWS:
            self._borrows_here = True  # wrong unless it is opened again on this line ("} else {")
        elif leads and event is BracketEvent.UNKNOWN:
            self._decide(StopReason.CLOSED_BLOCK, len(self._lines))

    def _end_borrowing_line(self) -> None:
        """Handle a newest line that closes a bracket closed below: it is dropped if it began with it, or else left to a
        filter."""
        line = self._lines[-1]
        self._decide(StopReason.CLOSED_BLOCK, len(self._lines) - self._borrows_here)
        if self._borrows_here and self._context.line_suffix.strip():  # "{|}": the bracket needs a separate line
            indent = indent_of(line)
            self._decision = StopDecision(StopReason.CLOSED_BLOCK, "\n".join((*self._lines[:-1], indent)))

    def _end_line(self) -> None:
        full = self._full_line()
        code = full if self._code_length is None else full[: self._code_length].rstrip("#/-;")
        filled = bool("".join(self._line).strip())
        self._lines.append("".join(self._line))
        self._line, self._code_length, self._blank_so_far = [], None, True
        if self._guard.has_passed and not self._scanner.spans_lines and self._holds_leak():
            self._decide(StopReason.STOP_SEQUENCE, len(self._lines))
        elif self.extent.newline_ends:
            self._decide(StopReason.LINE, len(self._lines))
        elif self._in_brackets and len(self._lines) == 1 and self._style.is_only_comment(self._lines[0]):
            self._begin_block()
        elif filled:
            self._filled += 1
            self._blank_run = 0
            self._last_columns = self._columns(full)
            self._statement_columns = self._columns_of_statement(full, code)
            self._lacks_header = self._lacks_header and not self._style.opens_block(code)
            self._end_filled_line(full, code)
        elif self._filled:
            self._blank_run += 1
            self._end_blank_line()
        elif len(self._lines) > _LEADING_NEWLINES:
            self._decide(StopReason.BLANK_LINES, 0)
        elif self._in_brackets:
            self._begin_block()
        self._ends_here = self._borrows_here = False
        self._layout_is_text = self._scanner.spans_lines

    def _holds_leak(self) -> bool:
        """Whether one of the tokens in strings and comments, which have ended, was not written there."""
        self._guard.has_passed = False
        return first_leak(self.text, self._context.line_prefix, self._document, self._cursor) is not None

    def _begin_block(self) -> None:
        """The answer begins with a newline between brackets, or a comment behind the opener: it is a block of lines
        that are indented deeper."""
        self._block, self._max_lines = True, MAX_LINES[Extent.BLOCK]
        self._begins_block, self._base = True, None

    def _end_filled_line(self, full: str, code: str) -> None:
        whole = len(self._lines)
        if self._filled == 1 and self.extent.kind is Extent.STATEMENT and self._style.opens_block(code):
            self._max_lines = MAX_LINES[Extent.BLOCK]
        loop = line_loop(self._lines)
        if self._repeats_next(full):
            self._decide(StopReason.SUFFIX, whole - 1)
        elif self.extent.kind is Extent.REST_OF_LINE:
            self._decide(StopReason.LINE, whole)
        elif loop is not None:
            self._decide(StopReason.LOOP, loop)
        elif self._brackets.borrowed:
            self._end_borrowing_line()
        elif self._ends_here and not self._brackets.line_is_open:
            self._decide(StopReason.BLOCK_END, whole)
        elif self._filled >= self._max_lines:
            self._decide(StopReason.MAX_LINES, whole)
        elif not self._scanner.spans_lines:
            self._end_code_line(full, code)

    def _columns_of_statement(self, full: str, code: str) -> int | None:
        """The columns of the statement whose last line has just ended, if the language lets no line below it be
        deeper. Where the answer repeats the indentation at the cursor, all of its lines may be shifted,
        and a filter moves them back."""
        first = self._lines[0]
        is_shifted = first[:1].isspace() and not self._context.line_prefix.strip()
        if not self._style.strict_indentation or is_shifted:
            return None
        if self._style.is_comment(self._style.line(full)):
            return self._statement_columns
        is_open = self._brackets.is_open or self._scanner.spans_lines
        return None if is_open or self._style.opens_block(code) or goes_on(code) else self._start_columns

    def _end_code_line(self, full: str, code: str) -> None:
        """Whether the statement at the cursor is complete. A header without brackets turns it into a block."""
        if self.extent.kind is Extent.LINES:
            return
        if self._block and not (self._header_bracket and self._brackets.left_line):
            return
        header = self._style.opens_block(code)
        if header and has_body(self._context, self._columns(full)):
            self._decide(StopReason.STATEMENT, len(self._lines))
        elif self._brackets.line_is_open or self._is_in_list(code):
            return
        elif header:
            self._block = True
            self._base = self._columns(full) + 1
        elif not goes_on(code):
            self._decide(StopReason.STATEMENT, len(self._lines))

    def _is_in_list(self, code: str) -> bool:
        """Whether a list between brackets of the cursor's line, which are closed behind the cursor, goes on: behind a
        comma, or with a closer on a line of its own."""
        if not self._header_bracket or self._brackets.left_line:
            return False
        was_list, self._is_list = self._is_list, code.rstrip().endswith(",")
        self._list_ended = was_list and not self._is_list
        return was_list or self._is_list

    def _end_blank_line(self) -> None:
        if self._blank_run >= 2 and (self._begins_in_text or not self._scanner.spans_lines):
            self._decide(StopReason.BLANK_LINES, len(self._lines))
        elif self._scanner.spans_lines:
            return
        elif not self._block and not self._brackets.own and self._last_columns <= (self._base or 0):
            self._end_paragraph()

    def _end_paragraph(self) -> None:
        if not self._crosses_paragraphs:
            self._decide(StopReason.PARAGRAPH, len(self._lines))
        elif self._paragraph is None:
            self._paragraph = len(self._lines)

    def _fills_the_hole(self, reason: StopReason) -> bool:
        """Whether the answer has come to what follows the cursor: the code below, or the end of the block; or whether
        the model ended it with a marker."""
        is_end = not self._next_line or indent_columns(self._next_line) < (self._base or 0)
        ends_block = reason in {StopReason.DEDENT, StopReason.CLOSED_BLOCK, StopReason.BLANK_LINES}
        return reason in {StopReason.SUFFIX, StopReason.STOP_SEQUENCE} or (ends_block and is_end)

    def _decide(self, reason: StopReason, lines: int, *, last_length: int | None = None) -> None:
        """Keep this many lines; if the last of them is the unfinished one, up to ``last_length`` characters."""
        if self._paragraph is not None and not self._fills_the_hole(reason):
            lines = min(lines, self._paragraph)
        kept = [*self._lines, "".join(self._line)[:last_length]][:lines]
        while kept and not kept[-1].strip():
            kept.pop()
        if self.extent.above and kept and self._lines:  # the line at the cursor moves down and keeps its indentation
            kept.append(self._context.line_prefix)
        self._decision = StopDecision(reason, "\n".join(kept))
