"""Runs a child process that fetches something, while it watches for progress and for cancelling."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from attrs import frozen

from autothink_lsp.engines.models.watch import Watch
from autothink_lsp.processes import neutral_folder

_LOOK_EVERY_S = 0.1
_PATIENCE_S = 2.0


@frozen
class ChildResult:
    """``output`` is standard output and error together."""

    returncode: int
    output: str


def run_watched_child(
    command: Sequence[str],
    message: Mapping[str, object],
    environ: Mapping[str, str],
    watch: Watch,
    look: Callable[[IO[bytes]], None],
) -> ChildResult:
    """Run ``command`` to its end and call ``look`` ten times a second with its output so far, open for reading.

    ``message`` goes to its standard input as one line of JSON, with ``parent_pid`` added; the pipe then stays open, for
    its end tells the child that we are gone (``tied_child.py``). Whatever ends this call ends the child: cancelling,
    an exception of ``look``, the interrupt key. The output goes through a file because a full pipe would stop it.
    """
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environ),
            cwd=neutral_folder(),
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        try:
            _send(child, {**message, "parent_pid": os.getpid()})
            while True:
                try:
                    returncode = child.wait(timeout=_LOOK_EVERY_S)
                    break
                except subprocess.TimeoutExpired:
                    watch.look()
                    look(output)
        finally:
            _end(child)
        output.seek(0)
        return ChildResult(returncode, output.read().decode("utf-8", "replace"))


def largest_file_bytes(folder: Path) -> int:
    """Size of the largest file below ``folder``: how far a download is. Files that vanish meanwhile do not matter."""
    largest_bytes = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                largest_bytes = max(largest_bytes, (Path(parent) / name).stat().st_size)
    return largest_bytes


def _send(child: subprocess.Popen[bytes], message: Mapping[str, object]) -> None:
    assert child.stdin is not None  # noqa: S101 - PIPE was asked for
    with contextlib.suppress(BrokenPipeError):  # it died at once; its exit status says so
        child.stdin.write(json.dumps(message).encode() + b"\n")
        child.stdin.flush()


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if child.stdin is not None:
        child.stdin.close()
