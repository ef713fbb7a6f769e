"""Divides each line of a piece into code, comment and layout.

With a grammar the syntax tree decides; without one the signs of comments (``comment_signs.py``), or only those of
whole-line comments if the language has a grammar.
A statement that consists of a string (a Python docstring) counts as a comment.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from autothink_lsp.document.lines import indent_length
from autothink_lsp.edits.comment_signs import DividedLine, divided_lines
from autothink_lsp.syntax.captures import captured
from autothink_lsp.syntax.grammar import Grammar
from autothink_lsp.syntax.languages import Language

if TYPE_CHECKING:
    import tree_sitter

# Around the piece; a longer document is not parsed again for one edit.
_MOST_CHARACTERS_AROUND = 300_000
_MOST_CHARACTERS = 60_000  # of the piece: a model's answer is shorter, unless it repeats itself
_PARSE_LIMIT_MS = 300.0
_STATEMENT = "expression_statement"
_JSX_COMMENT = re.compile(r"\{/\*.*\*/\}")
# Languages that embed others, which their grammars do not parse, and whole-line comments of the embedded ones.
_EMBEDDING = frozenset({"html", "vue", "svelte", "astro", "php"})
_EMBEDDED_COMMENT = re.compile(r"//.*|/\*.*\*/")
# Languages in which a semicolon at the end of a line changes nothing, and those in which a string has other nodes with
# other quotes, but the same value.
_OPTIONAL_SEMICOLONS = frozenset(
    {"javascript", "typescript", "tsx", "kotlin", "swift", "scala", "go", "python", "lua", "ruby", "julia", "r"}
)
_TWO_QUOTES = frozenset({"yaml", "php", "bash"})
_QUOTES = ('"""', "'''", '"', "'")
_CLOSERS = frozenset({")", "]", "}"})

# (type of the parent node, type of the node, text): the properties that a formatter does not change.
Token = tuple[str, str, str]


@frozen
class CodeLine:
    """One line of a piece.

    ``code`` is the line without comments and outer blanks. ``comment`` is the rest of the line after the code, with the
    blanks before it. ``notes`` are the texts of all comments in the line. ``noted``: there is a comment; ``docstring``:
    it is a string used as a comment. ``held``: the line begins inside a string or a comment, so its leading blanks
    belong to that. ``level``: the indentation in columns of a line that begins a statement, if indentation forms
    blocks; else 0.
    """

    text: str
    code: str
    comment: str = ""
    notes: tuple[str, ...] = ()
    held: bool = False
    noted: bool = False
    docstring: bool = False
    level: int = 0
    tokens: tuple[Token, ...] = field(default=(), repr=False)

    @property
    def key(self) -> str:
        """The code without blanks, for comparisons."""
        return "".join(self.code.split())

    @property
    def is_note(self) -> bool:
        """Whether the line consists of a comment or a part of one (including a blank line within it)."""
        return self.noted and not self.code


def code_lines(
    grammar: Grammar | None,
    language: Language | None,
    lines: Sequence[str],
    before: Sequence[str] = (),
    after: Sequence[str] = (),
) -> list[CodeLine]:
    """Divide ``lines``; ``before`` and ``after`` are the document's lines around them. All without line ends."""
    if grammar is not None and sum(map(len, lines)) <= _MOST_CHARACTERS:
        around = [*before, *after]
        if sum(map(len, around)) > _MOST_CHARACTERS_AROUND:
            before, after = (), ()
        parsed = _Parsed.of(grammar, before, lines, after)
        if parsed is not None:
            return parsed.lines()
    if language is None or not language.has_grammar:
        divided = divided_lines(lines, language.style if language is not None else None)
        return [_of_divided(line, one) for line, one in zip(lines, divided, strict=True)]
    token = language.style.comment_line
    return [_without_grammar(line, (token,) if token else ()) for line in lines]


def with_known_comments(old: Sequence[CodeLine], new: Sequence[CodeLine]) -> list[CodeLine]:
    """``new`` with the comments of ``old`` recognized by their text where the tree shows code.

    That happens where the edited text does not parse: what follows the error is code to the tree.
    """
    whole = {line.text.strip(): line for line in old if line.is_note and line.text.strip()}
    behind = {note for line in old if line.code for note in line.notes if note and line.text.rstrip().endswith(note)}
    lengths = sorted(set(map(len, behind)), reverse=True)  # the longest comment that a line ends with is its comment

    def recognized(line: CodeLine) -> CodeLine:
        if line.noted or not line.code:
            return line
        text = line.text.rstrip()
        if (same := whole.get(text.strip())) is not None:
            return evolve(line, code="", notes=same.notes, noted=True, docstring=same.docstring)
        ending = next((text[-length:] for length in lengths if text[-length:] in behind), None)
        if ending is None:
            return line
        code = text.removesuffix(ending).rstrip()
        return evolve(line, code=code.strip(), comment=text[len(code) :], notes=(ending,), noted=True)

    return [recognized(line) for line in new]


def _without_grammar(line: str, starts: tuple[str, ...]) -> CodeLine:
    code = line.strip()
    if starts and code.startswith(starts):
        return CodeLine(line, "", notes=(code,), noted=True)
    return CodeLine(line, code)


def _of_divided(line: str, divided: DividedLine) -> CodeLine:
    notes = (divided.comment.strip(),) if divided.comment.strip() else ()
    comment = "" if divided.is_comment else divided.comment
    return CodeLine(line, divided.code, comment, notes, noted=divided.is_comment or bool(notes))


@frozen
class _Span:
    """A comment, docstring or string, in rows of the source and byte columns, ends excluded."""

    first: int
    start: int
    last: int
    stop: int


class _Parsed:
    """A source parsed with the piece in its place; ``first`` is the piece's first row."""

    def __init__(self, grammar: Grammar, root: tree_sitter.Node, rows: list[bytes], first: int, count: int) -> None:
        self._grammar, self._root, self._rows = grammar, root, rows
        self._first, self._stop = first, first + count

    @classmethod
    def of(cls, grammar: Grammar, before: Sequence[str], lines: Sequence[str], after: Sequence[str]) -> _Parsed | None:
        source = "\n".join([*before, *lines, *after])
        prefix = grammar.language.prefix_for(source)
        tree = grammar.parse_source(prefix + source, limit_ms=_PARSE_LIMIT_MS)
        if tree is None:
            return None
        rows = (prefix + source).encode("utf-8", "surrogatepass").split(b"\n")
        return cls(grammar, tree.root_node, rows, prefix.count("\n") + len(before), len(lines))

    def lines(self) -> list[CodeLine]:
        kinds = self._kinds()
        tokens, docstring_ids = self._tokens({node.id: kind for node, kind in kinds})
        comments = [self._span(node) for node, kind in kinds if kind == "comment"]
        docstrings = [self._span(node) for node, kind in kinds if node.id in docstring_ids]
        strings = [self._span(node) for node, kind in kinds if kind == "string" and node.id not in docstring_ids]
        by_indentation = self._grammar.language.style.blocks == "indent"
        embeds = self._grammar.language.name in _EMBEDDING
        depth = 0
        found: list[CodeLine] = []
        notes_at, documents_at = self._by_row(comments), self._by_row(docstrings)
        strings_at = self._by_row(strings)
        for row in range(self._first, self._stop):
            raw = self._rows[row]
            notes, documents = notes_at.get(row, []), documents_at.get(row, [])
            inner = any(span.first < row for span in (*notes, *documents, *strings_at.get(row, [])))
            here = tokens.get(row, [])
            begins = bool(here) and depth == 0 and not inner
            code, comment, texts = _divided(raw, row, [*notes, *documents])
            if notes and code.replace(" ", "") == "{}" and _JSX_COMMENT.fullmatch(_text(raw).strip()):
                code, here = "", []
            if embeds and code and not notes and _EMBEDDED_COMMENT.fullmatch(code):
                code, texts, notes = "", (code,), [_Span(row, 0, row, len(raw))]
            found.append(
                CodeLine(
                    text=_text(raw),
                    code=code,
                    comment=comment,
                    notes=texts,
                    held=inner,
                    noted=bool(notes or documents),
                    docstring=bool(documents),
                    level=indent_length(_text(raw)) if by_indentation and begins else 0,
                    tokens=tuple(here),
                )
            )
            for _, _, text in here:
                depth = max(0, depth + (text in {"(", "[", "{"}) - (text in _CLOSERS))
        return found

    def _by_row(self, spans: Sequence[_Span]) -> dict[int, list[_Span]]:
        found: dict[int, list[_Span]] = {}
        for span in spans:
            for row in range(max(span.first, self._first), min(span.last + 1, self._stop)):
                found.setdefault(row, []).append(span)
        return found

    def _kinds(self) -> list[tuple[tree_sitter.Node, str]]:
        """Comments and strings that overlap the piece; the last capture of a node counts."""
        found = {
            one.node.id: (one.node, one.kind)
            for one in captured(self._grammar, "scopes", self._root, self._byte_range())
            if one.kind in {"comment", "string"}
        }
        return list(found.values())

    def _span(self, node: tree_sitter.Node) -> _Span:
        (first, start), (last, stop) = node.start_point, node.end_point
        if stop == 0 and last > first:  # some grammars include the line end
            last -= 1
            stop = len(self._rows[last])
        return _Span(first, start, last, stop)

    def _byte_range(self) -> tuple[int, int]:
        start = sum(len(row) + 1 for row in self._rows[: self._first])
        return start, start + sum(len(row) + 1 for row in self._rows[self._first : self._stop])

    def _tokens(self, kinds: dict[int, str]) -> tuple[dict[int, list[Token]], set[int]]:
        """Row -> leaves that begin in it, outside comments and docstrings; and the ids of the docstrings. A string is
        one token. ``Node.parent`` walks from the root, so the parent's type is passed down."""
        found: dict[int, list[Token]] = {}
        docstrings: set[int] = set()
        pending = [(self._root, "")]
        while pending:
            node, parent = pending.pop()
            if node.end_point[0] < self._first or node.start_point[0] >= self._stop:
                continue
            kind = kinds.get(node.id)
            if kind == "string" and parent == _STATEMENT and _has_its_lines(node, self._rows):
                docstrings.add(node.id)
            elif kind is None and node.child_count:
                here = node.type
                if here == _STATEMENT and node.named_child_count != 1:
                    here = ""
                pending.extend((child, here) for child in reversed(node.children))
            elif kind != "comment" and self._first <= (row := node.start_point[0]) < self._stop:
                text, type_name = self._source_of(node), node.type
                if kind == "string":
                    text = _normalized(_without_quotes(text))
                    has_one_kind = self._grammar.language.name in _TWO_QUOTES and "$" not in text and "`" not in text
                    type_name = "string" if has_one_kind else type_name
                if text.strip() and not self._is_optional(node, text):
                    found.setdefault(row, []).append((parent, type_name, text))
        return found, docstrings

    def _is_optional(self, node: tree_sitter.Node, text: str) -> bool:
        """Whether the node is a semicolon at the end of a line, where the language needs none."""
        if text != ";" or self._grammar.language.name not in _OPTIONAL_SEMICOLONS:
            return False
        row, column = node.end_point
        rest = self._rows[row][column:].strip()
        return not rest or rest.startswith((b"//", b"/*", b"#", b"--"))

    def _source_of(self, node: tree_sitter.Node) -> str:
        (first, start), (last, stop) = node.start_point, node.end_point
        if first == last:
            return _text(self._rows[first][start:stop])
        parts = [self._rows[first][start:], *self._rows[first + 1 : last], self._rows[last][:stop]]
        return _text(b"\n".join(parts))


def same_code(old: Sequence[CodeLine], new: Sequence[CodeLine]) -> bool:
    """Whether two runs of lines have the same code with another layout: quotes, line breaks, blanks, optional
    commas."""
    return [token for _, token in significant(old)] == [token for _, token in significant(new)] and _levels(
        old
    ) == _levels(new)


def has_code(lines: Sequence[CodeLine]) -> bool:
    return any(line.code for line in lines)


def significant(lines: Sequence[CodeLine]) -> list[tuple[int, Token]]:
    """(index of the line, token) of all tokens except commas directly before a closing bracket. Without a grammar a
    line's code, with single blanks, is its only token."""
    tokens = [
        (number, token)
        for number, line in enumerate(lines)
        for token in (line.tokens or ((("", "", " ".join(line.code.split())),) if line.code else ()))
    ]
    following: list[Token | None] = [*(token for _, token in tokens), None][1:]
    return [
        (number, token)
        for (number, token), after in zip(tokens, following, strict=True)
        if not (token[2] == "," and (after is None or after[2] in _CLOSERS))
    ]


def _levels(lines: Sequence[CodeLine]) -> list[int]:
    return [line.level for line in lines if line.level]


def _divided(raw: bytes, row: int, notes: list[_Span]) -> tuple[str, str, tuple[str, ...]]:
    """The code, the comment after it, and the texts of all comments in one row."""
    code = bytearray()
    texts: list[str] = []
    at, behind = 0, -1
    for span in sorted(notes, key=lambda one: (one.first, one.start)):
        start = span.start if span.first == row else 0
        stop = span.stop if span.last == row else len(raw)
        if stop < at:
            continue
        code += raw[at:start]
        texts.append(_text(raw[start:stop]).strip())
        if not raw[stop:].strip() and span.last == row:
            behind = start
        at = max(at, stop)
    code += raw[at:]
    kept = _text(bytes(code))
    comment = ""
    if behind > 0 and kept.strip():
        comment = _text(raw)[len(_text(raw[:behind]).rstrip()) :]
    return " ".join(kept.split()), comment, tuple(text for text in texts if text)


def _has_its_lines(node: tree_sitter.Node, rows: list[bytes]) -> bool:
    """Whether the lines of the node contain nothing else."""
    (first, start), (last, stop) = node.start_point, node.end_point
    return not rows[first][:start].strip() and not rows[last][stop:].strip(b" \t\r;")


def _without_quotes(text: str) -> str:
    """A string without its quote characters, if they make no difference."""
    prefix = text[: len(text) - len(text.lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))]
    body = text[len(prefix) :]
    for quote in _QUOTES:
        inner = body[len(quote) : -len(quote)]
        if body.startswith(quote) and body.endswith(quote) and len(body) >= 2 * len(quote):
            matters = any(mark in inner for mark in ("'", '"', "\\", "#{", "${"))
            return text if matters else f"{prefix}{len(quote)}{inner}"
    return text


def _normalized(text: str) -> str:
    """A string as a model may repeat it: composed, without marks that only choose a glyph."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text).replace("\ufe0f", "").replace("\ufe0e", "")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")
