"""Notices that a backend is too slow for suggestions, and says why and what to do. Pure.

Answers of the last requests count, not those of the whole session: a machine is slow while something else runs on it.
The warning is given once, and again only after the backend was fast in between.
"""

from __future__ import annotations

from collections import deque

from attrs import define, field

from autothink_lsp.settings.local_only import leaves_this_machine
from autothink_lsp.settings.model import STARTED_BACKENDS, Settings

JUDGED_ANSWERS = 20
"""Answers that are looked at. Chosen: about a minute of typing."""
SLOW_SHARE, FAST_SHARE = 0.5, 0.25
"""Share of answers past the deadline from which on a backend is slow, and below which it is fast again. Chosen."""


@define
class SlownessWatch:
    """The last answers of one endpoint. Times are from sending a request to its first usable line."""

    _took_ms: deque[float] = field(factory=lambda: deque(maxlen=JUDGED_ANSWERS), init=False)
    _warning: str = field(default="", init=False)

    @property
    def warning(self) -> str:
        """The warning that holds now; empty while the backend is fast enough or too little is known."""
        return self._warning

    def record(self, took_ms: float, settings: Settings) -> bool:
        """Add an answer, or the time for which none came. Returns whether ``warning`` has changed."""
        self._took_ms.append(took_ms)
        if len(self._took_ms) < JUDGED_ANSWERS:
            return False
        deadline_ms = settings.completion.deadline_ms
        late = sum(took_ms > deadline_ms for took_ms in self._took_ms)
        share = late / len(self._took_ms)
        before = self._warning
        if not before and share >= SLOW_SHARE:
            mean_ms = sum(self._took_ms) / len(self._took_ms)
            self._warning = (
                f"The model is slow: {mean_ms:.0f} ms on average for the last {JUDGED_ANSWERS} answers, {late} of them "
                f"after the deadline of {deadline_ms} ms (completion.deadline_ms). {advice(settings)}"
            )
        elif before and share <= FAST_SHARE:
            self._warning = ""
        return self._warning != before


def advice(settings: Settings) -> str:
    """What to do about a slow backend, as a sentence."""
    completion = settings.completion
    if completion.backend == "embedded":
        return "`autothink-lsp doctor` recommends a model for this machine; other programs may keep its cores busy."
    if completion.backend in STARTED_BACKENDS and not completion.url:
        return "Use a smaller model, or check whether the engine runs on the GPU."
    if leaves_this_machine(completion):
        return "The server or the network is slow: use a smaller model or a server that is nearer."
    return "Use a smaller model, or check whether the server runs it on the GPU and serves others at the same time."
