"""What a backend is: the only thing that features know of a model server. Values and one protocol, no I/O.

A backend streams raw completions of a prompt that we have laid out ourselves (FIM tokens placed by ``prompt/``).
Leaving the stream early (``aclose()`` on the generator, or cancelling the task that reads it) closes the HTTP stream,
and that is what makes the server stop computing.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from attrs import frozen

from autothink_lsp.backends.finish_reason import FinishReason
from autothink_lsp.values import ChatMessage


@frozen
class CompletionRequest:
    """One raw completion. ``max_tokens=0`` asks the server only to evaluate the prompt (where it can).

    ``logprobs`` asks how sure the model is of each token; a server that does not tell answers without.
    """

    prompt: str
    max_tokens: int
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    logprobs: bool = False


@frozen
class ChatRequest:
    """One chat. ``max_tokens`` covers thinking and answer; 0 asks the server only to evaluate the prompt.

    ``prefill`` is how the assistant's turn begins: the server continues it. ``fields`` go into the body as they are
    (think switches of the profile); a server that refuses one is asked again without it.
    """

    messages: tuple[ChatMessage, ...]
    max_tokens: int
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    prefill: str = ""
    fields: Mapping[str, object] = MappingProxyType({})


@frozen
class Usage:
    """Tokens as the server counted them; ``None`` where it did not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None


@frozen
class Timings:
    """What llama.cpp says of one request (its ``timings`` object); other servers give ``None`` for the whole."""

    prompt_evaluated_tokens: int
    prompt_cached_tokens: int
    prompt_ms: float
    predicted_tokens: int
    predicted_ms: float


@frozen
class TextDelta:
    """A piece of the answer, never empty. ``timings`` count up to here, where the server tells them on the way.

    ``logprobs``: natural logarithms of the probabilities of the tokens that end in this piece; empty where the server
    was not asked or does not say."""

    text: str
    timings: Timings | None = None
    logprobs: tuple[float, ...] = ()


@frozen
class ReasoningDelta:
    """A piece of reasoning that the server sent in a field of its own, never empty."""

    text: str


@frozen
class Finished:
    """The last event of every stream that was not cancelled. Only with ``stop`` the answer is whole."""

    reason: FinishReason
    usage: Usage = Usage()
    timings: Timings | None = None
    told: str = ""
    """The server's own word for the reason where it is neither ``stop`` nor ``length``, for messages."""


StreamEvent = TextDelta | Finished
ChatEvent = TextDelta | ReasoningDelta | Finished


@frozen
class ServerDescription:
    """What a server says of itself; ``None`` where it does not.

    ``model`` is the one that our requests go to, ``models`` every name that the server lists (empty where it lists
    none): a configured model that is not in a filled list is a likely mistake in the settings.
    """

    server: str
    model: str | None = None
    context_tokens: int | None = None
    models: tuple[str, ...] = ()


class Backend(Protocol):
    """See the module's docstring. Every method raises ``BackendError`` and nothing else (besides cancellation)."""

    @property
    def name(self) -> str:
        """The ``completion.backend`` setting that makes it: ``llama-server``, ``openai``, ``scripted``."""
        ...

    @property
    def url(self) -> str:
        """Base URL for messages to the user; empty where there is none."""
        ...

    def stream(self, request: CompletionRequest) -> AsyncGenerator[StreamEvent, None]:
        """Deltas as they arrive, then one ``Finished``.

        Who may leave early wraps it in ``contextlib.aclosing``: a generator that is only dropped is closed whenever the
        garbage collector comes by.
        """
        ...

    def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """The same for a chat, whose template the server applies."""
        ...

    async def token_counts(self, texts: Sequence[str]) -> Mapping[str, int] | None:
        """How many tokens each text is in the served vocabulary, special tokens parsed as such.

        ``None`` where the server has no way to tell.
        """
        ...

    async def describe(self) -> ServerDescription:
        """Ask who is there. Cheap; used by ``doctor`` and once at first use."""
        ...

    async def aclose(self) -> None:
        """Close the connection pool. Idempotent."""
        ...
