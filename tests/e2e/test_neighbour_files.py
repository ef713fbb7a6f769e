"""A fix that needs a signature from another file, in an editor: from the index of a server that has just started, and
from the editor's own language servers (``autothink/definitions``). The model uses only what its prompt holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Start, actions_at
from tests.support.action_client import FULL, choose
from tests.support.fault_server import FaultServer
from tests.support.lsp_client import SILENCE
from tests.support.project_editor import ProjectEditor

PRICES = "TAX = 0.19\n\n\ndef discounted(price: float, *, percent: int) -> float:\n    return price * (100 - percent)\n"
ORDER = "from shop.prices import discounted\n\n\ndef total(price, percent):\n    return discounted(price, percent)\n"
FIXED = ORDER.replace("(price, percent)\n", "(price, percent=percent)\n").replace(
    "total(price, percent=", "total(price, "
)
MESSAGE = "Expected 1 positional argument"
REQUEST = "autothink/definitions"

Definitions = Callable[[Any], Any]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for path, text in {"shop/prices.py": PRICES, "shop/order.py": ORDER}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def model_that_reads_the_prompt(server: FaultServer) -> str:
    """The fix, if the prompt has the signature: the keyword is found in it and nowhere else."""
    found = re.search(r"def discounted\(price: float, \*, (\w+): int\)", str(server.answering["messages"]))
    call = f"discounted(price, {found[1]}=percent)" if found else "discounted(price)"
    return f"So.\n\nThe whole edited code:\n```python\ndef total(price, percent):\n    return {call}\n```\n"


async def first_fix(
    start: Start, backend: FaultServer, project: Path, answer: Definitions | None = None
) -> tuple[str, ProjectEditor]:
    """The text after the first action of a new server, in an editor that gives ``answer`` to the question if any."""
    capabilities = deepcopy(FULL)
    if answer is not None:
        capabilities["experimental"]["autothinkDefinitions"] = True
    environ = actions_at(backend.url, COMPLETION__ENABLED="false")
    answers = {REQUEST: answer} if answer is not None else {}
    client = await start(url=backend.url, capabilities=capabilities, folder=project, answers=answers, environ=environ)
    editor = ProjectEditor(client, project, encoding="utf-16")
    backend.chat_answers = [lambda: model_that_reads_the_prompt(backend)] * 3
    one = editor.open("shop/order.py")
    where = {"start": {"line": 4, "character": 11}, "end": {"line": 4, "character": 37}}
    diagnostic = {"range": where, "message": MESSAGE, "severity": 1, "source": "Pyright"}
    action = await one.resolve(choose(await one.offers(where, [diagnostic]), "Explain and fix"))
    if action.get("edit"):
        editor.apply_edit(action["edit"])
    return one.text, editor


def asked(editor: ProjectEditor) -> list[Any]:
    return [params for method, params in editor.client.requests if method == REQUEST]


async def test_the_first_action_of_a_new_server_waits_for_the_index(
    start: Start, backend: FaultServer, project: Path
) -> None:
    text, editor = await first_fix(start, backend, project)
    assert text == FIXED
    assert asked(editor) == [], "a client that does not announce it is not asked"


def library(project: Path) -> Path:
    """The neighbour as a library outside of the project, which no index has."""
    file = project.parent / "lib/shop_prices.py"
    file.parent.mkdir()
    (project / "shop/prices.py").rename(file)
    (project / "shop/order.py").write_text(ORDER.replace("shop.prices", "shop_prices"))
    return file


def definition(file: Path, **more: Any) -> Any:
    where = {"start": {"line": 3, "character": 4}, "end": {"line": 3, "character": 14}}
    return {"place": 0, "uri": file.as_uri(), "range": where, **more}


@pytest.mark.parametrize("signature", ["", "def discounted(price: float, *, percent: int) -> float"])
async def test_a_definition_from_the_editor_is_in_the_prompt(
    start: Start, backend: FaultServer, project: Path, signature: str
) -> None:
    """With and without the signature; positions are those of the names in the document."""
    file = library(project)
    if signature:
        file.write_text("")

    def answer(params: Any) -> Any:
        lines = (project / "shop/order.py").read_text().split("\n")
        at = params["positions"][0]
        assert lines[at["line"]][at["character"] :].startswith("discounted(")
        return {"definitions": [definition(file, signature=signature)]}

    text, editor = await first_fix(start, backend, project, answer)
    assert text == FIXED.replace("shop.prices", "shop_prices")
    (params,) = asked(editor)
    assert (params["uri"], params["version"]) == ((project / "shop/order.py").as_uri(), 1)


HOSTILE: dict[str, Any] = {
    "nothing": None,
    "a list": [1],
    "no definitions": {"definitions": 7},
    "other values": {"definitions": [7, {}, {"place": 9, "uri": "x", "range": {}}, {"place": "0", "uri": 5}]},
    "a line that does not exist": {
        "definitions": [{"place": 0, "uri": "file:///x.py", "range": {"start": {"line": 10**9}, "end": {"line": -1}}}]
    },
    "no answer": SILENCE,
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_an_action_goes_on_without_definitions(
    start: Start, backend: FaultServer, project: Path, name: str
) -> None:
    library(project)
    given = HOSTILE[name]
    text, _ = await first_fix(start, backend, project, given if given is SILENCE else lambda _params: given)
    assert "discounted(price)" in text


async def test_a_file_that_the_model_may_not_see_is_not_shown(
    start: Start, backend: FaultServer, project: Path
) -> None:
    (project / ".gitignore").write_text("prices.py\n")
    signature = "def discounted(price: float, *, percent: int) -> float"
    given = {"definitions": [definition(project / "shop/prices.py", signature=signature)]}
    text, editor = await first_fix(start, backend, project, lambda _params: given)
    assert len(asked(editor)) == 1
    assert "discounted(price)" in text
