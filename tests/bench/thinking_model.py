"""A model that thinks, on a GPU: what thinking is worth to it, and what ``tune`` learns of it on this repository.

    python -m tests.bench.thinking_model --model FOLDER --data humanevalpack-python.jsonl.gz --out results

Starts vLLM with the model through the product's own settings (``assist.backend = "vllm"``) and runs, one after the
other: ``doctor`` (is the model recognised, and what does its server do), ``eval fix`` (the think policies on bugs with
tests) and ``tune`` (on this repository). Each writes its output to a file in ``--out``. A second call with the same
``--out`` goes on where the first one ended, so a machine that is lent for some minutes at a time is enough.

``FOLDER`` holds the weights of HiPO-8B, KAT-V1, Qwen3 or another model that thinks, as its model hub has them:
``config.json``, the tokenizer's files and ``*.safetensors``. Needed as well: a GPU with memory for the weights and
about 8 GB more, and a Python with vLLM of a version that is supported (``--vllm-python``, this one by default).
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_START_S = 600.0  # of vLLM, at most
_STOP_S = 120.0  # for a command to store what it has after Ctrl-C
_EVAL_SHARE = 0.5  # of the minutes; ``tune`` gets the rest


def missing(model: Path, python: str) -> list[str]:
    """What a run needs and this machine lacks, as sentences."""
    found: list[str] = []
    if not (model / "config.json").is_file():
        found.append(f"{model} has no config.json. --model is a folder with a model as its hub has it.")
    elif not any(model.glob("*.safetensors")):
        found.append(f"{model} has no *.safetensors.")
    elif not any(model.glob("tokenizer*")):
        found.append(f"{model} has no tokenizer.")
    if shutil.which("nvidia-smi") is None:
        found.append("There is no nvidia-smi here. A model that thinks needs minutes for a task on a CPU (--cpu).")
    asked = subprocess.run([python, "-c", "import vllm"], capture_output=True, check=False)
    if asked.returncode:
        found.append(f"{python} has no vLLM. --vllm-python names one that has.")
    return found


def environment(model: Path, python: str, home: Path, max_model_tokens: int) -> dict[str, str]:
    """The variables with which the commands use the model, and nothing of this user's settings and records."""
    return {
        **os.environ,
        "AUTOTHINK_HOME": str(home),
        "AUTOTHINK_ASSIST__BACKEND": "vllm",
        "AUTOTHINK_ASSIST__MODEL": str(model.resolve()),
        "AUTOTHINK_VLLM__PYTHON": python,
        "AUTOTHINK_VLLM__CONTEXT_TOKENS": str(max_model_tokens),
        "PYTHONUNBUFFERED": "1",
    }


def run_step(
    name: str, command: Sequence[str], environ: Mapping[str, str], out: Path, limit_s: float | None = None
) -> bool:
    """Run a command of the product, with its output in ``out/name.txt``. After ``limit_s`` it gets Ctrl-C, upon which
    it stores what it has. Returns whether it succeeded."""
    print(f"{time.strftime('%H:%M:%S')} {name}: {' '.join(command[2:])}", flush=True)
    with (out / f"{name}.txt").open("a", encoding="utf-8") as file:
        process = subprocess.Popen(command, env=environ, stdout=file, stderr=subprocess.STDOUT)
        try:
            process.wait(limit_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    print(
        f"{time.strftime('%H:%M:%S')} {name}: exit status {process.returncode}, see {out / f'{name}.txt'}", flush=True
    )
    return process.returncode == 0


def main(argv: Sequence[str] | None = None) -> int:
    """Check what is needed, and run the steps. Exit status 2 if something is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder with the weights")
    parser.add_argument("--data", type=Path, required=True, help="rows of HumanEvalPack for Python, JSON lines, gzip")
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    parser.add_argument("--minutes", type=float, default=8.0, help="time for `eval` and `tune` together")
    parser.add_argument("--limit", type=int, default=82, help="tasks of `eval`")
    parser.add_argument("--context-tokens", type=int, default=16_384)
    parser.add_argument("--vllm-python", default=sys.executable)
    parser.add_argument("--cpu", action="store_true", help="run without a GPU, to try this script")
    args = parser.parse_args(argv)
    if absent := [] if args.cpu else missing(args.model, args.vllm_python):
        print("\n".join(absent), file=sys.stderr)
        return 2
    args.out.mkdir(parents=True, exist_ok=True)
    home = (args.out / "home").resolve()
    environ = environment(args.model, args.vllm_python, home, args.context_tokens)
    tool = [sys.executable, "-m", "autothink_lsp"]
    run_step("trust", [*tool, "trust"], environ, args.out)
    if not run_step("doctor", [*tool, "doctor"], environ, args.out, _START_S):
        print(f"The server did not start or cannot be used: {args.out / 'doctor.txt'} says why.", file=sys.stderr)
    stored = args.out / "eval.json"
    evaluate = ["eval", "fix", "--tasks", str(args.data), "--policy", "all", "--limit", str(args.limit)]
    run_step(
        "eval", [*tool, *evaluate, "--out", str(stored), "--plot", str(args.out / "eval.svg")], environ, args.out,
        args.minutes * 60 * _EVAL_SHARE,
    )  # fmt: skip
    tune = ["tune", "--minutes", str(args.minutes * (1 - _EVAL_SHARE)), "--plot", str(args.out / "tune.svg")]
    resumed = ["--resume"] if any((home / "state" / "tune").glob("*/journal.jsonl")) else []
    is_done = run_step("tune", [*tool, *tune, *resumed], environ, args.out)
    print((args.out / "tune.txt").read_text(encoding="utf-8")[-4_000:])
    return 0 if is_done else 1


if __name__ == "__main__":
    sys.exit(main())
