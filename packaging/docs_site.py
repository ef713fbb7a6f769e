"""Hooks of ``mkdocs.yml``: pages outside of ``docs/`` become pages of the site, and links are rewritten for it.

The repository has each text once, at the place where a reader of the repository looks for it. ``PAGES`` says where it
stands on the site. A link to a file that is no page of the site leads to the repository; pictures are copied.
"""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGES = {
    "ARCHITECTURE.md": "design/architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing/first-hour.md",
    "SECURITY.md": "guide/security.md",
    "editors/README.md": "start/other-editors.md",
    "editors/vscode/README.md": "start/vscode.md",
    "editors/nvim/README.md": "start/neovim.md",
    "examples/team/README.md": "guide/team-server.md",
    "examples/README.md": "contributing/examples.md",
    "grammars/README.md": "contributing/adding-a-language.md",
}
_SOURCES = {site: repository for repository, site in PAGES.items()}
_PICTURES = {".png", ".svg", ".gif"}
_FENCE = re.compile(r"^( *)(```+|~~~+)[^\n]*\n.*?^\1\2`*[ \t]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_LINK = re.compile(r"(\]\(\s*<?)([^)\s>]+)")
# A line break that a browser shows as a space, where Chinese has none: between characters, behind punctuation.
_CHINESE_BREAK = re.compile(
    r"(?<=[\u4e00-\u9fff])\n *(?=[\u4e00-\u9fff\uff00-\uffef“])"
    r"|(?<=[\u3000-\u303f\uff00-\uffef”])\n *(?=[\w`“\[(（])(?!\d+\.)"
)


def on_files(files: Any, config: Any) -> Any:
    """Add the pages from outside of ``docs/``, and the pictures that they show."""
    from mkdocs.structure.files import File

    for repository, site in PAGES.items():
        source = ROOT / repository
        files.append(File.generated(config, site, abs_src_path=str(source)))
        for _, target in _LINK.findall(source.read_text(encoding="utf-8")):
            picture = (source.parent / target).resolve()
            if picture.suffix in _PICTURES and picture.is_file() and ROOT / "docs" not in picture.parents:
                site_path = _picture(picture.relative_to(ROOT).as_posix())
                if files.get_file_from_path(site_path) is None:
                    files.append(File.generated(config, site_path, abs_src_path=str(picture)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Rewrite the links of a page; code stays as it is."""
    site = page.file.src_uri
    folder = posixpath.dirname(_SOURCES.get(site, f"docs/{site}"))
    repository_url = str(config["repo_url"]).rstrip("/")

    def rewritten(text: str) -> str:
        return _LINK.sub(lambda match: match[1] + site_link(match[2], folder, site, repository_url), text)

    if site.startswith("zh/"):
        markdown = _outside(_FENCE, markdown, joined_lines)
    return _outside(_FENCE, markdown, lambda prose: _outside(_CODE, prose, rewritten))


def joined_lines(prose: str) -> str:
    """Chinese ``prose`` without the line breaks inside its sentences. Lists, tables and headings stay lines."""
    return _CHINESE_BREAK.sub("", prose)


def site_link(link: str, folder: str, site: str, repository_url: str) -> str:
    """``link`` of a page in ``folder`` of the repository, as it reads on the page ``site`` of the site."""
    path, mark, anchor = link.partition("#")
    if not path or re.match(r"[a-z][a-z0-9+.-]*:", link):
        return link
    target = posixpath.normpath(posixpath.join(folder, path))
    if target in PAGES:
        to = PAGES[target]
    elif target.startswith("docs/"):
        to = target.removeprefix("docs/")
        if not posixpath.splitext(to)[1]:  # a folder: its index
            to = f"{to}/README.md"
    elif target == "docs":
        to = "README.md"
    elif posixpath.splitext(target)[1] in _PICTURES:
        to = _picture(target)
    else:
        kind = "tree" if (ROOT / target).is_dir() else "blob"
        return f"{repository_url}/{kind}/HEAD/{target}{mark}{anchor}"
    return os.path.relpath(to, posixpath.dirname(site) or ".").replace(os.sep, "/") + mark + anchor


def _picture(repository_path: str) -> str:
    return f"images/{repository_path}"


def _outside(pattern: re.Pattern[str], text: str, change: Any) -> str:
    """``text`` with ``change`` made to what ``pattern`` does not match."""
    parts, last = [], 0
    for match in pattern.finditer(text):
        parts += [change(text[last : match.start()]), match[0]]
        last = match.end()
    return "".join([*parts, change(text[last:])])
