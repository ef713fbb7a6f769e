"""The known capabilities of the assistant's endpoints, and background probes of those that are unknown.

An endpoint is probed after its first answered action, because the user waits for that action; again after a day, or
when its context length has changed, as after a restart with other flags.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from attrs import define, field

from autothink_lsp.backends.endpoint import Endpoint, Timeouts
from autothink_lsp.errors import AutothinkError
from autothink_lsp.features.endpoints import http_endpoint
from autothink_lsp.features.probing.capabilities import Capabilities
from autothink_lsp.features.probing.store import ProbeStore
from autothink_lsp.settings.model import EndpointSettings, Settings

logger = logging.getLogger(__name__)

STALE_S = 24 * 3600.0


@define(eq=False)
class KnownEndpoints:
    """``of`` returns stored capabilities; ``find_out`` starts a probe in the background."""

    store: ProbeStore
    now_s: Callable[[], float] = time.time
    _running: dict[str, asyncio.Task[None]] = field(factory=dict, init=False)

    def of(self, role: EndpointSettings, model: str) -> Capabilities | None:
        """The latest capabilities of this endpoint and model, or ``None``."""
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
        """Start a probe, once a session for each endpoint, where its capabilities are unknown or old. Returns at once.

        ``found`` is called with the capabilities; it is not called if the endpoint cannot be probed or has a limit of
        requests.
        """
        role = settings.assist
        if not role.url or role.requests_per_minute or role.url in self._running:
            return
        report = self.store.latest(Endpoint(role.url).shown_url, model)
        if report is not None and self.now_s() - report.at_s < STALE_S:
            known_context_tokens = report.capabilities.context_tokens
            if known_context_tokens is None or context_tokens is None or known_context_tokens == context_tokens:
                return
        self._running[role.url] = asyncio.create_task(self._find_out(settings, found), name="probe endpoint")

    async def aclose(self) -> None:
        """Cancel running probes. Idempotent."""
        tasks, self._running = list(self._running.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _find_out(self, settings: Settings, found: Callable[[Capabilities], None]) -> None:
        from autothink_lsp.features.probing.inspect import inspect_endpoint

        role = settings.assist
        timeouts = Timeouts(read_s=float(settings.assist.deadline_s))
        try:
            endpoint = http_endpoint(role, timeouts)
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
