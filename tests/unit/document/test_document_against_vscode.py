"""The same random edits through Microsoft's ``vscode-languageserver-textdocument`` (UTF-16), in one node process.

Where the two mean different things, the generated edits keep away from it:

* A position inside a surrogate pair: the library cuts the pair in two, we go to the pair's start (half a character is
  never what an editor means, and a text that holds one cannot be sent on as UTF-8).
* An edit on a line past the last one: both clamp it to the end of the text, but the library's line starts can be wrong
  from then on; ``text_document.mjs`` rebuilds its document after such a step.

Lone surrogates are alike in both: a character of one unit. As JSON joins two of them that meet, texts are compared in
UTF-16 units.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest

from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.values import Position, PositionEncoding, Range
from tests.support import flat_text

NODE = Path(__file__).parents[2] / "node"
URI = "file:///a.py"
SEQUENCES = 300
PIECES = [
    "a",
    "bc ",
    "x = 1",
    "\n",
    "\n",
    "\r",
    "\r\n",
    "\f",
    "\v",
    "\x85",
    "\u2028",
    "é",
    "€",
    "😀",
    "𝕏",
    "\ud83d",
    "\ude00",
]


def utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def utf16_offset(text: str, offset: int) -> int:
    return len(utf16(text[:offset])) // 2


def some_text(random: Random, pieces: int) -> str:
    return "".join(random.choices(PIECES, k=random.randrange(pieces + 1)))


def some_position(random: Random, text: str) -> Position:
    """Mostly a place in the text, sometimes past its line's end, rarely before the first line or past the last."""
    line, column = flat_text.point_of(text, random.randrange(len(text) + 1))
    lines = flat_text.lines_with_ends(text)
    content = flat_text.content(lines[line])
    character = flat_text.units(content[:column], "utf-16")
    match random.randrange(20):
        case 0:
            return Position(random.choice([-1, len(lines), len(lines) + 1, len(lines) + 2]), character)
        case 1 | 2:
            return Position(line, flat_text.units(content, "utf-16") + random.randrange(1, 5))
        case 3:
            return Position(line, -1)
        case _:
            return Position(line, character)


def some_change(random: Random, text: str) -> ContentChange:
    if random.randrange(15) == 0:
        return ContentChange(None, some_text(random, 30))
    start = some_position(random, text)
    end = start if random.randrange(2) else some_position(random, text)
    return ContentChange(Range(start, end), some_text(random, 6))


def as_json(position: Position) -> dict[str, int]:
    return {"line": position.line, "character": position.character}


def run_sequence(random: Random) -> tuple[dict, list[dict]]:
    """What the library is to do, and what we have after each step in the form in which it answers."""
    store = DocumentStore(PositionEncoding.UTF16)
    text = some_text(random, 40)
    snapshot = store.open(URI, "python", 0, text)
    sequence, ours = {"text": text, "steps": []}, []
    for version in range(1, 11):
        change = some_change(random, text)
        lines = len(flat_text.lines_with_ends(text))
        result = store.change(URI, version, [change])
        assert result is not None
        snapshot = result[0]
        text = str(snapshot.text)
        probes = [some_position(random, text) for _ in range(8)]
        offsets = [random.randrange(len(text) + 1) for _ in range(8)]
        places = [snapshot.text.place_of(probe, PositionEncoding.UTF16).offset for probe in probes]
        points = [snapshot.text.point_at_byte(len(flat_text.encoded(text[:offset]))) for offset in offsets]
        ours.append(
            {
                "text": text,
                "lineCount": snapshot.text.line_count,
                "offsets": [utf16_offset(text, offset) for offset in places],
                "positions": [as_json(snapshot.position(point)) for point in points],
            }
        )
        wire: dict = {"text": change.text}
        if change.range is not None:
            wire["range"] = {"start": as_json(change.range.start), "end": as_json(change.range.end)}
        sequence["steps"].append(
            {
                "change": wire,
                "rebuild": change.range is not None and any(place.line >= lines for place in change.range),
                "positions": [as_json(probe) for probe in probes],
                "offsets": [utf16_offset(text, offset) for offset in offsets],
            }
        )
    return sequence, ours


@pytest.fixture(scope="module")
def node() -> str:
    executable = shutil.which("node")
    if executable and (NODE / "node_modules" / "vscode-languageserver-textdocument").is_dir():
        return executable
    reason = "needs node and its packages: npm ci --prefix tests/node"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.mark.process
@pytest.mark.node
def test_random_edits_give_the_same_document_as_in_vs_code(node: str) -> None:
    random = Random(20_251)
    sequences, ours = zip(*[run_sequence(random) for _ in range(SEQUENCES)], strict=True)
    done = subprocess.run(
        [node, str(NODE / "text_document.mjs")], input=json.dumps(sequences).encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    theirs = json.loads(done.stdout)
    assert len(theirs) == SEQUENCES
    for number, (our_steps, their_steps) in enumerate(zip(ours, theirs, strict=True)):
        for step, (our, their) in enumerate(zip(our_steps, their_steps, strict=True)):
            where = f"sequence {number}, step {step}: {sequences[number]['steps'][step]['change']}"
            assert utf16(our.pop("text")) == utf16(their.pop("text")), where
            assert our == their, where
