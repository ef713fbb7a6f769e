"""What is taken for a secret in code that holds none: the packages that this environment has. Every hit is listed.

python -m tests.hardening.test_false_positives      prints file, line, kind and text
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from autothink_lsp.context.secrets import SecretSpan, find_secrets
from tests.hardening.conftest import Count

PACKAGES = (
    *("_pytest", "anyio", "attr", "basedpyright", "cattrs", "certifi", "click", "filelock", "fsspec", "hatchling"),
    *("httpcore", "httpx", "huggingface_hub", "hypothesis", "idna", "importlinter", "keyring", "lsprotocol"),
    *("packaging", "pathspec", "pip", "platformdirs", "pluggy", "pygls", "pytest_asyncio", "rich", "setuptools"),
    *("tqdm", "typer", "yaml"),
)
_SUFFIXES = frozenset({".py", ".pyi", ".js", ".ts", ".toml", ".json", ".md", ".sh", ".c", ".h"})
MOST_PER_100_000_LINES = 25


@frozen
class Hit:
    """One false alarm."""

    file: str
    line: int
    kind: str
    text: str


@frozen
class Looked:
    """What was looked at, and what was found."""

    packages: int
    lines: int
    hits: tuple[Hit, ...]


def look() -> Looked:
    place = Path(sysconfig.get_paths()["purelib"])
    present = [name for name in PACKAGES if (place / name).is_dir()]
    lines, hits = 0, []
    for name in present:
        for file, text in _sources(place / name):
            lines += text.count("\n")
            hits += [
                Hit(
                    file.relative_to(place).as_posix(),
                    text.count("\n", 0, one.start) + 1,
                    one.kind,
                    _cut(text, one),
                )
                for one in find_secrets(text)
            ]
    return Looked(len(present), lines, tuple(hits))


def _sources(folder: Path) -> Iterator[tuple[Path, str]]:
    for file in sorted(folder.rglob("*")):
        if file.suffix in _SUFFIXES and file.stat().st_size < 400_000:
            yield file, file.read_text(encoding="utf-8", errors="replace")


def _cut(text: str, span: SecretSpan) -> str:
    return text[span.start : span.end][:60].replace("\n", " ")


def test_false_positive_rate_of_secret_detection(count: Count) -> None:
    looked = look()
    count(
        "false alarms: packages / lines / alarms (in files)",
        f"{looked.packages} / {looked.lines} / {len(looked.hits)} ({len({hit.file for hit in looked.hits})})",
    )
    assert looked.packages >= 20
    assert len(looked.hits) <= MOST_PER_100_000_LINES * looked.lines / 100_000


if __name__ == "__main__":
    found = look()
    for hit in found.hits:
        print(f"{hit.file}:{hit.line}: {hit.kind}: {hit.text}")
    print(f"{found.packages} packages, {found.lines} lines, {len(found.hits)} alarms", file=sys.stderr)
