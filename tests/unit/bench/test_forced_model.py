"""A known line is judged without generating: as greedy decoding would have it, whatever the tokens are."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Mapping

import pytest
from attrs import field, frozen

from autothink_lsp.context.values import CodeContext
from autothink_lsp.prompt.fim.family import FimFamily
from tests.bench.context_ablation import ForcedAsker, compare
from tests.bench.forced_model import greedy, probability
from tests.bench.project_holes import Hole

END = "<end>"
PIECES = ("self", ".", "self.", "name", "return", " ", "    ", "  ", ":", ":\n", ":\r\n", "\n", "\n\n", "x", END)
PROMPT = "x\n"


@frozen
class OnePosition:
    """The most probable token first."""

    probable: Mapping[int, float]

    def best(self) -> int:
        return next(iter(self.probable))

    def log_p(self, tokens: Collection[int]) -> float:
        return math.log(sum(self.probable.get(token, 1e-12) for token in tokens))


@frozen
class Scripted:
    """A model that writes ``says`` behind any prompt that ends in a line break, and nothing behind anything else."""

    says: tuple[str, ...]
    others: Mapping[str, float] = field(factory=dict)
    pieces: tuple[bytes, ...] = tuple(piece.encode() for piece in PIECES)

    def tokens(self, text: str) -> list[int]:
        found: list[int] = []
        while text:
            piece = max((piece for piece in PIECES if text.startswith(piece)), key=len, default="x")
            found.append(PIECES.index(piece))
            text = text[len(piece) :]
        return found

    def is_end(self, token: int) -> bool:
        return PIECES[token] == END

    def scores(self, head: list[int], text: list[int]) -> list[OnePosition]:
        return [self._score("".join(PIECES[token] for token in head + text[:n])) for n in range(len(text) + 1)]

    def _score(self, before: str) -> OnePosition:
        said = before[len(PROMPT) :] if before.startswith(PROMPT) else "another prompt"
        written = ["".join(self.says[:n]) for n in range(len(self.says))]
        best = self.says[written.index(said)] if said in written else END
        others = {PIECES.index(piece): p for piece, p in self.others.items() if piece != best}
        return OnePosition({PIECES.index(best): 1 - sum(others.values()), **others})


@pytest.mark.parametrize(
    ("says", "found"),
    [
        (("return", " ", "self.", "name", "\n"), "return self.name"),
        (("return", " ", "self", ".", "name", "\n\n"), "return self.name"),  # the same characters in other tokens
        (("    ", "return", " ", "self.", "name", END), "    return self.name"),  # other indentation
        (("return", " ", "self.", "name", "  ", "\n"), "return self.name  "),
        (("return", " ", "self.", "x", "name", "\n"), "return self.x"),  # up to the first token that differs
        (("return", " ", "self.", "name", ".", "x", "\n"), "return self.name."),
        (("return", " ", "self.", END), "return self."),  # an end in the line
        (("\n", "return", " ", "self.", "name"), ""),
        ((END,), ""),
    ],
)
def test_what_greedy_decoding_writes_up_to_where_it_differs(says: tuple[str, ...], found: str) -> None:
    assert greedy(Scripted(says), PROMPT, "return self.name", ("\n",), 20) == found


def test_a_line_break_may_be_part_of_the_last_token() -> None:
    assert greedy(Scripted(("name", ":\n")), PROMPT, "name:", ("\n",), 20) == "name:"


def test_an_answer_has_no_more_tokens_than_the_product_asks_for() -> None:
    assert greedy(Scripted(("self.", "name", "\n")), PROMPT, "self.name", ("\n",), 1) == "self."


def test_the_last_token_counts_with_those_that_have_the_line_break() -> None:
    model = Scripted(("name", ":\n"), {":": 0.1, ":\r\n": 0.2, "x": 0.1})
    name, colon = 1 - 0.4, 1 - 0.1  # of the four that are possible everywhere; all but "x" are the end of the line
    assert probability(model, PROMPT, "name:\n") == (pytest.approx(math.log(name * colon)), 2)


def test_the_indentation_does_not_count() -> None:
    model = Scripted(("    ", "name", "\n"), {"x": 0.25})
    assert probability(model, PROMPT, "    name") == (pytest.approx(math.log(0.75)), 1)
    assert probability(model, PROMPT, "   ") is None


@pytest.mark.parametrize(
    ("says", "exact"),
    [
        (("self.", "name", "\n"), True),
        (("x", "\n"), False),  # another word: then only the blanks are withheld, and this model says nothing
        (("self.", "\n"), False),
    ],
)
def test_a_begun_word_is_generated_again(says: tuple[str, ...], exact: bool) -> None:
    context = CodeContext(prefix="se", suffix="", path="a.py", language_id="python")
    family = FimFamily("test", prefix=PROMPT, suffix="", middle="", orders=("psm",), stop=(), names=())
    hole = Hole("1", "project", "a.py", 0, 2, "lf.name", ())
    row = asyncio.run(ForcedAsker(family, Scripted(says)).row(context, frozenset(), hole))
    assert row["exact"] is exact
    assert ("log_p" in row, "similar" in row) == (True, False)


def test_two_results_are_compared_where_their_prompts_are_equal(capsys: pytest.CaptureFixture[str]) -> None:
    def row(prompt: str, said: str, *, exact: bool) -> dict[str, object]:
        return {"prompt": prompt, "asked": True, "exact": exact, "said": said}

    first = {"a|none|1": row("p", "x", exact=True), "a|none|2": row("q", "x", exact=True)}
    others = {"a|none|1": row("p", "y", exact=False), "a|none|2": row("another", "x", exact=True)}
    compare(first, others)
    assert capsys.readouterr().out == "1 equal prompts, 1 of them exact; the two agree on 0\na|none|1: 'x' and 'y'\n"
