"""The one run that may be going on: begins it, follows the edits along it, hangs up, and keeps what it had said.

One run at a time: a newer request supersedes an older one whatever document it is for, since a person types in one
place, and a model on the user's own machine computes one answer at a time anyway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from attrs import evolve, frozen

from autothink_lsp.context.privacy import redacts
from autothink_lsp.context.redaction import SecretNames
from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.snapshot import Change
from autothink_lsp.features.completion.endpoint import STALLED_MS, CompletionEndpoint, Connected, PromptThroughput
from autothink_lsp.features.completion.metrics import Counters, log, note_reading, note_time
from autothink_lsp.features.completion.model import CompletionQuery, SamplingParams
from autothink_lsp.features.completion.prompt import launch
from autothink_lsp.features.completion.prompt_context import same_reading
from autothink_lsp.features.completion.reprieve import Reprieve
from autothink_lsp.features.completion.stream import Attempt, Run, RunListener, WordMismatch
from autothink_lsp.features.completion.type_through import (
    Match,
    RemainingText,
    RequestPosition,
    TypeThroughMatcher,
    remaining_text,
)
from autothink_lsp.values import Point


@frozen
class _Stump:
    """What an aborted run had said, and where. The server's cache still holds its tokens."""

    uri: str
    asked: RequestPosition
    text: str


@frozen
class Lead:
    """``text``, not accepted yet, would have to go in at ``point`` for the run's text to be the document's."""

    point: Point
    text: str


class Runner:
    """``on_end`` hears of every run that answered something or failed, not of warm-ups; ``on_said`` of each piece of
    what one answers. ``remembered`` gives what is left of an earlier answer at a place."""

    def __init__(
        self,
        counters: Counters,
        on_end: Callable[[Run], None],
        on_said: Callable[[Run], None],
        remembered: Callable[[str, CodeContext], RemainingText | None],
        names: SecretNames,
    ) -> None:
        self._names = names
        self._counters = counters
        self._on_end = on_end
        self._on_said = on_said
        self._remembered = remembered
        self._run: Run | None = None
        self.latest: tuple[str, CodeContext] | None = None  # document and place that the server was asked about last
        self._follower: TypeThroughMatcher | None = None
        self._lead: Lead | None = None
        self._stump: _Stump | None = None
        self._contradiction: WordMismatch | None = None  # the latest
        self._reading = PromptThroughput()  # of the run's endpoint
        self._next: Callable[[], None] | None = None  # waits until the run has read its prompt
        self._reprieve = Reprieve(self.abort)

    @property
    def busy(self) -> bool:
        """Whether a run is going on, warm-ups included."""
        return self._run is not None

    @property
    def answering(self) -> bool:
        """Whether a run is going on that answers something."""
        return self._run is not None and self._follower is not None

    def begin(
        self,
        query: CompletionQuery,
        context: CodeContext,
        connected: Connected,
        endpoint: CompletionEndpoint,
        *,
        warm: bool = False,
        temperature: float = 0.0,
        instead: Callable[[Run], None] | None = None,
        lead: Lead | None = None,
    ) -> None:
        """Send a request; the run that was going on is aborted. ``instead`` hears of its end in place of ``on_end``.

        ``lead``: it is asked for a text that is not there yet.
        """
        self.abort()
        self._counters.sent += not warm
        self._counters.speculative += lead is not None
        background = warm or instead is not None

        def ended(run: Run) -> None:
            self._ended(run, endpoint, warm=warm, instead=instead)

        def in_vain(attempt: Attempt) -> bool:
            return self._in_vain(attempt, query.snapshot.uri, context)

        seed = "" if background else self._seed(query.snapshot.uri, context)
        # A warm-up has no answer that one could type along; a query that comes meanwhile takes its place.
        if background:
            self._follower = None
        else:
            self._follower = (
                TypeThroughMatcher(query.point) if lead is None else TypeThroughMatcher(lead.point, lead=lead.text)
            )
        self._lead = lead
        self.latest = query.snapshot.uri, context
        self._reading = endpoint.reading
        names = self._names if redacts(query.settings, query.settings.completion) else None
        self._run = launch(
            query,
            context,
            connected,
            seed=seed,
            manner=SamplingParams(warm=warm, temperature=temperature),
            names=names,
            in_vain=in_vain,
            listener=RunListener(self._said, ended),
        )
        self._run.speculative = lead is not None

    def remaining(self, uri: str, now: CodeContext) -> RemainingText | None:
        """What the run has said from this cursor on (nothing yet, perhaps); ``None`` if it answers another text, or
        none."""
        run = self._run
        if run is None or self._follower is None or run.uri != uri:
            return None
        left = remaining_text(run.asked, now, run.text, finished=False)
        return left if left.along in {Match.AGREES, Match.PENDING} else None

    def joins(self, uri: str, now: CodeContext) -> bool:
        """Whether the run answers this text as well; whoever asks waits for it from now on."""
        run = self._run
        if run is None or run.only_read or self._stalled(run) or self.remaining(uri, now) is None:
            return False
        self._reprieve.over()
        self._lead = None
        return True

    def seen(self) -> None:
        """Some of what the run has said is shown."""
        if self._run is not None:
            self._run.seen = True

    def give_way(self, uri: str, now: CodeContext) -> None:
        """Somebody asks what the run does not answer: hang up, unless the server is reading what that begins with."""
        run = self._run
        if run is None:
            return
        if run.uri == uri and run.reads and same_reading(run.context, now) and not self._stalled(run):
            run.only_read = True
            self._reprieve.over()
        else:
            run.abort()

    def after_reading(self, begin: Callable[[], None]) -> bool:
        """Call ``begin`` when the server has read the prompt that it would have to read for that one, too; ``False`` if
        it is not reading one."""
        if self._run is None or not self._run.only_read:
            return False
        self._next = begin
        return True

    def forget_next(self) -> None:
        """Who waited for the end of the reading waits no more."""
        self._next = None

    def did_change(self, uri: str, changes: Sequence[Change]) -> None:
        """Hang up if the edit says something else than the run was saying."""
        run = self._run
        if run is not None and run.uri != uri:
            return
        self._next = None
        if run is None or (self._follower is None and not run.only_read):
            return
        if run.only_read or self._follower is None or self._follower.follow(changes, run.text):
            self._reprieve.agreed()
        elif run.reads:  # what it reads is what the next request begins with, most likely
            run.only_read = True
            self._reprieve.agreed()
        else:
            run.abort()

    def release(self) -> None:
        """Nobody waits for the run any more: hang up, but for an edit that types along it."""
        self._next = None
        if self.answering or (self._run is not None and self._run.only_read):
            self._reprieve.cancelled()
        else:
            self.abort()

    def forget(self, uri: str) -> None:
        """Nobody will see the answer: the document is closed, or another model is asked about it."""
        if self._run is not None and self._run.uri == uri:
            self._next = None
            self._run.abort()
        if self._stump is not None and self._stump.uri == uri:
            self._stump = None
        self._contradiction = None

    def abort(self) -> None:
        """Hang up, whatever it is."""
        if self._run is not None:
            self._run.abort()

    def abort_speculation(self) -> None:
        """Hang up on what nobody has asked for yet."""
        if self._lead is not None:
            self.abort()

    def abort_background(self) -> None:
        """Hang up on what nobody types along."""
        if self._follower is None:
            self.abort()

    async def aclose(self) -> None:
        """Hang up and wait until the connection is closed."""
        run, self._next = self._run, None
        if run is not None:
            run.abort()
            await run.closed()

    def _stalled(self, run: Run) -> bool:
        chars = len(run.context.prefix) + len(run.context.suffix)
        return run.silent_ms > (STALLED_MS if run.first_ms is not None else self._reading.longest_silence_ms(chars))

    def _said(self, run: Run) -> None:
        """More of its text is there: it may have come to contradict what was typed ahead of it."""
        if run is not self._run or self._follower is None:
            return
        if self._follower.overtaken(run.text):
            run.overtaken = True
            run.abort()
        else:
            self._on_said(run)

    def _seed(self, uri: str, context: CodeContext) -> str:
        """The beginning of the answer, if the last aborted run was about to say it."""
        if self._stump is None or self._stump.uri != uri:
            return ""
        left = remaining_text(self._stump.asked, context, self._stump.text, finished=False)
        return left.text if left.along is Match.AGREES and not left.replaces_right else ""

    def _in_vain(self, attempt: Attempt, uri: str, context: CodeContext) -> bool:
        """Whether the model is known to go on with another word than the user types: one request less at each key."""
        if self._contradiction is not None and self._contradiction.holds_for(attempt):
            return True
        word = attempt.withheld.word
        left = self._remembered(uri, evolve(context, prefix=context.prefix.removesuffix(word)))
        return left is not None and attempt.withheld.contradicted_by(left.text)

    def _ended(
        self, run: Run, endpoint: CompletionEndpoint, *, warm: bool, instead: Callable[[Run], None] | None
    ) -> None:
        if self._run is run:
            self._reprieve.over()
            self._run = None
            self._follower = None
            self._lead = None
        if instead is None:  # what was sampled says nothing of what it would say again
            self._contradiction = run.contradiction or self._contradiction
        self._counters.aborted += run.aborted
        log(run, warm=warm)
        note_reading(run, endpoint.reading)
        if not warm and instead is None:
            note_time(run, endpoint.answer_times)
        if run.error is not None:
            endpoint.failed(run.error)
        elif not run.aborted:
            endpoint.worked()
        if instead is not None:
            instead(run)
        elif not warm:
            # What broke off is as good a beginning as what was aborted.
            unfinished = run.aborted or run.error is not None
            self._stump = _Stump(run.uri, run.asked, run.text) if unfinished and run.text else None
            self._counters.finished += not unfinished
            self._on_end(run)
        if self._next is not None:
            asyncio.get_running_loop().call_soon(self._begin_next)  # the stream that was read is closed first

    def _begin_next(self) -> None:
        begin, self._next = self._next, None
        if begin is not None and self._run is None:
            begin()
