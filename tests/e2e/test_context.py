"""What a model server gets to see of other files: a real server process, and the prompts as they came in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Start, did_change, did_open, inline, until
from tests.support.fault_server import FaultServer
from tests.support.lsp_client import LspClient

CART = "class Cart:\n    def add(self, item: str, count: int = 1) -> None:\n        pass\n"
MAIN = "from shop.cart import Cart\n\n\ndef main() -> None:\n    cart = Cart()\n    cart.add('x')\n    \n\n\nprint(1)\n"
CALLS = "import http\n\n\ndef main() -> None:\n    data = http.fetch('x')\n    \n\n\ndef second() -> None:\n    pass\n"
SIGNATURE = "def add(self, item: str, count: int = 1) -> None: ..."
AT_ANY_SPEED = {"AUTOTHINK_COMPLETION__CONTEXT_TOKENS": "512"}
SECRET = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "shop").mkdir(parents=True)
    (folder / "shop" / "cart.py").write_text(CART, encoding="utf-8")
    (folder / "main.py").write_text(MAIN, encoding="utf-8")
    return folder


def indexed(client: LspClient, times: int = 1) -> bool:
    texts = [params["message"] for method, params in client.notifications if method == "window/logMessage"]
    return sum("indexed " in text for text in texts) >= times


async def opened(start: Start, server: FaultServer, project: Path, **options: Any) -> tuple[LspClient, str]:
    """A server whose index of the project is ready and that knows the model's speed, and the document that uses it."""
    client = await start(url=server.url, folder=project, **options)
    uri = (project / "main.py").as_uri()
    did_open(client, MAIN, uri)
    await until(lambda: indexed(client))
    await inline(client, 5, 17, uri, trigger=1)  # there is no code of other files in a prompt before the first answer
    return client, uri


async def test_a_signature_of_another_file_is_in_the_prompt_and_keys_leave_it_there(
    start: Start, backend: FaultServer, project: Path, kind: str
) -> None:
    client, uri = await opened(start, backend, project, backend=kind)
    await inline(client, 6, 4, uri)
    first: str = backend.bodies[-1]["prompt"]
    assert SIGNATURE in first
    assert first.index("shop/cart.py") < first.index("<|fim_prefix|>")
    stable = first[: first.rindex("\n")]
    assert SIGNATURE in stable
    backend.pieces = ["no such word"]
    for number, key in enumerate("total = 2 * cart.size"):
        did_change(client, 2 + number, 6, 4 + number, 4 + number, key, uri)
        await inline(client, 6, 5 + number, uri)
    prompts = [body["prompt"] for body in backend.bodies]
    assert len(prompts) > 10
    assert all(prompt.startswith(stable) for prompt in prompts[prompts.index(first) :])


async def test_file_changed_by_another_program_is_read_again(start: Start, backend: FaultServer, project: Path) -> None:
    client, uri = await opened(start, backend, project)
    cart = project / "shop" / "cart.py"
    cart.write_text(CART.replace("count: int = 1", "many: int"), encoding="utf-8")
    # It may wait until ten seconds after the last run.
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": cart.as_uri(), "type": 2}]})
    await until(lambda: indexed(client, 2), timeout_s=60)
    await inline(client, 9, 8, uri)  # another block
    await inline(client, 6, 4, uri)
    assert "def add(self, item: str, many: int) -> None: ..." in backend.bodies[-1]["prompt"]


async def test_excluded_files_and_secrets_of_other_files_are_not_sent(
    start: Start, backend: FaultServer, project: Path
) -> None:
    (project / ".gitignore").write_text("shop/\n", encoding="utf-8")
    (project / "pay.py").write_text(f'def pay(cart, key="{SECRET}"):\n    cart.add(1)\n', encoding="utf-8")
    client, uri = await opened(start, backend, project)
    for path in ("pay.py", "shop/cart.py"):
        did_open(client, (project / path).read_text(encoding="utf-8"), (project / path).as_uri())
    did_change(client, 2, 5, 4, 17, "pay(cart).add(Cart)", uri)
    await inline(client, 9, 8, uri)  # another block
    await inline(client, 6, 4, uri)
    everything = json.dumps(backend.bodies)
    assert SIGNATURE not in everything
    assert SECRET not in everything
    assert "4eC39HqLyjWDarjtT1zdp7dc" not in everything


async def test_diagnostics_that_a_plugin_reports_are_in_the_prompt(
    start: Start, backend: FaultServer, project: Path
) -> None:
    client, uri = await opened(start, backend, project, environ=AT_ANY_SPEED)

    def report(version: int, *messages: str) -> None:
        where = {"start": {"line": 5, "character": 4}, "end": {"line": 5, "character": 8}}
        found = [{"range": where, "severity": 1, "message": message} for message in messages]
        client.notify("autothink/diagnostics", {"uri": uri, "version": version, "diagnostics": found})

    report(1, "argument of the wrong type", f"the value {SECRET} is wrong")
    report(7, "of a version that is not known")
    await inline(client, 9, 8, uri)  # another block
    await inline(client, 6, 4, uri)
    prompt: str = backend.bodies[-1]["prompt"]
    assert "cart.add('x')  <- argument of the wrong type" in prompt
    assert "of a version" not in prompt
    assert SECRET not in json.dumps(backend.bodies)
    report(1)
    await inline(client, 9, 8, uri)
    await inline(client, 6, 3, uri)
    assert "argument of the wrong type" not in backend.bodies[-1]["prompt"]


async def test_signatures_of_libraries_come_from_the_editor(start: Start, backend: FaultServer, project: Path) -> None:
    """The editor is asked where the cursor rests, not for keys, and once for a name."""
    library = project.parent / "lib" / "http.py"
    signature = "def fetch(address: str, *, timeout_s: float = 3.0) -> bytes"
    asked: list[list[Any]] = []

    def answer(params: Any) -> Any:
        asked.append(params["positions"])
        where = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 9}}
        return {"definitions": [{"place": 0, "uri": library.as_uri(), "range": where, "signature": signature}]}

    (project / "main.py").write_text(CALLS, encoding="utf-8")
    capabilities = {"experimental": {"autothinkDefinitions": True}}
    answers = {"autothink/definitions": answer}
    client = await start(
        url=backend.url, folder=project, capabilities=capabilities, answers=answers, environ=AT_ANY_SPEED
    )
    uri = (project / "main.py").as_uri()
    did_open(client, CALLS, uri)
    await inline(client, 5, 4, uri, trigger=1)
    for character in (4, 8):
        client.notify("autothink/cursor", {"uri": uri, "position": {"line": 4, "character": character}})
        await until(lambda: asked)
    assert asked == [[{"line": 4, "character": 16}]]
    await inline(client, 0, 0, uri)  # another block
    did_change(client, 2, 5, 4, 4, "y = ", uri)
    await inline(client, 5, 8, uri)
    assert signature in backend.bodies[-1]["prompt"]


@pytest.mark.parametrize(("clipboard_for", "asks"), [("local", True), ("none", False)])
async def test_copied_code_comes_from_the_editor_where_the_settings_allow_it(
    start: Start, backend: FaultServer, project: Path, clipboard_for: str, asks: bool
) -> None:
    copied = "def refund(order):\n    return order.total()\n"
    asked: list[Any] = []

    def answer(params: Any) -> Any:
        asked.append(params)
        return {"text": copied}

    client, uri = await opened(
        start,
        backend,
        project,
        capabilities={"experimental": {"autothinkClipboard": True}},
        answers={"autothink/clipboard": answer},
        environ={**AT_ANY_SPEED, "AUTOTHINK_COMPLETION__CLIPBOARD_FOR": clipboard_for},
    )
    await inline(client, 6, 4, uri)
    client.notify("autothink/cursor", {"uri": uri, "position": {"line": 6, "character": 4}})
    if asks:
        await until(lambda: asked)
    await inline(client, 9, 8, uri)  # another block
    did_change(client, 2, 6, 4, 4, "y = ", uri)
    await inline(client, 6, 8, uri)
    assert bool(asked) is asks
    assert ("def refund(order):" in backend.bodies[-1]["prompt"]) is asks


async def test_a_source_that_is_switched_off_adds_nothing_and_builds_no_index(
    start: Start, backend: FaultServer, project: Path
) -> None:
    client = await start(
        url=backend.url, folder=project, environ={"AUTOTHINK_COMPLETION__CONTEXT_SOURCES": "scope, similar"}
    )
    uri = (project / "main.py").as_uri()
    did_open(client, MAIN, uri)
    did_open(client, CART, (project / "shop" / "cart.py").as_uri())
    await inline(client, 6, 4, uri)
    assert SIGNATURE not in json.dumps(backend.bodies)
    assert not indexed(client)
    assert not (project.parent / "home" / "cache" / "index").exists()


def test_the_command_explains_the_prompt(project: Path, tmp_path: Path) -> None:
    def explain(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "autothink_lsp", "complete", "--explain", *arguments],
            cwd=project,
            env={"PATH": "", "AUTOTHINK_HOME": str(tmp_path / "home"), "AUTOTHINK_COMPLETION__CONTEXT_TOKENS": "256"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    result = explain("main.py:7:5")
    assert result.returncode == 0
    assert SIGNATURE in result.stdout
    assert "add is used 1 lines from the cursor, defined in shop/cart.py" in result.stdout
    assert "estimated" in result.stdout
    report = json.loads(explain("main.py:7:5", "--json").stdout)
    assert {block["source"] for block in report["blocks"] if block["used"]} == {"imports"}
    (tmp_path / "copied.txt").write_text("def refund(order):\n    return order.total()\n", encoding="utf-8")
    copied = explain("main.py:7:5", "--clipboard", str(tmp_path / "copied.txt")).stdout
    assert "clipboard.py: def refund(order):" in copied
    assert "the code that was copied last" in copied
    (project / ".gitignore").write_text("*.py\n", encoding="utf-8")
    refused = explain("main.py:7:5")
    assert refused.returncode == 1
    assert "ignored by .gitignore" in refused.stdout
