"""One probe of one endpoint, from its settings to a report that is remembered."""

from __future__ import annotations

import time
from collections.abc import Callable

from autothink_lsp.backends.endpoint import Endpoint, host_of
from autothink_lsp.backends.http import HttpClient
from autothink_lsp.backends.probe import ServerProbe
from autothink_lsp.features.probing.findings import findings_of
from autothink_lsp.features.probing.inspect import Inspection
from autothink_lsp.features.probing.values import ProbeReport
from autothink_lsp.prompt.think_profile import choose_profile


async def inspect_endpoint(
    endpoint: Endpoint,
    *,
    think_profile: str = "auto",
    deadline_s: float = 120.0,
    client: HttpClient | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> ProbeReport:
    """Send all probes. Raises ``BackendError`` where the server does not answer; one probe that fails is a finding."""
    probe = ServerProbe(endpoint, client)
    inspection = Inspection(
        probe,
        lambda model, server: (
            choose_profile(model, server, configured=think_profile, host=host_of(endpoint.url)).profile
        ),
    )
    try:
        await inspection.run(told)
    finally:
        if client is None:
            await probe.aclose()
    facts = inspection.facts
    return ProbeReport(
        url=endpoint.shown_url,
        capabilities=facts,
        findings=findings_of(facts, inspection.notes, deadline_s),
        at_s=time.time(),
        requests=probe.requests,
    )
