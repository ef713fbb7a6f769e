"""Stands between an editor and our server, passes every byte on, and keeps what was said: a file of JSON lines.

    python recording_server.py LOG COMMAND ...

A line is ``{"from": "editor" | "server", "message": ...}``. The editor's process stays the one that ends the server.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO


def main() -> None:
    """See the module."""
    log_path, *command = sys.argv[1:]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin is not None
    assert server.stdout is not None
    with Path(log_path).open("a", encoding="utf-8", buffering=1) as log:
        lock = threading.Lock()

        def keep(who: str, body: bytes) -> None:
            with lock:
                log.write(json.dumps({"from": who, "message": json.loads(body)}) + "\n")

        answers = threading.Thread(target=pass_on, args=(server.stdout, sys.stdout.buffer, "server", keep))
        answers.start()
        threading.Thread(target=pass_on, args=(sys.stdin.buffer, server.stdin, "editor", keep), daemon=True).start()
        answers.join()
    os._exit(server.wait())


def pass_on(source: IO[bytes], target: IO[bytes], who: str, keep: Callable[[str, bytes], None]) -> None:
    """Message by message to the end of ``source``, which then ends ``target``."""
    while header := source.readline():
        length = 0
        head = header
        while header.strip():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            header = source.readline()
            head += header
        body = source.read(length)
        try:
            target.write(head + body)
            target.flush()
        except BrokenPipeError:
            break
        keep(who, body)
    with contextlib.suppress(BrokenPipeError):
        target.close()


if __name__ == "__main__":
    main()
