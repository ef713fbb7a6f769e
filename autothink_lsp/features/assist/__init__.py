"""Actions that a user starts: fix, refactor, explain, write tests, rename.

Decides what the model is asked, which attempt follows a failed one, and the result: a verified edit, an edit that is
only offered, or a message. Must not know LSP, HTTP, a model's tags, or how a check works. `service.py` contains the
order of the steps.
"""
