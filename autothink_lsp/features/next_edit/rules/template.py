"""What two examples of a rewriting have in common: the new side as texts and the contents of holes, which may come in
another case (``user_id``, ``userId``, ``USER_ID``). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Hole = tuple[tuple[str, ...], tuple[str, ...]]  # the tokens of both examples
NewSide = tuple[str | tuple[int, Callable[[str], str]], ...]


def new_side(one: Sequence[str], two: Sequence[str], holes: Sequence[Hole]) -> NewSide | None:
    """The new side as texts and holes; ``None`` where the examples differ in something that no hole explains."""
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
    """The new side with these contents of the holes."""
    return "".join(part if isinstance(part, str) else part[1](contents[part[0]]) for part in new)


def _derived(one: str, two: str, holes: Sequence[Hole]) -> tuple[int, Callable[[str], str]] | None:
    """A word that is a hole's content in another case or with the same beginning and end around it."""
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
    """Whether the brackets of the text are closed in it, and its double quotes, too."""
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if depth < 0:
            return False
    return depth == 0 and text.count('"') % 2 == 0
