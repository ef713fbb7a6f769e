"""What is known of the assistant's endpoints, and finding out what is not, behind the user's back but never in the way.

An endpoint is asked after its first answered action, since the user waits for that one; again when a day has passed
or its context has changed, as it does when it was started anew with other flags.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from attrs import define, field

from autothink_lsp.backends.endpoint import Endpoint, Timeouts
from autothink_lsp.errors import AutothinkError
from autothink_lsp.features.probing.store import ProbeStore
from autothink_lsp.features.probing.values import Capabilities
from autothink_lsp.features.role_endpoint import endpoint_of
from autothink_lsp.settings.model import EndpointSettings, Settings

logger = logging.getLogger(__name__)

STALE_S = 24 * 3600.0


@define(eq=False)
class KnownEndpoints:
    """``of`` gives what is known; ``find_out`` starts to find out what is not."""

    store: ProbeStore
    now_s: Callable[[], float] = time.time
    _running: dict[str, asyncio.Task[None]] = field(factory=dict, init=False)

    def of(self, role: EndpointSettings, model: str) -> Capabilities | None:
        """The latest facts of this endpoint and model."""
        if not role.url:
            return None
        report = self.store.latest(Endpoint(role.url).shown_url, model)
        return report.capabilities if report is not None else None

    def find_out(
        self,
        settings: Settings,
        model: str,
        context_tokens: int | None,
        found: Callable[[Capabilities], None] = lambda _: None,
    ) -> None:
        """Once a session for each endpoint, where its facts are missing or old. Returns at once.

        ``found`` is called with the facts once they are there, and not at all where the endpoint cannot be asked.
        """
        role = settings.assist
        if not role.url or role.url in self._running:
            return
        report = self.store.latest(Endpoint(role.url).shown_url, model)
        if report is not None and self.now_s() - report.at_s < STALE_S:
            told = report.capabilities.context_tokens
            if told is None or context_tokens is None or told == context_tokens:
                return
        self._running[role.url] = asyncio.create_task(self._find_out(settings, found), name="probe endpoint")

    async def aclose(self) -> None:
        """Stop asking. Idempotent."""
        tasks, self._running = list(self._running.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _find_out(self, settings: Settings, found: Callable[[Capabilities], None]) -> None:
        from autothink_lsp.features.probing.service import inspect_endpoint

        role = settings.assist
        timeouts = Timeouts(read_s=float(settings.assist.deadline_s))
        try:
            endpoint = endpoint_of(role, timeouts)
            report = await inspect_endpoint(
                endpoint, think_profile=settings.assist.think_profile, deadline_s=float(settings.assist.deadline_s)
            )
        except AutothinkError as error:
            logger.info("the assistant's server could not be asked what it can do: %s", error.message)
            return
        self.store.put(report)
        found(report.capabilities)
        missing = ", ".join(finding.subject for finding in report.findings if finding.verdict == "no")
        logger.info("the assistant's server was asked what it can do; it lacks: %s", missing or "nothing")
