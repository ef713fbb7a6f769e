"""What a key costs with next edits on and off, over the wire.

    python -m tests.bench.next_edit_keys [--keys N] [--blocks N] [--lines N] [--json]

Real server processes over standard input and output, all at the same time and in one run: without next edits, with a
client that asks for the next edit after each key (as sidekick.nvim, copilot-lsp and our VS Code extension do after
pauses), and with one that gets it inside ``textDocument/inlineCompletion``. Blocks of keys take turns, in another order
each time, so that a busy minute of the machine hits all ways alike. Before each block a word is replaced at two places
of a long file, so that the rules have something to look for. The model is made up and answers at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
from collections import Counter
from contextlib import AsyncExitStack
from statistics import median
from typing import Any

from attrs import define, field

from tests.bench.editor import CAPABILITIES, Editor, editing
from tests.bench.model_server import ModelServer
from tests.bench.overhead import ANSWER_TIMEOUT_S, AT_ONCE
from tests.bench.process_cost import cpu_s
from tests.bench.report import percentile
from tests.bench.source_text import Source, source
from tests.bench.typist import NO_SURPRISES, Key, Model, keys

OFF, ASKED, INLINE = "off", "on, asked for", "on, in inline completions"
WARM_KEYS = 10
SEED = 22
GAPS_S = (0.02, 0.14)  # the search for a next edit begins 30 ms after a key: some keys come in the midst of it
SETTLE_S = 0.5  # at the end of a block: what its keys began belongs to it
_OTHER_CLIENT = {"textDocument": {"inlineCompletion": {}}}  # draws no next edits itself


@define
class Way:
    """One server, and what its keys took. ``replies`` are those to requests for a next edit."""

    name: str
    editor: Editor
    model: Model
    trace: list[Key]
    typed: int = 0
    key_ms: list[float] = field(factory=list)
    cpu_s: float = 0.0
    replies: list[asyncio.Future[Any]] = field(factory=list)
    items: int = 0

    async def type(self, count: int, gaps: random.Random, *, counts: bool = True) -> None:
        """Press so many keys, each some time after the answer to the one before."""
        pid = self.editor.client.process.pid
        before_s = cpu_s(pid)
        for key in self.trace[self.typed : self.typed + count]:
            self.model.key = key
            asked = self.editor.press(key)
            if self.name == ASKED:
                self.replies.append(self.editor.ask_next_edit())
            await asyncio.wait_for(asyncio.shield(asked.reply), ANSWER_TIMEOUT_S)
            if counts and asked.answered_s is not None:
                self.key_ms.append((asked.answered_s - asked.written_s) * 1_000)
                self.items += asked.items
            await asyncio.sleep(gaps.uniform(*GAPS_S))
        await asyncio.sleep(SETTLE_S)
        if self.name == ASKED:
            self.replies.append(self.editor.ask_next_edit())
        self.typed += count
        after_s = cpu_s(pid)
        if counts and before_s is not None and after_s is not None:
            self.cpu_s += after_s - before_s


async def measure(key_count: int, blocks: int, line_count: int) -> dict[str, Any]:
    """Type ``blocks`` blocks of ``key_count`` keys each way."""
    text, order, gaps = source(line_count), random.Random(SEED), random.Random(SEED + 1)
    async with AsyncExitStack() as stack:
        ways: list[Way] = []
        for name in (OFF, ASKED, INLINE):
            trace = keys(WARM_KEYS + key_count * blocks, SEED, NO_SURPRISES)
            model = Model(trace[0])
            models = await stack.enter_async_context(ModelServer(model.answer, AT_ONCE))
            editor = await stack.enter_async_context(
                editing(
                    text,
                    models,
                    debounce_ms="0",
                    environ={"AUTOTHINK_NEXT_EDIT__ENABLED": str(name != OFF).lower()},
                    capabilities=_OTHER_CLIENT if name == INLINE else CAPABILITIES,
                )
            )
            ways.append(Way(name, editor, model, trace))
        places = called_places(text)
        for way in ways:
            replace_two(way.editor, places, 0)
            await way.type(WARM_KEYS, gaps, counts=False)
        for number in range(blocks):
            for way in order.sample(ways, len(ways)):
                replace_two(way.editor, places, number + 1)
                await way.type(key_count, gaps)
        asked = next(way for way in ways if way.name == ASKED)
        answers = await asyncio.wait_for(asyncio.gather(*asked.replies), ANSWER_TIMEOUT_S)
    return {
        "keys": key_count * blocks,
        "lines": line_count,
        "ways": {
            way.name: {
                "median_ms": round(median(way.key_ms), 2),
                "p95_ms": round(percentile(way.key_ms, 0.95), 2),
                "cpu_ms_per_key": round(1_000 * way.cpu_s / len(way.key_ms), 2) if way.cpu_s else None,
            }
            for way in ways
        },
        "next_edits": sum(bool(answer["edits"]) for answer in answers),
        "load_average": [round(one, 1) for one in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "processors": os.cpu_count(),
    }


def called_places(text: Source) -> list[tuple[int, int, int]]:
    """Where the word that is called most often stands above the typed line: line, column, length."""
    lines = [(n, line) for n, line in enumerate(text.text.split("\n")[: text.line]) if "def " not in line]
    called = Counter(name for _, line in lines for name in re.findall(r"(?<![\w.])([a-z_]{5,})\(", line))
    word = called.most_common(1)[0][0]
    pattern = re.compile(rf"(?<![\w.]){word}\(")
    found = ((number, pattern.search(line)) for number, line in lines)
    return [(number, match.start(), len(word)) for number, match in found if match is not None]


def replace_two(editor: Editor, places: list[tuple[int, int, int]], block: int) -> None:
    """Replace the word at two places, others for each block."""
    for line, column, length in places[2 * block : 2 * block + 2]:
        editor.replace(line, column, length, "replaced")


def described(result: dict[str, Any]) -> str:
    """The result as a table of text."""
    lines = [f"{result['keys']} keys each way in {result['lines']:,} lines, from the key to the reply:"]
    for name, one in result["ways"].items():
        cpu = "" if one["cpu_ms_per_key"] is None else f", CPU {one['cpu_ms_per_key']} ms a key"
        lines.append(f"  next edits {name}: median {one['median_ms']} ms, p95 {one['p95_ms']} ms{cpu}")
    lines.append(f"{result['next_edits']} of the requests were answered with a next edit.")
    if result["load_average"]:
        load = ", ".join(map(str, result["load_average"]))
        lines.append(f"Load average at the end (1, 5, 15 min): {load}; {result['processors']} processors.")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=40, help="keys of a block (40)")
    parser.add_argument("--blocks", type=int, default=6, help="blocks each way (6)")
    parser.add_argument("--lines", type=int, default=3_500, help="lines of the file (3,500)")
    parser.add_argument("--json", action="store_true", help="for programs")
    args = parser.parse_args()
    result = asyncio.run(measure(args.keys, args.blocks, args.lines))
    print(json.dumps(result, indent=2) if args.json else described(result))


if __name__ == "__main__":
    main()
