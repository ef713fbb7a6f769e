"""Inline completion: decides whether to suggest something at a cursor, and what.

Start with ``service.py``: ``CompletionService.complete()`` has the steps of a request in order. ``slot.py`` is the
state machine of the one request slot. Must not know LSP, HTTP, or the name of a model.
"""
