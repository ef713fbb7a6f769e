"""How a completion is asked for: the prompts to try, how much output to ask for, and when to stop reading it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from attrs import frozen

from autothink_lsp.backends.base import CompletionRequest
from autothink_lsp.context.redaction import SecretNames, hidden_context
from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.endpoint import Connected
from autothink_lsp.features.completion.model import CompletionQuery, SamplingParams
from autothink_lsp.features.completion.suppression.places import least_confidence
from autothink_lsp.prompt.fim import render, restore, restore_partial
from autothink_lsp.prompt.withheld import Withheld, Withhold
from autothink_lsp.stream.confidence import Confidence
from autothink_lsp.stream.early_stop import EarlyStop


@frozen
class FimAttempt:
    """One request to try. ``withheld`` is text before the cursor that the model has to say by itself first."""

    request: CompletionRequest
    withheld: Withheld


@frozen
class WordMismatch:
    """The model's ``output`` for ``prompt``, where the user types another word. The same prompt gets the same output
    again (temperature 0)."""

    prompt: str
    output: str

    def holds_for(self, attempt: FimAttempt) -> bool:
        """Whether the attempt would get this output, and be contradicted by it."""
        return attempt.request.prompt == self.prompt and attempt.withheld.contradicted_by(self.output)


@frozen
class FimPlan:
    """What a stream is read with. ``attempts`` are tried in order: the next one when the model goes on with another
    word than the user is typing. ``restore`` and ``restore_partial`` turn markers that the prompt had to break into the
    document's spelling; the latter cuts off what may be the beginning of one."""

    attempts: Iterator[FimAttempt]
    early_stop: EarlyStop
    confidence: Confidence
    restore: Callable[[str], str]
    restore_partial: Callable[[str], str]


def plan_completion(
    query: CompletionQuery,
    context: CodeContext,
    connected: Connected,
    *,
    seed: str,
    params: SamplingParams,
    names: SecretNames | None,
    is_known_mismatch: Callable[[FimAttempt], bool],
) -> FimPlan:
    """The plan for one stream. ``seed`` is the beginning of the output that is known already, as the model spelled it;
    the model goes on from there. ``names`` stand for secrets, where these are hidden from the model.

    ``is_known_mismatch``: an earlier output shows that the model will not say the word that the attempt withholds.
    """
    shown = context if names is None else hidden_context(context, names)
    completion = query.settings.completion
    family = connected.choice.family
    order = None if completion.prompt_order == "auto" else completion.prompt_order
    # The model goes on best from the end of a word: blanks at the end of what it gets are left for it to say.
    seed = seed.rstrip(" \t")
    max_tokens = 0 if params.warm else completion.max_tokens

    def attempt(withhold: Withhold) -> FimAttempt:
        prompt = render(family, shown, order, withhold=withhold)
        withheld = prompt.withheld
        text = prompt.text
        if seed:
            # The same state as if the model had said all of it: its cache still has the tokens.
            text += withheld.blanks + withheld.word + seed
            withheld = Withheld()
        # A newline as a stop sequence ends the output in the server itself, one token earlier than we could.
        stop = (*prompt.stop, "\n") if early_stop.extent.newline_ends else prompt.stop
        request = CompletionRequest(text, max_tokens, stop, params.temperature, logprobs=confidence.wanted)
        return FimAttempt(request, withheld)

    early_stop = EarlyStop(context, stops=family.stop, seed=seed)
    # A request by hand gets whatever there is.
    by_hand = params.warm or query.trigger == "invoked"
    confidence = Confidence(0 if by_hand else least_confidence(context, completion.confidence))

    def attempts() -> Iterator[FimAttempt]:
        first = attempt("word")
        mismatch = bool(first.withheld.word) and is_known_mismatch(first)
        if not mismatch:
            yield first
        if first.withheld.word and (mismatch or not params.warm):
            yield attempt("blanks")

    return FimPlan(attempts(), early_stop, confidence, partial(restore, family), partial(restore_partial, family))
