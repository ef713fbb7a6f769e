"""How long a query may wait for its answer."""

from __future__ import annotations

from autothink_lsp.features.completion.model import CompletionQuery

# Somebody who asked by hand waits; VS Code's and Neovim's limits are for automatic requests only.
INVOKED_DEADLINE_MS = 15_000.0
# What writing the answer to the client may take on a busy machine; taken off the deadline.
REPLY_MARGIN_MS = 25.0


def deadline_ms(query: CompletionQuery) -> float:
    """After ``query.received_ms``."""
    if query.deadline_ms is not None:
        return query.deadline_ms
    if query.trigger == "invoked":
        return max(INVOKED_DEADLINE_MS, query.settings.completion.deadline_ms)
    return query.settings.completion.deadline_ms - REPLY_MARGIN_MS
