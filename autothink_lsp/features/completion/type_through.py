"""Typing as suggested: whether finished or streaming output agrees with the text typed since its request, and the rest.

Two ways to compare. ``remaining_text`` compares an output with the whole text around a cursor. It allows for what an
editor adds by itself: indentation at line starts, and the closer behind an opening bracket or quote. It compares
bounded tails of the windows, so its cost does not depend on the document's size. ``TypeThroughMatcher`` follows the
edits along a stream: editors report an edit tens of milliseconds before they send the next request, and when the edit
contradicts the output every further token is wasted.

``DisplayedSuggestion`` follows the suggestion on the screen along the edits: what is left of it answers the next
request at once. Most keys of a user who types along need nothing else: the text is post-processed, the place has passed
the gate, and no model is asked, so neither the window nor secrets have to be looked at.

``presentable`` returns the part of a streaming output that may be shown. All pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum

from attrs import define, field

from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.snapshot import Change
from autothink_lsp.features.completion.model import CompletionRequest, Suggestion
from autothink_lsp.stream.cursor import lex_cursor
from autothink_lsp.stream.layout import answer_columns
from autothink_lsp.stream.lexical import CLOSER_OF, CLOSERS, Mode, Scanner
from autothink_lsp.syntax.language_style import indent_columns
from autothink_lsp.values import Point, frozen

_ABOVE_CHARACTERS = 2_000
_BELOW_CHARACTERS = 256
_ENOUGH_CHARACTERS = 100  # so much must agree where two windows begin or end at different places
_MAX_ADDED_CHARACTERS = 80
_BRACKETS_CLOSE = frozenset(")]}")
_ADDED_BY_EDITORS = frozenset(")]}>\"'`")


@frozen
class RequestPosition:
    """The cursor at which output was requested: bounded parts of the text around it."""

    above: str  # whole lines above the cursor's
    line: str  # the cursor's line up to the cursor
    below: str  # from the cursor on

    @classmethod
    def at(cls, context: CodeContext) -> RequestPosition:
        """The position of the context's cursor."""
        return cls(
            context.whole_lines_above[-_ABOVE_CHARACTERS:], context.line_prefix, context.suffix[:_BELOW_CHARACTERS]
        )


class Match(Enum):
    """How output relates to the text typed since its request."""

    AGREES = "what was typed is its beginning"
    PENDING = "it is the beginning of what was typed, and more may arrive"
    EXHAUSTED = "all of it was typed"
    DIVERGED = "something else was typed, or elsewhere"


@frozen
class RemainingText:
    """The rest of an output, to be inserted at the cursor. ``replaces_right``: the number of code points right of the
    cursor (closers that the editor added) that are part of ``text`` and have to be replaced. ``reason``: why nothing of
    the output is to be shown, if so."""

    along: Match
    text: str = ""
    replaces_right: int = 0
    reason: str = ""


_DIVERGED = RemainingText(Match.DIVERGED)


def remaining_text(asked: RequestPosition, now: CodeContext, answer: str, *, finished: bool = True) -> RemainingText:
    """The rest of an output at ``now``. ``finished``: the output is complete, so the match is never ``PENDING``."""
    for start in line_starts(now.prefix, answer.count("\n") + 1 + (not finished)):
        left = remaining_text_since(asked, now, answer, start, finished=finished)
        if left.along is not Match.DIVERGED:
            return left
    return _DIVERGED


def can_agree(asked: RequestPosition, output: str, typed: str) -> bool:
    """Whether some part of ``output`` may agree with ``typed``, the cursor's text from the line on that the output was
    requested for. Post-processing only leaves out characters, so what it leaves agrees no more often. Cheap."""
    if not typed.startswith(asked.line):
        return False
    at = 0
    for char in typed[len(asked.line) :]:
        if not char.isspace():
            at = output.find(char, at) + 1
            if at == 0:
                return False
    return True


def line_starts(prefix: str, count: int) -> Iterator[int]:
    """Offsets of the cursor's line and of those above it, ``count`` at most."""
    end = len(prefix) + 1
    for _ in range(count):
        start = prefix.rfind("\n", 0, end - 1) + 1
        yield start
        if start == 0:
            return
        end = start


def remaining_text_since(
    asked: RequestPosition, now: CodeContext, answer: str, start: int, *, finished: bool = True
) -> RemainingText:
    """As ``remaining_text``, with the offset in ``now.prefix`` of the line that the output was requested for."""
    left = _after_typed(asked.line, answer, now.prefix[start:], finished=finished)
    if left.along is Match.DIVERGED:
        return left
    added = _added(asked.below, now.suffix)
    if added is None or not _same_end(asked.above, now.prefix[max(0, start - _ABOVE_CHARACTERS) : start]):
        return _DIVERGED
    return _without_added(left.text, added, now) if added and left.along is Match.AGREES else left


def _same_end(one: str, other: str) -> bool:
    """Whether the windows end alike. They may begin at different places once they are long."""
    shared = min(len(one), len(other))
    return one == other or (shared >= _ENOUGH_CHARACTERS and one[-shared:] == other[-shared:])


def _same_begin(one: str, other: str) -> bool:
    one, other = one[:_BELOW_CHARACTERS], other[:_BELOW_CHARACTERS]
    shared = min(len(one), len(other))
    return one == other or (shared >= _ENOUGH_CHARACTERS and one[:shared] == other[:shared])


def _after_typed(line: str, answer: str, typed: str, *, finished: bool) -> RemainingText:
    """``typed`` begins at the start of the line that read ``line`` when the answer was asked for."""
    whole = line + answer
    if not typed.startswith(line):
        return _DIVERGED
    if whole.startswith(typed):
        left = whole[len(typed) :]
        if left:
            return RemainingText(Match.AGREES, left)
        return RemainingText(Match.EXHAUSTED if finished else Match.PENDING)
    if not finished and typed.startswith(whole):
        return RemainingText(Match.PENDING)
    if "\n" not in typed:
        return _DIVERGED
    answer_lines, typed_lines = whole.split("\n"), typed.split("\n")
    shared = min(len(answer_lines), len(typed_lines))
    if shared < 2 or not all(_same_line(a, b) for a, b in zip(answer_lines[: shared - 1], typed_lines, strict=False)):
        return _DIVERGED
    return _within_line(answer_lines, typed_lines, shared - 1, finished=finished)


def _same_line(answer_line: str, typed: str) -> bool:
    """Whether a whole line was typed as suggested, ignoring white space that the editor adds."""
    return answer_line.strip() == typed.strip() and (
        not answer_line.strip() or answer_columns(answer_line, typed) == indent_columns(typed)
    )


def _within_line(answer_lines: list[str], typed_lines: list[str], index: int, *, finished: bool) -> RemainingText:
    """All lines before ``index`` agree; that one is the last that both have."""
    answer, typed = answer_lines[index], typed_lines[index]
    more_typed, rest = len(typed_lines) > len(answer_lines), "".join("\n" + line for line in answer_lines[index + 1 :])
    ahead = not finished and typed.lstrip().startswith(answer.lstrip())
    if more_typed:
        return RemainingText(Match.PENDING) if ahead else _DIVERGED
    if not typed.strip():  # the editor's indentation, or part of the answer's
        lacks = answer_columns(answer, typed) - indent_columns(typed)
        if not answer.strip():
            left = rest
        elif lacks < 0:
            return _DIVERGED
        else:
            left = (answer[len(typed) :] if answer.startswith(typed) else answer.lstrip()) + rest
    elif answer_columns(answer, typed) == indent_columns(typed) and answer.lstrip().startswith(typed.lstrip()):
        left = answer.lstrip()[len(typed.lstrip()) :] + rest
    else:
        return RemainingText(Match.PENDING) if ahead and not rest else _DIVERGED
    if left:
        return RemainingText(Match.AGREES, left)
    return RemainingText(Match.EXHAUSTED if finished else Match.PENDING)


def _added(below_then: str, below_now: str) -> str | None:
    """What an editor inserted right of the cursor since the request: closers, perhaps on their own line, or a line end
    before the closer that was there; ``None`` if anything else below has changed."""
    for end in range(min(len(below_now), _MAX_ADDED_CHARACTERS) + 1):
        if _same_begin(below_then, below_now[end : end + _BELOW_CHARACTERS]):
            added = below_now[:end]
            is_of_editor = end == 0 or added.strip() or ("\n" in added and below_then[:1] in _BRACKETS_CLOSE)
            return added if is_of_editor else None
        if below_now[end : end + 1] not in _ADDED_BY_EDITORS and not below_now[end : end + 1].isspace():
            return None
    return None


def _without_added(left: str, added: str, now: CodeContext) -> RemainingText:
    """Remove from the rest what the editor has already inserted right of the cursor."""
    closers = [char for char in added if not char.isspace()]
    if not closers:  # a line end, at which the rest ends too
        kept = left.rstrip()
        return RemainingText(Match.AGREES, kept) if kept else RemainingText(Match.EXHAUSTED)
    at = _closers_in(left, closers, lex_cursor(now).scanner.fork())
    if at is None:
        return RemainingText(Match.AGREES, left)
    if "\n" in added:  # on a line of their own, which a range on the cursor's line cannot replace
        kept = left[:at].rstrip()
    elif "".join(left[at:].split()) == "".join(closers):
        kept = left[:at]
    else:
        return RemainingText(Match.AGREES, left, len(added))
    return RemainingText(Match.AGREES, kept) if kept else RemainingText(Match.EXHAUSTED)


def _closers_in(left: str, closers: list[str], scanner: Scanner) -> int | None:
    """The offset in ``left`` of the first closer that closes a bracket opened before it, if all of them are there."""
    depth, first, missing = 0, None, list(closers)
    for offset, char in enumerate(left):
        mode, seen = scanner.mode, len(scanner.brackets)
        scanner.step(char)
        bracket = len(scanner.brackets) > seen
        if bracket and char in CLOSER_OF:
            depth += 1
        elif bracket and depth:
            depth -= 1
        elif char == missing[0] and (bracket or _ends_string(char, mode, scanner.mode) or char == ">"):
            first = offset if first is None else first
            missing.pop(0)
            if not missing:
                return first
        elif bracket and char in CLOSERS:
            return None
    return None


def _ends_string(char: str, before: Mode, after: Mode) -> bool:
    return char in "\"'`" and before is Mode.STRING and after is Mode.CODE


# Enter between brackets, for which editors move the closer to a line of its own.
_SPLIT_PAIR = re.compile(r"(\n[ \t]*)\n[ \t]*")
_PAIRS = frozenset(("()", "[]", "{}", "<>", '""', "''", "``"))


@define
class TypeThroughMatcher:
    """Compares edits with a stream's output. ``typed`` counts the characters of it that were typed; ``point`` is where
    the next one belongs.

    ``lead`` is text between ``point`` and the output: a suggestion that was not accepted yet when it was requested."""

    point: Point
    typed: int = 0
    lead: str = ""
    _ahead: str = ""  # typed beyond the output so far

    def follow(self, changes: Sequence[Change], answer: str) -> bool:
        """Apply the edits; ``False`` if they contradict ``answer``, the output so far.

        Characters beyond the end of ``answer`` count as agreeing: ``diverges`` compares them once more has arrived.
        """
        answer = self.lead + answer
        for change in changes:
            inserted, end = change.inserted.replace("\r\n", "\n"), change.new_end
            # Typing a closer that an editor put there itself replaces it by itself.
            if change.removed not in {"", change.inserted} or change.start != self.point:
                return False
            if inserted in _PAIRS:  # the editor's closer stands right of the cursor
                inserted, end = inserted[0], Point(end.line, end.column - 1)
            elif split := _SPLIT_PAIR.fullmatch(inserted):
                inserted = split[1]
                end = Point(change.start.line + 1, len(inserted) - 1)
            expected = answer[self.typed : self.typed + len(inserted)]
            if not inserted.startswith(expected):
                return False
            self.typed += len(inserted)
            self._ahead += inserted[len(expected) :]
            self.point = end
        return True

    def diverges(self, answer: str) -> bool:
        """Whether ``answer``, the output so far, differs from the text typed ahead of it."""
        if not self._ahead:
            return False
        begin = self.typed - len(self._ahead) - len(self.lead)
        expected = answer[begin : begin + len(self._ahead)]
        if not self._ahead.startswith(expected):
            return True
        self._ahead = self._ahead[len(expected) :]
        return False


@frozen
class TypedAlong:
    """``typed`` was typed since suggestion ``shown_id`` was shown, ``rest`` is left of it. Neither is empty."""

    shown_id: int
    typed: str
    rest: str


@define
class DisplayedSuggestion:
    """At most one: the newest suggestion that is complete, whatever its document. Anything but typing the very next
    characters of its line (another edit, another place, other settings, a line end) ends it."""

    _request: CompletionRequest | None = field(default=None, init=False)
    _shown: Suggestion | None = field(default=None, init=False)
    _point: Point | None = field(default=None, init=False)  # of the cursor, if only the suggestion was typed
    _typed: int = field(default=0, init=False)  # characters since

    def show(self, request: CompletionRequest, suggestion: Suggestion) -> None:
        """A complete suggestion is shown, without closers to replace right of the cursor."""
        self._request, self._shown, self._point, self._typed = request, suggestion, request.point, 0

    def clear(self) -> None:
        """Nothing is shown, or not all of it."""
        self._request = self._shown = self._point = None

    @property
    def is_typed_along(self) -> bool:
        """Whether part of it was typed since it was shown, and nothing else."""
        return self._typed > 0 and self._shown is not None

    def did_change(self, uri: str, changes: Sequence[Change]) -> None:
        """Follow an edit of the document; any other than typing along ends it."""
        request, shown = self._request, self._shown
        if request is None or shown is None or request.snapshot.uri != uri:
            return
        if len(changes) == 1:
            change = changes[0]
            typed, inserted = self._typed, change.inserted
            is_next = change.start == self._point and not change.removed and shown.text.startswith(inserted, typed)
            if is_next and inserted and "\n" not in inserted:
                self._point, self._typed = change.new_end, typed + len(inserted)
                return
        self.clear()

    def along(self, request: CompletionRequest) -> TypedAlong | None:
        """What was typed and what is left, if this automatic request is for the text behind what was typed."""
        before, shown = self._request, self._shown
        if before is None or shown is None or not self._typed or request.trigger != "automatic":
            return None
        is_same = before.snapshot.uri == request.snapshot.uri and before.settings is request.settings
        rest = shown.text[self._typed :]
        if not is_same or request.point != self._point or not rest.strip() or rest.startswith("\n"):
            return None
        return TypedAlong(shown.id, shown.text[: self._typed], rest)


# An identifier or number at the very end may go on; what is left must end in something that reads as an end.
_LAST_WORD = re.compile(r"(?<!\w)\w++\Z")
_GOOD_END = re.compile(r"[\w)\]}\"'`]")
_WORD = re.compile(r"\w")
_QUOTES = "\"'`"


def whole_lines(answer: str) -> int:
    """The number of lines with content that have ended."""
    return sum(bool(line.strip()) for line in answer.split("\n")[:-1])


def presentable(answer: str) -> str:
    """The part of streaming output that may be shown: its whole lines if there are any, else the line up to its last
    complete word or closing character; or nothing."""
    lines, newline, _ = answer.rpartition("\n")
    if newline and lines.strip():
        return lines
    text = _LAST_WORD.sub("", answer)
    for end in range(len(text), 0, -1):
        if _GOOD_END.match(text[end - 1]) and not _inside_string(text[:end]):
            return text[:end] if _WORD.search(text, 0, end) else ""
    return ""


def _inside_string(text: str) -> bool:
    return any(text.count(quote) % 2 for quote in _QUOTES)
