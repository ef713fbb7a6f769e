"""``autothink-lsp complete --explain``: the prompt that would be sent, and the reason for each of its blocks.

Sends no prompt and starts no engine. A running server is queried for its vocabulary, which determines the family and
the token counts; without a server the settings and the model's name determine the family, and tokens are estimated (the
output says so). An incomplete index is completed first; an editor would not wait for that.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from autothink_lsp.errors import AutothinkError
from autothink_lsp.quantities import counted

if TYPE_CHECKING:
    from autothink_lsp.app import Services
    from autothink_lsp.backends.base import Backend
    from autothink_lsp.context.compose import Verdict
    from autothink_lsp.features.completion.model import CompletionRequest
    from autothink_lsp.prompt.fim.detect import FamilyChoice


async def explain(services: Services, query: CompletionRequest, *, as_json: bool) -> int:
    """Print the prompt. Returns 0 with a prompt, 1 if none would be sent."""
    report = await _report(services, query)
    if as_json:
        print(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _print(report)
    return 0 if report["prompt"] else 1


async def _report(services: Services, query: CompletionRequest) -> dict[str, Any]:
    from autothink_lsp.context.compose import budget_tokens, tokens_of
    from autothink_lsp.context.privacy import redacts
    from autothink_lsp.context.redaction import hidden_context
    from autothink_lsp.context.window import ContextRequest
    from autothink_lsp.features.completion.prompt_context import window_size
    from autothink_lsp.prompt.fim.render import render_fim_prompt

    settings, snapshot = query.settings, query.snapshot
    completion = settings.completion
    refused = services.privacy.refusal(snapshot.uri, query.folder, snapshot.text, settings, completion)
    if refused:
        return {"prompt": "", "reason": f"nothing is sent: {refused}", "blocks": []}
    services.indexes.want(query.folder, settings)
    await services.indexes.up_to_date(query.folder)
    services.context_provider.cpu_s = lambda: 0.0  # no typing is delayed here
    context = services.context_provider.gather(
        ContextRequest(
            snapshot=snapshot,
            point=query.point,
            size=window_size(settings),
            path=query.path,
            language=services.syntax.language(snapshot),
            folder=query.folder,
            settings=settings,
        )
    )
    if redacts(settings, completion):
        context = hidden_context(context, services.context_provider.names)
    backend, choice = await _family(services, query)
    order = None if completion.prompt_order == "auto" else completion.prompt_order
    prompt = render_fim_prompt(choice.family, context, order)
    verdicts = services.context_provider.verdicts(snapshot.uri).verdicts
    window = context.prefix + context.suffix
    texts = [prompt.text, window, *(verdict.snippet.text for verdict in verdicts)]
    counts = await backend.token_counts(texts) if backend is not None else None
    if backend is not None:
        await backend.aclose()

    def tokens(text: str) -> int:
        return counts[text] if counts is not None and text in counts else tokens_of(text) if text else 0

    return {
        "prompt": prompt.text,
        "reason": "",
        "family": choice.family.name,
        "family_reason": choice.reason,
        "order": prompt.order,
        "withheld": prompt.healed.blanks + prompt.healed.word,
        "tokens": tokens(prompt.text),
        "tokens_are": "counted by the server" if counts is not None else "estimated",
        "context_tokens": budget_tokens(settings),
        "window": {"lines": window.count("\n") + 1, "tokens": tokens(window)},
        "blocks": [_block(verdict, tokens(verdict.snippet.text)) for verdict in verdicts],
    }


async def _family(services: Services, query: CompletionRequest) -> tuple[Backend | None, FamilyChoice]:
    """The FIM family by the vocabulary of a running server; no server is started."""
    from autothink_lsp.prompt.fim.detect import choose_family, markers

    completion = query.settings.completion
    override = "" if completion.fim_family == "auto" else completion.fim_family
    if completion.backend != "embedded" and completion.url:
        try:
            backend = await services.connector.completion(query.settings)
            model = completion.model or (await backend.describe()).model or ""
            return backend, choose_family(await backend.token_counts(markers()), model, override)
        except AutothinkError:
            pass  # the rest of the report does not need a server
    embedded = query.settings.embedded
    own = embedded.model_path or ("qwen2.5-coder" if embedded.model == "auto" else embedded.model)
    return None, choose_family(None, own if completion.backend == "embedded" else completion.model, override)


def _block(verdict: Verdict, tokens: int) -> dict[str, Any]:
    snippet = verdict.snippet
    return {
        "source": snippet.source,
        "path": snippet.path,
        "tokens": tokens,
        "used": not verdict.why_not,
        "reason": snippet.reason,
        "left_out": verdict.why_not,
        "text": snippet.text,
    }


def _print(report: dict[str, Any]) -> None:
    if not report["prompt"]:
        print(report["reason"])
        return
    print(report["prompt"])
    print(
        f"\n--- {counted(report['tokens'], 'token')}, {report['tokens_are']}; "
        f"{report['family']} ({report['family_reason']}), ",
        end="",
    )
    print(f"order {report['order']}; at most {counted(report['context_tokens'], 'token')} of context")
    if report["withheld"].strip():
        print(f"left out of the prompt, since the model repeats it (token healing): {report['withheld'].strip()!r}")
    print(f"window: {counted(report['window']['lines'], 'line')}, {counted(report['window']['tokens'], 'token')}")
    if not report["context_tokens"]:
        print("No additional context here. Set completion.context_tokens to add it.")
    for block in sorted(report["blocks"], key=lambda one: not one["used"]):
        mark = "used    " if block["used"] else "left out"
        first = block["text"].strip().split("\n", 1)[0][:60]
        why = "; ".join(part for part in (block["reason"], block["left_out"]) if part)
        print(f"{mark} {block['source']:11} {block['tokens']:4} tokens  {block['path']}: {first}\n{'':9}{why}")
