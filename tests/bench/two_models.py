"""How long a keystroke takes alone, and while the embedded model for actions answers beside it.

    python -m tests.bench.two_models [--completion NAME] [--assist NAME] [--keys N] [--blocks N] [--shared]

The engines are those that ``serve`` starts, with its priorities. A keystroke adds a character to a fill-in-the-middle
prompt and reads twelve tokens. Blocks of keystrokes alone and meanwhile alternate, so that the load of the machine is
the same for both. ``--shared`` answers actions with the completion model, in the second slot of one engine. Both models
must be installed; nothing is fetched. Prints a sentence for each result, or with ``--json`` the numbers.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from statistics import median, quantiles
from typing import Any

import psutil

from autothink_lsp.backends.base import Backend, ChatRequest, FimRequest
from autothink_lsp.context.redaction import SecretNames
from autothink_lsp.engines.models.catalogue import ModelEntry
from autothink_lsp.features.connector import BackendConnector
from autothink_lsp.features.embedded import EmbeddedModels
from autothink_lsp.features.model_servers import ModelServers
from autothink_lsp.settings.engines import EmbeddedSettings
from autothink_lsp.settings.model import Settings
from autothink_lsp.values import ChatMessage

ANSWER_TOKENS = 12
MOST_RATIO = 1.5  # the aim
PAUSE_S = 0.15
BEFORE = (
    "class Account:\n    def __init__(self, owner: str, balance: int = 0) -> None:\n        self.owner = owner\n"
    "        self.balance = balance\n\n    def deposit(self, amount: int) -> None:\n        "
)
TYPED = "if amount <= 0:\n            raise ValueError('the amount must be positive')\n        self.balance += amount\n"
QUESTION = "Explain in detail how a balanced binary search tree deletes a node, with code for each case."


async def keystrokes(backend: Backend, count: int) -> list[float]:
    """The milliseconds of each of ``count`` keystrokes."""
    times_ms: list[float] = []
    for number in range(count):
        typed = TYPED[: number % len(TYPED)]
        prompt = f"<|fim_prefix|>{BEFORE}{typed}<|fim_suffix|>\n<|fim_middle|>"
        began = time.perf_counter()
        async with contextlib.aclosing(backend.stream(FimRequest(prompt, ANSWER_TOKENS))) as events:
            async for _ in events:
                pass
        times_ms.append((time.perf_counter() - began) * 1_000)
        await asyncio.sleep(PAUSE_S)
    return times_ms


@contextlib.asynccontextmanager
async def answering(backend: Backend) -> AsyncIterator[list[object]]:
    """An action is answered meanwhile, one after the other. Yields the growing list of its tokens."""
    tokens: list[object] = []

    async def answer() -> None:
        while True:
            request = ChatRequest((ChatMessage("user", QUESTION),), 400)
            async with contextlib.aclosing(backend.chat(request)) as events:
                async for event in events:
                    tokens.extend((event,))

    task = asyncio.create_task(answer())
    try:
        while len(tokens) < 2:
            await asyncio.sleep(0.05)
            if task.done():
                task.result()
        yield tokens
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Start both engines and alternate the blocks."""
    models = EmbeddedModels(consent=_refuse, working=lambda _text, _fraction: None)
    settings = Settings(
        embedded=EmbeddedSettings(
            model=args.completion, assist_model="" if args.shared else args.assist, assist_context_tokens=4096
        )
    )
    connector = BackendConnector(models, ModelServers(lambda _text, _fraction: None), SecretNames())
    alone: list[float] = []
    meanwhile: list[float] = []
    tokens, seconds = 0, 0.0
    try:
        completion, assist = await connector.completion(settings), await connector.assist(settings)
        await keystrokes(completion, 3)
        for _ in range(args.blocks):
            alone += await keystrokes(completion, args.keys)
            async with answering(assist) as answered:
                before, began = len(answered), time.perf_counter()
                meanwhile += await keystrokes(completion, args.keys)
                tokens, seconds = tokens + len(answered) - before, seconds + time.perf_counter() - began
        memory = {
            name: round(psutil.Process(engine.pid).memory_info().rss / 1e6)
            for name, engine in (("completion", models.engine), ("assist", models.assist_engine))
            if engine is not None and engine.pid is not None
        }
        await completion.aclose()
        await assist.aclose()
    finally:
        await models.aclose()
    ratio = [round(_p95(meanwhile) / _p95(alone), 2), round(median(meanwhile) / median(alone), 2)]
    return {
        "keystrokes": len(alone),
        "alone_ms": _summary(alone),
        "meanwhile_ms": _summary(meanwhile),
        "ratio_p95_p50": ratio,
        "assist_tokens_per_s": round(tokens / seconds, 1),
        "memory_mb": memory,
        "load_average": [round(one, 1) for one in psutil.getloadavg()],
    }


def described(result: dict[str, Any], args: argparse.Namespace) -> str:
    """The result in words."""
    alone, meanwhile, memory = result["alone_ms"], result["meanwhile_ms"], result["memory_mb"]
    (p95, p50), assist = result["ratio_p95_p50"], args.completion if args.shared else args.assist
    within = "within" if p95 <= MOST_RATIO else "above"
    lines = (
        f"{result['keystrokes']} keystrokes of {ANSWER_TOKENS} tokens with {args.completion}, each way:",
        f"  alone: {_times(alone)}",
        f"  while {assist} answers: {_times(meanwhile)}",
        f"A keystroke takes {p95} times as long at the p95 ({within} the limit of {MOST_RATIO}), {p50} times at the",
        f"median; the answer comes at {result['assist_tokens_per_s']} tokens a second meanwhile.",
        f"Memory: {', '.join(f'{name} {size} MB' for name, size in memory.items())}.",
        f"Load average at the end (1, 5, 15 min): {', '.join(map(str, result['load_average']))}; this machine has",
        f"{psutil.cpu_count()} cores, and with a higher load all times are too long.",
    )
    return "\n".join(lines)


def _times(summary: dict[str, int]) -> str:
    return f"median {summary['p50']} ms, p95 {summary['p95']} ms, most {summary['max']} ms"


def _summary(times_ms: list[float]) -> dict[str, int]:
    return {"p50": round(median(times_ms)), "p95": round(_p95(times_ms)), "max": round(max(times_ms))}


def _p95(times_ms: list[float]) -> float:
    return quantiles(times_ms, n=20, method="inclusive")[-1]  # never above the largest


async def _refuse(_entry: ModelEntry, _why: str) -> bool:
    return False


def main() -> None:
    """Measure and print the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--completion", default="qwen2.5-coder-0.5b")
    parser.add_argument("--assist", default="qwen2.5-coder-1.5b")
    parser.add_argument("--keys", type=int, default=20)
    parser.add_argument("--blocks", type=int, default=3)
    parser.add_argument("--shared", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    result = asyncio.run(measure(args))
    print(json.dumps(result, indent=1) if args.json else described(result, args))


if __name__ == "__main__":
    main()
