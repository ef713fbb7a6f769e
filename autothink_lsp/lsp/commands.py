"""Names and handlers of ``workspace/executeCommand``."""

from __future__ import annotations

from typing import Any

# The item's command: the only way in which an editor tells that a suggestion was taken (facts of this project,
# editors).
ACCEPTED = "autothink.accepted"


# pygls evaluates the annotations when the command is called, so they cannot name the server's class, which imports this
# module.
def accepted(ls: Any, *_arguments: Any) -> None:
    """Count it. The id is for clients that tell more than that."""
    ls.session.completion.counters.accepted += 1
