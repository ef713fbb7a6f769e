"""A language server for tests that only renames: the word at the position, in all files that it was told of.

    python rename_server.py MODE     "all", "null", "error", "empty", "files" or "silent"

Its reader is Neovim; nothing of our server is imported.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

MODE = sys.argv[1]
TEXTS: dict[str, str] = {}


def edit_of(params: Any) -> Any:
    where = params["position"]
    line = TEXTS[params["textDocument"]["uri"]].split("\n")[where["line"]]
    word = next(m[0] for m in re.finditer(r"\w+", line) if m.start() <= where["character"] <= m.end())
    changes = {uri: list(edits(text, word, params["newName"])) for uri, text in TEXTS.items()}
    if MODE == "files":
        uri = params["textDocument"]["uri"]
        return {"documentChanges": [{"kind": "rename", "oldUri": uri, "newUri": f"{uri}x"}]}
    return {"changes": {} if MODE == "empty" else {uri: found for uri, found in changes.items() if found}}


def edits(text: str, word: str, new: str) -> Any:
    for number, line in enumerate(text.split("\n")):
        for match in re.finditer(rf"\b{word}\b", line):
            start, end = ({"line": number, "character": column} for column in match.span())
            yield {"range": {"start": start, "end": end}, "newText": new}


def answer(method: str, params: Any) -> Any:
    if method == "initialize":
        return {"capabilities": {"renameProvider": True, "textDocumentSync": 1, "positionEncoding": "utf-16"}}
    if method == "textDocument/rename" and MODE != "null":
        return edit_of(params)
    return None


def main() -> None:
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    while header := stdin.readline():
        while stdin.readline().strip():
            pass
        message = json.loads(stdin.read(int(header.split(b":")[1])))
        method, params = message.get("method"), message.get("params")
        if method == "exit":
            return
        if method == "textDocument/didOpen":
            TEXTS[params["textDocument"]["uri"]] = params["textDocument"]["text"]
        elif method == "textDocument/didChange":
            TEXTS[params["textDocument"]["uri"]] = params["contentChanges"][-1]["text"]
        if "id" not in message or method is None or (MODE == "silent" and method == "textDocument/rename"):
            continue
        reply: dict[str, Any] = {"jsonrpc": "2.0", "id": message["id"]}
        if MODE == "error" and method == "textDocument/rename":
            reply["error"] = {"code": -32603, "message": "This cannot be renamed"}
        else:
            reply["result"] = answer(method, params)
        body = json.dumps(reply).encode()
        stdout.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        stdout.flush()


if __name__ == "__main__":
    main()
