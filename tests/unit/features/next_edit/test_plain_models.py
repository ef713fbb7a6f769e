"""Models that were not trained for next edits: off by default, then tried last, by the same probes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from attrs import evolve

from autothink_lsp.backends.base import ChatRequest, FimRequest, Finished
from autothink_lsp.prompt.next_edit.detect import markers, possible_dialects, probes
from autothink_lsp.prompt.next_edit.dialect import NextEditDialect
from autothink_lsp.prompt.next_edit.plain_dialects import CHAT, FIM_DIALECTS
from autothink_lsp.prompt.next_edit.window import EditWindow
from tests.support.scripted_backend import ScriptedBackend, Step
from tests.unit.features.next_edit.test_next_edit_models import FAST, SETTINGS, TEXT, Case

QWEN_FIM = next(one for one in FIM_DIALECTS if one.name == "fim-qwen-coder")
PLAIN = evolve(SETTINGS, next_edit=evolve(SETTINGS.next_edit, plain_models=True))


def qwen(text: str) -> int:
    return 1 if text in {*QWEN_FIM.markers, "<|file_sep|>"} else 5


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autothink_lsp.features.next_edit.service.QUIET_S", 0.0)
    monkeypatch.setattr("autothink_lsp.features.next_edit.service.MODEL_QUIET_S", 0.0)


class PlainModel(ScriptedBackend):
    """Answers the probes of one plain dialect, and other prompts with ``answer``."""

    def __init__(self, dialect: NextEditDialect, answer: str) -> None:
        self.chats: list[ChatRequest] = []
        known = {dialect.render(probe.window): probe for probe in probes(dialect)}

        def say(prompt: str) -> Sequence[Step]:
            end = Finished("stop", timings=FAST)
            probe = known.get(prompt)
            if probe is None:
                is_own = dialect.edit.partition("{")[0] in prompt and "<|file_sep|>" not in prompt
                return (answer if is_own else "What do you mean?", end)
            lines = probe.wanted or probe.window.lines
            if dialect.answer == "cursor line":
                return (lines[probe.window.row], end)
            return ("NO_EDITS" if probe.wanted is None else "```\n" + "\n".join(lines) + "\n```", end)

        def chat(request: ChatRequest) -> Sequence[Step]:
            self.chats.append(request)
            return say(request.messages[-1].content)

        def fim(request: FimRequest) -> Sequence[Step]:
            return ("?",) if dialect.system else say(request.prompt)

        super().__init__(fim, token_count=qwen, chat=chat)


@pytest.mark.parametrize("settings", [SETTINGS, PLAIN], ids=["default", "on"])
@pytest.mark.parametrize(
    ("dialect", "answer"),
    [
        (QWEN_FIM, "    return sum(prices, 0)"),
        (CHAT, "Here it is:\n```python\nDEF\n    return sum(prices, 0)\nREST\n```"),
    ],
    ids=["fim", "chat"],
)
async def test_plain_model_is_used_only_if_enabled(settings, dialect: NextEditDialect, answer: str) -> None:
    lines = TEXT.replace("show(", "show_total(").splitlines()
    answer = answer.replace("DEF", lines[0]).replace("REST", "\n".join(lines[2:]))
    model = PlainModel(dialect, answer)
    case = Case(model, settings)
    case.session.edit("show(prices)", "show_total(prices)")
    await case.settle()
    if settings is SETTINGS:
        assert case.endpoint.connection is None
        assert await case.found() is None
        return
    assert case.endpoint.connection is not None
    assert case.endpoint.connection.dialect is dialect
    assert await case.found() == "1:     return sum(prices, 0)"
    assert all(chat.fields == {"chat_template_kwargs": {"enable_thinking": False}} for chat in model.chats)


async def test_edit_of_a_plain_model_passes_the_same_checks() -> None:
    case = Case(PlainModel(QWEN_FIM, "    return sum(prices"), PLAIN)
    case.session.edit("show(prices)", "show_total(prices)")
    await case.settle()
    assert case.endpoint.connection is not None
    assert await case.found() is None  # it parses worse


def window(*lines: str, row: int = 1) -> EditWindow:
    return EditWindow("a.py", lines, first=0, row=row, column=0)


@pytest.mark.parametrize(
    ("dialect", "answer", "read"),
    [
        (QWEN_FIM, "y = 2", ("x = 1", "y = 2", "z = 1")),
        (QWEN_FIM, "y = 1", None),
        (QWEN_FIM, "y = 2\nw = 2", ("x = 1", "y = 2", "z = 1")),
        (QWEN_FIM, "", None),
        (CHAT, "```py\nx = 1\ny = 2\nz = 1\n```", ("x = 1", "y = 2", "z = 1")),
        (CHAT, "NO_EDITS", None),
        (CHAT, "x = 1\ny = 2\nz = 1", None),
        (CHAT, "```\nx = 1\n```\nand\n```\ny = 2\n```", None),
        (CHAT, "```\nx = 1\ny = 2\nz = 1", None),
    ],
)
def test_answer_is_parsed(dialect: NextEditDialect, answer: str, read: object) -> None:
    assert dialect.read(window("x = 1", "y = 1", "z = 1"), answer) == read


def test_unsuitable_places_send_no_request() -> None:
    assert not QWEN_FIM.can_show(window("x", "  ", "z"))  # an empty line is for completion
    assert QWEN_FIM.can_show(window("x", "y", "z"))
    assert not CHAT.can_show(window("x", "```", "z"))


def test_trained_dialects_are_preferred() -> None:
    counts = {marker: qwen(marker) for marker in markers(plain=True)}
    names = [one.name for one in possible_dialects(counts, "", plain=True)]
    assert names[:2] == ["sweep-v2", "sweep-v1"]
    assert names[-3:] == ["fim-qwen-coder", "fim-codegemma", "chat"]  # one spelling, two layouts
    assert possible_dialects(None, "some model", plain=True) == (CHAT,)
    assert "fim-qwen-coder" not in [one.name for one in possible_dialects(counts, "")]


@pytest.mark.parametrize("dialect", FIM_DIALECTS, ids=lambda one: one.name)
def test_a_prompt_has_the_code_on_both_sides(dialect: NextEditDialect) -> None:
    prompt = dialect.render(probes(dialect)[0].window)
    assert 'store = open_store("users")' in prompt
    assert "print(first)" in prompt
    assert "first = get_user" not in prompt  # the cursor's line is the model's
    assert "+def load_user(store, key):" in prompt
    assert all(marker in prompt for marker in dialect.markers)
