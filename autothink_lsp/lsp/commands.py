"""Names and handlers of ``workspace/executeCommand``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autothink_lsp.lsp.server import AutothinkServer

# The item's command: the only way in which an editor tells that a suggestion was taken (facts of this project, editors).
ACCEPTED = "autothink.accepted"


def accepted(ls: AutothinkServer, *_arguments: object) -> None:
    """Count it. The id is for clients that tell more than that."""
    ls.session.completion.counters.accepted += 1
