"""The lexical context of the cursor: code, string or comment, the open brackets, and which of them are unclosed.

The windows above and below may be cut anywhere, so everything is a best guess from the visible text.
"""

from __future__ import annotations

from functools import lru_cache

from autothink_lsp.context.values import CodeContext
from autothink_lsp.stream.lexical import CLOSER_OF, Mode, Scanner, ScannerState
from autothink_lsp.stream.reading_start import state_at
from autothink_lsp.syntax.language_style import LanguageStyle, indent_columns
from autothink_lsp.values import frozen

_ABOVE_CHARACTERS = 3_000
_STEP_CHARACTERS = 1_000
_BELOW_CHARACTERS = 1_500


@frozen
class OpenBracket:
    """An opener above the cursor whose closer is not above. ``columns``: the indentation of its line.

    ``closed_below``: a closer below seems to be its own; ``anchored``: and surely is, because it begins a line that is
    indented as the opener's line. Otherwise that closer may belong to another opener of the kind.
    """

    char: str
    columns: int
    closed_below: bool = False
    anchored: bool = False

    @property
    def closer(self) -> str:
        return CLOSER_OF[self.char]


@frozen
class LooseCloser:
    """A closer below the cursor without an opener there. ``columns``: its line's indentation if it begins the line.

    ``offset`` counts code points from the cursor.
    """

    char: str
    offset: int
    columns: int | None


@frozen
class CursorContext:
    """The lexical context of the cursor. ``scanner`` is at the cursor: fork it, never feed it.

    ``open_brackets``: outermost first. ``spare_closers``: those below that close nothing above, in order. ``begins``:
    the state that was assumed where reading begins; ``None`` for code.
    """

    style: LanguageStyle
    scanner: Scanner
    open_brackets: tuple[OpenBracket, ...]
    spare_closers: tuple[LooseCloser, ...]
    begins: ScannerState | None = None


@lru_cache(maxsize=4)  # a request, its answer and the filters use the same place
def lex_cursor(context: CodeContext) -> CursorContext:
    """Lex the text before and after the cursor, bounded independent of the file's size."""
    style = context.style
    start = _reading_start(context.prefix)
    above = context.prefix[start:]
    line_start = above.rfind("\n") + 1
    lines_above = "" if start else context.lines_above[-_ABOVE_CHARACTERS:]  # a line may be of any length
    begins = _begins(style, lines_above, start > 0, above[:line_start])
    lines = _read_lines(style, begins, above[:line_start])
    scanner = lines.scanner.copy().feed(above[line_start:])
    opened = unclosed(above, scanner.brackets[len(lines.scanner.brackets) :], lines.unclosed)
    below, begins_line = context.suffix[:_BELOW_CHARACTERS], not context.line_prefix.strip()
    if below.startswith("\n") and scanner.is_between_tokens:
        loose = _read_below(style, below, begins_line)  # whatever the line has, code goes on below
    else:
        after = scanner.fork() if _goes_on_below(scanner, context.line_suffix) else Scanner(style)
        loose = _closers_below(after, below, begins_line)
    return CursorContext(style, scanner, *pair(opened, loose), begins)


@frozen
class _ReadLines:
    """The lines above the cursor's: a scanner at their end, which must not be fed, and the openers that they leave
    open."""

    scanner: Scanner
    unclosed: tuple[tuple[int, str], ...]


@lru_cache(maxsize=8)  # they are the same for all keys of a line
def _read_lines(style: LanguageStyle, begins: ScannerState | None, text: str) -> _ReadLines:
    scanner = Scanner(style, begins).feed_known(text)
    return _ReadLines(scanner, tuple(_left_open(scanner.brackets)))


@lru_cache(maxsize=8)
def _read_below(style: LanguageStyle, below: str, begins_line: bool) -> tuple[LooseCloser, ...]:
    return _closers_below(Scanner(style), below, begins_line)


def _closers_below(after: Scanner, below: str, begins_line: bool) -> tuple[LooseCloser, ...]:
    next_line = below.find("\n") + 1
    after.feed(below[:next_line]).feed_known(below[next_line:])
    return loose_closers(below, after.brackets, begins_line=begins_line)


def is_read_whole(prefix: str) -> bool:
    """Whether the whole text is lexed. If not, lexing may begin inside a string of several lines and mistake its text
    for code."""
    return _reading_start(prefix) == 0


def _reading_start(prefix: str) -> int:
    """Where reading begins: at a line, and at the same one for some lines that are typed, because pieces of what was
    read are remembered."""
    least = len(prefix) - _ABOVE_CHARACTERS
    if least <= 0:
        return 0
    return prefix.find("\n", max(0, least - least % _STEP_CHARACTERS)) + 1


def _begins(style: LanguageStyle, above: str, is_cut: bool, text: str) -> ScannerState | None:
    """The state in which the text begins: code at the start of a document."""
    if not is_cut and not above:
        return None
    # What is typed at the end changes nothing.
    known = text[: text.rfind("\n", 0, len(text) // _STEP_CHARACTERS * _STEP_CHARACTERS) + 1] or text
    return _state_at(style, above, known)


_state_at = lru_cache(maxsize=16)(state_at)


def _goes_on_below(scanner: Scanner, line_suffix: str) -> bool:
    """Whether the text after the cursor continues the cursor's string or comment. A string without a closing quote ends
    at the cursor."""
    return scanner.mode is not Mode.STRING or scanner.in_long_string or scanner.closing in line_suffix


def unclosed(
    text: str, brackets: list[tuple[int, str]], above: tuple[tuple[int, str], ...] = ()
) -> tuple[OpenBracket, ...]:
    """The openers that ``text`` leaves open, outermost first. ``above`` are those that are open before ``brackets``. A
    mismatched closer closes the nearest opener of its kind."""
    stack = _left_open(brackets, above)
    return tuple(OpenBracket(char, indent_columns(text[text.rfind("\n", 0, at) + 1 :])) for at, char in stack)


def _left_open(brackets: list[tuple[int, str]], above: tuple[tuple[int, str], ...] = ()) -> list[tuple[int, str]]:
    stack = list(above)
    for offset, char in brackets:
        if char in CLOSER_OF:
            stack.append((offset, char))
            continue
        for depth in range(len(stack) - 1, -1, -1):
            if CLOSER_OF[stack[depth][1]] == char:
                del stack[depth:]
                break
    return stack


def loose_closers(text: str, brackets: list[tuple[int, str]], *, begins_line: bool) -> tuple[LooseCloser, ...]:
    """The closers of ``text`` that have no opener in it, in order."""
    depth: list[str] = []
    loose: list[LooseCloser] = []
    for offset, char in brackets:
        if char in CLOSER_OF:
            depth.append(CLOSER_OF[char])
        elif depth:
            if char in depth:
                while depth.pop() != char:
                    pass
        else:
            start = text.rfind("\n", 0, offset) + 1
            leads = not text[start:offset].strip() and (start > 0 or begins_line)
            loose.append(LooseCloser(char, offset, indent_columns(text[start:]) if leads and start else None))
    return tuple(loose)


def pair(
    opened: tuple[OpenBracket, ...], loose: tuple[LooseCloser, ...]
) -> tuple[tuple[OpenBracket, ...], tuple[LooseCloser, ...]]:
    """Pair openers, innermost first, with the closers below: the marked openers, and the closers that are left over.

    A closer at the beginning of its line belongs to the opener whose line has the same indentation. One that is
    indented less than the opener's line belongs to an outer opener, so this one has none; one that is indented more,
    while the opener's own comes later, belongs to code that is still to be written at the cursor.
    """
    marked: list[OpenBracket] = []
    spare: list[LooseCloser] = []
    waiting = list(loose)
    for bracket in reversed(opened):
        own = (bracket.closer, bracket.columns)
        if any((closer.char, closer.columns) == own for closer in waiting):
            while waiting and waiting[0].columns is not None and waiting[0].columns > bracket.columns:
                spare.append(waiting.pop(0))
        mine = bool(waiting) and waiting[0].char == bracket.closer
        if mine and waiting[0].columns is not None and waiting[0].columns < bracket.columns:
            mine = False
        anchored = mine and waiting.pop(0).columns is not None
        marked.append(OpenBracket(bracket.char, bracket.columns, mine, anchored))
    return tuple(reversed(marked)), (*spare, *waiting)
