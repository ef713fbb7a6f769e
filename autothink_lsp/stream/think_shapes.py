"""Recognizes delimiters of thinking by their shape, for delimiters that no table lists. Pure.

A shape is a name that means "thinking" (``think``, ``thought``, ``reasoning``, ``scratchpad``, ...), with or without a
namespace (``seed:think``) and attributes, in one of the spellings that models use: ``<name>``, ``[NAME]``, ``◁name▷``,
``<|name|>``, ``<|begin_of_name|>`` and ``<｜name｜>``. All texts are lower case (``think_tags.lowered``). A closed list
of names would not include the next model's; accepting any tag would classify ``<details>`` or ``<answer>`` as thinking.
"""

from __future__ import annotations

import re

from autothink_lsp.values import frozen

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
_MANNER = (
    r"(?:fast|slow|quick(?:ly)?|deep(?:er|ly)?|hard(?:er)?|low|medium|high|short|long|more|less|max|mini|auto|start|begin"
    r"|never[a-z0-9_▁]{0,48}|v?\d[a-z0-9_▁]{0,48})"
)  # not any word: ``<reasoning_config>`` is an element
_LONG_NAME = (
    rf"(?:{_NAME}(?![a-z0-9_▁-])|(?:ant|[a-z0-9]{{2,16}}[_▁-]){_CORE}(?![a-z0-9_▁-])"
    rf"|{_CORE}[_▁-]{_MANNER}(?![a-z0-9_▁-]))"
)
# These words also name elements of documents: they count only in angle brackets, where thinking may start.
_WIDER_NAME = rf"(?:{_LONG_NAME}|{_BEFORE}(?:analysis|analy[sz]e|analy[sz]ing|planning|plan|musings?))"
_SPACE = r"[a-z][a-z0-9._-]{0,20}:"
_AFFIX = r"(?:begin|start)[_▁-]?(?:of[_▁-]?)?"

_OPENER = re.compile(
    rf"<(?P<affixed>{_AFFIX}{_NAME})>|<(?P<tag>(?:{_SPACE})?{_WIDER_NAME})(?:\s[^<>\n]{{0,80}})?(?<!/)>"
    rf"|<\|(?P<half>{_NAME})>|\[(?:begin|start) (?P<words>{_NAME})\]"
    rf"|\[(?P<bracket>{_NAME})\](?![(:\[])"
    rf"|◁(?P<triangle>{_NAME})▷"
    rf"|<(?P<pipe>[|｜])(?P<begin>{_AFFIX})?(?P<special>{_NAME})(?P<start>[_▁:-](?:start|begin))?[|｜]>"
    rf"|&lt;(?P<escaped>{_NAME})&gt;|(?P<details>)<details\s[^<>\n]{{0,100}}type=.?reasoning[^<>\n]{{0,60}}>"
    rf"|(?P<summary>)<details(?:\s[^<>\n]{{0,40}})?>\s{{0,4}}<summary>\W{{0,4}}{_NAME}\W{{0,4}}</summary>"
    r"|(?P<fence>)```(?:think(?:ing)?|thoughts?|reasoning)[ \t]*\r?\n"
)
_PARTIAL = re.compile(
    rf"<[|｜]?[\w.:▁-]{{0,72}}[|｜]?\Z|<(?:{_SPACE})?{_WIDER_NAME}\s[^<>\n]{{0,80}}\Z|\[[\w-]{{0,40}}\]?\Z|◁[\w-]{{0,40}}\Z"
    r"|\[(?:begin|start) [\w-]{0,40}\]?\Z"
    r"|&(?:lt?)?\Z|&lt;[\w-]{0,40}(?:&(?:gt?)?)?\Z|<details\s[^<>\n]{0,160}\Z|`{1,3}\Z|```[tr][a-z]{0,8}[ \t]{0,4}\r?\Z"
    r"|<details(?:\s[^<>\n]{0,40})?>\s{0,4}(?:<[a-z]{0,8}|<summary>[^<>\n]{0,40}(?:</?[a-z]{0,8})?)?\Z"
)
# Also Gemma's token, and turns of other speakers: text that writes down a conversation.
_ANY_OPENER = re.compile(rf"{_OPENER.pattern}|<unused94>|<\|start\|>(?:system|developer|user)(?=<\|)")
_CLOSER = re.compile(
    rf"<\s?\\?/\s?(?:{_SPACE})?(?:{_LONG_NAME}|judge)\s?>|\[/{_NAME}\]|◁/{_NAME}▷"
    rf"|<[|｜](?:/|end[_▁-]?(?:of[_▁-]?)?){_NAME}[|｜]>|<[|｜]{_NAME}[_▁-]end[|｜]>|</[|｜]{_NAME}[|｜]>"
    # gpt-oss, which answers in another channel; Gemma's token behind thinking
    r"|(?:<\|end\|>)?(?:<\|start\|>assistant)?<\|channel\|>final<\|message\|>|<unused95>"
)
_FENCE = re.compile(r"([ \t]{0,40})(`{3,}|~{3,})")
_DEEPER_CLOSER = 3  # columns by which a closing fence may be deeper than the opening one
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
_LONGEST_STRING = 1000  # characters that are examined, for each closer of a line
_STRING = re.compile(r"(?<!\w)[bfru]{0,2}'[^']*+('?)")  # an apostrophe stands behind a letter


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
    if name := found["affixed"]:
        bare = re.sub(rf"\A{_AFFIX}", "", name)
        return ShapedOpener(found.end(), (f"<end_{bare}>", f"<end_of_{bare}>", f"</{name}>", f"</{bare}>"))
    if name := found["half"]:
        return ShapedOpener(found.end(), (f"<{name}|>",))
    if name := found["words"]:
        return ShapedOpener(found.end(), (f"[end {name}]",))
    if name := found["bracket"]:
        return ShapedOpener(found.end(), (f"[/{name}]",))
    if name := found["triangle"]:
        return ShapedOpener(found.end(), (f"◁/{name}▷",))
    if name := found["escaped"]:
        return ShapedOpener(found.end(), (f"&lt;/{name}&gt;", f"</{name}>"))
    if found["details"] is not None or found["summary"] is not None:
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


def is_section(text: str) -> bool:
    """Whether an opener in brackets at the beginning of ``text`` is a section of a configuration: ``[reasoning]``.
    Models write such names in capitals, and ``[think]``."""
    return text.startswith("[") and text[1:2].islower() and not text.startswith("[think]")


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
        self._fence = FenceState(fence)
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
        if self._fence.read(low) or self._fence.mark:
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


class FenceState:
    """The code fence that is open behind the lines read so far: its ``mark``, or an empty text."""

    def __init__(self, mark: str = "") -> None:
        self.mark = mark
        self._columns = 0

    def read(self, line: str) -> bool:
        """Read a line. Returns whether it is a fence, or looks like one."""
        fence = _FENCE.match(line)
        if fence is None:
            return False
        columns = len(fence[1].expandtabs(4))
        if not self.mark:
            self.mark, self._columns = fence[2], columns
        elif fence[2].startswith(self.mark) and not line[fence.end() :].strip():
            self.mark = self.mark if columns > self._columns + _DEEPER_CLOSER else ""
        return True


class OpenFence:
    """The code fence that is open at the end of a text which arrives in pieces."""

    def __init__(self) -> None:
        self._state = FenceState()
        self._line = ""

    @property
    def mark(self) -> str:
        """The characters of the fence, or an empty text."""
        return self._state.mark

    def feed(self, text: str) -> None:
        """Add a piece."""
        *lines, last = text.split("\n")
        for line in lines:
            self._state.read(self._line + line)
            self._line = ""
        if len(self._line) < _LONGEST_FENCE_LINE:
            self._line += last


_SENTENCE_ENDS = frozenset(".!?:;)]}>。！？：…*")
_LIST_ITEM = re.compile(r"(?:[-*+>]|\d{1,3}[.)])\Z")


def _at_an_edge(line: str, found: re.Match[str]) -> bool:
    """Whether a closer is where a model writes it: alone at the beginning of a line, behind a sentence at its end, or
    between two sentences without blanks. In quotes, within a sentence and in a list it is mentioned."""
    before, after = line[: found.start()], line[found.end() :]
    if before[-1:] in QUOTES and before:
        return False
    if not before.strip():
        return True
    if any(before.count(quote) % 2 for quote in '`"'):
        return False
    if not all(string[1] for string in _STRING.finditer(before[-_LONGEST_STRING:])):
        return False
    is_glued = not before[-1].isspace()
    if after.strip():
        return is_glued and after[0].isalnum() and found.group().startswith(("</", "[/", "<|", "◁"))
    bare = before.strip()
    return is_glued or (bare[-1] in _SENTENCE_ENDS and _LIST_ITEM.match(bare) is None)
