"""One request to the backend and everything that is known of its answer so far.

A run belongs to nobody: requests of the editor come and wait for it, give up, or find that it still answers the text as
it is now. It ends by itself (the model stopped, early stop, length, error) or is aborted; aborting closes the HTTP
stream at once, which is what makes the server stop. What was received up to then stays usable as the seed of the next
run.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from autothink_lsp.backends.base import Backend, CompletionRequest, Finished, TextDelta, Timings
from autothink_lsp.context.values import CodeContext
from autothink_lsp.errors import BackendError
from autothink_lsp.features.completion.query import Spent
from autothink_lsp.features.completion.typed_along import Asked
from autothink_lsp.prompt.withheld import after_withheld
from autothink_lsp.stream.early_stop import EarlyStop
from autothink_lsp.syntax.languages import Language

logger = logging.getLogger(__name__)


class Run:
    """Reads one stream in a task of its own.

    ``text`` is the answer so far, counted from the cursor of ``context`` (a seed included). ``complete`` says that more
    text would have been useless: the model or the early stop ended it, not the length limit, an abort or an error.
    ``withheld`` are blanks before the cursor that the model will say first; ``restore`` gives words that the prompt had to
    spell otherwise the document's spelling.
    """

    def __init__(
        self,
        uri: str,
        context: CodeContext,
        language: Language | None,
        backend: Backend,
        request: CompletionRequest,
        *,
        seed: str,
        withheld: str,
        early_stop: EarlyStop,
        restore: Callable[[str], str],
        on_end: Callable[[Run], None],
    ) -> None:
        self.uri = uri
        self.context = context
        self.language = language
        self.asked = Asked.at(context)
        self.request = request
        self.text = seed
        self.complete = False
        self.aborted = False
        self.error: BackendError | None = None
        self.finished: Finished | None = None
        self.timings: Timings | None = None  # the latest that the server told
        self.tokens = 0  # pieces of the answer, which are tokens with every server we know
        self._backend = backend
        self._early_stop = early_stop
        self._withheld = withheld
        self._head: str | None = ""  # the answer's beginning, until the blanks that were withheld are off it
        self._restore = restore
        self._on_end = on_end
        self.done = asyncio.Event()
        self._task = asyncio.create_task(self._read(), name="completion run")

    @property
    def spent(self) -> Spent:
        """What it has cost so far."""
        if self.timings is None:
            return Spent(self.tokens)
        return Spent(
            predicted_tokens=self.timings.predicted_tokens,
            prompt_evaluated_tokens=self.timings.prompt_evaluated_tokens,
            prompt_cached_tokens=self.timings.prompt_cached_tokens,
            prompt_ms=self.timings.prompt_ms,
            predicted_ms=self.timings.predicted_ms,
        )

    def abort(self) -> None:
        """Close the stream now. Idempotent; the run counts as done at once."""
        if not self.done.is_set():
            self.aborted = True
            self._task.cancel()
            self._settle()

    async def closed(self) -> None:
        """Wait until the stream is really closed (for shutting down and for tests)."""
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> None:
        try:
            await self._consume()
        except BackendError as error:
            self.error = error
        except asyncio.CancelledError:
            raise
        except Exception as error:  # a defect of ours must not leave the waiting requests without an answer
            logger.exception("completion run failed")
            self.error = BackendError(f"Internal error: {type(error).__name__}.", hint="See the log.")
        finally:
            self._settle()

    def _settle(self) -> None:
        if not self.done.is_set():
            self.text = self._restore(self.text)
            self.done.set()
            self._on_end(self)

    async def _consume(self) -> None:
        async with contextlib.aclosing(self._backend.stream(self.request)) as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    self.tokens += 1
                    self.timings = event.timings or self.timings
                    stopped = self._hear(event.text)
                    self.text = self._early_stop.text
                    if stopped:
                        self.complete = True
                        self._settle()  # whoever waits need not wait for the connection to be closed
                        return
                else:
                    self.finished = event
                    self.timings = event.timings or self.timings
                    self._hear("", final=True)
                    self.text = self._early_stop.finish()
                    self.complete = event.reason == "stop"

    def _hear(self, piece: str, *, final: bool = False) -> bool:
        """Take the next piece of the answer; whether more would be useless."""
        if self._head is not None:
            said = after_withheld(self._withheld, self._head + piece, final=final)
            if said is None:
                self._head += piece
                return False
            self._head, piece = None, said
        return self._early_stop.feed(piece) is not None
