"""The known models, and which of them are recommended for a machine. All pure."""

from __future__ import annotations

from pathlib import Path

import pytest

from autothink_lsp.engines.fit import KnownSpeed, estimate_speed
from autothink_lsp.engines.models.catalogue import CATALOGUE, QWEN_CODER_05B, QWEN_CODER_15B
from autothink_lsp.engines.models.hub_listing import parse_reference
from autothink_lsp.engines.models.model_cards import card_of, find_card, known_entries, model_cards
from autothink_lsp.engines.recommendation import Demands, MachineResources, recommend_models
from autothink_lsp.engines.speed import MeasuredSpeed

GB = 1_000_000_000
SMALL, LARGE = QWEN_CODER_05B, QWEN_CODER_15B
DEMANDS = Demands(deadline_ms=600, patience_s=150, context_tokens=2 * 2048, assist_context_tokens=8192)


def measured(prefill: float, decode: float) -> list[KnownSpeed]:
    return [KnownSpeed(SMALL.name, SMALL.size_bytes, MeasuredSpeed(prefill, decode))]


MACHINES = [
    # memory, speed of the 0.5B, recommended for completion, for actions, words of the second sentence
    ("nothing is measured", 16 * GB, [], SMALL.name, None, "not measured"),
    ("a notebook with little memory", 2 * GB, measured(145, 33), LARGE.name, None, "qwen3-4b needs"),
    ("less than the smallest needs", GB // 2, measured(145, 33), None, None, "qwen3-4b needs 4020 MB of memory"),
    ("memory unknown", None, measured(145, 33), None, None, "memory of this machine is not known"),
    ("only decoding is measured", 16 * GB, [KnownSpeed(SMALL.name, SMALL.size_bytes, MeasuredSpeed(None, 33))],
     SMALL.name, None, "not measured"),
    ("a slow one", 8 * GB, measured(44, 22), SMALL.name, None, "qwen3-4b would take 240 s"),
    ("two idle cores", 16 * GB, measured(145, 33), LARGE.name, "gpt-oss-20b", "it can think"),
    ("too slow for anything", 16 * GB, measured(5, 2), SMALL.name, None, "longer than assist.patience_s"),
    ("a gaming GPU", 16 * GB, measured(8_000, 400), "qwen2.5-coder-7b", "qwen3-8b", "tokens a second"),
    ("a workstation", 64 * GB, measured(8_000, 400), "qwen3-coder-30b-a3b", "qwen3-30b-a3b", "tokens a second"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("memory", "speeds", "completion", "assist", "words"),
    [row[1:] for row in MACHINES],
    ids=[row[0] for row in MACHINES],
)
def test_recommended_model_depends_on_memory_and_speed(memory, speeds, completion, assist, words) -> None:
    machine = MachineResources(cores=2, free_memory_bytes=memory, speeds=speeds)
    for_completion, for_actions = recommend_models(model_cards(), machine, DEMANDS)
    assert (for_completion.card and for_completion.card.name, for_actions.card and for_actions.card.name) == (
        completion,
        assist,
    )
    assert words in for_actions.sentence
    assert completion is not None or "completion model" not in for_actions.sentence
    if memory is not None:
        assert for_completion.memory_bytes + for_actions.memory_bytes <= memory


def test_an_estimate_follows_the_measured_ratio_and_then_the_size() -> None:
    known = measured(100.0, 50.0)
    own = estimate_speed(SMALL.name, SMALL.size_bytes, known)
    assert own is not None
    assert (own.decode_tokens_per_s, own.is_measured) == (50.0, True)
    larger = estimate_speed(LARGE.name, LARGE.size_bytes, known)
    assert larger is not None
    assert (round(larger.prefill_tokens_per_s), round(larger.decode_tokens_per_s)) == (52, 36)
    assert not larger.is_measured
    double = estimate_speed("x", 2 * LARGE.size_bytes, known)
    assert double is not None
    assert double.decode_tokens_per_s == pytest.approx(18.0)
    assert estimate_speed("x", LARGE.size_bytes, []) is None
    assert estimate_speed("x", 0, known) is None


def test_a_measurement_of_the_model_itself_counts_more_than_a_nearer_size() -> None:
    known = [*measured(100.0, 50.0), KnownSpeed("x", 5 * GB, MeasuredSpeed(7.0, 3.0))]
    own = estimate_speed("x", SMALL.size_bytes, known)
    assert own is not None
    assert own.decode_tokens_per_s == 3.0


def test_every_card_is_complete() -> None:
    cards = model_cards()
    assert len({card.name for card in cards}) == len(cards)
    assert {card.name for card in cards if card.is_run} == {entry.name for entry in CATALOGUE}, (
        "only what the tests run counts as tested"
    )
    for card in cards:
        assert card.is_run or card.evidence.endswith("not tested by autothink-lsp")
        assert bool(card.figure) == bool(card.measured_by) == bool(card.figure_source)
        parse_reference(card.reference)
        assert 0 < card.active_share <= 1
        if card.figure_source.startswith("docs/"):
            assert (Path(__file__).parents[3] / card.figure_source).is_file()


def test_known_models_are_entries_with_a_digest() -> None:
    assert known_entries()[: len(CATALOGUE)] == CATALOGUE
    for entry in known_entries():
        card = card_of(entry)
        assert card is not None
        assert (card.name, card.sha256) == (entry.name, entry.sha256)
        assert len({one.file_name for one in known_entries()}) == len(known_entries())
    assert find_card("QWEN3-4B ") is not None
    assert find_card("nonsense") is None
