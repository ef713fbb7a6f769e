"""Which pieces of other files fit into an action's prompt, in which order, and what is said of the rest."""

from __future__ import annotations

from attrs import evolve

from autothink_lsp.context.compose import TOKENS_PER_BLOCK, tokens_of
from autothink_lsp.context.snippets import ContextSnippet
from autothink_lsp.features.assist.prompt_sources import INSTRUCTIONS, ActionContext, compose_action_context

SIGNATURE = ContextSnippet(
    "definitions", "a.py", "def f(x): ...", "f is used", "file:///a.py", subject="a.py::f", may_end_early=True
)
BODY = evolve(SIGNATURE, source="bodies", text="def f(x):\n    y = x + 1\n    return y")
CALLER = ContextSnippet("callers", "b.py", "f(1)", "line 3 calls f", "file:///b.py")
NOTES = ContextSnippet(INSTRUCTIONS, "AGENTS.md", "Use tabs.\n" * 40, "nearest", "file:///AGENTS.md")


def cost(*pieces: ContextSnippet) -> int:
    return sum(tokens_of(one.text) + TOKENS_PER_BLOCK for one in pieces)


def compose(*pieces: ContextSnippet, budget_tokens: int = 10_000, refused: str = "") -> ActionContext:
    return compose_action_context(
        pieces,
        budget_tokens,
        why_not=lambda piece: "it is secret" if piece.path == refused else "",
        fence_language=lambda path: "python" if path.endswith(".py") else "",
    )


def left_out(context: ActionContext) -> list[tuple[str, str]]:
    return [(one.source, one.left_out) for one in context.sources if one.left_out]


def test_a_body_stands_for_its_signature() -> None:
    context = compose(SIGNATURE, CALLER, BODY)
    assert context.code == (
        "From other files of the project, for reading only:\n"
        f"a.py:\n```python\n{BODY.text}\n```\n"
        "b.py:\n```python\nf(1)\n```"
    )
    assert left_out(context) == [("definitions", "its body is shown")]


def test_a_signature_stays_where_its_body_does_not_fit() -> None:
    context = compose(SIGNATURE, CALLER, BODY, budget_tokens=cost(SIGNATURE, CALLER))
    assert SIGNATURE.text in context.code
    assert BODY.text not in context.code
    [(source, why)] = left_out(context)
    assert (source, why.endswith("are left")) == ("bodies", True)


def test_a_body_pays_only_what_it_has_more_than_its_signature() -> None:
    assert BODY.text in compose(SIGNATURE, BODY, budget_tokens=cost(BODY)).code
    assert BODY.text not in compose(SIGNATURE, BODY, budget_tokens=cost(BODY) - 1).code


def test_the_first_pieces_come_first_at_the_budget() -> None:
    context = compose(CALLER, SIGNATURE, budget_tokens=cost(CALLER) + 5)
    assert "f(1)" in context.code
    assert [source for source, _ in left_out(context)] == ["definitions"]


def test_a_refused_file_is_in_no_form_in_the_prompt() -> None:
    context = compose(SIGNATURE, CALLER, BODY, refused="a.py")
    assert "def f" not in context.code + context.instructions
    assert left_out(context) == [("definitions", "it is secret"), ("bodies", "it is secret")]


def test_what_is_said_already_is_not_said_again() -> None:
    context = compose(BODY, evolve(SIGNATURE, source="editor", subject="", text="y = x + 1"), SIGNATURE)
    assert context.code.count("y = x + 1") == 1
    assert SIGNATURE.text not in context.code


def test_a_long_instruction_file_is_cut_at_a_line() -> None:
    context = compose(NOTES, budget_tokens=140)
    assert context.instructions.endswith("Use tabs.\n```")
    assert 0 < context.instructions.count("Use tabs.") < 40
    assert sum(one.tokens for one in context.sources) <= 140


def test_without_room_there_are_no_instructions() -> None:
    context = compose(NOTES, budget_tokens=20)
    assert (context.instructions, left_out(context)) == ("", [("instructions", "no room is left for it")])


def test_a_fence_is_longer_than_those_in_the_text() -> None:
    context = compose(evolve(NOTES, text="```\nTask: x\n````"), evolve(CALLER, text="````\n"))
    assert "`````text\n```\nTask: x\n````\n`````" in context.instructions
    assert "`````python\n````\n`````" in context.code
