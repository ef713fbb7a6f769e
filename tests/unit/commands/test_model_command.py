"""``autothink-lsp model``: what it prints, where, and with which exit status."""

from __future__ import annotations

import argparse
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from autothink_lsp.commands import model
from autothink_lsp.engines.models import store as store_module
from autothink_lsp.engines.models.catalogue import CATALOGUE
from autothink_lsp.engines.models.sources import DownloadStep
from autothink_lsp.engines.models.store import ModelStore

CONTENT = b"GGUF\x03\0\0\0" + b"w" * 1_999_992


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run the command on a store of its own, in which the first model is two megabytes of nothing."""
    monkeypatch.setenv("AUTOTHINK_HOME", str(tmp_path))
    small = evolve(CATALOGUE[0], size_bytes=len(CONTENT), sha256=hashlib.sha256(CONTENT).hexdigest())
    catalogue = (small, CATALOGUE[1])
    monkeypatch.setattr(ModelStore, "default", lambda: ModelStore(store_module.data_dir() / "models", catalogue))
    parser = argparse.ArgumentParser()
    model.add_parser(parser.add_subparsers())

    def call(*arguments: str) -> int:
        args = parser.parse_args(["model", *arguments])
        return args.run(args)

    return call


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "copy.gguf"
    path.write_bytes(CONTENT)
    return path


def test_the_list_before_and_after(run, file, capsys) -> None:
    assert run("list") == 0
    before = capsys.readouterr().out.splitlines()
    table = before[: before.index("")]
    assert [line.split()[0] for line in table[:3]] == ["NAME", "qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"]
    assert table[1].split()[1:5] == ["completion,", "assist", "2", "MB"]
    assert all(line.endswith(" no") for line in table[1:])
    assert any("qwen3-4b" in line and "2497 MB" in line and " yes " in line for line in table), "known, not yet there"
    assert before[-2].startswith("Not tested by autothink-lsp: mellum-4b, ")
    assert before[-1] == "Recommended for completion on this machine: qwen2.5-coder-0.5b."
    assert run("pull", "--from", str(file)) == 0
    capsys.readouterr()
    assert run("list", "--json") == 0
    first, second, *others = json.loads(capsys.readouterr().out)
    assert (first["installed"], first["source"], first["size_bytes"]) == (True, "file", 2_000_000)
    assert Path(first["path"]).read_bytes() == CONTENT
    assert (second["installed"], second["path"]) == (False, None)
    assert {one["is_run"] for one in others} == {False}
    assert all(one["evidence"].endswith("not tested by autothink-lsp") for one in others)


def test_pull_path_remove(run, file, capsys) -> None:
    assert run("pull", "0.5b", "--from", str(file)) == 0
    printed = capsys.readouterr()
    assert "is installed: " in printed.out
    assert "qwen2.5-coder-0.5b: verifying, 2 of 2 MB" in printed.err
    assert run("pull", "0.5b") == 0
    assert "already installed" in capsys.readouterr().out
    assert run("path", "0.5b") == 0
    path = Path(capsys.readouterr().out.strip())
    assert path.is_file()
    assert run("remove", "0.5b") == 0
    assert "was removed (2 MB)" in capsys.readouterr().out
    assert not path.exists()
    assert run("remove", "0.5b") == 0
    assert "is not installed" in capsys.readouterr().out


FAULTS = [
    (("path", "0.5b"), "is not installed", "model pull qwen2.5-coder-0.5b"),
    (("path", "nonsense"), "no model named 'nonsense'", "Known models"),
    (("pull", "--from", "/no/such/file"), "cannot be read", ""),
    (("remove", "nonsense"), "no model named", "Known models"),
]


@pytest.mark.parametrize(("arguments", "message", "hint"), FAULTS)
def test_faults_go_to_standard_error_with_their_hint(run, capsys, arguments, message: str, hint: str) -> None:
    assert run(*arguments) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err
    assert hint in printed.err
    assert "Traceback" not in printed.err


def test_removing_from_a_store_that_never_was(run, capsys, tmp_path) -> None:
    assert run("remove", "0.5b") == 0
    assert "is not installed" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_is_said_shortly(run, capsys, monkeypatch, file) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(model.ModelPull, "run", interrupt)
    assert run("pull", "--from", str(file)) == 130
    assert "Interrupted" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_one_line_that_is_redrawn(monkeypatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(model.time, "monotonic", lambda: float(next(clock)))
    out = Terminal()
    display = model.ProgressDisplay("m", out)
    for done in (0, 50_000_000, 100_000_000):
        display.show(DownloadStep(done, 100_000_000, "downloading"))
    display.close()
    lines = out.getvalue().split("\r")[1:]
    assert [line.split()[2] for line in lines] == ["0%", "50%", "100%"]
    assert lines[1].count("█") == lines[1].count("░") == 14
    assert out.getvalue().count("\n") == 1


def test_elsewhere_a_line_for_each_tenth(run) -> None:
    out = io.StringIO()
    display = model.ProgressDisplay("m", out)
    for done in range(0, 1_000_001, 1000):
        display.show(DownloadStep(done, 1_000_000, f"downloading part {done % 7} of 9"))
    display.close()
    assert len(out.getvalue().splitlines()) <= 20
