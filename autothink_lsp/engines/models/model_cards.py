"""The known models for each role: reads and checks ``model_cards.toml``.

A card has the source, the roles and the published figures of a model, and whether this project has tested it. Nothing
is downloaded here. What a downloaded model can do is read from its file (``features/model_abilities.py``).
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Literal

from attrs import evolve, field, frozen
from attrs.validators import deep_iterable, in_, matches_re

from autothink_lsp.engines.models.catalogue import CATALOGUE, HubFile, ModelEntry

ModelRole = Literal["completion", "assist", "next edit"]
Thinks = Literal["yes", "switchable", "judges", "no"]


@frozen(kw_only=True)
class ModelCard:
    """A known model. ``size_bytes`` and ``kv_bytes_per_token`` are 0 where they are not known.

    ``file`` is empty for a repository without a GGUF file: vLLM and transformers can serve it, the embedded engine
    cannot. ``figure`` is one number about quality, empty where none is known.
    """

    name: str
    roles: tuple[ModelRole, ...] = field(validator=deep_iterable(in_(("completion", "assist", "next edit"))))
    repository: str = field(validator=matches_re(r"[\w.-]+/[\w.-]+"))
    file: str = ""
    revision: str = "main"
    sha256: str = field(default="", validator=matches_re(r"([0-9a-f]{64})?"))
    licence: str = ""
    size_bytes: int = 0
    kv_bytes_per_token: int = 0
    active_share: float = 1.0
    thinks: Thinks = field(validator=in_(("yes", "switchable", "judges", "no")))
    is_run: bool
    figure: str = ""
    measured_by: str = ""
    figure_source: str = ""
    source: str = field(validator=matches_re(r"https://\S+"))

    @property
    def reference(self) -> str:
        """What ``model pull`` understands: ``OWNER/REPO:FILE``, or ``OWNER/REPO`` where there is no GGUF file."""
        return f"{self.repository}:{self.file}" if self.file else self.repository

    @property
    def can_think(self) -> bool:
        """Whether the model thinks: always, on request, or by its own decision."""
        return self.thinks != "no"

    @property
    def active_bytes(self) -> int:
        """The bytes of weights that are read for one token."""
        return round(self.size_bytes * self.active_share)

    @property
    def evidence(self) -> str:
        """The figure and who measured it, and whether this project has not tested the model."""
        untested = "" if self.is_run else "not tested by autothink-lsp"
        figure = f"{self.figure} (measured by {self.measured_by})" if self.figure else ""
        return "; ".join(filter(None, (figure, untested)))

    def entry(self) -> ModelEntry | None:
        """The model as an entry of the store; ``None`` if its file or its digest is not known."""
        known = next((entry for entry in CATALOGUE if entry.name == self.name), None)
        if known is not None or not (self.file and self.sha256 and self.size_bytes):
            return known
        return ModelEntry(
            name=self.name,
            file_name=f"{self.repository.replace('/', '--')}--{self.file}",
            licence=self.licence,
            size_bytes=self.size_bytes,
            sha256=self.sha256,
            kv_bytes_per_token=self.kv_bytes_per_token,
            hub=HubFile(self.repository, self.file, self.revision),
            wheel_parts=(),
            active_share=self.active_share,
        )


@cache
def model_cards() -> tuple[ModelCard, ...]:
    """Every card, in the order of the file: from small to large within a role."""
    text = resources.files("autothink_lsp.engines.models").joinpath("model_cards.toml").read_text(encoding="utf-8")
    return tuple(_card(row) for row in tomllib.loads(text)["model"])


@cache
def known_entries() -> tuple[ModelEntry, ...]:
    """The models whose files are known by their digest: those of the catalogue first, in its order."""
    others = (card.entry() for card in model_cards())
    return (*CATALOGUE, *(entry for entry in others if entry is not None and entry not in CATALOGUE))


def find_card(name: str) -> ModelCard | None:
    """The card of that name, in any case."""
    wanted = name.strip().lower()
    return next((card for card in model_cards() if card.name == wanted), None)


def card_of(entry: ModelEntry) -> ModelCard | None:
    """The card of a model in the store: that of its file on the Hub."""
    file = (entry.hub.repository, entry.hub.file)
    return next((card for card in model_cards() if card.file and (card.repository, card.file) == file), None)


def _card(row: dict[str, Any]) -> ModelCard:
    """A card; what the catalogue knows about its model is taken from there."""
    row = {**row, "roles": tuple(row["roles"])}
    known = next((entry for entry in CATALOGUE if entry.name == row["name"]), None)
    if known is None:
        return ModelCard(**row)
    card = ModelCard(repository=known.hub.repository, **row)
    return evolve(
        card,
        file=known.hub.file,
        revision=known.hub.revision,
        sha256=known.sha256,
        licence=known.licence,
        size_bytes=known.size_bytes,
        kv_bytes_per_token=known.kv_bytes_per_token,
    )
