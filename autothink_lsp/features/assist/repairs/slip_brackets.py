"""Which bracket may be missing or superfluous near a syntax error. Pure; ``syntax_slip.py`` tries the edits.

A closing bracket is inserted only where the text inside and behind it can be read with it. A bracket is removed only if
no opening bracket can be missing instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from autothink_lsp.document.lines import indent_length, indent_of
from autothink_lsp.features.assist.repairs.repair import RepairContext
from autothink_lsp.features.assist.repairs.slip_tokens import (
    ATOM_END,
    CLOSERS,
    STRING,
    TOKENS,
    SlipEdit,
    code_length,
    code_tokens,
    insertion,
)
from autothink_lsp.values import Point

_LONGEST_TEXT_BYTES = 300_000
_ANY_BRACKET = re.compile(r"[()\[\]{}]")
_FLAT_BLOCK = re.compile(r"(?m)^(?>(?:(?:export|declare|inline|pub)[ \t]++)*)(?:namespace|module|extern|mod)\b")
_BRACE_BLOCKS = frozenset({"c", "cpp", "java", "rust", "csharp", "javascript", "typescript", "tsx", "go"})


def bracket_edits(case: RepairContext, line: int, text: str) -> Iterator[SlipEdit]:
    """Yield the edits that close a bracket of the line, or remove one that was never opened."""
    open_at: list[tuple[str, int]] = []
    extra: list[int] = []
    closed: dict[int, int] = {}
    length = code_length(text, case.language)
    for token in TOKENS.finditer(text[:length]):
        sign, at = token[0], token.start()
        if sign in CLOSERS:
            open_at.append((sign, at))
        elif sign in CLOSERS.values():
            if open_at and CLOSERS[open_at[-1][0]] == sign:
                closed[at] = open_at.pop()[1]
            elif sign == "}" and not text[:at].strip():
                continue  # the end of a block
            else:
                wanted = [opener for opener in open_at if CLOSERS[opener[0]] == sign]
                if wanted:  # the bracket opened after it was never closed
                    while open_at[-1] != wanted[-1]:
                        yield from _closers(case, text, length, *open_at.pop(), line)
                    open_at.pop()
                else:
                    extra.append(at)
    if open_at and text[:length].endswith(",") and _continues_deeper(case, line, text):
        return  # what the bracket holds has more lines
    for opener, at in open_at:
        if at == length - 1 and opener == "{":
            continue  # the beginning of a block
        yield from _closers(case, text, length, opener, at, line)
    yield from _extra_closers(case, text, line, extra, closed)


def _continues_deeper(case: RepairContext, line: int, text: str) -> bool:
    following = case.text.line(line + 1) if line + 1 < case.text.line_count else ""
    return bool(following.strip()) and indent_length(following) > indent_length(text)


def _extra_closers(
    case: RepairContext, text: str, line: int, extra: list[int], closed: dict[int, int]
) -> Iterator[SlipEdit]:
    """Yield edits that remove a bracket after another one of its kind, if no opening bracket can be missing."""
    for at in extra:
        before = at - 1
        opened = closed.get(before)
        if (
            opened is not None
            and text[before] == text[at]
            and _is_only_call(text[:opened])
            and not _HAS_OPERATOR.search(_STRING.sub("", text[opened + 1 : before]))
            and not _may_hold_another(case, text, opened, before)
        ):
            yield SlipEdit(Point(line, at), Point(line, at + 1), "", f"Remove the extra `{text[at]}`")


def _may_hold_another(case: RepairContext, text: str, opened: int, end: int) -> bool:
    """Whether the values in the bracket may be one in a bracket that was not opened: ``add((1, 2))``, ``[[1, 2]]``."""
    inside = _STRING.sub("x", text[opened + 1 : end])
    is_called = opened > 0 and ATOM_END.match(text[opened - 1]) is not None
    if case.language == "python" and text[opened] == "[" and is_called and text[opened + 1] in "\"'":
        return True  # several columns of a table
    has_several = "," in re.sub(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}", "", inside)
    return has_several and (text[opened] != "(" or (case.language in {"python", "rust"} and is_called))


def _closers(case: RepairContext, text: str, length: int, opener: str, at: int, line: int) -> Iterator[SlipEdit]:
    closer = CLOSERS[opener]
    if opener in (text[at - 1 : at], text[at + 1 : at + 2]):
        yield SlipEdit(Point(line, at), Point(line, at + 1), "", "", is_rival=True)  # it may have been typed twice
    if opener == "(" and not _NEEDS_CLOSER.search(text[:at]):
        if _begins_tuple(text, at):
            yield insertion(line, length, closer)
        return  # otherwise a group: the opening bracket may be superfluous
    for token in TOKENS.finditer(text[:length]):
        if token.end() > at and token[0].strip() and _may_close(case, text, opener, at, token.end()):
            if text[token.end() - 1] in _SEPARATORS or _IMPLAUSIBLE_BEHIND.match(text[token.end() :]):
                continue
            if case.language == "lua" and text[token.end() :].lstrip().startswith(";"):
                continue
            is_apart = opener in _PADDED.get(case.language, "{") and text[at + 1 : at + 2] == " "
            blank = is_apart and text[token.end() : token.end() + 1] == " "
            lead = " " if is_apart and not blank and (opener == "[" or token.end() == len(text)) else ""
            yield insertion(line, token.end() + blank, lead + closer)
        inner = token[0].find(".")
        is_dotted = token.end() > at and inner > 0 and token[0][0] not in "\"'`"
        if is_dotted and _may_close(case, text, opener, at, token.start() + inner):
            yield insertion(line, token.start() + inner, closer)


_SEPARATORS = ",;.:="  # hardly ever before a closing bracket of the same line
# What hardly ever follows a closing bracket: a name without a blank, a separator that replaced the bracket.
_IMPLAUSIBLE_BEHIND = re.compile(r"\w|--\w|[*&@$]\w|\s*,\s*[)\]}]|\.(?![\w.<])|=(?![=>~])|;;")
_PADDED = MappingProxyType({"bash": "{["})

# What the results of these calls have; anything else behind the closing bracket is no reading of the text.
_RESULTS: Mapping[str, type] = MappingProxyType(
    {"len": int, "str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict, "set": set}
    | {"tuple": tuple, "sorted": list, "range": range, "repr": str, "isinstance": bool, "print": type(None)}
)
_ADJACENT_STRINGS = re.compile(r"\w\"\s+\"\w|\w'\s+'\w")
_NEVER_CALLED = frozenset({"c", "java", "go"})  # languages in which the result of a call is hardly ever called
_CALLEE = re.compile(r"(?<![\w.])(\w+)$")


def _may_close(case: RepairContext, text: str, opener: str, at: int, end: int) -> bool:
    """Whether closing the bracket at column ``end`` gives a plausible reading of what it holds and what follows."""
    inside, behind = text[at + 1 : end], text[end:]
    if case.language == "python" and "," in inside and _ADJACENT_STRINGS.search(inside):
        return False  # a comma is missing, too
    if opener == "[":
        # A subscript holds no assignment, and no text that is compared.
        return not re.search(r"\s=\s", inside) and not re.match(r"\s*(?:\"[^\"]*\"|'[^']*')\s*[<>=!]", inside)
    if opener != "(":
        return True
    if case.language in _NEVER_CALLED:
        return not behind.startswith("(")
    callee = _CALLEE.search(text[:at]) if case.language == "python" else None
    result = _RESULTS.get(callee[1]) if callee is not None else None
    if result is None or callee is None:
        return True
    if re.search(rf"(?m)\b(?:def|class|import|as) +{callee[1]}\b|^[ \t]*+{callee[1]}[ \t]*+[:=]", str(case.text)):
        return True  # not the built-in one
    member = re.match(r"\.(\w+)", behind)
    if member is not None:
        return hasattr(result, member[1])
    return not behind.startswith("(")


def _begins_tuple(text: str, at: int) -> bool:
    """Whether the bracket is the value of an assignment and holds several values: a tuple that was not closed."""
    before, inside = text[:at], text[at + 1 :]
    flat = re.sub(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}", "", _STRING.sub("x", inside))
    return (
        bool(re.match(r"^\s*+[\w.]++(?:\s*+:[\w\[\]., \t]++)?\s*+=\s*+$", before)) and "," in flat and "(" not in flat
    )


_STRING = re.compile(STRING)
# An opening bracket may be missing before one of its operands.
_HAS_OPERATOR = re.compile(r"\s(?:[-+*/%&|^<>=!?]{1,3}|and|or|not|in|is|if|instanceof)\s")
_NEEDS_CLOSER = re.compile(
    r"[\w)\]>](?<!\breturn)(?<!\band)(?<!\bor)(?<!\bnot)(?<!\bin)$|\b(?:if|while|for|switch|catch)\s+$"
)
_BEFORE_CALL = re.compile(
    r"^\s*+(?>(?:(?:export|const|let|var|return|await|raise|throw|if|elif|while|assert|yield|new|not)\b\s*+\(?+|"
    r"[\w.\[\]]++(?:\s*+:(?!=)\s*+[\w.\[\]| ]++)?\s*+[-+*/]?+:?+=(?!=)\s*+)*)(?>(?:[\w.]++\()*)[\w.]*+\Z"
)


def _is_only_call(prefix: str) -> bool:
    """Whether the prefix is only a name, ``return`` or an assignment: then no opening bracket is missing."""
    return _BEFORE_CALL.match(prefix) is not None


def is_in_bracket(case: RepairContext, line: int) -> bool:
    """Whether a bracket is open at the beginning of ``line``, strings aside."""
    before = _STRING.sub("", "\n".join(case.text.lines(0, line)))
    return sum(map(before.count, "([{")) > sum(map(before.count, ")]}"))


def unbalanced_line(case: RepairContext) -> int | None:
    """The line of the bracket that has no counterpart: parsers often notice it lines later."""
    if case.language == "python" or case.text.byte_length > _LONGEST_TEXT_BYTES:
        return None  # Python's parsers name the line of the bracket
    open_at: list[tuple[str, int]] = []
    for line, text in enumerate(case.text.lines(0, case.text.line_count)):
        if not _ANY_BRACKET.search(text):
            continue
        for token in code_tokens(text, case.language):
            if token[0] in CLOSERS:
                open_at.append((token[0], line))
            elif token[0] in CLOSERS.values():
                if not open_at:
                    return line
                opener, place = open_at.pop()
                if CLOSERS[opener] != token[0]:
                    # Before the end of a block the bracket inside it was not closed, else this one was not opened.
                    return place if token[0] == "}" else line
    inside = [place for opener, place in open_at if opener != "{"]
    return inside[-1] if inside else None


def extra_block_ends(case: RepairContext) -> Iterator[SlipEdit]:
    """Yield the removal of a ``}`` in the first column below another one: a block ends there once."""
    line = case.diagnostic.start.line
    if case.language not in _BRACE_BLOCKS or case.text.line(line).rstrip() != "}" or not line:
        return
    # The code of a namespace may stand in the first column, so that two blocks end there.
    if case.text.line(line - 1).rstrip() == "}" and not _FLAT_BLOCK.search(str(case.text)):
        yield SlipEdit(Point(line, 0), Point(line + 1, 0), "", "Remove the extra `}`")


def closer_lines(case: RepairContext) -> Iterator[SlipEdit]:
    """Yield a closing bracket on a new line for one that is open at a line's end, if code follows without a blank
    line."""
    line = case.diagnostic.start.line
    text = case.text.line(line).rstrip()
    if not text or text[-1] not in CLOSERS or case.language != "python":
        return
    indent = indent_of(text)
    number = line + 1
    while number < case.text.line_count and case.text.line(number).startswith((indent + " ", indent + "\t")):
        number += 1
    if number > line + 1 and number < case.text.line_count and case.text.line(number).strip():
        closer = CLOSERS[text[-1]]
        yield SlipEdit(
            Point(number, 0),
            Point(number, 0),
            indent + closer + case.text.eol_at(line),
            f"Add the missing `{closer}`",
        )
