"""Asks the editor for the text that was copied last, where the cursor rests, as context of later suggestions.

Asked only if the model of the document may get copied code (``completion.clipboard_for``), and at most once a second.
What is done with the text, and that it is forgotten, is decided in ``context/sources/clipboard.py``.
"""

from __future__ import annotations

import asyncio

from attrs import define, field

from autothink_lsp.context.context_provider import ContextProvider
from autothink_lsp.lsp.client import Client

LEAST_PAUSE_S = 1.0


@define(eq=False)
class ClipboardReader:
    """Reads the clipboard of one client's editor."""

    client: Client
    context_provider: ContextProvider
    _is_reading: bool = field(default=False, init=False)
    _not_before_s: float = field(default=0.0, init=False)  # by the event loop's clock

    def rests(self, uri: str) -> None:
        """The cursor has stopped in this document."""
        now_s = asyncio.get_running_loop().time()
        if self._is_reading or now_s < self._not_before_s or not self.client.features.clipboard:
            return
        if self.context_provider.wants_clipboard(uri):
            self._is_reading, self._not_before_s = True, now_s + LEAST_PAUSE_S
            self.client.spawn(self._read(), "reading the clipboard")

    async def _read(self) -> None:
        try:
            copied = await self.client.copied_text()
            if copied is not None:
                self.context_provider.learn_clipboard(*copied)
        finally:
            self._is_reading = False
