"""Which of the pieces that sources offer go into a prompt: the budget, who comes first, and what is said twice.

What stays the same longest stands first in the prompt, because a server's cache ends at the first token that changed:
signatures, then similar code, cells, and at the end what changes often. Nothing is shuffled. Every piece of another
file is asked for at the privacy gate, and one that holds a secret is left out as a whole. Pure but for those two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby

from attrs import define, evolve, field, frozen

from autothink_lsp.context.place import Piece
from autothink_lsp.context.values import ContextBlock
from autothink_lsp.settings.model import AUTO_CONTEXT_MOST_TOKENS, Settings

# Without a tokenizer; code has about 3.4 characters to a token, comments and signatures fewer.
CHARS_PER_TOKEN = 3.0
TOKENS_PER_BLOCK = 10  # the path and what separates files
# The order in which sources get at the budget, and the most of it that each may take.
SHARES: Mapping[str, float] = {
    "scope": 0.4,
    "notebook": 0.7,
    "imports": 0.45,
    "similar": 0.4,
    "definitions": 0.5,
    "diagnostics": 0.2,
    "edits": 0.3,
}
# The order in the prompt.
_SHOWN = ("imports", "definitions", "similar", "notebook", "edits", "diagnostics")
_MERGED = frozenset({"imports", "definitions"})


# docs/context.md: the embedded 0.5B gains a quarter by them. But at 65 tokens a second an answer would be six seconds
# later, so how much of this there is depends on how fast it reads (completion/endpoint.py). A server with a GPU
# reads a thousand in the time of a key.
EMBEDDED_TOKENS = 512
OTHER_TOKENS = AUTO_CONTEXT_MOST_TOKENS


def budget_tokens(settings: Settings, most: int | None = None) -> int:
    """The most that context from elsewhere may take of a prompt; ``most`` where the settings leave it to us."""
    wanted = settings.completion.context_tokens
    if wanted != "auto":
        return wanted
    budget = EMBEDDED_TOKENS if settings.completion.backend == "embedded" else OTHER_TOKENS
    return budget if most is None else min(budget, most)


def tokens_of(text: str) -> int:
    """An estimate, rather too high than too low."""
    return int(len(text.encode("utf-8", "replace")) / CHARS_PER_TOKEN) + 1


def shortened(text: str, most_tokens: int) -> str:
    """Without so many lines at its end (a closing bracket in the last one stays) that the rest fits.

    As it is where its first two lines do not fit.
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
    """What became of a piece: ``why_not`` is empty for those that are in the prompt."""

    piece: Piece
    tokens: int
    why_not: str = ""


@frozen
class Composition:
    """What goes into the prompt, and the verdicts on everything that was offered."""

    head: str = ""
    blocks: tuple[ContextBlock, ...] = ()
    verdicts: tuple[Verdict, ...] = field(default=(), repr=False)
    cut_short: bool = False  # there was no time to ask every source


@define
class Composer:
    """One composition. ``refusal`` says why a file (URI) may not be shown; ``is_secret`` whether a piece holds one."""

    budget_tokens: int
    refusal: Callable[[str], str]
    is_secret: Callable[[Piece], bool]
    _left: int = field(init=False)
    _verdicts: list[Verdict] = field(factory=list, init=False)
    _chosen: list[Piece] = field(factory=list, init=False)
    _cut_short: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._left = self.budget_tokens

    def add(self, source: str, pieces: Iterable[Piece], over: Callable[[], bool]) -> None:
        """What a source offers, the best first, as long as there is time and budget for it."""
        share = int(self.budget_tokens * SHARES[source])
        for offered in pieces:
            around = 0 if offered.head else TOKENS_PER_BLOCK
            piece = offered
            if offered.may_end_early:
                piece = evolve(offered, text=shortened(offered.text, min(share, self._left) - around))
            tokens = tokens_of(piece.text) + around
            why_not = self._why_not(piece, tokens, share)
            if not why_not and self.is_secret(offered):  # half a key is not known as one
                why_not = "it holds a secret"
            self._verdicts.append(Verdict(piece, tokens, why_not))
            if not why_not:
                self._chosen.append(piece)
                self._left -= tokens
                share -= tokens
            if over() or min(share, self._left) < TOKENS_PER_BLOCK:
                return

    def late(self, source: str, path: str) -> None:
        """A source that was not asked, since the time was up."""
        self._verdicts.append(Verdict(Piece(source, path, "", ""), 0, "there was no time to look"))
        self._cut_short = True

    def composed(self) -> Composition:
        """All that was chosen."""
        heads = sorted((piece for piece in self._chosen if piece.head), key=lambda piece: (piece.source, piece.line))
        blocks = [block for source in _SHOWN for block in self._blocks(source)]
        parts = ("".join(piece.text for piece in group) for _, group in groupby(heads, key=lambda piece: piece.source))
        # Between imports and what follows there is a blank line in files.
        head = "\n".join(parts)
        return Composition(head, tuple(blocks), tuple(self._verdicts), self._cut_short)

    def _why_not(self, piece: Piece, tokens: int, share: int) -> str:
        if not piece.text.strip():
            return "it is empty"
        told = any(piece.subject == other.subject for other in self._chosen if other.subject)
        if told or any(piece.text.strip() in other.text for other in self._chosen):
            return "another piece says it already"
        if tokens > self._left:
            return f"{tokens} tokens, and {self._left} are left"
        if tokens > share:
            return f"{tokens} tokens, and {share} of {piece.source}'s share are left"
        if piece.uri and (refused := self.refusal(piece.uri)):
            return f"its file is kept from the model: {refused}"
        return ""

    def _blocks(self, source: str) -> list[ContextBlock]:
        """The best last, nearest to the cursor; signatures from one file are one block."""
        blocks: list[ContextBlock] = []
        by_path: dict[str, int] = {}
        for piece in reversed([one for one in self._chosen if one.source == source and not one.head]):
            at = by_path.get(piece.path) if source in _MERGED else None
            if at is None:
                by_path[piece.path] = len(blocks)
                blocks.append(ContextBlock(piece.path, piece.text, source, piece.reason))
            else:
                one = blocks[at]
                text, reason = f"{one.text}\n{piece.text}", f"{one.reason}; {piece.reason}"
                blocks[at] = ContextBlock(one.path, text, source, reason)
        return blocks
