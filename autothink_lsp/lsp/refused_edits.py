"""Keeps edits that a client refused to apply, so that choosing the same action again applies them immediately.

Kate accepts an edit only within about two seconds after it sent the command; a model needs longer. The result is valid
as long as the document is unchanged; asking the model again would only be refused again.
"""

from __future__ import annotations

from collections import OrderedDict

from attrs import define, field

from autothink_lsp.features.assist.actions import AssistRequest, AssistResult

_MOST = 20


@define(eq=False)
class RefusedEdits:
    """The last refused edits of a session."""

    _kept: OrderedDict[tuple[object, ...], AssistResult] = field(factory=OrderedDict)

    def keep(self, result: AssistResult) -> None:
        """Store a result that was not applied."""
        self._kept[_key(result.request)] = result
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)

    def take(self, request: AssistRequest) -> AssistResult | None:
        """Remove and return the same request's result, if the document is unchanged; else ``None``."""
        kept = self._kept.pop(_key(request), None)
        if kept is None:
            return None
        before, now = kept.request.snapshot.text, request.snapshot.text
        return kept if before is now or str(before) == str(now) else None


def _key(request: AssistRequest) -> tuple[object, ...]:
    return (
        request.snapshot.uri,
        request.action,
        request.start,
        request.end,
        request.think,
        request.instruction,
        tuple(one.message for one in request.diagnostics),
    )
