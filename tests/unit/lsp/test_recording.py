"""What a recording without code holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.lsp.recording import MessageMasker, SessionRecorder, mask_text

SECRET = "ghp_" + "a1B2" * 9


@given(st.text())
def test_positions_stay_right_in_every_encoding(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    masked = mask_text(text)
    for encoding in ("utf-8", "utf-16-le", "utf-32-le"):
        assert [len(char.encode(encoding)) for char in masked] == [len(char.encode(encoding)) for char in text]
    assert not set(masked) & set("abcdefghijklmnopqrstuvwyzABCDEFGHIJKLMNOPQRSTUVWYZ123456789")


def test_copied_text_is_masked_even_in_a_recording_with_code(tmp_path: Path) -> None:
    file = tmp_path / "session.jsonl"
    recorder = SessionRecorder(file, with_code=True)
    for sender, message in (
        ("server", {"id": 7, "method": "autothink/clipboard"}),
        ("client", {"id": 7, "method": "textDocument/hover", "params": {"text": "shop"}}),  # another's number
        ("client", {"id": 7, "result": {"text": "basket"}}),
    ):
        recorder._record_body(sender, json.dumps(message).encode())
    written = file.read_text(encoding="utf-8")
    assert "shop" in written
    assert "basket" not in written


def test_lines_and_punctuation_stay() -> None:
    assert mask_text("def add(a, b1):\n\treturn 'é漢😀'\r\n") == "xxx xxx(x, x0):\n\txxxxxx 'é中𝕩'\r\n"


@pytest.mark.parametrize(
    ("sender", "method", "params", "kept", "gone"),
    [
        (
            "client",
            "textDocument/didOpen",
            {"textDocument": {"uri": "file:///a/b.py", "languageId": "python", "version": 1, "text": "shop = 1"}},
            ["file:///a/b.py", "python"],
            ["shop"],
        ),
        ("client", "textDocument/didChange", {"contentChanges": [{"text": "shop"}]}, [], ["shop"]),
        (
            "client",
            "textDocument/codeAction",
            {"context": {"only": ["quickfix"], "diagnostics": [{"message": "shop", "code": "shop", "source": "shop"}]}},
            ["quickfix"],
            ["shop"],
        ),
        (
            "client",
            "initialize",
            {"clientInfo": {"name": "Zed"}, "capabilities": {"general": {"positionEncodings": ["utf-16"]}}},
            ["Zed", "utf-16"],
            [],
        ),
        (
            "client",
            "workspace/didChangeConfiguration",
            {"settings": {"autothink": {"completion": {"backend": "openai", "api_key": SECRET}}}},
            ["openai"],
            [SECRET],
        ),
        ("client", "$/setTrace", {"value": "verbose"}, ["verbose"], []),
        ("server", "window/showMessage", {"type": 1, "message": "AutoThink: rename shop"}, [], ["shop", "rename"]),
        ("server", "window/logMessage", {"type": 4, "message": f"ready, token = {SECRET}"}, ["ready"], [SECRET]),
        (
            "server",
            "workspace/applyEdit",
            {"label": "shop", "edit": {"changes": {"file:///a": [{"newText": "shop"}]}}},
            ["file:///a"],
            ["shop"],
        ),
    ],
)
def test_what_is_kept(sender: str, method: str, params: object, kept: list[str], gone: list[str]) -> None:
    masked = json.dumps(MessageMasker().masked(sender, {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
    assert method in masked
    assert [text for text in kept if text not in masked] == []
    assert [text for text in gone if text in masked] == []


def test_replies() -> None:
    masker = MessageMasker()
    masker.masked("server", {"id": "s1", "method": "workspace/configuration", "params": {"items": []}})
    settings = {"id": "s1", "result": [{"completion": {"fim_family": "qwen"}}]}
    assert masker.masked("client", settings) == settings
    suggestion = {"id": 1, "result": {"items": [{"insertText": "shop", "command": {"command": "autothink.accepted"}}]}}
    masked = json.dumps(masker.masked("server", suggestion))
    assert "shop" not in masked
    assert "autothink.accepted" in masked
    error = {"id": 1, "error": {"code": -32602, "message": "There is no command"}}
    assert masker.masked("server", error) == error
