"""Has the server read the code where the cursor has come to rest, before the first key there.

After a jump to code that the model has not read, a slow one reads for seconds, and until then nothing is shown. They
pass unused while somebody looks where to type. But who only looks around must not pay for it: there is an account, from
which each reading is paid and to which a key in a place that was read pays it back. Two readings that nobody typed
after, and it waits for keys again.

LSP knows no message for a cursor that moves. What there is instead: editors ask by themselves for code actions where it
has come to rest (VS Code), and our plugins tell.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from attrs import define, field

from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.account import TokenBucket
from autothink_lsp.features.completion.model import CompletionQuery

REST_S = 0.25  # editors have waited themselves before they tell

Ask = Callable[[], CompletionQuery | None]


@define(eq=False)
class Resting:
    """``read`` begins a reading and gives what is read, or ``None`` where none is to be had, or none is needed. Belongs
    to one event loop."""

    read: Callable[[CompletionQuery], CodeContext | None]
    _account: TokenBucket = field(factory=TokenBucket, init=False)
    _timer: asyncio.TimerHandle | None = field(default=None, init=False)
    _unpaid: tuple[str, CodeContext] | None = field(default=None, init=False)  # document and place that was read

    def moved(self, asked: Ask) -> None:
        """The cursor is somewhere; ``asked`` says where, in the text as it is then."""
        self.drop()
        self._timer = asyncio.get_running_loop().call_later(REST_S, self._rests, asked)

    def typed(self, uri: str, context: CodeContext) -> None:
        """A key: whoever rests, rests elsewhere from now on."""
        self.drop()
        self._account.key()
        if self._unpaid is not None and self._unpaid[0] == uri:
            if same_reading(self._unpaid[1], context):
                self._account.paid_back()
            self._unpaid = None

    def drop(self) -> None:
        """The text has changed, or there is nobody any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rests(self, asked: Ask) -> None:
        self._timer = None
        query = asked()
        if query is None or not self._account.affords:
            return
        context = self.read(query)
        if context is not None:
            self._account.spent()
            self._unpaid = query.snapshot.uri, context


def same_reading(one: CodeContext, other: CodeContext) -> bool:
    """Whether the prompts for both begin alike, up to about the line of the first one's cursor."""
    below = one.suffix[len(one.line_suffix) :]
    return other.prefix.startswith(one.whole_lines_above) and other.suffix.endswith(below)
