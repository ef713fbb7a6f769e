"""Selects the snippets of the sources that go into a prompt: budget, order, duplicates.

Snippets that change rarely come first in the prompt, because a server's cache ends at the first token that changed:
signatures, similar code, notebook cells, and last what changes often. The order is deterministic. The privacy gate is
asked for each snippet of another file, and a snippet with a secret is left out as a whole. Pure except for these two
calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby

from attrs import define, evolve, field

from autothink_lsp.context.snippets import ContextSnippet
from autothink_lsp.context.values import ContextBlock
from autothink_lsp.quantities import counted
from autothink_lsp.settings.model import AUTO_CONTEXT_MOST_TOKENS, Settings
from autothink_lsp.values import frozen

# Without a tokenizer; code has about 3.4 characters to a token, comments and signatures fewer.
CHARS_PER_TOKEN = 3.0
TOKENS_PER_BLOCK = 10  # the path and the separators between files
# The order in which sources are served from the budget, and the maximum share of each.
SHARES: Mapping[str, float] = {
    "scope": 0.4,
    "notebook": 0.7,
    "imports": 0.45,
    "similar": 0.4,
    "definitions": 0.5,
    "diagnostics": 0.2,
    "clipboard": 0.3,
    "edits": 0.3,
}
# The order in the prompt.
_SHOWN = ("imports", "definitions", "similar", "notebook", "clipboard", "edits", "diagnostics")
_MERGED = frozenset({"imports", "definitions"})


# docs/measurements/context.md: what the embedded models gain by them. But at 65 tokens a second an answer would be six
# seconds later, so how much of this there is depends on how fast it reads (completion/endpoint.py). A server
# with a GPU reads a thousand in the time of a key.
EMBEDDED_TOKENS = 512
OTHER_TOKENS = AUTO_CONTEXT_MOST_TOKENS


def budget_tokens(settings: Settings, most: int | None = None) -> int:
    """The maximum number of tokens for context from other places; ``most`` where the settings say "auto"."""
    wanted = settings.completion.context_tokens
    if wanted != "auto":
        return wanted
    budget = EMBEDDED_TOKENS if settings.completion.backend == "embedded" else OTHER_TOKENS
    return budget if most is None else min(budget, most)


def tokens_of(text: str) -> int:
    """Estimate the number of tokens, rather too many than too few."""
    return int(len(text.encode("utf-8", "replace")) / CHARS_PER_TOKEN) + 1


def shortened(text: str, most_tokens: int) -> str:
    """The text without as many lines at its end as needed to fit; a closing bracket on the last line is kept.

    Returned unchanged if its first two lines do not fit.
    """
    kept, closing = text.split("\n"), list[str]()
    while len(kept) > 1 and not kept[-1].strip(" )]};"):
        closing.insert(0, kept.pop())
    while len(kept) > 2 and tokens_of("\n".join((*kept, *closing))) > most_tokens:
        kept.pop()
    short = "\n".join((*kept, *closing))
    return short if tokens_of(short) <= most_tokens else text


@frozen
class Verdict:
    """Why a snippet is in the prompt or not: ``why_not`` is empty for those that are."""

    snippet: ContextSnippet
    tokens: int
    why_not: str = ""


@frozen
class Composition:
    """The blocks of a prompt, and the verdicts on all offered snippets."""

    head: str = ""
    blocks: tuple[ContextBlock, ...] = ()
    verdicts: tuple[Verdict, ...] = field(default=(), repr=False)
    cut_short: bool = False  # there was no time to ask every source


@define
class Composer:
    """Builds one composition. ``refusal`` returns the reason not to show a file (URI), ``is_secret`` whether a snippet
    contains a secret."""

    budget_tokens: int
    refusal: Callable[[str], str]
    is_secret: Callable[[ContextSnippet], bool]
    _left: int = field(init=False)
    _verdicts: list[Verdict] = field(factory=list, init=False)
    _chosen: list[ContextSnippet] = field(factory=list, init=False)
    _cut_short: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._left = self.budget_tokens

    def add(self, source: str, snippets: Iterable[ContextSnippet], over: Callable[[], bool]) -> None:
        """Add a source's snippets, best first, until time or budget is used up."""
        share = int(self.budget_tokens * SHARES[source])
        for offered in snippets:
            around = 0 if offered.head else TOKENS_PER_BLOCK
            snippet = offered
            if offered.may_end_early:
                snippet = evolve(offered, text=shortened(offered.text, min(share, self._left) - around))
            tokens = tokens_of(snippet.text) + around
            why_not = self._why_not(snippet, tokens, share)
            if not why_not and self.is_secret(offered):  # a part of a key is not recognised
                why_not = "it holds a secret"
            self._verdicts.append(Verdict(snippet, tokens, why_not))
            if not why_not:
                self._chosen.append(snippet)
                self._left -= tokens
                share -= tokens
            if over() or min(share, self._left) < TOKENS_PER_BLOCK:
                return

    def late(self, source: str, path: str) -> None:
        """Note a source that was not asked because the time was up."""
        self._verdicts.append(Verdict(ContextSnippet(source, path, "", ""), 0, "there was no time to look"))
        self._cut_short = True

    def composed(self) -> Composition:
        """The composition of everything added."""
        heads = sorted(
            (snippet for snippet in self._chosen if snippet.head), key=lambda snippet: (snippet.source, snippet.line)
        )
        blocks = [block for source in _SHOWN for block in self._blocks(source)]
        parts = (
            "".join(snippet.text for snippet in group)
            for _, group in groupby(heads, key=lambda snippet: snippet.source)
        )
        # Files have a blank line after their imports.
        head = "\n".join(parts)
        return Composition(head, tuple(blocks), tuple(self._verdicts), self._cut_short)

    def _why_not(self, snippet: ContextSnippet, tokens: int, share: int) -> str:
        if not snippet.text.strip():
            return "it is empty"
        is_covered = any(snippet.subject == other.subject for other in self._chosen if other.subject)
        if is_covered or any(snippet.text.strip() in other.text for other in self._chosen):
            return "already contained in another snippet"
        if tokens > self._left:
            return f"{counted(tokens, 'token')}, and {self._left} are left"
        if tokens > share:
            return f"{counted(tokens, 'token')}, and {share} of {snippet.source}'s share are left"
        if snippet.uri and (refused := self.refusal(snippet.uri)):
            return f"its file is kept from the model: {refused}"
        return ""

    def _blocks(self, source: str) -> list[ContextBlock]:
        """The blocks, the best last (nearest to the cursor); signatures of one file are joined into one block."""
        blocks: list[ContextBlock] = []
        by_path: dict[str, int] = {}
        for snippet in reversed([one for one in self._chosen if one.source == source and not one.head]):
            at = by_path.get(snippet.path) if source in _MERGED else None
            if at is None:
                by_path[snippet.path] = len(blocks)
                blocks.append(ContextBlock(snippet.path, snippet.text, source, snippet.reason))
            else:
                one = blocks[at]
                text, reason = f"{one.text}\n{snippet.text}", f"{one.reason}; {snippet.reason}"
                blocks[at] = ContextBlock(one.path, text, source, reason)
        return blocks
