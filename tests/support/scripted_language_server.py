"""A language server that reports a line with the word ``bad`` and misbehaves as its argument says. In the mode "uses"
it reports ``area(w, *rest)`` in any open text, too, if an open one defines ``area`` with two parameters.

    python scripted_language_server.py MODE [LOG]

LOG gets a line for each message that came: the method, or "reply" with the JSON of the result or error.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

MODE = sys.argv[1] if len(sys.argv) > 1 else "good"
LOG = Path(sys.argv[2]) if len(sys.argv) > 2 else None
TEXTS: dict[str, str] = {}  # of the open documents, by URI
VERSIONS: dict[str, int] = {}


def send(message: dict[str, Any]) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    sys.stdout.buffer.flush()


def take() -> dict[str, Any]:
    length = 0
    while (line := sys.stdin.buffer.readline().strip()) or not length:
        if not line and not length:
            sys.exit(0)
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return json.loads(sys.stdin.buffer.read(length))


def note(text: str) -> None:
    if LOG is not None:
        with LOG.open("a") as file:
            file.write(text + "\n")


def diagnostics(text: str) -> list[dict[str, Any]]:
    is_broken = MODE == "uses" and any("def area(w, h):" in one for one in TEXTS.values())
    return [
        {
            "range": {"start": {"line": number, "character": 0}, "end": {"line": number, "character": len(line)}},
            "message": f"{line} is bad",
            "code": line.split()[0],
            "source": "Pyright",
            "severity": 1,
        }
        for number, line in enumerate(text.split("\n"))
        if ("bad" in line and not (MODE == "hides" and "(1\n" in text)) or (is_broken and "area(w, *rest)" in line)
    ]


def publish(uri: str, version: int, text: str) -> None:
    params: dict[str, Any] = {"uri": uri, "diagnostics": diagnostics(text)}
    if MODE != "unversioned":
        params["version"] = version
    send({"method": "textDocument/publishDiagnostics", "params": params})


def pulled(text: str) -> Any:
    """The report of a requested text; some servers have none, or refer to an earlier one, where nothing is wrong."""
    items = diagnostics(text)
    if not items and MODE == "pulls-null":
        return None
    if not items and MODE == "pulls-unchanged":
        return {"kind": "unchanged", "resultId": "1"}
    return {"kind": "full", "items": items}


def code_actions(params: dict[str, Any]) -> dict[str, Any]:
    """The fix of the only diagnostic that was sent: ``good`` in place of its line's ``bad``."""
    if MODE == "fixes-error":
        return {"error": {"code": -32603, "message": "no"}}
    (diagnostic,) = params["context"]["diagnostics"]
    words = diagnostic["message"].removesuffix(" is bad").replace("bad", "worse" if MODE == "fixes-wrong" else "good")
    new_text = f"{words} bad" if MODE == "fixes-wrong" else words
    edit = {"changes": {params["textDocument"]["uri"]: [{"range": diagnostic["range"], "newText": new_text}]}}
    suppression = {"title": "Disable for this line", "kind": "quickfix", "edit": {"changes": {}}}
    fix = {"title": "Make it good", "kind": "quickfix", "diagnostics": [diagnostic]}
    return {"result": [suppression, {**fix, "data": edit} if MODE == "fixes-later" else {**fix, "edit": edit}]}


def main() -> None:
    if MODE == "crash":
        sys.exit(3)
    if MODE == "deaf":
        time.sleep(60)
    if MODE == "garbage":
        while True:
            print("no message at all\n" * 100, flush=True)
    if MODE == "http":
        print("HTTP/1.1 400 Bad Request\r\nHost: x\r\n\r\n", end="", flush=True)
    note("started")
    held: list[bytearray] = []
    while True:
        message = take()
        method, params = message.get("method", "reply"), message.get("params") or {}
        note(method if method != "reply" else f"reply {json.dumps(message.get('result', message.get('error')))}")
        if method == "initialize":
            if MODE == "refuses":
                send({"id": message["id"], "error": {"code": -32603, "message": "no"}})
                continue
            if MODE == "slow":
                time.sleep(0.5)
            capabilities: dict[str, Any] = {}
            if MODE.startswith("fixes"):
                capabilities["codeActionProvider"] = {"resolveProvider": True}
            if MODE.startswith("pulls"):
                capabilities["diagnosticProvider"] = {"interFileDependencies": True, "workspaceDiagnostics": False}
            info = {"name": "x", "version": "1.2.3"}
            send({"id": message["id"], "result": {"capabilities": capabilities, "serverInfo": info}})
            if MODE == "memory":
                held.append(bytearray(b"x" * (200 << 20)))
            if MODE == "asks":
                send({"id": 1, "method": "workspace/applyEdit", "params": {"edit": {"changes": {}}}})
                send({"id": 2, "method": "window/showMessageRequest", "params": {"type": 1, "message": "?"}})
                send({"id": 3, "method": "window/showDocument", "params": {"uri": "https://example.org"}})
                send({"id": "four", "method": "x/unknown"})
                send({"id": 5, "method": "workspace/configuration", "params": {"items": [{"section": "python"}, 7]}})
                send({"method": "textDocument/publishDiagnostics", "params": 7})
                send({"method": "textDocument/publishDiagnostics", "params": {"uri": 5, "diagnostics": {}}})
        elif method in {"textDocument/didOpen", "textDocument/didChange"}:
            document = params["textDocument"]
            text = document.get("text") or params["contentChanges"][0]["text"]
            if MODE == "silent":
                continue
            if MODE == "crash-on-change" and method.endswith("Change"):
                sys.exit(4)
            if MODE == "flood":
                while True:
                    publish("file:///elsewhere.py", 1, "bad")
            if MODE == "slow" and method.endswith("Change"):
                time.sleep(1.5)
            TEXTS[document["uri"]], VERSIONS[document["uri"]] = text, document["version"]
            if not MODE.startswith("pulls"):
                publish(document["uri"], document["version"], text)
            for uri in [*TEXTS] if MODE == "uses" else ():
                if uri != document["uri"]:
                    publish(uri, VERSIONS[uri], TEXTS[uri])
        elif method == "textDocument/didClose":
            TEXTS.pop(params["textDocument"]["uri"], None)
        elif method == "textDocument/diagnostic":
            send({"id": message["id"], "result": pulled(TEXTS[params["textDocument"]["uri"]])})
        elif method == "textDocument/codeAction":
            send({"id": message["id"], **code_actions(params)})
        elif method == "codeAction/resolve":
            send({"id": message["id"], "result": {**params, "edit": params["data"]}})
        elif method == "shutdown":
            send({"id": message["id"], "result": None})
        elif method == "exit":
            sys.exit(0)


main()
