"""A real server process at the other end of a pipe, for what no client sends: bytes as they are, replies counted.

Synchronous on purpose: hypothesis runs many examples against one process, and nothing here needs an event loop.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

Json = Any
PATIENCE_S = float(os.environ.get("AUTOTHINK_TEST_PATIENCE_S", "60"))


def frame(message: Json) -> bytes:
    """A message in LSP's base protocol."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def request(number: Json, method: str, params: Json = None) -> bytes:
    return frame({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


def notification(method: str, params: Json = None) -> bytes:
    return frame({"jsonrpc": "2.0", "method": method, "params": params})


class RawServer:
    """Every reply is counted by its id (as JSON text, so that 1 and "1" differ)."""

    def __init__(self, home: Path, environ: Mapping[str, str] | None = None, *, observed: bool = False) -> None:
        command = ["-m", "tests.hardening.observed_server"] if observed else ["-m", "autothink_lsp", "serve"]
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                "AUTOTHINK_HOME": str(home),
                "AUTOTHINK_COMPLETION__BACKEND": "openai",
                "AUTOTHINK_COMPLETION__URL": "http://127.0.0.1:9",
                "AUTOTHINK_COMPLETION__DEBOUNCE_MS": "0",
                **(environ or {}),
            },
        )
        self.replies: Counter[str] = Counter()
        self.results: dict[str, Json] = {}
        self.asked_us = 0
        self._changed = threading.Condition()
        self._numbers = 0
        threading.Thread(target=self._read, daemon=True).start()

    def start(self) -> None:
        """The handshake of a client that can do nothing."""
        self.send(request("initialize", "initialize", {"processId": None, "rootUri": None, "capabilities": {}}))
        self.send(notification("initialized", {}))
        self.until(lambda: self.replies['"initialize"'] == 1)

    def send(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for replies. The limit is there to fail, not to measure."""
        with self._changed:
            done = self._changed.wait_for(lambda: condition() or self.process.poll() is not None, PATIENCE_S)
        assert self.process.poll() is None, f"the server ended with {self.process.returncode}"
        assert done, f"no reply within {PATIENCE_S:.0f} s; {sum(self.replies.values())} came"

    def barrier(self) -> None:
        """Everything that was sent before this has been read."""
        self._numbers += 1
        number = f"barrier {self._numbers}"
        self.send(request(number, "no/such/method"))
        self.until(lambda: self.replies[json.dumps(number)] == 1)

    def ask(self, method: str, params: Json) -> Json:
        """One request and the whole reply to it."""
        self._numbers += 1
        number = f"ask {self._numbers}"
        self.send(request(number, method, params))
        self.until(lambda: json.dumps(number) in self.results)
        return self.results[json.dumps(number)]

    @property
    def rss_kib(self) -> int:
        return psutil.Process(self.process.pid).memory_info().rss // 1024

    def settled_rss_kib(self) -> int:
        """The smallest of some readings: what is given back a moment later is no leak."""
        readings = []
        for _ in range(5):
            self.barrier()
            readings.append(self.rss_kib)
            time.sleep(0.02)
        return min(readings)

    def stop(self) -> int:
        """``shutdown``, ``exit``; the status, which is 0 after a clean end."""
        if self.process.poll() is None:
            self.send(request("shutdown", "shutdown"))
            self.send(notification("exit"))
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _read(self) -> None:
        stdout = self.process.stdout
        assert stdout is not None
        while True:
            length = None
            while (line := stdout.readline()) not in {b"\r\n", b""}:
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if length is None:
                break
            message = json.loads(stdout.read(length))
            with self._changed:
                if "method" in message:
                    self.asked_us += "id" in message
                else:
                    number = json.dumps(message.get("id"))
                    self.replies[number] += 1
                    self.results[number] = message
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()
