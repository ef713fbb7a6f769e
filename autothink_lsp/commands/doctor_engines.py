"""The part of ``doctor`` that looks at engines which settings ask us to start: installed, and does the model fit?"""

from __future__ import annotations

from autothink_lsp.commands.doctor import Finding, problem
from autothink_lsp.errors import AutothinkError
from autothink_lsp.settings.model import STARTED_BACKENDS, EndpointSettings, Settings


async def engine_findings(settings: Settings) -> list[Finding]:
    """Nothing is started for this."""
    findings: list[Finding] = []
    for role in (settings.completion, settings.assist):
        if role.backend in STARTED_BACKENDS and not role.url:
            try:
                found = await (_vllm if role.backend == "vllm" else _transformers)(settings, role)
            except AutothinkError as error:
                found = problem(role.backend, error)
            findings += [found] if found not in findings else []
    return findings


async def _vllm(settings: Settings, role: EndpointSettings) -> Finding:
    from autothink_lsp.engines.gpu import gpus
    from autothink_lsp.engines.model_size import model_size
    from autothink_lsp.engines.vllm import check_installed, describe
    from autothink_lsp.engines.vllm_memory import check_memory

    version = await check_installed(settings.vllm.python)
    found = await gpus()
    size = model_size(role.model)
    check_memory(role.model, size, found, settings.vllm)
    weights = f"; {role.model} takes about {size.weights_bytes / (1 << 30):.1f} GiB" if size is not None else ""
    return Finding("ok", "vllm", f"{version} with {describe(found)}{weights}")


async def _transformers(settings: Settings, role: EndpointSettings) -> Finding:
    from autothink_lsp.engines.transformers import check_installed

    return Finding("ok", "transformers", f"{await check_installed(settings.transformers.python)} for {role.model}")
