"""The main module of the indexing process, which ``service.py`` starts.

Reads its start message, updates the index at the lowest priority, writes the result as one line of JSON, and ends. It
also ends when the language server has ended.
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
from autothink_lsp.processes.parent_death import on_parent_exit, read_start_message
from autothink_lsp.settings.model import CompletionSettings, PrivacySettings, Settings


def main() -> None:
    """Update the index and exit: with status 0 if the index is up to date."""
    status = _update_index()
    sys.stdout.flush()
    os._exit(status)  # the thread that reads standard input would delay the interpreter's exit


def _update_index() -> int:
    with contextlib.suppress(OSError, AttributeError):
        os.nice(19)
    order = read_start_message()
    parent_exited = threading.Event()
    on_parent_exit(parent_exited.set)
    # With the rules for a remote model: a file that may not leave this machine is in no index.
    settings = Settings(
        completion=CompletionSettings(
            exclude=tuple(order["exclude"]), backend="openai", url="https://elsewhere.invalid"
        ),
        privacy=PrivacySettings(largest_file_kib=order["largest_file_kib"]),
    )
    try:
        writer = IndexWriter(Path(order["database"]))
        try:
            found = scan(
                Path(order["folder"]), writer, settings, near=order.get("near", ()), stopped=parent_exited.is_set
            )
        finally:
            writer.close()
    except (sqlite3.Error, OSError) as error:
        sys.stdout.write(json.dumps({"error": type(error).__name__}) + "\n")
        return 1
    sys.stdout.write(json.dumps(asdict(found)) + "\n")
    return 0


if __name__ == "__main__":
    main()
