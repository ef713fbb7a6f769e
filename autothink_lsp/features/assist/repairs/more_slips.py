"""Edits of one token for languages of data and of scripts; ``syntax_slip.py`` tries them.

Pure, like ``slip_edits.py``: each is a proposal that counts if the whole text parses with it and with no other one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from autothink_lsp.features.assist.repairs.slip_tokens import STRING

# Start and end column, the new text, the title; without a title it is another reading, which is never applied.
Change = tuple[int, int, str, str]

_OUTSIDE = re.compile(rf"(?>(?:{STRING}|[^\"'])*)\Z")
# The form of a line whose first group is replaced, the new text, the title. An empty group is an insertion.
_Row = tuple[str, str, str]
_JSON_WORDS = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false", "None": "null", "nil": "null"}
_ROWS: Mapping[str, Sequence[_Row]] = MappingProxyType(
    {
        "json": (
            (r"(,)\s*[}\]]", "", "Remove the trailing comma"),
            (r'^\s*+"(?>(?:\\.|[^"\\])*)"()\s++["\[{\w-]', ":", "Add the missing `:`"),
            (r'^\s*+"(?>(?:\\.|[^"\\])*)"(\s*+=)', ":", "Write `:` instead of `=`"),
            (r"[\"\w}\]](;)\s*$", ",", "Write `,` instead of `;`"),
        ),
        "toml": (
            (r"(,)\s*\}", "", "Remove the trailing comma"),
            (r"^\s*+[\w.-]++(\s*+:)\s", " =", "Write `=` instead of `:`"),
            (r"[{,]\s*[\w.-]++(\s*+:)\s", " =", "Write `=` instead of `:`"),
            (r"^\s*+[\w.-]++(\s++)[\"'\[{\d]", " = ", "Add the missing `=`"),
            # A table and an array of tables are equally likely.
            (r"^\s*+(\[)\[[^\[\]]++\]\s*$", "", ""),
            (r"^\s*+\[\[[^\[\]]++\]()\s*$", "]", ""),
            (r"^\s*+()\[[^\[\]]++\]\]", "[", ""),
            (r"[=\[,]\s*()\.\d", "0", "Begin the number with `0`"),
        ),
        "yaml": (
            (r"^\s*+(?:- )?[\w.-]++:()[^\s:/]", " ", "Add the missing blank"),
            (r"^\s*+-()[\w\"'{\[]", " ", "Add the missing blank"),
            (r"^\s*+(?:- )?[\w.-]*\w()\s++[\w\"'./-]++\s*$", ":", "Add the missing `:`"),
        ),
        "css": (
            (r"^\s*+[\w-]++()\s++[\w#\"'(.%-]", ":", "Add the missing `:`"),
            (r"^\s*+[\w-]++(\s*+=)", ":", "Write `:` instead of `=`"),
            (r"^\s*+[\w-]++\s*+:\s*+[^;{}]*[^;{},\s]()\s*$", ";", "Add the missing `;`"),
        ),
        "lua": (
            (r"^\s*+(elif|elsif|else if|elsefi)\b", "elseif", "Write `elseif`"),
            (r"^\s*+(?:if|elseif)\b(?!.*\bthen\b).*\S(\s*)$", " then", "Add the missing `then`"),
            (r"^\s*+(?:for|while)\b(?!.*\bdo\b).*\S(\s*)$", " do", "Add the missing `do`"),
            (r"(!=)", "~=", "Write `~=`"),
            (r"\s(\|\|)\s", "or", "Write `or`"),
            (r"\s(&&)\s", "and", "Write `and`"),
            (r"(?<![\w!])(!)(?=[\w(])", "not ", "Write `not`"),
            (r"^\s*+(?:if|elseif|while)\b[^=~<>]*+(?<![=~<>])(=)(?!=)[^=]*\b(?:then|do)\b", "==", "Compare with `==`"),
            (r"^\s*+for\s++\w++()\s++\w++\s++in\b", ",", "Add the missing `,`"),
            (r"[{,]\s*\w++(\s*+:)\s", " =", "Write `=` instead of `:`"),
            (r"[\w)\]]\s(=>)\s", ">=", "Write `>=`"),
        ),
        "ruby": (
            (r"^\s*+(elif|elseif|else if)\b", "elsif", "Write `elsif`"),
            (r"\.\w++[?!]?(?:\([^()]*\))?()\s++\|[\w, ]++\|\s*$", " do", "Add the missing `do`"),
            (r"^\s*+[@\w.]++\s(:=)\s", "=", "Write `=`"),
            (r"^\s*+attr_\w++\s++:\w++()\s:\w", ",", "Add the missing `,`"),
        ),
        "php": (
            (r"^(?!<\?).*[\w)\]\"']()\s*$", ";", "Add the missing `;`"),
            (r"\bfn\s*+\([^()]*\)\s(->)\s", "=>", "Write `=>`"),
            (r"\$\w++\s(=)\s\$\w++\s*\)\s*\{", "=>", "Write `=>`"),
            (r"(?<![\w$>])()this->", "$", "Write `$this`"),
            (r"\b(?:if|while|foreach|switch|for) ()\$[^{]*\)\s*\{", "(", "Add the missing `(`"),
        ),
        "csharp": (
            (r"\bforeach\s*+\([^()]*?\s(of|:)\s", "in", "Write `in`"),
            (r"[\w)]\s(->)\s", "=>", "Write `=>`"),
            (r"\b(?:get|set|init)()\s*\}", ";", "Add the missing `;`"),
            (r"\b(?:get|set|init)()\s++(?:get|set|init)\b", ";", "Add the missing `;`"),
        ),
        "bash": (
            (r"^\s*+(elsif|elseif|else if)\b", "elif", "Write `elif`"),
            (r"^\s*+(?:if|elif)\b(?!.*\bthen\b).*[^;,:\s](\s*)$", "; then", "Add the missing `then`"),
            (r"^\s*+(?:if|elif)\b(?!.*\bthen\b).*;(\s*)$", " then", "Add the missing `then`"),
            (r"^\s*+(?:if|elif)\b.*[\])\"]()\s++then\s*$", ";", "Add the missing `;`"),
            (r"^\s*+(?:for|while|until)\b[^;]*[^;,:\s]()\s++do\s*$", ";", "Add the missing `;`"),
            (r"^\s*+(?:for|while|until)\b(?!.*\bdo\b).*[^;,:\s](\s*)$", "; do", "Add the missing `do`"),
            (r"^\s*+case\s++\S++()\s*$", " in", "Add the missing `in`"),
            (r"\S\s(;)\s*$", ";;", "Write `;;`"),
            (r"^\s*+\w++(\()\s*\{", "()", "Add the missing `)`"),
        ),
    }
)
_PATTERNS: Mapping[str, Sequence[tuple[re.Pattern[str], str, str]]] = MappingProxyType(
    {language: tuple((re.compile(form), new, title) for form, new, title in rows) for language, rows in _ROWS.items()}
)
_OPENS_BLOCK = re.compile(r":[ \t]*(?:[|>][-+]?[ \t]*)?(?:#.*)?$")


def line_changes(language: str, text: str, before: str, behind: str) -> Iterator[Change]:
    """The changes of one line. ``before`` and ``behind`` are the lines of code around it, empty where there are
    none."""
    for pattern, new, title in _PATTERNS.get(language, ()):
        for found in pattern.finditer(text):
            if _OUTSIDE.match(text, 0, found.start(1)) is not None:
                yield (*found.span(1), new, title)
    special = _SPECIAL.get(language)
    if special is not None:
        yield from special(text, before, behind)


def _json(text: str, before: str, behind: str) -> Iterator[Change]:
    stripped = text.rstrip()
    if stripped.endswith(",") and behind.lstrip()[:1] in {"}", "]"} and behind.strip():
        yield (len(stripped) - 1, len(stripped), "", "Remove the trailing comma")
    if text.strip()[:1] in {"}", "]"} and before.rstrip().endswith(","):
        return  # the comma is of the line before, which is tried, too
    for found in re.finditer(r"(?<=[:\[,\s])(?:True|TRUE|False|FALSE|None|nil)(?=\s*(?:[,}\]]|$))", text):
        if _OUTSIDE.match(text, 0, found.start()) is not None:
            word = _JSON_WORDS[found[0]]
            yield (*found.span(), word, f"Write `{word}`")
    quoted = re.sub(r"\"(?>(?:\\.|[^\"\\]){0,400})\"|'([^'\"\\]{0,400}+)'", _in_double_quotes, text)
    if quoted != text:
        yield (0, len(text), quoted, "Write double quotes")
    key = re.match(r"^\s*+(?:\{\s*+)?([A-Za-z_$][\w$-]*+)\s*+:\s*+[\"\[{\dtfn-]", text)
    if key is not None:
        yield (*key.span(1), f'"{key[1]}"', f"Quote `{key[1]}`")


def _in_double_quotes(found: re.Match[str]) -> str:
    return found[0] if found[1] is None else f'"{found[1]}"'


def _toml(text: str, _before: str, _behind: str) -> Iterator[Change]:
    for found in re.finditer(r"=\s*+(True|TRUE|False|FALSE)\b", text):
        yield (*found.span(1), found[1].lower(), f"Write `{found[1].lower()}`")
    number = re.match(r"^\s*+[\w.-]++\s*+=\s*+(v?\d++(?:\.\d++){2,})\s*+(?:#.*)?$", text)
    if number is not None:  # more than one point: neither a number nor a date
        yield (*number.span(1), f'"{number[1]}"', "Quote the value")


def _indent(text: str) -> str:
    """The blanks and tabs at the beginning."""
    return text[: len(text) - len(text.lstrip(" \t"))]


def _yaml(text: str, before: str, behind: str) -> Iterator[Change]:
    indent, rest = _indent(text), text.lstrip()
    levels = [_indent(line) for line in (before, behind) if line.strip()]
    if "\t" in indent:
        if _OPENS_BLOCK.search(before) is not None:
            levels = [level for level in levels if len(level) > len(levels[0])]
        levels = levels or [_indent(before) + "  "]
        for level in dict.fromkeys(level for level in levels if "\t" not in level):
            yield (0, len(indent), level, "Correct the indentation")
    else:
        near = [level for level in dict.fromkeys(levels) if abs(len(level) - len(indent)) == 1]
        near = near if len(indent) % 2 else []  # otherwise the other line is the odd one
        for level in near:
            yield (0, len(indent), level, "Correct the indentation")
        if indent and near:  # it may belong to a block farther away
            yield (0, 1, "", "")
            yield (0, 0, " ", "")
    if re.fullmatch(r"(?:- )?[\w.-]+\s*", rest) and levels and len(levels[-1]) > len(indent) and behind.strip():
        end = len(text.rstrip())
        yield (end, end, ":", "Add the missing `:`")


_SPECIAL: Mapping[str, Callable[[str, str, str], Iterator[Change]]] = MappingProxyType(
    {"json": _json, "toml": _toml, "yaml": _yaml}
)
