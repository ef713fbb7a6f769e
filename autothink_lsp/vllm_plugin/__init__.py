"""A reasoning parser for vLLM, for any client: separates AutoThink's judge, thinking and answer.

vLLM finds ``register`` by its entry point (``vllm.general_plugins``) if autothink-lsp is installed in the same Python;
else it loads the file: ``--reasoning-parser-plugin …/autothink_reasoning_parser.py --reasoning-parser autothink``.
This package must import nothing else of autothink-lsp, and nothing of autothink-lsp imports it.
"""


def register() -> None:
    """Register the parser ``autothink``. vLLM calls this in each of its processes."""
    from autothink_lsp.vllm_plugin import autothink_reasoning_parser

    assert autothink_reasoning_parser.NAME  # noqa: S101 - importing it has registered it
