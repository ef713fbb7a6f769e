"""Findings about this machine's cores and memory, and the recommended model for each role."""

from __future__ import annotations

from collections.abc import Iterator

from autothink_lsp.commands.doctor.finding import DoctorFinding
from autothink_lsp.quantities import counted, megabytes
from autothink_lsp.settings.model import Settings


def recommendation_findings(settings: Settings) -> Iterator[DoctorFinding]:
    """One finding about the machine and one for each role that the embedded engine answers."""
    from autothink_lsp.engines.models.catalogue import CATALOGUE
    from autothink_lsp.engines.models.store import ModelStore
    from autothink_lsp.engines.recommendation import Recommendation
    from autothink_lsp.engines.speed import SpeedRecord
    from autothink_lsp.features.model_recommendation import installed_name, recommendations, this_machine

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
