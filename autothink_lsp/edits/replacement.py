"""Edits as values: replacements, the scope of an edit, refusals. Made by `edits/`, used by `verify/` and the
features."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from attrs import field, frozen

from autothink_lsp.document.text import Text
from autothink_lsp.errors import AutothinkError
from autothink_lsp.values import Point


@frozen
class Replacement:
    """Replaces the range from ``start`` to ``end`` of a text by ``new_text``. Several replacements never overlap and
    are in text order; line ends are those of the document."""

    start: Point
    end: Point
    new_text: str = field(repr=False)


def apply_replacements(text: Text, replacements: Iterable[Replacement]) -> Text:
    """A copy of ``text`` with all ``replacements``, whose ranges refer to ``text`` itself.

    Two insertions at one point are made in order, as in LSP.
    """
    ordered = sorted(replacements, key=lambda replacement: replacement.start)
    for one in ordered[::-1]:
        text = text.replace(one.start, one.end, one.new_text)
    return text


def inverse_replacements(text: Text, replacements: Iterable[Replacement]) -> tuple[Replacement, ...]:
    """The replacements that undo ``replacements`` of ``text``; their ranges refer to the text after them."""
    ordered = sorted(replacements, key=lambda replacement: replacement.start)
    after = apply_replacements(text, ordered)
    inverse: list[Replacement] = []
    shift = 0
    for one in ordered:
        start, end = text.place(one.start).offset, text.place(one.end).offset
        new_start = start + shift
        new_end = new_start + len(one.new_text)
        shift += len(one.new_text) - (end - start)
        first, last = after.place_at_offset(new_start).point, after.place_at_offset(new_end).point
        inverse.append(Replacement(first, last, text.slice_offsets(start, end)))
    return tuple(inverse)


@frozen
class EditScope:
    """The changes that an edit may make.

    ``lines`` are (first, last) document lines of the messages; ``None``: the whole piece may change, as in a
    refactoring. ``comments``: removing comments may be requested. ``layout``: the message is about layout or comments,
    so a change of only these is an edit. ``final_newline``: the message is about a missing line end at the end of the
    document. ``types``: type annotations are requested. ``markup``: the message or the user speaks of the markup of
    prose, such as headings and fences.
    """

    lines: tuple[tuple[int, int], ...] | None = None
    comments: bool = False
    layout: bool = False
    final_newline: bool = False
    types: bool = False
    markup: bool = False


@frozen
class ProposedEdit:
    """An edit that is not checked yet. ``replacements`` is never empty. ``concerns`` are sentences for the user, who is
    asked before an edit with concerns is applied: changes that other code may depend on, or that may be unintended."""

    replacements: tuple[Replacement, ...]
    concerns: tuple[str, ...] = ()


class Refusal(StrEnum):
    """The reason why an answer does not become an edit."""

    NO_CODE = "no-code"  # it contains nothing that could be an edit
    REPEATED = "repeated"  # the edit of a failed earlier attempt
    UNCHANGED = "unchanged"  # it repeats the unchanged code: the most frequent failure of small models
    TRUNCATED = "truncated"  # it was cut, so it is never applied
    NOT_FOUND = "not-found"  # the text to replace does not exist
    AMBIGUOUS = "ambiguous"  # the text to replace exists more than once
    OUTSIDE = "outside"  # it changes something that was not asked for
    OTHER_CODE = "other-code"  # it is unrelated code
    STALE = "stale"  # the document has changed at the same place


class EditRefused(AutothinkError):
    """Raised if an answer does not become an edit. ``reason`` is for the policy, the message for the user,
    ``for_model`` for the retry."""

    def __init__(self, reason: Refusal, message: str, *, hint: str = "", for_model: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
        self.for_model = for_model or message
