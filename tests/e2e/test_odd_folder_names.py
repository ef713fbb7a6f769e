"""Names of a folder and its files with blanks, percent signs and what looks like a code: one reading of their URIs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Start, did_open, inline
from tests.e2e.test_fix_end_to_end import PYTHON, PYTHON_FIXED, PYTHON_PROBLEM, answer
from tests.support.action_client import FULL, ActionEditor, choose
from tests.support.fault_server import FaultServer

ADD = "def add(a, b):\n    "
TESTS = "def test_total():\n    assert True"


@pytest.mark.parametrize("name", ["two words", "100%", "%41 and %2541", "ä#1;+"])
async def test_completion_privacy_trust_and_actions_work_in_an_odd_folder(
    start: Start, backend: FaultServer, tmp_path: Path, name: str
) -> None:
    """The project's own file names the server: only where it is found and trusted is anything completed."""
    folder = tmp_path / f"project {name}"
    (folder / "tests").mkdir(parents=True)
    (folder / "autothink.toml").write_text(
        f'[completion]\nurl = "{backend.url}"\n[assist]\nbackend = "openai"\nurl = "{backend.url}"\n', encoding="utf-8"
    )
    (folder / ".gitignore").write_text(f"hidden {name.replace('#', chr(92) + '#')}.py\n", encoding="utf-8")
    client = await start(
        url="",
        folder=folder,
        capabilities=FULL,
        environ={"AUTOTHINK_COMPLETION__URL": ""},
        options={"completion": {"backend": "openai"}},
        answers={"window/showMessageRequest": {"title": "Trust This Folder"}},
    )
    seen, hidden = ((folder / f"{first} {name}.py").as_uri() for first in ("seen", "hidden"))
    for uri in (seen, hidden):
        did_open(client, ADD, uri)
    while not await inline(client, 1, 4, seen):
        pass
    assert await inline(client, 1, 4, hidden) == []
    status = await client.request("autothink/documentStatus", {"uri": hidden})
    assert status["reason"] == "excluded: it is ignored by .gitignore"

    shop = folder / f"shop {name}.py"
    shop.write_text(PYTHON, encoding="utf-8")
    one = ActionEditor(client, shop.as_uri(), "python", PYTHON)
    one.open()
    backend.chat_answers = [answer(PYTHON_FIXED)] * 60
    await one.fix(PYTHON_PROBLEM)
    assert one.text == PYTHON.replace("+= prices", "+= price")
    backend.chat_answers = [f"```python\n{TESTS}\n```"] * 60
    offered = await one.offers(PYTHON_PROBLEM["range"])
    made = (await one.resolve(choose(offered, "ests")))["edit"]["documentChanges"]
    assert [change["uri"] for change in made if change.get("kind") == "create"] == [
        (folder / "tests" / f"test_shop {name}.py").as_uri()
    ]
