"""What the completion model may see of a place: whether anything, how much of the file, and no secret at the cursor.

Pure except for the endpoint's measured window budget. ``gate.py`` has the rules that need no pattern and no window.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from attrs import evolve, frozen

from autothink_lsp.context.compose import budget_tokens
from autothink_lsp.context.privacy import PrivacyGate, redacts
from autothink_lsp.context.redaction import secret_at_cursor
from autothink_lsp.context.values import CodeContext
from autothink_lsp.context.window import Windows, WindowSize
from autothink_lsp.features.completion import gate
from autothink_lsp.features.completion.endpoint import CompletionEndpoint, PromptThroughput
from autothink_lsp.features.completion.model import CompletionQuery
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax

# Characters of code, about 3.4 to a token; of other text as many as are so many tokens (``endpoint.py``). On a laptop's
# CPU a cold prompt of 512 tokens takes 3.5 s, and more lines of the same file were not seen to help a small model
# (``docs/context.md``, "How much of the same file"); a server with a GPU evaluates ten times as much in less time.
EMBEDDED_WINDOW = WindowSize(prefix_chars=1_200, suffix_chars=400, block_tokens=0)
REMOTE_WINDOW = WindowSize(prefix_chars=6_000, suffix_chars=2_000)


def window_size(settings: Settings, throughput: PromptThroughput | None = None) -> WindowSize:
    """How much of the file this backend can evaluate while a request waits, in tokens as it counts them."""
    throughput = throughput or PromptThroughput()
    most = REMOTE_WINDOW
    if settings.completion.backend == "embedded":
        most = evolve(EMBEDDED_WINDOW, block_tokens=throughput.spare_tokens(EMBEDDED_WINDOW))
    blocks = partial(budget_tokens, settings)
    return throughput.window(EMBEDDED_WINDOW, most, settings.completion.max_tokens, blocks)


@frozen
class PromptContext:
    """Decides whether a place may be sent, and gathers what is sent. ``endpoint_for`` gives the endpoint of some
    settings, whose throughput sizes the window."""

    syntax: Syntax
    windows: Windows
    privacy: PrivacyGate
    endpoint_for: Callable[[Settings], CompletionEndpoint]

    def refusal(self, query: CompletionQuery) -> str | None:
        """The reason why nothing of this document or place may be sent to a model, or ``None``."""
        snapshot, settings = query.snapshot, query.settings
        excluded = self.privacy.refusal(snapshot.uri, query.folder, snapshot.text, settings, settings.completion)
        return f"excluded: {excluded}" if excluded else gate.refusal(query)

    def gather(self, query: CompletionQuery) -> CodeContext:
        """The window around the cursor, and blocks of other places and files."""
        return self.windows.gather(
            query.snapshot,
            query.point,
            self._size(query),
            path=query.path,
            language=self.syntax.language(query.snapshot),
            folder=query.folder,
            settings=query.settings,
        )

    def peek(self, query: CompletionQuery) -> CodeContext | None:
        """The window that a request here would get, without anchoring it. ``None`` where blocks from elsewhere would
        stand in front of it, which are chosen for real requests only, and where a secret is at the cursor."""
        size = self._size(query)
        if query.settings.completion.context_sources and budget_tokens(query.settings, size.block_tokens):
            return None
        language = self.syntax.language(query.snapshot)
        context = self.windows.peek(query.snapshot, query.point, size, path=query.path, language=language)
        return None if hidden_secret(query, context) else context

    def sendable(self, query: CompletionQuery) -> CodeContext | None:
        """As ``gather``; ``None`` where a secret that this model must not see is at the cursor."""
        context = self.gather(query)
        return None if hidden_secret(query, context) else context

    def _size(self, query: CompletionQuery) -> WindowSize:
        return window_size(query.settings, self.endpoint_for(query.settings).throughput)


def hidden_secret(query: CompletionQuery, context: CodeContext) -> str:
    """The kind of the secret at the cursor where secrets are hidden from this model, or an empty text."""
    return secret_at_cursor(context) if redacts(query.settings, query.settings.completion) else ""


def shares_prefill(one: CodeContext, other: CodeContext) -> bool:
    """Whether the prompts of both begin alike, up to about the line of the first one's cursor."""
    below = one.suffix[len(one.line_suffix) :]
    return other.prefix.startswith(one.whole_lines_above) and other.suffix.endswith(below)
