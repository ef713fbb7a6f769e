"""Edits of one token that a parser's message or the form of a line suggests; ``syntax_slip.py`` tries them.

Pure: a line's text and a message go in, column ranges with their new text come out. An edit here is only a proposal: it
counts if the whole text parses with it and with no other one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

Change = tuple[int, int, str, str]  # start and end column, the new text, the title

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
_SPLIT_OPERATOR = re.compile(r"(?<=[\w)\]\s])(=)( )(>)(?=\s)|(?<=\s)([=!<>+*/-])( )(=)(?=\s)|(?<=\s)(&|\|)( )(&|\|)(?=\s)")
_NOT = re.compile(r"(?<![\w.\"'`])not\s+(?=[\w(!])")
_WORD_OPERATOR = re.compile(r"(?<=[\w)\]])\s(and|or)\s(?=[\w(!])")
_ELSE_IF = re.compile(r"^\s*(?:\}\s*)?(elif|elsif|elseif)\b")
_PYTHON_ELSE_IF = re.compile(r"^\s*([els]{3,4} if)\b")
_CONDITION_WORD = re.compile(r"^\s*(?:\}\s*)?(?:else\s+)?(?:if|while|for|switch|catch) (?=[\w!])")
_FOR_HEADER = re.compile(r"^\s*for\s*\(([^;]*;)([^;,]*)(,)\s*(?:\+\+|--)?[\w.\[\]]+\s*(?:\+\+|--|[-+*/]=\s*\w+)?\s*\)")
_JAVA_FOR_IN = re.compile(r"^\s*for\s*\(\s*(?:final\s+)?[\w<>\[\], ?.]+\s\w+( in )")
_CONSTANT = re.compile(r"^\s*(?:export\s+)?const\s+[\w$]+()\s(?=[\d\"'`\[{]|true\b|false\b|null\b|new\b)")
_SCRIPT_TYPE = r"(?:string|number|boolean|unknown|any|bigint|Date|string\[\]|number\[\]|boolean\[\])"
_SCRIPT_FIELD = re.compile(rf"^\s+(?!(?:return|throw|typeof|new|await|case|delete|readonly|protected)\b|get\b|set\b|static\b|public\b|private\b|declare\b)[\w$]+\??()\s{_SCRIPT_TYPE};\s*$")
_RUST_FIELD = re.compile(r"^\s+(?:pub(?:\([\w ]+\))?\s+)?(?!pub\b)[a-z_]\w*()\s[A-Z&\w][\w<>:, ]*,\s*$")
_RUST_ARM = re.compile(r"^\s*[\w:]+(?:\([^()]*\)|\s*\{[^{}]*\})?\s(->)\s")
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
        if _is_outside_of_strings(text, found.start()) and (parts[0] == parts[2] or parts[2] in "=>"):
            yield (*found.span(), parts[0] + parts[2], f"Write `{parts[0]}{parts[2]}`")
    if language not in _BRACES or language == "cpp":
        return
    for pattern, new in ((_NOT, "!"), (_WORD_OPERATOR, "")):
        for found in pattern.finditer(text):
            if not _is_outside_of_strings(text, found.start()):
                continue
            if new:
                yield (*found.span(), new, f"Write `{new}`")
            else:
                sign = "&&" if found[1] == "and" else "||"
                yield (*found.span(1), sign, f"Write `{sign}`")


def _punctuation(language: str, text: str, message: str, *, is_place: bool) -> Iterator[Change]:
    if language not in {"rust", "go"}:
        if found := _CONDITION_WORD.match(text):
            yield (found.end(), found.end(), "(", "Add the missing `(`")
        if found := _FOR_HEADER.match(text):
            yield (*found.span(3), ";", "Write `;` instead of `,`")
    if language == "java" and (found := _JAVA_FOR_IN.match(text)):
        yield (*found.span(1), " : ", "Write `:` instead of `in`")
    if language in _SCRIPTS:
        if found := _CONSTANT.match(text):
            yield (*found.span(1), " =", "Add the missing `=`")
        if found := _SCRIPT_FIELD.match(text):
            yield (*found.span(1), ":", "Add the missing `:`")
    if language == "rust":
        if found := _RUST_FIELD.match(text):
            yield (*found.span(1), ":", "Add the missing `:`")
            yield (*found.span(1), ",", "Add the missing `,`")  # of two names in a struct's value
        if found := _RUST_ARM.match(text):
            yield (*found.span(1), "=>", "Write `=>` instead of `->`")
        if re.match(r"^\s*let\b.*\}\s*$", text):
            end = len(text.rstrip())
            yield (end, end, ";", "Add the missing `;`")
    if language in {"rust", "typescript", "tsx", "java"} and (found := _TYPE_LIST.search(text)):
        if text.count("<") == text.count(">") - text.count("=>") - text.count("->") + 1:
            yield (found.end(), found.end(), ">", "Add the missing `>`")
    if is_place or "{" in message:
        stripped = text.rstrip()
        if _HEADER.match(text) and not stripped.endswith(("{", ";", ",", "}")):
            blank = "" if text.endswith(" ") else " "
            end = len(text) if text.endswith(" ") else len(stripped)
            yield (end, end, f"{blank}{{", "Add the missing `{`")


def _is_outside_of_strings(text: str, column: int) -> bool:
    before = re.sub(r"\\.", "", text[:column])
    return all(before.count(quote) % 2 == 0 for quote in "\"'`") and "//" not in before
