"""Repair: one typing error that prevents parsing: a bracket, colon, comma, quote, semicolon or keyword.

All possible edits of one token near the message are tried. The repair is certain only if all edits with which the whole
text parses give the same text. For Python, CPython's parser must accept it, too.
"""

from __future__ import annotations

import ast
import itertools
import re
import threading
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from autothink_lsp.document.lines import indent_length
from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.assist.repairs.keywords import KEYWORDS
from autothink_lsp.features.assist.repairs.more_slips import line_changes
from autothink_lsp.features.assist.repairs.near_names import distance
from autothink_lsp.features.assist.repairs.repair import Repair, RepairContext
from autothink_lsp.features.assist.repairs.slip_brackets import (
    bracket_edits,
    closer_lines,
    extra_block_ends,
    is_in_bracket,
    unbalanced_line,
)
from autothink_lsp.features.assist.repairs.slip_edits import suggested_changes
from autothink_lsp.features.assist.repairs.slip_tokens import (
    ATOM_END,
    ATOM_START,
    CLOSERS,
    TOKENS,
    SlipEdit,
    code_length,
    insertion,
    rival,
)
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
_BLOCK = re.compile(r"^\s*(?:async\s+)?(?:def|class|if|elif|else|for|while|try|except|finally|with|match|case)\b")
_CASE = re.compile(r"^\s*(?:case\b.*|default)$")
_STATEMENT_END = frozenset({"c", "cpp", "java", "rust", "csharp", "javascript", "typescript", "tsx"})
# Languages in which a comma at a line's end may join two statements to another one that parses.
_WITHOUT_STATEMENT_ENDS = frozenset({"lua", "ruby"})
_WITHOUT_COMMAS = frozenset({"bash"})  # a comma is part of a word there
# Macros make these files fail to parse before the preprocessor, so an error of the tree is no sign of a typing error.
_PREPROCESSED = frozenset({"c", "cpp"})
_CONDITION = re.compile(r"^\s*(?:if|elif|while)\b[^=!<>:]*?[^=!<>:](=)(?![=])\s*(?:[\w.\"'-]+)\s*:\s*$")
_EMPTY_STRING = re.compile(r"[\s=(\[{,:]?[\"']{2}[\s)\]},;:]?")
_BRACE_LINE = re.compile(r"(?m)^[ \t]*+\{[ \t]*$")
_PLAIN_NAME = re.compile(r"(?<![\w.\])])[^\W\d]\w*\s*$")
_CONSTANT = re.compile(r"\s*(?:-?\d|[\"']|(?:None|True|False)\b)")
# The filters of warnings are those of the process, and repairs are found in two threads (next edits in the other).
_warnings_lock = threading.Lock()
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
    found: dict[str, SlipEdit] = {}
    most_edits = min(_MAX_EDITS, _MAX_PARSED_BYTES // (case.text.byte_length + 1))
    for number, edit in enumerate(_edits(case)):
        if number >= most_edits:
            return None
        case.check_stop()
        changed = str(case.text.replace(edit.start, edit.end, edit.new_text))
        if changed not in found and _is_sound(case, changed, edit.start.line):
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


def _is_sound(case: RepairContext, changed: str, line: int) -> bool:
    """Whether the text parses and its edited line is plausible: no discarded value, no tuple without brackets."""
    parsed = case.tree.grammar.parse_source(changed)
    if parsed is None or tree_error_count(case.tree.grammar, parsed):
        return False
    if case.language != "python":
        is_one_value = case.language == "json" and case.request.snapshot.language_id != "jsonl"
        return (not is_one_value or _value_count(parsed) == 1) and not _has_lost_value(parsed, line)
    module = _python_module(changed)
    return module is not None and _is_plausible(module, changed, line)


def _is_plausible(module: ast.Module, source: str, line: int) -> bool:
    for node in ast.walk(module):
        if not isinstance(node, ast.stmt) or not node.lineno <= line + 1 <= (node.end_lineno or node.lineno):
            continue
        if isinstance(node, ast.Expr) and not isinstance(
            node.value, ast.Call | ast.Await | ast.Yield | ast.YieldFrom | ast.Constant
        ):
            return False
        value = getattr(node, "value", None)
        if isinstance(value, ast.Tuple):
            start = source.splitlines()[value.lineno - 1].encode()[value.col_offset :]
            if not start.startswith(b"("):
                return False
    return True


def _value_count(tree: tree_sitter.Tree) -> int:
    """The number of values of a JSON document, of which the grammar accepts several."""
    return sum(child.type != "comment" for child in tree.root_node.named_children)


_COMPARES = frozenset({"==", "===", "!=", "!==", "<", ">", "<=", ">=", "<=>"})


def _has_lost_value(tree: tree_sitter.Tree, line: int) -> bool:
    """Whether the line has several values where one is used, or a comparison as a statement."""
    pending = [tree.root_node]
    while pending:
        node = pending.pop()
        if not node.start_point[0] <= line <= node.end_point[0]:
            continue
        if node.type in {"sequence_expression", "comma_expression"}:
            return True
        if node.type == "expression_statement" and node.named_child_count == 1:
            value = node.named_children[0]
            while value.type == "parenthesized_expression" and value.named_child_count == 1:
                value = value.named_children[0]
            operator = value.child_by_field_name("operator")
            if operator is not None and operator.type in _COMPARES:
                return True
        pending.extend(node.children)
    return False


def _edits(case: RepairContext) -> Iterator[SlipEdit]:
    for line in _lines(case):
        text = case.text.line(line)
        if len(text) > _MAX_LINE or not text.strip():
            continue
        yield from _words(case, line, text)
        yield from bracket_edits(case, line, text)
        yield from _ends(case, line, text)
        yield from _commas(case, line, text)
        yield from _quotes(line, text)
        yield from _missing_in(case, line, text)
        message = case.diagnostic.message
        for start, end, new, title in suggested_changes(
            case.language, text, message, is_place=line == case.diagnostic.start.line
        ):
            if new == " {" and line + 1 < case.text.line_count and _BRACE_LINE.search(str(case.text)):
                continue  # braces have their own lines here
            yield SlipEdit(Point(line, start), Point(line, end), new, title, is_rival=not title)
        for start, end, new, title in line_changes(case.language, text, _code(case, line, -1), _code(case, line, 1)):
            yield SlipEdit(Point(line, start), Point(line, end), new, title, is_rival=not title)
        if case.language == "python":
            yield from _python_signs(line, text)
    yield from closer_lines(case)
    yield from extra_block_ends(case)


def _lines(case: RepairContext) -> list[int]:
    """The lines of the message, the code line before them and the one after them."""
    first = case.diagnostic.start.line
    found = [first, *(line for step in (-1, 1) if (line := _next_code_line(case, first, step)) is not None)]
    unbalanced = unbalanced_line(case)
    return found if unbalanced is None or unbalanced in found else [*found, unbalanced]


def _next_code_line(case: RepairContext, first: int, step: int) -> int | None:
    line = first + step
    while 0 <= line < case.text.line_count and not case.text.line(line).strip() and abs(line - first) < 6:
        line += step
    return line if 0 <= line < case.text.line_count else None


def _code(case: RepairContext, first: int, step: int) -> str:
    line = _next_code_line(case, first, step)
    return "" if line is None else case.text.line(line)


def _ends(case: RepairContext, line: int, text: str) -> Iterator[SlipEdit]:
    length = code_length(text, case.language)
    last = text[length - 1 : length]
    if case.language == "python" and _BLOCK.match(text) and last != ":":
        yield insertion(line, length, ":")
    if case.language in {"typescript", "tsx", "javascript", "c", "cpp", "java"} and _CASE.match(text[:length]):
        yield insertion(line, length, ":")
    if case.language in _STATEMENT_END and last and last not in ";{},(.=&|?" and text[:2] != "<?":
        yield insertion(line, length, ";")
    if case.language in _WITHOUT_COMMAS:
        return
    if last and last not in ",;{([:" and line + 1 < case.text.line_count:
        following = case.text.line(line + 1).strip()
        is_inside = case.language not in _WITHOUT_STATEMENT_ENDS or is_in_bracket(case, line)
        if following and is_inside and ATOM_END.match(last) and not following.startswith((")", "]", "}")):
            yield insertion(line, length, ",")


def _commas(case: RepairContext, line: int, text: str) -> Iterator[SlipEdit]:
    """Yield commas between two adjacent values in a bracket that has commas. If a colon or ``=`` may also be missing,
    both are tried, so that neither is certain."""
    if case.language in _WITHOUT_COMMAS:
        return
    commas = [0]
    places: list[tuple[int, int]] = []  # the column and the number of the bracket
    brackets = [0]
    previous = None
    for token in TOKENS.finditer(text[: code_length(text, case.language)]):
        if token[0] in CLOSERS:
            brackets.append(len(commas))
            commas.append(0)
        elif token[0] in CLOSERS.values() and len(brackets) > 1:
            brackets.pop()
        elif token[0] == ",":
            commas[brackets[-1]] += 1
        if token[0].isspace():
            continue
        if (
            len(brackets) > 1
            and previous is not None
            and previous.end() < token.start()
            and ATOM_END.match(previous[0][-1])
            and ATOM_START.match(token[0][0])
        ):
            places.append((previous.end(), brackets[-1]))
        previous = token
    for column, bracket in places:
        yield insertion(line, column, ",")
        if not commas[bracket]:
            yield rival(line, column, " +")  # any operator is possible, so a comma is not certain
        yield insertion(line, column, ":")
        yield rival(line, column, "=")


def _quotes(line: int, text: str) -> Iterator[SlipEdit]:
    for quote in "\"'":
        if text.count(quote) % 2 == 0 or quote * 3 in text:
            continue
        for found in re.finditer(quote * 2, text):
            yield SlipEdit(Point(line, found.start()), Point(line, found.start() + 1), "", "", is_rival=True)
        for column in range(indent_length(text), len(text.rstrip()) + 1):
            if text[column - 1 : column] + text[column : column + 1] != quote * 2 and not (
                text[:column].endswith(quote * 2) or text[column:].startswith(quote * 2)
            ):
                is_beside = quote in (text[column - 1 : column], text[column : column + 1])
                if is_beside and not _EMPTY_STRING.fullmatch(_around(text, column, quote)):
                    yield rival(line, column, quote)  # two strings side by side: the quote may lack its backslash
                else:
                    yield insertion(line, column, quote)


def _around(text: str, column: int, quote: str) -> str:
    """The pair of quotes that an insertion at ``column`` gives, with the character before it and the one behind it."""
    first = column - 1 if text[column - 1 : column] == quote else column
    return text[max(0, first - 1) : first] + quote * 2 + text[first + 1 : first + 2]


def _words(case: RepairContext, line: int, text: str) -> Iterator[SlipEdit]:
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
                yield SlipEdit(
                    Point(line, token.start()), Point(line, token.end()), keyword, f"Change `{name}` to `{keyword}`"
                )


def _python_signs(line: int, text: str) -> Iterator[SlipEdit]:
    if (found := _CONDITION.match(text)) and not _may_bind(text[: found.start(1)], text[found.end(1) :]):
        yield SlipEdit(Point(line, found.start(1)), Point(line, found.end(1)), "==", "Compare with `==`")
    for pattern, new, group in _PYTHON_SIGNS:
        found = next((one for one in pattern.finditer(text) if _is_code(text, one.start(group))), None)
        if found is not None:
            start, end = found.span(group)
            yield SlipEdit(Point(line, start), Point(line, end), new, f"Write `{new.strip()}`")


def _may_bind(left: str, right: str) -> bool:
    """Whether ``:=`` may be meant by the ``=`` between: before it is a plain name, and behind it no constant."""
    return _PLAIN_NAME.search(left) is not None and _CONSTANT.match(right) is None


def _is_code(text: str, column: int) -> bool:
    """Whether the column of a line of Python is outside of strings and comments."""
    for token in TOKENS.finditer(text):
        if token[0] == "#":
            return False
        if token.end() > column:
            return token[0][0] not in "\"'"
    return False


def _missing_in(case: RepairContext, line: int, text: str) -> Iterator[SlipEdit]:
    """Yield ``in`` between two adjacent values of a ``for`` that has none."""
    if case.language not in {"python", "rust"}:
        return
    tokens = [one for one in TOKENS.finditer(text[: code_length(text, case.language)]) if not one[0].isspace()]
    words = [one[0] for one in tokens]
    if "for" not in words or "in" in words:
        return
    for left, right in itertools.pairwise(tokens[words.index("for") + 1 :]):
        if left.end() < right.start() and ATOM_END.match(left[0][-1]) and ATOM_START.match(right[0][0]):
            yield insertion(line, left.end(), " in")


def python_parses(source: str) -> bool:
    """Whether CPython compiles ``source``."""
    return _python_module(source) is not None


def _python_module(source: str) -> ast.Module | None:
    """The syntax tree of ``source``; ``None`` if CPython does not compile it, or it is too long."""
    if len(source) > _PYTHON_BYTES:
        return None
    try:
        with _warnings_lock, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(source, "<text>")
            compile(module, "<text>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None
    return module
