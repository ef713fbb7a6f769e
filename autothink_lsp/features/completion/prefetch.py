"""Asks for what comes after a suggestion while the user still reads it: after Tab the next one is there at once.

Whether it is accepted is not known, so three things keep what is computed for nobody small. It is asked only once the
user has paused before a suggestion that stands; a key that types something else hangs up at once; and there is an
account (``account.py``), from which each answer that nobody used is paid and into which each key pays a little: at
most ``EARNED`` of 100 keys' worth is wasted in the long run, and who accepts what is shown always has credit. A server
elsewhere may cost money or serve others: it is asked ahead only where the settings say so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from attrs import define, evolve, field, frozen

from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.features.completion.cache import SuggestionCache, after_insertion, foreseeable, next_line
from autothink_lsp.features.completion.connecting import Connecting
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.metrics import Counters
from autothink_lsp.features.completion.model import CompletionQuery, Suggestion
from autothink_lsp.features.completion.prompt_context import PromptContext, hidden_secret, same_reading
from autothink_lsp.features.completion.scheduler import Lead, Runner
from autothink_lsp.settings.local_only import leaves_this_machine
from autothink_lsp.settings.model import Settings

EARNED = 0.02  # by each key, in pieces of work
MOST_CREDIT = 2.0


@define
class TokenBucket:
    """Full at first."""

    _credit: float = field(default=MOST_CREDIT, init=False)

    @property
    def affords(self) -> bool:
        """Whether there is enough for one piece of work."""
        return self._credit >= 1

    def key(self) -> None:
        """Somebody typed."""
        self._pay_in(EARNED)

    def spent(self) -> None:
        """A piece of work."""
        self._credit -= 1

    def paid_back(self) -> None:
        """It was of use."""
        self._pay_in(1)

    def _pay_in(self, amount: float) -> None:
        self._credit = min(MOST_CREDIT, self._credit + amount)


@define
class LastPlace:
    """``query`` is ``None`` before the first one, and when its document is closed."""

    query: CompletionQuery | None = field(default=None, init=False)

    def asked(self, query: CompletionQuery) -> None:
        """The editor asked here."""
        self.query = query

    def did_change(self, snapshot: Snapshot, changes: Sequence[Change]) -> None:
        """The cursor is likely behind the newest edit."""
        query = self.query
        if query is not None and query.snapshot.uri == snapshot.uri and changes:
            self.query = evolve(query, snapshot=snapshot, point=changes[-1].new_end)

    def did_close(self, uri: str) -> None:
        """There is no such place any more."""
        if self.query is not None and self.query.snapshot.uri == uri:
            self.query = None


REST_S = 0.25  # editors have waited themselves before they tell

Ask = Callable[[], CompletionQuery | None]


@define(eq=False)
class Resting:
    """``read`` begins a reading and gives what is read, or ``None`` where none is to be had, or none is needed. Belongs
    to one event loop."""

    read: Callable[[CompletionQuery], CodeContext | None]
    _account: TokenBucket = field(factory=TokenBucket, init=False)
    _timer: asyncio.TimerHandle | None = field(default=None, init=False)
    _unpaid: tuple[str, CodeContext] | None = field(default=None, init=False)  # document and place that was read

    def moved(self, asked: Ask) -> None:
        """The cursor is somewhere; ``asked`` says where, in the text as it is then."""
        self.drop()
        self._timer = asyncio.get_running_loop().call_later(REST_S, self._rests, asked)

    def typed(self, uri: str, context: CodeContext) -> None:
        """A key: whoever rests, rests elsewhere from now on."""
        self.drop()
        self._account.key()
        if self._unpaid is not None and self._unpaid[0] == uri:
            if same_reading(self._unpaid[1], context):
                self._account.paid_back()
            self._unpaid = None

    def drop(self) -> None:
        """The text has changed, or there is nobody any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rests(self, asked: Ask) -> None:
        self._timer = None
        query = asked()
        if query is None or not self._account.affords:
            return
        context = self.read(query)
        if context is not None:
            self._account.spent()
            self._unpaid = query.snapshot.uri, context


@frozen
class Warming:
    """``permitted`` is asked before anything is done; ``gather`` gives the window, or ``None`` where none may be
    sent."""

    runner: Runner
    connecting: Connecting
    endpoint_for: Callable[[Settings], CompletionEndpoint]
    permitted: Callable[[CompletionQuery], bool]
    gather: Callable[[CompletionQuery], CodeContext | None]

    async def warm(self, asked: Callable[[], CompletionQuery | None]) -> None:
        """``asked`` says which place; it is called again once there is a connection, which may be minutes later: the
        document has changed by then, or is closed."""
        query = asked()
        if query is None or not self.permitted(query):
            return
        endpoint = self.endpoint_for(query.settings)
        connected = await endpoint.connect()
        query = asked()
        if connected is None or query is None or self.runner.busy or self.connecting.awaited:
            return
        if not self.permitted(query) or self.endpoint_for(query.settings) is not endpoint:
            return  # the settings are others by now
        context = self.gather(query)
        if context is not None:
            self.runner.begin(query, context, connected, endpoint, warm=True)


FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 60.0


class Revival:
    """``warm`` connects and has the server read the prompt at the last place; ``needed`` says whether there is one.
    Belongs to one event loop."""

    def __init__(self, warm: Callable[[], Awaitable[None]], needed: Callable[[], bool]) -> None:
        self._warm = warm
        self._needed = needed
        self._tasks: dict[CompletionEndpoint, asyncio.Task[None]] = {}

    def look_after(self, endpoint: CompletionEndpoint) -> None:
        """It has failed, perhaps."""
        if endpoint.connected is None and endpoint.may_return and endpoint not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._look(endpoint), name="look for the server")
            self._tasks[endpoint] = task
            task.add_done_callback(lambda _: self._tasks.pop(endpoint, None))

    async def aclose(self) -> None:
        """Look no more. Idempotent."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, endpoint: CompletionEndpoint) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            await asyncio.sleep(pause_s)
            if not self._needed() or not endpoint.may_return:
                return
            await self._warm()
            if endpoint.connected is not None:
                return
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)


PAUSE_S = 0.3  # the same as ``delay.BURST_GAP_MS``: who types on is not reading


class Speculation:
    """``may_ask`` says whether a place may be asked about at all. Belongs to one event loop."""

    def __init__(
        self,
        runner: Runner,
        cache: SuggestionCache,
        counters: Counters,
        endpoint_for: Callable[[Settings], CompletionEndpoint],
        may_ask: Callable[[CompletionQuery, CodeContext], bool],
    ) -> None:
        self._runner = runner
        self._cache = cache
        self._counters = counters
        self._endpoint_for = endpoint_for
        self._may_ask = may_ask
        self._account = TokenBucket()
        self._timer: asyncio.TimerHandle | None = None

    def asked(self) -> None:
        """A key: what comes next is decided anew."""
        self.drop()
        self._account.key()

    def shown(self, query: CompletionQuery, context: CodeContext, suggestion: Suggestion) -> None:
        """It stands on the screen: if it does so for long enough, ask for what comes after it."""
        if not asks_ahead(query.settings) or not foreseeable(context, suggestion):
            return
        self._later(PAUSE_S, query, context, suggestion.text)

    def drop(self) -> None:
        """The text has changed, or the document is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _later(self, delay_s: float, query: CompletionQuery, context: CodeContext, text: str) -> None:
        self.drop()
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._ask, query, context, text)

    def _ask(self, query: CompletionQuery, context: CodeContext, text: str) -> None:
        self._timer = None
        endpoint = self._endpoint_for(query.settings)
        if endpoint.connected is None or self._runner.busy or not self._account.affords:
            return
        later, around = after_insertion(query, context, text)
        known = self._cache.lookup(query.snapshot.uri, around)
        if known is not None and not known.text and not around.line_suffix.strip() and around.line_prefix.strip():
            text += next_line(around)  # nothing follows on the line: so Enter does
            later, around = after_insertion(query, context, text)
            known = self._cache.lookup(query.snapshot.uri, around)
        if known is not None or not self._may_ask(later, around):
            return
        self._runner.begin(later, around, endpoint.connected, endpoint, lead=Lead(query.point, text))

    def ended(self) -> Callable[[], None]:
        """An answer came to its end; what is returned is to be called when it is used."""
        self._account.spent()
        return self._used

    def _used(self) -> None:
        self._account.paid_back()
        self._counters.speculative_used += 1


def asks_ahead(settings: Settings) -> bool:
    """Whether this model may be given work before anybody asks for it."""
    wanted = settings.completion.speculate
    return wanted == "always" or (wanted == "auto" and not leaves_this_machine(settings.completion))


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
