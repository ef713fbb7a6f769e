"""What offering actions costs: a real server process, a file of 10,000 lines, 500 diagnostics. Aim: p95 under 20 ms.

    python tests/bench/offer_costs.py

Two kinds of client: one sends the diagnostics at the cursor (VS Code, Neovim), one sends all of them each time.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.support.action_client import FULL, diagnostic
from tests.support.lsp_client import LspClient

LINES, DIAGNOSTICS, ROUNDS = 10_000, 500, 200


async def main() -> None:
    rng = random.Random(1)
    text = "".join(f"def f{n}(value_{n}):\n    return valeu_{n} + 1\n" for n in range(LINES // 2))
    lines = sorted(rng.sample(range(1, LINES, 2), DIAGNOSTICS))
    all_of_them = [diagnostic(line, 11, 17, f'"valeu_{line // 2}" is not defined', source="Pyright") for line in lines]
    with tempfile.TemporaryDirectory() as home:
        environ = {
            "AUTOTHINK_HOME": home,
            "AUTOTHINK_ASSIST__BACKEND": "openai",
            "AUTOTHINK_ASSIST__URL": "http://127.0.0.1:9",
            "AUTOTHINK_COMPLETION__ENABLED": "false",
        }
        client = await LspClient.start(environ=environ)
        await client.initialize(FULL)
        document = {"uri": "file:///x.py", "languageId": "python", "version": 1, "text": text}
        client.notify("textDocument/didOpen", {"textDocument": document})
        for name, chosen in (("at the cursor", None), ("all 500 each time", all_of_them)):
            times_ms = []
            for number in range(ROUNDS + 10):
                one = rng.choice(all_of_them)
                context = {"diagnostics": chosen or [one], "triggerKind": 1}
                params = {"textDocument": {"uri": "file:///x.py"}, "range": one["range"], "context": context}
                began = time.perf_counter()
                offered = await client.request("textDocument/codeAction", params)
                if number >= 10:
                    times_ms.append(1_000 * (time.perf_counter() - began))
                assert len(offered) > 3
            p95 = quantiles(times_ms, n=20)[-1]
            print(f"diagnostics {name}: median {median(times_ms):.1f} ms, p95 {p95:.1f} ms over {ROUNDS} requests")
        await client.stop()


asyncio.run(main())
