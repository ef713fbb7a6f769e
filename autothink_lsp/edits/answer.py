"""Reads a model's answer: which part is explanation, which is code, and in what form. Applies nothing.

Understood are one fenced block with the whole code (the last one behind "The whole edited code:", else the last of
all), search/replace blocks, and an answer that is nothing but code. An answer that was cut is marked as cut: nothing
of it is ever applied.
"""

from __future__ import annotations

import re

from attrs import field, frozen

from autothink_lsp.edits.values import EditRefused, Refusal

_FENCE = re.compile(r"^[ \t]{0,3}(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)$", re.MULTILINE)
_HEADER = re.compile(r"^[ \t>*_#]*the whole (?:edited code|test file)[ \t*_]*:[ \t*_]*$", re.IGNORECASE | re.MULTILINE)
_SEARCH = re.compile(r"^<{5,9} ?SEARCH\b.*$", re.MULTILINE)
_MIDDLE = re.compile(r"^={5,9}[ \t]*$", re.MULTILINE)
_REPLACE = re.compile(r"^>{5,9} ?REPLACE\b.*$", re.MULTILINE)
_NUMBERED = re.compile(r"^ {0,5}(\d{1,6})(?: ?[|:│] ?|\t)", re.MULTILINE)
MOST_CHARACTERS = 400_000


@frozen
class SearchReplace:
    """Replace ``search`` (as the model copied it) by ``replace``; both without a last line end."""

    search: str
    replace: str


@frozen
class Answer:
    """``whole`` is all of the code to edit, changed; with ``blocks`` it is ``None``."""

    explanation: str
    blocks: tuple[SearchReplace, ...] = ()
    whole: str | None = field(default=None, repr=False)
    fence_language: str = ""


@frozen
class _Fence:
    start: int  # of its opening line
    end: int  # behind its closing line
    language: str
    code: str
    closed: bool


def read_answer(answer: str, *, finished: bool) -> Answer:
    """Raises ``EditRefused`` (TRUNCATED) for what was cut; code is ``None`` where there is none."""
    if len(answer) > MOST_CHARACTERS:
        raise EditRefused(Refusal.OTHER_CODE, "The model's answer is far too long to be an edit.")
    text = answer.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if _SEARCH.search(text):
        return _read_blocks(text, finished=finished)
    if not finished:
        raise _truncated()
    fences = _fences(text)
    chosen = _chosen(text, fences)
    if chosen is None:
        return Answer(explanation=text.strip(), whole=_bare_code(text))
    explanation = _HEADER.sub("", text[: chosen.start]).strip()
    return Answer(explanation, whole=_without_numbers(chosen.code), fence_language=chosen.language)


def _chosen(text: str, fences: list[_Fence]) -> _Fence | None:
    """Behind the header the first, else the last: a snippet that is quoted in the explanation stands before it."""
    headers = list(_HEADER.finditer(text))
    if headers:
        behind = [fence for fence in fences if fence.start >= headers[-1].end()]
        if behind:
            return behind[0]
    return fences[-1] if fences else None


def _fences(text: str) -> list[_Fence]:
    """Fenced blocks. A fence ends at a line of at least as many of its characters and nothing else; the last block may
    lack it where the model stopped right behind the code."""
    found: list[_Fence] = []
    position = 0
    while (opening := _FENCE.search(text, position)) is not None:
        mark = opening["fence"]
        close = re.compile(rf"^[ \t]{{0,3}}{re.escape(mark[0])}{{{len(mark)},}}[ \t]*$", re.MULTILINE)
        start = min(opening.end() + 1, len(text))
        closing = _closing(text, start, close)
        stop, end = (closing.start(), closing.end()) if closing else (len(text), len(text))
        code = text[start:stop].removesuffix("\n")
        found.append(_Fence(opening.start(), end, opening["info"].strip().lower(), code, closing is not None))
        position = end
        if closing is None:
            break
    return found


def _closing(text: str, start: int, close: re.Pattern[str]) -> re.Match[str] | None:
    """The closing line; past fences that open inside the code (a docstring with an example in it)."""
    depth = 0
    position = start
    while (match := _FENCE.search(text, position)) is not None:
        if match["info"].strip():
            depth += 1
        elif depth and match["info"].strip() == "":
            depth -= 1
        elif close.match(text, match.start()):
            return match
        position = match.end()
    return close.search(text, start) if depth else None


def _bare_code(text: str) -> str | None:
    """An answer without any fence that is code and not prose: no line reads like a sentence."""
    lines = [line for line in text.strip("\n").split("\n") if line.strip()]
    if not lines:
        return None
    prose = sum(1 for line in lines if re.match(r"^[A-Z][a-z']+ (?:\w+[ ,]+){3,}\w+", line))
    symbols = sum(1 for line in lines if re.search(r"[=(){};:\[\]<>]|^\s+\S", line))
    return text.strip("\n") if not prose and symbols * 2 >= len(lines) else None


def _without_numbers(code: str) -> str:
    """Line numbers that the model copied along, if every line has one and they count up."""
    lines = code.split("\n")
    numbers = [_NUMBERED.match(line) for line in lines]
    if len(lines) < 2 or not all(numbers):
        return code
    counted = [int(match[1]) for match in numbers if match]
    if counted != list(range(counted[0], counted[0] + len(counted))):
        return code
    return "\n".join(line[match.end() :] for line, match in zip(lines, numbers, strict=True) if match)


def _read_blocks(text: str, *, finished: bool) -> Answer:
    blocks: list[SearchReplace] = []
    position, first = 0, len(text)
    while (search := _SEARCH.search(text, position)) is not None:
        first = min(first, search.start())
        middle = _MIDDLE.search(text, search.end())
        replace = _REPLACE.search(text, middle.end()) if middle else None
        if middle is None or replace is None:
            raise _truncated()
        blocks.append(
            SearchReplace(
                text[search.end() : middle.start()].strip("\n"),
                text[middle.end() : replace.start()].removeprefix("\n").removesuffix("\n"),
            )
        )
        position = replace.end()
    if not finished:
        raise _truncated()
    explanation = _FENCE.sub("", text[:first]).strip()
    return Answer(explanation, blocks=tuple(blocks))


def _truncated() -> EditRefused:
    return EditRefused(
        Refusal.TRUNCATED,
        "The model's answer was cut, so it was not applied.",
        hint="A larger assist.max_tokens or assist.deadline_s gives it room.",
        for_model="Your answer was cut off. Answer again, shorter: one sentence, then the code.",
    )
