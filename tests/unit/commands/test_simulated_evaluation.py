"""The comparison on requests with a known truth: by hand, by symmetry, and that it can refute."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attrs import evolve

from autothink_lsp.commands.evaluate import _WORLDS
from autothink_lsp.commands.evaluation.comparison import compare, mean_interval
from autothink_lsp.commands.evaluation.simulated import read_weights, render, run_simulated
from autothink_lsp.commands.evaluation.simulation import WORLDS, run, simulate
from autothink_lsp.errors import AutothinkError
from autothink_lsp.thinking.features import FEATURES
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS

COUNT = 100


def test_the_command_names_all_worlds() -> None:
    assert tuple(WORLDS) == _WORLDS


def test_a_seed_gives_the_same_requests_and_tables() -> None:
    first, second = (compare(simulate(WORLDS["aligned"], COUNT, detection=0.5, seed=3), seed=1) for _ in range(2))
    assert first == second
    assert simulate(WORLDS["aligned"], 9, detection=0.5, seed=4) != simulate(
        WORLDS["aligned"], 9, detection=0.5, seed=3
    )


@pytest.mark.parametrize("detection", [0.0, 0.5, 1.0])
def test_checks_see_their_share(detection: float) -> None:
    requests = simulate(WORLDS["aligned"], 400, detection=detection, seed=1)
    wrong = [one.attempts["quick"] for one in requests if not one.attempts["quick"].right]
    share = sum(one.noticed for one in wrong) / len(wrong)
    assert share == pytest.approx(detection, abs=0.1)


def test_signals_are_not_drawn_from_the_label() -> None:
    """The same requests in two worlds have the same signals and other truths."""
    one, other = (simulate(WORLDS[name], 50, detection=0.5, seed=1) for name in ("aligned", "elsewhere"))
    assert [simulated.signals.kind for simulated in one]
    assert set(WORLDS["aligned"].off) <= set(FEATURES)
    assert set(WORLDS["elsewhere"].gain) <= set(FEATURES)
    needs = [simulated.p_on - simulated.p_off >= 0.15 for simulated in one]
    assert 0.05 < sum(needs) / len(needs) < 0.7
    assert [simulated.p_off for simulated in one] != [simulated.p_off for simulated in other]


def test_attempts_follow_each_other_only_where_a_check_objects() -> None:
    for request in simulate(WORLDS["aligned"], 80, detection=0.5, seed=2):
        quick, retry = request.attempts["quick"], request.attempts["retry"]
        both = run(request, ("quick", "retry"))
        if quick.noticed:
            assert both.tokens == quick.answer_tokens + retry.answer_tokens
            assert both.prompt_tokens == quick.prompt_tokens + retry.prompt_tokens
            assert both.right == (retry.right and not retry.noticed)
        else:
            assert (both.right, both.wrong_unseen) == (quick.right, not quick.right)
            assert both.seconds == quick.seconds


def test_no_policy_beats_the_oracle_and_a_fixed_mode_has_no_judgement() -> None:
    requests = simulate(WORLDS["aligned"], COUNT, detection=0.5, seed=5)
    rows, _ = compare(requests)
    by_name = {row.name: row for row in rows}
    assert by_name["oracle"].regret.value == 0
    assert all(row.regret.value > 0 for row in rows if row.name not in {"oracle", "on → off"})
    assert by_name["off"].judgement is None


def test_ladders_lose_where_checks_are_blind() -> None:
    """With checks that see everything the ladder is near the oracle; where they see little always-on is as good."""
    gaps = []
    for detection in (0.95, 0.1):
        rows, _ = compare(simulate(WORLDS["aligned"], COUNT, detection=detection, seed=6))
        by_name = {row.name: row for row in rows}
        gaps.append(by_name["off → retry → on"].right.value - by_name["on"].right.value)
    assert gaps[0] > 0.1 > 0.05 > gaps[1]


@pytest.mark.exhaustive
def test_it_can_refute() -> None:
    """A policy that thinks where thinking does not help is found to be worse than a coin."""
    requests = simulate(WORLDS["elsewhere"], 250, detection=0.1, seed=1)
    rows, claims = compare(requests)
    shipped = next(row for row in rows if row.name == "shipped")
    assert shipped.judgement is not None
    assert shipped.judgement.high < 0.5
    assert "refuted" in {claim.verdict for claim in claims}
    aligned = simulate(WORLDS["aligned"], 250, detection=0.5, seed=1)
    _, claims = compare(aligned)
    verdicts = {claim.text.partition(": ")[2]: claim.verdict for claim in claims}
    assert verdicts["difficulty judged better than a coin that thinks as often"] == "shown"
    assert verdicts["right edits against always-on (margin 5 points, one-sided 95 %)"] == "not inferior"


def test_learned_weights_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "weights.json"
    file.write_text(json.dumps({"weights": evolve(SHIPPED_WEIGHTS, on_bias=-3.0, source="test").to_json()}))
    assert read_weights(file).on_bias == -3.0
    status = run_simulated(worlds=["useless"], detections=[0.5], count=60, seed=1, weights=file, as_json=True)
    (report,) = json.loads(capsys.readouterr().out)
    learned = next(row for row in report["policies"] if row["name"] == "learned")
    assert (status, learned["on_rate"]) == (0, 0.0)
    file.write_text("{}")
    with pytest.raises(AutothinkError, match="no weights"):
        read_weights(file)


def test_the_tables() -> None:
    text = render(*compare(simulate(WORLDS["hurts"], 40, detection=0.5, seed=1)))
    assert text.count("\n| off") == 4
    assert "| claim | claimed | measured | |" in text


def test_an_interval_by_hand() -> None:
    found = mean_interval([1.0, 0.0, 1.0, 0.0])
    assert found.value == 0.5
    assert found.high - found.value == pytest.approx(1.96 * (1 / 3) ** 0.5 / 2)
