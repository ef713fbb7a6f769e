"""Recommends a completion model and an assist model for this machine. Pure: its inputs are measured elsewhere.

The recommended model is the largest one that fits into the free memory and answers in time. The assist model runs
beside the completion model and gets the memory that is left. Without a measured speed, the smallest completion model
and no assist model are recommended: memory alone does not show whether a machine is fast enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import frozen

from autothink_lsp.engines.choice import ANSWER_TOKENS, KEYSTROKE_TOKENS, needed_memory_bytes
from autothink_lsp.engines.fit import EstimatedSpeed, KnownSpeed, estimate_speed
from autothink_lsp.engines.models.model_cards import ModelCard
from autothink_lsp.quantities import megabytes

ASSIST_PROMPT_TOKENS = 1_300
"""Evaluated before the first token of an action's answer (measured: 1,309, docs/measurements/evaluation.md)."""
ASSIST_ANSWER_TOKENS = 200
ASSIST_THINKING_TOKENS = 600
"""An edit of a function and the thinking before it. Chosen: an answer with thinking has about four times the tokens."""

EngineRole = Literal["completion", "assist"]


@frozen(kw_only=True)
class MachineResources:
    """This machine: usable cores, free memory (``None`` if unknown), and the speeds that were measured on it."""

    cores: int
    free_memory_bytes: int | None
    speeds: Sequence[KnownSpeed]


@frozen(kw_only=True)
class Demands:
    """What the settings ask of the models: the completion deadline, the patience for an action, and the contexts, of
    all slots of an engine together."""

    deadline_ms: int
    patience_s: int
    context_tokens: int
    assist_context_tokens: int


@frozen(kw_only=True)
class Recommendation:
    """The model for a role. ``card`` is ``None`` where no known model fits; ``sentence`` says why, without a full
    stop."""

    role: EngineRole
    card: ModelCard | None
    sentence: str
    speed: EstimatedSpeed | None = None
    memory_bytes: int = 0


def recommend_models(
    cards: Sequence[ModelCard], machine: MachineResources, demands: Demands
) -> tuple[Recommendation, Recommendation]:
    """Return the recommendations for completion and for actions. ``cards`` go from small to large within a role."""
    completion = _recommend_completion(cards, machine, demands)
    return completion, _recommend_assist(cards, machine, demands, completion)


def _recommend_completion(cards: Sequence[ModelCard], machine: MachineResources, demands: Demands) -> Recommendation:
    candidates = [card for card in cards if "completion" in card.roles and _is_known(card)]
    for card in reversed(candidates):
        memory_bytes = _memory_bytes(card, demands.context_tokens)
        speed = estimate_speed(card.name, card.active_bytes, machine.speeds)
        if speed is None or not _fits(memory_bytes, machine.free_memory_bytes):
            continue
        line_ms = 1_000 * (KEYSTROKE_TOKENS / speed.prefill_tokens_per_s + ANSWER_TOKENS / speed.decode_tokens_per_s)
        if line_ms <= demands.deadline_ms:
            sentence = f"{card.name}: about {line_ms:.0f} ms a line{_basis(speed)}, {_memory(memory_bytes)}"
            return Recommendation(
                role="completion", card=card, sentence=sentence, speed=speed, memory_bytes=memory_bytes
            )
    smallest = candidates[0]
    memory_bytes = _memory_bytes(smallest, demands.context_tokens)
    speed = estimate_speed(smallest.name, smallest.active_bytes, machine.speeds)
    if not _fits(memory_bytes, machine.free_memory_bytes):
        return Recommendation(role="completion", card=None, sentence=_no_memory(smallest, memory_bytes, machine))
    if speed is None:
        why = "the speed of this machine is not measured yet"
    else:
        why = f"even the smallest model is slower than {demands.deadline_ms} ms a line here"
    return Recommendation(
        role="completion", card=smallest, sentence=f"{smallest.name}: {why}", speed=speed, memory_bytes=memory_bytes
    )


def _recommend_assist(
    cards: Sequence[ModelCard], machine: MachineResources, demands: Demands, completion: Recommendation
) -> Recommendation:
    candidates = [card for card in cards if "assist" in card.roles and _is_known(card)]
    if not any(estimate_speed(card.name, card.active_bytes, machine.speeds) for card in candidates):
        return Recommendation(role="assist", card=None, sentence="the speed of this machine is not measured yet")
    if machine.free_memory_bytes is None:
        return Recommendation(role="assist", card=None, sentence="the free memory of this machine is not known")
    left_bytes = machine.free_memory_bytes - completion.memory_bytes
    too_slow = ""
    for card in reversed([card for card in candidates if card.can_think]):
        memory_bytes = _memory_bytes(card, demands.assist_context_tokens)
        speed = estimate_speed(card.name, card.active_bytes, machine.speeds)
        if speed is None or not _fits(memory_bytes, left_bytes):
            continue
        prompt_s = ASSIST_PROMPT_TOKENS / speed.prefill_tokens_per_s
        answer_s = prompt_s + (ASSIST_ANSWER_TOKENS + ASSIST_THINKING_TOKENS) / speed.decode_tokens_per_s
        if answer_s > demands.patience_s:
            too_slow = f"an answer of {card.name} would take {answer_s:.0f} s, longer than assist.patience_s"
            continue
        sentence = (
            f"{card.name}: about {speed.decode_tokens_per_s:.0f} tokens a second{_basis(speed)}, it can think, "
            f"{_memory(memory_bytes)}"
        )
        return Recommendation(role="assist", card=card, sentence=sentence, speed=speed, memory_bytes=memory_bytes)
    smallest = next(card for card in candidates if card.can_think)
    needed_bytes = _memory_bytes(smallest, demands.assist_context_tokens)
    if completion.card is None:
        why = f"{smallest.name} needs {megabytes(needed_bytes)} MB of memory"
        return Recommendation(role="assist", card=None, sentence=too_slow or why)
    why = too_slow or f"{smallest.name} needs {megabytes(needed_bytes)} MB of memory beside the completion model"
    return Recommendation(
        role="assist", card=None, sentence=f"the completion model answers them, without thinking; {why}"
    )


def _is_known(card: ModelCard) -> bool:
    """Whether the embedded engine can run the model and its memory is known."""
    return bool(card.file and card.size_bytes and card.kv_bytes_per_token)


def _memory_bytes(card: ModelCard, context_tokens: int) -> int:
    return needed_memory_bytes(card.size_bytes, card.kv_bytes_per_token, context_tokens)


def _fits(memory_bytes: int, free_bytes: int | None) -> bool:
    return free_bytes is not None and memory_bytes <= free_bytes


def _basis(speed: EstimatedSpeed) -> str:
    return "" if speed.is_measured else " (estimated)"


def _memory(memory_bytes: int) -> str:
    return f"{megabytes(memory_bytes)} MB of memory"


def _no_memory(card: ModelCard, memory_bytes: int, machine: MachineResources) -> str:
    if machine.free_memory_bytes is None:
        return "the free memory of this machine is not known"
    free_mb = megabytes(machine.free_memory_bytes)
    return f"{card.name} needs {megabytes(memory_bytes)} MB of memory, and {free_mb} MB are free"
