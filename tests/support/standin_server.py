"""Stands in for a model server where a test is about starting, sharing and ending it: a real process with a real port.

    standin_server.py --port N [--say LINE]... [--die-after S] [--exit STATUS] [--ready-after S] [--child]

It answers ``/health`` and ``/v1/models``; ``/hang`` makes it hang afterwards. ``--child`` starts a process that
ignores SIGTERM, as a worker that is stuck would.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

hanging = threading.Event()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/hang":
            hanging.set()
        elif hanging.is_set():
            time.sleep(60)
        body = json.dumps({"data": [{"id": "m", "owned_by": "vllm"}], "pid": os.getpid()}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


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
    server = ThreadingHTTPServer(("127.0.0.1", args.port), Handler)
    server.daemon_threads = True
    print("key", os.environ.get("STANDIN_KEY", ""), flush=True)
    if args.die_after is not None:
        threading.Timer(args.die_after, lambda: os._exit(7)).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
