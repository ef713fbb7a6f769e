"""Parts of the document outside of the window: the cursor's class, names that are called and not defined, the rest.

Part of the source ``definitions``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set

from autothink_lsp.context.index.symbols import Symbol
from autothink_lsp.context.knowledge import Knowledge, closed, likeliest
from autothink_lsp.context.secrets import find_secrets
from autothink_lsp.context.snippets import ContextSnippet, SourceQuery, occurrences
from autothink_lsp.document.text import is_word

NAME = "definitions"
_OUTLINE_CHARS_PER_TOKEN = 0.8
_REST_CHARS_PER_TOKEN = 0.6
_MOST_CLASS_LINES = 1_500
_LONGEST_LINE = 100
_MOST_WANTED = 3
_MOST_LOOKED_UP = 8
# An attribute is defined by its assignment.
_ASSIGNED = re.compile(r"^[ \t]*(?:self|this)(?:\.|->)(\w+)\s*(?::[^=\n]+)?=(?!=)", re.MULTILINE)
# Calls, in reversed text: a search for a bracket is a tenth of the time of one for the beginning of a name.
_OF_SELF_REVERSED = re.compile(r"\(\s*+(\w++)(?:\.|>-)(?:fles|siht|slc)\b")
_CALLED_REVERSED = re.compile(r"\(\s*+(\w++)(?![.>])")
# Names of several words: those of a standard library seldom have several.
_SEVERAL_WORDS = re.compile(
    r"(?:(?=[a-z]\w*_\w|_\w)\w++|(?=[A-Z][a-z]+[A-Z])\w++(?<!Error)(?<!Exception)(?<!Warning))\Z"
)
_CALL = re.compile(r"\s{0,40}+\(")
_ASSIGNMENT = re.compile(r"\s{0,40}+(?::[^=(\n]{1,200})?=(?!=)")
_DEFINING_WORDS = ("def ", "class ", "function ", "func ", "fn ")
_DEFINED_NAME = re.compile(r" *(\w+)")
_SELF = re.compile(r"\b(?:self|this|cls)(?:\.|->)\Z")
_LONGEST_SELF = 7  # "this->", and what is before it
_MAY_DEFINE = re.compile(r"\s*(?:(?:async|def|class|export|public|private|static|function|func|fn|pub)\b.*)?\w*\Z")


def class_around(own: list[Symbol], query: SourceQuery) -> Symbol | None:
    """The class of this file around the cursor, found by indentation."""
    above = [symbol for symbol in own if symbol.line < query.point.line]
    outer = next((symbol for symbol in reversed(above) if not symbol.container), None)
    indented = query.snapshot.text.line(query.point.line)[: query.point.column][:1].isspace()
    return outer if outer is not None and outer.kind in {"class", "type"} and indented else None


def members_of(own: list[Symbol], holder: Symbol, query: SourceQuery) -> list[Symbol]:
    """The signatures of a class in this document, and the attributes that its methods assign."""
    members = [symbol for symbol in own if symbol.container == holder.name]
    known = {symbol.name for symbol in members}
    outer = (symbol.line for symbol in own if not symbol.container and symbol.line > holder.line)
    stop = min(next(outer, query.snapshot.text.line_count), holder.line + _MOST_CLASS_LINES)
    body = query.snapshot.text.slice_lines(holder.line, stop)
    line, read = holder.line, 0
    for assigned in _ASSIGNED.finditer(body):
        if assigned[1] not in known:
            known.add(assigned[1])
            line, read = line + body.count("\n", read, assigned.start()), assigned.start()
            text = _line(body, read)
            if text:
                members.append(Symbol(query.path, assigned[1], "variable", holder.name, text, line))
    return members


def _line(text: str, start: int) -> str:
    """The line from ``start`` on, shortened; empty if it contains a secret, of which a part might be left."""
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else None].strip()
    return "" if len(line) > _LONGEST_LINE and any(find_secrets(line)) else line[:_LONGEST_LINE]


def outline(
    members: list[Symbol], holder: Symbol, query: SourceQuery, knowledge: Knowledge
) -> Iterator[ContextSnippet]:
    """The members of the cursor's class that the window does not show."""
    unseen = [
        one
        for one in members
        if not query.first <= one.line < query.stop and one.name[:2] != "__" and one.name not in query.window_words
    ]
    if unseen:
        most_chars = int(_OUTLINE_CHARS_PER_TOKEN * query.budget_tokens)
        text = knowledge.with_members(holder, likeliest(unseen, query, most_chars))
        reason = f"members of {holder.name}, in which the cursor stands, outside of the window"
        yield ContextSnippet(NAME, query.path, text, reason, may_end_early=True)


def wanted(own: list[Symbol], query: SourceQuery, imported: frozenset[str]) -> Iterator[ContextSnippet]:
    """Lines with calls of names that this file does not define: a definition may be about to be written."""
    text = query.snapshot.text
    if not query.is_searchable or not _MAY_DEFINE.match(text.line(query.point.line)[: query.point.column]):
        return
    found: dict[str, str] = {}
    parts = [text.slice_lines(0, query.first), text.slice_lines(min(query.stop, text.line_count), text.line_count)]
    known = {symbol.name for symbol in own} | imported | query.window_words
    known.update(name for part in parts for name in _defined_in(part))
    looked_up = 0
    for part in parts:
        for name, is_before in _called_in(part, known):
            if looked_up == _MOST_LOOKED_UP:
                break
            looked_up += 1
            known.add(name)
            if not any(_follows(name, one, _ASSIGNMENT) is not None for one in parts):
                call = _follows(name, part, _CALL, is_before)
                text_of_call = _line(part, part.rfind("\n", 0, call) + 1) if call is not None else ""
                if text_of_call:
                    found[name] = text_of_call
    if found:
        names, uses = list(found)[:_MOST_WANTED], list(found.values())[:_MOST_WANTED]
        reason = f"{', '.join(names)}: called here, defined nowhere"
        yield ContextSnippet(NAME, query.path, "\n".join(dict.fromkeys(uses)), reason)


def _defined_in(text: str) -> Iterator[str]:
    """The names behind a word that defines one."""
    for word in _DEFINING_WORDS:
        at = text.find(word)
        while at >= 0:
            if not (at and is_word(text[at - 1])) and (name := _DEFINED_NAME.match(text, at + len(word))):
                yield name[1]
            at = text.find(word, at + len(word))


def _called_in(text: str, known: Set[str]) -> Iterator[tuple[str, Callable[[str], bool]]]:
    """The names that are called and not ``known``, each once: those of the object itself first, then plain names of
    several words, each in the order of their first calls; and what may stand before such a call."""
    reversed_text = text[::-1]
    for pattern, is_before, is_wanted in (
        (_OF_SELF_REVERSED, _ends_with_self, _is_any),
        (_CALLED_REVERSED, _ends_with_no_object, _SEVERAL_WORDS.match),
    ):
        for reversed_name in dict.fromkeys(reversed(pattern.findall(reversed_text))):
            name = reversed_name[::-1]
            if name not in known and is_wanted(name):
                yield name, is_before


def _is_any(_name: str) -> bool:
    return True


def _ends_with_self(before: str) -> bool:
    return _SELF.search(before) is not None


def _ends_with_no_object(before: str) -> bool:
    return not before.endswith((".", ">"))


def _follows(
    name: str, text: str, pattern: re.Pattern[str], is_before: Callable[[str], bool] | None = None
) -> int | None:
    """The first offset of ``name`` as a whole word in front of ``pattern``, and behind what ``is_before`` accepts."""
    for at in occurrences(name, text):
        if pattern.match(text, at + len(name)) and (
            is_before is None or is_before(text[max(0, at - _LONGEST_SELF) : at])
        ):
            return at
    return None


def rest(own: list[Symbol], query: SourceQuery) -> Iterator[ContextSnippet]:
    """The other top-level definitions of the document."""
    outer = [one for one in own if not one.container]
    around = next((one for one in reversed(outer) if one.line < query.point.line), None)
    unseen = [
        one
        for one in outer
        if one != around and not query.first <= one.line < query.stop and one.name not in query.window_words
    ]
    shown = likeliest(unseen, query, int(_REST_CHARS_PER_TOKEN * query.budget_tokens))
    if shown:
        text = "\n".join(closed(one.signature) for one in shown)
        yield ContextSnippet(NAME, query.path, text, "defined in this file, outside of the window", may_end_early=True)
