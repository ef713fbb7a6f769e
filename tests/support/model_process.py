"""The fake model server in a process of its own, for tests of starting, sharing and ending one.

    model_process.py --port N [--say LINE]... [--die-after S] [--exit STATUS] [--ready-after S] [--child]

Every path is answered with a list of models and the process id; after ``/hang`` no request is answered. ``--child``
starts a process that ignores SIGTERM, as a worker that is stuck would.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # this file is started by its path

from tests.support.fault_server import FaultServer
from tests.support.wire_format import HttpReply, ReceivedRequest, json_reply


class ModelList:
    """Answers every request with one model, until a request for ``/hang``."""

    def __init__(self) -> None:
        self._is_hanging = False

    def __call__(self, request: ReceivedRequest) -> HttpReply:
        if self._is_hanging:
            return HttpReply(b"", then="hang")
        self._is_hanging = request.path == "/hang"
        return json_reply({"data": [{"id": "m", "owned_by": "vllm"}], "pid": os.getpid()})


async def serve(port: int) -> None:
    """Serve until the process ends."""
    async with FaultServer(port, respond=ModelList()):
        print("key", os.environ.get("STANDIN_KEY", ""), flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--say", action="append", default=[])
    parser.add_argument("--die-after", type=float)
    parser.add_argument("--ready-after", type=float, default=0.0)
    parser.add_argument("--exit", type=int)
    parser.add_argument("--child", action="store_true")
    args = parser.parse_args()
    for line in args.say:
        print(line, flush=True)
    if args.exit is not None:
        sys.exit(args.exit)
    if args.child:
        stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"
        # It holds our output open, as vLLM's workers do when their parent is killed.
        print("child", subprocess.Popen([sys.executable, "-c", stubborn]).pid, flush=True)
    time.sleep(args.ready_after)
    if args.die_after is not None:
        threading.Timer(args.die_after, lambda: os._exit(7)).start()
    asyncio.run(serve(args.port))


if __name__ == "__main__":
    main()
