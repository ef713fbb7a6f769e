"""One request to the backend and everything that is known of its answer so far.

A run belongs to nobody: requests of the editor come and wait for it, give up, or find that it still answers the text as
it is now. It ends by itself (the model stopped, early stop, length, error) or is aborted; aborting closes the HTTP
stream at once, which is what makes the server stop. What was received up to then stays usable as the seed of the next
run that continues the same text.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable

from attrs import frozen

from autothink_lsp.backends.base import Backend, CompletionRequest, Finished, StreamEvent, TextDelta, Timings
from autothink_lsp.context.values import CodeContext
from autothink_lsp.errors import BackendError
from autothink_lsp.features.completion.model import CompletionQuery, CompletionUsage
from autothink_lsp.features.completion.type_through import RequestPosition
from autothink_lsp.prompt.withheld import Withheld
from autothink_lsp.stream.confidence import Confidence, sure_part
from autothink_lsp.stream.early_stop import EarlyStop

logger = logging.getLogger(__name__)

LONG_READ_MS = 250.0  # a prompt that is known but for its end is read in less


@frozen
class Attempt:
    """One way to ask. ``withheld`` is text before the cursor that the model has to say by itself first."""

    request: CompletionRequest
    withheld: Withheld


@frozen
class WordMismatch:
    """What the model said where the user types another word. Asked the same again, it says the same (temperature 0)."""

    prompt: str
    said: str

    def holds_for(self, attempt: Attempt) -> bool:
        """Whether the attempt would be in vain."""
        return attempt.request.prompt == self.prompt and attempt.withheld.contradicted_by(self.said)


@frozen
class RunListener:
    """``said``: more of the run's text is there. ``ended``: once, however it ended."""

    said: Callable[[Run], None]
    ended: Callable[[Run], None]


class Run:
    """Reads one stream in a task of its own.

    ``text`` is the answer so far, counted from the cursor of ``context`` (a seed included). ``complete`` says that more
    text would have been useless: the model or the early stop ended it, not the length limit, an abort or an error.
    ``attempts`` are tried in order: the next one when the model goes on with another word than the user is typing.
    ``restore`` gives words that the prompt had to spell otherwise the document's spelling.
    """

    def __init__(
        self,
        query: CompletionQuery,
        context: CodeContext,
        backend: Backend,
        attempts: Iterable[Attempt],
        *,
        early_stop: EarlyStop,
        confidence: Confidence,
        restore: Callable[[str], str],
        listener: RunListener,
    ) -> None:
        self.query = query
        self.uri = query.snapshot.uri
        self.context = context
        self.asked = RequestPosition.at(context)
        self.text = early_stop.text
        self.complete = False
        self.aborted = False
        self.overtaken = False  # it said something else than was typed ahead of it
        self.speculative = False  # begun before anybody asked
        self.error: BackendError | None = None
        self.contradiction: WordMismatch | None = None
        self._timings: list[Timings | None] = []  # of each attempt the latest that the server told
        self.usable_ms: float | None = None  # after its beginning a first line stood there, or the end
        self.first_ms: float | None = None  # after its beginning there was the first piece of it
        self.counted: tuple[int, int] | None = None  # characters of the latest prompt, and tokens as the server counts
        self.seen = False  # some of it was shown before its end
        self.only_read = False  # nobody wants its answer any more, only that its prompt is read
        self._began_s = self._heard_s = asyncio.get_running_loop().time()
        self.tokens = 0  # pieces of the answer, which are tokens with every server we know
        self._backend = backend
        self._attempts = attempts
        self._early_stop = early_stop
        self._confidence = confidence
        self._seed_length = len(early_stop.text)
        self._restore = restore
        self._listener = listener
        self._ended = False
        self._task = asyncio.create_task(self._read(), name="completion run")

    @property
    def spent(self) -> CompletionUsage:
        """What it has cost so far, all attempts together."""
        timings = [told for told in self._timings if told is not None]
        if not timings or len(timings) < len(self._timings):
            return CompletionUsage(self.tokens)
        return CompletionUsage(
            predicted_tokens=sum(told.predicted_tokens for told in timings),
            prompt_evaluated_tokens=sum(told.prompt_evaluated_tokens for told in timings),
            prompt_cached_tokens=sum(told.prompt_cached_tokens for told in timings),
            prompt_ms=sum(told.prompt_ms for told in timings),
            predicted_ms=sum(told.predicted_ms for told in timings),
        )

    @property
    def elapsed_ms(self) -> float:
        """Since its beginning."""
        return (asyncio.get_running_loop().time() - self._began_s) * 1_000

    @property
    def silent_ms(self) -> float:
        """Since the server's last sign of life."""
        return (asyncio.get_running_loop().time() - self._heard_s) * 1_000

    @property
    def reads(self) -> bool:
        """Whether the server seems to be reading a long prompt."""
        return not self._ended and self.first_ms is None and self.elapsed_ms >= LONG_READ_MS

    def abort(self) -> None:
        """Close the stream now. Idempotent; the run counts as ended at once."""
        if not self._ended:
            self.aborted = True
            self._task.cancel()
            self._end()

    async def closed(self) -> None:
        """Wait until the stream is really closed."""
        await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> None:
        try:
            for attempt in self._attempts:
                if await self._took(attempt):
                    break
        except BackendError as error:
            self.error = error
        except asyncio.CancelledError:
            raise
        except Exception as error:  # a defect of ours must not leave the waiting requests without an answer
            logger.exception("completion run failed")
            self.error = BackendError(f"Internal error: {type(error).__name__}.", hint="See the log.")
        finally:
            self._end()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self.text = self._restore(self.text)
            if not self.aborted:
                self._note_usable()
            self._listener.ended(self)

    def _note_count(self, attempt: Attempt, event: StreamEvent) -> None:
        if event.timings is not None:
            tokens = event.timings.prompt_evaluated_tokens + event.timings.prompt_cached_tokens
        elif isinstance(event, Finished) and event.usage.prompt_tokens is not None:
            tokens = event.usage.prompt_tokens
        else:
            return
        self.counted = len(attempt.request.prompt), tokens

    def _note_usable(self) -> None:
        if self.usable_ms is None:
            self.usable_ms = self.elapsed_ms

    async def _took(self, attempt: Attempt) -> bool:
        """Read the attempt's stream; ``False`` if the model goes on with another word than the user types."""
        said, heard = "", 0
        self._timings.append(None)
        self._confidence.restart()
        async with contextlib.aclosing(self._backend.stream(attempt.request)) as stream:
            async for event in stream:
                self._heard_s = asyncio.get_running_loop().time()
                final = isinstance(event, Finished)
                self._timings[-1] = event.timings or self._timings[-1]
                self._note_count(attempt, event)
                if isinstance(event, TextDelta):
                    if self.only_read:
                        self.abort()
                        await asyncio.sleep(0)  # where the cancellation comes through
                    self.tokens += 1
                    self.first_ms = self.elapsed_ms if self.first_ms is None else self.first_ms
                    said += event.text
                    self._confidence.hear(event.text, event.logprobs)
                    if attempt.withheld.contradicted_by(said):
                        self.contradiction = WordMismatch(attempt.request.prompt, said)
                        return False
                added = attempt.withheld.added_by(said, final=final)
                if added is None:
                    continue
                stopped = self._early_stop.feed(added[heard:]) is not None
                heard = len(added)
                if final:
                    self.text = self._early_stop.finish()
                    self.complete = stopped or event.reason == "stop"
                    return True
                self.text = self._early_stop.text
                sure = self._confidence.sure_of(len(said) - len(added))
                if sure is not None and self._seed_length + sure < len(self.text):
                    self.text = sure_part(self.text, self._seed_length + sure)
                    self._end()
                    return True
                self._listener.said(self)
                if self.aborted:
                    await asyncio.sleep(0)  # where the cancellation comes through
                if "\n" in self.text.lstrip():
                    self._note_usable()
                if stopped:
                    self.complete = True
                    self._end()  # whoever waits need not wait for the connection to be closed
                    return True
        return True
