"""Pages and docstrings refer to what is in this repository: links, anchors, paths and named sections resolve.

Rows of tables have as many cells as their heading: of a longer one a browser shows the beginning only. No row stands
twice in a table.

``broken_links`` and ``missing_paths`` are pure but for looking whether a file exists; the cases below show that each of
them finds something.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("autothink_lsp", "docs", "editors", "examples", "grammars", "packaging", "tests")
NOT_OURS = frozenset({"node_modules", "dist", "server", "build", "__pycache__"})
PAGE_FOLDERS = ("docs", "editors", "examples", "grammars", "tests")
MADE = (".vsix",)  # by a build
SOURCES = frozenset({".py", ".lua", ".ts", ".toml", ".scm", ".md", ".txt", ".json", ".sh"})

FENCE = re.compile(r"^( *)(```+|~~~+)[^\n]*\n.*?^\1\2`*[ \t]*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)
# A path from the root of the repository, or one below one of its packages that names a source file.
FROM_ROOT = re.compile(rf"(?:{'|'.join(FOLDERS)}|\.ci)/[\w./*@-]+")
SHORT = re.compile(r"[\w.-]+(?:/[\w.*-]+)+\.(?:py|lua|ts|scm)")
NAMED_SECTION = re.compile(r"``(docs/[\w/.-]+\.md)``,\s+(?:sections?\s+(\d+)(?:\s+(?:to|and)\s+(\d+))?|\"([^\"]+)\")")
OUTSIDE = re.compile(
    r"(?<![\w/.-])(?:\.\./)*shared/(?:facts|design|data|cases)\b|(?<![\w/])facts/[\w-]+\.md|\bdesign page\b"
    r"|\bfacts of this project\b|(?<!\w)\(facts[,)]"
)
OUTSIDE_WORDS = ("shared/", "facts", "design page")  # each match has one
UPWARDS = re.compile(r"(?<![\w./])(?:\.\./)+[\w./-]*")


def pages() -> list[Path]:
    """Every page of the repository."""
    below = [page for folder in PAGE_FOLDERS for page in files(ROOT / folder) if page.suffix == ".md"]
    return sorted([*ROOT.glob("*.md"), *below])


def files(folder: Path) -> Iterator[Path]:
    """What is ours below ``folder``."""
    for path in sorted(folder.iterdir()):
        if path.name in NOT_OURS:
            continue
        if path.is_dir():
            yield from files(path)
        else:
            yield path


@cache
def repository_files() -> frozenset[str]:
    """Paths from the root, with ``/``."""
    return frozenset(path.relative_to(ROOT).as_posix() for folder in FOLDERS for path in files(ROOT / folder))


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    seen: Counter[str] = Counter()
    found = set()
    for heading in HEADING.findall(text):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return frozenset(found)


def broken_links(page: Path, text: str) -> list[str]:
    """Relative links of ``page`` that lead out of the repository, or to nothing."""
    prose = CODE.sub("", FENCE.sub("", text))
    broken = []
    for link in LINK.findall(prose):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / unquote(path)).resolve() if path else page
        if (
            not target.is_relative_to(ROOT)
            or not target.exists()
            or (anchor and target.suffix == ".md" and anchor not in anchors(target))
        ):
            broken.append(link)
    return broken


def missing_paths(text: str) -> list[str]:
    """Paths in backticks that look like the repository's and name no file or folder of it.

    A file of another repository is written with its name and a colon: ``tabby:codeCompletion/debouncer.ts``.
    """
    prose = FENCE.sub("", text)
    return [path for _, code in CODE.findall(prose) for path in [code.strip().rstrip("/")] if not _exists(path)]


def _exists(path: str) -> bool:
    path = re.sub(r":\d+(?::\d+)?\Z", "", path)
    if FROM_ROOT.fullmatch(path) and not path.endswith(MADE):
        return any(ROOT.glob(path)) if "*" in path else (ROOT / path).exists()
    if SHORT.fullmatch(path) and "*" not in path:
        return any(known == path or known.endswith(f"/{path}") for known in repository_files())
    return True


def missing_sections(text: str) -> list[str]:
    """Sections of pages that a docstring names by number or heading, and that are not there."""
    missing = []
    # The text as one line: docstrings and comments are wrapped.
    joined = re.sub(r"\s*\n\s*(?:(?:#|--|//)\s?)?", " ", text)
    for page, first, last, heading in NAMED_SECTION.findall(joined):
        path = ROOT / page
        headings = HEADING.findall(path.read_text(encoding="utf-8")) if path.exists() else []
        numbers = [number for number in (first, last) if number]
        if heading and heading not in headings:
            missing.append(f"{page}: {heading}")
        missing += [f"{page}: {n}" for n in numbers if not any(one.startswith(f"{n}. ") for one in headings)]
    return missing


def uneven_rows(text: str) -> list[str]:
    """Rows of tables with more or fewer cells than the heading."""
    uneven, cells = [], 0
    for line in FENCE.sub("", text).split("\n"):
        count = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        if cells and count not in {0, cells}:
            uneven.append(line)
        else:
            cells = count
    return uneven


def repeated_rows(text: str) -> list[str]:
    """Rows that stand twice in one table."""
    repeated: list[str] = []
    seen: set[str] = set()
    for line in FENCE.sub("", text).split("\n"):
        if not line.startswith("|"):
            seen = set()
        elif line in seen:
            repeated.append(line)
        else:
            seen.add(line)
    return repeated


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_of_pages_resolve(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert broken_links(page, text) == []
    assert uneven_rows(text) == []
    assert repeated_rows(text) == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_paths_in_pages_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert missing_paths(text) == []
    upwards = [path for path in UPWARDS.findall(text) if not (page.parent / path).resolve().is_relative_to(ROOT)]
    assert upwards == []


def test_docstrings_name_pages_and_sections_that_exist() -> None:
    missing = []
    for name in sorted(repository_files()):
        if name.endswith((".py", ".lua", ".ts")) and name != "tests/unit/test_docs_links.py":
            text = (ROOT / name).read_text(encoding="utf-8")
            if "docs/" not in text:  # to search every file takes a second
                continue
            named = re.findall(r"(?<![\w/:])docs/[\w/.-]+\.md", text)
            missing += [(name, page) for page in named if not (ROOT / page).exists()]
            missing += [(name, section) for section in missing_sections(text)]
    assert missing == []


def test_nothing_refers_to_files_outside_of_the_repository() -> None:
    own = [name for name in repository_files() if Path(name).suffix in SOURCES]
    own += [path.name for path in ROOT.iterdir() if path.suffix in SOURCES or path.name == "Makefile"]
    found = []
    for name in sorted(own):
        if name != "tests/unit/test_docs_links.py":
            text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
            if any(word in text for word in OUTSIDE_WORDS):  # the expression is slow, and these are in few files
                found += [(name, outside) for outside in OUTSIDE.findall(text)]
    assert found == []


def test_every_name_of_our_protocol_is_described() -> None:
    """Methods (``autothink/…``), commands (``autothink.…``), experimental capabilities."""
    sources = [path.read_text("utf-8") for path in files(ROOT / "autothink_lsp/lsp") if path.suffix == ".py"]
    names = {name for text in sources for name in re.findall(r"\"(autothink(?:[/.][a-zA-Z]+|[A-Z]\w+))\"", text)}
    assert {"autothink/status", "autothink.accepted", "autothinkStatus"} <= names
    page = (ROOT / "docs/reference/lsp-extensions.md").read_text("utf-8")
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_every_page_of_docs_is_in_its_index() -> None:
    indexes = [ROOT / "docs" / name for name in ("README.md", "zh/README.md", "decisions/README.md")]
    linked = {
        (index.parent / link.partition("#")[0]).resolve()
        for index in indexes
        for link in LINK.findall(index.read_text("utf-8"))
    }
    assert {page for page in files(ROOT / "docs") if page.suffix == ".md"} - linked - set(indexes) == set()


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("[a](docs/measurements/layouts.md)", []),
        ("[a](docs/measurements/layouts.md#data)", []),
        ("[a](#map)", []),
        ("[a](https://example.org/nothing)", []),
        ("`[a](nothing.md)`", []),
        ("```\n[a](nothing.md)\n```\n", []),
        ("[a](nothing.md)", ["nothing.md"]),
        ("![a](docs/nothing.png)", ["docs/nothing.png"]),
        ("[a](docs/measurements/layouts.md#nothing)", ["docs/measurements/layouts.md#nothing"]),
        ("[a](#nothing)", ["#nothing"]),
        ("[a](../other/page.md)", ["../other/page.md"]),
    ],
)
def test_broken_links_are_found(text: str, broken: list[str]) -> None:
    assert broken_links(ROOT / "ARCHITECTURE.md", text) == broken


@pytest.mark.parametrize(
    ("text", "uneven"),
    [
        ("| a | b |\n|---|---|\n| 1 | 2 |\n\n| a |\n|---|\n| 1 |\n", []),
        ("| a | b |\n|---|---|\n| 1 \\| 2 | 3 |\n", []),
        ("```\n| a | b |\n| 1 |\n```\n", []),
        ("| a | b |\n|---|---|\n| 1 | 2 | 3 |\n| 1 | 2 |\n", ["| 1 | 2 | 3 |"]),
        ("| a | b |\n|---|---|\n| 1 |\n", ["| 1 |"]),
    ],
)
def test_uneven_rows_are_found(text: str, uneven: list[str]) -> None:
    assert uneven_rows(text) == uneven


def test_repeated_rows_are_found() -> None:
    table = "| a |\n|---|\n| 1 |\n| 2 |\n"
    assert repeated_rows(f"{table}\n{table}") == []
    assert repeated_rows(f"{table}| 1 |\n") == ["| 1 |"]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("`autothink_lsp/app.py`, `tests/unit/`, `docs/measurements/layouts.md`, `tests/unit/test_*.py`", []),
        ("`settings/model.py`, `backends/http.py:12`", []),
        ("`autothink/status`, `and/or`, `site/packages`, `tabby:nothing/debouncer.ts`, `editors/x.vsix`", []),
        ("`autothink_lsp/nothing.py`", ["autothink_lsp/nothing.py"]),
        ("``tests/nothing/``", ["tests/nothing"]),
        ("`docs/nothing*.md`", ["docs/nothing*.md"]),
        ("`settings/nothing.py`", ["settings/nothing.py"]),
    ],
)
def test_missing_paths_are_found(text: str, missing: list[str]) -> None:
    assert missing_paths(text) == missing


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("``docs/reference/autothink-format.md``, section 4", []),
        ("``docs/reference/autothink-format.md``,\n    sections 5 to 7", []),
        ('``docs/measurements/layouts.md``,\n# "Data"', []),
        ("``docs/reference/autothink-format.md``, section 99", ["docs/reference/autothink-format.md: 99"]),
        ('``docs/measurements/layouts.md``, "Nothing"', ["docs/measurements/layouts.md: Nothing"]),
    ],
)
def test_missing_sections_are_found(text: str, missing: list[str]) -> None:
    assert missing_sections(text) == missing
