"""Each page of ``docs/start/`` and ``docs/guide/`` has a Chinese page below ``docs/zh/`` that says the same.

What can be compared without reading Chinese is compared section by section: the levels of headings, code blocks without
their comments, the rows of tables, numbers, inline code, and where links lead (to the Chinese page where there is one).
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from attrs import frozen

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FOLDERS = ("start", "guide")
PAGES = sorted(page.relative_to(DOCS).as_posix() for folder in FOLDERS for page in (DOCS / folder).rglob("*.md"))
MONTHS = ("January", "February", "March", "April", "May", "June")
MONTHS += ("July", "August", "September", "October", "November", "December")

FENCE = re.compile(r"^( *)(```+)([^\n]*)\n(.*?)^\1\2[ \t]*$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"(?:^|\s)\s*(?:#|//|--) .*$")
CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?\s*\)")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
ROW = re.compile(r"^\|.*$", re.MULTILINE)


@frozen
class Section:
    """What a heading and the text below it say in every language.

    ``rows`` has the inline code and the numbers of each row of a table, cell by cell; ``numbers`` and ``code`` are
    those of the rest. ``links`` are all links.
    """

    level: int
    blocks: Sequence[str]
    rows: Sequence[Sequence[Sequence[str]]]
    numbers: Counter[str]
    code: frozenset[str]
    links: Counter[str]


def sections(text: str, page: str) -> list[Section]:
    """The sections of ``page`` (its path below ``docs/``), in order."""
    blocks: list[str] = []

    def set_aside(match: re.Match[str]) -> str:
        blocks.append("\n".join([match[3], *(COMMENT.sub("", line).strip() for line in match[4].splitlines())]))
        return f"\0{len(blocks) - 1}\0"

    found = []
    for part in re.split(r"^(?=#{1,6} )", FENCE.sub(set_aside, text), flags=re.MULTILINE):
        if not part.strip():
            continue
        own = [blocks[int(index)] for index in re.findall(r"\0(\d+)\0", part)]
        prose = re.sub(r"\0\d+\0", "", part)
        rest = ROW.sub("", prose)
        plain = LINK.sub("]", CODE.sub("", rest))
        found.append(
            Section(
                level=len(part) - len(part.lstrip("#")),
                blocks=own,
                rows=[[_content(cell) for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in ROW.findall(prose)],
                numbers=Counter(NUMBER.findall(_with_numbers_of_months(plain))),
                code=frozenset(" ".join(code.split()) for _, code in CODE.findall(rest)),
                links=Counter(_target(link, page) for link in LINK.findall(CODE.sub("", prose))),
            )
        )
    return found


def _content(cell: str) -> list[str]:
    """The inline code of a cell and its numbers: another language has another order."""
    prose = LINK.sub("]", CODE.sub("", cell))
    return [*sorted(code for _, code in CODE.findall(cell)), *sorted(NUMBER.findall(prose))]


def _with_numbers_of_months(text: str) -> str:
    """29 November 2026 is 2026 年 11 月 29 日. A month stands beside a number; "May it" and "Marching" are none."""
    names = "|".join(MONTHS)
    return re.sub(rf"(?<=\d )(?:{names})\b|\b(?:{names})(?= \d)", lambda match: str(MONTHS.index(match[0]) + 1), text)


def _target(link: str, page: str) -> str:
    """Where ``link`` leads: below ``docs/`` without the language, and without the anchor of a page in two languages."""
    if re.match(r"[a-z][a-z0-9+.-]*:", link):
        return link
    path, _, anchor = link.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
    plain = target.removeprefix("zh/")
    return plain if plain in PAGES else f"{plain}#{anchor}"


def differences(english: Sequence[Section], chinese: Sequence[Section]) -> list[str]:
    """What of ``chinese`` is not as in ``english``, by the number of the section."""
    levels = [[section.level for section in page] for page in (english, chinese)]
    if levels[0] != levels[1]:
        return [f"headings have the levels {levels[0]} and {levels[1]}"]
    return [
        f"section {number}, {name}: {ours} and {theirs}"
        for number, (a, b) in enumerate(zip(english, chinese, strict=True), 1)
        for name in ("blocks", "rows", "numbers", "code", "links")
        for ours, theirs in [_different(getattr(a, name), getattr(b, name))]
        if ours != theirs
    ]


def _different(ours: object, theirs: object) -> tuple[object, object]:
    """The two without what they share, so that a difference is seen at once."""
    match ours, theirs:
        case Counter(), Counter():
            return ours - theirs, theirs - ours
        case frozenset(), frozenset():
            return sorted(ours - theirs), sorted(theirs - ours)
        case list(), list() if len(ours) == len(theirs):
            pairs = [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]]
            return [one for one, _ in pairs], [other for _, other in pairs]
        case _:
            return ours, theirs


def test_each_page_has_its_chinese_page_and_the_other_way_round() -> None:
    chinese = sorted(
        page.relative_to(DOCS / "zh").as_posix() for folder in FOLDERS for page in (DOCS / "zh" / folder).rglob("*.md")
    )
    assert chinese == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_the_chinese_page_says_the_same(page: str) -> None:
    english = sections((DOCS / page).read_text(encoding="utf-8"), page)
    chinese = sections((DOCS / "zh" / page).read_text(encoding="utf-8"), f"zh/{page}")
    assert differences(english, chinese) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_chinese_page_links_to_chinese_pages(page: str) -> None:
    text = CODE.sub("", FENCE.sub("", (DOCS / "zh" / page).read_text(encoding="utf-8")))
    folder = posixpath.dirname(f"zh/{page}")
    targets = [posixpath.normpath(posixpath.join(folder, link.partition("#")[0])) for link in LINK.findall(text)]
    assert [target for target in targets if target in PAGES] == []


ENGLISH = """# Tune

At most 2,048 tokens (`a.b`), measured on 29 November 2026:
[tests](tests.md#measured), [layouts](../measurements/layouts.md).

```console
$ autothink-lsp tune    # once
```

## Measured

| model | right |
|---|--:|
| `qwen` 0.5B | 4 of 10 |
"""
CHINESE = """# 学习

最多 2,048 个 token（`a.b`），测量于 2026 年 11 月 29 日：[测试](tests.md#测量)、[排列](../../measurements/layouts.md)。

```console
$ autothink-lsp tune    # 一次
```

## 测量

| 模型 | 正确 |
|---|--:|
| `qwen` 0.5B | 10 个中 4 个 |
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("29 November 2026", "29 11 2026"),
        ("in May 2026, 3 June", "in 5 2026, 3 6"),
        ("May it be? Maybe. March on", "May it be? Maybe. March on"),
        ("5 Mayflies, Dismay 3", "5 Mayflies, Dismay 3"),
    ],
)
def test_months_are_numbers_in_dates_only(text: str, expected: str) -> None:
    assert _with_numbers_of_months(text) == expected


@pytest.mark.parametrize(
    ("change", "by", "seen"),
    [
        ("", "", None),
        ("## 测量", "### 测量", "levels"),
        ("## 测量\n", "", "levels"),
        ("2,048", "1,024", "numbers"),
        ("29 日", "30 日", "numbers"),
        ("`a.b`", "`a.c`", "code"),
        ("lsp tune ", "lsp stats ", "blocks"),
        ("console", "text", "blocks"),
        ("4 个", "5 个", "rows"),
        ("| `qwen` 0.5B | 10 个中 4 个 |\n", "", "rows"),
        ("| 10 个中 4 个 |", "| 10 个中 4 个 | 1 |", "rows"),
        ("`qwen`", "`kat`", "rows"),
        ("tests.md", "tune.md", "links"),
        ("layouts.md", "keystroke.md", "links"),
    ],
)
def test_differences_are_seen(change: str, by: str, seen: str | None) -> None:
    assert change in CHINESE
    chinese = sections(CHINESE.replace(change, by) if change else CHINESE, "zh/guide/tune.md")
    found = differences(sections(ENGLISH, "guide/tune.md"), chinese)
    assert [seen in one for one in found] == [True] if seen else found == []
