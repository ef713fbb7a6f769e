"""Two embedded models in one session: one for keystrokes, and one for actions whose file says that it thinks.

The second is the 0.5B with a chat template that ends inside the judge block. What it thinks is worthless; that it is
switched on and off, kept within its budget, brought to an answer and shown is what is tested.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engines.conftest import EMBEDDED, NO_TIMEOUT, engines_of, make_home, open_with_hole, suggestion
from tests.support.action_client import FULL, ActionEditor, choose
from tests.support.gguf_file import with_chat_template
from tests.support.lsp_client import LspClient

pytestmark = [pytest.mark.model, pytest.mark.timeout(300)]

SUPPORT = Path(__file__).parents[1] / "support"
JUDGES = (SUPPORT / "judge_template.jinja").read_text(encoding="utf-8")
IS_SWITCHED = (SUPPORT / "switched_template.jinja").read_text(encoding="utf-8")
CODE = "def greeting(name):\n    return 'Hello, ' + name\n"
HOLE = "\treturn ▏len(q.items)"
WHERE = {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 4}}
LIMITS = {
    "AUTOTHINK_ASSIST__DEADLINE_S": "200",
    "AUTOTHINK_ASSIST__MAX_THINKING_TOKENS": "128",
    "AUTOTHINK_ASSIST__MAX_TOKENS": "64",
    "AUTOTHINK_EMBEDDED__ASSIST_CONTEXT_TOKENS": "2048",
}


@pytest.fixture
def model_with(embedded_model: Path, tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A function from a chat template to the 0.5B with it. The copy has 490 MB, so it is deleted after the test."""
    copy = tmp_path / "assist.gguf"
    yield lambda template: with_chat_template(embedded_model, copy, template)
    copy.unlink(missing_ok=True)


async def start(home: Path, assist_model: Path, **environ: str) -> LspClient:
    client = await LspClient.start(
        environ={
            **NO_TIMEOUT,
            **EMBEDDED,
            **LIMITS,
            "AUTOTHINK_HOME": str(home),
            "AUTOTHINK_EMBEDDED__ASSIST_MODEL_PATH": str(assist_model),
            **environ,
        }
    )
    client._answers["window/showDocument"] = {"success": True}
    await client.initialize(FULL, folder_uri=home.as_uri())
    return client


async def explanation(client: LspClient, home: Path) -> str:
    """The document that an explanation came to. What the 0.5B thinks is drawn by lot and has no end now and then, so it
    is asked three times at most."""
    editor = ActionEditor(client, (home / "x.py").as_uri(), "python", CODE)
    editor.open()

    def shown() -> list[str]:
        return [params["uri"] for method, params in client.requests if method == "window/showDocument"]

    before = len(shown())
    for _ in range(3):
        await editor.resolve(choose(await editor.offers(WHERE), "Explain this function"))
        with contextlib.suppress(TimeoutError):  # it is shown beside the reply
            async with asyncio.timeout(10):
                while len(shown()) == before:
                    await asyncio.sleep(0.05)
            return (await client.request("workspace/textDocumentContent", {"uri": shown()[-1]}))["text"]
    raise AssertionError("three explanations came to nothing")


async def test_second_model_answers_actions_with_and_without_thinking_while_the_first_completes(
    tmp_path: Path, embedded_model: Path, model_with: Callable[[str], Path]
) -> None:
    """The 0.5B was not trained to think: now and then it opens its thought with a tag of its own, and the session then
    takes its server for one that ignores prefills, which is right. Another session is tried then, three at most."""
    assist_model = model_with(JUDGES)
    for session in range(3):
        home = make_home(tmp_path / f"home-{session}", embedded_model)
        client = await start(home, assist_model, AUTOTHINK_ASSIST__THINK="on")
        document = open_with_hole(client, "go/queue.go", "go", HOLE)
        assert (await suggestion(document))["insertText"]
        (completion,) = engines_of(client)
        text = await explanation(client, home)
        assert len(engines_of(client)) == 2, "the model for actions has a process of its own"
        (assist,) = (one for one in engines_of(client) if one.pid != completion.pid)
        assert assist.nice() > completion.nice() or completion.nice() >= 19
        assert "<think" not in text
        assert "<judge>" not in text
        assert (await suggestion(document))["insertText"], "keystrokes are answered as before"
        assert await client.stop() == 0
        assert not completion.is_running()
        assert not assist.is_running()
        if "### Thinking" in text:
            break
    assert "### Thinking" in text
    thought = text.partition("### Thinking")[2].split("\n#")[0]
    assert 0 < len(re.findall(r"\w+", thought)) < 140, "within its budget of 128 tokens, the least one"


async def test_answer_now_ends_the_thinking_of_the_embedded_model(
    tmp_path: Path, embedded_model: Path, model_with: Callable[[str], Path]
) -> None:
    """With a budget that the 0.5B needs minutes for. What it thinks is drawn by lot: three sessions, see above."""
    assist_model = model_with(JUDGES)
    environ = {"AUTOTHINK_ASSIST__THINK": "on", "AUTOTHINK_ASSIST__MAX_THINKING_TOKENS": "1500"}
    for session in range(3):
        home = make_home(tmp_path / f"home-{session}", embedded_model)
        client = await start(home, assist_model, **environ)
        editor = ActionEditor(client, (home / "x.py").as_uri(), "python", CODE)
        editor.open()
        offered = await editor.offers(WHERE)
        _, reply = client.send("codeAction/resolve", choose(offered, "Explain this function"))
        while not reply.done() and not is_thinking(client):
            await asyncio.sleep(0.1)
        was_thinking = not reply.done()
        if was_thinking:
            assert await client.request("workspace/executeCommand", {"command": "autothink.answerNow"}) is True
        await asyncio.wait_for(reply, 180)
        text = await document_of(client)
        assert await client.stop() == 0
        if was_thinking and "### Thinking" in text:
            break
    assert "### Thinking" in text
    thought, _, answer = text.partition("### Thinking")[2].partition("\n#")
    assert len(re.findall(r"\w+", thought)) < 500, "it was ended long before its budget"
    assert len(answer) > 20, "an answer follows from the thought"


async def document_of(client: LspClient) -> str:
    """The document of the action, which is shown beside the reply; empty if none is shown within ten seconds."""
    for _ in range(200):
        for method, params in client.requests:
            if method == "window/showDocument":
                return (await client.request("workspace/textDocumentContent", {"uri": params["uri"]}))["text"]
        await asyncio.sleep(0.05)
    return ""


def is_thinking(client: LspClient) -> bool:
    """Whether the status says that the model thinks, with some tokens thought."""
    states = [params for method, params in client.notifications if method == "autothink/status"]
    return any(one.get("state") == "thinking" and (one.get("tokens") or 0) >= 8 for one in states)


async def test_template_that_can_disable_thinking_gives_an_answer_without_thinking(
    tmp_path: Path, embedded_model: Path, model_with: Callable[[str], Path]
) -> None:
    home = make_home(tmp_path / "home", embedded_model)
    client = await start(home, model_with(IS_SWITCHED), AUTOTHINK_ASSIST__THINK="off")
    text = await explanation(client, home)
    assert "### Thinking" not in text
    assert len(text) > 60
    assert await client.stop() == 0


async def test_template_error_is_reported_and_completion_continues(
    tmp_path: Path, embedded_model: Path, model_with: Callable[[str], Path]
) -> None:
    home = make_home(tmp_path / "home", embedded_model)
    client = await start(home, model_with("{{ raise_exception('only with a flux capacitor') }}"))
    editor = ActionEditor(client, (home / "x.py").as_uri(), "python", CODE)
    editor.open()
    await editor.resolve(choose(await editor.offers(WHERE), "Explain this function"))
    said = [params["message"] for method, params in client.notifications if method == "window/showMessage"]
    assert any("template" in text for text in said), said
    document = open_with_hole(client, "go/queue.go", "go", HOLE)
    assert (await suggestion(document))["insertText"]
    assert await client.stop() == 0
