"""Whether to think: rules, the user's word, the score, the model's judgement; and the ladder after a failed check."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.features.assist.values import ActionKind
from autothink_lsp.thinking.calibration import CEILING, DEFAULT_THRESHOLD, FLOOR, Calibration, threshold_for_rate
from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily as Family
from autothink_lsp.thinking.diagnostic_family import diagnostic_family
from autothink_lsp.thinking.escalation import Evidence, FailureKind, GiveUp, Step, next_step
from autothink_lsp.thinking.policy import CANNOT, decide
from autothink_lsp.thinking.rules import RULES
from autothink_lsp.thinking.score import score
from autothink_lsp.thinking.signals import (
    KEYSTROKES,
    Capability,
    Cost,
    CursorPlace,
    RequestKind,
    ScopeComplexity,
    Signals,
    TargetHistory,
)
from autothink_lsp.thinking.values import ThinkMode, ThinkPolicy

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
def test_families(source: str, code: str, message: str, family: Family) -> None:
    assert diagnostic_family(source, code, message) is family


KINDS = st.sampled_from(list(RequestKind))
SIGNALS = st.builds(
    Signals,
    kind=KINDS,
    cursor=st.sampled_from(list(CursorPlace)),
    selected_lines=st.integers(0, 500),
    expected_tokens=st.integers(0, 5000),
    families=st.lists(st.sampled_from(list(Family)), max_size=4).map(tuple),
    survived_fix=st.booleans(),
    scope=st.builds(
        ScopeComplexity,
        lines=st.integers(0, 3000),
        branches=st.integers(0, 99),
        loops=st.integers(0, 99),
        nesting=st.integers(0, 20),
        recursive=st.booleans(),
        concurrent=st.booleans(),
    ),
    references=st.integers(0, 100),
    history=st.builds(
        TargetHistory,
        failed_off=st.integers(0, 4),
        rejected=st.integers(0, 4),
        last_thought=st.sampled_from([None, True, False]),
    ),
    cost=st.builds(
        Cost,
        decode_tokens_per_s=st.none() | st.floats(0, 500),
        deadline_ms=st.floats(0, 600_000),
        on_battery=st.booleans(),
    ),
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
def test_a_failed_attempt_never_lowers_the_score(signals: Signals) -> None:
    worse = evolve(signals, history=evolve(signals.history, failed_off=signals.history.failed_off + 1))
    assert 0 <= score(signals) <= score(worse) <= 1


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
    taken: list[Evidence] = []
    left_ms = remaining_ms
    while isinstance(step := next_step(taken, decision, capability, remaining_ms=left_ms), Step):
        assert step.name not in {evidence.step for evidence in taken}
        assert len(taken) < 4
        if override is ThinkMode.OFF:
            assert step.policy.mode is ThinkMode.OFF, "fast stays fast"
        if not capability.can_on and not capability.can_auto:
            assert step.policy.mode is ThinkMode.OFF, "a plain model is never asked to think"
        taken.append(Evidence(step=step.name, failure=failure, seconds=seconds))
        left_ms -= seconds * 1_000
    assert step.sentence
    assert taken, "the first attempt is always made"


THINKER = Capability()
JUDGE = Capability(can_auto=True, judges=True)
PLAIN = Capability(can_on=False)
HARD = Signals(
    kind=RequestKind.FIX,
    families=(Family.OWNERSHIP, Family.TYPE),
    cursor=CursorPlace.LOOP,
    scope=ScopeComplexity(lines=90, branches=8, loops=3, nesting=4, recursive=True),
)
DECISIONS = [
    (Signals(kind=RequestKind.COMPLETION), ThinkMode.ON, JUDGE, "off", "keystroke"),
    (Signals(kind=RequestKind.RENAME), None, THINKER, "off", "rename"),
    (Signals(kind=RequestKind.FIX, families=(Family.UNDEFINED,)), None, THINKER, "off", "trivial-message"),
    (Signals(kind=RequestKind.FIX, families=(Family.UNDEFINED,)), ThinkMode.ON, THINKER, "on", "user-on"),
    (HARD, ThinkMode.OFF, THINKER, "off", "user-off"),
    (HARD, None, THINKER, "on", "score-high"),
    (HARD, None, PLAIN, "off", "score-high-cannot"),
    (Signals(kind=RequestKind.FIX, families=(Family.RACE,)), None, THINKER, "on", "race"),
    (
        Signals(kind=RequestKind.FIX, families=(Family.UNUSED,), history=TargetHistory(failed_off=2)),
        None,
        THINKER,
        "on",
        "off-failed-twice",
    ),
    (Signals(kind=RequestKind.FIX, families=(Family.ATTRIBUTE,)), None, THINKER, "off", "score-low"),
    (evolve(HARD, cost=Cost(decode_tokens_per_s=2.0, deadline_ms=30_000)), None, THINKER, "off", "score-high-too-slow"),
    (
        Signals(kind=RequestKind.FIX, families=(Family.NONE,), cursor=CursorPlace.CONDITION, scope=ScopeComplexity(
            lines=40, branches=5)),
        None,
        JUDGE,
        "auto",
        "model-judges",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("signals", "override", "capability", "mode", "rule_id"), DECISIONS)
def test_decisions(signals, override, capability, mode: str, rule_id: str) -> None:
    decision = decide(signals, override=override, capability=capability)
    assert (decision.policy.mode.value, decision.rule_id) == (mode, rule_id)


def test_a_plain_model_says_so() -> None:
    assert decide(HARD, override=ThinkMode.ON, capability=PLAIN).sentence == CANNOT


def test_the_full_ladder() -> None:
    decision = decide(Signals(kind=RequestKind.FIX, families=(Family.TYPE,)), capability=THINKER)
    names, taken = [], []
    while isinstance(step := next_step(taken, decision, THINKER, remaining_ms=1e6), Step):
        names.append((step.name, step.policy.mode.value, step.policy.budget_tokens))
        taken.append(Evidence(step=step.name, failure=FailureKind.CHECK_FAILED, seconds=1))
    assert names == [
        ("quick", "off", 0),
        ("retry", "off", 0),
        ("think-low", "on", 1024),
        ("think-medium", "on", 2048),
    ]


def test_no_step_that_does_not_fit() -> None:
    decision = decide(Signals(kind=RequestKind.FIX), capability=THINKER)
    taken = [Evidence(step="quick", failure=FailureKind.CHECK_FAILED, seconds=20)]
    assert isinstance(next_step(taken, decision, THINKER, remaining_ms=5_000), GiveUp)


def test_hysteresis_keeps_a_decision() -> None:
    signals = Signals(kind=RequestKind.DESCRIBE)
    at = score(signals)
    for thought in (True, False):
        same = evolve(signals, history=TargetHistory(last_thought=thought))
        for threshold in (at - 0.04, at + 0.04):
            decision = decide(same, capability=THINKER, calibration=Calibration(threshold=threshold))
            assert (decision.policy.mode is ThinkMode.ON) == thought


@given(st.lists(st.floats(0, 1), max_size=200), st.floats(0, 1))
def test_a_threshold_is_in_bounds(scores: list[float], rate: float) -> None:
    assert FLOOR <= threshold_for_rate(scores, rate) <= CEILING


def test_a_threshold_gives_the_wanted_rate() -> None:
    scores = [0.25 + i / 200 for i in range(100)]
    threshold = threshold_for_rate(scores, 0.3)
    assert sum(value > threshold for value in scores) == 30
    assert threshold_for_rate(scores[:5], 0.3) == DEFAULT_THRESHOLD


def test_rules_have_names_and_sentences() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.sentence.endswith(".") for rule in RULES)


def test_every_action_is_a_kind() -> None:
    assert {action.value for action in ActionKind} <= {kind.value for kind in RequestKind}


def test_off_with_a_budget_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="budget"):
        ThinkPolicy(mode=ThinkMode.OFF, budget_tokens=1)
