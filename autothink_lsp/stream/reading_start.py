"""Guesses whether a text that begins anywhere in a file begins in code, or inside a string or comment of several lines.

A window often begins inside of a docstring. Read as if it began in code, all of its code is taken for text and all of
its text for code, from there to the cursor. So the text is read from each possible state, and the one is taken with
which lines that look like code are code, and lines that look like prose are not. Pure; a tie means code.
"""

from __future__ import annotations

import re
from functools import lru_cache

from autothink_lsp.stream.lexical import Mode, Scanner, ScannerState
from autothink_lsp.syntax.language_style import LanguageStyle

# An assignment, a call or a decorator at the start of a line; a keyword and what follows it.
_CODE = re.compile(
    r"\s*(?:@\w|[\w.\[\]'\"]{1,60}(?:: ?[\w.\[\], |]{1,60})? ?(?:[-+*/%|&^:]?=(?!=)|\(|\+\+|--)"
    r"|(?:def|class|async def|func|fn|function|import|from|const|let|var|elif|else:|try:|except|finally:|return\b|raise"
    r"|yield|assert|public|private|protected|static|struct|enum|interface|package|using|namespace)\b)"
)
_PROSE = re.compile(r"\s*(?:[-*] )?[A-Z]?[a-z]+,? (?:[a-z`*'-]+,? ){2}[^=(){};]*$")
_ENDS_AS_CODE = re.compile(r"[:;{}()\[\]\\,=]\s*$")


def state_at(style: LanguageStyle, above: str, text: str) -> ScannerState | None:
    """The state of a lexer at the start of ``text``, which follows ``above``; ``None`` if it most likely is code.

    Both are whole lines from somewhere in a file, not from its start."""
    candidates = _candidates(style, above + text)
    if not candidates:
        return None
    lines = (above + text).splitlines(keepends=True)
    code = _score(style, None, lines)
    best, state = max(((_score(style, one, lines), one) for one in candidates), key=lambda found: found[0])
    start = state if best > code else None
    return Scanner(style, start).feed(above).state if above or start is not None else None


def _candidates(style: LanguageStyle, text: str) -> list[ScannerState]:
    """The states other than code in which the text can begin: an end of each is in it."""
    found = [_state(Mode.STRING, quote) for quote in style.long_quotes if quote in text]
    for opener, closer in style.inline_block_comments:
        end = text.find(closer)
        if end >= 0 and not 0 <= text.find(opener) < end:
            found.append(_state(Mode.BLOCK_COMMENT, closer))
    return found


def _state(mode: Mode, closer: str) -> ScannerState:
    # A character before it, so that a delimiter at the start ends the text and is not the end of an empty string.
    return mode, closer, " ", "", False, ""


def _score(style: LanguageStyle, state: ScannerState | None, lines: list[str]) -> int:
    """How many lines are as they look, less those that are not."""
    scanner, score = Scanner(style, state), 0
    for line in lines:
        in_text = scanner.spans_lines
        in_brackets = scanner.mode is Mode.STRING and not in_text
        scanner.feed(line)
        if not in_brackets and line.strip():
            looks = _looks(style, line)
            if looks is not None:
                score += 1 if (looks == "text") == in_text else -1
    return score


@lru_cache(maxsize=512)
def _looks(style: LanguageStyle, line: str) -> str | None:
    stripped = line.strip()
    if any(stripped.startswith(token) for token in style.line_comments):
        return None
    if _CODE.match(line):
        return "code"
    if _PROSE.match(line) and not _ENDS_AS_CODE.search(line):
        return "text"
    return None
