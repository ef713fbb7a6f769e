"""Removes repeated text from before the cursor: the whole line so far, its end from some word on, or the word being
typed. Models of chats begin again at a word before the cursor, small models sometimes."""

from __future__ import annotations

import re

from autothink_lsp.document.text import is_word
from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.stream.brackets import BracketTracker
from autothink_lsp.stream.layout import significant
from autothink_lsp.stream.lexical import Mode

_WORD_BEFORE = re.compile(r"(?<!\w)\d*+(?P<word>[^\W\d]\w{2,}+)\Z")
_MEMBER_BEFORE = re.compile(r"(?:\.|->|::)(?P<word>[^\W\d]\w)\Z")  # two letters of a member
_WORD = re.compile(r"\w+")
_LONGER_WORD = 3  # letters of a member that was begun
# ``self.``, ``a.b?.``, ``$b->``, ``std::``, perhaps with the beginning of a member behind it.
_CHAIN = re.compile(r"(?P<chain>(?<![\w$@.:>])(?:[\w$@]+(?:\?\.|\.|->|::))+)(?P<begun>\w*)\Z")
_LINK = re.compile(r"\?\.|\.|->|::")
_DEFINES = re.compile(r"(?:<-|[:=]=?)\Z")
# Behind these a line ends in the middle of something that is not said twice; behind ``+`` and ``-`` it may be.
_OPEN_END = re.compile(r"(?:[(\[{<:=\"'`]|&&|\|\||[<>!=]=|\b(?:and|or|in|is))\Z", re.IGNORECASE)
_OPENER = re.compile(r"[(\[{<]")
_CLOSERS = frozenset(")]}>")
_HOLDS_OPENER = re.compile(r"[(\[{=:]")
# Words that no second one follows.
_ONCE = frozenset(
    {
        *("def", "class", "return", "import", "from", "const", "let", "var", "val", "function", "fn", "func", "struct"),
        *("enum", "interface", "public", "private", "protected", "static", "final", "raise", "throw", "if", "elif"),
        *("while", "for", "use", "package", "namespace", "select", "where", "join", "insert", "update", "into", "set"),
        *("export", "extends", "implements", "case", "module", "with", "async", "foreach", "switch", "match"),
    }
)
_LIKE_A_MEMBER = frozenset({"datetime", "socket"})  # modules with a class of their name, whose members are used
_FEWEST = 2  # letters and digits of a phrase
_SHORTEST_WORD_OF_TEXT = 3


def duplicate_prefix(candidate: CompletionCandidate) -> str:
    """``return a| return a + b`` gives `` + b``; ``ret|return x`` gives ``urn x``; ``return a|return a`` nothing;
    ``return self.|self.x`` gives ``x``."""
    for rest in (_without_line(candidate), _without_chain(candidate), _without_word(candidate)):
        if rest is not None:
            return rest
    rest = _without_phrase(candidate)
    return candidate.text if rest is None else rest


def _without_line(candidate: CompletionCandidate) -> str | None:
    before = candidate.context.line_prefix
    line = before.strip()
    answer = candidate.text.lstrip(" \t")
    if line and before[0].isspace() and candidate.text.startswith(before):
        return candidate.text[len(before) :]  # with its indentation, so it is the whole line
    if not answer.startswith(line) or line.isalnum() or _nests(candidate):
        return None  # a line of one word may be the beginning of another one
    if significant(line) < 3 and not (significant(line) and _DEFINES.search(line)):
        return None
    rest = answer[len(line) :]
    if is_word(line[-1]) and is_word(rest[:1]) and not (" " in line and not before[-1].isspace()):
        return None
    return rest.lstrip(" \t") if before[-1].isspace() else rest


def _nests(candidate: CompletionCandidate) -> bool:
    """``foo(|foo(1))``: the answer closes the bracket that the line opened, so it is a nested call."""
    tracker = BracketTracker(candidate.around, candidate.context.line_prefix)
    was_open = tracker.line_is_open
    for offset, char in candidate.around.scanner.fork().feed(candidate.text).brackets:
        tracker.read(offset, char)
    return was_open and not tracker.line_is_open


def _may_nest(phrase: str, candidate: CompletionCandidate) -> bool:
    """As ``_nests`` for a phrase with a bracket, also where its closing one stands behind the cursor: ``foo(|)``."""
    if _OPENER.search(phrase) is None:
        return False
    rest = candidate.context.line_suffix.lstrip()
    return _nests(candidate) or (rest[:1] in _CLOSERS and candidate.text.rstrip()[-1:] in _CLOSERS)


def _without_chain(candidate: CompletionCandidate) -> str | None:
    """An answer that begins with the object again whose member is to come: ``self.va|self.value`` gives ``lue``.

    Not with a name that the document imports: ``datetime.|datetime.now()``.
    """
    found = _CHAIN.search(candidate.context.line_prefix)
    if found is None or candidate.around.scanner.mode is not Mode.CODE:
        return None
    chain, begun = found["chain"], found["begun"]
    starts = [0, *(link.end() for link in _LINK.finditer(chain))][:-1]
    text = next((candidate.text[len(chain) - at :] for at in starts if candidate.text.startswith(chain[at:])), None)
    if text is None or not is_word(text[:1]) or not text.startswith(begun):
        return None
    last = _LINK.split(chain)[-2]
    name = re.escape(last)
    if _is_known(rf"(?<!\w){name}(?:\?\.|\.|->|::){name}(?!\w)", candidate):
        return None
    is_module = chain.endswith(".") and last.islower() and _is_known(rf"\b(?:import|use)\b[^\n]*\b{name}\b", candidate)
    return None if is_module or last in _LIKE_A_MEMBER else text[len(begun) :]


def _is_known(pattern: str, candidate: CompletionCandidate) -> bool:
    """Whether the document has the pattern outside of the cursor's line."""
    context = candidate.context
    above = context.prefix[: len(context.prefix) - len(context.line_prefix)]
    return any(re.search(pattern, part) is not None for part in (above, context.suffix))


def _without_word(candidate: CompletionCandidate) -> str | None:
    context, text = candidate.context, candidate.text
    typed = _WORD_BEFORE.search(context.line_prefix)
    first = _WORD.match(text)
    if typed is None and first is not None and len(first.group()) >= _LONGER_WORD:
        typed = _MEMBER_BEFORE.search(context.line_prefix)
    if not typed or not first or not first.group().startswith(typed["word"]):
        return None
    joined = re.compile(rf"\b{re.escape(typed['word'] + first.group())}\b")
    if any(joined.search(part) for part in (context.prefix, context.suffix)):
        return None
    return text[len(typed["word"]) :]


def _without_phrase(candidate: CompletionCandidate) -> str | None:
    """An answer that begins again at a word or a bracket of the line: ``a: Map<|Map<int> = b`` gives ``int> = b``, and
    ``from a import |import b`` gives ``b``."""
    before, answer = candidate.context.line_prefix, candidate.text
    first = len(before) - len(before.lstrip())
    for at in range(first, len(before)):
        is_inside_word = at > first and is_word(before[at]) and is_word(before[at - 1])
        phrase = before[at:].rstrip()
        if is_inside_word or before[at].isspace() or not answer.startswith(phrase):
            continue
        rest = answer[len(phrase) :]
        if is_word(phrase[-1]) and is_word(rest[:1]):
            return None
        if not _is_said_once(phrase, rest, candidate) or _may_nest(phrase, candidate) or _nests_type(phrase, answer):
            return None
        return rest.lstrip(" \t") if before[-1].isspace() else rest
    return None


def _is_said_once(phrase: str, rest: str, candidate: CompletionCandidate) -> bool:
    """Whether nothing that one writes begins with the phrase twice."""
    if is_word(phrase[0]) and phrase.isalnum():
        if not rest[:1].isspace() or not candidate.context.line_prefix[-1].isspace():
            return False
        in_comment = candidate.around.scanner.mode in {Mode.LINE_COMMENT, Mode.BLOCK_COMMENT}
        return phrase.lower() in _ONCE or (in_comment and len(phrase) >= _SHORTEST_WORD_OF_TEXT)
    if significant(phrase) < _FEWEST:
        return False
    if phrase[0] in "\"'`" and candidate.around.scanner.mode is Mode.STRING:
        return True  # the beginning of the string at the cursor
    return _OPEN_END.search(phrase) is not None or (phrase[-1] == "," and _HOLDS_OPENER.search(phrase) is not None)


def _nests_type(phrase: str, answer: str) -> bool:
    """``Map<|Map<int>>``: the answer closes the type arguments that the line opened."""
    line = re.sub(r"[-=]>", "", answer.partition("\n")[0])
    return phrase.endswith("<") and line.count(">") > line.count("<")
