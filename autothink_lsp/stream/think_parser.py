"""Splits a model's stream into judge, think and answer segments. The result does not depend on how the stream is
chunked.

The rules and their reasons are in ``docs/reference/autothink-format.md``, section 4. The main rule: a tag counts only
at the head of a message or directly after a closed block, so that code which contains tags stays code. The one
exception is a closer without an opener, because its opener was in the prompt (``think_shapes.StrayCloser``). Text that
may become a tag is held back, at most as many characters as the longest tag that is valid in the state. The parser does
not interpret Markdown fences in answers or syntax.
"""

from __future__ import annotations

import re
from typing import Literal

from attrs import evolve

from autothink_lsp.stream.segments import ParseFlags, SegmentKind, StartState, StreamSegment, TagStyle
from autothink_lsp.stream.think_harmony import HarmonyParser, begins_harmony, may_begin_harmony
from autothink_lsp.stream.think_shapes import (
    QUOTES,
    OpenFence,
    StrayCloser,
    is_section,
    may_become_opener,
    shaped_opener,
)
from autothink_lsp.stream.think_tags import (
    ANSWER_MARKS,
    ANSWER_MARKS_BEHIND_THINKING,
    ANSWER_OPEN,
    HEADS,
    JUDGE_CLOSE,
    JUDGE_OPEN,
    MODE_CLOSERS,
    MODE_TAGS,
    held_back,
    lowered,
    other_closers,
    spellings,
)
from autothink_lsp.stream.turn_headers import AT_HEAD, BEHIND_BLOCK, header_length, may_become_header, possible_header

JUDGE_CAP_CHARACTERS = 512
_INVISIBLE = "\ufeff\u200b\u2060"  # characters that some servers and models put before the first tag
_BLANK = re.compile(rf"[\s{_INVISIBLE}]*")
# Behind the closer of an answer: white space, and tokens that end the turn, if a server passes them on as text.
_TAIL = re.compile(r"\s*(?:(?:<\|\w{1,24}\|>|</s>)\s*)*(?:<(?:\|\w{0,24}\|?|/s?)?)?")


class ThinkParser:
    """Parses one message.

    ``prefill`` is the beginning of the message that the request contained. If the server repeats it, it is dropped
    once; if it ends in an opened ``<answer>``, the final ``</answer>`` belongs to the format. A message that opens a
    block of thinking in spite of the prefill was started from scratch: the server ignored the prefill
    (``flags.prefill_ignored``).
    """

    def __init__(
        self,
        style: TagStyle,
        start: StartState,
        *,
        prefill: str = "",
        judge_cap_characters: int = JUDGE_CAP_CHARACTERS,
    ) -> None:
        self.flags = ParseFlags()
        self.mode: Literal["on", "off"] | None = None
        # The state of a message without an opener at its head. ANSWER without a prefill needs no check of the head.
        self._otherwise = start if start is not StartState.HEAD else StartState.ANSWER
        looks = style is not TagStyle.NONE and (start is not StartState.ANSWER or bool(prefill))
        self.state = StartState.HEAD if looks else StartState.ANSWER
        self._only_thinking_opens = start is not StartState.HEAD  # at the head of this message
        self._shapes = style is not TagStyle.NONE
        self._prefilled = bool(prefill)
        self._stray = StrayCloser() if self._shapes else None  # while no block has been seen
        self._answered: list[str] = []  # the answer so far, while ``_stray`` checks it
        self._tags = HEADS[style]
        self._think_openers = tuple(pair.opener for pair in self._tags.thinks)
        self._cap = judge_cap_characters
        self._echo = prefill
        self._buffer = ""
        self._blank: list[str] = []  # white space at the head: layout if a tag follows, else text
        self._tail: list[str] = []  # a closer of the answer and the white space after it
        self._closers: tuple[str, ...] = spellings(tuple(pair.closer for pair in self._tags.thinks))
        self._after_block = start is not StartState.HEAD
        self._begun = False
        self._line_start = True
        self._trim_newline = not prefill.endswith("\n") and bool(prefill)
        self._nested = False  # an opener of thinking stands within the thinking
        self._judge_begun = False
        self._judged_characters = 0
        opened = lowered(prefill).rstrip().endswith(ANSWER_OPEN)
        self._answer_closer = ANSWER_MARKS[ANSWER_OPEN] if opened and start is StartState.ANSWER else ""
        self._out: list[StreamSegment] = []
        self._fence = OpenFence()  # within the thinking
        self._last = " "  # the last character of the thinking
        self._headed = False  # a header of the turn was dropped
        self._speaks_harmony = style is TagStyle.HARMONY
        self._harmony: HarmonyParser | None = None

    def feed(self, text: str) -> tuple[StreamSegment, ...]:
        """Parse a piece of the content field and return the segments that can be decided."""
        if self._harmony is not None:
            return self._of_harmony(self._harmony, text, final=False)
        self._buffer += text
        if text:
            self._drain(final=False)
        return self._taken()

    def feed_reasoning(self, text: str) -> tuple[StreamSegment, ...]:
        """Return a piece of the reasoning field, which some servers send besides the content, as a segment."""
        if not text:
            return ()
        if not self.flags.reasoning_field:
            self.flags = evolve(self.flags, reasoning_field=True)
            if self._prefilled and self._otherwise is StartState.ANSWER:
                self.flags = evolve(self.flags, prefill_ignored=True)
            if not self._begun and self.state is not StartState.ANSWER:
                self.state = StartState.HEAD  # the server has removed the opener
                self._otherwise, self._only_thinking_opens = StartState.ANSWER, False
            self._block_seen()
        return (StreamSegment(SegmentKind.THINK, text),)

    def finish(self) -> tuple[StreamSegment, ...]:
        """End the message, because the stream ended or was aborted, and return the segments that were held back."""
        if self._harmony is not None:
            return self._of_harmony(self._harmony, "", final=True)
        self._drain(final=True)
        if self._harmony is not None:
            return self._taken()
        if self.state in {StartState.JUDGE, StartState.THINK}:
            self.flags = evolve(self.flags, unterminated=self.state.value)
        return self._taken()

    def _of_harmony(self, harmony: HarmonyParser, text: str, *, final: bool) -> tuple[StreamSegment, ...]:
        segments = harmony.feed(text, final=final)
        self.state = harmony.state
        if final and self.state is StartState.THINK:
            self.flags = evolve(self.flags, unterminated="think")
        return tuple(segments)

    def _taken(self) -> tuple[StreamSegment, ...]:
        out, self._out = self._out, []
        return tuple(out)

    def _drain(self, *, final: bool) -> None:
        if self._echo and not self._without_echo(final=final):
            return
        while self._step(final=final) or (final and self._ends_in_stray_closer()):
            pass

    def _without_echo(self, *, final: bool) -> bool:
        """Drop the prefill if the server repeats it. Returns False while more text is needed to decide."""
        if self._buffer.startswith(self._echo):
            self._buffer = self._buffer[len(self._echo) :]
        elif self._echo.startswith(self._buffer) and not final:
            return False
        self._echo = ""
        return True

    def _step(self, *, final: bool) -> bool:
        """Process the buffer in the current state. Returns True if a state can process the rest."""
        if self._buffer:
            self._begun = True
        if self.state is StartState.HEAD:
            return self._head(final=final)
        if self._trim_newline and not self._trimmed(final=final):
            return False
        if self.state is StartState.ANSWER:
            return self._answer(final=final)
        return self._block(final=final)

    def _trimmed(self, *, final: bool) -> bool:
        """Drop the line end after an opener. Returns False if it may still come in the next piece."""
        if not self._buffer or (self._buffer == "\r" and not final):
            return False
        for end in ("\r\n", "\n"):
            if self._buffer.startswith(end):
                self._buffer = self._buffer[len(end) :]
                break
        self._trim_newline = False
        return True

    # --- the head -----------------------------------------------------------------------------------------------------

    def _head(self, *, final: bool) -> bool:
        begin = _BLANK.match(self._buffer)
        text = self._buffer[begin.end() :] if begin is not None else self._buffer
        if len(text) < len(self._buffer):
            self._blank.append(self._buffer[: len(self._buffer) - len(text)])
            self._buffer = text
        if not text and not final:
            return False
        low = lowered(text[:160])
        if self._shapes and not final and self._may_become_tag(low):
            return False
        if self._shapes and (length := header_length(low, self._headers)):
            self._blank.clear()
            self._buffer, self._headed = text[length:], True
            return True
        openers = self._openers
        tag = next((one for one in openers if low.startswith(one)), "")
        if tag:
            self._buffer = text[len(tag) :]
            self._opened(tag)
            return True
        if not final and any(one.startswith(low) for one in openers):
            return False
        if self._shapes and (possible := possible_header(low)):
            self._blank.append(text[: len(possible)])
            self._buffer = text[len(possible) :]
            return True
        shaped = shaped_opener(low) if self._shapes else None
        if shaped is not None and not is_section(text):
            self._buffer = text[shaped.length :]
            self._opens_block()
            self.state, self._closers = StartState.THINK, spellings(shaped.closers)
            return True
        if self._shapes and begins_harmony(low):
            self._opens_block()
            self._harmony, self._buffer = HarmonyParser(), ""
            self._out += self._of_harmony(self._harmony, text, final=final)
            return False
        if self._speaks_harmony and not self._after_block:
            self._harmony, self._buffer = HarmonyParser(), ""
            self._out += self._of_harmony(self._harmony, "".join(self._blank) + text, final=final)
            return False
        self._no_opener(text)
        return bool(text) or not final

    @property
    def _headers(self) -> tuple[str, ...]:
        """The headers of turns that are valid at the head in the current state."""
        return BEHIND_BLOCK if self._after_block and not self._only_thinking_opens else AT_HEAD

    def _may_become_tag(self, low: str) -> bool:
        """Whether all of ``low`` may be the beginning of a header or an opener that no table lists."""
        return may_become_opener(low) or may_become_header(low, self._headers) or may_begin_harmony(low)

    @property
    def _openers(self) -> tuple[str, ...]:
        """The tags that are valid at the head in the current state."""
        if self._only_thinking_opens:
            judge = (JUDGE_OPEN,) if self._tags.judge else ()
            return (*(pair.opener for pair in self._tags.thinks), *judge)
        if not self._after_block:
            return self._tags.openers
        marks = (*ANSWER_MARKS_BEHIND_THINKING, *MODE_CLOSERS) if self._tags.judge else ()
        return (*self._tags.openers, *marks, *self._closers)

    def _no_opener(self, text: str) -> None:
        """Handle a head without an opener: the message, or the text after a block, begins with ``text``."""
        is_header = [possible_header(lowered(piece)) != "" for piece in self._blank]
        first = is_header.index(True) if True in is_header else len(is_header)
        blank, text = "".join(self._blank[:first]), "".join(self._blank[first:]) + text  # it was no header, but text
        self._blank.clear()
        behind_block = self._after_block and not self._only_thinking_opens
        if behind_block or self._headed:
            blank = blank[blank.rfind("\n") + 1 :] if text else ""
        self._buffer = blank + text
        self.state, self._otherwise, self._only_thinking_opens = self._otherwise, StartState.ANSWER, False

    def _opens_block(self) -> None:
        """Handle an opening tag at the head."""
        if self._prefilled and self._only_thinking_opens:
            self.flags = evolve(self.flags, prefill_ignored=True)
            self._answer_closer = ""
        self._blank.clear()
        self._otherwise, self._only_thinking_opens = StartState.ANSWER, False
        self._block_seen()
        self._trim_newline = self._line_start = True

    def _block_seen(self) -> None:
        self._after_block = True
        self._stray = None
        self._answered.clear()
        if self.flags.tagless:
            self.flags = evolve(self.flags, tagless=False)

    def _opened(self, tag: str) -> None:
        self._opens_block()
        if tag in MODE_TAGS:
            self.mode = "on" if MODE_TAGS[tag] == "on" else "off"
            self._out.append(StreamSegment(SegmentKind.MODE, self.mode))
            if self.mode == "on" and self._shapes:
                self._stray = StrayCloser()  # some models think without an opener behind it
        elif tag == JUDGE_OPEN:
            self.state = StartState.JUDGE
        elif tag in ANSWER_MARKS or tag in ANSWER_MARKS_BEHIND_THINKING:
            closer = ANSWER_MARKS.get(tag) or ANSWER_MARKS_BEHIND_THINKING[tag]
            self.state, self._answer_closer = StartState.ANSWER, closer
        else:
            pair = next((one for one in self._tags.thinks if one.opener == tag), None)
            if pair is not None:  # None: a closer whose opener was in the prompt
                self.state, self._closers = StartState.THINK, spellings((pair.closer,))

    # --- judging and thinking -----------------------------------------------------------------------------------------

    def _block(self, *, final: bool) -> bool:
        """Emit text up to the block's closer, or up to a tag at the start of a line that is valid only after a
        block."""
        judging = self.state is StartState.JUDGE
        if judging and not self._judge_begun and self._is_code(final=final):
            return self.state is StartState.ANSWER
        closers = (JUDGE_CLOSE,) if judging else self._closers
        others = () if judging else other_closers(closers)
        behind = (ANSWER_OPEN, *MODE_TAGS) if judging else (ANSWER_OPEN, *others)
        low = lowered(self._buffer)
        at, closer = min(((low.find(one), one) for one in closers if one in low), default=(-1, ""))
        early = self._at_line_start(low, behind if self._tags.judge else ())
        if early >= 0 and (at < 0 or early < at):
            other = next((one for one in others if low.startswith(one, early)), "")
            self._close_block(early, early + len(other), in_doubt=bool(other))
            return True
        if at >= 0:
            self._close_block(at, at + len(closer))
            return True
        openers = () if judging or self._nested else self._think_openers
        keep = 0 if final else held_back(low, (*closers, *openers, *(behind if self._tags.judge else ())))
        self._nested |= self.state is StartState.THINK and self._opens_again(self._buffer)
        self._emit(self._kind, self._buffer[: len(self._buffer) - keep])
        self._buffer = self._buffer[len(self._buffer) - keep :]
        return False

    def _close_block(self, end: int, behind: int, *, in_doubt: bool = False) -> None:
        """End the block at index ``end`` of the buffer; the text goes on at ``behind``. ``in_doubt``: the closer is
        another one than the opener's, and may be text of the thinking."""
        nested = self._nested or (self.state is StartState.THINK and self._opens_again(self._buffer[:end]))
        self._emit(self._kind, self._buffer[:end])
        mentioned = bool(self._fence.mark) or self._last in QUOTES
        self._buffer = self._buffer[behind:]
        self.state = StartState.HEAD
        self._block_seen()
        self._nested = False
        if (nested or in_doubt or mentioned) and self._shapes:
            self._stray = StrayCloser(self._fence.mark)  # the closer may have been that of a block inside of this one
        self._fence = OpenFence()

    def _opens_again(self, thinking: str) -> bool:
        """Whether an opener of thinking stands at the beginning of a line within thinking."""
        low = lowered(thinking)
        return self._at_line_start(low, self._think_openers) >= 0

    @property
    def _kind(self) -> SegmentKind:
        return SegmentKind.JUDGE if self.state is StartState.JUDGE else SegmentKind.THINK

    def _is_code(self, *, final: bool) -> bool:
        """Whether a judgement begins with a code fence: the model answers without judging. Also True while
        undecided."""
        self._buffer = self._buffer.lstrip()
        if self._buffer.startswith("```"):
            self.state = StartState.ANSWER
            return True
        self._judge_begun = bool(self._buffer) and not "```".startswith(self._buffer)
        return not final and not self._judge_begun

    def _at_line_start(self, low: str, tags: tuple[str, ...]) -> int:
        """The index of the first of ``tags`` at the start of a line; -1 if there is none."""
        found = []
        for tag in tags:
            at = low.find(tag)
            while at >= 0 and not (low[at - 1] == "\n" if at else self._line_start):
                at = low.find(tag, at + 1)
            if at >= 0:
                found.append(at)
        return min(found, default=-1)

    # --- the answer ---------------------------------------------------------------------------------------------------

    def _answer(self, *, final: bool) -> bool:
        """Emit answer text. Only a closer at the very end belongs to the format, and only if an opener precedes it.

        Returns True if a stray closer showed that the text was thinking.
        """
        closer = self._answer_closer
        while closer and self._buffer:
            if self._tail:
                if _TAIL.fullmatch("".join(self._tail[1:]) + self._buffer):
                    self._tail.append(self._buffer)
                    self._buffer = ""
                    return False
                self._buffer = "".join(self._tail) + self._buffer
                self._tail.clear()
                at = lowered(self._buffer).find(closer)
                if self._say_answer(at + len(closer)):
                    return True
                continue
            at = lowered(self._buffer).find(closer)
            if at < 0:
                break
            line_end = 2 if self._buffer[:at].endswith("\r\n") else 1 if self._buffer[:at].endswith("\n") else 0
            tail = self._buffer[at - line_end : at + len(closer)]
            if self._say_answer(at - line_end):
                return True
            self._tail.append(tail)
            self._buffer = self._buffer[len(tail) :]
        keep = 0 if final else self._kept_of_answer(closer)
        return self._say_answer(len(self._buffer) - keep)

    def _say_answer(self, length: int) -> bool:
        """Emit the buffer's first ``length`` characters as answer. Returns True if they end in a stray closer's
        line."""
        text, self._buffer = self._buffer[:length], self._buffer[length:]
        found = self._stray.feed(text) if self._stray is not None else None
        if found is None:
            if self._stray is not None and text:
                self._answered.append(text)
            self._emit(SegmentKind.ANSWER, text)
            return False
        end, behind = found
        self._retract(text[:end], behind + len("\n"), text[end:])
        return True

    def _retract(self, last: str, behind: int, rest: str) -> None:
        """Reclassify the answer up to and including ``last`` as thinking, except for its last ``behind`` characters."""
        whole = "".join((*self._answered, last))
        self._emit(SegmentKind.ANSWER, last)
        self._out.append(StreamSegment(SegmentKind.RETRACT, whole))
        self._buffer = whole[len(whole) - behind :] + rest + self._buffer
        self._opens_block()
        if self._prefilled:
            self.flags = evolve(self.flags, prefill_ignored=True)
        self._answer_closer = ""
        self.state = StartState.HEAD

    def _ends_in_stray_closer(self) -> bool:
        if self._stray is None or self.state is not StartState.ANSWER or self._buffer or self._tail:
            return False
        behind = self._stray.finish()
        if behind is None or not self._answered:
            return False
        self._retract("", behind, "")
        return True

    def _kept_of_answer(self, closer: str) -> int:
        """The number of characters to hold back because they may be part of the closer or of the line end before it."""
        if not closer:
            return 0
        low = lowered(self._buffer)
        return held_back(low, (closer, f"\n{closer}", f"\r\n{closer}"))

    def _emit(self, kind: SegmentKind, text: str) -> None:
        if not text:
            return
        self._line_start = text.endswith("\n")
        if kind is SegmentKind.THINK:
            self._fence.feed(text)
            self._last = text[-1]
        if kind is SegmentKind.JUDGE:
            self._judged_characters += len(text)
            if self._judged_characters > self._cap and not self.flags.judge_overflow:
                self.flags = evolve(self.flags, judge_overflow=True)
        self._out.append(StreamSegment(kind, text))
