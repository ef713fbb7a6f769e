"""Checks what this machine can run: the engines that the settings start, and the models that suit its memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from autothink_lsp.commands.doctor.finding import DoctorFinding, problem
from autothink_lsp.errors import AutothinkError
from autothink_lsp.quantities import counted, megabytes
from autothink_lsp.settings.model import STARTED_BACKENDS, EndpointSettings, Settings

if TYPE_CHECKING:
    from autothink_lsp.engines.recommendation import Recommendation


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


def recommendation_findings(settings: Settings) -> Iterator[DoctorFinding]:
    """One finding about the machine and one for each role that the embedded engine answers."""
    from autothink_lsp.engines.models.catalogue import CATALOGUE
    from autothink_lsp.engines.models.store import ModelStore
    from autothink_lsp.engines.speed import SpeedRecord
    from autothink_lsp.features.model_abilities import installed_name, recommendations, this_machine

    roles = {"completion": settings.completion.backend, "assist": settings.assist.backend}
    if "embedded" not in roles.values():
        return
    store = ModelStore.default()
    machine = this_machine(store, SpeedRecord.load(), settings)
    free = machine.free_memory_bytes
    memory = "free memory unknown" if free is None else f"{megabytes(free)} MB of memory free"
    yield DoctorFinding("ok", "this machine", f"{counted(machine.cores, 'core')}, {memory}")

    def finding_of(found: Recommendation) -> DoctorFinding:
        subject = "completion" if found.role == "completion" else "actions"
        if found.card is None:
            return DoctorFinding("ok", subject, f"recommended model: none; {found.sentence}")
        evidence = f"; {found.card.evidence}" if found.card.evidence else ""
        text = f"recommended model: {found.sentence}{evidence}"
        used = settings.embedded.model if found.role == "completion" else settings.embedded.assist_model
        own_file = settings.embedded.model_path if found.role == "completion" else settings.embedded.assist_model_path
        name = installed_name(store, found.card)
        is_used = used == name or (used == "auto" and name in {entry.name for entry in CATALOGUE})
        if own_file or (name is not None and is_used):
            return DoctorFinding("ok", subject, text)
        pull = "" if name is not None else f"autothink-lsp model pull {found.card.name}; then "
        return DoctorFinding(
            "ok", subject, text, f"{pull}autothink-lsp model use {name or found.card.name} --for {found.role}"
        )

    for found in recommendations(machine, settings):
        if roles[found.role] == "embedded":
            yield finding_of(found)


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
