"""Names and handlers of ``workspace/executeCommand``."""

from __future__ import annotations

from typing import Any

# The item's command: the only way in which an editor tells that a suggestion was taken (``docs/reference/editors.md``,
# section 3).
ACCEPTED = "autothink.accepted"
ACTION = "autothink.action"
ANSWER_NOW = "autothink.answerNow"
CANCEL = "autothink.cancel"
SHOW_THINKING = "autothink.showThinking"


# pygls evaluates the annotations when the command is called, so they cannot name the server's class, which imports this
# module.
def accepted(ls: Any, *arguments: Any) -> None:
    """A suggestion was taken; the argument is its id."""
    ls.session.suggestion_happened(arguments[0] if arguments else None, "accepted")


async def action(ls: Any, *arguments: Any) -> None:
    """Do what an offer says. Its data may have an ``instruction``: the user's words, from an editor's input box."""
    from autothink_lsp.lsp.handlers.code_action import run_action

    await run_action(ls, arguments[0] if arguments else None)


def answer_now(ls: Any, *_arguments: Any) -> bool:
    """End thinking and answer from what is known; whether anything ran."""
    return ls.actions.answer_now()


def cancel(ls: Any, *_arguments: Any) -> bool:
    """Give up the actions that run; whether there were any."""
    return ls.actions.cancel()


async def show_thinking(ls: Any, *_arguments: Any) -> None:
    """Show what the last action did: judge, thinking, explanation, checks."""
    uri = ls.actions.documents.latest
    if uri is None:
        await ls.actions.documents.show("", "There was no action in this session yet.")
        return
    await ls.actions.documents.show(uri, ls.actions.documents.content(uri))
