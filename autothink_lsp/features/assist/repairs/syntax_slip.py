"""Repair: one typing error that prevents parsing: a bracket, colon, comma, quote, semicolon or keyword.

All possible edits of one token near the message are tried. The repair is certain only if all edits with which the whole
text parses give the same text. For Python, CPython's parser must accept it, too.
"""

from __future__ import annotations

import ast
import itertools
import re
import warnings
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import frozen

from autothink_lsp.document.lines import indent_length, indent_of
from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.assist.repairs.keywords import KEYWORDS
from autothink_lsp.features.assist.repairs.near_names import distance
from autothink_lsp.features.assist.repairs.repair import Repair, RepairContext
from autothink_lsp.features.assist.repairs.slip_edits import suggested_changes
from autothink_lsp.syntax.health import tree_error_count
from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily, diagnostic_family
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter

RULE_ID = "syntax-slip"
_MAX_EDITS = 160
_MAX_PARSED_BYTES = 3_000_000  # all tried texts together: about 0.3 s at 10 MB/s
_MAX_LINE = 300
_PYTHON_BYTES = 300_000
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_TOKENS = re.compile(
    r"\"\"\"|'''|\"(?:\\.|[^\"\\]){0,400}+\"|'(?:\\.|[^'\\]){0,400}+'|`[^`]{0,400}+`|[\w$]++(?:\.[\w$]++)?|\s++|."
)
_BLOCK = re.compile(r"^\s*(?:async\s+)?(?:def|class|if|elif|else|for|while|try|except|finally|with|match|case)\b")
_CASE = re.compile(r"^\s*(?:case\b.*|default)$")
_STATEMENT_END = frozenset({"c", "cpp", "java", "rust", "csharp", "javascript", "typescript", "tsx"})
# Macros make these files fail to parse before the preprocessor, so an error of the tree is no sign of a typing error.
_PREPROCESSED = frozenset({"c", "cpp"})
_ATOM_END = re.compile(r"[\w\"'`\])}]")
_ATOM_START = re.compile(r"[\w\"'`&*@]")
_CONDITION = re.compile(r"^\s*(?:if|elif|while)\b[^=!<>:]*?[^=!<>:](=)(?![=])\s*(?:[\w.\"'-]+)\s*:\s*$")
_PLAIN_NAME = re.compile(r"(?<![\w.\])])[^\W\d]\w*\s*$")
_CONSTANT = re.compile(r"\s*(?:-?\d|[\"']|(?:None|True|False)\b)")
# Keywords and operators of other languages in Python.
_PYTHON_SIGNS = (
    (re.compile(r"^(\s*)(else\s*if|elsif)\b"), "elif", 2),
    (re.compile(r"(?<![\w=!<>])(!)(?=[\w(])"), "not ", 1),
    (re.compile(r"\s(&&)\s"), "and", 1),
    (re.compile(r"\s(\|\|)\s"), "or", 1),
    (re.compile(r"\s(=<)\s"), "<=", 1),
    (re.compile(r"\s(=>)\s"), ">=", 1),
    (re.compile(r"^\s*[\w.]+(\+\+)\s*$"), " += 1", 1),
    (re.compile(r"^\s*[\w.]+(--)\s*$"), " -= 1", 1),
)


@frozen
class _Edit:
    start: Point
    end: Point
    new_text: str
    title: str
    is_rival: bool = False  # an alternative reading of the text; it is never applied


def syntax_slip(case: RepairContext) -> Repair | None:
    """The edit; ``None`` unless exactly one of the texts that differ by one token parses."""
    diagnostic = case.diagnostic
    family = diagnostic_family(diagnostic.source, diagnostic.code, diagnostic.message)
    before = tree_error_count(case.tree.grammar, case.tree.tree)
    if family is not DiagnosticFamily.SYNTAX and (not before or case.language in _PREPROCESSED):
        return None
    if not 0 <= diagnostic.start.line < case.text.line_count:
        return None
    if (
        not before
        and case.language not in _PREPROCESSED
        and (case.language != "python" or python_parses(str(case.text)))
    ):
        return None  # the message is outdated, or about something that the grammar does not see
    found: dict[str, _Edit] = {}
    most_edits = min(_MAX_EDITS, _MAX_PARSED_BYTES // (case.text.byte_length + 1))
    for number, edit in enumerate(_edits(case)):
        if number >= most_edits:
            return None
        changed = str(case.text.replace(edit.start, edit.end, edit.new_text))
        if changed not in found and _parses(case, changed) and _is_plausible(case, changed, edit.start.line):
            found[changed] = edit
            if len(found) > 1:
                return None
    if not found:
        return None
    edit = next(iter(found.values()))
    if edit.is_rival:
        return None
    return Repair(
        replacements=(Replacement(edit.start, edit.end, edit.new_text),),
        title=edit.title,
        explanation=f"It is the only change of one token near line {edit.start.line + 1} with which the file parses.",
        rule_id=RULE_ID,
    )


def _parses(case: RepairContext, changed: str) -> bool:
    parsed = case.tree.grammar.parse_source(changed)
    if parsed is None or tree_error_count(case.tree.grammar, parsed):
        return False
    return case.language != "python" or python_parses(changed)


def _is_plausible(case: RepairContext, changed: str, line: int) -> bool:
    """Whether the edited line is plausible: no discarded value, no tuple without brackets."""
    if case.language != "python":
        parsed = case.tree.grammar.parse_source(changed)
        return parsed is not None and not _has_sequence(parsed, line)
    module = ast.parse(changed)
    for node in ast.walk(module):
        if not isinstance(node, ast.stmt) or not node.lineno <= line + 1 <= (node.end_lineno or node.lineno):
            continue
        if isinstance(node, ast.Expr) and not isinstance(
            node.value, ast.Call | ast.Await | ast.Yield | ast.YieldFrom | ast.Constant
        ):
            return False
        value = getattr(node, "value", None)
        if isinstance(value, ast.Tuple):
            start = changed.splitlines()[value.lineno - 1].encode()[value.col_offset :]
            if not start.startswith(b"("):
                return False
    return True


def _has_sequence(tree: tree_sitter.Tree, line: int) -> bool:
    pending = [tree.root_node]
    while pending:
        node = pending.pop()
        if not node.start_point[0] <= line <= node.end_point[0]:
            continue
        if node.type in {"sequence_expression", "comma_expression"}:
            return True
        pending.extend(node.children)
    return False


def _edits(case: RepairContext) -> Iterator[_Edit]:
    for line in _lines(case):
        text = case.text.line(line)
        if len(text) > _MAX_LINE or not text.strip():
            continue
        yield from _words(case, line, text)
        yield from _brackets(case, line, text)
        yield from _ends(case, line, text)
        yield from _commas(case, line, text)
        yield from _quotes(line, text)
        yield from _missing_in(case, line, text)
        message = case.diagnostic.message
        for start, end, new, title in suggested_changes(
            case.language, text, message, is_place=line == case.diagnostic.start.line
        ):
            yield _Edit(Point(line, start), Point(line, end), new, title, is_rival=not title)
        if case.language == "python":
            yield from _python_signs(line, text)
    yield from _closer_lines(case)
    yield from _extra_block_ends(case)


def _lines(case: RepairContext) -> list[int]:
    """The lines of the message, the code line before them and the one after them."""
    first = case.diagnostic.start.line
    found = [first]
    for step in (-1, 1):
        line = first + step
        while 0 <= line < case.text.line_count and not case.text.line(line).strip() and abs(line - first) < 6:
            line += step
        if 0 <= line < case.text.line_count:
            found.append(line)
    unbalanced = _unbalanced_line(case)
    return found if unbalanced is None or unbalanced in found else [*found, unbalanced]


def _unbalanced_line(case: RepairContext) -> int | None:
    """The line of the bracket that has no counterpart: parsers often notice it lines later."""
    if case.language == "python" or case.text.byte_length > _PYTHON_BYTES:
        return None  # Python's parsers name the line of the bracket
    open_at: list[tuple[str, int]] = []
    for line in range(case.text.line_count):
        text = case.text.line(line)
        for token in _TOKENS.finditer(text[: _code_length(text, case.language)]):
            if token[0] in _CLOSERS:
                open_at.append((token[0], line))
            elif token[0] in _CLOSERS.values():
                if not open_at:
                    return line
                opener, place = open_at.pop()
                if _CLOSERS[opener] != token[0]:
                    # Before the end of a block the bracket inside it was not closed, else this one was not opened.
                    return place if token[0] == "}" else line
    inside = [place for opener, place in open_at if opener != "{"]
    return inside[-1] if inside else None


_FLAT_BLOCK = re.compile(r"(?m)^(?:(?:export|declare|inline|pub)[ \t]++)*+(?:namespace|module|extern|mod)\b")


def _extra_block_ends(case: RepairContext) -> Iterator[_Edit]:
    """Yield the removal of a ``}`` in the first column below another one: a block ends there once."""
    line = case.diagnostic.start.line
    if case.language not in _STATEMENT_END | {"go"} or case.text.line(line).rstrip() != "}" or not line:
        return
    # The code of a namespace may stand in the first column, so that two blocks end there.
    if case.text.line(line - 1).rstrip() == "}" and not _FLAT_BLOCK.search(str(case.text)):
        yield _Edit(Point(line, 0), Point(line + 1, 0), "", "Remove the extra `}`")


def _insertion(line: int, column: int, token: str, what: str = "") -> _Edit:
    return _Edit(Point(line, column), Point(line, column), token, f"Add the missing {what or f'`{token.strip()}`'}")


def _rival(line: int, column: int, token: str) -> _Edit:
    return _Edit(Point(line, column), Point(line, column), token, "", is_rival=True)


def _code_length(text: str, language: str) -> int:
    """The length of the line without a trailing comment and blanks."""
    marks = {"python": "#"}.get(language, "//")
    position = 0
    for token in _TOKENS.finditer(text):
        if text.startswith(marks, token.start()):
            break
        if token[0].strip():
            position = token.end()
    return position


def _brackets(case: RepairContext, line: int, text: str) -> Iterator[_Edit]:
    open_at: list[tuple[str, int]] = []
    extra: list[int] = []
    closed: dict[int, int] = {}
    length = _code_length(text, case.language)
    for token in _TOKENS.finditer(text[:length]):
        sign, at = token[0], token.start()
        if sign in _CLOSERS:
            open_at.append((sign, at))
        elif sign in _CLOSERS.values():
            if open_at and _CLOSERS[open_at[-1][0]] == sign:
                closed[at] = open_at.pop()[1]
            elif sign == "}" and not text[:at].strip():
                continue  # the end of a block
            else:
                wanted = [opener for opener in open_at if _CLOSERS[opener[0]] == sign]
                if wanted:  # the bracket opened after it was never closed
                    while open_at[-1] != wanted[-1]:
                        yield from _closers(case, text, length, *open_at.pop(), line)
                    open_at.pop()
                else:
                    extra.append(at)
    for opener, at in open_at:
        if at == length - 1 and opener == "{":
            continue  # the beginning of a block
        yield from _closers(case, text, length, opener, at, line)
    yield from _extra_closers(case, text, line, extra, closed)


def _extra_closers(
    case: RepairContext, text: str, line: int, extra: list[int], closed: dict[int, int]
) -> Iterator[_Edit]:
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
            yield _Edit(Point(line, at), Point(line, at + 1), "", f"Remove the extra `{text[at]}`")


def _may_hold_another(case: RepairContext, text: str, opened: int, end: int) -> bool:
    """Whether the values in the bracket may be one in a bracket that was not opened: ``add((1, 2))``, ``[[1, 2]]``."""
    inside = _STRING.sub("x", text[opened + 1 : end])
    is_called = opened > 0 and _ATOM_END.match(text[opened - 1]) is not None
    if case.language == "python" and text[opened] == "[" and is_called and text[opened + 1] in "\"'":
        return True  # several columns of a table
    has_several = "," in re.sub(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}", "", inside)
    return has_several and (text[opened] != "(" or (case.language in {"python", "rust"} and is_called))


def _closers(case: RepairContext, text: str, length: int, opener: str, at: int, line: int) -> Iterator[_Edit]:
    closer = _CLOSERS[opener]
    if opener == "(" and not _NEEDS_CLOSER.search(text[:at]):
        if _begins_tuple(text, at):
            yield _insertion(line, length, closer)
        return  # otherwise a group: the opening bracket may be superfluous
    for token in _TOKENS.finditer(text[:length]):
        if token.end() > at and token[0].strip() and _may_close(case, text, opener, at, token.end()):
            blank = opener == "{" and text[at + 1 : at + 2] == " " and text[token.end() : token.end() + 1] == " "
            yield _insertion(line, token.end() + blank, closer)
        inner = token[0].find(".")
        is_dotted = token.end() > at and inner > 0 and token[0][0] not in "\"'`"
        if is_dotted and _may_close(case, text, opener, at, token.start() + inner):
            yield _insertion(line, token.start() + inner, closer)


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


_STRING = re.compile(r"\"(?:\\.|[^\"\\]){0,400}+\"|'(?:\\.|[^'\\]){0,400}+'")
# An opening bracket may be missing before one of its operands.
_HAS_OPERATOR = re.compile(r"\s(?:[-+*/%&|^<>=!?]{1,3}|and|or|not|in|is|if|instanceof)\s")
_NEEDS_CLOSER = re.compile(
    r"[\w)\]>](?<!\breturn)(?<!\band)(?<!\bor)(?<!\bnot)(?<!\bin)$|\b(?:if|while|for|switch|catch)\s+$"
)
_BEFORE_CALL = re.compile(
    r"^\s*+(?:(?:export|const|let|var|return|await|raise|throw|if|elif|while|assert|yield|new|not)\b\s*+\(?+|"
    r"[\w.\[\]]++(?:\s*+:(?!=)\s*+[\w.\[\]| ]++)?\s*+[-+*/]?+:?+=(?!=)\s*+)*+(?:[\w.]++\()*+[\w.]*+\Z"
)


def _is_only_call(prefix: str) -> bool:
    """Whether the prefix is only a name, ``return`` or an assignment: then no opening bracket is missing."""
    return _BEFORE_CALL.match(prefix) is not None


def _ends(case: RepairContext, line: int, text: str) -> Iterator[_Edit]:
    length = _code_length(text, case.language)
    last = text[length - 1 : length]
    if case.language == "python" and _BLOCK.match(text) and last != ":":
        yield _insertion(line, length, ":")
    if case.language in {"typescript", "tsx", "javascript", "c", "cpp", "java"} and _CASE.match(text[:length]):
        yield _insertion(line, length, ":")
    if case.language in _STATEMENT_END and last and last not in ";{},(":
        yield _insertion(line, length, ";")
    if last and last not in ",;{([:" and line + 1 < case.text.line_count:
        following = case.text.line(line + 1).strip()
        if following and _ATOM_END.match(last) and not following.startswith((")", "]", "}")):
            yield _insertion(line, length, ",")


def _commas(case: RepairContext, line: int, text: str) -> Iterator[_Edit]:
    """Yield commas between two adjacent values in a bracket that has commas. If a colon or ``=`` may also be missing,
    both are tried, so that neither is certain."""
    commas = [0]
    places: list[tuple[int, int]] = []  # the column and the number of the bracket
    brackets = [0]
    previous = None
    for token in _TOKENS.finditer(text[: _code_length(text, case.language)]):
        if token[0] in _CLOSERS:
            brackets.append(len(commas))
            commas.append(0)
        elif token[0] in _CLOSERS.values() and len(brackets) > 1:
            brackets.pop()
        elif token[0] == ",":
            commas[brackets[-1]] += 1
        if token[0].isspace():
            continue
        if (
            len(brackets) > 1
            and previous is not None
            and previous.end() < token.start()
            and _ATOM_END.match(previous[0][-1])
            and _ATOM_START.match(token[0][0])
        ):
            places.append((previous.end(), brackets[-1]))
        previous = token
    for column, bracket in places:
        yield _insertion(line, column, ",")
        if not commas[bracket]:
            yield _rival(line, column, " +")  # any operator is possible, so a comma is not certain
        yield _insertion(line, column, ":")
        yield _rival(line, column, "=")


def _quotes(line: int, text: str) -> Iterator[_Edit]:
    for quote in "\"'":
        if text.count(quote) % 2 == 0 or quote * 3 in text:
            continue
        for column in range(indent_length(text), len(text.rstrip()) + 1):
            yield _insertion(line, column, quote)


def _words(case: RepairContext, line: int, text: str) -> Iterator[_Edit]:
    """Yield corrections of a name that is one error from a keyword and occurs nowhere else."""
    keywords = KEYWORDS.get(case.language, frozenset())
    for token in re.finditer(r"(?<![\w$.])[a-zA-Z]{2,12}(?![\w$])", text):
        name = token[0]
        if name in keywords:
            continue
        for keyword in keywords:
            if abs(len(name) - len(keyword)) > 1 or (len(name) + len(keyword) < 6 and sorted(name) != sorted(keyword)):
                continue
            if distance(name, keyword) == 1 and len(re.findall(rf"\b{name}\b", str(case.text))) == 1:
                yield _Edit(
                    Point(line, token.start()), Point(line, token.end()), keyword, f"Change `{name}` to `{keyword}`"
                )


def _python_signs(line: int, text: str) -> Iterator[_Edit]:
    if (found := _CONDITION.match(text)) and not _may_bind(text[: found.start(1)], text[found.end(1) :]):
        yield _Edit(Point(line, found.start(1)), Point(line, found.end(1)), "==", "Compare with `==`")
    for pattern, new, group in _PYTHON_SIGNS:
        found = next((one for one in pattern.finditer(text) if _is_code(text, one.start(group))), None)
        if found is not None:
            start, end = found.span(group)
            yield _Edit(Point(line, start), Point(line, end), new, f"Write `{new.strip()}`")


def _may_bind(left: str, right: str) -> bool:
    """Whether ``:=`` may be meant by the ``=`` between: before it is a plain name, and behind it no constant."""
    return _PLAIN_NAME.search(left) is not None and _CONSTANT.match(right) is None


def _is_code(text: str, column: int) -> bool:
    """Whether the column of a line of Python is outside of strings and comments."""
    for token in _TOKENS.finditer(text):
        if token[0] == "#":
            return False
        if token.end() > column:
            return token[0][0] not in "\"'"
    return False


def _missing_in(case: RepairContext, line: int, text: str) -> Iterator[_Edit]:
    """Yield ``in`` between two adjacent values of a ``for`` that has none."""
    if case.language not in {"python", "rust"}:
        return
    tokens = [one for one in _TOKENS.finditer(text[: _code_length(text, case.language)]) if not one[0].isspace()]
    words = [one[0] for one in tokens]
    if "for" not in words or "in" in words:
        return
    for left, right in itertools.pairwise(tokens[words.index("for") + 1 :]):
        if left.end() < right.start() and _ATOM_END.match(left[0][-1]) and _ATOM_START.match(right[0][0]):
            yield _insertion(line, left.end(), " in")


def _closer_lines(case: RepairContext) -> Iterator[_Edit]:
    """Yield a closing bracket on a new line for one that is open at a line's end, if code follows without a blank
    line."""
    line = case.diagnostic.start.line
    text = case.text.line(line).rstrip()
    if not text or text[-1] not in _CLOSERS or case.language != "python":
        return
    indent = indent_of(text)
    number = line + 1
    while number < case.text.line_count and case.text.line(number).startswith((indent + " ", indent + "\t")):
        number += 1
    if number > line + 1 and number < case.text.line_count and case.text.line(number).strip():
        closer = _CLOSERS[text[-1]]
        yield _Edit(
            Point(number, 0),
            Point(number, 0),
            indent + closer + case.text.eol_at(line),
            f"Add the missing `{closer}`",
        )


def python_parses(source: str) -> bool:
    """Whether CPython compiles ``source``."""
    if len(source) > _PYTHON_BYTES:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "<text>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True
