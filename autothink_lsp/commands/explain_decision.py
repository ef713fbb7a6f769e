"""``autothink-lsp fix --why``: whether an action would think, with the numbers of the decision. Sends no prompt.

Connects to the server, because its model and speed are part of the decision.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from autothink_lsp.commands.terminal import printable, printable_json

if TYPE_CHECKING:
    from autothink_lsp.features.assist.actions import AssistRequest
    from autothink_lsp.features.assist.service import AssistService


async def explain_decision(assistant: AssistService, request: AssistRequest, *, as_json: bool) -> int:
    """Print the decision. Returns 0 with one, 1 if no model would be asked. Raises ``AutothinkError``."""
    from autothink_lsp.features.assist.decision_text import decision_lines, decision_report, in_advance

    reason, decision = await assistant.decision_of(request)
    if as_json:
        report = {"reason": reason, "decision": decision_report(decision) if decision is not None else None}
        print(printable_json(json.dumps(report, ensure_ascii=False, indent=2)))
    else:
        print(printable(in_advance(reason)))
        if decision is not None and (lines := decision_lines(decision)):
            print(printable("\n" + "\n".join(lines)))
    return 0 if decision is not None else 1
