"""Finds repairs in a thread, one at a time, so that the event loop answers other requests meanwhile.

A large file can take a second, one with many candidates more. The search ends early when its action is cancelled or its
CPU time is over. Must not decide what is repaired (`rules.py`).
"""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from attrs import define, evolve, field

from autothink_lsp.features.assist.actions import AssistRequest
from autothink_lsp.features.assist.repairs.project import OpenDocumentNames
from autothink_lsp.features.assist.repairs.repair import ProjectNames, Repair, RepairStopped
from autothink_lsp.features.assist.repairs.rules import repair
from autothink_lsp.syntax.languages import Language
from autothink_lsp.syntax.trees import SyntaxTree

_CPU_LIMIT_S = 5.0  # chosen; 250 kB of Lua with many candidates took less than this on a quiet machine


@define(eq=False)
class RepairThread:
    """One thread, started by the first search. For the event loop's thread only."""

    open_documents: OpenDocumentNames | None = None
    _executor: ThreadPoolExecutor | None = field(default=None, init=False)
    _searches: set[threading.Event] = field(factory=set, init=False)

    async def find(self, request: AssistRequest, tree: SyntaxTree | None, language: Language | None) -> Repair | None:
        """The result of ``rules.repair``. A search that is cancelled ends at its next step."""
        if tree is None:
            return None
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, "repairs")
        stop = threading.Event()
        project = self.open_documents.at_present(request) if self.open_documents is not None else None
        own_tree = evolve(tree, grammar=tree.grammar.for_other_thread())
        self._searches.add(stop)
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._executor, _find, request, own_tree, language, project, stop
            )
        finally:
            stop.set()
            self._searches.discard(stop)

    def close(self) -> None:
        """End all searches. Does not wait for the thread. Idempotent; a later search starts another thread."""
        for stop in self._searches:
            stop.set()
        if self._executor is not None:
            self._executor.shutdown(wait=False)  # searches that have not begun end at their first step, with a result
            self._executor = None


def _find(
    request: AssistRequest,
    tree: SyntaxTree,
    language: Language | None,
    project: ProjectNames | None,
    stop: threading.Event,
) -> Repair | None:
    ends_at_s = time.thread_time() + _CPU_LIMIT_S

    def check_stop() -> None:
        if stop.is_set() or time.thread_time() > ends_at_s:
            raise RepairStopped

    return repair(request, tree, language, project=project, check_stop=check_stop)
