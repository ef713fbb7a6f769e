"""Which weights decide for a model: its own, else the shipped ones with the shared score of judgements.

And where a close decision may explore.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from attrs import evolve

from autothink_lsp.features.assist.endpoint import AssistConnection
from autothink_lsp.features.assist.think_decider import ThinkDecider
from autothink_lsp.features.assist.tuned_weights import TunedWeights, TuneFiles, model_digest
from autothink_lsp.thinking.features import FEATURES
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS
from tests.unit.features.test_assistant import RIGHT, Bench, code, off

SCORE = (0.5, *[0.1] * len(FEATURES))
JUDGE = FEATURES.index("judge")


async def connection_of(folder: Path) -> AssistConnection:
    bench = Bench(folder, [off(code(RIGHT))], think="auto")
    return await bench.service.endpoints.get(bench.settings).connect()


async def test_own_weights_go_before_the_shared_score(tmp_path: Path) -> None:
    connection = await connection_of(tmp_path)
    weights, state = TunedWeights(tmp_path / "state"), tmp_path / "state"
    assert weights.of(connection) is SHIPPED_WEIGHTS
    other = TuneFiles(state, "0" * 16)
    found = evolve(SHIPPED_WEIGHTS, judge_score=SCORE, off_bias=9.0, on_weights=(*SHIPPED_WEIGHTS.on_weights[:-1], 3.0))
    other.share_judge(found, {"model": "judging"})
    shared = weights.of(connection)
    assert shared.judge_score == SCORE
    assert shared.on_weights[JUDGE] == 3.0
    assert evolve(shared, judge_score=(), on_weights=SHIPPED_WEIGHTS.on_weights) == SHIPPED_WEIGHTS
    own = TuneFiles(state, model_digest(connection))
    own.write({"weights": evolve(SHIPPED_WEIGHTS, off_bias=2.0).to_json()})
    assert weights.of(connection) == evolve(SHIPPED_WEIGHTS, off_bias=2.0)
    own.undo()
    os.utime(own.weights, (1, 1))  # a clock that is coarser than this test
    assert weights.of(connection) == shared


async def test_the_shared_score_goes_with_the_model_that_it_is_of(tmp_path: Path) -> None:
    judging, other = TuneFiles(tmp_path, "0" * 16), TuneFiles(tmp_path, "1" * 16)
    for remove in (judging.undo, judging.forget):
        judging.share_judge(evolve(SHIPPED_WEIGHTS, judge_score=SCORE), {})
        other.undo()
        assert not other.forget()
        assert judging.judge.exists()
        assert remove()
        assert not judging.judge.exists()
    assert not judging.forget()


def test_undo_restores_the_score_that_the_last_run_replaced(tmp_path: Path) -> None:
    first, second = TuneFiles(tmp_path, "0" * 16), TuneFiles(tmp_path, "1" * 16)
    first.share_judge(evolve(SHIPPED_WEIGHTS, judge_score=SCORE), {"model": "first"})
    before = first.judge.read_bytes()
    second.share_judge(evolve(SHIPPED_WEIGHTS, judge_score=(0.9, *SCORE[1:])), {"model": "second"})
    assert "again" in second.undo()
    restored = json.loads(first.judge.read_bytes())
    assert restored == {name: value for name, value in json.loads(before).items() if name != "previous"}
    assert first.undo() == "The score of this model's judgements is no longer used."
    assert not first.judge.exists()


def test_undo_leaves_the_score_of_an_earlier_run(tmp_path: Path) -> None:
    files = TuneFiles(tmp_path, "0" * 16)
    files.share_judge(evolve(SHIPPED_WEIGHTS, judge_score=SCORE), {})  # of a run before
    files.write({"weights": SHIPPED_WEIGHTS.to_json(), "changed": ["weights"]})
    assert files.undo() == "The shipped policy is used again."
    assert files.judge.exists()
    assert files.undo().startswith("Nothing")
    assert files.judge.exists()


def test_a_forgotten_score_is_not_restored(tmp_path: Path) -> None:
    first, second = TuneFiles(tmp_path, "0" * 16), TuneFiles(tmp_path, "1" * 16)
    for files in (first, second):
        files.share_judge(evolve(SHIPPED_WEIGHTS, judge_score=SCORE), {})
    first.forget()
    assert second.judge.exists()
    second.undo()
    assert not second.judge.exists()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"weights": {}}', '{"weights": {"feature_version": 1}}'])
async def test_a_damaged_file_counts_for_nothing(tmp_path: Path, content: str) -> None:
    connection = await connection_of(tmp_path)
    file = TuneFiles(tmp_path, "0").judge
    file.parent.mkdir()
    file.write_text(content)
    assert TunedWeights(tmp_path).of(connection) is SHIPPED_WEIGHTS


@pytest.mark.parametrize(
    ("explore", "url", "draws"),
    [
        ("local", "http://127.0.0.1:8000/v1", 1),
        ("local", "https://models.example.com/v1", 0),
        ("always", "https://models.example.com/v1", 1),
        ("never", "http://127.0.0.1:8000/v1", 0),
    ],
)
async def test_another_machine_is_explored_only_where_the_user_allows_it(
    tmp_path: Path, explore: str, url: str, draws: int
) -> None:
    drawn: list[float] = []

    def draw() -> float:
        drawn.append(1.0)
        return 1.0

    bench = Bench(tmp_path, [off(code(RIGHT))], think="auto")
    assist = evolve(bench.settings.assist, explore=explore, url=url)
    bench.settings = evolve(bench.settings, assist=assist)
    bench.service = evolve(bench.service, think_decider=ThinkDecider(draw=draw))
    await bench.service.decision_of(bench.request())
    assert not drawn  # what `fix --why` shows is the decision itself
    await bench.run()
    assert len(drawn) == draws
