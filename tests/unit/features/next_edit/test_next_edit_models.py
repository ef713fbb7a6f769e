"""When a next-edit model is asked, what it is shown, and what becomes of its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from copy import copy

import pytest
from attrs import evolve

from autothink_lsp.backends.base import (
    Backend,
    ChatRequest,
    FimRequest,
    Finished,
    ReasoningDelta,
    ServerDescription,
    Timings,
)
from autothink_lsp.context.privacy import PrivacyGate
from autothink_lsp.context.redaction import SecretNames
from autothink_lsp.errors import BackendUnavailable
from autothink_lsp.features.next_edit.model_endpoint import RETRY_S, NextEditEndpoint
from autothink_lsp.features.next_edit.models import NextEditModels
from autothink_lsp.features.redacting_backend import RedactingBackend
from autothink_lsp.prompt.next_edit.detect import probes
from autothink_lsp.prompt.next_edit.dialect import NextEditDialect
from autothink_lsp.prompt.next_edit.dialects import INSTINCT, SWEEP_V1, SWEEP_V2, ZETA_1, ZETA_2, ZETA_2_1
from autothink_lsp.settings.model import Settings
from autothink_lsp.values import Point
from tests.support.next_edit_session import URI, NextEditSession
from tests.support.scripted_backend import Hold, ScriptedBackend, Step

TEXT = "def total(prices):\n    return sum(prices)\n\n\ndef show(prices):\n    print(total(prices))\n"
SETTINGS = Settings()
SETTINGS = evolve(
    SETTINGS, next_edit=evolve(SETTINGS.next_edit, backend="openai", url="http://127.0.0.1:9", model="any")
)
FAST = Timings(100, 0, 10.0, 40, 40.0)
SLOW = Timings(100, 0, 4_000.0, 40, 2_000.0)
Answer = Callable[[str], Sequence[Step]]


def qwen(text: str) -> int:
    return 1 if text in SWEEP_V2.markers else 5


def seed(text: str) -> int:
    return 1 if text in ZETA_2.markers else 5


class FakeModel(ScriptedBackend):
    """Speaks one dialect: answers its probes, and other prompts with ``answer``; to other dialects it says garbage."""

    def __init__(
        self,
        dialect: NextEditDialect,
        answer: Answer = lambda _: ("nothing",),
        *,
        vocabulary: Callable[[str], int] | None = qwen,
        timings: Timings = FAST,
    ) -> None:
        self.dialect, self.answer, self.timings = dialect, answer, timings
        self.known = {dialect.render(probe.window): probe for probe in probes(dialect)}
        self.asked: list[str] = []
        super().__init__(
            lambda request: self.say(request.prompt, raw=True),
            token_count=vocabulary,
            description=ServerDescription("fake", "any"),
            chat=lambda request: self.say(request.messages[-1].content, raw=False),
        )

    def say(self, prompt: str, *, raw: bool) -> Sequence[Step]:
        end = Finished("stop", timings=self.timings)
        probe = self.known.get(prompt)
        if raw is bool(self.dialect.system):
            return ("What do you mean?", end)
        if probe is not None:
            lines = probe.wanted or probe.window.lines
            start = probe.window.row if self.dialect.answer == "from cursor line" else 0
            return ("\n".join(lines[start:]) + "\n", end)
        if self.dialect.cursor not in prompt and self.dialect is not SWEEP_V1:
            return ("What do you mean?", end)
        self.asked.append(prompt)
        steps = self.answer(prompt)
        return steps if any(isinstance(step, Finished) for step in steps) else (*steps, end)


class Case:
    """A document with one edit, and a model."""

    def __init__(self, backend: Backend, settings: Settings = SETTINGS, text: str = TEXT) -> None:
        self.backend, self.settings = backend, settings
        self.unused = copy(backend)
        self.reports: list[str] = []
        self.now_s = 0.0
        self.models = NextEditModels(self.connect, PrivacyGate(), self.reports.append)
        self.session = NextEditSession(text, uri="file:///p/a.py")
        self.connected = 0

    async def connect(self, _settings: Settings) -> Backend:
        self.connected += 1
        return self.backend if self.connected == 1 else copy(self.unused)  # a failed one is closed

    @property
    def endpoint(self) -> NextEditEndpoint:
        endpoint = self.models.endpoints.get(self.settings)
        endpoint._now_s = lambda: self.now_s
        return endpoint

    async def settle(self) -> None:
        """Wait until the server is connected and probed."""
        self.endpoint.ready()
        while (task := self.endpoint._connecting) is not None:
            await asyncio.wait({task})
            await asyncio.sleep(0)

    async def found(self, line: int = 1, column: int = 0) -> str | None:
        source = self.models.source(self.session.snapshot, None, self.settings)
        edit = await self.session.service.find(self.session.snapshot, Point(line, column), source)
        return None if edit is None else f"{edit.replacement.start.line}: {edit.replacement.new_text}"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autothink_lsp.features.next_edit.service.QUIET_S", 0.0)
    monkeypatch.setattr("autothink_lsp.features.next_edit.service.MODEL_QUIET_S", 0.0)


def rewritten(prompt: str, dialect: NextEditDialect, old: str = "sum(prices)", new: str = "sum(prices, 0)") -> str:
    """The window of the prompt with a change in it."""
    starts = {"sweep-v2": "current/a.py:1:6\n", "sweep-v1": "current/a.py\n", "zeta-2": "CURRENT\n"}
    start = starts.get(dialect.name, "<|marker_1|>\n" if dialect is ZETA_2_1 else "<|editable_region_start|>\n")
    window = prompt.rsplit(start, maxsplit=1)[-1]
    for end in ("<|file_sep|>", "=======", "<|marker_2|>", "<|editable_region_end|>"):
        window = window.partition(end)[0]
    lines = window.replace(dialect.cursor, "").replace(old, new).split("\n")
    return "\n".join(lines[1:] if dialect is SWEEP_V2 else lines)


@pytest.mark.parametrize("dialect", [SWEEP_V2, SWEEP_V1, ZETA_1, ZETA_2, ZETA_2_1, INSTINCT], ids=lambda one: one.name)
async def test_each_dialect_is_found_and_read(dialect: NextEditDialect) -> None:
    vocabulary = seed if dialect in (ZETA_2, ZETA_2_1) else qwen
    case = Case(FakeModel(dialect, lambda prompt: (rewritten(prompt, dialect),), vocabulary=vocabulary))
    case.session.edit("show(prices)", "show_total(prices)")
    await case.settle()
    assert case.endpoint.connection is not None
    assert case.endpoint.connection.dialect is dialect
    assert await case.found() == "1:     return sum(prices, 0)"


async def test_no_request_waits_for_the_connection() -> None:
    model = FakeModel(SWEEP_V2, lambda prompt: (rewritten(prompt, SWEEP_V2),))
    case = Case(model)
    case.session.edit("show(prices)", "show_total(prices)")
    assert await case.found() is None
    assert not model.asked
    await case.settle()
    assert await case.found() is not None


async def test_model_without_a_dialect_is_reported_once_and_probed_again_later() -> None:
    case = Case(ScriptedBackend(["Certainly! Here is"], token_count=qwen, description=ServerDescription("x", "sweep")))
    case.session.edit("show(prices)", "show_total(prices)")
    for _ in range(3):
        await case.settle()
        assert await case.found() is None
    assert case.connected == 1
    assert len(case.reports) == 1
    assert "makes no next edits" in case.reports[0]
    case.now_s = RETRY_S + 1
    await case.settle()
    assert case.connected == 2
    assert len(case.reports) == 1


async def test_model_that_repeats_its_input_fails_the_probe() -> None:
    def echo(request: FimRequest) -> Sequence[Step]:
        for probe in probes(SWEEP_V2):
            if SWEEP_V2.render(probe.window) == request.prompt:
                return ("\n".join(probe.window.lines[probe.window.row :]),)
        return ("?",)

    case = Case(ScriptedBackend(echo, token_count=qwen))
    await case.settle()
    assert case.endpoint.connection is None


async def test_slow_model_gets_no_requests() -> None:
    model = FakeModel(SWEEP_V2, lambda prompt: (rewritten(prompt, SWEEP_V2),), timings=SLOW)
    case = Case(model)
    case.session.edit("show(prices)", "show_total(prices)")
    await case.settle()
    assert case.endpoint.connection is not None
    assert await case.found() is None
    assert not model.asked
    model.timings = FAST
    case.now_s = RETRY_S + 1  # measured again
    assert await case.found() is not None


async def test_context_shrinks_until_the_answer_is_fast_enough() -> None:
    medium = Timings(100, 0, 100.0, 40, 60.0)
    model = FakeModel(SWEEP_V2, lambda prompt: (prompt,), timings=medium)
    case = Case(model, text="".join(f"value_{n} = compute({n})\n" for n in range(400)))
    case.session.edit("compute(200)", "compute_all(200)")
    await case.settle()
    await case.found(line=200)
    (prompt,) = model.asked
    assert "value_200" in prompt
    assert "value_63 " not in prompt


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda p: (ReasoningDelta("hm"), rewritten(p, INSTINCT)), "it thinks"),
        (lambda p: (rewritten(p, INSTINCT), Finished("length")), "it is cut"),
        (lambda p: (rewritten(p, INSTINCT, "sum(prices)", "sum( prices )"),), "only blanks"),
        (lambda p: (rewritten(p, INSTINCT, "sum(prices)", "sum(prices"),), "it parses worse"),
        (lambda p: (rewritten(p, INSTINCT, "sum(prices)", "sum(prices) # <|im_end|>"),), "a marker"),
        (lambda p: (rewritten(p, INSTINCT, "sum(prices)", "numpy.sum(prices)"),), "an unknown name"),
        (lambda p: (rewritten(p, INSTINCT, "    return sum", "    # return sum"),), "it comments code out"),
        (lambda p: (rewritten(p, INSTINCT, "show_total(prices)", "show(prices)"),), "it undoes the last edit"),
        (lambda _: ("x = 1\n" * 60,), "it is too long"),
        (lambda p: (rewritten(p, INSTINCT, "sum(prices)", "f(password='hunter2-Horse9')"),), "a secret"),
        (lambda p: (rewritten(p, INSTINCT, "x", "x"),), "no change"),
        (lambda _: (), "nothing"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
async def test_unsuitable_answers_are_dropped(answer: Answer, why: str) -> None:
    model = FakeModel(INSTINCT, answer)
    case = Case(model)
    case.session.edit("show(prices)", "show_total(prices)")
    await case.settle()
    assert await case.found(line=3 if "undoes" in why else 1) is None, why
    assert len(model.asked) == 1, why


async def test_chat_request_disables_thinking() -> None:
    model = FakeModel(INSTINCT, lambda p: (rewritten(p, INSTINCT),))
    case = Case(model)
    case.session.edit("show(prices)", "show_total(prices)")
    await case.settle()
    assert await case.found() is not None
    assert all(request.fields["chat_template_kwargs"] == {"enable_thinking": False} for request in model.chats)


async def test_rules_run_before_the_model() -> None:
    model = FakeModel(SWEEP_V2)
    case = Case(model)
    case.session.edit("def total(", "def total_of(")
    await case.settle()
    assert await case.found() == "5:     print(total_of(prices))"
    assert not model.asked


async def test_an_unchanged_document_is_not_sent() -> None:
    model = FakeModel(SWEEP_V2)
    case = Case(model)
    await case.settle()
    assert await case.found() is None
    assert not model.asked


async def test_a_change_closes_the_stream() -> None:
    held = asyncio.Event()
    model = FakeModel(SWEEP_V2, lambda prompt: (Hold(held), rewritten(prompt, SWEEP_V2)))
    case = Case(model)
    case.session.edit("show(prices)", "show_total(prices)")
    await case.settle()
    asked = asyncio.create_task(case.found())
    while not model.asked:
        await asyncio.sleep(0)
    case.session.edit("sum(prices)", "sum(prices, 1)")
    assert await asked is None
    assert (model.cancelled, model.running) == (1, 0)


async def test_a_cancelled_request_closes_the_stream() -> None:
    model = FakeModel(SWEEP_V2, lambda _: (Hold(asyncio.Event()),))
    case = Case(model)
    case.session.edit("show(prices)", "show_total(prices)")
    await case.settle()
    asked = asyncio.create_task(case.found())
    while not model.asked:
        await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await asyncio.sleep(0)
    assert (model.cancelled, model.running) == (1, 0)


async def test_failure_is_reported_once_and_pauses_requests() -> None:
    model = FakeModel(SWEEP_V2, lambda _: (BackendUnavailable("Nothing listens."),))
    case = Case(model)
    case.session.edit("show(prices)", "show_total(prices)")
    await case.settle()
    for _ in range(3):
        assert await case.found() is None
    assert len(model.asked) == 1
    assert case.reports == ["Next edits: Nothing listens."]


async def test_dismissed_edit_is_not_proposed_again() -> None:
    case = Case(FakeModel(SWEEP_V2, lambda prompt: (rewritten(prompt, SWEEP_V2),)))
    case.session.edit("show(prices)", "show_total(prices)")
    await case.settle()
    source = case.models.source(case.session.snapshot, None, SETTINGS)
    edit = await case.session.service.find(case.session.snapshot, Point(1, 0), source)
    assert edit is not None
    case.session.service.dismiss(edit.id)
    assert await case.found() is None


SECRET = "AKIA" + "QWERTYUIOPASDFGH"
REMOTE = evolve(SETTINGS, next_edit=evolve(SETTINGS.next_edit, url="https://models.example.com"))


def hidden(model: ScriptedBackend) -> RedactingBackend:
    return RedactingBackend(model, SecretNames())


async def test_secret_is_redacted_and_restored() -> None:
    model = FakeModel(SWEEP_V2, lambda prompt: (rewritten(prompt, SWEEP_V2),))
    text = f"def total(prices):\n    return sum(prices)\n\nKEY = '{SECRET}'\n\nprint(total([1]))\n"
    case = Case(hidden(model), REMOTE, text)
    case.session.edit("[1]", "[1, 2]")
    await case.settle()
    assert await case.found() == "1:     return sum(prices, 0)"
    assert SECRET not in model.asked[0]


async def test_a_deleted_secret_is_hidden_in_the_history() -> None:
    model = FakeModel(SWEEP_V2)
    case = Case(hidden(model), REMOTE, f"{TEXT}KEY = '{SECRET}'\n")
    case.session.edit(f"'{SECRET}'", "load_key()")
    await case.settle()
    await case.found()
    assert "load_key()" in model.asked[0]
    assert SECRET not in model.asked[0]


@pytest.mark.parametrize("dialect", [SWEEP_V2, INSTINCT], ids=lambda one: one.name)
async def test_cursor_inside_a_secret_sends_no_request(dialect: NextEditDialect) -> None:
    """A chat's answer would have the placeholder of a secret anywhere in the window."""
    model = FakeModel(dialect)
    case = Case(hidden(model), REMOTE, f"{TEXT}KEY = '{SECRET}'\n")
    case.session.edit("show(prices)", "show_total(prices)")
    await case.settle()
    await case.found(line=6, column=14)
    assert not model.asked


VALUES = [f"correct{letter}horse" for letter in "abcdefghijklmnopqrstuvwxyz"] * 2
MANIFEST = "\n".join(
    ("kind: Secret", "stringData:", *(f"  field{n}: {value}" for n, value in enumerate(VALUES)), "other: 1", "x: 1\n")
)
SECRET_LINES = "\n".join(("a: 1", "password: |", *(f"  {value}" for value in VALUES), "b: 1", *["c: 1"] * 80, "x: 1\n"))
ALL = [SWEEP_V2, SWEEP_V1, ZETA_1, ZETA_2, ZETA_2_1, INSTINCT]


@pytest.mark.parametrize("text", [MANIFEST, SECRET_LINES], ids=["manifest", "block"])
@pytest.mark.parametrize("dialect", ALL, ids=lambda one: one.name)
async def test_a_part_of_a_secret_is_not_sent(dialect: NextEditDialect, text: str) -> None:
    """What tells that these are secrets stands above the lines that the model would be shown."""
    model = FakeModel(dialect, vocabulary=seed if dialect in (ZETA_2, ZETA_2_1) else qwen)
    case = Case(hidden(model), REMOTE, text)
    case.session.edit("x: 1", "x: 2")
    await case.settle()
    for line in (len(VALUES) - 3, len(VALUES) + 3, len(VALUES) + 12):
        await case.found(line=min(line, text.count("\n") - 1))
    assert not [value for value in VALUES for prompt in model.asked if value in prompt]


@pytest.mark.parametrize("dialect", [SWEEP_V1, ZETA_1], ids=lambda one: one.name)
async def test_an_edit_of_a_part_of_a_secret_is_not_shown(dialect: NextEditDialect) -> None:
    model = FakeModel(dialect)
    case = Case(hidden(model), REMOTE, SECRET_LINES)
    case.session.edit("  correctbhorse\n  correctchorse", "  correctbdonkey\n  correctcdonkey")
    case.session.edit("x: 1", "x: 2")
    await case.settle()
    await case.found(line=SECRET_LINES.count("\n") - 1)
    prompt = model.asked[-1]
    assert "x: 2" in prompt
    assert "donkey" not in prompt
    assert "correct" not in prompt


@pytest.mark.parametrize("uri", ["file:///p/.env", "file:///p/id_rsa", "file:///p/.git/config"])
async def test_private_files_are_not_sent(uri: str) -> None:
    case = Case(FakeModel(SWEEP_V2))
    session = NextEditSession(TEXT, uri=uri)
    assert case.models.source(session.snapshot, "file:///p", SETTINGS) is None
    assert case.models.source(NextEditSession(TEXT, uri=URI).snapshot, "file:///p", SETTINGS) is not None


async def test_edits_of_private_files_are_not_sent() -> None:
    model = FakeModel(SWEEP_V2)
    case = Case(model)
    session = case.session
    session.documents.open("file:///p/.env", "plaintext", 1, "colour=blue\n")
    session.documents.open("file:///p/b.py", "python", 1, "first = 1\n")
    for uri, old, new in (("file:///p/.env", "blue", "crimson"), ("file:///p/b.py", "first", "second")):
        other = NextEditSession.__new__(NextEditSession)
        other.documents, other.uri = session.documents, uri
        other.edit(old, new)
    session.edit("show(prices)", "show_total(prices)")
    await case.settle()
    await case.found()
    assert "second = 1" in model.asked[0]
    assert "crimson" not in model.asked[0]


async def test_without_settings_there_is_no_model() -> None:
    case = Case(FakeModel(SWEEP_V2))
    assert case.models.source(case.session.snapshot, None, Settings()) is None


async def test_a_chat_request_names_the_system_message_of_its_dialect() -> None:
    model = FakeModel(INSTINCT)
    await Case(model).settle()
    request: ChatRequest = model.chats[0]
    assert request.messages[0].content == INSTINCT.system
