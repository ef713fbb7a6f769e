"""What `--help` prints of each command on a terminal."""

from __future__ import annotations

import pytest

from autothink_lsp.cli import COMMANDS, main

WIDTH = 80


@pytest.mark.parametrize("name", [name for name, _, _ in COMMANDS])
def test_the_help_of_a_command_is_plain_text_as_wide_as_the_terminal(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    with pytest.raises(SystemExit):
        main([name, "--help"])
    usage, description, *_ = (printed := capsys.readouterr().out).split("\n\n")
    assert usage.startswith(f"usage: autothink-lsp {name} ")
    assert description[0].isupper(), description
    assert description.rstrip().endswith((".", "?")), description
    assert "``" not in printed
    described = printed.partition("\n\n")[2].partition("positional arguments:")[0].partition("options:")[0]
    assert max(map(len, described.splitlines())) <= WIDTH
