"""What the completion model may see of a place: whether anything, how much of the file, and no secret at the cursor."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from autothink_lsp.context.compose import budget_tokens
from autothink_lsp.context.privacy import PrivacyGate, redacts
from autothink_lsp.context.redaction import secret_at_cursor
from autothink_lsp.context.values import CodeContext
from autothink_lsp.context.window import Windows, WindowSize
from autothink_lsp.features.completion import gate
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.model import CompletionQuery
from autothink_lsp.features.completion.prompt import window_size
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax


@frozen
class PromptContext:
    """Asks nobody. The endpoint says how much its server reads."""

    syntax: Syntax
    windows: Windows
    privacy: PrivacyGate
    endpoint_for: Callable[[Settings], CompletionEndpoint]

    def refusal(self, query: CompletionQuery) -> str | None:
        """The reason why nothing of this document or place goes to a model, or ``None``."""
        snapshot, settings = query.snapshot, query.settings
        excluded = self.privacy.refusal(snapshot.uri, query.folder, snapshot.text, settings, settings.completion)
        return f"excluded: {excluded}" if excluded else gate.refusal(query)

    def gather(self, query: CompletionQuery) -> CodeContext:
        """The window around the cursor, and what is known from elsewhere."""
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
        """The window that somebody who types here would get; nothing that is kept changes. ``None`` where other code
        stands in front of it, which is chosen when somebody types, and where a secret is at the cursor."""
        size = self._size(query)
        if query.settings.completion.context_sources and budget_tokens(query.settings, size.block_tokens):
            return None
        language = self.syntax.language(query.snapshot)
        context = self.windows.peek(query.snapshot, query.point, size, path=query.path, language=language)
        return None if hidden_secret(query, context) else context

    def sendable(self, query: CompletionQuery) -> CodeContext | None:
        """As ``gather``; ``None`` where a secret is at the cursor."""
        context = self.gather(query)
        return None if hidden_secret(query, context) else context

    def _size(self, query: CompletionQuery) -> WindowSize:
        return window_size(query.settings, self.endpoint_for(query.settings).reading)


def hidden_secret(query: CompletionQuery, context: CodeContext) -> str:
    """The kind of the secret at the cursor where secrets are hidden from this model, or an empty text."""
    return secret_at_cursor(context) if redacts(query.settings, query.settings.completion) else ""
