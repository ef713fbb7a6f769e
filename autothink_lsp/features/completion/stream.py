"""One completion stream in flight: a task reads the backend's stream and collects the output.

The stream ends by itself (the model stopped, early stop, length, error) or is aborted. Aborting closes the HTTP stream
at once, which is what makes the server stop; what had come in stays usable as the beginning of the next request that
continues the same text. Decides nothing about requests of the editor: that is ``slot.py``.

``ResumeMemory`` keeps what ended streams reveal about the next request: where to resume output, and which word the
model will not produce. An aborted stream's partial output becomes the *seed* of the next request that continues the
same text: the server's cache still has its tokens. A *word mismatch* shows that an attempt with the word left out is
known to fail.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from attrs import define, field

from autothink_lsp.backends.base import Backend, Finished, StreamEvent, TextDelta, Timings
from autothink_lsp.context.values import CodeContext
from autothink_lsp.errors import BackendError
from autothink_lsp.features.completion.model import CompletionRequest, CompletionUsage
from autothink_lsp.features.completion.prompt import FimAttempt, FimPlan, WordMismatch
from autothink_lsp.features.completion.slot_values import Purpose
from autothink_lsp.features.completion.type_through import (
    Match,
    RemainingText,
    RequestPosition,
    presentable,
    remaining_text,
)
from autothink_lsp.stream.confidence import sure_part
from autothink_lsp.stream.early_stop import StopReason
from autothink_lsp.values import evolve, frozen

logger = logging.getLogger(__name__)


@frozen
class StreamListener:
    """Callbacks: ``on_first_token`` before the first output, ``on_text`` after each chunk, ``on_end`` once when the
    stream ended by itself. An aborted stream makes no more calls."""

    on_first_token: Callable[[InFlightCompletion], None]
    on_text: Callable[[InFlightCompletion], None]
    on_end: Callable[[InFlightCompletion], None]


class InFlightCompletion:
    """Reads one stream in its own task.

    ``raw_text`` is the output so far as the model spells it, counted from the cursor of ``context`` (a seed included);
    ``text`` is the same in the spelling of the document, which may be shown. ``complete``: the model or
    the early stop ended the output, not the length limit, an abort or an error. ``left_block``: the output
    was ended where it left the block, so its lines are whole but the model did not say that they are enough.
    ``ended_by``: the early stop's reason, ``confidence``, or the server's (``stop``, ``length``). Times
    ``*_ms`` are counted from the start of the stream.
    """

    def __init__(
        self,
        request: CompletionRequest,
        context: CodeContext,
        backend: Backend,
        plan: FimPlan,
        listener: StreamListener,
    ) -> None:
        self.request = request
        self.uri = request.snapshot.uri
        self.context = context
        self.position = RequestPosition.at(context)
        self.raw_text = plan.early_stop.text
        self.complete = False
        self.left_block = False
        self.ended_by = ""
        self.aborted = False
        self.was_shown = False  # some of it, before its end
        self.error: BackendError | None = None
        self.mismatch: WordMismatch | None = None
        self.first_token_ms: float | None = None
        self.usable_ms: float | None = None  # a first line was there, or the end
        self.prompt_size: tuple[int, int] | None = None  # characters of the latest prompt, tokens as the server counts
        self._output_tokens = 0  # pieces of the output, which are tokens with every server we know
        self._timings: list[Timings | None] = []  # of each attempt the latest that the server reported
        self._started_s = self._active_s = asyncio.get_running_loop().time()
        self._backend = backend
        self._plan = plan
        self._seed_length = len(self.raw_text)
        self._listener = listener
        self._ended = False
        self._task = asyncio.create_task(self._read(), name="completion stream")

    @property
    def text(self) -> str:
        """The output so far in the document's spelling, without an incomplete marker at its end."""
        return self._plan.restore(self.raw_text) if self._ended else self._plan.restore_partial(self.raw_text)

    @property
    def usage(self) -> CompletionUsage:
        """The usage so far, over all attempts."""
        timings = tuple(filter(None, self._timings))
        if not timings or len(timings) < len(self._timings):
            return CompletionUsage(self._output_tokens)
        return CompletionUsage(
            predicted_tokens=sum(reported.predicted_tokens for reported in timings),
            prompt_evaluated_tokens=sum(reported.prompt_evaluated_tokens for reported in timings),
            prompt_cached_tokens=sum(reported.prompt_cached_tokens for reported in timings),
            prompt_ms=sum(reported.prompt_ms for reported in timings),
            predicted_ms=sum(reported.predicted_ms for reported in timings),
        )

    @property
    def elapsed_ms(self) -> float:
        """Milliseconds since the start."""
        return (asyncio.get_running_loop().time() - self._started_s) * 1_000

    @property
    def idle_ms(self) -> float:
        """Milliseconds since the server last sent anything."""
        return (asyncio.get_running_loop().time() - self._active_s) * 1_000

    @property
    def window_chars(self) -> int:
        """The number of characters of the window in the prompt."""
        return len(self.context.prefix) + len(self.context.suffix)

    def mark_shown(self) -> None:
        """Part of the output was shown to the user."""
        self.was_shown = True

    def abort(self) -> None:
        """Close the stream. It counts as ended at once, and further output is ignored. Idempotent."""
        if not self._ended:
            self.aborted = self._ended = True
            self._task.cancel()

    async def closed(self) -> None:
        """Wait until the connection is closed."""
        await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> None:
        try:
            for attempt in self._plan.attempts:
                if await self._read_attempt(attempt):
                    break
        except BackendError as error:
            self.error = error
        except asyncio.CancelledError:
            raise
        except Exception as error:  # a defect of ours must not leave the waiting requests without a reply
            logger.exception("completion stream failed")
            self.error = BackendError(f"Internal error: {type(error).__name__}.", hint="See the log.")
        finally:
            self._end()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._note_usable()
            self._listener.on_end(self)

    def _note_usable(self) -> None:
        if self.usable_ms is None:
            self.usable_ms = self.elapsed_ms

    def _note_prompt_size(self, attempt: FimAttempt, event: StreamEvent) -> None:
        if event.timings is not None:
            tokens = event.timings.prompt_evaluated_tokens + event.timings.prompt_cached_tokens
        elif isinstance(event, Finished) and event.usage.prompt_tokens is not None:
            tokens = event.usage.prompt_tokens
        else:
            return
        self.prompt_size = len(attempt.request.prompt), tokens

    async def _note_first_token(self) -> None:
        if self.first_token_ms is None:
            self._listener.on_first_token(self)
            if self.aborted:
                await asyncio.sleep(0)  # where the cancellation comes through
            self.first_token_ms = self.elapsed_ms

    async def _read_attempt(self, attempt: FimAttempt) -> bool:
        """Read the attempt's stream; ``False`` if the output starts with another word than the user types."""
        output, taken = "", 0
        early_stop, confidence = self._plan.early_stop, self._plan.confidence
        self._timings.append(None)
        confidence.restart()
        async with contextlib.aclosing(self._backend.stream(attempt.request)) as stream:
            async for event in stream:
                self._active_s = asyncio.get_running_loop().time()
                final = isinstance(event, Finished)
                self._timings[-1] = event.timings or self._timings[-1]
                self._note_prompt_size(attempt, event)
                if isinstance(event, TextDelta):
                    await self._note_first_token()
                    self._output_tokens += event.piece_count
                    output += event.text
                    confidence.hear(event.pieces or ((len(event.text), sum(event.logprobs)),))
                    if attempt.healed.is_mismatch(output):
                        self.mismatch = WordMismatch(attempt.request.prompt, output)
                        return False
                added = attempt.healed.after_cursor(output, final=final)
                if added is None:
                    continue
                decision = early_stop.feed(added[taken:])
                stopped = decision is not None
                self.left_block = decision is not None and decision.reason is StopReason.DEDENT
                taken = len(added)
                if decision is not None:
                    self.ended_by = decision.reason.value
                if final:
                    self.raw_text = early_stop.finish(by_model=event.reason == "stop")
                    if not stopped and event.reason in {"content_filter", "cut"}:
                        self.raw_text = presentable(self.raw_text)  # the server broke it off anywhere
                    # Also where a paragraph is left out: the lines above it are whole.
                    self.complete = early_stop.decision is not None or event.reason == "stop"
                    self.ended_by = self.ended_by or event.reason
                    return True
                self.raw_text = early_stop.text
                sure = confidence.sure_of(len(output) - len(added))
                if sure is not None and self._seed_length + sure < len(self.raw_text):
                    self.raw_text = sure_part(self.raw_text, self._seed_length + sure)
                    self.ended_by = "confidence"
                    self._end()
                    return True
                self._listener.on_text(self)
                if self.aborted:
                    await asyncio.sleep(0)  # where the cancellation comes through
                if "\n" in self.raw_text.lstrip():
                    self._note_usable()
                if stopped:
                    self.complete = True
                    self._end()  # the waiting request need not wait for the connection to be closed
                    return True
        return True


@frozen
class _PartialOutput:
    """Output of an aborted or failed stream, in the model's spelling."""

    uri: str
    position: RequestPosition
    raw_text: str


@define(eq=False)
class ResumeMemory:
    """The latest partial output and word mismatch. ``lookup(uri, context)`` finds a stored suggestion."""

    lookup: Callable[[str, CodeContext], RemainingText | None]
    _partial: _PartialOutput | None = field(default=None, init=False)
    _mismatch: WordMismatch | None = field(default=None, init=False)

    def record(self, stream: InFlightCompletion, purpose: Purpose) -> None:
        """Keep what an ended stream reveals. Samples are not recorded: they do not predict greedy output."""
        if purpose is not Purpose.SAMPLE:
            self._mismatch = stream.mismatch or self._mismatch
        if purpose in {Purpose.ANSWER, Purpose.PREFETCH}:
            is_unfinished = stream.aborted or stream.error is not None
            kept = is_unfinished and bool(stream.raw_text)
            self._partial = _PartialOutput(stream.uri, stream.position, stream.raw_text) if kept else None

    def forget(self, uri: str) -> None:
        """The document is closed, or its settings changed."""
        if self._partial is not None and self._partial.uri == uri:
            self._partial = None
        self._mismatch = None

    def seed(self, uri: str, context: CodeContext) -> str:
        """The known beginning of the output at this cursor, or an empty text."""
        partial = self._partial
        if partial is None or partial.uri != uri:
            return ""
        left = remaining_text(partial.position, context, partial.raw_text, finished=False)
        return left.text if left.along is Match.AGREES and not left.replaces_right else ""

    def is_known_mismatch(self, attempt: FimAttempt, uri: str, context: CodeContext) -> bool:
        """Whether earlier output shows that the model will not produce the word that the attempt leaves out."""
        if self._mismatch is not None and self._mismatch.holds_for(attempt):
            return True
        word = attempt.healed.word
        left = self.lookup(uri, evolve(context, prefix=context.prefix.removesuffix(word)))
        return left is not None and attempt.healed.is_mismatch(left.text)
