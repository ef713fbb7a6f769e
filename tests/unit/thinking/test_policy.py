"""Whether to think: rules, the user's word, the score, the model's judgement; and the ladder after a failed check."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.features.assist.actions import ActionKind
from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily as Family
from autothink_lsp.thinking.diagnostic_family import diagnostic_family
from autothink_lsp.thinking.escalation import FailedAttempt, FailureKind, GiveUp, Rung, next_rung
from autothink_lsp.thinking.features import FEATURE_VERSION, FEATURES, feature_vector, hard_words, logit
from autothink_lsp.thinking.mode import ThinkMode, ThinkPolicy
from autothink_lsp.thinking.policy import CANNOT, decide
from autothink_lsp.thinking.signals import (
    KEYSTROKES,
    Capability,
    Cost,
    CursorPlace,
    ModelRecord,
    ModeRecord,
    RequestKind,
    ScopeComplexity,
    Signals,
    TargetHistory,
)
from autothink_lsp.thinking.utility import QUICK, RETRY, THINK_LOW, Estimates, arm_value, calibrated, estimate
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS, PolicyWeights
from autothink_lsp.verify.evidence import ForeseenEvidence

FAMILIES = [
    ("Pyright", "reportUndefinedVariable", '"x" is not defined', Family.UNDEFINED),
    ("Ruff", "F821", "Undefined name `x`", Family.UNDEFINED),
    ("ts", "2304", "Cannot find name 'x'.", Family.UNDEFINED),
    ("ts", "2552", "Cannot find name 'x'. Did you mean 'y'?", Family.UNDEFINED),
    ("compiler", "UndeclaredName", "undefined: x", Family.UNDEFINED),
    ("rustc", "E0425", "cannot find value `x` in this scope", Family.UNDEFINED),
    ("clang", "undeclared_var_use", "use of undeclared identifier 'x'", Family.UNDEFINED),
    ("shellcheck", "SC2154", "x is referenced but not assigned.", Family.UNDEFINED),
    ("Ruff", "F401", "`os` imported but unused", Family.UNUSED),
    ("Pyright", "", 'Import "os" is not accessed', Family.UNUSED),
    ("ts", "6133", "'x' is declared but its value is never read.", Family.UNUSED),
    ("Pyright", "reportMissingImports", 'Import "x" could not be resolved', Family.IMPORT),
    ("Python", "", "No module named 'x'", Family.IMPORT),
    ("Pyright", "", '"(" was never closed', Family.SYNTAX),
    ("Python", "", "SyntaxError: invalid syntax", Family.SYNTAX),
    ("ts", "1005", "')' expected.", Family.SYNTAX),
    ("Ruff", "E501", "Line too long (130 > 120)", Family.FORMAT),
    ("Pyright", "reportArgumentType", 'Argument of type "str" cannot be assigned', Family.TYPE),
    ("ts", "2322", "Type 'string' is not assignable to type 'number'.", Family.TYPE),
    ("rustc", "E0308", "mismatched types", Family.TYPE),
    ("mypy", "arg-type", "Argument 1 has incompatible type", Family.TYPE),
    ("Pyright", "reportOptionalMemberAccess", '"x" is not a known attribute of "None"', Family.NONE),
    ("ts", "18047", "'x' is possibly 'null'.", Family.NONE),
    ("ts", "2339", "Property 'x' does not exist on type 'Y'.", Family.ATTRIBUTE),
    ("Pyright", "reportCallIssue", "Expected 2 positional arguments", Family.ARGUMENTS),
    ("rustc", "E0382", "use of moved value: `x`", Family.OWNERSHIP),
    ("rustc", "E0502", "cannot borrow `x` as mutable", Family.OWNERSHIP),
    ("rustc", "E0004", "non-exhaustive patterns", Family.EXHAUSTIVE),
    ("go", "", "WARNING: DATA RACE", Family.RACE),
    ("pytest", "", "AssertionError: assert 3 == 4", Family.WRONG_RESULT),
    ("x", "", "something odd", Family.OTHER),
    ("", "", "", Family.OTHER),
]


@pytest.mark.parametrize(("source", "code", "message", "family"), FAMILIES)
def test_messages_of_checkers_belong_to_their_families(source: str, code: str, message: str, family: Family) -> None:
    assert diagnostic_family(source, code, message) is family


KINDS = st.sampled_from(list(RequestKind))
RECORDS = st.builds(ModeRecord, good=st.integers(0, 50), bad=st.integers(0, 50), expected=st.floats(0, 50))
SIGNALS = st.builds(
    Signals,
    kind=KINDS,
    cursor=st.sampled_from(list(CursorPlace)),
    expected_tokens=st.integers(0, 5000),
    families=st.lists(st.sampled_from(list(Family)), max_size=4).map(tuple),
    related_elsewhere=st.integers(0, 9),
    hard_words=st.integers(0, 9),
    functions_touched=st.integers(0, 40),
    scope=st.builds(
        ScopeComplexity,
        lines=st.integers(0, 3000),
        branches=st.integers(0, 99),
        loops=st.integers(0, 99),
        nesting=st.integers(0, 20),
        recursive=st.booleans(),
        concurrent=st.booleans(),
    ),
    history=st.builds(
        TargetHistory,
        failed_off=st.integers(0, 4),
        rejected=st.integers(0, 4),
        survived=st.integers(0, 4),
        last_thought=st.sampled_from([None, True, False]),
        judge_probability=st.none() | st.floats(0, 1),
    ),
    record=st.builds(ModelRecord, off=RECORDS, on=RECORDS, thinking_tokens=st.none() | st.floats(0, 5_000)),
    cost=st.builds(
        Cost,
        decode_tokens_per_s=st.none() | st.floats(0, 500),
        first_token_s=st.none() | st.floats(0, 20),
        deadline_ms=st.floats(0, 600_000),
        patience_s=st.floats(5, 3_600),
    ),
    foreseen_evidence=st.none() | st.sampled_from(list(ForeseenEvidence)),
)
CAPABILITIES = st.builds(
    Capability,
    can_off=st.booleans(),
    can_on=st.booleans(),
    can_auto=st.booleans(),
    judges=st.booleans(),
    max_thinking_tokens=st.integers(0, 65_536),
)
OVERRIDES = st.sampled_from([None, ThinkMode.OFF, ThinkMode.AUTO, ThinkMode.ON])


@given(SIGNALS, OVERRIDES, CAPABILITIES)
def test_a_keystroke_never_thinks_and_off_has_no_budget(
    signals: Signals, override: ThinkMode | None, capability: Capability
) -> None:
    decision = decide(signals, override=override, capability=capability)
    assert decision.sentence
    assert decision.rule_id
    if signals.kind in KEYSTROKES:
        assert decision.policy.mode is ThinkMode.OFF
        assert decision.policy.escalate == "never"
    if decision.policy.mode is ThinkMode.OFF:
        assert decision.policy.budget_tokens == 0
    if decision.policy.mode is not ThinkMode.OFF:
        assert capability.can_on or capability.can_auto
        assert decision.policy.budget_tokens <= capability.max_thinking_tokens or override is ThinkMode.ON


@given(SIGNALS)
def test_values_are_finite_and_probabilities_are_probabilities(signals: Signals) -> None:
    decision = decide(signals, capability=THINKER)
    for arm in decision.arms:
        assert math.isfinite(arm.value)
        assert arm.right >= 0
        assert arm.wrong_unseen >= 0
        assert arm.right + arm.wrong_unseen <= 1 + 1e-9
        assert arm.value <= arm.right


@given(SIGNALS)
def test_a_failure_at_a_place_never_speaks_for_another_quick_attempt(signals: Signals) -> None:
    signals = evolve(signals, history=evolve(signals.history, failed_off=0, rejected=0, survived=0))
    worse = evolve(signals, history=evolve(signals.history, survived=1))
    first, second = (estimate(one, SHIPPED_WEIGHTS, budget_tokens=1024) for one in (signals, worse))
    assert second.off <= first.off
    assert logit(second.on) - logit(second.off) >= logit(first.on) - logit(first.off) - 1e-6 or second.on < 1e-5


@given(SIGNALS, OVERRIDES, CAPABILITIES, st.floats(0, 300_000), st.sampled_from(list(FailureKind)), st.floats(0, 90))
def test_the_ladder_ends(
    signals: Signals,
    override: ThinkMode | None,
    capability: Capability,
    remaining_ms: float,
    failure: FailureKind,
    seconds: float,
) -> None:
    decision = decide(signals, override=override, capability=capability)
    taken: list[FailedAttempt] = []
    left_ms = remaining_ms
    while isinstance(step := next_rung(taken, decision, capability, remaining_ms=left_ms), Rung):
        assert step.name not in {evidence.step for evidence in taken}
        assert len(taken) < 4
        if override is ThinkMode.OFF:
            assert step.policy.mode is ThinkMode.OFF, "fast stays fast"
        if not capability.can_on and not capability.can_auto:
            assert step.policy.mode is ThinkMode.OFF, "a plain model is never asked to think"
        taken.append(FailedAttempt(step=step.name, failure=failure, seconds=seconds))
        left_ms -= seconds * 1_000
    assert step.sentence
    assert taken, "the first attempt is always made"


THINKER = Capability()
JUDGE = Capability(can_auto=True, judges=True)
PLAIN = Capability(can_on=False)
FAST = Cost(decode_tokens_per_s=60.0, first_token_s=0.5)
SLOW = Cost(decode_tokens_per_s=8.0, first_token_s=2.0)
FUNCTION = ScopeComplexity(lines=25, branches=3, loops=1, nesting=2)
LONG = ScopeComplexity(lines=70, branches=6, loops=2, nesting=3)
PARSED = ForeseenEvidence.PARSE


def fix(family: Family, **more: Any) -> Signals:
    return Signals(
        kind=RequestKind.FIX,
        families=(family,),
        **{"scope": FUNCTION, "expected_tokens": 250, "cost": FAST, "foreseen_evidence": PARSED, **more},
    )


def action(kind: RequestKind, **more: Any) -> Signals:
    return Signals(
        kind=kind, **{"scope": FUNCTION, "expected_tokens": 250, "cost": FAST, "foreseen_evidence": PARSED, **more}
    )


RACE = fix(Family.RACE)
DECISIONS = [
    (Signals(kind=RequestKind.COMPLETION), ThinkMode.ON, JUDGE, "off", "keystroke"),
    (Signals(kind=RequestKind.RENAME), None, THINKER, "off", "rename"),
    (fix(Family.UNDEFINED), ThinkMode.ON, THINKER, "on", "user-on"),
    (fix(Family.UNDEFINED), ThinkMode.ON, PLAIN, "off", "user-on-cannot"),
    (RACE, ThinkMode.OFF, THINKER, "off", "user-off"),
    (RACE, None, PLAIN, "off", "cannot-think"),
    (evolve(RACE, cost=Cost(decode_tokens_per_s=2.0, deadline_ms=30_000)), None, THINKER, "off", "too-slow"),
    (RACE, None, JUDGE, "auto", "model-judges"),
    (evolve(RACE, history=TargetHistory(survived=2)), None, JUDGE, "on", "failed-twice"),
    (
        fix(Family.ATTRIBUTE, history=TargetHistory(failed_off=2), foreseen_evidence=ForeseenEvidence.TESTS),
        None,
        THINKER,
        "on",
        "failed-twice",
    ),
    # What is trivial does not think, whatever is around it.
    *(
        (fix(family, scope=scope), None, THINKER, "off", "not-worth-thinking")
        for family in (Family.FORMAT, Family.UNUSED, Family.IMPORT, Family.UNDEFINED, Family.SYNTAX)
        for scope in (ScopeComplexity(), FUNCTION, LONG)
    ),
    (fix(Family.DEPRECATED, scope=LONG), None, THINKER, "off", "not-worth-thinking"),
    *(
        (action(kind, scope=scope), None, THINKER, "off", "not-worth-thinking")
        for kind in (RequestKind.TYPES, RequestKind.DOCSTRING, RequestKind.EXPLAIN)
        for scope in (FUNCTION, LONG)
    ),
    # What is hard thinks, in a function of any size.
    *(
        (fix(family, scope=scope), None, THINKER, "on", "worth-thinking")
        for family in (Family.TYPE, Family.NONE, Family.OWNERSHIP, Family.RACE, Family.WRONG_RESULT)
        for scope in (ScopeComplexity(), ScopeComplexity(lines=8, branches=1), FUNCTION, LONG)
    ),
    (action(RequestKind.SIMPLIFY, scope=LONG, expected_tokens=700), None, THINKER, "on", "worth-thinking"),
    (action(RequestKind.SIMPLIFY, functions_touched=2), None, THINKER, "on", "worth-thinking"),
    (action(RequestKind.SIMPLIFY, scope=ScopeComplexity(lines=8)), None, THINKER, "off", "not-worth-thinking"),
    (action(RequestKind.DESCRIBE, hard_words=2), None, THINKER, "on", "worth-thinking"),
    (fix(Family.ATTRIBUTE), None, THINKER, "off", "not-worth-thinking"),
    (fix(Family.ATTRIBUTE, history=TargetHistory(survived=1)), None, THINKER, "on", "worth-thinking"),
    (fix(Family.UNUSED, history=TargetHistory(survived=2)), None, THINKER, "on", "failed-twice"),
    (fix(Family.ATTRIBUTE, related_elsewhere=2), None, THINKER, "on", "worth-thinking"),
    # Where tests see a mistake, a quick attempt and a retry come first; where time is dear, too.
    (fix(Family.WRONG_RESULT, foreseen_evidence=ForeseenEvidence.TESTS), None, THINKER, "off", "not-worth-thinking"),
    (fix(Family.TYPE, cost=SLOW), None, THINKER, "off", "not-worth-thinking"),
    (fix(Family.TYPE, cost=evolve(FAST, patience_s=15)), None, THINKER, "off", "not-worth-thinking"),
]


@pytest.mark.parametrize(("signals", "override", "capability", "mode", "rule_id"), DECISIONS)
def test_signals_lead_to_mode_and_rule(signals, override, capability, mode: str, rule_id: str) -> None:
    decision = decide(signals, override=override, capability=capability)
    assert (decision.policy.mode.value, decision.rule_id) == (mode, rule_id), decision.sentence


@pytest.mark.parametrize(("signals", "override", "capability", "mode", "rule_id"), DECISIONS)
def test_each_reason_is_a_sentence_for_a_user(signals, override, capability, mode: str, rule_id: str) -> None:
    sentence = decide(signals, override=override, capability=capability).sentence
    assert re.match(r"(The|This) model (thought|did not think|does not think|decided)\b", sentence), rule_id
    assert sentence.endswith(".")
    assert rule_id not in sentence or rule_id == "rename"


def test_a_plain_model_says_so() -> None:
    assert decide(evolve(RACE, foreseen_evidence=None), override=ThinkMode.ON, capability=PLAIN).sentence == CANNOT


def test_the_sentence_has_the_numbers() -> None:
    decision = decide(evolve(RACE, is_asked=False), capability=THINKER)
    found = re.match(
        r"The model thought\. With thinking an answer is (\d+) % likely to be right, without (\d+) %; "
        r"it takes about (\d+) s more\.",
        decision.sentence,
    )
    assert found is not None
    assert decision.estimates is not None
    assert [int(number) for number in found.groups()[:2]] == [
        round(100 * decision.estimates.on),
        round(100 * decision.estimates.off),
    ]
    assert decision.sentence.endswith("No tool here can check this.")
    assert decide(RACE, capability=THINKER).sentence.endswith("so you are asked before it is applied.")
    seen = evolve(RACE, foreseen_evidence=ForeseenEvidence.SAME_TOOL)
    assert "No tool here" not in decide(seen, capability=THINKER).sentence


def test_the_record_of_a_model_moves_it_within_bounds() -> None:
    """A model whose thoughts are wrong and whose quick edits are right is not asked to think."""
    bad = ModeRecord(good=0, bad=200, expected=140)
    good = ModeRecord(good=200, bad=0, expected=140)
    plain = estimate(fix(Family.TYPE), SHIPPED_WEIGHTS, budget_tokens=1024)
    seen = estimate(fix(Family.TYPE, record=ModelRecord(off=good, on=bad)), SHIPPED_WEIGHTS, budget_tokens=1024)
    assert logit(seen.off) - logit(plain.off) == pytest.approx(1.0)
    assert logit(seen.on) - logit(plain.on) == pytest.approx(-1.0)
    record = ModelRecord(off=good, on=bad)
    assert decide(fix(Family.TYPE, record=record), capability=THINKER).policy.mode is ThinkMode.OFF
    record = ModelRecord(on=ModeRecord(bad=1, expected=0.7))
    one = estimate(fix(Family.TYPE, record=record), SHIPPED_WEIGHTS, budget_tokens=1024)
    assert logit(plain.on) - logit(one.on) < 0.3


def test_the_judges_probability_counts() -> None:
    def thinks(probability: float) -> bool:
        history = TargetHistory(judge_probability=probability)
        return decide(fix(Family.TYPE, history=history), capability=THINKER).choice is ThinkMode.ON

    assert [thinks(one) for one in (0.02, 0.98)] == [False, True]


def test_a_judging_model_decides_and_the_policys_choice_is_known() -> None:
    decision = decide(RACE, capability=JUDGE)
    assert (decision.policy.mode, decision.choice) == (ThinkMode.AUTO, ThinkMode.ON)
    unlike = evolve(SHIPPED_WEIGHTS, follows_judge=False)
    assert decide(RACE, capability=JUDGE, weights=unlike).policy.mode is ThinkMode.ON


def test_a_thought_that_is_not_worth_its_time_is_no_rung() -> None:
    decision = decide(fix(Family.TYPE, cost=evolve(SLOW, patience_s=30)), capability=THINKER)
    taken: list[FailedAttempt] = []
    while isinstance(step := next_rung(taken, decision, THINKER, remaining_ms=1e6), Rung):
        taken.append(FailedAttempt(step=step.name, failure=FailureKind.CHECK_FAILED, seconds=1))
    assert [one.step for one in taken] == ["quick", "retry"]
    assert "assist.patience_s" in step.sentence


def test_arm_values_by_hand() -> None:
    expected = Estimates(
        off=0.5, on=0.8, retry=0.4, on_after_failure=0.6, off_after_thinking=0.3, noticed=0.5,
        off_seconds=3.0, on_seconds=15.0, answer_tokens=100, thinking_tokens=400,
    )  # fmt: skip
    quick = arm_value((QUICK,), expected, SHIPPED_WEIGHTS, patience_s=150)
    assert (quick.right, quick.wrong_unseen, quick.seconds, quick.tokens) == (0.5, 0.25, 3.0, 100)
    assert quick.value == pytest.approx(0.5 - 0.125 - 0.02)
    climbed = arm_value((QUICK, RETRY, THINK_LOW), expected, SHIPPED_WEIGHTS, patience_s=150)
    assert climbed.right == pytest.approx(0.5 + 0.25 * 0.4 + 0.25 * 0.6 * 0.5 * 0.6)
    assert climbed.wrong_unseen == pytest.approx(0.25 + 0.25 * 0.6 * 0.5 + 0.075 * 0.4 * 0.5)
    assert climbed.seconds == pytest.approx(3 + 0.25 * 3 + 0.075 * 15)


def test_weights_survive_json() -> None:
    tuned = evolve(SHIPPED_WEIGHTS, off_bias=0.3, source="tuned", on_calibration=((0.2, 0.1), (0.9, 0.8)))
    assert PolicyWeights.from_json(json.loads(json.dumps(tuned.to_json()))) == tuned
    broken = (
        {"feature_version": 0},
        {},
        {**tuned.to_json(), "off_weights": {}},
        {**tuned.to_json(), "off_bias": "x"},
        {**tuned.to_json(), "on_calibration": 3},
        {**tuned.to_json(), "off_bias": float("nan")},
        {**tuned.to_json(), "off_bias": 10**400},
        {**tuned.to_json(), "least_gain": float("nan")},
        {**tuned.to_json(), "on_calibration": [[float("inf"), 1]]},
    )
    for one in broken:
        with pytest.raises(ValueError, match=r"weight|version|float"):
            PolicyWeights.from_json(one)


def test_feature_names_and_order_are_those_of_stored_weights() -> None:
    """A change of this list needs another FEATURE_VERSION."""
    assert (FEATURE_VERSION, FEATURES) == (1, (
        "kind_describing", "kind_refactor", "kind_words", "family_trivial", "family_local", "family_type",
        "family_logic", "log_lines", "branching", "rewritten_branching", "concurrent", "edit_size",
        "functions_touched", "hard_words", "related_elsewhere", "failed_before", "judge",
    ))  # fmt: skip
    assert len(feature_vector(RACE)) == len(FEATURES)


WORDS = [
    ("Refactor these two functions: callers must not load the same key twice", 3),
    ("two threads can deadlock here", 1),
    ("add a comma", 0),
    ("", 0),
]


@pytest.mark.parametrize(("text", "least"), WORDS)
def test_words_for_difficult_changes_are_counted(text: str, least: int) -> None:
    found = hard_words(text)
    assert found >= least
    assert bool(found) == bool(least)


def test_a_calibration_is_piecewise_linear() -> None:
    knots = ((0.2, 0.1), (0.6, 0.5), (0.9, 0.95))
    assert [calibrated(one, knots) for one in (0.0, 0.2, 0.4, 0.9, 1.0)] == pytest.approx([0.1, 0.1, 0.3, 0.95, 0.95])
    assert calibrated(0.37, ()) == 0.37


def test_the_full_ladder() -> None:
    decision = decide(Signals(kind=RequestKind.FIX, families=(Family.ATTRIBUTE,)), capability=THINKER)
    names, taken = [], []
    while isinstance(step := next_rung(taken, decision, THINKER, remaining_ms=1e6), Rung):
        names.append((step.name, step.policy.mode.value, step.policy.budget_tokens))
        taken.append(FailedAttempt(step=step.name, failure=FailureKind.CHECK_FAILED, seconds=1))
    assert names == [
        ("quick", "off", 0),
        ("retry", "off", 0),
        ("think-low", "on", 1024),
        ("think-medium", "on", 2048),
    ]


def test_no_step_that_does_not_fit() -> None:
    decision = decide(Signals(kind=RequestKind.FIX), capability=THINKER)
    taken = [FailedAttempt(step="quick", failure=FailureKind.CHECK_FAILED, seconds=20)]
    assert isinstance(next_rung(taken, decision, THINKER, remaining_ms=5_000), GiveUp)


def test_hysteresis_keeps_a_decision() -> None:
    """Within the least gain the last mode stays."""
    signals = fix(Family.TYPE)
    decision = decide(signals, capability=THINKER)
    thought, quick = decision.best(thinks_first=True), decision.best(thinks_first=False)
    assert thought is not None
    assert quick is not None
    gain = thought.value - quick.value
    for last in (True, False):
        same = evolve(signals, history=TargetHistory(last_thought=last))
        weights = evolve(SHIPPED_WEIGHTS, least_gain=gain + 0.001)
        assert decide(same, capability=THINKER, weights=weights).choice is (ThinkMode.ON if last else ThinkMode.OFF)


def test_every_action_is_a_kind() -> None:
    assert {action.value for action in ActionKind} <= {kind.value for kind in RequestKind}


def test_off_with_a_budget_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="budget"):
        ThinkPolicy(mode=ThinkMode.OFF, budget_tokens=1)


def test_every_action_is_a_kind_of_request() -> None:
    from autothink_lsp.features.assist.actions import ActionKind

    assert {one.value for one in ActionKind} <= {one.value for one in RequestKind}
