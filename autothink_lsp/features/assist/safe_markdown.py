"""Makes a model's Markdown safe for an editor: no links, no images, no HTML, so that nothing runs, loads or misleads.

A link in a Markdown view may run a command of the editor, and an image is fetched from any address, with any data in
it. Code blocks are rewritten with new fences, so that every reader recognizes the same code; in all other text the
characters of links, images and tags are escaped, and a bare address, which GitHub Flavored Markdown (section 6.9) turns
into a link, becomes a code span. Pure.
"""

from __future__ import annotations

import re

from autothink_lsp.document.invisible import without_invisible

_OPENING = re.compile(r" {0,3}(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)\Z")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#_-]{1,20}")
_RUN = re.compile(r"`+")
_SIGNS = re.compile(r"<|\](?=[(\[:])|&(?=#|(?:colon|sol|period|commat|lpar|rpar|lsqb|rsqb|lbrack|rbrack|Tab|NewLine);)")
# Any scheme before "//", the schemes without it, and the two forms of addresses without a scheme.
_ADDRESS = re.compile(
    r"""(?<![A-Za-z0-9])(?:
        [A-Za-z](?:[A-Za-z0-9+.-]|&\#?\w{1,8};){1,40}(?::|&(?:\#0*58|\#x0*3a|colon);)(?=//|\\/|&(?:\#|sol;))
      | (?:javascript|vbscript|data|file|blob|about|command|mailto|tel|sms|view-source|jar|intent|jetbrains|idea|cursor
          |windsurf|vscode[\w-]{0,20}|code-oss|ms-[\w-]{1,30})(?::|&(?:\#0*58|\#x0*3a|colon);)(?=[^\s`:=])
      | www\.(?=[\w-])
      | [\w.+-]{1,64}@(?=[\w-]{1,63}\.[A-Za-z])
    )(?P<rest>[^\s`<>"|]*)""",
    re.IGNORECASE | re.VERBOSE,
)
_BEHIND_ADDRESS = ".,;:!?)]}'*_~"


def safe_markdown(text: str) -> str:
    """``text`` without links, images and HTML."""
    lines = without_invisible(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    parts = _parts(lines)
    spans = all(_has_plain_spans(line) for part, fence in parts if fence is None for line in part)
    shown: list[str] = []
    for part, fence in parts:
        if fence is None:
            shown += [_escaped(line, spans=spans) for line in part]
        else:
            mark = "`" * max(3, 1 + max((len(run) for line in part for run in _RUN.findall(line)), default=0))
            shown += [mark + fence, *part, mark]
    return "\n".join(shown)


def inert(text: str) -> str:
    """One line of plain text without ``[a](b)``, which some editors turn into links."""
    return without_invisible(text).replace("](", "] (")


def _parts(lines: list[str]) -> list[tuple[list[str], str | None]]:
    """Split the lines into prose (``None``) and code (its language), in order. A block without a closing fence extends
    to the end."""
    parts: list[tuple[list[str], str | None]] = [([], None)]
    closing: re.Pattern[str] | None = None
    for line in lines:
        opening = _OPENING.match(line) if closing is None else None
        if opening is not None:
            mark = opening["mark"]
            closing = re.compile(rf" {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}[ \t]*\Z")
            language = _LANGUAGE.match(opening["info"])
            parts.append(([], language.group() if language else ""))
        elif closing is not None and closing.match(line):
            closing = None
            parts.append(([], None))
        else:
            parts[-1][0].append(line)
    return parts


def _has_plain_spans(line: str) -> bool:
    """Whether all readers find the same code spans in this line: single backticks in pairs, no escapes."""
    runs = _RUN.findall(line)
    return not runs or ("\\" not in line and len(runs) % 2 == 0 and all(len(run) == 1 for run in runs))


def _escaped(line: str, *, spans: bool) -> str:
    if not spans:
        return _ADDRESS.sub(_broken_address, _SIGNS.sub(_sign, line))
    pieces = line.split("`")
    last = len(pieces) - 1
    return "`".join(
        piece if number % 2 else _plain(piece, after_code=number > 0, before_code=number < last)
        for number, piece in enumerate(pieces)
    )


def _plain(text: str, *, after_code: bool, before_code: bool) -> str:
    """Escape text between code spans. Addresses become code spans, which must not touch adjacent ones."""
    shown: list[str] = []
    done = 0
    for match in _ADDRESS.finditer(text):
        start, address = match.start(), match.group().rstrip(_BEHIND_ADDRESS)
        end = start + len(address)
        shown.append(_SIGNS.sub(_sign, text[done:start]))
        gap = " " if after_code and start == 0 else ""
        shown.append(f"{gap}`{address}`" + (" " if before_code and end == len(text) else ""))
        done = end
    shown.append(_SIGNS.sub(_sign, text[done:]))
    return "".join(shown)


def _broken_address(match: re.Match[str]) -> str:
    """Escape the characters that make an address, because with an odd number of backticks a code span would begin
    elsewhere."""
    return re.sub(r"[:.@]", r"\\\g<0>", match.group(), count=0)


def _sign(match: re.Match[str]) -> str:
    return {"<": "&lt;", "&": "&amp;"}.get(match.group(), "]\\")
