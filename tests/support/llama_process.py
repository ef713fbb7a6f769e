"""Plays the embedded engine's process with a real HTTP server and no model. ``argv[1]`` names the play.

``serve``   answers ``/slots`` with the process id, and ``/hang`` by never answering again
``refuse``  reports that the model cannot be loaded
``die``     is killed soon after it was ready
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

start = json.loads(sys.stdin.readline())
play = sys.argv[1]
hangs = threading.Event()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if hangs.is_set():
            time.sleep(600)
        if self.path == "/hang":
            hangs.set()
        known = self.headers["Authorization"] == f"Bearer {start['api_key']}"
        body = json.dumps({"pid": os.getpid(), "parameters": start["parameters"]}).encode() if known else b""
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Log nothing."""


def tell(**event: object) -> None:
    print(json.dumps(event), flush=True)


def die() -> None:
    time.sleep(0.6)
    os.kill(os.getpid(), signal.SIGKILL)


if play == "refuse":
    print("E llama_model_load: unknown model architecture: 'odd'", file=sys.stderr, flush=True)
    tell(event="failed", message="Failed to init server")
    sys.exit(1)
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
tell(event="reading", fraction=0.5)
tell(event="ready", url=f"http://127.0.0.1:{server.server_address[1]}")
if play == "die":
    threading.Thread(target=die, daemon=True).start()
while sys.stdin.readline():
    pass
