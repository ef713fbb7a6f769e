"""Edits of one token that a parser's message or the form of a line suggests; ``syntax_slip.py`` tries them.

Pure: converts a line's text and a message to column ranges with their new text. An edit is only a proposal: it is used
if the whole text parses with it and with no other one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

# Start and end column, the new text, the title; without a title it is another reading, which is never applied.
Change = tuple[int, int, str, str]

_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
_BRACES = _SCRIPTS | {"c", "cpp", "java", "rust", "csharp", "go"}
_FUNCTION_WORDS: Mapping[str, tuple[str, frozenset[str]]] = MappingProxyType(
    {
        "rust": ("fn", frozenset({"fun", "func", "function", "def"})),
        "go": ("func", frozenset({"fn", "fun", "function", "def"})),
        "python": ("def", frozenset({"fn", "fun", "func", "function"})),
        **dict.fromkeys(_SCRIPTS, ("function", frozenset({"fn", "fun", "func", "def"}))),
    }
)
_FUNCTION_HEAD = re.compile(r"^\s*(?:(?:pub(?:\([\w ]+\))?|export|default|async|static)\s+)*(\w+)\s+\w+\s*[(<]")
_SPLIT_OPERATOR = re.compile(
    r"(?<=[\w)\]\s])(=)( )(>)(?=\s)|(?<=\s)([=!<>+*/-])( )(=)(?=\s)|(?<=\s)(&|\|)( )(&|\|)(?=\s)"
)
_NOT = re.compile(r"(?<![\w.\"'`])not\s+(?=[\w(!])")
# What ``!`` negates as ``not`` does: ``not a == b`` is not ``!a == b``.
_NEGATED = re.compile(
    r"!*+(?:\([^()]{0,200}\)|[\w$.:]++)(?>(?:[\w$.:]++|\([^()]{0,200}\)|\[[^\[\]]{0,200}\])*)"
    r"\s*+(?:$|[){;,?]|&&|\|\||(?:and|or)\b)"
)
_COMPARING = re.compile(r"\b(?:if|while|return)\b|&&|\|\||\?")
_HOLDS_VALUE = re.compile(r"[=?]|\b(?:return|if|while|assert|when)\b")
_WORD_OPERATOR = re.compile(r"(?<=[\w)\]])\s(and|or)\s(?=[\w(!])")
_ELSE_IF = re.compile(r"^\s*(?:\}\s*)?(elif|elsif|elseif)\b")
_PYTHON_ELSE_IF = re.compile(r"^\s*([els]{3,4} if)\b")
_GENERICS = frozenset({"rust", "typescript", "tsx", "java"})
_CONDITION_WORD = re.compile(r"^\s*(?:\}\s*)?(?:else\s+)?(?:if|while|for|switch|catch) (?=[\w!])")
_FOR_HEADER = re.compile(
    r"^\s*+for\s*+\([^;]*;[^;,]*(,)\s*+(?:\+\+|--)?[\w.\[\]]++\s*+(?:\+\+|--|[-+*/]=\s*+\w++)?\s*+\)"
)
_JAVA_FOR_IN = re.compile(r"^\s*+for\s*+\(\s*+(?:final\s++)?\w[\w<>\[\],?.]*+(?: [\w<>\[\],?.]++){0,8}?\s\w+( in )")
_CONSTANT = re.compile(r"^\s*(?:export\s+)?const\s+[\w$]+()\s(?=[\d\"'`\[{]|true\b|false\b|null\b|new\b)")
_SCRIPT_TYPE = r"(?:string|number|boolean|unknown|any|bigint|Date|string\[\]|number\[\]|boolean\[\])"
_SCRIPT_FIELD = re.compile(
    r"^\s+(?!(?:return|throw|typeof|new|await|case|delete|readonly|protected|get|set|static|public|private|declare)\b)"
    rf"[\w$]+\??()\s{_SCRIPT_TYPE};\s*$"
)
_RUST_FIELD = re.compile(r"^\s+(?:pub(?:\([\w ]+\))?\s+)?(?!pub\b)[a-z_]\w*()\s[A-Z&\w][\w<>:, ]*,\s*$")
_RUST_ARM = re.compile(r"^\s*[\w:]+(?:\([^()]*\)|\s*\{[^{}]*\})?\s(->)\s")
_RUST_LET = re.compile(r"^\s*let\b.*\}(?=\s*$)")
_ROUND_CONDITIONS = _BRACES - {"rust", "go"}
_RUST = frozenset({"rust"})
# Languages, the form of a line whose first group (or end) is replaced, the new text, the title.
_PUNCTUATION: tuple[tuple[frozenset[str], re.Pattern[str], str, str], ...] = (
    (_ROUND_CONDITIONS, _CONDITION_WORD, "(", "Add the missing `(`"),
    (_ROUND_CONDITIONS, _FOR_HEADER, ";", "Write `;` instead of `,`"),
    (frozenset({"java"}), _JAVA_FOR_IN, " : ", "Write `:` instead of `in`"),
    (_SCRIPTS, _CONSTANT, " =", "Add the missing `=`"),
    (_SCRIPTS, _SCRIPT_FIELD, ":", "Add the missing `:`"),
    (_RUST, _RUST_FIELD, ":", "Add the missing `:`"),
    (_RUST, _RUST_FIELD, ",", ""),  # of two names in a value, so that neither is certain there
    (_RUST, _RUST_ARM, "=>", "Write `=>` instead of `->`"),
    (_RUST, _RUST_LET, ";", "Add the missing `;`"),
)
_HEADER = re.compile(
    r"^\s*(?:export\s+|pub\s+|public\s+|private\s+|static\s+|abstract\s+|final\s+|default\s+|async\s+)*"
    r"(?:interface|class|enum|struct|impl|trait|fn|func|function|if|else|for|while|switch|namespace|try)\b"
)
_TYPE_LIST = re.compile(r"<[\w$.]+(?:,\s*[\w$.]+)*(?=,\s*$|\s=\s)")


def suggested_changes(language: str, text: str, message: str, *, is_place: bool) -> Iterator[Change]:
    """The changes of one line. ``is_place`` says whether the message is about this line."""
    yield from _words(language, text)
    yield from _operators(language, text)
    if language in _BRACES:
        yield from _punctuation(language, text, message, is_place=is_place)


def _words(language: str, text: str) -> Iterator[Change]:
    head = _FUNCTION_HEAD.match(text)
    word, others = _FUNCTION_WORDS.get(language, ("", frozenset[str]()))
    if head is not None and head[1] in others:
        yield (*head.span(1), word, f"Change `{head[1]}` to `{word}`")
    if language == "python" and (found := _PYTHON_ELSE_IF.match(text)) and found[1] != "else if":
        yield (*found.span(1), "elif", f"Change `{found[1]}` to `elif`")
    if language in _BRACES and (found := _ELSE_IF.match(text)):
        yield (*found.span(1), "else if", f"Change `{found[1]}` to `else if`")


def _operators(language: str, text: str) -> Iterator[Change]:
    for found in _SPLIT_OPERATOR.finditer(text):
        parts = [one for one in found.groups() if one]
        is_arrow = parts[0] + parts[2] == "=>"
        if is_arrow and language in _SCRIPTS and _COMPARING.search(text[: found.start()]):
            continue  # ``>=`` may be meant
        if _is_outside_of_strings(text, found.start()) and (parts[0] == parts[2] or parts[2] in "=>"):
            yield (*found.span(), parts[0] + parts[2], f"Write `{parts[0]}{parts[2]}`")
    if language not in _BRACES or language == "cpp":
        return
    for pattern, new in ((_NOT, "!"), (_WORD_OPERATOR, "")):
        for found in pattern.finditer(text):
            if not _is_outside_of_strings(text, found.start()):
                continue
            if not (_NEGATED.match(text, found.end()) if new else _is_in_expression(text[: found.start()])):
                continue
            if new:
                yield (*found.span(), new, f"Write `{new}`")
            else:
                sign = "&&" if found[1] == "and" else "||"
                yield (*found.span(1), sign, f"Write `{sign}`")


def _punctuation(language: str, text: str, message: str, *, is_place: bool) -> Iterator[Change]:
    for languages, pattern, new, title in _PUNCTUATION:
        found = pattern.match(text) if language in languages else None
        if found is not None:
            yield (*(found.span(1) if pattern.groups else (found.end(), found.end())), new, title)
    arrows = text.count("=>") + text.count("->")
    found = _TYPE_LIST.search(text) if language in _GENERICS else None
    if found is not None and text.count("<") == text.count(">") - arrows + 1:
        yield (found.end(), found.end(), ">", "Add the missing `>`")
    stripped = text.rstrip()
    if (is_place or "{" in message) and _HEADER.match(text) and not stripped.endswith(("{", ";", ",", "}")):
        end = len(text) if text.endswith(" ") else len(stripped)
        yield (end, end, "{" if text.endswith(" ") else " {", "Add the missing `{`")


def _is_in_expression(before: str) -> bool:
    """Whether the text before a word expects a value; otherwise the word may belong to a comment that lost its mark."""
    return before.count("(") > before.count(")") or bool(_HOLDS_VALUE.search(before))


def _is_outside_of_strings(text: str, column: int) -> bool:
    before = re.sub(r"\\.", "", text[:column])
    return all(before.count(quote) % 2 == 0 for quote in "\"'`") and "//" not in before
