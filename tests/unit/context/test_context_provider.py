"""When context is gathered anew, what may never be in it, and that nothing is kept of closed documents."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from autothink_lsp.context.compose import EMBEDDED_TOKENS, OTHER_TOKENS, budget_tokens
from autothink_lsp.context.context_provider import PAUSE_MS
from autothink_lsp.prompt.fim.families.qwen import QWEN_CODER
from autothink_lsp.prompt.fim.render import render_fim_prompt
from autothink_lsp.settings.model import CONTEXT_SOURCES, CompletionSettings, Settings
from autothink_lsp.values import Diagnostic, Point
from tests.support.context_harness import ContextHarness, settings
from tests.support.example_counts import examples

ALL = settings(*CONTEXT_SOURCES)
LIB = "def parse(text: str) -> int:\n    return 1\n\n\ndef render(tree):\n    return tree\n"
TEXT = "import lib\n\n\ndef first():\n    lib.parse(1)\n    \n\n\ndef second():\n    lib.render(2)\n    \n"


@pytest.fixture
def harness(tmp_path: Path) -> ContextHarness:
    return make(tmp_path)


def make(tmp_path: Path) -> ContextHarness:
    (tmp_path / "project").mkdir(exist_ok=True)
    harness = ContextHarness(tmp_path / "project", tmp_path / "cache")
    harness.write("lib.py", LIB)
    harness.index()
    harness.open("a.py", TEXT)
    return harness


def test_keys_in_place_gather_nothing(harness: ContextHarness) -> None:
    before = harness.gather("a.py", 5, 4, ALL)
    assert "def parse(text: str) -> int: ..." in str(before.blocks)
    for column, key in enumerate("x = lib.render(1) + 2", 4):
        harness.now_ms += 150
        harness.edit("a.py", 5, column, column, key)
        now = harness.gather("a.py", 5, column + 1, ALL)
        assert now.blocks is before.blocks
        assert now.head == before.head
    assert harness.context_provider.gathered == 1


def test_the_moments_at_which_it_is_gathered_anew(harness: ContextHarness) -> None:
    def gathered(line: int, column: int = 4) -> int:
        count = harness.context_provider.gathered
        harness.gather("a.py", line, column, ALL)
        return harness.context_provider.gathered - count

    assert gathered(5) == 1
    assert gathered(4) == 0  # another line of the same block
    assert gathered(9) == 1  # another block
    assert gathered(9) == 0
    harness.now_ms += PAUSE_MS
    harness.edit("a.py", 10, 4, 4, "y = 1\n    ")
    assert gathered(11) == 0  # a new line, after a pause too
    harness.context_provider.windows._anchors.clear()
    assert gathered(11) == 1  # the window moved
    harness.open("a.py", TEXT)
    assert gathered(9) == 1


def test_diagnostics_near_the_cursor_are_used_after_a_pause(harness: ContextHarness) -> None:
    def prompt() -> str:
        return str(harness.gather("a.py", 5, 4, ALL).blocks)

    def report(*messages: tuple[int, str]) -> None:
        found = [Diagnostic(Point(line, 0), Point(line, 1), message) for line, message in messages]
        harness.context_provider.on_diagnostics(harness.uri("a.py"), 0, 11, found)

    harness.edit("a.py", 5, 4, 4, "x")
    prompt()
    report((4, "no such argument"))
    assert "no such argument" not in prompt()
    harness.now_ms += PAUSE_MS
    assert "lib.parse(1)  <- no such argument" in prompt()
    count_before = harness.context_provider.gathered
    report((4, "no such argument"))  # the same
    report((4, "no such argument"), (9, "in another block"))
    harness.now_ms += PAUSE_MS
    prompt()
    assert harness.context_provider.gathered == count_before
    report()
    assert "no such argument" not in prompt()


def test_of_many_diagnostics_those_near_the_cursor_are_used(harness: ContextHarness) -> None:
    harness.edit("a.py", 5, 4, 4, "x")
    harness.gather("a.py", 5, 4, ALL)
    places = [(0, f"message {number}") for number in range(200)] + [(4, "no such argument")]
    found = [Diagnostic(Point(line, 0), Point(line, 1), message) for line, message in places]
    harness.context_provider.on_diagnostics(harness.uri("a.py"), 0, 11, found)
    harness.now_ms += PAUSE_MS
    assert "no such argument" in str(harness.gather("a.py", 5, 4, ALL).blocks)


def test_without_the_source_diagnostics_change_nothing(harness: ContextHarness) -> None:
    wanted = settings("imports")
    harness.edit("a.py", 5, 4, 4, "x")
    harness.gather("a.py", 5, 4, wanted)
    found = [Diagnostic(Point(4, 0), Point(4, 1), "no such argument")]
    harness.context_provider.on_diagnostics(harness.uri("a.py"), 0, 11, found)
    harness.now_ms += PAUSE_MS
    harness.gather("a.py", 5, 4, wanted)
    assert harness.context_provider.gathered == 1


def test_what_was_cut_short_is_gathered_once_more_only(harness: ContextHarness) -> None:
    seconds = count()
    harness.context_provider.cpu_s = lambda: float(next(seconds))  # each source comes too late
    for _ in range(4):
        harness.gather("a.py", 5, 4, ALL)
        harness.now_ms += PAUSE_MS
        harness.edit("a.py", 5, 4, 4, "x")
    assert harness.context_provider.gathered == 2
    harness.gather("a.py", 9, 4, ALL)  # another block
    assert harness.context_provider.gathered == 3


def test_a_new_index_is_used_after_a_pause(harness: ContextHarness) -> None:
    harness.edit("a.py", 5, 4, 4, "x")
    assert "extra" not in str(harness.gather("a.py", 5, 5, ALL).blocks)
    harness.write("more.py", "def extra(a):\n    pass\n")
    harness.edit("a.py", 4, 4, 16, "extra(1)")
    harness.index()
    harness.context_provider.on_index_built("")
    assert "extra" not in str(harness.gather("a.py", 5, 5, ALL).blocks)
    harness.now_ms += PAUSE_MS
    assert "def extra(a): ..." in str(harness.gather("a.py", 5, 5, ALL).blocks)


KEY = st.sampled_from([*"abcdef (.,)=", "lib", "\t"])


@hypothesis_settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.lists(KEY, max_size=30), line=st.sampled_from([4, 5, 9, 10]))
@pytest.mark.exhaustive
def test_the_prompt_s_beginning_stays_the_same_while_one_types(tmp_path: Path, keys: list[str], line: int) -> None:
    harness = make(tmp_path)
    column = len(harness.documents.snapshot(harness.uri("a.py")).text.line(line))

    def prompt() -> str:
        return render_fim_prompt(QWEN_CODER, harness.gather("a.py", line, column, ALL)).text

    before = prompt()
    assert "<|file_sep|>lib.py" in before
    stable = before[: before.rindex("\n", 0, before.index("<|fim_suffix|>"))]
    for key in keys:
        harness.now_ms += 100
        harness.edit("a.py", line, column, column, key)
        column += len(key)
        assert prompt().startswith(stable)


# --- what may not be shown --------------------------------------------------------------------------------------------

SECRET = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
USE = "customer.charge(basket.total, receipt)\nstripe_key = gateway.key\n"


def test_a_secret_of_another_file_reaches_no_prompt(harness: ContextHarness) -> None:
    harness.open(
        "pay.py", f'def pay(customer, basket, receipt, gateway, key="{SECRET}"):\n    customer.charge(basket)\n'
    )
    harness.open("b.py", USE + "pay(")
    context = harness.gather("b.py", 2, 4, ALL)
    assert SECRET not in render_fim_prompt(QWEN_CODER, context).text
    assert any(why == "it holds a secret" for _, why in harness.why("b.py"))
    local = settings(*CONTEXT_SOURCES, url="http://127.0.0.1:1", exclude_for="remote")
    assert SECRET not in render_fim_prompt(QWEN_CODER, harness.gather("b.py", 2, 4, local)).text  # by default nowhere


def test_a_secret_in_a_recent_edit_or_a_message_reaches_no_prompt(harness: ContextHarness) -> None:
    harness.open("pay.py", "KEY = 1\n")
    harness.edit("pay.py", 0, 6, 7, f'"{SECRET}"')
    harness.context_provider.diagnostics.saw(
        harness.uri("a.py"), 0, 9, [Diagnostic(Point(5, 0), Point(5, 1), f"bad {SECRET}")]
    )
    context = harness.gather("a.py", 5, 4, ALL)
    assert SECRET not in str(context)


@pytest.mark.parametrize("path", [".env.py", "ignored/lib.py", "secrets.py"])
def test_an_excluded_open_document_is_no_source(harness: ContextHarness, path: str) -> None:
    harness.write(".gitignore", "ignored/\n")
    harness.write(path, "def hidden(a):\n    customer.charge(basket.total, receipt)\n    gateway.open()\n")
    harness.open(path, (harness.project / path).read_text(encoding="utf-8"))
    harness.edit(path, 0, 11, 12, "b")
    harness.open("b.py", USE + "hidden(")
    context = harness.gather("b.py", 2, 7, ALL)
    assert "hidden" not in str(context.blocks)
    assert any("kept from the model" in why for _, why in harness.why("b.py"))


def test_what_a_model_here_may_see_is_not_kept_for_one_elsewhere(harness: ContextHarness) -> None:
    """As where ``completion.fallback`` answers until a server on another machine is back."""
    harness.write(".gitignore", "ignored/\n")
    hidden = "def hidden(a):\n    customer.charge(basket.total, receipt)\n    gateway.open()\n"
    harness.write("ignored/lib.py", hidden)
    harness.open("ignored/lib.py", hidden)
    harness.open("b.py", USE + "hidden(")
    here = settings(*CONTEXT_SOURCES, url="http://127.0.0.1:1", exclude_for="remote")
    elsewhere = settings(*CONTEXT_SOURCES, exclude_for="remote")
    assert "hidden" in str(harness.gather("b.py", 2, 7, here).blocks)
    assert "hidden" not in str(harness.gather("b.py", 2, 7, elsewhere).blocks)


def test_what_was_indexed_and_is_excluded_since_is_not_shown(harness: ContextHarness) -> None:
    harness.write(".gitignore", "lib.py\n")
    assert "def parse" not in str(harness.gather("a.py", 5, 4, ALL).blocks)
    assert any("kept from the model" in why for _, why in harness.why("a.py"))


# --- bounds -----------------------------------------------------------------------------------------------------------


def test_nothing_is_kept_of_closed_documents(harness: ContextHarness) -> None:
    for n in range(5):
        harness.open(f"d{n}.py", TEXT)
        harness.edit(f"d{n}.py", 5, 4, 4, "x")
        harness.context_provider.diagnostics.saw(
            harness.uri(f"d{n}.py"), 0, 9, [Diagnostic(Point(5, 0), Point(5, 1), "m")]
        )
        harness.gather(f"d{n}.py", 5, 5, ALL)
    for uri in harness.documents.uris():
        harness.documents.close(uri)
    one = harness.context_provider
    kept = [one._kept, one._changed_ms, one._edits._newest, one._similar._cut, one._similar._recent]
    kept += [one.knowledge._own, one.diagnostics._seen, one._edits._hunks, one.windows._anchors]
    assert [len(state) for state in kept] == [0] * len(kept)


def test_no_time_no_context_but_later(harness: ContextHarness) -> None:
    clock = iter(range(10_000))
    harness.context_provider.cpu_s = lambda: float(next(clock))
    harness.edit("a.py", 5, 4, 4, "x")
    assert harness.gather("a.py", 5, 5, ALL).blocks == ()
    assert {why for _, why in harness.why("a.py")} == {"there was no time to look"}
    harness.context_provider.cpu_s = lambda: 0.0
    assert harness.gather("a.py", 5, 5, ALL).blocks == ()  # not while the user types
    harness.now_ms += PAUSE_MS
    assert harness.gather("a.py", 5, 5, ALL).blocks != ()


def test_the_budget(harness: ContextHarness) -> None:
    small = harness.gather("a.py", 5, 4, settings("definitions", tokens=40))
    assert len(small.blocks) == 1
    assert harness.gather("a.py", 5, 4, settings("definitions", tokens=0)).blocks == ()
    assert harness.gather("a.py", 5, 4, settings(tokens=1_000)).blocks == ()
    assert budget_tokens(Settings()) == EMBEDDED_TOKENS
    assert budget_tokens(Settings(completion=CompletionSettings(backend="openai"))) == OTHER_TOKENS


def test_a_source_that_fails_costs_itself_only(harness: ContextHarness, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_place: object) -> None:
        raise ZeroDivisionError

    harness.context_provider._similar = type("Broken", (), {"snippets": staticmethod(broken)})()
    assert harness.gather("a.py", 5, 4, ALL).blocks != ()
    assert "a source of context failed: similar" in caplog.text
