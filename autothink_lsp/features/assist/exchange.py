"""The messages and the answer of an edit, stored so that a reply of the user continues the conversation."""

from __future__ import annotations

from attrs import field, frozen

from autothink_lsp.context.redaction import Redaction
from autothink_lsp.values import ChatMessage


@frozen
class Exchange:
    """The messages of an action and the answer that became its edit. In ``answer`` secrets are restored; ``redaction``
    replaces them again."""

    messages: tuple[ChatMessage, ...] = field(repr=False)
    answer: str = field(repr=False)
    redaction: Redaction = field(repr=False)


@frozen
class FollowUp:
    """The user's reply to a shown edit. ``is_changed``: the document differs from that of the exchange, because the
    edit was applied or the user continued typing."""

    exchange: Exchange
    words: str
    is_changed: bool
