"""Recognizes delimiters of thinking by their shape, for delimiters that no table lists. Pure.

A shape is a name that means "thinking" (``think``, ``thought``, ``reasoning``, ``scratchpad``, ...), with or without a
namespace (``seed:think``) and attributes, in one of the spellings that models use: ``<name>``, ``[NAME]``, ``◁name▷``,
``<|name|>``, ``<|begin_of_name|>`` and ``<｜name｜>``. All texts are lower case (``think_tags.lowered``). A closed list
of names would not include the next model's; accepting any tag would classify ``<details>`` or ``<answer>`` as thinking.
"""

from __future__ import annotations

import re

from attrs import frozen

_STEM = (
    r"(?:think(?:ing|s)?|thoughts?|reason(?:ing|s)?|reflect(?:ion|ions|ing)?|scratch[_-]?pad|monologue|deliberat(?:e|ion)"
    r"|ponder(?:ing)?|rationales?|contemplat(?:e|ion|or)|cogitat(?:e|ion)|brainstorm(?:ing)?|introspection|cot"
    r"|chain[_▁-]?of[_▁-]?thoughts?)"
)
_BEFORE = r"(?:(?:inner|internal|self|my|deep|hidden|private|model|assistant|step[_-]?by[_-]?step)[_▁-]?)?"
_AFTER = r"(?:[_▁-](?:process|block|trace|steps?|content|text|chain|section|phase|mode|tokens?))?"
_NAME = rf"{_BEFORE}{_STEM}{_AFTER}"
# With any word around the stem (``longcat_think``, ``think_fast``): only in angle brackets and pipes. ``<think_on>`` is
# a mode.
_CORE = r"(?:think(?:ing)?|thoughts?|reasoning)"
_LONG_NAME = (
    rf"(?:{_NAME}(?![a-z0-9_▁-])|(?:ant|[a-z0-9]{{2,16}}[_▁-]){_CORE}"
    rf"|{_CORE}[_▁-](?!o(?:n|ff)(?![a-z0-9_▁]))[a-z0-9_▁]{{1,48}})"
)
# These words also name elements of documents: they count only in angle brackets, where thinking may start.
_WIDER_NAME = rf"(?:{_LONG_NAME}|{_BEFORE}(?:analysis|analy[sz]e|analy[sz]ing|planning|plan|musings?))"
_SPACE = r"[a-z][a-z0-9._-]{0,20}:"
_AFFIX = r"(?:begin|start)[_▁-]?(?:of[_▁-]?)?"

_OPENER = re.compile(
    rf"<(?P<tag>(?:{_SPACE})?{_WIDER_NAME})(?:\s[^<>\n]{{0,80}})?(?<!/)>"
    rf"|\[(?P<bracket>{_NAME})\](?![(:\[])"
    rf"|◁(?P<triangle>{_NAME})▷"
    rf"|<(?P<pipe>[|｜])(?P<begin>{_AFFIX})?(?P<special>{_NAME})(?P<start>[_▁:-](?:start|begin))?[|｜]>"
    rf"|&lt;(?P<escaped>{_NAME})&gt;|(?P<details>)<details\s[^<>\n]{{0,100}}type=.?reasoning[^<>\n]{{0,60}}>"
    r"|(?P<fence>)```(?:think(?:ing)?|thoughts?|reasoning)[ \t]*\r?\n"
)
_PARTIAL = re.compile(
    rf"<[|｜]?[\w.:▁-]{{0,72}}[|｜]?\Z|<(?:{_SPACE})?{_WIDER_NAME}\s[^<>\n]{{0,80}}\Z|\[[\w-]{{0,40}}\]?\Z|◁[\w-]{{0,40}}\Z"
    r"|&(?:lt?)?\Z|&lt;[\w-]{0,40}(?:&(?:gt?)?)?\Z|<details\s[^<>\n]{0,160}\Z|`{1,3}\Z|```[tr][a-z]{0,8}[ \t]{0,4}\r?\Z"
)
_ANY_OPENER = re.compile(_OPENER.pattern)
_CLOSER = re.compile(
    rf"<\s?\\?/\s?(?:{_SPACE})?(?:{_LONG_NAME}|judge)\s?>|\[/{_NAME}\]|◁/{_NAME}▷"
    rf"|<[|｜](?:/|end[_▁-]?(?:of[_▁-]?)?){_NAME}[|｜]>|<[|｜]{_NAME}[_▁-]end[|｜]>|</[|｜]{_NAME}[|｜]>"
)
_FENCE = re.compile(r"[ \t]{0,3}(`{3,}|~{3,})")
# Prose around thinking: an answer that begins with the first is thinking up to the second, where that follows. gpt-oss
# without its special tokens; Granite 3.2; Apriel; Ollama's command line.
_PROSE = (
    (
        re.compile(r"analysis(?!\s*[=:.(])|commentary(?=[a-z ])"),
        re.compile(r"assistant(?:<\|channel\|>)?final(?!\w* ?=)"),
    ),
    (re.compile(r"here(?: is|'s) my thought process\s*:"), re.compile(r"here(?: is|'s) my response\s*:")),
    (re.compile(r"\W{0,8}thinking\.\.\.[ \t\r]{0,8}\Z"), re.compile(r"\.\.\.done thinking\.")),
)
_LONGEST_FENCE_LINE = 200  # of a longer line only the beginning is kept
_FINAL = re.compile(r"(?=\[begin final response\])")
_MARKS = re.compile(r"[<\[◁]|&lt;")
QUOTES = "`\"'"


@frozen
class ShapedOpener:
    """An opener of thinking: its ``length`` in characters, and the ``closers`` (lower case), any of which ends the
    thinking."""

    length: int
    closers: tuple[str, ...]


def shaped_opener(low: str) -> ShapedOpener | None:
    """The opener at the beginning of ``low``; ``None`` if there is none."""
    found = _OPENER.match(low)
    if found is None:
        return None
    if name := found["tag"]:
        return ShapedOpener(found.end(), (f"</{name}>",))
    if name := found["bracket"]:
        return ShapedOpener(found.end(), (f"[/{name}]",))
    if name := found["triangle"]:
        return ShapedOpener(found.end(), (f"◁/{name}▷",))
    if name := found["escaped"]:
        return ShapedOpener(found.end(), (f"&lt;/{name}&gt;", f"</{name}>"))
    if found["details"] is not None:
        return ShapedOpener(found.end(), ("</details>",))
    if found["fence"] is not None:
        return ShapedOpener(found.end(), ("\n```\n", "\n```\r\n"))
    pipe, name = found["pipe"], found["special"]
    joints = ("_", "▁", "-", "")
    ends = [f"end{joint}of{joint}{name}" for joint in joints] + [f"end{joint}{name}" for joint in joints]
    ends += [f"/{name}", *(f"{name}{joint}end" for joint in (*joints[:3], ":"))]
    closers = tuple(f"<{pipe}{end}{pipe}>" for end in ends)
    ends_turn = () if found["begin"] or found["start"] else (f"<{pipe}end{pipe}>",)  # Solar
    return ShapedOpener(found.end(), (*closers, f"</{pipe}{name}{pipe}>", f"</{name}>", *ends_turn))


def may_become_opener(low: str) -> bool:
    """Whether all of ``low`` may be the beginning of an opener."""
    return _PARTIAL.match(low) is not None


class StrayCloser:
    """Finds a closer of thinking whose opener was in the prompt: all text before it was thinking.

    A closer counts only at the beginning or end of a line, unquoted, outside fenced code and search/replace blocks, and
    if no opener precedes it: an answer whose code contains both is not changed. Only complete lines are examined, so
    the result does not depend on how the stream is chunked.
    """

    def __init__(self, fence: str = "") -> None:
        """``fence`` is the fence that is open where the text begins."""
        self._line = ""
        self._fence = fence
        self._prose: re.Pattern[str] | None = None  # what ends the thinking that the text began with
        self._begun = False
        self._in_block = False
        self._opened = False

    def feed(self, text: str) -> tuple[int, int] | None:
        """The first line with a closer that ``text`` completes: the index in ``text`` after its line feed, and the
        number of characters between the closer and the line feed. ``None`` if there is none."""
        position = 0
        while not self._opened and (end := text.find("\n", position)) >= 0:
            line, self._line = self._line + text[position:end], ""
            position = end + 1
            behind = self._look(line)
            if behind is not None:
                return position, behind
        self._line += text[position:]
        return None

    def finish(self) -> int | None:
        """Examine a last line without a line feed: the number of characters after its closer, or ``None``."""
        line, self._line = self._line, ""
        return None if self._opened else self._look(line)

    def _look(self, line: str) -> int | None:
        low = line.lower() if len(line.lower()) == len(line) else line
        if fence := _FENCE.match(low):
            mark = fence[1]
            if not self._fence:
                self._fence = mark
            elif mark.startswith(self._fence) and not low[fence.end() :].strip():
                self._fence = ""
            return None
        if self._fence:
            return None
        if self._in_block or low.startswith("<<<<<"):
            self._in_block = not low.startswith(">>>>>")
            return None
        if (end := self._end_of_prose(low)) is not None:
            return len(line) - end
        if not _MARKS.search(low):
            return None
        closer = next((found for found in _CLOSER.finditer(low) if _at_an_edge(low, found)), None)
        opener = _ANY_OPENER.search(low)
        if opener is not None and (closer is None or opener.start() < closer.start()):
            self._opened = True
            return None
        return len(line) - closer.end() if closer is not None else None

    def _end_of_prose(self, low: str) -> int | None:
        """The index behind the words that end thinking which began with words; ``None`` if there are none."""
        if not self._begun and low.strip():
            self._begun = True
            self._prose = next((closer for opener, closer in _PROSE if opener.match(low.lstrip())), None)
        found = (self._prose.search(low) if self._prose is not None else None) or _FINAL.match(low)
        return found.end() if found is not None else None


class OpenFence:
    """The code fence that is open at the end of a text which arrives in pieces."""

    def __init__(self) -> None:
        self.mark = ""
        self._line = ""

    def feed(self, text: str) -> None:
        """Add a piece."""
        *lines, last = text.split("\n")
        for line in lines:
            self._end_line(self._line + line)
            self._line = ""
        if len(self._line) < _LONGEST_FENCE_LINE:
            self._line += last

    def _end_line(self, line: str) -> None:
        fence = _FENCE.match(line)
        if fence is None:
            return
        if not self.mark:
            self.mark = fence[1]
        elif fence[1].startswith(self.mark) and not line[fence.end() :].strip():
            self.mark = ""


def _at_an_edge(line: str, found: re.Match[str]) -> bool:
    before, after = line[: found.start()], line[found.end() :]
    if before[-1:] in QUOTES and before:
        return False
    return not before.strip() or not after.strip()
