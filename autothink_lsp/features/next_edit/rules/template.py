"""The new text that two examples of a change have in common, as a template with holes. Pure.

The contents of a hole may have another case in the new text (``user_id``, ``userId``, ``USER_ID``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Hole = tuple[tuple[str, ...], tuple[str, ...]]  # the tokens of both examples
NewSide = tuple[str | tuple[int, Callable[[str], str]], ...]


def new_side(one: Sequence[str], two: Sequence[str], holes: Sequence[Hole]) -> NewSide | None:
    """The new text as a template; ``None`` if the examples differ in more than the contents of the holes."""
    parts: list[str | tuple[int, Callable[[str], str]]] = []
    at_one = at_two = 0
    order = sorted(range(len(holes)), key=lambda number: -len(holes[number][0]))
    while at_one < len(one) and at_two < len(two):
        for number in order:
            in_one, in_two = holes[number]
            if tuple(one[at_one : at_one + len(in_one)]) == in_one and (
                tuple(two[at_two : at_two + len(in_two)]) == in_two
            ):
                parts.append((number, str))
                at_one, at_two = at_one + len(in_one), at_two + len(in_two)
                break
        else:
            if one[at_one] == two[at_two]:
                parts.append(one[at_one])
            elif (derived := _derived(one[at_one], two[at_two], holes)) is not None:
                parts.append(derived)
            else:
                return None
            at_one, at_two = at_one + 1, at_two + 1
    return tuple(parts) if at_one == len(one) and at_two == len(two) else None


def rewritten(new: NewSide, contents: Sequence[str]) -> str:
    """The new text with ``contents`` in its holes."""
    return "".join(part if isinstance(part, str) else part[1](contents[part[0]]) for part in new)


def _derived(one: str, two: str, holes: Sequence[Hole]) -> tuple[int, Callable[[str], str]] | None:
    """The hole, and the function of its content, that give ``one`` and ``two``: the content in another case, or between
    an equal beginning and end. ``None`` if there is none."""
    for number, (in_one, in_two) in enumerate(holes):
        if len(in_one) != 1 or len(in_two) != 1:
            continue
        for case in _CASES:
            if (affix := _affix(one, case(in_one[0]))) is not None and affix == _affix(two, case(in_two[0])):
                return number, _affixed(affix, case)
    return None


def _affix(word: str, inner: str) -> tuple[str, str] | None:
    if not inner:  # of a name without letters, such as ``_``
        return None
    before, found, behind = word.partition(inner)
    return (before, behind) if found else None


def _affixed(affix: tuple[str, str], case: Callable[[str], str]) -> Callable[[str], str]:
    return lambda content: f"{affix[0]}{case(content)}{affix[1]}"


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"_+|(?<=[a-z0-9])(?=[A-Z])", name) if word]


def _snake(name: str) -> str:
    return "_".join(word.lower() for word in _words(name))


def _camel(name: str) -> str:
    return _pascal(name)[:1].lower() + _pascal(name)[1:]


def _pascal(name: str) -> str:
    return "".join(word[:1].upper() + word[1:].lower() for word in _words(name))


def _upper(name: str) -> str:
    return _snake(name).upper()


_CASES: tuple[Callable[[str], str], ...] = (str, _snake, _camel, _pascal, _upper)


def literal_form(some: Sequence[str], *, is_beginning: bool) -> str:
    """A pattern for these tokens: of blanks as many as a formatter may leave, at least one between words, but exactly
    those that a line begins with."""
    parts: list[str] = []
    for number, token in enumerate(some):
        if token.strip() or "\n" in token or (is_beginning and not number):
            parts.append(re.escape(token))
        else:
            before, behind = some[:number][-1:], some[number + 1 :][:1]  # none: a hole, which may be a word
            is_between_words = all(re.match(r"\w", one[0]) for one in (before, behind) if one)
            parts.append("[ \\t]+" if is_between_words else "[ \\t]*")
    return "".join(parts)


def is_balanced(text: str) -> bool:
    """Whether all brackets and double quotes of ``text`` are closed in it."""
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if depth < 0:
            return False
    return depth == 0 and text.count('"') % 2 == 0
