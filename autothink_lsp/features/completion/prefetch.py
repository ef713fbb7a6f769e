"""Asks for what comes after a suggestion while the user still reads it: after Tab the next one is there at once.

Whether it is accepted is not known, so three things keep what is computed for nobody small. It is asked only once the
user has paused before a suggestion that stands; a key that types something else hangs up at once; and there is an
account (``account.py``), from which each answer that nobody used is paid and into which each key pays a little: at
most ``EARNED`` of 100 keys' worth is wasted in the long run, and who accepts what is shown always has credit. A server
elsewhere may cost money or serve others: it is asked ahead only where the settings say so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.account import TokenBucket
from autothink_lsp.features.completion.after_accept import after_insertion, foreseeable, next_line
from autothink_lsp.features.completion.cache import SuggestionCache
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.metrics import Counters
from autothink_lsp.features.completion.model import CompletionQuery, Suggestion
from autothink_lsp.features.completion.scheduler import Lead, Runner
from autothink_lsp.settings.local_only import leaves_this_machine
from autothink_lsp.settings.model import Settings

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
