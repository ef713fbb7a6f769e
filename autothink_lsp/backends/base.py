"""The backend protocol: everything that the features know about a model server. Values and one protocol, no I/O.

A backend streams raw completions of a prompt that ``prompt/`` has rendered, and chats, whose template the server
applies. Leaving the stream early (``aclose()`` on the generator, or cancelling the task that reads it) closes the HTTP
stream, which makes the server stop generating.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from attrs import field

from autothink_lsp.backends.finish_reason import FinishReason
from autothink_lsp.values import ChatMessage, frozen


@frozen
class ChatHole:
    """A hole in code as a chat, for a server without raw completions.

    ``line`` is the cursor's line up to the cursor, which the answer may repeat. ``lead`` is the end of ``line`` that a
    raw prompt leaves to the model. The stream of a chat begins with it, too, so that both kinds are read in one way.
    ``has_fences``: a Markdown fence in the answer belongs to the document; ``has_backticks``: a backtick does.
    ``above``: the nearest lines above the cursor's, which an answer may repeat.
    """

    messages: tuple[ChatMessage, ...]
    line: str
    lead: str = ""
    stop: tuple[str, ...] = ()
    has_fences: bool = False
    has_backticks: bool = False
    above: tuple[str, ...] = ()


@frozen
class FimRequest:
    """One raw completion. ``max_tokens=0`` requests a prefill only, if the server supports it.

    ``logprobs`` requests the probability of each token; a server without support answers without them. ``chat`` makes
    the same request for a server that has chats only, which cannot answer without it.
    """

    prompt: str
    max_tokens: int
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    logprobs: bool = False
    chat: Callable[[], ChatHole] | None = field(default=None, eq=False, repr=False)


@frozen
class ChatRequest:
    """One chat. ``max_tokens`` covers thinking and answer; 0 requests a prefill only.

    ``prefill`` is the beginning of the assistant's turn, which the server continues. ``fields`` are added to the body
    unchanged (think switches of the profile); if a server refuses a field, the request is repeated without it.
    ``is_follow_up``: the request gets the answer that an earlier one of the same question did not bring.
    """

    messages: tuple[ChatMessage, ...]
    max_tokens: int
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    top_p: float | None = None
    prefill: str = ""
    is_follow_up: bool = False
    fields: Mapping[str, object] = MappingProxyType({})


@frozen
class Usage:
    """The server's token counts; ``None`` if not reported."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None


@frozen
class Timings:
    """llama.cpp's ``timings`` of one request. Other servers report none."""

    prompt_evaluated_tokens: int
    prompt_cached_tokens: int
    prompt_ms: float
    predicted_tokens: int
    predicted_ms: float
    draft_tokens: int = 0  # of speculative decoding, accepted or not


@frozen
class TextDelta:
    """A part of the answer, never empty. ``timings`` cover the answer so far, if the server reports them.

    ``logprobs``: natural logarithms of the probabilities of the tokens that end in this part; empty if they were not
    requested or not reported. ``pieces``: the length and the sum of the log-probabilities of each piece, if the part
    is several pieces of the server that were received together (``joined_deltas``).
    """

    text: str
    timings: Timings | None = None
    logprobs: tuple[float, ...] = ()
    pieces: tuple[tuple[int, float], ...] = ()

    @property
    def piece_count(self) -> int:
        """The number of pieces, which are tokens with every server we know."""
        return len(self.pieces) or 1


def joined_deltas(deltas: Sequence[TextDelta]) -> TextDelta:
    """The deltas, at least one, as one: what follows a delta costs the same for one piece and for ten."""
    if len(deltas) == 1:
        return deltas[0]
    return TextDelta(
        "".join(delta.text for delta in deltas),
        next((delta.timings for delta in reversed(deltas) if delta.timings is not None), None),
        tuple(logprob for delta in deltas for logprob in delta.logprobs),
        tuple((len(delta.text), sum(delta.logprobs)) for delta in deltas),
    )


@frozen
class ReasoningDelta:
    """A piece of reasoning that the server sent in a separate field, never empty."""

    text: str


@frozen
class Finished:
    """The last event of every stream that was not cancelled. The answer is complete only if ``reason`` is ``stop``."""

    reason: FinishReason
    usage: Usage = Usage()
    timings: Timings | None = None
    server_reason: str = ""
    """The server's own word for the reason where it is neither ``stop`` nor ``length``, for messages."""


StreamEvent = TextDelta | Finished
ChatEvent = TextDelta | ReasoningDelta | Finished


@frozen
class ServerDescription:
    """A server's description of itself; ``None`` for values that it does not report.

    ``model`` is the model that requests use, ``models`` every name that the server lists (empty if it lists none). A
    configured model that is not in a non-empty list is probably a mistake in the settings.
    """

    server: str
    model: str | None = None
    context_tokens: int | None = None
    models: tuple[str, ...] = ()
    chat_template: str = ""  # or a small chat rendered by it; shows how thinking is switched


class Backend(Protocol):
    """One model server. Every method raises only ``BackendError``, besides cancellation."""

    @property
    def name(self) -> str:
        """The value of the setting ``completion.backend`` that selects it, such as ``llama-server`` or ``openai``."""
        ...

    @property
    def url(self) -> str:
        """Base URL for messages to the user; empty if there is none."""
        ...

    def stream(self, request: FimRequest) -> AsyncGenerator[StreamEvent, None]:
        """Yield deltas as they arrive, then one ``Finished``. Pieces that are received together may be one delta.

        A caller that may leave early wraps the stream in ``contextlib.aclosing``: a generator that is only dropped is
        closed when the garbage collector runs.
        """
        ...

    def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """Like ``stream``, for a chat, whose template the server applies."""
        ...

    async def token_counts(self, texts: Sequence[str]) -> Mapping[str, int] | None:
        """The number of tokens of each text in the served vocabulary; special tokens are parsed as such.

        ``None`` if the server cannot count tokens.
        """
        ...

    async def describe(self) -> ServerDescription:
        """Query the server's description. Cheap; used by ``doctor`` and once at first use."""
        ...

    async def aclose(self) -> None:
        """Close the connection pool. Idempotent."""
        ...
