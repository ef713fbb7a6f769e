"""What an action would do, printed without sending a prompt.

``autothink-lsp fix --explain``: the prompt, with the estimated tokens of each part. ``autothink-lsp fix --why``:
whether the model would think, with the numbers of the decision. Connects to the server, because its context length
determines the prompt's budget, and its model and speed are part of the decision.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from autothink_lsp.commands.terminal import printable, printable_json

if TYPE_CHECKING:
    from autothink_lsp.features.assist.actions import AssistRequest
    from autothink_lsp.features.assist.prompt_sources import PromptSource
    from autothink_lsp.features.assist.service import AssistService


async def explain_prompt(assistant: AssistService, request: AssistRequest, *, as_json: bool) -> int:
    """Print the prompt. Returns 0 with a prompt, 1 if none would be sent. Raises ``AutothinkError``."""
    from attrs import asdict

    refusal, conversation = await assistant.prompt_of(request)
    messages = [asdict(message) for message in conversation.messages] if conversation is not None else []
    sources = conversation.sources if conversation is not None else ()
    if as_json:
        report = {"reason": refusal, "messages": messages, "sources": [asdict(one) for one in sources]}
        print(printable_json(json.dumps(report, ensure_ascii=False, indent=2)))
    elif conversation is None:
        print(printable(refusal))
    else:
        for message in conversation.messages:
            print(printable(f"--- {message.role}\n{message.content}\n"))
        shown = sum(one.tokens for one in sources if not one.left_out)
        print(f"--- {shown} tokens, estimated")
        for one in sorted(sources, key=lambda one: bool(one.left_out)):
            print(printable(_line(one)))
    return 0 if conversation is not None else 1


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


def _line(source: PromptSource) -> str:
    mark = "left out" if source.left_out else "used    "
    why = "; ".join(part for part in (source.reason, source.left_out) if part)
    return f"{mark} {source.source:12} {source.tokens:5} tokens  {source.path}\n{'':9}{why}"
