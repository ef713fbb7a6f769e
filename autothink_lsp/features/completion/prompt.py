"""Plans one completion: the prompts to try, the output limit, and when to stop reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from autothink_lsp.backends.base import FimRequest
from autothink_lsp.context.redaction import SecretNames, hidden_context
from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.chat_hole import render_chat_hole
from autothink_lsp.features.completion.endpoint import CompletionConnection
from autothink_lsp.features.completion.model import CompletionRequest, SamplingParams
from autothink_lsp.features.completion.suppression.places import least_confidence
from autothink_lsp.prompt.fim.render import render_fim_prompt, restore, restore_partial
from autothink_lsp.prompt.fim.token_healing import HealedPrefix, HealingMode
from autothink_lsp.stream.confidence import Confidence
from autothink_lsp.stream.early_stop import EarlyStop
from autothink_lsp.values import frozen


@frozen
class FimAttempt:
    """One request to try. ``healed`` is the text before the cursor that the model has to generate first."""

    request: FimRequest
    healed: HealedPrefix


@frozen
class WordMismatch:
    """An ``output`` for ``prompt`` that starts with another word than the user types. At temperature 0 the same prompt
    gives the same output."""

    prompt: str
    output: str

    def holds_for(self, attempt: FimAttempt) -> bool:
        """Whether the attempt would get this output and fail."""
        return attempt.request.prompt == self.prompt and attempt.healed.is_mismatch(self.output)


@frozen
class FimPlan:
    """How one stream is requested and read. ``attempts`` are tried in order: the next one if the output starts with
    another word than the user types. ``restore`` and ``restore_partial`` undo the masking of markers in the prompt; the
    latter cuts off an incomplete marker at the end."""

    attempts: Iterator[FimAttempt]
    early_stop: EarlyStop
    confidence: Confidence
    restore: Callable[[str], str]
    restore_partial: Callable[[str], str]


def plan_completion(
    request: CompletionRequest,
    context: CodeContext,
    connected: CompletionConnection,
    *,
    seed: str,
    params: SamplingParams,
    names: SecretNames | None,
    is_known_mismatch: Callable[[FimAttempt], bool],
) -> FimPlan:
    """The plan for one stream. ``seed`` is the known beginning of the output in the model's spelling; the model
    continues from there. ``names`` replace secrets, if these are hidden from the model.

    ``is_known_mismatch``: earlier output shows that the model will not generate the word that the attempt leaves out.
    """
    shown = context if names is None else hidden_context(context, names)
    completion = request.settings.completion
    family = connected.choice.family
    order = None if completion.prompt_order == "auto" else completion.prompt_order
    # The model continues best from the end of a word, so blanks at the end of the prompt are left for it to generate.
    seed = seed.rstrip(" \t")
    max_tokens = 0 if params.warm else completion.max_tokens

    def attempt(healing: HealingMode) -> FimAttempt:
        prompt = render_fim_prompt(family, shown, order, healing=healing)
        healed = prompt.healed
        text = prompt.text
        if seed:
            # The same state as if the model had said all of it: its cache still has the tokens.
            text += healed.blanks + healed.word + seed
            healed = HealedPrefix()
        # A newline as a stop sequence ends the output in the server itself, one token earlier than we could.
        stop = (*prompt.stop, "\n") if early_stop.extent.newline_ends else prompt.stop
        hole = partial(render_chat_hole, family, shown, seed=seed, lead=healed.blanks + healed.word)
        fim_request = FimRequest(text, max_tokens, stop, params.temperature, confidence.wanted, hole)
        return FimAttempt(fim_request, healed)

    # A request by hand gets whatever there is.
    by_hand = params.warm or request.trigger == "invoked"
    early_stop = EarlyStop(context, stops=family.stop, seed=seed, crosses_paragraphs=by_hand)
    confidence = Confidence(0 if by_hand else least_confidence(context, completion.confidence))

    def attempts() -> Iterator[FimAttempt]:
        first = attempt("word")
        mismatch = bool(first.healed.word) and is_known_mismatch(first)
        if not mismatch:
            yield first
        if first.healed.word and (mismatch or not params.warm):
            yield attempt("blanks")

    return FimPlan(attempts(), early_stop, confidence, partial(restore, family), partial(restore_partial, family))
