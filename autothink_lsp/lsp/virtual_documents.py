"""Read-only documents ``autothink:/…`` that show what an action did: explanation, reason, checks, judge, thinking.

The only place where thinking text is kept, for the last actions of this session. Clients without
``workspace/textDocumentContent`` are shown the explanation as a message.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING

from lsprotocol import types

from autothink_lsp.features.assist.values import AssistResult

if TYPE_CHECKING:
    from autothink_lsp.lsp.server import AutothinkServer

logger = logging.getLogger(__name__)

SCHEME = "autothink"
METHOD = "workspace/textDocumentContent"
_KEPT = 20
_TIMEOUT_S = 5.0
_LONGEST_MESSAGE = 600


class VirtualDocuments:
    """One client's."""

    def __init__(self, server: AutothinkServer) -> None:
        self._server = server
        self._texts: OrderedDict[str, str] = OrderedDict()
        self.registered = False

    async def register(self) -> None:
        """Offer them, where the client lets us."""
        if not self._server.features.text_documents:
            return
        options = types.TextDocumentContentRegistrationOptions(schemes=[SCHEME])
        registration = types.Registration(id="autothink-documents", method=METHOD, register_options=options)
        try:
            params = types.RegistrationParams([registration])
            await asyncio.wait_for(self._server.client_register_capability_async(params), _TIMEOUT_S)
            self.registered = True
        except Exception as error:  # noqa: BLE001 - then explanations are messages
            logger.info("the client takes no read-only documents: %s", type(error).__name__)

    def content(self, uri: str) -> str:
        """The document's text; a sentence for one that is not kept any more."""
        return self._texts.get(uri, "This is no longer kept. AutoThink shows the last actions of a session only.\n")

    def keep(self, result: AssistResult) -> str:
        """Make a document of a result; its URI."""
        name = f"{result.request.action.value}-{result.id[:8]}.md"
        uri = f"{SCHEME}:/{name}"
        self._texts[uri] = as_markdown(result)
        while len(self._texts) > _KEPT:
            self._texts.popitem(last=False)
        return uri

    @property
    def latest(self) -> str | None:
        return next(reversed(self._texts), None)

    async def show(self, uri: str, fallback: str) -> None:
        """In the editor; as a message where it can show no such document."""
        if self.registered and self._server.features.show_document:
            params = types.ShowDocumentParams(uri=uri, take_focus=False)
            try:
                shown = await asyncio.wait_for(self._server.window_show_document_async(params), _TIMEOUT_S)
            except Exception as error:  # noqa: BLE001 - some clients never answer
                logger.info("the client shows no document: %s", type(error).__name__)
            else:
                if shown is not None and shown.success:
                    return
        if fallback:
            text = fallback if len(fallback) <= _LONGEST_MESSAGE else fallback[: _LONGEST_MESSAGE - 1] + "…"
            self._server.window_show_message(types.ShowMessageParams(types.MessageType.Info, f"autothink: {text}"))


def as_markdown(result: AssistResult) -> str:
    """Everything that is known of an action, for a reader."""
    from autothink_lsp.verify.service import results_in_words

    parts = [f"# {result.title or 'AutoThink'}"]
    if result.message:
        parts.append(result.message)
    if result.explanation:
        parts.append(result.explanation)
    if result.reason:
        parts.append(f"**Why it did or did not think:** {result.reason} (`{result.rule_id}`)")
    if result.checks_in_words:
        state = "Checked" if result.verified else "**Not verified**"
        parts.append(f"{state}: {result.checks_in_words}")
    for number, attempt in enumerate(result.attempts, 1):
        parts.append(f"## Attempt {number}: {attempt.step} · {attempt.seconds:.1f} s · {attempt.tokens} tokens")
        parts.append(f"Result: {attempt.result}")
        if attempt.checks is not None:
            parts.append("\n".join(f"- {line}" for line in results_in_words(attempt.checks.results)))
        if attempt.judge:
            parts.append(f"### Judge\n\n{_quoted(attempt.judge)}")
        if attempt.thinking and result.request.settings.assist.show_thinking != "hide":
            parts.append(f"### Thinking\n\n{_quoted(attempt.thinking)}")
    return "\n\n".join(parts) + "\n"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.strip().split("\n"))
