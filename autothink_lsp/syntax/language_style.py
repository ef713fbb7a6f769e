"""``LanguageStyle``: how a language writes comments, strings and blocks, according to its ``language.toml``.

One immutable value per language. The lexer of completions (``stream/lexical.py``), the filters, and the cut
(``holes.py``, ``cut.py``) use the same value. It knows no trees, so it also works for files without a grammar and for
text that does not parse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple, get_args

from attrs import field

from autothink_lsp.values import frozen

BlockStyle = Literal["indent", "braces", "keyword", "tags", "none"]
_Ids = bool | frozenset[str]  # all language ids of a folder, none, or these

TAB_COLUMNS = 8
"""A tab goes to the next multiple of 8, as Python and Haskell define it. Columns are only compared with each other, so
this matters in files that mix tabs and spaces: of 4,330 block bodies in such files (C, Perl, Vim script), 4,167 are
indented deeper than their header with 8 columns to a tab, and 212 with 4."""

_LONG_LINE_CHARACTERS = 4_000  # longer lines are data or minified code, for which patterns are slow

# Default patterns of a style if language.toml does not define them. A pattern is matched against a line without
# indentation, trailing blanks and trailing line comment.
_STYLE_PATTERNS: Mapping[str, Mapping[str, str]] = {
    "indent": {"open": r"([:{(\[]|=>|->)$", "close": r"^[)\]}]"},
    "braces": {
        "open": r"([{(\[]|=>|->)$",
        "close": r"^[)\]}]",
        "continue": r"^(\{|else\b|catch\b|finally\b|\.)",
    },
    "keyword": {
        "open": r"(\b(do|then|else|begin|ensure|rescue|repeat|in)(\s*\|[^|]*\|)?"
        r"|^(?!.*\bend$)(local\s+)?(def|class|module|function|macro|if|unless|elsif|while|until|case|for|begin|struct)\b.*"
        r"|\bfunction\b[^()]*\([^()]*\)|[{(\[]|=>|->)$",
        "close": r"^(end\b|[)\]}])",
        "continue": r"^(else|elif|elsif|elseif|rescue|ensure|when|then|do|in)\b",
    },
    # A start tag at the end of the line that is neither a void element nor closed on the same line.
    "tags": {
        "open": r"<(?!area\b|base\b|br\b|col\b|embed\b|hr\b|img\b|input\b|link\b|meta\b|source\b|track\b|wbr\b)"
        r"[A-Za-z][^<>]*(?<!/)>$",
        "close": r"^(</|-->)",
    },
    "none": {},
}
_PATTERN_KEYS = ("open", "close", "continue", "exit", "outdent", "same_level", "prefix", "statement_end")
_OPENERS = "([{"
_BRACKET = re.compile(r"[][(){}]")
# The first words of headers, for a folder that does not list them.
_HEADERS = (
    *("def", "class", "for", "while", "with", "if", "elif", "else", "except", "match", "case", "switch", "catch"),
    *("function", "func", "fn", "fun", "foreach", "using", "impl", "struct", "enum", "interface", "trait", "unless"),
    *("until", "when", "void", "int", "bool", "auto", "lambda"),
)
# Of any language: a header that begins so defines nothing.
_CONTROL_FLOW = frozenset(
    {"if", "elif", "else", "elsif", "unless", "switch", "match", "case", "default", "when"}
    | {"for", "foreach", "while", "until", "do", "loop", "with", "using"}
    | {"try", "except", "catch", "rescue", "finally", "ensure"}
)
_FIRST_WORD = re.compile(r"[\s})]*+(\w++)")
_MODIFIERS = (
    *("async", "await", "pub", "public", "private", "protected", "static", "export", "default", "inline", "override"),
    *("final", "const", "unsafe", "virtual", "constexpr"),
)
_END_WORDS = ("end", "fi", "done", "esac", "endif", "endfor", "endwhile")


class Line(NamedTuple):
    """One measured line: its indentation in columns (0 if it is blank), and its code without comment and outer
    blanks."""

    indent: int
    code: str

    @property
    def blank(self) -> bool:
        return not self.code


@frozen(eq=False)
class LanguageStyle:
    """The tables ``[lexical]``, ``[block]`` and ``[statement]`` of ``language.toml``.

    The fields before ``blocks`` are for the lexer. A pattern is ``None`` if the language has none. open: the line opens
    a block, whose lines are indented deeper. close: the line begins with the end of a block. continue_: the line
    continues the statement above it at the same level (``else``, ``catch``, a brace on a separate line). exit: code
    after this statement in its block is unreachable. outdent: the line may be indented less than its block (labels,
    ``#if``). same_level: a block's lines may be at their opener's level. prefix: the line belongs to the statement
    below it (decorators, attributes). statement_end: a statement continues at one level until a line matches.
    """

    names: frozenset[str]  # language ids and extensions without the dot, as models write them after a fence
    line_comments: tuple[str, ...]
    block_comments: tuple[tuple[str, str], ...]
    quotes: str  # each begins a string that ends on its line
    long_quotes: tuple[str, ...]  # strings that may span lines: a single character, or one of quotes three times
    character_quote: bool  # ' encloses one character ('{'), else it is a lifetime, a prime, a digit separator
    brackets: str  # openers that the lexer balances
    word_comments: bool  # a comment begins only where a word could begin ("$#" and "a#b" are none)
    word_quotes: bool  # a quote inside a word is an apostrophe
    regex_literals: bool
    closing_tag: str  # ends the code in a page (PHP's "?>")
    lines_end_statements: bool  # False in data and prose: no line is complete by its last character
    strict_indentation: bool  # a line deeper than the complete statement above it is an error
    trailing_blanks_count: bool  # blanks at line ends have a meaning (Markdown's line break)
    # The language ids of the folder whose documents ...
    prose: _Ids = field(repr=False)  # are text: sentences and fences are their content
    sentences: _Ids = field(repr=False)  # have lines that read like sentences and are not a model's remarks
    elements: _Ids = field(repr=False)  # have elements (``<s>``), or sections and links (``[INST]``)
    element_expressions: _Ids = field(repr=False)  # have elements at the beginning of an expression only (JSX)
    type_arguments: _Ids = field(repr=False)  # have type arguments in angle brackets behind a name
    blocks: BlockStyle
    headers: tuple[str, ...]  # words that begin a line that needs more after its closing bracket: a colon, a body
    modifiers: tuple[str, ...]  # words that may precede them
    end_words: frozenset[str]  # words that end a block
    open: re.Pattern[str] | None = field(repr=False)
    close: re.Pattern[str] | None = field(repr=False)
    continue_: re.Pattern[str] | None = field(repr=False)
    exit: re.Pattern[str] | None = field(repr=False)
    outdent: re.Pattern[str] | None = field(repr=False)
    same_level: re.Pattern[str] | None = field(repr=False)
    prefix: re.Pattern[str] | None = field(repr=False)
    statement_end: re.Pattern[str] | None = field(repr=False)
    # The block comments that may begin anywhere. A word as the token (``=begin``) counts only at the start of a line,
    # which the lexer does not check.
    inline_block_comments: tuple[tuple[str, str], ...] = field(init=False, repr=False)
    # The lines around the cursor are measured for every answer, and rarely change between keys.
    _measure: Callable[[str], Line] = field(init=False, repr=False)
    _opens: Callable[[str], bool] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        inline = tuple(pair for pair in self.block_comments if not pair[0][-1:].isalnum())
        object.__setattr__(self, "inline_block_comments", inline)
        object.__setattr__(self, "_measure", lru_cache(maxsize=2_048)(self._measured))
        object.__setattr__(self, "_opens", lru_cache(maxsize=2_048)(lambda text: self.opens(self.line(text))))

    @classmethod
    def from_tables(
        cls,
        lexical: Mapping[str, Any],
        block: Mapping[str, Any],
        statement: Mapping[str, Any],
        *,
        names: Sequence[str] = (),
    ) -> LanguageStyle:
        """Build the style from the tables of ``language.toml``.

        Raises:
            ValueError: a value has the wrong type, the block style is unknown, or a pattern does not compile.
        """
        blocks = block.get("style", "none")
        if blocks not in get_args(BlockStyle):
            raise ValueError(f"block.style must be one of {', '.join(get_args(BlockStyle))}, not {blocks!r}")
        read = _Table(lexical)
        line_comments, quotes = read.texts("line_comments"), read.texts("quotes", ('"', "'"))
        long_quotes = read.texts("long_quotes")
        if any(len(quote) != 1 for quote in quotes):
            raise ValueError("lexical.quotes must be single characters")
        patterns = _patterns(blocks, {**block, **{f"statement_{key}": text for key, text in statement.items()}})
        return cls(
            names=frozenset(names),
            line_comments=line_comments,
            block_comments=read.pairs("block_comments"),
            quotes="".join(quotes),
            long_quotes=long_quotes,
            character_quote=read.flag("character_quote", default=False),
            brackets="".join(read.texts("brackets", tuple(_OPENERS))),
            word_comments=read.flag("word_comments", default=False),
            word_quotes=read.flag("word_quotes", default=False),
            regex_literals=read.flag("regex_literals", default=False),
            closing_tag=read.text("closing_tag"),
            lines_end_statements=read.flag("lines_end_statements", default=blocks not in {"tags", "none"}),
            strict_indentation=read.flag("strict_indentation", default=False),
            trailing_blanks_count=read.flag("trailing_blanks_count", default=False),
            prose=read.ids("prose"),
            sentences=read.ids("sentences"),
            elements=read.ids("elements"),
            element_expressions=read.ids("element_expressions"),
            type_arguments=read.ids("type_arguments"),
            blocks=blocks,
            headers=read.texts("headers", _HEADERS),
            modifiers=read.texts("modifiers", _MODIFIERS),
            end_words=frozenset(read.texts("end_words", _END_WORDS)),
            **patterns,
        )

    # Most styles of a session are never used to parse a line, so patterns that always compile are compiled at first
    # use.
    @cached_property
    def header(self) -> re.Pattern[str]:
        """Matches the beginning of a header line."""
        return _header_pattern(self.headers, self.modifiers)

    @cached_property
    def strings(self) -> re.Pattern[str]:
        """Matches strings, whose brackets do not count, and (as group "comment") the token of a comment."""
        delimiters = [*self.quotes, *(quote for quote in self.long_quotes if len(quote) == 1)]
        return _string_pattern(delimiters, self.line_comments)

    @property
    def comment_line(self) -> str | None:
        """The most common token that begins a line comment; ``None`` if there is none."""
        return self.line_comments[0] if self.line_comments else None

    @property
    def comment_block(self) -> tuple[str, str] | None:
        """The most common tokens around a block comment; ``None`` if there are none."""
        return self.block_comments[0] if self.block_comments else None

    def is_prose(self, language_id: str) -> bool:
        """Whether the document is a text that may contain fences and sentences. Also True without a language id."""
        return not language_id or _has(self.prose, language_id)

    def has_sentences(self, language_id: str) -> bool:
        """Whether a line that reads like a sentence may be content of the document: in prose, markup and data."""
        return self.is_prose(language_id) or _has(self.sentences, language_id)

    def has_elements(self, language_id: str) -> bool:
        """Whether ``<s>`` is an element in the document, or ``[INST]`` a section or the text of a link."""
        return _has(self.elements, language_id)

    def has_element_expressions(self, language_id: str) -> bool:
        """Whether an expression may begin with ``<s>``: an element (JSX) or a type assertion."""
        return _has(self.element_expressions, language_id)

    def has_type_arguments(self, language_id: str) -> bool:
        """Whether a name in angle brackets after another name is a type argument."""
        return _has(self.type_arguments, language_id)

    def line(self, text: str) -> Line:
        """Measure one line. The code of a line that consists of a comment is the comment.

        Of a line of more than 4,000 characters, only both ends are read.
        """
        if len(text) > _LONG_LINE_CHARACTERS:
            text = text[: _LONG_LINE_CHARACTERS // 2] + text[-_LONG_LINE_CHARACTERS // 2 :]
        return self._measure(text)

    def opens_block(self, text: str) -> bool:
        """Whether the line ``text`` opens a block that is expected below it."""
        return self._opens(text) if len(text) <= _LONG_LINE_CHARACTERS else self.opens(self.line(text))

    def open_blocks(self, texts: Sequence[str]) -> list[bool]:
        """For each of the lines, what ``opens_block`` says."""
        is_long = max(map(len, texts), default=0) > _LONG_LINE_CHARACTERS
        return [*map(self.opens_block if is_long else self._opens, texts)]

    def opens_definition(self, text: str) -> bool:
        """Whether the line ``text`` opens a block that is not control flow: the body of a function, a class or another
        definition."""
        word = _FIRST_WORD.match(text)
        is_control_flow = word is not None and word[1] in _CONTROL_FLOW
        return self.opens_block(text) and not is_control_flow and not text.rstrip().endswith(("(", "["))

    def begins_header(self, text: str) -> bool:
        """Whether the line ``text`` begins the header of a block or of a definition."""
        return self.header.match(text) is not None

    def opens(self, line: Line) -> bool:
        return bool(self.open and self.open.search(line.code)) and not self.is_comment(line)

    def closes(self, line: Line) -> bool:
        return bool(self.close and self.close.search(line.code))

    def continues(self, line: Line) -> bool:
        return bool(self.continue_ and self.continue_.search(line.code))

    def exits(self, line: Line) -> bool:
        return bool(self.exit and self.exit.search(line.code))

    def may_be_outdented(self, line: Line) -> bool:
        return bool(self.outdent and self.outdent.search(line.code))

    def stays_level(self, line: Line) -> bool:
        return bool(self.same_level and self.same_level.search(line.code))

    def ends_statement(self, line: Line) -> bool:
        return self.statement_end is None or bool(self.statement_end.search(line.code))

    def is_comment(self, line: Line) -> bool:
        """Whether the whole line is a line comment. An attribute (PHP's ``#[``) is not a comment."""
        return line.code.startswith(self.line_comments) and not (self.prefix and self.prefix.search(line.code))

    def is_only_comment(self, text: str) -> bool:
        """Whether ``text``, a part of a line, is a line comment or one whole block comment."""
        bare = text.strip()
        is_block = any(bare.startswith(opener) and bare.endswith(closer) for opener, closer in self.block_comments)
        return bool(bare) and (bare.startswith(self.line_comments) or is_block)

    def belongs_below(self, line: Line) -> bool:
        """Whether the line is a comment, a decorator or an attribute of the statement below it."""
        return self.is_comment(line) or bool(self.prefix and self.prefix.search(line.code))

    def depth_after(self, line: Line) -> int:
        """The number of brackets that the line opens minus those that it closes; brackets in strings and comments do
        not count."""
        return self.depths(line)[1]

    def depths(self, line: Line) -> tuple[int, int]:
        """(lowest depth reached in the line, depth at its end), relative to the depth before the line."""
        lowest = depth = 0
        for character in self._brackets_in(line):
            depth += 1 if character in _OPENERS else -1
            lowest = min(lowest, depth)
        return lowest, depth

    def open_brackets(self, line: Line) -> str:
        """The brackets that the line opens and does not close, in order."""
        open_ones: list[str] = []
        for character in self._brackets_in(line):
            if character in _OPENERS:
                open_ones.append(character)
            elif open_ones:
                open_ones.pop()
        return "".join(open_ones)

    def _brackets_in(self, line: Line) -> list[str]:
        return [] if self.is_comment(line) else _BRACKET.findall(self.strings.sub("", line.code))

    def _measured(self, text: str) -> Line:
        code = self._code_part(text)
        return Line(indent_columns(text) if code else 0, code)

    def _code_part(self, text: str) -> str:
        """The line without outer blanks and without a comment after code."""
        code = text.strip()
        if not any(token in code for token in self.line_comments):
            return code
        for match in self.strings.finditer(code):
            if match.lastgroup == "comment":
                return code if match.start() == 0 else code[: match.start()].rstrip()
        return code


def _has(ids: _Ids, language_id: str) -> bool:
    return ids if isinstance(ids, bool) else language_id.lower() in ids


def indent_columns(text: str) -> int:
    """The columns of the leading spaces and tabs of ``text``; a tab advances to the next multiple of
    ``TAB_COLUMNS``."""
    columns = len(text) - len(text.lstrip(" "))
    if text[columns : columns + 1] != "\t":
        return columns
    columns = 0
    for character in text:
        if character == " ":
            columns += 1
        elif character == "\t":
            columns += TAB_COLUMNS - columns % TAB_COLUMNS
        else:
            break
    return columns


class _Table:
    """Reads values of ``[lexical]`` and checks their types. Raises ``ValueError``."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._table = table

    def text(self, key: str) -> str:
        value = self._table.get(key, "")
        if not isinstance(value, str):
            raise ValueError(f"lexical.{key} must be a text")  # noqa: TRY004 - the caller handles one kind of error
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._table.get(key, default)
        if not isinstance(value, bool):
            raise ValueError(f"lexical.{key} must be true or false")  # noqa: TRY004 - as above
        return value

    def ids(self, key: str) -> _Ids:
        value = self._table.get(key, False)
        return value if isinstance(value, bool) else frozenset(text.lower() for text in self.texts(key))

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self._table.get(key, list(default))
        if not isinstance(value, list) or not all(isinstance(text, str) and text for text in value):
            raise ValueError(f"lexical.{key} must be a list of texts")
        return tuple(value)

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        value = self._table.get(key, [])
        if not isinstance(value, list) or not all(_is_pair(pair) for pair in value):
            raise ValueError(f"lexical.{key} must be pairs of the two tokens around a comment")
        return tuple((opener, closer) for opener, closer in value)


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(text, str) and text for text in value)


def _patterns(blocks: str, table: Mapping[str, Any]) -> dict[str, re.Pattern[str] | None]:
    texts = {**_STYLE_PATTERNS[blocks], **{key: text for key, text in table.items() if key != "style"}}
    patterns: dict[str, re.Pattern[str] | None] = {}
    for key in _PATTERN_KEYS:
        try:
            patterns[key] = re.compile(texts[key]) if key in texts else None
        except (re.error, TypeError) as error:
            raise ValueError(f"the pattern {key!r} is no regular expression: {error}") from error
    patterns["continue_"] = patterns.pop("continue")
    return patterns


def _header_pattern(words: Sequence[str], modifiers: Sequence[str]) -> re.Pattern[str]:
    """A pattern for modifiers and one of ``words`` at the beginning of a line, after an optional closing bracket."""
    before = rf"(?:(?:{'|'.join(map(re.escape, modifiers))})\b(?:\([^)]*\))?\s*)*" if modifiers else ""
    either = "|".join(map(re.escape, words)) or "(?!)"
    return re.compile(rf"^\s*(?:[}}\])]\s*)?{before}(?:{either})\b")


def _string_pattern(delimiters: Sequence[str], line_comments: Sequence[str]) -> re.Pattern[str]:
    """A pattern for strings that end on their line, one-character literals, and a comment token at the beginning of a
    word.

    An escaped quote outside a string is matched first: otherwise each of many would be tried as the beginning of a
    string that never ends, which is quadratic in the line's length.
    """
    parts = [r"\\[\\\"'`]", *(rf"{d}(?>(?:[^{d}\\]|\\.)*){d}" for d in map(re.escape, delimiters))]
    parts.append(r"'(?:\\[^']+|[^'\\])'")
    if line_comments:
        parts.append(rf"(?P<comment>(?<!\S)(?:{'|'.join(map(re.escape, line_comments))}))")
    return re.compile("|".join(parts))


UNKNOWN_LANGUAGE = LanguageStyle.from_tables(
    {"quotes": ['"'], "character_quote": True, "word_quotes": True}, {"style": "braces"}, {}
)
"""For documents in no known language: a careful guess, which may cost a suggestion and never an error."""
