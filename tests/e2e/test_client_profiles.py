"""Our server at the capability sets of real clients: right positions, the right way to an edit, nothing unasked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Start, actions_at, ask_params, did_open, inline, shown, until
from tests.support.action_client import ActionEditor, choose
from tests.support.client_profiles import NAMES, Profile, problems_of_edit, problems_of_item, profile
from tests.support.fault_server import FaultServer
from tests.support.lsp_client import LspClient

pytestmark = pytest.mark.usefixtures("without_checkers")

# é is 1 unit in UTF-16 and UTF-32 and 2 in UTF-8; 𝕏 is 2 in UTF-16, 1 in UTF-32, 4 in UTF-8.
BEFORE = 'def add(a, b):\n    "é𝕏é"; '
SHOP = 'def cheapest(prices):\n    "é𝕏é"; return min(pricse, default=0)\n'
FIXED = SHOP.replace("pricse", "prices")


@pytest.fixture(params=NAMES)
def client_profile(request: pytest.FixtureRequest) -> Profile:
    return profile(request.param)


def units(text: str, encoding: str) -> int:
    """How long a text is for a client."""
    return {"utf-8": len(text.encode()), "utf-16": len(text.encode("utf-16-le")) // 2, "utf-32": len(text)}[encoding]


def characters(line: str, column: int, encoding: str) -> int:
    """The index of a character in a line, from a client's column; fails inside a character."""
    return next(index for index in range(len(line) + 1) if units(line[:index], encoding) == column)


def applied(text: str, edits: list[Any], encoding: str) -> str:
    """As the client would do it."""
    lines = text.split("\n")

    def offset(position: Any) -> int:
        line = position["line"]
        return sum(len(each) + 1 for each in lines[:line]) + characters(lines[line], position["character"], encoding)

    for edit in sorted(edits, key=lambda one: offset(one["range"]["start"]), reverse=True):
        start, end = offset(edit["range"]["start"]), offset(edit["range"]["end"])
        text = text[:start] + edit["newText"] + text[end:]
    return text


def text_edits(edit: Any) -> list[Any]:
    """Of the only document of a workspace edit."""
    if "changes" in edit:
        (edits,) = edit["changes"].values()
        return edits
    return [one for change in edit["documentChanges"] for one in change["edits"]]


async def begun(
    start: Start, backend: FaultServer, client: Profile, tmp_path: Path, *, answers: Any = None
) -> tuple[LspClient, Any]:
    server = await start(url=backend.url, initialize=False, answers=answers, environ=actions_at(backend.url))
    result = await server.initialize(client.capabilities, folder_uri=tmp_path.as_uri())
    return server, result["capabilities"]


def check_what_was_sent(server: LspClient, client: Profile) -> None:
    """Nothing that the client did not announce."""
    for method, params in [*server.requests, *server.notifications]:
        assert not client.refuses(method), method
        if method == "client/registerCapability":
            refused = [one["method"] for one in params["registrations"] if not client.may_register(one["method"])]
            assert refused == []


async def test_only_what_the_client_can_use_is_advertised(
    start: Start, backend: FaultServer, tmp_path: Path, client_profile: Profile
) -> None:
    server, advertised = await begun(start, backend, client_profile, tmp_path)
    assert advertised.get("positionEncoding", "utf-16") == client_profile.encoding
    ghost_text = client_profile.has("textDocument.inlineCompletion") is not None
    assert ("inlineCompletionProvider" in advertised) == ghost_text
    assert ("completionProvider" in advertised) != ghost_text, "the menu is for those without ghost text, never both"
    assert ("notebookDocumentSync" in advertised) <= (client_profile.has("notebookDocument") is not None)
    actions = advertised["codeActionProvider"]
    if client_profile.has("textDocument.codeAction.codeActionLiteralSupport") is None:
        assert actions is True
    else:
        assert bool(actions.get("resolveProvider")) == client_profile.resolves_edits
    did_open(server, BEFORE)
    await until(lambda: backend.warm_ups)
    check_what_was_sent(server, client_profile)


async def test_a_suggestion_lands_behind_other_scripts(
    start: Start, backend: FaultServer, tmp_path: Path, client_profile: Profile
) -> None:
    server, advertised = await begun(start, backend, client_profile, tmp_path)
    did_open(server, BEFORE)
    at = units(BEFORE.split("\n")[1], client_profile.encoding)
    if "inlineCompletionProvider" in advertised:
        (item,) = await inline(server, 1, at)
        edit = {"range": item["range"], "newText": item["insertText"]}
    else:
        answer = await server.request("textDocument/completion", ask_params(1, at) | {"context": {"triggerKind": 1}})
        (item,) = answer["items"]
        assert problems_of_item(item, client_profile) == []
        edit = item["textEdit"]
    assert applied(BEFORE, [edit], client_profile.encoding) == BEFORE + "return a + b"
    check_what_was_sent(server, client_profile)


async def test_multi_line_item_uses_no_unannounced_capability(
    start: Start, backend: FaultServer, tmp_path: Path, client_profile: Profile
) -> None:
    backend.pieces = ["for one in a:\n", "        print(one)\n", "    return b"]
    server, advertised = await begun(start, backend, client_profile, tmp_path)
    did_open(server, "def add(a, b):\n    ")
    if "completionProvider" not in advertised:
        pytest.skip("has ghost text")
    answer = await server.request("textDocument/completion", ask_params(1, 4) | {"context": {"triggerKind": 1}})
    (item,) = answer["items"]
    assert "\n" in item["textEdit"]["newText"]
    assert item["documentation"] == item["textEdit"]["newText"], "the whole of it can be read before it is taken"
    assert problems_of_item(item, client_profile) == []


def misspelt(client: Profile) -> Any:
    line = SHOP.split("\n")[1]
    start = units(line[: line.index("pricse")], client.encoding)
    where = {"start": {"line": 1, "character": start}, "end": {"line": 1, "character": start + 6}}
    return {"range": where, "message": "undefined name 'pricse'", "severity": 1, "code": "F821", "source": "flake8"}


async def test_fix_is_sent_in_a_form_that_the_client_supports(
    start: Start, backend: FaultServer, tmp_path: Path, client_profile: Profile
) -> None:
    edits: list[Any] = []

    def apply(params: Any) -> Any:
        edits.append(params["edit"])
        return {"applied": True}

    server, _ = await begun(start, backend, client_profile, tmp_path, answers={"workspace/applyEdit": apply})
    one = ActionEditor(server, (tmp_path / "shop.py").as_uri(), "python", SHOP)
    one.open()
    problem = misspelt(client_profile)
    action = choose(await one.offers(problem["range"], [problem]), "Explain and fix")
    if client_profile.resolves_edits:
        assert "command" not in action
        edits.append((await one.resolve(action))["edit"])
    else:
        assert "data" not in action
        command = action if isinstance(action["command"], str) else action["command"]
        literal = client_profile.has("textDocument.codeAction.codeActionLiteralSupport") is not None
        assert literal == (command is not action), "without literals an action is a bare command"
        ask = {"command": command["command"], "arguments": command["arguments"]}
        await server.request("workspace/executeCommand", ask)
    (edit,) = edits
    assert problems_of_edit(edit, client_profile, in_action=client_profile.resolves_edits) == []
    assert applied(SHOP, text_edits(edit), client_profile.encoding) == FIXED
    check_what_was_sent(server, client_profile)


UNFINISHED = (
    "def total(prices):\n    result = 0\n    for price in prices:\n        result += prices\n    return result\n"
)
DOES_NOT_PARSE = "So.\n\n```python\n" + UNFINISHED.replace("+= prices", "+= (price").rstrip() + "\n```\n"


async def test_an_edit_that_failed_its_checks_is_never_applied_unasked(
    start: Start, backend: FaultServer, tmp_path: Path, client_profile: Profile
) -> None:
    """It comes with a confirmation that this client honours, or as a question, or not at all."""
    backend.chat_answers = [DOES_NOT_PARSE] * 12
    asked: list[str] = []

    def ask(params: Any) -> Any:
        asked.append(params["message"])
        return {"title": "No"}

    edits: list[Any] = []
    answers = {
        "window/showMessageRequest": ask,
        "workspace/applyEdit": lambda params: edits.append(params["edit"]) or {"applied": True},
    }
    server, _ = await begun(start, backend, client_profile, tmp_path, answers=answers)
    one = ActionEditor(server, (tmp_path / "shop.py").as_uri(), "python", UNFINISHED)
    one.open()
    where = {"start": {"line": 3, "character": 8}, "end": {"line": 3, "character": 24}}
    problem = {"range": where, "message": "Unsupported operand types for + (int and list)", "severity": 1}
    action = choose(await one.offers(where, [problem]), "Explain and fix")
    if client_profile.resolves_edits:
        resolved = (await one.resolve(action)).get("edit")
        edits += [resolved] if resolved else []
    else:
        command = action if isinstance(action["command"], str) else action["command"]
        await server.request(
            "workspace/executeCommand", {"command": command["command"], "arguments": command["arguments"]}
        )
    for edit in edits:
        assert all(each["needsConfirmation"] for each in edit["changeAnnotations"].values())
        assert problems_of_edit(edit, client_profile, in_action=client_profile.resolves_edits) == []
        assert client_profile.asks_before_edits_of_actions or not client_profile.resolves_edits
    if not edits:
        await until(lambda: asked or shown(server))
    check_what_was_sent(server, client_profile)


def test_profiles_name_their_source() -> None:
    for name in NAMES:
        path = Path(__file__).parent / "profiles" / f"{name}.json"
        assert set(json.loads(path.read_text())) == {"client", "source", "capabilities"}
