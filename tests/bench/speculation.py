"""Whether guessing tokens from the prompt (n-gram speculation) makes the embedded engine faster: completions and edits.

    python -m tests.bench.speculation --model FILE.gguf --data FOLDER --out results.json

FOLDER holds ``humaneval-infilling-singleline.jsonl.gz`` and ``humanevalpack-python.jsonl.gz``:
``docs/measurements/layouts.md``, "Data", says where they can be had.

For each setting an engine of its own is started, one after the other, with one thread. The prompt is evaluated first,
so that what is counted is decoding: tokens, steps' CPU time of the engine's process (a busy machine makes wall time
useless), and whether the text is the same as without. ``SIZE_M`` is the longest guess, ``SIZE_N`` what has to agree.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psutil

from autothink_lsp.prompt.fim.families.qwen import QWEN_CODER
from autothink_lsp.prompt.fim.render import render_fim_prompt
from tests.bench.layouts import holes, window

COMPLETION_TOKENS, EDIT_TOKENS = 32, 220
SETTINGS: dict[str, tuple[int, int] | None] = {"none": None, "n4 m8": (4, 8), "n4 m24": (4, 24), "n8 m16": (8, 16)}
ENGINE = """
import json, sys, time, xllamacpp
model, size_n, size_m = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
values = xllamacpp.CommonParams()
values.model.path, values.model_alias = model, {"m"}
values.n_ctx, values.n_parallel, values.n_batch, values.n_ubatch = 4096, 1, 256, 256
values.cpuparams.n_threads = values.cpuparams_batch.n_threads = 1
values.cache_prompt, values.fit_params, values.offline, values.ui, values.verbosity = True, False, True, False, 1
values.hostnames, values.port = ["127.0.0.1"], 0
if size_m:
    values.speculative.types = [xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE]
    values.speculative.ngram_simple.size_n, values.speculative.ngram_simple.size_m = size_n, size_m
server = xllamacpp.Server(values)
print(server.listening_address, flush=True)
time.sleep(100_000)
"""


def edit_prompts(folder: Path, count: int) -> Iterator[str]:
    """As a chat: the whole function again, with its bug mended."""
    with gzip.open(folder / "humanevalpack-python.jsonl.gz", "rt", encoding="utf-8") as file:
        for line, _ in zip(file, range(count), strict=False):
            row = json.loads(line)
            yield (
                "<|im_start|>system\nYou repair code.<|im_end|>\n<|im_start|>user\nThis function has a bug. Write "
                f"all of it again, corrected, in a code block.\n```python\n{row['declaration']}{row['buggy_solution']}"
                "```<|im_end|>\n<|im_start|>assistant\n```python\n"
            )


def completion_prompts(folder: Path, count: int) -> Iterator[str]:
    """Prompts of the keystroke path, half of them in real files."""
    for kind in ("files", "line"):
        for hole in holes(folder, kind, count // 2, 3):
            yield render_fim_prompt(QWEN_CODER, window(hole), "ctx", healing="word").text


def run(arguments: argparse.Namespace, setting: str) -> list[dict[str, Any]]:
    """Everything with one engine."""
    sizes = SETTINGS[setting] or (0, 0)
    command = [sys.executable, "-c", ENGINE, str(arguments.model), *map(str, sizes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            work = [
                ("completion", one, COMPLETION_TOKENS)
                for one in completion_prompts(arguments.data, arguments.completions)
            ]
            work += [("edit", one, EDIT_TOKENS) for one in edit_prompts(arguments.data, arguments.edits)]
            return [measured(url, psutil.Process(process.pid), *one) for one in work]
        finally:
            process.kill()


def measured(url: str, engine: psutil.Process, kind: str, prompt: str, most_tokens: int) -> dict[str, Any]:
    """One answer."""
    stop = ["\n"] if kind == "completion" else ["```"]
    body = {"prompt": prompt, "temperature": 0, "cache_prompt": True, "stop": [*stop, "<|im_end|>", "<|endoftext|>"]}
    httpx.post(f"{url}/completion", json={**body, "n_predict": 0}, timeout=600).raise_for_status()
    before = sum(engine.cpu_times()[:2])
    reply = (
        httpx.post(f"{url}/completion", json={**body, "n_predict": most_tokens}, timeout=600).raise_for_status().json()
    )
    timings = reply["timings"]
    return {
        "kind": kind,
        "text": reply["content"],
        "cpu_s": sum(engine.cpu_times()[:2]) - before,
        "tokens": timings["predicted_n"],
        "drafted": timings.get("draft_n", 0),
        "accepted": timings.get("draft_n_accepted", 0),
    }


def report(results: dict[str, list[dict[str, Any]]]) -> None:
    """Of each kind and setting: tokens for each CPU second, and paired against none."""
    for kind in ("completion", "edit"):
        base = [row for row in results["none"] if row["kind"] == kind]
        for setting, every in results.items():
            rows = [row for row in every if row["kind"] == kind]
            speed = sum(row["tokens"] for row in rows) / sum(row["cpu_s"] for row in rows)
            ratios = [a["cpu_s"] / max(1e-9, b["cpu_s"]) for a, b in zip(base, rows, strict=True) if b["tokens"] > 2]
            same = sum(a["text"] == b["text"] for a, b in zip(base, rows, strict=True))
            print(
                f"{kind:10} {setting:7} n={len(rows)} · {speed:.1f} tokens a CPU second · faster than none "
                f"{median(ratios):.2f} times (median; worst {min(ratios):.2f}, best {max(ratios):.2f}) · "
                f"guessed {sum(row['drafted'] for row in rows)}, right {sum(row['accepted'] for row in rows)} · "
                f"same text {same}/{len(rows)}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, metavar="FOLDER", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--completions", type=int, default=24)
    parser.add_argument("--edits", type=int, default=10)
    arguments = parser.parse_args()
    results = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    for setting in SETTINGS:
        if setting not in results:
            results[setting] = run(arguments, setting)
            arguments.out.write_text(json.dumps(results, indent=1))
    report(results)


if __name__ == "__main__":
    main()
