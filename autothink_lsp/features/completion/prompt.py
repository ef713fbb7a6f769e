"""From a context to a running request: how much to show, how much to ask for, and when to stop listening."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from autothink_lsp.backends.base import CompletionRequest
from autothink_lsp.context.redaction import SecretNames, hidden_context
from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.endpoint import Connected
from autothink_lsp.features.completion.model import CompletionQuery, SamplingParams
from autothink_lsp.features.completion.stream import Attempt, Run, RunListener
from autothink_lsp.features.completion.suppression.places import least_confidence
from autothink_lsp.prompt.fim import render, restore
from autothink_lsp.prompt.withheld import Withheld, Withhold
from autothink_lsp.stream.confidence import Confidence
from autothink_lsp.stream.early_stop import EarlyStop


def launch(
    query: CompletionQuery,
    context: CodeContext,
    connected: Connected,
    *,
    seed: str,
    manner: SamplingParams,
    names: SecretNames | None,
    in_vain: Callable[[Attempt], bool],
    listener: RunListener,
) -> Run:
    """Send the request. ``seed`` is the beginning of the answer that is known already; the model goes on from there.

    ``in_vain``: it is known that the model would go on with another word than the one that the attempt leaves to it.
    ``names`` stand for secrets, where these are to be hidden.
    """
    shown = context if names is None else hidden_context(context, names)
    completion = query.settings.completion
    family = connected.choice.family
    order = None if completion.prompt_order == "auto" else completion.prompt_order
    # The model goes on best from the end of a word: blanks at the end of what it gets are kept for it to say.
    seed = seed.rstrip(" \t")
    max_tokens = 0 if manner.warm else completion.max_tokens

    def attempt(withhold: Withhold) -> Attempt:
        prompt = render(family, shown, order, withhold=withhold)
        withheld = prompt.withheld
        text = prompt.text
        if seed:
            # The same state as if the model had said all of it: its cache still has the tokens.
            text += withheld.blanks + withheld.word + seed
            withheld = Withheld()
        # A newline as a stop sequence ends the answer in the server itself, one token earlier than we could.
        stop = (*prompt.stop, "\n") if early_stop.extent.newline_ends else prompt.stop
        request = CompletionRequest(text, max_tokens, stop, manner.temperature, logprobs=confidence.wanted)
        return Attempt(request, withheld)

    early_stop = EarlyStop(context, stops=family.stop)
    early_stop.feed(seed)
    # Who asks by hand gets whatever there is.
    by_hand = manner.warm or query.trigger == "invoked"
    confidence = Confidence(0 if by_hand else least_confidence(context, completion.confidence))

    def attempts() -> Iterator[Attempt]:
        first = attempt("word")
        vain = bool(first.withheld.word) and in_vain(first)
        if not vain:
            yield first
        if first.withheld.word and (vain or not manner.warm):
            yield attempt("blanks")

    return Run(
        query,
        context,
        connected.backend,
        attempts(),
        early_stop=early_stop,
        confidence=confidence,
        restore=partial(restore, family),
        listener=listener,
    )
