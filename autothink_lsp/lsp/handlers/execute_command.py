"""Handlers of ``workspace/executeCommand``. The commands' names are in ``names.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autothink_lsp.lsp.handlers import code_action
from autothink_lsp.lsp.server import AutothinkServer
from autothink_lsp.lsp.untyped import field

if TYPE_CHECKING:
    from autothink_lsp.settings.model import Settings

_MOST_WORDS_CHARS = 2_000


def accepted(ls: AutothinkServer, *arguments: Any) -> None:
    """A suggestion was accepted; the argument is its id."""
    ls.session.on_suggestion_event(arguments[0] if arguments else None, "accepted")


async def run_action(ls: AutothinkServer, *arguments: Any) -> None:
    """Run an action. The argument is the data of its offer and may have an ``instruction``, the user's text from an
    editor's input box."""
    await code_action.run(ls, arguments[0] if arguments else None)


async def more_actions(ls: AutothinkServer, *arguments: Any) -> None:
    """Ask which action of "More…" to run, and run it. The argument has the ``actions``, each with ``title`` and
    ``data``. Clients with their own picker do not send this command."""
    await code_action.run_one_of(ls, field(arguments[0], "actions") if arguments else None)


def answer_now(ls: AutothinkServer, *_arguments: Any) -> bool:
    """End the thinking and answer from it. Returns False if no action is running."""
    return ls.session.actions.answer_now()


def cancel(ls: AutothinkServer, *_arguments: Any) -> bool:
    """Cancel the running actions. Returns False if no action is running."""
    return ls.session.actions.cancel()


async def follow_up(ls: AutothinkServer, *arguments: Any) -> bool:
    """Change the last edit of a document according to the user's text. The argument has the ``text`` and optionally the
    document's ``uri``; without it the last edit of all documents is used. Returns False if there is no edit or no text.
    """
    data = arguments[0] if arguments else None
    uri, words = field(data, "uri"), field(data, "text")
    if not isinstance(words, str) or not words.strip():
        return False

    session = ls.session

    def settings_of(document: str) -> Settings:
        return session.configuration.settings_for(session.configuration.folder_of(document))

    await session.configuration.known()
    words = words.strip()[:_MOST_WORDS_CHARS]
    return await session.actions.follow_up(uri if isinstance(uri, str) else None, words, settings_of)


async def show_thinking(ls: AutothinkServer, *_arguments: Any) -> None:
    """Show the document of the last action: judge, thinking, explanation, checks."""
    documents = ls.session.actions.documents
    uri = documents.latest
    if uri is None:
        await documents.show("", "There was no action in this session yet.")
    else:
        await documents.show(uri, documents.content(uri))
