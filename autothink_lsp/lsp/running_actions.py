"""The running actions of one client: what one of them replaces, and how they are cancelled.

An action runs from its request until the user has answered the questions about it. An action about the same place
replaces the running one. An action ends if its document is closed, or if it changes too often meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from attrs import define, field

from autothink_lsp.features.assist.actions import AssistRequest, Control

_MOST_CHANGES = 500  # of an action's document while it runs


@define(eq=False)
class RunningAction:
    """One action, and the task that runs it or asks about it."""

    request: AssistRequest
    task: asyncio.Task[Any]
    control: Control = field(factory=Control)
    changes: int = 0

    def cancel(self) -> None:
        """Cancel the task once: a second cancellation would interrupt its clean-up."""
        if not self.task.cancelling():
            self.task.cancel()


@define(eq=False)
class RunningActions:
    """The actions of one client, in the order of their beginning."""

    _actions: list[RunningAction] = field(factory=list, init=False)

    @contextmanager
    def registered(self, request: AssistRequest) -> Iterator[RunningAction]:
        """Register the current task as the action of ``request``, and cancel the other actions about the same place.

        Raises ``RuntimeError`` outside of a task.
        """
        task = _current_task()
        for other in self._actions:
            if other.task is not task and _is_same_place(other.request, request):
                other.cancel()
        with self.continued(request) as action:
            yield action

    @contextmanager
    def continued(self, request: AssistRequest) -> Iterator[RunningAction]:
        """Register the current task as a later part of the action of ``request``. Cancels no other action.

        Raises ``RuntimeError`` outside of a task.
        """
        action = RunningAction(request, _current_task())
        self._actions.append(action)
        try:
            yield action
        finally:
            self._actions.remove(action)

    def has_any(self, uri: str) -> bool:
        """Whether an action of the document is running."""
        return any(action.request.snapshot.uri == uri for action in self._actions)

    def answer_now(self) -> bool:
        """End the thinking of all actions. Returns whether there were any."""
        for action in self._actions:
            action.control.answer_now.set()
        return bool(self._actions)

    def cancel(self) -> bool:
        """Cancel all actions. Returns whether there were any."""
        for action in self._actions:
            action.cancel()
        return bool(self._actions)

    def did_change(self, uri: str, change_count: int) -> None:
        """Count the changes of a document, and cancel its actions beyond the limit."""
        for action in self._of(uri) if self._actions else ():
            action.changes += change_count
            if action.changes > _MOST_CHANGES:
                action.cancel()

    def did_close(self, uri: str) -> None:
        """Cancel the actions of a document."""
        for action in self._of(uri):
            action.cancel()

    def _of(self, uri: str) -> list[RunningAction]:
        return [action for action in self._actions if action.request.snapshot.uri == uri]


def _current_task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("no task")
    return task


def _is_same_place(one: AssistRequest, other: AssistRequest) -> bool:
    return (one.snapshot.uri, one.action, one.start.line) == (other.snapshot.uri, other.action, other.start.line)
