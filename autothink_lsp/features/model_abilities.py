"""What a GGUF file's model can be used for, by its vocabulary and chat template, and the list of all models.

A name proves nothing: the fill-in-the-middle tokens are in the vocabulary, and how thinking is switched is in the chat
template. The running engine is asked the same questions again (``prompt/fim/detect.py``, ``prompt/think/choose.py``).
"""

from __future__ import annotations

from attrs import frozen

from autothink_lsp.engines.fit import model_fit
from autothink_lsp.engines.machine import available_cores, available_memory_bytes, engine_threads
from autothink_lsp.engines.models.gguf import GgufFile, read_gguf
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.speed import SpeedRecord, speed_key
from autothink_lsp.errors import ModelError
from autothink_lsp.prompt.fim.detect import choose_family, markers
from autothink_lsp.prompt.think.choose import choose_profile
from autothink_lsp.settings.engines import EmbeddedSettings

_SEVERAL_TOKENS = 2


@frozen
class ModelAbilities:
    """``fim_family`` is empty for a model without fill-in-the-middle tokens, ``think_profile`` for one without a known
    way to think."""

    architecture: str
    fim_family: str
    has_chat: bool
    think_profile: str

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


@frozen
class ModelDescription:
    """One model of the store. ``thinks`` and ``roles`` are ``None`` until the file is installed."""

    name: str
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
    )


def describe_models(store: ModelStore, speeds: SpeedRecord, embedded: EmbeddedSettings) -> tuple[ModelDescription, ...]:
    """Every model of the store, with its fit for this machine. Reads the headers of the installed files; blocks."""
    threads, free_bytes = engine_threads(embedded.threads, available_cores()), available_memory_bytes()
    models = store.models()
    entries = tuple(model.entry for model in models)
    described: list[ModelDescription] = []
    for model in models:
        entry = model.entry
        fit = model_fit(
            entry,
            context_tokens=2 * embedded.context_tokens,
            free_bytes=free_bytes,
            speed_of=lambda name: speeds.speed(speed_key(name, threads)),
            measured=entries,
        )
        abilities = None
        if model.path is not None:
            try:
                abilities = model_abilities(read_gguf(model.path))
            except ModelError:
                abilities = None  # `doctor` and the start of the engine say what is wrong with the file
        described.append(
            ModelDescription(
                name=entry.name,
                size_bytes=entry.total_bytes,
                licence=entry.licence,
                installed=model.path is not None,
                path=str(model.path) if model.path else None,
                source=model.source,
                repository=entry.hub.repository,
                memory_bytes=fit.memory_bytes,
                fits=fit.fits,
                tokens_per_s=None if fit.tokens_per_s is None else round(fit.tokens_per_s, 1),
                is_speed_measured=fit.is_measured,
                roles=abilities.roles if abilities else None,
                thinks=bool(abilities.think_profile) if abilities else None,
            )
        )
    return tuple(described)
