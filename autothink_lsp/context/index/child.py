"""The indexing process, started by ``service.py``.

Reads one line of JSON, brings the index up to date at the lowest priority, says what it did in one line of JSON, and
ends; it also ends when its input does, which is when the server is gone. Never imported by the server.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import sys
import threading
from pathlib import Path

from attrs import asdict

from autothink_lsp.context.index.scan import scan
from autothink_lsp.context.index.store import IndexWriter
from autothink_lsp.settings.log_and_privacy import PrivacySettings
from autothink_lsp.settings.model import CompletionSettings, Settings


def main() -> None:
    """Never returns. The exit status is 0 when the index is up to date."""
    status = _bring_up_to_date()
    sys.stdout.flush()
    os._exit(status)  # the thread that watches the input would hold the interpreter up


def _bring_up_to_date() -> int:
    with contextlib.suppress(OSError, AttributeError):
        os.nice(19)
    order = json.loads(sys.stdin.readline())
    gone = threading.Event()

    def watch() -> None:
        sys.stdin.read()
        gone.set()

    threading.Thread(target=watch, daemon=True).start()
    # As for the strictest place: what may not leave this machine is in no index.
    settings = Settings(
        completion=CompletionSettings(
            exclude=tuple(order["exclude"]), backend="openai", url="https://elsewhere.invalid"
        ),
        privacy=PrivacySettings(largest_file_kib=order["largest_file_kib"]),
    )
    try:
        writer = IndexWriter(Path(order["database"]))
        try:
            found = scan(Path(order["folder"]), writer, settings, stopped=gone.is_set)
        finally:
            writer.close()
    except (sqlite3.Error, OSError) as error:
        sys.stdout.write(json.dumps({"error": type(error).__name__}) + "\n")
        return 1
    sys.stdout.write(json.dumps(asdict(found)) + "\n")
    return 0


if __name__ == "__main__":
    main()
