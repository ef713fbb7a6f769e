"""How many edits land in the wrong place when the user types while an action runs and the client compares no versions.

    python -m tests.bench.edit_interleavings [--count 1400] [--seed 1] [--server PATH/TO/autothink-lsp]

A real server process and a client with a latency in each direction. The user types lines above the place of the edit,
in bursts, until the action has ended; the client applies an edit to the text that it has when
the edit arrives. An edit is wrong when the fixed function does not stand in the text afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.action_client import BARE, ActionEditor, choose
from tests.support.fault_server import FaultServer
from tests.support.lsp_client import LspClient

WRONG = "def total(prices):\n    result = 0\n    for price in prices:\n        result += prices\n    return result\n"
RIGHT = WRONG.replace("+= prices", "+= price")
WHERE = {"start": {"line": 3, "character": 8}, "end": {"line": 3, "character": 24}}
PROBLEM = {"range": WHERE, "message": "Unsupported operand types for + (int and list)", "severity": 1}
ANSWER = f"So.\n\nThe whole edited code:\n```python\n{RIGHT.rstrip()}\n```\n"
AT_ONCE = 28


class Line:
    """Delivers calls in order, each ``latency_s`` after it was put in."""

    def __init__(self, latency_s: Callable[[], float]) -> None:
        self._latency_s = latency_s
        self._queue: asyncio.Queue[tuple[float, Callable[[], None]]] = asyncio.Queue()
        self.task = asyncio.create_task(self._deliver())

    def put(self, call: Callable[[], None]) -> None:
        self._queue.put_nowait((asyncio.get_running_loop().time() + self._latency_s(), call))

    async def _deliver(self) -> None:
        while True:
            at_s, call = await self._queue.get()
            await asyncio.sleep(at_s - asyncio.get_running_loop().time())
            call()


async def _one(documents: dict[str, ActionEditor], client: LspClient, uri: str, dice: random.Random) -> str:
    one = documents[uri] = ActionEditor(client, uri, "python", WRONG)
    one.open()
    command = choose(await one.offers(WHERE, [PROBLEM]), "Explain and fix")
    typed: list[float] = []
    typing = asyncio.create_task(_type(one, dice, typed))
    ask = {"command": command["command"], "arguments": command["arguments"]}
    await asyncio.sleep(dice.uniform(0.0, 0.3))
    await client.request("workspace/executeCommand", ask, timeout_s=120)
    typing.cancel()
    if not one.applied:
        return "not applied"
    return "right" if one.text == "import m\n" * len(typed) + RIGHT else "wrong"


async def _type(one: ActionEditor, dice: random.Random, typed: list[float]) -> None:
    """Lines above the function, in bursts with pauses, until the action has ended."""
    top = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}
    while True:
        for _ in range(dice.randint(2, 7)):
            typed.append(asyncio.get_running_loop().time())
            one._replace(top, "import m\n")
            await asyncio.sleep(dice.uniform(0.05, 0.25))
        await asyncio.sleep(dice.uniform(0.2, 2.0))


async def measure(count: int, seed: int, command: tuple[str, ...]) -> dict[str, int]:
    """Outcomes by name, and ``told``: how many warnings of a wrong place the user got."""
    dice, found = random.Random(seed), Counter[str]()
    documents: dict[str, ActionEditor] = {}

    def apply(params: Any) -> Any:
        edit = params["edit"]
        uris = [*(edit.get("changes") or {}), *(one["textDocument"]["uri"] for one in edit.get("documentChanges", ()))]
        return documents[uris[0]].apply(edit)

    with tempfile.TemporaryDirectory() as home:
        async with FaultServer() as model:
            model.passes_warm_ups = True
            model.chat_answers = [ANSWER] * (3 * count)
            environ = {
                "AUTOTHINK_HOME": home,
                "AUTOTHINK_ASSIST__BACKEND": "openai",
                "AUTOTHINK_ASSIST__URL": model.url,
                "AUTOTHINK_COMPLETION__ENABLED": "false",
            }
            client = await LspClient.start(
                command, environ=environ, answers={"workspace/applyEdit": apply}, stderr=asyncio.subprocess.DEVNULL
            )
            await client.initialize(BARE)
            out, back = (Line(lambda: dice.uniform(0.001, 0.03)) for _ in range(2))
            write, take = client._write, client._take
            client._write = lambda message: out.put(lambda: write(message))
            client._take = lambda message: back.put(lambda: take(message))
            uris = [(Path(home) / f"a{number}.py").as_uri() for number in range(count)]
            for start in range(0, count, AT_ONCE):
                tries = (_one(documents, client, uri, dice) for uri in uris[start : start + AT_ONCE])
                found.update(await asyncio.gather(*tries))
            await asyncio.sleep(4)
            shown = [params["message"] for method, params in client.notifications if method == "window/showMessage"]
            found["told"] = sum("wrong place" in text for text in shown)
            await client.kill()
            for line in (out, back):
                line.task.cancel()
    return dict(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--server", help="another autothink-lsp")
    args = parser.parse_args()
    command = (args.server, "serve") if args.server else (sys.executable, "-m", "autothink_lsp", "serve")
    sys.stdout.write(json.dumps(asyncio.run(measure(args.count, args.seed, command))) + "\n")


if __name__ == "__main__":
    main()
