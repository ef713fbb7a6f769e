"""One probe of one endpoint, from its settings to a report."""

from __future__ import annotations

import time
from collections.abc import Callable

from autothink_lsp.backends.endpoint import Endpoint, host_of
from autothink_lsp.backends.http import HttpClient
from autothink_lsp.backends.probe import ServerProbe
from autothink_lsp.features.probing.capabilities import ProbeReport
from autothink_lsp.features.probing.findings import findings_of
from autothink_lsp.features.probing.inspect import Inspection
from autothink_lsp.prompt.think.choose import choose_profile


async def inspect_endpoint(
    endpoint: Endpoint,
    *,
    think_profile: str = "auto",
    deadline_s: float = 120.0,
    client: HttpClient | None = None,
    on_step: Callable[[str], None] = lambda _: None,
) -> ProbeReport:
    """Run all steps. ``on_step`` gets the subject of each. Raises ``BackendError`` where the server does not answer;
    a step that fails is a finding."""
    probe = ServerProbe(endpoint, client)
    inspection = Inspection(
        probe,
        lambda model, server: (
            choose_profile(model, server, configured=think_profile, host=host_of(endpoint.url)).profile
        ),
    )
    try:
        await inspection.run(on_step)
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
