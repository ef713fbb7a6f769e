"""No secret is written to a log, whatever a checker, a server or an exception says, and no file is for others' eyes."""

from __future__ import annotations

import logging
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autothink_lsp.lsp.logs import Logs

SECRET = "q8wq8wq8w" + "12345"


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    root, package = logging.getLogger(), logging.getLogger("autothink_lsp")
    before = (root.level, package.level, list(root.handlers), sys.excepthook)
    logs = Logs(level="trace", file=str(tmp_path / "server.log"))
    logs.start()
    yield tmp_path / "server.log"
    for handler in [one for one in root.handlers if one not in before[2]]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(before[0])
    package.setLevel(before[1])
    sys.excepthook = before[3]


def test_lines_arguments_and_tracebacks(file: Path) -> None:
    log = logging.getLogger("autothink_lsp.test")
    log.info("quick: %s", f'it is no int: password = "{SECRET}"')
    try:
        int(f"postgres://me:{SECRET}@host/db")
    except ValueError:
        log.exception("failed")
    text = file.read_text(encoding="utf-8")
    assert "quick: it is no int" in text
    assert "Traceback" in text
    assert text.count("[secret]") == 2
    assert SECRET not in text


def test_the_last_words_of_the_interpreter(file: Path) -> None:
    error = RuntimeError(f'token = "{SECRET}"')
    sys.excepthook(RuntimeError, error, None)
    text = file.read_text(encoding="utf-8")
    assert "crashed" in text
    assert SECRET not in text


def test_only_its_owner_reads_the_file(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
