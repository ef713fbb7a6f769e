"""Measures this machine and returns the recommended models (``engines/recommendation.py``)."""

from __future__ import annotations

from collections.abc import Callable

from autothink_lsp.engines.fit import KnownSpeed
from autothink_lsp.engines.llama_parameters import completion_slots
from autothink_lsp.engines.machine import available_cores, available_memory_bytes, engine_threads
from autothink_lsp.engines.models.model_cards import ModelCard, card_of, model_cards
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.recommendation import Demands, MachineResources, Recommendation, recommend_models
from autothink_lsp.engines.speed import SpeedRecord, speed_key
from autothink_lsp.settings.model import Settings


def this_machine(
    store: ModelStore,
    speeds: SpeedRecord,
    settings: Settings,
    free_memory_bytes: Callable[[], int | None] = available_memory_bytes,
) -> MachineResources:
    """This machine, with the speeds that were measured with the number of threads of the settings."""
    cores = available_cores()
    threads = engine_threads(settings.embedded.threads, cores)
    known = [
        KnownSpeed(_card_name(entry.name, card_of(entry)), entry.active_bytes, speed)
        for entry in store.entries
        if (speed := speeds.speed(speed_key(entry.name, threads))).decode_tokens_per_s is not None
    ]
    return MachineResources(cores=cores, free_memory_bytes=free_memory_bytes(), speeds=known)


def recommendations(machine: MachineResources, settings: Settings) -> tuple[Recommendation, Recommendation]:
    """The recommended models for completion and for actions, by the deadlines and contexts of the settings."""
    demands = Demands(
        deadline_ms=settings.completion.deadline_ms,
        patience_s=settings.assist.patience_s,
        context_tokens=settings.embedded.context_tokens * completion_slots(is_shared=settings.embedded.share),
        assist_context_tokens=settings.embedded.assist_context_tokens,
    )
    return recommend_models(model_cards(), machine, demands)


def installed_name(store: ModelStore, card: ModelCard) -> str | None:
    """The name under which the card's model is installed; ``None`` if it is not."""
    return next((one.entry.name for one in store.models() if one.path and card_of(one.entry) == card), None)


def _card_name(name: str, card: ModelCard | None) -> str:
    return card.name if card is not None else name
