"""The context that the completion model may see at a cursor: none, or a window of the right size without secrets.

``cursor_refusal`` rejects disabled languages and unsuitable cursors. It runs before anything else on every key, so it
needs no pattern and no window; exclusion by path and content, of binary files too, is ``context/privacy.py``'s. Pure
except for the endpoint's measured window budget.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from autothink_lsp.context.compose import budget_tokens
from autothink_lsp.context.privacy import PrivacyGate, redacts
from autothink_lsp.context.redaction import secret_at_cursor
from autothink_lsp.context.values import CodeContext
from autothink_lsp.context.window import ContextGatherer, ContextRequest, WindowSize
from autothink_lsp.document.text import is_word
from autothink_lsp.features.completion.endpoint import CompletionEndpoint, PromptThroughput
from autothink_lsp.features.completion.model import CompletionRequest
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import evolve, frozen

# Characters of code, about 3.4 to a token; of other text as many as are so many tokens (``endpoint.py``). On a laptop's
# CPU a cold prompt of 512 tokens takes 3.5 s, and more lines of the same file were not seen to help a small model
# (``docs/measurements/context.md``, "How much of the same file"); a server with a GPU evaluates ten times as much
# in less time.
EMBEDDED_WINDOW = WindowSize(prefix_chars=1_200, suffix_chars=400, block_tokens=0)
REMOTE_WINDOW = WindowSize(prefix_chars=6_000, suffix_chars=2_000)
# A line this long is minified or data; a model of this kind writes nothing useful there and the prompt would be cut
# inside it.
LONGEST_LINE_CHARS = 2_000


def window_size(settings: Settings, throughput: PromptThroughput | None = None) -> WindowSize:
    """The window that this backend can evaluate while a request waits, by its measured throughput; a small one before
    anything is measured."""
    throughput = throughput or PromptThroughput()
    most = REMOTE_WINDOW
    if settings.completion.backend == "embedded":
        most = evolve(EMBEDDED_WINDOW, block_tokens=throughput.spare_tokens(EMBEDDED_WINDOW))
    blocks = partial(budget_tokens, settings)
    return throughput.window(EMBEDDED_WINDOW, most, settings.completion.max_tokens, blocks)


@frozen
class PromptContext:
    """Decides whether code at a cursor may be sent, and gathers its context. ``endpoint_for`` returns the endpoint of
    settings, whose throughput determines the window's size."""

    syntax: Syntax
    gatherer: ContextGatherer
    privacy: PrivacyGate
    endpoint_for: Callable[[Settings], CompletionEndpoint]

    def refusal(self, request: CompletionRequest) -> str | None:
        """The reason not to send code of this document or cursor to a model, or ``None``."""
        snapshot, settings = request.snapshot, request.settings
        excluded = self.privacy.refusal(snapshot.uri, request.folder, snapshot.text, settings, settings.completion)
        return f"excluded: {excluded}" if excluded else cursor_refusal(request)

    def gather(self, request: CompletionRequest) -> CodeContext:
        """The window around the cursor, and blocks of other places and files."""
        throughput = self._throughput(request)
        size = window_size(request.settings, throughput)
        return self.gatherer.gather(self._context_request(request, size, may_grow=throughput.evaluates_soon(size)))

    def gather_grown(self, request: CompletionRequest) -> CodeContext | None:
        """As ``sendable``, with a window of the final size though its prompt has to be evaluated anew. ``None`` as long
        as the server's speed is unknown."""
        if not self._throughput(request).is_known:
            return None
        context = self.gatherer.gather(self._context_request(request, self._size(request), may_grow=True))
        return None if hidden_secret(request, context) else context

    def peek(self, request: CompletionRequest) -> CodeContext | None:
        """The window that a request here would get, without moving its anchors. ``None`` if blocks from elsewhere would
        precede it (these are chosen for real requests only) and if a secret is at the cursor."""
        size = self._size(request)
        if request.settings.completion.context_sources and budget_tokens(request.settings, size.block_tokens):
            return None
        context = self.gatherer.peek(self._context_request(request, size))
        return None if hidden_secret(request, context) else context

    def sendable(self, request: CompletionRequest) -> CodeContext | None:
        """As ``gather``; ``None`` if a secret that is hidden from this model is at the cursor."""
        context = self.gather(request)
        return None if hidden_secret(request, context) else context

    def _context_request(
        self, request: CompletionRequest, size: WindowSize, *, may_grow: bool = False
    ) -> ContextRequest:
        return ContextRequest(
            snapshot=request.snapshot,
            point=request.point,
            size=size,
            path=request.path,
            language=self.syntax.language(request.snapshot),
            folder=request.folder,
            settings=request.settings,
            may_grow=may_grow,
        )

    def _throughput(self, request: CompletionRequest) -> PromptThroughput:
        return self.endpoint_for(request.settings).throughput

    def _size(self, request: CompletionRequest) -> WindowSize:
        return window_size(request.settings, self._throughput(request))


def cursor_refusal(request: CompletionRequest) -> str | None:
    """The reason to send no request from this cursor, or ``None``. Text to the right that continues the word under the
    cursor is one: a suggestion there would split what the user is editing."""
    completion = request.settings.completion
    if not completion.enabled:
        return "disabled"
    if not completion.allows_language(request.snapshot.language_id):
        return "language is off"
    line = request.snapshot.text.line(request.point.line)
    if len(line) > LONGEST_LINE_CHARS:
        return "line too long"
    if request.trigger == "automatic" and is_word(line[request.point.column :][:1]):
        return "inside a word"
    return None


def hidden_secret(request: CompletionRequest, context: CodeContext) -> str:
    """The kind of the secret at the cursor if secrets are hidden from this model, else an empty text."""
    return secret_at_cursor(context) if redacts(request.settings, request.settings.completion) else ""


def shares_prefill(one: CodeContext, other: CodeContext) -> bool:
    """Whether the prompts of both begin alike, up to about the line of the first one's cursor."""
    below = one.suffix[len(one.line_suffix) :]
    return other.prefix.startswith(one.whole_lines_above) and other.suffix.endswith(below)
