"""``autothink-lsp complete --explain``: the prompt that would be sent, and why each block of it is there.

Asks no model anything and starts none. A server that has an address is asked for its vocabulary, which decides the
family and counts the tokens; without one both are what the settings and the model's name say, and tokens are estimated
(said so). What the index does not know yet is read first, which an editor does not wait for.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from autothink_lsp.errors import AutothinkError

if TYPE_CHECKING:
    from autothink_lsp.app import House
    from autothink_lsp.backends.base import Backend
    from autothink_lsp.context.compose import Verdict
    from autothink_lsp.features.completion.model import CompletionQuery
    from autothink_lsp.prompt.detect import FamilyChoice


async def explain(house: House, query: CompletionQuery, *, as_json: bool) -> int:
    """0 with a prompt, 1 where none would be sent."""
    report = await _report(house, query)
    if as_json:
        print(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _print(report)
    return 0 if report["prompt"] else 1


async def _report(house: House, query: CompletionQuery) -> dict[str, Any]:
    from autothink_lsp.context.compose import budget_tokens, tokens_of
    from autothink_lsp.context.privacy import redacts
    from autothink_lsp.context.redaction import hidden_context
    from autothink_lsp.features.completion.prompt_context import window_size
    from autothink_lsp.prompt.fim import render

    settings, snapshot = query.settings, query.snapshot
    completion = settings.completion
    refused = house.privacy.refusal(snapshot.uri, query.folder, snapshot.text, settings, completion)
    if refused:
        return {"prompt": "", "reason": f"nothing is sent: {refused}", "blocks": []}
    house.indexes.want(query.folder, settings)
    await house.indexes.up_to_date(query.folder)
    house.surroundings.cpu_s = lambda: 0.0  # there is no typing to disturb
    context = house.surroundings.gather(
        *(snapshot, query.point, window_size(settings)),
        path=query.path,
        language=house.syntax.language(snapshot),
        folder=query.folder,
        settings=settings,
    )
    if redacts(settings, completion):
        context = hidden_context(context, house.surroundings.names)
    backend, choice = await _family(house, query)
    order = None if completion.prompt_order == "auto" else completion.prompt_order
    prompt = render(choice.family, context, order)
    verdicts = house.surroundings.verdicts(snapshot.uri).verdicts
    window = context.prefix + context.suffix
    texts = [prompt.text, window, *(verdict.piece.text for verdict in verdicts)]
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
        "withheld": prompt.withheld.blanks + prompt.withheld.word,
        "tokens": tokens(prompt.text),
        "tokens_are": "counted by the server" if counts is not None else "estimated",
        "context_tokens": budget_tokens(settings),
        "window": {"lines": window.count("\n") + 1, "tokens": tokens(window)},
        "blocks": [_block(verdict, tokens(verdict.piece.text)) for verdict in verdicts],
    }


async def _family(house: House, query: CompletionQuery) -> tuple[Backend | None, FamilyChoice]:
    """By the server's vocabulary where there is a server; it is not started for this."""
    from autothink_lsp.prompt.detect import choose, markers

    completion = query.settings.completion
    override = "" if completion.fim_family == "auto" else completion.fim_family
    if completion.backend != "embedded" and completion.url:
        try:
            backend = await house.connector(query.settings)
            model = completion.model or (await backend.describe()).model or ""
            return backend, choose(await backend.token_counts(markers()), model, override)
        except AutothinkError:
            pass  # without it everything else can still be said
    embedded = query.settings.embedded
    own = embedded.model_path or ("qwen2.5-coder" if embedded.model == "auto" else embedded.model)
    return None, choose(None, own if completion.backend == "embedded" else completion.model, override)


def _block(verdict: Verdict, tokens: int) -> dict[str, Any]:
    piece = verdict.piece
    return {
        "source": piece.source,
        "path": piece.path,
        "tokens": tokens,
        "used": not verdict.why_not,
        "reason": piece.reason,
        "left_out": verdict.why_not,
        "text": piece.text,
    }


def _print(report: dict[str, Any]) -> None:
    if not report["prompt"]:
        print(report["reason"])
        return
    print(report["prompt"])
    print(
        f"\n--- {report['tokens']} tokens, {report['tokens_are']}; {report['family']} ({report['family_reason']}), ",
        end="",
    )
    print(f"order {report['order']}; context may take {report['context_tokens']} tokens")
    if report["withheld"].strip():
        print(f"kept from the model, which says it first: {report['withheld'].strip()!r}")
    print(f"window: {report['window']['lines']} lines, {report['window']['tokens']} tokens")
    if not report["context_tokens"]:
        print("context is off here; completion.context_tokens switches it on")
    for block in sorted(report["blocks"], key=lambda one: not one["used"]):
        mark = "used    " if block["used"] else "left out"
        first = block["text"].strip().split("\n", 1)[0][:60]
        why = "; ".join(part for part in (block["reason"], block["left_out"]) if part)
        print(f"{mark} {block['source']:11} {block['tokens']:4} tokens  {block['path']}: {first}\n{'':9}{why}")
