"""Edits as values. Made by ``edits/``, read by ``verify/`` and the features."""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen

from autothink_lsp.errors import AutothinkError
from autothink_lsp.values import Point


@frozen
class Replacement:
    """``new_text`` for what stands from ``start`` to ``end`` in one given text. Several never overlap and stand in
    the order of the text; line ends are those of the document."""

    start: Point
    end: Point
    new_text: str = field(repr=False)


@frozen
class Asked:
    """What an edit is asked to change. ``lines`` are (first, last) document lines of the messages; ``None``: the whole
    piece may be reshaped, as a refactoring does. ``comments``: they may be what is to go. ``layout``: the message is
    about layout or comments, so a change of these alone is an edit. ``final_newline``: the message is that the last
    line of the document has no line end. ``types``: to add type annotations is the task."""

    lines: tuple[tuple[int, int], ...] | None = None
    comments: bool = False
    layout: bool = False
    final_newline: bool = False
    types: bool = False


@frozen
class ProposedEdit:
    """``replacements`` is never empty. ``concerns`` are sentences for the user, who is asked before an edit with any is
    applied: what it changes that others rely on, or that may not have been meant."""

    replacements: tuple[Replacement, ...]
    concerns: tuple[str, ...] = ()


class Refusal(StrEnum):
    """Why an answer does not become an edit."""

    NO_CODE = "no-code"  # nothing in it that could be an edit
    UNCHANGED = "unchanged"  # it repeats the code as it was: the commonest failure of small models
    TRUNCATED = "truncated"  # it was cut: never applied
    NOT_FOUND = "not-found"  # what it wants to replace is not there
    AMBIGUOUS = "ambiguous"  # ... is there more than once
    OUTSIDE = "outside"  # it changes what was not asked for
    OTHER_CODE = "other-code"  # the code of something else
    STALE = "stale"  # the document has changed in the same place


class EditRefused(AutothinkError):
    """``reason`` for the policy; the message is a sentence for the user, ``for_model`` what a retry tells the model."""

    def __init__(self, reason: Refusal, message: str, *, hint: str = "", for_model: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
        self.for_model = for_model or message
