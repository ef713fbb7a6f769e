"""Determines from a document's lines whether an action is useful at a place.

Reads some lines and parses nothing, because editors request actions at every cursor move. If in doubt, an action is
useful.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence

from attrs import frozen

from autothink_lsp.document.lines import indent_length
from autothink_lsp.document.text import Text
from autothink_lsp.features.assist.actions import ActionKind
from autothink_lsp.values import Diagnostic, Point

# Languages with optional type annotations.
_OPTIONAL_TYPES = frozenset({"python", "typescript", "typescriptreact", "php"})
_IMPORT = re.compile(
    r"\s*(?:import\b|from\s+\S+\s+import\b|export\s.*\bfrom\b|#\s*include\b|use\s+[\w:\\{]|using\s+\w|require\b|package\s"
    r"|(?:const|let|var|local)\b.*=\s*require\b)"
)
_TEST_FILE = re.compile(r"(?:^|/)(?:tests?|spec|__tests__)/|(?:^|/)test_[^/]*$|[._-](?:test|spec)s?\.\w+$|Tests?\.\w+$")
_UNKNOWN = re.compile(r"undefined|not defined|cannot find|can't find|unresolved|undeclared|not declared", re.IGNORECASE)
_KEYWORDS = frozenset(
    (
        *keyword.kwlist,
        *keyword.softkwlist,
        *("function", "func", "fn", "var", "let", "const", "do", "switch", "default", "struct", "enum", "interface"),
        *(
            "trait",
            "impl",
            "package",
            "export",
            "use",
            "using",
            "namespace",
            "public",
            "private",
            "protected",
            "static",
        ),
        *("void", "this", "self", "super", "new", "delete", "null", "nil", "true", "false", "undefined", "end", "then"),
        *("local", "elseif", "unless", "until", "begin", "module", "require", "include", "throw", "throws", "catch"),
        *("where", "mut", "pub", "extends", "implements", "abstract", "final", "override"),
    )
)
_LINE_COMMENTS = {
    "python": "#",
    "ruby": "#",
    "shellscript": "#",
    "yaml": "#",
    "toml": "#",
    "r": "#",
    "lua": "--",
    "sql": "--",
}
_HEADER = re.compile(r"^(\s*+)(?:async\s+)?def\s+\w+")
_KEYWORD_FUNCTION = re.compile(  # in JavaScript, PHP, Rust, Go, Kotlin and Swift a word begins a function
    r"^(\s*+)(?:(?:export|default|public|private|protected|internal|static|async|pub(?:\([^)]*\))?|final|override|abstract"
    r"|open|inline|unsafe|const|suspend)\s+)*(?:function\b\*?|func|fn|fun)\s+(?:\([^()]*\)\s*)?\w+"
)
# The last line of a comment for documentation; Go has no mark for those.
_DOCUMENTED = re.compile(r"\s*+(?:\*/|/\*\*.*\*/|//[/!])")
_GO_DOCUMENTED = re.compile(r"\s*+(?://\s|.*\*/\s*$)")
_ENDS_PARAMETERS = re.compile(r"\s*+(?:[)\]]|\}[ \t]*[^\s;])")
_ATTRIBUTE = re.compile(r"\s*(?:@\w|#\[)")
_MOST_LINES_ABOVE, _MOST_HEADER_LINES = 200, 20
_NOT_ON_IMPORTS = frozenset(ActionKind) - {ActionKind.FIX, ActionKind.DESCRIBE, ActionKind.EXPLAIN, ActionKind.EXTRACT}


@frozen(kw_only=True)
class OfferPlace:
    """A cursor or a selection in a document. ``word`` is the identifier at its start."""

    text: Text
    start: Point
    end: Point
    language_id: str
    path: str
    word: str
    has_instruction: bool  # a comment at the place describes a change

    @property
    def is_selection(self) -> bool:
        return self.start != self.end

    def has_use(self, action: ActionKind, diagnostics: Sequence[Diagnostic]) -> bool:
        """Whether ``action`` can change something here."""
        if action is ActionKind.EXTRACT:
            return self.is_selection
        if action is ActionKind.DESCRIBE:
            return self.has_instruction
        line = self.text.line(self.start.line)
        if action in _NOT_ON_IMPORTS and self.start.line == self.end.line and _IMPORT.match(line):
            return False
        match action:
            case ActionKind.RENAME:
                return not self.is_selection and self._is_name(line) and not self._is_unknown(diagnostics)
            case ActionKind.TYPES:
                if self.language_id not in _OPTIONAL_TYPES:
                    return False
                header, _ = self._header()
                return not _has_all_types(header or self._typescript_header())
            case ActionKind.DOCSTRING:
                return self.is_selection or not (_begins_string(self._header()[1]) or self._has_comment_above())
            case ActionKind.TESTS:
                return _TEST_FILE.search(self.path) is None
            case _:
                return True

    def _is_name(self, line: str) -> bool:
        """Whether the word is an identifier in code."""
        if not self.word or self.word in _KEYWORDS:
            return False
        before = line[: self.start.column]
        comment = _LINE_COMMENTS.get(self.language_id, "//")
        return comment not in before and not any(before.count(quote) % 2 for quote in "\"'`")

    def _is_unknown(self, diagnostics: Sequence[Diagnostic]) -> bool:
        return any(
            one.start <= self.start <= one.end and self.word in one.message and _UNKNOWN.search(one.message)
            for one in diagnostics
        )

    def _header(self) -> tuple[str, str]:
        """The header lines of the Python function around the place, and the line after them; both empty if there is
        none."""
        number = self._line_of(_HEADER) if self.language_id == "python" else None
        return self._to_colon(number) if number is not None else ("", "")

    def _line_of(self, function: re.Pattern[str]) -> int | None:
        """The first line of the function around the place; None if there is none that ``function`` matches."""
        first = max(0, self.start.line - _MOST_LINES_ABOVE)
        lines = self.text.lines(first, self.start.line + 1)
        indent = indent_length(lines[-1]) if lines[-1].strip() else 1_000
        for number in range(self.start.line, first - 1, -1):
            line = lines[number - first]
            found = function.match(line)
            if found is not None and (number == self.start.line or len(found[1]) < indent):
                return number
            if line.strip() and not _ENDS_PARAMETERS.match(line):
                indent = min(indent, indent_length(line))  # what begins above at this level has ended
        return None

    def _typescript_header(self) -> str:
        """The header of the TypeScript function around the place, in the order of a Python one; empty if none is
        found."""
        is_typescript = self.language_id.startswith("typescript")
        number = self._line_of(_KEYWORD_FUNCTION) if is_typescript else None
        header = ""
        for line in range(number, min(self.text.line_count, number + _MOST_HEADER_LINES)) if number is not None else ():
            header += self.text.line(line).strip()
            if header.endswith("{"):
                parameters, result = header.rpartition(")")[::2]
                is_typed = result.lstrip().startswith(":")
                return f"{parameters}) -> {result}" if is_typed else ""
        return ""

    def _has_comment_above(self) -> bool:
        """Whether a comment stands above the function around the place. Only functions that begin with a keyword are
        found."""
        number = self._line_of(_KEYWORD_FUNCTION)
        while number is not None and number > 0:
            number -= 1
            line = self.text.line(number)
            if not _ATTRIBUTE.match(line):
                found = _GO_DOCUMENTED.match(line) if self.language_id == "go" else _DOCUMENTED.match(line)
                return found is not None
        return False

    def _to_colon(self, first: int) -> tuple[str, str]:
        header = ""
        for number in range(first, min(self.text.line_count, first + _MOST_HEADER_LINES)):
            header += self.text.line(number).partition("#")[0].strip()
            if header.endswith(":") and header.count("(") == header.count(")"):
                return header, self.text.line(number + 1) if number + 1 < self.text.line_count else ""
        return "", ""


def _has_all_types(header: str) -> bool:
    """Whether a Python function's header has a type for each parameter and for the result."""
    parameters, arrow, _ = header.partition("(")[2].rpartition("->")
    if not arrow:
        return False
    depth, one, each = 0, "", []
    for character in parameters.strip().removesuffix(")"):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            each.append(one.strip())
            one = ""
        else:
            one += character
    each.append(one.strip())
    return all(":" in part or part in {"", "self", "cls", "*", "/"} for part in each)


def _begins_string(line: str) -> bool:
    return line.lstrip().lstrip("rRuUbB").startswith(('"', "'"))
