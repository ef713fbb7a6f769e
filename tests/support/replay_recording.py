"""Plays a recording of ``autothink-lsp serve --record FILE`` against a new server and compares the replies.

``python -m tests.support.replay_recording FILE [--speed 2]`` prints each reply that differs, and fails if there is one.
The messages of the client are sent in their order and with their pauses; where the recording has a reply or a request
of the server, the replay waits for it, too. Notifications of the server are not compared.

A recording without code has texts of ``x`` and ``0``, and replies are compared after the same replacement. The model is
asked something else than in the session, and a typed ``x`` does not agree with what it returns: such a replay shows
faults of the protocol, a recording with code those of suggestions. The settings are those of the environment that the
replay runs in, and those in the recording.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from autothink_lsp.framing import FrameParser
from autothink_lsp.lsp.recording import FORMAT, MessageMasker

REPLY_TIMEOUT_S = 60.0
MAX_PAUSE_S = 2.0
COMMAND = (sys.executable, "-P", "-m", "autothink_lsp", "serve")
# Parts of replies that are new in each session: names of documents, durations, the number of a suggestion.
_VOLATILE = re.compile(r'autothink:/\w+-[0-9a-f]{8}|\b\d+(?:\.\d+)? (?:s|ms)\b|"arguments": \[\d+\]')


@frozen
class Difference:
    """A reply that is not as recorded. ``line`` is that of the recording, from 1."""

    line: int
    method: str
    recorded: Any
    replayed: Any


@frozen
class Entry:
    """One message of a recording."""

    line: int
    t_ms: float
    sender: str
    message: Mapping[str, Any]


def read_recording(path: Path) -> tuple[Mapping[str, Any], list[Entry]]:
    """The header and the messages. Raises ``ValueError`` for a file that is no recording."""
    lines = path.read_text(encoding="utf-8").splitlines()
    header = json.loads(lines[0]) if lines else {}
    if not isinstance(header, dict) or header.get("recording") != FORMAT:
        raise ValueError(f"{path} is no recording of this version")
    entries = []
    for number, line in enumerate(lines[1:], start=2):
        read = json.loads(line)
        if isinstance(read.get("message"), dict):
            entries.append(Entry(number, read["t_ms"], read["from"], read["message"]))
    return header, entries


class ReplayedServer:
    """A server process. Its replies and requests are kept until the replay asks for them."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._replies: dict[Any, asyncio.Future[Mapping[str, Any]]] = defaultdict(
            asyncio.get_running_loop().create_future
        )
        self._requests: dict[str, asyncio.Queue[Any]] = defaultdict(asyncio.Queue)
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, command: Sequence[str], environ: Mapping[str, str]) -> ReplayedServer:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=dict(environ)
        )
        return cls(process)

    def send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps(message).encode()
        if self._process.stdin is not None:
            self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    async def reply(self, number: Any) -> Mapping[str, Any]:
        """The reply to a request. Raises ``TimeoutError``."""
        return await asyncio.wait_for(self._replies[number], REPLY_TIMEOUT_S)

    async def request(self, method: str) -> Any:
        """The id of the server's next request of this method. Raises ``TimeoutError``."""
        return await asyncio.wait_for(self._requests[method].get(), REPLY_TIMEOUT_S)

    async def stop(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 15)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reader

    async def _read(self) -> None:
        parser = FrameParser()
        while self._process.stdout is not None and (data := await self._process.stdout.read(1 << 16)):
            for body in parser.feed(data):
                message = json.loads(body) if isinstance(body, bytes) else {}
                if "method" not in message and "id" in message:
                    future = self._replies[message["id"]]
                    if not future.done():
                        future.set_result(message)
                elif "id" in message:
                    self._requests[message["method"]].put_nowait(message["id"])


async def replay(
    path: Path, *, command: Sequence[str] = COMMAND, environ: Mapping[str, str] = os.environ, speed: float = 1.0
) -> list[Difference]:
    """Play a recording; the replies that differ."""
    header, entries = read_recording(path)
    masker = None if header.get("with_code") else MessageMasker()
    server = await ReplayedServer.start(command, environ)
    differences: list[Difference] = []
    methods: dict[Any, str] = {}
    asked: dict[Any, Any] = {}  # recorded id of a request of the server -> its id in this session
    before_ms = 0.0
    try:
        for entry in entries:
            message = entry.message
            if entry.sender == "client":
                await asyncio.sleep(min(MAX_PAUSE_S, (entry.t_ms - before_ms) / 1_000) / speed)
                if "method" in message and "id" in message:
                    methods[message["id"]] = message["method"]
                server.send(_for_this_session(message, asked))
            elif "method" in message and "id" in message:
                asked[message["id"]] = await server.request(message["method"])
            elif "id" in message and message["id"] in methods:
                live = await server.reply(message["id"])
                replayed = live if masker is None else masker.masked("server", live)
                if _comparable(message) != _comparable(replayed):
                    differences.append(Difference(entry.line, methods[message["id"]], message, replayed))
            before_ms = entry.t_ms
    finally:
        await server.stop()
    return differences


def _for_this_session(message: Mapping[str, Any], asked: Mapping[Any, Any]) -> Mapping[str, Any]:
    """The client's message with what belongs to this session: the id of a request of the server, our process id (the
    server ends with the process that it names)."""
    if "method" not in message:
        return {**message, "id": asked.get(message.get("id"), message.get("id"))}
    if message["method"] == "initialize":
        return {**message, "params": {**message["params"], "processId": os.getpid()}}
    return message


def _comparable(message: Mapping[str, Any]) -> str:
    return _VOLATILE.sub("", json.dumps(message, sort_keys=True, ensure_ascii=False))


def main(arguments: Sequence[str]) -> int:
    """Print the differences; 1 if there are any."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.replay_recording")
    parser.add_argument("file", type=Path)
    parser.add_argument("--speed", type=float, default=1.0, help="2 halves the pauses between messages")
    args = parser.parse_args(arguments)
    differences = asyncio.run(replay(args.file, speed=args.speed))
    for one in differences:
        print(f"{args.file}:{one.line}: {one.method}")
        print(f"  recorded {json.dumps(one.recorded, ensure_ascii=False)}")
        print(f"  replayed {json.dumps(one.replayed, ensure_ascii=False)}")
    print(f"{len(differences)} replies differ")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
