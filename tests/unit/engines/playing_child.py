"""Plays the engine's child process: the faults that the real one cannot be made to show. ``argv[1]`` names the play."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path


def tell(**event: object) -> None:
    print(json.dumps(event), flush=True)


def wait_for_end_of_input() -> None:
    while sys.stdin.readline():
        pass


start = json.loads(sys.stdin.readline())
play, notes = sys.argv[1], Path(sys.argv[2])
with notes.open("a") as file:
    file.write(json.dumps({"pid": os.getpid(), "argv": sys.argv, **start}) + "\n")
match play:
    case "ready":
        tell(event="reading", fraction=0.5)
        print("not JSON at all")
        tell(event="ready", url="http://127.0.0.1:9")
        wait_for_end_of_input()
    case "refuse":
        print("0.00.1 E llama_model_load: error loading model: it is too odd", file=sys.stderr, flush=True)
        tell(event="failed", message="Failed to init server")
        sys.exit(1)
    case "no package":
        tell(event="failed", message="No module named 'xllamacpp'")
        sys.exit(1)
    case "die":
        print("last words", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    case "die once":
        if len(notes.read_text().splitlines()) == 1:
            sys.exit(3)
        tell(event="ready", url="http://127.0.0.1:9")
        wait_for_end_of_input()
    case "silent":
        time.sleep(600)
    case "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        tell(event="ready", url="http://127.0.0.1:9")
        time.sleep(600)
    case "chatty":
        for number in range(5000):
            print(f"line {number} " + "x" * 1000, file=sys.stderr)
        print("y" * 2_000_000, file=sys.stderr, flush=True)
        print("the end", file=sys.stderr, flush=True)
        tell(event="ready", url="http://127.0.0.1:9")
        wait_for_end_of_input()
    case other:
        raise SystemExit(f"no play {other}")
