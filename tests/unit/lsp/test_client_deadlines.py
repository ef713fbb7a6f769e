"""Every wait for an editor ends: some never answer (ALE, for one)."""

from __future__ import annotations

import ast
from pathlib import Path

import autothink_lsp.lsp

FOLDER = Path(autothink_lsp.lsp.__file__).parent


def waits(tree: ast.AST) -> tuple[list[int], list[int]]:
    """Lines of all requests to the client, and of those that ``asyncio.wait_for`` ends."""
    requests = [node for node in ast.walk(tree) if _is_request(node)]
    ended = [
        argument
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "wait_for"
        for argument in node.args
        if _is_request(argument) and (len(node.args) == 2 or any(each.arg == "timeout" for each in node.keywords))
    ]
    return sorted(node.lineno for node in requests), sorted(node.lineno for node in ended)


def _is_request(node: ast.AST) -> bool:
    """pygls names them ``…_async``."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.endswith("_async")


def test_every_request_to_the_client_has_a_deadline_and_only_two_modules_send_any() -> None:
    senders = {}
    for path in FOLDER.rglob("*.py"):
        requests, ended = waits(ast.parse(path.read_text(encoding="utf-8")))
        assert requests == ended, path
        if requests:
            senders[path.name] = len(requests)
    assert senders == {"client.py": 1, "progress.py": 1}


def test_a_wait_without_one_would_be_seen() -> None:
    requests, ended = waits(ast.parse("async def f(s):\n    await s.window_show_document_async(1)\n"))
    assert (requests, ended) == ([2], [])
