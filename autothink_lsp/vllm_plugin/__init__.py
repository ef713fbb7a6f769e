"""A reasoning parser for vLLM, for clients other than ours: AutoThink's judge, thinking and answer, apart.

vLLM finds ``register`` by its entry point (``vllm.general_plugins``) where autothink-lsp is installed beside it; else
it takes the file itself: ``--reasoning-parser-plugin …/autothink_reasoning_parser.py --reasoning-parser autothink``.
Nothing here imports the rest of autothink-lsp, and nothing of autothink-lsp imports this.
"""


def register() -> None:
    """Make vLLM know the parser ``autothink``. Called by vLLM in each of its processes."""
    from autothink_lsp.vllm_plugin import autothink_reasoning_parser

    assert autothink_reasoning_parser.NAME  # noqa: S101 - importing it has registered it
