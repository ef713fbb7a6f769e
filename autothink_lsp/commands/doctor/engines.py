"""Engines that the settings start: whether the engine is installed, and whether the model fits into memory."""

from __future__ import annotations

from autothink_lsp.commands.doctor.finding import DoctorFinding, problem
from autothink_lsp.errors import AutothinkError
from autothink_lsp.settings.model import STARTED_BACKENDS, EndpointSettings, Settings


async def engine_findings(settings: Settings) -> list[DoctorFinding]:
    """One finding for each engine of a role. Starts no engine."""
    findings: list[DoctorFinding] = []
    if "embedded" in {settings.completion.backend, settings.assist.backend}:
        findings += await _llama_build(settings)
    for role in (settings.completion, settings.assist):
        if role.backend in STARTED_BACKENDS and not role.url:
            try:
                found = await (_vllm if role.backend == "vllm" else _transformers)(settings, role)
            except AutothinkError as error:
                found = problem(role.backend, error)
            findings += [found] if found not in findings else []
    return findings


async def _llama_build(settings: Settings) -> list[DoctorFinding]:
    """What the installed build of llama.cpp computes on, in one sentence. None where the package is missing."""
    import asyncio

    from autothink_lsp.engines.llama_build import installed_devices
    from autothink_lsp.engines.machine import find_gpus

    devices = await asyncio.to_thread(installed_devices)
    if not devices:
        return []  # the check of the packages says that it is missing
    layers = settings.embedded.gpu_layers
    gpus = [device for device in devices if device.is_gpu]
    if gpus:
        names = ", ".join(f"{device.name} ({device.description})" for device in gpus)
        use = "no layer runs on it (embedded.gpu_layers is 0)" if layers == 0 else f"embedded.gpu_layers is {layers}"
        return [DoctorFinding("ok", "llama.cpp", f"this build of xllamacpp can use the GPU {names}; {use}")]
    found = await find_gpus()
    if not found:
        return [DoctorFinding("ok", "llama.cpp", f"it runs on the processor ({devices[0].description})")]
    return [
        DoctorFinding(
            "warning",
            "llama.cpp",
            f"this machine has {found[0].name}, but this build of xllamacpp runs on the processor only",
            "The README of xllamacpp (Installation) names its builds for CUDA, ROCm and Vulkan.",
        )
    ]


async def _vllm(settings: Settings, role: EndpointSettings) -> DoctorFinding:
    from autothink_lsp.engines.machine import find_gpus
    from autothink_lsp.engines.vllm import check_installed, describe_gpus
    from autothink_lsp.engines.vllm_memory import check_memory, estimate_model_size

    version = await check_installed(settings.vllm.python)
    found = await find_gpus()
    size = estimate_model_size(role.model)
    check_memory(role.model, size, found, settings.vllm)
    weights = f"; {role.model} takes about {size.weights_bytes / (1 << 30):.1f} GiB" if size is not None else ""
    return DoctorFinding("ok", "vllm", f"{version} with {describe_gpus(found)}{weights}")


async def _transformers(settings: Settings, role: EndpointSettings) -> DoctorFinding:
    from autothink_lsp.engines.transformers import check_installed

    return DoctorFinding(
        "ok", "transformers", f"{await check_installed(settings.transformers.python)} for {role.model}"
    )
