"""Everything that a model is asked for before somebody asks: what follows a suggestion, the prompt at a place where a
document was opened, where the cursor rests, or where somebody typed before the server went away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from attrs import define, field

from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.features.completion.cache import SuggestionCache
from autothink_lsp.features.completion.connecting import Connecting
from autothink_lsp.features.completion.last_place import LastPlace
from autothink_lsp.features.completion.metrics import Counters
from autothink_lsp.features.completion.model import CompletionQuery, Suggestion
from autothink_lsp.features.completion.prefetch import Speculation, asks_ahead
from autothink_lsp.features.completion.prompt_context import PromptContext, hidden_secret
from autothink_lsp.features.completion.resting import Ask, Resting, same_reading
from autothink_lsp.features.completion.revival import Revival
from autothink_lsp.features.completion.scheduler import Runner
from autothink_lsp.features.completion.warming import Warming


@define(eq=False)
class Ahead:
    """``waits``: somebody does, for this model or for the one that does what was asked by hand."""

    sight: PromptContext
    runner: Runner
    connecting: Connecting
    cache: SuggestionCache
    counters: Counters
    waits: Callable[[], bool]
    _place: LastPlace = field(factory=LastPlace, init=False)
    _speculation: Speculation = field(init=False)
    _warming: Warming = field(init=False)
    _resting: Resting = field(init=False)
    _revival: Revival = field(init=False)

    def __attrs_post_init__(self) -> None:
        sight, endpoint_for = self.sight, self.sight.endpoint_for
        self._speculation = Speculation(self.runner, self.cache, self.counters, endpoint_for, self._may_ask)
        self._warming = Warming(
            *(self.runner, self.connecting, endpoint_for),
            permitted=lambda query: sight.refusal(query) is None,
            gather=sight.sendable,
        )
        self._resting = Resting(self._read_at)
        self._revival = Revival(lambda: self.warm(lambda: self._place.query), lambda: self._place.query is not None)

    def asked(self, query: CompletionQuery) -> None:
        """A key: what comes next is decided anew."""
        self._speculation.asked()
        self._place.asked(query)

    def typed(self, query: CompletionQuery, context: CodeContext) -> None:
        """The same once it is known what the model sees there."""
        self._resting.typed(query.snapshot.uri, context)

    def shown(self, query: CompletionQuery, context: CodeContext, suggestion: Suggestion) -> None:
        """It stands on the screen."""
        self._speculation.shown(query, context, suggestion)

    def rests(self, asked: Ask) -> None:
        """The cursor is where nobody types yet, as far as the editor tells."""
        self._resting.moved(asked)

    def warm(self, asked: Ask) -> Awaitable[None]:
        """See ``warming.py``."""
        return self._warming.warm(asked)

    def found_nothing(self, query: CompletionQuery) -> None:
        """Perhaps because the server is away: look whether it comes back."""
        self._revival.look_after(self.sight.endpoint_for(query.settings))

    def ended(self) -> Callable[[], None]:
        """An answer that nobody had asked for came to its end; what is returned is to be called when it is used."""
        return self._speculation.ended()

    def did_change(self, snapshot: Snapshot, changes: Sequence[Change]) -> None:
        """The text is another."""
        self._place.did_change(snapshot, changes)
        self.drop()

    def did_close(self, uri: str) -> None:
        """The document is gone."""
        self._place.did_close(uri)

    def drop(self) -> None:
        """What was about to be asked is of no use any more."""
        self._speculation.drop()
        self._resting.drop()

    async def aclose(self) -> None:
        """Ask nothing more. Idempotent."""
        self.drop()
        await self._revival.aclose()

    def _read_at(self, query: CompletionQuery) -> CodeContext | None:
        """Have the server read this place, unless it has, or somebody has another use for it."""
        endpoint = self.sight.endpoint_for(query.settings)
        busy = self.runner.busy or self.connecting.awaited or self.waits()
        if busy or endpoint.connected is None or not asks_ahead(query.settings) or self.sight.refusal(query):
            return None
        context, latest = self.sight.peek(query), self.runner.latest
        if context is None or (
            latest is not None and latest[0] == query.snapshot.uri and same_reading(latest[1], context)
        ):
            return None
        self.runner.begin(query, context, endpoint.connected, endpoint, warm=True)
        return context

    def _may_ask(self, query: CompletionQuery, context: CodeContext) -> bool:
        """Whether nobody waits, and the place is one where we would ask if somebody did."""
        return not self.waits() and self.sight.refusal(query) is None and not hidden_secret(query, context)
