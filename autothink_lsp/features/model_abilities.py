"""What a GGUF file's model can be used for, by its vocabulary and chat template, and the list of all models.

A name proves nothing: the fill-in-the-middle tokens are in the vocabulary, and how thinking is switched is in the chat
template. The running engine is asked the same questions again (``prompt/fim/detect.py``, ``prompt/think/choose.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from autothink_lsp.engines.fit import KnownSpeed, model_fit
from autothink_lsp.engines.llama_parameters import completion_slots
from autothink_lsp.engines.machine import available_cores, available_memory_bytes, engine_threads
from autothink_lsp.engines.models.catalogue import HubFile, ModelEntry
from autothink_lsp.engines.models.gguf import GgufFile, read_gguf
from autothink_lsp.engines.models.model_cards import ModelCard, card_of, model_cards
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.recommendation import Demands, MachineResources, Recommendation, recommend_models
from autothink_lsp.engines.speed import SpeedRecord, speed_key
from autothink_lsp.errors import ModelError
from autothink_lsp.prompt.fim.detect import choose_family, markers
from autothink_lsp.prompt.next_edit.dialects import DIALECTS
from autothink_lsp.prompt.think.choose import choose_profile
from autothink_lsp.settings.model import Settings

_SEVERAL_TOKENS = 2


@frozen
class ModelAbilities:
    """``fim_family`` is empty for a model without fill-in-the-middle tokens, ``think_profile`` for one without a known
    way to think."""

    architecture: str
    fim_family: str
    has_chat: bool
    think_profile: str
    next_edit_dialects: tuple[str, ...] = ()
    """Of next-edit models with this vocabulary. Whether the model is one shows only when it is asked."""

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that the model can have: ``completion``, ``assist``."""
        return (*(["completion"] if self.fim_family else []), *(["assist"] if self.has_chat else []))

    @property
    def sentence(self) -> str:
        """The abilities in words, without a full stop."""
        fills = (
            f"it fills in the middle ({self.fim_family})" if self.fim_family else "it has no fill-in-the-middle tokens"
        )
        if not self.has_chat:
            return f"{fills}, and it has no chat template"
        return (
            f"{fills}, it chats, and it {f'thinks ({self.think_profile})' if self.think_profile else 'does not think'}"
        )


@frozen(kw_only=True)
class ModelDescription:
    """One model of the store, or a known model that ``model pull REFERENCE`` would add.

    ``roles`` and ``thinks`` are read from an installed file, else from the model's card, and are ``None`` where neither
    says it. ``memory_bytes`` is 0 where the size is not known. ``evidence`` has the published figures, and whether
    this project has tested the model.
    """

    name: str
    reference: str
    size_bytes: int
    licence: str
    installed: bool
    path: str | None
    source: str | None
    repository: str
    memory_bytes: int
    fits: bool | None
    tokens_per_s: float | None
    is_speed_measured: bool
    roles: tuple[str, ...] | None
    thinks: bool | None
    evidence: str
    is_run: bool | None
    recommended_for: tuple[str, ...]


def model_abilities(model: GgufFile) -> ModelAbilities:
    """The abilities that a file's metadata shows."""
    counts = {marker: 1 if marker in model.vocabulary else _SEVERAL_TOKENS for marker in markers()}
    family = choose_family(counts, model.name).family
    profile = choose_profile("", "llama.cpp", embedded=True, chat_template=model.chat_template).profile
    return ModelAbilities(
        architecture=model.architecture or "unknown",
        fim_family=family.name if family.markers else "",
        has_chat=bool(model.chat_template),
        think_profile=profile.name if profile.can_on else "",
        next_edit_dialects=tuple(
            one.name for one in DIALECTS if all(marker in model.vocabulary for marker in one.markers)
        ),
    )


def describe_models(store: ModelStore, speeds: SpeedRecord, settings: Settings) -> tuple[ModelDescription, ...]:
    """Every model of the store, then the other known GGUF models, with their fit for this machine.

    Reads the headers of the installed files; blocks.
    """
    machine = this_machine(store, speeds, settings)
    found = recommendations(machine, settings)
    threads = engine_threads(settings.embedded.threads, machine.cores)
    entries = store.entries
    stored = {one.entry.name: one for one in store.models()}
    listed = [(entry, card_of(entry)) for entry in entries]
    in_store = {card.name for _, card in listed if card is not None} | {entry.name for entry in entries}
    listed += [(_entry_of(card), card) for card in model_cards() if card.file and card.name not in in_store]
    described: list[ModelDescription] = []
    for entry, card in listed:
        model = stored.get(entry.name)
        path = model.path if model else None
        fit = model_fit(
            entry,
            context_tokens=settings.embedded.context_tokens * completion_slots(is_shared=settings.embedded.share),
            free_bytes=machine.free_memory_bytes,
            speed_of=lambda name: speeds.speed(speed_key(name, threads)),
            measured=entries,
        )
        roles, thinks = _abilities_of(path, card)
        described.append(
            ModelDescription(
                name=entry.name,
                reference=entry.name if model or card is None else card.reference,
                size_bytes=entry.total_bytes,
                licence=entry.licence,
                installed=path is not None,
                path=str(path) if path else None,
                source=model.source if model else None,
                repository=entry.hub.repository,
                memory_bytes=fit.memory_bytes if entry.size_bytes else 0,
                fits=fit.fits if entry.size_bytes else None,
                tokens_per_s=None if fit.tokens_per_s is None else round(fit.tokens_per_s, 1),
                is_speed_measured=fit.is_measured,
                roles=roles,
                thinks=thinks,
                evidence=card.evidence if card else "",
                is_run=card.is_run if card else None,
                recommended_for=tuple(one.role for one in found if one.card is not None and one.card == card),
            )
        )
    return tuple(described)


def _abilities_of(path: Path | None, card: ModelCard | None) -> tuple[tuple[str, ...] | None, bool | None]:
    """The roles of a model, and whether it thinks: by its file, else by its card."""
    if path is not None:
        try:
            abilities = model_abilities(read_gguf(path))
        except ModelError:
            pass  # `doctor` and the start of the engine say what is wrong with the file
        else:
            predicts = "next edit" if card is not None and "next edit" in card.roles else ""
            return (*abilities.roles, *filter(None, (predicts,))), bool(abilities.think_profile)
    return (card.roles, card.can_think) if card else (None, None)


def _entry_of(card: ModelCard) -> ModelEntry:
    """A known model that is not in the store, for the same computations. It has no digest, so it is never added."""
    return ModelEntry(
        name=card.name,
        file_name=card.file,
        licence=card.licence,
        size_bytes=card.size_bytes,
        sha256="",
        kv_bytes_per_token=card.kv_bytes_per_token,
        hub=HubFile(card.repository, card.file, card.revision),
        wheel_parts=(),
        active_share=card.active_share,
    )


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
