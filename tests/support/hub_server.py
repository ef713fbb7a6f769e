"""A hub on the loopback interface: the listing of one repository and its files, with the faults that a network has."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from attrs import define, field


@define(eq=False)
class HubServer:
    """``files`` are contents by name. ``break_after`` bytes of a file each connection ends, if it is set."""

    repository: str = "someone/Tiny-GGUF"
    licence: str = "apache-2.0"
    files: dict[str, bytes] = field(factory=dict)
    break_after: int | None = None
    ignores_ranges: bool = False
    status: int = 200
    requests: list[tuple[str, str | None]] = field(factory=list)
    tokens: list[str | None] = field(factory=list)
    moved: dict[str, HubServer] = field(factory=dict)  # by the name of a repository before: where it is now
    stated: dict[str, bytes] = field(factory=dict)  # contents that the listing speaks of, where they differ
    _server: ThreadingHTTPServer | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> HubServer:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def listing(self) -> dict[str, Any]:
        siblings: list[dict[str, Any]] = [{"rfilename": "README.md", "size": 5}]
        for name in self.files:
            content = self.stated.get(name, self.files[name])
            lfs = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
            siblings.append({"rfilename": name, "size": len(content), "lfs": lfs})
        return {
            "id": self.repository,
            "sha": "0123456789abcdef",
            "cardData": {"license": self.licence} if self.licence else {},
            "tags": ["gguf"],
            "siblings": siblings,
        }


def _handler(hub: HubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(self.path.partition("?")[0])
            hub.requests.append((path, self.headers.get("Range")))
            hub.tokens.append(self.headers.get("Authorization"))
            old = next((name for name in hub.moved if f"/{name}" in self.path), None)
            if hub.status != 200:
                self.send_error(hub.status)
            elif old is not None:
                self.send_response(307)
                new = hub.moved[old]
                self.send_header("location", new.url + self.path.replace(old, new.repository))
                self.send_header("content-length", "0")
                self.end_headers()
            elif path == f"/api/models/{hub.repository}":
                self._send(200, json.dumps(hub.listing()).encode())
            elif (name := path.removeprefix(f"/{hub.repository}/resolve/0123456789abcdef/")) in hub.files:
                self._send_file(hub.files[name])
            else:
                self.send_error(404)

        def _send_file(self, content: bytes) -> None:
            wanted = self.headers.get("Range")
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and not hub.ignores_ranges else 0
            if start and start >= len(content):
                self.send_error(416)
                return
            rest = content[start:]
            sent = rest if hub.break_after is None else rest[: hub.break_after]
            self._send(206 if start else 200, sent, length=len(rest))

        def _send(self, status: int, body: bytes, length: int | None = None) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body) if length is None else length))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - the name of the base class

    return Handler
