"""Requests, suggestions and outcomes of the completion path. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import field

from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.settings.model import Settings
from autothink_lsp.values import Point, frozen

Trigger = Literal["automatic", "invoked"]
Source = Literal["model", "cache", "in flight"]


@frozen
class SelectedItem:
    """LSP's ``SelectedCompletionInfo`` in code points: the entry that is selected in the editor's menu, and the range
    on the cursor's line that it would replace."""

    start: Point
    end: Point
    text: str


@frozen
class CompletionRequest:
    """One request of the editor. ``received_ms`` is on the service's monotonic clock."""

    snapshot: Snapshot
    point: Point
    trigger: Trigger
    received_ms: float
    settings: Settings
    path: str
    folder: str | None = None  # its workspace folder (URI)
    selected: SelectedItem | None = None
    deadline_ms: float | None = None  # instead of the settings' and the trigger's


@frozen
class SamplingParams:
    """How the output of a request is sampled. ``warm``: the server only evaluates the prompt, and generates nothing."""

    warm: bool = False
    temperature: float = 0.0


@frozen
class Suggestion:
    """A ``text``, with ``\\n`` line ends, that may be inserted at the cursor.

    It contains the first ``replaces_right`` code points right of the cursor (closers that the editor added by itself),
    which must be replaced.
    """

    id: int
    text: str
    source: Source
    replaces_right: int = 0


@frozen
class CompletionUsage:
    """The tokens and milliseconds of a stream. ``prompt_evaluated_tokens`` were not in the server's cache; only
    llama.cpp reports them and the milliseconds."""

    predicted_tokens: int
    prompt_evaluated_tokens: int | None = None
    prompt_cached_tokens: int | None = None
    prompt_ms: float | None = None
    predicted_ms: float | None = None


@frozen
class CompletionOutcome:
    """The reply to a request. Without a suggestion ``reason`` says why, in the words of the log. ``others`` are
    alternatives to cycle through, for a request by hand where a suggestion is shown. ``is_complete``: no more of the
    suggestion will arrive. ``stages_ms`` has the stages by name, in their order; their sum is ``elapsed_ms``."""

    suggestion: Suggestion | None
    reason: str
    others: tuple[Suggestion, ...] = ()
    elapsed_ms: float = 0.0
    stages_ms: Mapping[str, float] = field(factory=dict)
    usage: CompletionUsage | None = None
    is_complete: bool = True


# A user who asked by hand waits; VS Code's and Neovim's limits are for automatic requests only.
INVOKED_DEADLINE_MS = 15_000.0
# What writing the answer to the client may take on a busy machine; taken off the deadline.
REPLY_MARGIN_MS = 25.0


def deadline_ms(request: CompletionRequest) -> float:
    """The milliseconds after ``request.received_ms`` at which the reply is due."""
    if request.deadline_ms is not None:
        return request.deadline_ms
    if request.trigger == "invoked":
        return max(INVOKED_DEADLINE_MS, request.settings.completion.deadline_ms)
    return request.settings.completion.deadline_ms - REPLY_MARGIN_MS


@frozen
class ContextUse:
    """The tokens of the latest prompt, and the context length of the model; ``None`` if the server does not report
    it."""

    model: str
    used_tokens: int
    context_tokens: int | None
